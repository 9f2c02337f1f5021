/**
 * Signed documents: canonical JSON (RFC 8785) as a compact JWS (RFC 7515), with two algorithms and keys that the caller trusts.
 *
 * @module @phi/core/jws
 */
export {
  type SignatureAlgorithm,
  type SignatureJwk,
  type SignatureKeyHandle,
  type Signer,
  signatureAlgorithms,
  type TrustedKeys,
} from './keys.ts'
export {
  type Disbelief,
  type Opened,
  type RefuseJws,
  readCanonical,
  type SignedDocuments,
  signedDocuments,
} from './signed-documents.ts'
