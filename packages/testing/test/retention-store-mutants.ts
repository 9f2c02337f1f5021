import type { RetentionStore } from '@phi/retention'
import type { RetentionStoreSupports, RetentionStoreUnderTest } from '../src/index.ts'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type Parts, rightParts, simpleRetentionStore } from './simple-retention-store.ts'

type RetentionStoreMutant = StoreMutant<RetentionStore, RetentionStoreUnderTest, RetentionStoreSupports>

const PAGES = 'hands out every record with its facts'
const GETS = 'gives the records that are asked for'
const VERSIONS = 'gives a record another version'
const FACTS = 'keeps every fact about holds'
const REVISION = 'records a fact at no other revision'
const NO_FACT = 'refuses what is no fact'
const DELETES = 'deletes the records of a batch'
const TWICE = 'does nothing twice'
const HOLDS = 'does nothing when a fact about a hold'
const EMPTY = 'keeps a receipt of a batch without records'
const SEQUENCE_RACE = 'lets one of 32 concurrent batches'
const RECORD_RACE = 'deletes a record once'
const RECEIPTS = 'hands out the receipts of a run'
const PROGRESS = 'keeps the progress of a run'
const PROGRESS_RACE = 'lets one of 32 concurrent writers'
const OUTSIDE = 'keeps records, holds and receipts'
const REMAINING = 'counts what is left'
const HANDLES = 'shows what one handle wrote'
const HANDLES_RACE = 'lets one of both handles delete'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<Parts>): RetentionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleRetentionStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (
  wrong: string,
  caughtBy: string,
  change: (good: RetentionStore) => Partial<RetentionStore>,
): RetentionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleRetentionStore(), change),
})

/** Looks, lets others in, and writes. */
const unlocked = (wrong: string, caughtBy: string): RetentionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleRetentionStore({ pause: () => new Promise(setImmediate) }, false),
})

/** Each handle remembers the first answer of a verb. */
const cached = (verb: 'holds' | 'records'): RetentionStoreUnderTest => {
  const under = simpleRetentionStore()
  const remembering = (good: RetentionStore): RetentionStore => {
    let first: Promise<never> | undefined
    const remembered = (...args: never[]) => {
      first ??= Reflect.apply(good[verb], good, args) as Promise<never>
      return first
    }
    return { ...good, [verb]: remembered }
  }
  return { ...under, another: async () => remembering((await under.another?.()) as RetentionStore) }
}

/** Two handles, each with a lock of its own that the other does not know. */
const ownLocks = (): RetentionStoreUnderTest => {
  const under = simpleRetentionStore({ pause: () => new Promise(setImmediate) }, false)
  const lock = (good: RetentionStore): RetentionStore => {
    let turn: Promise<unknown> = Promise.resolve()
    const dispose: RetentionStore['dispose'] = (batch) => {
      const mine = turn.then(() => good.dispose(batch))
      turn = mine.catch(() => undefined)
      return mine
    }
    return { ...good, dispose }
  }
  return { ...under, store: lock(under.store), another: async () => lock((await under.another?.()) as RetentionStore) }
}

const { receiptsAfter, belongs } = rightParts

export const retentionStoreMutants: readonly RetentionStoreMutant[] = [
  // Records.
  part('orders ids as UTF-16 does', PAGES, { compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0) }),
  part('orders ids as a dictionary does', PAGES, { compare: (a, b) => a.localeCompare(b) }),
  part('begins a page with the record it was asked to begin after', PAGES, {
    isAfter: (id, after, compare) => compare(id, after) >= 0,
  }),
  verbs('hands out more than it was asked for', PAGES, (good) => ({
    records: (after, limit) => good.records(after, limit + 1),
  })),
  verbs('loses a fact', PAGES, (good) => ({
    records: async (...args) =>
      (await good.records(...args)).map((row) => ({ ...row, record: { ...(row.record as object), created: null } })),
  })),
  verbs('has versions that are no text', PAGES, (good) => ({
    records: async (...args) => (await good.records(...args)).map((row) => ({ ...row, version: 7 as never })),
  })),
  part('takes ids for patterns', GETS, {
    isAsked: (id, ids) => ids.some((each) => id === each || (each !== '' && id.startsWith(each.replace('%', '')))),
  }),
  part('trims ids', GETS, {
    isAsked: (id, ids) => ids.some((each) => each.replace('R', 'r').trim() === id || each === `${id}_`) && id !== 'r%',
  }),
  part('never counts versions', VERSIONS, { nextVersion: () => '1' }),
  part('counts versions in a circle', VERSIONS, { nextVersion: (_, counter) => String(counter % 3) }),
  // Holds.
  part('has holds by their case', FACTS, {
    mayAppend: () => true,
    readEvent: (event) => ({ ...event, case: event.case.toUpperCase() }),
  }),
  verbs('hands out facts in the order of their days', FACTS, (good) => ({
    holds: async () => [...(await good.holds())].sort((a, b) => (a.on < b.on ? -1 : 1)),
  })),
  verbs('forgets released cases', FACTS, (good) => ({
    holds: async () => {
      const events = await good.holds()
      return events.filter((each) => !events.some((other) => other.type === 'released' && other.case === each.case))
    },
  })),
  part('records a fact at whatever revision', REVISION, { mayAppend: () => true }),
  part('records a fact at an earlier revision', REVISION, { mayAppend: (there, revision) => revision <= there }),
  unlocked('looks before it records a fact', REVISION),
  part('records whatever it is given', NO_FACT, { readEvent: (event) => event }),
  // Deleting.
  part('deletes whatever the version', DELETES, { isThere: () => true }),
  verbs('says that it left nothing', DELETES, (good) => ({
    dispose: async (batch) => {
      const answer = await good.dispose(batch)
      return answer.status === 'holds-changed' ? answer : { ...answer, receipt: { ...answer.receipt, left: [] } }
    },
  })),
  verbs('keeps every entry of the batch', DELETES, (good) => ({
    dispose: async (batch) => {
      const answer = await good.dispose(batch)
      if (answer.status === 'holds-changed') return answer
      return { ...answer, receipt: { ...answer.receipt, entries: batch.records.map(({ entry }) => entry) } }
    },
  })),
  verbs('cuts notes off', DELETES, (good) => ({
    dispose: (batch) => good.dispose({ ...batch, note: batch.note.slice(0, 65_535) }),
  })),
  verbs('deletes nothing', DELETES, (good) => ({
    dispose: async (batch) => {
      const { status } = await good.dispose({ ...batch, records: [] })
      const entries = batch.records.map(({ entry }) => entry)
      return { status, receipt: { run: batch.run, sequence: batch.sequence, note: batch.note, entries, left: [] } } as never
    },
  })),
  part('does a batch again', TWICE, { isKnown: () => false }),
  verbs('knows a batch by its sequence alone', TWICE, (good) => ({
    dispose: (batch) => good.dispose({ ...batch, run: 'all' }),
  })),
  verbs('looks at the holds before it looks for the receipt', TWICE, (good) => ({
    dispose: async (batch) => ((await good.holds()).length === batch.holds ? good.dispose(batch) : { status: 'holds-changed' }),
  })),
  part('deletes whatever holds were recorded', HOLDS, { holdsStand: () => true }),
  part('takes fewer facts for enough', HOLDS, { holdsStand: (there, seen) => there <= seen }),
  part('keeps no receipt where there was nothing to delete', EMPTY, { keepsEmpty: false }),
  unlocked('looks before it deletes under a sequence', SEQUENCE_RACE),
  unlocked('looks before it deletes a record', RECORD_RACE),
  part('mixes the receipts of runs', RECEIPTS, {
    receiptsAfter: (receipts, _, after) => receipts.filter(({ sequence }) => sequence > after),
  }),
  part('hands out receipts from the first, again and again', RECEIPTS, {
    receiptsAfter: (receipts, run) => receiptsAfter(receipts, run, 0),
  }),
  part('hands out receipts as they lie', RECEIPTS, {
    receiptsAfter: (receipts, run, after) => receiptsAfter(receipts, run, after).toReversed(),
  }),
  // Progress.
  part('saves whatever version', PROGRESS, { maySave: () => true }),
  part('saves any later version', PROGRESS, { maySave: (there, version) => version > there }),
  verbs('sorts what it keeps', PROGRESS, (good) => ({
    saveProgress: (progress) =>
      good.saveProgress({ ...progress, body: progress.body.replace('{"b":1,"a":2}', '{"a":2,"b":1}') }),
  })),
  unlocked('looks before it saves', PROGRESS_RACE),
  part('keeps what it was handed', OUTSIDE, {
    copyIn: (value) => value,
    copyOut: structuredClone,
    readEvent: (event) => event,
  }),
  part('hands out what it keeps', OUTSIDE, { copyOut: (value) => value }),
  // Keys.
  part('counts one tenant with another', REMAINING, {
    belongs: (facts, _, subject) => subject === undefined || facts.subject === subject,
  }),
  part('counts a tenant whatever the subject', REMAINING, { belongs: (facts, tenant) => facts.tenant === tenant }),
  part('counts records of one kind', REMAINING, {
    belongs: (facts, ...scope) => belongs(facts, ...scope) && facts.kind === 'audit-log',
  }),
  // Several handles.
  { wrong: 'remembers holds on each handle', caughtBy: HANDLES, open: () => cached('holds') },
  { wrong: 'remembers records on each handle', caughtBy: HANDLES, open: () => cached('records') },
  { wrong: 'locks each handle for itself', caughtBy: HANDLES_RACE, open: ownLocks },
  // Faults.
  verbs('has nothing when it cannot be reached', UNREACHABLE, (good) => ({ holds: () => good.holds().catch(() => []) })),
  verbs('has no records when it cannot be reached', UNREACHABLE, (good) => ({ get: (ids) => good.get(ids).catch(() => []) })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    dispose: (batch) => good.dispose(batch).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleRetentionStore(),
  },
]
