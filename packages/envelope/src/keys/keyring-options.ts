import { type Clock, parseAs, systemClock } from '@phi/core'
import * as z from 'zod'
import type { TombstoneStore } from '../destruction/tombstone.ts'
import { envelopeError } from '../errors.ts'
import type { Kms } from '../kms/kms.ts'
import { type CacheLimits, defaultLimits } from './holding.ts'
import type { DataKeyRecord } from './key-record.ts'
import type { KeyStore } from './key-store.ts'

/** When a data key is due for a new version. */
export interface RotationPolicy {
  /** After so many days. Default 90. */
  readonly everyDays: number
  /** After so many seals. Default 2^32. */
  readonly maxSeals: number
  /** After so many plaintext bytes. Default 2^50. */
  readonly maxBytes: number
}

/** Something was done to a key. For an audit log: holds names and states, never key material. */
export interface KeyEvent {
  readonly type: 'created' | 'rotated' | 'rewrapped' | 'state-changed' | 'evicted' | 'destroyed' | 'restored-key-destroyed'
  /** RFC 3339 UTC with milliseconds. */
  readonly at: string
  readonly tenant: string
  readonly key?: Pick<DataKeyRecord, 'id' | 'purpose' | 'version' | 'state' | 'kms' | 'kek'>
}

export interface KeyringOptions {
  /** The KMS that wraps. Several while moving from one to another: the first wraps, each unwraps what it wrapped. */
  readonly kms: Kms | readonly [Kms, ...Kms[]]
  readonly store: KeyStore
  /** Needed to destroy, and to guard against restored backups. Keep them outside what is restored together with the key store. */
  readonly tombstones?: TombstoneStore
  readonly cache?: Partial<CacheLimits>
  readonly rotation?: Partial<RotationPolicy>
  /**
   * Which KEK wraps a tenant's keys. Default: the KMS's own for all. A KEK per tenant is what lets one tenant's keys be destroyed
   * in the KMS itself, backups included.
   */
  readonly kek?: (tenant: string) => string | undefined
  /** How long one answer of the KMS is waited for, in milliseconds. Default 10,000. */
  readonly kmsTimeoutMs?: number
  readonly clock?: Clock
  /** Called after the fact; what it throws is not caught, so let it only queue. */
  readonly onEvent?: (event: KeyEvent) => void
}

export interface Settings {
  readonly kms: readonly Kms[]
  readonly store: KeyStore
  readonly tombstones: TombstoneStore | undefined
  readonly cache: CacheLimits
  readonly rotation: RotationPolicy
  readonly kek: (tenant: string) => string | undefined
  readonly kmsTimeoutMs: number
  readonly clock: Clock
  readonly onEvent: (event: KeyEvent) => void
}

const withMethods = <T>(...methods: readonly (keyof T & string)[]) =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    `must have the methods ${methods.join(', ')}`,
  )
const callable = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function')
const positive = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

const kms = withMethods<Kms>('wrap', 'unwrap', 'describe', 'destroy')
const schema = z.strictObject({
  kms: z.union([kms.transform((one) => [one]), z.array(kms).min(1)]),
  store: withMethods<KeyStore>('insert', 'find', 'list', 'scan', 'replace', 'addUsage'),
  tombstones: withMethods<TombstoneStore>('append', 'find', 'scan').optional(),
  cache: z
    .strictObject({ maxAgeMs: positive, statesMaxAgeMs: positive, maxUses: positive, maxBytes: positive, maxHeld: positive })
    .partial()
    .default({}),
  rotation: z.strictObject({ everyDays: positive, maxSeals: positive, maxBytes: positive }).partial().default({}),
  kek: callable<Settings['kek']>().default(() => () => undefined),
  kmsTimeoutMs: positive.max(600_000).default(10_000),
  clock: callable<Clock>().default(() => systemClock),
  onEvent: callable<Settings['onEvent']>().default(() => () => undefined),
})

/** S90 of the requirements that this package answers: keys rotate every 90 days. No rule that this repository cites names a number. */
const defaultRotation: RotationPolicy = { everyDays: 90, maxSeals: 2 ** 32, maxBytes: 2 ** 50 }

/** @throws PhiError PHI_ENVELOPE_OPTIONS */
export function readOptions(options: KeyringOptions): Settings {
  const given = parseAs(schema, options, 'keyring', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const names = given.kms.map(({ name }) => name)
  if (names.some((name) => typeof name !== 'string' || name === '') || new Set(names).size < names.length) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'keyring.kms', detail: 'every KMS needs a name of its own' })
  }
  return {
    ...given,
    tombstones: given.tombstones,
    cache: { ...defaultLimits, ...(given.cache as Partial<CacheLimits>) },
    rotation: { ...defaultRotation, ...(given.rotation as Partial<RotationPolicy>) },
  }
}
