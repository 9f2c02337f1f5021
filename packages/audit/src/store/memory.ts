import { auditError } from '../errors.ts'
import { type GroupName, groupNames, type Opening } from '../group.ts'
import { emptyHead } from '../head.ts'
import { searchTerms } from '../terms.ts'
import { queryTerms } from './query-terms.ts'
import type { AuditStore, Build, Extension, Head, LogKey, NewEntry, Pruned, StoredEntry, StoreQuery } from './store.ts'

interface MemoryLog {
  readonly tenant: string
  head: Head
  readonly entries: string[]
  readonly byEventId: Map<string, number>
  /** tiles[level][index]; level 0 stays empty, since leaf hashes follow from the leaves. */
  readonly tiles: string[][]
  readonly checkpoints: { size: number; note: string }[]
  readonly prunes: Pruned[]
}

const BATCH = 1000

/**
 * An entry as one text. A log of some size is a burden to the garbage collector as so many small objects, which it copies
 * around; as one text an entry it is not. Neither leaves nor canonical JSON nor base64 hold U+001E.
 */
function packed({ leaf, open }: NewEntry): string {
  const { event, actor, source, subject, context } = open
  return [
    leaf,
    event.salt,
    event.json,
    actor.salt,
    actor.json,
    source.salt,
    source.json,
    subject.salt,
    subject.json,
    context.salt,
    context.json,
  ].join('\x1e')
}

function unpacked(text: string, index: number): StoredEntry {
  const [leaf, ...rest] = text.split('\x1e') as [string, ...string[]]
  // A pruned entry is its leaf.
  if (rest.length === 0) return { index, leaf, open: {} }
  const open: Partial<Record<GroupName, Opening>> = {}
  groupNames.forEach((name, i) => {
    open[name] = { salt: rest[2 * i] as string, json: rest[2 * i + 1] as string }
  })
  return { index, leaf, open }
}

/** Whether an entry is the event that says that the log is pruned up to here. */
function isPruneEvent(entry: StoredEntry | undefined, to: number, event: number): boolean {
  if (entry?.open.event === undefined || entry.open.context === undefined || to > event) return false
  const { action, outcome } = JSON.parse(entry.open.event.json) as { action: unknown; outcome: unknown }
  const { details } = JSON.parse(entry.open.context.json) as { details?: { to?: unknown } }
  return action === 'prune' && outcome === 'success' && details?.to === to
}

/** Whether an entry has all the terms and lies in the time asked for. Groups that are gone match nothing. */
function matches(entry: StoredEntry, terms: readonly string[], query: StoreQuery): boolean {
  const texts = Object.fromEntries(groupNames.flatMap((name) => (entry.open[name] ? [[name, entry.open[name].json]] : [])))
  if (query.from !== undefined || query.until !== undefined || query.eventId !== undefined) {
    if (texts.event === undefined) return false
    const { id, occurredAt } = JSON.parse(texts.event) as { id: string; occurredAt: string }
    if (query.eventId !== undefined && id !== query.eventId) return false
    if (query.from !== undefined && occurredAt < query.from) return false
    if (query.until !== undefined && occurredAt >= query.until) return false
  }
  if (terms.length === 0) return true
  const own = new Set(searchTerms(texts))
  return terms.every((term) => own.has(term))
}

/**
 * Keeps logs in this process's memory: for tests, demonstrations and tools. Gone when the process ends, and one process only.
 */
export function memoryStore(): AuditStore {
  const logs = new Map<string, MemoryLog>()

  const find = ({ origin, tenant }: LogKey): MemoryLog => {
    const log = logs.get(origin)
    if (log === undefined) throw auditError('PHI_AUDIT_STORE', { detail: 'the log has not been opened' })
    if (log.tenant !== tenant) throw auditError('PHI_AUDIT_WRONG_TENANT')
    return log
  }

  const write = (log: MemoryLog, extension: Extension): void => {
    for (const entry of extension.entries) {
      log.entries.push(packed(entry))
      log.byEventId.set(entry.eventId, entry.index)
    }
    for (const { level, index, hash } of extension.tiles) {
      log.tiles[level] ??= []
      ;(log.tiles[level] as string[])[index] = hash
    }
    log.head = extension.head
  }

  return {
    async open({ origin, tenant }) {
      const log = logs.get(origin)
      if (log !== undefined && log.tenant !== tenant) throw auditError('PHI_AUDIT_WRONG_TENANT')
      if (log === undefined)
        logs.set(origin, { tenant, head: emptyHead, entries: [], byEventId: new Map(), tiles: [], checkpoints: [], prunes: [] })
    },

    async head(key) {
      return find(key).head
    },

    // Nothing here awaits between reading the head and writing it, so calls are serialised by the event loop.
    async extend(key: LogKey, eventIds: readonly string[], build: Build) {
      const log = find(key)
      const existing = new Map<string, StoredEntry>()
      for (const id of eventIds) {
        const index = log.byEventId.get(id)
        if (index !== undefined) existing.set(id, unpacked(log.entries[index] as string, index))
      }
      const extension = build({ head: log.head, existing })
      if (extension !== null) write(log, extension)
      return extension
    },

    async *read(key, { from, to }) {
      const { entries } = find(key)
      for (let start = from; start < Math.min(to, entries.length); start += BATCH) {
        yield entries.slice(start, Math.min(start + BATCH, to)).map((text, i) => unpacked(text, start + i))
      }
    },

    async find(key, query) {
      const { entries } = find(key)
      const terms = queryTerms(query)
      const found: StoredEntry[] = []
      const newest = query.order === 'newest'
      const step = newest ? -1 : 1
      let index = query.after === undefined ? (newest ? entries.length - 1 : 0) : query.after + step
      for (; index >= 0 && index < entries.length && found.length < query.limit; index += step) {
        const entry = unpacked(entries[index] as string, index)
        if (matches(entry, terms, query)) found.push(entry)
      }
      return found
    },

    async tiles(key, level, from, to) {
      const hashes = find(key).tiles[level]?.slice(from, to) ?? []
      if (hashes.length !== to - from) throw auditError('PHI_AUDIT_RANGE', { path: 'tiles' })
      return hashes
    },

    async checkpoints(key, options = {}) {
      const notes = find(key).checkpoints.map(({ note }) => note)
      return options.last === undefined ? notes : notes.slice(Math.max(0, notes.length - options.last))
    },

    async prunes(key) {
      return [...find(key).prunes]
    },

    async prune(key, { to, event }) {
      const { entries, byEventId, prunes } = find(key)
      const known = prunes.some((each) => each.to === to && each.event === event)
      if (!known) {
        const says = entries[event] === undefined ? undefined : unpacked(entries[event], event)
        if (!isPruneEvent(says, to, event))
          throw auditError('PHI_AUDIT_PRUNE', { path: 'event', detail: 'is no event that says so' })
        prunes.push({ to, event })
        prunes.sort((a, b) => a.to - b.to)
      }
      for (let index = 0; index < to; index++) entries[index] = (entries[index] as string).split('\x1e', 1)[0] as string
      for (const [id, index] of byEventId) if (index < to) byEventId.delete(id)
    },

    async saveCheckpoint(key, { size, note }) {
      const { checkpoints } = find(key)
      if (checkpoints.some((checkpoint) => checkpoint.note === note)) return
      checkpoints.push({ size, note })
      checkpoints.sort((a, b) => a.size - b.size)
    },
  }
}
