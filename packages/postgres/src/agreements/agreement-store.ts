import {
  type AgreementStore,
  agreementStoreErrors,
  readAgreementRecords,
  readRevisionNumber,
  recordedFrom,
  refuseUnfit,
  textOfRecords,
} from '@phi/baa'
import { errorsOf, parseTenant } from '@phi/core'
import type { Db, Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { inTenant } from '../store/in-tenant.ts'
import { optimistic } from '../store/optimistic.ts'
import { storeError } from '../store/store-error.ts'

const agreementStoreError = errorsOf(agreementStoreErrors)

export interface AgreementStoreOptions {
  /** The role that the store works as. `phi_auditor` reads, and cannot append. Default `phi_app`. */
  readonly role?: 'phi_app' | 'phi_auditor'
}

const ALL = 'select revision, records from phi.agreement_revision where tenant = $1 order by revision'
const UNTIL = 'select revision, records from phi.agreement_revision where tenant = $1 and revision <= $2 order by revision'
const INSERT = 'insert into phi.agreement_revision (tenant, revision, records) values ($1, $2, $3)'

/** The largest number that the column takes; no tenant comes near it. */
const LAST = 2_147_483_647

interface Row {
  readonly revision: number
  readonly records: string
}

/** The texts of the revisions, which must count from 1 without gaps: a hole reads as agreements that nobody made. @throws PhiError PHI_BAA_STORE */
function textsOf(rows: readonly Row[]): readonly string[] {
  return rows.map(({ revision, records }, index) => {
    if (revision !== index + 1)
      throw agreementStoreError('PHI_BAA_STORE', { detail: 'a revision is missing', info: { revision: index + 1 } })
    return records
  })
}

/**
 * Keeps agreements in PostgreSQL or PGlite, in the schema that `migrate` makes.
 *
 * A revision is one inserted row, whose key is the tenant and the number: of those who append at once, one inserts. What a revision
 * is appended to is read in the same transaction, so what stands always makes a registry.
 */
export function agreementStore(db: Db, options: AgreementStoreOptions = {}): AgreementStore {
  const role = options.role ?? 'phi_app'
  if (role !== 'phi_app' && role !== 'phi_auditor') throw postgresError('PHI_PG_OPTIONS', { path: 'role' })

  const working = async <T>(tenant: string, run: (tx: Queryable, tenant: string) => Promise<T>): Promise<T> => {
    const own = parseTenant(tenant)
    try {
      return await optimistic(() => inTenant(db, role, own, (tx) => run(tx, own)))
    } catch (error) {
      throw storeError(error, (context) => agreementStoreError('PHI_BAA_STORE_UNAVAILABLE', context))
    }
  }

  const all = async (tx: Queryable, tenant: string) => textsOf((await tx.query<Row>(ALL, [tenant])).rows)

  return {
    async load(tenant) {
      return recordedFrom(await working(tenant, all))
    },

    async at(tenant, revision) {
      const wanted = readRevisionNumber(revision)
      const texts = await working(tenant, async (tx, own) =>
        textsOf((await tx.query<Row>(UNTIL, [own, Math.min(wanted, LAST)])).rows),
      )
      return texts.length < wanted ? undefined : recordedFrom(texts)
    },

    async append(tenant, records, expectedRevision) {
      const read = readAgreementRecords(records)
      const text = textOfRecords(read)
      const expected = readRevisionNumber(expectedRevision)
      return working(tenant, async (tx, own) => {
        const texts = await all(tx, own)
        if (expected !== texts.length) return texts[expected] === text ? 'already' : 'conflict'
        refuseUnfit(texts, read)
        // Somebody else's row of this number ends the transaction, and the next round finds it.
        await tx.query(INSERT, [own, expected + 1, text])
        return 'appended'
      })
    },
  }
}
