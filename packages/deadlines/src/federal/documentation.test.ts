import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactsOf } from '../rule/facts.ts'
import { documentation } from './documentation.ts'

type Facts = FactsOf<typeof documentation.facts>

const of = (facts: Facts, options?: EvaluateOptions): Deadline => {
  const found = evaluate(documentation, facts, options)
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

describe('documentation, 164.316(b)(2)(i) and 164.530(j)(2)', () => {
  it('S96 is kept six years from when it last was in effect', () => {
    expect(of({ created: '2018-03-01', lastInEffect: '2023-06-30', inEffect: 'ended' })).toMatchObject({
      status: 'due',
      because: 'counted',
      due: '2029-06-30',
      rule: 'documentation.keep.last-in-effect',
      citation: '45 CFR 164.530(j)(2)',
      confirmation: 'text-seen',
      unknown: [],
    })
  })

  it('S96 or from its creation, where that is later', () => {
    expect(of({ created: '2023-07-15', lastInEffect: '2023-06-30' })).toMatchObject({
      due: '2029-07-15',
      rule: 'documentation.keep.created',
    })
    expect(of({ created: '2023-07-15', lastInEffect: '2023-07-15' }).due).toBe('2029-07-15')
  })

  it('what never is in effect, such as an assessment, from its creation', () => {
    expect(of({ created: '2026-03-02', inEffect: 'never' })).toMatchObject({ status: 'due', due: '2032-03-02' })
  })

  it('while it is in effect the clock has not started, however old it is', () => {
    for (const today of [undefined, '2026-01-01', '2399-01-01']) {
      const found = of({ created: '2004-01-01', inEffect: 'still' }, today === undefined ? {} : { today })
      expect(found).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', unknown: ['lastInEffect'] })
      expect(found.due).toBeUndefined()
      expect(found.planFor).toBeUndefined()
    }
  })

  it('what is not known gives no date', () => {
    const facts: Facts[] = [{}, { created: '2004-01-01' }, { created: '2004-01-01', inEffect: 'ended' }, { inEffect: 'never' }]
    for (const each of facts) {
      const found = of(each, { today: '2026-01-01' })
      expect(found.status).toBe('pending-facts')
      expect(found.due).toBeUndefined()
    }
    // It may have been written down later than it was in effect.
    expect(of({ lastInEffect: '2010-01-01', inEffect: 'ended' }, { today: '2026-01-01' }).status).toBe('pending-facts')
  })

  it('rounds later: six years from 29 February end on 1 March', () => {
    expect(of({ created: '2020-02-29', inEffect: 'never' }).due).toBe('2026-03-01')
    expect(of({ created: '2022-02-28', inEffect: 'never' }).due).toBe('2028-02-28')
  })

  it('is kept through the last day, and the period is over on the next', () => {
    const facts: Facts = { created: '2026-03-02', inEffect: 'never' }
    expect(of(facts, { today: '2032-03-02' })).toMatchObject({ status: 'due' })
    expect(of(facts, { today: '2032-03-03' })).toMatchObject({ status: 'met', because: 'period-over' })
  })

  it('does not read what a caller says the clock runs from', () => {
    expect(of({ created: '2004-01-01', inEffect: 'still', clockFrom: 'created' }).status).toBe('pending-facts')
    expect(of({ created: '2004-01-01', clockFrom: 'created' }).status).toBe('pending-facts')
  })

  it('refuses a last day in effect of what is in effect still, or never was', async () => {
    for (const inEffect of ['still', 'never'] as const) {
      const error = await refusal(() => of({ created: '2020-01-01', lastInEffect: '2023-06-30', inEffect }))
      expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.lastInEffect' })
    }
  })

  it('is never 6 times 365 days, and never shorter than six years from either day', () => {
    const date = (day: number) => new Date(Date.UTC(2004, 0, 1 + day)).toISOString().slice(0, 10)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }), (a, b) => {
        const due = of({ created: date(a), lastInEffect: date(b) }).due as string
        const later = date(Math.max(a, b))
        expect(due.slice(0, 4)).toBe(String(Number(later.slice(0, 4)) + 6))
        expect(due.slice(5)).toBe(later.endsWith('02-29') ? '03-01' : later.slice(5))
      }),
      { numRuns: 300 },
    )
  })
})
