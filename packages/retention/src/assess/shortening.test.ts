import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asOf, signed, signedSchedule } from '../../test/schedule/signed.ts'
import { compareSchedules, houseRule, type RetentionRule, retentionSchedule, returnOrDestroy } from '../index.ts'

const today = asOf
const years = (amount: number): RetentionRule =>
  houseRule({
    id: 'house.bills',
    title: 'Bills',
    kinds: ['bill'],
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount },
    asOf,
  })
const schedule = (id: string, rules: readonly RetentionRule[], more: object = {}) =>
  retentionSchedule({ id, law: [], house: rules, signOffs: signed(rules), ...more })

const ten = schedule('clinic/1', [years(10)])
const seven = schedule('clinic/2', [years(7)])
const bill = (created: string, id = 'r') => ({ id, kind: 'bill', created })
const onSeven = (on: string = asOf) =>
  schedule('clinic/2', [years(7)], { replaces: ten, shortenings: [{ rule: 'house.bills', by: 'counsel', on }] })

describe('a comparison of schedules', () => {
  const records = [
    bill('2018-01-01', 'a'),
    bill('2010-01-01', 'b'),
    { id: 'c', kind: 'bill' },
    { id: 'd', kind: 'other' },
    null,
  ]

  test('lists what a new one shortens, and which rules have to be signed off for it', () => {
    const found = compareSchedules(records, ten, seven, { today })
    expect(found).toMatchObject({ before: ten.id, after: seven.id, unchanged: 3, lengthened: [], toSignOff: ['house.bills'] })
    expect(found.shortened.map(({ record, before, after }) => [record, before.keepThrough, after.keepThrough])).toEqual([
      ['a', '2028-01-01', '2025-01-01'],
      ['b', '2020-01-01', '2017-01-01'],
    ])
  })

  test('and what it lengthens', () => {
    const found = compareSchedules(records, seven, ten, { today })
    expect(found.lengthened.map(({ record }) => record)).toEqual(['a', 'b'])
    expect(found.shortened).toEqual([])
  })

  test('what was kept for good, or had no number, is shortened by any number', () => {
    for (const period of [{ unit: 'permanent' }, { unit: 'open' }] as const) {
      const before = schedule('clinic/0', [houseRule({ ...years(1), origin: undefined, period } as never)])
      expect(compareSchedules([bill('2010-01-01')], before, seven, { today }).shortened).toHaveLength(1)
    }
  })

  test('needs a day', async () => {
    expect((await refusal(() => compareSchedules([], ten, seven, { today: 'x' }))).code).toBe('PHI_RETENTION_OPTIONS')
  })
})

describe('a schedule shortens nothing by itself', () => {
  const unsigned = schedule('clinic/2', [years(7)], { replaces: ten })

  test('the earlier date stands until the shortening is signed off', () => {
    expect(seven.assess(bill('2018-01-01'), { today }).status).toBe('disposable')
    expect(unsigned.assess(bill('2018-01-01'), { today })).toMatchObject({
      status: 'retain',
      why: 'shortening-not-signed-off',
      disposable: false,
      keepThrough: '2028-01-01',
      earliest: '2028-01-02',
      needsSignOff: ['house.bills'],
    })
    expect(onSeven().assess(bill('2018-01-01'), { today })).toMatchObject({ status: 'disposable', keepThrough: '2025-01-01' })
    expect(onSeven('2026-11-22').assess(bill('2018-01-01'), { today }).disposable).toBe(false)
  })

  test('on the day on which the earlier schedule lets go, it does', () => {
    expect(unsigned.assess(bill('2018-01-01'), { today: '2028-01-01' }).disposable).toBe(false)
    expect(unsigned.assess(bill('2018-01-01'), { today: '2028-01-02' })).toMatchObject({
      disposable: true,
      keepThrough: '2028-01-01',
    })
  })

  test('also along a chain of schedules', () => {
    const three = schedule('clinic/3', [years(3)], { replaces: onSeven(), shortenings: [] })
    expect(three.assess(bill('2018-01-01'), { today })).toMatchObject({ disposable: true, keepThrough: '2025-01-01' })
    expect(three.assess(bill('2021-01-01'), { today })).toMatchObject({ disposable: false, keepThrough: '2028-01-01' })
    const skipped = schedule('clinic/3', [years(3)], { replaces: unsigned })
    expect(skipped.assess(bill('2018-01-01'), { today })).toMatchObject({ disposable: false, keepThrough: '2028-01-01' })
  })

  test('a longer one lengthens at once', () => {
    const longer = schedule('clinic/2', [years(20)], { replaces: ten })
    expect(longer.assess(bill('2018-01-01'), { today })).toMatchObject({
      status: 'retain',
      why: 'period-runs',
      keepThrough: '2038-01-01',
    })
  })

  test('what was kept for good, or was not known, stays until it is signed off', () => {
    const forGood = schedule('clinic/1', [
      houseRule({ ...years(1), origin: undefined, period: { unit: 'permanent' } } as never),
    ])
    expect(schedule('clinic/2', [years(7)], { replaces: forGood }).assess(bill('2010-01-01'), { today })).toMatchObject({
      status: 'retain',
      keepThrough: null,
      earliest: null,
    })
    const open = schedule('clinic/1', [houseRule({ ...years(1), origin: undefined, period: { unit: 'open' } } as never)])
    expect(schedule('clinic/2', [years(7)], { replaces: open }).assess(bill('2010-01-01'), { today })).toMatchObject({
      status: 'needs-sign-off',
      why: 'shortening-not-signed-off',
      disposable: false,
    })
  })

  test('a ceiling that has passed conflicts with the earlier schedule too', () => {
    const contracts = [returnOrDestroy({ id: 'baa.end', days: 30, asOf })]
    const policy = retentionSchedule({
      id: 'clinic/2',
      law: [],
      house: [years(7)],
      contracts,
      signOffs: signed([years(7)]),
      replaces: ten,
    })
    const found = policy.assess({ ...bill('2018-01-01'), agreementEnded: '2026-01-01' }, { today })
    expect(found).toMatchObject({ status: 'conflict', why: 'shortening-not-signed-off', ceiling: { overdue: true } })
  })

  test('holds come on top', () => {
    expect(unsigned.assess(bill('2018-01-01'), { today, holds: ['c'] })).toMatchObject({
      status: 'held',
      keepThrough: '2028-01-01',
      earliest: null,
    })
    expect(onSeven().assess(bill('2018-01-01'), { today, holds: ['c'] })).toMatchObject({
      status: 'held',
      keepThrough: '2025-01-01',
    })
  })

  test('a shortening without a schedule before it is refused', async () => {
    const shortenings = [{ rule: 'house.bills', by: 'counsel', on: asOf }]
    expect((await refusal(() => schedule('c', [years(7)], { shortenings }))).code).toBe('PHI_RETENTION_SCHEDULE')
  })
})

describe('the id of a policy', () => {
  test('is its name and its contents', () => {
    const same = schedule('clinic/1', [years(10)])
    expect(same.id).toBe(ten.id)
    expect(ten.id).toMatch(/^clinic\/1#[0-9a-f]{16}$/)
    const others = [
      schedule('clinic/1', [years(11)]),
      schedule('clinic/1', [years(10)], { signOffs: [] }),
      schedule('clinic/1', [years(10)], { advisedMargins: 'ignore' }),
      schedule('clinic/1', [years(10)], { replaces: seven }),
      schedule('clinic/1', [years(10)], { replaces: ten }),
      schedule('clinic/1', [years(10)], { replaces: ten, shortenings: [{ rule: 'house.bills', by: 'c', on: asOf }] }),
      schedule('clinic/1', [years(10)], { mustBeSigned: 'governing-row' }),
      schedule('clinic/1', [years(10)], { acceptUnsigned: ['text-seen'] }),
      signedSchedule(),
    ]
    expect(new Set([ten.id, ...others.map(({ id }) => id)]).size).toBe(10)
  })
})
