import { describe, expect, it } from 'vitest'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { FactsOf } from '../rule/facts.ts'
import { confidentialCommunication, restrictionRequest } from './restrictions.ts'

const one = (found: readonly Deadline[]): Deadline => {
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}
const restriction = (facts: FactsOf<typeof restrictionRequest.facts>) => one(evaluate(restrictionRequest, facts))
const communication = (facts: FactsOf<typeof confidentialCommunication.facts>) =>
  one(evaluate(confidentialCommunication, facts))

describe('a restriction of disclosures to a health plan, 164.522(a)(1)(vi)', () => {
  const must = {
    received: '2026-05-04',
    toHealthPlanForPaymentOrOperations: true,
    paidInFull: true,
    requiredByLaw: false,
  } as const

  it('must be agreed to when all conditions hold; the text has no number', () => {
    const found = restriction(must)
    expect(found).toMatchObject({ status: 'qualitative', standard: 'must agree', citation: '45 CFR 164.522(a)(1)(vi)' })
    expect(found.due).toBeUndefined()
    expect(found.note).toContain('cannot end')
    expect(restriction({ ...must, agreed: '2026-05-05' }).status).toBe('met')
  })

  it('need not be agreed to when one of them does not hold', () => {
    expect(restriction({ ...must, toHealthPlanForPaymentOrOperations: false }).status).toBe('not-applicable')
    expect(restriction({ ...must, paidInFull: false }).status).toBe('not-applicable')
    expect(restriction({ ...must, requiredByLaw: true }).status).toBe('not-applicable')
  })

  it('what is not known does not silence it', () => {
    for (const fact of ['toHealthPlanForPaymentOrOperations', 'paidInFull', 'requiredByLaw'] as const) {
      expect(restriction({ ...must, [fact]: null })).toMatchObject({
        status: 'pending-facts',
        standard: 'must agree',
        unknown: [fact],
      })
    }
  })

  it('binds since the Omnibus rule', () => {
    expect(restriction({ ...must, received: '2013-09-22' }).status).toBe('not-in-force')
    expect(restriction({ ...must, received: '2013-09-23' }).status).toBe('qualitative')
  })
})

describe('confidential communications, 164.522(b)', () => {
  it('a provider accommodates reasonable requests, and may not ask why', () => {
    const found = communication({ received: '2026-05-04', entity: 'provider' })
    expect(found).toMatchObject({
      status: 'qualitative',
      rule: 'confidential-communication.provider',
      standard: 'must accommodate reasonable requests',
    })
    expect(found.note).toContain('may not make an explanation')
    expect(communication({ received: '2026-05-04', entity: 'provider', endangermentStated: false }).status).toBe('qualitative')
  })

  it('a health plan does when endangerment is stated', () => {
    const plan = { received: '2026-05-04', entity: 'health-plan' } as const
    expect(communication({ ...plan, endangermentStated: true })).toMatchObject({
      status: 'qualitative',
      citation: '45 CFR 164.522(b)(1)(ii)',
    })
    expect(communication({ ...plan, endangermentStated: false }).status).toBe('not-applicable')
    expect(communication(plan)).toMatchObject({ status: 'pending-facts', unknown: ['endangermentStated'] })
  })

  it('who was asked not known: pending', () => {
    expect(communication({ received: '2026-05-04' }).status).toBe('pending-facts')
    expect(communication({}).status).toBe('pending-facts')
  })
})
