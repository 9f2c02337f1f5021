import { errorsOf } from '@phi/core'
import {
  type DisposalReceipt,
  dispositionErrors,
  type HoldEvent,
  parseHoldEvent,
  type RetentionStore,
  type RunProgress,
  type StoredRecord,
} from '@phi/retention'
import type { RetentionStoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const storeError = errorsOf(dispositionErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
export interface Parts {
  readonly copyIn: <T>(value: T) => T
  readonly copyOut: <T>(value: T) => T
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly compare: (a: string, b: string) => number
  readonly isAfter: (id: string, after: string, compare: Parts['compare']) => boolean
  readonly nextVersion: (now: string | undefined, counter: number) => string
  readonly isAsked: (id: string, ids: readonly string[]) => boolean
  readonly readEvent: (event: HoldEvent) => HoldEvent
  readonly mayAppend: (there: number, revision: number) => boolean
  readonly isKnown: (known: DisposalReceipt | undefined, receiptsOfRun: number) => boolean
  readonly holdsStand: (there: number, seen: number) => boolean
  readonly isThere: (row: StoredRecord, version: string) => boolean
  readonly keepsEmpty: boolean
  readonly receiptsAfter: (receipts: readonly DisposalReceipt[], run: string, after: number) => readonly DisposalReceipt[]
  readonly maySave: (there: number, version: number) => boolean
  readonly belongs: (
    facts: { tenant?: string; subject?: string; kind?: string },
    tenant: string,
    subject: string | undefined,
  ) => boolean
}

export const rightParts: Parts = {
  copyIn: structuredClone,
  copyOut: structuredClone,
  pause: async () => undefined,
  compare: (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
  isAfter: (id, after, compare) => compare(id, after) > 0,
  nextVersion: (_, counter) => String(counter),
  isAsked: (id, ids) => ids.includes(id),
  readEvent: parseHoldEvent,
  mayAppend: (there, revision) => there === revision,
  isKnown: (known) => known !== undefined,
  holdsStand: (there, seen) => there === seen,
  isThere: (row, version) => row.version === version,
  keepsEmpty: true,
  receiptsAfter: (receipts, run, after) =>
    receipts.filter((each) => each.run === run && each.sequence > after).toSorted((a, b) => a.sequence - b.sequence),
  maySave: (there, version) => version === there + 1,
  belongs: (facts, tenant, subject) => facts.tenant === tenant && (subject === undefined || facts.subject === subject),
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleRetentionStore(parts: Partial<Parts> = {}, locked = true): RetentionStoreUnderTest {
  const { copyIn, copyOut, pause, ...rules } = { ...rightParts, ...parts }
  const rows = new Map<string, StoredRecord>()
  const events: HoldEvent[] = []
  const receipts: DisposalReceipt[] = []
  const runs = new Map<string, RunProgress>()
  let counter = 0
  const { work, under } = backend(() => storeError('PHI_RETENTION_STORE_UNAVAILABLE'), locked)

  const handle = (): RetentionStore => ({
    records: (after, limit) =>
      work(async () => {
        const sorted = [...rows.values()].sort((a, b) => rules.compare(a.id, b.id))
        const rest = after === null ? sorted : sorted.filter(({ id }) => rules.isAfter(id, after, rules.compare))
        return copyOut(rest.slice(0, limit))
      }),
    get: (ids) => work(async () => copyOut([...rows.values()].filter(({ id }) => rules.isAsked(id, ids)))),
    holds: () => work(async () => copyOut(events)),
    appendHold: (event, revision) =>
      work(async () => {
        const read = rules.readEvent(copyIn(event))
        const there = events.length
        await pause()
        if (!rules.mayAppend(there, revision)) return 'conflict'
        events.push(read)
        return 'appended'
      }),
    dispose: (batch) =>
      work(async () => {
        const { run, sequence, note } = batch
        const known = receipts.find((each) => each.run === run && each.sequence === sequence)
        if (known !== undefined && rules.isKnown(known, receipts.length)) return { status: 'already', receipt: copyOut(known) }
        if (!rules.holdsStand(events.length, batch.holds)) return { status: 'holds-changed' }
        const there = batch.records.map(({ id }) => rows.get(id))
        await pause()
        const entries: string[] = []
        const left: { id: string; why: 'changed' | 'missing' }[] = []
        for (const [i, { id, version, entry }] of batch.records.entries()) {
          const row = there[i]
          if (row === undefined) left.push({ id, why: 'missing' })
          else if (!rules.isThere(row, version)) left.push({ id, why: 'changed' })
          else {
            rows.delete(id)
            entries.push(entry)
          }
        }
        const receipt: DisposalReceipt = copyIn({ run, sequence, note, entries, left })
        if (rules.keepsEmpty || batch.records.length > 0) receipts.push(receipt)
        return { status: 'disposed', receipt: copyOut(receipt) }
      }),
    receipts: (run, after, limit) => work(async () => copyOut(rules.receiptsAfter(receipts, run, after).slice(0, limit))),
    progress: (run) => work(async () => copyOut(runs.get(run) ?? null)),
    saveProgress: (progress) =>
      work(async () => {
        const there = runs.get(progress.run)?.version ?? 0
        await pause()
        if (!rules.maySave(there, progress.version)) return 'conflict'
        runs.set(progress.run, copyIn(progress))
        return 'saved'
      }),
    remaining: ({ tenant, subject }) =>
      work(async () => [...rows.values()].filter(({ record }) => rules.belongs(record as object, tenant, subject)).length),
  })

  return {
    ...under(handle),
    async put(records) {
      for (const { id, record } of records) {
        counter += 1
        rows.set(id, { id, version: rules.nextVersion(rows.get(id)?.version, counter), record: copyIn(record) })
      }
    },
  }
}
