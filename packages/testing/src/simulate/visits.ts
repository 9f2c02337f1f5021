import { weekdayOf } from './calendar.ts'
import type { People, Person } from './people.ts'
import { randomOf } from './random.ts'
import { isSick, plannedShift, workingShift } from './roster.ts'
import { rates, roleTable } from './table.ts'

export interface Visit {
  /** The clinician whose patients these are. */
  readonly of: Person
  /** Who sees them: somebody else where the clinician is ill. */
  readonly by: Person
  readonly patients: readonly number[]
  /** Local minute of the day. */
  readonly minute: number
  readonly length: number
  readonly telehealth: boolean
  readonly intake: 'no' | 'booked' | 'walk-in'
  /** Whether the cover was entered. */
  readonly entered: boolean
}

/** Visits of a clinician on a day, as they took place. It depends on the arguments alone, so that nothing has to be remembered. */
export function visitsOf(seed: number, people: People, person: Person, day: number): readonly Visit[] {
  const { visits: perDay } = roleTable[person.role]
  if (perDay === 0) return []
  const shift = plannedShift(seed, person, day)
  if (shift === undefined) return []
  const random = randomOf(seed, 'visits', person.n, day)
  const ill = isSick(seed, person, day)
  const weekday = weekdayOf(day)
  const odd = Math.floor((day + 3) / 7) % 2
  const found: Visit[] = []
  const length = Math.floor((shift.until - shift.from - 30) / perDay)
  for (let slot = 0; slot < perDay; slot++) {
    // Saturdays are for whoever cannot come in the week: the slots of a weekday.
    const template = person.slots[(((weekday - 1) % 5) * perDay + slot) % Math.max(1, person.slots.length)]
    const patients = template?.[odd] ?? [person.panel[(day * perDay + slot) % person.panel.length] as number]
    const telehealth = shift.where !== 'site' || random.chance(rates.telehealth)
    const draw = random.next()
    const covers = random.next()
    const forgotten = random.chance(rates.coverForgotten)
    const minute = shift.from + 15 + slot * length
    if (draw < rates.missed) continue
    const by = ill ? (covers < rates.covered ? colleagueOf(seed, people, person, day) : undefined) : person
    if (by === undefined) continue
    found.push({ of: person, by, patients, minute, length, telehealth, intake: 'no', entered: !ill || !forgotten })
  }
  if (
    person.role === 'therapist' &&
    !ill &&
    found.length < perDay &&
    random.chance(rates.intake * 2) &&
    people.pool.length > 0
  ) {
    // In the place of somebody who did not come.
    const slot = Array.from({ length: perDay }, (_, i) => shift.from + 15 + i * length).find(
      (minute) => !found.some((visit) => visit.minute === minute),
    )
    const patient = people.pool[random.int(0, people.pool.length - 1)] as number
    const intake = random.chance(rates.walkIn) ? 'walk-in' : 'booked'
    if (slot !== undefined) {
      found.push({
        of: person,
        by: person,
        patients: [patient],
        minute: slot,
        length,
        telehealth: false,
        intake,
        entered: true,
      })
    }
  }
  return found.sort((a, b) => a.minute - b.minute)
}

/** Who stands in: somebody of the same role and site who works that day. */
function colleagueOf(seed: number, people: People, person: Person, day: number): Person | undefined {
  const able = people
    .of(person.role)
    .filter((other) => other.n !== person.n && other.site === person.site && workingShift(seed, other, day)?.kind === 'day')
  return able[day % Math.max(1, able.length)]
}

/** All visits of a day. */
export const visitsOn = (seed: number, people: People, day: number): readonly Visit[] =>
  people.staff.flatMap((person) => visitsOf(seed, people, person, day))

/** A call at night, and whether the glass had to be broken for it. */
export interface Crisis {
  readonly by: Person
  readonly patient: number
  readonly minute: number
  readonly glass: { readonly id: string } | undefined
}

export function crisesOf(seed: number, people: People, person: Person | undefined, day: number): readonly Crisis[] {
  const random = randomOf(seed, 'night', day)
  if (person === undefined || !random.chance(rates.crisisNight)) return []
  return Array.from({ length: random.int(1, 2) }, () => {
    const stranger = random.chance(rates.crisisGlass)
    const patient = stranger ? random.int(0, people.patients.length - 1) : random.pick(person.panel)
    const minute = random.int(1230, 1800)
    const id = random.id()
    return { by: person, patient, minute, glass: stranger && !person.panel.includes(patient) ? { id } : undefined }
  }).sort((a, b) => a.minute - b.minute)
}
