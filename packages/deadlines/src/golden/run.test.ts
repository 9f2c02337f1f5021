import { deadlinesErrors } from '@phi/deadlines'
import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { goldenAdapter, inAnyOrder } from './adapter.ts'
import type { JsonObject } from './case.ts'
import { corpus, deadlineAdapters, goldenErrors, runGolden, runGoldenWith } from './index.ts'

const access = (expected: JsonObject, facts: JsonObject = { received: '2026-01-15' }, rule = 'access.initial') => [
  { id: 'A', rule, facts, expected },
]

describe('runGolden', () => {
  it('passes a case whose every key agrees, and takes the file or the list', () => {
    const cases = access({ due: '2026-02-14', weekday: 'Sat', rolls: false })
    const passed = { passed: ['A'], failed: [], unsupported: [], ignored: [] }
    expect(runGolden(cases)).toEqual(passed)
    expect(runGolden({ conventions: { roll: 'none' }, cases })).toEqual(passed)
    expect(runGolden([])).toEqual({ passed: [], failed: [], unsupported: [], ignored: [] })
  })

  it('fails a case with the keys that disagree, and with what was found instead', () => {
    expect(runGolden(access({ due: '2026-02-15', weekday: 'Sat' }))).toEqual({
      passed: [],
      failed: [{ id: 'A', expected: { due: '2026-02-15' }, found: { due: '2026-02-14' } }],
      unsupported: [],
      ignored: [],
    })
  })

  it('never passes an unknown rule, fact or form of a fact', () => {
    const due = { due: '2026-02-14' }
    const why = (cases: unknown) => runGolden(cases).unsupported
    expect(why(access(due, undefined, 'access.intial'))).toEqual([{ id: 'A', why: 'unknown rule' }])
    expect(why(access(due, undefined, '__proto__'))).toEqual([{ id: 'A', why: 'unknown rule' }])
    expect(why(access(due, undefined, 'constructor'))).toEqual([{ id: 'A', why: 'unknown rule' }])
    expect(why(access(due, { received: '2026-01-15', recieved: '2026-01-15' }))).toEqual([
      { id: 'A', why: 'unknown fact: recieved' },
    ])
    expect(why(access(due, { received: '2026-01-15', extensionStatement: { given: '2026-01-20', witten: true } }))).toEqual([
      { id: 'A', why: 'unknown fact of extensionStatement: witten' },
    ])
    // Of the forms that a rule knows, the nearest is what the case is told about.
    expect(why(access(due, { state: 'CA', regime: 'general', detcted: '2026-01-15' }, 'state.breach'))).toEqual([
      { id: 'A', why: 'unknown fact: detcted' },
    ])
    expect(why(access(due, { received: 20260115 }))).toEqual([
      { id: 'A', why: 'the fact received is missing or has a form that the rule does not know' },
    ])
    expect(why(access(due, { received: '2026-01-15', storage: 'cellar' }))).toHaveLength(1)
  })

  it('never passes a key that it does not know, and lists it', () => {
    const report = runGolden(access({ due: '2026-02-14', deu: '2026-02-14' }))
    expect(report).toEqual({
      passed: [],
      failed: [],
      unsupported: [{ id: 'A', why: 'unknown key of expected: deu' }],
      ignored: [{ id: 'A', key: 'deu', why: 'the rule has no such key' }],
    })
    for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
      const cases = access(JSON.parse(`{"due":"2026-02-14","${key}":"2026-02-14"}`))
      expect(runGolden(cases).passed, key).toEqual([])
    }
  })

  it('never passes a case that expects nothing', () => {
    expect(runGolden(access({})).unsupported).toEqual([{ id: 'A', why: 'nothing in expected could be compared' }])
  })

  it('fails where the library refuses the facts, unless that is what is expected', () => {
    const contradiction = { received: '2026-03-02', extensionStatement: { given: '2026-02-01', written: true, reasons: true } }
    expect(runGolden(access({ due: '2026-04-01' }, contradiction)).failed).toEqual([
      { id: 'A', expected: { due: '2026-04-01' }, found: { refused: 'PHI_DEADLINES_CONTRADICTION' } },
    ])
    const refused = Object.keys(deadlinesErrors).find((code) => code.endsWith('CONTRADICTION')) ?? ''
    expect(runGolden(access({ refused }, contradiction)).passed).toEqual(['A'])
    expect(runGolden(access({ refused: 'PHI_DEADLINES_DATE' }, contradiction)).failed).toHaveLength(1)
    expect(runGolden(access({ refused, due: null }, contradiction)).failed).toHaveLength(1)
    expect(runGolden(access({ refused })).failed).toEqual([{ id: 'A', expected: { refused }, found: { refused: null } }])
    // A local time without a zone names no instant.
    expect(runGolden(access({ due: '2026-06-30' }, { receivedAt: '2026-05-31T23:50:00' })).failed[0]?.found).toEqual({
      refused: 'PHI_DEADLINES_DATE',
    })
  })

  it('fails a case when a date that a key calls wrong stands anywhere in the result', () => {
    const found = (date: string) => runGolden(access({ due: '2026-02-14', wrongIfAtAll: date }))
    expect(found('2026-02-14').failed[0]?.found).toEqual({
      wrongIfAtAll: expect.stringContaining(', due,'),
    })
    // The end of a possible extension stands in `changesIf`.
    expect(found('2026-03-16').failed[0]?.found.wrongIfAtAll).toContain('changesIf')
    expect(found('2026-02-16').passed).toEqual(['A'])
    // The day after the last one is not an answer to "by when".
    expect(found('2026-02-15').passed).toEqual(['A'])
    expect(found('2026-02-14T23:59:59-05:00').failed).toHaveLength(1)
    expect(found('soon').passed).toEqual([])
    expect(runGolden(access({ due: '2026-02-14', wrongIf: null })).passed).toEqual([])
  })

  it('compares prose by what it means, takes a code of a result, and lists a text that it cannot read', () => {
    const facts = {
      received: '2026-03-02',
      extensionStatement: { given: '2026-03-20', written: false, reasons: true, promisedDate: '2026-05-01' },
    }
    const report = (reason: JsonObject[string]) => runGolden(access({ due: '2026-04-01', reason }, facts, 'access.extended'))
    for (const reason of ['not written', 'Not in writing', 'not-written']) expect(report(reason).passed, reason).toEqual(['A'])
    for (const reason of [
      'no reasons',
      'already-extended',
      'late',
      'undated',
      'date beyond the limit',
      null,
      true,
      ['not written', 'no reasons'],
      [],
    ]) {
      expect(report(reason).failed, String(reason)).toHaveLength(1)
    }
    const unread = report('the moon was full')
    expect(unread.passed).toEqual(['A'])
    expect(unread.ignored).toEqual([{ id: 'A', key: 'reason', why: 'the text is none of those whose meaning is known' }])
    const alone = runGolden(access({ reason: 'the moon was full' }, facts, 'access.extended'))
    expect(alone.unsupported).toEqual([{ id: 'A', why: 'nothing in expected could be compared' }])
  })

  it('compares what is due where nothing is due', () => {
    const review = (expected: JsonObject) =>
      runGolden(access(expected, { reviewRequested: '2026-03-02' }, 'access.denial-review'))
    expect(review({ due: null }).passed).toEqual(['A'])
    expect(review({ due: '2026-04-01' }).failed).toHaveLength(1)
    expect(review({ standards: ['refer promptly'] }).failed).toHaveLength(1)
  })
})

describe('a hostile corpus', () => {
  const code = async (value: unknown) => (await refusal(() => runGolden(value))).code
  const one = (more: object) => [
    { id: 'A', rule: 'access.initial', facts: { received: '2026-01-15' }, expected: { due: '2026-02-14' }, ...more },
  ]
  const withGetter = (message: string) => ({
    ...one({})[0],
    get facts() {
      throw new Error(message)
    },
  })
  afterEach(() => {
    for (const key of ['cases', 'rule', 'facts', 'expected', 'received', 'due']) Reflect.deleteProperty(Object.prototype, key)
  })

  it('is refused with one error of the catalogue, and never crashes the run', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    let deep: unknown = {}
    for (let i = 0; i < 100_000; i++) deep = { deep }
    const values: unknown[] = [
      null,
      undefined,
      5,
      'cases',
      true,
      {},
      { cases: null },
      { cases: {} },
      { cases: 'x' },
      [null],
      [[]],
      [1],
      new Array(3),
      Array.from({ length: 100_000 }, (_, index) => ({ ...one({})[0], id: `${index}` })),
      new Array(4_000_000_000),
      one({ id: '' }),
      one({ id: 5 }),
      one({ id: 'x'.repeat(300) }),
      one({ rule: undefined }),
      one({ facts: undefined }),
      one({ facts: [] }),
      one({ facts: null }),
      one({ expected: undefined }),
      one({ expected: 'due' }),
      one({ facts: JSON.parse('{"received":"2026-01-15","__proto__":{"x":1}}') }),
      one({ facts: { residentsByState: JSON.parse('{"OH":5,"__proto__":600}') } }),
      one({ expected: JSON.parse('{"due":"2026-02-14","__proto__":null}') }),
      one({ facts: cyclic }),
      one({ facts: deep }),
      one({ facts: { received: new Date(0) } }),
      one({ facts: { received: Number.NaN } }),
      one({ facts: { received: 1n } }),
      one({ facts: { received: () => '2026-01-15' } }),
      one({ facts: { list: new Array(1_000_000_000) } }),
      one({ facts: { text: 'x'.repeat(20_000) } }),
      one({ facts: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, 1])) }),
      [...one({}), ...one({})],
      new Proxy([], {
        get: () => {
          throw new Error('secret')
        },
      }),
      {
        get cases() {
          throw new Error('secret')
        },
      },
      [withGetter('secret')],
      [
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('secret')
            },
          },
        ),
      ],
    ]
    for (const value of values) expect(await code(value)).toBe('PHI_DEADLINES_CORPUS')
    expect(Object.keys(goldenErrors)).toEqual(['PHI_DEADLINES_CORPUS'])
  })

  it('is told where it is wrong by an index, with nothing of its own in the message', async () => {
    const error = await refusal(() => runGolden([...one({}), { id: 'Jane Roe', rule: 'x', facts: { 'Jane Roe': 1 } }]))
    expect(error.info).toEqual({ index: 1 })
    expect(JSON.stringify(error)).not.toContain('Jane')
    expect(error.message).not.toContain('Jane')
    expect(error.cause).toBeUndefined()
    const thrown = await refusal(() => runGolden([withGetter('Jane Roe')]))
    expect(`${thrown.message} ${thrown.cause}`).not.toContain('Jane')
  })

  it('takes nothing from Object.prototype', async () => {
    Object.assign(Object.prototype, { cases: one({}) })
    expect(await code({})).toBe('PHI_DEADLINES_CORPUS')
    Reflect.deleteProperty(Object.prototype, 'cases')
    Object.assign(Object.prototype, {
      rule: 'access.initial',
      facts: { received: '2026-01-15' },
      expected: { due: '2026-02-14' },
    })
    expect(await code([{ id: 'A' }])).toBe('PHI_DEADLINES_CORPUS')
    for (const key of ['rule', 'facts', 'expected']) Reflect.deleteProperty(Object.prototype, key)
    Object.assign(Object.prototype, { received: '2026-01-15' })
    expect(runGolden(access({ due: '2026-02-14' }, {})).passed).toEqual([])
    Object.assign(Object.prototype, { due: '2026-02-14' })
    expect(runGolden(access({}, { received: '2026-01-15' })).passed).toEqual([])
  })

  it('leaves the corpus as it was', () => {
    const before = JSON.stringify(corpus)
    const frozen = JSON.parse(before, (_, value) => Object.freeze(value))
    runGolden(frozen)
    expect(JSON.stringify(frozen)).toBe(before)
  })
})

describe('runGoldenWith', () => {
  const states = goldenAdapter({
    rule: 'house.states',
    facts: z.strictObject({ states: z.array(z.string()) }),
    meanings: [{ key: 'why', says: /^because (\w+)$/, means: 'reason-$1' }],
    answer: ({ states }) => ({
      results: { list: states, when: '2026-05-04' },
      found: { told: inAnyOrder(states), first: states[0], deep: { a: [1, { b: undefined }] } },
      prose: { why: ['reason-one', 'reason-two'] },
    }),
  })
  const run = (expected: JsonObject, names = ['TX', 'CA']) =>
    runGoldenWith([...deadlineAdapters, states], [{ id: 'H', rule: 'house.states', facts: { states: names }, expected }])

  it('extends the runner by rules of a house', () => {
    expect(
      run({ told: ['CA', 'TX'], first: 'TX', deep: { a: [1, {}] }, why: 'because one', wrongIf: '2026-05-05' }).passed,
    ).toEqual(['H'])
    expect(run({ told: ['CA'] }).failed[0]?.found).toEqual({ told: ['TX', 'CA'] })
    expect(run({ told: ['CA', 'TX', 'TX'] }).failed).toHaveLength(1)
    expect(run({ told: 'CA' }).failed).toHaveLength(1)
    expect(run({ wrongIf: '2026-05-04' }).failed).toHaveLength(1)
    expect(run({ first: null }, []).passed).toEqual(['H'])
  })

  it('reads a list of prose as the whole, and a text as one part', () => {
    expect(run({ why: ['because two', 'because one'] }).passed).toEqual(['H'])
    expect(run({ why: ['because one'] }).failed).toHaveLength(1)
    expect(run({ why: ['because one', 'because one'] }).failed).toHaveLength(1)
    expect(run({ why: 'because three' }).failed).toHaveLength(1)
  })

  it('does not hide an error that is no refusal of the library', () => {
    const broken = goldenAdapter({
      rule: 'house.states',
      facts: z.strictObject({}),
      answer: () => {
        throw new TypeError('a bug')
      },
    })
    expect(() => runGoldenWith([broken], [{ id: 'H', rule: 'house.states', facts: {}, expected: { due: null } }])).toThrow(
      TypeError,
    )
  })
})
