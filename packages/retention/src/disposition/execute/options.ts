import { type Clock, formatInstant, parseAs } from '@phi/core'
import { type CivilDate, formatDay, parseDay } from '@phi/deadlines'
import * as z from 'zod'
import type { RetentionPolicy } from '../../assess/assessment.ts'
import { retentionError } from '../../errors.ts'
import { type Sanitization, sanitizationSchema, type Worker, workerSchema } from '../certificate/certificate.ts'
import { readSigner, type Signer } from '../certificate/jws.ts'
import { checkSalt } from '../certificate/record-digest.ts'
import type { ApproverKey } from '../plan/approve.ts'
import { civilDate, instant, person } from '../text.ts'
import type { KeyDestroyer } from './key-destroyer.ts'

export interface ExecuteProgress {
  readonly phase: 'records' | 'keys'
  /** Of the plan's records how many were dealt with; of the scopes of keys how many. */
  readonly done: number
  readonly total: number
}

export interface ExecuteOptions {
  readonly policy: RetentionPolicy
  /** The civil day, in the zone of the keeper of the records. Not before the plan's, and not after tomorrow by the clock. */
  readonly today: CivilDate
  readonly clock: Clock
  /** 32 random bytes, for example `randomBytes(32)` of `@phi/core`. A run that is resumed goes on with the salt that it began with. */
  readonly salt: Uint8Array
  /** Signs the certificate. Tried before anything is deleted. */
  readonly signer: Signer
  /** How the records are sanitized. With `keys`, purge by `cryptographic-erase`. */
  readonly method: Sanitization
  readonly performer: Worker
  /** Somebody else, who checked the work; null where nobody does. */
  readonly validator: Worker | null
  /** When the last backup expires that may hold the records, RFC 3339 UTC with milliseconds; null where no backup does. */
  readonly backupHorizon: string | null
  /** The keys of the approvers. With them, only signed approvals count. */
  readonly approverKeys?: readonly ApproverKey[] | undefined
  /** Destroys the data keys of the tenants and subjects whose last record went. */
  readonly keys?: KeyDestroyer | undefined
  /** Records in one transaction of the store. Default 500. */
  readonly batchSize?: number | undefined
  /** Leaves what is left of the plan, and certifies what was done. */
  readonly cancel?: boolean | undefined
  readonly onProgress?: ((progress: ExecuteProgress) => void) | undefined
  /** Stops between two batches. Call again to go on. */
  readonly signal?: AbortSignal | undefined
}

const callable = <T>(what: string) => z.custom<T>((value) => typeof value === 'function', what)
const having = <T>(...names: readonly string[]) =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    'must have the documented methods',
  )

const publicKey = z.looseObject({ kid: z.string().min(1).max(256) })

const optionsSchema = z.strictObject({
  policy: having<RetentionPolicy>('assess'),
  today: civilDate,
  clock: callable<Clock>('must be a function'),
  salt: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes'),
  signer: z.unknown(),
  method: sanitizationSchema,
  performer: workerSchema,
  validator: workerSchema.nullable(),
  backupHorizon: instant.nullable(),
  approverKeys: z
    .array(z.strictObject({ by: z.string().min(1).max(256), key: publicKey }))
    .min(1)
    .optional(),
  keys: having<KeyDestroyer>('destroy').optional(),
  batchSize: z.number().int().min(1).max(10_000).default(500),
  cancel: z.boolean().default(false),
  onProgress: callable<NonNullable<ExecuteOptions['onProgress']>>('must be a function').optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
})

export type ExecuteRequest = Omit<z.output<typeof optionsSchema>, 'signer' | 'approverKeys'> & {
  readonly signer: Signer
  readonly approverKeys: readonly ApproverKey[] | undefined
  /** The clock, as text. */
  readonly now: () => string
}

const refuse = (path: string, detail: string) => retentionError('PHI_RETENTION_OPTIONS', { path: `execute.${path}`, detail })

/** The technique by which keys are destroyed, so that what they sealed stays as noise. It is a way to purge. */
export const CRYPTOGRAPHIC_ERASE = 'cryptographic-erase'

/** @throws PhiError PHI_RETENTION_OPTIONS, PHI_CORE_TIME for a clock that tells no time */
export function readExecuteOptions(options: ExecuteOptions): ExecuteRequest {
  const given = parseAs(optionsSchema, options, 'execute', (context) => retentionError('PHI_RETENTION_OPTIONS', context))
  checkSalt(given.salt, 'execute.salt')
  const { performer, validator, method, keys, approverKeys } = given
  if (validator !== null && person(validator.name) === person(performer.name)) {
    throw refuse('validator', 'the performer does not validate their own work; pass null where nobody does')
  }
  const isErasure = method.category === 'purge' && method.technique === CRYPTOGRAPHIC_ERASE
  if ((keys !== undefined) !== isErasure) {
    throw refuse('method', 'keys go with the category purge and the technique cryptographic-erase, and with no other')
  }
  if (keys !== undefined && given.backupHorizon === null) {
    throw refuse('backupHorizon', 'the destruction of keys needs one: now, where there are no backups')
  }
  const named = (approverKeys ?? []).map(({ by, key }) => `${person(by)}\n${key.kid}`)
  if (new Set(named).size < named.length) throw refuse('approverKeys', 'a person has two keys with the same kid')
  // Copied: the caller may reuse the buffer.
  const salt = Uint8Array.from(given.salt)
  const now = () => formatInstant(given.clock())
  now()
  return {
    ...given,
    salt,
    signer: readSigner(given.signer, 'execute.signer'),
    approverKeys: approverKeys as ExecuteRequest['approverKeys'],
    now,
  }
}

/** The latest civil day that it can be anywhere: zones reach 14 hours ahead of UTC. */
export const latestToday = (now: string): CivilDate => formatDay(parseDay(now.slice(0, 10)) + 1)
