import * as z from 'zod'
import { dispositionError } from '../errors.ts'
import { compareIds, count, isId } from '../text.ts'
import type { DisposalBatch, DisposalReceipt, RetentionStore, RunProgress, StoredRecord } from './store.ts'

// What a store answers decides what is deleted and what is certified, so every answer is looked at before it is believed.

const broken = (detail: string) => dispositionError('PHI_RETENTION_STORE', { detail })

function isRow(row: unknown): row is StoredRecord {
  if (typeof row !== 'object' || row === null) return false
  const { id, version } = row as Partial<Record<keyof StoredRecord, unknown>>
  return typeof id === 'string' && typeof version === 'string'
}

/** Whether a row can be named in a plan. One that cannot is read, counted, and never deleted. */
export const isNamed = (row: StoredRecord): boolean => isId(row.id) && isId(row.version)

/**
 * The next page of records. One that is out of order is refused: it could hide records, or never end.
 * @throws PhiError PHI_RETENTION_STORE
 */
export async function readPage(store: RetentionStore, after: string | null, limit: number): Promise<readonly StoredRecord[]> {
  const rows: unknown = await store.records(after, limit)
  if (!Array.isArray(rows)) throw broken('records did not answer with a list')
  if (rows.length > limit) throw broken('records answered with more than it was asked for')
  let last = after
  for (const row of rows as unknown[]) {
    if (!isRow(row)) throw broken('a record must have an id and a version as text')
    if (last !== null && compareIds(last, row.id) >= 0) throw broken('records must come by ascending id, each once')
    last = row.id
  }
  return rows as StoredRecord[]
}

/** Records by their ids. One that the store gives twice is left out: nobody knows which of the two is the record. */
export async function readRecords(store: RetentionStore, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord>> {
  const found = new Map<string, StoredRecord>()
  if (ids.length === 0) return found
  const rows: unknown = await store.get(ids)
  if (!Array.isArray(rows)) throw broken('get did not answer with a list')
  const twice = new Set<string>()
  for (const row of rows as unknown[]) {
    if (!isRow(row)) throw broken('a record must have an id and a version as text')
    if (found.has(row.id)) twice.add(row.id)
    found.set(row.id, row)
  }
  for (const id of twice) found.delete(id)
  return found
}

/** @throws PhiError PHI_RETENTION_STORE */
export async function readHolds(store: RetentionStore): Promise<readonly unknown[]> {
  const events: unknown = await store.holds()
  if (!Array.isArray(events)) throw broken('holds did not answer with a list')
  return events
}

const receiptSchema = z.strictObject({
  run: z.string(),
  sequence: count,
  note: z.string(),
  entries: z.array(z.string()).readonly(),
  left: z.array(z.strictObject({ id: z.string(), why: z.enum(['changed', 'missing']) })).readonly(),
})

const answerSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.enum(['disposed', 'already']), receipt: receiptSchema }),
  z.strictObject({ status: z.literal('holds-changed') }),
])

/** Whether every text of one list stands in another, in the same order. */
function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const each of part) {
    while (at < whole.length && whole[at] !== each) at += 1
    if (at === whole.length) return false
    at += 1
  }
  return true
}

/** The receipt of a batch, or `null` when holds have changed. @throws PhiError PHI_RETENTION_STORE */
export async function disposeBatch(store: RetentionStore, batch: DisposalBatch): Promise<DisposalReceipt | null> {
  const read = answerSchema.safeParse(await store.dispose(batch))
  if (!read.success) throw broken('dispose did not answer as documented')
  const answer = read.data
  if (answer.status === 'holds-changed') return null
  const { receipt, status } = answer
  if (receipt.run !== batch.run || receipt.sequence !== batch.sequence) throw broken('dispose answered for another batch')
  // What was done before stands as it was kept; `advance` and the account of the run hold it against the plan.
  if (status === 'disposed') {
    const { entries, left, note } = receipt
    const accounted = entries.length + left.length === batch.records.length
    const entriesAsked = batch.records.map(({ entry }) => entry)
    const idsAsked = batch.records.map(({ id }) => id)
    const known =
      isWithin(entries, entriesAsked) &&
      isWithin(
        left.map(({ id }) => id),
        idsAsked,
      )
    if (!accounted || !known || note !== batch.note) throw broken('the receipt does not account for the batch')
  }
  return receipt
}

/** Every receipt of a run after a sequence, in order. A gap is refused: what it held would be missing from the certificate. */
export async function* eachReceipt(
  store: RetentionStore,
  run: string,
  after: number,
  limit = 200,
): AsyncGenerator<DisposalReceipt> {
  let last = after
  while (true) {
    const page = z.array(receiptSchema).safeParse(await store.receipts(run, last, limit))
    if (!page.success) throw broken('receipts did not answer as documented')
    if (page.data.length === 0) return
    for (const receipt of page.data) {
      if (receipt.run !== run || receipt.sequence !== last + 1)
        throw broken('receipts must come by ascending sequence, without gaps')
      last = receipt.sequence
      yield receipt
    }
  }
}

const progressSchema = z.strictObject({ run: z.string(), version: z.number().int().min(1), body: z.string() }).nullable()

/** @throws PhiError PHI_RETENTION_STORE */
export async function readProgress(store: RetentionStore, run: string): Promise<RunProgress | null> {
  const read = progressSchema.safeParse(await store.progress(run))
  if (!read.success || (read.data !== null && read.data.run !== run)) throw broken('progress did not answer as documented')
  return read.data
}

/** Whether it was saved. @throws PhiError PHI_RETENTION_STORE */
export async function saveProgress(store: RetentionStore, progress: RunProgress): Promise<boolean> {
  const answer: unknown = await store.saveProgress(progress)
  if (answer !== 'saved' && answer !== 'conflict') throw broken('saveProgress did not answer as documented')
  return answer === 'saved'
}

/** @throws PhiError PHI_RETENTION_STORE */
export async function countRemaining(
  store: RetentionStore,
  scope: { readonly tenant: string; readonly subject?: string | undefined },
): Promise<number> {
  const left: unknown = await store.remaining?.(scope)
  if (typeof left !== 'number' || !Number.isSafeInteger(left) || left < 0) throw broken('remaining must answer with a count')
  return left
}
