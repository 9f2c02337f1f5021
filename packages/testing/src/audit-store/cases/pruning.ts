import type { Extension, LogKey } from '@phi/audit/store'
import { check, equal, refused, succeeds } from '../../suite/assert.ts'
import { type AuditDepthUnderTest, type DepthCase, depthGap, verbOf } from '../depth.ts'
import { extensionsFor, freshLog, lastOf, readAll, readEvent, sameEntry, sameHead, write } from '../entries.ts'

const skip = depthGap('prune')
const OLD = 6
const remedy = 'Texts go only where the log holds an entry that says so.'

const pruneEvent = (to: number, more: object = {}) =>
  readEvent({ id: `prune-${to}`, action: 'prune', subject: undefined, context: { details: { from: 0, to } }, ...more })

/** A log of some entries and an event that announces the pruning of the first ones. */
async function announced(
  { store }: AuditDepthUnderTest,
  event = pruneEvent(OLD),
): Promise<{ key: LogKey; extensions: readonly Extension[] }> {
  const key = freshLog()
  const old = Array.from({ length: OLD + 2 }, (_, i) => readEvent({ id: `e-${i}`, subject: { patients: [`p-${i}`] } }))
  const extensions = await extensionsFor(key, [...old, event])
  await write(store, key, extensions)
  return { key, extensions }
}

export const pruningCases: readonly DepthCase[] = [
  {
    title: 'takes texts and salts of pruned entries away, and nothing else',
    requirements: ['S91'],
    skip,
    async run(under) {
      const { store } = under
      const prune = verbOf(store, 'prune', 'prune')
      const prunes = verbOf(store, 'prunes', 'prune')
      const { key, extensions } = await announced(under)
      const event = OLD + 2
      equal((await prunes(key)).length, 0, 'prunings before the first')
      await succeeds(() => prune(key, { to: OLD, event }), 'prune')
      const written = extensions.flatMap(({ entries }) => entries)
      const left = await readAll(store, key, 0, 100)
      equal(left.map(({ index }) => index).join(), written.map(({ index }) => index).join(), 'indices of what is left')
      for (const [i, entry] of left.entries()) {
        const was = written[i] as (typeof written)[number]
        check(entry.leaf === was.leaf, `entry ${i}: the leaf is not the text that was written`)
        if (i < OLD) equal(Object.keys(entry.open).length, 0, `entry ${i}: groups that still have a text or a salt`)
        else sameEntry(entry, was, `entry ${i}, which was not pruned`)
      }
      await sameHead(store, key, lastOf(extensions).head, 'after pruning')
      const found = await store.find(key, { order: 'oldest', limit: 100 })
      check(!found.some(({ index, open }) => index < OLD && open.subject !== undefined), 'find shows a text that was pruned')
      equal(
        (await store.find(key, { order: 'oldest', limit: 10, patient: 'p-1' })).length,
        0,
        'entries found by a patient of a pruned one',
      )
      equal(
        (await store.find(key, { order: 'oldest', limit: 10, patient: `p-${OLD}` })).length,
        1,
        'entries found by a patient of one that stayed',
      )
      equal((await prunes(key)).map(({ to, event: by }) => `${to} by ${by}`).join(), `${OLD} by ${event}`, 'prunings')
    },
  },
  {
    title: 'prunes nothing that no entry announces, or announces otherwise',
    requirements: ['S91', 'S95'],
    skip,
    async run(under) {
      const { store } = under
      const prune = verbOf(store, 'prune', 'prune')
      const { key } = await announced(under)
      const event = OLD + 2
      for (const claim of [
        { to: OLD + 1, event },
        { to: OLD - 1, event },
        { to: OLD, event: event - 1 },
        { to: OLD, event: event + 1 },
      ])
        await refused(
          () => prune(key, claim),
          ['PHI_AUDIT_PRUNE'],
          `prune up to ${claim.to} as entry ${claim.event} says`,
          remedy,
        )
      const failed = await announced(under, pruneEvent(OLD, { outcome: 'failure' }))
      await refused(() => prune(failed.key, { to: OLD, event }), ['PHI_AUDIT_PRUNE'], 'prune by an event that failed', remedy)
      for (const { open } of await readAll(store, key, 0, 100))
        equal(Object.keys(open).length, 5, 'groups of an entry after a refusal')
    },
  },
  {
    title: 'prunes once: the same again does nothing',
    skip,
    async run(under) {
      const { store } = under
      const prune = verbOf(store, 'prune', 'prune')
      const { key } = await announced(under)
      await prune(key, { to: OLD, event: OLD + 2 })
      await succeeds(() => prune(key, { to: OLD, event: OLD + 2 }), 'prune, the same again')
      const prunes = verbOf(store, 'prunes', 'prune')
      equal((await prunes(key)).length, 1, 'prunings after the same one came twice')
    },
  },
  {
    title: 'takes an event id of a pruned entry anew',
    skip,
    async run(under) {
      const { store } = under
      const prune = verbOf(store, 'prune', 'prune')
      const { key } = await announced(under)
      await prune(key, { to: OLD, event: OLD + 2 })
      let taken: string[] = []
      await store.extend(key, ['e-0', `e-${OLD}`], ({ existing }) => {
        taken = [...existing.keys()]
        return null
      })
      // Some stores call the builder with nothing first, and look under the lock only when it has something to write.
      check(!taken.includes('e-0'), 'the builder was told of an event id whose entry is pruned')
    },
  },
]
