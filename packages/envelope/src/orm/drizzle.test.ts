import { PGlite } from '@electric-sql/pglite'
import { eq, inArray, type SQL, sql } from 'drizzle-orm'
import { customType as mysqlType } from 'drizzle-orm/mysql-core'
import { alias, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/pglite'
import { relations } from 'drizzle-orm/relations'
import { integer as sqliteInteger, sqliteTable, customType as sqliteType } from 'drizzle-orm/sqlite-core'
import { drizzle as sqliteProxy } from 'drizzle-orm/sqlite-proxy'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hospital, STATES_MAX_AGE } from '../../test/job/hospital.ts'
import { inspectSealed } from '../field/format.ts'
import { reencrypt } from '../job/reencrypt.ts'
import { scanSealed } from '../job/scan.ts'
import type { ColumnValue, TableAccess, TableRow } from '../job/table.ts'
import type { TenantKeys } from '../keys/keyring.ts'
import type { TenantSealing } from '../keys/sealing.ts'
import { normalizers } from '../search/normalizers.ts'
import { asSealed, compoundRow, type Sealed, sealedTable, sealedText, sealedTextType, storedText } from './drizzle.ts'

const patients = pgTable('patient', {
  id: text('id').primaryKey(),
  name: sealedText('name').notNull(),
  email: sealedText('email'),
  emailIdx: text('email_idx'),
  birthDate: sealedText<Date>('birth_date'),
})
const notes = pgTable('note', {
  id: text('id').primaryKey(),
  patientId: text('patient_id').notNull(),
  author: text('author').notNull(),
  body: sealedText('body').notNull(),
  score: sealedText<number>('score'),
})
const readings = pgTable(
  'reading',
  { device: uuid('device').notNull(), at: integer('at').notNull(), value: sealedText<{ bpm: number }>('value').notNull() },
  ({ device, at }) => [primaryKey({ columns: [device, at] })],
)
const noteRelations = relations(notes, ({ one }) => ({
  patient: one(patients, { fields: [notes.patientId], references: [patients.id] }),
}))

const emailIndex = (keys: TenantSealing) =>
  keys.index({ table: 'patient', column: 'email', index: 'email', normalizer: normalizers.email(), bits: 64 })

const sealedPatients = sealedTable(patients, {
  row: 'id',
  columns: { name: {}, email: {}, birthDate: { type: 'date' } },
  indexes: { emailIdx: { of: 'email', index: emailIndex } },
})
const sealedNotes = sealedTable(notes, { row: 'id', columns: { body: {}, score: { type: 'number' } } })
const sealedReadings = sealedTable(readings, { row: ['device', 'at'], columns: { value: { type: 'json' } } })

const database = new PGlite()
const db = drizzle({ client: database, schema: { patients, notes, noteRelations } })

let site: Awaited<ReturnType<typeof hospital>>
let a: TenantKeys
let b: TenantKeys

beforeAll(async () => {
  await database.exec(`
    create table patient (id text primary key, name text not null, email text, email_idx text, birth_date text);
    create table note (id text primary key, patient_id text not null, author text not null, body text not null, score text);
    create table reading (device uuid, at integer, value text not null, primary key (device, at));`)
})
afterAll(() => database.close())

const BIRTH = new Date('1980-02-29T00:00:00.000Z')
const ada = { id: 'p-1', name: 'Ada Byron', email: 'Ada@Example.org', birthDate: BIRTH }
const note = { id: 'n-204', patientId: 'p-1', author: 'dr-grey', body: 'Patient reports better sleep.', score: 7 }

beforeEach(async () => {
  await database.exec('truncate patient, note, reading')
  site = await hospital()
  const keyring = await site.process()
  a = await keyring.tenant('clinic-a')
  b = await keyring.tenant('clinic-b')
  await db.insert(patients).values(sealedPatients.of(a).seal(ada))
  await db.insert(notes).values(sealedNotes.of(a).seal(note))
})

const stored = async (column: string, table = 'note') =>
  (await database.query<Record<string, string>>(`select ${column} as value from ${table}`)).rows.map(({ value }) => value)

describe('sealed rows with Drizzle', () => {
  it('S18 S89 what lies in the database is sealed, and what comes back is what went in', async () => {
    for (const column of ['body', 'score']) {
      for (const value of await stored(column)) expect(inspectSealed(value)?.suite).toBe('KC-XAES-256-GCM')
    }
    const [row] = sealedNotes.of(a).open(await db.select().from(notes))
    expect(row).toEqual(note)
    const [patient] = sealedPatients.of(a).open(await db.select().from(patients))
    expect(patient).toEqual({ ...ada, emailIdx: emailIndex(a).term('ada@example.org') })
  })

  it('S91 another tenant’s keys open nothing of it', async () => {
    const rows = await db.select().from(notes)
    expect((await refusal(() => sealedNotes.of(b).open(rows))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('rows that were exchanged do not open', async () => {
    await db.insert(notes).values(sealedNotes.of(a).seal({ ...note, id: 'n-205', body: 'Another text.' }))
    await database.exec(`update note set body = case id when 'n-204' then (select body from note where id = 'n-205')
      else (select body from note where id = 'n-204') end`)
    for (const row of await db.select().from(notes)) {
      expect((await refusal(() => sealedNotes.of(a).open(row))).code).toBe('PHI_ENVELOPE_OPEN')
    }
  })

  it('seals several rows at once, and for an upsert', async () => {
    const mine = sealedNotes.of(a)
    const rows = mine.seal([note, { ...note, id: 'n-205', score: null }])
    await db
      .insert(notes)
      .values(rows)
      .onConflictDoUpdate({ target: notes.id, set: mine.sealChange({ body: 'Written over.' }, { row: note.id }) })
      // One conflict target, one row: the second row has no conflict.
      .returning()
    const opened = mine.open(await db.select().from(notes).orderBy(notes.id))
    expect(opened.map(({ body, score }) => [body, score])).toEqual([
      ['Written over.', 7],
      [note.body, null],
    ])
  })

  it('null stays null, going in and coming out', async () => {
    const mine = sealedPatients.of(a)
    await db.insert(patients).values(mine.seal({ id: 'p-2', name: 'N. N.', email: null, birthDate: null }))
    const [row] = await db.select().from(patients).where(eq(patients.id, 'p-2'))
    expect(row).toMatchObject({ email: null, emailIdx: null, birthDate: null })
    expect(mine.open(row)).toEqual({ id: 'p-2', name: 'N. N.', email: null, emailIdx: null, birthDate: null })
  })

  it('updates a column for its row, and gives it back', async () => {
    const mine = sealedNotes.of(a)
    const change = mine.sealChange({ body: 'Sleeps well.', author: 'dr-shepherd' }, { row: note.id })
    const back = await db.update(notes).set(change).where(eq(notes.id, note.id)).returning()
    expect(mine.open(back)).toEqual([{ ...note, body: 'Sleeps well.', author: 'dr-shepherd' }])
  })

  it('opens no row as no row', async () => {
    const mine = sealedNotes.of(a)
    const rows = await db.select().from(notes).where(eq(notes.id, 'none'))
    expect(mine.open(rows)).toEqual([])
    expect(mine.open(rows[0])).toBeUndefined()
    expect(mine.open(null)).toBeNull()
  })

  it('S91 seals with a patient’s own keys, and indexes under the tenant’s', async () => {
    const patient = await a.subject('p-9')
    const mine = sealedPatients.of(patient, a)
    await db.insert(patients).values(mine.seal({ ...ada, id: 'p-9' }))
    const [row] = await db.select().from(patients).where(eq(patients.id, 'p-9'))
    expect(mine.open(row)?.name).toBe(ada.name)
    expect(row?.emailIdx).toBe(emailIndex(a).term(ada.email))
    expect((await refusal(() => sealedPatients.of(a).open(row))).code).toBe('PHI_ENVELOPE_OPEN')
    expect((await refusal(() => sealedPatients.of(patient, b))).code).toBe('PHI_ENVELOPE_OPTIONS')
    // @ts-expect-error A table with indexes needs the tenant's keys too.
    expect((await refusal(() => sealedPatients.of(patient))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect(sealedNotes.of(patient).seal(note)).toHaveProperty('body')
  })
})

describe('selects of every kind', () => {
  it('partial: without a sealed column nothing is needed, with one the row id is', async () => {
    const mine = sealedNotes.of(a)
    expect(mine.open(await db.select({ author: notes.author }).from(notes))).toEqual([{ author: 'dr-grey' }])
    expect(mine.open(await db.select({ id: notes.id, body: notes.body }).from(notes))).toEqual([
      { id: note.id, body: note.body },
    ])
    const without = await db.select({ body: notes.body }).from(notes)
    expect((await refusal(() => mine.open(without))).code).toBe('PHI_ENVELOPE_ROW')
  })

  it('aliased columns open when they are said to be what they are, and are refused when not', async () => {
    const mine = sealedNotes.of(a)
    const rows = await db.select({ noteId: notes.id, text: notes.body, author: notes.author }).from(notes)
    const opened = mine.open(rows, { as: { noteId: 'id', text: 'body' } })
    expect(opened).toEqual([{ noteId: note.id, text: note.body, author: note.author }])
    expectTypeOf(opened[0]?.text).toEqualTypeOf<string | undefined>()
    expect((await refusal(() => mine.open(rows))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect((await refusal(() => mine.open(rows, { as: { text: 'body' } }))).code).toBe('PHI_ENVELOPE_ROW')
    expect((await refusal(() => mine.open(rows, { as: { text: 'body', noteId: 'body' } }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect((await refusal(() => mine.open(rows, { as: { text: 'author' } }))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('a name that stands for another column is not its own column any more', async () => {
    const mine = sealedNotes.of(a)
    const rows = await db.select({ id: notes.author, noteId: notes.id, body: notes.body }).from(notes)
    expect(mine.open(rows, { as: { noteId: 'id' } })).toEqual([{ id: 'dr-grey', noteId: note.id, body: note.body }])
    const idsOnly = await db.select({ body: notes.id }).from(notes)
    expect(mine.open(idsOnly, { as: { body: 'id' } })).toEqual([{ body: note.id }])
    expect((await refusal(() => mine.open(idsOnly, { as: { body: 'author' } }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    // The author's name where the row id should be: it does not open.
    expect((await refusal(() => mine.open(rows))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('joins: each table opens its own part', async () => {
    const rows = await db.select().from(notes).innerJoin(patients, eq(patients.id, notes.patientId))
    const [joined] = rows
    expect(sealedNotes.of(a).open(joined?.note)).toEqual(note)
    expect(sealedPatients.of(a).open(joined?.patient)?.name).toBe(ada.name)
    // The whole is no row of either, and is not passed through.
    expect((await refusal(() => sealedNotes.of(a).open(rows))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('left joins without a match give no row to open', async () => {
    await db.insert(notes).values(sealedNotes.of(a).seal({ ...note, id: 'n-300', patientId: 'p-0' }))
    const rows = await db.select().from(notes).leftJoin(patients, eq(patients.id, notes.patientId)).where(eq(notes.id, 'n-300'))
    expect(sealedPatients.of(a).open(rows[0]?.patient)).toBeNull()
  })

  it('flat joins: what belongs to another table is left to it, by name', async () => {
    const rows = await db
      .select({ id: notes.id, body: notes.body, patientId: patients.id, name: patients.name })
      .from(notes)
      .innerJoin(patients, eq(patients.id, notes.patientId))
    expect((await refusal(() => sealedNotes.of(a).open(rows))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const half = sealedNotes.of(a).open(rows, { leave: ['name'] })
    expectTypeOf(half[0]?.name).toEqualTypeOf<Sealed<string> | undefined>()
    const opened = sealedPatients.of(a).open(half, { as: { patientId: 'id' } })
    expect(opened).toEqual([{ id: note.id, body: note.body, patientId: 'p-1', name: ada.name }])
    expectTypeOf(opened[0]?.name).toEqualTypeOf<string | undefined>()
  })

  it('self-joins open one side after the other', async () => {
    const mine = sealedNotes.of(a)
    await db.insert(notes).values(mine.seal({ ...note, id: 'n-205', body: 'A second note.' }))
    const second = alias(notes, 'second')
    const rows = await db
      .select({ id: notes.id, body: notes.body, otherId: second.id, otherBody: second.body })
      .from(notes)
      .innerJoin(second, eq(second.patientId, notes.patientId))
      .where(sql`${notes.id} = 'n-204' and ${second.id} = 'n-205'`)
    const half = mine.open(rows, { leave: ['otherBody'] })
    expect(mine.open(half, { as: { otherId: 'id', otherBody: 'body' } })).toEqual([
      { id: 'n-204', body: note.body, otherId: 'n-205', otherBody: 'A second note.' },
    ])
  })

  it('relational queries: nested rows are opened by their own table', async () => {
    const [row] = await db.query.notes.findMany({ with: { patient: true } })
    expect((await refusal(() => sealedNotes.of(a).open(row))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const opened = sealedNotes.of(a).open(row, { leave: ['patient'] })
    expect(opened?.body).toBe(note.body)
    expect(sealedPatients.of(a).open(opened?.patient)?.name).toBe(ada.name)
  })

  it('expressions that bring a sealed value under a type of their own are refused', async () => {
    const rows = await db.select({ id: notes.id, upper: sql<string>`${notes.body} || ''` }).from(notes)
    expect(rows[0]?.upper).toMatch(/^phi1\./)
    expect((await refusal(() => sealedNotes.of(a).open(rows))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const aggregated = await db.select({ all: sql<string[]>`array_agg(${notes.body})` }).from(notes)
    expect((await refusal(() => sealedNotes.of(a).open(aggregated))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('S89 finds by the blind index that was written beside', async () => {
    await db.insert(patients).values(sealedPatients.of(a).seal({ ...ada, id: 'p-2', email: 'other@example.org' }))
    const terms = [...emailIndex(a).terms(' ADA@example.org')]
    const rows = sealedPatients.of(a).open(await db.select().from(patients).where(inArray(patients.emailIdx, terms)))
    expect(rows.map(({ id, email }) => [id, email])).toEqual([['p-1', ada.email]])
  })
})

describe('what is never written', () => {
  it('S18 plaintext that was cast into a sealed column is refused before anything is sent', async () => {
    const cast = { ...note, id: 'n-1', body: note.body as unknown as Sealed<string>, score: null }
    const error = await refusal(async () => db.insert(notes).values(cast))
    expect(error.code).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect(JSON.stringify([error.message, error.info])).not.toContain(note.body)
    const change = { body: note.body as unknown as Sealed<string> }
    expect((await refusal(async () => db.update(notes).set(change))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect(await stored('body')).toHaveLength(1)
  })

  it('a comparison with plaintext finds nothing, and is refused', async () => {
    const where = (): SQL => eq(notes.body, note.body as unknown as Sealed<string>)
    expect((await refusal(async () => db.select().from(notes).where(where()))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
  })

  it('S18 plaintext that lies in the column is not handed out', async () => {
    await database.exec(`update note set body = 'Old plaintext.'`)
    expect((await refusal(async () => db.select().from(notes))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
  })

  it('a value that is sealed already stays as it was read, if it opens for this row, and is refused if not', async () => {
    const mine = sealedNotes.of(a)
    const [row] = await db.select().from(notes)
    if (row === undefined) throw new Error('no row')
    expect(mine.sealChange({ body: row.body, score: 8 }, { row: note.id }).body).toBe(row.body)
    expect(mine.seal({ ...row, author: 'dr-shepherd' }).body).toBe(row.body)
    const elsewhere = () => mine.sealChange({ body: row.body }, { row: 'n-205' })
    expect((await refusal(elsewhere)).code).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    expect((await refusal(() => sealedNotes.of(b).seal(row))).code).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    expect((await refusal(() => mine.seal({ ...note, body: `${storedText(row.body)}A` }))).code).toBe(
      'PHI_ENVELOPE_ALREADY_SEALED',
    )
  })

  it('an index is made of the value, also of one that stays sealed', async () => {
    const [row] = await db.select({ email: patients.email }).from(patients)
    const mine = sealedPatients.of(a)
    expect(mine.sealChange({ email: row?.email ?? null }, { row: 'p-1' }).emailIdx).toBe(emailIndex(a).term(ada.email))
    expect(mine.sealChange({ email: null }, { row: 'p-1' })).toEqual({ email: null, emailIdx: null })
    expect(mine.sealChange({ name: 'A. Lovelace' }, { row: 'p-1' })).not.toHaveProperty('emailIdx')
    const alone = { emailIdx: 'ffffffff' } as never
    expect((await refusal(() => mine.sealChange(alone, { row: 'p-1' }))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('the row id is there, and does not change', async () => {
    const mine = sealedNotes.of(a)
    const { id: _, ...without } = note
    expect((await refusal(() => mine.seal(without as never))).code).toBe('PHI_ENVELOPE_ROW')
    expect((await refusal(() => mine.sealChange({ id: 'n-9', body: 'x' }, { row: note.id }))).code).toBe('PHI_ENVELOPE_ROW')
    expect(mine.sealChange({ id: note.id, body: 'x' }, { row: note.id }).id).toBe(note.id)
  })
})

describe('compound row ids', () => {
  const device = '0190b0a0-0000-7000-8000-000000000001'

  it('bind a value to all parts of the key', async () => {
    const mine = sealedReadings.of(a)
    await db.insert(readings).values(mine.seal([1, 2].map((at) => ({ device, at, value: { bpm: 60 + at } }))))
    const rows = await db.select().from(readings).orderBy(readings.at)
    expect(mine.open(rows)).toEqual([1, 2].map((at) => ({ device, at, value: { bpm: 60 + at } })))
    const moved = { ...rows[0], at: 2 }
    expect((await refusal(() => mine.open(moved))).code).toBe('PHI_ENVELOPE_OPEN')
    const half = await db.select({ at: readings.at, value: readings.value }).from(readings)
    expect((await refusal(() => mine.open(half))).code).toBe('PHI_ENVELOPE_ROW')
    const withHalfAKey = () => mine.sealChange({ at: 2, value: { bpm: 99 } }, { row: compoundRow(device, 2) })
    expect((await refusal(withHalfAKey)).code).toBe('PHI_ENVELOPE_ROW')
    const change = mine.sealChange({ value: { bpm: 99 } }, { row: compoundRow(device, 2) })
    await db.update(readings).set(change).where(sql`${readings.at} = 2`)
    expect(mine.open(await db.select().from(readings).where(eq(readings.at, 2)))[0]?.value).toEqual({ bpm: 99 })
  })

  it('are texts that no two keys share', async () => {
    expect(compoundRow('a', 1)).toBe('["a","1"]')
    expect(compoundRow('a', 1n)).toBe(compoundRow('a', '1'))
    expect(compoundRow('a","b', 'c')).not.toBe(compoundRow('a', 'b","c'))
    for (const part of ['', 1.5, undefined, null]) {
      expect((await refusal(() => compoundRow('a', part as never))).code).toBe('PHI_ENVELOPE_ROW')
    }
  })
})

describe('declarations', () => {
  it('refuse at run time what the compiler refuses', async () => {
    const declare = (table: never, options: unknown) => () => sealedTable(table, options as never)
    const bad: readonly unknown[] = [
      { row: 'id', columns: { body: {} } },
      { row: 'id', columns: { body: {}, score: { type: 'number' }, author: {} } },
      { row: 'key', columns: { body: {}, score: { type: 'number' } } },
      { row: 'id', columns: { body: {}, score: { type: 'number' }, more: {} } },
      { row: 'id', columns: { body: {}, score: { type: 'number' } }, indexes: { none: { of: 'body', index: () => {} } } },
    ]
    for (const options of bad) expect((await refusal(declare(notes as never, options))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('bind to the names in the database, or to older ones', async () => {
    const field = a.field({ table: 'patient', column: 'birth_date', type: 'date' })
    const [row] = await db.select().from(patients)
    expect(field.open(storedText(row?.birthDate as Sealed<Date>), { row: 'p-1' })).toEqual(BIRTH)
    const renamed = pgTable('clinical_note', { id: text('id').primaryKey(), text: sealedText('text') })
    const sealedRenamed = sealedTable(renamed, { row: 'id', table: 'note', columns: { text: { column: 'body' } } })
    const old = { id: note.id, text: asSealed((await stored('body'))[0] as string) }
    expect(sealedRenamed.of(a).open(old)).toEqual({ id: note.id, text: note.body })
  })

  it('a migration reads old plaintext through the field alone, and counts it', async () => {
    const migrating = pgTable('note', { id: text('id').primaryKey(), body: sealedText('body', { mayHoldPlaintext: true }) })
    const hits: unknown[] = []
    const plaintext = { until: '2026-12-31T00:00:00.000Z', onPlaintext: ({ row }: { row: unknown }) => void hits.push(row) }
    const rowsOf = sealedTable(migrating, { row: 'id', columns: { body: { plaintext } } })
    await database.exec(`update note set body = 'Old plaintext.'`)
    const rows = await db.select().from(migrating)
    expect(rowsOf.of(a).open(rows)).toEqual([{ id: note.id, body: 'Old plaintext.' }])
    expect(hits).toEqual([note.id])
    const strict = sealedTable(migrating, { row: 'id', columns: { body: {} } })
    expect((await refusal(() => strict.of(a).open(rows))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
    const written = { body: 'Old plaintext.' as unknown as Sealed<string> }
    expect((await refusal(async () => db.update(migrating).set(written))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
  })

  it('the column type serves the other dialects too', async () => {
    const sqliteText = sqliteType<{ data: Sealed<string>; driverData: string }>(sealedTextType())
    const table = sqliteTable('note', { id: sqliteInteger('id').primaryKey(), body: sqliteText('body').notNull() })
    const rowsOf = sealedTable(table, { row: 'id', columns: { body: {} } })
    const sent: unknown[][] = []
    const sqlite = sqliteProxy(async (_sql, params) => {
      sent.push(params)
      return { rows: sent.length === 1 ? [] : [[7, sent[0]?.[1]]] }
    })
    await sqlite.insert(table).values(rowsOf.of(a).seal({ id: 7, body: note.body }))
    expect(inspectSealed(sent[0]?.[1])).toBeDefined()
    expect(rowsOf.of(a).open(await sqlite.select().from(table))).toEqual([{ id: 7, body: note.body }])
    expect(mysqlType<{ data: Sealed<string>; driverData: string }>(sealedTextType())('body')).toBeDefined()
  })
})

describe('jobs over a Drizzle table', () => {
  /** The two statements that a user writes. */
  const access: TableAccess = {
    async read({ after, limit }) {
      const rows = await db
        .select()
        .from(notes)
        .where(after && sql`${notes.id} > ${after[0]}`)
        .orderBy(notes.id)
        .limit(limit)
      return rows.map(
        ({ id, body, score }): TableRow => ({
          key: [id],
          row: id,
          values: { body: storedText(body), score: score && storedText(score) },
        }),
      )
    },
    async swap([id], { expect: was, set }) {
      const same = (column: string, value: ColumnValue) => sql`${sql.identifier(column)} is not distinct from ${value}`
      const values = Object.entries(set).map(([column, value]) => sql`${sql.identifier(column)} = ${value}`)
      const { affectedRows } = await db.execute(
        sql`update note set ${sql.join(values, sql`, `)} where id = ${id} and ${sql.join(
          Object.entries(was).map(([column, value]) => same(column, value)),
          sql` and `,
        )}`,
      )
      return affectedRows === 1
    },
  }

  it('S19 S90 re-encrypts after a rotation, beside writers, and a scan finds everything open', async () => {
    const keyring = await site.process()
    const refresh = () => keyring.tenant('clinic-a')
    const mine = sealedNotes.of(await refresh())
    await db.insert(notes).values(mine.seal(Array.from({ length: 40 }, (_, i) => ({ ...note, id: `n-${1000 + i}` }))))
    const newId = await site.rotate('clinic-a')
    const elsewhere = sealedNotes.of(await (await site.process()).tenant('clinic-a'))
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    let written = 0
    const busy: TableAccess = {
      ...access,
      async swap(key, change) {
        // Every eighth row somebody else changes just before us.
        if (written++ % 8 === 0) {
          const row = key[0] as string
          await db
            .update(notes)
            .set(elsewhere.sealChange({ score: written }, { row }))
            .where(eq(notes.id, row))
        }
        return access.swap(key, change)
      },
    }
    const result = await reencrypt({ table: busy, columns: mine.fields, refresh, batchSize: 10 })
    expect(result).toMatchObject({ done: true, remaining: 0, keyIds: new Map([[newId, 82]]) })
    expect(result.conflicts).toBeGreaterThan(3)
    const tables = [{ name: 'note', table: access, tenant: 'clinic-a', columns: mine.fields }]
    const report = await scanSealed({ tables, keyStore: site.store, refresh })
    expect(report).toMatchObject({ verdict: 'clean', tables: [{ rows: 41 }] })
    const rows = mine.open(await db.select().from(notes))
    expect(rows.every(({ body }) => body === note.body)).toBe(true)
  })
})

describe('types', () => {
  it('plaintext does not compile into a sealed column, and ciphertext not into a text', () => {
    const compiles = () => {
      const mine = sealedNotes.of(a)
      // @ts-expect-error a text is not sealed
      db.insert(notes).values({ id: 'n', patientId: 'p', author: 'x', body: 'text' })
      // @ts-expect-error a text is not sealed
      db.update(notes).set({ body: 'text' })
      // @ts-expect-error a sealed value of one type is not one of another
      db.update(notes).set({ score: mine.seal(note).body })
      // @ts-expect-error the score is a number
      mine.seal({ ...note, score: '7' })
      // @ts-expect-error the row id must be known
      mine.seal({ patientId: 'p', author: 'x', body: 'text' })
      // @ts-expect-error the index column is filled in
      sealedPatients.of(a).seal({ ...ada, emailIdx: 'ab' })
      // @ts-expect-error every sealed column is declared
      sealedTable(notes, { row: 'id', columns: { body: {} } })
      // @ts-expect-error a column that is not sealed is not declared
      sealedTable(notes, { row: 'id', columns: { body: {}, score: { type: 'number' }, author: {} } })
      // @ts-expect-error the field's type is the column's
      sealedTable(notes, { row: 'id', columns: { body: {}, score: { type: 'date' } } })
      // @ts-expect-error a number is no text: the type must be said
      sealedTable(notes, { row: 'id', columns: { body: {}, score: {} } })
      const columns = { name: {}, email: {}, birthDate: { type: 'date' } } as const
      // @ts-expect-error an index is of a sealed column
      sealedTable(patients, { row: 'id', columns, indexes: { emailIdx: { of: 'id', index: emailIndex } } })
      // @ts-expect-error an index takes what the column holds
      sealedTable(patients, { row: 'id', columns, indexes: { emailIdx: { of: 'birthDate', index: emailIndex } } })
      // @ts-expect-error `as` names columns of the table
      mine.open({ id: 'n', text: 'x' }, { as: { text: 'nothing' } })
    }
    expect(compiles).toBeTypeOf('function')
    type Row = typeof notes.$inferSelect
    expectTypeOf<Row['body']>().toEqualTypeOf<Sealed<string>>()
    expectTypeOf<Row['body']>().not.toExtend<string>()
    expectTypeOf<string>().not.toExtend<Row['body']>()
    const opened = (rows: Row[]) => sealedNotes.of(a).open(rows)
    expectTypeOf(opened).returns.items.toEqualTypeOf<{
      id: string
      patientId: string
      author: string
      body: string
      score: number | null
    }>()
  })
})
