import { isPhiError } from '@phi/core'
import { oneLineJson } from '../export/record-json.ts'
import { type PatientOptions, type RedactedRecord, redact } from '../export/redact.ts'
import type { AuditRecord } from '../record.ts'
import type { ForwardItem } from './destination.ts'
import { forwardError } from './errors.ts'

/** Fields that can be left out of what is sent. */
export const redactable = [
  'actor.roles',
  'actor.organization',
  'actor.onBehalfOf',
  'source',
  'source.ip',
  'source.userAgent',
  'source.session',
  'source.request',
  'source.trace',
  'source.site',
  'subject',
  'subject.resource',
  'subject.patients',
  'subject.dataClasses',
  'subject.fields',
  'subject.count',
  'context',
  'context.purpose',
  'context.reason',
  'context.disclosure',
  'context.decision',
  'context.ai',
  'context.details',
] as const

export type Redactable = (typeof redactable)[number]

/** What of a record the receiver sees: see `PatientOptions` of `@phi/audit/export`. By default neither patients nor free text. */
export interface ShownOptions extends PatientOptions {
  /** Further fields that are left out. */
  readonly redact?: readonly Redactable[]
}

export interface Shown {
  readonly patients: PatientOptions
  readonly redact: readonly Redactable[]
}

type Groups = Record<string, Record<string, unknown> | undefined>

/** The record as the receiver is to see it, and what is not as in the log. Nothing of the input is changed. */
function shownRecord(input: AuditRecord, { patients, redact: paths }: Shown): RedactedRecord {
  const redacted = redact(input, patients)
  if (paths.length === 0) return redacted
  const event = structuredClone(redacted.record.event) as unknown as Groups
  const omitted = new Set(redacted.omitted)
  for (const path of paths) {
    const [group, field] = path.split('.') as [string, string | undefined]
    if (field === undefined) {
      if (event[group] === undefined) continue
      delete event[group]
    } else {
      if (event[group]?.[field] === undefined) continue
      // Whoever acted keeps the shape of an actor.
      if (path === 'actor.roles') event[group].roles = []
      else delete event[group][field]
    }
    omitted.add(path)
  }
  const record = { ...redacted.record, event: event as unknown as AuditRecord['event'] }
  return { record, omitted: [...omitted], hashed: redacted.hashed }
}

/**
 * The item of a record.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS when `hash` fails: a record whose patients cannot be hidden does not leave
 */
export function itemOf(input: AuditRecord, shown: Shown): ForwardItem {
  let redacted: RedactedRecord
  try {
    redacted = shownRecord(input, shown)
  } catch (error) {
    if (!isPhiError(error, 'PHI_AUDIT_EXPORT_OPTIONS')) throw error
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'hash', detail: 'gave no hash for an identifier' })
  }
  const { record, omitted, hashed } = redacted
  const { origin, index, hash, recordedAt, event, withheld, altered, sealed, genuine } = record
  const id = event.id ?? `${origin}#${index}`
  const json = oneLineJson({
    id,
    origin,
    index,
    hash,
    recordedAt,
    event,
    withheld,
    altered,
    sealed,
    genuine,
    omitted,
    hashed,
  })
  return { id, origin, index, hash, record, omitted, hashed, json }
}

/** @throws PhiError PHI_AUDIT_FORWARD_OPTIONS */
export function checkShown({ patients, hash, patientTypes, freeText, redact: paths = [] }: ShownOptions): Shown {
  const bad = (path: string, detail: string) => forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail })
  if (!Array.isArray(paths) || !paths.every((path) => (redactable as readonly unknown[]).includes(path)))
    throw bad('redact', 'must list fields of `redactable`')
  const given = Object.entries({ patients, hash, patientTypes, freeText }).filter(([, value]) => value !== undefined)
  const options = Object.fromEntries(given) as PatientOptions
  try {
    redact(NOTHING, options)
  } catch {
    throw bad('patients, hash, patientTypes or freeText', 'is not what `redact` of @phi/audit/export takes')
  }
  return { patients: options, redact: [...paths] }
}

/** A record that says nothing, to try options on. */
export const NOTHING: AuditRecord = {
  index: 0,
  recordedAt: '1970-01-01T00:00:00.000Z',
  hash: '',
  origin: '',
  event: {},
  withheld: [],
  altered: [],
  sealed: [],
  genuine: true,
}
