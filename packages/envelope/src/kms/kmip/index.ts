/**
 * Key-encryption keys on a server that speaks KMIP 1.4 over mutual TLS. Node only.
 *
 * @module @phi/envelope/kmip
 */
export { createKmipKek, type KmipKms, kmipKms, rotateKmipKek } from './kmip-kms.ts'
export type { KmipOptions } from './options.ts'
