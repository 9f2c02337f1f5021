import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { authenticationMethods, mfaVerdict } from './mfa.ts'

const verdict = (amr: unknown, acr: unknown = null, acrMeansMfa: string[] = []) =>
  mfaVerdict({ amr, acr } as never, { acrMeansMfa })

describe('S3 S93: more than one factor', () => {
  it.each<[string[], string]>([
    [['mfa'], 'met'],
    [['pwd', 'mfa'], 'met'],
    [['strange', 'mfa'], 'met'],
    [['pwd', 'otp'], 'met'],
    [['pwd', 'sms'], 'met'],
    [['pwd', 'tel'], 'met'],
    [['kba', 'hwk'], 'met'],
    [['hwk', 'pin'], 'met'],
    [['swk', 'fpt'], 'met'],
    [['pin', 'vbm'], 'met'],
    [['strange', 'pwd', 'otp'], 'met'],
    [['pwd'], 'not-met'],
    [['hwk'], 'not-met'],
    // Of one class, however many.
    [['pwd', 'pin'], 'not-met'],
    [['pwd', 'kba'], 'not-met'],
    [['pwd', 'pwd'], 'not-met'],
    [['otp', 'sms'], 'not-met'],
    [['hwk', 'swk', 'sc', 'tel'], 'not-met'],
    [['face', 'fpt', 'iris', 'retina', 'vbm'], 'not-met'],
    // No factor, however many.
    [['pwd', 'geo'], 'not-met'],
    [['pwd', 'rba'], 'not-met'],
    [['pwd', 'mca'], 'not-met'],
    [['hwk', 'user'], 'not-met'],
    [['wia'], 'not-met'],
    [['geo', 'rba', 'user', 'mca', 'wia', 'pop'], 'not-met'],
    // Something that the table does not know.
    [['strange'], 'unknown'],
    [['pwd', 'strange'], 'unknown'],
    [['MFA'], 'unknown'],
    [['pwd', 'OTP'], 'unknown'],
    [['mfa '], 'unknown'],
    [['__proto__', 'constructor', 'toString'], 'unknown'],
    [[], 'unknown'],
  ])('%j: %s', (amr, expected) => {
    expect(verdict(amr)).toBe(expected)
  })

  it('an acr counts when it was configured, exactly', () => {
    expect(verdict(null, 'urn:mfa', ['urn:mfa'])).toBe('met')
    expect(verdict(['pwd'], 'urn:mfa', ['urn:other', 'urn:mfa'])).toBe('met')
    expect(verdict(null, 'urn:MFA', ['urn:mfa'])).toBe('unknown')
    expect(verdict(null, 'urn:mfa')).toBe('unknown')
    expect(verdict(['pwd'], 'urn:loa1', ['urn:mfa'])).toBe('not-met')
    expect(verdict(null, '', [''])).toBe('unknown')
  })

  it('what is missing or of another kind is unknown', () => {
    for (const amr of [
      undefined,
      null,
      'mfa',
      7,
      {},
      { 0: 'mfa', length: 1 },
      new Set(['mfa']),
      [['mfa']],
      [{ toString: () => 'mfa' }],
      [null],
    ]) {
      expect(verdict(amr)).toBe('unknown')
    }
    for (const facts of [undefined, null, {}, { amr: undefined, acr: ['urn:mfa'] }]) {
      expect(mfaVerdict(facts as never, { acrMeansMfa: ['urn:mfa'] })).toBe('unknown')
    }
  })
})

const classOf = (method: string) => authenticationMethods[method]
const method = fc.oneof(fc.constantFrom(...Object.keys(authenticationMethods)), fc.string({ maxLength: 4 }))

describe('properties', () => {
  it('S3: order and repetition change nothing; met means mfa or two classes, by a plain twin', () => {
    fc.assert(
      fc.property(fc.array(method, { maxLength: 8 }), (amr) => {
        const own = amr.filter((each) => Object.keys(authenticationMethods).includes(each))
        const classes = new Set(own.map(classOf).filter((each) => each !== null && each !== 'multiple'))
        const met = own.includes('mfa') || classes.size >= 2
        expect(verdict(amr)).toBe(met ? 'met' : amr.length > 0 && own.length === amr.length ? 'not-met' : 'unknown')
        expect(verdict([...amr, ...amr].toReversed())).toBe(verdict(amr))
      }),
    )
  })
})

describeVectors('the published table', 'policy/rfc8176-amr.json', () => {
  const { values, factorClass } = JSON.parse(readVector('policy/rfc8176-amr.json')) as {
    values: Record<string, string>
    factorClass: Record<string, string[]>
  }
  it('S3: has the same methods and the same classes', () => {
    expect(Object.keys(authenticationMethods).toSorted()).toEqual(Object.keys(values).toSorted())
    for (const name of ['knowledge', 'possession', 'inherence'] as const) {
      const ours = Object.keys(authenticationMethods).filter((each) => classOf(each) === name)
      expect(ours.toSorted(), name).toEqual(factorClass[name]?.toSorted())
    }
    expect(Object.keys(authenticationMethods).filter((each) => classOf(each) === 'multiple')).toEqual(['mfa'])
  })
})

it('the table cannot be changed', () => {
  expect(() => Object.assign(authenticationMethods, { pwd: 'multiple' })).toThrow(TypeError)
})
