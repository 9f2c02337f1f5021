import type { SecretKey } from '#aead'
import type { KeyPurpose } from './purpose.ts'

/** A data key that has been unwrapped, held against its commitment, and may be used now. */
export interface LoadedKey {
  /** 8 lower-case hexadecimal digits, as in the record. */
  readonly id: string
  /** The same as the 4 bytes that stand in a header. */
  readonly idBytes: Uint8Array
  readonly version: number
  /** An active key seals and opens; a retiring one only opens. */
  readonly state: 'active' | 'retiring'
  readonly key: SecretKey
  /** What a suite derives from the key once: kept with the key, under the suite's name, and dropped with it. */
  prepared<T>(suite: string, make: (key: SecretKey) => T): T
}

/**
 * A tenant's (or one patient's) loaded keys of one purpose. Every method first checks that the keys are still fresh, and throws
 * PHI_ENVELOPE_STALE where age, use or an eviction has ended that: nothing is sealed or opened with a stale key.
 */
export interface PurposeKeys {
  readonly tenant: string
  readonly purpose: KeyPurpose
  readonly subject: string | undefined
  /** The one that seals. @throws PhiError PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_STALE */
  active(): LoadedKey
  /** The one with this id, active or retiring; undefined when this tenant may not use such a key. */
  byId(id: string): LoadedKey | undefined
  /**
   * All that may be used, the newest version first: what a search has to try. Throws where one of them could not be unwrapped, since a search
   * without it would find less and not say so.
   */
  all(): readonly LoadedKey[]
  /** Counts work towards the cache's limits; with `sealed`, towards the key's own lifetime usage too. */
  used(key: LoadedKey, work: { readonly sealed: boolean; readonly bytes: number }): void
}
