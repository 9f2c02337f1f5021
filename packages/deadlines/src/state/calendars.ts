import { isUsState, type UsState } from '@phi/core'
import Holidays from 'date-holidays'
import { type BusinessCalendar, undisputedCalendar, yearly } from '../calendar/business-days.ts'
import { type Day, partsOf, readDay } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'

/**
 * Days that `date-holidays` calls public and that are left out here: commemorations, days on which we could not confirm that
 * offices close, and for Texas a federal holiday that the State's own list does not have. [memory] A calendar that leaves a day
 * out counts it, so its date is the earlier one.
 */
const leftOut: Readonly<Partial<Record<UsState, readonly string[]>>> = {
  IL: ['Malcolm X Day', 'Casimir Pulaski Day', 'Election Day'],
  NY: ['Susan B. Anthony Day'],
  PA: ['Flag Day'],
  TX: ['Columbus Day'],
}

/** `date-holidays` has none for these. */
const territories: ReadonlySet<UsState> = new Set(['GU', 'VI', 'AS', 'MP'])

const calendars = new Map<UsState, BusinessCalendar>()

/** The id of a State's calendar, for rules to name it: `us-ca`. */
export const stateCalendarId = (state: UsState): string => `us-${state.toLowerCase()}`

/**
 * The business days of a State: its public holidays as `date-holidays` lists them, on their own dates. Observances, and bank,
 * school and optional holidays do not count; nor do the days on which a holiday of a weekend is observed, since the States
 * differ in that and `date-holidays` has one rule for all. The six holidays of `us-undisputed` always count, so that a date under
 * this calendar never lies before the strict one.
 *
 * It is a reading of "business days" that is later than the strict one, never the due date itself. A year is worked out when it
 * is asked for.
 * @throws PhiError PHI_DEADLINES_OPTIONS for what is no State, and for Guam, the Virgin Islands, American Samoa and the Northern
 *   Mariana Islands, for which there is no calendar
 */
export function stateCalendar(state: UsState): BusinessCalendar {
  const known = calendars.get(state)
  if (known) return known
  if (!isUsState(state) || territories.has(state)) {
    throw deadlinesError('PHI_DEADLINES_OPTIONS', { path: 'state', detail: 'there is no calendar for it' })
  }
  let holidays: Holidays | undefined
  const left = new Set(leftOut[state])
  const made = yearly(stateCalendarId(state), (year) => {
    holidays ??= new Holidays('US', state)
    const listed = holidays
      .getHolidays(year)
      .filter(({ type, substitute, name }) => type === 'public' && !substitute && !left.has(name))
      .map(({ date }) => readDay(date.slice(0, 10)) as Day)
    return [...undisputedCalendar.holidays(year), ...listed.filter((day) => partsOf(day).year === year)]
  })
  calendars.set(state, made)
  return made
}
