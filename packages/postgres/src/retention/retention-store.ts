import { errorsOf } from '@phi/core'
import {
  type DisposalAnswer,
  type DisposalBatch,
  type DisposalReceipt,
  type HoldEvent,
  parseHoldEvent,
  type RetentionStore,
  type RunProgress,
  retentionErrors,
  type StoredRecord,
} from '@phi/retention'
import type { Db, Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import type { StoreRole } from '../store/in-tenant.ts'
import { storeError } from './inspect.ts'
import type { RetentionTables } from './mapping.ts'
import { NothingDone, type OpenTable, openTables } from './open-tables.ts'
import {
  idText,
  keyNames,
  keyOf,
  keyParams,
  keyParts,
  projection,
  type RecordRow,
  recordOf,
  sameKey,
  unnestKeys,
  versionText,
} from './rows.ts'

const retentionError = errorsOf(retentionErrors)

export interface RetentionStoreOptions extends RetentionTables {
  /**
   * Whether every table with data under the tenant's keys is among `tables`. Only then can the store say that nothing is left under a
   * key, and has `remaining`, which cryptographic erasure needs.
   */
  readonly sealedTables?: 'all-are-mapped'
  /** The role that reads assume. Default `phi_retention`; `phi_app` for a service that only places holds. */
  readonly readAs?: StoreRole
}

const broken = (detail: string) => storeError('PHI_RETENTION_STORE', { detail })

// The number that is written down and the rows are told apart, so that facts that somebody took away are missed.
const HOLDS = `
select c.recorded::text as recorded, h.place::text as place, h.event
from (select $1::text as tenant) as own
left join phi.retention_hold_count c on c.tenant = own.tenant
left join phi.retention_hold h on h.tenant = own.tenant
order by h.place`
const APPEND = 'select phi.retention_hold_append($1, $2) as appended'
const LOCK_HOLDS = 'select recorded::text as recorded, found::text as found from phi.retention_hold_lock()'
const CLAIM = `
insert into phi.disposal_batch (tenant, run, sequence, category, holds) values ($1, $2, $3, $4, $5) on conflict do nothing
returning sequence`
const KEEP = 'insert into phi.disposal_receipt (tenant, run, sequence, note, entries, remains) values ($1, $2, $3, $4, $5, $6)'
const RECEIPT =
  'select disposal_receipt.sequence::text as sequence, note, entries, remains from phi.disposal_receipt where tenant = $1 and run = $2'
const PROGRESS = 'select version::text as version, body from phi.disposal_run where tenant = $1 and run = $2'
const BEGIN =
  'insert into phi.disposal_run (tenant, run, version, body) values ($1, $2, $3, $4) on conflict do nothing returning version'
const SAVE = `
update phi.disposal_run set version = $3, body = $4, saved_at = now()
where tenant = $1 and run = $2 and version = $3::bigint - 1 returning version`

interface ReceiptRow {
  readonly sequence: string
  readonly note: string
  readonly entries: string
  readonly remains: string
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')

function isLeft(value: unknown): value is DisposalReceipt['left'] {
  return (
    Array.isArray(value) &&
    value.every(
      (each) =>
        typeof each === 'object' &&
        each !== null &&
        Object.keys(each).length === 2 &&
        typeof each.id === 'string' &&
        ['changed', 'missing'].includes(each.why),
    )
  )
}

function receiptOf(run: string, row: ReceiptRow): DisposalReceipt {
  const sequence = Number(row.sequence)
  const entries = parsed(row.entries)
  const left = parsed(row.remains)
  if (!Number.isSafeInteger(sequence) || !isTexts(entries) || !isLeft(left)) throw broken('a receipt is not as it was kept')
  return { run, sequence, note: row.note, entries, left }
}

/** A fact as it was recorded. One that cannot be read is handed out as it is: it may have been any hold, and holds everything. */
const eventOf = (text: string): HoldEvent => (parsed(text) ?? text) as HoldEvent

/** Every fact about holds of a tenant, in order. @throws PhiError PHI_RETENTION_STORE where facts are missing */
export async function readHoldEvents(tx: Queryable, tenant: string): Promise<readonly HoldEvent[]> {
  const { rows } = await tx.query<{ recorded: string | null; place: string | null; event: string }>(HOLDS, [tenant])
  const facts = rows.filter(({ place }) => place !== null)
  const complete = Number(rows[0]?.recorded ?? 0) === facts.length && facts.every(({ place }, index) => Number(place) === index)
  if (!complete) throw broken('facts about holds are missing')
  return facts.map(({ event }) => eventOf(event))
}

/**
 * Keeps to the contract of `RetentionStore` of `@phi/retention` over tables of the caller's own: rows are records, and a row is
 * deleted in the version in which it was planned or not at all. Holds, receipts and the progress of runs lie in the schema that `migrate`
 * makes, under the store's tenant.
 *
 * The first call looks the tables up. `phi_retention` needs SELECT and DELETE on them. A login works as
 * `phi_retention` to dispose, and as `phi_app` to record facts about holds; one that has only the one of them can do only that.
 * @throws PhiError PHI_PG_OPTIONS, PHI_CORE_TENANT
 */
export function retentionStore(db: Db, options: RetentionStoreOptions): RetentionStore {
  const { readAs = 'phi_retention', sealedTables } = options
  if (!['phi_retention', 'phi_app', 'phi_auditor'].includes(readAs)) throw postgresError('PHI_PG_OPTIONS', { path: 'readAs' })
  const { tenant, inTenantAs, within } = openTables(db, options)

  /** The rows of these ids of one table, with what they are selected for. */
  const asked = ({ table, scope }: OpenTable, what: string, more: string): string =>
    `select ${what} from ${unnestKeys(table, 2)} as asked (${keyNames(table)}) join ${table.name} t on ${sameKey(table)} where ${scope} ${more}`

  /** A page of one table. */
  async function pageOf(tx: Queryable, open: OpenTable, after: string | null, limit: number): Promise<StoredRecord[]> {
    const { table, scope } = open
    const order = `order by ${keyParts(table).join(', ')} limit`
    const select = `select ${projection(table, open.types)} from ${table.name} t where ${scope}`
    const key = after === null ? undefined : keyOf(table, after)
    let rows: RecordRow[]
    if (after === null) rows = (await tx.query<RecordRow>(`${select} ${order} $2`, [tenant, limit])).rows
    else if (key === undefined) {
      // No id of this table, as it may be of another: compared as text.
      rows = (await tx.query<RecordRow>(`${select} and ${idText(table)} > $2 ${order} $3`, [tenant, after, limit])).rows
    } else {
      const from = key.map((_, index) => `$${index + 2}::${table.id[index]?.type}`).join(', ')
      const later = `and (${keyParts(table).join(', ')}) > (${from})`
      rows = (await tx.query<RecordRow>(`${select} ${later} ${order} $${key.length + 2}`, [tenant, ...key, limit])).rows
    }
    return rows.map((row) => recordOf(table, row))
  }

  async function receiptsOf(tx: Queryable, run: string, after: number, limit: number): Promise<DisposalReceipt[]> {
    const { rows } = await tx.query<ReceiptRow>(
      `${RECEIPT} and disposal_receipt.sequence > $3 order by disposal_receipt.sequence limit $4`,
      [tenant, run, after, limit],
    )
    return rows.map((row) => receiptOf(run, row))
  }

  /**
   * Deletes the rows of a table that are there in their version: a row that somebody is changing is waited for, and then looked at
   * again.
   *
   * No SKIP LOCKED: such a row would be told of as changed before anybody knows whether it will be. Workers on different batches do not
   * meet, and those on the same batch meet at its claim.
   * @returns the ids that were deleted, and those that are there in another version
   */
  async function deleteFrom(tx: Queryable, open: OpenTable, wanted: ReadonlyMap<string, string>) {
    const { table, scope } = open
    const params = (ids: readonly string[]) => [
      tenant,
      ...keyParams(
        table,
        ids.map((id) => keyOf(table, id) as readonly string[]),
      ),
    ]
    // By ascending key, so that two runs that want the same rows seldom wait for each other in a circle.
    const ids = [...wanted.keys()].sort()
    const versions = `$${table.id.length + 2}::text[]`
    const remove = `delete from ${table.name} t using (select * from ${unnestKeys(table, 2, versions)}) as asked (${keyNames(table)}, version) where ${sameKey(table)} and ${scope} and ${versionText(table)} = asked.version and asked.version <> '' returning ${idText(table)} as id`
    const { rows: gone } = await tx.query<{ id: string }>(remove, [...params(ids), ids.map((id) => wanted.get(id))])
    const deleted = new Set(gone.map(({ id }) => id))
    const others = ids.filter((id) => !deleted.has(id))
    const changed = new Set<string>()
    if (others.length > 0) {
      const look = asked(open, `${idText(table)} as id, ${versionText(table)} as version`, '')
      for (const { id, version } of (await tx.query<{ id: string; version: string }>(look, params(others))).rows) {
        // A trigger of the table that keeps rows would have them told of as changed, again and again.
        if (version !== '' && wanted.get(id) === version)
          throw broken('the database did not delete a record that it was asked to')
        changed.add(id)
      }
    }
    if (![...deleted].every((id) => wanted.has(id)) || gone.length !== deleted.size) throw broken('an id is not of one row')
    return { deleted, changed }
  }

  async function disposeIn(tx: Queryable, open: readonly OpenTable[], batch: DisposalBatch): Promise<DisposalAnswer> {
    const { run, sequence, holds, category, note, records } = batch
    // Whoever does the same batch at this moment is waited for here.
    const { rows: claimed } = await tx.query(CLAIM, [tenant, run, sequence, category, holds])
    if (claimed.length === 0) {
      const [receipt] = await receiptsOf(tx, run, sequence - 1, 1)
      if (receipt?.sequence !== sequence) throw broken('a batch was done, and its receipt is not there')
      return { status: 'already', receipt }
    }
    const { rows: counts } = await tx.query<{ recorded: string; found: string }>(LOCK_HOLDS, [])
    if (counts[0] === undefined || counts[0].recorded !== counts[0].found) throw broken('facts about holds are missing')
    if (Number(counts[0].found) !== holds) throw new NothingDone()

    const deleted = new Set<string>()
    const changed = new Set<string>()
    for (const table of open) {
      const wanted = new Map<string, string>()
      for (const { id, version } of records) {
        if (!wanted.has(id) && keyOf(table.table, id) !== undefined) wanted.set(id, version)
      }
      if (wanted.size === 0) continue
      const done = await deleteFrom(tx, table, wanted)
      for (const id of done.deleted) deleted.add(id)
      for (const id of done.changed) changed.add(id)
    }
    const entries: string[] = []
    const left: { id: string; why: 'changed' | 'missing' }[] = []
    for (const { id, entry } of records) {
      // Of a record that is listed twice, the first goes, and the second finds nothing.
      if (deleted.delete(id)) entries.push(entry)
      else left.push({ id, why: changed.has(id) ? 'changed' : 'missing' })
    }
    await tx.query(KEEP, [tenant, run, sequence, note, JSON.stringify(entries), JSON.stringify(left)])
    return { status: 'disposed', receipt: { run, sequence, note, entries, left } }
  }

  const store: RetentionStore = {
    records: (after, limit) =>
      within(readAs, async (tx, open) => {
        const page: StoredRecord[] = []
        for (const each of open) {
          // All ids of one table come before those of the next.
          if (page.length < limit) page.push(...(await pageOf(tx, each, after, limit - page.length)))
        }
        return page
      }),

    get: (ids) =>
      within(readAs, async (tx, open) => {
        const found: StoredRecord[] = []
        for (const each of open) {
          const keys = [...new Set(ids)].map((id) => keyOf(each.table, id)).filter((key) => key !== undefined)
          if (keys.length === 0) continue
          const select = asked(each, projection(each.table, each.types), '')
          const { rows } = await tx.query<RecordRow>(select, [tenant, ...keyParams(each.table, keys)])
          found.push(...rows.map((row) => recordOf(each.table, row)))
        }
        return found
      }),

    holds: () => inTenantAs(readAs, (tx) => readHoldEvents(tx, tenant)),

    async appendHold(event, revision) {
      const text = JSON.stringify(parseHoldEvent(event))
      return inTenantAs('phi_app', async (tx) => {
        const { rows } = await tx.query<{ appended: boolean }>(APPEND, [revision, text])
        return rows[0]?.appended === true ? 'appended' : 'conflict'
      })
    },

    async dispose(batch) {
      try {
        return await within('phi_retention', (tx, open) => disposeIn(tx, open, batch))
      } catch (error) {
        if (error instanceof NothingDone) return { status: 'holds-changed' }
        throw error
      }
    },

    receipts: (run, after, limit) => inTenantAs('phi_retention', (tx) => receiptsOf(tx, run, after, limit)),

    progress: (run) =>
      inTenantAs('phi_retention', async (tx): Promise<RunProgress | null> => {
        const { rows } = await tx.query<{ version: string; body: string }>(PROGRESS, [tenant, run])
        return rows[0] === undefined ? null : { run, version: Number(rows[0].version), body: rows[0].body }
      }),

    saveProgress: ({ run, version, body }) =>
      inTenantAs('phi_retention', async (tx) => {
        const { rows } = await tx.query(version === 1 ? BEGIN : SAVE, [tenant, run, version, body])
        return rows.length === 1 ? 'saved' : 'conflict'
      }),
  }

  async function remaining(scope: { readonly tenant: string; readonly subject?: string | undefined }): Promise<number> {
    return within(
      'phi_retention',
      async (tx, open) => {
        let left = 0
        for (const { table, scope: own } of open) {
          const of = (name: 'tenant' | 'subject') => table.facts.find((fact) => fact.name === name)
          // Whose data lies in rows of other tenants is not seen from here.
          if (of('tenant')?.column === table.tenant && table.tenant !== null && scope.tenant !== tenant) {
            throw retentionError('PHI_RETENTION_OPTIONS', { path: 'scope.tenant', detail: 'must be the tenant of the store' })
          }
          const params: unknown[] = [tenant]
          const mayBe = (name: 'tenant' | 'subject', wanted: string): string => {
            const fact = of(name)
            if (fact === undefined) return 'true'
            if (fact.column === undefined) return fact.value === wanted ? 'true' : 'false'
            params.push(wanted)
            // A record whose owner is not known may be anybody's.
            return `coalesce(t.${fact.column}::text = $${params.length}, true)`
          }
          const conditions = [own, mayBe('tenant', scope.tenant)]
          if (scope.subject !== undefined) conditions.push(mayBe('subject', scope.subject))
          const { rows } = await tx.query<{ left: string }>(
            `select count(*)::text as left from ${table.name} t where ${conditions.join(' and ')}`,
            params,
          )
          left += Number(rows[0]?.left)
        }
        return left
        // Row security that was put in force since would hide what is left.
      },
      'again',
    )
  }

  if (sealedTables === undefined) return store
  if (sealedTables !== 'all-are-mapped') throw postgresError('PHI_PG_OPTIONS', { path: 'sealedTables' })
  return { ...store, remaining }
}
