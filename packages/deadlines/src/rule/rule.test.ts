import { describe, expect, expectTypeOf, it } from 'vitest'
import { citation, row } from '../../test/made-up.ts'
import { type Deadline, evaluate, type FactsOf, federal } from '../index.ts'
import type { Basis, Rule } from './rule.ts'

// What does not compile is checked by the type checker: an `@ts-expect-error` over a line that compiles is an error itself.

describe('a rule that leaves something open does not compile', () => {
  it('without a basis, or with one that is not set', () => {
    const { basis: _, ...open } = row()
    // @ts-expect-error a rule needs a basis
    const noBasis: Rule = open
    // @ts-expect-error a basis that is not set
    const unset: Rule = { ...row(), basis: undefined }
    expect([noBasis.basis, unset.basis]).toEqual([undefined, undefined])
  })

  it('with a basis that lacks a part', () => {
    const whole = { unit: 'calendar-days', amount: 30, counts: 'after', roll: 'none', rounding: 'earlier' } as const
    const { amount, counts, roll, rounding, ...unit } = whole
    const complete: Basis = whole
    // @ts-expect-error no amount
    const noAmount: Basis = { ...unit, counts, roll, rounding }
    // @ts-expect-error no counts
    const noCounts: Basis = { ...unit, amount, roll, rounding }
    // @ts-expect-error no roll
    const noRoll: Basis = { ...unit, amount, counts, rounding }
    // @ts-expect-error no rounding
    const noRounding: Basis = { ...unit, amount, counts, roll }
    // @ts-expect-error a unit that there is not
    const weeks: Basis = { ...whole, unit: 'weeks' }
    // @ts-expect-error business days without a calendar
    const noCalendar: Basis = { ...whole, unit: 'business-days' }
    // @ts-expect-error a roll without its statute
    const bareRoll: Basis = { ...whole, roll: { by: 'statute', calendar: 'us-tx' } }
    // @ts-expect-error words and a number
    const both: Basis = { unit: 'qualitative', standard: 'promptly', amount: 5 }
    // @ts-expect-error hours that begin on a day
    const hours: Basis = { ...whole, unit: 'hours', counts: 'beginning-on' }
    const all = [complete, noAmount, noCounts, noRoll, noRounding, weeks, noCalendar, bareRoll, both, hours]
    expect(new Set(all).size).toBe(10)
  })

  it('without its dates of force, its condition, its extensions or its holds', () => {
    // @ts-expect-error no status
    const noStatus: Rule = { ...row(), inForce: { from: '2026-01-01' } }
    // @ts-expect-error a status that there is not
    const withdrawn: Rule = { ...row(), inForce: { from: '2026-01-01', status: 'withdrawn' } }
    // @ts-expect-error a condition of another shape
    const equals: Rule = { ...row(), applies: { fact: 'x', equals: 1 } }
    // @ts-expect-error an extension in months
    const months: Rule = { ...row(), extensions: [{ citation, fact: 'x', adds: { unit: 'months', amount: 1 }, requires: [] }] }
    expect([noStatus, withdrawn, equals, months]).toHaveLength(4)
  })
})

describe('facts are typed by their group', () => {
  type Breach = FactsOf<typeof federal.breachNotice.facts>

  it('by name, kind and State', () => {
    expectTypeOf<{ discovered: string; residents: { OH: number } }>().toExtend<Breach>()
    expectTypeOf<{ residents: { OH: null } }>().toExtend<Breach>()
    expectTypeOf<{ discovered: number }>().not.toExtend<Breach>()
    expectTypeOf<{ individuals: string }>().not.toExtend<Breach>()
    expectTypeOf<{ residents: { OH: string } }>().not.toExtend<Breach>()
    expectTypeOf<{ finding: 'none' }>().not.toExtend<Breach>()
    expectTypeOf<{ lawEnforcement: { form: 'email'; on: string }[] }>().not.toExtend<Breach>()
    expectTypeOf(evaluate(federal.breachNotice, {})).toEqualTypeOf<readonly Deadline[]>()
  })

  it('and what is not a fact of the group does not compile, and is refused', () => {
    // @ts-expect-error a fact that the group does not have
    expect(() => evaluate(federal.breachNotice, { discoverd: '2026-05-04' })).toThrow(/not valid/)
    // @ts-expect-error a State that there is not
    expect(() => evaluate(federal.breachNotice, { residents: { XX: 5 } })).toThrow(/not valid/)
    // @ts-expect-error a fact of another group
    expect(() => evaluate(federal.accessRequest, { discovered: '2026-05-04' })).toThrow(/not valid/)
    // @ts-expect-error an option that there is not
    expect(() => evaluate(federal.accessRequest, {}, { now: '2026-05-04' })).toThrow(/not valid/)
  })
})
