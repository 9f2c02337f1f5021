import type { PhiError } from '@phi/core'
import { isPhiError } from '@phi/core'
import { envelopeError } from '../../errors.ts'

/** CKR_* of OASIS PKCS #11 v2.40 (and two of v3.0) that this adapter tells apart. Every other one reads "not available". */
export const returnValues = {
  CKR_SLOT_ID_INVALID: 0x03,
  CKR_GENERAL_ERROR: 0x05,
  CKR_FUNCTION_FAILED: 0x06,
  CKR_CANT_LOCK: 0x0a,
  CKR_ATTRIBUTE_TYPE_INVALID: 0x12,
  CKR_ACTION_PROHIBITED: 0x1b,
  CKR_DEVICE_ERROR: 0x30,
  CKR_DEVICE_REMOVED: 0x32,
  CKR_ENCRYPTED_DATA_INVALID: 0x40,
  CKR_ENCRYPTED_DATA_LEN_RANGE: 0x41,
  CKR_AEAD_DECRYPT_FAILED: 0x42,
  CKR_FUNCTION_NOT_SUPPORTED: 0x54,
  CKR_KEY_HANDLE_INVALID: 0x60,
  CKR_KEY_SIZE_RANGE: 0x62,
  CKR_KEY_TYPE_INCONSISTENT: 0x63,
  CKR_KEY_FUNCTION_NOT_PERMITTED: 0x68,
  CKR_MECHANISM_INVALID: 0x70,
  CKR_MECHANISM_PARAM_INVALID: 0x71,
  CKR_OBJECT_HANDLE_INVALID: 0x82,
  CKR_OPERATION_ACTIVE: 0x90,
  CKR_PIN_INCORRECT: 0xa0,
  CKR_PIN_INVALID: 0xa1,
  CKR_PIN_LEN_RANGE: 0xa2,
  CKR_PIN_EXPIRED: 0xa3,
  CKR_PIN_LOCKED: 0xa4,
  CKR_SESSION_CLOSED: 0xb0,
  CKR_SESSION_COUNT: 0xb1,
  CKR_SESSION_HANDLE_INVALID: 0xb3,
  CKR_SESSION_READ_ONLY: 0xb5,
  CKR_TOKEN_NOT_PRESENT: 0xe0,
  CKR_TOKEN_NOT_RECOGNIZED: 0xe1,
  CKR_TOKEN_WRITE_PROTECTED: 0xe2,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_USER_NOT_LOGGED_IN: 0x101,
  CKR_USER_PIN_NOT_INITIALIZED: 0x102,
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: 0x104,
  CKR_USER_TOO_MANY_TYPES: 0x105,
  CKR_CRYPTOKI_NOT_INITIALIZED: 0x190,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
  CKR_FUNCTION_REJECTED: 0x200,
} as const

export type ReturnValue = keyof typeof returnValues

const names = new Map<number, ReturnValue>(Object.entries(returnValues).map(([name, value]) => [value, name as ReturnValue]))

/** What a call into the library was answered with: the name of the return value where it is known here. */
export interface Refused {
  readonly name: ReturnValue | 'CKR_OTHER'
  readonly value: number
}

/** Reads the errors of `pkcs11js`. Undefined for what is no answer of the library. */
function answerOf(error: unknown): Refused | undefined {
  if (!(error instanceof Error) || error.name !== 'Pkcs11Error') return undefined
  const value = (error as { code?: unknown }).code
  return typeof value === 'number' ? { name: names.get(value) ?? 'CKR_OTHER', value } : undefined
}

export const answers = (error: unknown, ...wanted: readonly ReturnValue[]): boolean => {
  const name = answerOf(error)?.name
  return wanted.some((each) => each === name)
}

/**
 * The session, the login or the handle is no longer what it was: a new session helps. Handles count among them because a library
 * numbers its objects anew after a logout; whether the key itself is gone is asked of the token.
 */
export const isStale = (error: unknown): boolean =>
  answers(
    error,
    'CKR_KEY_HANDLE_INVALID',
    'CKR_OBJECT_HANDLE_INVALID',
    'CKR_OPERATION_ACTIVE',
    'CKR_SESSION_CLOSED',
    'CKR_SESSION_HANDLE_INVALID',
    'CKR_USER_NOT_LOGGED_IN',
  )

/** Found out by looking: the token is in none of the slots, or no longer in its own. */
export class TokenMissing extends Error {}

/** The token or the library went away: everything is opened again from the start. */
export const isLost = (error: unknown): boolean =>
  error instanceof TokenMissing ||
  answers(
    error,
    'CKR_SLOT_ID_INVALID',
    'CKR_DEVICE_ERROR',
    'CKR_DEVICE_REMOVED',
    'CKR_TOKEN_NOT_PRESENT',
    'CKR_TOKEN_NOT_RECOGNIZED',
    'CKR_CRYPTOKI_NOT_INITIALIZED',
  )

const codes = {
  CKR_CANT_LOCK: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  CKR_FUNCTION_NOT_SUPPORTED: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  CKR_MECHANISM_INVALID: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  CKR_MECHANISM_PARAM_INVALID: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  CKR_ACTION_PROHIBITED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_FUNCTION_REJECTED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_PIN_INCORRECT: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_PIN_INVALID: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_PIN_LEN_RANGE: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_PIN_EXPIRED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_PIN_LOCKED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_SESSION_READ_ONLY: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_TOKEN_WRITE_PROTECTED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_USER_PIN_NOT_INITIALIZED: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_USER_TOO_MANY_TYPES: 'PHI_ENVELOPE_KMS_DENIED',
  CKR_KEY_FUNCTION_NOT_PERMITTED: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  CKR_KEY_SIZE_RANGE: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  CKR_KEY_TYPE_INCONSISTENT: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  CKR_ENCRYPTED_DATA_INVALID: 'PHI_ENVELOPE_KMS_REFUSED',
  CKR_ENCRYPTED_DATA_LEN_RANGE: 'PHI_ENVELOPE_KMS_REFUSED',
  CKR_AEAD_DECRYPT_FAILED: 'PHI_ENVELOPE_KMS_REFUSED',
} as const satisfies Partial<Record<ReturnValue, string>>

/**
 * The answer of the library as an error of this package. What it says nothing certain about is PHI_ENVELOPE_KMS_UNAVAILABLE: a
 * key is called gone only where the token, with its user logged in, finds none. Causes are not kept: they hold paths.
 */
export function toPhiError(error: unknown): PhiError {
  if (isPhiError(error)) return error
  if (error instanceof TokenMissing)
    return envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', {
      detail: 'no token with this label, serial number or slot is present',
    })
  const answer = answerOf(error)
  if (answer === undefined) return envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the PKCS #11 call failed' })
  const code = Object.hasOwn(codes, answer.name) ? codes[answer.name as keyof typeof codes] : 'PHI_ENVELOPE_KMS_UNAVAILABLE'
  return envelopeError(code, {
    detail: 'the token answered with an error',
    info: { answer: answer.name, value: answer.value },
  })
}
