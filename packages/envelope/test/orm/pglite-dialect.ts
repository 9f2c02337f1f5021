import type { PGlite } from '@electric-sql/pglite'
import {
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'

/** Kysely over PGlite: one session, whose transactions a test does not nest. */
export function pgliteDialect(database: PGlite): Dialect {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }): Promise<QueryResult<R>> {
      const { rows, affectedRows } = await database.query<R>(sql, [...parameters])
      return { rows, numAffectedRows: BigInt(affectedRows ?? 0) }
    },
    streamQuery: () => {
      throw new Error('no test streams')
    },
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: async () => void (await database.exec('begin')),
      commitTransaction: async () => void (await database.exec('commit')),
      rollbackTransaction: async () => void (await database.exec('rollback')),
      releaseConnection: async () => {},
      destroy: async () => {},
    }),
  }
}
