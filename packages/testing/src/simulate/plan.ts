import type { AuditEventInput } from '@phi/audit'
import { formatInstant } from '@phi/core'
import { type Action, type Context, Desk, type Happening, recordOf, type Where } from './desk.ts'
import { simulateError } from './errors.ts'
import { type Incident, type IncidentKind, type IncidentVariant, incidentKinds } from './incident.ts'
import type { Person } from './people.ts'
import { actorOf, atSite, isWorkday, type Practice } from './practice.ts'
import { type Random, randomOf } from './random.ts'
import { isEmployed, plannedShift } from './roster.ts'
import type { PracticeRole } from './table.ts'

export interface Planned {
  readonly incident: Incident
  readonly happenings: readonly Happening[]
  /** The time from which nothing is recorded. */
  readonly silence?: readonly [from: number, until: number]
}

/** What somebody opened: patients and classes count as affected where it was opened with success. */
const opens: ReadonlySet<Action> = new Set<Action>([
  'read',
  'update',
  'amend',
  'delete',
  'export',
  'print',
  'download',
  'send',
  'disclose',
])

/** Draws up one incident. People whom it takes are taken by no other one. */
export class Plan {
  readonly practice: Practice
  readonly random: Random
  readonly variant: IncidentVariant
  readonly happenings: Happening[] = []
  readonly #kind: IncidentKind
  readonly #taken: Set<number>

  constructor(practice: Practice, kind: IncidentKind, variant: IncidentVariant, taken: Set<number>) {
    this.practice = practice
    this.variant = variant
    this.random = randomOf(practice.seed, 'incident', kind, variant)
    this.#kind = kind
    this.#taken = taken
  }

  get blatant(): boolean {
    return this.variant === 'blatant'
  }

  /** Working days of the second half: before it, whoever watches has had no time to learn what is usual. */
  days(): readonly number[] {
    const { first, days } = this.practice
    const late = Array.from({ length: days }, (_, i) => first + i).filter((day) => day >= first + days / 2 && isWorkday(day))
    if (late.length === 0)
      throw simulateError('PHI_TESTING_SIMULATE_OPTIONS', { path: 'days', detail: 'leaves no working day for incidents' })
    return late
  }

  /** A day in the second half, with room for as many working days from it on as there is. */
  day(length = 1): number {
    const days = this.days()
    return days[this.random.int(0, Math.max(0, days.length - length - 1))] as number
  }

  /** Working days from a day on, at most so many. */
  daysFrom(day: number, count: number): readonly number[] {
    return this.days()
      .filter((each) => each >= day)
      .slice(0, count)
  }

  /** Somebody of the roles who is employed throughout and at a site on the day, unless `anywhere`. */
  person(roles: readonly PracticeRole[], day: number, anywhere = false): Person {
    const { people, seed, workingOn } = this.practice
    const able = people.staff.filter((person) => {
      if (!roles.includes(person.role) || this.#taken.has(person.n)) return false
      if (person.hired !== undefined || person.left !== undefined || person.leave !== undefined || !isEmployed(person, day))
        return false
      const shift = plannedShift(seed, person, day)
      return workingOn(day).has(person.n) && (anywhere || shift?.where === 'site')
    })
    if (able.length === 0) {
      throw simulateError('PHI_TESTING_SIMULATE_OPTIONS', {
        path: 'people',
        detail: `are too few for the incident ${this.#kind}`,
      })
    }
    const person = this.random.pick(able)
    this.#taken.add(person.n)
    return person
  }

  /** Patients who have nothing to do with somebody: not theirs, and not of the teams of their site. */
  strangers(person: Person, count: number): readonly number[] {
    const { people } = this.practice
    const own = new Set<number>([...person.slots.flat(2), ...person.panel])
    for (const other of people.staff) {
      const isNear = other.role === 'psychiatrist' && other.site === person.site
      if (isNear || other.supervisor === person.n) for (const each of [...other.panel, ...other.slots.flat(2)]) own.add(each)
    }
    const able = people.patients.filter(
      ({ n, household }) => !own.has(n) && household !== person.household && n !== person.patient,
    )
    const chosen = new Set<number>()
    while (chosen.size < Math.min(count, able.length)) chosen.add(this.random.pick(able).n)
    return [...chosen]
  }

  own(person: Person, count: number): readonly number[] {
    const all = [...new Set([...person.slots.flat(2), ...person.panel])]
    const from = this.random.int(0, Math.max(0, all.length - count))
    return all.slice(from, from + count)
  }

  id(n: number): string {
    return this.practice.patient(n).id
  }

  time(day: number, minute: number): number {
    return this.practice.calendar.at(day, minute) + this.random.int(0, 20_000)
  }

  /** The beginning of the working day. */
  begins(person: Person, day: number): number {
    return plannedShift(this.practice.seed, person, day)?.from ?? person.begins
  }

  desk(person: Person, where: Where): Desk {
    return new Desk(this.happenings, this.random, actorOf(person), where)
  }

  /** Somebody at their own place of work. */
  atSite(person: Person, day: number): Desk {
    return this.desk(person, atSite(person, day, this.random))
  }

  /** Opens charts one after another, evenly over some minutes. */
  open(
    desk: Desk,
    patients: readonly number[],
    from: number,
    minutes: number,
    action: Action = 'read',
    context: Context = {},
  ): void {
    for (const [i, n] of patients.entries()) {
      desk.do(
        from + ((i + this.random.next() * 0.8) / patients.length) * minutes * 60_000,
        action,
        recordOf('Chart', [this.id(n)]),
        context,
      )
    }
  }

  finish(silence?: readonly [from: number, until: number]): Planned {
    const happenings = this.happenings.sort((a, b) => a.at - b.at)
    const incident: Incident = {
      id: `${this.#kind}/${this.variant}`,
      kind: this.#kind,
      variant: this.variant,
      expected: incidentKinds[this.#kind].by,
      ...shownBy(happenings),
      ...(silence === undefined ? {} : { from: formatInstant(silence[0]), until: formatInstant(silence[1]) }),
    }
    return { incident, happenings, ...(silence === undefined ? {} : { silence }) }
  }
}

/** What events show of an incident. */
export function shownBy(
  happenings: readonly Happening[],
): Pick<Incident, 'actors' | 'patients' | 'dataClasses' | 'from' | 'until' | 'eventIds'> {
  const affected = happenings.filter(({ event }) => event.outcome === 'success' && opens.has(event.action))
  const all = <Each extends string>(from: readonly Happening[], of: (event: AuditEventInput) => readonly Each[]): Each[] =>
    [...new Set(from.flatMap(({ event }) => of(event)))].sort()
  return {
    actors: all(happenings, (event) => [event.actor.id]),
    patients: all(affected, (event) => event.subject?.patients ?? []),
    dataClasses: all(affected, (event) => event.subject?.dataClasses ?? []),
    from: formatInstant(happenings[0]?.at ?? 0),
    until: formatInstant(happenings.at(-1)?.at ?? 0),
    eventIds: happenings.map(({ event }) => event.id),
  }
}
