import { type AuditEventInput, type AuditStore, memoryStore, openAuditLog } from '@phi/audit'
import { type Extension, groupNames, type Head, type LogKey, type StoredEntry } from '@phi/audit/store'
import { toHex } from '@phi/core'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

/** A log that nobody has opened yet. */
export const freshLog = (more: Partial<LogKey> = {}): LogKey => ({
  tenant: `suite-${toHex(freshBytes(5))}`,
  origin: `suite.example/${toHex(freshBytes(6))}`,
  ...more,
})

export const readEvent = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  context: { purpose: 'TREAT' },
  ...more,
})

/**
 * What the library itself would have a store write for these events: the extensions of a log in memory, to be given to the store
 * under test text by text. One extension an event, or one for all.
 */
export async function extensionsFor(
  key: LogKey,
  events: readonly AuditEventInput[],
  together = false,
): Promise<readonly Extension[]> {
  const made: Extension[] = []
  const memory = memoryStore()
  const store: AuditStore = {
    ...memory,
    async extend(log, ids, build) {
      const extension = await memory.extend(log, ids, build)
      if (extension !== null) made.push(extension)
      return extension
    },
  }
  const log = await openAuditLog({ ...key, store })
  if (together) await Promise.all(events.map((event) => log.append(event)))
  else for (const event of events) await log.append(event)
  await log.close()
  return made
}

/** Opens the log and writes the extensions, each where it belongs. */
export async function write(store: AuditStore, key: LogKey, extensions: readonly Extension[]): Promise<void> {
  await succeeds(() => store.open(key), 'open')
  for (const extension of extensions) {
    const from = extension.head.size - extension.entries.length
    const ids = extension.entries.map(({ eventId }) => eventId)
    const written = await succeeds(
      () => store.extend(key, ids, ({ head }) => (head.size === from ? extension : null)),
      'extend',
    )
    check(written !== null, 'extend answered with null: the builder was not called with the head that the last extension left')
    equal(
      written.head.size,
      extension.head.size,
      'extend must answer with the extension that was written: the size of its head',
    )
  }
}

/** Everything that a read yields, as one list. */
export async function readAll(store: AuditStore, key: LogKey, from: number, to: number): Promise<StoredEntry[]> {
  const work = async () => {
    const entries: StoredEntry[] = []
    for await (const batch of store.read(key, { from, to })) entries.push(...batch)
    return entries
  }
  return succeeds(work, `read from ${from} to ${to}`)
}

/** Index, leaf, and the salt and text of every group, as they were written: no byte may differ, since all of them are hashed. */
export function sameEntry(actual: StoredEntry | undefined, expected: StoredEntry, what: string): void {
  check(actual !== undefined, `${what} answered with nothing, and the entry is there`)
  equal(actual.index, expected.index, `${what}: index`)
  check(actual.leaf === expected.leaf, `${what}: the leaf is not the text that was written`)
  for (const name of groupNames) {
    const [is, was] = [actual.open[name], expected.open[name]]
    check(is?.salt === was?.salt, `${what}: the salt of the group ${name} is not the one that was written`)
    check(
      is?.json === was?.json,
      `${what}: the text of the group ${name} is not the one that was written: keep it as text, not as JSON`,
    )
  }
}

export function sameEntries(actual: readonly StoredEntry[], expected: readonly StoredEntry[], what: string): void {
  const indices = (entries: readonly StoredEntry[]) => entries.map(({ index }) => index).join(' ')
  equal(indices(actual), indices(expected), `${what}: the indices of the entries, in order`)
  for (const [i, entry] of actual.entries()) sameEntry(entry, expected[i] as StoredEntry, `${what}, entry ${i}`)
}

export async function sameHead(store: AuditStore, key: LogKey, expected: Head, when: string): Promise<void> {
  const head = await succeeds(() => store.head(key), 'head')
  for (const name of ['size', 'lastHash', 'recordedAt'] as const) equal(head[name], expected[name], `head ${when}: ${name}`)
  check(Array.isArray(head.frontier), `head ${when}: frontier must be an array`)
  equal(head.frontier.join(' '), expected.frontier.join(' '), `head ${when}: frontier`)
}

/** The last of a list that is not empty. */
export const lastOf = <T>(list: readonly T[]): T => list.at(-1) ?? fail('the suite made no extension')
