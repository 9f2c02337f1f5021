import { isPhiError } from '@phi/core'
import { importKey } from '#aead'
import { allSettled } from './all-settled.ts'
import type { Custody, KeySlot } from './custody.ts'
import { type Holding, type Material, materialOf } from './holding.ts'
import { type DataKeyRecord, isCondemned } from './key-record.ts'
import type { KeyPurpose } from './purpose.ts'

/** Errors that concern one key for good. Any other may concern all of them and may pass: then nothing is loaded. */
const definitive = [
  'PHI_ENVELOPE_KMS_KEY_GONE',
  'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  'PHI_ENVELOPE_KMS_REFUSED',
  'PHI_ENVELOPE_KEY_MISMATCH',
] as const

type Usable = DataKeyRecord & { readonly state: 'active' | 'retiring' }
const isUsable = (record: DataKeyRecord): record is Usable => record.state === 'active' || record.state === 'retiring'

/** Whether the destruction of this tenant or subject was approved: then no key is made for another purpose or a new patient either. */
async function isSlotCondemned(
  { store }: Custody,
  { tenant, subject }: KeySlot,
  own: readonly DataKeyRecord[],
): Promise<boolean> {
  const ofTenant = subject === null ? [] : await store.list(tenant, null)
  return [...own, ...ofTenant].some(isCondemned)
}

/** The records of one slot, with a first key made where there has never been one. */
async function recordsWith(
  custody: Custody,
  slot: KeySlot,
  records: readonly DataKeyRecord[],
  create: boolean,
): Promise<readonly DataKeyRecord[]> {
  const ofPurpose = (all: readonly DataKeyRecord[]) => all.filter(({ purpose }) => purpose === slot.purpose)
  const known = ofPurpose(records)
  // Only where there has never been a key: a tenant whose keys were revoked or destroyed does not come back by being asked for.
  if (known.length > 0 || !create || (await isSlotCondemned(custody, slot, records))) return known
  const made = await custody.create(slot, 1)
  return made ? [made] : ofPurpose(await custody.store.list(slot.tenant, slot.subject))
}

async function unwrapped(
  custody: Custody,
  holding: Holding,
  record: Usable,
  known: ReadonlyMap<string, Material>,
): Promise<Material> {
  const cached = known.get(record.id)
  if (cached !== undefined && holding.keeps(cached)) return cached
  const at = custody.settings.clock()
  const dataKey = await custody.kmsOf(record).unwrap(record)
  const material = materialOf(record.id, record.version, importKey(dataKey), at)
  dataKey.fill(0)
  return material
}

/** What a refresh has found for a holding, not yet taken in. */
export interface Found {
  readonly checkedAt: number
  readonly keys: readonly { readonly material: Material; readonly state: 'active' | 'retiring' }[]
  readonly failed: ReadonlyMap<string, unknown>
}

/**
 * Reads the states of a slot's keys and unwraps those that are usable and not cached. A retiring key that is gone for good fails only what
 * asks for it; whatever else fails, fails the whole.
 * @internal
 */
export async function findKeys(
  custody: Custody,
  holding: Holding,
  records: readonly DataKeyRecord[],
  checkedAt: number,
  create: boolean,
): Promise<Found> {
  const slot: KeySlot = { tenant: holding.tenant, purpose: holding.purpose as KeyPurpose, subject: holding.subject ?? null }
  const known = new Map(holding.materials().map((material) => [material.id, material]))
  const usable = (await recordsWith(custody, slot, records, create)).filter(isUsable)
  const newestActive = usable.findLast(({ state }) => state === 'active')
  const failed = new Map<string, unknown>()
  const keys = await allSettled(
    usable.map(async (record) => {
      try {
        return { material: await unwrapped(custody, holding, record, known), state: record.state }
      } catch (error) {
        if (record === newestActive || !definitive.some((code) => isPhiError(error, code))) throw error
        failed.set(record.id, error)
        return undefined
      }
    }),
  )
  return { checkedAt, keys: keys.filter((each) => each !== undefined), failed }
}
