import { PGlite } from '@electric-sql/pglite'
import { CamelCasePlugin, type Generated, Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hospital, STATES_MAX_AGE } from '../../test/job/hospital.ts'
import { pgliteDialect } from '../../test/orm/pglite-dialect.ts'
import { inspectSealed } from '../field/format.ts'
import { reencrypt } from '../job/reencrypt.ts'
import { scanSealed } from '../job/scan.ts'
import type { ColumnValue, TableAccess, TableRow } from '../job/table.ts'
import type { TenantKeys } from '../keys/keyring.ts'
import { compoundRow, type Sealed, sealedGuard, sealedTables, storedText } from './kysely.ts'

interface Database {
  patient: { id: string; name: Sealed<string>; birth_date: Sealed<Date> | null; name_idx: string | null }
  note: {
    id: string
    patient_id: string
    author: string
    body: Sealed<string>
    score: Sealed<number> | null
    seq: Generated<number>
  }
  reading: { device: string; at: number; value: Sealed<{ bpm: number }> }
}

const sealedTable = sealedTables<Database>()
const nameTerm = (keys: { readonly tenant: string }) => ({ term: (value: string) => `${keys.tenant}:${value.length}` })
const sealedPatients = sealedTable('patient', {
  row: 'id',
  columns: { name: {}, birth_date: { type: 'date' } },
  indexes: { name_idx: { of: 'name', index: nameTerm } },
})
const sealedNotes = sealedTable('note', { row: 'id', columns: { body: {}, score: { type: 'number' } } })
const sealedReadings = sealedTable('reading', { row: ['device', 'at'], columns: { value: { type: 'json' } } })

const database = new PGlite()
const db = new Kysely<Database>({
  dialect: pgliteDialect(database),
  plugins: [sealedGuard(sealedPatients, sealedNotes, sealedReadings)],
})

let site: Awaited<ReturnType<typeof hospital>>
let a: TenantKeys
let b: TenantKeys

beforeAll(async () => {
  await database.exec(`
    create table patient (id text primary key, name text not null, birth_date text, name_idx text);
    create table note (id text primary key, patient_id text not null, author text not null, body text not null, score text,
      seq serial);
    create table reading (device text, at integer, value text not null, primary key (device, at));`)
})
afterAll(() => db.destroy().then(() => database.close()))

const BIRTH = new Date('1980-02-29T00:00:00.000Z')
const ada = { id: 'p-1', name: 'Ada Byron', birth_date: BIRTH }
const note = { id: 'n-204', patient_id: 'p-1', author: 'dr-grey', body: 'Patient reports better sleep.', score: 7 }

beforeEach(async () => {
  await database.exec('truncate patient, note, reading restart identity')
  site = await hospital()
  const keyring = await site.process()
  a = await keyring.tenant('clinic-a')
  b = await keyring.tenant('clinic-b')
  await db.insertInto('patient').values(sealedPatients.of(a).seal(ada)).execute()
  await db.insertInto('note').values(sealedNotes.of(a).seal(note)).execute()
})

const stored = async (column: string) =>
  (await database.query<Record<string, string>>(`select ${column} as value from note`)).rows.map(({ value }) => value)

describe('sealed rows with Kysely', () => {
  it('S18 S89 what lies in the database is sealed, and what comes back is what went in', async () => {
    for (const column of ['body', 'score']) {
      for (const value of await stored(column)) expect(inspectSealed(value)?.suite).toBe('KC-XAES-256-GCM')
    }
    const rows = sealedNotes.of(a).open(await db.selectFrom('note').selectAll().execute())
    expect(rows).toEqual([{ ...note, seq: 1 }])
    expectTypeOf(rows).items.toEqualTypeOf<{
      id: string
      patient_id: string
      author: string
      body: string
      score: number | null
      seq: number
    }>()
    const patient = await db.selectFrom('patient').selectAll().executeTakeFirst()
    expect(sealedPatients.of(a).open(patient)).toEqual({ ...ada, name_idx: 'clinic-a:9' })
  })

  it('S91 another tenant’s keys open nothing of it, and an exchanged row does not open', async () => {
    const rows = await db.selectFrom('note').selectAll().execute()
    expect((await refusal(() => sealedNotes.of(b).open(rows))).code).toBe('PHI_ENVELOPE_OPEN')
    const moved = rows.map((row) => ({ ...row, id: 'n-205' }))
    expect((await refusal(() => sealedNotes.of(a).open(moved))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('null stays null, and no row stays none', async () => {
    const mine = sealedPatients.of(a)
    await db
      .insertInto('patient')
      .values(mine.seal({ id: 'p-2', name: 'N. N.', birth_date: null }))
      .execute()
    const row = await db.selectFrom('patient').selectAll().where('id', '=', 'p-2').executeTakeFirst()
    expect(mine.open(row)).toEqual({ id: 'p-2', name: 'N. N.', birth_date: null, name_idx: 'clinic-a:5' })
    expect(mine.open(await db.selectFrom('patient').selectAll().where('id', '=', 'p-3').executeTakeFirst())).toBeUndefined()
  })

  it('inserts several rows, updates one, and opens what returning gives', async () => {
    const mine = sealedNotes.of(a)
    const inserted = await db
      .insertInto('note')
      .values(mine.seal([1, 2].map((i) => ({ ...note, id: `n-${i}`, score: i === 1 ? null : i }))))
      .returning(['id', 'body', 'score'])
      .execute()
    expect(mine.open(inserted)).toEqual([
      { id: 'n-1', body: note.body, score: null },
      { id: 'n-2', body: note.body, score: 2 },
    ])
    const updated = await db
      .updateTable('note')
      .set(mine.sealChange({ body: 'Sleeps well.', score: null }, { row: 'n-2' }))
      .where('id', '=', 'n-2')
      .returningAll()
      .executeTakeFirstOrThrow()
    expect(mine.open(updated)).toMatchObject({ id: 'n-2', body: 'Sleeps well.', score: null })
    const without = await db.updateTable('note').set({ author: 'dr-shepherd' }).returning('body').execute()
    expect((await refusal(() => mine.open(without))).code).toBe('PHI_ENVELOPE_ROW')
  })

  it('opens partial selects, aliases and joins, each by what it is', async () => {
    const mine = sealedNotes.of(a)
    expect(mine.open(await db.selectFrom('note').select('author').execute())).toEqual([{ author: 'dr-grey' }])
    const aliased = await db.selectFrom('note').select(['id as noteId', 'body as text']).execute()
    expect((await refusal(() => mine.open(aliased))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const opened = mine.open(aliased, { as: { noteId: 'id', text: 'body' } })
    expect(opened).toEqual([{ noteId: note.id, text: note.body }])
    expectTypeOf(opened[0]?.text).toEqualTypeOf<string | undefined>()

    const joined = await db
      .selectFrom('note')
      .innerJoin('patient', 'patient.id', 'note.patient_id')
      .select(['note.id', 'note.body', 'patient.id as patientId', 'patient.name'])
      .execute()
    expect((await refusal(() => mine.open(joined))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const half = mine.open(joined, { leave: ['name'] })
    expectTypeOf(half[0]?.name).toEqualTypeOf<Sealed<string> | undefined>()
    expect(sealedPatients.of(a).open(half, { as: { patientId: 'id' } })).toEqual([
      { id: note.id, body: note.body, patientId: 'p-1', name: ada.name },
    ])
  })

  it('opens a left join without a match: its nulls stay null', async () => {
    const mine = sealedNotes.of(a)
    await db
      .insertInto('note')
      .values(mine.seal({ ...note, id: 'n-9', patient_id: 'none' }))
      .execute()
    const rows = await db
      .selectFrom('note')
      .leftJoin('patient', 'patient.id', 'note.patient_id')
      .where('note.id', '=', 'n-9')
      .select(['note.id', 'note.body', 'patient.id as patientId', 'patient.name'])
      .execute()
    const half = mine.open(rows, { leave: ['name'] })
    expect(sealedPatients.of(a).open(half, { as: { patientId: 'id' } })).toEqual([
      { id: 'n-9', body: note.body, patientId: null, name: null },
    ])
  })

  it('binds values to all parts of a compound key', async () => {
    const mine = sealedReadings.of(a)
    await db
      .insertInto('reading')
      .values(mine.seal([1, 2].map((at) => ({ device: 'd-1', at, value: { bpm: 60 + at } }))))
      .execute()
    const change = mine.sealChange({ value: { bpm: 99 } }, { row: compoundRow('d-1', 2) })
    await db.updateTable('reading').set(change).where('at', '=', 2).execute()
    const rows = await db.selectFrom('reading').selectAll().orderBy('at').execute()
    expect(mine.open(rows).map(({ value }) => value.bpm)).toEqual([61, 99])
    expect((await refusal(() => mine.open(rows.map((row) => ({ ...row, at: 3 }))))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('a value that is sealed already stays as it was read, if it opens for this row, and is refused if not', async () => {
    const mine = sealedNotes.of(a)
    const row = await db.selectFrom('note').select(['id', 'body']).executeTakeFirstOrThrow()
    expect(mine.sealChange({ body: row.body }, { row: row.id }).body).toBe(row.body)
    expect((await refusal(() => mine.sealChange({ body: row.body }, { row: 'n-1' }))).code).toBe('PHI_ENVELOPE_ALREADY_SEALED')
  })

  it('declarations that contradict themselves are refused', async () => {
    const index = () => ({ term: String })
    const bad: readonly unknown[] = [
      { row: 'id', columns: { id: {} } },
      { row: [], columns: { body: {} } },
      { row: 'id', columns: { body: {} }, indexes: { body: { of: 'body', index } } },
      { row: 'id', columns: { body: {} }, indexes: { id: { of: 'body', index } } },
      { row: 'id', columns: { body: {} }, indexes: { body_idx: { of: 'author', index } } },
    ]
    for (const options of bad) {
      expect((await refusal(() => sealedTables<Database>()('note', options as never))).code).toBe('PHI_ENVELOPE_OPTIONS')
    }
    const unknown = sealedTables<Database>()('note', { row: 'id', columns: { body: { type: 'text' } } } as never)
    expect((await refusal(() => unknown.of(a))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('opens and seals nothing but rows', async () => {
    const mine = sealedNotes.of(a)
    expect((await refusal(() => mine.open('phi1.AAAA'))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect((await refusal(() => mine.open([7]))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect((await refusal(() => mine.seal({ ...note, id: {} } as never))).code).toBe('PHI_ENVELOPE_ROW')
    expect((await refusal(() => mine.seal({ ...note, score: 'seven' } as never))).code).toBe('PHI_ENVELOPE_VALUE')
  })
})

describe('sealedGuard', () => {
  const text = note.body as unknown as Sealed<string>
  const expectRefused = async (query: { execute(): Promise<unknown> }) => {
    const before = await stored('body')
    const error = await refusal(query.execute())
    expect(error.code).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect(JSON.stringify([error.message, error.info])).not.toContain(note.body)
    expect(await stored('body')).toEqual(before)
  }
  const { id, patient_id, author } = note

  it('S18 refuses plaintext that was cast into an insert, alone or among others', async () => {
    const plain = { id: 'n-1', patient_id, author, body: text }
    await expectRefused(db.insertInto('note').values(plain))
    await expectRefused(
      db.insertInto('note').values([sealedNotes.of(a).seal({ ...note, id: 'n-2' }), { ...plain, score: null }]),
    )
    await expectRefused(db.insertInto('note').values({ ...plain, body: 'phi1.AAAA' as unknown as Sealed<string> }))
    await expectRefused(db.insertInto('note').values({ ...plain, body: 7 as unknown as Sealed<string> }))
  })

  it('S18 refuses plaintext in updates, upserts and queries within queries', async () => {
    const mine = sealedNotes.of(a).seal(note)
    await expectRefused(db.updateTable('note').set({ body: text }))
    await expectRefused(db.updateTable('note').set('body', text))
    await expectRefused(db.updateTable('note as n').set({ body: text }))
    await expectRefused(
      db
        .insertInto('note')
        .values(mine)
        .onConflict((on) => on.column('id').doUpdateSet({ body: text })),
    )
    await expectRefused(
      db
        .with('changed', (cte) => cte.updateTable('note').set({ body: text }).returning('id'))
        .selectFrom('changed')
        .selectAll(),
    )
    await expectRefused(
      db.mergeInto('note').using('patient', 'patient.id', 'note.patient_id').whenMatched().thenUpdateSet({ author: 'x' }),
    )
  })

  it('S18 refuses expressions and queries of which nobody knows what they give', async () => {
    await expectRefused(db.updateTable('note').set({ body: sql<Sealed<string>>`'plain'` }))
    await expectRefused(db.updateTable('note').set((eb) => ({ body: eb.ref('note.author') as never })))
    await expectRefused(db.updateTable('note').set(sql`body` as never, text as never))
    await expectRefused(db.updateTable(sql`note`.as('n') as never).set({ body: text } as never))
    await expectRefused(
      db
        .insertInto('note')
        .columns(['id', 'patient_id', 'author', 'body'])
        .expression((eb) => eb.selectFrom('note').select(['author as id', 'patient_id', 'author', 'body'])),
    )
    await expectRefused(db.insertInto('note').expression((eb) => eb.selectFrom('note').selectAll()))
    await expectRefused(
      db.insertInto('note').values((eb) => ({ id: 'n-3', patient_id, author, body: eb.val(note.body) as never })),
    )
  })

  it('lets through what is sealed, null, another column, or another table', async () => {
    const mine = sealedNotes.of(a)
    await db
      .insertInto('note')
      .values(mine.seal({ ...note, body: 'Newer.' }))
      .onConflict((on) => on.column('id').doUpdateSet((eb) => ({ body: eb.ref('excluded.body'), score: null })))
      .execute()
    await db.updateTable('note').set({ author: 'body' }).execute()
    const row = await db.selectFrom('note').selectAll().executeTakeFirstOrThrow()
    expect(mine.open(row)).toMatchObject({ id, body: 'Newer.', score: null, author: 'body' })
    await db
      .insertInto('patient')
      .values({ id: 'p-5', name: sealedPatients.of(a).seal({ ...ada, id: 'p-5' }).name })
      .execute()
    const unguarded = new Kysely<Database>({ dialect: pgliteDialect(database), plugins: [sealedGuard(sealedPatients)] })
    await unguarded.updateTable('note').set({ body: text }).execute()
    expect(await stored('body')).toEqual([note.body])
    // A merge into a table without sealed columns, though another table seals a column of that name.
    const elsewhere = new Kysely<Database>({
      dialect: pgliteDialect(database),
      plugins: [sealedGuard({ name: 'patient', columns: ['body', 'name'] })],
    })
    await elsewhere
      .mergeInto('note')
      .using('patient', 'patient.id', 'note.patient_id')
      .whenMatched()
      .thenUpdateSet({ body: 'merged' as unknown as Sealed<string> })
      .execute()
    expect(await stored('body')).toEqual(['merged'])
    // And a sealed table is looked at inside of it.
    await expectRefused(
      elsewhere
        .with('named', (cte) => cte.updateTable('patient').set({ name: text }).returning('id'))
        .mergeInto('note')
        .using('named', 'named.id', 'note.patient_id')
        .whenMatched()
        .thenUpdateSet({ author: 'x' }),
    )
  })

  it('S18 hands out no plaintext either: what lies in the column does not open', async () => {
    await database.exec(`update note set body = 'Old plaintext.'`)
    const rows = await db.selectFrom('note').selectAll().execute()
    expect((await refusal(() => sealedNotes.of(a).open(rows))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
  })

  it('works before a plugin that renames columns', async () => {
    interface Camel {
      patient: { id: string; name: Sealed<string>; birthDate: Sealed<Date> | null }
    }
    const table = sealedTables<Camel>()('patient', { row: 'id', columns: { name: {}, birthDate: { type: 'date' } } })
    const camel = new Kysely<Camel>({
      dialect: pgliteDialect(database),
      plugins: [sealedGuard(table), new CamelCasePlugin()],
    })
    const mine = table.of(a)
    await camel
      .insertInto('patient')
      .values(mine.seal({ id: 'p-7', name: 'Grace', birthDate: BIRTH }))
      .execute()
    const row = await camel.selectFrom('patient').select(['id', 'name', 'birthDate']).where('id', '=', 'p-7').executeTakeFirst()
    expect(mine.open(row)).toEqual({ id: 'p-7', name: 'Grace', birthDate: BIRTH })
    const cast = { birthDate: '1980-02-29' as unknown as Sealed<Date> }
    expect((await refusal(camel.updateTable('patient').set(cast).execute())).code).toBe('PHI_ENVELOPE_NOT_SEALED')
  })
})

describe('jobs over a Kysely table', () => {
  /** The two statements that a user writes, over a compound key. */
  const access: TableAccess = {
    async read({ after, limit }) {
      let query = db.selectFrom('reading').selectAll().orderBy('device').orderBy('at').limit(limit)
      if (after) query = query.where(sql<boolean>`(device, at) > (${after[0]}, ${after[1]})`)
      return (await query.execute()).map(
        ({ device, at, value }): TableRow => ({
          key: [device, at],
          row: compoundRow(device, at),
          values: { value: storedText(value) },
        }),
      )
    },
    async swap([device, at], { expect: was, set }) {
      const { numAffectedRows } = await sql`update reading set value = ${set.value as ColumnValue}
        where device = ${device} and at = ${at} and value = ${was.value as ColumnValue}`.execute(db)
      return numAffectedRows === 1n
    },
    count: async () => Number((await db.selectFrom('reading').select(db.fn.countAll().as('n')).executeTakeFirstOrThrow()).n),
  }

  it('S19 S90 re-encrypts a table with a compound key after a rotation, in two runs', async () => {
    const keyring = await site.process()
    const refresh = () => keyring.tenant('clinic-a')
    const mine = sealedReadings.of(await refresh())
    const values = Array.from({ length: 50 }, (_, i) => ({ device: `d-${i % 3}`, at: i, value: { bpm: i } }))
    await db.insertInto('reading').values(mine.seal(values)).execute()
    const newId = await site.rotate('clinic-a')
    site.clock.advance(STATES_MAX_AGE)
    const stop = new AbortController()
    const job = { table: access, columns: mine.fields, refresh, batchSize: 8 }
    const first = await reencrypt({
      ...job,
      signal: stop.signal,
      onProgress: ({ read, total }) => {
        expect(total).toBe(50)
        if (read >= 24) stop.abort()
      },
    })
    expect(first).toMatchObject({ stopped: true, done: false, written: 24 })
    const second = await reencrypt({ ...job, ...(first.after && { after: first.after }) })
    expect(second).toMatchObject({ done: true, written: 26, remaining: 0, keyIds: new Map([[newId, 50]]) })
    const tables = [{ name: 'reading', table: access, tenant: 'clinic-a', columns: mine.fields }]
    expect((await scanSealed({ tables, keyStore: site.store, refresh })).verdict).toBe('clean')
    const opened = mine.open(await db.selectFrom('reading').selectAll().orderBy('at').execute())
    expect(opened.map(({ value }) => value.bpm)).toEqual(values.map(({ value }) => value.bpm))
  })
})

describe('types', () => {
  it('plaintext does not compile into a sealed column, and ciphertext not into a text', () => {
    const compiles = () => {
      const mine = sealedNotes.of(a)
      // @ts-expect-error a text is not sealed
      db.insertInto('note').values({ id: 'n', patient_id: 'p', author: 'x', body: 'text' })
      // @ts-expect-error a text is not sealed
      db.updateTable('note').set({ body: 'text' })
      // @ts-expect-error a comparison with a text finds nothing
      db.selectFrom('note').where('body', '=', 'text')
      // @ts-expect-error the row id must be known
      mine.seal({ patient_id: 'p', author: 'x', body: 'text' })
      // @ts-expect-error the index column is filled in
      sealedPatients.of(a).seal({ ...ada, name_idx: 'ab' })
      // @ts-expect-error every sealed column is declared
      sealedTable('note', { row: 'id', columns: { body: {} } })
      // @ts-expect-error the field's type is the column's
      sealedTable('note', { row: 'id', columns: { body: {}, score: { type: 'date' } } })
      // @ts-expect-error the table is one of the database
      sealedTable('nothing', { row: 'id', columns: {} })
    }
    expect(compiles).toBeTypeOf('function')
  })
})
