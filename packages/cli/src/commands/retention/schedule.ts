import type { Db, RetentionTable } from '@phi/postgres'
import type { RetentionSchedule, ScheduleVersion } from '@phi/retention'
import * as z from 'zod'
import type { OptionSpec } from '../../command.ts'
import type { Configured } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import { readJson } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'

/**
 * A retention file: a schedule as data (`ScheduleData` of @phi/retention), or all its versions as they were adopted, and the tables of the
 * database whose rows are records (`RetentionTable` of @phi/postgres).
 */
const fileSchema = z.strictObject({
  schedule: z.unknown().optional(),
  versions: z.array(z.unknown()).min(1).max(10_000).optional(),
  tables: z.array(z.unknown()).min(1).max(1_000).optional(),
})

export interface RetentionFile {
  /** Undefined: the file has none, and that of the database counts. */
  readonly policy: RetentionSchedule | undefined
  readonly tables: readonly RetentionTable[] | undefined
}

const wrong = (detail: string) => cliError('PHI_CLI_FILE_CONTENT', { path: '--schedule', detail })

const nothingInForce = () =>
  cliError('PHI_CLI_NOT_CONFIGURED', { path: '--schedule', detail: 'no version of the schedule is in force on that day' })

/** The schedule in force on a day, with all that it replaces. @throws PhiError PHI_CLI_NOT_CONFIGURED where there is none */
async function inForce(versions: readonly ScheduleVersion[], today: string): Promise<RetentionSchedule> {
  const { currentOf, scheduleOf } = await import('@phi/retention')
  const current = currentOf(versions, today)
  if (current === null) throw nothingInForce()
  return scheduleOf(versions.slice(0, current.version))
}

/** Reads a retention file, for a day. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT, PHI_RETENTION_SCHEDULE, PHI_RETENTION_RULE */
async function readRetentionFile(io: Io, path: string, today: string): Promise<RetentionFile> {
  const value = await readJson(io, path, '--schedule')
  // A bare schedule has an id and its law; whatever else it has is for its own reader.
  const isBare = typeof value === 'object' && value !== null && 'law' in value
  const read = fileSchema.safeParse(isBare ? { schedule: value } : value)
  if (!read.success) throw wrong('it holds no schedule, versions or tables')
  const { schedule, versions, tables } = read.data
  if (schedule !== undefined && versions !== undefined) throw wrong('it holds a schedule and versions: one of them counts')
  const { parseScheduleVersion } = await import('@phi/retention')
  // A schedule alone is read as the only version there is, by the reader of versions.
  const alone = { tenant: 'schedule', version: 1, by: 'the file', on: today, from: today, schedule }
  const all = versions ?? (schedule === undefined ? [] : [alone])
  return {
    policy: all.length === 0 ? undefined : await inForce(all.map(parseScheduleVersion), today),
    tables: tables as readonly RetentionTable[] | undefined,
  }
}

/** The retention file that is named, on the command line or in the configuration; an empty one where none is. */
export async function retentionFileOf(
  io: Io,
  input: Input,
  { config, home }: Configured,
  today: string,
): Promise<RetentionFile> {
  const given = input.text('schedule')
  if (given !== undefined) return readRetentionFile(io, given, today)
  if (config.retention !== undefined) return readRetentionFile({ ...io, cwd: home }, config.retention, today)
  return { policy: undefined, tables: undefined }
}

/** The schedule in force on a day by the versions that the database keeps. @throws PhiError PHI_CLI_NOT_CONFIGURED where there is none */
async function storedPolicy(db: Db, tenant: string, today: string): Promise<RetentionSchedule> {
  const { scheduleStore } = await import('@phi/postgres')
  return inForce(await scheduleStore(db, { readAs: 'phi_retention' }).history(tenant), today)
}

/** The tenant, the tables and the schedule of a command that works on the database. */
export interface OnDatabase {
  readonly db: Db
  readonly tenant: string
  readonly tables: readonly [RetentionTable, ...RetentionTable[]]
  readonly policy: RetentionSchedule
}

/** @throws PhiError PHI_CLI_NOT_CONFIGURED; what @phi/postgres and @phi/retention say */
export async function onDatabase<Result>(
  io: Io,
  input: Input,
  configured: Configured,
  today: string,
  work: (on: OnDatabase) => Promise<Result>,
): Promise<Result> {
  const tenant = input.text('tenant') ?? configured.config.tenant
  if (tenant === undefined) throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--tenant', detail: 'no tenant is named' })
  const { policy, tables } = await retentionFileOf(io, input, configured, today)
  const [first, ...more] = tables ?? []
  if (first === undefined) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--schedule', detail: 'no tables are named whose rows are records' })
  }
  return withDatabase(io, input, configured, async (db) =>
    work({ db, tenant, tables: [first, ...more], policy: policy ?? (await storedPolicy(db, tenant, today)) }),
  )
}

export const scheduleOptions: readonly OptionSpec[] = [
  {
    flags: '--schedule <file>',
    about:
      "JSON with the schedule, and the tables whose rows are records. Default: that of the configuration; without a schedule, the tenant's in the database.",
    kind: 'file',
  },
  { flags: '--tenant <tenant>', about: 'The tenant whose records these are. Default: that of the configuration.' },
  ...databaseOptions,
]
