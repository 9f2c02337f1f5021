import { pathToFileURL } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { auditStore, fromPGlite, migrate, type Queryable } from '@phi/postgres'
import { CompiledQuery, Kysely, type Transaction } from 'kysely'
import { pgliteDialect } from './pglite-dialect.ts'

interface Tables {
  note: { id: string; body: string }
}

/** Kysely's transaction as what `appendIn` takes. Make it once a transaction: the log recognises the transaction by this object. */
export const queryableOf = <DB>(trx: Transaction<DB>): Queryable => ({
  query: <Row>(text: string, params: unknown[] = []) => trx.executeQuery(CompiledQuery.raw(text, params) as CompiledQuery<Row>),
})

export async function withKysely(print: (line: string) => void, given?: PGlite): Promise<void> {
  const database = given ?? (await PGlite.create())
  const phi = fromPGlite(database)
  await migrate(phi)
  const db = new Kysely<Tables>({ dialect: pgliteDialect(database) })
  await db.schema
    .createTable('note')
    .addColumn('id', 'text', (id) => id.primaryKey())
    .addColumn('body', 'text')
    .execute()

  const origin = 'clinic.example/audit'
  const log = await openAuditLog({ origin, store: auditStore(phi), signer: await ed25519Signer.generate(origin) })

  /** The note and its audit entry, or neither. */
  const signNote = (id: string, body: string) =>
    db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ id, body }).execute()
      await log.appendIn(queryableOf(trx), {
        action: 'sign',
        outcome: 'success',
        actor: { id: 'u-17', type: 'workforce' },
        subject: { resource: { type: 'ProgressNote', id } },
      })
      if (body === '') throw new Error('a note needs a body')
    })

  const show = async (what: string) => {
    const notes = await db.selectFrom('note').select('id').execute()
    print(`${what}: ${notes.length} note, ${(await log.head()).size} entry`)
  }
  await signNote('n-1', 'a made-up note')
  await show('signed')
  await signNote('n-2', '').catch((error: Error) => print(`refused: ${error.message}`))
  await show('rolled back')
  await log.checkpoint()
  print(`the log is ${(await log.verify()).verdict}`)

  await log.close()
  await db.destroy()
  await phi.close()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await withKysely(console.log)
