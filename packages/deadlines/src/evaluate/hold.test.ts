import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { askOne, citation, days, type MadeUpFacts } from '../../test/made-up.ts'
import { walk } from '../../test/twin/civil.ts'
import type { LawEnforcementStatement } from '../rule/facts.ts'

const long = process.env.PHI_LONG === '1'

/** A duty of 60 days from 2026-02-01, so due on 2026-04-02, that 164.412 can delay. */
const held = { basis: days(60), holds: [{ citation, fact: 'delays', days: 30 }] }
const BASE = '2026-04-02'

const after = (delays: readonly LawEnforcementStatement[], today?: string, more: MadeUpFacts = {}) =>
  askOne(held, { happened: '2026-02-01', delays, ...more }, today === undefined ? {} : { today })

const oral = (on: string, documented: boolean | null = true): LawEnforcementStatement => ({ form: 'oral', on, documented })
const written = (on: string, until?: string): LawEnforcementStatement => ({ form: 'written', on, ...(until && { until }) })

describe('a delay for law enforcement, 164.412', () => {
  it('of an oral statement is 30 days from the statement: they are not added to the 60 (LEH-01)', () => {
    expect(after([oral('2026-03-20')])).toMatchObject({
      base: BASE,
      due: '2026-04-19',
      because: 'law-enforcement-delay',
      hold: { through: '2026-04-19', actOn: '2026-04-19', needs: 'written statement specifying the time' },
    })
  })

  it('that ended before the date leaves it: nothing is tolled (LEH-02)', () => {
    const found = after([oral('2026-02-05')])
    expect(found).toMatchObject({ due: BASE, because: 'counted', hold: { through: '2026-03-07' } })
    expect(found.hold?.windows).toEqual([
      { form: 'oral', from: '2026-02-05', through: '2026-03-07', why: 'oral', moved: false },
    ])
  })

  it('of a written statement is the time that it specifies, and not a day more (LEH-03)', () => {
    expect(after([written('2026-03-10', '2026-06-30')])).toMatchObject({
      due: '2026-07-01',
      hold: { through: '2026-06-30', actOn: '2026-07-01' },
    })
    expect(after([written('2026-03-10', '2026-06-30')]).hold).not.toHaveProperty('needs')
  })

  it('of a written statement in the 30 days takes the place of the oral one (LEH-04)', () => {
    const found = after([oral('2026-03-20'), { form: 'written', on: '2026-04-10', days: 45 }])
    expect(found).toMatchObject({ due: '2026-05-26', hold: { through: '2026-05-25', actOn: '2026-05-26' } })
    expect(found.hold?.windows.map(({ why }) => why)).toEqual(['replaced-by-written', 'specified-time'])
  })

  it('that lapsed is not cured by a later one (LEH-05)', () => {
    const found = after([oral('2026-03-20'), written('2026-04-25', '2026-06-30')], '2026-04-26')
    expect(found).toMatchObject({ due: '2026-04-19', overdueFrom: '2026-04-20', status: 'held', daysLate: 7 })
    expect(found.hold?.windows[1]).toMatchObject({ from: '2026-04-25', why: 'lapsed-before', moved: false })
    expect(after([oral('2026-03-20'), written('2026-04-25', '2026-06-30')], '2026-07-01')).toMatchObject({
      status: 'late',
      daysLate: 73,
    })
  })

  it('of a written statement without a time is that of an oral one (LEH-06)', () => {
    expect(after([written('2026-03-20')])).toMatchObject({
      due: '2026-04-19',
      hold: { through: '2026-04-19', needs: 'written statement specifying the time' },
    })
  })

  it('cannot be renewed by a second statement that specifies no time', () => {
    for (const second of [oral('2026-04-10'), written('2026-04-10')]) {
      for (const first of [oral('2026-03-20'), written('2026-03-20')]) {
        const found = after([first, second])
        expect(found.due).toBe('2026-04-19')
        expect(found.hold?.windows[1]?.why).toBe('cannot-be-renewed')
      }
    }
  })

  it('needs an oral statement to be documented', () => {
    const found = after([oral('2026-03-20', false)])
    expect(found).toMatchObject({ due: BASE, because: 'counted', hold: { needs: 'documentation of the oral statement' } })
    expect(found.hold).not.toHaveProperty('actOn')
    expect(found.hold).not.toHaveProperty('through')
    expect(after([oral('2026-03-20', null)])).toMatchObject({ due: '2026-04-19', unknown: ['delays.documented'] })
    // One that was not documented does not use up the 30 days of one that was.
    expect(after([oral('2026-03-10', false), oral('2026-03-20')]).due).toBe('2026-04-19')
  })

  it.each([
    ['2026-04-01', '2026-04-02'],
    ['2026-04-02', '2026-04-03'],
    ['2026-04-03', '2026-04-04'],
    ['2026-03-31', '2026-04-02'],
  ])('specified through %s: due on %s, never on a day on which notice is forbidden', (until, due) => {
    expect(after([written('2026-03-10', until)]).due).toBe(due)
  })

  it('is not cut short by a second one', () => {
    expect(after([written('2026-03-01', '2026-04-19'), oral('2026-03-20')]).due).toBe('2026-04-20')
    expect(after([written('2026-03-01', '2026-06-30'), written('2026-03-20', '2026-05-31')]).due).toBe('2026-07-01')
  })

  it('that ends sooner than an oral one by writing ends sooner', () => {
    expect(after([oral('2026-03-20'), written('2026-04-05', '2026-04-08')]).due).toBe('2026-04-09')
    expect(after([oral('2026-03-20'), written('2026-03-22', '2026-03-24')]).due).toBe(BASE)
  })

  it('that begins where another ends carries on; a day later it does not', () => {
    expect(after([written('2026-03-10', '2026-04-30'), written('2026-05-01', '2026-05-31')]).due).toBe('2026-06-01')
    expect(after([written('2026-03-10', '2026-04-30'), written('2026-05-02', '2026-05-31')]).due).toBe('2026-05-01')
  })

  it.each([
    ['2026-03-19', 'due', 'before the statement would be in the future'],
    ['2026-03-20', 'held', 'the day of the statement'],
    ['2026-04-18', 'held', 'the last day but one'],
    ['2026-04-19', 'due', 'the last day of the delay, on which notice may be given, and must'],
    ['2026-04-20', 'late', 'the day after'],
  ])('on %s is %s (%s)', (today, status) => {
    const delays = today < '2026-03-20' ? [] : [oral('2026-03-20')]
    expect(after(delays, today).status).toBe(status)
  })

  it('that ends on the date itself has not moved it', () => {
    expect(after([oral('2026-03-03')])).toMatchObject({ due: BASE, because: 'counted', hold: { windows: [{ moved: false }] } })
  })

  it('is taken over by a writing received on its last day, and lapses on the next', () => {
    const on = (day: string) => after([oral('2026-03-20'), written(day, '2026-05-31')])
    expect(on('2026-04-19')).toMatchObject({ due: '2026-06-01', hold: { windows: [{ why: 'replaced-by-written' }, {}] } })
    expect(on('2026-04-20')).toMatchObject({
      due: '2026-04-19',
      hold: { windows: [{ why: 'oral' }, { why: 'lapsed-before' }] },
    })
  })

  it('holds, while written, through its last day', () => {
    const delays = [written('2026-03-10', '2026-06-30')]
    expect(after(delays, '2026-06-30').status).toBe('held')
    expect(after(delays, '2026-07-01').status).toBe('due')
    expect(after(delays, '2026-07-02')).toMatchObject({ status: 'late', daysLate: 1 })
  })

  it('moves the date by which it is judged when it was done', () => {
    const delays = [written('2026-03-10', '2026-06-30')]
    expect(after(delays, undefined, { done: '2026-07-01' }).status).toBe('met')
    expect(after(delays, undefined, { done: '2026-07-02' })).toMatchObject({ status: 'late', done: { daysLate: 1 } })
  })
})

describe('statements that cannot be', () => {
  it.each([
    ['a spoken one with a last day', [{ form: 'oral', on: '2026-03-20', until: '2026-06-30' }], undefined],
    ['a spoken one with a number of days', [{ form: 'oral', on: '2026-03-20', days: 10 }], undefined],
    ['one that ends before it begins', [written('2026-03-20', '2026-03-19')], undefined],
    ['one of the future', [oral('2026-03-21')], '2026-03-20'],
  ] as const)('%s contradict themselves', async (_, delays, today) => {
    const error = await refusal(() => after(delays as readonly LawEnforcementStatement[], today))
    expect(error.code).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(error.path).toBe('facts.delays')
    expect(error.message).not.toMatch(/2026/)
  })

  it('with both a last day and a number of days are refused', async () => {
    const error = await refusal(() => after([{ form: 'written', on: '2026-03-20', until: '2026-04-01', days: 12 }]))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_FACTS' })
  })
})

const statement = fc
  .record({
    form: fc.constantFrom('oral' as const, 'written' as const),
    on: fc.integer({ min: 0, max: 120 }),
    length: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
    documented: fc.constantFrom(true, true, false, null),
  })
  .map(({ form, on, length, documented }): LawEnforcementStatement => {
    const day = walk('2026-02-01', on)
    return { form, on: day, documented, ...(form === 'written' && length !== undefined && { until: walk(day, length) }) }
  })
const statements = fc.array(statement, { maxLength: 4 })

describe('whatever the statements', () => {
  it('the date is never before the one without them, and never on a day that one of them forbids', () => {
    fc.assert(
      fc.property(statements, (delays) => {
        const { due, hold } = after(delays)
        expect((due as string) >= BASE).toBe(true)
        for (const { why, from, through } of hold?.windows ?? []) {
          if (why === 'specified-time') expect((due as string) < from || (due as string) > through).toBe(true)
        }
      }),
      { numRuns: long ? 15_000 : 300 },
    )
  })

  it('there is a day to act on before it is late, and on the due day nothing is held', () => {
    fc.assert(
      fc.property(statements, (delays) => {
        const due = after(delays).due as string
        const known = delays.filter(({ on }) => on <= due)
        expect(after(known).due).toBe(due)
        expect(after(known, due).status).toBe('due')
        const next = walk(due, 1)
        const later = delays.filter(({ on }) => on <= next)
        expect(['late', 'held']).toContain(after(later, next).status)
        expect(after(later, next).daysLate).toBe(1)
      }),
      { numRuns: long ? 15_000 : 300 },
    )
  })

  it('a written time more never makes the date earlier, but by taking the place of one that specifies none', () => {
    fc.assert(
      fc.property(
        fc.array(
          statement.filter(({ until }) => until != null),
          { maxLength: 3 },
        ),
        statement,
        (delays, more) => {
          expect((after([...delays, more]).due as string) >= (after(delays).due as string)).toBe(true)
        },
      ),
      { numRuns: long ? 10_000 : 200 },
    )
  })

  it('their order does not matter', () => {
    fc.assert(
      fc.property(
        statements.chain((delays) => fc.tuple(fc.constant(delays), fc.shuffledSubarray(delays, { minLength: delays.length }))),
        ([delays, shuffled]) => {
          const [a, b] = [after(delays), after(shuffled)]
          expect([b.due, b.status, b.hold?.through, b.hold?.actOn]).toEqual([a.due, a.status, a.hold?.through, a.hold?.actOn])
        },
      ),
      { numRuns: long ? 10_000 : 200 },
    )
  })
})
