import { formatInstant, parseInstant } from '@phi/core'
import { hoursOf, type Period } from '../../agreement/period.ts'

const HOUR = 3_600_000

/**
 * The instant by which something kept for a period at most has to be gone. Months and years are those of the calendar in UTC, and a day
 * that a month lacks becomes its last; business days count as if no weekend or holiday came: earlier is the safe side of a limit.
 * @throws PhiError PHI_CORE_TIME beyond the year 9999
 */
export function purgeDue(created: string, period: Period | 'none'): string {
  if (period === 'none') return created
  const start = parseInstant(created)
  if ('months' in period) return formatInstant(plusMonths(start, period.months))
  if ('years' in period) return formatInstant(plusMonths(start, period.years * 12))
  if ('businessDays' in period) return formatInstant(start + period.businessDays * 24 * HOUR)
  return formatInstant(start + hoursOf(period).shortest * HOUR)
}

function plusMonths(start: number, months: number): number {
  const then = new Date(start)
  const day = then.getUTCDate()
  then.setUTCDate(1)
  then.setUTCMonth(then.getUTCMonth() + months)
  const last = new Date(then)
  last.setUTCMonth(last.getUTCMonth() + 1, 0)
  return then.setUTCDate(Math.min(day, last.getUTCDate()))
}
