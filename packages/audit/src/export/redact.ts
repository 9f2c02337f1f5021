import { hmacSha256, toHex, utf8 } from '@phi/core'
import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import { exportError } from './errors.ts'
import { OMITTED, standingOf } from './marks.ts'

/**
 * What of the patients leaves with a record. A SIEM that gets identifiers of patients holds PHI: its operator is a business associate
 * (45 CFR 160.103), and 45 CFR 164.502(b) asks for the minimum that is necessary.
 */
export interface PatientOptions {
  /**
   * `omit` (default): identifiers of patients are left out, and the record says so. `hash`: `hash` of each stands in its place, so that
   * events about one patient can still be counted. `include`: as recorded.
   */
  readonly patients?: 'omit' | 'hash' | 'include'
  /** A keyed hash, needed for `hash`: see `keyedHash`. Without a key, identifiers are found by trying them all. */
  readonly hash?: (id: string) => string
  /** Types of resources whose id is a patient's, besides `Patient`. Compared without regard to case. */
  readonly patientTypes?: readonly string[]
  /** The texts that people and programs write freely: `reason`, `disclosure` and `details`. They can name anybody. Default `omit`. */
  readonly freeText?: 'omit' | 'include'
}

/** The part of an options schema that says what of the patients leaves. */
export const patientOptionsShape = {
  patients: z.enum(['omit', 'hash', 'include']).default('omit'),
  hash: z.custom<(id: string) => string>((value) => typeof value === 'function', 'must be a function').optional(),
  patientTypes: z.array(z.string().min(1).max(256)).max(100).default([]),
  freeText: z.enum(['omit', 'include']).default('omit'),
}
const optionsSchema = z.strictObject(patientOptionsShape)
export type ParsedPatientOptions = z.output<typeof optionsSchema>

/** A record as it may leave. */
export interface RedactedRecord {
  readonly record: AuditRecord
  /** Which fields were left out, as paths in the event: `subject.patients`, `context.reason`. */
  readonly omitted: readonly string[]
  /** Which fields hold the keyed hash of an identifier instead of it. */
  readonly hashed: readonly string[]
}

/** HMAC-SHA-256 of an identifier as lower-case hexadecimal. Keep the key where the SIEM is not. @param key at least 16 bytes */
export function keyedHash(key: Uint8Array): (id: string) => string {
  if (!(key instanceof Uint8Array) || key.length < 16)
    throw exportError('PHI_AUDIT_EXPORT_OPTIONS', { path: 'key', detail: 'must be at least 16 bytes' })
  const own = key.slice()
  // A surrogate that stands alone has no UTF-8. No event that the log took holds one.
  return (id) => toHex(hmacSha256(own, utf8(id.toWellFormed())))
}

export function checkPatientOptions(options: ParsedPatientOptions): void {
  if (options.patients === 'hash' && options.hash === undefined)
    throw exportError('PHI_AUDIT_EXPORT_OPTIONS', { path: 'hash', detail: 'is needed where patients are hashed' })
}

/**
 * Takes the identifiers of patients and the free texts out of a record, or puts keyed hashes in their place.
 *
 * Identifiers of patients are: `subject.patients`; the id of a resource of type `Patient` (and `patientTypes`); the actor, where its
 * type is `patient`, and whom that actor acts for; and any of `actor.id`, `actor.onBehalfOf` and `subject.resource.id` that is one of
 * these. Where the record names no patient or the subject is not shown, nobody can tell whether `onBehalfOf` is a patient: it is treated as
 * one. Not looked into: ids in which an application hides one, the event's own id, every text of `source`, field names, the names of
 * policy, rule and model.
 * @throws PhiError PHI_AUDIT_EXPORT_OPTIONS
 */
export function redact(record: AuditRecord, options: PatientOptions = {}): RedactedRecord {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) throw exportError('PHI_AUDIT_EXPORT_OPTIONS', { path: 'patients, hash, patientTypes or freeText' })
  checkPatientOptions(parsed.data)
  return redactParsed(record, parsed.data)
}

/** Every identifier that the record itself shows to be a patient's, wherever it stands. */
function patientsOf({ event: { actor, subject } }: AuditRecord, options: ParsedPatientOptions): ReadonlySet<string> {
  const known = new Set(subject?.patients)
  const resource = subject?.resource
  const type = resource?.type.toLowerCase()
  const isPatient = type === 'patient' || options.patientTypes.some((each) => each.toLowerCase() === type)
  if (resource !== undefined && isPatient) known.add(resource.id)
  if (actor?.type === 'patient') {
    known.add(actor.id)
    if (actor.onBehalfOf !== undefined) known.add(actor.onBehalfOf)
  }
  return known
}

export function redactParsed(record: AuditRecord, options: ParsedPatientOptions): RedactedRecord {
  const omitted: string[] = []
  const hashed: string[] = []
  const { patients: how, freeText } = options
  let { actor, subject, context } = record.event
  if (how !== 'include') {
    const known = patientsOf(record, options)
    const hide = (path: string, id: string): string => {
      ;(how === 'omit' ? omitted : hashed).push(path)
      return how === 'omit' ? OMITTED : hashOf(id, options)
    }
    if (actor !== undefined) {
      const { id, onBehalfOf } = actor
      const unsure = standingOf(record, 'subject') !== 'shown' || known.size === 0
      if (known.has(id)) actor = { ...actor, id: hide('actor.id', id) }
      if (onBehalfOf !== undefined && (unsure || known.has(onBehalfOf)))
        actor = { ...actor, onBehalfOf: hide('actor.onBehalfOf', onBehalfOf) }
    }
    const resource = subject?.resource
    if (subject !== undefined && resource !== undefined) {
      if (known.has(resource.id))
        subject = { ...subject, resource: { ...resource, id: hide('subject.resource.id', resource.id) } }
    }
    if (subject?.patients !== undefined) {
      const { patients, ...rest } = subject
      if (how === 'omit') {
        omitted.push('subject.patients')
        subject = rest
      } else {
        hashed.push('subject.patients')
        subject = { ...subject, patients: patients.map((id) => hashOf(id, options)) }
      }
    }
  }
  if (freeText === 'omit' && context !== undefined) {
    const { reason, disclosure, details, ...rest } = context
    for (const [name, value] of Object.entries({ reason, disclosure, details })) {
      if (value !== undefined) omitted.push(`context.${name}`)
    }
    context = rest
  }
  const { actor: _actor, subject: _subject, context: _context, ...event } = record.event
  const shown = { ...event, ...(actor && { actor }), ...(subject && { subject }), ...(context && { context }) }
  return { record: { ...record, event: shown }, omitted, hashed }
}

/** The caller's hash of an identifier. What is no hash, such as the identifier itself, does not leave. */
function hashOf(id: string, { hash }: ParsedPatientOptions): string {
  const fail = () =>
    exportError('PHI_AUDIT_EXPORT_OPTIONS', {
      path: 'hash',
      detail: 'must give 8 to 256 letters, digits and "+", "/", "=", "_", ":" or "-" that do not contain the identifier',
    })
  let value: unknown
  try {
    value = hash?.(id)
  } catch {
    // Its own error is not kept: it could quote the identifier.
    throw fail()
  }
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/=_:-]{8,256}$/.test(value)) throw fail()
  // Short identifiers turn up in a hash by chance.
  if (value === id || (id.length >= 8 && value.includes(id))) throw fail()
  return value
}
