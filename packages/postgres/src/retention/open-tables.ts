import type { Db, Queryable } from '../client/db.ts'
import type { StoreRole } from '../store/in-tenant.ts'
import { failureOf } from '../translate.ts'
import { type ColumnTypes, inspect, storeFailure } from './inspect.ts'
import { type MappedTable, type RetentionTables, readTables } from './mapping.ts'

/** Ends a transaction in which nothing is to be done. */
export class NothingDone extends Error {}

/** Two workers that waited for each other: the server undid one of them, whose work is done again. */
const ATTEMPTS = 5

/** A table that was looked up. */
export interface OpenTable {
  readonly table: MappedTable
  readonly types: ColumnTypes
  /** Which rows are the tenant's, whose name is the first parameter of every statement. */
  readonly scope: string
}

// Times and dates are written alike whatever the session says, since versions are compared as texts.
const ASSUME = `select set_config('role', $1, true), set_config('phi.tenant', $2, true),
  set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true)`

export interface OpenTables {
  readonly tenant: string
  /** Runs in a transaction that has the role and the tenant. Errors come in the words of the RetentionStore contract. */
  inTenantAs<T>(role: StoreRole, run: (tx: Queryable) => Promise<T>): Promise<T>
  /** The same with the tables, which are looked up when the role first asks; `again`: now. */
  within<T>(role: StoreRole, run: (tx: Queryable, tables: readonly OpenTable[]) => Promise<T>, again?: 'again'): Promise<T>
}

/** @throws PhiError PHI_PG_OPTIONS, PHI_CORE_TENANT */
export function openTables(db: Db, options: RetentionTables): OpenTables {
  const { tenant, tables: mapped } = readTables(options)
  const known = new Map<StoreRole, readonly OpenTable[]>()

  const inTenantAs: OpenTables['inTenantAs'] = async (role, run) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await db.transaction(async (tx) => {
          await tx.query(ASSUME, [role, tenant])
          return run(tx)
        })
      } catch (error) {
        if (error instanceof NothingDone) throw error
        if (attempt === ATTEMPTS || failureOf(error) !== 'again') throw storeFailure(error)
      }
    }
  }

  return {
    tenant,
    inTenantAs,
    within: (role, run, again) =>
      inTenantAs(role, async (tx) => {
        let open = again === undefined ? known.get(role) : undefined
        if (open === undefined) {
          const found: OpenTable[] = []
          for (const table of mapped) {
            // Both ways name the first parameter, so that every statement has it.
            const scope = table.tenant === null ? '$1::text is not null' : `t.${table.tenant} = $1`
            found.push({ table, types: await inspect(tx, table), scope })
          }
          open = found
          known.set(role, open)
        }
        return run(tx, open)
      }),
  }
}
