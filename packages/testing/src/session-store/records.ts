import { canonicalJson, toHex } from '@phi/core'
import type { SessionRecord, SessionStore } from '@phi/rbac/session'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

export const START = Date.parse('2026-03-29T00:59:59.999Z')
export const HOUR = 3_600_000

export const freshId = (): string => toHex(freshBytes(16))

/** A session that nobody has stored yet: begun just now, used never, with a person of its own. */
export function freshRecord(more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    sid: freshId(),
    tenant: `suite-${toHex(freshBytes(5))}`,
    subject: `u-${toHex(freshBytes(5))}`,
    issuer: 'https://id.example.org',
    roles: ['therapist'],
    device: null,
    auth: { amr: ['pwd', 'otp'], acr: null, authTime: START - 1000, mfa: 'met' },
    generation: 1,
    jti: freshId(),
    previous: null,
    startedAt: START,
    until: START + 24 * HOUR,
    lastSeenAt: START,
    rotatedAt: START,
    ended: null,
    version: 0,
    ...more,
  }
}

/** The record after a rotation, as a caller hands it to `replace`. */
export function rotated(record: SessionRecord, more: Partial<SessionRecord> = {}): SessionRecord {
  const { jti, auth } = record
  const at = record.lastSeenAt + 1000
  return {
    ...record,
    auth: { amr: null, acr: 'urn:mfa', authTime: at - 5, mfa: 'met' },
    generation: record.generation + 1,
    jti: freshId(),
    previous: { jti, until: at + 10_000, auth },
    lastSeenAt: at,
    rotatedAt: at,
    version: record.version + 1,
    ...more,
  }
}

/** Holds what came out of a store against what must be there, field by field, and no field more. */
function sameRecord(actual: SessionRecord | undefined, expected: SessionRecord, what: string): void {
  check(typeof actual === 'object' && actual !== null, `${what} answered with nothing, and the record is there`)
  for (const [name, value] of Object.entries(expected)) {
    // Members in any order: a database that keeps JSON may sort them.
    const shown = canonicalOf(Reflect.get(actual, name), what, name)
    equal(shown, canonicalJson(value), `${what}: ${name}`)
  }
  const stray = Object.keys(actual).filter((name) => !(name in expected))
  equal(stray.length, 0, `${what}: the number of fields that no record has`)
}

function canonicalOf(value: unknown, what: string, name: string): string {
  try {
    return canonicalJson(value as Parameters<typeof canonicalJson>[0])
  } catch {
    return fail(`${what}: ${name} must be plain data, as it was stored`)
  }
}

/** What the store has of a session must be this. */
export async function holds(store: SessionStore, expected: SessionRecord, when: string): Promise<void> {
  sameRecord(await succeeds(() => store.find(expected.sid), 'find'), expected, `find ${when}`)
}

/** Inserts records that must find room. */
export async function insertAll(store: SessionStore, records: readonly SessionRecord[]): Promise<void> {
  for (const record of records) {
    equal(await succeeds(() => store.insert(record), 'insert'), 'inserted', 'insert of a session that is not there')
  }
}

/** The record of a session that must be there. */
export const found = async (store: SessionStore, sid: string): Promise<SessionRecord> =>
  (await succeeds(() => store.find(sid), 'find')) ?? fail('find answered with nothing, and the record is there')

/** Nothing must be there. */
export async function absent(store: SessionStore, sid: string, what: string): Promise<void> {
  const answer = await succeeds(() => store.find(sid), 'find')
  check(answer === undefined, `${what} must answer with undefined`)
}
