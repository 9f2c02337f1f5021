/**
 * Key-encryption keys in an HSM, or another token, behind PKCS #11. Needs the optional peer `pkcs11js`. Node only.
 *
 * @module @phi/envelope/pkcs11
 */
export type { Pkcs11Options } from './options.ts'
export { createKek, type Pkcs11Kms, pkcs11Kms, rotateKek } from './pkcs11-kms.ts'
