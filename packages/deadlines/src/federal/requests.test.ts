import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { ExtensionStatement } from '../rule/facts.ts'
import { accessRequest, accountingRequest, amendmentRequest, denialReview } from './requests.ts'

const plus = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

const one = (found: readonly Deadline[]): Deadline => {
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

type Facts = Parameters<typeof evaluate<typeof accessRequest.facts>>[1]
const access = (facts: Facts, options?: EvaluateOptions) => one(evaluate(accessRequest, facts, options))

const statement = (given: string, promisedDate: string, more: Partial<ExtensionStatement> = {}): ExtensionStatement => ({
  given,
  written: true,
  reasons: true,
  promisedDate,
  ...more,
})

describe('access, 164.524(b)(2)', () => {
  it.each([
    ['ACC-01 on a Saturday', '2026-01-15', '2026-02-14'],
    ['ACC-02 30 days are not a month', '2026-01-31', '2026-03-02'],
    ['ACC-05 in a leap year', '2024-02-01', '2024-03-02'],
    ['NPRM-02 not the 15 days that are proposed', '2026-03-02', '2026-04-01'],
  ])('S126 %s', (_, received, due) => {
    expect(access({ received })).toMatchObject({ status: 'due', due, confirmation: 'text-seen', unknown: [] })
  })

  it('S126 is 30 calendar days after any day', () => {
    for (let day = 0; day < 2000; day++) {
      const received = plus('2024-01-01', day)
      expect(access({ received }).due).toBe(plus(received, 30))
    }
  })

  it('ACC-14 the advice is the last business day before; the date does not move', () => {
    expect(access({ received: '2025-12-19' })).toMatchObject({ due: '2026-01-18', actBy: '2026-01-16' })
  })

  it('ACC-15 off-site storage buys nothing since 2013, and 60 days until then', () => {
    expect(access({ received: '2026-06-10', storage: 'offsite' }).due).toBe('2026-07-10')
    expect(access({ received: '2013-09-23', storage: 'offsite' }).due).toBe('2013-10-23')
    expect(access({ received: '2013-09-22', storage: 'offsite' })).toMatchObject({
      due: '2013-11-21',
      rule: 'access.act.offsite-until-2013',
      confirmation: 'memory',
    })
    expect(access({ received: '2013-09-22', storage: 'onsite' }).due).toBe('2013-10-22')
    expect(access({ received: '2013-09-22' })).toMatchObject({ status: 'pending-facts', planFor: '2013-10-22' })
    expect(access({ received: '2003-04-13' }).status).toBe('not-in-force')
  })

  it('the law as it was known: in 2012 a request of today would have had the old periods', () => {
    const known = access({ received: '2026-06-10', storage: 'offsite' }, { knownAt: '2012-01-01' })
    expect(known).toMatchObject({ rule: 'access.act.offsite-until-2013', due: '2026-08-09' })
    expect(access({ received: '2026-06-10', storage: 'offsite' }, { knownAt: '2013-01-25' }).due).toBe('2026-07-10')
  })

  it('ACC-16 received ten minutes before midnight', () => {
    const found = access({ received: '2026-05-31T23:50:00[America/New_York]', timeZone: 'America/New_York' })
    expect(found).toMatchObject({ trigger: { on: '2026-05-31' }, due: '2026-06-30' })
  })

  it.each<[string, ExtensionStatement[], boolean, string, (string | null)[]]>([
    ['ACC-06', [statement('2026-03-30', '2026-05-01')], true, '2026-05-01', [null]],
    ['ACC-08 a day late', [statement('2026-04-02', '2026-05-01')], false, '2026-04-01', ['given-after-the-first-period']],
    ['on the last day', [statement('2026-04-01', '2026-05-01')], true, '2026-05-01', [null]],
    ['ACC-09', [statement('2026-03-20', '2026-04-15')], true, '2026-04-15', [null]],
    ['ACC-10', [statement('2026-03-20', '2026-05-15')], false, '2026-04-01', ['date-beyond-the-limit']],
    ['a day beyond', [statement('2026-03-20', '2026-05-02')], false, '2026-04-01', ['date-beyond-the-limit']],
    ['ACC-11', [statement('2026-03-20', '2026-05-01', { written: false })], false, '2026-04-01', ['not-written']],
    ['no reasons', [statement('2026-03-20', '2026-05-01', { reasons: false })], false, '2026-04-01', ['no-reasons']],
    ['no date', [{ given: '2026-03-20', written: true, reasons: true }], false, '2026-04-01', ['no-date']],
    ['not known', [{ given: '2026-03-20' }], false, '2026-04-01', ['not-written']],
    [
      'ACC-13 a second one',
      [statement('2026-03-20', '2026-05-01'), statement('2026-03-25', '2026-05-01')],
      true,
      '2026-05-01',
      [null, 'already-extended'],
    ],
  ])('S126 extension: %s', (_, extensionStatements, valid, due, statements) => {
    expect(access({ received: '2026-03-02', extensionStatements })).toMatchObject({
      base: '2026-04-01',
      due,
      extension: { valid, statements, outerLimit: '2026-05-01' },
    })
  })

  it('ACC-08 is overdue on the day after', () => {
    const facts = { received: '2026-03-02', extensionStatements: [statement('2026-04-02', '2026-05-01')] }
    expect(access(facts, { today: '2026-04-02' })).toMatchObject({ status: 'late', overdueFrom: '2026-04-02', daysLate: 1 })
  })

  it('ACC-17 the review of a denial has words and no number', () => {
    const found = evaluate(denialReview, { reviewRequested: '2026-03-02' })
    expect(found.map(({ status, due }) => [status, due])).toEqual([
      ['qualitative', undefined],
      ['qualitative', undefined],
      ['qualitative', undefined],
    ])
    expect(Object.fromEntries(found.map(({ rule, standard }) => [rule, standard]))).toEqual({
      'access.review.refer': 'refer promptly',
      'access.review.decide': 'determine within a reasonable period of time',
      'access.review.notify': 'written notice promptly',
    })
    const house = evaluate(denialReview, { reviewRequested: '2026-03-02' }, { houseTargets: { 'access.review.refer': 2 } })
    const refer = house.find(({ rule }) => rule === 'access.review.refer')
    expect(refer).toMatchObject({ status: 'qualitative', house: { due: '2026-03-04', amount: 2 } })
    expect(refer?.due).toBeUndefined()
  })
})

describe('amendment, 164.526(b)(2)', () => {
  const amendment = (facts: Omit<Facts, 'storage'>) => one(evaluate(amendmentRequest, facts))

  it('S127 AMD-02 60 days, in a leap year', () => {
    expect(amendment({ received: '2024-01-01' }).due).toBe('2024-03-01')
  })

  it('S127 AMD-03 and 30 more, to a Sunday', () => {
    const found = amendment({ received: '2026-07-06', extensionStatements: [statement('2026-09-01', '2026-10-04')] })
    expect(found).toMatchObject({ base: '2026-09-04', due: '2026-10-04', extension: { valid: true } })
  })

  it('S127 AMD-04 a statement on day 61 extends nothing', () => {
    const found = amendment({ received: '2026-07-06', extensionStatements: [statement('2026-09-05', '2026-10-04')] })
    expect(found).toMatchObject({ due: '2026-09-04', extension: { valid: false } })
  })
})

describe('accounting, 164.528(c)(1)', () => {
  it('S128 AOD-01 60 days, at most 30 more', () => {
    const found = one(evaluate(accountingRequest, { received: '2026-04-10' }))
    expect(found).toMatchObject({ due: '2026-06-09', citation: '45 CFR 164.528(c)(1)' })
    expect(found.changesIf).toContainEqual({
      fact: 'extensionStatements',
      when: 'a statement that meets every condition is given by 2026-06-09',
      becomes: 'due',
      due: '2026-07-09',
    })
  })
})

it('S126 a request that nobody has received cannot have been answered', async () => {
  const error = await refusal(() => evaluate(accessRequest, { received: '2026-03-02', acted: '2026-03-01' }))
  expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.acted' })
})
