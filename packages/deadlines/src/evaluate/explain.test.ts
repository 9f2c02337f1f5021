import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askOne, citation, days } from '../../test/made-up.ts'
import { breachCase, withoutAssociate } from '../../test/twin/random-facts.ts'
import { federal } from '../federal/index.ts'
import type { FactsOf } from '../rule/facts.ts'
import type { Deadline } from './deadline.ts'
import { evaluate } from './evaluate.ts'
import { explainDeadline } from './explain.ts'

describe('a result in words', () => {
  it('says what, to whom, by when, why, by which steps and under which text', () => {
    const facts = { discovered: '2026-05-04', individuals: 501, residents: { OH: 501 } } as const
    const media = evaluate(federal.breachNotice, facts, { today: '2026-07-05' }).find(({ addressee }) => addressee === 'media')
    const lines = explainDeadline(media as Deadline).split('\n')
    expect(lines[0]).toBe(
      'Notify prominent media outlets serving the State or jurisdiction (media, OH): late 2026-07-03, without unreasonable delay',
    )
    expect(lines[1]).toBe('  because: the date has passed, 2 days late')
    expect(lines).toContain('  - discovery on 2026-05-04, from the fact discovered')
    expect(lines).toContain('  - 60 calendar days after 2026-05-04: 2026-07-03 (45 CFR 164.406)')
    expect(lines).toContain('  act by 2026-07-02, the last federal business day (advice, not law)')
    expect(lines.at(-1)).toBe('')
  })

  it('says a pending result as a plan, with what is not known and what it would become', () => {
    const found = evaluate(federal.breachNotice, { discovered: '2026-08-10' })
    const text = explainDeadline(found.find(({ addressee }) => addressee === 'secretary') as Deadline)
    expect(text).toMatch(/: pending-facts plan for 2026-10-09/)
    expect(text).toContain('not known: individuals')
    expect(text).toMatch(/would be due 2026-10-09, if .*individuals 500 or more/)
  })

  it('says both dates where there are two, what moved a date, and why a statement did not', () => {
    const rolled = askOne(
      { basis: days(30, { roll: { by: 'statute', citation, calendar: 'us-federal' } }) },
      { happened: '2026-04-30' },
    )
    expect(explainDeadline(rolled)).toMatch(
      /due 2026-05-30 \(lawful until 2026-06-01\)[\s\S]*2026-05-30 is no business day: may move to 2026-06-01/,
    )
    const statements = [{ given: '2026-05-05', written: false }]
    const extensions = [
      { citation, fact: 'statements', adds: { unit: 'calendar-days', amount: 30 }, requires: ['written'] },
    ] as const
    expect(explainDeadline(askOne({ extensions }, { happened: '2026-05-04', statements }))).toContain(
      'statement given on 2026-05-05: no extension: it is not known to be written',
    )
    const holds = [{ citation, fact: 'delays', days: 30 }]
    const delays = [{ form: 'oral', on: '2026-05-06', documented: false }] as const
    expect(explainDeadline(askOne({ holds }, { happened: '2026-05-04', delays }))).toContain(
      'without effect, as it was not documented',
    )
  })

  it('has words for everything: nothing reads undefined', () => {
    fc.assert(
      fc.property(breachCase.map(withoutAssociate), ({ facts, today }) => {
        let found: readonly Deadline[]
        try {
          found = evaluate(federal.breachNotice, facts as FactsOf<typeof federal.breachNotice.facts>, { today })
        } catch {
          return
        }
        for (const each of found) {
          const text = explainDeadline(each)
          expect(text).not.toMatch(/undefined|null|NaN|\[object/)
          expect(text.endsWith('\n')).toBe(true)
          for (const date of [each.due, each.planFor]) if (date !== undefined) expect(text.split('\n')[0]).toContain(date)
          expect(text).toContain(each.rule)
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 200 },
    )
  })
})
