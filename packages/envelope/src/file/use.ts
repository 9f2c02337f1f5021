import { isPhiError } from '@phi/core'
import type { LoadedKey, PurposeKeys } from '../keys/loaded-key.ts'

/** Counts work that began while the keys were fresh. That they no longer are stops the next file, not this one. */
export function countUse(keys: PurposeKeys, key: LoadedKey, work: { readonly sealed: boolean; readonly bytes: number }): void {
  try {
    keys.used(key, work)
  } catch (error) {
    if (!isPhiError(error, 'PHI_ENVELOPE_STALE')) throw error
  }
}
