import { type Citation, plainText } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, type Day, formatDay, parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, type Zone, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { pending } from '../evaluate/apply.ts'
import type { Change, Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactsOf, LawEnforcementStatement } from '../rule/facts.ts'
import { type breachFacts, breachFindings, breachNotice, businessAssociateNotice } from './breach.ts'
import { text } from './common.ts'
import { parseFacts } from './parse.ts'

/** What only the covered entity has to know: the facts of `federal.breachNotice` beside discovery. */
export type ChainedBreachFacts = Pick<
  FactsOf<typeof breachFacts>,
  'individuals' | 'residents' | 'notifiedIndividuals' | 'notifiedMedia' | 'notifiedSecretary'
>

/** One organization in the chain from the one that found the breach to the covered entity. */
export interface ChainLink {
  readonly role: 'subcontractor' | 'business-associate' | 'covered-entity'
  /** A label of the organization, shown in the result. */
  readonly name?: string | null | undefined
  /** The first day on which this organization itself knew, or by reasonable diligence would have known. */
  readonly discovered?: Moment | null | undefined
  /** When it notified the next one. */
  readonly notified?: Moment | null | undefined
  /** Whether it is an agent of the next one, under the federal common law of agency. Left out, or null: `unknown`. */
  readonly agentOfNext?: boolean | 'unknown' | null | undefined
  /** The zone of this organization. Required when one of its dates, or of those before it, is an instant. */
  readonly timeZone?: string | undefined
  readonly finding?: (typeof breachFindings)[number] | null | undefined
  readonly findingDocumented?: boolean | null | undefined
  readonly lawEnforcement?: readonly LawEnforcementStatement[] | null | undefined
  /** Of the covered entity. */
  readonly breach?: ChainedBreachFacts | undefined
}

/** On whose knowledge the clock of a link starts. */
export type DiscoveredBy = 'own-knowledge' | 'notice' | 'imputed-from-agent'

export interface ChainedDiscovery {
  readonly on: CivilDate
  readonly by: DiscoveredBy
  /** The discovery, should none be an agent whose agency is not known; `null` where it has then not begun. Absent where no agency matters. */
  readonly otherwise?: CivilDate | null
  readonly citation: Citation
}

/** What one organization of the chain owes. */
export interface ChainedNotice {
  readonly role: ChainLink['role']
  readonly name?: string
  /** Absent while nobody whose knowledge counts is known to have known. */
  readonly discovery?: ChainedDiscovery
  /** To the next one (164.410), or of the covered entity to everybody (164.404 to 164.408). */
  readonly deadlines: readonly Deadline[]
  /**
   * Days from the notice that this organization received to the outer date of its own; negative when that had passed. Only where
   * both are known.
   */
  readonly daysLeftAtNotice?: number
}

const moment = z.string().max(120)

const link = z.strictObject({
  role: z.enum(['subcontractor', 'business-associate', 'covered-entity']),
  name: plainText(200).nullish(),
  discovered: moment.nullish(),
  notified: moment.nullish(),
  agentOfNext: z.union([z.boolean(), z.literal('unknown')]).nullish(),
  timeZone: plainText(64).optional(),
  // `evaluate` reads these again, with everything that it asks of them.
  finding: z.enum(breachFindings).nullish(),
  findingDocumented: z.boolean().nullish(),
  lawEnforcement: z.array(z.unknown()).max(100).nullish(),
  breach: z
    .strictObject({
      individuals: z.unknown(),
      residents: z.unknown(),
      notifiedIndividuals: z.unknown(),
      notifiedMedia: z.unknown(),
      notifiedSecretary: z.unknown(),
    })
    .partial()
    .optional(),
})

const chainSchema = z.array(link).min(1).max(20)

type ReadLink = z.output<typeof link>

/** What belongs to the covered entity stands at the end. @throws PhiError PHI_DEADLINES_FACTS */
function checkRoles(links: readonly ReadLink[]): void {
  const wrong = (detail: string) => deadlinesError('PHI_DEADLINES_FACTS', { path: 'links', detail })
  for (const [index, { role, breach, notified, agentOfNext }] of links.entries()) {
    const last = index === links.length - 1
    if (role === 'covered-entity' && !last) throw wrong('must end with the covered entity')
    if (role === 'covered-entity' && notified != null) throw wrong('must give its notices in its breach facts')
    if (role !== 'covered-entity' && breach !== undefined) throw wrong('must give breach facts with the covered entity only')
    if (last && agentOfNext != null) throw wrong('must not call the last one an agent of a next one')
  }
}

/** Which agencies that are not known are taken to be: the earlier discovery, or the later. */
type Assumption = 'agents' | 'no-agents'

interface Discovery {
  readonly moment: Moment
  readonly day: Day
  readonly instant: number
  readonly by: DiscoveredBy
}

const isAgent = (found: ReadLink, assumption: Assumption): boolean =>
  found.agentOfNext == null || found.agentOfNext === 'unknown' ? assumption === 'agents' : found.agentOfNext

/**
 * The discovery of each link, first to last. A link knows what it knows itself, what it is told, and what its agents know; an
 * agent's own imputed knowledge counts too, which is the stricter reading. Civil dates are those of the link's own zone.
 */
function discoveriesOf(
  links: readonly ReadLink[],
  zones: readonly (Zone | undefined)[],
  assumption: Assumption,
): readonly (Discovery | undefined)[] {
  const found: (Discovery | undefined)[] = []
  for (const [index, each] of links.entries()) {
    const before = links[index - 1]
    const known: [string | null | undefined, DiscoveredBy][] = [[each.discovered, 'own-knowledge']]
    if (before) {
      known.push([before.notified, 'notice'])
      if (isAgent(before, assumption)) known.push([found[index - 1]?.moment, 'imputed-from-agent'])
    }
    found.push(
      known
        .flatMap(([at, by]): Discovery[] => {
          if (at == null) return []
          const path = by === 'notice' ? 'links.*.notified' : 'links.*.discovered'
          const { day, instant = 0 } = readMoment(at, zones[index], path)
          return [{ moment: at, day, instant, by }]
        })
        .sort((a, b) => a.day - b.day || a.instant - b.instant)[0],
    )
  }
  return found
}

const DUTY: Readonly<Record<ChainLink['role'], string>> = {
  subcontractor: 'breach.business-associate',
  'business-associate': 'breach.business-associate',
  'covered-entity': 'breach.individual',
}

function deadlinesOf(found: ReadLink, discovered: Moment | undefined, options: EvaluateOptions): readonly Deadline[] {
  const { finding, findingDocumented, timeZone } = found
  const facts = {
    finding,
    findingDocumented,
    ...(discovered !== undefined && { discovered }),
    ...(timeZone !== undefined && { timeZone }),
    ...(found.lawEnforcement != null && { lawEnforcement: found.lawEnforcement as readonly LawEnforcementStatement[] }),
  }
  if (found.role === 'covered-entity') {
    return evaluate(breachNotice, { ...(found.breach as ChainedBreachFacts | undefined), ...facts }, options)
  }
  return evaluate(businessAssociateNotice, { ...facts, notifiedCoveredEntity: found.notified }, options)
}

const quiet: readonly Deadline['status'][] = ['met', 'not-applicable', 'not-in-force']

/** The earlier of two results of one duty, pending where they differ. */
function worse(strict: Deadline, lenient: Deadline, agency: readonly string[]): Deadline {
  const same = strict.status === lenient.status && strict.due === lenient.due && strict.planFor === lenient.planFor
  // What was done in time under the strict reading is done under the other.
  if (same || strict.status === 'met') return strict
  const [shown, other] =
    quiet.includes(strict.status) && !quiet.includes(lenient.status) ? [lenient, strict] : [strict, lenient]
  const changesIf = agency.map(
    (fact): Change => ({
      fact,
      when: 'it is known whether it is an agent',
      becomes: other.status,
      ...(other.due !== undefined && { due: other.due }),
    }),
  )
  return pending(shown, 'condition-not-known', agency, [...changesIf, ...shown.changesIf])
}

const same = (a: Deadline, b: Deadline): boolean => a.duty === b.duty && a.jurisdiction === b.jurisdiction

/** The earliest notice that a link is said to have given: it knew of the breach by then, whatever is known of its discovery. */
function firstAct(each: ReadLink, zone: Zone | undefined): Discovery | undefined {
  const { notifiedIndividuals, notifiedMedia, notifiedSecretary } = each.breach ?? {}
  const media = typeof notifiedMedia === 'object' && notifiedMedia !== null ? Object.values(notifiedMedia) : []
  return [each.notified, notifiedIndividuals, notifiedSecretary, ...media]
    .flatMap((at): Discovery[] => {
      // What is no text is refused by `evaluate`, which names the fact.
      if (typeof at !== 'string') return []
      const { day, instant = 0 } = readMoment(at, zone, 'links.*.notified')
      return [{ moment: at, day, instant, by: 'own-knowledge' }]
    })
    .sort((a, b) => a.day - b.day || a.instant - b.instant)[0]
}

/**
 * The clocks along a chain: subcontractor to business associate to covered entity. Each has its own 60 days from its own discovery
 * (45 CFR 164.410(b), 164.404(b)). A link discovers on the first day that it knows itself, is told by the one before it, or has
 * knowledge imputed from an agent before it (164.410(a)(2), 164.404(a)(2)). Where agency is not known both readings are counted: the
 * earlier date is shown to plan for, and the result is pending.
 *
 * @param links in the order of the notices, the covered entity last (it may be left out)
 * @returns one entry for each link, in the same order
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION, PHI_DEADLINES_OPTIONS
 */
export function breachChain(links: readonly ChainLink[], options: EvaluateOptions = {}): readonly ChainedNotice[] {
  const read = parseFacts(chainSchema, links, 'links')
  checkRoles(read)
  const zones = read.map(({ timeZone }) => (timeZone === undefined ? undefined : zoneOf(timeZone)))
  const acts = read.map((each, index) => firstAct(each, zones[index]))
  const strict = discoveriesOf(read, zones, 'agents')
  for (const [index, act] of acts.entries()) {
    if (act && act.day < (strict[index]?.day ?? act.day)) {
      throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
        path: 'links.*.notified',
        detail: 'it gave notice before the day on which it is taken to have discovered the breach',
      })
    }
  }
  const lenient = discoveriesOf(read, zones, 'no-agents').map((found, index) => {
    const act = acts[index]
    return found && act && act.day < found.day ? act : found
  })
  return read.map((each, index): ChainedNotice => {
    const [earlier, later] = [strict[index], lenient[index]]
    const open = earlier?.day !== later?.day || earlier?.moment !== later?.moment
    const agency = open
      ? read
          .slice(0, index)
          .flatMap(({ agentOfNext }, at) => (typeof agentOfNext === 'boolean' ? [] : [`links.${at}.agentOfNext`]))
      : []
    const first = deadlinesOf(each, earlier?.moment, options)
    const second = open ? deadlinesOf(each, later?.moment, options) : first
    const deadlines = first.map((deadline) => {
      const other = second.find((found) => same(found, deadline))
      return other ? worse(deadline, other, agency) : deadline
    })
    const told = read[index - 1]?.notified
    const owed = deadlines.find(({ duty }) => duty === DUTY[each.role])
    const outer = owed?.due ?? owed?.planFor
    return {
      role: each.role,
      ...(each.name != null && { name: each.name }),
      ...(earlier && {
        discovery: {
          on: formatDay(earlier.day),
          by: earlier.by,
          ...(open && { otherwise: later ? formatDay(later.day) : null }),
          citation: discoveryCitation[each.role],
        },
      }),
      deadlines,
      ...(told != null &&
        outer !== undefined && {
          daysLeftAtNotice: parseDay(outer) - readMoment(told, zones[index], 'links.*.notified').day,
        }),
    }
  })
}

const discoveryCitation: Readonly<Record<ChainLink['role'], Citation>> = {
  subcontractor: text('45 CFR 164.410(a)(2)'),
  'business-associate': text('45 CFR 164.410(a)(2)'),
  'covered-entity': text('45 CFR 164.404(a)(2)'),
}
