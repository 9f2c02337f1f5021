import { stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import * as z from 'zod'
import { cliError } from './errors.ts'
import { fileError, readJson } from './files.ts'
import type { Io } from './io.ts'
import { envelopeConfigSchema } from './kms/config.ts'

const logins = z.array(z.string().min(1).max(256))
const path = z.string().min(1).max(4096)

/**
 * `phi.config.json`: what the commands of one service share. It names places and public things; no secret stands in it, only the names of
 * environment variables that hold one. Paths are read from the file's own folder.
 */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  /** The database: a connection string in an environment variable, or a folder of embedded PGlite. */
  database: z.union([z.strictObject({ urlFrom: z.string().min(1) }), z.strictObject({ embedded: path })]).optional(),
  tenant: z.string().min(1).max(256).optional(),
  audit: z
    .strictObject({
      origin: z.string().min(1),
      /** Verifier keys of the log (C2SP signed-note), as texts. */
      keys: z.array(z.string()).default([]),
      /** A file with a C2SP tlog-policy. */
      witnesses: path.optional(),
      /** Environment variable with the signing key, for commands that write to the log. */
      signerFrom: z.string().min(1).optional(),
    })
    .optional(),
  /** How the keys of tenants are wrapped: a key-encryption key in an environment variable, or a KMS. */
  envelope: envelopeConfigSchema.optional(),
  /** Who may be what in the database, for `phi doctor`: logins by role, and findings that somebody has looked at. */
  doctor: z
    .strictObject({
      admins: logins.optional(),
      app: logins.optional(),
      auditor: logins.optional(),
      retention: logins.optional(),
      custodian: logins.optional(),
      forwarder: logins.optional(),
      replication: logins.optional(),
      accept: z.array(z.strictObject({ code: z.string().min(1), object: z.string().min(1) })).optional(),
    })
    .optional(),
  policy: path.optional(),
  agreements: z.array(path).optional(),
  retention: path.optional(),
})
export type Config = z.output<typeof configSchema>

/** A configuration, and the folder from which its paths are read. */
export interface Configured {
  readonly config: Config
  readonly home: string
  /** The file as it was named, or as it was found from the folder in which the command runs. Absent where there is none. */
  readonly file?: string
}

export const CONFIG_FILE = 'phi.config.json'

/** Only what is certainly not there counts as absent: a configuration that may not be read is not an empty one. */
async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw fileError(error, CONFIG_FILE)
  }
}

async function found(io: Io): Promise<string | undefined> {
  for (let folder = io.cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, CONFIG_FILE)
    if (await isThere(candidate)) {
      await assertTrusted(io, candidate)
      return candidate
    }
    if (dirname(folder) === folder) return undefined
  }
}

const ROOT = 0
const WRITABLE_BY_ALL = 0o002

/**
 * Nobody named this file. It says which keys are believed, and can name a module that is run: one that somebody else has put into a
 * folder on the way up is not for the person who happens to work below it.
 * @throws PhiError PHI_CLI_CONFIG
 */
async function assertTrusted({ user }: Io, file: string): Promise<void> {
  const { uid, mode } = await stat(file).catch((error: unknown) => {
    throw fileError(error, CONFIG_FILE)
  })
  const isForeign = user !== undefined && uid !== user && uid !== ROOT
  // Windows says of every file that all may write it, and knows no users by number.
  const isOpen = user !== undefined && (mode & WRITABLE_BY_ALL) !== 0
  if (isForeign || isOpen)
    throw cliError('PHI_CLI_CONFIG', {
      detail: `the nearest ${CONFIG_FILE} upwards ${isForeign ? 'belongs to somebody else' : 'can be written by everybody'}; name it with --config to trust it all the same`,
    })
}

/**
 * The configuration: of `--config`, else the nearest `phi.config.json` upwards, else an empty one.
 * @throws PhiError PHI_CLI_CONFIG, also for one that was found and that others can write; PHI_CLI_FILE
 */
export async function readConfig(io: Io, given: string | undefined): Promise<Configured> {
  const file = given ?? (await found(io))
  if (file === undefined) return { config: {}, home: io.cwd }
  const parsed = configSchema.safeParse(await readJson(io, file, '--config'))
  const home = dirname(resolve(io.cwd, file))
  if (parsed.success) return { config: parsed.data, home, file: given ?? relative(io.cwd, file) }
  const issue = parsed.error.issues[0]
  const at = issue?.path.map(String).join('.') ?? ''
  throw cliError('PHI_CLI_CONFIG', {
    ...(at === '' ? {} : { path: at }),
    detail:
      issue?.code === 'unrecognized_keys' ? 'there is a name that it does not know' : 'it has not the form that is asked for',
  })
}

/** A secret of the environment. @throws PhiError PHI_CLI_NOT_CONFIGURED */
export function secretOf(io: Io, variable: string, what: string): string {
  const value = io.env[variable]
  if (value === undefined || value === '')
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: what,
      detail: 'the environment variable that is named there is not set, or is empty',
    })
  return value
}
