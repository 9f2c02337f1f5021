import { formatCitation, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { businessDayOnOrBefore, federalCalendar } from '../calendar/business-days.ts'
import { type CivilDate, type Day, formatDay, parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, type Zone, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Because, Change, Deadline, Status, Step } from '../evaluate/deadline.ts'
import { amountOf, everyInWords, indexOnOrBefore, occurrence } from './cadence.ts'
import { type Cadence, type RecurringDuty, recurringDuty } from './duty.ts'

/** Something that happened and brings the duty about: a hire, a change. */
export interface DutyEvent {
  /** One of the duty's `events`. */
  readonly event: string
  readonly on: Moment
  /** The day on which the duty was done for this event. */
  readonly done?: Moment | null | undefined
}

/** What is known of a recurring duty. What is left out is taken from the duty; `null` is not known. */
export interface RecurringFacts {
  readonly anchor?: CivilDate | undefined
  readonly lastDone?: Moment | 'never' | null | undefined
  /**
   * For a duty with an anchor: the due day for which it was last done. Without it, the last due day on or before `lastDone` is taken
   * as settled, so that what was done a week early is still due on its day.
   */
  readonly settles?: CivilDate | null | undefined
  readonly events?: readonly DutyEvent[] | undefined
  readonly today?: Moment | undefined
  /** Required when a moment is an instant. */
  readonly timeZone?: string | undefined
}

/** A deadline of a recurring duty: one for its cadence, and one for each event. */
export interface RecurringDeadline extends Deadline {
  /** The cadence, with who set it: where it is the house's, the law has no number. */
  readonly cadence?: Cadence
  /** The event, where one brought it about. */
  readonly event?: string
}

const moment = z.string().max(120)
const schema = z.strictObject({
  anchor: moment.optional(),
  lastDone: moment.nullish(),
  settles: moment.nullish(),
  events: z
    .array(z.strictObject({ event: plainText(100), on: moment, done: moment.nullish() }))
    .max(10_000)
    .optional(),
  today: moment.optional(),
  timeZone: plainText(64).optional(),
})

type Draft = { -readonly [Key in keyof RecurringDeadline]?: RecurringDeadline[Key] }

interface Run {
  readonly duty: RecurringDuty
  readonly zone: Zone | undefined
  readonly today: Day | undefined
  readonly given: Readonly<Record<string, unknown>>
}

const contradiction = (path: string, detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail })

function result({ duty, given }: Run, status: Status, because: Because, draft: Draft): RecurringDeadline {
  const { cadence, note } = duty
  return {
    rule: duty.id,
    duty: duty.id,
    ruleset: duty.ruleset.id,
    title: duty.title,
    addressee: duty.addressee,
    status,
    because,
    standard: duty.words,
    ...draft,
    ...(cadence && draft.event === undefined && { cadence }),
    facts: given,
    unknown: draft.unknown ?? [],
    steps: draft.steps ?? [],
    citation: formatCitation(duty.citation),
    citations: [duty.citation, ...duty.also],
    confirmation: duty.confirmation,
    asOf: duty.ruleset.asOf,
    ...(note !== undefined && { note }),
    changesIf: draft.changesIf ?? [],
  }
}

/** The part of a result that has a date. */
function dated({ zone, today }: Run, due: Day): Draft {
  return {
    due: formatDay(due),
    ...(zone && { dueInstant: zone.endOf(due) }),
    actBy: formatDay(businessDayOnOrBefore(due, federalCalendar)),
    overdueFrom: formatDay(due + 1),
    ...(today !== undefined && today > due && { daysLate: today - due }),
  }
}

const open = (run: Run, due: Day, draft: Draft): RecurringDeadline => {
  const late = run.today !== undefined && run.today > due
  return result(run, late ? 'late' : 'due', late ? 'date-passed' : 'counted', { ...draft, ...dated(run, due) })
}

const triggerOf = (fact: string, on: Day): Pick<Draft, 'trigger'> => ({
  trigger: { fact, event: 'other', on: formatDay(on) },
})

function countStep(duty: RecurringDuty, from: Day, times: number, to: Day): Step {
  const { amount, unit } = amountOf((duty.cadence as Cadence).every)
  const citation = formatCitation(duty.citation)
  return { step: 'count', from: formatDay(from), amount: amount * times, unit, counts: 'after', to: formatDay(to), citation }
}

/** The index of the due day that was last settled, or -1. */
function settledIndex(anchor: Day, cadence: Cadence, lastDone: Day, settles: string | null | undefined): number {
  const strict = indexOnOrBefore(anchor, cadence.every, lastDone)
  if (settles == null) return strict
  const day = parseDay(settles)
  const index = indexOnOrBefore(anchor, cadence.every, day)
  if (index < 0 || occurrence(anchor, cadence.every, index) !== day) {
    throw contradiction('facts.settles', 'it is no day on which the duty falls due')
  }
  // Done once, one due day is settled: the one that had passed or the next to come, and none beyond it.
  if (index > strict + 1)
    throw contradiction('facts.settles', 'it lies more than one due day after the day on which it was done')
  return index
}

interface Last {
  readonly anchor: Day | undefined
  readonly lastDone: string | null | undefined
  readonly settles: string | null | undefined
}

/** The result of the cadence. */
function ofCadence(run: Run, { anchor, lastDone, settles }: Last): RecurringDeadline {
  const { duty, zone, today } = run
  const { cadence } = duty
  const done = lastDone == null || lastDone === 'never' ? undefined : readMoment(lastDone, zone, 'facts.lastDone').day
  if (done !== undefined && today !== undefined && done > today) {
    throw contradiction('facts.lastDone', 'it is said to be done on a day of the future')
  }
  if (settles != null && (anchor === undefined || done === undefined || !cadence)) {
    throw contradiction('facts.settles', 'only a duty with an anchor and a last day can settle a due day')
  }
  const last: Draft = done === undefined ? {} : triggerOf('lastDone', done)
  if (!cadence) {
    const changesIf: Change[] = [{ fact: 'cadence', when: 'the house sets a cadence', becomes: 'due' }]
    const unknown = lastDone == null ? ['lastDone'] : []
    return result(run, 'qualitative', 'no-number-in-the-text', { ...last, unknown, changesIf })
  }
  if (done === undefined) {
    // Known never to have been done: due on the first day. Not known: the same day to plan for, and pending.
    if (lastDone === 'never' && anchor !== undefined) return open(run, anchor, triggerOf('anchor', anchor))
    const known = { fact: 'lastDone', when: 'the last day on which it was done is known', becomes: 'due' } as const
    return result(run, 'pending-facts', 'trigger-not-known', {
      unknown: lastDone === 'never' ? ['anchor'] : ['lastDone'],
      changesIf: [lastDone === 'never' ? { ...known, fact: 'anchor', when: 'the first due day is known' } : known],
      ...(anchor !== undefined && { ...triggerOf('anchor', anchor), planFor: formatDay(anchor) }),
    })
  }
  const from = anchor ?? done
  const times = anchor === undefined ? 1 : settledIndex(anchor, cadence, done, settles) + 1
  const due = occurrence(from, cadence.every, times)
  const steps: Step[] = [
    { step: 'trigger', fact: anchor === undefined ? 'lastDone' : 'anchor', event: 'other', on: formatDay(from) },
    countStep(duty, from, times, due),
  ]
  return open(run, due, { ...last, steps })
}

/** The result of one event: the law has no number of days after it, the house may have a target. */
function ofEvent(run: Run, { event, on, done }: DutyEvent): RecurringDeadline {
  const { duty, zone, today } = run
  const path = 'facts.events.*'
  if (!duty.events.includes(event)) {
    throw deadlinesError('PHI_DEADLINES_FACTS', { path: `${path}.event`, detail: 'must be an event of the duty' })
  }
  const day = readMoment(on, zone, `${path}.on`).day
  const doneDay = done == null ? undefined : readMoment(done, zone, `${path}.done`).day
  if (doneDay !== undefined && doneDay < day)
    throw contradiction(`${path}.done`, 'it was done before the event that made it due')
  if (doneDay !== undefined && today !== undefined && doneDay > today) {
    throw contradiction(`${path}.done`, 'it is said to be done on a day of the future')
  }
  const target = duty.targetDays
  const draft: Draft = {
    event,
    ...triggerOf(event, day),
    steps: [{ step: 'trigger', fact: event, event: 'other', on: formatDay(day) }],
    ...(target !== undefined && { house: { due: formatDay(day + target), amount: target, unit: 'calendar-days' } }),
  }
  if (doneDay === undefined) return result(run, 'qualitative', 'no-number-in-the-text', draft)
  const daysAfterTrigger = doneDay - day
  draft.done = { on: formatDay(doneDay), daysAfterTrigger }
  return result(run, 'met', 'done-without-a-number-to-judge-by', draft)
}

/**
 * When a recurring duty is due next: one result for its cadence, then one for each event that was given.
 *
 * With an anchor, due days are those of the anchor's calendar, always counted from the anchor; without one, the next is counted from
 * the last day done. Months that are too short round earlier, and do not shift what follows. Never done, or not known to be: pending,
 * with the first due day to plan for. A duty without a cadence is qualitative, and shows the law's words.
 *
 * Pure: no clock is read. Without `today`, nothing is said to be late.
 * @throws PhiError PHI_DEADLINES_RECURRING, PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE,
 *   PHI_DEADLINES_CONTRADICTION, PHI_DEADLINES_RANGE
 */
export function nextDue(duty: RecurringDuty, facts: RecurringFacts = {}): readonly RecurringDeadline[] {
  const read = recurringDuty(duty)
  const given = parseAs(schema, facts, 'facts', (context) => deadlinesError('PHI_DEADLINES_FACTS', context))
  const zone = given.timeZone === undefined ? undefined : zoneOf(given.timeZone)
  const today = given.today === undefined ? undefined : readMoment(given.today, zone, 'facts.today').day
  const run: Run = { duty: read, zone, today, given: Object.freeze({ ...given }) }
  const anchor = given.anchor ?? read.anchor
  const lastDone = given.lastDone === undefined ? read.lastDone : given.lastDone
  const cadence = ofCadence(run, {
    anchor: anchor === undefined ? undefined : parseDay(anchor),
    lastDone,
    settles: given.settles,
  })
  return [cadence, ...(given.events ?? []).map((event) => ofEvent(run, event))]
}

/** The cadence of a duty in words, with who set it. */
export function cadenceInWords({ cadence, words }: RecurringDuty): string {
  if (!cadence) return `no number in the law (${words}), and no cadence set`
  const every = everyInWords(cadence.every)
  return cadence.by === 'law' ? `${every}, by law (${words})` : `${every}, by house policy; the law has no number (${words})`
}
