import { formatInstant, isPhiError, randomBytes, toHex } from '@phi/core'
import { parseTombstone, type Tombstone, type TombstoneStore } from '../destruction/tombstone.ts'
import { envelopeError } from '../errors.ts'
import { type GuardedKms, guardedKms } from '../kms/guarded.ts'
import { guardedStore } from './guarded-store.ts'
import { contextOf, type DataKeyRecord, isErased, type KeyState, keyCommitment, mayBecome } from './key-record.ts'
import type { KeyStore } from './key-store.ts'
import type { KeyEvent, Settings } from './keyring-options.ts'
import type { KeyPurpose } from './purpose.ts'

/**
 * What all that is done to keys works with: the store, the KMS, the clock, behind their guards. The keyring's cache stands on
 * it, and so do rotation and destruction.
 * @internal
 */
export interface Custody {
  readonly settings: Settings
  readonly store: KeyStore
  /** The KMS that wraps new keys. */
  readonly kms: GuardedKms
  now(): string
  /** The KMS that wrapped this record. @throws PhiError PHI_ENVELOPE_OPTIONS when the keyring was opened without it */
  kmsOf(record: DataKeyRecord): GuardedKms
  tell(type: KeyEvent['type'], record: DataKeyRecord): void
  /** The records among these that have been destroyed and are here again, from a backup. */
  resurrected(records: readonly DataKeyRecord[]): Promise<readonly DataKeyRecord[]>
  /** Makes, wraps and stores a new active key; undefined when somebody else stored this version first. */
  create(slot: KeySlot, version: number): Promise<DataKeyRecord | undefined>
  /** Moves a key to another state by compare-and-swap, and tells. @throws PhiError PHI_ENVELOPE_KEY_STATE, PHI_ENVELOPE_CONFLICT */
  move(record: DataKeyRecord, state: KeyState, change?: Partial<Pick<DataKeyRecord, 'wrapped'>>): Promise<DataKeyRecord>
}

/** Whose keys, and what for. */
export interface KeySlot {
  readonly tenant: string
  readonly purpose: KeyPurpose
  readonly subject: string | null
}

/** The key ids that a header holds are 4 bytes, so they are drawn until one is free. */
const ID_ATTEMPTS = 16

export function makeCustody(settings: Settings): Custody {
  const store = guardedStore(settings.store)
  const all = settings.kms.map((kms) => guardedKms(kms, settings.kmsTimeoutMs))
  const kms = all[0] as GuardedKms
  const now = () => formatInstant(settings.clock())

  const tell: Custody['tell'] = (type, { tenant, id, purpose, version, state, kms: by, kek }) =>
    settings.onEvent({ type, at: now(), tenant, key: { id, purpose, version, state, kms: by, kek } })

  const draw = async ({ tenant, purpose, subject }: KeySlot, version: number): Promise<DataKeyRecord> => {
    const dataKey = randomBytes(32)
    try {
      const id = toHex(randomBytes(4))
      const context = contextOf({ tenant, purpose, id, subject } as DataKeyRecord)
      const wrapped = await kms.wrap(dataKey, context, settings.kek(tenant))
      const at = now()
      return {
        id,
        tenant,
        purpose,
        subject,
        version,
        state: 'active',
        kms: kms.name,
        ...wrapped,
        commitment: keyCommitment(dataKey, context),
        createdAt: at,
        changedAt: at,
        usage: { seals: 0, bytes: 0 },
        revision: 0,
      }
    } finally {
      dataKey.fill(0)
    }
  }

  return {
    settings,
    store,
    kms,
    now,
    tell,
    kmsOf(record) {
      const found = all.find(({ name }) => name === record.kms)
      if (found) return found
      throw envelopeError('PHI_ENVELOPE_OPTIONS', {
        path: 'keyring.kms',
        detail: 'a key was wrapped by a KMS that the keyring was opened without',
      })
    },
    async resurrected(records) {
      const { tombstones } = settings
      const alive = records.filter(({ state }) => !isErased(state))
      if (tombstones === undefined || alive.length === 0) return []
      const found = await buried(
        tombstones,
        alive.map(({ id }) => id),
      )
      return alive.filter((record) => isBuried(record, found))
    },
    async create(slot, version) {
      for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
        const record = await draw(slot, version)
        // An id that a destroyed key had would make this one look like it.
        if (settings.tombstones && (await buried(settings.tombstones, [record.id])).length > 0) continue
        const outcome = await store.insert(record)
        if (outcome === 'version-taken') return undefined
        if (outcome === 'inserted') {
          tell(version === 1 ? 'created' : 'rotated', record)
          return record
        }
      }
      throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'no free key id was found' })
    },
    async move(record, state, change = {}) {
      if (!mayBecome(record.state, state))
        throw envelopeError('PHI_ENVELOPE_KEY_STATE', { info: { from: record.state, to: state } })
      const next = { ...record, ...change, state, changedAt: now() }
      if ((await store.replace(next, record.revision)) === 'conflict') throw envelopeError('PHI_ENVELOPE_CONFLICT')
      const written = { ...next, revision: record.revision + 1 }
      tell('state-changed', written)
      return written
    },
  }
}

async function buried(tombstones: TombstoneStore, keyIds: readonly string[]): Promise<readonly Tombstone[]> {
  try {
    return (await tombstones.find(keyIds)).map(parseTombstone)
  } catch (error) {
    throw isPhiError(error)
      ? error
      : envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE', { detail: 'the tombstones could not be read' })
  }
}

/** Whether one of the tombstones is this key's: the same id, and the same key by its commitment. */
export const isBuried = (record: DataKeyRecord, tombstones: readonly Tombstone[]): boolean =>
  tombstones.some(({ keyId, commitment }) => keyId === record.id && commitment === toHex(record.commitment))
