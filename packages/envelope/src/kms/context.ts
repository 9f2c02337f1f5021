import { sha256, utf8 } from '@phi/core'
import type { KeyPurpose } from '../keys/purpose.ts'
import { lengthPrefixed } from '../length-prefixed.ts'

/** What a wrapped data key is bound to: unwrapped under any other tenant, purpose, id or subject, it must not open. */
export interface WrapContext {
  readonly tenant: string
  readonly purpose: KeyPurpose
  /** The data key's id, 8 lower-case hexadecimal digits. */
  readonly id: string
  /** The patient or other subject whose own key this is. Never send it to a KMS in clear: its logs keep it for years. */
  readonly subject?: string
}

const LABEL = 'phi.envelope/wrap/v1'

/**
 * The context as bytes, for mechanisms that take associated data: each part with its length in bytes before it, as an unsigned
 * 32-bit big-endian integer: label, tenant, purpose, id, and the subject where there is one.
 */
export function contextBytes({ tenant, purpose, id, subject }: WrapContext): Uint8Array {
  return lengthPrefixed([LABEL, tenant, purpose, id, ...(subject === undefined ? [] : [subject])].map(utf8))
}

/** SHA-256 of {@link contextBytes}, 32 bytes: for KMS that take only short or readable contexts, and for {@link bindInside}. */
export const contextDigest = (context: WrapContext): Uint8Array => sha256(contextBytes(context))
