import { formatCitation } from '@phi/core'
import { addBusinessDays, type BusinessCalendar, businessDayOnOrAfter } from '../calendar/business-days.ts'
import { addMonths, type Day, formatDay, inRange } from '../calendar/civil-date.ts'
import type { ReadMoment, Zone } from '../calendar/zone.ts'
import type { Basis, Rule } from '../rule/rule.ts'
import type { Step } from './deadline.ts'
import { preparedOf } from './prepared.ts'

export type Counted = Exclude<Basis, { unit: 'qualitative' }>

export interface Count {
  readonly due: Day
  readonly lawful?: Day
  /** For clocks in hours: the instant, in ms since 1970, where the trigger is one. */
  readonly instant?: number
  /** The trigger is a date and the clock runs in hours: counted from the start of that day. */
  readonly timeNotKnown?: true
}

const HOUR = 3_600_000

function calendarDays(basis: Counted, from: Day, calendars: ReadonlyMap<string, BusinessCalendar>): Count {
  switch (basis.unit) {
    case 'same-day':
      return { due: from }
    case 'calendar-days':
      return { due: from + basis.amount - (basis.counts === 'beginning-on' ? 1 : 0) }
    case 'months':
    case 'years': {
      // A year that begins on 1 March ends on the last day of February: the day before the anniversary.
      const anniversary = addMonths(from, basis.amount * (basis.unit === 'years' ? 12 : 1), basis.rounding)
      return { due: basis.counts === 'beginning-on' ? anniversary - 1 : anniversary }
    }
    case 'business-days': {
      const start = basis.counts === 'beginning-on' ? from - 1 : from
      const { strict, lawful } = basis.calendar
      const due = addBusinessDays(start, basis.amount, calendars.get(strict) as BusinessCalendar)
      if (lawful === undefined) return { due }
      return { due, lawful: addBusinessDays(start, basis.amount, calendars.get(lawful) as BusinessCalendar) }
    }
    case 'hours':
      throw new TypeError('hours are counted from an instant')
  }
}

function hours(amount: number, trigger: ReadMoment, from: Day, zone: Zone | undefined): Count {
  if (trigger.instant !== undefined && zone) {
    const instant = trigger.instant + amount * HOUR
    return { due: zone.dayAt(instant), instant }
  }
  // No time of day: from the first instant of that day. The last moment before the end of the count is what is left to act in.
  if (zone) {
    const instant = zone.startOf(from) + amount * HOUR
    return { due: zone.dayAt(instant - 1), instant, timeNotKnown: true }
  }
  return { due: from + Math.ceil(amount / 24) - 1, timeNotKnown: true }
}

/** Counts a basis from a day, and appends what it did to the steps. */
export function count(
  rule: Rule,
  basis: Counted,
  trigger: ReadMoment,
  from: Day,
  zone: Zone | undefined,
  calendars: ReadonlyMap<string, BusinessCalendar>,
  steps: Step[],
): Count {
  const { citation } = preparedOf(rule)
  const counted = basis.unit === 'hours' ? hours(basis.amount, trigger, from, zone) : calendarDays(basis, from, calendars)
  inRange(counted.due)
  steps.push({
    step: 'count',
    from: formatDay(from),
    amount: basis.unit === 'same-day' ? 0 : basis.amount,
    unit: basis.unit,
    counts: basis.counts,
    to: formatDay(counted.due),
    ...(basis.unit === 'business-days' && { calendar: basis.calendar.strict }),
    citation,
  })
  if (basis.roll === 'none') return counted
  const rolled = businessDayOnOrAfter(counted.due, calendars.get(basis.roll.calendar) as BusinessCalendar)
  if (rolled !== counted.due) {
    const { by } = basis.roll
    const [start, end] = [formatDay(counted.due), formatDay(rolled)]
    steps.push({ step: 'roll', by, from: start, to: end, citation: formatCitation(basis.roll.citation) })
  }
  return basis.roll.by === 'rule' ? { ...counted, due: rolled } : { ...counted, lawful: rolled }
}
