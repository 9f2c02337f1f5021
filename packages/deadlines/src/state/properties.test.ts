import { type UsState, usStates } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, current, day, everything, type Facts, one, quiet } from '../../test/state-samples.ts'
import { addBusinessDays, undisputedCalendar } from '../calendar/business-days.ts'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { stateBreachRows } from './coverage.ts'
import { stateBreachNotice } from './notice.ts'

describe('properties', () => {
  const states = fc.constantFrom(...usStates)
  const some = fc.dictionary(states, fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: null }), { minKeys: 1, maxKeys: 5 })
  const date = fc.integer({ min: parseDay('2004-01-01'), max: parseDay('2040-12-31') })
  const numRuns = process.env.PHI_LONG === '1' ? 5000 : 60

  it('a plain count of days agrees, for every row with a number', () => {
    const numbered = current.filter(({ rule }) => rule.basis.unit !== 'qualitative' && rule.basis.unit !== 'hours')
    fc.assert(
      fc.property(
        fc.constantFrom(...numbered),
        fc.integer({ min: parseDay('2026-01-01'), max: parseDay('2040-12-31') }),
        (row, at) => {
          const on = formatDay(at)
          const { basis, id } = row.rule
          const facts = {
            ...Object.fromEntries(Object.entries(everything).map(([fact, value]) => [fact, value === day ? on : value])),
            residents: { [row.state]: 20_000 },
            individuals: 20_000,
            notifiedResidents: { [row.state]: on },
          } as Facts
          const found = one(id.slice(6), facts)
          const expected =
            basis.unit === 'same-day'
              ? on
              : basis.unit === 'calendar-days'
                ? new Date(Date.parse(`${on}T00:00:00Z`) + basis.amount * 86_400_000).toISOString().slice(0, 10)
                : formatDay(addBusinessDays(at, (basis as { amount: number }).amount, undisputedCalendar))
          expect(found.due).toBe(expected)
          expect((found.lawfulUntil ?? expected) >= expected).toBe(true)
        },
      ),
      { numRuns },
    )
  })

  it('one resident more never takes a duty away, and not knowing how many never does', () => {
    fc.assert(
      fc.property(some, states, date, (residents, state, at) => {
        const facts = {
          ...everything,
          // Else California is asked because of the patients of its facilities, with a number that is not known.
          californiaHealthFacility: null,
          ...Object.fromEntries(
            ['discovered', 'determined', 'aware', 'detected', 'confirmed'].map((fact) => [fact, formatDay(at)]),
          ),
        }
        const duties = (map: Record<string, number | null>) =>
          new Set(
            evaluate(stateBreachNotice(), { ...facts, residents: map } as Facts)
              .filter((each) => !quiet(each) && each.status !== 'not-in-force')
              .map(({ duty }) => duty),
          )
        const before = duties(residents)
        const known = residents[state]
        for (const more of [typeof known === 'number' ? known + 1 : 1, null]) {
          const after = duties({ ...residents, [state]: more })
          if (known === null && more !== null) continue
          for (const duty of before) expect(after).toContain(duty)
        }
      }),
      { numRuns },
    )
  })

  it('depends neither on the order of the facts nor on the order of the States', () => {
    fc.assert(
      fc.property(some, date, (residents, at) => {
        const facts = { discovered: formatDay(at), residents, individuals: null }
        const turned = Object.fromEntries(
          Object.entries({ ...facts, residents: Object.fromEntries(Object.entries(residents).reverse()) }).reverse(),
        )
        const plain = ({ rule, status, due, planFor, jurisdiction }: Deadline) => ({ rule, status, due, planFor, jurisdiction })
        expect(ask(turned as Facts).map(plain)).toEqual(ask(facts as Facts).map(plain))
      }),
      { numRuns },
    )
  })

  it('only States that are listed are asked, and of each of them every duty', () => {
    fc.assert(
      fc.property(some, (residents) => {
        const results = ask({ discovered: day, residents: residents as Partial<Record<UsState, number | null>> })
        for (const { jurisdiction } of results) if (jurisdiction) expect(Object.keys(residents)).toContain(jurisdiction)
        for (const state of Object.keys(residents)) {
          const expected = new Set(stateBreachRows.filter((row) => row.state === state).map(({ rule }) => rule.duty)).size || 1
          expect(results.filter(({ jurisdiction }) => jurisdiction === state)).toHaveLength(expected)
        }
      }),
      { numRuns },
    )
  })
})
