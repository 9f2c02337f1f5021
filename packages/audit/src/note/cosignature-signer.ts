import { type Clock, systemClock } from '@phi/core'
import * as ed25519 from '#ed25519'
import {
  COSIGNATURE_ED25519_TYPE,
  type Cosigner,
  cosignatureVerifier,
  ed25519CosignedMessage,
  secondsOf,
  timestamped,
} from './cosignature.ts'
import { noteError } from './errors.ts'
import { formatVkey, hex8, isKeyName, keyIdOf, MAX_KEY_TEXT, parseTail, SKEY_HEAD, typed } from './keys.ts'

/**
 * Writes a signer key of any type: `PRIVATE+KEY+name+keyid+base64(type ‖ secret key)`. The key id is that of the public key.
 * Not in C2SP; Go's sumdb/note and transparency-dev/formats write the same.
 */
export const formatTypedSkey = (name: string, keyId: number, type: number, secretKey: Uint8Array): string =>
  `${SKEY_HEAD}${name}+${hex8(keyId)}+${typed(type, secretKey)}`

/**
 * Takes such a key apart. That the key id belongs to the key is the caller's to check.
 * @throws PhiError PHI_AUDIT_SKEY; the message says nothing of the key
 */
export function parseTypedSkey(skey: string, type: number): { name: string; keyId: number; secretKey: Uint8Array } {
  if (typeof skey !== 'string' || skey.length > MAX_KEY_TEXT || !skey.startsWith(SKEY_HEAD)) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'must be a text that starts with PRIVATE+KEY+' })
  }
  const rest = skey.slice(SKEY_HEAD.length)
  const plus = rest.indexOf('+')
  const name = rest.slice(0, Math.max(plus, 0))
  const tail = parseTail(rest.slice(plus + 1))
  if (!isKeyName(name) || tail === undefined) {
    throw noteError('PHI_AUDIT_SKEY', { detail: 'not in the form PRIVATE+KEY+name+key id+base64' })
  }
  if (tail.type !== type) throw noteError('PHI_AUDIT_SKEY', { detail: 'a key of another type', info: { type: tail.type } })
  if (tail.key.length !== 32) throw noteError('PHI_AUDIT_SKEY', { detail: 'the secret key must have 32 bytes' })
  return { name, keyId: tail.keyId, secretKey: tail.key }
}

/** A cosigner whose Ed25519 secret key is held in memory. The key is in no property. */
export interface Ed25519Cosigner extends Cosigner {
  readonly type: typeof COSIGNATURE_ED25519_TYPE
  sign(message: Uint8Array): Uint8Array
  signAt(message: Uint8Array, time: number): Uint8Array
  /** The secret key as `PRIVATE+KEY+name+keyid+base64(0x04 ‖ key)`. Keep it where secrets are kept. */
  exportSkey(): string
}

interface CosignerOptions {
  /** Where `sign` takes the time from. Default the machine's clock. */
  readonly clock?: Clock
}

function fromSecretKey(name: string, secretKey: Uint8Array, { clock = systemClock }: CosignerOptions = {}): Ed25519Cosigner {
  if (!isKeyName(name)) throw noteError('PHI_AUDIT_SKEY', { path: 'name', detail: 'not a key name' })
  const publicKey = ed25519.publicKeyOf(secretKey)
  const secret = Uint8Array.from(secretKey)
  const keyId = keyIdOf(name, COSIGNATURE_ED25519_TYPE, publicKey)
  const vkey = formatVkey({ name, type: COSIGNATURE_ED25519_TYPE, publicKey })
  const verifier = cosignatureVerifier(vkey)
  const signAt = (message: Uint8Array, time: number): Uint8Array => {
    const seconds = secondsOf(time)
    const signed = timestamped(seconds, ed25519.sign(secret, ed25519CosignedMessage(seconds, message)))
    // What its own verifier refuses, it does not sign: texts that are no checkpoints, above all.
    if (!verifier.verify(message, signed)) throw noteError('PHI_AUDIT_COSIGNATURE', { detail: 'the text is no checkpoint' })
    return signed
  }
  return Object.freeze<Ed25519Cosigner>({
    name,
    keyId,
    type: COSIGNATURE_ED25519_TYPE,
    vkey,
    verifier,
    sign: (message) => signAt(message, clock()),
    signAt,
    exportSkey: () => formatTypedSkey(name, keyId, COSIGNATURE_ED25519_TYPE, secret),
  })
}

/**
 * Makes Ed25519 cosigners (C2SP tlog-cosignature, type 0x04), for witnesses. Give each witness a key of its own: the signature
 * does not commit to the name. All throw PhiError PHI_AUDIT_SKEY on a malformed name or key.
 */
export const ed25519Cosigner: {
  /** A cosigner with a fresh key. Keep `exportSkey()`, or the key is gone with the process. */
  generate(name: string, options?: CosignerOptions): Promise<Ed25519Cosigner>
  /** A cosigner from the 32-byte secret key of RFC 8032 §5.1.5. */
  fromSecretKey(name: string, secretKey: Uint8Array, options?: CosignerOptions): Ed25519Cosigner
  /** A cosigner from what `exportSkey()`, or transparency-dev/formats, wrote. */
  fromSkey(skey: string, options?: CosignerOptions): Ed25519Cosigner
} = Object.freeze({
  generate: async (name: string, options?: CosignerOptions) => fromSecretKey(name, ed25519.generateSecretKey(), options),
  fromSecretKey,
  fromSkey: (skey: string, options?: CosignerOptions) => {
    const { name, keyId, secretKey } = parseTypedSkey(skey, COSIGNATURE_ED25519_TYPE)
    const cosigner = fromSecretKey(name, secretKey, options)
    if (cosigner.keyId !== keyId) {
      throw noteError('PHI_AUDIT_SKEY', { detail: 'the key id does not belong to the name and key' })
    }
    return cosigner
  },
})
