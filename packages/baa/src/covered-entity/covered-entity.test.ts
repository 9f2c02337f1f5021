import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Party } from '../agreement/party.ts'
import { type CoveredEntityFacts, coveredEntityQuestionTexts, coveredEntityTest, factsOf } from './covered-entity.ts'
import { needsAgreement, type VendorFacts } from './needs-agreement.ts'
import { type Profession, professionKeys, professionOf, professions } from './profession.ts'
import { standardTransactionKeys, standardTransactions } from './transaction.ts'

const asked = (facts: CoveredEntityFacts) => {
  const { outcome, questions } = coveredEntityTest(facts)
  return [outcome, ...questions.map(({ fact }) => fact)]
}

const practice = { planOrClearinghouse: false, billsInNormalCourse: true } as const

describe('coveredEntityTest', () => {
  it('S141 C9 each profession of the list is covered with a standard transaction, and not without one', () => {
    const listed: readonly Profession[] = [
      'psychologist',
      'psychiatrist',
      'clinical-social-worker',
      'marriage-family-therapist',
      'physician',
      'nurse-practitioner',
      'physical-therapist',
      'occupational-therapist',
    ]
    for (const profession of listed) {
      const facts = { ...practice, professions: [profession] }
      expect(asked({ ...facts, standardTransactions: true })).toEqual(['covered'])
      expect(asked({ ...facts, standardTransactions: ['eligibility'] })).toEqual(['covered'])
      expect(asked({ ...facts, standardTransactions: false })).toEqual(['not-covered'])
      expect(asked({ ...facts, standardTransactions: [] })).toEqual(['not-covered'])
      expect(asked(facts)).toEqual(['unknown', 'standardTransactions'])
    }
  })

  it('C9 a licensed therapist who is paid in cash and sends no claims is not a covered entity', () => {
    const therapist = { ...practice, professions: ['therapist'], licensed: true } as const
    expect(asked({ ...therapist, standardTransactions: false })).toEqual(['not-covered'])
    expect(asked(therapist)).toEqual(['unknown', 'standardTransactions'])
    expect(coveredEntityQuestionTexts.standardTransactions.asks).toContain('through a billing service')
  })

  it('S142 a coach is asked for mental health treatment, a trainer for physical therapy, a counselor for the licence first', () => {
    const open = { ...practice, standardTransactions: true } as const
    expect(asked({ ...open, professions: ['life-coach'] })).toEqual(['unknown', 'mentalHealthTreatment'])
    expect(asked({ ...open, professions: ['life-coach'], mentalHealthTreatment: false })).toEqual(['not-covered'])
    expect(asked({ ...open, professions: ['life-coach'], mentalHealthTreatment: true })).toEqual(['covered'])
    expect(asked({ ...open, professions: ['personal-trainer'] })).toEqual(['unknown', 'physicalTherapy'])
    expect(asked({ ...open, professions: ['personal-trainer'], physicalTherapy: false })).toEqual(['not-covered'])
    expect(asked({ ...open, professions: ['personal-trainer'], physicalTherapy: true })).toEqual(['covered'])
    expect(asked({ ...open, professions: ['counselor'] })).toEqual(['unknown', 'licensed'])
    expect(asked({ ...open, professions: ['counselor'], licensed: false })).toEqual(['unknown', 'mentalHealthTreatment'])
    expect(asked({ ...open, professions: ['counselor'], licensed: false, mentalHealthTreatment: false })).toEqual([
      'not-covered',
    ])
    // The rule asks for care, and not for a licence.
    expect(asked({ ...open, professions: ['counselor'], licensed: false, mentalHealthTreatment: true })).toEqual(['covered'])
    expect(asked({ ...open, professions: ['counselor'], mentalHealthTreatment: true })).toEqual(['covered'])
    expect(asked({ ...open, professions: ['life-coach', 'psychologist'] })).toEqual(['covered'])
  })

  it('S141 nothing known is nothing denied: all that matters is asked', () => {
    expect(asked({})).toEqual([
      'unknown',
      'planOrClearinghouse',
      'furnishesHealthCare',
      'billsInNormalCourse',
      'standardTransactions',
    ])
    expect(asked({ standardTransactions: false })).toEqual(['unknown', 'planOrClearinghouse'])
    expect(asked({ type: 'health-care-provider' })).toEqual(['unknown', 'standardTransactions'])
    expect(asked({ type: 'health-plan' })).toEqual(['covered'])
    expect(asked({ type: 'clearinghouse', standardTransactions: false })).toEqual(['covered'])
    expect(asked({ type: 'health-care-provider', planOrClearinghouse: true, standardTransactions: false })).toEqual(['covered'])
  })

  it('S141 the transactions are those that Part 162 has standards for', () => {
    expect(standardTransactionKeys).toHaveLength(9)
    for (const each of Object.values(standardTransactions)) expect(each.citation.section).toMatch(/^162\.1\d01$/)
  })

  const maybe = fc.option(fc.boolean(), { nil: undefined })
  const anyFacts: fc.Arbitrary<CoveredEntityFacts> = fc.record({
    type: fc.option(fc.constantFrom('health-care-provider', 'health-plan', 'clearinghouse'), { nil: undefined, freq: 3 }),
    planOrClearinghouse: maybe,
    professions: fc.option(fc.subarray(professionKeys, { maxLength: 3 }), { nil: undefined }),
    licensed: maybe,
    mentalHealthTreatment: maybe,
    physicalTherapy: maybe,
    furnishesHealthCare: fc.option(fc.boolean(), { nil: undefined, freq: 1 }),
    billsInNormalCourse: maybe,
    standardTransactions: maybe,
  })

  /** The definition, read slowly, for somebody of whom all is known. */
  function definition(facts: CoveredEntityFacts): boolean {
    if (facts.type === 'health-plan' || facts.type === 'clearinghouse' || facts.planOrClearinghouse) return true
    if (!facts.standardTransactions) return false
    if (facts.type === 'health-care-provider') return true
    if (!facts.billsInNormalCourse) return false
    if (facts.furnishesHealthCare !== undefined) return facts.furnishesHealthCare
    return (facts.professions ?? []).some((each) => {
      const care = professions[each]
      if (care === 'yes') return true
      if (care === 'if-licensed') return facts.licensed || facts.mentalHealthTreatment
      return care === 'physical-therapy' ? facts.physicalTherapy : facts.mentalHealthTreatment
    })
  }

  const booleans = [
    'planOrClearinghouse',
    'licensed',
    'mentalHealthTreatment',
    'physicalTherapy',
    'furnishesHealthCare',
    'billsInNormalCourse',
    'standardTransactions',
  ] as const

  /** All ways in which what is open can turn out. Professions and a type are answers: what they settle is not asked. */
  function completions(facts: CoveredEntityFacts): readonly CoveredEntityFacts[] {
    const care = (facts.professions ?? []).length > 0
    let all: CoveredEntityFacts[] = [facts]
    for (const key of booleans) {
      if (facts[key] !== undefined || (key === 'furnishesHealthCare' && care)) continue
      if (key === 'planOrClearinghouse' && facts.type !== undefined) continue
      all = all.flatMap((each) => [
        { ...each, [key]: true },
        { ...each, [key]: false },
      ])
    }
    return all
  }

  it('C9 S141 S142 equals the definition over every way in which the open facts can turn out', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const outcomes = new Set(completions(facts).map(definition))
        const expected = outcomes.size === 2 ? 'unknown' : outcomes.has(true) ? 'covered' : 'not-covered'
        const { outcome, questions } = coveredEntityTest(facts)
        expect(outcome).toBe(expected)
        expect(questions.length > 0).toBe(outcome === 'unknown')
      }),
      { numRuns: 500 },
    )
  })

  it('C9 whoever answers what is asked comes to an answer', () => {
    fc.assert(
      fc.property(anyFacts, fc.infiniteStream(fc.boolean()), (start, answers) => {
        let facts = start
        for (let round = 0; round < 8; round++) {
          const { outcome, questions } = coveredEntityTest(facts)
          if (outcome !== 'unknown') return
          for (const { fact } of questions) {
            expect(facts[fact]).toBeUndefined()
            facts = { ...facts, [fact]: answers.next().value }
          }
        }
        throw new Error('still unknown')
      }),
      { numRuns: 200 },
    )
  })

  it('S141 refuses facts that cannot be read, and shows nothing of them', async () => {
    for (const facts of [
      null,
      1,
      { licensed: 'yes' },
      { professions: ['Jane Roe'] },
      { 'Jane Roe': true },
      { type: 'hospital' },
    ]) {
      const error = await refusal(() => coveredEntityTest(facts as never))
      expect(error.code).toBe('PHI_BAA_FACTS')
      expect(error.message).not.toContain('Jane')
    }
  })

  it('C9 what somebody planted on Object.prototype is no answer', () => {
    Object.defineProperty(Object.prototype, 'standardTransactions', { value: false, configurable: true, writable: true })
    try {
      expect(asked({ ...practice, professions: ['psychologist'] })).toEqual(['unknown', 'standardTransactions'])
      expect(asked(factsOf({ id: 'x', kind: 'provider', type: 'health-care-provider' }))).not.toEqual(['covered'])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'standardTransactions')
    }
  })

  it('S141 reads professions as boards write them, and asks for what it does not know', () => {
    expect(['LCSW', 'Physical therapist', ' np ', 'Psychologist'].map(professionOf)).toEqual([
      'clinical-social-worker',
      'physical-therapist',
      'nurse-practitioner',
      'psychologist',
    ])
    expect(['constructor', '__proto__', 'astrologer', ''].map(professionOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    const party = (named: readonly string[]): Party => ({ id: 'x', kind: 'provider', professions: named })
    expect(factsOf(party(['LCSW', 'astrologer'])).professions).toEqual(['clinical-social-worker'])
    // A coach who is also something unknown may do care in that.
    expect(factsOf(party(['life-coach', 'dietitian'])).professions).toBeUndefined()
  })
})

describe('needsAgreement', () => {
  const stores = { maintains: true, onBehalf: true } as const
  const customer: Party = { id: 'practice', kind: 'covered-entity' }

  it('S138 yes, for a covered entity whose vendor creates, receives, maintains or transmits its data', () => {
    for (const deed of ['creates', 'receives', 'maintains', 'transmits'] as const) {
      expect(needsAgreement(customer, { [deed]: true, onBehalf: true })).toMatchObject({
        outcome: 'yes',
        questions: [],
        vendor: [],
      })
    }
    const none = { creates: false, receives: false, maintains: false, transmits: false }
    expect(needsAgreement(customer, none).outcome).toBe('no')
    expect(needsAgreement(customer, { ...stores, onBehalf: false }).outcome).toBe('no')
    expect(needsAgreement({ id: 'vendor', kind: 'business-associate' }, stores)).toMatchObject({
      outcome: 'yes',
      citations: [{ section: '160.103' }, { section: '164.502(e)(1)(ii)' }],
    })
  })

  it('S138 C9 what is not known is asked, and never "no"', () => {
    expect(needsAgreement(customer, {})).toMatchObject({
      outcome: 'unknown',
      vendor: ['creates', 'receives', 'maintains', 'transmits', 'onBehalf'],
    })
    expect(needsAgreement(customer, { receives: true }).vendor).toEqual(['onBehalf'])
    const unknown = needsAgreement({ type: 'health-care-provider' }, stores)
    expect([unknown.outcome, unknown.questions.map(({ fact }) => fact)]).toEqual(['unknown', ['standardTransactions']])
    expect(needsAgreement({ id: 'someone', kind: 'other' }, stores).outcome).toBe('unknown')
    expect(needsAgreement({ type: 'health-care-provider', standardTransactions: false }, stores).outcome).toBe('no')
    expect(needsAgreement({ id: 'client', kind: 'individual' }, stores).outcome).toBe('no')
  })

  it('S138 answering an open fact never turns yes into no, or no into yes', () => {
    const maybe = fc.option(fc.boolean(), { nil: undefined })
    const vendors: fc.Arbitrary<VendorFacts> = fc.record({
      creates: maybe,
      receives: maybe,
      maintains: maybe,
      transmits: maybe,
      onBehalf: maybe,
    })
    fc.assert(
      fc.property(vendors, maybe, vendors, (facts, standard, more) => {
        const given = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
        const who = { type: 'health-care-provider', standardTransactions: standard } as const
        const before = needsAgreement(who, facts).outcome
        const after = needsAgreement({ ...who, standardTransactions: standard ?? true }, { ...more, ...given }).outcome
        if (before !== 'unknown') expect(after).toBe(before)
      }),
      { numRuns: 200 },
    )
  })

  it('S138 refuses what cannot be read', async () => {
    for (const work of [
      () => needsAgreement(customer, { holds: true } as never),
      () => needsAgreement({ kind: 'covered-entity' } as never, stores),
      () => needsAgreement(null as never, stores),
    ]) {
      expect((await refusal(work)).code).toBe('PHI_BAA_FACTS')
    }
  })
})
