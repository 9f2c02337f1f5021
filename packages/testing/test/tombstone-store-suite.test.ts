import type { Tombstone, TombstoneStore } from '@phi/envelope'
import { envelopeError } from '@phi/envelope/kms'
import { describe, it } from 'vitest'
import { register, type StoreSupports, type StoreUnderTest, tombstoneStoreSuite } from '../src/index.ts'
import { registerMutants } from './mutants.ts'

interface Table {
  rows: Tombstone[]
  cut: boolean
}

type Change = (good: TombstoneStore, table: Table) => Partial<TombstoneStore>

function handle(table: Table): TombstoneStore {
  const reach = async () => {
    await new Promise(setImmediate)
    if (table.cut) throw envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE')
  }
  const out = (rows: readonly Tombstone[]) => rows.map((row) => ({ ...row }))
  return {
    async append(tombstone) {
      const row = { ...tombstone }
      await reach()
      if (!table.rows.some(({ keyId }) => keyId === row.keyId)) table.rows.push(row)
    },
    async find(keyIds) {
      await reach()
      return out(table.rows.filter(({ keyId }) => keyIds.includes(keyId)))
    },
    async scan({ after = '', limit }) {
      await reach()
      const rows = table.rows.filter(({ keyId }) => keyId > after).sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
      return out(rows.slice(0, limit))
    },
  }
}

function tombstones(change: Change = () => ({})): StoreUnderTest<TombstoneStore> {
  const table: Table = { rows: [], cut: false }
  const make = () => {
    const good = handle(table)
    return { ...good, ...change(good, table) }
  }
  const cut = (on: boolean) => async () => {
    table.cut = on
  }
  return { store: make(), another: async () => make(), faults: { unreachable: cut(true), restore: cut(false) } }
}

register(tombstoneStoreSuite({ name: 'a tombstone store that keeps its contract', open: async () => tombstones() }), {
  describe,
  it,
})

const FIELDS = 'gives back every field'
const NOTHING = 'has nothing where nothing was appended'
const FIRST = 'keeps the first tombstone'
const RACE = 'takes 32 tombstones at once'
const SCANS = 'scans every tombstone once'
const CHANGES = 'keeps tombstones that nobody changes'
const HANDLES = 'shows what one handle appended'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const mutants: { wrong: string; caughtBy: string; change?: Change; supports?: StoreSupports }[] = [
  {
    wrong: 'spells times anew',
    caughtBy: FIELDS,
    change: (good) => ({
      find: async (ids) =>
        (await good.find(ids)).map((row) => ({ ...row, destroyedAt: row.destroyedAt.replace('120Z', '12Z') })),
    }),
  },
  {
    wrong: 'adds a column of its own',
    caughtBy: FIELDS,
    change: (good) => ({ scan: async (options) => (await good.scan(options)).map((row) => ({ ...row, rowId: 1 })) }),
  },
  {
    wrong: 'answers with undefined for a key without one',
    caughtBy: NOTHING,
    change: (good) => ({
      find: async (ids) => {
        const found = await good.find(ids)
        return ids.map((id) => found.find(({ keyId }) => keyId === id) as Tombstone)
      },
    }),
  },
  {
    wrong: 'takes no keys for all keys',
    caughtBy: NOTHING,
    change: (good) => ({ find: (ids) => (ids.length === 0 ? good.scan({ limit: 1000 }) : good.find(ids)) }),
  },
  {
    wrong: 'overwrites',
    caughtBy: FIRST,
    change: (good, table) => ({
      append: async (tombstone) => {
        table.rows = table.rows.filter(({ keyId }) => keyId !== tombstone.keyId)
        await good.append(tombstone)
      },
    }),
  },
  {
    wrong: 'keeps the later horizon',
    caughtBy: FIRST,
    change: (good, table) => ({
      append: async (tombstone) => {
        await good.append(tombstone)
        const { keyId, backupHorizon } = tombstone
        table.rows = table.rows.map((row) => (row.keyId === keyId ? { ...row, backupHorizon } : row))
      },
    }),
  },
  {
    wrong: 'refuses the same key again',
    caughtBy: FIRST,
    change: (good) => ({
      append: async (tombstone) => {
        if ((await good.find([tombstone.keyId])).length > 0) throw envelopeError('PHI_ENVELOPE_CONFLICT')
        await good.append(tombstone)
      },
    }),
  },
  {
    wrong: 'looks before it appends, without a lock',
    caughtBy: RACE,
    change: (good, table) => ({
      append: async (tombstone) => {
        const there = await good.find([tombstone.keyId])
        await new Promise(setImmediate)
        if (there.length === 0) table.rows.push({ ...tombstone })
      },
    }),
  },
  {
    wrong: 'loses one of two that come at once',
    caughtBy: RACE,
    change: (_, table) => ({
      append: async (tombstone) => {
        const before = table.rows
        await new Promise(setImmediate)
        if (!before.some(({ keyId }) => keyId === tombstone.keyId)) table.rows = [...before, { ...tombstone }]
      },
    }),
  },
  {
    wrong: 'scans from the given id on, with it',
    caughtBy: SCANS,
    change: (good) => ({
      scan: async (options) => {
        const all = await good.scan({ limit: 1000 })
        return all.filter(({ keyId }) => keyId >= (options.after ?? '')).slice(0, options.limit)
      },
    }),
  },
  {
    wrong: 'scans in the order of appending',
    caughtBy: SCANS,
    change: (_, table) => ({
      scan: async ({ after = '', limit }) => table.rows.filter(({ keyId }) => keyId > after).slice(0, limit),
    }),
  },
  {
    wrong: 'has a limit of its own',
    caughtBy: SCANS,
    change: (good) => ({ scan: (options) => good.scan({ ...options, limit: 3 }) }),
  },
  {
    wrong: 'keeps the objects of its callers',
    caughtBy: CHANGES,
    change: (_, table) => ({
      append: async (tombstone) => {
        if (!table.rows.some(({ keyId }) => keyId === tombstone.keyId)) table.rows.push(tombstone)
      },
    }),
  },
  {
    wrong: 'hands out its own objects',
    caughtBy: CHANGES,
    change: (_, table) => ({ find: async (ids) => table.rows.filter(({ keyId }) => ids.includes(keyId)) }),
  },
  {
    wrong: 'remembers what it did not find',
    caughtBy: HANDLES,
    change: (good) => {
      const missing = new Set<string>()
      return {
        find: async (ids) => {
          const found = await good.find(ids.filter((id) => !missing.has(id)))
          for (const id of ids) if (!found.some(({ keyId }) => keyId === id)) missing.add(id)
          return found
        },
        append: async (tombstone) => {
          missing.delete(tombstone.keyId)
          await good.append(tombstone)
        },
      }
    },
  },
  {
    wrong: 'answers with nothing when it is not reached',
    caughtBy: UNREACHABLE,
    change: (good) => ({ find: (ids) => good.find(ids).catch(() => []) }),
  },
  { wrong: 'is declared not to be shared and is', caughtBy: HONEST, supports: { shared: false } },
]

describe('a wrong tombstone store is found that', () => {
  registerMutants(mutants, (mutant) =>
    tombstoneStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open: async () => tombstones(mutant?.change) }),
  )
})
