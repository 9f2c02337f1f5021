import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { complete } from '../../test/complete.ts'
import { aRegistry, aRequest } from '../../test/twin/arbitrary.ts'
import { decideAny, parseAgreement, type Registry, registry } from '../index.ts'

/** The same registry, of which nothing has been asked. */
const fresh = ({ agreements, parties, subprocessors, complete, attestations, exemptions }: Registry) =>
  registry(agreements, { parties: [...parties.values()], subprocessors, complete, attestations, exemptions })

const classes = [
  'phi.clinical.note.session',
  'phi.clinical.note',
  'phi.identity.name',
  'phi.schedule',
  'phi.code.icd10',
  'phi.ai.prompt',
] as const
const times = [
  '2026-01-02T00:00:00.000Z',
  '2026-01-02T18:00:00.000Z',
  '2026-01-04T00:00:00.000Z',
  '2027-12-31T09:59:59.999Z',
  '2028-01-01T00:00:00.000Z',
]

/** One agreement between each two parties, with nothing beside it: what is remembered. */
const alone = fc
  .record({
    prohibits: fc.subarray(['phi.clinical.note.psychotherapy', 'phi.code', 'label:hiv', 'label:part2'] as const),
    uses: fc.subarray(['treatment', 'operations', 'research'] as const, { minLength: 1 }),
    eligibility: fc.constantFrom(undefined, { pro: 'always', free: 'never' } as const),
    plan: fc.constantFrom('pro', 'free'),
  })
  .map(({ eligibility, plan, ...more }) => {
    const { ai: _, prohibitsUses: __, ...rest } = complete
    return registry([parseAgreement({ ...rest, ...more, ...(eligibility && { eligibility, plan }) })])
  })
const plain = fc.record({
  from: fc.constantFrom('practice', 'platform', 'nobody'),
  to: fc.constantFrom('platform', 'practice'),
  service: fc.constantFrom('records.notes', 'scheduling.reminders', 'billing', 'records.nothing'),
  use: fc.constantFrom('treatment', 'research', 'ai.inference', 'no-use'),
  data: fc.array(fc.constantFrom(...classes, 'phi.nothing'), { maxLength: 3 }),
  at: fc.constantFrom(...times),
})

describe('answers that are given again', () => {
  it('are those that a registry gives that was never asked, at any time and in any order', () => {
    let again = 0
    fc.assert(
      fc.property(alone, fc.array(plain, { minLength: 20, maxLength: 40 }), (model, questions) => {
        // Each question at every time: an answer must not outlive the stretch of time that it is of.
        for (const question of questions) for (const at of times) decideAny(model, { ...question, at } as never)
        for (const question of questions as never[]) {
          const answer = decideAny(model, question)
          expect(answer).toEqual(decideAny(fresh(model), question))
          if (decideAny(model, question) === answer) again++
        }
      }),
      { numRuns: 30, endOnFailure: true },
    )
    expect(again).toBeGreaterThan(20)
  })

  it('is not given where anything is said beside the words, or known beside the agreement', () => {
    const at = '2026-06-01T10:00:00.000Z'
    const question = {
      from: 'practice',
      to: 'platform',
      service: 'records.notes',
      use: 'treatment',
      data: [classes[0]],
      at,
    } as const
    const agreement = parseAgreement({ ...complete, conditions: ['mfa-on'] })
    const day = (asOf: string, met: boolean) => ({ party: 'practice', condition: 'mfa-on', met, asOf, reviewBy: '2026-12-31' })
    const model = registry([agreement], { attestations: [day('2026-05-01', true), day('2026-07-01', false)] })
    expect(decideAny(model, question).outcome).toBe('allow')
    expect(decideAny(model, { ...question, at: '2026-07-02T10:00:00.000Z' }).outcome).toBe('deny')
    const sole = registry([parseAgreement(complete)])
    expect(decideAny(sole, question).provided).toContain('hiv')
    expect(decideAny(sole, { ...question, data: [{ class: classes[0], labels: ['hiv'] }] }).outcome).toBe('deny')
    expect(decideAny(sole, { ...question, exemption: { kind: 'treatment' } }).outcome).toBe('allow')
    expect(decideAny(sole, question)).toBe(decideAny(sole, question))
  })

  it('are frozen, so that nobody changes the answer of the next who asks', () => {
    fc.assert(
      fc.property(aRegistry, aRequest, (model, request) => {
        const answer = decideAny(model, request as never)
        expect([answer, answer.reasons, answer.provided, answer.duties, ...answer.reasons].every(Object.isFrozen)).toBe(true)
      }),
      { numRuns: 100, endOnFailure: true },
    )
  })

  it('are forgotten when there are too many, and stay right', () => {
    fc.assert(
      fc.property(alone, (model) => {
        const keys = ['phi.clinical.note.session', 'phi.identity.name', 'phi.schedule', 'phi.code.icd10', 'phi.comm'] as const
        const lists = Array.from({ length: 130 }, (_, i) => keys.filter((_key, bit) => ((i + 1) & (1 << bit)) !== 0))
        const ask = (from: Registry, data: readonly string[]) =>
          decideAny(from, {
            from: 'ce',
            to: 'ba',
            service: 'records',
            use: 'treatment',
            data,
            at: '2026-06-01T10:00:00.000Z',
          } as never)
        for (const data of lists) ask(model, [...data, ...data])
        for (const data of lists.slice(0, 31)) expect(ask(model, data)).toEqual(ask(fresh(model), data))
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })
})
