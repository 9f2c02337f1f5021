import { equalBytes } from '@phi/core'
import type { ColumnValue, RowKey, TableAccess, TableRow } from '../../src/job/table.ts'

/** A table in memory, with what a test may do in between. */
export interface MemoryTable extends TableAccess {
  readonly rows: TableRow[]
  /** Puts a row in its place in the order of the keys, or in the place of the one with its key. */
  put(row: TableRow): void
  get(key: RowKey): TableRow | undefined
  /** Calls so far. */
  readonly calls: { reads: number; swaps: number }
  /** Runs before each read or swap is carried out; what it throws the call throws. */
  before?: ((call: 'read' | 'swap', key: RowKey | undefined) => void | Promise<void>) | undefined
  /** Runs after each swap was carried out, before the answer goes out; what it throws the call throws, although it was done. */
  afterSwap?: ((key: RowKey) => void) | undefined
}

function compare(a: RowKey, b: RowKey): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] as string | number
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

const same = (a: ColumnValue | undefined, b: ColumnValue): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array ? equalBytes(a, b) : a === b

export function memoryTable(rows: readonly TableRow[] = []): MemoryTable {
  /** The place of the first row whose key is not before this one; halved for, since a long test has 100,000 rows. */
  const placeOf = (key: RowKey): number => {
    let [from, to] = [0, table.rows.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (compare((table.rows[middle] as TableRow).key, key) < 0) from = middle + 1
      else to = middle
    }
    return from
  }
  const isAt = (place: number, key: RowKey): boolean => {
    const row = table.rows[place]
    return row !== undefined && compare(row.key, key) === 0
  }
  const table: MemoryTable = {
    rows: [],
    calls: { reads: 0, swaps: 0 },
    put(row) {
      const place = placeOf(row.key)
      table.rows.splice(place, isAt(place, row.key) ? 1 : 0, row)
    },
    get(key) {
      const place = placeOf(key)
      return isAt(place, key) ? table.rows[place] : undefined
    },
    async read({ after, limit }) {
      table.calls.reads += 1
      await table.before?.('read', after)
      const place = after === undefined ? 0 : placeOf(after)
      const from = after !== undefined && isAt(place, after) ? place + 1 : place
      return table.rows.slice(from, from + limit).map((row) => ({ ...row, values: { ...row.values } }))
    },
    async swap(key, { expect, set }) {
      table.calls.swaps += 1
      await table.before?.('swap', key)
      const row = table.get(key)
      if (row === undefined || Object.entries(expect).some(([name, value]) => !same(row.values[name], value))) return false
      table.put({ ...row, values: { ...row.values, ...set } })
      table.afterSwap?.(key)
      return true
    },
    count: async () => table.rows.length,
  }
  for (const row of rows) table.put(row)
  return table
}
