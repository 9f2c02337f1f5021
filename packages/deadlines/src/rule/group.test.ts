import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { ask, citation, days, group, madeUpFacts, row, ruleset } from '../../test/made-up.ts'
import { yearly } from '../calendar/business-days.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { federal } from '../federal/index.ts'
import { type RuleGroup, ruleGroup } from './group.ts'
import type { Rule } from './rule.ts'

const define = (over: object = {}) => ({ id: 'g', ruleset, facts: madeUpFacts, rules: [row()], ...over }) as never
const withRow = (over: object) => define({ rules: [{ ...row(), ...over }] })
const basis = (over: object) => withRow({ basis: { ...days(10), ...over } })
const businessDays = (over: object) =>
  withRow({
    basis: {
      unit: 'business-days',
      amount: 5,
      counts: 'after',
      roll: 'none',
      rounding: 'earlier',
      calendar: { strict: 'us-federal' },
      ...over,
    },
  })
const without = (key: keyof Rule) => {
  const { [key]: _, ...rest } = row()
  return define({ rules: [rest] })
}
const rolled = (roll: unknown) => basis({ roll })
const applies = (condition: unknown) => withRow({ applies: condition })
const extension = (over: object) =>
  withRow({
    extensions: [{ citation, fact: 'statements', adds: { unit: 'calendar-days', amount: 30 }, requires: [], ...over }],
  })
const hold = (over: object) => withRow({ holds: [{ citation, fact: 'delays', days: 30, ...over }] })
const inForce = (over: object) => withRow({ inForce: { from: '2000-01-01', status: 'in-force', ...over } })

describe('a group takes a rule that says everything', () => {
  it('and is frozen through and through', () => {
    const made = group({
      extensions: [{ citation, fact: 'statements', adds: { unit: 'calendar-days', amount: 5 }, requires: [] }],
    })
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(made.rules)).toBe(true)
    expect(Object.isFrozen(made)).toBe(true)
    for (const each of Object.values(federal)) {
      if (typeof each === 'object' && 'rules' in each) expect(frozen(each.rules), each.id).toBe(true)
    }
  })

  it('and is not changed by what happens to the row later', () => {
    const mine = structuredClone(row()) as { basis: { amount: number }; inForce: { status: string } }
    const made = ruleGroup({ id: 'mine', ruleset, facts: madeUpFacts, rules: [mine as unknown as Rule] })
    mine.basis.amount = 9000
    mine.inForce.status = 'vacated'
    expect(evaluate(made, { happened: '2026-05-04' })[0]).toMatchObject({ status: 'due', due: '2026-05-14' })
  })

  it('and has two calendars, and those it was given', () => {
    const mine = yearly('mine', () => [])
    expect(group({}).calendars.map(({ id }) => id)).toEqual(['us-undisputed', 'us-federal'])
    const made = ruleGroup({ id: 'mine', ruleset, facts: {}, rules: [], calendars: [mine] })
    expect(made.calendars.map(({ id }) => id)).toEqual(['us-undisputed', 'us-federal', 'mine'])
  })
})

describe('a group refuses', () => {
  const refused: readonly (readonly [string, unknown])[] = [
    ['no definition', null],
    ['a definition that is a list', []],
    ['an empty id', define({ id: '' })],
    ['rules that are no list', define({ rules: {} })],
    ['a rule that is null', define({ rules: [null] })],
    ['a rule that is a list', define({ rules: [[]] })],
    ['a ruleset without a day', define({ ruleset: { id: 'r' } })],
    ['a ruleset of a day that does not exist', define({ ruleset: { id: 'r', asOf: '2026-02-30' } })],
    ['a key that is not known', define({ more: 1 })],
    ['a kind of fact that there is not', define({ facts: { ...madeUpFacts, x: 'moments' } })],
    ['a choice without values', define({ facts: { ...madeUpFacts, x: { oneOf: [] } } })],
    ['a fact named timeZone', define({ facts: { ...madeUpFacts, timeZone: 'moment' } })],
    ['derive that is no function', define({ derive: {} })],
    ['a calendar without holidays', define({ calendars: [{ id: 'x' }] })],
    ['a calendar with the name of another', define({ calendars: [{ id: 'us-federal', holidays: () => new Set() }] })],
    ['two rules with one id', define({ rules: [row(), row()] })],
    ['a rule with a key that is not known', withRow({ dueDate: '2026-01-01' })],
    ['no basis', without('basis')],
    ['no limit', without('limit')],
    ['no trigger', without('trigger')],
    ['no condition', without('applies')],
    ['no dates of force', without('inForce')],
    ['no citation', without('citation')],
    ['no confirmation', without('confirmation')],
    ['no day of the sources', without('asOf')],
    ['no extensions', without('extensions')],
    ['no holds', without('holds')],
    ['a citation that is a text', withRow({ citation: '45 CFR 164.404' })],
    ['a confirmation that there is not', withRow({ confirmation: 'sure' })],
    ['sources of a day that does not exist', withRow({ asOf: '2025-02-29' })],
    ['a State that there is not', withRow({ jurisdiction: 'XX' })],
    ['a State in small letters', withRow({ jurisdiction: 'oh' })],
    ['a unit that there is not', basis({ unit: 'weeks' })],
    ['a unit of business days without a calendar', basis({ unit: 'business-days' })],
    ['no counts', basis({ counts: undefined })],
    ['counts that there are not', basis({ counts: 'before' })],
    ['no rounding', basis({ rounding: undefined })],
    ['rounding that there is not', basis({ rounding: 'nearest' })],
    ['no roll', basis({ roll: undefined })],
    ['no amount', basis({ amount: undefined })],
    ['an amount of 0', basis({ amount: 0 })],
    ['an amount below 0', basis({ amount: -30 })],
    ['an amount with a fraction', basis({ amount: 30.5 })],
    ['an amount that is no number', basis({ amount: Number.NaN })],
    ['an amount without end', basis({ amount: Number.POSITIVE_INFINITY })],
    ['an amount as a text', basis({ amount: '30' })],
    ['a roll that is a word', rolled('statute')],
    ['a roll without a calendar', rolled({ by: 'statute', citation })],
    ['a roll without a citation', rolled({ by: 'statute', calendar: 'us-federal' })],
    ['a roll by a calendar that is not there', rolled({ by: 'statute', citation, calendar: 'us-xx' })],
    ['a roll that is null', rolled(null)],
    ['business days by a calendar that is not there', businessDays({ calendar: { strict: 'us-xx' } })],
    [
      'lawful business days by a calendar that is not there',
      businessDays({ calendar: { strict: 'us-federal', lawful: 'us-xx' } }),
    ],
    ['business days that roll', businessDays({ roll: { by: 'rule', citation, calendar: 'us-federal' } })],
    ['hours that begin on a day', basis({ unit: 'hours', counts: 'beginning-on' })],
    ['words that are none', withRow({ basis: { unit: 'qualitative', standard: '' } })],
    ['words that are missing', withRow({ basis: { unit: 'qualitative' } })],
    ['words with a number beside them', withRow({ basis: { unit: 'qualitative', standard: 'promptly', amount: 5 } })],
    ['a trigger by a fact that is not there', withRow({ trigger: { fact: 'hapened', event: 'other' } })],
    ['a trigger by a fact of the prototype', withRow({ trigger: { fact: 'constructor', event: 'other' } })],
    ['a trigger by a count', withRow({ trigger: { fact: 'people', event: 'other' } })],
    ['a trigger of an event that there is not', withRow({ trigger: { fact: 'happened', event: 'occurrence' } })],
    ['an anchor that there is not', withRow({ trigger: { fact: 'happened', event: 'other', anchor: 'end-of-year' } })],
    ['a plan from a fact that is not there', withRow({ trigger: { fact: 'happened', event: 'other', planFrom: 'x' } })],
    ['a limit that there is not', withRow({ limit: { kind: 'hold' } })],
    ['being met by a flag', withRow({ metBy: 'serious' })],
    ['being met by a fact that is not there', withRow({ metBy: 'x' })],
    ['an extension below 0', extension({ adds: { unit: 'calendar-days', amount: -5 } })],
    ['an extension in months', extension({ adds: { unit: 'months', amount: 1 } })],
    ['an extension that is no number', extension({ adds: { unit: 'calendar-days', amount: Number.NaN } })],
    ['an extension that asks for what there is not', extension({ requires: ['signed'] })],
    ['an extension by another kind of fact', extension({ fact: 'delays' })],
    ['a hold below 0', hold({ days: -1 })],
    ['a hold by another kind of fact', hold({ fact: 'statements' })],
    ['a condition of another shape', applies({ fact: 'colour', equals: 'red' })],
    ['a condition that is empty', applies({})],
    ['a condition that is null', applies(null)],
    ['a condition that is a word', applies('never')],
    ['all of nothing', applies({ all: [] })],
    ['any of nothing, which is never', applies({ any: [] })],
    ['a value that a fact never has', applies({ fact: 'colour', is: 'yellow' })],
    ['one such value among others', applies({ fact: 'colour', oneOf: ['red', 'yellow'] })],
    ['the same, deep inside', applies({ not: { any: [{ all: [{ fact: 'colour', is: 'Red' }] }] } })],
    ['a flag that is a word', applies({ fact: 'serious', is: 'true' })],
    ['a count that is yes', applies({ fact: 'people', is: true })],
    ['a count of a choice', applies({ count: 'colour', atLeast: 1 })],
    ['a condition on a fact that is not there', applies({ fact: 'x', is: true })],
    ['a condition on a date', applies({ fact: 'happened', is: '2026-01-01' })],
    ['a threshold that is no number', applies({ count: 'people', atLeast: Number.NaN })],
    ['a threshold with a fraction', applies({ count: 'people', atLeast: 499.5 })],
    ['a threshold below 0', applies({ count: 'people', atLeast: -1 })],
    ['a status that there is not', inForce({ status: 'withdrawn' })],
    ['no status', inForce({ status: undefined })],
    ['no first day', inForce({ from: undefined })],
    ['a first day that does not exist', inForce({ from: '2023-02-29' })],
    ['an end before the beginning', inForce({ until: '1999-12-31' })],
    ['an end that does not exist', inForce({ until: '2026-06-31' })],
    ['being superseded without an end', inForce({ status: 'superseded' })],
  ]

  it.each(refused)('%s', async (_, definition) => {
    const error = await refusal(() => ruleGroup(definition as never))
    expect(error.code).toBe('PHI_DEADLINES_RULE')
    expect(error.path === undefined || /^(group|rule)(\.|$)/.test(error.path)).toBe(true)
  })

  it('without saying what the caller wrote', async () => {
    const secret = 'JANE-DOE-1984'
    for (const definition of [
      basis({ unit: secret }),
      withRow({ [secret]: 1 }),
      withRow({ trigger: { fact: secret, event: 'other' } }),
      applies({ fact: 'colour', is: secret }),
      define({ facts: { ...madeUpFacts, x: secret } }),
      withRow({ jurisdiction: secret }),
      withRow({ metBy: secret }),
      businessDays({ calendar: { strict: secret } }),
    ]) {
      const error = await refusal(() => ruleGroup(definition))
      expect(JSON.stringify(error) + String(error.stack) + String(error.cause)).not.toContain(secret)
    }
  })

  it('a rule with any one part of it spoilt, or evaluates it: never another error', () => {
    const spoils: unknown[] = [null, undefined, '', 0, -1, Number.NaN, {}, [], true, '__proto__', '2026-02-30', () => 0]
    const paths = (value: unknown, at: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, part]) => [[...at, key], ...paths(part, [...at, key])])
        : []
    const full: Rule = {
      ...row({ duty: 'd', note: 'n', also: [citation], jurisdiction: 'OH', metBy: 'doneBy' }),
      extensions: [{ citation, fact: 'statements', adds: { unit: 'calendar-days', amount: 30 }, requires: ['written'] }],
      holds: [{ citation, fact: 'delays', days: 30 }],
      applies: { all: [{ fact: 'serious', is: true }, { not: { count: 'people', atMost: 5 } }] },
      inForce: {
        from: '2000-01-01',
        until: '2050-01-01',
        status: 'superseded',
        published: '1999-01-01',
        endPublished: '2049-01-01',
      },
    }
    const all = paths(full)
    expect(all.length).toBeGreaterThan(50)
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.constantFrom(...spoils), (path, spoil) => {
        const rule = structuredClone(full) as unknown as Record<string, unknown>
        let at = rule
        for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
        at[path.at(-1) as string] = spoil
        let made: RuleGroup<typeof madeUpFacts>
        try {
          made = ruleGroup({ id: 'g', ruleset, facts: madeUpFacts, rules: [rule as unknown as Rule] })
        } catch (error) {
          expect((error as { code?: string }).code).toBe('PHI_DEADLINES_RULE')
          return
        }
        const facts = { happened: '2026-05-04', serious: true, people: 10, residents: { OH: 5 } } as const
        expect(evaluate(made, facts, { today: '2026-05-05' })).toHaveLength(1)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 300 },
    )
  })
})

describe('a group that ruleGroup did not make', () => {
  it.each([[null], [undefined], [{}], [{ ...group({}) }], [JSON.parse(JSON.stringify(group({})))], ['breach'], [[]]])(
    'is refused (%#)',
    async (forged) => {
      const error = await refusal(() => evaluate(forged as never, {}))
      expect(error).toMatchObject({ code: 'PHI_DEADLINES_RULE', path: 'group' })
    },
  )
})

describe('facts that are worked out of facts', () => {
  it('are seen by every rule, and the result shows what was given', () => {
    const derived = ruleGroup({
      id: 'derived',
      ruleset,
      facts: madeUpFacts,
      rules: [row({ applies: { fact: 'serious', is: true } })],
      derive: (facts) => ({ ...facts, values: { ...facts.values, serious: facts.values.colour === 'red' } }),
    })
    expect(evaluate(derived, { happened: '2026-05-04', colour: 'red' })[0]).toMatchObject({
      status: 'due',
      facts: { happened: '2026-05-04', colour: 'red' },
    })
    expect(evaluate(derived, { happened: '2026-05-04', colour: 'blue' })[0]?.status).toBe('not-applicable')
  })

  it('do not change what one of another group reads', () => {
    expect(ask({}, { happened: '2026-05-04' })[0]).toMatchObject({ due: '2026-05-14' })
  })
})
