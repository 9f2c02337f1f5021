import { describe, expect, expectTypeOf, it } from 'vitest'
import { children, isPurposeOfUse, leaves, type PurposeOfUse, purposesOfUse, type Use, useOfPurpose, uses } from '../index.ts'

const all = Object.keys(uses) as Use[]
const leafUses = leaves(uses)
const whose = (test: (use: (typeof uses)[Use]) => boolean) => leafUses.filter((key) => test(uses[key]))

describe('uses', () => {
  it('S66 treatment, payment and operations need no authorization and are not accounted for', () => {
    for (const key of ['treatment', 'payment', ...leaves(uses, 'operations')] as const) {
      expect(uses[key]).toMatchObject({ needsAuthorization: false, accountable: false })
    }
  })

  it('an authorization is needed for sale, and for four more unless an exception is shown, 164.508', () => {
    expect(whose((use) => use.needsAuthorization === true)).toEqual(['sale'])
    expect(whose((use) => use.needsAuthorization === 'unless-excepted')).toEqual([
      'research',
      'marketing',
      'fundraising',
      'ai.training',
    ])
  })

  it('S7 the minimum necessary standard applies but for the exceptions of 164.502(b)(2)', () => {
    expect(whose((use) => use.minimumNecessary === 'except-to-providers')).toEqual(['treatment'])
    // (ii) the individual, (iii) an authorization, (v) required by law.
    expect(whose((use) => use.minimumNecessary === false)).toEqual([
      'required-by-law',
      'marketing',
      'sale',
      'individual.access',
      'individual.confidential-channel',
    ])
  })

  it('an accounting lists what 164.528(a)(1) does not except', () => {
    expect(whose((use) => use.accountable !== false)).toEqual([
      'ba.management',
      'ba.legal',
      'required-by-law',
      'public-health',
      'research',
    ])
  })

  it('a business associate acts for itself in three uses only, 164.504(e)(2)(i)(A)-(B)', () => {
    expect(whose((use) => use.baMay === 'if-agreed-for-itself')).toEqual([
      'operations.data-aggregation',
      'ba.management',
      'ba.legal',
    ])
  })

  it('S38 training a model is a leaf of its own, so that one prohibition names it', () => {
    expect(leafUses).toContain('ai.training')
    expect(uses['ai.training']).toMatchObject({ baMay: 'never-beyond-CE', citation: { confirmation: 'interpretation' } })
  })

  it('a branch answers no less strictly than any of its members', () => {
    const strictness = (answer: boolean | string) => (answer === false ? 0 : answer === true ? 2 : 1)
    for (const branch of all) {
      for (const child of children(uses, branch)) {
        for (const question of ['needsAuthorization', 'minimumNecessary', 'accountable'] as const) {
          expect(strictness(uses[branch][question])).toBeGreaterThanOrEqual(strictness(uses[child][question]))
        }
      }
    }
  })

  it('each is cited', () => {
    for (const key of all) expect(uses[key].citation).toBeDefined()
  })
})

describe('the use that a purpose amounts to', () => {
  it.each<[PurposeOfUse, Use | undefined]>([
    ['TREAT', 'treatment'],
    ['BTG', 'treatment'],
    ['ERTREAT', 'treatment'],
    ['HPAYMT', 'payment'],
    ['REMITADV', 'payment'],
    ['ELIGVER', 'payment'],
    ['HOPERAT', 'operations'],
    ['HQUALIMP', 'operations.quality'],
    ['HTEST', 'operations.business-management'],
    ['MLTRAINING', 'ai.training'],
    ['CLINTRCHPC', 'research'],
    ['HMARKT', 'marketing'],
    ['PUBHLTH', 'public-health'],
    ['PATRQT', 'individual.access'],
  ])('S66 %s is %s', (purpose, use) => expect(useOfPurpose(purpose)).toBe(use))

  it('S66 what HL7 files under operations or payment and HIPAA does not is not taken for either', () => {
    const unread = (Object.keys(purposesOfUse) as PurposeOfUse[]).filter((code) => useOfPurpose(code) === undefined)
    // Each has a paragraph of its own in 164.510 or 164.512, or more than one that may fit.
    expect(unread.sort()).toEqual(
      ['DISASTER', 'DONAT', 'FAMRQT', 'GOV', 'HDECD', 'HDIRECT', 'HLEGAL', 'MILCDM', 'MILDCRG', 'SUPNWK', 'THREAT'].sort(),
    )
  })

  it('is a use of the tree, and takes codes only', () => {
    for (const code of Object.keys(purposesOfUse)) {
      if (!isPurposeOfUse(code)) throw new Error(code)
      const use = useOfPurpose(code)
      if (use !== undefined) expect(all).toContain(use)
    }
    // @ts-expect-error not a code
    expect(() => useOfPurpose('TREATMENT')).toThrow(TypeError)
    expectTypeOf(useOfPurpose).returns.toEqualTypeOf<Use | undefined>()
  })
})
