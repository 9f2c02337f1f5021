import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isPhiError } from '@phi/core'
import type { Db } from '@phi/postgres'
import type { Configured } from './config.ts'
import { secretOf } from './config.ts'
import { cliError } from './errors.ts'
import { fileError } from './files.ts'
import { lockFolder } from './folder-lock.ts'
import type { Input } from './input.ts'
import type { Io } from './io.ts'

/** The options of every command that asks a database. */
export const databaseOptions = [
  {
    flags: '--database-from <variable>',
    about: 'Environment variable that holds the connection string. Default: that of the configuration, else DATABASE_URL.',
  },
  { flags: '--embedded <folder>', about: 'Folder of an embedded PGlite database, in place of a server.', kind: 'directory' },
  { flags: '--allow-insecure', about: 'Connect without TLS to another machine. For test networks only.' },
] as const

export interface DatabaseUse {
  /** Makes an embedded database where the folder is not there. Default false: a folder that was mistyped is not an empty database. */
  readonly mayCreate?: boolean
}

/**
 * Opens the database for one command and closes it when that is done, also when it fails. One that the embedding program holds
 * (`io.database`) is used in place of it, and left open.
 * @throws PhiError PHI_CLI_NOT_CONFIGURED, PHI_CLI_FILE; what @phi/postgres says where it cannot be reached
 */
export async function withDatabase<Result>(
  io: Io,
  input: Input,
  configured: Configured,
  work: (db: Db) => Promise<Result>,
  use: DatabaseUse = {},
): Promise<Result> {
  if (io.database !== undefined) return work(io.database)
  const target = databaseTarget(io, input, configured)
  const { db, close } = await openTarget(target, input.flag('allowInsecure'), use)
  try {
    return await work(db)
  } finally {
    await close()
  }
}

/** Where the database is: the options first, then the configuration, then DATABASE_URL. @throws PhiError PHI_CLI_NOT_CONFIGURED */
export function databaseTarget(
  io: Io,
  input: Input,
  { config, home }: Configured,
): { readonly folder: string; readonly option: string } | { readonly url: string } {
  const folder = input.text('embedded')
  if (folder !== undefined) return { folder: resolve(io.cwd, folder), option: '--embedded' }
  const named = input.text('databaseFrom')
  if (named === undefined && config.database !== undefined && 'embedded' in config.database)
    return { folder: resolve(home, config.database.embedded), option: 'database.embedded' }
  const variable =
    named ?? (config.database !== undefined && 'urlFrom' in config.database ? config.database.urlFrom : 'DATABASE_URL')
  if (variable === 'DATABASE_URL' && io.env[variable] === undefined) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: '--database-from',
      detail: 'no database is named, and DATABASE_URL is not set',
    })
  }
  return { url: secretOf(io, variable, named === undefined ? 'database.urlFrom' : '--database-from') }
}

type Target = ReturnType<typeof databaseTarget>

/**
 * Opens a database for this process alone, where it is a folder: one that is not there is an error unless it may be made.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_CONNECT; what @phi/postgres says
 */
export async function openTarget(
  target: Target,
  allowInsecure: boolean,
  use: DatabaseUse = {},
): Promise<{ readonly db: Db; readonly close: () => Promise<void> }> {
  const free = 'folder' in target ? await prepared(target, use) : async () => {}
  try {
    const db = await open(allowInsecure, target)
    return { db, close: () => db.close().finally(free) }
  } catch (error) {
    await free()
    throw error
  }
}

/** The folder of an embedded database, which is this process's alone until the answer is called. */
async function prepared(
  { folder, option }: Extract<Target, { readonly folder: string }>,
  { mayCreate = false }: DatabaseUse,
): Promise<() => Promise<void>> {
  await (mayCreate ? makeFolder : assertDatabaseFolder)(folder, option)
  return lockFolder(folder, option)
}

async function open(allowInsecure: boolean, target: Target): Promise<Db> {
  // Only here: `phi --help` should not load a database driver.
  const { connect, embedded } = await import('@phi/postgres')
  if ('folder' in target) {
    const { folder, option } = target
    return embedded(folder).catch((error: unknown) => {
      if (isPhiError(error)) throw error
      // What PGlite throws then is no error of its own, and says nothing that helps.
      throw cliError('PHI_CLI_CONNECT', {
        path: option,
        detail: 'the embedded database in this folder does not start',
        cause: error,
      })
    })
  }
  return connect(target.url, { allowInsecure })
}

/**
 * A place for a new database, for its owner alone: one that cannot be is said before the database is made, which takes seconds, and so is
 * a folder in which other things stand.
 */
async function makeFolder(folder: string, option: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const names = await readdir(folder)
    if (names.length > 0 && !names.includes('PG_VERSION'))
      throw cliError('PHI_CLI_FILE', { path: option, detail: 'the folder holds other things, and no embedded database' })
  } catch (error) {
    if (isPhiError(error)) throw error
    if ((error as { code?: unknown }).code !== 'EEXIST') throw fileError(error, option)
    throw cliError('PHI_CLI_FILE', { path: option, detail: 'a file stands in its place' })
  }
}

async function assertDatabaseFolder(folder: string, option: string): Promise<void> {
  try {
    await stat(join(folder, 'PG_VERSION'))
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileError(error, option)
    throw cliError('PHI_CLI_FILE', { path: option, detail: 'there is no embedded database in it' })
  }
}
