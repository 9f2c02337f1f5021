/**
 * The algorithms by themselves, for those who know what they need: bytes in, bytes out, synchronous.
 *
 * @module @phi/envelope/primitives
 */
export { aesKw, type KeyWrap } from './aes-kw.ts'
export { aesKwp } from './aes-kwp.ts'
export { type AesSiv, aesSiv } from './aes-siv.ts'
export { cobblestone256 } from './cobblestone.ts'
export { type ExtendedNonceAead, kcXaes256Gcm, xaes256Gcm } from './xaes.ts'
