import { equalBytes, isPhiError, type PhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hospital, STATES_MAX_AGE } from '../../test/job/hospital.ts'
import { type MemoryTable, memoryTable } from '../../test/job/memory-table.ts'
import { sealAnyway } from '../../test/job/seal-anyway.ts'
import { inspectSealed } from '../field/format.ts'
import type { TenantKeys } from '../keys/keyring.ts'
import { countKeyUse } from './key-use.ts'
import { type ReencryptOptions, type ReencryptProgress, type RowError, reencrypt } from './reencrypt.ts'
import type { ColumnValue, RowKey, TableRow } from './table.ts'

const fieldsOf = (clinic: Pick<TenantKeys, 'field'>) => ({
  body: clinic.field({ table: 'note', column: 'body' }),
  seen: clinic.field({ table: 'note', column: 'seen', type: 'date' }),
})
const SEEN = new Date('2026-10-01T08:30:00.000Z')
const textOf = (i: number): string => `Patient ${i} reports better sleep.`
const idOf = (i: number): string => `n-${String(i).padStart(6, '0')}`

const noteRow = (clinic: Pick<TenantKeys, 'field'>, i: number): TableRow => {
  const { body, seen } = fieldsOf(clinic)
  const row = idOf(i)
  return {
    key: [row],
    row,
    values: { body: body.seal(textOf(i), { row }), seen: i % 3 === 0 ? null : seen.sealBytes(SEEN, { row }) },
  }
}

/** A table of notes under the first version of the key, and the key rotated since. */
async function rotated(size: number) {
  const site = await hospital()
  const keyring = await site.process()
  const refresh = () => keyring.tenant('clinic-a')
  const clinic = await refresh()
  const table = memoryTable(Array.from({ length: size }, (_, i) => noteRow(clinic, i)))
  const newId = await site.rotate('clinic-a')
  const oldId = (await site.keyIds('clinic-a'))[0] as string
  site.clock.advance(STATES_MAX_AGE)
  await refresh()
  const columns = fieldsOf(clinic)
  const run = (options: Partial<ReencryptOptions> = {}) => reencrypt({ table, columns, refresh, batchSize: 7, ...options })
  return { site, keyring, refresh, clinic, table, columns, oldId, newId, run }
}

/** Every value opens for its row to what it was, and stands under the key. */
function expectAll(table: MemoryTable, columns: ReturnType<typeof fieldsOf>, keyId: string): void {
  const isRight = ({ row, values }: TableRow): boolean => {
    const i = Number(row.slice(2))
    const { body, seen } = values as { body: string; seen: Uint8Array | null }
    if (columns.body.open(body, { row }) !== textOf(i) || inspectSealed(body)?.keyId !== keyId) return false
    if (i % 3 === 0 || seen === null) return i % 3 === 0 && seen === null
    return columns.seen.openBytes(seen, { row }).getTime() === SEEN.getTime() && inspectSealed(seen)?.keyId === keyId
  }
  expect(table.rows.filter((row) => !isRight(row))).toEqual([])
}

const isOneSwapPerRow = (table: MemoryTable): boolean => table.calls.swaps === table.rows.length

describe('reencrypt', () => {
  it('S19 S90 seals every value under the new key, one swap a row, and a whole pass confirms it', async () => {
    const { table, columns, oldId, newId, run } = await rotated(50)
    expect((await countKeyUse(table, ['body', 'seen'])).keyIds).toEqual(new Map([[oldId, 50 + 33]]))
    const result = await run()
    expect(result).toEqual({
      done: true,
      stopped: false,
      passes: 2,
      read: 100,
      written: 50,
      conflicts: 0,
      sealedPlaintext: 0,
      failed: [],
      remaining: 0,
      keyIds: new Map([[newId, 83]]),
    })
    expect(isOneSwapPerRow(table)).toBe(true)
    expectAll(table, columns, newId)
    expect(await countKeyUse(table, ['body', 'seen'])).toEqual({
      rows: 50,
      keyIds: new Map([[newId, 83]]),
      without: 0,
      nulls: 17,
    })
  })

  it('writes nothing where everything is current, and one pass says so', async () => {
    const { table, run } = await rotated(20)
    await run()
    const before = structuredClone(table.rows)
    table.calls.swaps = 0
    expect(await run()).toMatchObject({ done: true, passes: 1, written: 0, remaining: 0 })
    expect(table.calls.swaps).toBe(0)
    expect(table.rows).toEqual(before)
  })

  it('is done with an empty table', async () => {
    const { run, table } = await rotated(0)
    expect(await run()).toMatchObject({ done: true, read: 0, remaining: 0, keyIds: new Map() })
    expect(table.calls.swaps).toBe(0)
  })

  it('the old key opens nothing any more afterwards, and may go', async () => {
    const { site, refresh, table, columns, newId, run } = await rotated(9)
    expect((await run()).done).toBe(true)
    await site.move('clinic-a', 1, 'revoked')
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    expectAll(table, columns, newId)
  })

  it('swaps only the columns that change, and names their old values', async () => {
    const { table, columns, newId, run } = await rotated(2)
    const row = idOf(1)
    const current = columns.body.seal('written since', { row })
    const seen = table.get([row])?.values.seen as Uint8Array
    table.put({ key: [row], row, values: { body: current, seen } })
    const changes: { expect: Readonly<Record<string, ColumnValue>>; set: Readonly<Record<string, ColumnValue>> }[] = []
    const { swap } = table
    table.swap = (key, change) => {
      if (key[0] === row) changes.push(change)
      return swap(key, change)
    }
    expect((await run()).done).toBe(true)
    expect(changes).toHaveLength(1)
    expect(changes[0]?.expect).toEqual({ seen })
    expect(Object.keys(changes[0]?.set ?? {})).toEqual(['seen'])
    expect(table.get([row])?.values.body).toBe(current)
    expect(inspectSealed(table.get([row])?.values.seen)?.keyId).toBe(newId)
  })

  it('keeps the form of each value, and takes the Buffers that a driver hands out', async () => {
    const { table, columns, newId, run } = await rotated(4)
    for (const row of table.rows) {
      if (row.values.seen) table.put({ ...row, values: { ...row.values, seen: Buffer.from(row.values.seen as Uint8Array) } })
    }
    expect((await run()).done).toBe(true)
    expectAll(table, columns, newId)
  })

  it('moves values to another suite', async () => {
    const { table, clinic, refresh } = await rotated(5)
    const body = clinic.field({ table: 'note', column: 'body', suite: 'XAES-256-GCM', alsoOpens: ['KC-XAES-256-GCM'] })
    const result = await reencrypt({ table, columns: { body }, refresh })
    expect(result).toMatchObject({ done: true, written: 5 })
    for (const { values } of table.rows) expect(inspectSealed(values.body)?.suite).toBe('XAES-256-GCM')
  })

  it('takes fields that are declared without a row', async () => {
    const { clinic, refresh } = await rotated(0)
    const code = clinic.field({ table: 'code', column: 'code', unboundRow: true })
    const old = clinic.field({ table: 'code', column: 'code', unboundRow: true, suite: 'XAES-256-GCM' })
    const moving = clinic.field({ table: 'code', column: 'code', unboundRow: true, alsoOpens: ['XAES-256-GCM'] })
    const table = memoryTable([{ key: [1], row: '1', values: { code: old.seal('F32.1') } }])
    expect(await reencrypt({ table, columns: { code: moving }, refresh })).toMatchObject({ done: true, written: 1 })
    expect(code.open(table.rows[0]?.values.code as string)).toBe('F32.1')
  })

  it('walks compound keys of text and numbers', async () => {
    const { clinic, refresh, table: notes, newId, columns } = await rotated(6)
    const table = memoryTable(
      notes.rows.map(({ row, values }, i) => ({ key: [i % 2 === 0 ? 'ward-a' : 'ward-b', i], row, values })),
    )
    const places: (RowKey | undefined)[] = []
    const result = await reencrypt({
      table,
      columns: fieldsOf(clinic),
      refresh,
      batchSize: 4,
      onProgress: ({ after }) => void places.push(after),
    })
    expect(result).toMatchObject({ done: true, written: 6 })
    expect(places).toEqual([
      ['ward-b', 1],
      ['ward-b', 5],
      ['ward-b', 1],
      ['ward-b', 5],
    ])
    expectAll(table, columns, newId)
  })

  it('S91 seals each row with the keys of its own tenant where one table holds several', async () => {
    const site = await hospital()
    const keyring = await site.process()
    const ids = ['clinic-a', 'clinic-b']
    const table = memoryTable()
    for (let i = 0; i < 10; i++) {
      const tenant = ids[i % 2] as string
      const made = noteRow(await keyring.tenant(tenant), i)
      table.put({ ...made, values: { ...made.values, tenant } })
    }
    const newIds = [await site.rotate('clinic-a'), await site.rotate('clinic-b')]
    site.clock.advance(STATES_MAX_AGE)
    const result = await reencrypt({
      table,
      columns: ['body', 'seen'],
      fieldsOf: async ({ values }) => fieldsOf(await keyring.tenant(values.tenant as string)),
      refresh: async () => {},
      batchSize: 3,
    })
    expect(result).toMatchObject({ done: true, written: 10 })
    for (const [i, { row, values }] of table.rows.entries()) {
      expect(inspectSealed(values.body)?.keyId).toBe(newIds[i % 2])
      expect(fieldsOf(await keyring.tenant(values.tenant as string)).body.open(values.body as string, { row })).toBe(textOf(i))
    }
  })

  it('S91 seals with the keys of each patient, and leaves a row whose fields are not to be had', async () => {
    const site = await hospital()
    const keyring = await site.process()
    const clinic = await keyring.tenant('clinic-a')
    const table = memoryTable()
    for (let i = 0; i < 4; i++) table.put(noteRow(await clinic.subject(`p-${i}`), i))
    for (let i = 0; i < 4; i++) await site.rotate('clinic-a', 'field', `p-${i}`)
    site.clock.advance(STATES_MAX_AGE)
    const before = table.get([idOf(2)])
    const errors: RowError[] = []
    const result = await reencrypt({
      table,
      columns: ['body', 'seen'],
      fieldsOf: async ({ row }) => {
        const patient = Number(row.slice(2))
        // Too long an id: refused by the keyring, now and ever.
        return fieldsOf(await clinic.subject(patient === 2 ? 'p'.repeat(300) : `p-${patient}`))
      },
      refresh: () => keyring.tenant('clinic-a'),
      onRowError: (error) => errors.push(error),
    })
    expect(result).toMatchObject({
      done: false,
      written: 3,
      remaining: 2,
      failed: [{ code: 'PHI_ENVELOPE_OPTIONS', count: 2 }],
    })
    expect(errors.filter(({ pass }) => pass === 2)).toEqual([
      { key: [idOf(2)], column: 'body', code: 'PHI_ENVELOPE_OPTIONS', pass: 2 },
      { key: [idOf(2)], column: 'seen', code: 'PHI_ENVELOPE_OPTIONS', pass: 2 },
    ])
    expect(table.get([idOf(2)])).toEqual(before)
  })

  it('a fieldsOf that leaves a named column out is a failure, not a column without work', async () => {
    const { table, refresh, columns } = await rotated(2)
    const result = await reencrypt({ table, columns: ['body', 'seen'], fieldsOf: () => ({ body: columns.body }), refresh })
    expect(result).toMatchObject({ done: false, remaining: 1, failed: [{ code: 'PHI_ENVELOPE_JOB', count: 1 }] })
  })
})

describe('values that cannot be sealed anew', () => {
  /** What was put in the place of a value, and the code with which the job leaves it. */
  const damages: readonly [string, (table: MemoryTable, row: TableRow) => string, string][] = [
    ['altered', (_, { values }) => `${(values.body as string).slice(0, -6)}AAAAAA`, 'PHI_ENVELOPE_OPEN'],
    ['moved from another row', (table) => table.rows[0]?.values.body as string, 'PHI_ENVELOPE_OPEN'],
    ['cut', (_, { values }) => (values.body as string).slice(0, 60), 'PHI_ENVELOPE_OPEN'],
    ['plaintext', () => 'Patient reports nothing.', 'PHI_ENVELOPE_NOT_SEALED'],
    ['empty', () => '', 'PHI_ENVELOPE_NOT_SEALED'],
  ]
  for (const [name, damage, code] of damages) {
    it(`S18 leaves a value that is ${name} as it is, counts it, and is not done`, async () => {
      const { table, run } = await rotated(10)
      const row = table.rows[4] as TableRow
      const damaged = { ...row, values: { ...row.values, body: damage(table, row) } }
      table.put(damaged)
      const errors: RowError[] = []
      const result = await run({ onRowError: (error) => errors.push(error) })
      expect(result).toMatchObject({ done: false, remaining: 1, passes: 2, failed: [{ code, count: 1 }] })
      expect(errors).toEqual([1, 2].map((pass) => ({ key: row.key, column: 'body', code, pass })))
      // The other column of the row was sealed anew all the same.
      const now = table.rows[4] as TableRow
      expect(now.values.body).toBe(damaged.values.body)
      expect(equalBytes(now.values.seen as Uint8Array, row.values.seen as Uint8Array)).toBe(false)
    })
  }

  it('two rows whose ciphertexts were exchanged both stay as they are', async () => {
    const { table, run } = await rotated(10)
    const [a, b] = [table.rows[1], table.rows[2]] as [TableRow, TableRow]
    table.put({ ...a, values: { ...a.values, body: b.values.body as string } })
    table.put({ ...b, values: { ...b.values, body: a.values.body as string } })
    const result = await run()
    expect(result).toMatchObject({ done: false, remaining: 2, failed: [{ code: 'PHI_ENVELOPE_OPEN', count: 2 }] })
    expect(table.rows[1]?.values.body).toBe(b.values.body)
    expect(table.rows[2]?.values.body).toBe(a.values.body)
  })

  it('never seals a second time: what opens to something sealed is left and reported', async () => {
    const { table, clinic, site, refresh, run } = await rotated(3)
    const row = table.rows[1] as TableRow
    // Somebody swallowed a failed open, and sealed the ciphertext.
    const inner = fieldsOf(clinic).body.seal('inner', { row: row.row })
    const twice = sealAnyway(clinic, { table: 'note', column: 'body', row: row.row }, inner)
    expect(fieldsOf(clinic).body.open(twice, { row: row.row })).toBe(inner)
    table.put({ ...row, values: { ...row.values, body: twice } })
    await site.rotate('clinic-a')
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    const before = table.rows[1]?.values.body
    const result = await run()
    expect(result).toMatchObject({ done: false, failed: [{ code: 'PHI_ENVELOPE_ALREADY_SEALED', count: 1 }], remaining: 1 })
    expect(table.rows[1]?.values.body).toBe(before)
  })

  it('values under a revoked key stay, and are named by their key', async () => {
    const { site, refresh, oldId, newId, table, run } = await rotated(5)
    await site.move('clinic-a', 1, 'revoked')
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    const before = structuredClone(table.rows)
    expect(await run()).toMatchObject({
      done: false,
      written: 0,
      remaining: 8,
      failed: [{ code: 'PHI_ENVELOPE_OPEN', count: 8 }],
      keyIds: new Map([[oldId, 8]]),
    })
    expect(table.rows).toEqual(before)
    expect(newId).not.toBe(oldId)
  })

  it('no error holds anything of a row', async () => {
    const { table, run } = await rotated(3)
    table.before = (call) => {
      if (call === 'read') return
      throw new Error('the connection broke')
    }
    await expect(run()).rejects.toThrow('the connection broke')
    table.before = undefined
    const { body, seen } = (table.rows[1] as TableRow).values as { body: string; seen: Uint8Array }
    table.read = async () => [{ key: [idOf(1)], row: idOf(1), values: { body } }]
    const error = await refusal(run())
    expect(error.code).toBe('PHI_ENVELOPE_JOB')
    for (const secret of [idOf(1), body, Buffer.from(seen).toString('hex')]) {
      expect(JSON.stringify([error.message, error.path, error.info, error.cause])).not.toContain(secret)
    }
  })
})

describe('old plaintext', () => {
  it('S18 is sealed by the same job and counted, once the field says so', async () => {
    const { table, clinic, refresh, site, newId } = await rotated(6)
    for (const at of [1, 4]) {
      const row = table.rows[at] as TableRow
      table.put({ ...row, values: { ...row.values, body: textOf(at) } })
    }
    const hits: unknown[] = []
    const migrating = clinic.field({
      table: 'note',
      column: 'body',
      plaintext: { until: '2026-12-31T00:00:00.000Z', onPlaintext: ({ row }) => hits.push(row) },
    })
    const columns = { ...fieldsOf(clinic), body: migrating }
    expect(await reencrypt({ table, columns, refresh })).toMatchObject({ done: true, written: 6, sealedPlaintext: 2 })
    expect(hits).toEqual([idOf(1), idOf(4)])
    expectAll(table, fieldsOf(clinic), newId)
    // After the date the option no longer takes any.
    site.clock.set('2027-01-01T00:00:00.000Z')
    await refresh()
    const row = table.rows[1] as TableRow
    table.put({ ...row, values: { ...row.values, body: textOf(1) } })
    expect(await reencrypt({ table, columns, refresh })).toMatchObject({
      done: false,
      sealedPlaintext: 0,
      failed: [{ code: 'PHI_ENVELOPE_NOT_SEALED', count: 1 }],
    })
  })

  it('counts only what was written: not the attempt that lost against another writer', async () => {
    const { clinic, refresh } = await rotated(0)
    const table = memoryTable([{ key: [1], row: '1', values: { body: 'old text' } }])
    const plaintext = { until: '2026-12-31T00:00:00.000Z', onPlaintext: () => {} }
    const body = clinic.field({ table: 'note', column: 'body', plaintext })
    let raced = false
    table.before = (call) => {
      if (call === 'read' || raced) return
      raced = true
      table.put({ key: [1], row: '1', values: { body: 'newer text' } })
    }
    expect(await reencrypt({ table, columns: { body }, refresh })).toMatchObject({
      done: true,
      conflicts: 1,
      sealedPlaintext: 1,
    })
    expect(fieldsOf(clinic).body.open(table.rows[0]?.values.body as string, { row: '1' })).toBe('newer text')
  })
})

describe('other writers', () => {
  it('S90 a process that has not heard of the rotation goes on under the old key, and the job finds what it wrote', async () => {
    const site = await hospital()
    const [mine, other] = [await site.process(), await site.process()]
    const clinic = await mine.tenant('clinic-a')
    const elsewhere = await other.tenant('clinic-a')
    const table = memoryTable(Array.from({ length: 30 }, (_, i) => noteRow(clinic, i)))
    const newId = await site.rotate('clinic-a')
    site.clock.advance(STATES_MAX_AGE - 1)
    // The job's process hears of it now; the other looked half a second later, and has not.
    mine.evict()
    await mine.tenant('clinic-a')
    let late = 0
    table.before = (call) => {
      // In the first pass the other process inserts behind the job's back, before the place it has reached.
      if (call === 'swap' && late < 5 && table.calls.swaps > 20) table.put(noteRow(elsewhere, 1000 + late++))
      if (call === 'swap' && table.calls.swaps === 28) table.put(noteRow(elsewhere, 0))
    }
    const columns = fieldsOf(clinic)
    const result = await reencrypt({ table, columns, refresh: () => mine.tenant('clinic-a'), batchSize: 10 })
    expect(late).toBe(5)
    expect(result).toMatchObject({ done: true, remaining: 0, conflicts: 0, passes: 3, written: 36 })
    expectAll(table, columns, newId)
  })

  it('gives up on a table in which old values never end, and says that it is not done', async () => {
    const site = await hospital()
    const [mine, other] = [await site.process(), await site.process()]
    const elsewhere = await other.tenant('clinic-a')
    const table = memoryTable([noteRow(elsewhere, 0)])
    await site.rotate('clinic-a')
    const clinic = await mine.tenant('clinic-a')
    const result = await reencrypt({
      table,
      columns: fieldsOf(clinic),
      refresh: async () => {
        await mine.tenant('clinic-a')
        table.put(noteRow(elsewhere, 0))
      },
      maxPasses: 4,
    })
    expect(result).toMatchObject({ done: false, passes: 4, remaining: 1 })
  })

  it('a row that changes between read and swap is read again; the other’s value stays', async () => {
    const { table, columns, clinic, run } = await rotated(10)
    const row = idOf(5)
    table.before = (call, key) => {
      if (call === 'read' || key?.[0] !== row || table.get([row])?.values.author !== undefined) return
      const theirs = fieldsOf(clinic).body.seal('changed by the clinician', { row })
      const values = table.get([row])?.values as Record<string, ColumnValue>
      table.put({ key: [row], row, values: { ...values, body: theirs, author: 'b' } })
    }
    expect(await run()).toMatchObject({ done: true, conflicts: 1, written: 10, remaining: 0 })
    expect(columns.body.open(table.get([row])?.values.body as string, { row })).toBe('changed by the clinician')
  })

  it('a batch that was read again because of another’s write does not pass for one that was current', async () => {
    const { table, clinic, run } = await rotated(10)
    const row = idOf(6)
    table.before = (call, key) => {
      if (call === 'read' || key?.[0] !== row) return
      table.put({ key: [row], row, values: { body: fieldsOf(clinic).body.seal(textOf(6), { row }), seen: null } })
    }
    expect(await run({ batchSize: 20 })).toMatchObject({ done: true, conflicts: 1, written: 9, passes: 2 })
  })

  it('a row that always changes is reported after a few attempts, and the rest is done', async () => {
    const { table, clinic, run, newId } = await rotated(10)
    const row = idOf(5)
    const oldSuite = clinic.field({ table: 'note', column: 'body', suite: 'XAES-256-GCM' })
    table.before = (call, key) => {
      if (call === 'read' || key?.[0] !== row) return
      const values = table.get([row])?.values as Record<string, ColumnValue>
      // Stale each time, and never what was read.
      table.put({ key: [row], row, values: { ...values, body: oldSuite.seal(textOf(5), { row }) } })
    }
    const body = clinic.field({ table: 'note', column: 'body', alsoOpens: ['XAES-256-GCM'] })
    const columns = { ...fieldsOf(clinic), body }
    const errors: RowError[] = []
    const result = await run({ columns, maxPasses: 3, onRowError: (error) => errors.push(error) })
    expect(result).toMatchObject({ done: false, passes: 3, conflicts: 12, written: 9 })
    expect(result.remaining).toBeGreaterThan(0)
    expect(errors).toEqual([1, 2, 3].map((pass) => ({ key: [row], column: undefined, code: 'PHI_ENVELOPE_CONFLICT', pass })))
    for (const each of table.rows) if (each.row !== row) expect(inspectSealed(each.values.body)?.keyId).toBe(newId)
  })

  it('a row that is deleted in between is gone, and nothing is written for it', async () => {
    const { table, run } = await rotated(10)
    table.before = (call, key) => {
      if (call === 'swap' && key?.[0] === idOf(5)) table.rows.splice(5, 1)
    }
    expect(await run()).toMatchObject({ done: true, conflicts: 1, written: 9 })
    expect(table.rows).toHaveLength(9)
  })
})

describe('the key that is meant', () => {
  it('S90 a process that has not heard of the rotation finds nothing to do, and with underKey refuses to say so', async () => {
    const site = await hospital()
    const keyring = await site.process()
    const refresh = () => keyring.tenant('clinic-a')
    const clinic = await refresh()
    const table = memoryTable(Array.from({ length: 3 }, (_, i) => noteRow(clinic, i)))
    const underKey = await site.rotate('clinic-a')
    const job = { table, columns: fieldsOf(clinic), refresh }
    expect(await reencrypt(job)).toMatchObject({ done: true, keyIds: new Map([[(await site.keyIds('clinic-a'))[0], 5]]) })
    expect((await refusal(reencrypt({ ...job, underKey }))).code).toBe('PHI_ENVELOPE_JOB')
    // The same where there is something to seal: nothing is written under the old key.
    const plaintext = { until: '2026-12-31T00:00:00.000Z', onPlaintext: () => {} }
    const body = clinic.field({ table: 'note', column: 'body', plaintext })
    const old = memoryTable([{ key: [1], row: '1', values: { body: 'old text' } }])
    expect((await refusal(reencrypt({ table: old, columns: { body }, refresh, underKey }))).code).toBe('PHI_ENVELOPE_JOB')
    expect(old.calls.swaps).toBe(0)
    site.clock.advance(STATES_MAX_AGE)
    expect(await reencrypt({ ...job, underKey })).toMatchObject({ done: true, written: 3, keyIds: new Map([[underKey, 5]]) })
  })
})

describe('crash and resume', () => {
  it('S19 killed at every call in turn, and resumed from the last place, it ends with every value under the new key', async () => {
    const calls = 4 + 10 + 3
    for (let at = 1; at <= calls; at++) {
      for (const when of ['before', 'after'] as const) {
        const { table, columns, newId, run } = await rotated(10)
        let left = at
        const die = () => {
          left -= 1
          if (left === 0) throw new Error('killed')
        }
        if (when === 'before') table.before = die
        else table.afterSwap = die
        let after: RowKey | undefined
        const first = run({
          batchSize: 4,
          onProgress: (progress) => {
            after = progress.after
          },
        })
        // After the swaps have run out nothing kills it any more.
        if (when === 'before' || at <= 10) await expect(first).rejects.toThrow('killed')
        else await first
        table.before = undefined
        table.afterSwap = undefined
        const second = await run({ batchSize: 4, ...(after && { after }) })
        expect(second).toMatchObject({ done: true, remaining: 0 })
        expectAll(table, columns, newId)
        // A row whose swap was done, though its answer was lost, is not written again.
        if (when === 'after' && at <= 10) expect(second.written).toBe(10 - at)
      }
    }
  })

  it('resumes after a place, and still walks the whole table before it is done', async () => {
    const { table, columns, newId, run } = await rotated(10)
    const result = await run({ after: [idOf(6)] })
    expect(result).toMatchObject({ done: true, passes: 3, written: 10, read: 3 + 10 + 10 })
    expectAll(table, columns, newId)
  })

  it('a partial pass alone decides nothing', async () => {
    const { run } = await rotated(10)
    const result = await run({ after: [idOf(6)], maxPasses: 1 })
    expect(result.done).toBe(false)
    expect(result.remaining).toBeUndefined()
  })

  it('keys that become stale under the work are loaded anew, once', async () => {
    const { site, table, columns, refresh, newId, run } = await rotated(10)
    let refreshed = 0
    table.before = (call) => {
      // Longer than the cache keeps keys: with 15 minutes by default, nothing may be sealed or opened.
      if (call === 'swap' && table.calls.swaps === 3) site.clock.advance(16 * 60_000)
    }
    const result = await run({
      refresh: () => {
        refreshed += 1
        return refresh()
      },
    })
    expect(result.done).toBe(true)
    expect(refreshed).toBe(result.passes * 3 + 1)
    expectAll(table, columns, newId)
  })

  it('ends with PHI_ENVELOPE_STALE when refresh refreshes nothing', async () => {
    const { site, run } = await rotated(3)
    site.clock.advance(16 * 60_000)
    expect((await refusal(run({ refresh: async () => {} }))).code).toBe('PHI_ENVELOPE_STALE')
  })

  it('passes on what refresh throws, before anything is read', async () => {
    const { table, run } = await rotated(3)
    await expect(run({ refresh: () => Promise.reject(new Error('KMS down')) })).rejects.toThrow('KMS down')
    expect(table.calls).toEqual({ reads: 0, swaps: 0 })
  })
})

describe('stopping', () => {
  it('ends between two rows with the place to go on from', async () => {
    for (let at = 1; at <= 10; at++) {
      const { table, columns, newId, run } = await rotated(10)
      const stop = new AbortController()
      table.afterSwap = () => {
        if (table.calls.swaps === at) stop.abort()
      }
      const result = await run({ signal: stop.signal, batchSize: 4 })
      expect(result).toMatchObject({ done: false, stopped: true, written: at, read: at, after: [idOf(at - 1)] })
      expect(result.remaining).toBeUndefined()
      table.afterSwap = undefined
      expect(await run({ after: result.after as RowKey })).toMatchObject({ done: true, written: 10 - at })
      expectAll(table, columns, newId)
    }
  })

  it('does nothing when the signal was given before', async () => {
    const { table, run } = await rotated(3)
    expect(await run({ signal: AbortSignal.abort() })).toMatchObject({ stopped: true, done: false, read: 0, passes: 1 })
    expect(table.calls).toEqual({ reads: 0, swaps: 0 })
  })

  it('a read that the signal broke off is an end, not a failure', async () => {
    const { table, run } = await rotated(10)
    const stop = new AbortController()
    table.before = (call) => {
      if (call === 'swap' || table.calls.reads < 2) return
      stop.abort()
      stop.signal.throwIfAborted()
    }
    expect(await run({ signal: stop.signal })).toMatchObject({ stopped: true, written: 7, after: [idOf(6)] })
  })
})

describe('progress', () => {
  it('adds up, for tables, batches and damages of every size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.uniqueArray(fc.nat(39), { maxLength: 5 }),
        async (size, batchSize, damaged) => {
          const { table, run } = await rotated(size)
          const broken = damaged.filter((i) => i < size)
          for (const i of broken) {
            const row = table.rows[i] as TableRow
            table.put({ ...row, values: { ...row.values, body: 'plain' } })
          }
          const steps: ReencryptProgress[] = []
          const result = await run({ batchSize, onProgress: (step) => void steps.push(step) })
          expect(result.read).toBe(size * result.passes)
          expect(result.written).toBe(new Set(table.rows.filter(({ values }) => values.body !== 'plain' || values.seen)).size)
          expect(result.remaining).toBe(broken.length)
          expect(result.failed).toEqual(broken.length > 0 ? [{ code: 'PHI_ENVELOPE_NOT_SEALED', count: broken.length }] : [])
          expect(result.done).toBe(broken.length === 0)
          for (const [i, step] of steps.entries()) {
            const before = steps[i - 1]
            expect(step.total).toBe(size)
            expect(step.read).toBeGreaterThan(before?.read ?? 0)
            expect(step.read).toBe((step.pass - 1) * size + step.readInPass)
            expect(step.written).toBeGreaterThanOrEqual(before?.written ?? 0)
          }
          expect(steps.at(-1)?.read ?? 0).toBe(result.read)
          expect(steps.at(-1)?.written ?? 0).toBe(result.written)
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 25 },
    )
  })
})

describe('a table that does not keep to its contract', () => {
  const answers: readonly [string, (rows: readonly TableRow[]) => unknown][] = [
    ['no list', () => undefined],
    ['the same rows for ever', (rows) => rows.slice(0, 7)],
    ['a row twice', (rows) => [rows[0], rows[0]]],
    ['a row without a key', (rows) => [{ ...rows[0], key: [] }]],
    ['a key that is no key', (rows) => [{ ...rows[0], key: [Number.NaN] }]],
    ['a row id that is a number', (rows) => [{ ...rows[0], row: 7 }]],
    ['a row without values', (rows) => [{ ...rows[0], values: undefined }]],
    ['a row without a named column', (rows) => [{ ...rows[0], values: { body: rows[0]?.values.body } }]],
    ['a value of another kind', (rows) => [{ ...rows[0], values: { body: 7, seen: null } }]],
  ]
  for (const [name, answer] of answers) {
    it(`is refused: ${name}`, async () => {
      const { table, run } = await rotated(10)
      const all = [...table.rows]
      table.read = async () => answer(all) as readonly TableRow[]
      expect((await refusal(run())).code).toBe('PHI_ENVELOPE_JOB')
    })
  }

  it('is refused: more rows than were asked for', async () => {
    const { table, run } = await rotated(10)
    const all = [...table.rows]
    table.read = async ({ after }) => (after === undefined ? all : [])
    expect((await refusal(run({ batchSize: 9 }))).code).toBe('PHI_ENVELOPE_JOB')
    expect(table.calls.swaps).toBe(0)
  })

  it('is refused: a swap that does not say whether it swapped', async () => {
    const { table, run } = await rotated(2)
    table.swap = (async () => undefined) as never
    expect((await refusal(run())).code).toBe('PHI_ENVELOPE_JOB')
  })

  it('a column that only the prototype has is not there', async () => {
    const { table, run } = await rotated(1)
    const [row] = table.rows as [TableRow]
    const inherits = { ...row, values: Object.create(row.values) as TableRow['values'] }
    table.read = async ({ after }) => (after === undefined ? [inherits] : [])
    expect((await refusal(run())).code).toBe('PHI_ENVELOPE_JOB')
  })
})

describe('options', () => {
  const bad: readonly [string, Record<string, unknown>][] = [
    ['no column', { columns: {} }],
    ['no name of a column', { columns: [], fieldsOf: () => ({}) }],
    ['names without fieldsOf', { columns: ['body'] }],
    ['fields and fieldsOf', { fieldsOf: () => ({}) }],
    ['something that is no field', { columns: { body: { seal() {} } } }],
    ['a batch of nothing', { batchSize: 0 }],
    ['a key of nothing', { after: [] }],
    ['something unknown', { dryRun: true }],
    ['a key id that is none', { underKey: 'new' }],
    ['no refresh', { refresh: undefined }],
    ['no table', { table: { read() {} } }],
    ['a signal that is none', { signal: {} }],
  ]
  for (const [name, options] of bad) {
    it(`are refused: ${name}`, async () => {
      const { run, table } = await rotated(1)
      const error: PhiError = await refusal(run(options as never))
      expect(error.code).toBe('PHI_ENVELOPE_OPTIONS')
      expect(isPhiError(error)).toBe(true)
      expect(table.calls.reads).toBe(0)
    })
  }
})

describe.runIf(process.env.PHI_LONG === '1')('a large table', () => {
  it('S89 seals 100,000 rows anew, beside a writer', async () => {
    const { table, columns, clinic, newId, run } = await rotated(100_000)
    table.before = (call, key) => {
      if (call === 'swap' && table.calls.swaps % 1000 === 0) {
        const row = key?.[0] as string
        const values = table.get([row])?.values as Record<string, ColumnValue>
        table.put({
          key: [row],
          row,
          values: { ...values, body: fieldsOf(clinic).body.seal(textOf(Number(row.slice(2))), { row }) },
        })
      }
    }
    const result = await run({ batchSize: 1000 })
    expect(result).toMatchObject({ done: true, remaining: 0 })
    expect(result.conflicts).toBeGreaterThan(50)
    expectAll(table, columns, newId)
  }, 600_000)
})
