import type { PGlite } from '@electric-sql/pglite'
import { postgresError } from '../errors.ts'
import type { Db } from './db.ts'

/** Wraps a PGlite database that the caller opened. */
export function fromPGlite(database: PGlite): Db {
  return {
    // PGlite is PostgreSQL in its single-user form: one session, and a transaction excludes everything else.
    singleConnection: true,
    query: (sql, params) => database.query(sql, params),
    exec: async (sql) => {
      await database.exec(sql)
    },
    transaction: (run) =>
      database.transaction(async (tx) => {
        const result = await run({
          query: (sql, params) => tx.query(sql, params),
          exec: async (sql) => {
            await tx.exec(sql)
          },
        })
        // COMMIT rolls back, without an error, after a statement that failed and that the callback passed over. This one fails then.
        await tx.query('select')
        return result
      }),
    pin: async () => ({ query: (sql, params) => database.query(sql, params), release: () => {} }),
    close: () => database.close(),
  }
}

/**
 * PostgreSQL inside this process (PGlite), without a server: for development, demonstrations, tests and single-process tools.
 *
 * @param directory where to keep the data; in memory when left out. A new database takes a few seconds to initialise. One process at a
 *   time: nothing here locks the directory, and two that have it open at once can damage it.
 * @throws PhiError PHI_PG_DRIVER
 */
export async function embedded(directory?: string): Promise<Db> {
  const driver = await import('@electric-sql/pglite').catch((cause: unknown) => {
    throw postgresError('PHI_PG_DRIVER', { cause })
  })
  return fromPGlite(await driver.PGlite.create(directory))
}
