/**
 * The algorithms by themselves, for those who know what they need: bytes in, bytes out, synchronous.
 *
 * @module @phi/envelope/primitives
 */
export { type ExtendedNonceAead, kcXaes256Gcm, xaes256Gcm } from './xaes.ts'
