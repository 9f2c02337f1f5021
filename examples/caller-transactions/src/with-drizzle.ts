import { pathToFileURL } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { auditStore, fromPGlite, migrate, type Queryable } from '@phi/postgres'
import { type SQL, sql } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/pglite'

const note = pgTable('note', { id: text().primaryKey(), body: text().notNull() })

/** A text with $1, $2 … as Drizzle's own: the pieces between them, and the parameters. */
const statement = (query: string, params: unknown[]): SQL =>
  sql.join(
    query.split(/\$(\d+)/).map((piece, i) => (i % 2 === 0 ? sql.raw(piece) : sql`${sql.param(params[Number(piece) - 1])}`)),
  )

/** Drizzle's transaction as what `appendIn` takes. Make it once a transaction: the log recognises the transaction by this object. */
export const queryableOf = (tx: { execute(query: SQL): Promise<unknown> }): Queryable => ({
  async query(query, params = []) {
    // Rows as they are from postgres.js, and in a result from the other drivers.
    const result = (await tx.execute(statement(query, params))) as never[] | { rows: never[] }
    return { rows: Array.isArray(result) ? result : result.rows }
  },
})

export async function withDrizzle(print: (line: string) => void, given?: PGlite): Promise<void> {
  const database = given ?? (await PGlite.create())
  const phi = fromPGlite(database)
  await migrate(phi)
  const db = drizzle(database)
  await db.execute('create table note (id text primary key, body text not null)')

  const origin = 'clinic.example/audit'
  const log = await openAuditLog({ origin, store: auditStore(phi), signer: await ed25519Signer.generate(origin) })

  /** The note and its audit entry, or neither. */
  const signNote = (id: string, body: string) =>
    db.transaction(async (tx) => {
      await tx.insert(note).values({ id, body })
      await log.appendIn(queryableOf(tx), {
        action: 'sign',
        outcome: 'success',
        actor: { id: 'u-17', type: 'workforce' },
        subject: { resource: { type: 'ProgressNote', id } },
      })
      if (body === '') tx.rollback()
    })

  const show = async (what: string) => print(`${what}: ${await db.$count(note)} note, ${(await log.head()).size} entry`)
  await signNote('n-1', 'a made-up note')
  await show('signed')
  await signNote('n-2', '').catch(() => print('refused: a note needs a body'))
  await show('rolled back')
  await log.checkpoint()
  print(`the log is ${(await log.verify()).verdict}`)

  await log.close()
  await phi.close()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await withDrizzle(console.log)
