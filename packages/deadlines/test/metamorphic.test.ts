import { isPhiError } from '@phi/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Deadline, evaluate, type FactsOf, federal } from '../src/index.ts'
import type { BreachFacts } from './twin/breach.ts'
import { walk } from './twin/civil.ts'
import { breachCase, requestCase, withoutAssociate } from './twin/random-facts.ts'
import type { RequestFacts } from './twin/requests.ts'
import { dateOf } from './twin/zone.ts'

// What must stay true when facts change a little. No expected dates are needed for it.

const long = process.env.PHI_LONG === '1'
const numRuns = long ? 30_000 : 120

type Options = Parameters<typeof evaluate>[2]

/** The results, or undefined where the facts contradict each other. */
function breach(facts: BreachFacts, options: Options = {}): readonly Deadline[] | undefined {
  return unlessContradicted(() => evaluate(federal.breachNotice, facts as FactsOf<typeof federal.breachNotice.facts>, options))
}

function access(facts: RequestFacts, options: Options = {}): readonly Deadline[] | undefined {
  return unlessContradicted(() => evaluate(federal.accessRequest, facts, options))
}

function unlessContradicted<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (isPhiError(error, 'PHI_DEADLINES_CONTRADICTION')) return undefined
    throw error
  }
}

const todayOf = (today: string | undefined): Options => (today === undefined ? {} : { today })

const keyOf = ({ duty, jurisdiction }: Deadline): string => `${duty} ${jurisdiction ?? ''}`
const byKey = (results: readonly Deadline[]): Map<string, Deadline> => new Map(results.map((each) => [keyOf(each), each]))

/** The date to work to: the due date, or the plan while something is not known. */
const dateFor = ({ due, planFor }: Deadline): string | undefined => due ?? planFor

const cases = breachCase.map(withoutAssociate)
/** Cases in which nothing was done yet, so that dates speak for themselves. */
const undone = cases.map(({ facts, today }) => {
  const { notifiedIndividuals, notifiedMedia, notifiedSecretary, ...rest } = facts
  return { facts: rest as BreachFacts, today }
})

const quiet = new Set(['not-applicable', 'not-in-force'])

describe('one person more', () => {
  it('S160 C3 C4 never makes a date later, and never removes a duty', () => {
    fc.assert(
      fc.property(undone, fc.constantFrom('OH', 'TX', 'CA', 'PR'), ({ facts, today }, state) => {
        const counted = facts.residents?.[state]
        // Somebody more in a State whose number is known, and so in all.
        const more: BreachFacts = {
          ...facts,
          ...(typeof counted === 'number' && { residents: { ...facts.residents, [state]: counted + 1 } }),
          ...(facts.individuals != null && { individuals: facts.individuals + 1 }),
        }
        const [before, after] = [breach(facts, todayOf(today)), breach(more, todayOf(today))]
        if (!before || !after) return
        const later = byKey(after)
        for (const each of before) {
          if (quiet.has(each.status)) continue
          const same = later.get(keyOf(each))
          // What is not known of States without a name may be answered by naming more people, but a duty stays.
          if (!same) throw new Error(`${keyOf(each)} is gone`)
          expect(quiet.has(same.status)).toBe(false)
          const [dateBefore, dateAfter] = [dateFor(each), dateFor(same)]
          if (dateBefore !== undefined) expect((dateAfter as string) <= dateBefore).toBe(true)
        }
      }),
      { numRuns },
    )
  })

  it('C3 C4 at the thresholds: 499, 500 and 501', () => {
    const at = (people: number) => {
      const found = evaluate(federal.breachNotice, {
        discovered: '2026-05-04',
        individuals: people,
        residents: { OH: people },
      })
      return Object.fromEntries(found.map(({ addressee, status, due }) => [addressee, due ?? status]))
    }
    expect(at(499)).toEqual({ individuals: '2026-07-03', secretary: '2027-03-01', media: 'not-applicable' })
    expect(at(500)).toEqual({ individuals: '2026-07-03', secretary: '2026-07-03', media: 'not-applicable' })
    expect(at(501)).toEqual({ individuals: '2026-07-03', secretary: '2026-07-03', media: '2026-07-03' })
  })
})

describe('one day more', () => {
  const shifted = (facts: BreachFacts, days: number): BreachFacts => ({
    ...facts,
    discovered: walk(facts.discovered as string, days),
  })

  it('of discovery is one day more of calendar days, and never a day less of anything', () => {
    const dated = undone.filter(({ facts }) => facts.discovered?.length === 10)
    fc.assert(
      fc.property(dated, fc.constantFrom(1, 1, 2, 30, 365), ({ facts: { knowledge: _, ...facts } }, days) => {
        const [before, after] = [breach(facts), breach(shifted(facts, days))]
        if (!before || !after || before[0]?.status === 'not-in-force') return
        const later = byKey(after)
        for (const each of before) {
          const same = later.get(keyOf(each))
          if (!same) throw new Error(`${keyOf(each)} is gone`)
          if (each.base !== undefined && !each.steps.some(({ step }) => step === 'anchor') && each.rule === same.rule) {
            const anchored = same.steps.some(({ step }) => step === 'anchor')
            if (!anchored && !each.rule.endsWith('fewer-than-500')) expect(same.base).toBe(walk(each.base, days))
          }
          const [dateBefore, dateAfter] = [dateFor(each), dateFor(same)]
          if (dateBefore !== undefined) expect((dateAfter as string) >= dateBefore).toBe(true)
        }
      }),
      { numRuns },
    )
  })

  it('is a day in leap years too: of all days of 2023 to 2028, the sixtieth day is sixty days later', () => {
    for (let day = '2023-01-01'; day < '2029-01-01'; day = walk(day, 1)) {
      const [found] = evaluate(federal.breachNotice, { discovered: day, individuals: 1, residents: { OH: 1 } })
      if (found?.due !== walk(day, 60)) throw new Error(`${day}: ${found?.due}`)
    }
  })

  it('of today changes no date, and turns due into late and never back', () => {
    fc.assert(
      fc.property(undone, fc.integer({ min: 0, max: 500 }), ({ facts: { lawEnforcement: _, ...facts } }, days) => {
        const without = breach(facts)
        if (!without || facts.discovered?.length !== 10) return
        const today = walk(facts.discovered, days)
        const [now, next] = [breach(facts, { today }), breach(facts, { today: walk(today, 1) })]
        if (!now || !next || now[0]?.because === 'trigger-in-the-future') return
        const tomorrow = byKey(next)
        for (const each of now) {
          const { status } = tomorrow.get(keyOf(each)) as Deadline
          expect(status === each.status || (each.status === 'due' && status === 'late')).toBe(true)
        }
        const dates = (results: readonly Deadline[]) => Object.fromEntries(results.map((each) => [keyOf(each), dateFor(each)]))
        expect(dates(now)).toEqual(dates(without))
        expect(dates(next)).toEqual(dates(without))
      }),
      { numRuns },
    )
  })
})

describe('today', () => {
  it('never changes a date, whatever else is known', () => {
    fc.assert(
      fc.property(cases, ({ facts, today }) => {
        const [without, found] = [breach(facts), breach(facts, todayOf(today))]
        if (!without || !found) return
        const all = byKey(without)
        for (const each of found) {
          if (each.because === 'trigger-in-the-future') continue
          const other = all.get(keyOf(each)) as Deadline
          expect([dateFor(each), each.dueInstant, each.base]).toEqual([dateFor(other), other.dueInstant, other.base])
        }
      }),
      { numRuns },
    )
  })
})

describe('what is no longer known', () => {
  const names = [
    'individuals',
    'residents',
    'finding',
    'findingDocumented',
    'lawEnforcement',
    'knowledge',
    'discovered',
  ] as const

  it('never silences a duty: nothing that was due becomes not applicable, met, or a later plan', () => {
    fc.assert(
      fc.property(undone, fc.constantFrom(...names), fc.boolean(), ({ facts, today }, name, asNull) => {
        const { [name]: _, ...rest } = facts
        const less: BreachFacts = asNull ? { ...rest, [name]: null } : rest
        const [before, after] = [breach(facts, todayOf(today)), breach(less, todayOf(today))]
        if (!before || !after) return
        const remaining = byKey(after)
        const elsewhere = remaining.get('breach.media ')
        for (const each of before) {
          if (quiet.has(each.status)) continue
          // Without the map of States, what was due in one of them is pending in a State without a name.
          const same = remaining.get(keyOf(each)) ?? (each.duty === 'breach.media' ? elsewhere : undefined)
          if (!same) throw new Error(`${keyOf(each)} is gone without ${name}`)
          expect(['not-applicable', 'not-in-force', 'met']).not.toContain(same.status)
          // Only a hold that is not known of gives time back, and only an earlier day of discovery takes it.
          const [dateBefore, dateAfter] = [dateFor(each), dateFor(same)]
          if (dateBefore === undefined || dateAfter === undefined || name === 'knowledge' || name === 'discovered') continue
          expect(dateAfter <= dateBefore).toBe(true)
        }
      }),
      { numRuns },
    )
  })

  it('of a single State stays pending there', () => {
    fc.assert(
      fc.property(undone, fc.constantFrom('OH', 'TX', 'CA', 'PR', 'DC', 'GU'), ({ facts, today }, state) => {
        const counted = facts.residents?.[state]
        if (counted === undefined) return
        const [before, after] = [
          breach(facts, todayOf(today)),
          breach({ ...facts, residents: { ...facts.residents, [state]: null } }, todayOf(today)),
        ]
        if (!before || !after) return
        const was = byKey(before).get(`breach.media ${state}`) as Deadline
        const is = byKey(after).get(`breach.media ${state}`) as Deadline
        if (!quiet.has(was.status)) {
          expect(is.status).toBe('pending-facts')
          expect(dateFor(is)).toBe(dateFor(was))
        }
      }),
      { numRuns },
    )
  })
})

describe('the order of facts', () => {
  const reversed = <T extends object>(map: T): T => Object.fromEntries(Object.entries(map).reverse()) as T
  const bare = (results: readonly Deadline[] | undefined) =>
    results?.map(({ facts, steps, hold, extension, ...rest }) => ({
      ...rest,
      hold: [hold?.through, hold?.actOn, hold?.needs],
      extension: [extension?.valid, extension?.committed, extension?.outerLimit],
    }))

  it('of their keys, of States and of statements does not show', () => {
    fc.assert(
      fc.property(cases, ({ facts, today }) => {
        const other: BreachFacts = reversed({
          ...facts,
          ...(facts.residents && { residents: reversed(facts.residents) }),
          ...(facts.notifiedMedia && { notifiedMedia: reversed(facts.notifiedMedia) }),
          ...(facts.knowledge && { knowledge: facts.knowledge.toReversed() }),
          ...(facts.lawEnforcement && { lawEnforcement: facts.lawEnforcement.toReversed().map(reversed) }),
        })
        expect(bare(breach(other, todayOf(today)))).toEqual(bare(breach(facts, todayOf(today))))
      }),
      { numRuns },
    )
  })

  it('of extension statements does not show', () => {
    fc.assert(
      fc.property(requestCase, ({ facts, today }) => {
        const other: RequestFacts = reversed({
          ...facts,
          ...(facts.extensionStatements && { extensionStatements: facts.extensionStatements.toReversed() }),
        })
        const sorted = (results: readonly Deadline[] | undefined) =>
          bare(results)?.map((each) => ({ ...each, unknown: [...each.unknown].sort() }))
        expect(sorted(access(other, todayOf(today)))).toEqual(sorted(access(facts, todayOf(today))))
      }),
      { numRuns },
    )
  })
})

describe('the way in which a moment is written', () => {
  it('an instant counts as its civil date in the zone, and nothing else of it matters', () => {
    fc.assert(
      fc.property(requestCase, ({ facts, today }) => {
        const zone = facts.timeZone
        if (zone === undefined) return
        const civil: RequestFacts = {
          ...facts,
          ...(facts.received != null && { received: dateOf(facts.received, zone) }),
          ...(facts.acted != null && { acted: dateOf(facts.acted, zone) }),
          ...(facts.extensionStatements && {
            extensionStatements: facts.extensionStatements.map((each) => ({ ...each, given: dateOf(each.given, zone) })),
          }),
        }
        const counted = (found: readonly Deadline[] | undefined) =>
          found?.map(({ status, due, planFor, dueInstant, base, extension }) => [
            status,
            due,
            planFor,
            dueInstant,
            base,
            extension,
          ])
        expect(counted(access(facts, todayOf(today)))).toEqual(counted(access(civil, todayOf(today))))
      }),
      { numRuns },
    )
  })

  it('a civil date gives one date in every zone', () => {
    fc.assert(
      fc.property(
        requestCase.filter(({ facts }) => facts.timeZone === undefined),
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        ({ facts, today }, timeZone) => {
          const dates = (found: readonly Deadline[] | undefined) =>
            found?.map(({ status, due, planFor }) => [status, due, planFor])
          expect(dates(access({ ...facts, timeZone }, todayOf(today)))).toEqual(dates(access(facts, todayOf(today))))
        },
      ),
      { numRuns: long ? 5_000 : 80 },
    )
  })

  it('a later instant never has an earlier date, in any zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone').filter((id) => !/St_Johns|Goose_Bay|Moncton/.test(id))),
        fc.integer({ min: Date.UTC(2014, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 }),
        fc.integer({ min: 0, max: 200_000 }),
        (timeZone, second, more) => {
          const dueAt = (at: number) =>
            evaluate(federal.accessRequest, { received: new Date(at * 1000).toISOString(), timeZone })[0]?.due as string
          expect(dueAt(second + more) >= dueAt(second)).toBe(true)
        },
      ),
      { numRuns: long ? 5_000 : 80 },
    )
  })
})

describe('an extension', () => {
  it('S126 never makes a date earlier, whatever the statements', () => {
    fc.assert(
      fc.property(requestCase, ({ facts, today }) => {
        const { extensionStatements: _, acted: __, ...without } = facts
        const [before, after] = [
          access(without, todayOf(today)),
          access({ ...without, extensionStatements: facts.extensionStatements ?? [] }, todayOf(today)),
        ]
        if (!before || !after) return
        const [dateBefore, dateAfter] = [dateFor(before[0] as Deadline), dateFor(after[0] as Deadline)]
        if (dateBefore !== undefined) expect((dateAfter as string) >= dateBefore).toBe(true)
      }),
      { numRuns },
    )
  })
})
