/**
 * ML-DSA-44 signatures on checkpoints (C2SP tlog-cosignature, FIPS 204), for witnesses and for logs that are kept for long.
 *
 * @module @phi/audit/ml-dsa
 */
export {
  type MlDsa44Signer,
  type MlDsa44SignerOptions,
  mlDsa44Algorithms,
  mlDsa44Signer,
  mlDsa44Verifier,
} from './ml-dsa-44.ts'
