import type { Custody } from './custody.ts'
import type { KeyCache } from './key-cache.ts'

/** What the parts of a keyring share. @internal */
export interface KeyringParts {
  readonly custody: Custody
  readonly cache: KeyCache
}
