import { isHoliday, weekdayOf } from './calendar.ts'
import type { Person } from './people.ts'
import { randomOf } from './random.ts'
import { rates } from './table.ts'

/** A stretch of duty, in local minutes of its day; above 1,440 on the next one. */
export interface Shift {
  readonly from: number
  readonly until: number
  readonly where: 'site' | 'home' | 'away'
  readonly kind: 'day' | 'saturday' | 'on-call'
}

const weekOf = (day: number): number => Math.floor((day + 3) / 7)

export const isEmployed = (person: Person, day: number): boolean =>
  (person.hired === undefined || day >= person.hired) && (person.left === undefined || day < person.left)

/** On vacation or on a long leave. */
function isAway(seed: number, person: Person, day: number): boolean {
  if (person.leave !== undefined && day >= person.leave[0] && day < person.leave[1]) return true
  return isOnVacation(seed, person, day)
}

export const isOnVacation = (seed: number, person: Person, day: number): boolean =>
  randomOf(seed, 'vacation', person.n, weekOf(day)).chance(rates.vacationWeek)

export const isSick = (seed: number, person: Person, day: number): boolean =>
  randomOf(seed, 'sick', person.n, day).chance(rates.sick)

/** The week's stream of travels: the conference, the visit to a family in another city. */
const isTravelling = (seed: number, person: Person, day: number): boolean =>
  weekdayOf(day) >= 2 && weekdayOf(day) <= 4 && randomOf(seed, 'travel', person.n, weekOf(day)).chance(rates.travelWeek)

/** The day shift that was planned for somebody; whether they are ill is another question. */
export function plannedShift(seed: number, person: Person, day: number): Shift | undefined {
  if (!isEmployed(person, day) || isAway(seed, person, day) || isHoliday(day)) return undefined
  const weekday = weekdayOf(day)
  if (weekday === 7) return undefined
  if (weekday === 6) {
    // Every sixth Saturday, nine to two, for those who see patients and those who let them in.
    const serves = ['therapist', 'nurse', 'front-desk'].includes(person.role)
    return serves && (weekOf(day) + person.n) % 6 === 0 ? { from: 540, until: 840, where: 'site', kind: 'saturday' } : undefined
  }
  if (weekday === person.off) return undefined
  const where = isTravelling(seed, person, day) ? 'away' : person.remote.includes(weekday) ? 'home' : 'site'
  return { from: person.begins, until: person.begins + 510, where, kind: 'day' }
}

export const workingShift = (seed: number, person: Person, day: number): Shift | undefined =>
  isSick(seed, person, day) ? undefined : plannedShift(seed, person, day)

/** The psychiatrist on call for the night that begins on a day: eight in the evening to half past seven, by telephone from home. */
export function onCall(seed: number, psychiatrists: readonly Person[], day: number): Person | undefined {
  const able = psychiatrists.filter(
    (person) =>
      isEmployed(person, day) && isEmployed(person, day + 1) && !isAway(seed, person, day) && !isSick(seed, person, day),
  )
  return able[((day % able.length) + able.length) % able.length]
}

export const callShift: Shift = { from: 1200, until: 1890, where: 'home', kind: 'on-call' }
