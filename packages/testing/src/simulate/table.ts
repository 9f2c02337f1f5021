/**
 * The numbers of the practice, each with its reason. They are assumptions of a plausible outpatient practice for mental health, stated so
 * that whoever knows better can say where; they are not measurements of one.
 */
export const practiceRoles = [
  'therapist',
  'psychiatrist',
  'nurse',
  'front-desk',
  'billing',
  'supervisor',
  'intern',
  'coordinator',
  'quality',
  'records',
  'it',
  'privacy-officer',
] as const
export type PracticeRole = (typeof practiceRoles)[number]

export interface RoleRow {
  /** People of 300. */
  readonly of300: number
  /** Visits a working day. */
  readonly visits: number
  /** Different patients whose record is opened on a working day: the range that nearly all days lie in. */
  readonly charts: readonly [low: number, high: number]
  /** Whether the work is with own patients only. */
  readonly reach: 'related' | 'all'
  /** Share of people who work from home on two days a week. */
  readonly remote: number
  readonly because: string
}

export const roleTable: Readonly<Record<PracticeRole, RoleRow>> = {
  therapist: {
    of300: 122,
    visits: 6,
    charts: [0, 26],
    reach: 'related',
    remote: 0.4,
    because: 'Sessions of 50 minutes: five to seven a day beside notes; charts also for messages, cover and intakes.',
  },
  psychiatrist: {
    of300: 18,
    visits: 12,
    charts: [0, 34],
    reach: 'related',
    remote: 0.2,
    because: 'Medication visits of 20 to 30 minutes.',
  },
  nurse: {
    of300: 32,
    visits: 0,
    charts: [0, 40],
    reach: 'related',
    remote: 0,
    because: 'Vitals before visits of the psychiatrists of the site, injections, calls about refills.',
  },
  'front-desk': {
    of300: 32,
    visits: 0,
    charts: [0, 110],
    reach: 'all',
    remote: 0,
    because: 'Checks in whoever comes to the site, and takes calls.',
  },
  billing: {
    of300: 18,
    visits: 0,
    charts: [0, 140],
    reach: 'all',
    remote: 0.5,
    because: 'Works through the claims of the working day before, divided among the people who are there.',
  },
  supervisor: {
    of300: 16,
    visits: 2,
    charts: [0, 32],
    reach: 'related',
    remote: 0.2,
    because: 'Few patients of their own; reads and signs notes of supervisees.',
  },
  intern: {
    of300: 18,
    visits: 3,
    charts: [0, 20],
    reach: 'related',
    remote: 0,
    because: 'Half of a working week with patients, all of it supervised.',
  },
  coordinator: {
    of300: 22,
    visits: 0,
    charts: [0, 45],
    reach: 'all',
    remote: 0.3,
    because: 'Referrals, waiting lists, calls after missed visits.',
  },
  quality: {
    of300: 6,
    visits: 0,
    charts: [0, 110],
    reach: 'all',
    remote: 0.5,
    because: 'Samples of charts daily, and two large reviews a month: bulk that is proper.',
  },
  records: {
    of300: 4,
    visits: 0,
    charts: [0, 30],
    reach: 'all',
    remote: 0,
    because: 'Requests of patients, payers, courts and other providers; what leaves is recorded as a disclosure.',
  },
  it: {
    of300: 10,
    visits: 0,
    charts: [0, 8],
    reach: 'related',
    remote: 0.5,
    because: 'Configuration, accounts, and now and then a record with somebody on the telephone, by ticket.',
  },
  'privacy-officer': {
    of300: 2,
    visits: 0,
    charts: [0, 20],
    reach: 'all',
    remote: 0.5,
    because: 'Reviews broken glasses, samples the log, exports it for the auditor.',
  },
}

/** Chances and rates. */
export const rates = {
  /** A working day on which somebody is ill; about four days a year. */
  sick: 0.015,
  /** A week that somebody is on vacation; about four weeks a year. */
  vacationWeek: 0.08,
  /** A person on leave for months (parental, medical). */
  longLeave: 0.01,
  /** People hired, and people leaving, in a month. About 30 % a year, as in behavioral health. */
  turnover: 0.025,
  /** Visits of somebody ill that a colleague takes over; the others are cancelled. */
  covered: 0.3,
  /** Covers that nobody enters anywhere. */
  coverForgotten: 0.1,
  /** Cancelled or missed visits. Outpatient mental health sees 10 to 20 %. */
  missed: 0.15,
  /** Visits by video. */
  telehealth: 0.45,
  /** Notes drafted by the AI scribe. */
  aiDraft: 0.3,
  /** Slots with a couple. */
  couple: 0.12,
  /** Intakes a therapist and working day. */
  intake: 0.06,
  /** Intakes that came without an appointment. */
  walkIn: 0.02,
  /** A clinician asks or is asked about somebody else's patient, and nobody writes down why: a working day and person. */
  hallway: 0.004,
  /** Clinicians who regularly write notes at night, how often they do, and how often the others do. */
  nightWriter: 0.12,
  nightWriterDay: 0.6,
  eveningNotes: 0.06,
  /** A look at messages on the telephone, a clinician and day. */
  phoneCheck: 0.15,
  /** A conference or family visit with work from another city: a person and week. */
  travelWeek: 0.004,
  /** A vacation on which somebody looks at their messages from abroad. */
  abroadCheck: 0.03,
  /** Failed attempts before a sign-in of the workforce, and of patients. */
  typo: 0.04,
  patientTypo: 0.07,
  /** Patients who have forgotten their password and try for a while. */
  forgotten: 0.006,
  /** Second factors that are mistyped. */
  mfaFailure: 0.01,
  /** Refused accesses: a wrong click, a permission that is missing; a person and day. */
  denied: 0.05,
  /** Staff who are patients of the practice, and who have somebody of their household there. */
  staffPatient: 0.02,
  staffHousehold: 0.015,
  /** Patients marked for watching. */
  vip: 0.0015,
  /** Telephones that nobody registered; telephones and laptops that are replaced in a month. */
  phoneUnregistered: 0.3,
  newPhone: 0.03,
  newLaptop: 0.02,
  /** Nights with a crisis call, and calls for which the glass has to be broken: somebody else's patient. */
  crisisNight: 0.4,
  crisisGlass: 0.5,
  /** Patients who have a second device, and how often they use it; patients who replace one in a month. */
  patientSecond: 0.4,
  patientUsesSecond: 0.25,
  patientNewDevice: 0.03,
  /** Portal sessions a patient and day, without a visit. */
  portal: 0.03,
} as const
