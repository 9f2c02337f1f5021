import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { majorityAge, majorityDate } from './majority.ts'

describe('the age of majority', () => {
  test('is not always 18', () => {
    expect(['AL', 'NE', 'MS', 'TX', 'DC'].map((state) => majorityAge(state as 'AL'))).toEqual([19, 19, 21, 18, 18])
  })

  test('of the territories is not known, and not guessed', () => {
    expect((['PR', 'VI', 'GU', 'AS', 'MP'] as const).map(majorityAge)).toEqual(new Array(5).fill(undefined))
    expect(majorityDate({ born: '2010-06-01', state: 'PR' })).toBeUndefined()
    expect(majorityDate({ born: '2010-06-01', state: 'PR', majority: 18 })).toBeUndefined()
    expect(majorityDate({ born: '2010-06-01' })).toBeUndefined()
  })

  test('RET-25: somebody born on 29 February comes of age, on the side of keeping, on 1 March', () => {
    expect(majorityDate({ born: '2008-02-29', majority: 18 })).toBe('2026-03-01')
    expect(majorityDate({ born: '2008-02-29', majority: 20 })).toBe('2028-02-29')
  })

  test('RET-26: Alabama', () => {
    expect(majorityDate({ born: '2010-06-01', state: 'AL' })).toBe('2029-06-01')
    // The later of two statements.
    expect(majorityDate({ born: '2010-06-01', state: 'AL', majority: 18 })).toBe('2029-06-01')
    expect(majorityDate({ born: '2010-06-01', state: 'TX', majority: 21 })).toBe('2031-06-01')
  })

  test('what is no State, age or date is refused', async () => {
    expect((await refusal(() => majorityDate({ born: '2010-06-01', state: 'XX' as 'TX' }))).code).toBe('PHI_RETENTION_OPTIONS')
    expect((await refusal(() => majorityDate({ born: '2010-06-01', majority: Number.NaN }))).code).toBe('PHI_RETENTION_OPTIONS')
    expect((await refusal(() => majorityDate({ born: '2010-02-30', majority: 18 }))).code).toBe('PHI_DEADLINES_DATE')
  })
})
