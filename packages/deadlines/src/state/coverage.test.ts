import { usStates } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactsOf } from '../rule/facts.ts'
import { coverage } from './coverage.ts'
import type { StateFacts } from './facts.ts'
import { stateBreachNotice } from './notice.ts'

type Facts = FactsOf<StateFacts>

const ask = (facts: Facts, options?: EvaluateOptions) => evaluate(stateBreachNotice(), facts, options)
const find = (results: readonly Deadline[], id: string) => results.find(({ duty }) => duty === `state.${id}`) as Deadline
const one = (id: string, facts: Facts, options?: EvaluateOptions) => find(ask(facts, options), id)

const day = '2026-05-04'

describe('versions', () => {
  const boundaries = [
    ['ca.residents', 'CA', 'discovered', '2026-01-01', 'qualitative', '2026-01-31'],
    ['ca.health-department', 'CA', 'detected', '2015-01-01', '2015-01-05', '2015-01-22'],
    ['ny.residents', 'NY', 'discovered', '2024-12-21', 'qualitative', '2025-01-20'],
    ['tx.attorney-general', 'TX', 'determined', '2023-09-01', '2023-10-30', '2023-10-01'],
    ['fl.residents', 'FL', 'determined', '2014-07-01', 'qualitative', '2014-07-31'],
    ['wa.residents', 'WA', 'discovered', '2020-03-01', 'qualitative', '2020-03-31'],
    ['me.residents', 'ME', 'aware', '2019-09-19', 'qualitative', '2019-10-19'],
    ['md.residents', 'MD', 'discovered', '2022-10-01', 'qualitative', '2022-11-15'],
  ] as const
  it.each(boundaries)('%s in %s changes between two days', (id, state, fact, from, before, on) => {
    const facts = { residents: { [state]: 1000 }, californiaHealthFacility: true }
    const start = parseDay(from)
    const at = (date: number) => one(id, { ...facts, [fact]: formatDay(date) })
    const last = at(start - 1)
    expect(last.due ?? last.status).toBe(before)
    expect(last.rule).toBe(`state.${id}.until-${formatDay(start - 1)}`)
    expect(at(start)).toMatchObject({ rule: `state.${id}`, due: on, status: 'due' })
    for (let date = start - 40; date < start + 40; date++) {
      expect(at(date).rule).toBe(date < start ? last.rule : `state.${id}`)
    }
  })

  it.each([
    ['ok.attorney-general', 'OK', 500, '2025-12-31', '2026-01-01', '2026-03-02'],
    ['ca.attorney-general', 'CA', 501, '2025-12-31', '2026-01-01', '2026-01-16'],
    ['pa.attorney-general', 'PA', 501, '2024-09-25', '2024-09-26', '2024-09-26'],
  ] as const)('%s changes by the day on which residents were told', (id, state, number, before, on, due) => {
    const told = (date: string) => one(id, { residents: { [state]: number }, notifiedResidents: { [state]: date } })
    expect(told(before).status).toBe('qualitative')
    expect(told(on)).toMatchObject({ status: 'due', due })
  })

  it('an earlier version that is not in the ruleset is asked of any resident, whatever the threshold is now', () => {
    const found = one('wa.attorney-general', { residents: { WA: 3 }, discovered: '2019-06-01' })
    expect(found).toMatchObject({ status: 'qualitative', confirmation: 'memory' })
    expect(found.note).toContain('Ask counsel which version of the law governed.')
  })

  it('no row is silent for an event since 1 July 2003, save those of which memory knows the start', () => {
    const old = {
      ...Object.fromEntries(
        [
          'discovered',
          'determined',
          'aware',
          'detected',
          'confirmed',
          'notifiedSecretary',
          'inadvertentDisclosureDetermined',
        ].map((fact) => [fact, '2003-07-01']),
      ),
      lawEnforcementReleased: '2003-07-01',
      individuals: 1_000_000,
      residents: Object.fromEntries(usStates.map((state) => [state, 17_000])),
      notifiedResidents: Object.fromEntries(usStates.map((state) => [state, '2003-07-01'])),
      residentsElsewhere: true,
    } as Facts
    const silent = ask(old).filter(({ status }) => status === 'not-in-force')
    expect(silent.map(({ duty }) => duty).sort()).toEqual(['state.ca.health-department', 'state.ca.patients'])
  })

  it('while the determination is not known, the version that may begin before it is planned for too', () => {
    const facts = { discovered: '2023-08-25', residents: { TX: 250 } }
    const found = one('tx.attorney-general', facts)
    expect(found.status).toBe('pending-facts')
    // Determined on the last day of the old law, or on the first of the new one.
    const latest = [
      one('tx.attorney-general', { ...facts, determined: '2023-08-31' }),
      one('tx.attorney-general', { ...facts, determined: '2023-09-01' }),
    ]
    expect(latest.map(({ due }) => due)).toEqual(['2023-10-30', '2023-10-01'])
    expect((found.planFor as string) <= '2023-10-01').toBe(true)
  })

  it('the law as it was known on a day', () => {
    const facts = { residents: { CA: 1 }, discovered: '2026-01-05' }
    expect(one('ca.residents', facts).due).toBe('2026-02-04')
    expect(one('ca.residents', facts, { knownAt: '2025-12-31' }).status).toBe('qualitative')
  })
})

describe('what is not in the ruleset', () => {
  it('a State without rows is a question for counsel, and never silence', () => {
    const { withoutRows } = coverage()
    for (const state of withoutRows) {
      const found = ask({ discovered: day, residents: { [state]: 5 } })
      const gap = find(found, `${state.toLowerCase()}.no-row`)
      expect(gap).toMatchObject({ status: 'qualitative', jurisdiction: state, confirmation: 'interpretation' })
      expect(gap.standard).toContain('not known')
      expect(find(ask({ residents: { [state]: null } }), `${state.toLowerCase()}.no-row`).status).toBe('pending-facts')
    }
    const asked = { discovered: day, residents: { AK: 5 }, askedCounsel: { AK: '2026-05-06' } }
    expect(one('ak.no-row', asked).status).toBe('met')
  })

  it('every State has a result for its residents', () => {
    for (const state of usStates) {
      const loud = ask({ discovered: day, residents: { [state]: 5 } }).filter(
        ({ jurisdiction, status }) => jurisdiction === state && !['not-applicable', 'not-in-force', 'met'].includes(status),
      )
      expect(loud.length).toBeGreaterThan(0)
    }
  })

  it('people who live elsewhere are a question', async () => {
    const facts = { discovered: day, residents: { OH: 300 } }
    expect(one('elsewhere', facts).status).toBe('not-applicable')
    expect(one('elsewhere', { ...facts, individuals: 300 }).status).toBe('not-applicable')
    expect(one('elsewhere', { ...facts, individuals: 301 }).status).toBe('qualitative')
    expect(one('elsewhere', { ...facts, residentsElsewhere: true }).status).toBe('qualitative')
    const open = { discovered: day, residents: { OH: 300, NV: null }, individuals: 301 }
    expect(one('elsewhere', open)).toMatchObject({ status: 'pending-facts', unknown: ['residentsElsewhere'] })
    for (const wrong of [{ individuals: 299 }, { individuals: 301, residentsElsewhere: false }]) {
      expect((await refusal(() => ask({ ...facts, ...wrong }))).code).toBe('PHI_DEADLINES_CONTRADICTION')
    }
  })

  it('the patients of a facility of California are asked for wherever they live', () => {
    const facts = { detected: '2026-03-02', residents: { NV: 20 } }
    expect(one('ca.patients', { ...facts, californiaHealthFacility: true })).toMatchObject({ status: 'due', due: '2026-03-23' })
    expect(one('ca.residents', { ...facts, californiaHealthFacility: true }).status).toBe('pending-facts')
    expect(one('ca.patients', { ...facts, californiaHealthFacility: false })).toBeUndefined()
  })

  it('what is no State, or no fact, is refused', async () => {
    for (const facts of [
      { residents: { XX: 5 } },
      { residents: { ca: 5 } },
      { residents: { CA: -1 } },
      { residents: { CA: 0.5 } },
      { residents: { CA: Number.NaN } },
      { notifiedResidents: { XX: day } },
      { hipaaRole: 'clearinghouse' },
      { compliant: true },
    ]) {
      expect((await refusal(() => ask(facts as Facts))).code).toBe('PHI_DEADLINES_FACTS')
    }
    expect((await refusal(() => ask({ notifiedResidents: { CA: '2026-02-30' } }))).code).toBe('PHI_DEADLINES_DATE')
  })
})
