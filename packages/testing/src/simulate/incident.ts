/** Kinds of misuse, and the detectors of `@phi/audit/detect` that are meant to find them. */
export const incidentKinds = {
  'bulk-reading': {
    by: ['bulk-access'],
    says: 'a nurse opens the charts of strangers, 400 in a day or 45 on each of three days',
  },
  'former-partner': {
    by: ['same-household', 'no-relationship'],
    says: 'a clinician looks up a former partner, 14 times or twice',
  },
  'public-person': { by: ['vip'], says: 'a patient of public interest draws eight people, or one' },
  household: { by: ['same-household'], says: 'somebody reads the record of a person of their household, 8 times or once' },
  'own-record': { by: ['self-access'], says: 'somebody reads their own record, and changes it, or not' },
  'credential-stuffing': {
    by: ['failed-logins'],
    says: 'passwords from elsewhere are tried, from one address in half an hour or from 90 in a night',
  },
  'password-spraying': {
    by: ['failed-logins'],
    says: 'one password is tried on everybody, in 40 minutes or at six accounts an hour',
  },
  'stolen-session': {
    by: ['new-place', 'impossible-travel'],
    says: 'a session is used from another country and device, or from another city on the same',
  },
  'shared-account': {
    by: ['impossible-travel'],
    says: 'an account is used far away, faster than anybody travels or hardly slower than a flight',
  },
  exfiltration: {
    by: ['mass-output', 'off-hours'],
    says: 'somebody takes records along before they leave, 250 at night or eight on each of four evenings',
  },
  'emergency-abuse': {
    by: ['break-glass'],
    says: 'the glass is broken without an emergency, twelve times or twice with a friend’s review',
  },
  'account-of-a-leaver': {
    by: ['dormant-account'],
    says: 'an account is used after the person left, for 25 charts from abroad or for one',
  },
  'permission-abuse': {
    by: ['privilege-change'],
    says: 'a permission is taken by oneself and used, or given and taken back by a colleague',
  },
  'trying-doors': { by: ['denials'], says: 'refused accesses, 40 in 40 minutes or three an hour' },
  'log-silence': { by: ['audit-gap'], says: 'nothing is recorded for three hours at work, or for 25 minutes in the evening' },
} as const satisfies Readonly<Record<string, { readonly by: readonly string[]; readonly says: string }>>

export type IncidentKind = keyof typeof incidentKinds
export const incidentVariants = ['blatant', 'subtle'] as const
export type IncidentVariant = (typeof incidentVariants)[number]

/** An incident and everything that is true of it. */
export interface Incident {
  /** `bulk-reading/blatant`. */
  readonly id: string
  readonly kind: IncidentKind
  readonly variant: IncidentVariant
  /** The detectors that are meant to find it. */
  readonly expected: readonly string[]
  /** Whose accounts were used. */
  readonly actors: readonly string[]
  /** The individuals whose records were opened, sorted. */
  readonly patients: readonly string[]
  /** The classes of data of what was opened, sorted. */
  readonly dataClasses: readonly string[]
  /** First and last occurrence, UTC. */
  readonly from: string
  readonly until: string
  /** The events that belong to it, in their order; none for silence. */
  readonly eventIds: readonly string[]
}
