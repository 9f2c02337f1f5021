import { type AuditLog, type AuditStore, openAuditLog, verifyLog } from '@phi/audit'
import { auditError, type Extension, type LogKey, type StoredEntry } from '@phi/audit/store'
import { anotherOf, type StoreCase, storeGap } from '../../store/manifest.ts'
import { check, equal, fail, nameOf, succeeds } from '../../suite/assert.ts'
import { extensionsFor, freshLog, lastOf, readAll, readEvent, sameEntries, sameEntry, sameHead, write } from '../entries.ts'

const WRITERS = 8
const EACH = 16

/** Logs on the same key, by turns on the handles: each chains onto the head as it knows it, as processes of their own would. */
async function crowd(stores: readonly AuditStore[], key: LogKey): Promise<AuditLog[]> {
  const logs: AuditLog[] = []
  for (let i = 0; i < WRITERS; i++) logs.push(await openAuditLog({ ...key, store: stores[i % stores.length] as AuditStore }))
  return logs
}

const closeAll = (logs: readonly AuditLog[]) => Promise.all(logs.map((log) => log.close()))

/** Every value, link and tree hash of the log, as its verifier sees them. Without a checkpoint nothing is ever 'intact'. */
async function isUnbroken(store: AuditStore, key: LogKey, size: number, what: string): Promise<void> {
  const report = await succeeds(() => verifyLog(store, key, { keys: [] }), 'verifyLog')
  const breaks = report.findings.filter(({ severity }) => severity === 'break').map(({ code, index }) => `${code} at ${index}`)
  equal(breaks.join(', '), '', `${what}: what the verifier of @phi/audit finds`)
  equal(report.coverage.checked, size, `${what}: the number of entries that the verifier read`)
}

async function writersShareALog(stores: readonly AuditStore[]): Promise<void> {
  const [store] = stores as [AuditStore]
  const key = freshLog()
  const logs = await crowd(stores, key)
  const appends = logs.flatMap((log, i) => Array.from({ length: EACH }, (_, n) => log.append(readEvent({ id: `w-${i}-${n}` }))))
  const receipts = await succeeds(() => Promise.all(appends), `${WRITERS * EACH} appends by ${WRITERS} writers at once`)
  await closeAll(logs)
  const indices = new Set(receipts.map(({ index }) => index))
  equal(indices.size, WRITERS * EACH, 'the number of different indices in the receipts (two writers were given one place)')
  await isUnbroken(store, key, WRITERS * EACH, `a log by ${WRITERS} writers at once`)
}

async function retriesAreOneEntry(stores: readonly AuditStore[]): Promise<void> {
  const [store] = stores as [AuditStore]
  const key = freshLog()
  const logs = await crowd(stores, key)
  const event = readEvent({ id: 'order-1', occurredAt: '2026-11-22T10:00:00.000Z' })
  const receipts = await succeeds(
    () => Promise.all(Array.from({ length: 32 }, (_, i) => (logs[i % WRITERS] as AuditLog).append(event))),
    '32 appends of one event by several writers at once',
  )
  await closeAll(logs)
  equal(receipts.filter(({ duplicate }) => !duplicate).length, 1, 'how many of 32 appends of one event wrote it')
  await isUnbroken(store, key, 1, 'a log with one event that was appended 32 times')
}

export const extendingCases: readonly StoreCase<AuditStore>[] = [
  {
    title: 'gives back every text as it was written, byte for byte, and the head',
    requirements: ['S6', 'S95'],
    async run({ store }) {
      const key = freshLog()
      const texts = ['“ok” \u{1f642} é e\u0301', '\\u0041 \\ " / \u2028 \u0000 \u001f \t', '1e400 -0 1.0', 'x'.repeat(2048)]
      const events = [
        ...texts.map((reason) => readEvent({ context: { purpose: 'TREAT', reason } })),
        readEvent({ subject: { patients: Array.from({ length: 100 }, (_, i) => `p-${i}'"\\`) } }),
        { action: 'login', outcome: 'denied', actor: { id: 'ü%_', type: 'patient' } } as const,
      ]
      const extensions = await extensionsFor(key, events)
      for (const [i, extension] of extensions.entries()) {
        await write(store, key, [extension])
        await sameHead(store, key, extension.head, `after extension ${i}`)
      }
      const entries = extensions.flatMap((each) => each.entries)
      sameEntries(await readAll(store, key, 0, entries.length), entries, 'read')
      sameEntries(await succeeds(() => store.find(key, { order: 'oldest', limit: 100 }), 'find'), entries, 'find')
      await isUnbroken(store, key, entries.length, 'the log')
    },
  },
  {
    title: 'writes an extension of many entries with its tree hashes, and reads any range of it in order',
    requirements: ['S95'],
    async run({ store }) {
      const key = freshLog()
      const extensions = await extensionsFor(
        key,
        Array.from({ length: 600 }, () => readEvent()),
        true,
      )
      await write(store, key, extensions)
      const entries: StoredEntry[] = extensions.flatMap((each) => each.entries)
      equal(entries.length, 600, 'entries that the suite made')
      for (const [from, to] of [
        [0, 600],
        [0, 1],
        [599, 600],
        [255, 258],
        [300, 300],
        [590, 1000],
        [600, 700],
      ] as const) {
        sameEntries(await readAll(store, key, from, to), entries.slice(from, to), `read from ${from} to ${to} of 600`)
      }
      const hashes = extensions.flatMap(({ tiles }) => tiles).filter(({ level }) => level === 1)
      equal(hashes.length, 2, 'tree hashes of level 1 that the suite made')
      const tiles = await succeeds(() => store.tiles(key, 1, 0, 2), 'tiles')
      equal(tiles.join(), hashes.map(({ hash }) => hash).join(), 'the tree hashes of level 1')
      equal(
        (await succeeds(() => store.tiles(key, 1, 1, 2), 'tiles')).join(),
        hashes[1]?.hash,
        'the second tree hash of level 1',
      )
      for (const [level, from, to] of [
        [1, 0, 3],
        [1, 2, 3],
        [2, 0, 1],
      ] as const) {
        const outcome = await store.tiles(key, level, from, to).then(
          () => 'an answer',
          (error: unknown) => nameOf(error),
        )
        equal(outcome, 'PHI_AUDIT_RANGE', `tiles that are not all there (level ${level}, ${from} to ${to}): a gap is an error`)
      }
      await isUnbroken(store, key, 600, 'the log')
    },
  },
  {
    title: 'writes nothing where the builder writes nothing or throws',
    requirements: ['S95'],
    async run({ store }) {
      const key = freshLog()
      const [first, second] = (await extensionsFor(key, [readEvent(), readEvent()])) as [Extension, Extension]
      await write(store, key, [first])
      const nothing = await succeeds(() => store.extend(key, ['e-9'], () => null), 'extend')
      check(nothing === null, 'extend must answer with null where the builder had nothing to write')
      const thrown = auditError('PHI_AUDIT_STORE', { detail: 'thrown by the builder' })
      const outcome = await store
        .extend(key, [], () => {
          throw thrown
        })
        .catch((error: unknown) => error)
      check(outcome === thrown, 'extend must reject with what the builder threw')
      await sameHead(store, key, first.head, 'after builders that wrote nothing')
      await write(store, key, [second])
      sameEntries(
        await readAll(store, key, 0, 10),
        [...first.entries, ...second.entries],
        'read after builders that wrote nothing',
      )
    },
  },
  {
    title: 'tells the builder which of the event ids are taken, and by which entries',
    requirements: ['S95'],
    async run({ store }) {
      const key = freshLog()
      const ids = ['order-1', 'order-2', 'Order-1', 'order-1.', 'order_1', 'order-%', `';--"\\`]
      const extensions = await extensionsFor(
        key,
        ids.map((id) => readEvent({ id })),
      )
      await write(store, key, extensions)
      const other = freshLog()
      await write(store, other, await extensionsFor(other, [readEvent({ id: 'elsewhere' })]))
      for (const entry of extensions.flatMap((each) => each.entries)) {
        // A store that trusts its idea of the head calls first without looking: it must look once it would collide.
        const again = { ...entry, index: extensions.length }
        const head = { ...lastOf(extensions).head, size: extensions.length + 1 }
        const seen: StoredEntry[] = []
        const asked = [entry.eventId, 'never', 'elsewhere']
        const build = ({ existing }: { existing: ReadonlyMap<string, StoredEntry> }): Extension | null => {
          const taken = existing.get(entry.eventId)
          if (taken === undefined) return { entries: [again], tiles: [], head }
          seen.push(taken)
          if (existing.has('never') || existing.has('elsewhere'))
            fail('the builder was told of an event id that is not in the log')
          return null
        }
        const outcome = await succeeds(() => store.extend(key, asked, build), 'extend with a taken event id')
        check(outcome === null, 'extend with an event id that is taken wrote a second entry under it')
        sameEntry(seen.at(-1), entry, 'the entry that the builder is told of')
      }
      await sameHead(store, key, lastOf(extensions).head, 'after extensions with taken event ids')
    },
  },
  {
    title: `lets ${WRITERS} writers extend one log at once, as one chain`,
    requirements: ['S95'],
    run: ({ store }) => writersShareALog([store]),
  },
  {
    title: 'writes an event once that several writers append at once',
    requirements: ['S95'],
    run: ({ store }) => retriesAreOneEntry([store]),
  },
  {
    title: 'lets writers on two handles extend one log at once, as one chain, each event once',
    requirements: ['S95'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const stores = [under.store, await anotherOf(under)]
      await writersShareALog(stores)
      await retriesAreOneEntry(stores)
    },
  },
]
