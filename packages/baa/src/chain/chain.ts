import {
  covers,
  type DataClass,
  isDataClass,
  isInstant,
  isService,
  isUse,
  overlaps,
  parseAs,
  type Service,
  type Use,
} from '@phi/core'
import * as z from 'zod'
import type { Agreement, Where } from '../agreement/agreement.ts'
import { clauseOnly } from '../agreement/clause.ts'
import { partyId } from '../agreement/party.ts'
import type { Status } from '../agreement/status.ts'
import { type Model, modelOf } from '../decide/model.ts'
import { reaching } from '../decide/reaching.ts'
import type { Reason } from '../decide/reason.ts'
import type { ExemptionKind } from '../exemption/exemption.ts'
import { freeze } from '../freeze.ts'
import { own, ownOf } from '../own.ts'
import type { Registry } from '../registry/registry.ts'
import { type Subprocessor, whereSchema } from '../registry/subprocessor.ts'
import { type ClockLink, type ComposedClocks, composeRead } from './clocks.ts'
import { chainError } from './errors.ts'
import { type ChainFinding, chainFinding } from './findings.ts'
import { type LinkVerdict, standingOf } from './standing.ts'
import { type Weaker, weakerClauses } from './weaker.ts'

export interface ChainOptions {
  /** Whose chain: a business associate, or a covered entity. Left out: of everybody whose agreement covers the service. */
  readonly party?: string | undefined
  /** All that the data carries, what it was made of included. Left out: only the agreements and their scope are judged. */
  readonly data?: readonly DataClass[] | undefined
  /** What the data is used for. Left out: uses are not judged. */
  readonly use?: Use | undefined
  /** Where the service runs, for agreements that limit their scope by it. */
  readonly where?: Where | undefined
  /** How many links are followed at the most. Default 10,000. A chain that has more is `unknown`. */
  readonly limit?: number | undefined
}

/** One step of a chain: `of` gives data on to `to`, which does `service` with it. */
export interface ChainLink {
  readonly of: string
  readonly to: string
  readonly service: Service
  readonly data?: readonly DataClass[]
  readonly use?: Use
  /** The agreement that covers the step, or that comes nearest. `null`: there is none. */
  readonly agreement: string | null
  /** Of the agreement, at the instant. */
  readonly status: Status | 'none'
  /** The exemption under which no agreement is needed. */
  readonly exemption?: ExemptionKind
  readonly verdict: LinkVerdict
  /** Why it is not covered, or not known to be. */
  readonly reasons: readonly Reason[]
  readonly below: readonly ChainLink[]
}

/** Where in the chain something was found: the parties from the top to the one it is about. */
interface Placed {
  readonly path: readonly string[]
}

export interface UncoveredLink extends ChainFinding<'not-covered'>, Placed {
  readonly service: Service
  readonly agreement: string | null
  readonly status: Status | 'none'
  readonly reasons: readonly Reason[]
}

export interface WeakerLink extends Weaker, Placed {}

export interface UnknownLink
  extends ChainFinding<
      'edge-open' | 'subprocessors-not-declared' | 'host-not-declared' | 'other-tier' | 'cycle' | 'too-many-links'
    >,
    Placed {
  /** Of `edge-open`. */
  readonly reasons?: readonly Reason[]
  /** Of `subprocessors-not-declared`: its agreement promises to bind them. A promise is no list. */
  readonly promised?: boolean
  /** Of `host-not-declared`: the host, as the agreement names it. */
  readonly host?: string
}

/** The clocks of one path, with the parties from the deepest to the one that is told last. */
export interface ChainClocks extends ComposedClocks {
  readonly path: readonly string[]
}

export interface Chain {
  readonly service: Service
  readonly at: string
  /**
   * `covered`: every link has an agreement in force that is at least as strict as the one above it, and everybody has said whom they give
   * data on to. Clocks do not count: a promise that cannot be kept is no missing agreement.
   */
  readonly verdict: LinkVerdict
  readonly links: readonly ChainLink[]
  readonly uncovered: readonly UncoveredLink[]
  readonly weaker: readonly WeakerLink[]
  /** The parties of each cycle, from the top to the one that comes again. */
  readonly cycles: readonly (readonly string[])[]
  readonly unknown: readonly UnknownLink[]
  readonly clocks: readonly ChainClocks[]
}

const optionsSchema = z.strictObject({
  party: partyId.optional(),
  data: z.array(z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')).min(1).max(200).readonly().optional(),
  use: z.custom<Use>(isUse, 'must be a use of the taxonomy').optional(),
  where: whereSchema.optional(),
  limit: z.int().min(1).max(1_000_000).default(10_000),
})

/** What is gathered on the way. */
interface Walk {
  readonly registry: Registry
  readonly model: Model
  readonly at: string
  readonly limit: number
  links: number
  isCut: boolean
  readonly silent: Set<string>
  readonly uncovered: UncoveredLink[]
  readonly weaker: WeakerLink[]
  readonly cycles: (readonly string[])[]
  readonly unknown: UnknownLink[]
  readonly clocks: ChainClocks[]
  readonly clocked: Set<string>
}

/** One step that is to be taken. */
interface Next {
  readonly of: string
  readonly to: string
  readonly service: Service
  readonly data: readonly DataClass[] | undefined
  readonly use: Use | undefined
  readonly where: Where | undefined
}

/**
 * The chain of vendors that a service reaches: every step with its agreement, what is not covered, where an agreement further down is
 * less strict than the one above it, where the chain comes back to itself, what nobody has said, and the breach clocks of every path.
 *
 * Helps you meet 45 CFR 164.502(e)(1)(ii), 164.504(e)(5) and 164.314(a)(2)(iii).
 * @param service what the first vendor does for its customer
 * @param at an instant, `YYYY-MM-DDTHH:mm:ss.sssZ`
 * @throws PhiError PHI_BAA_CHAIN for words, options or an instant that cannot be read; PHI_BAA_REGISTRY for what `registry` did not make
 */
export function chain(model: Registry, service: Service, at: string, options: ChainOptions = {}): Chain {
  const compiled = modelOf(model)
  const refuse = (path: string, detail: string) => chainError('PHI_BAA_CHAIN', { path, detail })
  if (!isService(service)) throw refuse('service', 'must be a service of the taxonomy')
  if (!isInstant(at)) throw refuse('at', 'must be an instant')
  const plain = ownOf(options, () => refuse('options', 'the value could not be read'))
  const read = own(parseAs(optionsSchema, plain, 'options', (context) => chainError('PHI_BAA_CHAIN', context)))
  if (read.party !== undefined && !model.parties.has(read.party)) {
    throw refuse('options.party', 'names a party that is not in the registry')
  }
  const walk: Walk = {
    registry: model,
    model: compiled,
    at,
    limit: read.limit,
    links: 0,
    isCut: false,
    silent: new Set(),
    uncovered: [],
    weaker: [],
    cycles: [],
    unknown: [],
    clocks: [],
    clocked: new Set(),
  }
  const { party, data, use, where } = read
  const roots = rootsOf(model, service, party)
  const links =
    roots.length === 0 && party !== undefined
      ? below(walk, party, service, data, use, undefined, [party], [])
      : roots.flatMap(([of, to]) => stepDown(walk, { of, to, service, data, use, where }, undefined, [of], []))
  if (walk.isCut) walk.unknown.push({ ...chainFinding('too-many-links'), path: party === undefined ? [] : [party] })
  const { uncovered, weaker, cycles, unknown, clocks } = walk
  const isRefused = links.length === 0 || uncovered.length > 0 || weaker.length > 0
  const verdict = isRefused ? 'not-covered' : unknown.length > 0 ? 'unknown' : 'covered'
  return freeze({ service, at, verdict, links, uncovered, weaker, cycles, unknown, clocks })
}

/** Who discloses to whom at the top of the chain. */
function rootsOf(model: Registry, service: Service, party: string | undefined): readonly (readonly [string, string])[] {
  const covering = model.agreements.filter((each) => each.services.some((clause) => covers(clause.service, service)))
  const receivers = new Set(model.agreements.map((each) => each.to.id))
  const isTop = (each: Agreement) => each.tier !== 'ba-sub' || !receivers.has(each.from.id)
  const toParty = covering.filter((each) => each.to.id === party)
  const ofParty = covering.filter((each) => each.from.id === party)
  const chosen = party === undefined ? covering.filter(isTop) : toParty.length > 0 ? toParty : ofParty
  return [...new Map(chosen.map((each) => [`${each.from.id} ${each.to.id}`, [each.from.id, each.to.id] as const])).values()]
}

function stepDown(
  walk: Walk,
  next: Next,
  above: Agreement | undefined,
  path: readonly string[],
  clocks: readonly ClockLink[],
): readonly ChainLink[] {
  const { of, to, service, data, use } = next
  const here = [...path, to]
  if (path.includes(to)) {
    walk.cycles.push(here)
    walk.unknown.push({ ...chainFinding('cycle'), path: here })
    // What is above still has its clocks.
    endOfPath(walk, clocks)
    return []
  }
  if (walk.links >= walk.limit) {
    walk.isCut = true
    return []
  }
  walk.links++
  const { verdict, agreement, status, exemption, reasons } = standingOf(walk.registry, { ...next, at: walk.at })
  const id = agreement?.id ?? null
  if (verdict === 'not-covered') {
    walk.uncovered.push({ ...chainFinding('not-covered'), path: here, service, agreement: id, status, reasons })
  } else if (verdict === 'unknown') walk.unknown.push({ ...chainFinding('edge-open'), path: here, reasons })
  if (above && agreement) compare(walk, above, agreement, to, service, here)
  const told = exemption === undefined ? [...clocks, clockOf(next, agreement)] : clocks
  const link: ChainLink = {
    of,
    to,
    service,
    ...(data === undefined ? {} : { data }),
    ...(use === undefined ? {} : { use }),
    agreement: id,
    status,
    ...(exemption === undefined ? {} : { exemption }),
    verdict,
    reasons,
    // Whoever is exempt acts for nobody here, and has no subcontractors in this chain.
    below: exemption === undefined ? below(walk, to, service, data, use, agreement, here, told) : [],
  }
  if (link.below.length === 0) endOfPath(walk, told)
  return [link]
}

/** The steps below a party, for a service that it does. */
function below(
  walk: Walk,
  party: string,
  service: Service,
  data: readonly DataClass[] | undefined,
  use: Use | undefined,
  agreement: Agreement | undefined,
  path: readonly string[],
  clocks: readonly ClockLink[],
): readonly ChainLink[] {
  const downstream = walk.model.subprocessors(party)
  const reached = downstream.filter((each) => each.for.some((served) => overlaps(served, service)))
  saySilence(walk, party, service, downstream, agreement, path)
  return reached.flatMap((edge) => {
    const next = edge.data && data ? reaching(edge.data, data) : (edge.data ?? data)
    if (next?.length === 0) return []
    const step = { of: party, to: edge.to, service: edge.does, data: next, use: edge.use ?? use, where: edge.where }
    return stepDown(walk, step, agreement, path, clocks)
  })
}

/** What nobody has said of the vendors of a party. */
function saySilence(
  walk: Walk,
  party: string,
  service: Service,
  downstream: readonly Subprocessor[],
  agreement: Agreement | undefined,
  path: readonly string[],
): void {
  if (downstream.length === 0 && !walk.registry.complete.includes(party) && !walk.silent.has(party)) {
    walk.silent.add(party)
    const promised = agreement?.terms.subcontractors !== undefined
    walk.unknown.push({ ...chainFinding('subprocessors-not-declared'), path, promised })
  }
  if (!overlaps('ai', service)) return
  for (const host of agreement?.ai?.subprocessors ?? []) {
    const isNamed = downstream.some((each) => each.to === host && each.for.some((served) => overlaps(served, service)))
    if (host !== party && !isNamed) walk.unknown.push({ ...chainFinding('host-not-declared'), path, host })
  }
}

const contracts: readonly Agreement['tier'][] = ['ce-ba', 'ba-sub', 'mou']

function compare(walk: Walk, above: Agreement, agreement: Agreement, to: string, does: Service, path: readonly string[]): void {
  if (!contracts.includes(above.tier) || !contracts.includes(agreement.tier)) {
    walk.unknown.push({ ...chainFinding('other-tier'), path })
    return
  }
  for (const each of weakerClauses(above, agreement, { to, does })) walk.weaker.push({ ...each, path })
}

/** What a step says of breach reports. Without an agreement the law is all there is. */
function clockOf({ of, to }: Next, agreement: Agreement | undefined): ClockLink {
  const report = agreement?.terms.reportBreaches
  return {
    by: to,
    to: of,
    within: report?.within,
    from: report?.from,
    agency: agreement?.agency?.is ?? 'unknown',
    // 164.410 binds business associates, whether or not there is an agreement.
    lawApplies: agreement === undefined || contracts.includes(agreement.tier),
    agreement: agreement?.id,
    clause: report && clauseOnly(report),
  }
}

function endOfPath(walk: Walk, links: readonly ClockLink[]): void {
  if (links.length === 0) return
  const upward = [...links].reverse()
  const path = [(upward[0] as ClockLink).by, ...upward.map(({ to }) => to)]
  const key = JSON.stringify([path, upward.map(({ agreement }) => agreement)])
  if (walk.clocked.has(key)) return
  walk.clocked.add(key)
  walk.clocks.push({ path, ...composeRead(upward) })
}
