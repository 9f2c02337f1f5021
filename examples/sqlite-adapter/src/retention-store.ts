import {
  type DisposalReceipt,
  dispositionErrors,
  type HoldEvent,
  parseHoldEvent,
  type RetentionStore,
  type RunProgress,
} from '@phi/retention'
import { type Handle, refusals } from './database.ts'
import { documents, padded } from './documents.ts'
import { storeOf, type Verbs } from './store.ts'

export interface SqliteRetentionStore extends RetentionStore {
  /** Puts a record in, or in the place of the one with its id, with a version that no record ever had. */
  put(id: string, facts: object): Promise<void>
}
type Stored = { readonly id: string; readonly version: string; readonly record: unknown }

const LEFT = `select count(*) from document where kind = 'record' and json_extract(body, '$.record.tenant') = @tenant
  and (@subject is null or json_extract(body, '$.record.subject') = @subject)`

/** Records, holds and disposition runs. What comes out is parsed by @phi/retention before it is believed. */
export function sqliteRetentionStore(handle: Handle): SqliteRetentionStore {
  const [wrong, unavailable] = refusals(dispositionErrors, 'PHI_RETENTION_STORE', 'PHI_RETENTION_STORE_UNAVAILABLE')
  const remove = handle.prepare(`delete from document where kind = 'record' and id = ?`)
  // A version is the place in the file, which is never given twice.
  const stored = (value: unknown, { seq }: { seq: number }): Stored => ({ ...(value as Stored), version: `${seq}` })
  const records = documents(handle, 'record', wrong, ({ id }) => [id, '', ''], stored)
  const holds = documents<{ n: number; event: HoldEvent }>(handle, 'hold', wrong, ({ n }) => [padded(n), '', ''])
  const receiptId = (run: string, sequence: number): string => `${run} ${padded(sequence)}`
  const placeOf = ({ run, sequence }: DisposalReceipt) => [receiptId(run, sequence), run, ''] as const
  const receipts = documents<DisposalReceipt>(handle, 'receipt', wrong, placeOf)
  const runs = documents<RunProgress>(handle, 'run', wrong, ({ run }) => [run, '', ''])
  const left = handle.prepare(LEFT).pluck()
  const get = (ids: readonly string[]): Stored[] => [...new Set(ids)].flatMap((id) => records.get(id) ?? [])
  const verbs: Verbs<SqliteRetentionStore> = {
    records: (after, limit) => records.list({ after, limit }),
    get,
    holds: () => holds.list().map(({ event }) => event),
    receipts: (run, after, limit) => receipts.list({ owner: run, after: receiptId(run, after), limit }),
    progress: (run) => runs.get(run) ?? null,
    remaining: ({ tenant, subject }) => left.get({ tenant, subject: subject ?? null }) as number,
    put(id, facts) {
      remove.run(id)
      records.put({ id, version: '', record: facts }, undefined)
    },
    appendHold: (event, revision) =>
      holds.list().length === revision ? holds.put({ n: revision, event: parseHoldEvent(event) }, 'appended') : 'conflict',
    dispose({ run, sequence, holds: seen, note, records: asked }) {
      const known = receipts.get(receiptId(run, sequence))
      if (known !== undefined) return { status: 'already', receipt: known }
      if (holds.list().length !== seen) return { status: 'holds-changed' }
      const there = new Map(get(asked.map(({ id }) => id)).map(({ id, version }) => [id, version]))
      const gone = asked.filter(({ id, version }) => there.get(id) === version && remove.run(id).changes === 1)
      const rest = asked.filter((each) => !gone.includes(each))
      const why = rest.map(({ id }) => ({ id, why: there.has(id) ? ('changed' as const) : ('missing' as const) }))
      const receipt = { run, sequence, note, entries: gone.map(({ entry }) => entry), left: why }
      return receipts.put(receipt, { status: 'disposed', receipt })
    },
    saveProgress: (progress) =>
      progress.version === (runs.get(progress.run)?.version ?? 0) + 1 ? runs.put(progress, 'saved') : 'conflict',
  }
  return storeOf(handle, [unavailable], verbs, ['records', 'get', 'holds', 'receipts', 'progress', 'remaining'])
}
