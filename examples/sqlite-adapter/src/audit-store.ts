import {
  type AuditStore,
  auditError,
  emptyHead,
  type Head,
  type LogKey,
  queryTerms,
  type StoredEntry,
  type TileHash,
} from '@phi/audit/store'
import { sha256Base64, utf8 } from '@phi/core'
import { type Handle, type Refuse, refusal } from './database.ts'
import { documents, padded } from './documents.ts'
import { storeOf, type Verbs } from './store.ts'

const PAGE = 500
const HAS = 'and exists (select 1 from term t where t.owner = d.owner and t.id = d.id and'
const wrong: Refuse = (context) => auditError('PHI_AUDIT_STORE', context)
const unavailable: Refuse = (context) => auditError('PHI_AUDIT_UNAVAILABLE', context)
const unknown: Refuse = (context) => auditError('PHI_AUDIT_OUTCOME_UNKNOWN', context)

type Kept = { readonly tenant: string; readonly head: Head }
type Note = { readonly size: number; readonly note: string }
type Log = Pick<AuditStore, 'open' | 'head' | 'extend' | 'find' | 'tiles' | 'checkpoints' | 'saveCheckpoint'> & {
  page(key: LogKey, from: number, to: number): Promise<readonly StoredEntry[]>
}

/** The verbs on a handle that has a transaction open. Texts come out as they lie there: the verifier tells what somebody changed. */
function logOn(handle: Handle, { tenant, origin }: LogKey) {
  const idOf = (...numbers: number[]): string => `${origin} ${numbers.map(padded).join(' ')}`
  const termsOf = (id: string) => handle.prepare('select term from term where id = ?').pluck().all(id) as string[]
  const noteId = ({ size, note }: Note): string => `${idOf(size)} ${sha256Base64(utf8(note))}`
  const logs = documents<Kept>(handle, 'log', wrong, () => [origin, tenant, ''])
  const tiles = documents<TileHash>(handle, 'tile', wrong, ({ level, index }) => [idOf(level, index), origin, `${level}`])
  const notes = documents<Note>(handle, 'checkpoint', wrong, (note) => [noteId(note), origin, ''])
  const entryOf = (value: unknown, { id }: { id: string }) => ({ ...(value as StoredEntry), terms: termsOf(id) })
  const entries = documents<StoredEntry>(handle, 'entry', wrong, ({ index }) => [idOf(index), origin, ''], entryOf)
  const head = (): Head => {
    const log = logs.get(origin)
    if (log === undefined) throw wrong({ detail: 'the log has not been opened' })
    if (log.tenant !== tenant) throw auditError('PHI_AUDIT_WRONG_TENANT')
    return log.head
  }
  return { idOf, head, logs, tiles, notes, noteId, entries }
}

const verbsOn = (handle: Handle): Verbs<Log> => ({
  open(key) {
    const { logs, head } = logOn(handle, key)
    if (logs.get(key.origin) === undefined) logs.put({ tenant: key.tenant, head: emptyHead }, undefined)
    head()
  },
  head: (key) => logOn(handle, key).head(),
  extend(key, eventIds, build) {
    const { head, entries, tiles, logs, idOf } = logOn(handle, key)
    const byTerm = handle.prepare('select id from term where owner = ? and term = ?').pluck()
    const existing = new Map<string, StoredEntry>()
    for (const eventId of eventIds) {
      const id = byTerm.get(key.origin, `id:${eventId}`) as string | undefined
      if (id !== undefined) existing.set(eventId, entries.get(id) as StoredEntry)
    }
    const extension = build({ head: head(), existing })
    if (extension === null) return null
    const addTerm = handle.prepare('insert into term values (?, ?, ?)')
    for (const { index, leaf, open, terms } of extension.entries) {
      entries.put({ index, leaf, open }, undefined)
      for (const term of new Set(terms)) addTerm.run(key.origin, term, idOf(index))
    }
    for (const tile of extension.tiles) tiles.put(tile, undefined)
    return logs.put({ tenant: key.tenant, head: extension.head }, extension)
  },
  page(key, from, to) {
    const { head, entries, idOf } = logOn(handle, key)
    const after = from === 0 ? `${key.origin} ` : idOf(from - 1)
    return head() && entries.list({ owner: key.origin, about: '', after, limit: Math.min(PAGE, to - from) })
  },
  find(key, query) {
    const { head, entries, idOf } = logOn(handle, key)
    const params: unknown[] = [...queryTerms(query), ...(query.eventId === undefined ? [] : [`id:${query.eventId}`])]
    let where = ` ${HAS} t.term = ?)`.repeat(params.length)
    const add = (condition: string, value: unknown): void => {
      if (value !== undefined) where += ` ${condition}`
      if (value !== undefined) params.push(value)
    }
    add(`${HAS} t.term >= 'at:' || ? and t.term < 'at;')`, query.from)
    add(`${HAS} t.term >= 'at:' and t.term < 'at:' || ?)`, query.until)
    add(`and d.id ${query.order === 'newest' ? '<' : '>'} ?`, query.after === undefined ? undefined : idOf(query.after))
    const order = `order by d.id ${query.order === 'newest' ? 'desc' : 'asc'} limit ?`
    const sql = `select d.id from document d where kind = 'entry' and owner = ? and about = '' ${where} ${order}`
    const ids = handle.prepare(sql).pluck()
    return (head() && (ids.all(key.origin, ...params, query.limit) as string[])).map((id) => entries.get(id) as StoredEntry)
  },
  tiles(key, level, from, to) {
    const { head, tiles, idOf } = logOn(handle, key)
    const after = from === 0 ? `${idOf(level)} ` : idOf(level, from - 1)
    const there = head() && tiles.list({ owner: key.origin, about: `${level}`, after, limit: to - from })
    if (there.length !== to - from) throw auditError('PHI_AUDIT_RANGE', { path: 'tiles' })
    return there.map(({ hash }) => hash)
  },
  checkpoints(key, { last = Number.MAX_SAFE_INTEGER } = {}) {
    const { head, notes } = logOn(handle, key)
    return (head() && notes.list({ owner: key.origin })).slice(-last).map(({ note }) => note)
  },
  saveCheckpoint(key, note) {
    const { head, notes, noteId } = logOn(handle, key)
    if (head() && notes.get(noteId(note)) === undefined) notes.put(note, undefined)
  },
})

/**
 * Audit logs in SQLite. Give the store a handle of its own; `appendIn` takes another handle on the same file, in a transaction that the
 * caller began. The file has one write lock, so nothing else can be committed meanwhile: hence `singleConnection`.
 */
export function sqliteAuditStore(handle: Handle): AuditStore<Handle> {
  const reading: (keyof Log)[] = ['head', 'page', 'find', 'tiles', 'checkpoints']
  const { page, ...verbs } = storeOf(handle, [unavailable, unknown], verbsOn(handle), reading)
  return {
    ...verbs,
    singleConnection: true,
    async extendIn(tx, key, eventIds, build) {
      if (!tx.inTransaction) throw wrong({ detail: 'the handle has no transaction open' })
      try {
        return verbsOn(tx).extend(key, eventIds, build)
      } catch (error) {
        throw refusal(error, unavailable)
      }
    },
    // Any transaction that writes holds the one lock.
    holds: async (tx) => tx.inTransaction,
    async *read(key, { from, to }) {
      for (let next: number | undefined = from; next !== undefined; ) {
        const found: readonly StoredEntry[] = (await page(key, next, to)).filter(({ index }) => index < to)
        if (found.length > 0) yield found
        next = found.length === 0 ? undefined : (found.at(-1) as StoredEntry).index + 1
      }
    },
  }
}
