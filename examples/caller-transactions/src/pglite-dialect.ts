import type { PGlite, Transaction } from '@electric-sql/pglite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'

interface Connection extends DatabaseConnection {
  open?:
    | { readonly tx: Transaction; readonly commit: () => void; readonly rollback: () => void; readonly done: Promise<void> }
    | undefined
}

const rolledBack = new Error('rolled back')

/**
 * Kysely over a PGlite database that is in use elsewhere as well. A transaction of Kysely's is one of PGlite's, which keeps everything else
 * out until it ends; `begin` as a statement would take in whatever the rest of the program sends meanwhile.
 */
export function pgliteDialect(database: PGlite): Dialect {
  const connect = (): Connection => ({
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await (this.open?.tx ?? database).query<Row>(sql, [...parameters])
      return affectedRows === undefined ? { rows } : { rows, numAffectedRows: BigInt(affectedRows) }
    },
    streamQuery() {
      throw new Error('this dialect does not stream')
    },
  })
  const ended = async (connection: Connection, how: 'commit' | 'rollback'): Promise<void> => {
    const { open } = connection
    connection.open = undefined
    open?.[how]()
    await open?.done
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connect(),
    beginTransaction: (connection: Connection) =>
      new Promise((started, failed) => {
        const done = database.transaction(
          (tx) =>
            new Promise<void>((commit, rollback) => {
              connection.open = {
                tx,
                commit,
                rollback: () => rollback(rolledBack),
                done: done.catch((error) => notRolledBack(error)),
              }
              started()
            }),
        )
        done.catch(failed)
      }),
    commitTransaction: (connection) => ended(connection, 'commit'),
    rollbackTransaction: (connection) => ended(connection, 'rollback'),
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

function notRolledBack(error: unknown): void {
  if (error !== rolledBack) throw error
}
