import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { askOne, citation, days } from '../../test/made-up.ts'
import { walk } from '../../test/twin/civil.ts'
import type { ExtensionStatement } from '../rule/facts.ts'
import type { Rule } from '../rule/rule.ts'

/** 30 days from receipt on 2026-03-02, so 2026-04-01; 30 more on a statement. */
const extendable: Partial<Rule> = {
  trigger: { fact: 'happened', event: 'receipt' },
  basis: days(30),
  extensions: [
    {
      citation,
      fact: 'statements',
      adds: { unit: 'calendar-days', amount: 30 },
      requires: ['written', 'reasons', 'promisedDate'],
    },
  ],
}
const BASE = '2026-04-01'
const LIMIT = '2026-05-01'

const after = (statements: readonly ExtensionStatement[], today?: string) =>
  askOne(extendable, { happened: '2026-03-02', statements }, today === undefined ? {} : { today })

const valid: ExtensionStatement = { given: '2026-03-20', written: true, reasons: true, promisedDate: LIMIT }

describe('S126 S127 S128 one more period on a written statement of reasons and a date', () => {
  it('extends to the promised day, and no further (ACC-06, ACC-09)', () => {
    expect(after([valid])).toMatchObject({
      base: BASE,
      due: LIMIT,
      because: 'extended',
      extension: { valid: true, statements: [null], outerLimit: LIMIT, committed: LIMIT },
    })
    expect(after([{ ...valid, promisedDate: '2026-04-15' }])).toMatchObject({
      due: '2026-04-15',
      extension: { outerLimit: LIMIT, committed: '2026-04-15' },
    })
  })

  it.each([
    ['given on the last day', { given: BASE }, null],
    ['given a day late (ACC-08)', { given: '2026-04-02' }, 'given-after-the-first-period'],
    ['given on the day of receipt', { given: '2026-03-02' }, null],
    ['not written (ACC-11)', { written: false }, 'not-written'],
    ['not known to be written', { written: null }, 'not-written'],
    ['without reasons', { reasons: false }, 'no-reasons'],
    ['not known to give reasons', { reasons: undefined }, 'no-reasons'],
    ['without a date', { promisedDate: null }, 'no-date'],
    ['promising the limit', { promisedDate: LIMIT }, null],
    ['promising a day beyond it (ACC-10)', { promisedDate: '2026-05-02' }, 'date-beyond-the-limit'],
    ['promising the last day of the first period', { promisedDate: BASE }, 'date-inside-the-first-period'],
    ['promising the day after it', { promisedDate: '2026-04-02' }, null],
  ] as const)('%s', (_, change, defect) => {
    const found = after([{ ...valid, ...change } as ExtensionStatement])
    expect(found.extension?.statements).toEqual([defect])
    expect(found.extension?.valid).toBe(defect === null)
    if (defect !== null) {
      expect(found).toMatchObject({ due: BASE, because: 'counted', overdueFrom: '2026-04-02' })
      expect(found.extension).not.toHaveProperty('committed')
      expect(found.changesIf.some(({ fact, due }) => fact === 'statements' && due === LIMIT)).toBe(true)
    }
  })

  it('says what is not known of a statement that does not count for it', () => {
    expect(after([{ given: '2026-03-20', written: true }]).unknown).toEqual(['statements.reasons', 'statements.promisedDate'])
    expect(after([{ given: '2026-04-02' }]).unknown).toEqual([])
  })

  it('is given once (ACC-13), and a defective statement does not use it up', () => {
    expect(after([valid, { ...valid, given: '2026-03-25' }])).toMatchObject({
      due: LIMIT,
      extension: { statements: [null, 'already-extended'] },
    })
    expect(
      after([
        { ...valid, written: false },
        { ...valid, given: '2026-03-25', promisedDate: '2026-04-20' },
      ]),
    ).toMatchObject({
      due: '2026-04-20',
      extension: { valid: true, statements: ['not-written', null] },
    })
  })

  it('of two statements of one day commits to the earlier promise, in whatever order they are listed', () => {
    const two = [valid, { ...valid, promisedDate: '2026-04-15' }]
    expect(after(two)).toMatchObject({ due: '2026-04-15' })
    expect(after(two.toReversed())).toEqual({ ...after(two), facts: expect.anything() })
  })

  it('is judged by the promise when late', () => {
    const promised = [{ ...valid, promisedDate: '2026-04-15' }]
    expect(after(promised, '2026-04-15').status).toBe('due')
    expect(after(promised, '2026-04-16')).toMatchObject({ status: 'late', daysLate: 1 })
  })

  it.each([
    ['given before the request', [{ ...valid, given: '2026-03-01' }], undefined],
    ['given in the future', [valid], '2026-03-19'],
    ['that promises a day before it was given', [{ ...valid, promisedDate: '2026-03-19' }], undefined],
  ] as const)('refuses a statement %s', async (_, statements, today) => {
    const error = await refusal(() => after(statements, today))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.statements' })
    expect(error.message).not.toMatch(/2026/)
  })

  it('where the text asks for no date, runs its full length, or to the date that was named', () => {
    const florida: Partial<Rule> = {
      ...extendable,
      extensions: [
        { citation, fact: 'statements', adds: { unit: 'calendar-days', amount: 15 }, requires: ['written', 'reasons'] },
      ],
    }
    const ask = (more: object) =>
      askOne(florida, { happened: '2026-03-02', statements: [{ given: '2026-03-20', written: true, reasons: true, ...more }] })
    expect(ask({}).due).toBe('2026-04-16')
    expect(ask({ promisedDate: '2026-04-10' }).due).toBe('2026-04-10')
    expect(ask({ promisedDate: '2026-04-17' })).toMatchObject({ due: BASE, extension: { valid: false } })
    expect(ask({ promisedDate: '2026-03-25' })).toMatchObject({ due: BASE, extension: { valid: false } })
  })

  it('never ends before the first period nor after the limit, whatever the statements and their order', () => {
    const tri = fc.constantFrom(true, true, false, null)
    const statement = fc
      .record({
        given: fc.integer({ min: 0, max: 40 }),
        promised: fc.option(fc.integer({ min: 0, max: 70 })),
        written: tri,
        reasons: tri,
      })
      .map(({ given, promised, ...rest }): ExtensionStatement => {
        const day = walk('2026-03-02', given)
        return { ...rest, given: day, promisedDate: promised === null ? null : walk(day, promised) }
      })
    fc.assert(
      fc.property(
        fc
          .array(statement, { maxLength: 4 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([statements, shuffled]) => {
          const found = after(statements)
          const due = found.due as string
          expect(due >= BASE && due <= LIMIT).toBe(true)
          expect(due > BASE).toBe(statements.length > 0 && found.extension?.valid === true)
          const other = after(shuffled)
          expect([other.due, other.extension?.valid, other.extension?.committed]).toEqual([
            due,
            found.extension?.valid,
            found.extension?.committed,
          ])
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 15_000 : 500 },
    )
  })
})
