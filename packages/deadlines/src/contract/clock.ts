import { type Citation, type Confirmation, confirmations, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, isCivilDate } from '../calendar/civil-date.ts'
import { lawEnforcementDelay, text } from '../federal/common.ts'
import type { Basis, Counts, Rule, Trigger } from '../rule/rule.ts'
import { parseRule } from '../rule/schema.ts'
import { contractError } from './errors.ts'

/** What starts a clock, and the fact that holds its day. */
export const startFacts = {
  /** Known, or by reasonable diligence would have been known: the event from which the law runs. */
  discovery: 'discovered',
  /** Actually known to the party that is bound. */
  awareness: 'aware',
  detection: 'detected',
  determination: 'determined',
  confirmation: 'confirmed',
  /** Of a request or another paper. */
  receipt: 'received',
  /** By somebody else, for example a subcontractor. */
  notification: 'notified',
  release: 'released',
  /** Of the agreement. */
  termination: 'terminated',
} as const

/** The event from which a contract counts, as its clause says. */
export type Starts = keyof typeof startFacts

/** The events of one incident: none can lie before the incident was discovered, save its detection. */
export const incidentStarts = ['discovery', 'awareness', 'detection', 'determination', 'confirmation'] as const
export type IncidentStarts = (typeof incidentStarts)[number]
export type IncidentFact = (typeof startFacts)[IncidentStarts]

const isIncident = (starts: Starts): starts is IncidentStarts => (incidentStarts as readonly Starts[]).includes(starts)

/** Worked out by the group: the first day of the incident that is known. */
export const FIRST_KNOWN = 'firstKnown'

/** A last day on a weekend or holiday: stays (`none`), or moves to the next business day of a calendar, where the clause says so. */
export type Rolls = 'none' | { readonly calendar: string }

/** A stated period. How it is counted has no default: a clause that does not say so has to be clarified, or read and noted. */
export type Within =
  /** Elapsed time, also across a change of the clocks. */
  | { readonly hours: number }
  | { readonly calendarDays: number; readonly counts: Counts; readonly rolls: Rolls }
  | { readonly businessDays: number; readonly calendar: string; readonly counts: Counts }
  /** Where the month has no such day, the last that it has. */
  | { readonly months: number; readonly counts: Counts; readonly rolls: Rolls }
  | { readonly years: number; readonly counts: Counts; readonly rolls: Rolls }

/** A clock of an agreement, as its clause states it. */
export interface ContractClock<Start extends Starts = Starts, Fact extends string = string, Met extends string = string> {
  /** Unique in its group: `notice-72-hours`. */
  readonly id: string
  /** Clocks of one duty are the versions of one clause. Without it, the id. */
  readonly duty?: string | undefined
  /** What must be done, as a sentence without a subject: "Notify the customer". */
  readonly title: string
  /** The agreement by name, for the citation: "Business associate agreement". */
  readonly agreement: string
  /** The clause by its label: `4.2`, `Exhibit-B.3`. */
  readonly clause: string
  /** The clause in its own words. They are shown with every result. */
  readonly words?: string | undefined
  readonly addressee: string
  readonly starts: Start
  /** The fact that holds the day of the event, where two clocks of a group start from, say, the receipt of different papers. */
  readonly fact?: Fact | undefined
  readonly within: Within
  /** The words beside the number: "without unreasonable delay". */
  readonly standard?: string | undefined
  /** The fact that will hold the day on which it was done. */
  readonly metBy?: Met | undefined
  /** The clause says that it gives way to a law enforcement official's statement under 164.412. Without it, nothing delays. */
  readonly delayedByLawEnforcement?: boolean | undefined
  /** The first day of the term. */
  readonly from: CivilDate
  /** The last day of the term. What was discovered by then stays owed. Leave it out where the clause survives the agreement. */
  readonly until?: CivilDate | undefined
  /** How the row came from the clause: `text-seen` when whoever wrote it read the clause itself. */
  readonly confirmation: Confirmation
  /** The day on which the clause was read. */
  readonly asOf: CivilDate
  readonly note?: string | undefined
}

/** A contract clock as a rule. `contractGroup` puts such rules together. */
export type ContractRule<Fact extends string = string> = Rule & {
  readonly trigger: Trigger & { readonly fact: Fact }
  readonly metBy?: Fact
}

const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const amount = z.int().min(1).max(10_000)
const counts = z.enum(['after', 'beginning-on'])
const rolls = z.union([z.literal('none'), z.strictObject({ calendar: plainText(100) })])
const reserved: readonly string[] = [
  'timeZone',
  'lawEnforcement',
  FIRST_KNOWN,
  ...incidentStarts.map((starts) => startFacts[starts]),
]

/** Names become keys of objects. The incident's own facts mean one thing in every group: none of them ends or starts another clock. */
const name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/)
  .refine((value) => !(value in Object.prototype) && !reserved.includes(value), 'is a name that has another meaning')

/** The label of an agreement must not pass for a body of law. */
const LAW = /\b(?:CFR|C\.F\.R\.|USC|U\.S\.C\.|FR)$/

const schema = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/),
    duty: plainText(100).optional(),
    title: plainText(300),
    agreement: plainText(80).refine((label) => !LAW.test(label), 'must not be named like a body of law'),
    clause: plainText(80).refine((label) => /^\S*\d\S*$/.test(label), 'must be one word that holds a number, such as 4.2'),
    words: plainText(600).optional(),
    addressee: plainText(100),
    starts: z.enum(Object.keys(startFacts) as [Starts, ...Starts[]]),
    fact: name.optional(),
    within: z.union([
      z.strictObject({ hours: amount }),
      z.strictObject({ calendarDays: amount, counts, rolls }),
      z.strictObject({ businessDays: amount, calendar: plainText(100), counts }),
      z.strictObject({ months: amount, counts, rolls }),
      z.strictObject({ years: z.int().min(1).max(100), counts, rolls }),
    ]),
    standard: plainText(300).optional(),
    metBy: name.optional(),
    delayedByLawEnforcement: z.boolean().optional(),
    from: civil,
    until: civil.optional(),
    confirmation: z.enum(confirmations),
    asOf: civil,
    note: plainText(900).optional(),
  })
  .refine(({ starts, fact }) => fact === undefined || !isIncident(starts), {
    path: ['fact'],
    message: 'an event of the incident has its own fact',
  })
  .refine(({ starts, fact, metBy }) => metBy === undefined || metBy !== (fact ?? startFacts[starts]), {
    path: ['metBy'],
    message: 'must not be the fact that starts the clock',
  })
  .refine(({ from, until }) => until === undefined || from <= until, { path: ['until'], message: 'must not lie before `from`' })

function basisOf(within: Within, citation: Citation): Basis {
  // A duty to act rounds earlier.
  const rounding = 'earlier'
  if ('hours' in within) return { unit: 'hours', amount: within.hours, counts: 'after', roll: 'none', rounding }
  const { counts } = within
  if ('businessDays' in within) {
    const { businessDays, calendar } = within
    return { unit: 'business-days', amount: businessDays, counts, roll: 'none', rounding, calendar: { strict: calendar } }
  }
  const roll = within.rolls === 'none' ? 'none' : ({ by: 'rule', citation, calendar: within.rolls.calendar } as const)
  if ('calendarDays' in within) return { unit: 'calendar-days', amount: within.calendarDays, counts, roll, rounding }
  if ('months' in within) return { unit: 'months', amount: within.months, counts, roll, rounding }
  return { unit: 'years', amount: within.years, counts, roll, rounding }
}

/** 164.404(a)(2), 164.410(a)(2). */
const discoveryInLaw = [text('45 CFR 164.410(a)(2)'), text('45 CFR 164.404(a)(2)')] as const

function noteOf({ words, starts, note }: ContractClock): string {
  const sentences = [`Runs from ${starts}, as the clause states it.`]
  if (words !== undefined) sentences.push(`The clause reads: "${words}".`)
  if (isIncident(starts) && starts !== 'discovery') {
    sentences.push(
      'The law runs from discovery, what reasonable diligence would have found included, and a later start in a contract does not move it. While the day is not known, plan from the first day of the incident that is.',
    )
  }
  if (note !== undefined) sentences.push(note)
  return sentences.join(' ')
}

/**
 * A clock of an agreement as a rule: 72 hours from discovery, two business days from receipt, return or destruction on termination.
 *
 * The row is what the clause says, and its citation is the clause. Nothing in it has a default. A clock of an incident whose event
 * is not known stays pending and plans from the first day that is: a contract is never a reason to wait.
 * @throws PhiError PHI_DEADLINES_CONTRACT
 */
export function contractClock<
  const Start extends Starts,
  const Fact extends string = (typeof startFacts)[Start],
  const Met extends string = never,
>(clock: ContractClock<Start, Fact, Met>): ContractRule<Fact | Met> {
  const read: ContractClock = parseAs(schema, clock, 'clock', (context) => contractError('PHI_DEADLINES_CONTRACT', context))
  const { id, starts, until, confirmation, asOf } = read
  const citation: Citation = Object.freeze({ source: read.agreement, section: read.clause, asOf, confirmation })
  const incident = isIncident(starts)
  const rule: Rule = {
    id,
    ...(read.duty !== undefined && { duty: read.duty }),
    title: read.title,
    citation,
    ...(incident && { also: discoveryInLaw }),
    addressee: read.addressee,
    trigger: {
      fact: read.fact ?? startFacts[starts],
      event: starts === 'termination' ? 'other' : starts,
      ...(incident && { planFrom: FIRST_KNOWN }),
    },
    basis: basisOf(read.within, citation),
    limit: { kind: 'act', ...(read.standard !== undefined && { standard: read.standard }) },
    extensions: [],
    holds: read.delayedByLawEnforcement === true ? [lawEnforcementDelay] : [],
    applies: 'always',
    inForce: { from: read.from, ...(until !== undefined && { until }), status: 'in-force' },
    confirmation,
    asOf,
    ...(read.metBy !== undefined && { metBy: read.metBy }),
    note: noteOf(read),
  }
  return parseRule(rule) as ContractRule<Fact | Met>
}
