import { parseInstant, parseTenant } from '@phi/core'
import { eachKey } from '../keys/guarded-store.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { keyPurposes } from '../keys/purpose.ts'
import { infoOf, type KeyInfo } from './key-info.ts'

/** A key as it stands. */
export interface KeyStatus extends KeyInfo {
  /** Whole days of 24 hours since it was made. */
  readonly ageDays: number
}

/** Milliseconds of a day. Rotation counts elapsed time on UTC instants, so no time zone and no summer time comes into it. */
export const DAY_MS = 86_400_000

/** @internal */
export async function status({ custody, cache }: KeyringParts, id: string): Promise<readonly KeyStatus[]> {
  const tenant = parseTenant(id)
  await cache.flush()
  const now = custody.settings.clock()
  const keys: KeyStatus[] = []
  for await (const record of eachKey(custody.store, tenant)) {
    const ageDays = Math.floor((now - parseInstant(record.createdAt)) / DAY_MS)
    keys.push(Object.freeze({ ...infoOf(record), ageDays }))
  }
  const subjectOf = ({ subject }: KeyStatus) => subject ?? ''
  return Object.freeze(
    keys.sort(
      (a, b) =>
        Number(subjectOf(a) > subjectOf(b)) - Number(subjectOf(a) < subjectOf(b)) ||
        keyPurposes.indexOf(a.purpose) - keyPurposes.indexOf(b.purpose) ||
        a.version - b.version,
    ),
  )
}
