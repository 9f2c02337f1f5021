import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AccountingSuspension, accountingSuspension, type SuspensionStatement } from './accounting-suspension.ts'

const one = (...args: Parameters<typeof accountingSuspension>): AccountingSuspension => {
  const found = accountingSuspension(...args)
  expect(found).toHaveLength(1)
  return found[0] as AccountingSuspension
}

const oral = (on: string, more: Partial<SuspensionStatement> = {}): SuspensionStatement => ({
  form: 'oral',
  on,
  documented: true,
  agency: 'State survey agency',
  by: 'health-oversight-agency',
  ...more,
})
const written = (on: string, until?: string, more: Partial<SuspensionStatement> = {}): SuspensionStatement => ({
  form: 'written',
  on,
  until,
  agency: 'State survey agency',
  by: 'health-oversight-agency',
  ...more,
})

describe('suspension of the right to an accounting, 164.528(a)(2)', () => {
  it('S128 AOD-07 oral: 30 days from its date', () => {
    expect(one([oral('2026-05-01')])).toMatchObject({
      status: 'counted',
      agency: 'State survey agency',
      by: 'health-oversight-agency',
      covers: 'disclosures-to-this-agency-or-official',
      suspendedThrough: '2026-05-31',
      periods: [{ from: '2026-05-01', through: '2026-05-31' }],
      gaps: [],
      needs: 'written statement specifying the time',
      unknown: [],
      citation: '45 CFR 164.528(a)(2)',
      steps: [{ step: 'hold', form: 'oral', from: '2026-05-01', through: '2026-05-31', why: 'oral' }],
    })
  })

  it('S128 AOD-08 oral, then written inside the 30 days: the time that it specifies', () => {
    for (const received of ['2026-05-01', '2026-05-20', '2026-05-31']) {
      const found = one([oral('2026-05-01'), written(received, '2026-12-31')])
      expect(found).toMatchObject({
        suspendedThrough: '2026-12-31',
        periods: [{ from: '2026-05-01', through: '2026-12-31' }],
        gaps: [],
      })
      expect(found.windows[0]?.why).toBe('replaced-by-written')
      expect(found.needs).toBeUndefined()
    }
  })

  it('AOD-08 also where that ends sooner', () => {
    expect(one([oral('2026-05-01'), written('2026-05-10', '2026-05-15')]).suspendedThrough).toBe('2026-05-15')
  })

  it('S128 AOD-09 written late: the gap stays open', () => {
    const found = one([oral('2026-05-01'), written('2026-06-05', '2026-12-31')])
    expect(found).toMatchObject({
      periods: [
        { from: '2026-05-01', through: '2026-05-31' },
        { from: '2026-06-05', through: '2026-12-31' },
      ],
      gaps: [{ from: '2026-06-01', through: '2026-06-04' }],
      suspendedThrough: '2026-12-31',
    })
    expect(found.windows.map(({ why }) => why)).toEqual(['oral', 'specified-time'])
  })

  it('written on the day after the oral one ended: no gap, and no replacement', () => {
    const found = one([oral('2026-05-01'), written('2026-06-01', '2026-06-30')])
    expect(found.periods).toEqual([{ from: '2026-05-01', through: '2026-06-30' }])
    expect(found.gaps).toEqual([])
    expect(found.windows[0]?.why).toBe('oral')
  })

  it('statements that specify no time share 30 days', () => {
    expect(one([oral('2026-05-01'), oral('2026-05-30')])).toMatchObject({ suspendedThrough: '2026-05-31' })
    expect(one([oral('2026-05-01'), written('2026-05-30')])).toMatchObject({ suspendedThrough: '2026-05-31' })
    expect(one([written('2026-05-01'), oral('2026-05-30')])).toMatchObject({ suspendedThrough: '2026-05-31' })
    expect(one([written('2026-05-01')])).toMatchObject({
      suspendedThrough: '2026-05-31',
      windows: [{ why: 'no-time-specified' }],
      needs: 'written statement specifying the time',
    })
  })

  it('an oral statement that was not documented suspends nothing; one of which that is not known is named', () => {
    const found = one([oral('2026-05-01', { documented: false })], { today: '2026-05-10' })
    expect(found).toMatchObject({
      status: 'not-suspended',
      periods: [],
      windows: [{ why: 'not-documented' }],
      needs: 'documentation of the oral statement',
    })
    expect(found.suspendedThrough).toBeUndefined()
    expect(one([oral('2026-05-01', { documented: null })]).unknown).toEqual(['statements.*.documented'])
  })

  it('says whether it is suspended on a day', () => {
    const statements = [oral('2026-05-01'), written('2026-06-05', '2026-06-30')]
    const days: [string, string][] = [
      ['2026-06-05', 'suspended'],
      ['2026-06-30', 'suspended'],
      ['2026-07-01', 'not-suspended'],
    ]
    for (const [today, status] of days) expect(one(statements, { today }).status).toBe(status)
    expect(one([oral('2026-05-01')], { today: '2026-05-31' }).status).toBe('suspended')
    expect(one([oral('2026-05-01')], { today: '2026-06-01' }).status).toBe('not-suspended')
  })

  it('each agency has its own, and the statement of one does nothing for another', () => {
    const police = { agency: 'County sheriff', by: 'law-enforcement-official' } as const
    const found = accountingSuspension([oral('2026-05-01'), written('2026-05-20', '2026-12-31', police)])
    expect(found.map(({ agency, suspendedThrough }) => [agency, suspendedThrough])).toEqual([
      ['State survey agency', '2026-05-31'],
      ['County sheriff', '2026-12-31'],
    ])
  })

  it('without a name it is said that the agency is not known', () => {
    const found = one([oral('2026-05-01', { agency: null, by: null })])
    expect(found.unknown).toEqual(['statements.*.agency'])
    expect(found.agency).toBeUndefined()
    expect(found.suspendedThrough).toBe('2026-05-31')
  })

  it('no statement, no suspension', () => {
    expect(accountingSuspension([])).toEqual([])
  })

  it('the order of the statements does not matter', () => {
    const statements = [written('2026-06-05', '2026-12-31'), oral('2026-05-01'), oral('2026-05-30')]
    expect(one(statements).periods).toEqual(one([...statements].reverse()).periods)
  })

  it.each<[string, unknown, unknown, string, string]>([
    ['an oral one with a time', [oral('2026-05-01', { until: '2026-06-01' })], {}, 'PHI_DEADLINES_CONTRADICTION', 'statements'],
    ['an end before the beginning', [written('2026-05-02', '2026-05-01')], {}, 'PHI_DEADLINES_CONTRADICTION', 'statements'],
    ['the future', [oral('2026-05-02')], { today: '2026-05-01' }, 'PHI_DEADLINES_CONTRADICTION', 'statements'],
    [
      'one agency of two kinds',
      [oral('2026-05-01'), oral('2026-05-02', { by: 'law-enforcement-official' })],
      {},
      'PHI_DEADLINES_CONTRADICTION',
      'statements.*.by',
    ],
    ['no list', { 0: oral('2026-05-01') }, {}, 'PHI_DEADLINES_FACTS', 'statements'],
    ['an unknown key', [{ ...oral('2026-05-01'), patient: 'Jane Roe' }], {}, 'PHI_DEADLINES_FACTS', 'statements.*'],
    ['an unknown option', [], { now: 'Jane Roe' }, 'PHI_DEADLINES_OPTIONS', 'options'],
    ['a day that does not exist', [oral('2026-04-31')], {}, 'PHI_DEADLINES_DATE', 'statements.*.on'],
    ['an instant without a zone', [oral('2026-05-01T10:00:00Z')], {}, 'PHI_DEADLINES_ZONE', 'statements.*.on'],
    ['too many', Array.from({ length: 101 }, () => oral('2026-05-01')), {}, 'PHI_DEADLINES_FACTS', 'statements'],
  ])('refuses %s', async (_, statements, options, code, path) => {
    const error = await refusal(() => accountingSuspension(statements as SuspensionStatement[], options as { today?: string }))
    expect([error.code, error.path]).toEqual([code, path])
    expect(error.message).not.toContain('Jane')
  })

  it('a day is suspended exactly when a plain reading of the text says so', () => {
    const date = (day: number) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)
    const any = fc.record({
      form: fc.constantFrom('oral' as const, 'written' as const),
      on: fc.integer({ min: 0, max: 80 }),
      length: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      documented: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (made) => {
        const statements = made.map(({ form, on, length, documented }): SuspensionStatement => {
          const until = form === 'written' && length !== undefined ? date(on + length) : undefined
          return { form, on: date(on), documented, agency: 'a', until }
        })
        // Of those that specify no time only the first documented one counts, and a written time that comes while it runs ends it.
        const timed = made.filter(({ form, length }) => form === 'written' && length !== undefined)
        const bare = made
          .filter((each) => !timed.includes(each) && (each.form === 'written' || each.documented))
          .sort((a, b) => a.on - b.on)[0]
        const suspended = (day: number): boolean => {
          if (timed.some(({ on, length }) => on <= day && day <= on + (length as number))) return true
          if (!bare || day < bare.on || day > bare.on + 30) return false
          const sooner = timed.filter(({ on }) => bare.on <= on && on <= bare.on + 30)
          return sooner.every(({ on, length }) => day <= on + (length as number))
        }
        const [found] = accountingSuspension(statements)
        for (let day = 0; day < 160; day++) {
          const shown = found?.periods.some(({ from, through }) => from <= date(day) && date(day) <= through) ?? false
          expect(shown).toBe(suspended(day))
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 80 },
    )
  })
})

it('what was planted on Object.prototype is in no statement', () => {
  const planted = Object.prototype as { until?: string }
  planted.until = '2399-12-31'
  try {
    expect(one([oral('2026-05-01', {})]).suspendedThrough).toBe('2026-05-31')
  } finally {
    delete planted.until
  }
})
