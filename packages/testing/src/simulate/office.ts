import { weekdayOf } from './calendar.ts'
import { atWork } from './clinicians.ts'
import { type Desk, type Happening, recordOf } from './desk.ts'
import type { Person } from './people.ts'
import { type Practice, streamOf, workdayBefore } from './practice.ts'
import type { Random } from './random.ts'
import { onCall, type Shift } from './roster.ts'
import { rates } from './table.ts'
import { crisesOf, type Visit } from './visits.ts'

/** One working day of those who see no patients on their own account. */
interface Work {
  readonly practice: Practice
  readonly person: Person
  readonly day: number
  readonly shift: Shift
  readonly desk: Desk
  readonly random: Random
  /** An instant in the shift, from its beginning (0) to its end (1). */
  readonly time: (part: number) => number
  readonly patient: (n: number) => string
  /** Anybody's. */
  readonly anyone: () => string
}

/** Which share of the work of a day falls to somebody: those of the role who are there take turns. */
function shareOf({ practice, person, day }: Work, isSame: (other: Person) => boolean): readonly [place: number, of: number] {
  const there = practice.people
    .of(person.role)
    .filter((other) => isSame(other) && practice.workingOn(day).has(other.n))
    .map(({ n }) => n)
  return [there.indexOf(person.n), Math.max(1, there.length)]
}

const atOwnSite = ({ person }: Work, visits: readonly Visit[]) => visits.filter(({ by }) => by.site === person.site)

function frontDesk(work: Work): void {
  const { practice, person, day, desk, random, shift, patient, anyone, time } = work
  const [place, of] = shareOf(work, (other) => other.site === person.site)
  const arriving = atOwnSite(work, practice.visitsOn(day)).filter(({ minute }) => minute > shift.from && minute < shift.until)
  for (const [i, each] of arriving.entries()) {
    if (i % of !== place) continue
    const ids = each.patients.map(patient)
    const at = practice.calendar.at(day, each.minute - 8) + random.int(0, 400_000)
    if (!each.telehealth || random.chance(0.3)) desk.do(at, 'read', recordOf('Registration', ids), { purpose: 'PATADMIN' })
    if (!each.telehealth) desk.do(at + 40_000, 'update', recordOf('Appointment', ids), { purpose: 'PATADMIN' })
  }
  const calls = random.about(14)
  for (let i = 0; i < calls; i++) {
    const at = time(random.next())
    if (random.chance(0.5)) desk.do(at, 'search', { resource: { type: 'Registration', id: 'search' } }, { purpose: 'PATADMIN' })
    desk.do(at + 30_000, random.chance(0.5) ? 'read' : 'update', recordOf('Appointment', [anyone()]), { purpose: 'PATADMIN' })
  }
}

function nurse(work: Work): void {
  const { practice, person, day, desk, random, patient, time } = work
  const [place, of] = shareOf(work, (other) => other.site === person.site)
  const visits = atOwnSite(work, practice.visitsOn(day)).filter(({ of: owner }) => owner.role === 'psychiatrist')
  for (const [i, each] of visits.entries()) {
    if (i % of !== place) continue
    const ids = each.patients.map(patient)
    const at = practice.calendar.at(day, each.minute - 12) + random.int(0, 300_000)
    desk.do(at, 'read', recordOf('Chart', ids), { purpose: 'TREAT' })
    if (!each.telehealth) desk.do(at + 150_000, 'create', recordOf('Vitals', ids, `${ids[0]}-${day}`), { purpose: 'TREAT' })
  }
  const panels = practice.people.of('psychiatrist').filter(({ site }) => site === person.site)
  const refills = panels.length === 0 ? 0 : random.about(9)
  for (let i = 0; i < refills; i++) {
    const ids = [patient(random.pick(random.pick(panels).panel))]
    const at = time(random.next())
    desk.do(at, 'read', recordOf('MedicationList', ids), { purpose: 'TREAT' })
    if (random.chance(0.7)) desk.do(at + 90_000, 'update', recordOf('MedicationList', ids), { purpose: 'TREAT' })
  }
}

function billing(work: Work): void {
  const { practice, day, desk, random, patient, time } = work
  const [place, of] = shareOf(work, () => true)
  const claims = practice.visitsOn(workdayBefore(day)).filter((_, i) => i % of === place)
  for (const [i, each] of claims.entries()) {
    const ids = each.patients.slice(0, 1).map(patient)
    const at = time((i + random.next()) / (claims.length + 1))
    desk.do(at, 'read', recordOf('Claim', ids), { purpose: 'HPAYMT' })
    if (random.chance(0.3)) desk.do(at + 50_000, 'update', recordOf('Claim', ids), { purpose: 'HPAYMT' })
  }
}

function coordinator(work: Work): void {
  const { desk, random, anyone, time } = work
  const charts = random.about(20)
  for (let i = 0; i < charts; i++) desk.do(time(random.next()), 'read', recordOf('Chart', [anyone()]), { purpose: 'CAREMGT' })
  const referrals = random.about(2)
  for (let i = 0; i < referrals; i++) {
    desk.do(time(random.next()), 'disclose', recordOf('Referral', [anyone()]), {
      purpose: 'TREAT',
      disclosure: { recipient: 'Community Hospital', description: 'Referral with diagnosis and plan', purpose: 'Treatment' },
    })
  }
}

function quality(work: Work): void {
  const { day, person, desk, random, anyone, time } = work
  // Two days a month are for a large review, on other days for each.
  const large = (day + person.n * 5) % 14 === 0
  const charts = large ? random.int(60, 95) : random.about(15)
  for (let i = 0; i < charts; i++) {
    desk.do(time((i + random.next()) / (charts + 1)), 'read', recordOf('Chart', [anyone()]), { purpose: 'HQUALIMP' })
  }
}

const recipients = [
  ['State Department of Health', 'Reporting of a notifiable condition', 'public-health'],
  ['County Court', 'Order of the court', 'judicial-proceeding'],
  ['Workers Compensation Board', 'Claim for an injury at work', 'workers-compensation'],
] as const

function records(work: Work): void {
  const { desk, random, anyone, time } = work
  const requests = random.about(6)
  for (let i = 0; i < requests; i++) {
    const patient = anyone()
    const at = time(random.next())
    desk.do(at, 'read', recordOf('RecordSet', [patient]), { purpose: 'PATRQT' })
    const subject = recordOf('RecordSet', [patient])
    const pages = random.int(3, 30)
    if (random.chance(0.7))
      desk.do(at + 300_000, 'export', subject, {
        purpose: 'PATRQT',
        reason: 'request of the patient',
        details: { 'disclosure.basis': 'individual', pages },
      })
    else {
      const [recipient, purpose, basis] = random.pick(recipients)
      desk.do(at + 300_000, 'disclose', subject, {
        disclosure: { recipient, description: 'Extract of the record', purpose },
        details: { 'disclosure.basis': basis, pages },
      })
    }
  }
}

function informationTechnology(work: Work): void {
  const { practice, day, desk, random, time, anyone } = work
  const changes = random.about(4)
  for (let i = 0; i < changes; i++) {
    const id = random.pick(['portal', 'telehealth', 'scribe', 'backup', 'firewall'])
    desk.do(time(random.next()), 'configure', { resource: { type: 'Configuration', id } }, { purpose: 'HSYSADMIN' })
  }
  const resets = random.about(3)
  for (let i = 0; i < resets; i++) {
    const id = random.pick(practice.people.staff).id
    desk.do(time(random.next()), 'update', { resource: { type: 'Account', id } }, { purpose: 'HSYSADMIN' })
  }
  // Accounts of those who begin, and changes of what somebody may do. One of the department does them.
  const [place] = shareOf(work, () => true)
  if (place === 0) {
    for (const person of practice.people.staff) {
      const account = { resource: { type: 'Account', id: person.id } }
      if (person.hired === day) desk.do(time(random.next() * 0.05), 'grant', account, { details: { role: person.role } })
      if (person.left !== undefined && person.left === day)
        desk.do(time(random.next()), 'revoke', account, { details: { role: person.role } })
    }
    if (random.chance(0.25)) {
      const id = random.pick(practice.people.staff).id
      desk.do(time(random.next()), 'grant', { resource: { type: 'Account', id } }, { details: { permission: 'reports' } })
    }
  }
  for (const { minute, patient } of ticketsOf(practice, work.person, day)) {
    const at = practice.calendar.at(day, minute)
    desk.do(at, 'read', recordOf('Registration', [practice.patient(patient).id]), { purpose: 'HSYSADMIN', reason: 'ticket' })
  }
  if (random.chance(0.02)) desk.do(time(0.5), 'key-rotate', { resource: { type: 'Key', id: 'tenant' } })
  if (random.chance(0.02))
    desk.do(time(0.6), 'restore', { resource: { type: 'Backup', id: anyone() } }, { details: { test: true } })
}

/** Records that somebody of the department opened for a ticket, with somebody on the telephone. */
export function ticketsOf(
  practice: Practice,
  person: Person,
  day: number,
): readonly { readonly minute: number; readonly patient: number; readonly entered: boolean }[] {
  const shift = practice.workingOn(day).get(person.n)
  const random = streamOf(practice, 'ticket', person.n, day)
  if (shift === undefined || !random.chance(0.3)) return []
  const minute = random.int(shift.from + 20, shift.until - 20)
  return [{ minute, patient: random.int(0, practice.people.patients.length - 1), entered: random.chance(0.95) }]
}

function privacyOfficer(work: Work): void {
  const { practice, day, desk, random, time, anyone } = work
  const [place] = shareOf(work, () => true)
  const log = { type: 'AuditLog', id: 'log' }
  desk.do(time(0.1), 'search', { resource: log, dataClasses: ['phi.ops.auditlog'] })
  const samples = random.about(3)
  for (let i = 0; i < samples; i++) desk.do(time(random.next()), 'read', recordOf('Chart', [anyone()]), { purpose: 'HCOMPL' })
  if (place !== 0) return
  if (weekdayOf(day) === 5)
    desk.do(
      time(0.8),
      'export',
      { resource: log, dataClasses: ['phi.ops.auditlog'], count: random.int(5000, 9000) },
      { purpose: 'HOPERAT' },
    )
  // Broken glasses of the nights since the working day before.
  for (let night = workdayBefore(day); night < day; night++) {
    const person = onCall(practice.seed, practice.people.of('psychiatrist'), night)
    for (const [i, { glass }] of crisesOf(practice.seed, practice.people, person, night).entries()) {
      if (glass !== undefined) desk.do(time(0.2 + i / 50), 'review', { resource: { type: 'BreakGlass', id: glass.id } })
    }
  }
}

const works: Readonly<Partial<Record<Person['role'], (work: Work) => void>>> = {
  'front-desk': frontDesk,
  nurse,
  billing,
  coordinator,
  quality,
  records,
  it: informationTechnology,
  'privacy-officer': privacyOfficer,
}

export function officeDay(practice: Practice, person: Person, day: number, shift: Shift, out: Happening[]): void {
  const random = streamOf(practice, 'office', person.n, day)
  const desk = atWork(practice, person, day, shift, out)
  const from = practice.calendar.at(day, shift.from)
  const until = practice.calendar.at(day, shift.until - 10)
  const patient = (n: number): string => practice.patient(n).id
  const work: Work = {
    practice,
    person,
    day,
    shift,
    desk,
    random,
    time: (part) => Math.round(from + part * (until - from)),
    patient,
    anyone: () => patient(random.int(0, practice.people.patients.length - 1)),
  }
  works[person.role]?.(work)
  if (random.chance(rates.denied)) desk.do(work.time(0.5), 'read', recordOf('Chart', [work.anyone()]), {}, 'denied')
  desk.signOut(practice.calendar.at(day, shift.until + random.int(0, 12)))
}
