import { HOUR, MINUTE } from './calendar.ts'
import { service } from './clinicians.ts'
import { Desk, type Happening, recordOf, type Where } from './desk.ts'
import type { Patient } from './people.ts'
import { desktopAgents, homes, phoneAgents } from './places.ts'
import { isWorkday, type Practice, streamOf, workdayBefore } from './practice.ts'
import type { Random } from './random.ts'
import { rates } from './table.ts'

/** A patient's browser: the telephone, or the second device of those who have one. */
function browserOf(patient: Patient, day: number, random: Random): Where {
  const network = homes[patient.home] as (typeof homes)[number]
  const replaced = patient.newDevice !== undefined && day >= patient.newDevice ? 1 : 0
  const second = patient.n % 100 < rates.patientSecond * 100 && random.chance(rates.patientUsesSecond)
  const userAgent = second
    ? (desktopAgents[patient.n % desktopAgents.length] as string)
    : (phoneAgents[(patient.n + replaced) % phoneAgents.length] as string)
  return { ip: network.ip(10_000 + patient.n), userAgent }
}

function enter(
  practice: Practice,
  n: number,
  day: number,
  at: number,
  random: Random,
  out: Happening[],
): { desk: Desk; at: number } {
  const patient = practice.patient(n)
  const desk = new Desk(out, random, { id: patient.id, type: 'patient' }, browserOf(patient, day, random))
  const attempts = random.chance(rates.forgotten) ? random.int(3, 12) : undefined
  return { desk, at: desk.signIn(at, rates.patientTypo, attempts) }
}

/** What patients do in the portal, and in video sessions, on a day. */
export function portalDay(practice: Practice, day: number, out: Happening[]): void {
  const { calendar, people } = practice
  const random = streamOf(practice, 'portal', 0, day)
  for (const visit of practice.visitsOn(day)) {
    if (!visit.telehealth) continue
    for (const n of visit.patients.slice(0, 1)) {
      const { desk, at } = enter(practice, n, day, calendar.at(day, visit.minute) - random.int(60_000, 8 * MINUTE), random, out)
      desk.do(at + 5000, 'execute', recordOf('TelehealthSession', [practice.patient(n).id], `${practice.patient(n).id}-${day}`))
      desk.signOut(calendar.at(day, visit.minute + visit.length) - random.int(0, 3 * MINUTE))
    }
  }
  const sessions = random.about(people.patients.length * rates.portal)
  for (let i = 0; i < sessions; i++) {
    const n = random.int(0, people.patients.length - 1)
    const id = practice.patient(n).id
    const entered = enter(practice, n, day, calendar.at(day, random.int(390, 1380)) + random.int(0, 59_999), random, out)
    const { desk } = entered
    let { at } = entered
    const acts = random.int(1, 3)
    for (let act = 0; act < acts; act++) {
      at += random.int(20_000, 150_000)
      const draw = random.next()
      if (draw < 0.35) desk.do(at, 'read', recordOf('Message', [id]))
      else if (draw < 0.5) desk.do(at, 'send', recordOf('Message', [id]))
      else if (draw < 0.7) desk.do(at, 'read', recordOf('Appointment', [id]))
      else if (draw < 0.82) desk.do(at, 'download', recordOf('Statement', [id]))
      else if (draw < 0.9) desk.do(at, 'upload', recordOf('Registration', [id]))
      else desk.do(at, 'read', recordOf('Chart', [id]))
    }
    desk.signOut(at + random.int(20_000, 200_000))
  }
}

const serviceDesk = (out: Happening[], random: Random, id: string): Desk =>
  new Desk(out, random, { id, type: 'service' }, service)

/**
 * Service accounts: payments, reminders, claims at night, statements on the first working day of a month, and a sign of life each
 * hour.
 */
export function servicesDay(practice: Practice, day: number, out: Happening[]): void {
  const { calendar } = practice
  const random = streamOf(practice, 'services', 0, day)
  const monitor = serviceDesk(out, random, 'svc-monitor')
  for (let hour = 0; hour < 24; hour++) {
    monitor.do(calendar.at(day, hour * 60) + random.int(0, MINUTE), 'execute', { resource: { type: 'Job', id: 'heartbeat' } })
  }
  const payments = serviceDesk(out, random, 'svc-payments')
  for (const visit of practice.visitsOn(day)) {
    if (!random.chance(0.6)) continue
    const ids = visit.patients.slice(0, 1).map((n) => practice.patient(n).id)
    payments.do(
      calendar.at(day, visit.minute + visit.length) + random.int(0, HOUR),
      'create',
      recordOf('Payment', ids, `${ids[0]}-${day}`),
      {
        purpose: 'HPAYMT',
      },
    )
  }
  const backup = serviceDesk(out, random, 'svc-backup')
  backup.do(calendar.at(day, 130), 'execute', { resource: { type: 'Job', id: 'backup' } })
  if (!isWorkday(day)) return
  const count = practice.visitsOn(workdayBefore(day)).length
  const claims = serviceDesk(out, random, 'svc-claims')
  claims.do(
    calendar.at(day, 200),
    'export',
    { resource: { type: 'Claim', id: `batch-${day}` }, dataClasses: ['phi.financial.claim'], count },
    { purpose: 'HPAYMT' },
  )
  const reminders = serviceDesk(out, random, 'svc-reminders')
  const appointments = practice.visitsOn(day).length
  reminders.do(
    calendar.at(day, 420),
    'send',
    { resource: { type: 'Message', id: `batch-${day}` }, dataClasses: ['phi.comm.sms'], count: appointments },
    { purpose: 'TREAT' },
  )
  const isFirstOfMonth = new Date(workdayBefore(day) * 86_400_000).getUTCMonth() !== new Date(day * 86_400_000).getUTCMonth()
  if (isFirstOfMonth) {
    const statements = serviceDesk(out, random, 'svc-statements')
    statements.do(
      calendar.at(day, 260),
      'send',
      {
        resource: { type: 'Statement', id: `month-${day}` },
        dataClasses: ['phi.financial.payment'],
        count: practice.people.patients.length,
      },
      { purpose: 'HPAYMT' },
    )
  }
}
