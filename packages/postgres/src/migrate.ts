import { sha256, systemClock, toHex, utf8 } from '@phi/core'
import type { Db, Queryable, Transaction } from './client/db.ts'
import { type Distribution, type DistributionStep, distribution } from './distribute.ts'
import { postgresError } from './errors.ts'
import { migrations as published } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'
import { translated } from './translate.ts'

export interface MigrateOptions {
  /** Only says what would be done. */
  readonly dryRun?: boolean
  /** Login roles that get the application role `phi_app`. The role that migrates always gets it. */
  readonly app?: readonly string[]
  /** Login roles that get the read-only role `phi_auditor`. */
  readonly auditor?: readonly string[]
  /** Login roles that get `phi_retention`, which prunes and disposes. */
  readonly retention?: readonly string[]
  /** Login roles that get `phi_custodian`: jobs that walk over the keys of all tenants (rotation that is due, rewraps, restores). */
  readonly custodian?: readonly string[]
  /** Login roles of forwarders to a SIEM: they get `phi_forwarder`, which moves cursors, and `phi_auditor`, which reads what is forwarded. */
  readonly forwarder?: readonly string[]
  /** The time, in milliseconds, for which partitions are made ahead. Default: the machine's clock. */
  readonly now?: number
  /** Spreads the tables over an engine's nodes, by tenant. After each migration, since new tables need it too. */
  readonly distribute?: Distribution
}

export interface MigrateReport {
  /** The schema's version before and after. */
  readonly from: number
  readonly to: number
  /** What was applied; with `dryRun`, what would be, with its SQL. */
  readonly applied: readonly { readonly version: number; readonly name: string; readonly sql: string }[]
  /** With `distribute`: what was run after the migrations, or with `dryRun` would be. */
  readonly distributed?: readonly DistributionStep[]
}

/** The key of the advisory lock that makes migrations of one database wait for each other. Held by a transaction, never a session. */
const LOCK = 0x70686931

const checksum = (migration: Migration): string => toHex(sha256(utf8(migration.sql)))

async function appliedVersions(tx: Queryable): Promise<Map<number, string>> {
  const { rows: tables } = await tx.query<{ found: boolean }>(`select to_regclass('phi.migration') is not null as found`, [])
  if (tables[0]?.found !== true) return new Map()
  const { rows } = await tx.query<{ version: number; checksum: string }>(
    'select version, checksum from phi.migration order by version',
    [],
  )
  return new Map(rows.map((row) => [Number(row.version), row.checksum]))
}

function pending(applied: ReadonlyMap<number, string>, known: readonly Migration[]): readonly Migration[] {
  for (const [version, sum] of applied) {
    const migration = known.find((candidate) => candidate.version === version)
    if (migration === undefined) throw postgresError('PHI_PG_MIGRATION_UNKNOWN', { info: { version } })
    if (checksum(migration) !== sum) throw postgresError('PHI_PG_MIGRATION_CHANGED', { info: { version } })
  }
  return known.filter(({ version }) => !applied.has(version))
}

const quoted = (role: string) => `"${role.replaceAll('"', '""')}"`

async function grant(tx: Transaction, ours: string, login: string, option: string): Promise<void> {
  const { rows } = await tx.query('select from pg_catalog.pg_roles where rolname = $1', [login])
  if (rows.length === 0) throw postgresError('PHI_PG_OPTIONS', { path: option, detail: 'names a role that does not exist' })
  await tx.exec(`grant ${ours} to ${quoted(login)}`)
}

/** How many months have partitions of their own ahead of time. Entries of a month that has none lie in the default partition. */
const MONTHS_AHEAD = 13

async function addMonths(tx: Transaction, now: number): Promise<void> {
  const today = new Date(now)
  const months = Array.from({ length: MONTHS_AHEAD }, (_, i) =>
    new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + i, 1)).toISOString().slice(0, 7),
  )
  const { rows } = await tx.query<{ month: string }>(
    `select month from unnest($1::text[]) as month where to_regclass('phi.audit_entry_' || replace(month, '-', '_')) is null`,
    [months],
  )
  if (rows.length === 0) return
  await tx.exec('grant create on schema phi to phi_owner')
  for (const { month } of rows) await tx.query('select phi.audit_add_month($1)', [month])
  await tx.exec('revoke create on schema phi from phi_owner')
}

/**
 * Brings the schema `phi` up to date. Forward only, all or nothing, and safe to run from many processes at once: they wait for
 * each other, and the later ones find nothing to do. Each run also makes the partitions of the coming year, so run it at least yearly,
 * or at each deployment.
 *
 * The role that migrates needs to create schemas and roles: a superuser, or CREATEROLE and CREATE on the database.
 * @throws PhiError PHI_PG_MIGRATION_CHANGED, PHI_PG_MIGRATION_UNKNOWN, PHI_PG_FORBIDDEN, PHI_PG_OPTIONS
 */
export function migrate(db: Db, options: MigrateOptions = {}): Promise<MigrateReport> {
  return migrateWith(db, published, options)
}

/** `migrate` with a list of one's own, for tests of the mechanism. */
export async function migrateWith(db: Db, known: readonly Migration[], options: MigrateOptions = {}): Promise<MigrateReport> {
  const latest = known.at(-1)?.version ?? 0
  const work = async (tx: Transaction): Promise<MigrateReport> => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK])
    const applied = await appliedVersions(tx)
    const todo = pending(applied, known)
    const from = Math.max(0, ...applied.keys())
    const steps = options.distribute === undefined ? [] : distribution(options.distribute)
    const report = { from, to: latest, applied: todo, ...(options.distribute === undefined ? {} : { distributed: steps }) }
    if (options.dryRun === true) return report
    if (todo.length > 0) {
      await tx.exec('create schema if not exists phi')
      await tx.exec(
        'create table if not exists phi.migration (version int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())',
      )
    }
    for (const migration of todo) {
      await tx.exec(migration.sql)
      await tx.query('insert into phi.migration (version, name, checksum) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        checksum(migration),
      ])
    }
    if (latest > 0) {
      await tx.exec('grant phi_app, phi_auditor to current_user')
      if (latest > 1) {
        await tx.exec('grant phi_retention to current_user')
        if (latest > 2) await tx.exec('grant phi_custodian to current_user')
        if (latest > 8) await tx.exec('grant phi_forwarder to current_user')
        await addMonths(tx, options.now ?? systemClock())
      }
      for (const role of options.app ?? []) await grant(tx, 'phi_app', role, 'app')
      for (const role of options.auditor ?? []) await grant(tx, 'phi_auditor', role, 'auditor')
      for (const role of options.retention ?? []) await grant(tx, 'phi_retention', role, 'retention')
      for (const role of options.custodian ?? []) await grant(tx, 'phi_custodian', role, 'custodian')
      for (const role of options.forwarder ?? []) {
        await grant(tx, 'phi_forwarder', role, 'forwarder')
        await grant(tx, 'phi_auditor', role, 'forwarder')
      }
    }
    for (const { sql } of steps) await tx.exec(sql)
    return report
  }
  try {
    return await db.transaction(work)
  } catch (error) {
    throw translated(error)
  }
}
