import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { askOne, days, hours } from '../../test/made-up.ts'
import type { EvaluateOptions } from './options.ts'

const happened = '2026-05-04'
const promptly = { id: 'q', basis: { unit: 'qualitative', standard: 'promptly' } } as const

describe('options', () => {
  it.each([
    [null],
    [[]],
    ['2026-05-04'],
    [{ today: 5 }],
    [{ today: null }],
    [{ now: '2026-05-04' }],
    [{ knownAt: '2026-02-30' }],
    [{ knownAt: '2026-05-04T00:00:00Z' }],
    [{ houseTargets: [] }],
    [{ houseTargets: { q: -1 } }],
    [{ houseTargets: { q: 1.5 } }],
    [{ houseTargets: { q: Number.NaN } }],
    [{ houseTargets: { q: 1e9 } }],
    [{ houseTargets: { q: '5' } }],
    [{ today: 'x'.repeat(500) }],
  ])('%j are refused', async (options) => {
    const error = await refusal(() => askOne(promptly, { happened }, options as never))
    expect(error.code).toBe('PHI_DEADLINES_OPTIONS')
    expect(error.path).toMatch(/^options(\.|$)/)
  })

  it.each(['2026-02-30', 'today', '', '2026-05-04T10:00:00'])('with %j for today are refused', async (today) => {
    expect(await refusal(() => askOne({}, { happened }, { today }))).toMatchObject({
      code: 'PHI_DEADLINES_DATE',
      path: 'options.today',
    })
  })

  it('with an instant for today need the zone, and take its civil date', async () => {
    const today = '2026-05-15T03:00:00Z'
    expect(await refusal(() => askOne({}, { happened }, { today }))).toMatchObject({ code: 'PHI_DEADLINES_ZONE' })
    expect(askOne({}, { happened, timeZone: 'America/New_York' }, { today }).status).toBe('due')
    expect(askOne({}, { happened, timeZone: 'UTC' }, { today }).status).toBe('late')
  })

  it('that are undefined are not there', () => {
    const none: EvaluateOptions = { today: undefined, knownAt: undefined, houseTargets: undefined }
    expect(askOne({}, { happened }, none)).toEqual(askOne({}, { happened }))
    expect(askOne({}, { happened }, undefined)).toEqual(askOne({}, { happened }))
  })
})

describe('targets of the house', () => {
  it('stand beside words without a number, and never in their place', () => {
    const found = askOne(promptly, { happened }, { houseTargets: { q: 5 } })
    expect(found).toMatchObject({
      status: 'qualitative',
      because: 'no-number-in-the-text',
      standard: 'promptly',
      house: { due: '2026-05-09', amount: 5, unit: 'calendar-days' },
    })
    expect([found.due, found.planFor, found.overdueFrom]).toEqual([undefined, undefined, undefined])
    expect(askOne(promptly, { happened }, { houseTargets: { q: 5 }, today: '2027-01-01' }).status).toBe('qualitative')
    expect(askOne(promptly, { happened }).house).toBeUndefined()
  })

  it('never touch a number of the law, and go by the duty', () => {
    expect(askOne({ id: 'q' }, { happened }, { houseTargets: { q: 5 } })).toEqual(askOne({ id: 'q' }, { happened }))
    expect(askOne({ ...promptly, duty: 'd' }, { happened }, { houseTargets: { q: 5 } }).house).toBeUndefined()
    expect(askOne({ ...promptly, duty: 'd' }, { happened }, { houseTargets: { d: 0 } }).house?.due).toBe(happened)
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('are not read off a prototype (%s)', (id) => {
    expect(askOne({ ...promptly, id }, { happened }, { houseTargets: {} }).house).toBeUndefined()
    expect(askOne({ ...promptly, id }, { happened }).house).toBeUndefined()
  })
})

describe('today', () => {
  it('never changes a date', () => {
    for (const basis of [days(10), hours(72)]) {
      const facts = { happened: '2026-05-04T10:00:00Z', timeZone: 'America/New_York' }
      const { due, dueInstant, overdueFrom } = askOne({ basis }, facts)
      for (const today of ['2026-05-04', '2026-05-07', '2026-05-20', '2126-01-01']) {
        expect(askOne({ basis }, facts, { today })).toMatchObject({ due, dueInstant, overdueFrom })
      }
    }
  })
})
