import { isPhiError, toHex } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { isBuried } from '../keys/custody.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import { parseTombstone, type Tombstone, type TombstoneStore } from './tombstone.ts'

/** How many keys are asked for at a time. */
const PAGE = 200

const reached = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw isPhiError(error)
      ? error
      : envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE', { detail: 'the tombstones were not reached' })
  }
}

/** @internal */
export const appendTombstone = (store: TombstoneStore, tombstone: Tombstone): Promise<void> =>
  reached(() => store.append(tombstone))

/** The tombstones of these keys, by key id; of keys that only share an id with a destroyed one, none. @internal */
export async function tombstonesFor(
  store: TombstoneStore,
  records: readonly DataKeyRecord[],
): Promise<ReadonlyMap<string, Tombstone>> {
  const found = new Map<string, Tombstone>()
  for (let at = 0; at < records.length; at += PAGE) {
    const page = records.slice(at, at + PAGE)
    const stones = (await reached(() => store.find(page.map(({ id }) => id)))).map(parseTombstone)
    for (const record of page) {
      const own = stones.find((stone) => isBuried(record, [stone]))
      if (own) found.set(record.id, own)
    }
  }
  return found
}

/** All tombstones of the store, page by page. @internal */
export async function* eachTombstone(store: TombstoneStore): AsyncGenerator<Tombstone> {
  let after: string | undefined
  for (;;) {
    const page = (await reached(() => store.scan({ limit: PAGE, ...(after === undefined ? {} : { after }) }))).map(
      parseTombstone,
    )
    for (const stone of page) {
      // Otherwise a walk could skip some, or never end.
      if (after !== undefined && stone.keyId <= after) {
        throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'the tombstones were answered out of order' })
      }
      after = stone.keyId
      yield stone
    }
    if (page.length < PAGE) return
  }
}

/**
 * Lays down tombstones for keys that are about to be erased, and reads them back.
 * @throws PhiError PHI_ENVELOPE_STORE, PHI_ENVELOPE_STORE_UNAVAILABLE
 * @internal
 */
export async function bury(
  store: TombstoneStore,
  records: readonly DataKeyRecord[],
  destroyedAt: string,
  backupHorizon: string,
): Promise<ReadonlyMap<string, Tombstone>> {
  for (const { id, tenant, purpose, version, commitment } of records) {
    await appendTombstone(store, {
      keyId: id,
      tenant,
      purpose,
      version,
      commitment: toHex(commitment),
      destroyedAt,
      backupHorizon,
    })
  }
  const stones = await tombstonesFor(store, records)
  if (stones.size < records.length)
    throw envelopeError('PHI_ENVELOPE_STORE', { detail: 'a tombstone was written and is not there' })
  return stones
}
