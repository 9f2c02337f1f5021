import { equalBytes, toHex } from '@phi/core'
import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

/** A record that nobody has stored yet: a tenant and an id of its own, version 1, active, never used. */
export function freshRecord(more: Partial<DataKeyRecord> = {}): DataKeyRecord {
  return {
    id: toHex(freshBytes(4)),
    tenant: freshTenant(),
    purpose: 'field',
    subject: null,
    version: 1,
    state: 'active',
    kms: 'suite',
    kek: 'suite/own/v1',
    mechanism: 'AES-256-GCM',
    wrapped: freshBytes(60),
    commitment: freshBytes(32),
    createdAt: '2026-01-31T23:59:59.990Z',
    changedAt: '2026-02-28T00:00:00.000Z',
    usage: { seals: 0, bytes: 0 },
    revision: 0,
    ...more,
  }
}

export const freshTenant = (): string => `suite-${toHex(freshBytes(5))}`

const fields = [
  'id',
  'tenant',
  'purpose',
  'subject',
  'version',
  'state',
  'kms',
  'kek',
  'mechanism',
  'createdAt',
  'changedAt',
  'revision',
] as const
const byteFields = ['wrapped', 'commitment'] as const

/** Holds a record that came out of a store against the one that must be there: every field, its type, and no field more. */
export function sameRecord(actual: DataKeyRecord | undefined, expected: DataKeyRecord, what: string): void {
  check(actual !== undefined, `${what} answered with nothing, and the record is there`)
  for (const name of fields) equal(actual[name], expected[name], `${what}: ${name}`)
  for (const name of byteFields) {
    check(actual[name] instanceof Uint8Array, `${what}: ${name} must be a Uint8Array`)
    check(equalBytes(actual[name], expected[name]), `${what}: ${name} holds other bytes than were stored`)
  }
  check(typeof actual.usage === 'object' && actual.usage !== null, `${what}: usage must be an object`)
  equal(actual.usage.seals, expected.usage.seals, `${what}: usage.seals`)
  equal(actual.usage.bytes, expected.usage.bytes, `${what}: usage.bytes`)
  equal(Object.keys(actual.usage).length, 2, `${what}: the number of fields in usage`)
  const stray = Object.keys(actual).filter((name) => !(name in expected))
  equal(stray.length, 0, `${what}: the number of fields that no record has`)
}

/** The same for a list, in its order. */
export function sameRecords(actual: readonly DataKeyRecord[], expected: readonly DataKeyRecord[], what: string): void {
  check(Array.isArray(actual), `${what} must answer with an array`)
  const ids = (records: readonly DataKeyRecord[]) => records.map(({ id }) => expected.findIndex((each) => each.id === id))
  // Shown as positions in the expected list: ids say nothing to a reader.
  equal(
    ids(actual).join(' '),
    ids(expected).join(' '),
    `${what}: which records, in which order (-1 for one that does not belong)`,
  )
  for (const [i, record] of actual.entries()) sameRecord(record, expected[i] as DataKeyRecord, `${what}, record ${i}`)
}

/** Inserts records that must find room. */
export async function insertAll(store: KeyStore, records: readonly DataKeyRecord[]): Promise<void> {
  for (const record of records) {
    equal(await succeeds(() => store.insert(record), 'insert'), 'inserted', 'insert of a record that nothing stands against')
  }
}

export async function found(store: KeyStore, id: string): Promise<DataKeyRecord> {
  return (await succeeds(() => store.find(id), 'find')) ?? fail('find answered with nothing, and the record is there')
}

/** Holds all three ways of reading a record against what must be there. */
export async function reads(store: KeyStore, expected: DataKeyRecord, when: string): Promise<void> {
  sameRecord(await succeeds(() => store.find(expected.id), 'find'), expected, `find ${when}`)
  const listed = await succeeds(() => store.list(expected.tenant, expected.subject), 'list')
  sameRecord(
    listed.find(({ id }) => id === expected.id),
    expected,
    `list ${when}`,
  )
  const scanned = await succeeds(() => store.scan({ tenant: expected.tenant, limit: 1000 }), 'scan')
  sameRecord(
    scanned.find(({ id }) => id === expected.id),
    expected,
    `scan ${when}`,
  )
}
