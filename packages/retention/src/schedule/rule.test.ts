import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { contractRule, houseRule, type OwnRule, parseRetentionRule } from './rule.ts'
import { usRetention } from './us-retention.ts'

const own: OwnRule = {
  id: 'house.messages',
  title: 'Messages',
  kinds: ['message'],
  start: { anyOf: [['created']] },
  period: { unit: 'years', amount: 7 },
  asOf: '2026-01-01',
}

describe("a rule of one's own", () => {
  test('S48, S65: takes little, and is data', () => {
    expect(houseRule(own)).toMatchObject({ origin: 'house', effect: 'minimum', citation: null, minor: 'not-by-age' })
    expect(contractRule({ ...own, effect: 'ceiling' })).toMatchObject({ origin: 'contract', effect: 'ceiling' })
    expect(parseRetentionRule(JSON.parse(JSON.stringify(houseRule(own))))).toEqual(houseRule(own))
  })

  test('is a frozen copy', () => {
    const period = { unit: 'years' as const, amount: 7 }
    const rule = houseRule({ ...own, period })
    period.amount = 1
    expect(rule.period).toEqual({ unit: 'years', amount: 7 })
    expect(Object.isFrozen(rule.start.anyOf[0])).toBe(true)
  })

  test('every row of law reads back', () => {
    for (const rule of usRetention.rules) expect(parseRetentionRule(JSON.parse(JSON.stringify(rule)))).toEqual(rule)
  })

  test('types: a rule without a start, a period or a day does not compile', () => {
    const { start: _, ...noStart } = own
    const { period: __, ...noPeriod } = own
    // @ts-expect-error no start
    expect(() => houseRule(noStart)).toThrow()
    // @ts-expect-error no period
    expect(() => houseRule(noPeriod)).toThrow()
    // @ts-expect-error unknown fact
    expect(() => houseRule({ ...own, start: { anyOf: [['age']] } })).toThrow()
    // @ts-expect-error a period needs an amount
    expect(() => houseRule({ ...own, period: { unit: 'years' } })).toThrow()
  })
})

describe('a rule that is not valid is refused', () => {
  const bad: Record<string, unknown> = {
    null: null,
    text: 'x',
    'no start': { ...own, start: { anyOf: [] } },
    'empty way': { ...own, start: { anyOf: [[]] } },
    'negative years': { ...own, period: { unit: 'years', amount: -1 } },
    'half a year': { ...own, period: { unit: 'years', amount: 0.5 } },
    'not a number': { ...own, period: { unit: 'years', amount: Number.NaN } },
    'years without end': { ...own, period: { unit: 'years', amount: 1e9 } },
    'unknown unit': { ...own, period: { unit: 'weeks', amount: 1 } },
    'unknown State': { ...own, jurisdiction: ['XX'] },
    'no State': { ...own, jurisdiction: [] },
    'unknown provider': { ...own, providers: ['dentist'] },
    'unknown flag': { ...own, when: [{ fact: 'x', is: true }] },
    'no kinds': { ...own, kinds: [] },
    'misspelt key': { ...own, perod: 1 },
    'unknown standing': { ...own, inForce: { from: null, status: 'withdrawn' } },
    'bad day': { ...own, asOf: '2026-02-30' },
    'a ceiling without a number': { ...own, effect: 'ceiling', period: { unit: 'open' } },
    'a ceiling for good': { ...own, effect: 'ceiling', period: { unit: 'permanent' } },
    'a ceiling by age': { ...own, effect: 'ceiling', period: { unit: 'age', amount: 18 } },
    'a ceiling of minors': { ...own, effect: 'ceiling', minor: { untilAge: 18 } },
    'a majority of 3': { ...own, minor: { yearsAfterMajority: 1, majority: 3 } },
  }
  test.each(Object.entries(bad))('%s', async (_, rule) => {
    const error = await refusal(() => houseRule(rule as OwnRule))
    expect(error.code).toBe('PHI_RETENTION_RULE')
  })

  test('no value of the rule reaches the error', async () => {
    const error = await refusal(() => houseRule({ ...own, id: ' secret ' }))
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(error.path).toBe('rule.id')
  })

  test('law cannot settle what law leaves open', async () => {
    const rule = { ...usRetention.rules[0], answers: ['rule:al.physician'] }
    expect((await refusal(() => parseRetentionRule(rule))).code).toBe('PHI_RETENTION_RULE')
  })
})
