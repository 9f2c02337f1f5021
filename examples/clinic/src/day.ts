import { parseInstant, sha256, toHex, utf8 } from '@phi/core'
import { Diary, type Moment } from './diary.ts'
import { type ChartEntry, type Charts, subjectOf } from './fhir.ts'
import {
  administrator,
  billing,
  everybody,
  frontDesk,
  type Party,
  portalUser,
  service,
  supervisor,
  therapists,
} from './people.ts'

export interface Day {
  /** In the order of time. */
  readonly moments: readonly Moment[]
  readonly opens: number
  readonly closes: number
  /** Whose chart is opened by breaking the glass, by whom, and whose patient it is. */
  readonly emergency: { readonly patient: string; readonly by: string; readonly ownTherapist: string }
}

const MINUTE = 60_000
const DATE = '2026-03-04'
const at = (time: string) => parseInstant(`${DATE}T${time.padEnd(8, ':00')}.000Z`)
const OPENS = at('07:30')
const CLOSES = at('19:00')

/** The hours at which a session of 50 minutes starts. */
const SESSIONS = [8, 9, 10, 11, 13, 14, 15, 16]

/** A clinic's day over the given charts: invented by us, on resources that were not. */
export function dayOf({ byPatient }: Charts): Day {
  const diary = new Diary()
  const patients = [...byPatient.keys()]
  const ownTherapist = (patient: string) => therapists[patients.indexOf(patient) % therapists.length] as Party
  const chartOf = (patient: string) => byPatient.get(patient) ?? []

  everybodySignsIn(diary)
  somebodyTriesPasswords(diary)
  therapists.forEach((therapist, t) => {
    const caseload = patients.filter((patient) => ownTherapist(patient) === therapist)
    caseload.slice(0, SESSIONS.length).forEach((patient, s) => {
      session(diary, {
        therapist,
        desk: frontDesk[t % 2] as Party,
        patient,
        chart: chartOf(patient),
        hour: SESSIONS[s] as number,
      })
    })
  })
  theFrontDeskSearches(diary, patients)
  patientsUseThePortal(diary, patients, chartOf)
  billingWorks(diary, [...byPatient.values()].flat())
  somethingIsRefused(diary, [...byPatient.values()].flat())
  aRecordIsDisclosed(diary, chartOf('xcda'))
  settingsChange(diary)
  const emergency = theGlassIsBroken(diary, chartOf('f001'), ownTherapist('f001'))
  everybodyLeaves(diary)

  const moments = diary.moments.toSorted((a, b) => a.at - b.at)
  return { moments, opens: OPENS, closes: CLOSES, emergency }
}

function signsIn(diary: Diary, time: number, who: Party): void {
  diary.note(time, who, 'login')
  diary.note(time + diary.between(5_000, 20_000), who, 'mfa', { context: { details: { method: 'webauthn' } } })
}

function everybodySignsIn(diary: Diary): void {
  for (const who of everybody) signsIn(diary, OPENS + diary.between(0, 18 * MINUTE), who)
}

function somebodyTriesPasswords(diary: Diary): void {
  const stranger = {
    actor: { id: 'u-billing-01', type: 'workforce' as const },
    source: { ip: '198.51.100.77', userAgent: 'python-requests/2.32' },
  }
  let time = at('08:12')
  for (let attempt = 1; attempt <= 7; attempt++) {
    time += diary.between(1_500, 4_000)
    diary.note(time, stranger, 'login-failed', { outcome: 'failure', severity: 'warning', context: { details: { attempt } } })
  }
  const details = { rule: 'block-address', address: '198.51.100.77', minutes: 60 }
  diary.note(time + 1_000, service('svc-sign-in'), 'configure', { severity: 'warning', context: { details } })
}

interface Session {
  readonly therapist: Party
  readonly desk: Party
  readonly patient: string
  readonly chart: readonly ChartEntry[]
  readonly hour: number
}

/** The front desk checks the patient in; the therapist reads the chart, and signs a note that a model drafted. */
function session(diary: Diary, { therapist, desk, patient, chart, hour }: Session): void {
  const starts = at(`${String(hour).padStart(2, '0')}:00`)
  const key = `${DATE}-${hour}-${therapist.actor.id.slice(-2)}`
  const appointment = {
    resource: { type: 'Appointment', id: `apt-${key}` },
    patients: [patient],
    dataClasses: ['phi.schedule.appointment' as const],
  }
  const arrives = starts - diary.between(3, 12) * MINUTE
  diary.note(arrives, desk, 'read', { subject: appointment, context: { purpose: 'PATADMIN' } })
  diary.opens(
    arrives,
    desk,
    chart.filter(({ type }) => type === 'Patient' || type === 'Coverage'),
    'PATADMIN',
  )
  diary.note(arrives + MINUTE, desk, 'update', {
    subject: { ...appointment, fields: ['status'] },
    context: { purpose: 'PATADMIN' },
  })

  diary.note(starts - 2 * MINUTE, therapist, 'search', {
    subject: { patients: [patient], count: chart.length },
    context: { purpose: 'TREAT' },
  })
  const read = Array.from({ length: Math.min(diary.between(30, 55), 4 * chart.length) }, () => diary.one(chart))
  diary.opens(starts - 2 * MINUTE, therapist, [...read, ...earlierNotes(patient, diary.between(12, 36))], 'TREAT')
  const observation = chart.find(({ type }) => type === 'Observation')
  if (observation !== undefined) {
    diary.note(starts + 31 * MINUTE, therapist, 'update', {
      subject: { ...subjectOf(observation), fields: ['note'] },
      context: { purpose: 'TREAT' },
    })
  }

  const note = {
    resource: { type: 'SessionNote', id: `note-${key}` },
    patients: [patient],
    dataClasses: ['phi.clinical.note.session' as const],
  }
  // Hashes of what the model was given and made: the texts are PHI and stay out of the log.
  const ai = { model: 'scribe-2', promptHash: hashOf(`prompt ${key}`), outputHash: hashOf(`draft ${key}`) }
  diary.note(starts + 52 * MINUTE, service('svc-scribe', therapist.actor.id), 'create', {
    subject: note,
    context: { purpose: 'TREAT', ai },
  })
  const edits = diary.between(1, 4)
  for (let edit = 1; edit <= edits; edit++) {
    diary.note(starts + 52 * MINUTE + edit * 40_000, therapist, 'update', {
      subject: { ...note, fields: ['text'] },
      context: { purpose: 'TREAT' },
    })
  }
  diary.note(
    starts + 55 * MINUTE,
    therapist,
    'sign',
    { id: `sign-${key}`, subject: note, context: { purpose: 'TREAT' } },
    'sign-note',
  )
}

const earlierNotes = (patient: string, length: number): ChartEntry[] =>
  Array.from({ length }, (_, n) => ({
    type: 'SessionNote',
    id: `note-${patient}-${n + 1}`,
    patient,
    dataClasses: ['phi.clinical.note.session'],
    labels: [],
  }))

const hashOf = (text: string): string => toHex(sha256(utf8(text)))

function theFrontDeskSearches(diary: Diary, patients: readonly string[]): void {
  for (let time = at('07:50'); time < at('17:45'); time += diary.between(60_000, 200_000)) {
    const desk = diary.one(frontDesk)
    diary.note(time, desk, 'search', {
      subject: { count: diary.between(0, 5), dataClasses: ['phi.identity.name'] },
      context: { purpose: 'PATADMIN' },
    })
    if (diary.between(0, 3) === 0) {
      const message = {
        resource: { type: 'Message', id: `msg-${time}` },
        patients: [diary.one(patients)],
        dataClasses: ['phi.comm.sms' as const],
      }
      diary.note(time + 30_000, desk, 'send', { subject: message, context: { purpose: 'PATADMIN' } })
    }
  }
}

function patientsUseThePortal(
  diary: Diary,
  patients: readonly string[],
  chartOf: (patient: string) => readonly ChartEntry[],
): void {
  patients.forEach((patient, n) => {
    const who = portalUser(patient, n)
    const time = at('09:00') + diary.between(0, 8 * 60) * MINUTE
    signsIn(diary, time, who)
    const chart = chartOf(patient)
    const last = diary.opens(
      time + MINUTE,
      who,
      Array.from({ length: diary.between(2, 9) }, () => diary.one(chart)),
      'PATRQT',
    )
    const entry = diary.one(chart)
    diary.note(last + 10_000, who, 'download', { subject: subjectOf(entry), context: { purpose: 'PATRQT' } })
    diary.note(last + 70_000, who, 'send', {
      subject: { resource: { type: 'Message', id: `msg-${time}` }, patients: [patient], dataClasses: ['phi.comm.message'] },
    })
    diary.note(last + 90_000, who, 'logout')
  })
}

function billingWorks(diary: Diary, entries: readonly ChartEntry[]): void {
  const files = entries.filter(({ type }) => ['Claim', 'Coverage', 'ExplanationOfBenefit'].includes(type))
  for (const start of ['08:30', '09:30', '10:40', '13:20', '14:40', '15:50']) diary.opens(at(start), billing, files, 'HPAYMT')
  const batch = {
    resource: { type: 'ClaimBatch', id: `batch-${DATE}` },
    dataClasses: ['phi.financial.claim' as const, 'phi.identity.plan-id' as const],
  }
  const claims = files.filter(({ type }) => type === 'Claim').length
  diary.note(at('12:05'), billing, 'export', { subject: { ...batch, count: claims }, context: { purpose: 'HPAYMT' } })
  diary.note(at('12:06'), billing, 'upload', { subject: { ...batch, count: claims }, context: { purpose: 'HPAYMT' } })
  diary.note(at('16:50'), billing, 'print', { subject: { ...batch, count: 1 }, context: { purpose: 'HPAYMT' } })
}

function somethingIsRefused(diary: Diary, entries: readonly ChartEntry[]): void {
  const note = {
    resource: { type: 'PsychotherapyNote', id: 'pn-31' },
    patients: ['example'],
    dataClasses: ['phi.clinical.note.psychotherapy' as const],
  }
  // 45 CFR 164.508(a)(2): psychotherapy notes need an authorization of their own, payment or not.
  const decision = { policy: 'psychotherapy-notes', rule: 'no-authorization' }
  diary.note(
    at('10:21'),
    billing,
    'read',
    { outcome: 'denied', severity: 'notice', subject: note, context: { purpose: 'HPAYMT', decision } },
    'denial',
  )
  const taboo = entries.find(({ labels }) => labels.includes('TBOO'))
  if (taboo === undefined) return
  const byLabel = { policy: 'security-labels', rule: 'TBOO' }
  diary.note(at('15:12'), frontDesk[1] as Party, 'read', {
    outcome: 'denied',
    severity: 'notice',
    subject: subjectOf(taboo),
    context: { purpose: 'PATADMIN', decision: byLabel },
  })
}

function aRecordIsDisclosed(diary: Diary, chart: readonly ChartEntry[]): void {
  const record = chart.find(({ type }) => type === 'Composition') ?? (chart[0] as ChartEntry)
  const disclosure = {
    recipient: 'Practitioner/xcda1',
    description: 'consultation note, one document',
    purpose: 'coordination of care, asked for by the patient',
  }
  diary.note(
    at('11:40'),
    supervisor,
    'disclose',
    { subject: subjectOf(record), context: { purpose: 'COC', disclosure } },
    'disclosure',
  )
}

function settingsChange(diary: Diary): void {
  diary.note(at('12:40'), administrator, 'configure', {
    context: { details: { setting: 'session.idleMinutes', before: 30, after: 15 } },
  })
  diary.note(at('12:44'), administrator, 'grant', {
    subject: { resource: { type: 'Role', id: 'front-desk' } },
    context: { details: { to: 'u-frontdesk-02' } },
  })
  diary.note(at('12:46'), administrator, 'revoke', {
    subject: { resource: { type: 'Role', id: 'billing' } },
    context: { details: { from: 'u-frontdesk-02' } },
  })
  for (const who of therapists.slice(0, 3)) {
    diary.note(at('12:31') + diary.between(0, 5 * MINUTE), who, 'session-expired', {
      context: { details: { idleMinutes: 15 } },
    })
    signsIn(diary, at('12:50') + diary.between(0, 5 * MINUTE), who)
  }
  diary.note(at('18:05'), administrator, 'key-rotate', { subject: { resource: { type: 'Key', id: 'field-encryption' } } })
}

/** The chart's own consent allows emergency use only (Consent/consent-example-Emergency, category EMRGONLY). */
function theGlassIsBroken(diary: Diary, chart: readonly ChartEntry[], own: Party): Day['emergency'] {
  const covering = therapists[(therapists.indexOf(own) + 2) % therapists.length] as Party
  const first = chart.find(({ type }) => type === 'Patient') ?? (chart[0] as ChartEntry)
  const decision = { policy: 'Consent/consent-example-Emergency', rule: 'EMRGONLY' }
  const time = at('12:21')
  diary.note(time, covering, 'read', {
    outcome: 'denied',
    severity: 'notice',
    subject: subjectOf(first),
    context: { purpose: 'TREAT', decision },
  })
  const reason = 'Caller in acute crisis; own therapist is out of reach'
  diary.note(
    time + MINUTE,
    covering,
    'break-glass',
    {
      id: `break-glass-${DATE}`,
      severity: 'alert',
      subject: subjectOf(first),
      context: { purpose: 'BTG', breakGlass: true, reason, decision },
    },
    'break-glass',
  )
  const wanted = chart.filter(({ type }) => ['Condition', 'Consent', 'CarePlan'].includes(type)).slice(0, 6)
  diary.opens(time + MINUTE, covering, wanted, 'ETREAT', { breakGlass: true })
  const review = { resource: { type: 'AuditEvent', id: `break-glass-${DATE}` }, patients: [first.patient] }
  diary.note(at('16:40'), supervisor, 'review', {
    subject: review,
    context: { purpose: 'HCOMPL', details: { finding: 'justified' } },
  })
  return { patient: first.patient, by: covering.actor.id, ownTherapist: own.actor.id }
}

function everybodyLeaves(diary: Diary): void {
  for (const who of everybody) diary.note(at('18:10') + diary.between(0, 45 * MINUTE), who, 'logout')
}
