import { describe, expect, it } from 'vitest'
import { envelopeError } from '../../errors.ts'
import { isLost, isStale, returnValues, TokenMissing, toPhiError } from './return-value.ts'

/** As pkcs11js makes them. */
function answer(value: number, message = 'CKR_SOMETHING'): Error {
  return Object.assign(new Error(message), { name: 'Pkcs11Error', code: value, nativeStack: 'at /home/someone/secret' })
}

describe('answers of a token as errors', () => {
  it.each([
    ['CKR_PIN_INCORRECT', 'PHI_ENVELOPE_KMS_DENIED'],
    ['CKR_PIN_LOCKED', 'PHI_ENVELOPE_KMS_DENIED'],
    ['CKR_ACTION_PROHIBITED', 'PHI_ENVELOPE_KMS_DENIED'],
    ['CKR_ENCRYPTED_DATA_INVALID', 'PHI_ENVELOPE_KMS_REFUSED'],
    ['CKR_AEAD_DECRYPT_FAILED', 'PHI_ENVELOPE_KMS_REFUSED'],
    ['CKR_KEY_FUNCTION_NOT_PERMITTED', 'PHI_ENVELOPE_KMS_KEY_UNUSABLE'],
    ['CKR_MECHANISM_INVALID', 'PHI_ENVELOPE_KMS_UNSUPPORTED'],
    ['CKR_DEVICE_REMOVED', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['CKR_SESSION_HANDLE_INVALID', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['CKR_GENERAL_ERROR', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
    ['CKR_SESSION_COUNT', 'PHI_ENVELOPE_KMS_UNAVAILABLE'],
  ] as const)('%s is %s', (name, code) => {
    const error = toPhiError(answer(returnValues[name]))
    expect(error).toMatchObject({ code, info: { answer: name, value: returnValues[name] } })
  })

  it('never calls a key gone: only a search can tell', () => {
    for (const value of Object.values(returnValues)) {
      expect(toPhiError(answer(value)).code).not.toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    }
  })

  it('takes what it does not know as "not available", and shows the number only', () => {
    const vendor = toPhiError(answer(0x8000_0001, 'CKR_VENDOR_DEFINED'))
    expect(vendor).toMatchObject({ code: 'PHI_ENVELOPE_KMS_UNAVAILABLE', retryable: true })
    expect(vendor.info).toEqual({ answer: 'CKR_OTHER', value: 0x8000_0001 })
    for (const other of [new TypeError('Jane Roe'), 'Jane Roe', undefined, { code: 5 }]) {
      const error = toPhiError(other)
      expect(error.code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
      expect(error.message).not.toContain('Jane')
    }
  })

  it('keeps no cause, which holds paths, and passes on its own errors', () => {
    expect(JSON.stringify(toPhiError(answer(5, 'CKR_GENERAL_ERROR')))).not.toContain('secret')
    expect('cause' in toPhiError(answer(5))).toBe(false)
    const own = envelopeError('PHI_ENVELOPE_KMS_REFUSED')
    expect(toPhiError(own)).toBe(own)
  })

  it('tells a stale session from a lost token, and both from a final answer', () => {
    const kinds = Object.entries(returnValues).map(([name, value]) => {
      const error = answer(value)
      expect(isStale(error) && isLost(error), name).toBe(false)
      return isStale(error) ? 'stale' : isLost(error) ? 'lost' : 'final'
    })
    expect(kinds.filter((kind) => kind === 'stale')).toHaveLength(6)
    expect(kinds.filter((kind) => kind === 'lost')).toHaveLength(6)
    expect(isLost(new TokenMissing())).toBe(true)
    expect(toPhiError(new TokenMissing())).toMatchObject({ code: 'PHI_ENVELOPE_KMS_UNAVAILABLE' })
  })
})
