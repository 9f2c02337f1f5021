import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AccountingPeriodFacts, accountingExclusions, accountingLookBacks, accountingPeriod } from './accounting.ts'

describe('how far back, 164.528(a)(1)', () => {
  it('S128 AOD-02 six years, both end days included', () => {
    expect(accountingPeriod({ requested: '2026-04-10' })).toMatchObject({
      status: 'counted',
      from: '2020-04-10',
      to: '2026-04-10',
      inclusive: true,
      outerFrom: '2020-04-10',
      shortened: false,
      rule: 'accounting.look-back',
      ruleset: 'us-federal/2026-11',
      citation: '45 CFR 164.528(a)(1)',
      confirmation: 'text-seen',
      unknown: [],
      steps: [
        { step: 'trigger', fact: 'requested', on: '2026-04-10' },
        { step: 'look-back', why: 'outer-limit', from: '2026-04-10', amount: 6, unit: 'years', to: '2020-04-10' },
      ],
    })
  })

  it('S128 AOD-03 from 29 February: the day before, so that no day is missing', () => {
    expect(accountingPeriod({ requested: '2028-02-29' }).from).toBe('2022-02-28')
    expect(accountingPeriod({ requested: '2030-02-28' }).from).toBe('2024-02-28')
    expect(accountingPeriod({ requested: '2030-03-01' }).from).toBe('2024-03-01')
  })

  it('S128 AOD-04 a shorter period that the individual chose', () => {
    expect(accountingPeriod({ requested: '2026-04-10', months: 12 })).toMatchObject({
      from: '2025-04-10',
      outerFrom: '2020-04-10',
      shortened: true,
    })
    expect(accountingPeriod({ requested: '2026-04-10', since: '2026-01-01' })).toMatchObject({ from: '2026-01-01' })
    expect(accountingPeriod({ requested: '2026-03-31', months: 1 }).from).toBe('2026-02-28')
  })

  it('a longer wish gives no more than the six years', () => {
    expect(accountingPeriod({ requested: '2026-04-10', months: 73 })).toMatchObject({ from: '2020-04-10', shortened: false })
    expect(accountingPeriod({ requested: '2026-04-10', since: '2001-01-01' })).toMatchObject({ from: '2020-04-10' })
    expect(accountingPeriod({ requested: '2026-04-10', months: 71 }).from).toBe('2020-05-10')
  })

  it('AOD-10 Part 2 has three years, and its compliance is tolled', () => {
    const found = accountingPeriod({ requested: '2026-04-10', under: 'part-2' })
    expect(found).toMatchObject({
      status: 'counted',
      from: '2023-04-10',
      citation: '42 CFR 2.25(a)',
      complianceTolled: { citation: '89 FR 12472', confirmation: 'memory' },
    })
    expect(found.complianceTolled?.until).toContain('164.528')
    expect(accountingPeriod({ requested: '2024-04-15', under: 'part-2' }).status).toBe('not-in-force')
    expect(accountingPeriod({ requested: '2026-04-10' }).complianceTolled).toBeUndefined()
  })

  it('the accounting of records systems in HITECH 13405(c) is not in force, whatever the facts', () => {
    const facts: AccountingPeriodFacts[] = [{}, { requested: '2026-04-10' }, { requested: '2400-12-31', months: 1 }]
    for (const each of facts) {
      const found = accountingPeriod({ ...each, under: 'hitech-ehr' })
      expect(found).toMatchObject({ status: 'not-in-force', because: 'proposed', citation: '42 USC 17935(c)' })
      expect(found.from).toBeUndefined()
      expect(found.to).toBeUndefined()
    }
  })

  it('the law of the day: nothing before the Privacy Rule', () => {
    expect(accountingPeriod({ requested: '2003-04-13' })).toMatchObject({ status: 'not-in-force', because: 'not-yet-in-force' })
    expect(accountingPeriod({ requested: '2003-04-14' }).status).toBe('counted')
  })

  it('has no dates while the day of the request is not known', () => {
    for (const requested of [null, undefined]) {
      const found = accountingPeriod({ requested })
      expect(found).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', unknown: ['requested'] })
      expect(found.from).toBeUndefined()
    }
  })

  it('takes the day in the zone of the covered entity', () => {
    const requested = '2026-04-11T03:00:00Z'
    expect(accountingPeriod({ requested, timeZone: 'America/New_York' }).to).toBe('2026-04-10')
    expect(accountingPeriod({ requested, timeZone: 'Europe/Berlin' }).to).toBe('2026-04-11')
  })

  it.each<[string, unknown, string, string]>([
    [
      'two ways to be shorter',
      { requested: '2026-04-10', months: 12, since: '2026-01-01' },
      'PHI_DEADLINES_FACTS',
      'facts.since',
    ],
    ['no month', { requested: '2026-04-10', months: 0 }, 'PHI_DEADLINES_FACTS', 'facts.months'],
    ['half a month', { requested: '2026-04-10', months: 1.5 }, 'PHI_DEADLINES_FACTS', 'facts.months'],
    ['not a number', { requested: '2026-04-10', months: Number.NaN }, 'PHI_DEADLINES_FACTS', 'facts.months'],
    [
      'a first day after the request',
      { requested: '2026-04-10', since: '2026-04-11' },
      'PHI_DEADLINES_CONTRADICTION',
      'facts.since',
    ],
    ['a day that does not exist', { requested: '2026-02-30' }, 'PHI_DEADLINES_DATE', 'facts.requested'],
    ['an instant without a zone', { requested: '2026-04-10T10:00:00Z' }, 'PHI_DEADLINES_ZONE', 'facts.requested'],
    ['another law', { requested: '2026-04-10', under: 'constructor' }, 'PHI_DEADLINES_FACTS', 'facts.under'],
    ['an unknown key', { requested: '2026-04-10', patient: 'Jane Roe' }, 'PHI_DEADLINES_FACTS', 'facts'],
    ['no object', 'Jane Roe', 'PHI_DEADLINES_FACTS', 'facts'],
  ])('refuses %s', async (_, facts, code, path) => {
    const error = await refusal(() => accountingPeriod(facts as AccountingPeriodFacts))
    expect([error.code, error.path]).toEqual([code, path])
    expect(error.message).not.toContain('Jane')
  })

  it('a longer wish never covers fewer days, and never more than the law gives', () => {
    const day = fc
      .integer({ min: 0, max: 36_000 })
      .map((days) => new Date(Date.UTC(2004, 0, 1 + days)).toISOString().slice(0, 10))
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 100 }), (requested, months) => {
        const at = (count: number) => accountingPeriod({ requested, months: count }).from as string
        expect(at(months + 1) <= at(months)).toBe(true)
        expect(at(months) >= (accountingPeriod({ requested }).from as string)).toBe(true)
        expect(Number(requested.slice(0, 4)) - Number(at(72).slice(0, 4))).toBe(6)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the tables', () => {
  it('three look-backs: two in force, one not', () => {
    expect(Object.entries(accountingLookBacks).map(([law, { years, inForce }]) => [law, years, inForce.status])).toEqual([
      ['privacy-rule', 6, 'in-force'],
      ['part-2', 3, 'in-force'],
      ['hitech-ehr', 3, 'proposed'],
    ])
  })

  it('S128 nine classes of disclosures are left out, (i) to (ix) in order', () => {
    expect(accountingExclusions).toHaveLength(9)
    expect(new Set(accountingExclusions.map(({ id }) => id)).size).toBe(9)
    expect(accountingExclusions.map(({ citation }) => citation.section)).toEqual(
      ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix'].map((roman) => `164.528(a)(1)(${roman})`),
    )
    expect(accountingExclusions.every(({ citation }) => citation.confirmation === 'text-seen')).toBe(true)
  })
})

it('what was planted on Object.prototype is no fact', () => {
  const planted = Object.prototype as { months?: number }
  planted.months = 1
  try {
    expect(accountingPeriod({ requested: '2026-04-10' }).from).toBe('2020-04-10')
  } finally {
    delete planted.months
  }
})
