import { canonicalJson, fromUtf8, parseAs, utf8 } from '@phi/core'
import { base64url, CompactSign, compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { retentionError } from '../../errors.ts'

/** The only two algorithms: Ed25519 (RFC 8037) and ECDSA on P-256 (RFC 7518 section 3.4). No shared secrets, no RSA, never "none". */
export const signatureAlgorithms = ['EdDSA', 'ES256'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

// Written out here, because jose's own types cannot be read from CommonJS under every module resolution.

/** A JSON Web Key (RFC 7517), as far as it is looked at here. */
export interface SignatureJwk {
  readonly kty?: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly d?: string
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

const kid = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => text.isWellFormed(), 'must be well-formed text')

const signerSchema = z.strictObject({
  alg: z.enum(signatureAlgorithms),
  kid,
  // Bytes would be a shared secret; jose would take them.
  key: z.custom<Signer['key']>(
    (value) => typeof value === 'object' && value !== null && !(value instanceof Uint8Array),
    'must be a private key',
  ),
})

/** @throws PhiError PHI_RETENTION_OPTIONS */
export const readSigner = (signer: unknown, path: string): Signer =>
  parseAs(signerSchema, signer, path, (context) => retentionError('PHI_RETENTION_OPTIONS', context)) as Signer

/**
 * Signs a document as a compact JWS (RFC 7515). Header and payload are canonical JSON (RFC 8785).
 * @throws PhiError PHI_RETENTION_OPTIONS when the signer's key is not one for its algorithm
 */
export async function signDocument({ alg, kid, key }: Signer, typ: string, document: unknown): Promise<string> {
  const payload = utf8(canonicalJson(document))
  try {
    // The members in the order of canonical JSON: jose writes them as they come.
    return await new CompactSign(payload).setProtectedHeader({ alg, kid, typ }).sign(key as Parameters<CompactSign['sign']>[0])
  } catch {
    // The cause is not kept: it may show the key.
    throw retentionError('PHI_RETENTION_OPTIONS', {
      path: 'signer.key',
      detail: 'the key does not sign with this algorithm',
    })
  }
}

/** Sees that the signer can sign, before anything is done that cannot be undone. @throws PhiError PHI_RETENTION_OPTIONS */
export const proveSigner = async (signer: Signer): Promise<void> => {
  await signDocument(signer, 'phi-signer-probe', { format: 'phi.retention/signer-probe/v1' })
}

/**
 * Why a signed document is not believed. 'form': no compact JWS in its canonical spelling. 'header': not exactly the members it
 * should have. 'algorithm': neither EdDSA nor ES256. 'type': a JWS of another kind. 'unknown-key': no trusted key has its `kid`.
 * 'unsuitable-key': the trusted key is for something else. 'signature': it does not verify.
 */
export type Disbelief = 'form' | 'header' | 'algorithm' | 'type' | 'unknown-key' | 'unsuitable-key' | 'signature'

export type Opened =
  | { readonly payload: Uint8Array; readonly kid: string; readonly alg: SignatureAlgorithm }
  | { readonly disbelief: Disbelief }

const header = z.strictObject({ alg: z.string(), kid, typ: z.string().optional() })

/** The bytes of base64url in its one canonical spelling: without padding, white space, or stray bits in the last character. */
function fromBase64Url(text: string): Uint8Array | undefined {
  try {
    const bytes = base64url.decode(text)
    return base64url.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** The JSON of a part; undefined unless it is the canonical text, so that no member stands twice and nothing hides between. */
export function readCanonical(bytes: Uint8Array): unknown {
  try {
    const text = fromUtf8(bytes)
    const value: unknown = JSON.parse(text)
    return canonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/** @throws PhiError PHI_RETENTION_OPTIONS */
function keyList(keys: TrustedKeys): readonly SignatureJwk[] {
  const refuse = (detail: string) => retentionError('PHI_RETENTION_OPTIONS', { path: 'keys', detail })
  if (typeof keys !== 'object' || keys === null) throw refuse('must be public keys as JWK, each with a kid')
  const list: unknown = Array.isArray(keys) ? keys : 'keys' in keys ? keys.keys : [keys]
  const named = (each: unknown): each is SignatureJwk =>
    typeof each === 'object' &&
    each !== null &&
    typeof (each as SignatureJwk).kid === 'string' &&
    (each as SignatureJwk).kid !== ''
  if (!Array.isArray(list) || list.length === 0 || !list.every(named)) {
    throw refuse('must be public keys as JWK, each with a kid')
  }
  if (new Set(list.map((each) => each.kid)).size < list.length) throw refuse('two keys have the same kid')
  return list
}

/** The public members of a key that is meant for checking signatures of this algorithm; undefined for any other key. */
function suitable(key: SignatureJwk, alg: SignatureAlgorithm): SignatureJwk | undefined {
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

/**
 * Opens a compact JWS with one of the trusted keys. The key is found by its `kid` among those that the caller trusts, never in
 * the document; the algorithm is one of two, and must be the key's; a header with any further member (`crit`, `b64`, `jwk`,
 * `jku`, `x5c`) is refused, which is what RFC 7515 section 4.1.11 asks of extensions that are not understood, and more.
 * @throws PhiError PHI_RETENTION_OPTIONS for keys that are none
 */
export async function openDocument(jws: unknown, keys: TrustedKeys, typ: string): Promise<Opened> {
  const trusted = keyList(keys)
  if (typeof jws !== 'string') return { disbelief: 'form' }
  const parts = jws.split('.').map(fromBase64Url)
  const [head, payload, signature] = parts
  if (parts.length !== 3 || head === undefined || payload === undefined || signature === undefined) return { disbelief: 'form' }
  const read = header.safeParse(readCanonical(head))
  if (!read.success) return { disbelief: 'header' }
  const { alg, kid, typ: type } = read.data
  const known = signatureAlgorithms.find((each) => each === alg)
  if (known === undefined) return { disbelief: 'algorithm' }
  if (type !== typ) return { disbelief: 'type' }
  const key = trusted.find((each) => each.kid === kid)
  if (key === undefined) return { disbelief: 'unknown-key' }
  const publicKey = suitable(key, known)
  if (publicKey === undefined) return { disbelief: 'unsuitable-key' }
  try {
    await compactVerify(jws, await importJWK(publicKey as Parameters<typeof importJWK>[0], known), { algorithms: [known] })
    return { payload, kid, alg: known }
  } catch {
    return { disbelief: 'signature' }
  }
}
