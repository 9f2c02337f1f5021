import type { WrapContext } from './context.ts'

/**
 * A key management service or HSM that holds key-encryption keys (KEKs) and never hands them out. Four verbs.
 *
 * Every verb rejects with one of these, and with nothing else:
 * - `PHI_ENVELOPE_KMS_UNAVAILABLE`: not reached, no answer in time, throttled, the service's own fault (5xx). Retryable.
 * - `PHI_ENVELOPE_KMS_DENIED`: credentials or permission refused.
 * - `PHI_ENVELOPE_KMS_KEY_UNUSABLE`: the KEK is disabled or waits for its destruction.
 * - `PHI_ENVELOPE_KMS_KEY_GONE`: the service states that the KEK does not exist or is destroyed. Never for "not reached".
 * - `PHI_ENVELOPE_KMS_REFUSED`: the wrapped key does not verify under this KEK and context.
 * - `PHI_ENVELOPE_KMS_ANSWER`: an answer that does not have the service's own form.
 * - `PHI_ENVELOPE_KMS_UNSUPPORTED`: this KMS has no such verb.
 *
 * A data key that is not 32 bytes, which the keyring never passes, may also be refused with `PHI_ENVELOPE_KEY_SIZE`.
 *
 * The keyring adds to every adapter: a time limit, a check of every unwrapped key against the commitment in its record, and a
 * probe at start. `kmsSuite` of `@phi/testing` holds an adapter to this contract.
 */
export interface Kms {
  /** Which kind: 'aws-kms', 'pkcs11', … Kept in certificates and shown by `describe`. */
  readonly name: string
  /** Encrypts a data key of 32 bytes, bound to its context. `kek` names the key-encryption key; without it, the adapter's own. */
  wrap(request: WrapRequest): Promise<WrappedKey>
  /** Decrypts what `wrap` made. Under any other context it must reject with PHI_ENVELOPE_KMS_REFUSED. */
  unwrap(request: UnwrapRequest): Promise<Uint8Array>
  /** What the service says of a KEK; without a name, of the one (and the version) that `wrap` uses now. */
  describe(kek?: string, options?: KmsCallOptions): Promise<KekDescription>
  /** Destroys a KEK, or schedules it where the service insists on a waiting time. Asked again, it tells the present state. */
  destroy(kek: string, options?: KmsCallOptions): Promise<KekDestruction>
  /** Lets go of connections and sessions. */
  close?(): Promise<void>
}

export interface KmsCallOptions {
  /** Aborted when the keyring gives up waiting. Adapters pass it on where their client takes one. */
  readonly signal?: AbortSignal
}

export interface WrapRequest extends KmsCallOptions {
  /** 32 bytes. The adapter neither keeps nor logs them. */
  readonly dataKey: Uint8Array
  readonly context: WrapContext
  readonly kek?: string
}

export interface WrappedKey {
  /** The KEK that wrapped, with its version where the service has versions: what `unwrap` needs, and what rotation compares. */
  readonly kek: string
  /** How it was wrapped, for example 'AES-256-GCM' or 'RSA-OAEP-256+context'. Stored, shown, and given back to `unwrap`. */
  readonly mechanism: string
  readonly wrapped: Uint8Array
}

export interface UnwrapRequest extends WrappedKey, KmsCallOptions {
  readonly context: WrapContext
}

export type KekState = 'enabled' | 'disabled' | 'destruction-scheduled' | 'destroyed' | 'unknown'

export interface KekDescription {
  /** In the same spelling as {@link WrappedKey.kek}: equal when a record is wrapped under the current KEK and version. */
  readonly kek: string
  /** 'unknown' for whatever the service says that has no place here. Only 'destroyed' is ever taken as destroyed. */
  readonly state: KekState
  /** Where the key lives, as the service states it. */
  readonly protection: 'software' | 'hsm' | 'external' | 'unknown'
  /** When it will be destroyed, RFC 3339 UTC with milliseconds, for 'destruction-scheduled'. */
  readonly destroyAt?: string
}

export interface KekDestruction {
  readonly kek: string
  /** A waiting time is not destruction. */
  readonly state: 'destruction-scheduled' | 'destroyed'
  readonly destroyAt?: string
  /** What the service answered, as far as it may be shown: request ids, dates, states. Goes into the certificate. */
  readonly receipt: Readonly<Record<string, string>>
}
