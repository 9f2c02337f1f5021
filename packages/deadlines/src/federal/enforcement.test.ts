import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactKinds, FactsOf } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import { complaintToSecretary, decedent, hearingRequest, newStandard, penaltyAction, penaltyCure } from './enforcement.ts'

function of<Kinds extends FactKinds>(group: RuleGroup<Kinds>, facts: FactsOf<Kinds>, options?: EvaluateOptions): Deadline {
  const found = evaluate(group, facts, options)
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

describe('the cure window, 160.410(c)(2)', () => {
  it('CURE-01 begins on the date of knowledge, which is day 1', () => {
    const found = of(penaltyCure, { knew: '2026-05-04' })
    expect(found).toMatchObject({ status: 'due', due: '2026-06-02', overdueFrom: '2026-06-03' })
    expect(found.steps).toContainEqual(expect.objectContaining({ counts: 'beginning-on', amount: 30, to: '2026-06-02' }))
    expect(of(penaltyCure, { knew: '2026-05-04', corrected: '2026-06-02' }).status).toBe('met')
    expect(of(penaltyCure, { knew: '2026-05-04', corrected: '2026-06-03' }).status).toBe('late')
    expect(of(penaltyCure, { knew: '2026-05-04', corrected: '2026-05-04' }).status).toBe('met')
  })

  it('is of violations since 18 February 2009', () => {
    expect(of(penaltyCure, { knew: '2009-02-17' }).status).toBe('not-in-force')
    expect(of(penaltyCure, { knew: '2009-02-18' }).due).toBe('2009-03-19')
  })
})

describe('a request for a hearing, 160.504(b)', () => {
  it('ALJ-01 90 days after receipt; a Sunday moves to Monday, by the text of the rule', () => {
    const found = of(hearingRequest, { received: '2026-03-02' })
    expect(found).toMatchObject({ status: 'due', due: '2026-06-01', rule: 'hearing.request' })
    expect(found.lawfulUntil).toBeUndefined()
    expect(found.steps).toContainEqual(expect.objectContaining({ step: 'count', to: '2026-05-31' }))
    expect(found.steps).toContainEqual({
      step: 'roll',
      by: 'rule',
      from: '2026-05-31',
      to: '2026-06-01',
      citation: '45 CFR 160.526(a)',
    })
  })

  it.each([
    ['a weekday stays', '2026-03-03', '2026-06-01'],
    ['Saturday to Monday', '2026-03-01', '2026-06-01'],
    ['Friday stays', '2026-02-28', '2026-05-29'],
    ['a federal holiday: Juneteenth, a Friday', '2026-03-21', '2026-06-22'],
    ['the day on which a holiday is observed: 3 July 2026', '2026-04-04', '2026-07-06'],
    ['New Year, a Friday', '2026-10-03', '2027-01-04'],
  ])('%s: received %s, due %s', (_, received, due) => {
    expect(of(hearingRequest, { received }).due).toBe(due)
  })

  it('receipt is presumed five days after the date of the notice', () => {
    const found = of(hearingRequest, { noticeDated: '2026-02-25' })
    expect(found).toMatchObject({
      rule: 'hearing.request.presumed-receipt',
      trigger: { fact: 'received', on: '2026-03-02' },
      due: '2026-06-01',
    })
    expect(found.note).toContain('presumed')
  })

  it('of actual and presumed receipt the earlier counts', () => {
    expect(of(hearingRequest, { received: '2026-02-26', noticeDated: '2026-02-25' })).toMatchObject({
      rule: 'hearing.request',
      trigger: { on: '2026-02-26' },
    })
    expect(of(hearingRequest, { received: '2026-03-20', noticeDated: '2026-02-25' })).toMatchObject({
      rule: 'hearing.request.presumed-receipt',
      trigger: { on: '2026-03-02' },
    })
    expect(of(hearingRequest, { received: '2026-03-02', noticeDated: '2026-02-25' }).rule).toBe('hearing.request')
  })

  it('a request mailed before presumed receipt is a request; one before receipt is a mistake', async () => {
    expect(of(hearingRequest, { noticeDated: '2026-02-25', requested: '2026-02-27' }).status).toBe('met')
    const error = await refusal(() => of(hearingRequest, { received: '2026-03-02', requested: '2026-03-01' }))
    expect(error.code).toBe('PHI_DEADLINES_CONTRADICTION')
  })

  it('what a caller says of the presumption is not read', () => {
    expect(of(hearingRequest, { received: '2026-03-02', presumed: true }).rule).toBe('hearing.request')
    expect(of(hearingRequest, {}).status).toBe('pending-facts')
  })

  it('no other federal rule of this folder moves a date by its own text', async () => {
    const { federal } = await import('./index.ts')
    const rolling = Object.values(federal).flatMap((group) =>
      group.rules.filter(({ basis }) => basis.unit !== 'qualitative' && basis.roll !== 'none').map(({ id }) => id),
    )
    expect(rolling).toEqual(['hearing.request', 'hearing.request.presumed-receipt'])
  })
})

describe('complaints, actions, new standards, decedents', () => {
  it('CPL-01 a complaint within 180 days', () => {
    expect(of(complaintToSecretary, { knew: '2026-01-10' })).toMatchObject({
      due: '2026-07-09',
      citation: '45 CFR 160.306(b)(3)',
    })
    expect(of(complaintToSecretary, { knew: '2026-01-10', filed: '2026-07-10' }).status).toBe('late')
  })

  it('an action may be begun for six years', () => {
    expect(of(penaltyAction, { occurred: '2026-05-04' })).toMatchObject({ due: '2032-05-04', citation: '45 CFR 160.414' })
    expect(of(penaltyAction, { occurred: '2024-02-29' }).due).toBe('2030-03-01')
    expect(of(penaltyAction, { occurred: '2026-05-04' }, { today: '2032-05-04' }).status).toBe('due')
    expect(of(penaltyAction, { occurred: '2026-05-04' }, { today: '2032-05-05' })).toMatchObject({ because: 'period-over' })
  })

  it('a new standard is complied with 180 days after its effective date, which may lie ahead', () => {
    expect(of(newStandard, { effective: '2026-11-01' }, { today: '2026-06-01' })).toMatchObject({
      status: 'due',
      due: '2027-04-30',
    })
    expect(of(newStandard, { effective: '2026-11-01', complied: '2026-09-01' }).status).toBe('met')
    expect(of(newStandard, { effective: '2013-01-25' }).status).toBe('not-in-force')
  })

  it('DEC-01 a decedent is protected for 50 years', () => {
    expect(of(decedent, { died: '2026-02-28' })).toMatchObject({ status: 'due', due: '2076-02-28' })
    expect(of(decedent, { died: '2024-02-29' }).due).toBe('2074-03-01')
    expect(of(decedent, { died: '1950-06-01' }, { today: '2026-01-01' })).toMatchObject({
      due: '2000-06-01',
      because: 'period-over',
    })
    expect(of(decedent, {}, { today: '2026-01-01' }).status).toBe('pending-facts')
    expect(of(decedent, { died: '1950-06-01' }, { knownAt: '2013-01-24' }).status).toBe('not-in-force')
  })
})
