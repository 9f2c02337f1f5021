import { type AuditStore, openAuditLog } from '@phi/audit'
import { emptyHead } from '@phi/audit/store'
import { isPhiError } from '@phi/core'
import { anotherOf, type StoreCase, storeGap, storeHonesty } from '../../store/manifest.ts'
import { check, equal, fail, nameOf, refused, settlesWithin, succeeds } from '../../suite/assert.ts'
import { extensionsFor, freshLog, lastOf, readAll, readEvent, sameEntries, sameHead, write } from '../entries.ts'

const readers = (store: AuditStore, key: { tenant: string; origin: string }): [string, () => Promise<unknown>][] => [
  ['head', () => store.head(key)],
  [
    'read',
    async () => {
      for await (const _ of store.read(key, { from: 0, to: 10 }));
    },
  ],
  ['find', () => store.find(key, { order: 'newest', limit: 10 })],
  ['tiles', () => store.tiles(key, 1, 0, 1)],
  ['checkpoints', () => store.checkpoints(key)],
]

const UNKNOWN = ['PHI_AUDIT_STORE', 'PHI_AUDIT_WRONG_TENANT']

export const logCases: readonly StoreCase<AuditStore>[] = [
  {
    title: 'opens a log once: empty at first, and as it is when opened again',
    requirements: ['S95'],
    async run({ store }) {
      const key = freshLog()
      await succeeds(() => store.open(key), 'open')
      await sameHead(store, key, emptyHead, 'of a new log')
      sameEntries(await readAll(store, key, 0, 10), [], 'read of a new log')
      const extensions = await extensionsFor(key, [readEvent(), readEvent()])
      await write(store, key, extensions)
      await succeeds(() => store.open(key), 'open of a log that is there')
      await sameHead(store, key, lastOf(extensions).head, 'after the log was opened again')
    },
  },
  {
    title: 'opens a log for its own tenant only, and tells another one nothing of it',
    requirements: ['S98'],
    async run({ store }) {
      const key = freshLog()
      const extensions = await extensionsFor(key, [readEvent()])
      await write(store, key, extensions)
      const theirs = freshLog({ origin: key.origin })
      const remedy = 'An origin belongs to the tenant who opened it first.'
      await refused(() => store.open(theirs), ['PHI_AUDIT_WRONG_TENANT'], 'open of another tenant’s log', remedy)
      for (const [verb, work] of readers(store, theirs)) {
        await refused(work, UNKNOWN, `${verb} of another tenant’s log`, 'Nothing is also an answer: refuse.')
      }
      const build = () => fail('extend called the builder for another tenant’s log')
      const write_ = () => store.extend(theirs, [], build)
      await refused(write_, ['PHI_AUDIT_WRONG_TENANT', 'PHI_AUDIT_STORE'], 'extend of another tenant’s log', remedy)
      await sameHead(store, key, lastOf(extensions).head, 'after another tenant was refused')
    },
  },
  {
    title: 'says of a log that was never opened that it is not there: unknown is an error, not an empty answer',
    requirements: ['S95'],
    async run({ store }) {
      for (const [verb, work] of readers(store, freshLog())) {
        await refused(
          work,
          UNKNOWN,
          `${verb} of a log that was never opened`,
          'An empty answer would read as a log without entries.',
        )
      }
    },
  },
  {
    title: 'keeps logs apart, with the same event ids in both',
    requirements: ['S98'],
    async run({ store }) {
      const tenant = freshLog().tenant
      // Two of one tenant, one of another.
      const keys = [freshLog({ tenant }), freshLog({ tenant }), freshLog()]
      const made = []
      for (const [i, key] of keys.entries()) {
        const events = Array.from({ length: 3 + i }, (_, n) =>
          readEvent({ id: `e-${n}`, actor: { id: `u-${i}`, type: 'workforce' } }),
        )
        const extensions = await extensionsFor(key, events)
        await write(store, key, extensions)
        await succeeds(() => store.saveCheckpoint(key, { size: 3 + i, note: `note of ${i}\n` }), 'saveCheckpoint')
        made.push({ key, extensions })
      }
      for (const [i, { key, extensions }] of made.entries()) {
        const entries = extensions.flatMap((each) => each.entries)
        sameEntries(await readAll(store, key, 0, 100), entries, 'read of one log among three')
        const found = await succeeds(() => store.find(key, { order: 'oldest', limit: 100 }), 'find')
        sameEntries(found, entries, 'find in one log among three')
        const notes = await succeeds(() => store.checkpoints(key), 'checkpoints')
        equal(notes.join(), `note of ${i}\n`, 'the checkpoints of one log among three')
        await sameHead(store, key, lastOf(extensions).head, 'of one log among three')
      }
    },
  },
  {
    title: 'keeps signed notes byte for byte, by size, each once',
    requirements: ['S95'],
    async run({ store }) {
      const key = freshLog()
      await write(store, key, await extensionsFor(key, [readEvent(), readEvent(), readEvent()]))
      const none = await succeeds(() => store.checkpoints(key), 'checkpoints')
      equal(none.length, 0, 'the number of checkpoints before any was saved')
      const note = (size: number, line = 'a') => `${key.origin}\n${size}\nroot\n\n— ${line}ü\u2014 \tsignature=\n`
      const save = (size: number, text: string) =>
        succeeds(() => store.saveCheckpoint(key, { size, note: text }), 'saveCheckpoint')
      for (const size of [2, 3, 1]) await save(size, note(size))
      await save(2, note(2))
      const by = async (last?: number) =>
        (await succeeds(() => store.checkpoints(key, last === undefined ? {} : { last }), 'checkpoints')).join('|')
      equal(await by(), [note(1), note(2), note(3)].join('|'), 'checkpoints, oldest first by size')
      equal(await by(2), [note(2), note(3)].join('|'), 'the last two checkpoints')
      equal(await by(9), [note(1), note(2), note(3)].join('|'), 'the last nine checkpoints of three')
      await save(3, note(3, 'b'))
      const all = await succeeds(() => store.checkpoints(key), 'checkpoints')
      check(all.includes(note(3)) && all.includes(note(3, 'b')), 'two notes of one size must both be kept: they may be a fork')
      equal(all.length, 4, 'the number of checkpoints')
    },
  },
  {
    title: 'shows what one handle wrote to another at once',
    requirements: ['S95'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const stores = [under.store, await anotherOf(under)] as const
      const key = freshLog()
      const [mine, theirs] = [
        await openAuditLog({ ...key, store: stores[0] }),
        await openAuditLog({ ...key, store: stores[1] }),
      ]
      for (let i = 0; i < 6; i++) {
        const [log, reader] = i % 2 === 0 ? [mine, stores[1]] : [theirs, stores[0]]
        const id = `e-${i}`
        const { hash } = await succeeds(() => log.append(readEvent({ id })), 'append to a log that another handle extended')
        const head = await succeeds(() => reader.head(key), 'head')
        equal(head.size, i + 1, 'head on another handle: size')
        equal(head.lastHash, hash, 'head on another handle: lastHash')
        const found = await succeeds(() => reader.find(key, { eventId: id, order: 'newest', limit: 2 }), 'find')
        equal(found.map(({ index }) => index).join(), `${i}`, 'what find on another handle finds of the entry, by its index')
        equal((await readAll(reader, key, 0, 10)).length, i + 1, 'the number of entries that read on another handle yields')
      }
      await Promise.all([mine.close(), theirs.close()])
    },
  },
  {
    title: 'refuses everything, with errors worth a retry, while it cannot be reached, and has written nothing of it',
    requirements: ['S95'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run({ store, faults }) {
      check(faults !== undefined, 'open() gave no faults.unreachable(): give it, or declare unreachable: false')
      const key = freshLog()
      const [first, second] = await extensionsFor(key, [readEvent(), readEvent()])
      check(first !== undefined && second !== undefined, 'the suite made no extension')
      await write(store, key, [first])
      await faults.unreachable()
      const codes = ['PHI_AUDIT_UNAVAILABLE', 'PHI_AUDIT_OUTCOME_UNKNOWN']
      const remedy = 'UNAVAILABLE when nothing was written, OUTCOME_UNKNOWN when a commit was sent and its answer lost.'
      await refused(() => store.extend(key, [], () => second), codes, 'extend, with the store unreachable,', remedy)
      for (const [verb, work] of readers(store, key)) await worthARetry(verb, work)
      await faults.restore()
      await sameHead(store, key, first.head, 'once the store can be reached again')
      await write(store, key, [second])
      sameEntries(
        await readAll(store, key, 0, 10),
        [...first.entries, ...second.entries],
        'read once the store can be reached again',
      )
    },
  },
  storeHonesty,
]

/** Adapters have codes of their own for reads that fail. What counts is that they fail, and as what. */
async function worthARetry(verb: string, work: () => Promise<unknown>): Promise<void> {
  const what = `${verb}, with the store unreachable,`
  const late = `${what} does not settle`
  const outcome = await settlesWithin(30_000, work(), late).then(
    () => fail(`${what} succeeded: an empty answer would read as an empty log`),
    (error: unknown) => error,
  )
  check(
    isPhiError(outcome) && outcome.retryable,
    `${what} must be refused with a retryable PhiError, and was with ${nameOf(outcome)}`,
  )
}
