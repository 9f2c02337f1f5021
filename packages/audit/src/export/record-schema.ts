import { isInstant } from '@phi/core'
import * as z from 'zod'
import { auditActorSchema, auditContextSchema, auditEventSchema, auditSourceSchema, auditSubjectSchema } from '../event.ts'
import { type GroupName, groupNames } from '../group.ts'
import type { AuditRecord } from '../record.ts'
import { exportError } from './errors.ts'

const instant = z.string().refine(isInstant)
const groups = z.array(z.enum(groupNames)).max(groupNames.length)

const eventSchema = z.strictObject({
  ...auditEventSchema
    .pick({ action: true, id: true, occurredAt: true, outcome: true, severity: true })
    .partial({ action: true, outcome: true }).shape,
  actor: auditActorSchema.optional(),
  source: auditSourceSchema.optional(),
  subject: auditSubjectSchema.optional(),
  context: auditContextSchema.optional(),
})

/** A record as a program outside gives it back: closed, and at one with itself about which groups it shows. */
const recordSchema = z
  .strictObject({
    index: z.int().min(0),
    recordedAt: instant,
    hash: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
    origin: z.string().regex(/^[\x21-\x2a\x2c-\x7e]{1,200}$/),
    event: eventSchema,
    withheld: groups,
    altered: groups,
    sealed: groups,
    genuine: z.boolean(),
  })
  .refine(({ withheld, altered, sealed, genuine, event }) => {
    const hidden = [...withheld, ...altered, ...sealed]
    if (new Set(hidden).size !== hidden.length || genuine !== (altered.length === 0)) return false
    const isHidden = (group: GroupName) => hidden.includes(group)
    const { id, occurredAt, action, outcome, severity, actor } = event
    const own = [id, occurredAt, action, outcome]
    if (isHidden('event') ? [...own, severity].some((value) => value !== undefined) : own.includes(undefined)) return false
    if (!isHidden('actor') && actor === undefined) return false
    return groupNames.every((group) => group === 'event' || !isHidden(group) || event[group] === undefined)
  })

/** Where in a file a reader is: the number of the record, from 1. */
export interface Place {
  readonly record: number
}

/**
 * Checks what claims to be a record of an export. `genuine` and the lists of groups are what the file says: a file proves nothing. Evidence
 * does, see `verifyBundle`.
 * @throws PhiError PHI_AUDIT_EXPORT_FORMAT with the number of the record, never a value
 */
export function parseRecord(value: unknown, place: Place): AuditRecord {
  let parsed: ReturnType<typeof recordSchema.safeParse> | undefined
  const details = (value as { event?: { context?: { details?: unknown } } } | null | undefined)?.event?.context?.details
  // A record schema leaves out this one key without a word.
  const isWhole = typeof details !== 'object' || details === null || !Object.hasOwn(details, '__proto__')
  if (isWhole) parsed = recordSchema.safeParse(value)
  if (parsed?.success !== true)
    throw exportError('PHI_AUDIT_EXPORT_FORMAT', { detail: 'a record is not valid', info: { record: place.record } })
  return parsed.data as AuditRecord
}
