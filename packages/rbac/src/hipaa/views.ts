/** A field that a payer gets, and what for. */
export interface PayerField {
  readonly field:
    | 'payer'
    | 'memberId'
    | 'name'
    | 'birthDate'
    | 'sex'
    | 'address'
    | 'renderingProvider'
    | 'serviceDate'
    | 'placeOfService'
    | 'diagnosisCodes'
    | 'procedureCodes'
    | 'modifiers'
    | 'units'
    | 'charge'
    | 'priorAuthorization'
  readonly reason: string
}

/** What a health plan gets with a claim, and why: also the answer when a patient asks what the insurer is told. */
export const payerFields: readonly PayerField[] = Object.freeze(
  (
    [
      ['payer', 'names the plan that is asked to pay'],
      ['memberId', 'finds the membership'],
      ['name', 'identifies the member together with the date of birth'],
      ['birthDate', 'identifies the member together with the name'],
      ['sex', 'a required element of the claim transaction'],
      ['address', 'a required element of the claim transaction'],
      ['renderingProvider', 'shows that the provider is licensed and in the network'],
      ['serviceDate', 'shows that the member was covered on that day'],
      ['placeOfService', 'decides the rate: in the office, by telehealth'],
      ['diagnosisCodes', 'shows that the benefit covers the condition'],
      ['procedureCodes', 'says what was done'],
      ['modifiers', 'says how it was done'],
      ['units', 'says how much was done'],
      ['charge', 'says what is asked for'],
      ['priorAuthorization', 'refers to what the plan approved before'],
    ] as const
  ).map(([field, reason]) => Object.freeze({ field, reason })),
)

const payer = payerFields.map(({ field }) => field)
const demographics = ['id', 'patient', 'name', 'birthDate', 'sex', 'address', 'phone', 'email', 'payer', 'memberId'] as const
const session = ['id', 'patient', 'start', 'end', 'status', 'place', 'telehealthLink'] as const

/** Who sees which fields, by purpose: 45 CFR 164.514(d). A view that does not list a type shows nothing of it. */
export const hipaaViews = {
  /** Front desk and administration: whom to call and when they come; nothing about why. */
  administration: { Patient: [...demographics, 'referrers'], Appointment: session },
  /** Who treats the patient and who stands in: what decides over access to the patient's records. */
  standing: {
    Patient: [
      'id',
      'patient',
      'careTeam',
      'referrers',
      'restrictedFrom',
      'representativeRefused',
      'familyPreference',
      'deceased',
      'protectedUntil',
    ],
  },
  /** Billing: what was done, in codes; nothing that was said. */
  billing: {
    Patient: ['id', 'patient', 'name', 'birthDate', 'sex', 'address', 'payer', 'memberId'],
    Appointment: ['id', 'patient', 'start', 'end', 'status', 'procedureCodes'],
    ProgressNote: ['id', 'patient', 'author', 'status', 'sessionDate', 'minutes', 'diagnosisCodes', 'procedureCodes'],
    Claim: ['id', 'patient', 'author', 'status', 'origin', 'reviewedBy', ...payer],
    Payment: ['id', 'patient', 'claim', 'amount', 'method', 'paidAt', 'status'],
  },
  /** A health plan: see `payerFields`. */
  payer: { Claim: payer },
  /** The patient, and who stands in for the patient: everything but what only rules need. */
  portal: {
    Patient: [...demographics, 'careTeam', 'referrers', 'deceased'],
    Appointment: [...session, 'procedureCodes', 'reason', 'careTeam'],
    ProgressNote: ['id', 'patient', 'author', 'status', 'sessionDate', 'minutes', 'diagnosisCodes', 'procedureCodes', 'body'],
    TreatmentPlan: ['id', 'patient', 'author', 'diagnosisCodes', 'goals', 'interventions', 'summary'],
    Claim: ['id', 'patient', 'status', ...payer, 'narrative', 'attachment'],
    Payment: ['id', 'patient', 'claim', 'amount', 'method', 'paidAt', 'status'],
    Message: ['id', 'patient', 'author', 'sentAt', 'body'],
    Recording: ['id', 'patient', 'author', 'medium', 'sessionDate', 'content'],
    Export: ['id', 'patient', 'author', 'scope', 'status', 'file'],
  },
  /** A physician who referred the patient: what was found and what is planned. */
  referral: {
    Patient: ['id', 'patient', 'name', 'birthDate', 'phone', 'careTeam'],
    TreatmentPlan: ['id', 'patient', 'author', 'diagnosisCodes', 'goals', 'interventions', 'summary'],
  },
  /** Somebody who helps with care or payment: when to come, what to do at home, what is to be paid. */
  involvement: {
    Appointment: ['start', 'end', 'status', 'place'],
    TreatmentPlan: ['goals', 'interventions'],
    Payment: ['amount', 'paidAt', 'status'],
  },
  /** A reminder: a channel and a time. */
  reminder: {
    Patient: ['id', 'patient', 'phone', 'email'],
    Appointment: ['id', 'patient', 'start', 'end', 'place', 'telehealthLink'],
  },
  /** A prompt: what was said and found, without identifiers in fields of their own. Text may still hold some. */
  prompt: {
    ProgressNote: ['sessionDate', 'minutes', 'diagnosisCodes', 'body'],
    TreatmentPlan: ['diagnosisCodes', 'goals', 'interventions', 'summary'],
    Recording: ['medium', 'sessionDate', 'content'],
  },
} as const
