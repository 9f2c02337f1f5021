import { canonicalJson, toHex } from '@phi/core'
import type { DisposalAnswer, DisposalBatch, DisposalReceipt, HoldPlaced, RetentionStore, StoredRecord } from '@phi/retention'
import type { StoreSupports, StoreUnderTest } from '../store/manifest.ts'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'
import type { CaseOf } from '../suite/suite.ts'

/** What a retention store can do beyond its interface. Silence is a claim: whatever is not declared unsupported must pass. */
export interface RetentionStoreSupports extends StoreSupports {
  /** The store can say what is left under a tenant's or a subject's keys. False where keys are never destroyed. */
  readonly remaining?: boolean
  readonly because?: NonNullable<StoreSupports['because']> & { readonly remaining?: string }
}

/** A record as the suite has it put in. */
export interface SuiteRecord {
  readonly id: string
  readonly record: {
    readonly id: string
    readonly kind: string
    readonly tenant: string
    readonly subject: string
    readonly created: string
  }
}

/** A store without records, holds or runs, and the hooks that reach behind it. One is opened for every case. */
export interface RetentionStoreUnderTest extends StoreUnderTest<RetentionStore> {
  /** Puts records in, as the application does; one whose id is there takes its place. */
  put(records: readonly SuiteRecord[]): Promise<void>
}

export type RetentionStoreCase = CaseOf<RetentionStoreUnderTest, RetentionStoreSupports>

export const freshRun = (): string => toHex(freshBytes(32))

export const recordOf = (id: string, more: Partial<SuiteRecord['record']> = {}): SuiteRecord => ({
  id,
  record: { id, kind: 'audit-log', tenant: 'clinic-a', subject: 'p-1', created: '2020-02-29', ...more },
})

/** Some records of their own. */
export const freshRecords = (many: number, more: Partial<SuiteRecord['record']> = {}): SuiteRecord[] =>
  Array.from({ length: many }, () => recordOf(`r-${toHex(freshBytes(8))}`, more))

export const holdOn = (name: string, ids: readonly string[] = ['nobody']): HoldPlaced => ({
  type: 'placed',
  case: name,
  on: '2028-02-29',
  by: 'counsel',
  matches: { ids },
})

/** The canonical text of what a store answered. A database that keeps JSON may sort members. */
export function textOf(value: unknown, what: string): string {
  try {
    return canonicalJson(value)
  } catch {
    return fail(`${what} must answer with plain data`)
  }
}

/** Every page of the records, joined. */
export async function allRecords(store: RetentionStore, limit = 100): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  while (true) {
    const page = await succeeds(() => store.records(all.at(-1)?.id ?? null, limit), 'records')
    check(Array.isArray(page), 'records must answer with a list')
    check(page.length <= limit, `records answered with ${page.length}, and at most ${limit} were asked for`)
    if (page.length === 0) return all
    check(
      page.every(({ id }) => all.every((each) => each.id !== id)),
      'records answered with a record that an earlier page had',
    )
    all.push(...page)
  }
}

export const allIds = async (store: RetentionStore): Promise<string> =>
  (await allRecords(store))
    .map(({ id }) => id)
    .toSorted()
    .join()

export const idsOf = (records: readonly { readonly id: string }[]): string =>
  records
    .map(({ id }) => id)
    .toSorted()
    .join()

/** The record as the store has it. */
export async function theRecord(store: RetentionStore, id: string): Promise<StoredRecord> {
  const rows = await succeeds(() => store.get([id]), 'get')
  check(Array.isArray(rows) && rows.length === 1, 'get must answer with the one record that was asked for')
  return rows[0] as StoredRecord
}

/** A batch of records as they are now. */
export async function batchOf(
  store: RetentionStore,
  ids: readonly string[],
  more: Partial<Omit<DisposalBatch, 'records'>> = {},
): Promise<DisposalBatch> {
  const records: DisposalBatch['records'][number][] = []
  for (const id of ids) records.push({ id, version: (await theRecord(store, id)).version, entry: `{"id":"${id}"}` })
  return { run: freshRun(), sequence: 1, holds: 0, category: 'clear', note: '{}', records, ...more }
}

export const dispose = (store: RetentionStore, batch: DisposalBatch): Promise<DisposalAnswer> =>
  succeeds(() => store.dispose(batch), 'dispose')

/** The receipt of a batch that must be done, now or before. */
export async function receiptOf(
  store: RetentionStore,
  batch: DisposalBatch,
  status: 'disposed' | 'already',
  what: string,
): Promise<DisposalReceipt> {
  const answer = await dispose(store, batch)
  equal(answer.status, status, `${what}: status`)
  return (answer as Extract<DisposalAnswer, { receipt: unknown }>).receipt
}

export function sameReceipt(actual: DisposalReceipt | undefined, expected: DisposalReceipt, what: string): void {
  check(typeof actual === 'object' && actual !== null, `${what} must be a receipt`)
  equal(textOf(actual, what), textOf(expected, what), what)
}
