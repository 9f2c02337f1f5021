import { generateKeyPairSync } from 'node:crypto'
import { canonicalJson, randomBytes, sha256, toBase64, toHex, utf8 } from '@phi/core'

/** A secret for a secret store, by the name of its environment variable. */
export interface NewSecret {
  readonly variable: string
  readonly value: string
  /** What it is for. */
  readonly about: string
}

/** Fresh keys, and the public halves that may stand in a configuration. */
export interface NewKeys {
  readonly secrets: readonly NewSecret[]
  /** Verifier key of the log. */
  readonly vkey: string
  /** Public key of certificates of destruction, as JWK. */
  readonly certificateKey: Readonly<Record<string, string>>
}

export const variables = { signer: 'PHI_AUDIT_SIGNER', kek: 'PHI_KEK', certificate: 'PHI_CERTIFICATE_SIGNER' } as const

/** Makes the keys that a service begins with. They are kept nowhere. @throws PhiError PHI_AUDIT_SKEY for an origin that names no key */
export async function newKeys(origin: string): Promise<NewKeys> {
  const { ed25519Signer } = await import('@phi/audit')
  const signer = await ed25519Signer.generate(origin)
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x }
  // RFC 7638: the thumbprint of the public members, cut to 16 digits: a name is enough.
  const kid = toHex(sha256(utf8(canonicalJson(publicKey)))).slice(0, 16)
  return {
    secrets: [
      { variable: variables.signer, value: signer.exportSkey(), about: 'signs checkpoints of the audit log' },
      { variable: variables.kek, value: toBase64(randomBytes(32)), about: 'wraps the keys of tenants' },
      // In base64: quotes do not survive every way into an environment.
      {
        variable: variables.certificate,
        value: toBase64(utf8(JSON.stringify({ ...publicKey, d, kid }))),
        about: 'signs certificates of destruction',
      },
    ],
    vkey: signer.vkey,
    certificateKey: { ...publicKey, kid },
  }
}
