import { type ErrorContext, plainText } from '@phi/core'
import * as z from 'zod'
import { type Agency, agencies } from '../agreement/agreement.ts'
import { type Clause, clauseSource } from '../agreement/clause.ts'
import { partyId } from '../agreement/party.ts'
import { type ClockTrigger, hoursOf, type Period, periodSchema, triggers } from '../agreement/period.ts'
import { cited } from '../citation.ts'
import { freeze } from '../freeze.ts'
import { legalPeriods } from '../lint/limit.ts'
import { readOwn } from '../own.ts'
import { chainError } from './errors.ts'
import { type ChainFinding, chainFinding } from './findings.ts'

/**
 * Sixty calendar days at the latest, for a business associate to its covered entity and for a subcontractor to its business associate,
 * 45 CFR 164.410(b). A day is counted as 24 hours.
 */
export const OUTER_LIMIT_HOURS = /* @__PURE__ */ hoursOf(legalPeriods.breachNotice.period).longest

/** What a covered entity has for its own notices to individuals, from discovery. */
const individualNotice = {
  period: { days: 60 },
  citation: /* @__PURE__ */ cited('45 CFR 164.404(b)'),
} as const

/** One report: who tells, whom, and what the contract between the two says of it. */
export interface ClockLink {
  /** Who finds out and has to tell. */
  readonly by: string
  /** Who is told. */
  readonly to: string
  /** Left out, the contract says no window, and the law's sixty days are what is left. */
  readonly within?: Period | undefined
  /** Left out, the contract does not say what starts the clock. */
  readonly from?: ClockTrigger | undefined
  /** Whether `by` is an agent of `to`. */
  readonly agency: Agency
  /** Whether 164.410 binds `by`. Default yes; it does not bind the recipient of a limited data set. */
  readonly lawApplies?: boolean | undefined
  readonly agreement?: string | undefined
  readonly clause?: Clause | undefined
}

/** When a party learns of a breach, at the latest, in hours since the deepest party discovered it. `null`: no bound can be said. */
export interface ClockTier {
  readonly party: string
  /** When it is told, at the latest. */
  readonly known: number | null
  /** From when on its own clock counts: when it is told, or when its agent discovered. */
  readonly deemed: number | null
  /** When its own time to tell ends: by its contract and the law; of the last party, by the law. */
  readonly limit: number | null
  /** What is left of its own time when it is told. Negative: it ends before. */
  readonly left: number | null
}

/** How agencies that are not known are read. */
export type Assumption = 'agents' | 'independents'

export interface ClockFinding extends ChainFinding<'impossible-promise' | 'nothing-left' | 'learns-late' | 'open-trigger'> {
  readonly party: string
  /** The clause whose promise it is, or the clause at fault. */
  readonly agreement?: string
  readonly clause?: Clause
  /** The link below that takes the time, by its place in the list, its agreement and its clause. */
  readonly below?: { readonly link: number; readonly agreement?: string; readonly clause?: Clause }
  /** The window of that link has to be shorter than so many hours. */
  readonly shorterThan?: number
  /** In hours since the deepest party's discovery: when the party above learns. */
  readonly learns?: number | null
  /** Only if agencies that are not known are so. */
  readonly assuming?: Assumption
}

export interface ComposedClocks {
  /** The deepest party first, the one that is told last at the end: the reading that leaves the least time. */
  readonly tiers: readonly ClockTier[]
  /** Where an agency is not known, `tiers` reads it as `agents`; this reads it the other way. */
  readonly otherwise?: readonly ClockTier[]
  /** The links whose agency is not known, by their place in the list. */
  readonly unknownAgency: readonly number[]
  /** When the last party learns, at the latest under any reading: in hours since the deepest party's discovery. */
  readonly learns: number | null
  /** What it then has left of its own sixty days, at the least under any reading, in hours. */
  readonly left: number | null
  readonly findings: readonly ClockFinding[]
}

const link = z.strictObject({
  by: partyId,
  to: partyId,
  within: periodSchema.optional(),
  from: z.enum(triggers).optional(),
  agency: z.enum(agencies),
  lawApplies: z.boolean().optional(),
  agreement: plainText(100).optional(),
  clause: z.strictObject({ id: plainText(100), ...clauseSource }).optional(),
})

const linksSchema = z
  .array(link)
  .min(1)
  .max(100)
  .refine((links) => links.every((each, index) => index === 0 || links[index - 1]?.to === each.by), 'must follow each other')

/** What one link promises and takes, counted from two starts. */
interface Window {
  /** The latest end, when its clock starts at the deemed discovery and when it is told. Infinite: no bound. */
  readonly latest: (deemed: number, known: number) => number
  /** The end that was promised at the strictest. */
  readonly promised: (deemed: number, known: number) => number
  readonly openTrigger: boolean
}

/**
 * `discovery` includes what should have been known and what an agent knew. Awareness and detection are what the party itself knows.
 * Determination and confirmation come when somebody decides; a notification to the party itself is being told; and a clause that does
 * not say counts from the first for the promise, and from nowhere for what can be relied on.
 */
function windowOf({ within, from, lawApplies }: ClockLink, isDeepest: boolean): Window {
  const law = lawApplies === false ? Number.POSITIVE_INFINITY : OUTER_LIMIT_HOURS
  const span = within === undefined ? undefined : hoursOf(within)
  const openTrigger =
    span !== undefined &&
    (from === undefined || from === 'determination' || from === 'confirmation' || (from === 'notification' && isDeepest))
  const ownKnowledge = from === 'awareness' || from === 'detection' || from === 'notification'
  return {
    latest: (deemed, known) => {
      const contract =
        span === undefined || openTrigger ? Number.POSITIVE_INFINITY : (ownKnowledge ? known : deemed) + span.longest
      return Math.max(known, Math.min(contract, deemed + law))
    },
    promised: (deemed, known) => {
      const starts = from === undefined || from === 'discovery' ? deemed : known
      return Math.min(span === undefined ? Number.POSITIVE_INFINITY : starts + span.shortest, deemed + law)
    },
    openTrigger,
  }
}

interface Reading {
  readonly known: number
  readonly deemed: number
  readonly limit: number
  /** The link whose window decides when this party is told; -1 for the deepest. */
  readonly taken: number
}

/** The times of every party, the deepest first, with agencies that are not known read in one way. */
function readAs(links: readonly ClockLink[], windows: readonly Window[], assumption: Assumption): readonly Reading[] {
  const out: Reading[] = []
  let [known, deemed, taken] = [0, 0, -1]
  for (const [index, each] of links.entries()) {
    const window = windows[index] as Window
    out.push({ known, deemed, taken, limit: window.promised(deemed, known) })
    const told = window.latest(deemed, known)
    if (told > known || taken < 0) taken = index
    const isAgent = each.agency === 'unknown' ? assumption === 'agents' : each.agency === 'agent'
    deemed = isAgent ? deemed : told
    known = told
  }
  out.push({ known, deemed, taken, limit: deemed + hoursOf(individualNotice.period).longest })
  return out
}

const finite = (hours: number): number | null => (Number.isFinite(hours) ? hours : null)
const partyAt = (links: readonly ClockLink[], index: number) => links[index]?.by ?? (links.at(-1) as ClockLink).to

/** What is left: nothing can be said where it is never told. */
const leftOf = ({ known, limit }: Reading): number =>
  known === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : limit - known

const tiersOf = (links: readonly ClockLink[], readings: readonly Reading[]): readonly ClockTier[] =>
  readings.map((each, index) => ({
    party: partyAt(links, index),
    known: finite(each.known),
    deemed: finite(each.deemed),
    limit: finite(each.limit),
    left: finite(leftOf(each)),
  }))

const source = ({ agreement, clause }: ClockLink) => ({
  ...(agreement === undefined ? {} : { agreement }),
  ...(clause === undefined ? {} : { clause }),
})

function findingsOf(
  links: readonly ClockLink[],
  windows: readonly Window[],
  readings: readonly Reading[],
): readonly ClockFinding[] {
  return readings.flatMap((each, index): readonly ClockFinding[] => {
    const own = links[index]
    const party = partyAt(links, index)
    const found: ClockFinding[] = []
    if (own && windows[index]?.openTrigger) found.push({ ...chainFinding('open-trigger'), party, ...source(own) })
    const slow = links[each.taken]
    if (slow === undefined) return found
    const above = readings[index + 1] ?? each
    const about = {
      party,
      ...(own ? source(own) : {}),
      below: { link: each.taken, ...source(slow) },
      learns: finite(above.known),
    }
    const needed = each.limit - (readings[each.taken] as Reading).deemed
    const promised = own?.within && hoursOf(own.within).shortest
    const isDeemed = each.deemed < each.known
    if (isDeemed && each.known > each.limit) {
      found.push({ ...chainFinding('impossible-promise'), ...about, shorterThan: needed })
    } else if (isDeemed && each.known === each.limit) {
      found.push({ ...chainFinding('nothing-left'), ...about, shorterThan: needed })
    } else if (promised !== undefined && each.known >= promised) {
      found.push({ ...chainFinding('learns-late'), ...about, shorterThan: promised })
    }
    return found
  })
}

/** What holds under one reading only says so. Of one party, what the stricter reading finds is enough. */
function bothWays(strict: readonly ClockFinding[], lenient: readonly ClockFinding[]): readonly ClockFinding[] {
  const has = (list: readonly ClockFinding[], each: ClockFinding) =>
    list.some(({ code, party }) => code === each.code && party === each.party)
  const told = (party: string) => strict.some((each) => each.party === party && each.code !== 'open-trigger')
  return [
    ...strict.map((each) => (has(lenient, each) ? each : { ...each, assuming: 'agents' as const })),
    ...lenient
      .filter((each) => !told(each.party) && !has(strict, each))
      .map((each) => ({ ...each, assuming: 'independents' as const })),
  ]
}

/**
 * The clocks for notice of a breach along a chain, from the deepest subcontractor to the covered entity. Each party's window runs from
 * its own discovery, 45 CFR 164.410(a)(2). What an agent discovers, its principal is deemed to have discovered at that time; what an
 * independent contractor discovers, when it is told. The law's sixty days bound every window. Agency that is not known is read both ways.
 *
 * Everybody is taken to use the whole of the window, the longest that it can be; promises are held to the shortest. "Without
 * unreasonable delay" can end sooner than any of these times.
 * @param links the deepest first, each told by the one before it
 * @throws PhiError PHI_BAA_CHAIN
 */
export function composeClocks(links: readonly ClockLink[]): ComposedClocks {
  const refusal = (context: ErrorContext) => chainError('PHI_BAA_CHAIN', context)
  return composeRead(readOwn(linksSchema, links, 'links', refusal))
}

/** As `composeClocks`, of links that were made of agreements. */
export function composeRead(links: readonly ClockLink[]): ComposedClocks {
  const windows = links.map((each, index) => windowOf(each, index === 0))
  const unknownAgency = links.flatMap(({ agency }, index) => (agency === 'unknown' ? [index] : []))
  // INVARIANT: no mixture of readings leaves less than all agents, and none lets anybody learn later than all independent.
  const strict = readAs(links, windows, 'agents')
  const lenient = readAs(links, windows, 'independents')
  const last = (readings: readonly Reading[]) => readings.at(-1) as Reading
  return freeze({
    tiers: tiersOf(links, strict),
    ...(unknownAgency.length === 0 ? {} : { otherwise: tiersOf(links, lenient) }),
    unknownAgency,
    learns: finite(Math.max(last(strict).known, last(lenient).known)),
    left: finite(Math.min(leftOf(last(strict)), leftOf(last(lenient)))),
    findings: bothWays(findingsOf(links, windows, strict), findingsOf(links, windows, lenient)),
  })
}
