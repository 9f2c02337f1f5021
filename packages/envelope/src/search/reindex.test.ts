import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys, testKey } from '../../test/search-keys.ts'
import { makeField } from '../field/field.ts'
import type { ColumnValue, RowKey, TableAccess, TableRow } from '../job/table.ts'
import { makeBlindIndex } from './blind-index.ts'
import { makeCompoundIndex } from './compound-index.ts'
import { normalizers } from './normalizers.ts'
import { type ReindexOptions, type ReindexProgress, reindex } from './reindex.ts'

const [oldKey, newKey] = [
  { id: '0000000a', bytes: testKey(7) },
  { id: '0000000b', bytes: testKey(9) },
] as const

const field = makeField(searchKeys({ purpose: 'field' }), { table: 'patient', column: 'email' })
const seal = (row: string, email: string | null): string | null => (email === null ? null : field.seal(email, { row }))
const open = ({ row, values }: TableRow): string | null =>
  values.email == null ? null : field.open(values.email as string, { row })

interface Patient {
  email: ColumnValue
  email_idx: ColumnValue
}

/** A table in memory with a compound key, as `TableAccess` describes it; tests reach into its rows as an application would. */
class Patients implements TableAccess {
  readonly rows = new Map<number, Patient>()
  readonly swaps: number[] = []
  onSwap: (id: number) => void = () => {}

  constructor(emails: readonly (string | null)[], term: (email: string | null) => ColumnValue = () => null) {
    for (const [id, email] of emails.entries()) this.rows.set(id, { email: seal(`p-${id}`, email), email_idx: term(email) })
  }

  async read({ after, limit }: { readonly after?: RowKey; readonly limit: number }): Promise<readonly TableRow[]> {
    const from = after === undefined ? -1 : Number(after[1])
    return [...this.rows.keys()]
      .filter((id) => id > from)
      .sort((a, b) => a - b)
      .slice(0, limit)
      .map((id) => ({ key: ['clinic-a', id], row: `p-${id}`, values: { ...(this.rows.get(id) as Patient) } }))
  }

  async swap(key: RowKey, { expect: expected, set }: Parameters<TableAccess['swap']>[1]): Promise<boolean> {
    const id = Number(key[1])
    this.onSwap(id)
    const row = this.rows.get(id)
    if (row === undefined || row.email !== expected.email || row.email_idx !== expected.email_idx) return false
    this.rows.set(id, { ...row, ...set })
    this.swaps.push(id)
    return true
  }

  /** What an application's search finds by terms, before it opens anything. */
  async where(terms: readonly ColumnValue[]): Promise<readonly RowKey[]> {
    return [...this.rows].filter(([, { email_idx }]) => terms.includes(email_idx)).map(([id]) => ['clinic-a', String(id)])
  }

  stale(term: (email: string | null) => ColumnValue): number {
    return [...this.rows].filter(([id, { email, email_idx }]) => {
      const value = open({ key: [id], row: `p-${id}`, values: { email } })
      return email_idx !== term(value)
    }).length
  }
}

const emails = (count: number): (string | null)[] =>
  Array.from({ length: count }, (_, i) => (i % 10 === 3 ? null : `Patient.${i % 50}@Example.org`))

function setUp(count: number) {
  const keys = searchKeys({ keys: [oldKey] })
  const index = makeBlindIndex(keys, {
    table: 'patient',
    column: 'email',
    index: 'email',
    normalizer: normalizers.email(),
    bits: 64,
  })
  const rotate = () => keys.replace([newKey, { ...oldKey, state: 'retiring' }])
  const job = (table: TableAccess): ReindexOptions<string, 'text', string | null> => ({
    table,
    index,
    indexColumn: 'email_idx',
    sealedColumns: ['email'],
    value: open,
    batchSize: 16,
  })
  return { keys, index, rotate, job, filled: emails(count) }
}

describe('reindexing', () => {
  it('adds an index to a populated table, and says done after it has seen every row right', async () => {
    const { index, job, filled } = setUp(100)
    const table = new Patients(filled)
    const seen: ReindexProgress[] = []
    const counted = Object.assign(table, { count: async () => 100 })
    const report = await reindex({
      ...job(counted),
      find: (value) => table.where(index.terms(value)),
      onProgress: (progress) => seen.push(progress),
    })
    expect(report).toEqual({
      read: 200,
      written: 90,
      conflicts: 0,
      found: 10 + 6 + 10 + 6,
      unindexable: 0,
      pass: 2,
      total: 100,
      after: ['clinic-a', 99],
      remaining: 0,
      done: true,
    })
    expect(table.stale(index.termOrNull)).toBe(0)
    expect(seen.map(({ pass, read, written }) => [pass, read, written]).slice(0, 3)).toEqual([
      [1, 16, 14],
      [1, 32, 29],
      [1, 48, 43],
    ])
    expect(seen.length).toBe(14)
    // Nothing is left to do: one pass says so.
    expect(await reindex(job(table))).toMatchObject({ read: 100, written: 0, pass: 1, remaining: 0, done: true })
  })

  it('S19 S90 moves an index to a new key while the application writes and searches, and ends with nothing stale', async () => {
    const { index, rotate, job, filled } = setUp(300)
    const table = new Patients(filled, index.termOrNull)
    rotate()
    let turn = 0
    let missed = 0
    const write = (id: number, email: string | null) =>
      table.rows.set(id, { email: seal(`p-${id}`, email), email_idx: index.termOrNull(email) })
    table.onSwap = (id) => {
      turn += 1
      // Right before the compare-and-swap: this row, one behind and one ahead, a new one, and one that goes away.
      if (turn % 7 === 0) write(id, `changed.${turn}@example.org`)
      if (turn % 5 === 0) write((id * 31) % 300, `other.${turn}@example.org`)
      if (turn % 11 === 0) write(1000 + turn, `new.${turn}@example.org`)
      if (turn % 13 === 0) table.rows.delete((id + 40) % 300)
      // The application's search finds a row all the time, whichever key it is under.
      const [some] = [...table.rows.keys()].slice(turn % 50)
      const email =
        some === undefined
          ? null
          : open({ key: [some], row: `p-${some}`, values: { email: table.rows.get(some)?.email ?? null } })
      if (email !== null && !index.terms(email).includes(table.rows.get(some as number)?.email_idx as string)) missed += 1
    }
    const report = await reindex({ ...job(table), find: (value) => table.where(index.terms(value)) })
    expect(report).toMatchObject({ done: true, remaining: 0 })
    expect(report.conflicts).toBeGreaterThan(20)
    expect(missed).toBe(0)
    expect(table.stale(index.termOrNull)).toBe(0)
    expect(
      [...table.rows.values()].filter(({ email_idx }) => typeof email_idx === 'string' && !email_idx.startsWith(newKey.id)),
    ).toEqual([])
  })

  it('meets a writer that still uses the old key, and is not done before that has ended', async () => {
    const { index, rotate, job, filled } = setUp(64)
    const table = new Patients(filled, index.termOrNull)
    const oldIndex = makeBlindIndex(searchKeys({ keys: [oldKey] }), {
      table: 'patient',
      column: 'email',
      index: 'email',
      normalizer: normalizers.email(),
      bits: 64,
    })
    rotate()
    const report = await reindex({
      ...job(table),
      onProgress({ pass, read }) {
        // At the end of each of the first three passes a row comes back to the old key.
        if (read !== pass * 64 || pass > 3) return
        table.rows.set(5, { email: seal('p-5', 'late@example.org'), email_idx: oldIndex.term('late@example.org') })
      },
    })
    expect(report).toMatchObject({ pass: 5, done: true, remaining: 0 })
    expect(table.stale(index.termOrNull)).toBe(0)
  })

  it('finds terms that are wrong, and not only those that are missing', async () => {
    const { index, job, filled } = setUp(40)
    const table = new Patients(filled, index.termOrNull)
    const row = (id: number) => table.rows.get(id) as Patient
    table.rows.set(1, { ...row(1), email_idx: row(2).email_idx })
    table.rows.set(3, { ...row(3), email_idx: row(2).email_idx })
    table.rows.set(4, { ...row(4), email_idx: 'something else' })
    table.rows.set(5, { ...row(5), email_idx: null })
    expect(await reindex(job(table))).toMatchObject({ written: 4, done: true })
    expect(table.stale(index.termOrNull)).toBe(0)
  })

  it('stops at once when the application searches with other keys: a backfill that nobody would find', async () => {
    const { job, filled } = setUp(400)
    const table = new Patients(filled)
    const application = makeBlindIndex(searchKeys({ keys: [{ id: oldKey.id, bytes: testKey(99) }] }), {
      table: 'patient',
      column: 'email',
      index: 'email',
      normalizer: normalizers.email(),
      bits: 64,
    })
    const error = await refusal(reindex({ ...job(table), find: (value) => table.where(application.terms(value)) }))
    expect(error.code).toBe('PHI_ENVELOPE_JOB')
    expect(table.swaps.length).toBeLessThan(20)
  })

  it('does not take a row that somebody changed after the write for one that is not found', async () => {
    const { index, job, filled } = setUp(60)
    const table = new Patients(filled)
    let moved = 0
    const report = await reindex({
      ...job(table),
      async find(value) {
        const keys = await table.where(index.terms(value))
        if (moved++ > 8) return keys
        // Between the write and the search the application changes or deletes what would have been found.
        for (const [, id] of keys) {
          if (moved % 2 === 0) table.rows.delete(Number(id))
          else
            table.rows.set(Number(id), {
              email: seal(`p-${id}`, 'moved@example.org'),
              email_idx: index.term('moved@example.org'),
            })
        }
        return []
      },
    })
    expect(report.done).toBe(true)
    expect(moved).toBeGreaterThan(9)
    expect(table.stale(index.termOrNull)).toBe(0)
  })

  it('goes on where it was stopped, and then still looks at the whole table', async () => {
    const { index, job, filled } = setUp(100)
    const table = new Patients(filled)
    const stop = new AbortController()
    const first = await reindex({
      ...job(table),
      signal: stop.signal,
      onProgress: ({ read }) => read >= 48 && stop.abort(),
    })
    expect(first).toMatchObject({ read: 48, after: ['clinic-a', 47], done: false, remaining: null })
    // What lies before the point of resumption is looked at too.
    table.rows.set(2, { ...(table.rows.get(2) as Patient), email_idx: null })
    const second = await reindex({ ...job(table), after: first.after as RowKey })
    expect(second).toMatchObject({ read: 52 + 100 + 100, written: 47 + 1, pass: 3, done: true, remaining: 0 })
    expect(table.stale(index.termOrNull)).toBe(0)
  })

  it('stops within a batch, and takes a driver that rejects on the signal for stopped', async () => {
    const { job, filled } = setUp(100)
    const table = new Patients(filled)
    const stop = new AbortController()
    table.onSwap = (id) => id === 20 && stop.abort()
    expect(await reindex({ ...job(table), signal: stop.signal })).toMatchObject({
      read: 21,
      after: ['clinic-a', 20],
      done: false,
    })
    const other = new AbortController()
    const driver: TableAccess = {
      async read({ signal }) {
        other.abort()
        signal?.throwIfAborted()
        return []
      },
      swap: async () => true,
    }
    expect(await reindex({ ...job(driver), signal: other.signal })).toMatchObject({ read: 0, done: false, remaining: null })
  })

  it('gives up after the passes that it was allowed, and says what remains', async () => {
    const { index, job, filled } = setUp(30)
    const table = new Patients(filled)
    table.onSwap = (id) => table.rows.set(id, { email: seal(`p-${id}`, 'busy@example.org'), email_idx: null })
    expect(await reindex({ ...job(table), maxPasses: 3 })).toMatchObject({
      pass: 3,
      written: 0,
      remaining: 27,
      done: false,
    })
    table.onSwap = () => {}
    expect(await reindex({ ...job(table), maxPasses: 1 })).toMatchObject({ pass: 1, written: 27, remaining: 0, done: false })
    expect(table.stale(index.termOrNull)).toBe(0)
  })

  it('loads the keys anew before each batch, and ends where they are stale', async () => {
    const { keys, job, filled } = setUp(64)
    const table = new Patients(filled)
    let loads = 0
    const report = await reindex({
      ...job(table),
      batchSize: 32,
      async refresh() {
        loads += 1
        keys.setStale(false)
      },
      onProgress: () => keys.setStale(true),
    })
    // Each pass reads two full batches, and finds the third one empty.
    expect([report.done, loads]).toEqual([true, 6])
    keys.setStale(true)
    expect((await refusal(reindex(job(table)))).code).toBe('PHI_ENVELOPE_STALE')
  })

  it('stops at a value that cannot be indexed, or stores none for it, as it was told', async () => {
    const { index, job } = setUp(0)
    const filled = ['ann@example.org', 'unknown', null, 'Hyperion']
    const error = await refusal(reindex(job(new Patients(filled))))
    expect(error.code).toBe('PHI_ENVELOPE_INDEX')
    expect(error.message).not.toContain('unknown')
    const table = new Patients(filled, () => 'old')
    expect(await reindex({ ...job(table), unindexable: 'null' })).toMatchObject({ unindexable: 2, written: 4, done: true })
    expect([...table.rows.values()].map(({ email_idx }) => email_idx)).toEqual([
      index.term('ann@example.org'),
      null,
      null,
      null,
    ])
  })

  it('ends at a row that does not open, with the error of the field', async () => {
    const { job, filled } = setUp(20)
    const table = new Patients(filled)
    table.rows.set(7, { ...(table.rows.get(8) as Patient) })
    expect((await refusal(reindex(job(table)))).code).toBe('PHI_ENVELOPE_OPEN')
    expect(table.swaps.length).toBe(6)
    const own = new Error('mine')
    await expect(
      reindex({
        ...job(table),
        value() {
          throw own
        },
      }),
    ).rejects.toBe(own)
  })

  it('fills columns of bytes, and compound indexes', async () => {
    const { keys, job, filled } = setUp(40)
    const bytes = makeBlindIndex(keys, {
      table: 'patient',
      column: 'email',
      index: 'email',
      normalizer: normalizers.email(),
      bits: 20,
      output: 'bytes',
    })
    const table = new Patients(filled)
    const plain: TableAccess = {
      read: (options) => table.read(options),
      // By content, as a database compares bytes.
      swap: (key, { set }) => table.swap(key, { expect: table.rows.get(Number(key[1])) as never, set }),
    }
    expect(await reindex({ ...job(plain), index: bytes })).toMatchObject({ written: 36, pass: 2, done: true })
    expect(table.rows.get(0)?.email_idx).toEqual(bytes.term('patient.0@example.org'))
    const compound = makeCompoundIndex(keys, {
      table: 'patient',
      index: 'both',
      parts: [
        { column: 'email', normalizer: normalizers.email() },
        { column: 'day', normalizer: normalizers.date() },
      ],
      bits: 32,
    })
    const other = new Patients(filled)
    const report = await reindex({
      table: other,
      indexColumn: 'email_idx',
      sealedColumns: ['email'],
      index: compound,
      value: async (row) => ({ email: open(row), day: '1980-02-29' }),
    })
    expect(report).toMatchObject({ written: 36, done: true })
    expect(other.rows.get(0)?.email_idx).toBe(compound.term({ email: 'patient.0@example.org', day: '1980-02-29' }))
    expect(other.rows.get(3)?.email_idx).toBe(null)
  })

  it('refuses tables that do not do what they must, rather than go round for ever', async () => {
    const { job, filled } = setUp(50)
    const table = new Patients(filled)
    const broken: Record<string, Partial<TableAccess>> = {
      'takes no notice of after': { read: ({ limit }) => table.read({ limit }) },
      'takes no notice of limit': { read: () => table.read({ limit: 50 }) },
      'leaves a column out': {
        read: async (options) =>
          (await table.read(options)).map((row) => ({ ...row, values: { email: row.values.email as string } })),
      },
    }
    for (const [title, part] of Object.entries(broken)) {
      const access: TableAccess = {
        read: (options) => table.read(options),
        swap: (...change) => table.swap(...change),
        ...part,
      }
      expect((await refusal(reindex({ ...job(access), maxPasses: 1 }))).code, title).toBe('PHI_ENVELOPE_JOB')
    }
    const nothing = { ...job(table), value: () => undefined as unknown as null }
    expect((await refusal(reindex(nothing))).code).toBe('PHI_ENVELOPE_JOB')
  })

  it('refuses options that do not fit', async () => {
    const { job } = setUp(0)
    const table = new Patients([])
    const wrong: readonly object[] = [
      { batchSize: 0 },
      { maxPasses: 0 },
      { sealedColumns: [] },
      { indexColumn: '' },
      { value: 'email' },
      { table: {} },
      { index: {} },
      { find: true },
      { unindexable: 'skip' },
      { after: 'Hyperion' },
      { signal: {} },
      { unknown: 1 },
    ]
    for (const change of wrong) {
      const error = await refusal(reindex({ ...job(table), ...change }))
      expect(error.code).toBe('PHI_ENVELOPE_OPTIONS')
      expect(error.message).not.toContain('Hyperion')
    }
    expect(await reindex(job(table))).toMatchObject({ read: 0, done: true, remaining: 0 })
  })
})
