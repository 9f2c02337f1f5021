import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import { eachKey } from '../keys/guarded-store.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import type { TombstoneStore } from './tombstone.ts'

/** Whose keys: all of a tenant with its subjects', or one subject's. */
export interface Target {
  readonly tenant: string
  readonly subject: string | undefined
}

/** The target's keys as they are now, in whatever state, ascending by id. @internal */
export async function keysOfTarget({ store }: Custody, { tenant, subject }: Target): Promise<readonly DataKeyRecord[]> {
  const records: DataKeyRecord[] = []
  if (subject !== undefined) records.push(...(await store.list(tenant, subject)))
  else for await (const record of eachKey(store, tenant)) records.push(record)
  return records.sort((a, b) => Number(a.id > b.id) - Number(a.id < b.id))
}

/** @throws PhiError PHI_ENVELOPE_OPTIONS @internal */
export function tombstonesOf({ settings }: Custody): TombstoneStore {
  if (settings.tombstones) return settings.tombstones
  throw envelopeError('PHI_ENVELOPE_OPTIONS', {
    path: 'keyring.tombstones',
    detail: 'without tombstones a restored backup brings destroyed keys back unnoticed',
  })
}
