import { errorsOf, parseTenant } from '@phi/core'
import {
  beginCase,
  type CaseStoreOptions as CaseOptions,
  type CaseStore,
  caseFrom,
  caseStoreErrors,
  hasEntry,
  hasOpening,
  isOpenCase,
  type KeptCase,
  readCaseId,
  readCaseQuery,
  readExpectedEntries,
  textOfLast,
  textOfOpening,
  withEntry,
} from '@phi/deadlines/store'
import type { Db, Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { inTenant } from '../store/in-tenant.ts'
import { optimistic } from '../store/optimistic.ts'
import { storeError } from '../store/store-error.ts'

const caseStoreError = errorsOf(caseStoreErrors)

export interface CaseStoreOptions extends CaseOptions {
  /** The role that the store works as. `phi_auditor` reads, and can add nothing. Default `phi_app`. */
  readonly role?: 'phi_app' | 'phi_auditor'
}

const LINES = 'select id, entry, line from phi.case_entry where tenant = $1 and id = $2 order by entry'
const INSERT = 'insert into phi.case_entry (tenant, id, entry, kind, line, is_open) values ($1, $2, $3, $4, $5, $6)'

// Which cases are on a page is read from their beginnings and their last lines, and all their lines with it: one statement, one snapshot.
const PAGE = `with page as (
    select b.id from phi.case_entry b
    where b.tenant = $1 and b.entry = 0 and b.id > $2 and ($3::text is null or b.kind = $3)
      and ($4::boolean is null or $4 = (
        select l.is_open from phi.case_entry l where l.tenant = b.tenant and l.id = b.id order by l.entry desc limit 1))
    order by b.id limit $5
  )
  select e.id, e.entry, e.line from page p join phi.case_entry e on e.tenant = $1 and e.id = p.id order by e.id, e.entry`

interface Row {
  readonly id: string
  readonly entry: number
  readonly line: string
}

/**
 * Keeps requests and incidents in PostgreSQL or PGlite, in the schema that `migrate` makes.
 *
 * An entry is one inserted row, whose key is the tenant, the case and the number: of those who append at once, one inserts. The
 * history that an entry is added to is read and replayed in the same transaction, so what stands always replays.
 */
export function caseStore(db: Db, options: CaseStoreOptions = {}): CaseStore {
  const role = options.role ?? 'phi_app'
  if (role !== 'phi_app' && role !== 'phi_auditor') throw postgresError('PHI_PG_OPTIONS', { path: 'role' })

  const working = async <T>(tenant: string, run: (tx: Queryable, tenant: string) => Promise<T>): Promise<T> => {
    const own = parseTenant(tenant)
    try {
      return await optimistic(() => inTenant(db, role, own, (tx) => run(tx, own)))
    } catch (error) {
      throw storeError(error, (context) => caseStoreError('PHI_DEADLINES_STORE_UNAVAILABLE', context))
    }
  }

  /** The case from its lines, which must count from 0 without gaps. @throws PhiError PHI_DEADLINES_STORE */
  const replayed = (id: string, lines: readonly Row[], position = 0): KeptCase => {
    const gap = lines.findIndex(({ entry }, index) => entry !== index)
    if (gap >= 0) throw caseStoreError('PHI_DEADLINES_STORE', { info: { position, entry: gap } })
    return caseFrom(
      id,
      lines.map(({ line }) => line),
      options,
      position,
    )
  }

  const find = async (tx: Queryable, tenant: string, id: string): Promise<KeptCase | undefined> => {
    const { rows } = await tx.query<Row>(LINES, [tenant, id])
    return rows.length === 0 ? undefined : replayed(id, rows)
  }

  return {
    async open(tenant, opening) {
      const begun = beginCase(opening)
      const { id } = begun.record
      return working(tenant, async (tx, own) => {
        const there = await find(tx, own, id)
        if (there !== undefined) return hasOpening(there, begun) ? 'already' : 'taken'
        // Somebody else's row of this number ends the transaction, and the next round finds it; so it is for entries.
        await tx.query(INSERT, [own, id, 0, begun.kind, textOfOpening(begun), isOpenCase(begun)])
        return 'opened'
      })
    },

    async append(tenant, id, expectedEntries, entry) {
      const wanted = readCaseId(id)
      const expected = readExpectedEntries(expectedEntries)
      return working(tenant, async (tx, own) => {
        const kept = await find(tx, own, wanted)
        if (kept === undefined) return 'missing'
        if (kept.record.log.length !== expected) return hasEntry(kept, expected, entry) ? 'already' : 'conflict'
        const next = withEntry(kept, entry, options)
        await tx.query(INSERT, [own, wanted, expected + 1, null, textOfLast(next), isOpenCase(next)])
        return 'appended'
      })
    },

    async load(tenant, id) {
      const wanted = readCaseId(id)
      return working(tenant, (tx, own) => find(tx, own, wanted))
    },

    async list(tenant, query) {
      const { kind, open, after, limit } = readCaseQuery(query)
      // Every id is longer than none, so that the first page is read like the others: from a place in the index.
      const params = [after ?? '', kind ?? null, open ?? null, limit]
      const { rows } = await working(tenant, (tx, own) => tx.query<Row>(PAGE, [own, ...params]))
      const byId = new Map<string, Row[]>()
      for (const row of rows) {
        const lines = byId.get(row.id)
        if (lines === undefined) byId.set(row.id, [row])
        else lines.push(row)
      }
      return [...byId].map(([id, lines], position) => {
        const kept = replayed(id, lines, position)
        // The columns that the page was chosen by only repeat what the history says.
        if (kept.kind !== (kind ?? kept.kind) || isOpenCase(kept) !== (open ?? isOpenCase(kept))) {
          throw caseStoreError('PHI_DEADLINES_STORE', { detail: 'a column says what its history does not', info: { position } })
        }
        return kept
      })
    },
  }
}
