import { errorsOf } from '@phi/core'
import { type NarrowTable, narrowTable, type RetentionPolicy, type RetentionStore, retentionErrors } from '@phi/retention'
import type { Db, Queryable } from '../client/db.ts'
import { readableFacts } from './fact-sql.ts'
import { holdSets } from './hold-sets.ts'
import { storeError } from './inspect.ts'
import { type NarrowStatement, narrowStatement } from './narrow-sql.ts'
import { CANDIDATES, type NarrowStatus, narrowStatuses, placeAndStatusOf } from './narrow-status.ts'
import { type OpenTable, openTables } from './open-tables.ts'
import { type NumberedPlaces, numberPlaces } from './place-numbers.ts'
import { type RetentionStoreOptions, readHoldEvents, retentionStore } from './retention-store.ts'
import { keyOf, keyParts, projection, type RecordRow, recordOf } from './rows.ts'

const retentionError = errorsOf(retentionErrors)

// One pass over a table, beside small lists that have no statistics: what suits is known, and a statement that takes less than a second is
// not worth compiling. A driver that prepares the statement must not end at a plan that does not see the lists.
const PASS = `select ${[
  ['jit', 'off'],
  ['enable_mergejoin', 'off'],
  ['enable_nestloop', 'off'],
  ['plan_cache_mode', 'force_custom_plan'],
]
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')}`

export interface RetentionPlannerOptions extends RetentionStoreOptions {
  readonly policy: RetentionPolicy
}

/** How many records of a kind have a status, by SQL. */
export interface NarrowCount {
  /** As the records say; null where a record says nothing. */
  readonly kind: string | null
  readonly status: NarrowStatus
  readonly records: number
}

/** What SQL says of all records of a tenant on a day. */
export interface RetentionOverview {
  readonly policy: string
  readonly today: string
  /** The facts about holds that were recorded. */
  readonly holds: { readonly revision: number }
  readonly records: number
  readonly byStatus: Readonly<Partial<Record<NarrowStatus, number>>>
  readonly counts: readonly NarrowCount[]
}

/** One record, as SQL has it. */
export interface NarrowedRecord {
  readonly id: string
  readonly version: string
  readonly status: NarrowStatus
}

export interface RetentionPlanner {
  /**
   * Counts every record of the tenant by kind and status, in one statement a table. Records of which SQL can say nothing are counted as
   * `needs-assessment`, and never as disposable.
   * @throws PhiError PHI_RETENTION_OPTIONS, PHI_RETENTION_STORE, PHI_RETENTION_STORE_UNAVAILABLE
   */
  overview(options: { readonly today: string }): Promise<RetentionOverview>
  /** The same record by record: at most `limit` after an id, `null` for the first ones. */
  statuses(options: { readonly today: string }, after: string | null, limit: number): Promise<readonly NarrowedRecord[]>
  /**
   * The store for a plan of that day which reads no more than it must: its `records` are those that are disposable by SQL, and those of
   * which SQL can say nothing. Pass it to `plan` of @phi/retention, which assesses each of them; counts of such a plan are of these
   * records. Everything else is as in `retentionStore`, which is the one to execute the plan on.
   */
  candidates(options: { readonly today: string }): RetentionStore
}

/** What is made for a table and a day, and the last statement that was made of it: putting one together takes as long as ten thousand rows. */
interface Made {
  readonly table: NarrowTable
  readonly places: NumberedPlaces
  /** `under`: the holds that it was made for. */
  statement: { readonly under: string; readonly statement: NarrowStatement } | undefined
}

/**
 * Plans disposal of many records in the database: the schedule is counted out for the day into dates to compare columns with, so that one
 * pass over a table tells what each row comes to. SQL only narrows. Nothing is deleted by what it says: a plan asks the policy about
 * each candidate, and `execute` asks again.
 * @throws PhiError PHI_PG_OPTIONS, PHI_CORE_TENANT
 */
export function retentionPlanner(db: Db, options: RetentionPlannerOptions): RetentionPlanner {
  const { policy, ...own } = options
  const store = retentionStore(db, own)
  const { tenant, within } = openTables(db, own)
  /** What was made for the last day that was asked, for each table of the database. */
  const made = new Map<OpenTable, Made>()

  async function madeFor(tx: Queryable, open: OpenTable, today: string): Promise<Made> {
    const known = made.get(open)
    if (known?.table.today === today) return known
    const table = narrowTable(policy, { today, facts: readableFacts(open) })
    const places = await numberPlaces(tx, open, table, tenant)
    const fresh: Made = { table, places, statement: undefined }
    made.set(open, fresh)
    return fresh
  }

  async function statementsOf(tx: Queryable, tables: readonly OpenTable[], today: string) {
    await tx.query(PASS, [])
    const events = await readHoldEvents(tx, tenant)
    const holds = holdSets(events, today)
    const under = JSON.stringify(holds)
    const statements: (NarrowStatement & { readonly open: OpenTable })[] = []
    for (const open of tables) {
      const own = await madeFor(tx, open, today)
      if (own.statement?.under !== under)
        own.statement = { under, statement: narrowStatement(open, own.table, own.places, holds, tenant) }
      statements.push({ open, ...own.statement.statement })
    }
    return { revision: events.length, statements }
  }

  function statusOf(number: unknown): NarrowStatus {
    const status = narrowStatuses[Number(number)]
    if (status === undefined) throw storeError('PHI_RETENTION_STORE', { detail: 'a status is none' })
    return status
  }

  function todayOf(given: { readonly today: string }): string {
    // Read by `narrowTable` too; before anything is sent.
    if (typeof given?.today !== 'string') {
      throw retentionError('PHI_RETENTION_OPTIONS', {
        path: 'options.today',
        detail: 'must be a day that exists, as YYYY-MM-DD',
      })
    }
    return given.today
  }

  /** A page of one table: what is selected, for the rows that a condition on `s.status` lets through. */
  async function pageOf<Row>(
    tx: Queryable,
    statement: NarrowStatement & { readonly open: OpenTable },
    what: string,
    only: string,
    after: string | null,
    limit: number,
  ): Promise<Row[]> {
    const { open, from, status, params } = statement
    const values = [...params.values]
    const add = (value: unknown) => `$${values.push(value)}`
    let later = ''
    if (after !== null) {
      const key = keyOf(open.table, after)
      later =
        key === undefined
          ? `and ${statement.id} > ${add(after)}`
          : `and (${keyParts(open.table).join(', ')}) > (${key.map((part, index) => `${add(part)}::${open.table.id[index]?.type}`).join(', ')})`
    }
    const allowed = only === '' ? '' : `and (${status}) in ${only}`
    const order = `order by ${keyParts(open.table).join(', ')} limit ${add(limit)}`
    return (await tx.query<Row>(`select ${what}, ${status} as status ${from} ${later} ${allowed} ${order}`, values)).rows
  }

  async function pages<Row, Out>(
    today: string,
    after: string | null,
    limit: number,
    page: (
      tx: Queryable,
      statement: NarrowStatement & { readonly open: OpenTable },
      after: string | null,
      limit: number,
    ) => Promise<Row[]>,
    read: (open: OpenTable, row: Row) => Out,
  ): Promise<Out[]> {
    return within('phi_retention', async (tx, tables) => {
      const { statements } = await statementsOf(tx, tables, today)
      const found: Out[] = []
      for (const statement of statements) {
        if (found.length >= limit) break
        const rows = await page(tx, statement, after, limit - found.length)
        found.push(...rows.map((row) => read(statement.open, row)))
      }
      return found
    })
  }

  return {
    async overview(given) {
      const today = todayOf(given)
      return within('phi_retention', async (tx, tables) => {
        const { revision, statements } = await statementsOf(tx, tables, today)
        const counts = new Map<string, { kind: string | null; status: NarrowStatus; records: number }>()
        for (const { counted, kinds, params } of statements) {
          const { rows } = await tx.query<{ number: string; kind: string | null; records: string | null }>(
            counted,
            params.values,
          )
          const read = rows.map((row) => ({ ...row, ...placeAndStatusOf(BigInt(row.number)) }))
          const others = new Map(read.flatMap(({ place, kind, records }) => (records === null ? [[place, kind] as const] : [])))
          for (const { place, status, records: number } of read) {
            if (number === null) continue
            const kind = place < 1n ? (others.get(place) ?? null) : (kinds[Number(place) - 1] as string)
            const key = JSON.stringify([kind, status])
            const known = counts.get(key) ?? { kind, status, records: 0 }
            known.records += Number(number)
            counts.set(key, known)
          }
        }
        const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => Object.freeze(each))
        const byStatus: Partial<Record<NarrowStatus, number>> = {}
        for (const status of sorted.map((each) => each.status).sort()) byStatus[status] = 0
        let records = 0
        for (const each of sorted) {
          byStatus[each.status] = (byStatus[each.status] ?? 0) + each.records
          records += each.records
        }
        return { policy: policy.id, today, holds: { revision }, records, byStatus, counts: sorted }
      })
    },

    statuses: (given, after, limit) =>
      pages<{ id: string; version: string; status: number }, NarrowedRecord>(
        todayOf(given),
        after,
        limit,
        (tx, statement, from, most) =>
          pageOf(tx, statement, `${statement.id} as id, ${statement.version} as version`, '', from, most),
        (_, { id, version, status }) => ({ id, version, status: statusOf(status) }),
      ),

    candidates(given) {
      const today = todayOf(given)
      return {
        ...store,
        records: (after, limit) =>
          pages<RecordRow, ReturnType<typeof recordOf>>(
            today,
            after,
            limit,
            (tx, statement, from, most) =>
              pageOf(tx, statement, projection(statement.open.table, statement.open.types), CANDIDATES, from, most),
            (open, row) => recordOf(open.table, row),
          ),
      }
    },
  }
}
