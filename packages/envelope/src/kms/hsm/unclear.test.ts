import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { envelopeError } from '../../errors.ts'
import { Unclear, unlessUnclear } from './unclear.ts'

const key = Uint8Array.of(1, 2, 3)
const fine = async () => undefined
const unclear = async () => {
  throw new Unclear()
}
const fails = (code: 'PHI_ENVELOPE_KMS_UNAVAILABLE' | 'PHI_ENVELOPE_KMS_KEY_UNUSABLE') => async () => {
  throw envelopeError(code)
}
/** Unclear so many times, and then the key. */
const after = (times: number) => {
  let call = 0
  return async () => {
    if (call++ < times) throw new Unclear()
    return key
  }
}

describe('an unclear refusal', () => {
  it('S19 is a wrong record only from a service that works and says it twice', async () => {
    expect(await unlessUnclear(after(0), unclear)).toBe(key)
    expect(await unlessUnclear(after(1), fine)).toBe(key)
    expect((await refusal(unlessUnclear(after(2), fine))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect((await refusal(unlessUnclear(after(1), unclear))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
  })

  it('leaves every clear answer as it is', async () => {
    const lost = fails('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expect((await refusal(unlessUnclear(lost, fine))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expect((await refusal(unlessUnclear(after(1), lost))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expect((await refusal(unlessUnclear(after(2), fails('PHI_ENVELOPE_KMS_KEY_UNUSABLE')))).code).toBe(
      'PHI_ENVELOPE_KMS_REFUSED',
    )
  })
})
