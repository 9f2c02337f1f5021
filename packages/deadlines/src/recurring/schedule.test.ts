import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { recurringDuties } from './catalogue.ts'
import type { RecurringDuty } from './duty.ts'
import { nextDue } from './next-due.ts'
import { schedule } from './schedule.ts'

const { contingencyTest, evaluation, keyRotation, riskAnalysis, training } = recurringDuties

const rows = (duties: readonly RecurringDuty[], from: string, to: string) =>
  schedule(duties, from, to).occurrences.map(({ rule, on, state, missed }) =>
    missed === undefined ? [on, rule, state] : [on, rule, state, missed],
  )

describe('a schedule', () => {
  test('S90, S103, S104: the year of a house, by day', () => {
    const duties: readonly RecurringDuty[] = [
      { ...riskAnalysis, anchor: '2026-03-31', lastDone: '2025-03-31' },
      { ...contingencyTest, anchor: '2025-12-31', lastDone: '2025-12-31' },
      { ...keyRotation, lastDone: '2025-12-31' },
    ]
    expect(rows(duties, '2026-01-01', '2026-12-31')).toEqual([
      ['2026-03-31', 'contingency-test', 'planned'],
      ['2026-03-31', 'key-rotation', 'planned'],
      ['2026-03-31', 'risk-analysis', 'planned'],
      ['2026-06-29', 'key-rotation', 'planned'],
      ['2026-06-30', 'contingency-test', 'planned'],
      ['2026-09-27', 'key-rotation', 'planned'],
      ['2026-09-30', 'contingency-test', 'planned'],
      ['2026-12-26', 'key-rotation', 'planned'],
      ['2026-12-31', 'contingency-test', 'planned'],
    ])
  })

  test('what is overdue is shown once, since when, and how many days it stands for', () => {
    const duty = { ...contingencyTest, anchor: '2025-01-31', lastDone: '2025-02-15' }
    expect(rows([duty], '2026-02-01', '2026-06-30')).toEqual([
      ['2025-04-30', 'contingency-test', 'overdue', 4],
      ['2026-04-30', 'contingency-test', 'planned'],
    ])
    // What is due on the first day itself is planned beside it.
    expect(rows([duty], '2026-01-31', '2026-02-01')).toEqual([
      ['2025-04-30', 'contingency-test', 'overdue', 3],
      ['2026-01-31', 'contingency-test', 'planned'],
    ])
    // Due on the first day of the schedule is not overdue.
    expect(rows([{ ...duty, lastDone: '2026-01-30' }], '2026-01-31', '2026-02-01')).toEqual([
      ['2026-01-31', 'contingency-test', 'planned'],
    ])
    expect(rows([{ ...duty, lastDone: '2026-01-30' }], '2026-02-01', '2026-02-01')).toEqual([
      ['2026-01-31', 'contingency-test', 'overdue', 1],
    ])
  })

  test('never done is overdue since the first day; not known to be done is not known', () => {
    const anchor = '2026-01-31'
    expect(rows([{ ...contingencyTest, anchor, lastDone: 'never' }], '2026-05-01', '2026-05-02')).toEqual([
      ['2026-01-31', 'contingency-test', 'overdue', 2],
    ])
    expect(rows([{ ...contingencyTest, anchor }], '2026-05-01', '2026-05-02')).toEqual([
      ['2026-01-31', 'contingency-test', 'not-known', 2],
    ])
  })

  test('without an anchor, days are counted from the last day done, and do not drift', () => {
    expect(
      rows([{ ...training, cadence: { every: 'monthly', by: 'house' }, lastDone: '2026-01-31' }], '2026-02-01', '2026-04-30'),
    ).toEqual([
      ['2026-02-28', 'training', 'planned'],
      ['2026-03-31', 'training', 'planned'],
      ['2026-04-30', 'training', 'planned'],
    ])
  })

  test('what has no date is listed, not lost', () => {
    expect(schedule([evaluation, training], '2026-01-01', '2026-12-31')).toMatchObject({
      occurrences: [],
      undated: [
        { rule: 'evaluation', why: 'no-cadence' },
        { rule: 'training', why: 'never-done-and-no-anchor' },
      ],
    })
    expect(schedule([{ ...training, lastDone: 'never' }], '2026-01-01', '2026-12-31').undated).toHaveLength(1)
    expect(schedule([], '2026-01-01', '2026-01-01')).toMatchObject({ occurrences: [], undated: [] })
  })

  test('its first day of a duty is the one that nextDue gives', () => {
    for (const lastDone of ['2025-01-31', '2025-02-01', '2026-01-30', '2026-02-28'] as const) {
      for (const anchor of ['2024-01-31', '2026-03-30', undefined]) {
        const duty: RecurringDuty = { ...contingencyTest, lastDone, anchor }
        expect(schedule([duty], '2026-03-01', '2027-03-01').occurrences[0]?.on).toBe(nextDue(duty)[0]?.due)
      }
    }
  })

  test('refusals', async () => {
    const code = async (duties: readonly RecurringDuty[], from: string, to: string) =>
      (await refusal(() => schedule(duties, from, to))).code
    const daily: RecurringDuty = { ...keyRotation, cadence: { every: { days: 1 }, by: 'house' }, anchor: '1900-01-01' }
    expect(await code([], '2026-01-02', '2026-01-01')).toBe('PHI_DEADLINES_OPTIONS')
    expect(await code([], '2026-01-32', '2026-02-01')).toBe('PHI_DEADLINES_DATE')
    expect(await code([{ ...daily, lastDone: '2026-02-01' }], '2026-01-01', '2026-01-31')).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(await code([daily], '1900-01-01', '2399-12-31')).toBe('PHI_DEADLINES_RANGE')
    expect(await code([{} as RecurringDuty], '2026-01-01', '2026-01-31')).toBe('PHI_DEADLINES_RECURRING')
    // Also at the end of the known years there is an answer.
    expect(rows([{ ...riskAnalysis, anchor: '2399-12-31' }], '2399-12-01', '2399-12-31')).toHaveLength(1)
  })
})
