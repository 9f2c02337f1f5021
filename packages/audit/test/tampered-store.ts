import { isPhiError } from '@phi/core'
import { auditError } from '../src/errors.ts'
import { type GroupName, groupNames, type Opening, type PreparedEntry, prepareEntry } from '../src/group.ts'
import { GENESIS_HASH, parseLeaf } from '../src/leaf.ts'
import { linkEntries } from '../src/link.ts'
import type { AuditStore, Head, LogKey, StoredEntry } from '../src/store/store.ts'

type Mutable<T> = T extends string | number | boolean | undefined ? T : { -readonly [Key in keyof T]: Mutable<T[Key]> }

/** Everything that a store keeps of a log, to be edited as the owner of a database could edit it. */
export interface Rows {
  entries: Mutable<StoredEntry>[]
  head: Mutable<Head>
  checkpoints: string[]
  /** tiles[level][index]; a deleted one is undefined. */
  tiles: (string | undefined)[][]
}

/** A copy of what a store keeps. */
export async function rowsOf(store: AuditStore, log: LogKey): Promise<Rows> {
  const head = structuredClone(await store.head(log)) as Mutable<Head>
  const entries: Mutable<StoredEntry>[] = []
  for await (const batch of store.read(log, { from: 0, to: head.size }))
    entries.push(...(structuredClone(batch) as Mutable<StoredEntry>[]))
  const tiles: string[][] = [[]]
  for (let level = 1; 256 ** level <= head.size; level++) {
    tiles.push([...(await store.tiles(log, level, 0, Math.floor(head.size / 256 ** level)))])
  }
  return { entries, head, checkpoints: [...(await store.checkpoints(log))], tiles }
}

/** A store that serves rows as they are, without judging them. */
export function storeOf(rows: Rows): AuditStore {
  const refuse = async () => {
    throw auditError('PHI_AUDIT_UNAVAILABLE')
  }
  return {
    open: async () => {},
    head: async () => rows.head,
    extend: refuse,
    async *read(_log, { from, to }) {
      const found = rows.entries.filter((entry, position) => {
        const index: unknown = (entry as { index?: unknown } | null)?.index
        const at = typeof index === 'number' ? index : position
        return at >= from && at < to
      })
      for (let at = 0; at < found.length; at += 64) yield found.slice(at, at + 64)
    },
    find: async () => [],
    async tiles(_log, level, from, to) {
      const hashes = rows.tiles[level]?.slice(from, to) ?? []
      if (hashes.length !== to - from || hashes.includes(undefined)) throw auditError('PHI_AUDIT_RANGE', { path: 'tiles' })
      return hashes as string[]
    },
    checkpoints: async () => rows.checkpoints,
    saveCheckpoint: refuse,
  }
}

/** The log as it is after somebody with write access to the database has edited it. */
export async function tampered(
  store: AuditStore,
  log: LogKey,
  edit: (rows: Rows) => void | Promise<void>,
): Promise<AuditStore> {
  const rows = await rowsOf(store, log)
  await edit(rows)
  return storeOf(rows)
}

/**
 * What somebody does who owns the database and knows the format: writes the rows anew from `from` on, with salts, leaves, links,
 * tiles and head to match. Only the signatures are beyond them.
 */
export function rewrite(
  rows: Rows,
  from: number,
  edit: (texts: Record<GroupName, string>, index: number) => void,
  start: string = GENESIS_HASH,
): void {
  let head: Head = { size: 0, lastHash: start, recordedAt: '', frontier: [] }
  const all = rows.entries
  rows.entries = []
  rows.tiles = [[]]
  for (const [index, entry] of all.entries()) {
    const { recordedAt } = parseLeaf(entry.leaf)
    const openings = entry.open as Record<GroupName, Opening>
    const texts = Object.fromEntries(groupNames.map((name) => [name, openings[name].json])) as Record<GroupName, string>
    if (index >= from) edit(texts, index)
    let prepared: PreparedEntry = prepareEntry('', texts, [])
    if (index < from) prepared = { ...prepared, open: openings, commitments: entry.leaf.split('\n').slice(5).join('\n') }
    const extension = linkEntries(parseLeaf(entry.leaf).origin, head, [prepared], Date.parse(recordedAt))
    rows.entries.push(...extension.entries.map(({ index, leaf, open }) => ({ index, leaf, open })))
    for (const { level, index, hash } of extension.tiles) {
      rows.tiles[level] ??= []
      ;(rows.tiles[level] as string[])[index] = hash
    }
    head = extension.head
  }
  rows.head = structuredClone(head) as Rows['head']
}

/** The other text of the same length that differs in one bit, and is text still. */
export function flipBit(text: string, at: number): string {
  const code = text.charCodeAt(at)
  return text.slice(0, at) + String.fromCharCode(code ^ 1) + text.slice(at + 1)
}

/** The same text with another base64 character at one place: still base64. */
export const otherBase64 = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

export const codeOf = async (attempt: () => unknown): Promise<string> => {
  try {
    await attempt()
    return 'no error'
  } catch (error) {
    return isPhiError(error) ? error.code : `not a PhiError: ${String(error)}`
  }
}
