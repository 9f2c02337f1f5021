import * as ed25519 from '#ed25519'
import { noteError } from './errors.ts'
import { ED25519_TYPE, formatSkey, formatVkey, isKeyName, keyIdOf, parseSkey, type Signer } from './keys.ts'

/** A signer whose Ed25519 secret key is held in memory. The key is in no property: logging or serialising it shows none. */
export interface Ed25519Signer extends Signer {
  readonly type: typeof ED25519_TYPE
  sign(message: Uint8Array): Uint8Array
  /** The secret key as `PRIVATE+KEY+name+keyid+base64`. Keep it where secrets are kept. */
  exportSkey(): string
}

function fromSecretKey(name: string, secretKey: Uint8Array): Ed25519Signer {
  if (!isKeyName(name)) throw noteError('PHI_AUDIT_SKEY', { path: 'name', detail: 'not a key name' })
  const publicKey = ed25519.publicKeyOf(secretKey)
  // A copy, in this closure only: the caller can wipe their own, and nothing that walks over properties finds it.
  const secret = Uint8Array.from(secretKey)
  return Object.freeze<Ed25519Signer>({
    name,
    keyId: keyIdOf(name, ED25519_TYPE, publicKey),
    type: ED25519_TYPE,
    vkey: formatVkey({ name, publicKey }),
    sign: (message) => ed25519.sign(secret, message),
    exportSkey: () => formatSkey({ name, secretKey: secret }),
  })
}

/** Makes Ed25519 signers (C2SP signed-note type 0x01). All throw PhiError PHI_AUDIT_SKEY on a malformed name or key. */
export const ed25519Signer: {
  /** A signer with a fresh key. Keep `exportSkey()`, or the key is gone with the process. */
  generate(name: string): Promise<Ed25519Signer>
  /** A signer from the 32-byte secret key of RFC 8032 §5.1.5. */
  fromSecretKey(name: string, secretKey: Uint8Array): Ed25519Signer
  /** A signer from what `exportSkey()`, or Go's sumdb/note, wrote. */
  fromSkey(skey: string): Ed25519Signer
} = Object.freeze({
  generate: async (name: string) => fromSecretKey(name, ed25519.generateSecretKey()),
  fromSecretKey,
  fromSkey: (skey: string) => {
    const { name, secretKey } = parseSkey(skey)
    return fromSecretKey(name, secretKey)
  },
})
