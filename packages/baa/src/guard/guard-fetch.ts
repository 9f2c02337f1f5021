import { type Clock, covers, formatInstant, isPhiError, type PhiError, parseAs, type Service } from '@phi/core'
import * as z from 'zod'
import { decideAny } from '../decide/decide.ts'
import type { Decision } from '../decide/decision.ts'
import { freeze } from '../freeze.ts'
import { type Registry, refuseUnread } from '../registry/registry.ts'
import { bytesOf, type Call, type GuardedInit, kindOf, readCall } from './call.ts'
import type { DisclosureRecord } from './disclosure.ts'
import { flowDenied, guardError } from './errors.ts'
import { type CompiledHost, compileHosts, type GuardedHost, readAddress } from './hosts.ts'
import { type Hop, locationOf, nextHop } from './redirect.ts'

/** The fetch that sends: the runtime's own, or one with a proxy, certificates or a pool behind it. */
export type FetchLike = (input: string, init?: RequestInit) => Promise<Response>

export interface GuardOptions {
  /** The party that sends: an id of the registry. */
  readonly from: string
  /**
   * Who stands behind each host: `api.vendor.example`, `api.vendor.example:8443`, or `*.vendor.example` for every host below. What is not
   * named is refused.
   */
  readonly hosts: { readonly [host: string]: GuardedHost }
  /** The time at which each request is judged. */
  readonly clock: Clock
  /** Keeps the records. It is awaited: before it has kept the attempt, nothing is sent. */
  readonly record: (record: DisclosureRecord) => void | Promise<void>
  /** How many redirects a call follows, 0 to 20. Default 5. */
  readonly maxRedirects?: number | undefined
  /** Lets hosts of this machine be asked by http: for tests, and for a proxy beside the program. Default false. */
  readonly loopbackHttp?: boolean | undefined
}

/** A fetch that sends nothing before it has been allowed. */
export type GuardedFetch = (url: string | URL, init: GuardedInit) => Promise<Response>

const DEFAULT_REDIRECTS = 5
/** The Fetch Standard gives up after 20. */
const MOST_REDIRECTS = 20

const isFunction = (value: unknown) => typeof value === 'function'
const optionsSchema = z.strictObject({
  from: z.string().max(64),
  hosts: z.unknown(),
  clock: z.custom<Clock>(isFunction, 'must be a function'),
  record: z.custom<GuardOptions['record']>(isFunction, 'must be a function'),
  maxRedirects: z.int().min(0).max(MOST_REDIRECTS).default(DEFAULT_REDIRECTS),
  loopbackHttp: z.boolean().default(false),
})

/**
 * A fetch that asks `decide` before every request, redirects included, and refuses before a socket opens: an address that no party of the
 * registry stands behind, a call that says nothing of its data, data that may not go there, labels that were left open where one could
 * forbid it, and an accounting that is owed and not described. Each request is recorded before it is sent and after it was answered.
 *
 * A library that opens sockets of its own (most SDKs of vendors, drivers, WebSocket, sendBeacon) does not pass here: hand it this fetch
 * where it takes one, and close the network to the rest. Nor is the content read: what the tag says is what is judged. The registry is
 * the one that was passed in; make a new guard when it changes. In browsers an answer that redirects is opaque, so none is followed there.
 * @throws PhiError PHI_BAA_GUARD, PHI_BAA_REGISTRY; each call rejects with one of `guardErrors`, or with the reason of its signal
 */
export function guardFetch(fetch: FetchLike, model: Registry, options: GuardOptions): GuardedFetch {
  refuseUnread(model)
  const refuse = (path: string, detail: string) => guardError('PHI_BAA_GUARD', { path, detail })
  if (typeof fetch !== 'function') throw refuse('fetch', 'must be a function')
  const read = parseAs(optionsSchema, options, 'options', (context) => guardError('PHI_BAA_GUARD', context))
  if (!model.parties.has(read.from)) throw refuse('options.from', 'is not a party of the registry')
  const guard: Guard = { ...read, fetch, model, hostOf: compileHosts(read.hosts, model) }
  let calls = 0
  return (url, init) => {
    calls += 1
    return follow(guard, calls, url, init)
  }
}

interface Guard extends Required<Pick<GuardOptions, 'from' | 'clock' | 'record'>> {
  readonly fetch: FetchLike
  readonly model: Registry
  readonly hostOf: (host: string) => CompiledHost | undefined
  readonly maxRedirects: number
  readonly loopbackHttp: boolean
}

/** What all records of one request share. */
type Facts = Omit<DisclosureRecord, 'phase' | 'at'>

const now = ({ clock }: Guard) => formatInstant(clock())

async function follow(guard: Guard, number: number, address: unknown, init: unknown): Promise<Response> {
  let facts: Facts = { format: 'phi.disclosure/v1', call: number, hop: 0, from: guard.from }
  let call: Call
  let hop: Hop
  try {
    call = readCall(init)
    const url = readAddress(address, guard.loopbackHttp)
    if (typeof url === 'string') throw guardError('PHI_BAA_HOST', { path: 'url', detail: url })
    hop = { url, method: call.method, headers: call.headers, body: call.body }
  } catch (error) {
    throw await refused(guard, facts, error)
  }
  for (let index = 0; ; index++) {
    facts = { format: facts.format, call: number, hop: index, from: guard.from }
    const host = guard.hostOf(hop.url.host)
    if (host === undefined)
      throw await refused(guard, facts, guardError('PHI_BAA_HOST', { path: 'url', info: { hop: index, sent: index > 0 } }))
    const passed = pass(guard, call, host, hop, facts)
    facts = passed.facts
    if (passed.refusal !== undefined) throw await refused(guard, facts, passed.refusal)
    const response = await send(guard, call, hop, facts)
    const location = locationOf(response)
    if (location === undefined || call.redirect === 'manual') return response
    await response.body?.cancel().catch(() => undefined)
    const next =
      call.redirect === 'error'
        ? 'the call follows none'
        : index >= guard.maxRedirects
          ? 'there are too many'
          : nextHop(hop, response.status, location, guard.loopbackHttp)
    if (typeof next === 'string') {
      const error = guardError('PHI_BAA_REDIRECT', { detail: next, info: { hop: index + 1, sent: true } })
      throw await refused(guard, { format: facts.format, call: number, hop: index + 1, from: guard.from }, error)
    }
    hop = next
  }
}

/** Records a refusal, and hands the error back. That the record fails does not let anything pass. */
async function refused(guard: Guard, facts: Facts, error: unknown): Promise<unknown> {
  if (!isPhiError(error)) return error
  const decision = 'decision' in error ? (error.decision as Decision) : undefined
  const open = decision?.reasons.filter(({ effect }) => effect !== 'allow')
  const reasons = open === undefined ? undefined : [...new Set(open.map(({ code }) => code))]
  try {
    await guard.record(
      freeze({
        ...facts,
        ...(reasons === undefined ? {} : { reasons }),
        phase: 'refused',
        at: now(guard),
        problem: error.code,
      }),
    )
  } catch {
    // Nothing more is sent, and the caller learns why.
  }
  return error
}

/** Judges one request. */
function pass(
  guard: Guard,
  { tag }: Call,
  host: CompiledHost,
  { method, body }: Hop,
  before: Facts,
): { readonly facts: Facts; readonly refusal?: PhiError } {
  const bytes = bytesOf(body)
  const known: Facts = {
    ...before,
    to: host.party,
    recipient: host.recipient,
    host: host.key,
    method,
    ...(bytes === undefined ? {} : { bytes }),
  }
  if (!tag.phi) return { facts: { ...known, phi: false, notPhi: tag.reason } }
  const { use, description, purpose, reference } = tag.facts
  const said: Facts = {
    ...known,
    phi: true,
    use,
    classes: tag.data.classes,
    labels: tag.data.labels,
    ...(description === undefined ? {} : { description }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(reference === undefined ? {} : { reference }),
  }
  const { hop } = before
  const service = serviceOf(host, tag.facts.service, hop)
  if (service === undefined) {
    const detail = 'must be named by the tag, at or below a service of the host'
    return { facts: said, refusal: guardError('PHI_BAA_CALL', { path: 'tag.service', detail, info: { hop, sent: hop > 0 } }) }
  }
  const decision = decideAny(guard.model, {
    from: guard.from,
    to: host.party,
    service,
    data: tag.facts.data,
    use,
    at: now(guard),
    where: host.where,
    plan: tag.facts.plan,
    conditions: tag.facts.conditions,
    identifiability: tag.facts.identifiability,
    authorization: tag.facts.authorization,
    heldFor: tag.facts.heldFor,
    exemption: tag.facts.exemption,
  })
  const facts: Facts = {
    ...said,
    service,
    decision: decision.outcome,
    duties: decision.duties,
    ...(decision.agreement === undefined ? {} : { agreement: decision.agreement }),
    ...(decision.exemption === undefined ? {} : { exemption: decision.exemption }),
  }
  const deny = (detail?: string) => ({
    facts,
    refusal: flowDenied(decision, { ...(detail === undefined ? {} : { detail }), info: { hop, sent: hop > 0 } }),
  })
  if (decision.outcome !== 'allow') return deny()
  if (decision.provided.length > 0) return deny('the labels of the data are not stated, and some would forbid it')
  if (decision.duties.includes('accounting') && (description === undefined || purpose === undefined)) {
    return deny('an accounting is owed, and `description` or `purpose` is missing')
  }
  return { facts }
}

/**
 * What the host does with it. The first host has to be the one that the tag speaks of; a host further on is asked for what the tag says
 * where it does that, and else for what it does.
 */
function serviceOf({ services }: CompiledHost, asked: Service | undefined, hop: number): Service | undefined {
  const only = services.length === 1 ? services[0] : undefined
  if (asked === undefined) return only
  if (services.some((each) => covers(each, asked))) return asked
  return hop > 0 ? only : undefined
}

/** Sends one request that was allowed: recorded before and after. */
async function send(guard: Guard, call: Call, hop: Hop, facts: Facts): Promise<Response> {
  if (isAborted(call)) throw call.signal?.reason
  const info = { hop: facts.hop }
  try {
    await guard.record(freeze({ ...facts, phase: 'attempt', at: now(guard) }))
  } catch {
    throw guardError('PHI_BAA_RECORD', { detail: 'the request was not sent', info: { ...info, sent: facts.hop > 0 } })
  }
  let response: Response | undefined
  let failure: unknown
  try {
    // Called bare: a browser's own fetch refuses to be the method of anything else.
    const { fetch } = guard
    response = await fetch(hop.url.href, initOf(call, hop))
  } catch (error) {
    failure = error
  }
  const result = response === undefined ? 'no-answer' : wentElsewhere(response, hop) ? 'redirected' : resultOf(response)
  const status = response?.status
  try {
    await guard.record(
      freeze({ ...facts, phase: 'outcome', at: now(guard), result, ...(status === undefined ? {} : { status }) }),
    )
  } catch {
    await response?.body?.cancel().catch(() => undefined)
    throw guardError('PHI_BAA_RECORD', { detail: 'the request was sent', info: { ...info, sent: true } })
  }
  if (response === undefined) {
    if (isAborted(call)) throw call.signal?.reason
    throw guardError('PHI_BAA_SEND', { info: { ...info, sent: true, ...causeOf(failure) } })
  }
  const opaque = response.type === 'opaqueredirect' || response.status === 0
  if ((opaque && call.redirect !== 'manual') || wentElsewhere(response, hop)) {
    await response.body?.cancel().catch(() => undefined)
    const detail = opaque
      ? 'this runtime does not show where it leads: ask the final address directly'
      : 'the fetch that the guard was given follows redirects by itself, and has followed one'
    throw guardError('PHI_BAA_REDIRECT', { detail, info: { ...info, sent: true } })
  }
  return response
}

const isAborted = ({ signal }: Call): boolean => signal?.aborted === true

const resultOf = (response: Response) =>
  locationOf(response) !== undefined || response.type === 'opaqueredirect' ? 'redirected' : 'answered'

/** Whether a fetch that was asked not to follow redirects has followed one. */
const wentElsewhere = (response: Response, { url }: Hop): boolean =>
  response.redirected || (response.url !== '' && response.url !== url.href && URL.canParse(response.url))

function initOf({ signal, rest }: Call, { method, headers, body }: Hop): RequestInit {
  const init = {
    ...rest,
    method,
    headers,
    // A page's own address may name a patient.
    referrerPolicy: 'no-referrer',
    redirect: 'manual',
    ...(signal === null ? {} : { signal }),
    ...(body === null ? {} : { body }),
    // A stream is not known in full before it is sent.
    ...(body !== null && kindOf(body) === 'stream' ? { duplex: 'half' } : {}),
  }
  return init as RequestInit
}

/** The reason that the runtime gives for a failed connection, where it is a code such as ECONNREFUSED. Messages may quote the address. */
function causeOf(failure: unknown): { readonly reason?: string } {
  const cause = typeof failure === 'object' && failure !== null && 'cause' in failure ? failure.cause : failure
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? { reason: code } : {}
}
