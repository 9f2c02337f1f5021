import { describe, expect, test } from 'vitest'
import { asOf, signed } from '../../test/schedule/signed.ts'
import {
  houseRule,
  memoryScheduleStore,
  parseScheduleVersion,
  type ScheduleVersion,
  scheduleOf,
  usRetention,
} from '../index.ts'

const messages = (amount: number) =>
  houseRule({
    id: 'house.messages',
    title: 'Messages',
    kinds: ['house-message'],
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount },
    asOf,
  })

const version = (number: number, years: number, more: Partial<ScheduleVersion['schedule']> = {}): ScheduleVersion => ({
  tenant: 'clinic',
  version: number,
  by: 'counsel',
  on: '2027-01-01',
  from: '2027-01-01',
  schedule: {
    id: `clinic/${number}`,
    law: usRetention.id,
    house: [messages(years)],
    signOffs: signed([...usRetention.rules, messages(years)]),
    ...more,
  },
})

const record = { id: 'r', kind: 'house-message', created: '2022-01-01' }
const today = '2027-06-01'

describe('versions of a schedule', () => {
  test('S65 shorten nothing by themselves, from store to assessment', async () => {
    const store = memoryScheduleStore()
    await store.adopt(version(1, 10))
    expect(scheduleOf(await store.history('clinic')).assess(record, { today })).toMatchObject({ keepThrough: '2032-01-01' })
    await store.adopt(version(2, 3))
    const unsigned = scheduleOf(await store.history('clinic')).assess(record, { today })
    expect(unsigned).toMatchObject({ disposable: false, why: 'shortening-not-signed-off', keepThrough: '2032-01-01' })
    await store.adopt(version(3, 3, { shortenings: signed([messages(3)], '2027-01-01') }))
    // Signed off in a later version, against what the one before comes to.
    expect(scheduleOf(await store.history('clinic')).assess(record, { today }).disposable).toBe(true)
  })

  test('are those of their rows: a set under another name is not taken for it', () => {
    const other = version(1, 3, { law: 'us-retention/1999-01' })
    expect(parseScheduleVersion(other)).toMatchObject({ schedule: { law: 'us-retention/1999-01' } })
    expect(() => scheduleOf([other])).toThrow('names rows that are not there')
    expect(scheduleOf([other], [{ ...usRetention, id: 'us-retention/1999-01' }]).id).toMatch(/^clinic\/1#/)
  })

  test('are needed all, and in order', () => {
    expect(() => scheduleOf([])).toThrow('must be one at least')
    expect(() => scheduleOf([version(2, 3)])).toThrow('in order')
    expect(() => scheduleOf([version(1, 3), { ...version(2, 3), tenant: 'other' }])).toThrow('of one tenant')
  })

  test('survive JSON, and are frozen', () => {
    const read = parseScheduleVersion(JSON.parse(JSON.stringify(version(1, 3))))
    expect(JSON.stringify(read)).toBe(JSON.stringify(parseScheduleVersion(version(1, 3))))
    expect(Object.isFrozen(read.schedule.signOffs)).toBe(true)
  })
})
