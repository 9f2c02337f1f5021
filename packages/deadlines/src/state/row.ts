import { type Citation, type Confirmation, cite, type UsState } from '@phi/core'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { Counted } from '../evaluate/count.ts'
import type { Condition } from '../rule/condition.ts'
import type { Basis, Extension, InForce, Rule, Trigger } from '../rule/rule.ts'
import { stateCalendarId } from './calendars.ts'
import type { StateFacts } from './facts.ts'

type Fact = keyof StateFacts & string

/** A rule of a State, with what its source says beside it. */
export interface StateRow {
  readonly state: UsState
  /** Which of the State's laws: `general`, `health facility`. */
  readonly regime: string
  /** The row of the State in the table of sources, from 1. One row there can say several things. */
  readonly ordinal: number
  readonly rule: Rule
  /** What the law does with what HIPAA asks: the id of an entry of `hipaaInterplays`. */
  readonly interplay: string
  /** Since when the row is law, where the sources say so. */
  readonly effectiveFrom?: { readonly date: string; readonly confirmation: Confirmation }
  /** The date of the sources, as they state it. */
  readonly sourceDate: string
  readonly sources: readonly string[]
}

/** A row of the sources that says that there is no duty. It is no rule. */
export interface NoDuty {
  readonly state: UsState
  readonly ordinal: number
  readonly addressee: string
  readonly citation: Citation
  readonly confirmation: Confirmation
  readonly note: string
}

/**
 * No State had a breach law before California's of 1 July 2003 (from memory). A row whose start is not in our sources is asked for
 * every event since that day, so that an older one is not passed over because we lack a date.
 */
export const firstStateLaw = '2003-07-01'

const startNotKnown =
  'When this row began to be law is not in our sources; it is asked for every event since the first State law of 1 July 2003.'

const event = (fact: Fact, kind: Trigger['event'], planFrom?: Fact): Trigger =>
  Object.freeze({ fact, event: kind, ...(planFrom !== undefined && { planFrom }) })

/** The events that start the clocks. All but discovery, the notices and the release can only come after discovery, and plan from it. */
export const on = Object.freeze({
  discovery: event('discovered', 'discovery'),
  determination: event('determined', 'determination', 'discovered'),
  awareness: event('aware', 'awareness', 'discovered'),
  detection: event('detected', 'detection', 'discovered'),
  confirmation: event('confirmed', 'confirmation', 'discovered'),
  /** The day on which the residents of the State were told. */
  residentsTold: event('notifiedResidents', 'notification'),
  secretaryTold: event('notifiedSecretary', 'notification'),
  release: event('lawEnforcementReleased', 'release'),
  inadvertentDisclosure: event('inadvertentDisclosureDetermined', 'determination'),
})

/** Days of a statute. Where it says only "days", they are read as calendar days; the trigger day is day 0. */
export const days = (amount: number): Counted => ({
  unit: 'calendar-days',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
})

/** No statute that was seen defines its business days: the strict calendar gives the date, that of the State the later reading. */
export const businessDays = (amount: number, state: UsState): Counted => ({
  unit: 'business-days',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
  calendar: { strict: 'us-undisputed', lawful: stateCalendarId(state) },
})

export const hours = (amount: number): Counted => ({
  unit: 'hours',
  amount,
  counts: 'after',
  roll: 'none',
  rounding: 'earlier',
})

/** With the notice to residents, or no later than it. */
export const sameDay: Counted = Object.freeze({ unit: 'same-day', counts: 'after', roll: 'none', rounding: 'earlier' })

/** The text has words and no number. */
export const words = (standard: string): Basis => ({ unit: 'qualitative', standard })

/** Our sources name the notice and say nothing of its time. No number is put in its place. */
export const timeNotFound = words('the sources of this row give no time for this notice')

export const moreThan = (number: number): Condition => ({ count: 'residents', moreThan: number })
export const atLeast = (number: number): Condition => ({ count: 'residents', atLeast: number })
/** Any resident at all. With a number that is not known this stays open, and so does the duty. */
export const anyResident = atLeast(1)
export const personsMoreThan = (number: number): Condition => ({
  all: [anyResident, { count: 'individuals', moreThan: number }],
})
export const personsAtLeast = (number: number): Condition => ({ all: [anyResident, { count: 'individuals', atLeast: number }] })

/** An earlier version of a row, for the events of its time. */
export interface Earlier {
  /** Its last day. */
  readonly until: string
  readonly from?: string
  readonly time: Basis
  readonly confirmation: Confirmation
  readonly note?: string
  /** Where the threshold of that time is not known, any resident counts. */
  readonly threshold?: Condition
}

interface Row {
  /** The id after the State: `residents`. */
  readonly id: string
  readonly ordinal: number
  readonly to: string
  readonly title?: string
  readonly citation?: string
  readonly also?: readonly Citation[]
  readonly start: Trigger
  readonly time: Basis
  /** From how many people on. Default: any resident of the State; `always` where it is no matter where they live. */
  readonly threshold?: Condition
  /** To whom or what the row applies beside that. */
  readonly scope?: Condition
  /** A stricter standard beside the number. */
  readonly standard?: string
  readonly extensions?: readonly Extension[]
  readonly metBy?: Fact
  readonly confirmation: Confirmation
  readonly note?: string
  /** The start of this row, where it is not that of the statute; `null` where it is not known. */
  readonly from?: { readonly date: string; readonly confirmation: Confirmation } | null
  readonly earlier?: readonly Earlier[]
}

interface Statute {
  readonly state: UsState
  readonly regime?: string
  readonly citation: string
  readonly interplay: string
  readonly sources: readonly string[]
  /** As the sources state it. Default 2026. */
  readonly sourceDate?: string
  /** The first day of it. Default 2026-01-01, the day of the statutes in the surveys of 2026. */
  readonly asOf?: string
  /** Said of every row. */
  readonly note?: string
  readonly from?: { readonly date: string; readonly confirmation: Confirmation }
  readonly rows: readonly Row[]
}

const addressees: Readonly<Record<string, { readonly title: string; readonly metBy: Fact }>> = {
  residents: { title: 'Notify the affected residents', metBy: 'notifiedResidents' },
  'attorney-general': { title: 'Notify the Attorney General', metBy: 'notifiedAttorneyGeneral' },
  'consumer-reporting-agencies': {
    title: 'Notify the consumer reporting agencies',
    metBy: 'notifiedConsumerReportingAgencies',
  },
  owner: { title: 'Notify the owner or licensee of the data', metBy: 'notifiedOwner' },
}

/** Who is told for the State, and not for the people: what a "deemed compliant" clause is not taken to reach. */
const notRegulators: ReadonlySet<string> = new Set(['residents', 'patients', 'consumer-reporting-agencies', 'owner'])
export const isRegulator = (addressee: string): boolean => !notRegulators.has(addressee)

const join = (...notes: readonly (string | undefined)[]) => notes.filter((note) => note !== undefined).join(' ')

const partsOf = (condition: Condition): readonly Condition[] =>
  condition === 'always' ? [] : 'all' in condition ? condition.all : [condition]

function both(threshold: Condition, scope: Condition = 'always'): Condition {
  const parts = [...partsOf(threshold), ...partsOf(scope)]
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { all: parts }
}

const dayBefore = (date: string) => formatDay(parseDay(date) - 1)

/**
 * Where the sources have no earlier version of a dated row, there may have been one: the older event is not passed over, and
 * neither is one of fewer people than today's threshold asks for.
 */
const notInThisRuleset = (from: string): Earlier => ({
  until: dayBefore(from),
  time: words('an earlier version of this law, if there was one, governs; it is not in this ruleset'),
  confirmation: 'memory',
  note: 'Ask counsel which version of the law governed.',
  threshold: anyResident,
})

function rowOf(statute: Statute, row: Row): readonly StateRow[] {
  const { state, asOf = '2026-01-01' } = statute
  const known = addressees[row.to]
  const id = `state.${state.toLowerCase()}.${row.id}`
  const start = row.from === undefined ? statute.from : row.from
  const metBy = row.metBy ?? known?.metBy
  const about = (confirmation: Confirmation) => ({ confirmation, asOf })
  const common = {
    duty: id,
    title: row.title ?? known?.title ?? '',
    also: row.also ?? [],
    addressee: row.to,
    jurisdiction: state,
    trigger: row.start,
    limit: { kind: 'act', ...(row.standard !== undefined && { standard: row.standard }) },
    extensions: row.extensions ?? [],
    holds: [],
    applies: both(row.threshold ?? anyResident, row.scope),
    asOf,
    ...(metBy !== undefined && { metBy }),
  } as const
  const citation = row.citation ?? statute.citation
  const kept = {
    state,
    regime: statute.regime ?? 'general',
    ordinal: row.ordinal,
    interplay: statute.interplay,
    sourceDate: statute.sourceDate ?? '2026',
    sources: statute.sources,
  }
  const inForce: InForce = { from: start?.date ?? firstStateLaw, status: 'in-force' }
  const rule: Rule = {
    ...common,
    id,
    citation: cite(citation, about(row.confirmation)),
    basis: row.time,
    inForce,
    confirmation: row.confirmation,
    note: join(
      row.note,
      statute.note,
      start ? undefined : startNotKnown,
      start?.confirmation === 'memory' ? 'The day on which it began to be law is from memory.' : undefined,
    ),
  }
  const before = row.earlier ?? (start ? [notInThisRuleset(start.date)] : [])
  const superseded = before.map(({ until, from = firstStateLaw, time, confirmation, note, threshold }): Rule => {
    const { extensions: _, limit: __, ...rest } = common
    return {
      ...rest,
      id: `${id}.until-${until}`,
      limit: { kind: 'act' },
      extensions: [],
      citation: cite(citation, about(confirmation)),
      basis: time,
      applies: both(row.threshold === 'always' ? 'always' : (threshold ?? row.threshold ?? anyResident), row.scope),
      inForce: { from, until, status: 'superseded' },
      confirmation,
      ...(note !== undefined && { note }),
    }
  })
  return [
    { ...kept, ...(start && { effectiveFrom: start }), rule },
    ...superseded.map((each): StateRow => ({ ...kept, rule: each })),
  ]
}

/** The rows of a statute. */
export const statute = (about: Statute): readonly StateRow[] => about.rows.flatMap((row) => rowOf(about, row))

const survey = 'privacyrights.org survey of the States, 2026 edition (statutes as of 2026-01-01)'
const snapshot = 'Ansvar-Systems/US-law-mcp, State texts (snapshot of March 2026)'

/** Sources on which many rows rest. */
export const source = Object.freeze({
  survey,
  snapshot,
  surveyNoNumber: `${survey}: no number of days`,
  text: `${snapshot}: text of the statute`,
  scraped: `${snapshot}: text taken from a web page`,
  machine: `${snapshot}: file written by a machine`,
  chart: 'arkidel/arkidel State data, held against the IAPP chart of 2026-03-23',
  arkidel: 'arkidel/arkidel State data',
})

/** Of rows beside which there is one for the time after the release. */
export const releaseBeside =
  'A delay for law enforcement does not move this date; the time after its release has a row of its own.'

/** An addressee that our sources name for more than so many, without saying whose number that is. */
export const whoseNumber =
  'The sources do not say whether the number is of residents or of all persons; it is read as of all, which is never fewer.'
