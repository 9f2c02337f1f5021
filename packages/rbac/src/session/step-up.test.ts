import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { requireStepUp, type StepUpRequirement, stepUpChallenge } from './step-up.ts'

const NOW = 1_772_366_400_000
const session = { acr: 'urn:mfa', authTime: NOW - 60_000, mfa: 'met' as const }
const outcome = (requirement: StepUpRequirement, more: object = {}, now = NOW) =>
  requireStepUp({ ...session, ...more } as typeof session, requirement, now).outcome

describe('S3: a sign-in that is strong and recent enough', () => {
  it('RFC 9470 §3: the challenge, to the letter', () => {
    const verdict = requireStepUp(session, { acr_values: ['urn:gold', 'urn:platinum'], max_age: 5 }, NOW)
    expect(verdict).toEqual({
      outcome: 'challenge',
      challenge: {
        error: 'insufficient_user_authentication',
        acr_values: 'urn:gold urn:platinum',
        max_age: 5,
        header:
          'Bearer error="insufficient_user_authentication", error_description="A different authentication is required", acr_values="urn:gold urn:platinum", max_age="5"',
      },
    })
    expect(stepUpChallenge({ max_age: 0 }).header).toBe(
      'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="0"',
    )
  })

  it('max_age is met up to the very millisecond', () => {
    expect(outcome({ max_age: 60 })).toBe('satisfied')
    expect(outcome({ max_age: 60 }, {}, NOW + 1)).toBe('challenge')
    expect(outcome({ max_age: 0 }, { authTime: NOW })).toBe('satisfied')
    expect(outcome({ max_age: 0 }, { authTime: NOW - 1 })).toBe('challenge')
  })

  it('acr_values is met by any one of them, exactly', () => {
    expect(outcome({ acr_values: ['urn:gold', 'urn:mfa'] })).toBe('satisfied')
    expect(outcome({ acr_values: ['urn:MFA'] })).toBe('challenge')
    expect(outcome({ acr_values: ['urn'] })).toBe('challenge')
  })

  it('all that is asked for must be met', () => {
    expect(outcome({ acr_values: ['urn:mfa'], max_age: 60, mfa: true })).toBe('satisfied')
    expect(outcome({ acr_values: ['urn:mfa'], max_age: 59, mfa: true })).toBe('challenge')
    expect(outcome({ acr_values: ['urn:gold'], max_age: 60 })).toBe('challenge')
    expect(outcome({ mfa: true }, { mfa: 'unknown' })).toBe('challenge')
    expect(outcome({ mfa: true }, { mfa: 'not-met' })).toBe('challenge')
    expect(outcome({ mfa: true }, { mfa: undefined })).toBe('challenge')
  })

  it('what is not known is not met', () => {
    expect(outcome({ acr_values: ['urn:mfa'] }, { acr: null })).toBe('challenge')
    expect(outcome({ acr_values: ['urn:mfa'] }, { acr: undefined })).toBe('challenge')
    for (const authTime of [null, undefined, Number.NaN, NOW + 1, Number.POSITIVE_INFINITY, `${NOW}`]) {
      expect(outcome({ max_age: 1_000_000 }, { authTime })).toBe('challenge')
    }
    for (const now of [Number.NaN, Number.POSITIVE_INFINITY]) expect(outcome({ max_age: 60 }, {}, now)).toBe('challenge')
  })

  it('a requirement that asks for nothing, or that does not fit a header, is an error', async () => {
    const bad: unknown[] = [
      {},
      { acr_values: [] },
      { acr_values: ['a b'] },
      { acr_values: ['a"'] },
      { acr_values: ['a\\'] },
      { acr_values: ['a\r\nSet-Cookie: x=1'] },
      { acr_values: ['ü'] },
      { acr_values: [''] },
      { acr_values: 'urn:mfa' },
      { max_age: -1 },
      { max_age: 1.5 },
      { max_age: Number.NaN },
      { max_age: '5' },
      { mfa: false },
      { maxAge: 5 },
      undefined,
    ]
    for (const each of bad) {
      const error = await refusal(() => requireStepUp(session, each as never, NOW))
      expect(error.code).toBe('PHI_RBAC_SESSION_OPTIONS')
      expect(error.message).not.toMatch(/Cookie|urn/)
    }
  })

  it('nothing can be injected: whatever is taken, the header has its four parts and no more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary-ascii', maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.nat(),
        (acr_values, max_age) => {
          let header: string
          try {
            header = stepUpChallenge({ acr_values, max_age }).header
          } catch {
            return
          }
          const form =
            /^Bearer error="insufficient_user_authentication", error_description="[A-Za-z ]+", acr_values="([!#-[\]-~]+(?: [!#-[\]-~]+)*)", max_age="\d+"$/
          expect(form.exec(header)?.[1]).toBe(acr_values.join(' '))
          expect(new Headers({ 'www-authenticate': header }).get('www-authenticate')).toBe(header)
        },
      ),
    )
  })
})
