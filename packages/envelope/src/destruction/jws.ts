import { type Signer, signedDocuments } from '@phi/core/jws'
import { envelopeError } from '../errors.ts'

export {
  type Disbelief,
  readCanonical,
  type SignatureAlgorithm as CertificateAlgorithm,
  type SignatureJwk as CertificateJwk,
  type SignatureKeyHandle as KeyHandle,
  type Signer as CertificateSigner,
  type TrustedKeys as CertificateKeys,
} from '@phi/core/jws'

const documents = signedDocuments((context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))

/** @throws PhiError PHI_ENVELOPE_OPTIONS when the signer's key is not one for its algorithm @internal */
export const signDocument = documents.signDocument

/** @throws PhiError PHI_ENVELOPE_OPTIONS for keys that are none @internal */
export const openDocument = documents.openDocument

/**
 * Sees that the signer can sign, before anything is done that cannot be undone. @throws PhiError PHI_ENVELOPE_OPTIONS @internal
 */
export const proveSigner = (signer: Signer): Promise<void> => documents.proveSigner(signer, 'phi.envelope/signer-probe/v1')

/** @throws PhiError PHI_ENVELOPE_OPTIONS @internal */
export const readSigner = (signer: unknown): Signer => documents.readSigner(signer, 'signer')
