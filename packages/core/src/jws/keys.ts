import * as z from 'zod'

/** The only two algorithms: Ed25519 (RFC 8037) and ECDSA on P-256 (RFC 7518 section 3.4). No shared secrets, no RSA, never "none". */
export const signatureAlgorithms = ['EdDSA', 'ES256'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

// Written out here, because jose's own types cannot be read from CommonJS under every module resolution.

/** A JSON Web Key (RFC 7517), as far as it is looked at here. */
export interface SignatureJwk {
  readonly kty?: string | undefined
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly d?: string | undefined
}

/** A key that its runtime holds: a CryptoKey, or a KeyObject of Node. */
export interface SignatureKeyHandle {
  readonly type: string
}

/** Who signs. */
export interface Signer {
  readonly alg: SignatureAlgorithm
  /** Names the public key, so that a verifier finds it: 1 to 256 characters. */
  readonly kid: string
  /** The private key: a CryptoKey, a KeyObject of Node, or a JWK. */
  readonly key: SignatureKeyHandle | SignatureJwk
}

/** Public keys that a verifier trusts, each with its `kid`. */
export type TrustedKeys = SignatureJwk | readonly SignatureJwk[] | { readonly keys: readonly SignatureJwk[] }

export const kidSchema = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed(), 'must be well-formed text')

export const signerSchema = z.strictObject({
  alg: z.enum(signatureAlgorithms),
  kid: kidSchema,
  // Bytes would be a shared secret; jose would take them.
  key: z.custom<Signer['key']>(
    (value) => typeof value === 'object' && value !== null && !(value instanceof Uint8Array),
    'must be a private key',
  ),
})

/** The list behind each way of giving keys, or the fixed phrase that says why there is none. */
export function trustedList(keys: unknown): readonly SignatureJwk[] | string {
  const none = 'must be public keys as JWK, each with a kid'
  if (typeof keys !== 'object' || keys === null) return none
  const list: unknown = Array.isArray(keys) ? keys : 'keys' in keys ? keys.keys : [keys]
  const named = (each: unknown): each is SignatureJwk =>
    typeof each === 'object' &&
    each !== null &&
    typeof (each as SignatureJwk).kid === 'string' &&
    (each as SignatureJwk).kid !== ''
  if (!Array.isArray(list) || list.length === 0 || !list.every(named)) return none
  return new Set(list.map((each) => each.kid)).size < list.length ? 'two keys have the same kid' : list
}

/** The public members of a key that is meant for checking signatures of this algorithm; undefined for any other key. */
export function suitable(key: SignatureJwk, alg: SignatureAlgorithm): SignatureJwk | undefined {
  if (key.alg !== undefined && key.alg !== alg) return undefined
  if (key.use !== undefined && key.use !== 'sig') return undefined
  if (key.key_ops !== undefined && !(Array.isArray(key.key_ops) && key.key_ops.includes('verify'))) return undefined
  const { kty, crv, x, y } = key
  if (alg === 'EdDSA' && kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string') return { kty, crv, x }
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string') {
    return { kty, crv, x, y }
  }
  return undefined
}
