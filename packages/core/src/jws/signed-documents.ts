import { base64url, CompactSign, compactVerify, importJWK } from 'jose'
import * as z from 'zod'
import { parseAs } from '../boundary.ts'
import { canonicalJson } from '../canonical-json.ts'
import { fromUtf8, utf8 } from '../encoding.ts'
import type { PhiError } from '../errors.ts'
import {
  kidSchema,
  type SignatureAlgorithm,
  type Signer,
  signatureAlgorithms,
  signerSchema,
  suitable,
  type TrustedKeys,
  trustedList,
} from './keys.ts'

/**
 * Why a signed document is not believed. 'form': no compact JWS in its canonical spelling. 'header': not exactly the members it
 * should have. 'algorithm': neither EdDSA nor ES256. 'type': a JWS of another kind. 'unknown-key': no trusted key has its `kid`.
 * 'unsuitable-key': the trusted key is for something else. 'signature': it does not verify.
 */
export type Disbelief = 'form' | 'header' | 'algorithm' | 'type' | 'unknown-key' | 'unsuitable-key' | 'signature'

export type Opened =
  | { readonly payload: Uint8Array; readonly kid: string; readonly alg: SignatureAlgorithm }
  | { readonly disbelief: Disbelief }

/** Makes the error for options that are none. `path` and `detail` are fixed phrases: no key and no value of the caller's. */
export type RefuseJws = (context: { readonly path?: string; readonly detail?: string }) => PhiError

/** Signs and opens documents, and refuses keys and signers that are none with the errors of its package. */
export interface SignedDocuments {
  /** Reads a signer from unknown data. @throws what `refuse` makes */
  readSigner(signer: unknown, path: string): Signer
  /**
   * Signs a document as a compact JWS (RFC 7515). Header and payload are canonical JSON (RFC 8785).
   * @throws what `refuse` makes when the signer's key is not one for its algorithm; PhiError PHI_CORE_CANONICAL
   */
  signDocument(signer: Signer, typ: string, document: unknown): Promise<string>
  /** Signs a document that says no more than its `format`, before anything is done that cannot be undone. @throws as `signDocument` */
  proveSigner(signer: Signer, format: string): Promise<void>
  /**
   * Opens a compact JWS with one of the trusted keys. The key is found by its `kid` among those that the caller trusts, never in
   * the document; the algorithm is one of two, and must be the key's; a header with any further member (`crit`, `b64`, `jwk`,
   * `jku`, `x5c`) is refused, which is what RFC 7515 section 4.1.11 asks of extensions that are not understood, and more.
   * @param typ the `typ` that the header must have; without, the header must have none
   * @throws what `refuse` makes for keys that are none
   */
  openDocument(jws: unknown, keys: TrustedKeys, typ?: string): Promise<Opened>
}

const header = z.strictObject({ alg: z.string(), kid: kidSchema, typ: z.string().optional() })

/** The longest text that any of the formats makes: a certificate of a tenant with a million keys still fits. */
const MAX_CHARACTERS = 2 ** 29

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

async function open(jws: unknown, keys: TrustedKeys, typ: string | undefined, refuse: RefuseJws): Promise<Opened> {
  const trusted = trustedList(keys)
  if (typeof trusted === 'string') throw refuse({ path: 'keys', detail: trusted })
  if (typeof jws !== 'string' || jws.length > MAX_CHARACTERS) return { disbelief: 'form' }
  const parts = jws.split('.', 4).map(fromBase64Url)
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

async function sign({ alg, kid, key }: Signer, typ: string, document: unknown, refuse: RefuseJws): Promise<string> {
  const payload = utf8(canonicalJson(document))
  try {
    // The members in the order of canonical JSON: jose writes them as they come.
    return await new CompactSign(payload).setProtectedHeader({ alg, kid, typ }).sign(key as Parameters<CompactSign['sign']>[0])
  } catch {
    // The cause is not kept: it may show the key.
    throw refuse({ path: 'signer.key', detail: 'the key does not sign with this algorithm' })
  }
}

/**
 * Signed documents for one package, under its own error code.
 * @param refuse makes the error for a signer or for keys that are none
 */
export function signedDocuments(refuse: RefuseJws): SignedDocuments {
  return Object.freeze({
    readSigner: (signer: unknown, path: string) => parseAs(signerSchema, signer, path, refuse) as Signer,
    signDocument: (signer: Signer, typ: string, document: unknown) => sign(signer, typ, document, refuse),
    proveSigner: async (signer: Signer, format: string) => {
      await sign(signer, 'phi-signer-probe', { format }, refuse)
    },
    openDocument: (jws: unknown, keys: TrustedKeys, typ?: string) => open(jws, keys, typ, refuse),
  })
}
