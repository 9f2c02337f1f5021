import { isInstant, plainText } from '@phi/core'
import * as z from 'zod'
import { isTimeZone } from './local-time.ts'
import { isNetwork } from './network.ts'

/**
 * What detectors need to know about the practice beside the log. Every section is optional, and one that is left out is unknown: the
 * detectors that need it then say so in their coverage, and never take silence for "fine". A section that is there is taken as complete
 * for the time it covers, since "there is no row" is what many alerts rest on.
 */

const id = plainText(256)
const name = plainText(128)
const instant = z.string().refine(isInstant, 'must be a UTC time in the form YYYY-MM-DDTHH:mm:ss.sssZ')
const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code')
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a local time HH:mm')
const rows = <Row extends z.ZodType>(row: Row) => z.array(row).max(5_000_000).readonly()

/** `from` inclusive, `until` exclusive. */
const during = { from: instant.optional(), until: instant.optional() }
/** The time for which the rows of a section are complete. An open end means without end. */
const covers = z.strictObject(during).optional()

/** A person of the workforce, or a service account. */
const staffSchema = z.strictObject({
  /** The id under which they act in the log. */
  actor: id,
  /** Family names, as recorded; compared without regard to case, accents and spaces. */
  surnames: z.array(name).max(8).readonly().optional(),
  /** An opaque key of the household or address, the same as the patients' one. A keyed hash will do. */
  household: id.optional(),
  /** The person's own patient id, where they are a patient of the practice; null says that they are known not to be. */
  patient: id.nullable().optional(),
  /** Other patients known to be close: a partner, a former partner, a child. */
  kin: z.array(id).max(64).readonly().optional(),
  teams: z.array(id).max(64).readonly().optional(),
  /** Employment. An act outside of it is that of an account that should not exist. */
  ...during,
})

const patientSchema = z.strictObject({
  patient: id,
  surnames: z.array(name).max(8).readonly().optional(),
  household: id.optional(),
  /** A patient whose record needs watching: a public person, an employee, a party to a case. */
  vip: z.boolean().optional(),
})

export const relationKinds = [
  'treatment',
  'care-team',
  'appointment',
  'supervision',
  'covering',
  'referral',
  'request',
  'task',
] as const
export type RelationKind = (typeof relationKinds)[number]

/** Why somebody may be expected in a record. `actor` or `team`, one of them. An `appointment` is its own time; see the slack of the detector. */
const relationSchema = z
  .strictObject({ kind: z.enum(relationKinds), patient: id, actor: id.optional(), team: id.optional(), ...during })
  .refine((row) => (row.actor === undefined) !== (row.team === undefined), 'must name either an actor or a team')

/** `related`: expected only in records of patients they have a relation to. `all`: the work reaches every record (billing, records office). */
const roleSchema = z.strictObject({ role: plainText(64), reach: z.enum(['related', 'all']) })

/** Rostered work, on-call time included. */
const shiftSchema = z.strictObject({ actor: id, from: instant, until: instant })

/** Opening hours on a weekday, 1 Monday to 7 Sunday, local time. */
const hoursSchema = z.strictObject({ weekday: z.int().min(1).max(7), from: clockTime, until: clockTime })

/** The practice's closed days, local dates. */
const holiday = z.iso.date()

/** `device` is `context.details.device` of an event where the caller records one. Without it the user agent stands for the device. */
const deviceSchema = z.strictObject({ device: id, actor: id.optional() })

/**
 * Where addresses are. The narrowest network that holds an address counts.
 * `office` a site of the practice, `vpn` the practice's own tunnel or proxy (its place says nothing about where the person is),
 * `mobile` a carrier (its place is coarse), `other` the rest.
 */
const networkSchema = z.strictObject({
  cidr: z.string().refine(isNetwork, 'must be an IPv4 or IPv6 network in CIDR notation'),
  kind: z.enum(['office', 'vpn', 'mobile', 'other']),
  country: country.optional(),
  /** Degrees, WGS 84. Leave both out where only the country is known. */
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
  /** Radius within which the place is to be believed, in kilometres. Default 50, for `mobile` 1500: carriers hand traffic over far away. */
  accuracyKm: z.number().min(0).max(20_000).optional(),
})

export const practiceFactsSchema = z.strictObject({
  /** IANA name of the zone in which the practice lives: days, shifts and habits are local. */
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone'),
  staff: z.strictObject({ rows: rows(staffSchema) }).optional(),
  patients: z.strictObject({ rows: rows(patientSchema) }).optional(),
  roles: z.strictObject({ rows: rows(roleSchema) }).optional(),
  relations: z.strictObject({ rows: rows(relationSchema), covers }).optional(),
  shifts: z.strictObject({ rows: rows(shiftSchema), covers }).optional(),
  hours: z.strictObject({ rows: rows(hoursSchema), holidays: rows(holiday).optional() }).optional(),
  devices: z.strictObject({ rows: rows(deviceSchema) }).optional(),
  networks: z.strictObject({ rows: rows(networkSchema) }).optional(),
})

export type PracticeFacts = z.input<typeof practiceFactsSchema>
export type ParsedFacts = z.output<typeof practiceFactsSchema>
export type StaffFact = z.output<typeof staffSchema>
export type PatientFact = z.output<typeof patientSchema>
export type RelationFact = z.output<typeof relationSchema>
export type NetworkFact = z.output<typeof networkSchema>

/** The place of an address. */
export interface Place {
  readonly kind: NetworkFact['kind']
  readonly country?: string | undefined
  /** Where coordinates are known: degrees, and the radius in which they are to be believed, in kilometres. */
  readonly at?: { readonly latitude: number; readonly longitude: number; readonly accuracyKm: number } | undefined
}

/** What a section says: a value, `none` where it is complete and has no row, or `unknown`. */
export type Known<Value> =
  | { readonly is: 'known'; readonly value: Value }
  | { readonly is: 'none' }
  | { readonly is: 'unknown' }

/**
 * The facts as detectors ask for them. `practiceFacts` makes one of plain rows; over a database or a GeoIP file, spread that one and
 * replace questions: `{ ...practiceFacts(rows), placeOf }`. Answers must depend on the arguments alone, or detection is not reproducible.
 * Times are milliseconds since 1970.
 */
export interface Facts {
  readonly timeZone: string
  staff(actor: string): Known<StaffFact>
  patient(patient: string): Known<PatientFact>
  /** Patients in the directory who share a family name with the staff member's, and all patients that have a name. */
  surnameShare(actor: string): Known<{ readonly same: number; readonly of: number }>
  /** `all` when one of the roles reaches every record; unknown when none of the roles is in the list. */
  reach(roles: readonly string[]): Known<'related' | 'all'>
  /** A relation in force at the time. An appointment counts from `before` milliseconds before it until `after` milliseconds after it. */
  relation(
    actor: string,
    patient: string,
    at: number,
    slack: { readonly before: number; readonly after: number },
  ): Known<RelationKind>
  /** The staff member whose own patient id this is. */
  staffOfPatient(patient: string): Known<string>
  /** Whether the person is rostered at the time, within `slack` milliseconds of it. */
  onShift(actor: string, at: number, slack: number): Known<boolean>
  /** Whether the practice is open at the time. */
  isOpen(at: number): Known<boolean>
  /** Whether the device is one of the practice's, or the person's own registered one. */
  isKnownDevice(device: string, actor: string): Known<boolean>
  placeOf(ip: string): Known<Place>
}
