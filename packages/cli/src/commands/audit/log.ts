import type { AuditLog, Sealer, Signer } from '@phi/audit'
import type { AuditStore, LogKey } from '@phi/audit/store'
import type { Queryable } from '@phi/postgres'
import type { OptionSpec } from '../../command.ts'
import { type Configured, secretOf } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { policyOf } from './keys.ts'
import { withSealer } from './sealer.ts'

/** The options of every command that reads a log in a database. */
export const logOptions: readonly OptionSpec[] = [
  { flags: '--origin <origin>', about: 'The public name of the log. Default: that of the configuration.' },
  { flags: '--tenant <tenant>', about: 'Whose log it is. Default: that of the configuration, else default.' },
  {
    flags: '--role <role>',
    about: 'The database role to read with: phi_auditor for a login that may only read.',
    choices: ['phi_app', 'phi_auditor'],
    default: 'phi_app',
  },
  ...databaseOptions,
]

/** The options of commands that write to the log: a checkpoint is signed, or an event recorded. */
export const signerOptions: readonly OptionSpec[] = [
  {
    flags: '--signer-from <variable>',
    about: 'Environment variable with the signing key of the log (PRIVATE+KEY+…). Default: that of the configuration.',
  },
]

/** Which log is meant. @throws PhiError PHI_CLI_NOT_CONFIGURED */
export function logKeyOf(input: Input, { config }: Configured): LogKey {
  const origin = input.text('origin') ?? config.audit?.origin
  if (origin === undefined)
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--origin', detail: 'no log is named by its origin' })
  return { tenant: input.text('tenant') ?? config.tenant ?? 'default', origin }
}

type Store = AuditStore<Queryable>

/**
 * The store of a log that is there. A mistyped origin is an error here, and never a new log.
 * @param work is given the world with that database in it: an embedded one cannot be opened twice
 * @throws PhiError PHI_AUDIT_STORE where the tenant has no such log; PHI_CLI_NOT_CONFIGURED, and what the database says
 */
export async function withStore<Result>(
  io: Io,
  input: Input,
  configured: Configured,
  work: (store: Store, key: LogKey, inside: Io) => Promise<Result>,
): Promise<Result> {
  const key = logKeyOf(input, configured)
  if (io.auditStore !== undefined) {
    await io.auditStore.head(key)
    return work(io.auditStore, key, io)
  }
  return withDatabase(io, input, configured, async (db) => {
    const { auditStore } = await import('@phi/postgres')
    const store = auditStore(db, { role: input.text('role') === 'phi_auditor' ? 'phi_auditor' : 'phi_app' })
    await store.head(key)
    return work(store, key, { ...io, database: db })
  })
}

/**
 * The signing key of the log, where one is configured. Who needs none may lack the secret: the service signs what is recorded.
 * @throws PhiError PHI_CLI_NOT_CONFIGURED, PHI_AUDIT_SKEY
 */
async function signerOf(io: Io, input: Input, { config }: Configured, isNeeded: boolean): Promise<Signer | undefined> {
  const given = input.text('signerFrom')
  const variable = given ?? config.audit?.signerFrom
  if (variable === undefined) return undefined
  if (!isNeeded && given === undefined && (io.env[variable] ?? '') === '') return undefined
  const { ed25519Signer } = await import('@phi/audit')
  return ed25519Signer.fromSkey(secretOf(io, variable, '--signer-from').trim())
}

/** A log that is open for one command. */
export interface OpenLog {
  readonly log: AuditLog<Queryable>
  readonly store: Store
  readonly key: LogKey
  /** Entries whose subject is sealed are there, and no keys that would open them. */
  readonly hidesSubjects: boolean
}

/** How many of the newest entries are looked at to see whether a log seals groups. */
const LOOK_BACK = 200

/**
 * Opens a log that is there, for a command that records what it does. Where its entries are sealed, it is opened with the keys of the
 * configuration, so that what it records is sealed as well.
 * @param options.needsSigner the command ends in a signed checkpoint
 * @throws PhiError as withStore does, and PHI_CLI_NOT_CONFIGURED, PHI_AUDIT_SKEY, PHI_AUDIT_OPTIONS for the signing key
 */
export async function withLog<Result>(
  io: Io,
  input: Input,
  configured: Configured,
  { needsSigner }: { readonly needsSigner: boolean },
  work: (open: OpenLog) => Promise<Result>,
): Promise<Result> {
  const signer = await signerOf(io, input, configured, needsSigner)
  if (signer === undefined && needsSigner)
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--signer-from', detail: 'a checkpoint has to be signed' })
  return withStore(io, input, configured, async (store, key, inside) => {
    const { openAuditLog } = await import('@phi/audit')
    const policy = signer === undefined ? undefined : await policyOf(io, input, configured)
    const isAsked = policy?.witnesses.some(({ url }) => url !== undefined) === true
    const options = {
      ...key,
      store,
      clock: io.clock,
      ...(signer === undefined ? {} : { signer }),
      ...(policy === undefined || !isAsked ? {} : { witnesses: { policy } }),
    }
    const { records } = await (await openAuditLog<Queryable>({ ...key, store })).query({ limit: LOOK_BACK })
    const seals = records.some(({ sealed }) => sealed.length > 0)
    const hides = records.some(({ sealed }) => sealed.includes('subject'))
    const opened = async (sealer: Sealer | undefined): Promise<Result> => {
      const log = await openAuditLog<Queryable>({ ...options, ...(sealer === undefined ? {} : { sealer }) })
      try {
        return await work({ log, store, key, hidesSubjects: hides && sealer === undefined })
      } finally {
        await log.close()
      }
    }
    return seals ? withSealer(inside, input, configured, key, opened) : opened(undefined)
  })
}

/**
 * Without keys, a search by patient finds nothing in a log that seals its subjects, and nothing found would read as "nothing there".
 * @throws PhiError PHI_CLI_NOT_CONFIGURED
 */
export function assertSearchable(
  { hidesSubjects }: Pick<OpenLog, 'hidesSubjects'>,
  query: { readonly patient?: unknown; readonly resource?: unknown },
): void {
  if (hidesSubjects && (query.patient !== undefined || query.resource !== undefined))
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: 'envelope',
      detail: 'the log seals whom its entries are about, and without keys a search by patient or resource would miss them',
    })
}
