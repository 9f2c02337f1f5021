import { usStates } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { ask, type MadeUpFacts } from '../../test/made-up.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { federal } from '../federal/index.ts'

const breach = (facts: unknown) => evaluate(federal.breachNotice, facts as never)
const access = (facts: unknown) => evaluate(federal.accessRequest, facts as never)
const statusOf = (facts: unknown) => access(facts)[0]?.status

const SECRET = 'JANE-DOE-1984'

/** The refusal of facts, which never says what the facts were. */
async function refused(work: () => unknown) {
  const error = await refusal(work)
  const shown = `${JSON.stringify(error)}${error.message}${error.path}${String(error.cause)}`
  expect(shown).not.toContain(SECRET)
  expect(error.cause).toBeUndefined()
  return error
}

describe('facts that are not known', () => {
  it('are left out, null or undefined, all the same', () => {
    const open = { status: 'pending-facts', because: 'trigger-not-known', unknown: ['received'] }
    for (const facts of [{}, { received: null }, { received: undefined }, { received: null, extensionStatements: null }]) {
      expect(access(facts)[0]).toMatchObject(open)
      expect(access(facts)[0]?.due).toBeUndefined()
    }
  })
})

describe('dates and instants', () => {
  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-2-3',
    '2026-05-31T24:00:00Z',
    '2026-05-31T23:50:00',
    '05/31/2026',
    'yesterday',
    '',
    ' ',
    '2026-05-31\0',
    SECRET,
  ])('%j is neither', async (received) => {
    const error = await refused(() => access({ received, timeZone: 'UTC' }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_DATE', path: 'facts.received' })
  })

  it.each([
    [20_260_531],
    [new Date(0)],
    [Number.NaN],
    [true],
    [{}],
    [['2026-05-31']],
    [new String('2026-05-31')],
    [Symbol('x')],
    [1n],
  ])('neither is what is no text (%#)', async (received) => {
    expect(await refused(() => access({ received }))).toMatchObject({ code: 'PHI_DEADLINES_FACTS', path: 'facts.received' })
  })

  it('that are far too long are refused before they are read', async () => {
    const error = await refused(() => access({ received: '2'.repeat(1_000_000) }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_FACTS', path: 'facts.received' })
  })

  it.each([
    ['received', { received: SECRET }, access],
    ['extensionStatements.*.given', { extensionStatements: [{ given: SECRET }] }, access],
    ['knowledge.*.on', { knowledge: [{ by: 'agent', on: SECRET, how: 'knew' }] }, breach],
    ['lawEnforcement.*.on', { lawEnforcement: [{ form: 'oral', on: SECRET }] }, breach],
    ['notifiedMedia.*', { residents: { OH: 600 }, notifiedMedia: { TX: SECRET } }, breach],
    ['notifiedSecretary', { notifiedSecretary: SECRET }, breach],
  ] as const)('are read wherever they stand: %s, also where nothing depends on them yet', async (path, facts, ask) => {
    expect(await refused(() => ask(facts))).toMatchObject({ code: 'PHI_DEADLINES_DATE', path: `facts.${path}` })
  })

  it.each([
    [
      'extensionStatements.*.promisedDate',
      { extensionStatements: [{ given: '2026-05-01', promisedDate: '2026-02-30' }] },
      access,
    ],
    ['lawEnforcement.*.until', { lawEnforcement: [{ form: 'written', on: '2026-05-01', until: '2026-5-1' }] }, breach],
    [
      'lawEnforcement.*.until',
      { lawEnforcement: [{ form: 'written', on: '2026-05-01', until: '2026-05-02T00:00:00Z' }] },
      breach,
    ],
  ] as const)('that must be dates are dates: %s', async (path, facts, ask) => {
    expect(await refused(() => ask(facts))).toMatchObject({ code: 'PHI_DEADLINES_FACTS', path: `facts.${path}` })
  })
})

describe('the zone', () => {
  it.each(['Mars/Olympus', 'EST', '+05:00', 'America', 'New York', SECRET])('%j is refused', async (timeZone) => {
    expect((await refused(() => access({ received: '2026-05-31', timeZone }))).code).toBe('PHI_DEADLINES_ZONE')
  })

  it.each(['', ' ', 'A'.repeat(100), 5, {}, null, 'America/New_York\n'])('%j is refused', async (timeZone) => {
    expect((await refused(() => access({ received: '2026-05-31', timeZone }))).code).toMatch(/^PHI_DEADLINES_(ZONE|FACTS)$/)
  })

  it('is required by an instant, and by nothing else', async () => {
    expect(await refused(() => access({ received: '2026-05-31T23:50:00-04:00' }))).toMatchObject({
      code: 'PHI_DEADLINES_ZONE',
      path: 'facts.received',
    })
    expect(statusOf({ received: '2026-05-31' })).toBe('due')
  })
})

describe('numbers of people', () => {
  it.each([[-1], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY], [1e11], ['500'], [500n], [true], [[500]], [{}]])(
    'are whole and not below 0 (%#)',
    async (number) => {
      expect(await refused(() => breach({ individuals: number }))).toMatchObject({
        code: 'PHI_DEADLINES_FACTS',
        path: 'facts.individuals',
      })
      expect(await refused(() => breach({ residents: { OH: number } }))).toMatchObject({
        code: 'PHI_DEADLINES_FACTS',
        path: 'facts.residents.*',
      })
    },
  )

  it.each(['XX', 'oh', 'OHIO', 'Oh', '', ' OH', 'US', 'constructor', 'toString', SECRET])(
    'of %j are of no State',
    async (state) => {
      expect((await refused(() => breach({ residents: { [state]: 600 } }))).code).toBe('PHI_DEADLINES_FACTS')
      expect((await refused(() => breach({ notifiedMedia: { [state]: '2026-05-04' } }))).code).toBe('PHI_DEADLINES_FACTS')
    },
  )

  it('of a key __proto__ are of no State', async () => {
    const error = await refused(() => breach({ discovered: '2026-05-04', residents: JSON.parse('{"__proto__":600}') }))
    expect(error.code).toBe('PHI_DEADLINES_FACTS')
  })

  it('of each of the 56 States, territories and the District are read', () => {
    const residents = Object.fromEntries(usStates.map((state) => [state, 501]))
    const media = breach({ discovered: '2026-05-04', residents }).filter(({ addressee }) => addressee === 'media')
    expect(media.filter(({ status }) => status === 'due')).toHaveLength(56)
  })

  it('of an inherited State are not there: nothing is known, and nothing is silenced', () => {
    const media = breach({ discovered: '2026-05-04', residents: Object.create({ OH: 600 }) }).filter(
      ({ addressee }) => addressee === 'media',
    )
    expect(media).toHaveLength(1)
    expect(media[0]).toMatchObject({ status: 'pending-facts', planFor: '2026-07-03' })
  })

  it('contradict each other where there are fewer in all than in the States', async () => {
    expect(await refused(() => breach({ individuals: 599, residents: { OH: 500, TX: 100 } }))).toMatchObject({
      code: 'PHI_DEADLINES_CONTRADICTION',
      path: 'facts.individuals',
    })
    expect(breach({ discovered: '2026-05-04', individuals: 600, residents: { OH: 500, TX: 100 } })).not.toHaveLength(0)
  })
})

describe('lists of statements', () => {
  it('hold a hundred, and are refused at once when they hold a million', async () => {
    const statement = { given: '2026-05-04' }
    expect(statusOf({ received: '2026-05-01', extensionStatements: Array(100).fill(statement) })).toBe('due')
    for (const length of [101, 1_000_000]) {
      const error = await refused(() => access({ received: '2026-05-01', extensionStatements: Array(length).fill(statement) }))
      expect(error).toMatchObject({ code: 'PHI_DEADLINES_FACTS', path: 'facts.extensionStatements' })
    }
  })

  it.each([
    ['no list', {}],
    ['a text', 'oral'],
    ['a number', [1]],
    ['null', [null]],
    ['a list in a list', [[]]],
    ['an unknown key', [{ form: 'oral', on: '2026-05-04', [SECRET]: 1 }]],
    ['a form that there is not', [{ form: SECRET, on: '2026-05-04' }]],
    ['no form', [{ on: '2026-05-04' }]],
    ['no day', [{ form: 'oral' }]],
    ['days below 0', [{ form: 'written', on: '2026-05-04', days: -1 }]],
    ['days with a fraction', [{ form: 'written', on: '2026-05-04', days: 1.5 }]],
    ['days without end', [{ form: 'written', on: '2026-05-04', days: 1e9 }]],
    ['a word for yes', [{ form: 'oral', on: '2026-05-04', documented: 'yes' }]],
  ])('with %s are refused', async (_, lawEnforcement) => {
    expect((await refused(() => breach({ lawEnforcement }))).code).toBe('PHI_DEADLINES_FACTS')
  })
})

describe('facts of another shape', () => {
  it.each([[null], [undefined], [[]], [['2026-05-04']], ['2026-05-04'], [5], [true], [() => ({})]])(
    'are refused (%#)',
    async (facts) => {
      const result = await refused(() => access(facts))
      expect(result.code).toBe('PHI_DEADLINES_FACTS')
    },
  )

  it('with a key that is not known are refused, and the key is not said', async () => {
    for (const facts of [{ [SECRET]: 1 }, { recieved: '2026-05-04' }, JSON.parse('{"constructor":1}')]) {
      expect((await refused(() => access(facts))).code).toBe('PHI_DEADLINES_FACTS')
    }
  })

  it('that throw when they are read are refused', async () => {
    const thrower = () => {
      throw new Error(SECRET)
    }
    const hostile = [
      Object.defineProperty({}, 'received', { get: thrower, enumerable: true }),
      { received: '2026-05-04', extensionStatements: [Object.defineProperty({}, 'given', { get: thrower, enumerable: true })] },
      new Proxy({}, { ownKeys: thrower, get: thrower, has: thrower, getOwnPropertyDescriptor: thrower }),
      new Proxy({ received: '2026-05-04' }, { get: thrower }),
      { received: { toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower } },
    ]
    for (const facts of hostile) expect((await refused(() => access(facts))).code).toBe('PHI_DEADLINES_FACTS')
  })

  it('that are inherited do not count, whoever planted them', () => {
    expect(statusOf(Object.create({ received: '2026-05-04' }))).toBe('pending-facts')
    const planted = Object.prototype as { received?: string; findingDocumented?: boolean; finding?: string }
    try {
      Object.assign(planted, { received: '2026-05-04', finding: 'secured', findingDocumented: true })
      expect(statusOf({})).toBe('pending-facts')
      expect(
        breach({ discovered: '2026-05-04', individuals: 5 }).find(({ addressee }) => addressee === 'individuals')?.status,
      ).toBe('due')
    } finally {
      delete planted.received
      delete planted.finding
      delete planted.findingDocumented
    }
  })

  it('that are frozen, without a prototype or of a class are read, and left as they were', () => {
    const facts = { received: '2026-05-04', extensionStatements: [{ given: '2026-05-05', written: true }] }
    const before = structuredClone(facts)
    const expected = access(facts)
    class Request {
      received = facts.received
      extensionStatements = facts.extensionStatements
    }
    const deepFrozen = Object.freeze({
      ...facts,
      extensionStatements: Object.freeze(facts.extensionStatements.map((each) => Object.freeze(each))),
    })
    for (const same of [Object.freeze({ ...facts }), deepFrozen, Object.assign(Object.create(null), facts), new Request()]) {
      expect(access(same)).toEqual(expected)
    }
    expect(facts).toEqual(before)
  })

  it('are copied: what happens to them later does not reach a result', () => {
    const facts: { happened: string; residents: Record<string, number> } = { happened: '2026-05-04', residents: { OH: 5 } }
    const [found] = ask({}, facts as MadeUpFacts)
    facts.happened = SECRET
    facts.residents.TX = 9
    expect(found?.facts).toEqual({ happened: '2026-05-04', residents: { OH: 5 } })
  })
})
