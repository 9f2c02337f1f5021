import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askOne, days, row } from '../../test/made-up.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { InForce, Rule } from '../rule/rule.ts'

const inForce = (from: string, more: Partial<InForce> = {}): InForce => ({ from, status: 'in-force', ...more })

/** A duty of three versions: 60 days until 2019, 45 in the 2020s until 30 June 2026, 30 since. */
const versions: Partial<Rule>[] = [
  {
    id: 'v3',
    duty: 'd',
    basis: days(30),
    inForce: inForce('2026-07-01', { published: '2026-03-15' }),
  },
  {
    id: 'v2',
    duty: 'd',
    basis: days(45),
    inForce: inForce('2020-01-01', { until: '2026-06-30', status: 'superseded', endPublished: '2026-03-15' }),
  },
  { id: 'v1', duty: 'd', basis: days(60), inForce: inForce('2010-01-01', { until: '2019-12-31', status: 'superseded' }) },
]

describe('the version of a duty that governs', () => {
  it.each([
    ['2009-12-31', 'not-in-force', undefined, undefined],
    ['2010-01-01', 'due', 'v1', '2010-03-02'],
    ['2019-12-31', 'due', 'v1', '2020-02-29'],
    ['2020-01-01', 'due', 'v2', '2020-02-15'],
    ['2026-06-30', 'due', 'v2', '2026-08-14'],
    ['2026-07-01', 'due', 'v3', '2026-07-31'],
    ['2099-01-01', 'due', 'v3', '2099-01-31'],
  ])('on %s: %s %s %s', (happened, status, rule, due) => {
    const found = askOne(versions, { happened })
    expect(found.status).toBe(status)
    expect(found.due).toBe(due)
    if (rule !== undefined) expect(found.rule).toBe(rule)
  })

  it('is the one of the day of the event, whatever the order of the rows and whatever today is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: parseDay('2009-01-01'), max: parseDay('2030-01-01') }),
        fc.shuffledSubarray(versions, { minLength: 3 }),
        fc.option(fc.integer({ min: 0, max: 9000 }), { nil: undefined }),
        (day, rows, later) => {
          const happened = formatDay(day)
          const found = askOne(rows, { happened }, later === undefined ? {} : { today: formatDay(day + later) })
          const amount = happened < '2010-01-01' ? undefined : happened < '2020-01-01' ? 60 : happened < '2026-07-01' ? 45 : 30
          expect(found.due).toBe(amount === undefined ? undefined : formatDay(day + amount))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('is not a superseded one while the day of the event is not known', () => {
    expect(askOne(versions, {})).toMatchObject({ rule: 'v3', status: 'pending-facts', because: 'trigger-not-known' })
  })

  it('is still asked where its end is known and nothing took its place', () => {
    const ending = { inForce: inForce('2026-01-01', { until: '2026-12-31' }) }
    expect(askOne(ending, {}, { today: '2026-05-04' })).toMatchObject({ status: 'pending-facts' })
    expect(askOne(ending, { happened: '2026-12-31' })).toMatchObject({ status: 'due', due: '2027-01-10' })
    expect(askOne(ending, { happened: '2027-01-01' })).toMatchObject({ status: 'not-in-force', because: 'no-longer-in-force' })
  })

  it('is judged in the zone of who must act', () => {
    const facts = { happened: '2026-07-01T03:00:00Z' }
    expect(askOne(versions, { ...facts, timeZone: 'America/New_York' }).rule).toBe('v2')
    expect(askOne(versions, { ...facts, timeZone: 'UTC' }).rule).toBe('v3')
  })
})

describe('law that was known at a day', () => {
  const at = (happened: string, knownAt: string) => {
    const { status, rule, due, because } = askOne(versions, { happened }, { knownAt })
    return status === 'due' ? [rule, due] : [status, because]
  }

  it('has the new version from its publication on, for events of its time', () => {
    expect(at('2026-07-01', '2026-03-15')).toEqual(['v3', '2026-07-31'])
    expect(at('2026-06-30', '2026-03-15')).toEqual(['v2', '2026-08-14'])
  })

  it('has the old version without its end until the end was published', () => {
    expect(at('2026-07-01', '2026-03-14')).toEqual(['v2', '2026-08-15'])
    expect(at('2030-01-01', '2026-03-14')).toEqual(['v2', '2030-02-15'])
  })

  it('has the end of the old version on the day of its publication, also where the new one is laxer', () => {
    const laxer: Partial<Rule>[] = [
      {
        id: 'old',
        duty: 'd',
        inForce: inForce('2010-01-01', { until: '2025-12-31', status: 'superseded', endPublished: '2025-06-01' }),
      },
      { id: 'new', duty: 'd', basis: days(60), inForce: inForce('2026-01-01', { published: '2025-06-01' }) },
    ]
    const rule = (knownAt: string) => askOne(laxer, { happened: '2026-01-01' }, { knownAt }).rule
    expect([rule('2025-05-31'), rule('2025-06-01'), rule('2025-06-02')]).toEqual(['old', 'new', 'new'])
  })

  it('does not know what was published later', () => {
    expect(at('2026-07-01', '2009-06-01')).toEqual(['not-in-force', 'not-yet-known'])
    expect(at('2010-01-01', '2009-12-31')).toEqual(['not-in-force', 'not-yet-known'])
    expect(at('2010-01-01', '2010-01-01')).toEqual(['v1', '2010-03-02'])
  })

  it('has an end from the day after it, where nobody noted when it was published', () => {
    expect(at('2020-01-01', '2019-12-31')).toEqual(['v1', '2020-03-01'])
    expect(at('2020-01-01', '2020-01-01')).toEqual(['v2', '2020-02-15'])
  })

  it('is, late enough, the law without the option', () => {
    fc.assert(
      fc.property(fc.integer({ min: parseDay('2009-01-01'), max: parseDay('2040-01-01') }), (day) => {
        const happened = formatDay(day)
        expect(askOne(versions, { happened }, { knownAt: '2060-01-01' })).toEqual(askOne(versions, { happened }))
      }),
      { numRuns: 500 },
    )
  })
})

describe('proposed and vacated rules', () => {
  const anything = fc.record(
    {
      happened: fc.integer({ min: parseDay('1999-01-01'), max: parseDay('2060-01-01') }).map(formatDay),
      serious: fc.constant(true),
      people: fc.constantFrom(0, 501, null),
    },
    { requiredKeys: [] },
  )

  it.each(['proposed', 'vacated'] as const)('%s: never fire, whatever else matches', (status) => {
    fc.assert(
      fc.property(
        anything,
        fc.option(fc.constantFrom('2024-06-01', '2050-01-01'), { nil: undefined }),
        fc.option(fc.constantFrom('2010-01-01', '2070-01-01'), { nil: undefined }),
        fc.option(fc.constant('2060-12-31'), { nil: undefined }),
        (facts, until, knownAt, today) => {
          const rule = {
            inForce: inForce('2000-01-01', { status, ...(until && { until }) }),
            applies: { fact: 'serious', is: true },
          }
          const found = askOne(rule as Partial<Rule>, facts, { knownAt, today })
          expect(found).toMatchObject({ status: 'not-in-force', because: status })
          expect([found.due, found.planFor, found.dueInstant, found.actBy]).toEqual([
            undefined,
            undefined,
            undefined,
            undefined,
          ])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('leave the date of the law to the law, also where they would be stricter', () => {
    const proposed: Partial<Rule> = {
      id: 'p',
      duty: 'd',
      basis: days(15),
      inForce: inForce('2021-01-21', { status: 'proposed' }),
    }
    const vacated: Partial<Rule> = { id: 'x', duty: 'd', basis: days(5), inForce: inForce('2024-06-25', { status: 'vacated' }) }
    for (const rows of [
      [proposed, vacated, ...versions],
      [...versions, vacated, proposed],
    ]) {
      for (const happened of ['2015-05-01', '2024-12-24', '2026-07-01', '2030-01-01']) {
        expect(askOne(rows, { happened })).toEqual(askOne(versions, { happened }))
      }
      expect(askOne(rows, {})).toEqual(askOne(versions, {}))
    }
  })
})

describe('the rows that a result was not taken from', () => {
  it('are not in it: the result names the one rule, its citation and its confirmation', () => {
    const found = askOne(versions, { happened: '2021-01-01' })
    expect(found).toMatchObject({
      rule: 'v2',
      duty: 'd',
      ruleset: 'made-up/1',
      citation: '45 CFR 164.404(b)',
      asOf: row().asOf,
    })
  })
})
