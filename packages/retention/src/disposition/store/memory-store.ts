import { frozen } from '../../frozen.ts'
import { type HoldEvent, parseHoldEvent } from '../hold/hold.ts'
import { compareIds, own } from '../text.ts'
import type { DisposalReceipt, RetentionStore, RunProgress, StoredRecord } from './store.ts'

/** A store in memory, with a way to put records in. */
export interface MemoryRetentionStore extends RetentionStore {
  /** Puts a record in, or in the place of the one with its id. It is given a version that it never had. */
  put(row: Omit<StoredRecord, 'version'>): void
  remaining(scope: { readonly tenant: string; readonly subject?: string | undefined }): Promise<number>
}

/** The first place whose id comes after the given one. */
function placeAfter(ids: readonly string[], after: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareIds(ids[middle] as string, after) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * A retention store in memory, for tests and to try things out: when the program ends, so do the holds and the receipts. Records
 * are copied in and handed out frozen.
 */
export function memoryRetentionStore(rows: Iterable<Omit<StoredRecord, 'version'>> = []): MemoryRetentionStore {
  const records = new Map<string, StoredRecord>()
  const events: HoldEvent[] = []
  const receipts = new Map<string, Map<number, DisposalReceipt>>()
  const runs = new Map<string, RunProgress>()
  let versions = 0
  let sorted: string[] | undefined

  const put: MemoryRetentionStore['put'] = (row) => {
    versions += 1
    if (!records.has(row.id)) sorted = undefined
    records.set(row.id, frozen({ ...structuredClone(row), version: String(versions) }))
  }
  for (const row of rows) put(row)

  return {
    put,
    async records(after, limit) {
      sorted ??= [...records.keys()].sort(compareIds)
      const page: StoredRecord[] = []
      for (let i = after === null ? 0 : placeAfter(sorted, after); i < sorted.length && page.length < limit; i++) {
        // What was deleted since the ids were sorted is passed over.
        const row = records.get(sorted[i] as string)
        if (row !== undefined) page.push(row)
      }
      return page
    },
    async get(ids) {
      return [...new Set(ids)].flatMap((id) => records.get(id) ?? [])
    },
    async holds() {
      return [...events]
    },
    async appendHold(event, revision) {
      const read = parseHoldEvent(event)
      if (events.length !== revision) return 'conflict'
      events.push(read)
      return 'appended'
    },
    // Nothing is awaited between looking and deleting, so nobody comes between.
    async dispose({ run, sequence, holds, note, records: asked }) {
      const done = receipts.get(run) ?? new Map<number, DisposalReceipt>()
      const known = done.get(sequence)
      if (known !== undefined) return { status: 'already', receipt: known }
      if (events.length !== holds) return { status: 'holds-changed' }
      const entries: string[] = []
      const left: { id: string; why: 'changed' | 'missing' }[] = []
      for (const { id, version, entry } of asked) {
        const row = records.get(id)
        if (row === undefined) left.push({ id, why: 'missing' })
        else if (row.version !== version) left.push({ id, why: 'changed' })
        else {
          records.delete(id)
          entries.push(entry)
        }
      }
      const receipt: DisposalReceipt = frozen({ run, sequence, note, entries, left })
      receipts.set(run, done.set(sequence, receipt))
      return { status: 'disposed', receipt }
    },
    async receipts(run, after, limit) {
      const all = [...(receipts.get(run)?.values() ?? [])].filter(({ sequence }) => sequence > after)
      return all.sort((a, b) => a.sequence - b.sequence).slice(0, limit)
    },
    async progress(run) {
      return runs.get(run) ?? null
    },
    async saveProgress({ run, version, body }) {
      if ((runs.get(run)?.version ?? 0) !== version - 1) return 'conflict'
      runs.set(run, Object.freeze({ run, version, body }))
      return 'saved'
    },
    async remaining({ tenant, subject }) {
      let left = 0
      for (const row of records.values()) {
        // A record whose owner is not known may be anybody's.
        const isTenants = (own(row.record, 'tenant') ?? tenant) === tenant
        const isTheirs = subject === undefined || (own(row.record, 'subject') ?? subject) === subject
        if (isTenants && isTheirs) left += 1
      }
      return left
    },
  }
}
