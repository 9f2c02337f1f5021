import type { AuditStore } from '@phi/audit'
import type { OutboxRow } from '@phi/audit/store'
import { type AuditDepthSupports, type AuditDepthUnderTest, auditDepthSuite, register } from '@phi/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { registerMutants } from '../../../testing/test/mutants.ts'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { embeddedMigrated } from '../embedded.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'

let server: TestServer
const dbs: { postgres?: Db; pglite?: Db } = {}

beforeAll(async () => {
  server = await startServer()
  // Mutants run side by side, and each transaction has a connection.
  dbs.postgres = await connect((await migratedDatabase(server.url)).url, { max: 60 })
  dbs.pglite = await embeddedMigrated()
})
afterAll(async () => {
  for (const db of Object.values(dbs)) await db.close()
  await server.stop()
})

type Store = AuditStore<Queryable>
type Change = (good: Required<Store>, db: Db) => Partial<Store>

/** Every case has logs of its own, so one database serves all of them. */
const under = async (name: 'postgres' | 'pglite', change: Change = () => ({})): Promise<AuditDepthUnderTest> => {
  const db = dbs[name] as Db
  const good = auditStore(db) as Required<Store>
  return {
    store: { ...good, ...change(good, db) } as unknown as AuditStore<never>,
    transaction: (run) => db.transaction((tx) => run(tx as never)),
  }
}

for (const name of ['postgres', 'pglite'] as const)
  register(auditDepthSuite({ name: `auditStore on ${name}`, open: () => under(name) }), { describe, it })

const WITH = 'writes an entry with the caller’s transaction'
const TELLS = 'tells the builder inside'
const HOLDS = 'holds the head from'
const TENANT = 'refuses, inside a transaction'
const KEEPS = 'keeps an event in the outbox'
const AGAIN = 'keeps the row that is there'
const PAGES = 'pages the outbox'
const OUT = 'lets a row out'
const TAKES = 'takes texts and salts'
const NOTHING = 'prunes nothing'
const ONCE = 'prunes once'
const ANEW = 'takes an event id'
const SEALED = 'finds entries with a sealed'

const outside = (db: Db) => db as unknown as Queryable

const HONEST = 'is declared with no gap'

const mutants: readonly { wrong: string; caughtBy: string; change: Change; supports?: AuditDepthSupports }[] = [
  { wrong: 'says that it has no outbox', caughtBy: HONEST, change: () => ({}), supports: { outbox: false } },
  { wrong: 'says that it has no transactions', caughtBy: HONEST, change: () => ({}), supports: { transactions: false } },
  {
    wrong: 'writes on a connection of its own',
    caughtBy: WITH,
    change: (good, db) => ({ extendIn: (_, ...rest) => db.transaction((tx) => good.extendIn(tx, ...rest)) }),
  },
  { wrong: 'has no extendIn', caughtBy: WITH, change: () => ({ extendIn: undefined as never }) },
  {
    wrong: 'tells nothing of taken ids',
    caughtBy: TELLS,
    change: (good) => ({
      extendIn: (tx, key, ids, build) => good.extendIn(tx, key, ids, ({ head }) => build({ head, existing: new Map() })),
    }),
  },
  { wrong: 'never holds', caughtBy: HOLDS, change: () => ({ holds: async () => false }) },
  { wrong: 'always holds', caughtBy: HOLDS, change: () => ({ holds: async () => true }) },
  {
    wrong: 'remembers that a handle held',
    caughtBy: HOLDS,
    change: (good) => {
      let held = false
      return {
        holds: async (tx, key) => {
          held ||= await good.holds(tx, key)
          return held
        },
      }
    },
  },
  {
    wrong: 'looks at the origin only',
    caughtBy: TENANT,
    change: (good) => {
      let first: string | undefined
      return {
        open: (key) => {
          first = key.tenant
          return good.open(key)
        },
        extendIn: (tx, key, ...rest) => good.extendIn(tx, { ...key, tenant: first ?? key.tenant }, ...rest),
      }
    },
  },
  {
    wrong: 'queues outside the transaction',
    caughtBy: KEEPS,
    change: (good, db) => ({ enqueueIn: (_, ...rest) => good.enqueueIn(outside(db), ...rest) }),
  },
  {
    wrong: 'keeps the body as JSON',
    caughtBy: KEEPS,
    change: (good) => ({ enqueueIn: (tx, key, row) => good.enqueueIn(tx, key, { ...row, body: row.body.normalize('NFD') }) }),
  },
  {
    wrong: 'answers with what it was given',
    caughtBy: AGAIN,
    change: (good) => ({
      enqueueIn: async (tx, key, row) => {
        await good.enqueueIn(tx, key, row)
        return row
      },
    }),
  },
  {
    wrong: 'folds case',
    caughtBy: PAGES,
    change: (good) => ({
      outbox: async (key, options) => {
        const all = await good.outbox(key, { limit: 100 })
        const sorted = [...all].sort((a, b) =>
          `${a.queuedAt}${a.eventId.toLowerCase()}`.localeCompare(`${b.queuedAt}${b.eventId.toLowerCase()}`),
        )
        const at = options.after === undefined ? 0 : sorted.findIndex(({ eventId }) => eventId === options.after?.eventId) + 1
        return sorted.slice(at, at + options.limit).filter(({ eventId }) => eventId !== 'z')
      },
    }),
  },
  {
    wrong: 'pages by time only',
    caughtBy: PAGES,
    change: (good) => ({
      outbox: (key, { after, limit }) =>
        good.outbox(key, { limit, ...(after === undefined ? {} : { after: { ...after, eventId: '~' } }) }),
    }),
  },
  {
    wrong: 'shows the rows of other logs',
    caughtBy: PAGES,
    change: (good) => {
      const keys: Parameters<typeof good.open>[0][] = []
      return {
        open: (key) => {
          keys.push(key)
          return good.open(key)
        },
        outbox: async (_, options) => {
          const all: OutboxRow[] = []
          for (const key of keys) all.push(...(await good.outbox(key, { limit: 100 })))
          const sorted = all.sort((a, b) => (`${a.queuedAt}${a.eventId}` < `${b.queuedAt}${b.eventId}` ? -1 : 1))
          const at = options.after === undefined ? 0 : sorted.findIndex(({ eventId }) => eventId === options.after?.eventId) + 1
          return sorted.slice(at, at + options.limit)
        },
      }
    },
  },
  { wrong: 'says that rows went', caughtBy: OUT, change: () => ({ dequeue: async (_, ids) => ids.length }) },
  { wrong: 'leaves rows where they are', caughtBy: OUT, change: () => ({ dequeue: async () => 0 }) },
  { wrong: 'prunes nothing and says so', caughtBy: TAKES, change: () => ({ prune: async () => {} }) },
  {
    wrong: 'takes leaves away too',
    caughtBy: TAKES,
    change: (good) => ({
      async *read(key, range) {
        for await (const batch of good.read(key, range)) yield batch.filter(({ open }) => Object.keys(open).length > 0)
      },
    }),
  },
  {
    wrong: 'keeps the salts',
    caughtBy: TAKES,
    change: (good) => ({
      async *read(key, range) {
        for await (const batch of good.read(key, range))
          yield batch.map((entry) =>
            Object.keys(entry.open).length > 0
              ? entry
              : { ...entry, open: { event: { salt: 'AAAAAAAAAAAAAAAAAAAAAA==', json: '' } } },
          )
      },
    }),
  },
  { wrong: 'does not remember', caughtBy: TAKES, change: () => ({ prunes: async () => [] }) },
  { wrong: 'prunes what nobody announced', caughtBy: NOTHING, change: () => ({ prune: async () => {} }) },
  {
    wrong: 'refuses the same again',
    caughtBy: ONCE,
    change: (good) => {
      let done = false
      return {
        prune: async (key, pruned) => {
          if (done) throw new Error('already')
          done = true
          return good.prune(key, pruned)
        },
      }
    },
  },
  {
    wrong: 'remembers ids of pruned entries',
    caughtBy: ANEW,
    change: (good) => ({
      extend: (key, ids, build) =>
        good.extend(key, ids, ({ head }) =>
          build({ head, existing: new Map(ids.map((id) => [id, { index: 0, leaf: '', open: {} }])) }),
        ),
    }),
  },
  {
    wrong: 'ignores blinded terms',
    caughtBy: SEALED,
    change: (good) => ({ find: (key, { blind: _, ...query }) => good.find(key, query) }),
  },
  {
    wrong: 'finds nothing by blinded terms',
    caughtBy: SEALED,
    change: (good) => ({ find: async (key, query) => (query.blind === undefined ? good.find(key, query) : []) }),
  },
]

describe('wrong stores are found by', () => {
  registerMutants(mutants, (mutant) =>
    auditDepthSuite({
      name: mutant?.wrong ?? 'good',
      ...(mutant?.supports === undefined ? {} : { supports: mutant.supports }),
      open: () => under('postgres', mutant?.change),
    }),
  )
})
