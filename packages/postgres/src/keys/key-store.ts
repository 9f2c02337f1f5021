import type { KeyStore } from '@phi/envelope'
import type { Db } from '../client/db.ts'
import {
  checkLimit,
  envelopeError,
  insertParams,
  KEY_COLUMNS,
  type KeyRow,
  keyOfRow,
  readKey,
  replaceParams,
  subjectColumn,
} from './rows.ts'
import { rowsOf } from './statements.ts'

const INSERT = `select phi.key_insert($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as outcome`
const FIND = `select ${KEY_COLUMNS} from phi.key_find($1)`
const LIST = `select ${KEY_COLUMNS} from phi.key_list($1, $2) as k order by k.purpose, k.version`
const SCAN = `select ${KEY_COLUMNS} from phi.key_scan($1, $2) as k order by k.id`
const SCAN_TENANT = `select ${KEY_COLUMNS} from phi.key_scan_tenant($1, $2, $3) as k order by k.id`
const REPLACE = `select phi.key_replace($1, $2, $3, $4, $5, $6, $7, $8) as replaced`
const ADD_USAGE = `select phi.key_add_usage($1, $2, $3)`

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/**
 * Keeps wrapped data keys in PostgreSQL or PGlite, in the schema that `migrate` makes. Every verb is one statement, and one trip to the
 * server.
 *
 * The login needs `phi_app`; `scan` without a tenant, which rotation, rewrapping, destruction of KEKs and restored backups use, needs
 * `phi_custodian`. A service that only seals and opens needs no more than the first, and then cannot walk over the keys of all tenants.
 *
 * An insert whose answer was lost can be sent again: it is told 'version-taken', and `list` shows the key.
 * @throws PhiError PHI_ENVELOPE_STORE_UNAVAILABLE when the database cannot be reached or cannot do the work now; PHI_ENVELOPE_STORE for
 * a row that is no key; PHI_ENVELOPE_OPTIONS; PHI_PG_FORBIDDEN; PHI_PG_NOT_MIGRATED; PHI_PG_QUERY
 */
export function keyStore(db: Db): KeyStore {
  const keysOf = async (sql: string, params: unknown[]) => (await rowsOf<KeyRow>(db, sql, params)).map(keyOfRow)

  return {
    async insert(record) {
      const params = insertParams(readKey(record))
      const [row] = await rowsOf<{ outcome: 'inserted' | 'id-taken' | 'version-taken' }>(db, INSERT, params)
      if (row === undefined) throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'the database did not answer an insert' })
      return row.outcome
    },
    async find(id) {
      const [key] = await keysOf(FIND, [id])
      return key
    },
    list: async (tenant, subject) => keysOf(LIST, [tenant, subjectColumn(subject)]),
    scan: async ({ tenant, after, limit }) => {
      const page = [after ?? '', checkLimit(limit)]
      return tenant === undefined ? keysOf(SCAN, page) : keysOf(SCAN_TENANT, [tenant, ...page])
    },
    async replace(record, expectedRevision) {
      const params = replaceParams(readKey(record), expectedRevision)
      // What is no revision is nobody's; the database would refuse to read it.
      if (!isCount(expectedRevision)) return 'conflict'
      const [row] = await rowsOf<{ replaced: boolean }>(db, REPLACE, params)
      return row?.replaced === true ? 'replaced' : 'conflict'
    },
    async addUsage(id, { seals, bytes }) {
      if (!isCount(seals) || !isCount(bytes)) {
        throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'usage', detail: 'must be whole numbers from 0' })
      }
      await rowsOf(db, ADD_USAGE, [id, seals, bytes])
    },
  }
}
