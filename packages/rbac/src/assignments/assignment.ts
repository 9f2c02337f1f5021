import { type ErrorContext, isInstant, type PhiError, parseAs, plainText, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../freeze.ts'
import { roleError } from './errors.ts'

/** UTC with milliseconds, `2026-11-22T09:00:00.000Z`. Texts of this form sort as the times they name. */
const instant = z.string().refine(isInstant, 'must be an instant as YYYY-MM-DDTHH:mm:ss.sssZ')
const who = plainText(256)
const why = plainText(1000).optional()

const assigned = {
  /** Drawn by the caller, unique in its tenant: 1 to 64 letters, digits, `.`, `_` and `-`. A UUID fits. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  tenant: tenantSchema,
  /** The person or service: the same id that sessions and audit events have. */
  subject: plainText(255),
  role: plainText(128),
  /** In force from this instant on. */
  from: instant,
  /** Up to this instant, and not at it; null: until it is revoked. */
  until: instant.nullable(),
  /** When it was recorded, and by whom. Nothing is assigned for a time before that. */
  assignedAt: instant,
  assignedBy: who,
  reason: why,
}

const startsOnceRecorded = ({ from, assignedAt }: { from: string; assignedAt: string }): boolean => from >= assignedAt
const endsAfterItStarts = ({ from, until }: { from: string; until: string | null }): boolean => until === null || until > from
const NOT_BACK = { path: ['from'], message: 'must not be before the instant of recording' }
const SOME_TIME = { path: ['until'], message: 'must be after `from`' }

/** The zod schema of an assignment. Unknown keys are an error. */
export const roleAssignmentSchema = z
  .strictObject(assigned)
  .refine(startsOnceRecorded, NOT_BACK)
  .refine(endsAfterItStarts, SOME_TIME)
  .readonly()

/** That somebody has a role for a time: half-open, from `from` up to `until`. */
export type RoleAssignment = z.output<typeof roleAssignmentSchema>

/** The zod schema of a revocation. Unknown keys are an error. */
export const roleRevocationSchema = z
  .strictObject({
    /** From this instant on the role is no longer in force. May lie ahead: somebody's last day. */
    at: instant,
    /** When it was recorded, and by whom. What had been in force before stays so. */
    recordedAt: instant,
    revokedBy: who,
    reason: why,
  })
  .refine(({ at, recordedAt }) => at >= recordedAt, {
    path: ['at'],
    message: 'must not be before the instant of recording',
  })
  .readonly()

export type RoleRevocation = z.output<typeof roleRevocationSchema>

/** The zod schema of a record. Unknown keys are an error. */
export const roleRecordSchema = z
  .strictObject({ ...assigned, revocations: z.array(roleRevocationSchema).max(10_000).readonly() })
  .refine(startsOnceRecorded, NOT_BACK)
  .refine(endsAfterItStarts, SOME_TIME)
  .refine(
    ({ until, revocations }) => {
      const ends = [...(until === null ? [] : [until]), ...revocations.map(({ at }) => at)]
      return ends.every((end, index) => index === 0 || end < (ends[index - 1] as string))
    },
    { path: ['revocations'], message: 'must each end the role earlier than what was before' },
  )
  .readonly()

/** An assignment with every revocation of it, in the order of recording; each ends it earlier than what was before. */
export type RoleRecord = z.output<typeof roleRecordSchema>

/** JSON has no `undefined`, and two records are compared as JSON. */
const plain = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T

const refusal = (context: ErrorContext) => roleError('PHI_RBAC_ROLE', context)

/** Reads an assignment; what comes out is frozen. @throws PhiError PHI_RBAC_ROLE */
export const parseRoleAssignment = (value: unknown): RoleAssignment =>
  freeze(plain(parseAs(roleAssignmentSchema, value, 'assignment', refusal)))

/** Reads a revocation; what comes out is frozen. @throws PhiError PHI_RBAC_ROLE */
export const parseRoleRevocation = (value: unknown): RoleRevocation =>
  freeze(plain(parseAs(roleRevocationSchema, value, 'revocation', refusal)))

/**
 * Reads a record that came out of a store; what comes out is frozen.
 * @throws PhiError PHI_RBAC_ROLE_STORE, or what `refuse` makes
 */
export function parseRoleRecord(
  value: unknown,
  refuse: (context: ErrorContext) => PhiError = (context) => roleError('PHI_RBAC_ROLE_STORE', context),
): RoleRecord {
  const record = parseAs(roleRecordSchema, value, 'record', refuse)
  return freeze({ ...plain(record), revocations: record.revocations.map(plain) })
}

/** @throws PhiError PHI_RBAC_ROLE: a question about no instant must not read as "no roles" */
export function checkInstant(at: string, path = 'at'): string {
  if (!isInstant(at)) throw roleError('PHI_RBAC_ROLE', { path, detail: 'must be an instant as YYYY-MM-DDTHH:mm:ss.sssZ' })
  return at
}

/** When the role ends, as far as is known: by itself or by a revocation, whichever is first. Null: nobody has said. */
export const roleEnd = ({ until, revocations }: Pick<RoleRecord, 'until' | 'revocations'>): string | null =>
  revocations.at(-1)?.at ?? until

/**
 * Whether the role is in force at an instant: `from` ≤ at < end. An assignment that ends does so by itself; nothing has to run for it.
 * @throws PhiError PHI_RBAC_ROLE when that is no instant
 */
export function isRoleInForce(record: RoleRecord, at: string): boolean {
  const end = roleEnd(record)
  return record.from <= checkInstant(at) && (end === null || at < end)
}

/** The names of the roles, each once, sorted: what `sessions.begin` and an actor take. */
export const roleNames = (records: readonly RoleRecord[]): readonly string[] =>
  [...new Set(records.map(({ role }) => role))].sort()
