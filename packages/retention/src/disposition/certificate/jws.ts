import { type Signer, signedDocuments } from '@phi/core/jws'
import { retentionError } from '../../errors.ts'

export {
  type Disbelief,
  readCanonical,
  type SignatureAlgorithm,
  type SignatureJwk,
  type SignatureKeyHandle,
  type Signer,
  type TrustedKeys,
} from '@phi/core/jws'

const documents = signedDocuments((context) => retentionError('PHI_RETENTION_OPTIONS', context))

/** @throws PhiError PHI_RETENTION_OPTIONS */
export const readSigner = documents.readSigner

/** @throws PhiError PHI_RETENTION_OPTIONS when the signer's key is not one for its algorithm */
export const signDocument = documents.signDocument

/** @throws PhiError PHI_RETENTION_OPTIONS for keys that are none */
export const openDocument = documents.openDocument

/** Sees that the signer can sign, before anything is done that cannot be undone. @throws PhiError PHI_RETENTION_OPTIONS */
export const proveSigner = (signer: Signer): Promise<void> => documents.proveSigner(signer, 'phi.retention/signer-probe/v1')
