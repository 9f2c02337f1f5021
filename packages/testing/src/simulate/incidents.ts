import { MINUTE } from './calendar.ts'
import { Desk, recordOf } from './desk.ts'
import type { IncidentKind, IncidentVariant } from './incident.ts'
import { desktopAgents, domestic, homes, hosts } from './places.ts'
import { Plan, type Planned, shownBy } from './plan.ts'
import { atHome, laptopOf, type Practice } from './practice.ts'

const rented = (n: number) => hosts[n % hosts.length] as (typeof hosts)[number]
const hostOf = (country: string) => hosts.find((host) => host.country === country) as (typeof hosts)[number]
const SCRIPT = 'python-requests/2.32.3'

type Draw = (plan: Plan) => void

const bulkReading: Draw = (plan) => {
  const day = plan.day(3)
  const nurse = plan.person(['nurse'], day)
  const strangers = plan.strangers(nurse, plan.blatant ? 400 : 135)
  if (plan.blatant) {
    plan.open(plan.atSite(nurse, day), strangers, plan.time(day, plan.begins(nurse, day) + 40), 300)
    return
  }
  for (const [i, each] of plan.daysFrom(day, 3).entries()) {
    const from = plan.time(each, plan.begins(nurse, each) + 60)
    plan.open(plan.atSite(nurse, each), strangers.slice(i * 45, i * 45 + 45), from, 330)
  }
}

const formerPartner: Draw = (plan) => {
  const day = plan.day(7)
  const person = plan.person(['therapist', 'nurse'], day)
  const [patient] = plan.strangers(person, 1) as [number]
  if (plan.blatant) person.kin.push(patient)
  for (const each of plan.daysFrom(day, plan.blatant ? 7 : 2)) {
    const from = plan.time(each, plan.begins(person, each) + plan.random.int(60, 400))
    plan.open(plan.atSite(person, each), plan.blatant ? [patient, patient] : [patient], from, 30)
  }
}

const publicPerson: Draw = (plan) => {
  const day = plan.day(3)
  const first = plan.person(['coordinator', 'front-desk'], day)
  const [patient] = plan.strangers(first, 1) as [number]
  plan.practice.patient(patient).vip = true
  const curious = plan.blatant
    ? [first, ...plan.daysFrom(day, 3).flatMap((each) => [plan.person(['therapist', 'nurse', 'front-desk'], each)])]
    : [first]
  const days = plan.daysFrom(day, 3)
  for (const [i, person] of curious.entries()) {
    const each = i === 0 ? day : (days[(i - 1) % days.length] as number)
    plan.open(plan.atSite(person, each), [patient], plan.time(each, plan.begins(person, each) + plan.random.int(60, 420)), 5)
  }
}

const household: Draw = (plan) => {
  const day = plan.day(4)
  const person = plan.person(plan.blatant ? ['therapist', 'nurse'] : ['front-desk'], day)
  const [patient] = plan.strangers(person, 1) as [number]
  plan.practice.patient(patient).household = person.household
  for (const each of plan.daysFrom(day, plan.blatant ? 4 : 1)) {
    const from = plan.time(each, plan.begins(person, each) + plan.random.int(60, 400))
    plan.open(plan.atSite(person, each), plan.blatant ? [patient, patient] : [patient], from, 20)
  }
}

const ownRecord: Draw = (plan) => {
  const day = plan.day()
  const person = plan.person(['front-desk', 'nurse', 'coordinator'], day)
  const [patient] = plan.strangers(person, 1) as [number]
  person.patient = patient
  const from = plan.time(day, plan.begins(person, day) + 200)
  const desk = plan.atSite(person, day)
  plan.open(desk, [patient], from, 5)
  if (plan.blatant) plan.open(desk, [patient, patient], from + 6 * MINUTE, 10, 'update')
}

const accountsOf = (plan: Plan, count: number, known: number): readonly string[] => {
  const staff = plan.practice.people.staff.map(({ id }) => id)
  const real = Array.from({ length: known }, () => plan.random.pick(staff))
  return [...new Set(real), ...Array.from({ length: count - known }, (_, i) => `account-${plan.variant}-${i}`)]
}

const credentialStuffing: Draw = (plan) => {
  const day = plan.day()
  const at = (minute: number) => plan.time(day, minute)
  if (!plan.blatant) {
    for (const [i, id] of accountsOf(plan, 90, 10).entries()) {
      const host = rented(i)
      const desk = new Desk(
        plan.happenings,
        plan.random,
        { id, type: 'workforce' },
        { ip: host.ip(i), userAgent: desktopAgents[i % 3] as string },
      )
      desk.do(at(90 + i * 4), 'login-failed', undefined, {}, 'failure')
    }
    return
  }
  const victim = plan.person(['therapist'], day)
  const ip = rented(1).ip(7)
  const accounts = accountsOf(plan, 40, 18)
  for (let i = 0; i < 600; i++) {
    const id = accounts[i % accounts.length] as string
    new Desk(plan.happenings, plan.random, { id, type: 'workforce' }, { ip, userAgent: SCRIPT }).do(
      at(120 + i / 20),
      'login-failed',
      undefined,
      {},
      'failure',
    )
  }
  const desk = plan.desk(victim, { ip, userAgent: SCRIPT })
  desk.signIn(at(151), 0, 1)
  plan.open(desk, plan.own(victim, 12), at(153), 8)
}

const passwordSpraying: Draw = (plan) => {
  const day = plan.day()
  const staff = plan.practice.people.staff
  const ip = hostOf('NL').ip(plan.blatant ? 31 : 32)
  for (let i = 0; i < (plan.blatant ? Math.min(120, staff.length) : 60); i++) {
    const { id } = staff[(i * 7) % staff.length] as (typeof staff)[number]
    const desk = new Desk(plan.happenings, plan.random, { id, type: 'workforce' }, { ip, userAgent: SCRIPT })
    desk.do(plan.time(day, plan.blatant ? 200 + i / 3 : 30 + i * 10), 'login-failed', undefined, {}, 'failure')
  }
}

const stolenSession: Draw = (plan) => {
  const day = plan.day()
  const victim = plan.person(['therapist', 'psychiatrist'], day)
  const at = plan.time(day, plan.begins(victim, day) + (plan.blatant ? 300 : 640))
  if (plan.blatant) {
    const desk = plan.desk(victim, { ip: hostOf('RO').ip(99), userAgent: SCRIPT, device: 'unknown-7f' })
    const all = plan.own(victim, 30)
    plan.open(desk, all, at, 40)
    plan.open(desk, all.slice(0, 10), at + 42 * MINUTE, 10, 'download')
    return
  }
  const desk = plan.desk(victim, {
    ip: hostOf('US').ip(3),
    userAgent: desktopAgents[victim.n % 3] as string,
    device: laptopOf(victim, day),
  })
  plan.open(desk, plan.own(victim, 4), at, 20)
}

const sharedAccount: Draw = (plan) => {
  const day = plan.day()
  const person = plan.person(['therapist', 'supervisor'], day)
  const place = plan.blatant ? hostOf('SG') : (domestic[2] as (typeof domestic)[number])
  const desk = plan.desk(person, { ip: place.ip(500), userAgent: desktopAgents[1], device: laptopOf(person, day) })
  const at = desk.signIn(plan.time(day, plan.begins(person, day) + (plan.blatant ? 250 : 645)), 0, 0)
  plan.open(desk, plan.own(person, 3), at + 60_000, 10)
}

const exfiltration: Draw = (plan) => {
  const day = plan.day(4)
  const person = plan.person(['therapist'], day, true)
  person.left = day + (plan.blatant ? 3 : 7)
  const desk = plan.desk(person, atHome(person, day, plan.random))
  if (plan.blatant) {
    const taken = [...plan.own(person, 30), ...plan.strangers(person, 220)].map((n) => plan.id(n))
    const at = desk.signIn(plan.time(day, 1390), 0, 0)
    for (let i = 0; i < 5; i++) {
      const patients = taken.slice(i * 50, i * 50 + 50)
      desk.do(at + i * 3 * MINUTE, 'export', { ...recordOf('RecordSet', patients, `take-${i}`), count: patients.length })
    }
    return
  }
  for (const each of plan.daysFrom(day, 4)) {
    const evening = plan.desk(person, atHome(person, each, plan.random))
    const at = evening.signIn(plan.time(each, 1180), 0, 0)
    plan.open(evening, plan.own(person, 8), at, 12, 'download')
  }
}

const emergencyAbuse: Draw = (plan) => {
  const day = plan.day(6)
  const person = plan.person(['nurse', 'therapist'], day)
  const strangers = plan.strangers(person, plan.blatant ? 12 : 2)
  const friend = plan.blatant ? undefined : plan.person(['nurse', 'therapist'], day)
  const days = plan.daysFrom(day, plan.blatant ? 6 : 1)
  for (const [i, n] of strangers.entries()) {
    const each = days[i % days.length] as number
    const at = plan.time(each, plan.begins(person, each) + 60 + i * 25)
    const desk = plan.atSite(person, each)
    const glass = desk.do(at, 'break-glass', recordOf('Chart', [plan.id(n)]), { purpose: 'BTG', reason: 'urgent' })
    desk.do(at + 20_000, 'read', recordOf('Chart', [plan.id(n)]), { purpose: 'BTG', breakGlass: true })
    if (friend !== undefined) {
      plan.atSite(friend, each).do(at + 200 * MINUTE, 'review', { resource: { type: 'BreakGlass', id: glass.event.id } })
    }
  }
}

const accountOfALeaver: Draw = (plan) => {
  const { first, days } = plan.practice
  const day = plan.day()
  const person = plan.person(['therapist', 'intern'], day, true)
  person.left = first + Math.floor(days * 0.3)
  const place = plan.blatant ? hostOf('BR') : (homes[person.home] as (typeof homes)[number])
  const desk = plan.desk(person, { ip: place.ip(person.n), userAgent: desktopAgents[person.n % 3] as string })
  const at = desk.signIn(plan.time(day, plan.blatant ? 150 : 1080), 0, 0)
  plan.open(desk, plan.own(person, plan.blatant ? 25 : 1), at + 30_000, plan.blatant ? 30 : 2)
}

const permissionAbuse: Draw = (plan) => {
  const day = plan.day()
  const person = plan.person(['it'], day, true)
  const grantor = plan.blatant ? person : plan.person(['it'], day, true)
  const account = { resource: { type: 'Account', id: person.id } }
  const at = plan.time(day, plan.begins(person, day) + 200)
  plan.atSite(grantor, day).do(at, 'grant', account, { details: { permission: 'charts' } })
  plan.open(plan.atSite(person, day), plan.strangers(person, plan.blatant ? 40 : 12), at + 2 * MINUTE, 90)
  if (!plan.blatant) plan.atSite(grantor, day).do(at + 95 * MINUTE, 'revoke', account, { details: { permission: 'charts' } })
}

const tryingDoors: Draw = (plan) => {
  const day = plan.day()
  const person = plan.person(['intern', 'therapist'], day)
  const desk = plan.atSite(person, day)
  const count = plan.blatant ? 40 : 15
  for (const [i, n] of plan.strangers(person, count).entries()) {
    const minute = plan.begins(person, day) + 60 + i * (plan.blatant ? 1 : 20)
    desk.do(plan.time(day, minute), 'read', recordOf('Chart', [plan.id(n)]), {}, 'denied')
  }
}

const draws: Readonly<Record<Exclude<IncidentKind, 'log-silence'>, Draw>> = {
  'bulk-reading': bulkReading,
  'former-partner': formerPartner,
  'public-person': publicPerson,
  household,
  'own-record': ownRecord,
  'credential-stuffing': credentialStuffing,
  'password-spraying': passwordSpraying,
  'stolen-session': stolenSession,
  'shared-account': sharedAccount,
  exfiltration,
  'emergency-abuse': emergencyAbuse,
  'account-of-a-leaver': accountOfALeaver,
  'permission-abuse': permissionAbuse,
  'trying-doors': tryingDoors,
}

export interface Wanted {
  readonly kind: IncidentKind
  readonly variant: IncidentVariant
}

/** Draws up incidents in order. Silence comes last: it must not swallow what belongs to another one. */
export function planIncidents(practice: Practice, wanted: readonly Wanted[]): readonly Planned[] {
  const taken = new Set<number>()
  const planned: Planned[] = []
  for (const { kind, variant } of wanted) {
    if (kind === 'log-silence') continue
    const plan = new Plan(practice, kind, variant, taken)
    draws[kind](plan)
    planned.push(plan.finish())
  }
  for (const { kind, variant } of wanted) {
    if (kind !== 'log-silence') continue
    const plan = new Plan(practice, kind, variant, taken)
    const beginnings = plan.blatant ? [600, 540, 660, 720, 780] : [1140, 1110, 1080, 1050]
    const spans = beginnings
      .flatMap((minute) => plan.days().map((day) => [day, minute] as const))
      .map(([day, minute]): readonly [number, number] => {
        const from = plan.time(day, minute)
        return [from, from + (plan.blatant ? 180 : 25) * MINUTE]
      })
    // The one that swallows the fewest.
    const swallowed = ([from, until]: readonly [number, number]) =>
      planned.reduce((sum, { happenings }) => sum + happenings.filter(({ at }) => at >= from && at < until).length, 0)
    const span = [...spans].sort((a, b) => swallowed(a) - swallowed(b))[0] as readonly [number, number]
    for (const [i, each] of planned.entries()) {
      const left = each.happenings.filter(({ at }) => at < span[0] || at >= span[1])
      if (left.length < each.happenings.length) planned[i] = without(each, left)
    }
    planned.push(plan.finish(span))
  }
  return planned
}

/** An incident as the log has it, less what was never recorded: the truth that can be found. */
function without(planned: Planned, left: Planned['happenings']): Planned {
  return { ...planned, happenings: left, incident: { ...planned.incident, ...shownBy(left) } }
}
