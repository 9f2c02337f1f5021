/**
 * What a KMS adapter needs: the interface, the context and its bytes, and the errors.
 *
 * @module @phi/envelope/kms
 */
export { envelopeError } from '../errors.ts'
export { bindInside, unbindInside } from './bind-inside.ts'
export { contextBytes, contextDigest, type WrapContext } from './context.ts'
export type {
  KekDescription,
  KekDestruction,
  KekState,
  Kms,
  KmsCallOptions,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from './kms.ts'
