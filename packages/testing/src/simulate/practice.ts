import { type Calendar, calendarOf, isHoliday, weekdayOf } from './calendar.ts'
import type { Where } from './desk.ts'
import { type Patient, type People, type Person, peopleOf } from './people.ts'
import { desktopAgents, domestic, homes, mobiles, phoneAgents, sites, vpn } from './places.ts'
import { type Random, randomOf } from './random.ts'
import { type Shift, workingShift } from './roster.ts'
import { type Visit, visitsOn } from './visits.ts'

/** A practice that lives through some days. What is kept does not grow with the number of days. */
export interface Practice {
  readonly seed: number
  readonly first: number
  readonly days: number
  readonly timeZone: string
  readonly calendar: Calendar
  readonly people: People
  visitsOn(day: number): readonly Visit[]
  /** Who works on a day, with their shift. */
  workingOn(day: number): ReadonlyMap<number, Shift>
  patient(n: number): Patient
}

const RECENT_DAYS = 12

/** Keeps the answers for the latest days. */
function recent<Answer>(of: (day: number) => Answer): (day: number) => Answer {
  const kept = new Map<number, Answer>()
  return (day) => {
    const known = kept.get(day)
    if (known !== undefined) return known
    const answer = of(day)
    kept.set(day, answer)
    if (kept.size > RECENT_DAYS) kept.delete(kept.keys().next().value as number)
    return answer
  }
}

export function practiceOf(seed: number, people: number, first: number, days: number, timeZone: string): Practice {
  const all = peopleOf(seed, people, first, days)
  return {
    seed,
    first,
    days,
    timeZone,
    calendar: calendarOf(timeZone),
    people: all,
    visitsOn: recent((day) => visitsOn(seed, all, day)),
    workingOn: recent((day) => {
      const shifts = all.staff.map((person) => [person.n, workingShift(seed, person, day)] as const)
      return new Map(shifts.filter((each): each is [number, Shift] => each[1] !== undefined))
    }),
    patient: (n) => all.patients[n] as Patient,
  }
}

/** Monday to Friday, holidays not. */
export const isWorkday = (day: number): boolean => weekdayOf(day) <= 5 && !isHoliday(day)

const SHARED = new Set<Person['role']>(['front-desk', 'nurse', 'billing'])
/** Workstations that a site has for those who have no laptop. */
export const WORKSTATIONS = 12

export const laptopOf = (person: Person, day: number): string =>
  `lt-${person.n + 1}${person.newLaptop !== undefined && day >= person.newLaptop ? 'b' : ''}`
export const phoneOf = (person: Person, day: number): string =>
  `ph-${person.n + 1}${person.newPhone !== undefined && day >= person.newPhone ? 'b' : ''}`

const agentOf = <Agent>(agents: readonly Agent[], n: number): Agent => agents[n % agents.length] as Agent

export function atSite(person: Person, day: number, random: Random): Where {
  const network = sites[person.site] as (typeof sites)[number]
  const device = SHARED.has(person.role) ? `ws-${person.site}-${random.int(1, WORKSTATIONS)}` : laptopOf(person, day)
  return { ip: network.ip(person.n), site: network.key, device, userAgent: agentOf(desktopAgents, person.n) }
}

export function atHome(person: Person, day: number, random: Random): Where {
  const network = homes[person.home] as (typeof homes)[number]
  const ip = random.chance(0.6) ? vpn.ip(person.n) : network.ip(person.n)
  return { ip, device: laptopOf(person, day), userAgent: agentOf(desktopAgents, person.n) }
}

function awayFrom(person: Person, day: number, random: Random): Where {
  const network = domestic[person.n % domestic.length] as (typeof domestic)[number]
  const ip = random.chance(0.5) ? vpn.ip(person.n) : network.ip(person.n)
  return { ip, device: laptopOf(person, day), userAgent: agentOf(desktopAgents, person.n) }
}

export const onPhone = (person: Person, day: number, network = mobiles[person.mobile] as (typeof mobiles)[number]): Where => ({
  ip: network.ip(person.n),
  device: phoneOf(person, day),
  userAgent: agentOf(phoneAgents, person.n),
})

export function whereOf(person: Person, shift: Shift, day: number, random: Random): Where {
  if (shift.where === 'site') return atSite(person, day, random)
  return shift.where === 'home' ? atHome(person, day, random) : awayFrom(person, day, random)
}

/** A stream for one person and day. */
export const streamOf = (practice: Practice, what: string, n: number, day: number): Random =>
  randomOf(practice.seed, what, n, day)

export const actorOf = (person: Person) => ({
  id: person.id,
  type: 'workforce' as const,
  roles: [person.role],
  organization: 'org-1',
})

/** The latest working day before a day. */
export function workdayBefore(day: number): number {
  let before = day - 1
  while (!isWorkday(before)) before--
  return before
}
