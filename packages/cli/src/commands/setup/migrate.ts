import { isPhiError } from '@phi/core'
import type { MigrateOptions, MigrateReport } from '@phi/postgres'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { aligned, amount, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'

const roles = ['app', 'auditor', 'retention', 'custodian', 'forwarder'] as const

/** What `phi migrate --json` prints. */
export interface MigrateAnswer {
  readonly from: number
  readonly to: number
  /** Whether anything was run; false with `--dry-run` and `--status`. */
  readonly isDone: boolean
  /** What was applied, or would be. */
  readonly applied: readonly { readonly version: number; readonly name: string; readonly sql?: string }[]
  readonly distributed?: readonly { readonly what: string; readonly sql?: string }[]
  readonly granted: Readonly<Partial<Record<(typeof roles)[number], readonly string[]>>>
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const isStatus = input.flag('status')
  const dryRun = isStatus || input.flag('dryRun')
  const granted = Object.fromEntries(roles.flatMap((role) => (input.has(role) ? [[role, input.all(role)]] : [])))
  if (isStatus && (Object.keys(granted).length > 0 || input.has('distribute')))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --status changes nothing, and takes no roles and no --distribute' })
  const options: MigrateOptions = {
    ...granted,
    dryRun,
    now: io.clock(),
    ...(input.text('distribute') === undefined ? {} : { distribute: 'citus' }),
  }
  const { migrate } = await import('@phi/postgres')
  return withDatabase(
    io,
    input,
    configured,
    async (db) => {
      let report: MigrateReport
      try {
        report = await migrate(db, options)
      } catch (error) {
        const isNegative = isPhiError(error, 'PHI_PG_MIGRATION_CHANGED') || isPhiError(error, 'PHI_PG_MIGRATION_UNKNOWN')
        if (!isStatus || !isNegative) throw error
        const { code, message } = error as { code: string; message: string }
        return { exit: 'finding', json: { code, message }, text: (paint, columns) => paint.bad(wrapped(message, columns)) }
      }
      const withSql = input.flag('sql') && dryRun
      const answer: MigrateAnswer = {
        from: report.from,
        to: report.to,
        isDone: !dryRun,
        applied: report.applied.map(({ version, name, sql }) => ({ version, name, ...(withSql ? { sql } : {}) })),
        ...(report.distributed === undefined
          ? {}
          : { distributed: report.distributed.map(({ what, sql }) => ({ what, ...(withSql ? { sql } : {}) })) }),
        granted: dryRun ? {} : granted,
      }
      return {
        exit: isStatus && answer.applied.length > 0 ? 'finding' : 'ok',
        json: answer,
        text: (paint, columns) => text(answer, paint, columns),
      }
    },
    { mayCreate: !dryRun },
  )
}

function headline({ from, to, isDone, applied }: MigrateAnswer, paint: Paint): string {
  if (applied.length === 0) return paint.good(`The schema phi is up to date: version ${to}.`)
  if (isDone) return paint.good(`The schema phi is up to date: from version ${from} to ${to}.`)
  return paint.warn(`The schema phi is at version ${from}; ${amount(applied.length, 'migration')} to ${to} would be run.`)
}

function text(answer: MigrateAnswer, paint: Paint, columns: number): string {
  const parts = [headline(answer, paint)]
  if (answer.applied.length > 0)
    parts.push(
      aligned(
        answer.applied.map(({ version, name }) => [String(version), name]),
        { right: [0] },
      ),
    )
  const granted = Object.entries(answer.granted)
  if (granted.length > 0) parts.push(aligned(granted.map(([role, logins]) => [`phi_${role}`, logins.join(', ')])))
  if (answer.distributed !== undefined) {
    const verb = answer.isDone ? 'was run' : 'would be run'
    parts.push(
      [
        wrapped(`For Citus, this ${verb} after the migrations:`, columns),
        ...answer.distributed.map(({ what }) => wrapped(what, columns, 2)),
      ].join('\n'),
    )
  }
  const sql = [...answer.applied, ...(answer.distributed ?? [])].flatMap((each) =>
    each.sql === undefined ? [] : [each.sql.trim()],
  )
  if (sql.length > 0) parts.push(sql.join('\n\n'))
  if (answer.isDone)
    parts.push(wrapped('Partitions of the coming year are there. Run it again at each deployment, or yearly.', columns))
  return parts.join('\n\n')
}

export const migrateCommand: CommandSpec = {
  path: ['migrate'],
  summary: 'Bring the schema of a database up to date',
  about: [
    'Runs what is missing of the migrations: forward only, all or nothing, and safe to run from many processes at once. It also makes the monthly partitions of the coming year, and gives roles to logins, which must exist.',
    'It needs a superuser, or a login that may create schemas and roles. Run the service with another login, one that has got --app.',
    'A database that remembers another text of a migration, or one that this version does not know, is refused.',
  ].join('\n\n'),
  options: [
    { flags: '--dry-run', about: 'Only say what would be run.' },
    { flags: '--sql', about: 'With --dry-run: also print the SQL.' },
    {
      flags: '--status',
      about: 'Only say whether anything is missing; a finding where it is. For a check before a deployment.',
    },
    { flags: '--app <login...>', about: 'A login of a service: gets phi_app.' },
    { flags: '--auditor <login...>', about: 'A login that reads: gets phi_auditor.' },
    { flags: '--retention <login...>', about: 'A login that prunes and disposes: gets phi_retention.' },
    { flags: '--custodian <login...>', about: 'A login that rotates keys of all tenants: gets phi_custodian.' },
    { flags: '--forwarder <login...>', about: 'A login that forwards logs to a SIEM: gets phi_forwarder and phi_auditor.' },
    {
      flags: '--distribute <engine>',
      about: 'Spread the tables over an engine’s nodes by tenant. Never tried on Citus itself.',
      choices: ['citus'],
    },
    ...databaseOptions,
  ],
  examples: [
    { run: 'phi migrate --database-from ADMIN_URL --app clinic_app', about: 'At a deployment.' },
    { run: 'phi migrate --status', about: 'Is anything missing?' },
    { run: 'phi migrate --dry-run --distribute citus --sql', about: 'The SQL for Citus, to be read first.' },
  ],
  exits: ['ok', 'finding'],
  run,
}
