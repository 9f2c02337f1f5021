import { endianness } from 'node:os'
import type { PKCS11 } from 'pkcs11js'

/**
 * The part of PKCS #11 that this adapter calls, in the spelling of `pkcs11js`. Names and numbers are those of OASIS PKCS #11
 * v2.40; they stand here so that nothing native is loaded before it is used.
 */
export type Cryptoki = Pick<
  PKCS11,
  | 'C_Initialize'
  | 'C_Finalize'
  | 'C_GetSlotList'
  | 'C_GetSlotInfo'
  | 'C_GetTokenInfo'
  | 'C_GetMechanismInfo'
  | 'C_OpenSession'
  | 'C_CloseSession'
  | 'C_GetSessionInfo'
  | 'C_Login'
  | 'C_FindObjectsInit'
  | 'C_FindObjects'
  | 'C_FindObjectsFinal'
  | 'C_GetAttributeValue'
  | 'C_GenerateRandom'
  | 'C_GenerateKey'
  | 'C_DestroyObject'
  | 'C_EncryptInit'
  | 'C_EncryptAsync'
  | 'C_DecryptInit'
  | 'C_DecryptAsync'
>

/** A slot, session or object: a CK_ULONG as the bytes that the library uses. */
export type Handle = Buffer

/** CKF_*: C_Initialize, sessions, slots, mechanisms. */
export const flag = { OS_LOCKING_OK: 2, RW_SESSION: 2, SERIAL_SESSION: 4, HW_SLOT: 4, HW: 1 } as const

/** CKA_*. */
export const attribute = {
  CLASS: 0x00,
  TOKEN: 0x01,
  PRIVATE: 0x02,
  LABEL: 0x03,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  SIGN: 0x108,
  VERIFY: 0x10a,
  DERIVE: 0x10c,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
} as const

export const CKO_SECRET_KEY = 4
export const CKK_AES = 0x1f
export const CKU_USER = 1
/** CKS_RO_USER_FUNCTIONS and CKS_RW_USER_FUNCTIONS: the states in which a user is logged in and sees private objects. */
export const USER_STATES: readonly number[] = [1, 3]

const CKM_AES_KEY_GEN = 0x1080
export const CKM_AES_GCM = 0x1087
/** In pkcs11js: CK_GCM_PARAMS as v2.40 of the standard has it, with the field ulIvBits. */
const CK_PARAMS_AES_GCM_V240 = 7

export const aesKeyGeneration = { mechanism: CKM_AES_KEY_GEN }

/** CKM_AES_GCM with a 128-bit tag. Objects and Buffers only, as the library reads them by pointer. */
export const aesGcm = (iv: Buffer, aad: Uint8Array) => ({
  mechanism: CKM_AES_GCM,
  parameter: {
    type: CK_PARAMS_AES_GCM_V240,
    iv,
    ivBits: iv.length * 8,
    aad: Buffer.from(aad),
    tagBits: 128,
  },
})

const bigEndian = endianness() === 'BE'

/** The number in a CK_ULONG, 4 or 8 bytes in the machine's own order. Undefined for anything else. */
export function ulong(bytes: Uint8Array | undefined): number | undefined {
  if (bytes?.length !== 4 && bytes?.length !== 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return bytes.length === 4 ? view.getUint32(0, !bigEndian) : Number(view.getBigUint64(0, !bigEndian))
}

/** A text field of PKCS #11: padded with blanks, and by some libraries with zero bytes. */
export const unpadded = (text: string): string => text.replace(/[\0 ]+$/, '')
