import { MINUTE } from './calendar.ts'
import { Desk, type Happening, recordOf } from './desk.ts'
import type { Person } from './people.ts'
import { abroad } from './places.ts'
import { actorOf, atHome, onPhone, type Practice, streamOf, whereOf, workdayBefore } from './practice.ts'
import type { Random } from './random.ts'
import { isOnVacation, onCall, type Shift } from './roster.ts'
import { rates, roleTable } from './table.ts'
import { crisesOf, type Visit, visitsOf } from './visits.ts'

const TREAT = { purpose: 'TREAT' } as const

/** Somebody's day at work, from the sign-in to the sign-out, and between them what `tasks` does. */
export function atWork(practice: Practice, person: Person, day: number, shift: Shift, out: Happening[]): Desk {
  const random = streamOf(practice, 'desk', person.n, day)
  const desk = new Desk(out, random, actorOf(person), whereOf(person, shift, day, random))
  const time = (minute: number) => practice.calendar.at(day, minute)
  desk.signIn(time(shift.from - random.int(2, 14)), rates.typo)
  return desk
}

/** One visit: the chart, the session, the note, with or without the scribe's draft. */
function visit(practice: Practice, desk: Desk, each: Visit, day: number): void {
  const { random } = desk
  const patients = each.patients.map((n) => practice.patient(n).id)
  const at = (minute: number) => practice.calendar.at(day, minute) + random.int(0, 50_000)
  const { minute, length } = each
  desk.do(at(minute - 5), 'read', recordOf('Chart', patients), TREAT)
  const prescribes = each.by.role === 'psychiatrist'
  if (each.telehealth) desk.do(at(minute), 'execute', recordOf('TelehealthSession', patients, `${patients[0]}-${day}`), TREAT)
  if (prescribes) {
    desk.do(at(minute + 4), 'read', recordOf('MedicationList', patients), TREAT)
    if (random.chance(0.6)) desk.do(at(minute + length - 8), 'update', recordOf('MedicationList', patients), TREAT)
  }
  const note = `${patients[0]}-${day}-${minute}`
  if (random.chance(rates.aiDraft)) {
    const [promptHash, outputHash, edited] = [random.hash(), random.hash(), random.hash()]
    const model = 'scribe-2'
    const scribe = new Desk(desk.out, random, { id: 'svc-scribe', type: 'service', onBehalfOf: desk.actor.id }, service)
    scribe.do(at(minute + length - 7), 'create', recordOf('NoteDraft', patients, note), {
      ...TREAT,
      ai: { promptHash, outputHash, model },
    })
    desk.do(at(minute + length - 5), 'read', recordOf('NoteDraft', patients, note), { ...TREAT, ai: { outputHash, model } })
    // What the person made of the draft has a hash of its own.
    desk.do(at(minute + length - 3), 'update', recordOf('NoteDraft', patients, note), {
      ...TREAT,
      ai: { promptHash: outputHash, outputHash: edited, model },
      details: { kind: 'edit' },
    })
  }
  desk.do(at(minute + length - 2), 'create', recordOf('ProgressNote', patients, note), TREAT)
  if (desk.actor.roles?.includes('intern') !== true)
    desk.do(at(minute + length - 1), 'sign', recordOf('ProgressNote', patients, note), TREAT)
}

/** Service accounts run inside the practice's own network. */
export const service = { ip: '198.51.100.225', userAgent: 'practice-services/4.2' }

export function clinicianDay(
  practice: Practice,
  person: Person,
  day: number,
  shift: Shift | undefined,
  out: Happening[],
): void {
  const { calendar, people, seed } = practice
  const random = streamOf(practice, 'clinician', person.n, day)
  const own = visitsOf(seed, people, person, day).filter(({ by }) => by === person)
  const patientId = (n: number) => practice.patient(n).id
  if (shift !== undefined) {
    const desk = atWork(practice, person, day, shift, out)
    desk.do(calendar.at(day, shift.from) + random.int(0, 60_000), 'search', {
      resource: { type: 'Schedule', id: `day-${day}` },
    })
    for (const each of own) visit(practice, desk, each, day)
    const noon = shift.from + 240
    for (const each of practice.visitsOn(day)) {
      if (each.by !== person || each.of === person) continue
      // In place of a colleague who is ill: a call and a line, over lunch.
      const ids = each.patients.map(patientId)
      desk.do(calendar.at(day, noon) + random.int(0, 900_000), 'read', recordOf('Chart', ids), { purpose: 'COC' })
      desk.do(
        calendar.at(day, noon + 16) + random.int(0, 900_000),
        'create',
        recordOf('ProgressNote', ids, `${ids[0]}-${day}-c`),
        TREAT,
      )
    }
    const messages = random.about(3)
    for (let i = 0; i < messages; i++) {
      const patient = someoneOf(person, random)
      if (patient === undefined) break
      const at = calendar.at(day, random.int(shift.from + 10, shift.until - 10)) + random.int(0, 59_000)
      desk.do(at, 'read', recordOf('Message', [patientId(patient)]), TREAT)
      if (random.chance(0.7))
        desk.do(at + random.int(60_000, 240_000), 'send', recordOf('Message', [patientId(patient)]), TREAT)
    }
    if (random.chance(rates.hallway)) {
      const patient = random.int(0, people.patients.length - 1)
      desk.do(calendar.at(day, noon + 20), 'read', recordOf('Chart', [patientId(patient)]), {
        purpose: 'TREAT',
        reason: 'asked by a colleague',
      })
    }
    if (random.chance(0.06)) {
      // A clinician takes a copy of a summary along, for the patient or for a hearing.
      const patient = someoneOf(person, random)
      if (patient !== undefined) {
        const action = random.chance(0.7) ? 'print' : 'download'
        desk.do(calendar.at(day, noon + 40), action, recordOf('RecordSet', [patientId(patient)]), TREAT)
      }
    }
    if (random.chance(rates.denied)) {
      const patient = random.int(0, people.patients.length - 1)
      desk.do(calendar.at(day, noon + 50), 'read', recordOf('Chart', [patientId(patient)]), TREAT, 'denied')
    }
    if (person.role === 'supervisor') supervise(practice, person, desk, day, shift, random)
    desk.signOut(calendar.at(day, shift.until + random.int(0, 12)))
    evening(practice, person, day, own, random, out)
  }
  telephone(practice, person, day, shift, random, out)
}

/** A patient of the clinician's own. */
function someoneOf(person: Person, random: Random): number | undefined {
  if (person.panel.length > 0) return random.pick(person.panel)
  if (person.slots.length === 0) return undefined
  const [even, odd] = random.pick(person.slots)
  return random.pick(random.chance(0.5) ? even : odd)
}

/** Reads and signs what supervisees wrote on the working day before. */
function supervise(practice: Practice, person: Person, desk: Desk, day: number, shift: Shift, random: Random): void {
  const before = workdayBefore(day)
  const written = practice.visitsOn(before).filter(({ by }) => by.supervisor === person.n)
  let minute = shift.from + 60
  for (const each of written) {
    const isIntern = each.by.role === 'intern'
    if (!isIntern && !random.chance(0.15)) continue
    const ids = each.patients.map((n) => practice.patient(n).id)
    const note = recordOf('ProgressNote', ids, `${ids[0]}-${before}-${each.minute}`)
    minute = Math.min(minute + random.int(3, 9), shift.until - 5)
    desk.do(practice.calendar.at(day, minute) + random.int(0, 40_000), 'read', note, {
      purpose: 'TREAT',
      reason: 'supervision',
    })
    if (isIntern)
      desk.do(practice.calendar.at(day, minute + 2) + random.int(0, 40_000), 'sign', note, { reason: 'supervision' })
  }
}

/** Notes that are written after dinner, from home. */
function evening(
  practice: Practice,
  person: Person,
  day: number,
  own: readonly Visit[],
  random: Random,
  out: Happening[],
): void {
  const writes = random.chance(person.nightWriter ? rates.nightWriterDay : rates.eveningNotes)
  if (!writes || own.length === 0) return
  const desk = new Desk(out, random, actorOf(person), atHome(person, day, random))
  let minute = random.int(1215, 1320)
  desk.signIn(practice.calendar.at(day, minute), rates.typo)
  for (const each of own.slice(-random.int(1, 4))) {
    const ids = each.patients.map((n) => practice.patient(n).id)
    minute += random.int(4, 12)
    desk.do(practice.calendar.at(day, minute), 'read', recordOf('Chart', ids), TREAT)
    desk.do(
      practice.calendar.at(day, minute + 3),
      'update',
      recordOf('ProgressNote', ids, `${ids[0]}-${day}-${each.minute}`),
      TREAT,
    )
  }
  desk.signOut(practice.calendar.at(day, minute + 6))
}

/** A look at messages on the telephone: on the way to work, over lunch, and now and then on vacation. */
function telephone(
  practice: Practice,
  person: Person,
  day: number,
  shift: Shift | undefined,
  random: Random,
  out: Happening[],
): void {
  const vacation = shift === undefined && isOnVacation(practice.seed, person, day)
  if (!random.chance(vacation ? rates.abroadCheck : shift === undefined || shift.where === 'away' ? 0 : rates.phoneCheck))
    return
  const patient = someoneOf(person, random)
  if (
    patient === undefined ||
    (person.left !== undefined && day >= person.left) ||
    (person.hired !== undefined && day < person.hired)
  )
    return
  const network = vacation ? abroad[person.n % abroad.length] : undefined
  const desk = new Desk(out, random, actorOf(person), onPhone(person, day, network))
  const minute = shift === undefined ? random.int(560, 1100) : random.pick([shift.from - 40, shift.from + 235])
  const at = desk.signIn(practice.calendar.at(day, minute), rates.typo)
  desk.do(at + 20_000, 'read', recordOf('Message', [practice.patient(patient).id]), TREAT)
  if (random.chance(0.3)) desk.do(at + 120_000, 'send', recordOf('Message', [practice.patient(patient).id]), TREAT)
}

/** The night on call: crises by telephone, from home. */
export function night(practice: Practice, day: number, out: Happening[]): void {
  const { calendar, people, seed } = practice
  const person = onCall(seed, people.of('psychiatrist'), day)
  const crises = crisesOf(seed, people, person, day)
  for (const [i, crisis] of crises.entries()) {
    const random = streamOf(practice, `crisis-${i}`, crisis.by.n, day)
    const desk = new Desk(out, random, actorOf(crisis.by), atHome(crisis.by, day, random))
    const ids = [practice.patient(crisis.patient).id]
    const at = desk.signIn(calendar.at(day, crisis.minute), rates.typo)
    const glass = crisis.glass === undefined ? {} : { breakGlass: true }
    if (crisis.glass !== undefined) {
      const reason = 'call of the crisis line'
      desk.do(at + 30_000, 'break-glass', recordOf('Chart', ids), { purpose: 'BTG', reason }, 'success', crisis.glass.id)
    }
    desk.do(at + 45_000, 'read', recordOf('Chart', ids), { purpose: 'ETREAT', ...glass })
    desk.do(at + 90_000, 'read', recordOf('MedicationList', ids), { purpose: 'ETREAT', ...glass })
    desk.do(at + 15 * MINUTE, 'create', recordOf('ProgressNote', ids, `${ids[0]}-${day}-n`), { purpose: 'ETREAT' })
    desk.signOut(at + 18 * MINUTE)
  }
}

export const isClinician = (person: Person): boolean => roleTable[person.role].visits > 0
