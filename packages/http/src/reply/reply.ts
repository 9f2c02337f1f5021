import type { Decided, Item } from '../decision/decide.ts'
import { isReleased, type Released, release, type Settled } from '../decision/obligations.ts'
import { httpError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { attachment, mayBeSent } from '../headers.ts'
import type { Download, EntryContext, Reply } from '../route.ts'
import { checkDownload, discard } from './download.ts'
import { emptyOf, jsonOf, type Prepared } from './send.ts'

/** A reply that is written out, and what its entry says. */
export interface Written {
  readonly prepared: Prepared
  readonly download: Download | undefined
  /** Records that are sent. */
  readonly sent: readonly Released[]
  readonly entry: EntryContext | undefined
}

const contents = ['record', 'records', 'json', 'download'] as const
const known: ReadonlySet<string> = new Set([...contents, 'status', 'headers', 'entry'])
const wrong = (path: string, detail?: string) =>
  httpError('PHI_HTTP_REPLY', { path, ...(detail === undefined ? {} : { detail }) })

/** Statuses that have no body (RFC 9110 §15.3.5, §15.3.6). */
const bodiless: ReadonlySet<number> = new Set([204, 205])

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

function checked(reply: Reply): void {
  if (!isObject(reply)) throw wrong('reply')
  if (Object.keys(reply).some((key) => !known.has(key))) throw wrong('reply', 'holds a key that is not documented')
  if (contents.filter((each) => reply[each] !== undefined).length > 1) throw wrong('reply', 'has more than one content')
  const { status, headers } = reply
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 299)) {
    throw wrong('reply.status', 'must be 200 to 299; throw a problem() to refuse')
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!mayBeSent(name, value)) throw wrong('reply.headers.*', 'is no header that can be sent, or one that the pipeline sets')
  }
}

/** What the caller may see of a record that was not loaded but made: it is decided about like every other. */
function narrowed(x: Exchange, type: string, decided: Decided, settled: Settled, record: unknown): Released | undefined {
  if (!isObject(record)) throw wrong('reply.record', 'must be an object')
  const request = decided.ask(record)
  const item: Item = { record, request, decision: decided.rules.decide(request) }
  const released = release(x, type, decided, item, settled.refrains, undefined)
  return isReleased(released) ? released : undefined
}

/** JSON of a value, or that there is none. @throws PhiError PHI_HTTP_REPLY for what JSON cannot say */
function json(status: number, value: unknown, headers: Readonly<Record<string, string>>): Prepared {
  try {
    return jsonOf(status, value, headers)
  } catch {
    // A circle, a bigint, a toJSON that throws: what it says may hold anything.
    throw wrong('reply', 'has no JSON form')
  }
}

/** Headers with what the recipient must not do, RFC-conformant and short enough to be read. */
function headersOf({ refrains }: Settled, headers: Reply['headers']): Record<string, string> {
  const told = refrains.header()
  if (told === null) throw wrong('reply.record', 'needs more refrain notices than a header holds')
  return { ...headers, ...(told === undefined ? {} : { 'phi-refrain': told }) }
}

/**
 * Writes a reply out, so that whatever is wrong with it shows before anything is recorded or committed. Without a content a reading route
 * sends what was loaded, and a writing one nothing.
 * @throws PhiError PHI_HTTP_REPLY
 */
export async function writtenOf(
  x: Exchange,
  type: string,
  writes: boolean,
  decided: Decided,
  settled: Settled,
  given: Reply | undefined,
): Promise<Written> {
  try {
    return written(x, type, writes, decided, settled, given ?? {})
  } catch (error) {
    await discard((given as Reply | undefined)?.download)
    throw error
  }
}

function written(x: Exchange, type: string, writes: boolean, decided: Decided, settled: Settled, reply: Reply): Written {
  checked(reply)
  const { status, record, records, download, entry } = reply
  const rest = { entry, download }
  const withBody = (make: (status: number, headers: Record<string, string>) => Prepared): Prepared => {
    if (bodiless.has(status ?? 200)) throw wrong('reply.status', 'has no body, and there is something to send')
    return make(status ?? 200, headersOf(settled, reply.headers))
  }
  const nothing = () => emptyOf(status ?? 204, headersOf(settled, reply.headers))

  if (download !== undefined) {
    checkDownload(download)
    const prepared = withBody((code, headers) => ({
      status: code,
      headers: {
        ...headers,
        'content-type': download.type,
        'content-disposition': attachment(download.filename),
        ...(download.length === undefined ? {} : { 'content-length': String(download.length) }),
      },
      body: null,
    }))
    return { ...rest, prepared, sent: settled.released }
  }
  if (reply.json !== undefined) {
    return { ...rest, prepared: withBody((code, headers) => json(code, reply.json, headers)), sent: settled.released }
  }
  if (records !== undefined) {
    if (!Array.isArray(records)) throw wrong('reply.records', 'must be an array')
    const sent = records.map((each) => narrowed(x, type, decided, settled, each)).filter((each) => each !== undefined)
    return {
      ...rest,
      prepared: withBody((code, headers) =>
        json(
          code,
          sent.map(({ seen }) => seen),
          headers,
        ),
      ),
      sent,
    }
  }
  if (record !== undefined) {
    const only = narrowed(x, type, decided, settled, record)
    // It was done, and its result is not for the caller's eyes.
    if (only === undefined)
      return { ...rest, prepared: emptyOf(204, headersOf(settled, reply.headers)), sent: settled.released }
    return { ...rest, prepared: withBody((code, headers) => json(code, only.seen, headers)), sent: [only] }
  }
  if (writes || bodiless.has(status ?? 200)) return { ...rest, prepared: nothing(), sent: settled.released }
  const seen = settled.released.map((each) => each.seen)
  const value = decided.many ? seen : seen[0]
  return { ...rest, prepared: withBody((code, headers) => json(code, value, headers)), sent: settled.released }
}
