import type { Citation } from '@phi/core'
import type { Signer } from '../certificate/jws.ts'

export interface KeyDestroyRequest {
  readonly tenant: string
  readonly subject?: string
  /** The people who approved the plan. */
  readonly approver: string
  readonly rule: { readonly text: string; readonly citations: readonly [Citation, ...Citation[]] }
  /** RFC 3339 UTC with milliseconds. */
  readonly backupHorizon: string
  readonly signer: Signer
  /** The id of the run. */
  readonly reference: string
}

export type KeyDestruction =
  | {
      readonly status: 'destroyed'
      /** A signed statement of the key store's own. Its hash goes into our certificate. */
      readonly certificate: string
      readonly document: { readonly keys: readonly { readonly id: string }[] }
    }
  /** The key service insists on a waiting time. Nothing is certified before it is over. */
  | { readonly status: 'destruction-scheduled'; readonly destroyAt: string | null }

/**
 * What destroys the keys of a tenant or a subject, for cryptographic erasure: the keyring of `@phi/envelope` does. It must do nothing twice,
 * and must refuse new writes under the keys before it destroys them. Where there are no such keys, it throws
 * PHI_ENVELOPE_NO_KEY.
 */
export interface KeyDestroyer {
  destroy(request: KeyDestroyRequest): Promise<KeyDestruction>
}
