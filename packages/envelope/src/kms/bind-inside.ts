import { equalBytes } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { contextDigest, type WrapContext } from './context.ts'

const KEY = 32

/**
 * For mechanisms without associated data: what is wrapped is the data key followed by SHA-256 of the context, 64 bytes.
 * {@link unbindInside} takes it apart again and holds the context against it.
 */
export function bindInside(dataKey: Uint8Array, context: WrapContext): Uint8Array {
  const out = new Uint8Array(KEY + 32)
  out.set(dataKey)
  out.set(contextDigest(context), KEY)
  return out
}

/** @throws PhiError PHI_ENVELOPE_KMS_ANSWER for another length, PHI_ENVELOPE_KMS_REFUSED for another context */
export function unbindInside(unwrapped: Uint8Array, context: WrapContext): Uint8Array {
  if (unwrapped.length !== KEY + 32) throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'not 64 bytes' })
  if (!equalBytes(unwrapped.subarray(KEY), contextDigest(context))) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
  return Uint8Array.from(unwrapped.subarray(0, KEY))
}
