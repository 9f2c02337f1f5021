import { errorsOf, parseAs } from '@phi/core'
import { type SessionRecord, sessionErrors, sessionRecordSchema } from '@phi/rbac/session'

export const sessionError = errorsOf(sessionErrors)

/** A row of a session. Numbers come as text, so that no driver rounds one; lists and objects as the JSON that was written. */
export interface SessionRow {
  readonly sid: string
  readonly tenant: string
  readonly subject: string
  readonly issuer: string
  readonly roles: string
  readonly device: string | null
  readonly auth: string
  readonly generation: string
  readonly jti: string
  readonly previous: string | null
  readonly started_at: string
  readonly until: string
  readonly last_seen_at: string
  readonly rotated_at: string
  readonly ended_at: string | null
  readonly ended_because: string | null
  readonly version: string
}

export const SESSION_COLUMNS = `sid, tenant, subject, issuer, roles, device, auth, generation::text, jti, previous, started_at::text,
  until::text, last_seen_at::text, rotated_at::text, ended_at::text, ended_because, version::text`

/** PostgreSQL keeps no U+0000, and drivers write lone surrogates as one and the same character, by which two people would become one. */
const isStorable = (text: string | null): boolean => text === null || (!text.includes('\u0000') && text.isWellFormed())

/** Reads a record of the caller's. @throws PhiError PHI_RBAC_SESSION_INPUT */
export function readSession(value: unknown): SessionRecord {
  const record = parseAs(sessionRecordSchema, value, 'record', (context) => sessionError('PHI_RBAC_SESSION_INPUT', context))
  const { tenant, subject, issuer, device } = record
  if (![tenant, subject, issuer, device].every(isStorable)) {
    throw sessionError('PHI_RBAC_SESSION_INPUT', { path: 'record', detail: 'must hold well-formed text without U+0000' })
  }
  return record
}

const jsonOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** In the order of the parameters of `phi.session_insert`. */
export const insertParams = (record: SessionRecord): unknown[] => [
  record.tenant,
  record.sid,
  record.subject,
  record.issuer,
  jsonOf(record.roles),
  record.device,
  jsonOf(record.auth),
  record.generation,
  record.jti,
  jsonOf(record.previous),
  record.startedAt,
  record.until,
  record.lastSeenAt,
  record.rotatedAt,
  record.ended?.at ?? null,
  record.ended?.because ?? null,
  record.version,
]

/** In the order of the parameters of `phi.session_replace`. */
export const replaceParams = (record: SessionRecord, expectedVersion: number): unknown[] => [
  record.sid,
  expectedVersion,
  jsonOf(record.auth),
  record.generation,
  record.jti,
  jsonOf(record.previous),
  record.rotatedAt,
  record.lastSeenAt,
]

/** What is no JSON becomes `undefined`, which no member of a record may be. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @throws PhiError PHI_RBAC_SESSION_STORE: what cannot be read is no session, and not "no such session" */
export function sessionOfRow(row: SessionRow): SessionRecord {
  const record = {
    sid: row.sid,
    tenant: row.tenant,
    subject: row.subject,
    issuer: row.issuer,
    roles: parsedJson(row.roles),
    device: row.device,
    auth: parsedJson(row.auth),
    generation: Number(row.generation),
    jti: row.jti,
    previous: row.previous === null ? null : parsedJson(row.previous),
    startedAt: Number(row.started_at),
    until: Number(row.until),
    lastSeenAt: Number(row.last_seen_at),
    rotatedAt: Number(row.rotated_at),
    ended: row.ended_at === null ? null : { at: Number(row.ended_at), because: row.ended_because },
    version: Number(row.version),
  }
  return parseAs(sessionRecordSchema, record, 'record', (context) => sessionError('PHI_RBAC_SESSION_STORE', context))
}
