import { auditError } from './errors.ts'
import { type AuditPage, type AuditQuery, queryLog } from './query.ts'
import type { AuditRecord } from './record.ts'
import { openRecord } from './sealed/open-record.ts'
import type { Sealer } from './sealed/sealer.ts'
import type { AuditStore, LogKey } from './store/store.ts'

/** Which entries to read: from `from` (default 0) up to and without `to` (default: all that are there when reading begins). */
export interface RecordRange {
  readonly from?: number
  readonly to?: number
  /** Stops before the next record with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * The records of a log in its order, none left out. What is sealed is opened as far as its keys are there; nothing is proved by reading:
 * see verify().
 * @throws PhiError PHI_AUDIT_RANGE when the range lies beyond the log's end, also when the log was longer once; PHI_AUDIT_STORE, with the
 * index, when an entry is missing or cannot be read; and what the store and the sealer throw
 */
export async function* readRecords(
  store: AuditStore<never>,
  log: LogKey,
  sealer: Sealer | undefined,
  { from = 0, to, signal }: RecordRange = {},
): AsyncGenerator<AuditRecord, void, undefined> {
  signal?.throwIfAborted()
  const { size } = await store.head(log)
  if (!isIndex(from) || from > size) throw auditError('PHI_AUDIT_RANGE', { path: 'from', info: { size } })
  const end = to ?? size
  if (!isIndex(end) || end < from || end > size) throw auditError('PHI_AUDIT_RANGE', { path: 'to', info: { size } })
  let next = from
  if (next === end) return
  for await (const batch of store.read(log, { from, to: end })) {
    for (const entry of batch) {
      signal?.throwIfAborted()
      if (entry.index !== next) throw auditError('PHI_AUDIT_STORE', { detail: 'an entry is missing', info: { index: next } })
      next++
      yield await openRecord(entry, log, sealer)
    }
  }
  if (next !== end) throw auditError('PHI_AUDIT_STORE', { detail: 'an entry is missing', info: { index: next } })
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** What to export: a query without its paging. */
export type ExportQuery = Omit<AuditQuery, 'limit' | 'cursor' | 'order'>

/** How many records are asked for at a time. */
const PAGE = 500

/** All records that answer a query, the oldest first, below the index `to`. @throws PhiError as a query does */
export async function* findRecords(
  store: AuditStore<never>,
  log: LogKey,
  query: ExportQuery,
  sealer: Sealer | undefined,
  to: number,
): AsyncGenerator<AuditRecord, void, undefined> {
  let cursor: string | undefined
  do {
    const page: AuditPage = await queryLog(
      store,
      log,
      { ...query, order: 'oldest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
      sealer,
    )
    for (const record of page.records) {
      if (record.index >= to) return
      yield record
    }
    cursor = page.next
  } while (cursor !== undefined)
}
