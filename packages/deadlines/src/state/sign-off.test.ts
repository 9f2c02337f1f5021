import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { FactsOf } from '../rule/facts.ts'
import { stateBreachRows } from './coverage.ts'
import type { StateFacts } from './facts.ts'
import { hipaaInterplays } from './interplay.ts'
import { notSignedOff, type SignOff, stateBreachNotice } from './notice.ts'
import { rollStatutes } from './roll.ts'
import { isRegulator } from './row.ts'

type Facts = FactsOf<StateFacts>

const signed = (...rules: string[]): SignOff[] => rules.map((rule) => ({ rule, by: 'Outside counsel', on: '2026-11-22' }))
const group = (...rules: string[]) => stateBreachNotice({ signOffs: signed(...rules) })
const find = (results: readonly Deadline[], id: string) => results.find(({ duty }) => duty === `state.${id}`) as Deadline

const day = '2026-05-04'
/** A covered entity that does all that any clause on HIPAA asks for. */
const model: Facts = {
  discovered: day,
  determined: day,
  aware: day,
  detected: day,
  confirmed: day,
  individuals: 100_000,
  hipaaRole: 'covered-entity',
  federalRulesFollowed: true,
  copiedRegulators: true,
  publicBody: true,
  informationBroker: true,
  maintainsForAnother: true,
  californiaHealthFacility: true,
  lawEnforcementReleased: day,
  inadvertentDisclosureDetermined: day,
}
const all = {
  ...model,
  residents: Object.fromEntries([...new Set(stateBreachRows.map(({ state }) => state))].map((s) => [s, 2000])),
}

const silent = ({ status }: Deadline) => status === 'not-applicable'

describe('a clause for HIPAA entities', () => {
  it('silences nothing while nobody has signed it off', () => {
    const results = evaluate(stateBreachNotice(), all)
    expect(results.filter(silent)).toEqual([])
    for (const each of hipaaInterplays) {
      const rows = stateBreachRows.filter((row) => row.interplay === each.id)
      for (const { rule } of rows) expect(silent(find(results, (rule.duty as string).slice(6)))).toBe(false)
    }
  })

  it.each(hipaaInterplays.map((each) => [each.id, each] as const))(
    '%s, signed off, silences what it reaches and no more',
    (id, clause) => {
      const results = evaluate(group(id), all)
      const reached = new Set(
        stateBreachRows
          .filter(({ interplay, rule }) => interplay === id && (clause.reaches === 'all' || !isRegulator(rule.addressee)))
          .map(({ rule }) => rule.duty as string),
      )
      const expected = clause.when === undefined ? [] : [...reached]
      const found = results.filter(silent).map(({ duty }) => duty)
      expect(found.sort()).toEqual(expected.sort())
      for (const duty of expected) {
        const result = find(results, duty.slice(6))
        expect(result.note).toContain('This was signed off by Outside counsel on 2026-11-22')
        if (clause.citation) expect(result.citations).toContainEqual(clause.citation)
      }
    },
  )

  it('has an effect that fits its kind', () => {
    for (const { effect, when } of hipaaInterplays) {
      expect(when !== undefined).toBe(effect === 'exempt' || effect === 'deemed-compliant')
    }
  })

  it('needs its facts: who does not know them keeps the duty, as a plan', () => {
    const ask = (more: Facts) =>
      find(evaluate(group('md.hipaa'), { discovered: day, residents: { MD: 1 }, ...more }), 'md.residents')
    expect(ask({})).toMatchObject({
      status: 'pending-facts',
      planFor: '2026-06-18',
      unknown: ['hipaaRole', 'federalRulesFollowed'],
    })
    expect(ask({ hipaaRole: 'covered-entity' })).toMatchObject({ status: 'pending-facts', unknown: ['federalRulesFollowed'] })
    expect(ask({ hipaaRole: 'covered-entity', federalRulesFollowed: false })).toMatchObject({
      status: 'due',
      due: '2026-06-18',
    })
    expect(ask({ hipaaRole: 'neither' })).toMatchObject({ status: 'due', due: '2026-06-18' })
    expect(ask({ hipaaRole: 'business-associate', federalRulesFollowed: true }).status).toBe('not-applicable')
  })

  it('of a covered entity does not reach a business associate', () => {
    const ask = (hipaaRole: 'covered-entity' | 'business-associate') =>
      find(evaluate(group('oh.hipaa'), { ...model, hipaaRole, residents: { OH: 1 } }), 'oh.residents').status
    expect(ask('covered-entity')).toBe('not-applicable')
    expect(ask('business-associate')).toBe('due')
  })

  it('does not reach an earlier version of the law', () => {
    const facts = { ...model, discovered: '2022-09-30', determined: null, aware: null, detected: null, confirmed: null }
    const earlier = find(evaluate(group('md.hipaa'), { ...facts, residents: { MD: 1 } }), 'md.residents')
    expect(earlier).toMatchObject({ status: 'qualitative', rule: 'state.md.residents.until-2022-09-30' })
  })
})

describe('a sign-off', () => {
  it('of a row stands in its results, with who, when and on what', () => {
    const rows = stateBreachNotice({
      signOffs: [{ rule: 'state.ny.residents', by: 'Outside counsel', on: '2026-11-22', basis: 'memorandum 7' }],
    })
    const results = evaluate(rows, { discovered: day, residents: { NY: 1 } })
    expect(find(results, 'ny.residents').note).toContain(
      'This row was signed off by Outside counsel on 2026-11-22 (memorandum 7).',
    )
    expect(find(results, 'ny.residents').note).not.toContain(notSignedOff)
    expect(find(results, 'ny.attorney-general').note).toContain(notSignedOff)
    expect(find(results, 'ny.residents')).toMatchObject({ status: 'due', due: '2026-06-03' })
  })

  it('of a statute on computing time gives its later date beside the strict one', () => {
    // 45 days after 6 May 2026 is Saturday, 20 June.
    const facts = { discovered: '2026-05-06', residents: { OH: 1 } }
    const plain = find(evaluate(stateBreachNotice(), facts), 'oh.residents')
    expect(plain).toMatchObject({ due: '2026-06-20', overdueFrom: '2026-06-21' })
    expect(plain.lawfulUntil).toBeUndefined()
    const rolled = find(evaluate(group('roll.oh'), facts), 'oh.residents')
    expect(rolled).toMatchObject({ due: '2026-06-20', lawfulUntil: '2026-06-22', overdueFrom: '2026-06-23' })
    expect(rolled.citations).toContainEqual(
      expect.objectContaining({ source: 'Ohio Rev. Code', section: '1.14', confirmation: 'memory' }),
    )
    // And of no other State.
    expect(find(evaluate(group('roll.oh'), { ...facts, residents: { CA: 1 } }), 'ca.residents').lawfulUntil).toBeUndefined()
  })

  it('can be given of every row, clause and statute at once', () => {
    const ids = [
      ...stateBreachRows.map(({ rule }) => rule.id),
      ...hipaaInterplays.map(({ id }) => id),
      ...rollStatutes.map(({ id }) => id),
    ]
    const results = evaluate(group(...ids), all)
    expect(results.filter(({ note }) => note?.includes(notSignedOff))).toEqual([])
    // What no clause reaches is still due.
    expect(find(results, 'tx.residents').status).toBe('due')
    expect(find(results, 'ca.patients').status).toBe('due')
    expect(find(results, 'wa.attorney-general').status).toBe('due')
  })

  it('of nothing, twice of one, or without its parts is refused', async () => {
    const code = async (options: unknown) => (await refusal(() => stateBreachNotice(options as never))).code
    const good = { rule: 'state.ny.residents', by: 'Counsel', on: '2026-11-22' }
    for (const signOffs of [
      [{ ...good, rule: 'state.ny.resident' }],
      [{ ...good, rule: '__proto__' }],
      [{ ...good, rule: 'constructor' }],
      [{ ...good, rule: 'state.ak.no-row' }],
      [good, good],
      [{ ...good, by: '' }],
      [{ ...good, on: '2026-02-30' }],
      [{ rule: good.rule, by: good.by }],
      [{ ...good, more: true }],
      'state.ny.residents',
      null,
    ]) {
      expect(await code({ signOffs })).toBe('PHI_DEADLINES_OPTIONS')
    }
    expect(await code(null)).toBe('PHI_DEADLINES_OPTIONS')
    expect(await code({ signoffs: [] })).toBe('PHI_DEADLINES_OPTIONS')
    const error = await refusal(() => stateBreachNotice({ signOffs: [{ ...good, rule: 'Jane Roe' }] }))
    expect(JSON.stringify(error)).not.toContain('Jane')
    expect(stateBreachNotice({ signOffs: [] }).rules).toEqual(stateBreachNotice().rules)
    expect(stateBreachNotice()).toBe(stateBreachNotice())
  })
})
