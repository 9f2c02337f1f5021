import { equalBytes } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { Unclear } from '../hsm/unclear.ts'
import type { Session } from './connection.ts'
import { aesGcm } from './cryptoki.ts'
import { requireVersion } from './kek.ts'
import { answers } from './return-value.ts'

const KEY = 32
const IV = 12
const TAG = 16
export const WRAPPED_LENGTH = IV + KEY + TAG

/** Some tokens want room for the tag where they write the plaintext: SoftHSM answers CKR_BUFFER_TOO_SMALL to less. */
const ROOM = 64

/**
 * iv[12] ‖ ciphertext[32] ‖ tag[16] of AES-256-GCM (SP 800-38D), the IV drawn on the token. Random IVs under one key allow
 * 2^32 wraps (SP 800-38D §8.3): far more data keys than a service makes between two rotations.
 */
export async function wrapWith(
  session: Session,
  key: { readonly label: string; readonly id: Uint8Array },
  dataKey: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  const { cryptoki, handle } = session
  const plaintext = Buffer.alloc(KEY)
  plaintext.set(dataKey)
  try {
    const iv = cryptoki.C_GenerateRandom(handle, Buffer.alloc(IV))
    // Search and init follow each other without waiting, so that the handle cannot go stale in between.
    cryptoki.C_EncryptInit(handle, aesGcm(iv, aad), requireVersion(session, key.label, key.id).object)
    const sealed = await cryptoki.C_EncryptAsync(handle, plaintext, Buffer.alloc(ROOM))
    if (sealed.length !== KEY + TAG)
      throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'the ciphertext is not 48 bytes' })
    return Uint8Array.from([...iv, ...sealed])
  } finally {
    // Also keeps the buffer alive until the library, which reads it from another thread, is done.
    plaintext.fill(0)
  }
}

/**
 * @param wrapped {@link WRAPPED_LENGTH} bytes
 * @throws {@link Unclear} where the token says no more than CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED: SoftHSM 2.6 answers so
 * when the tag does not fit
 */
export async function unwrapWith(
  session: Session,
  key: { readonly label: string; readonly id: Uint8Array },
  wrapped: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  const { cryptoki, handle } = session
  const iv = Buffer.from(wrapped.subarray(0, IV))
  const sealed = Buffer.from(wrapped.subarray(IV))
  const room = Buffer.alloc(ROOM)
  cryptoki.C_DecryptInit(handle, aesGcm(iv, aad), requireVersion(session, key.label, key.id).object)
  try {
    const plaintext = await cryptoki.C_DecryptAsync(handle, sealed, room)
    if (plaintext.length !== KEY) throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'the plaintext is not 32 bytes' })
    return Uint8Array.from(plaintext)
  } catch (error) {
    if (answers(error, 'CKR_GENERAL_ERROR', 'CKR_FUNCTION_FAILED')) throw new Unclear()
    throw error
  } finally {
    room.fill(0)
    sealed.fill(0)
  }
}

/** Whether the token is in its senses: what it wraps under this key, it must unwrap. */
export async function selfTest(session: Session, key: { readonly label: string; readonly id: Uint8Array }): Promise<void> {
  const known = new Uint8Array(KEY).fill(0x5a)
  const aad = new Uint8Array()
  const back = await unwrapWith(session, key, await wrapWith(session, key, known, aad), aad)
  if (!equalBytes(back, known))
    throw envelopeError('PHI_ENVELOPE_KMS_ANSWER', { detail: 'the token does not decrypt what it encrypted' })
}
