import { afterEach, describe, expect, test } from 'vitest'
import { readRecord } from './read.ts'
import { dateFacts, dateIndex, flagFacts, flagIndex, NONE } from './record.ts'

const base = { id: 'r', kind: 'medical-record' }

describe('a record as read', () => {
  test('dates are days, flags are 1 and 0, and the rest is not known', () => {
    const { facts, readable } = readRecord({ ...base, created: '1970-01-02', adult: true, medicare: false, born: null })
    expect(readable).toBe(true)
    expect(facts[dateIndex.created]).toBe(1)
    expect(facts[flagIndex.adult]).toBe(1)
    expect(facts[flagIndex.medicare]).toBe(0)
    expect(facts.filter((fact) => fact !== NONE)).toHaveLength(3)
  })

  test('every documented fact is read, and lists are copied', () => {
    const dates = Object.fromEntries(dateFacts.map((name) => [name, '2020-02-29']))
    const flags = Object.fromEntries(flagFacts.map((name) => [name, true]))
    const rules = ['a']
    const read = readRecord({
      ...base,
      ...dates,
      ...flags,
      tenant: 't',
      subject: 's',
      state: 'TX',
      provider: 'clinic',
      laterMammograms: ['2024-04-15'],
      rules,
    })
    rules.push('b')
    expect(read.readable).toBe(true)
    expect(read.facts.includes(NONE)).toBe(false)
    expect(read).toMatchObject({ state: 'TX', provider: 'clinic', rules: ['a'] })
    expect(read.laterMammograms).toHaveLength(1)
  })

  test('what a prototype plants is not read', () => {
    const inherited = Object.assign(Object.create({ adult: true, kind: 'audit-log' }), base)
    expect(readRecord(inherited)).toMatchObject({ readable: true, kind: 'medical-record' })
    expect(readRecord(inherited).facts[flagIndex.adult]).toBe(NONE)
    expect(readRecord(Object.assign(Object.create(null), base)).readable).toBe(true)
  })

  test('a fact on Object.prototype is not read', () => {
    Object.assign(Object.prototype, { adult: true })
    try {
      expect(readRecord({ ...base }).facts[flagIndex.adult]).toBe(NONE)
      expect(readRecord({ ...base }).readable).toBe(true)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'adult')
    }
  })

  afterEach(() => expect('adult' in {}).toBe(false))
})

const throwing = {
  get id(): string {
    throw new Error('no')
  },
}

describe('what cannot be read is not readable, and never throws', () => {
  const bad: Record<string, unknown> = {
    null: null,
    undefined: undefined,
    text: 'r',
    number: Number.NaN,
    array: [base],
    function: () => base,
    empty: {},
    'no kind': { id: 'r' },
    'no id': { kind: 'baa' },
    'id a number': { ...base, id: 1 },
    'id empty': { ...base, id: '' },
    'id too long': { ...base, id: 'x'.repeat(513) },
    'kind a list': { ...base, kind: ['baa'] },
    'misspelt fact': { ...base, discharge: '2020-01-01' },
    'prototype key': JSON.parse('{"id":"r","kind":"baa","__proto__":{"adult":true}}'),
    'constructor key': { ...base, constructor: 'x' },
    'day that does not exist': { ...base, created: '2025-02-29' },
    '30 February': { ...base, created: '2026-02-30' },
    'instant for a date': { ...base, created: '2026-02-03T00:00:00Z' },
    'number for a date': { ...base, created: 1_700_000_000 },
    'Date for a date': { ...base, created: new Date(0) },
    'empty date': { ...base, created: '' },
    'flag as text': { ...base, adult: 'true' },
    'flag as number': { ...base, adult: 1 },
    'State in small letters': { ...base, state: 'tx' },
    'unknown State': { ...base, state: 'XX' },
    'unknown provider': { ...base, provider: 'dentist' },
    'tenant as number': { ...base, tenant: 7 },
    'mammograms not a list': { ...base, laterMammograms: '2024-01-01' },
    'mammograms with a bad date': { ...base, laterMammograms: ['2024-01-01', 'x'] },
    'mammograms without end': { ...base, laterMammograms: { length: 1e9 } },
    'too many mammograms': { ...base, laterMammograms: new Array(1001).fill('2024-01-01') },
    'rules as text': { ...base, rules: 'a' },
    'rules with a number': { ...base, rules: [1] },
    'getter that throws': throwing,
    'proxy that throws': new Proxy(base, {
      ownKeys: () => {
        throw new Error('no')
      },
    }),
    'revoked proxy': (() => {
      const { proxy, revoke } = Proxy.revocable(base, {})
      revoke()
      return proxy
    })(),
  }
  test.each(Object.entries(bad))('%s', (_, record) => {
    expect(readRecord(record).readable).toBe(false)
  })

  test('the id is known of a record whose other facts are bad', () => {
    expect(readRecord({ created: 'x', ...base })).toMatchObject({ id: 'r', kind: 'medical-record', readable: false })
  })
})
