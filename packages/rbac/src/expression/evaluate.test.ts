import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { attributesOfSchema } from '../policy/attribute.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Facts, MAX_SET_SIZE, testOf } from './evaluate.ts'
import type { Atom } from './expression.ts'

const attributes = attributesOfSchema(
  z.object({
    tenant: z.string(),
    patient: z.string(),
    text: z.string(),
    maybe: z.string().nullable(),
    number: z.number(),
    flag: z.boolean(),
    at: z.date(),
    later: z.iso.datetime().nullable(),
    ip: z.union([z.ipv4(), z.ipv6()]),
    set: z.array(z.string()),
    numbers: z.array(z.number()).nullable(),
    person: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    plain: z.object({ id: z.string() }),
    extra: z.unknown(),
  }),
  'policy',
)
const type = { attributes, tenant: 'tenant', patient: 'patient' }
const policy = {
  format: 'phi.policy/v1',
  id: 'p',
  version: '1',
  actions: ['read'],
  roles: {},
  actor: { clinic: { type: 'string', nullable: true } },
  context: { ip: { type: 'ip' } },
  resources: { R: type },
  rules: [],
} satisfies PolicyJson

const T = 1
const F = 0
const U = 2
const resource = (path: string) => ({ attr: `resource.${path}` as const })
const evaluate = (atom: unknown, record: object, more: Partial<Facts> = {}) =>
  testOf(
    policy,
    type,
    atom as Atom,
  )({
    actor: { id: 'u1', tenant: 'a' },
    action: 'read',
    resource: { type: 'R', record: record as never },
    ...more,
  })
const eq = (left: string, value: unknown) => ({ op: 'eq', left: resource(left), right: { value } })

describe('the truth of', () => {
  const rows: [string, unknown, object, number][] = [
    ['text, equal', eq('text', 'a'), { text: 'a' }, T],
    ['text, other', eq('text', 'a'), { text: 'A' }, F],
    ['text, absent', eq('text', 'a'), {}, U],
    ['text, undefined', eq('text', 'a'), { text: undefined }, U],
    ['text, null where it cannot be', eq('text', 'a'), { text: null }, U],
    ['text, null where it can be', eq('maybe', 'a'), { maybe: null }, F],
    ['text, a number', eq('text', 'a'), { text: 1 }, U],
    ['text, a String object', eq('text', 'a'), { text: new String('a') }, U],
    ['text, an object that prints alike', eq('text', 'a'), { text: { toString: () => 'a' } }, U],
    ['the constant on the left', { op: 'eq', left: { value: 'a' }, right: resource('text') }, { text: 'a' }, T],
    ['a number, equal', eq('number', 1), { number: 1 }, T],
    ['a number, NaN', eq('number', 1), { number: Number.NaN }, U],
    ['a number, infinite', eq('number', 1), { number: Number.POSITIVE_INFINITY }, U],
    ['a number, as text', eq('number', 1), { number: '1' }, U],
    ['a number, zero and minus zero', eq('number', 0), { number: -0 }, T],
    ['a boolean, true', eq('flag', true), { flag: true }, T],
    ['a boolean, 1', eq('flag', true), { flag: 1 }, U],
    ['two attributes, equal', { op: 'eq', left: resource('text'), right: resource('maybe') }, { text: 'a', maybe: 'a' }, T],
    ['two attributes, one null', { op: 'eq', left: resource('text'), right: resource('maybe') }, { text: 'a', maybe: null }, F],
    ['two attributes, one absent', { op: 'eq', left: resource('text'), right: resource('maybe') }, { maybe: null }, U],
    ['two attributes, both null', { op: 'eq', left: resource('maybe'), right: { attr: 'actor.clinic' } }, { maybe: null }, U],
    [
      'two instants, Date and text',
      { op: 'eq', left: resource('at'), right: resource('later') },
      { at: new Date(0), later: '1970-01-01T00:00:00.000Z' },
      T,
    ],
    [
      'an instant, a Date that is none',
      { op: 'eq', left: resource('at'), right: resource('later') },
      { at: new Date(Number.NaN), later: '1970-01-01T00:00:00.000Z' },
      U,
    ],
    [
      'an instant without a zone',
      { op: 'eq', left: resource('at'), right: resource('later') },
      { at: new Date(0), later: '1970-01-01T00:00:00' },
      U,
    ],
    ['an instant, as a number', { op: 'eq', left: resource('at'), right: { now: true } }, { at: 0 }, U],
    [
      'two addresses in two spellings',
      { op: 'eq', left: resource('ip'), right: { attr: 'context.ip' } },
      { ip: '2001:DB8::1' },
      T,
    ],
    ['less', { op: 'lt', left: resource('number'), right: { value: 5 } }, { number: 4 }, T],
    ['less, equal', { op: 'lt', left: resource('number'), right: { value: 5 } }, { number: 5 }, F],
    ['at most, equal', { op: 'le', left: resource('number'), right: { value: 5 } }, { number: 5 }, T],
    ['at least, the other way round', { op: 'ge', left: { value: 5 }, right: resource('number') }, { number: 6 }, F],
    ['greater, NaN', { op: 'gt', left: resource('number'), right: { value: 5 } }, { number: Number.NaN }, U],
    ['an order with null', { op: 'lt', left: resource('later'), right: { now: true } }, { later: null }, U],
    [
      'an order of instants',
      { op: 'lt', left: resource('later'), right: { now: true } },
      { later: '2026-01-01T00:00:00.000Z' },
      T,
    ],
    [
      'before a day',
      { op: 'lt', left: resource('at'), right: { value: '2026-02-16T00:00:00.000Z' } },
      { at: new Date('2026-02-15T23:59:59.999Z') },
      T,
    ],
    [
      'from a day on',
      { op: 'ge', left: resource('at'), right: { value: '2026-02-16T00:00:00.000Z' } },
      { at: new Date('2026-02-15T23:59:59.999Z') },
      F,
    ],
    ['nested in an array', eq('plain.id', 'x'), { plain: [] }, U],
    ['has, nested in an array', { op: 'has', of: 'resource.plain.id' }, { plain: [] }, U],
    ['has, nested in a Date', { op: 'has', of: 'resource.plain.id' }, { plain: new Date(0) }, U],
    ['a member', { op: 'in', left: { attr: 'actor.id' }, right: resource('set') }, { set: ['u0', 'u1'] }, T],
    ['no member', { op: 'in', left: { attr: 'actor.id' }, right: resource('set') }, { set: [] }, F],
    ['a member beside something else', { op: 'in', left: { attr: 'actor.id' }, right: resource('set') }, { set: ['u1', 2] }, U],
    ['a member of nothing loaded', { op: 'in', left: { attr: 'actor.id' }, right: resource('set') }, {}, U],
    ['null in a set', { op: 'in', left: { attr: 'actor.clinic' }, right: resource('set') }, { set: [] }, F],
    ['a member of null', { op: 'in', left: resource('number'), right: resource('numbers') }, { number: 1, numbers: null }, F],
    [
      'a number in a set',
      { op: 'in', left: resource('number'), right: resource('numbers') },
      { number: 1, numbers: [2, 1] },
      T,
    ],
    [
      'a number in a set with NaN',
      { op: 'in', left: resource('number'), right: resource('numbers') },
      { number: 1, numbers: [1, Number.NaN] },
      U,
    ],
    [
      'a set of the greatest size',
      { op: 'in', left: { attr: 'actor.id' }, right: resource('set') },
      { set: [...Array(MAX_SET_SIZE - 1).fill('x'), 'u1'] },
      T,
    ],
    [
      'a set that is too large',
      { op: 'in', left: { attr: 'actor.id' }, right: resource('set') },
      { set: [...Array(MAX_SET_SIZE).fill('x'), 'u1'] },
      U,
    ],
    ['one of a list', { op: 'in', left: resource('text'), right: { values: ['a', 'b'] } }, { text: 'b' }, T],
    ['null of a list', { op: 'in', left: resource('maybe'), right: { values: ['a', 'b'] } }, { maybe: null }, F],
    ['absent of a list', { op: 'in', left: resource('maybe'), right: { values: ['a', 'b'] } }, {}, U],
    ['has, there', { op: 'has', of: 'resource.extra' }, { extra: 0 }, T],
    ['has, null', { op: 'has', of: 'resource.maybe' }, { maybe: null }, T],
    ['has, absent', { op: 'has', of: 'resource.maybe' }, {}, F],
    ['has, of another type', { op: 'has', of: 'resource.text' }, { text: 1 }, U],
    ['null, null', { op: 'null', of: 'resource.maybe' }, { maybe: null }, T],
    ['null, there', { op: 'null', of: 'resource.maybe' }, { maybe: 'x' }, F],
    ['null, absent', { op: 'null', of: 'resource.maybe' }, {}, U],
    ['nested', eq('person.id', 'x'), { person: { id: 'x' } }, T],
    ['nested in null', eq('person.id', 'x'), { person: null }, F],
    ['nested in null where it cannot be', eq('plain.id', 'x'), { plain: null }, U],
    ['nested in nothing', eq('person.id', 'x'), {}, U],
    ['nested in text', eq('person.id', 'x'), { person: 'x' }, U],
    ['nested, the last name null where it can be', eq('person.name', 'x'), { person: { name: null } }, F],
    ['nested, the last name null where it cannot be', eq('person.id', 'x'), { person: { id: null } }, U],
    ['a network', { op: 'cidr', of: 'resource.ip', ranges: ['10.0.0.0/8'] }, { ip: '10.255.0.1' }, T],
    ['another network', { op: 'cidr', of: 'resource.ip', ranges: ['10.0.0.0/8'] }, { ip: '11.0.0.1' }, F],
    ['a network, IPv4 in IPv6', { op: 'cidr', of: 'resource.ip', ranges: ['10.0.0.0/8'] }, { ip: '::ffff:10.0.0.1' }, T],
    ['a network, no address', { op: 'cidr', of: 'resource.ip', ranges: ['10.0.0.0/8'] }, { ip: '010.0.0.1' }, U],
  ]
  it.each(rows)('%s', (_, atom, record, expected) => {
    const more = {
      at: '2026-03-04T00:00:00.000Z',
      actor: { id: 'u1', tenant: 'a', clinic: null },
      context: { ip: '2001:db8:0::1' },
    }
    expect(evaluate(atom, record, more)).toBe(expected)
  })

  it.each([
    ['TREAT', 'TREAT', T],
    ['BTG', 'TREAT', T],
    ['TREAT', 'BTG', F],
    ['HPAYMT', 'TREAT', F],
    [undefined, 'TREAT', U],
    [null, 'TREAT', U],
    ['treat', 'TREAT', U],
    ['toString', 'TREAT', U],
  ])('the purpose %s as a kind of %s', (purpose, is, expected) => {
    expect(evaluate({ op: 'purpose', is: [is] }, {}, { purpose })).toBe(expected)
  })

  it('now is unknown without a time, or with one that is none', () => {
    const atom = { op: 'lt', left: resource('at'), right: { now: true } }
    for (const at of [undefined, Number.NaN, '2026-03-04', 'soon', null])
      expect(evaluate(atom, { at: new Date(0) }, { at })).toBe(U)
    expect(evaluate(atom, { at: new Date(0) }, { at: 1 })).toBe(T)
  })
})
