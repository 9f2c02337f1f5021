import { type AuditStore, memoryStore } from '@phi/audit'
import { auditError, type Build, emptyHead, type LogKey, type StoredEntry, type StoreQuery } from '@phi/audit/store'
import { isPhiError } from '@phi/core'
import { describe, it } from 'vitest'
import { auditStoreSuite, register, type StoreSupports, type StoreUnderTest } from '../src/index.ts'
import { registerMutants } from './mutants.ts'

type Change = (good: AuditStore) => Partial<AuditStore>

const soon = () => new Promise(setImmediate)

/** Handles on one store in memory, and a switch to cut them off. `change` makes wrong handles of the good ones. */
function logs(change: Change = () => ({})): StoreUnderTest<AuditStore> {
  const memory = memoryStore()
  let cut = false
  const reach = async () => {
    await soon()
    if (cut) throw auditError('PHI_AUDIT_UNAVAILABLE')
  }
  const reaching =
    <Args extends unknown[], T>(verb: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      await reach()
      return verb(...args)
    }
  const make = (): AuditStore => {
    const good: AuditStore = {
      open: reaching(memory.open),
      head: reaching(memory.head),
      extend: reaching(memory.extend),
      find: reaching(memory.find),
      tiles: reaching(memory.tiles),
      checkpoints: reaching(memory.checkpoints),
      saveCheckpoint: reaching(memory.saveCheckpoint),
      async *read(key, range) {
        await reach()
        yield* memory.read(key, range)
      },
    }
    return { ...good, ...change(good) }
  }
  const switched = (on: boolean) => async () => {
    cut = on
  }
  return { store: make(), another: async () => make(), faults: { unreachable: switched(true), restore: switched(false) } }
}

register(auditStoreSuite({ name: 'an audit store that keeps its contract', open: async () => logs() }), { describe, it })

const TEXTS = 'gives back every text'
const RANGES = 'writes an extension of many entries'
const NOTHING = 'writes nothing where the builder'
const TAKEN = 'tells the builder which'
const CHAIN = 'lets 8 writers extend one log'
const ONCE = 'writes an event once'
const HANDLES_CHAIN = 'lets writers on two handles'
const FINDS = 'finds by every condition'
const PAGES = 'answers a page in the order'
const OPENS = 'opens a log once'
const TENANT = 'opens a log for its own tenant only'
const UNKNOWN = 'says of a log that was never opened'
const APART = 'keeps logs apart'
const NOTES = 'keeps signed notes'
const HANDLES = 'shows what one handle wrote'
const UNREACHABLE = 'refuses everything'
const HONEST = 'is declared with no gap'

/** Changes every entry that is read. */
const reading =
  (of: (entry: StoredEntry) => StoredEntry): Change =>
  (good) => ({
    async *read(key, range) {
      for await (const batch of good.read(key, range)) yield batch.map(of)
    },
  })

const querying =
  (of: (query: StoreQuery) => StoreQuery): Change =>
  (good) => ({ find: (key, query) => good.find(key, of(query)) })

/** The head and the taken ids are looked up first, and written to later, without a lock between handles. */
const looksFirst =
  (what: 'head' | 'existing', queued = false): Change =>
  (good) => {
    let last: Promise<unknown> = Promise.resolve()
    const extend = async (key: LogKey, ids: readonly string[], build: Build) => {
      const head = await good.head(key)
      const existing = new Map<string, StoredEntry>()
      for (const id of ids) {
        const [entry] = await good.find(key, { eventId: id, order: 'oldest', limit: 1 })
        if (entry !== undefined) existing.set(id, entry)
      }
      await soon()
      return good.extend(key, ids, (now) => build(what === 'head' ? { head, existing } : { head: now.head, existing }))
    }
    if (!queued) return { extend }
    return {
      extend: (...args) => {
        const turn = last.then(() => extend(...args))
        last = turn.catch(() => undefined)
        return turn
      },
    }
  }

const orEmpty =
  (codes: readonly string[]): Change =>
  (good) => ({
    find: (key, query) =>
      good.find(key, query).catch((error: unknown) => {
        if (isPhiError(error) && codes.includes(error.code)) return []
        throw error
      }),
  })

const mutants: { wrong: string; caughtBy: string; change?: Change; supports?: StoreSupports }[] = [
  {
    wrong: 'normalises texts',
    caughtBy: TEXTS,
    change: reading((entry) => {
      const context = { salt: entry.open.context?.salt ?? '', json: (entry.open.context?.json ?? '').normalize('NFC') }
      return { ...entry, open: { ...entry.open, context } }
    }),
  },
  {
    wrong: 'loses the last group',
    caughtBy: TEXTS,
    change: reading(({ open: { context: _, ...open }, ...entry }) => ({ ...entry, open })),
  },
  {
    wrong: 'ends leaves with a line feed',
    caughtBy: TEXTS,
    change: reading((entry) => ({ ...entry, leaf: `${entry.leaf}\n` })),
  },
  {
    wrong: 'spells times anew',
    caughtBy: TEXTS,
    change: (good) => ({
      head: async (key) => {
        const head = await good.head(key)
        return { ...head, recordedAt: head.recordedAt.replace('Z', '+00:00') }
      },
    }),
  },
  {
    wrong: 'reads one entry too many',
    caughtBy: RANGES,
    change: (good) => ({ read: (key, { from, to }) => good.read(key, { from, to: to + 1 }) }),
  },
  {
    wrong: 'reads the newest first',
    caughtBy: RANGES,
    change: (good) => ({
      async *read(key, range) {
        for await (const batch of good.read(key, range)) yield batch.toReversed()
      },
    }),
  },
  {
    wrong: 'answers with the tree hashes that it has',
    caughtBy: RANGES,
    change: (good) => ({
      tiles: async (key, level, from, to) => {
        const hashes: string[] = []
        for (let i = from; i < to; i++) hashes.push(...(await good.tiles(key, level, i, i + 1).catch(() => [])))
        return hashes
      },
    }),
  },
  {
    wrong: 'writes no tree hashes',
    caughtBy: RANGES,
    change: (good) => ({
      extend: (key, ids, build) =>
        good.extend(key, ids, (context) => {
          const extension = build(context)
          return extension && { ...extension, tiles: [] }
        }),
    }),
  },
  {
    wrong: 'writes half of what it is given, and then fails',
    caughtBy: NOTHING,
    change: (good) => ({
      extend: (key, ids, build) =>
        good
          .extend(key, ids, build)
          .catch((error: unknown) =>
            good
              .extend(key, ids, () => ({ entries: [], tiles: [], head: { ...emptyHead, size: 7 } }))
              .then(() => Promise.reject(error)),
          ),
    }),
  },
  {
    wrong: 'swallows what the builder throws',
    caughtBy: NOTHING,
    change: (good) => ({ extend: (key, ids, build) => good.extend(key, ids, build).catch(() => null) }),
  },
  {
    wrong: 'tells of no taken ids',
    caughtBy: TAKEN,
    change: (good) => ({
      extend: (key, ids, build) => good.extend(key, ids, ({ head }) => build({ head, existing: new Map() })),
    }),
  },
  {
    wrong: 'tells of ids that are taken in other logs',
    caughtBy: TAKEN,
    change: (good) => {
      const everywhere = new Map<string, StoredEntry>()
      return {
        extend: async (key, ids, build) => {
          const extension = await good.extend(key, ids, ({ head }) =>
            build({
              head,
              existing: new Map(
                ids.flatMap((id) => {
                  const entry = everywhere.get(id)
                  return entry === undefined ? [] : [[id, entry] as const]
                }),
              ),
            }),
          )
          for (const entry of extension?.entries ?? []) everywhere.set(entry.eventId, entry)
          return extension
        },
      }
    },
  },
  { wrong: 'extends a head that it read before, without a lock', caughtBy: CHAIN, change: looksFirst('head') },
  { wrong: 'looks for taken ids before the lock', caughtBy: ONCE, change: looksFirst('existing') },
  { wrong: 'locks within one handle only', caughtBy: HANDLES_CHAIN, change: looksFirst('head', true) },
  {
    wrong: 'finds ids in either case',
    caughtBy: FINDS,
    change: (good) => ({
      find: async (key, query) => {
        const { actor, ...rest } = query
        if (actor === undefined) return good.find(key, query)
        const all = await good.find(key, { ...rest, limit: 1000 })
        return all
          .filter(({ open }) => JSON.parse(open.actor?.json ?? '{}').id.toLowerCase() === actor.toLowerCase())
          .slice(0, query.limit)
      },
    }),
  },
  { wrong: 'passes over the patient', caughtBy: FINDS, change: querying(({ patient: _, ...query }) => query) },
  { wrong: 'passes over the outcome', caughtBy: FINDS, change: querying(({ outcome: _, ...query }) => query) },
  {
    wrong: 'counts the end of the time',
    caughtBy: FINDS,
    change: querying((query) => (query.until === undefined ? query : { ...query, until: query.until.replace('000Z', '001Z') })),
  },
  {
    wrong: 'always answers with the oldest first',
    caughtBy: PAGES,
    change: querying((query) => ({ ...query, order: 'oldest' })),
  },
  { wrong: 'answers with one too many', caughtBy: PAGES, change: querying((query) => ({ ...query, limit: query.limit + 1 })) },
  { wrong: 'passes over where the page starts', caughtBy: PAGES, change: querying(({ after: _, ...query }) => query) },
  {
    wrong: 'empties a log that is opened again',
    caughtBy: OPENS,
    change: (good) => {
      const opened = new Map<string, number>()
      return {
        open: async (key) => {
          await good.open(key)
          opened.set(key.origin, (await good.head(key)).size)
        },
        head: async (key) => {
          const head = await good.head(key)
          return head.size > 0 && head.size === opened.get(key.origin) ? emptyHead : head
        },
      }
    },
  },
  {
    wrong: 'opens a log for anybody',
    caughtBy: TENANT,
    change: (good) => {
      const owners = new Map<string, LogKey>()
      return { open: (key) => good.open(owners.get(key.origin) ?? (owners.set(key.origin, key).get(key.origin) as LogKey)) }
    },
  },
  {
    wrong: 'reads a log to anybody',
    caughtBy: TENANT,
    change: (good) => {
      const owners = new Map<string, LogKey>()
      return {
        open: async (key) => {
          await good.open(key)
          owners.set(key.origin, key)
        },
        find: (key, query) => good.find(owners.get(key.origin) ?? key, query),
      }
    },
  },
  { wrong: 'answers with nothing of a log that is not there', caughtBy: UNKNOWN, change: orEmpty(['PHI_AUDIT_STORE']) },
  {
    wrong: 'keeps one log a tenant',
    caughtBy: APART,
    change: (good) => {
      const one = ({ tenant }: LogKey) => ({ tenant, origin: tenant })
      return {
        open: (key) => good.open(one(key)),
        head: (key) => good.head(one(key)),
        extend: (key, ids, build) => good.extend(one(key), ids, build),
        read: (key, range) => good.read(one(key), range),
        find: (key, query) => good.find(one(key), query),
        tiles: (key, ...range) => good.tiles(one(key), ...range),
        checkpoints: (key, options) => good.checkpoints(one(key), options),
        saveCheckpoint: (key, checkpoint) => good.saveCheckpoint(one(key), checkpoint),
      }
    },
  },
  {
    wrong: 'answers with the newest note first',
    caughtBy: NOTES,
    change: (good) => ({ checkpoints: async (key, options) => (await good.checkpoints(key, options)).toReversed() }),
  },
  {
    wrong: 'trims notes',
    caughtBy: NOTES,
    change: (good) => ({
      checkpoints: async (key, options) => (await good.checkpoints(key, options)).map((note) => note.trim()),
    }),
  },
  {
    wrong: 'keeps one note a size',
    caughtBy: NOTES,
    change: (good) => {
      const sizes = new Set<string>()
      return {
        saveCheckpoint: async (key, checkpoint) => {
          const name = `${key.origin} ${checkpoint.size}`
          if (!sizes.has(name)) await good.saveCheckpoint(key, checkpoint)
          sizes.add(name)
        },
      }
    },
  },
  {
    wrong: 'answers from a head of its own',
    caughtBy: HANDLES,
    change: (good) => {
      const heads = new Map<string, Awaited<ReturnType<AuditStore['head']>>>()
      return {
        head: async (key) => {
          const head = heads.get(key.origin) ?? (await good.head(key))
          heads.set(key.origin, head)
          return head
        },
        extend: async (key, ids, build) => {
          const extension = await good.extend(key, ids, build)
          if (extension !== null) heads.set(key.origin, extension.head)
          return extension
        },
      }
    },
  },
  { wrong: 'answers with nothing when it is not reached', caughtBy: UNREACHABLE, change: orEmpty(['PHI_AUDIT_UNAVAILABLE']) },
  {
    wrong: 'says that the log is wrong when it is not reached',
    caughtBy: UNREACHABLE,
    change: (good) => ({
      head: (key) =>
        good.head(key).catch((error: unknown) => {
          throw isPhiError(error, 'PHI_AUDIT_UNAVAILABLE') ? auditError('PHI_AUDIT_STORE') : error
        }),
    }),
  },
  { wrong: 'is declared not to be shared and is', caughtBy: HONEST, supports: { shared: false } },
]

describe('a wrong audit store is found that', () => {
  registerMutants(mutants, (mutant) =>
    auditStoreSuite({
      name: 'wrong',
      supports: mutant?.supports ?? {},
      open: async () => logs(mutant?.change),
      caseTimeoutMs: 30_000,
    }),
  )
})
