import { isPhiError, parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { type Suite, suites } from '../field/format.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { batchSizeSchema, callable, signalSchema, tableSchema } from './batch-options.ts'
import { columnsSchema, type FieldsOf, fieldsOfSchema, type JobColumns, readColumns } from './columns.ts'
import { readRows } from './read-rows.ts'
import { type FindingKind, findingKinds, type ScanReport, verdictOf } from './scan-report.ts'
import { type Inspect, inspector, type Seen } from './scan-value.ts'
import type { RowKey, TableAccess, TableRow } from './table.ts'

/** A table as it should be. */
export interface ScanTable extends JobColumns {
  /** For the report. */
  readonly name: string
  readonly table: TableAccess
  /** Whose the rows are. */
  readonly tenant: string | ((row: TableRow) => string)
  /** The suites that a column may hold, where they are not just 'KC-XAES-256-GCM'. */
  readonly suites?: Readonly<Record<string, readonly Suite[]>>
}

/** One value that is not as it should be: where it is, never what it is. */
export interface ScanFinding {
  readonly table: string
  readonly column: string
  readonly key: RowKey
  readonly kind: FindingKind
  /** The code of the error, where there was one. */
  readonly code: string | undefined
}

export interface ScanProgress {
  readonly table: string
  readonly read: number
  readonly findings: number
  readonly total?: number
}

export interface ScanOptions {
  readonly tables: readonly ScanTable[]
  /** Keeps the keys fresh, before each batch: `() => keyring.tenant(id)`. */
  readonly refresh: () => Promise<unknown>
  /** Where the keys in the headers are looked up. Without it, a value under another tenant's key is only one that does not open. */
  readonly keyStore?: Pick<KeyStore, 'find'>
  /** Which values are opened: 'all', which is the default, or one in so many. The others are judged by their headers. */
  readonly open?: 'all' | number
  /** Rows read at a time. Default 500. */
  readonly batchSize?: number
  /** Called for each finding, as it is found. */
  readonly onFinding?: (finding: ScanFinding) => void
  readonly onProgress?: (progress: ScanProgress) => void | Promise<void>
  readonly signal?: AbortSignal
}

const suiteSchema = z.enum(Object.keys(suites) as [Suite, ...Suite[]])

const optionsSchema = z.strictObject({
  tables: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        table: tableSchema,
        tenant: z.union([z.string().min(1), callable<(row: TableRow) => string>()]),
        columns: columnsSchema,
        fieldsOf: fieldsOfSchema,
        suites: z.record(z.string(), z.array(suiteSchema).min(1).readonly()).default({}),
      }),
    )
    .min(1)
    .refine((tables) => new Set(tables.map(({ name }) => name)).size === tables.length, 'every table needs a name of its own'),
  refresh: callable<ScanOptions['refresh']>(),
  keyStore: z
    .custom<Pick<KeyStore, 'find'>>(
      (value) => typeof (value as Partial<KeyStore> | null | undefined)?.find === 'function',
      'must have the method find',
    )
    .optional(),
  open: z.union([z.literal('all').transform(() => 1), z.number().int().min(1).max(1_000_000_000)]).default(1),
  batchSize: batchSizeSchema,
  onFinding: callable<NonNullable<ScanOptions['onFinding']>>().optional(),
  onProgress: callable<NonNullable<ScanOptions['onProgress']>>().optional(),
  signal: signalSchema,
})

/** The counts of one column, while they grow. */
interface Counts {
  values: number
  nulls: number
  opened: number
  notOpened: number
  readonly findings: Record<FindingKind, number>
  readonly otherTenants: Map<string, number>
  readonly keyIds: Map<string, number>
  readonly errors: Map<string, number>
}

const newCounts = (): Counts => ({
  values: 0,
  nulls: 0,
  opened: 0,
  notOpened: 0,
  findings: Object.fromEntries(findingKinds.map((kind) => [kind, 0])) as Record<FindingKind, number>,
  otherTenants: new Map(),
  keyIds: new Map(),
  errors: new Map(),
})

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** A declared table, made ready. */
interface Plan {
  readonly name: string
  readonly table: TableAccess
  readonly tenantOf: (row: TableRow) => string
  readonly names: readonly string[]
  readonly fieldsOf: FieldsOf
  readonly suites: Readonly<Record<string, readonly Suite[]>>
  readonly counts: ReadonlyMap<string, Counts>
  rows: number
  complete: boolean
}

/**
 * Reads tables from the first row to the last and says of every value in the declared columns what it is. It changes nothing, and
 * what it hands out holds no value: counts in the report, row keys to `onFinding`.
 *
 * Begin it later than the keyring's `cache.statesMaxAgeMs` after a rotation: a key that this process has not heard of opens nothing.
 * @throws PhiError PHI_ENVELOPE_OPTIONS; PHI_ENVELOPE_JOB for a table that does not keep to its contract; whatever may pass, such as
 *   PHI_ENVELOPE_KMS_UNAVAILABLE; what a table, the key store, `refresh` or a callback throws
 */
export async function scanSealed(options: ScanOptions): Promise<ScanReport> {
  const given = parseAs(optionsSchema, options, 'scan', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const { keyStore, open, refresh, batchSize, signal, onFinding, onProgress } = given
  const plans = given.tables.map(({ name, table, tenant, suites: declared, ...columns }): Plan => {
    const { names, fieldsOf } = readColumns('scan.tables.*.columns', columns)
    if (Object.keys(declared).some((column) => !names.includes(column))) {
      throw envelopeError('PHI_ENVELOPE_OPTIONS', {
        path: 'scan.tables.*.suites',
        detail: 'names a column that is not declared',
      })
    }
    const tenantOf = typeof tenant === 'string' ? () => tenant : tenant
    const counts = new Map(names.map((column) => [column, newCounts()]))
    return { name, table, tenantOf, names, fieldsOf, suites: declared, counts, rows: 0, complete: false }
  })
  let findings = 0

  const record = (plan: Plan, { key }: TableRow, column: string, seen: Seen): void => {
    const counts = plan.counts.get(column) as Counts
    if (seen.is === 'null') {
      counts.nulls += 1
      return
    }
    counts.values += 1
    if (seen.keyId !== undefined) add(counts.keyIds, seen.keyId)
    if (seen.is !== 'finding') {
      counts[seen.is] += 1
      return
    }
    counts.findings[seen.kind] += 1
    findings += 1
    if (seen.otherTenant !== undefined) add(counts.otherTenants, seen.otherTenant)
    if (seen.code !== undefined && seen.kind !== 'does-not-open') add(counts.errors, seen.code)
    onFinding?.({ table: plan.name, column, key, kind: seen.kind, code: seen.code })
  }

  /** All of a row, or nothing of it: keys that become stale under the work are loaded anew, and the row is looked at again. */
  const lookAtRow = async (plan: Plan, row: TableRow, inspect: Inspect): Promise<readonly Seen[]> => {
    const look = async () => {
      const fields = await plan.fieldsOf(row)
      const tenant = plan.tenantOf(row)
      const seen: Seen[] = []
      for (const column of plan.names) {
        seen.push(await inspect({ row, column, fields, tenant, suites: plan.suites[column] ?? ['KC-XAES-256-GCM'] }))
      }
      return seen
    }
    try {
      return await look()
    } catch (error) {
      if (!isPhiError(error, 'PHI_ENVELOPE_STALE')) throw error
      await refresh()
      return look()
    }
  }

  for (const plan of plans) {
    const total = await plan.table.count?.()
    const inspect = inspector(keyStore, open)
    let after: RowKey | undefined
    while (!signal?.aborted) {
      await refresh()
      const rows = await readRows(plan.table, { after, limit: batchSize, signal })
      const last = rows.at(-1)
      if (last === undefined) {
        plan.complete = true
        break
      }
      for (const row of rows) {
        if (signal?.aborted) break
        const seen = await lookAtRow(plan, row, inspect)
        for (const [i, column] of plan.names.entries()) record(plan, row, column, seen[i] as Seen)
        plan.rows += 1
      }
      after = last.key
      await onProgress?.({ table: plan.name, read: plan.rows, findings, ...(total !== undefined && { total }) })
    }
  }

  const listed = <Name extends string>(counts: ReadonlyMap<string, number>, as: Name) =>
    [...counts].map(
      ([name, values]) => ({ [as]: name, values }) as { readonly [Key in Name]: string } & { readonly values: number },
    )
  const columns = plans.flatMap(({ name, counts }) =>
    [...counts].map(([column, { otherTenants, errors, ...rest }]) => ({
      table: name,
      column,
      ...rest,
      otherTenants: listed(otherTenants, 'tenant'),
      errors: listed(errors, 'code'),
    })),
  )
  const complete = plans.every((plan) => plan.complete)
  return {
    verdict: verdictOf(complete, columns),
    complete,
    keysLookedUp: keyStore !== undefined,
    tables: plans.map(({ name, rows, complete: whole }) => ({ table: name, rows, complete: whole })),
    columns,
  }
}
