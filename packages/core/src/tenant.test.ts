import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPhiError, parseTenant } from './index.ts'

const isRefused = (value: unknown) => {
  try {
    parseTenant(value)
  } catch (error) {
    if (!isPhiError(error, 'PHI_CORE_TENANT')) throw error
    expect(error.path).toBe('tenant')
    if (typeof value === 'string' && value.length > 3) expect(JSON.stringify(error)).not.toContain(value)
    return true
  }
  return false
}

describe('tenants', () => {
  it.each(['a', '7', 'clinic-3', 'north.clinic_3', '0.', 'x'.repeat(64)])('takes %s', (id) => expect(parseTenant(id)).toBe(id))

  it.each([
    '',
    'Clinic',
    '-clinic',
    '.clinic',
    '_clinic',
    '../etc',
    'a/b',
    'a b',
    ' clinic',
    'clinic\n',
    'clínic',
    'x'.repeat(65),
    "a';drop",
    undefined,
    null,
    7,
    ['clinic'],
    { toString: () => 'clinic' },
  ])('refuses %j', (value) => expect(isRefused(value)).toBe(true))

  it('takes a text if and only if each character is allowed and the first is a letter or a digit', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'az09-_.AZ/ é\u0000'), maxLength: 66 }), (text) => {
        const allowed = [...text].every((each) => 'abcdefghijklmnopqrstuvwxyz0123456789-_.'.includes(each))
        const begins = text.length > 0 && !'-_.'.includes(text.charAt(0))
        expect(isRefused(text)).toBe(!(allowed && begins && text.length <= 64))
      }),
    )
  })
})
