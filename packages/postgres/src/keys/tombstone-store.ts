import type { TombstoneStore } from '@phi/envelope'
import type { Db } from '../client/db.ts'
import { checkLimit, readTombstone, TOMBSTONE_COLUMNS, type TombstoneRow, tombstoneOfRow } from './rows.ts'
import { rowsOf } from './statements.ts'

const APPEND = `select phi.tombstone_append($1, $2, $3, $4, $5, $6, $7)`
const FIND = `select ${TOMBSTONE_COLUMNS} from phi.tombstone_find($1::text[])`
const SCAN = `select ${TOMBSTONE_COLUMNS} from phi.tombstone_scan($1, $2) as t order by t.key_id`

/**
 * Keeps the tombstones of destroyed keys in PostgreSQL or PGlite, in the schema that `migrate` makes: rows that are only added.
 *
 * Pass another database than the key store's, one that is not restored together with it, best on another server. In the same database a
 * restore that brings a destroyed key back takes its tombstone away, and nothing here can tell.
 *
 * The login needs `phi_app`; `scan`, which the restore guard uses, needs `phi_custodian`.
 * @throws PhiError PHI_ENVELOPE_STORE_UNAVAILABLE when the database cannot be reached or cannot do the work now; PHI_ENVELOPE_STORE for
 * a row that is no tombstone; PHI_ENVELOPE_OPTIONS; PHI_PG_FORBIDDEN; PHI_PG_NOT_MIGRATED; PHI_PG_QUERY
 */
export function tombstoneStore(db: Db): TombstoneStore {
  const tombstonesOf = async (sql: string, params: unknown[]) =>
    (await rowsOf<TombstoneRow>(db, sql, params)).map(tombstoneOfRow)

  return {
    async append(tombstone) {
      const { keyId, tenant, purpose, version, commitment, destroyedAt, backupHorizon } = readTombstone(tombstone)
      await rowsOf(db, APPEND, [tenant, keyId, purpose, version, commitment, destroyedAt, backupHorizon])
    },
    find: async (keyIds) => (keyIds.length === 0 ? [] : tombstonesOf(FIND, [[...keyIds]])),
    scan: async ({ after, limit }) => tombstonesOf(SCAN, [after ?? '', checkLimit(limit)]),
  }
}
