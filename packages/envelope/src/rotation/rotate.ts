import { parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { Custody, KeySlot } from '../keys/custody.ts'
import { type DataKeyRecord, isCondemned, subjectSchema } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { type KeyPurpose, keyPurposeSchema } from '../keys/purpose.ts'
import { infoOf, type KeyInfo } from './key-info.ts'
import { moveFrom, refuseRestored } from './settle.ts'

export interface RotateOptions {
  readonly tenant: string
  readonly purpose: KeyPurpose
  /** The patient or other subject whose own key is rotated. Default: the tenant's. */
  readonly subject?: string
}

export interface Rotation {
  /** The key that seals from now on. */
  readonly key: KeyInfo
  /**
   * 'rotated': this call made the key. 'joined': another made it at the same time. 'finished': an earlier rotation had been cut
   * off after it made the key, and this call did the rest; call again for yet another key.
   */
  readonly outcome: 'rotated' | 'joined' | 'finished'
  /** Ids of the keys that only open from now on. */
  readonly retiring: readonly string[]
}

const schema = z.strictObject({ tenant: tenantSchema, purpose: keyPurposeSchema, subject: subjectSchema.optional() })

async function keysOf({ store }: Custody, { tenant, purpose, subject }: KeySlot): Promise<readonly DataKeyRecord[]> {
  const records = await store.list(tenant, subject)
  return records.filter((record) => record.purpose === purpose).sort((a, b) => a.version - b.version)
}

const isActive = ({ state }: DataKeyRecord): boolean => state === 'active'
const condemned = () =>
  envelopeError('PHI_ENVELOPE_KEY_STATE', { detail: 'keys whose destruction was approved get no successor' })

/** A new active key, or the one that a rotation at the same time, or one that was cut off, has made. */
async function successor(
  custody: Custody,
  slot: KeySlot,
  records: readonly DataKeyRecord[],
): Promise<{ record: DataKeyRecord; outcome: Rotation['outcome'] }> {
  const newest = records.at(-1) as DataKeyRecord
  if (records.filter(isActive).length > 1) return { record: records.findLast(isActive) as DataKeyRecord, outcome: 'finished' }
  const version = newest.version + 1
  const made = await custody.create(slot, version)
  if (made) return { record: made, outcome: 'rotated' }
  const other = (await keysOf(custody, slot)).find((record) => record.version === version)
  if (other === undefined) throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'a version is taken and not there' })
  return { record: other, outcome: 'joined' }
}

async function rotateSlot({ custody, cache }: KeyringParts, slot: KeySlot): Promise<Rotation> {
  await cache.flush()
  const before = await keysOf(custody, slot)
  await refuseRestored(custody, before)
  if (before.length === 0) {
    throw envelopeError('PHI_ENVELOPE_NO_KEY', { detail: 'there is nothing to rotate: there has never been a key for this' })
  }
  if (before.some(isCondemned)) throw condemned()
  const { record, outcome } = await successor(custody, slot, before)
  // INVARIANT: the new key is stored before an older one stops sealing. Cut off in between, the newest active one seals.
  const now = await keysOf(custody, slot)
  if (now.some(isCondemned)) {
    // A destruction began in between. It may have read the keys before this one was there.
    await moveFrom(custody, record, ['active', 'retiring'], 'revoked')
    throw condemned()
  }
  const retiring: string[] = []
  for (const older of now.filter((each) => isActive(each) && each.version < record.version)) {
    const moved = await moveFrom(custody, older, ['active'], 'retiring')
    if (moved.state === 'retiring') retiring.push(moved.id)
  }
  return Object.freeze({ key: infoOf(record), outcome, retiring })
}

/** @internal */
export function makeRotate(parts: KeyringParts): (options: RotateOptions) => Promise<Rotation> {
  const underWay = new Map<string, Promise<Rotation>>()
  return async (options) => {
    const { tenant, purpose, subject } = parseAs(schema, options, 'rotate', (context) =>
      envelopeError('PHI_ENVELOPE_OPTIONS', context),
    )
    const slot: KeySlot = { tenant, purpose, subject: subject ?? null }
    const name = JSON.stringify([tenant, purpose, slot.subject])
    const known = underWay.get(name)
    if (known) return { ...(await known), outcome: 'joined' }
    const rotation = rotateSlot(parts, slot).finally(() => {
      underWay.delete(name)
      // Also after a failure: a new key may have been stored.
      parts.cache.expire(tenant)
    })
    underWay.set(name, rotation)
    return rotation
  }
}
