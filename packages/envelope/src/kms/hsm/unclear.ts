import { isPhiError } from '@phi/core'
import { envelopeError } from '../../errors.ts'

/** The service refused to decrypt in words that may as well mean a fault of its own. */
export class Unclear extends Error {}

/**
 * "General error" may be a wrong tag or a service in trouble. From one that still does its work, and that says it a second time,
 * it means the tag.
 * @param test proves that the service still does its work with the same key
 * @throws PhiError PHI_ENVELOPE_KMS_REFUSED, PHI_ENVELOPE_KMS_UNAVAILABLE, and what the other two throw
 */
export async function unlessUnclear(open: () => Promise<Uint8Array>, test: () => Promise<void>): Promise<Uint8Array> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof Unclear)) throw error
  }
  try {
    await test()
  } catch (error) {
    if (error instanceof Unclear) throw inTrouble()
    // A key that no longer encrypts cannot be tested so, and may still decrypt.
    if (!isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_UNUSABLE')) throw error
  }
  try {
    return await open()
  } catch (error) {
    throw error instanceof Unclear ? refused() : error
  }
}

const inTrouble = () =>
  envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the service does not decrypt what it encrypted' })

const refused = () => envelopeError('PHI_ENVELOPE_KMS_REFUSED', { detail: 'the service did not decrypt it' })
