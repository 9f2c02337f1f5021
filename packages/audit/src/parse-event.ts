import type * as z from 'zod'
import { auditError } from './errors.ts'
import {
  type AuditEventInput,
  auditActorSchema,
  auditContextSchema,
  auditEventSchema,
  auditSourceSchema,
  auditSubjectSchema,
  type ParsedAuditEvent,
} from './event.ts'
import { plainEvent } from './plain-event.ts'

/**
 * Where an issue lies, in the schema's words. Keys of `details` are the caller's own and could hold anything, so they are
 * shown as `*`.
 */
function pathOf(path: readonly PropertyKey[]): string {
  let out = ''
  for (let i = 0; i < path.length; i++) {
    const step = path[i]
    const ownKey = i > 1 && path[0] === 'context' && path[1] === 'details'
    if (ownKey) return `${out}.*`
    out += typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`
  }
  return out === '' ? 'event' : out
}

const shapes: Readonly<Record<string, readonly string[]>> = {
  event: Object.keys(auditEventSchema.shape),
  actor: Object.keys(auditActorSchema.shape),
  source: Object.keys(auditSourceSchema.shape),
  subject: Object.keys(auditSubjectSchema.shape),
  context: Object.keys(auditContextSchema.shape),
}

/** Our own sentences only: zod's default messages are replaced where they could quote input. */
function detailOf(issue: z.core.$ZodIssue, path: string): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = shapes[path]
      const count = issue.keys.length === 1 ? 'an unknown key' : `${issue.keys.length} unknown keys`
      return known === undefined ? `has ${count}` : `has ${count}; the known keys are ${known.join(', ')}`
    }
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be of type ${issue.expected}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'has a key that is not allowed'
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
    case 'custom':
    case 'invalid_union':
      return issue.message
    default:
      return 'is not valid'
  }
}

/**
 * Checks an event against the schema.
 * @throws PhiError PHI_AUDIT_EVENT with the path and the rule, never a value
 */
export function parseAuditEvent(input: unknown): ParsedAuditEvent {
  const plain = plainEvent(input)
  if (plain !== null) return plain
  let result = auditEventSchema.safeParse(input)
  if (result.success) {
    // A record schema leaves out this one key without a word, and nothing is to be lost without a word.
    const details = (input as AuditEventInput).context?.details
    if (details !== undefined && Object.hasOwn(details, '__proto__')) {
      throw auditError('PHI_AUDIT_EVENT', { path: 'context.details.*', detail: 'has a key that is not allowed' })
    }
    return result.data
  }
  // Once more, now with the input beside each issue, which tells a missing key from a wrong one and takes longer.
  result = auditEventSchema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const issue = result.error.issues[0] as z.core.$ZodIssue
  const path = pathOf(issue.path)
  const more = result.error.issues.length - 1
  throw auditError('PHI_AUDIT_EVENT', { path, detail: detailOf(issue, path) + (more > 0 ? ` (and ${more} more)` : '') })
}
