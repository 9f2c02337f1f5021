import { resolve } from 'node:path'
import type { KeyEvent, Keyring, KeyStore, TombstoneStore } from '@phi/envelope'
import type { Db } from '@phi/postgres'
import { type Config, type Configured, secretOf } from './config.ts'
import { openTarget } from './database.ts'
import { cliError } from './errors.ts'
import type { Io } from './io.ts'
import { openKmss } from './kms/open.ts'

/** The keys of tenants, as the configuration says that they are kept. */
export interface OpenKeyring {
  readonly keyring: Keyring
  readonly store: KeyStore
  readonly tombstones: TombstoneStore
  /** Whether tombstones lie in another database than the keys. */
  readonly tombstonesApart: boolean
  /** Makes a new version of the key-encryption key, where the KMS is one that does this over its adapter. */
  readonly rotateKek?: () => Promise<string>
  /** Writes what usage has not been written, and lets go of the keys, the KMS and the tombstones' database. `db` stays open. */
  close(): Promise<void>
}

export interface KeyringUse {
  /** Walks over this tenant's keys only: needs no right to walk over all. */
  readonly only?: string
  readonly onEvent?: (event: KeyEvent) => void
  readonly allowInsecure?: boolean
}

/**
 * After how many days a data key is due: as the configuration says, else the cadence of the duty `key-rotation`.
 */
export async function rotationDays({ envelope }: Config): Promise<number> {
  if (envelope?.rotation !== undefined) return envelope.rotation.everyDays
  const { recurringDuties } = await import('@phi/deadlines/recurring')
  const { every } = recurringDuties.keyRotation.cadence as { readonly every: { readonly days: number } }
  return every.days
}

/** The stores of keys and tombstones, before any KMS is asked. */
export async function openKeyStores(
  io: Io,
  { config, home }: Configured,
  db: Db,
  { only, allowInsecure = false }: KeyringUse = {},
): Promise<Pick<OpenKeyring, 'store' | 'tombstones' | 'tombstonesApart' | 'close'>> {
  const { keyStore, tombstoneStore } = await import('@phi/postgres')
  const all = keyStore(db)
  const store: KeyStore = only === undefined ? all : { ...all, scan: (options) => all.scan({ ...options, tenant: only }) }
  const elsewhere = config.envelope?.tombstones
  if (elsewhere === undefined) return { store, tombstones: tombstoneStore(db), tombstonesApart: false, close: async () => {} }
  const apart = await openTarget(
    'embedded' in elsewhere
      ? { folder: resolve(home, elsewhere.embedded), option: 'envelope.tombstones' }
      : { url: secretOf(io, elsewhere.urlFrom, 'envelope.tombstones') },
    allowInsecure,
  )
  return { store, tombstones: tombstoneStore(apart.db), tombstonesApart: true, close: apart.close }
}

/**
 * Opens the keyring of the configuration over a database. The KMS is asked to prove itself.
 * @returns undefined where the configuration has no `envelope`
 * @throws PhiError PHI_CLI_NOT_CONFIGURED, PHI_CLI_FILE, PHI_ENVELOPE_*, PHI_PG_*
 */
export async function openConfiguredKeyring(
  io: Io,
  configured: Configured,
  db: Db,
  use: KeyringUse = {},
): Promise<OpenKeyring | undefined> {
  const { envelope } = configured.config
  if (envelope === undefined) return undefined
  const { openKeyring } = await import('@phi/envelope')
  const everyDays = await rotationDays(configured.config)
  const kms = await openKmss(io, configured)
  if (kms === undefined) return undefined
  const stores = await openKeyStores(io, configured, db, use).catch(async (error: unknown) => {
    await kms.close()
    throw error
  })
  const closeBelow = async () => {
    try {
      await stores.close()
    } finally {
      await kms.close()
    }
  }
  try {
    const keks = new Map(Object.entries(envelope.keks ?? {}))
    const keyring = await openKeyring({
      kms: kms.kms,
      store: stores.store,
      tombstones: stores.tombstones,
      kek: (tenant) => keks.get(tenant),
      clock: io.clock,
      rotation: { everyDays },
      ...(use.onEvent === undefined ? {} : { onEvent: use.onEvent }),
    })
    return {
      ...stores,
      keyring,
      ...(kms.rotateKek === undefined ? {} : { rotateKek: kms.rotateKek }),
      async close() {
        try {
          await keyring.close()
        } finally {
          await closeBelow()
        }
      },
    }
  } catch (error) {
    await closeBelow()
    throw error
  }
}

/** As {@link openConfiguredKeyring}, for one piece of work. @throws PhiError PHI_CLI_NOT_CONFIGURED where there is no `envelope` */
export async function withKeyring<Result>(
  io: Io,
  configured: Configured,
  db: Db,
  use: KeyringUse,
  work: (keys: OpenKeyring) => Promise<Result>,
): Promise<Result> {
  const keys = await openConfiguredKeyring(io, configured, db, use)
  if (keys === undefined) {
    throw cliError('PHI_CLI_NOT_CONFIGURED', {
      path: 'envelope',
      detail: 'the configuration does not say how the keys of tenants are wrapped',
    })
  }
  try {
    return await work(keys)
  } finally {
    await keys.close()
  }
}
