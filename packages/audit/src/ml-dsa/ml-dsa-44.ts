import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import { type Clock, randomBytes } from '@phi/core'
import {
  COSIGNATURE_ML_DSA_44_TYPE,
  type CosignatureVerifier,
  type Cosigner,
  checkpointSubtreeMessage,
  cosignatureVerifier,
  secondsOf,
  timestamped,
  untimestamped,
} from '../note/cosignature.ts'
import { formatTypedSkey, parseTypedSkey } from '../note/cosignature-signer.ts'
import { noteError } from '../note/errors.ts'
import { formatVkey, isKeyName, keyIdOf, type NoteAlgorithms } from '../note/keys.ts'

// FIPS 204, table 2.
const PUBLIC_KEY_LENGTH = 1312
const SIGNATURE_LENGTH = 2420
/** The seed ξ from which FIPS 204 §6.1 makes a key pair. */
const SEED_LENGTH = 32

/**
 * ML-DSA-44 cosignatures (type 0x06) for whatever takes `algorithms`: `verifierFromVkey`, `cosignatureVerifier`,
 * `witnessPolicy` and `parseWitnessPolicy`.
 */
export const mlDsa44Algorithms: NoteAlgorithms = Object.freeze({
  [COSIGNATURE_ML_DSA_44_TYPE]: Object.freeze({
    publicKeyLength: PUBLIC_KEY_LENGTH,
    verify(publicKey: Uint8Array, message: Uint8Array, bytes: Uint8Array, name: string) {
      const parts = untimestamped(bytes)
      if (parts === undefined || parts.signature.length !== SIGNATURE_LENGTH) return false
      return ml_dsa44.verify(parts.signature, checkpointSubtreeMessage(name, parts.seconds, message), publicKey)
    },
  }),
})

/**
 * The verifier of an ML-DSA-44 key: of a witness, or of a log that signs with one. Checkpoints with extension lines are refused,
 * since these signatures do not cover them.
 * @throws PhiError PHI_AUDIT_VKEY, PHI_AUDIT_VKEY_TYPE when it is a key of another type
 */
export function mlDsa44Verifier(vkey: string): CosignatureVerifier {
  const verifier = cosignatureVerifier(vkey, { algorithms: mlDsa44Algorithms })
  if (verifier.type !== COSIGNATURE_ML_DSA_44_TYPE) throw noteError('PHI_AUDIT_VKEY_TYPE', { info: { type: verifier.type } })
  return verifier
}

/** A signer whose ML-DSA-44 key is held in memory. The key is in no property. */
export interface MlDsa44Signer extends Cosigner {
  readonly type: typeof COSIGNATURE_ML_DSA_44_TYPE
  sign(message: Uint8Array): Uint8Array
  signAt(message: Uint8Array, time: number): Uint8Array
  /** The seed as `PRIVATE+KEY+name+keyid+base64(0x06 ‖ seed)`. Keep it where secrets are kept. */
  exportSkey(): string
}

export interface MlDsa44SignerOptions {
  /**
   * Where `sign` takes the time from. A witness needs one. Without it the time is 0, and the signature does not say that the
   * tree is the largest one seen: that is what a log's own signature is.
   */
  readonly clock?: Clock
}

function fromSeed(name: string, seed: Uint8Array, { clock }: MlDsa44SignerOptions = {}): MlDsa44Signer {
  // The name is signed with a length of one byte.
  if (!isKeyName(name) || new TextEncoder().encode(name).length > 255) {
    throw noteError('PHI_AUDIT_SKEY', { path: 'name', detail: 'not a key name of at most 255 bytes' })
  }
  if (!(seed instanceof Uint8Array) || seed.length !== SEED_LENGTH) {
    throw noteError('PHI_AUDIT_SKEY', { path: 'seed', detail: 'must be a Uint8Array of 32 bytes' })
  }
  const secretSeed = Uint8Array.from(seed)
  const { publicKey, secretKey } = ml_dsa44.keygen(secretSeed)
  const vkey = formatVkey({ name, type: COSIGNATURE_ML_DSA_44_TYPE, publicKey })
  const keyId = keyIdOf(name, COSIGNATURE_ML_DSA_44_TYPE, publicKey)
  const signAt = (message: Uint8Array, time: number): Uint8Array => {
    const seconds = secondsOf(time)
    return timestamped(seconds, ml_dsa44.sign(checkpointSubtreeMessage(name, seconds, message), secretKey))
  }
  return Object.freeze<MlDsa44Signer>({
    name,
    keyId,
    type: COSIGNATURE_ML_DSA_44_TYPE,
    vkey,
    verifier: mlDsa44Verifier(vkey),
    sign: (message) => signAt(message, clock?.() ?? 0),
    signAt,
    exportSkey: () => formatTypedSkey(name, keyId, COSIGNATURE_ML_DSA_44_TYPE, secretSeed),
  })
}

/**
 * Makes ML-DSA-44 signers (C2SP tlog-cosignature, type 0x06): for witnesses with a clock, for logs without. All throw PhiError
 * PHI_AUDIT_SKEY on a malformed name or key.
 */
export const mlDsa44Signer: {
  /** A signer with a fresh key. Keep `exportSkey()`, or the key is gone with the process. */
  generate(name: string, options?: MlDsa44SignerOptions): Promise<MlDsa44Signer>
  /** A signer from the 32-byte seed of FIPS 204 §6.1. */
  fromSeed(name: string, seed: Uint8Array, options?: MlDsa44SignerOptions): MlDsa44Signer
  /** A signer from what `exportSkey()`, or transparency-dev/formats, wrote. */
  fromSkey(skey: string, options?: MlDsa44SignerOptions): MlDsa44Signer
} = Object.freeze({
  generate: async (name: string, options?: MlDsa44SignerOptions) => fromSeed(name, randomBytes(SEED_LENGTH), options),
  fromSeed,
  fromSkey: (skey: string, options?: MlDsa44SignerOptions) => {
    const { name, keyId, secretKey } = parseTypedSkey(skey, COSIGNATURE_ML_DSA_44_TYPE)
    const signer = fromSeed(name, secretKey, options)
    if (signer.keyId !== keyId) {
      throw noteError('PHI_AUDIT_SKEY', { detail: 'the key id does not belong to the name and key' })
    }
    return signer
  },
})
