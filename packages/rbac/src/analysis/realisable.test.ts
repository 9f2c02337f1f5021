import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { testOf } from '../expression/evaluate.ts'
import type { Atom } from '../expression/expression.ts'
import { inRange, parseAddress, parseRange } from '../ip/address.ts'
import { type Policy, parsePolicy } from '../policy/parse.ts'
import type { ResourceType } from '../policy/policy.ts'
import { addressesFor } from './networks.ts'
import { numbersAround } from './numbers.ts'
import { type Space, spaceOf } from './space.ts'

const policy: Policy = parsePolicy({
  format: 'phi.policy/v1',
  id: 'p',
  version: '1',
  actions: ['read'],
  roles: { one: {} },
  actor: { unit: { type: 'string' }, boss: { type: 'string', nullable: true } },
  context: { ip: { type: 'ip' }, other: { type: 'ip' } },
  resources: {
    Note: {
      tenant: 'tenant',
      patient: 'patient',
      attributes: {
        tenant: { type: 'string' },
        patient: { type: 'string' },
        status: { type: 'string', values: ['a', 'b', 'c'], nullable: true },
        unit: { type: 'string' },
        team: { type: 'set', of: 'string' },
        count: { type: 'number' },
        limit: { type: 'number' },
        signed: { type: 'instant' },
        seen: { type: 'instant' },
        site: { type: 'object', attributes: { name: { type: 'string' } } },
      },
    },
  },
  rules: [],
})
const type = policy.resources.Note as ResourceType
const at = (attr: string) => ({ attr }) as { attr: `resource.${string}` }

function waysOf(...atoms: Atom[]): Space {
  return spaceOf(
    [{ policy, type }],
    'Note',
    'read',
    atoms.map((atom) => ({ atom, test: testOf(policy, type, atom) })),
  )
}
/** 0 false, 1 true, 2 unknown, one digit for each atom, in alphabetical order. */
const listed = (space: Space): string[] => (space.groups[0]?.ways ?? []).map((way) => way.join('')).sort()
const eq = (attr: string, value: string): Atom => ({ op: 'eq', left: at(attr), right: { value } })
const S = 'resource.status'

describe('ways in which atoms come out together', () => {
  it('knows that one value excludes another', () => {
    expect(listed(waysOf(eq(S, 'a'), eq(S, 'b')))).toEqual(['00', '01', '10', '22'])
    const within: Atom = { op: 'in', left: at(S), right: { values: ['a', 'b'] } }
    expect(listed(waysOf(eq(S, 'a'), within))).toEqual(['00', '01', '11', '22'])
  })

  it('tells absent from null from a wrong type', () => {
    const atoms: Atom[] = [
      { op: 'has', of: S as `resource.${string}` },
      { op: 'null', of: S as `resource.${string}` },
      eq(S, 'a'),
    ]
    // Absent; another value; the value; null; a wrong type.
    expect(listed(waysOf(...atoms))).toEqual(['022', '100', '101', '110', '222'])
  })

  it('knows the order of numbers, and the points between', () => {
    const order = (op: 'lt' | 'ge', value: number): Atom => ({ op, left: at('resource.count'), right: { value } })
    expect(listed(waysOf(order('lt', 1), order('lt', 2)))).toEqual(['00', '01', '11', '22'])
    expect(listed(waysOf(order('lt', 1), order('ge', 1)))).toEqual(['01', '10', '22'])
    // Between neighbouring doubles there is nothing.
    const next = 1 + Number.EPSILON
    expect(
      listed(waysOf(order('ge', next), { op: 'eq', left: at('resource.count'), right: { value: 1 } }, order('lt', 1))),
    ).toEqual(['001', '010', '100', '222'])
  })

  it('orders attributes among each other and against now', () => {
    const term = (name: string) => (name === 'now' ? ({ now: true } as const) : at(name))
    const lt = (left: string, right: string): Atom => ({ op: 'lt', left: term(left), right: term(right) })
    const found = listed(
      waysOf(lt('resource.signed', 'resource.seen'), lt('resource.seen', 'now'), lt('resource.signed', 'now')),
    )
    // Order is transitive: never before, before, and not before.
    expect(found).not.toContain('110')
    expect(found).not.toContain('001')
    expect(found).toEqual(expect.arrayContaining(['111', '000', '011', '101', '222', '202', '212', '022', '122', '220', '221']))
  })

  it('compares attributes with attributes and constants together', () => {
    const same: Atom = { op: 'eq', left: at('actor.unit'), right: at('resource.unit') }
    // Equal: both have the constant, or neither. Different: one of them, or neither.
    expect(listed(waysOf(same, eq('actor.unit', 'x'), eq('resource.unit', 'x'))).filter((way) => !way.includes('2'))).toEqual([
      '000',
      '001',
      '010',
      '100',
      '111',
    ])
  })

  it('looks into sets for constants and for attributes at once', () => {
    const holds: Atom = { op: 'in', left: { value: 'x' }, right: at('resource.team') }
    const within: Atom = { op: 'in', left: at('actor.id'), right: at('resource.team') }
    // A set holds x or not, and who is x is in it when it holds x.
    const found = ['000', '001', '010', '100', '110', '111', '220', '221']
    expect(listed(waysOf(holds, within, eq('actor.id', 'x')))).toEqual(found)
  })

  it('keeps the tenant of the record and of the actor the same', () => {
    expect(listed(waysOf(eq('resource.tenant', 't'), eq('actor.tenant', 't')))).toEqual(['00', '11'])
    expect(listed(waysOf({ op: 'has', of: 'resource.tenant' }))).toEqual(['1'])
    expect(listed(waysOf(eq('actor.id', '')))).toEqual(['0'])
  })

  it('looks into objects', () => {
    const atoms: Atom[] = [
      { op: 'has', of: 'resource.site' },
      { op: 'has', of: 'resource.site.name' },
    ]
    // Absent; an object without; with; with a name of a wrong type; no object.
    expect(listed(waysOf(...atoms))).toEqual(['00', '10', '11', '12', '22'])
  })

  it('knows which purposes are kinds of others', () => {
    const purpose = (...is: ('TREAT' | 'ETREAT' | 'HPAYMT')[]): Atom => ({ op: 'purpose', is })
    expect(listed(waysOf(purpose('TREAT'), purpose('ETREAT'), purpose('HPAYMT')))).toEqual(['000', '001', '100', '110', '222'])
  })

  it('knows what grants and the patient have to do with each other', () => {
    const granted = (kind: string): Atom => ({ op: 'granted', kind })
    const has: Atom = { op: 'has', of: 'resource.patient' }
    const found = listed(waysOf(granted('consent'), granted('break-glass'), has))
    // Last digit: the patient is there, not loaded, unreadable. With a patient each grant is there or not, or there is doubt about
    // all that are not there. Without, a grant can be for anybody: it is never known to count.
    const known = ['001', '011', '101', '111', '121', '211', '221']
    expect(found.filter((way) => way.endsWith('1'))).toEqual(expect.arrayContaining(known))
    expect(found.filter((way) => way.endsWith('0'))).toEqual(['000', '020', '200', '220'])
    expect(found.filter((way) => way.endsWith('2'))).toEqual(expect.arrayContaining(['002', '022', '202', '222']))
    expect(found.some((way) => way === '100' || way === '120')).toBe(false)
  })

  it('orders instants against constants', () => {
    const before = (value: string): Atom => ({ op: 'lt', left: at('resource.signed'), right: { value } })
    const found = listed(waysOf(before('2026-01-01T00:00:00.000Z'), before('2027-01-01T00:00:00.000Z')))
    expect(found).toEqual(['00', '01', '11', '22'])
    // The last instant that has a text.
    expect(listed(waysOf(before('9999-12-31T23:59:59.999Z')))).toEqual(['0', '1', '2'])
    // Between two neighbouring milliseconds no stored time can lie.
    const pair: Atom[] = [
      { op: 'gt', left: at('resource.signed'), right: { value: '2026-01-01T00:00:00.000Z' } },
      { op: 'ge', left: at('resource.signed'), right: { value: '2026-01-01T00:00:00.001Z' } },
    ]
    expect(listed(waysOf(...pair))).toEqual(['00', '11', '22'])
  })

  it('finds an address for every way in which networks overlap', () => {
    const cidr = (...ranges: string[]): Atom => ({ op: 'cidr', of: 'context.ip', ranges })
    expect(listed(waysOf(cidr('10.0.0.0/8'), cidr('10.1.0.0/16', '192.0.2.0/24')))).toEqual(['00', '01', '10', '11', '22'])
    // Two halves leave nothing of the whole.
    expect(listed(waysOf(cidr('10.0.0.0/24'), cidr('10.0.0.0/25', '10.0.0.128/25')))).toEqual(['00', '11', '22'])
    expect(listed(waysOf(cidr('0.0.0.0/0'), cidr('::/0')))).toEqual(['01', '10', '22'])
    // One address: two attributes that both hold it are equal.
    const both: Atom = { op: 'eq', left: at('context.ip'), right: at('context.other') }
    const other: Atom = { op: 'cidr', of: 'context.other', ranges: ['10.0.0.1/32'] }
    expect(listed(waysOf(cidr('10.0.0.1'), other, both)).filter((way) => !way.includes('2'))).toEqual([
      '000',
      '001',
      '010',
      '100',
      '111',
    ])
  })

  it('refuses what comes out in too many ways', async () => {
    const members = Array.from(
      { length: 17 },
      (_, i): Atom => ({ op: 'in', left: { value: `m${i}` }, right: at('resource.team') }),
    )
    expect((await refusal(() => waysOf(...members))).code).toBe('PHI_RBAC_TOO_LARGE')
    expect(waysOf(...members.slice(0, 10)).groups[0]?.ways).toHaveLength(1_025)
  })
})

describe('values that stand for all', () => {
  it('lie where they should, and nowhere twice', () => {
    for (const points of [
      [],
      [0],
      [1, 2],
      [-Number.MAX_VALUE],
      [Number.MAX_VALUE],
      [0, Number.MIN_VALUE],
      [1, 1 + Number.EPSILON],
    ]) {
      const found = numbersAround(points)
      expect(found.every(Number.isFinite)).toBe(true)
      expect(new Set(found).size).toBe(found.length)
      expect(found).toEqual(expect.arrayContaining(points))
    }
    expect(numbersAround([Number.MAX_VALUE]).some((each) => each < Number.MAX_VALUE)).toBe(true)
    expect(numbersAround([0, Number.MIN_VALUE])).toHaveLength(4)
  })

  it('cover every signature that random addresses have', () => {
    const lists = [['10.0.0.0/8', '2001:db8::/32'], ['10.128.0.0/9'], ['::ffff:0:0/96'], ['10.200.0.0/16', '::/1']]
    const ranges = lists.map((list) => list.map((each) => parseRange(each)))
    const signature = (text: string) => {
      const address = parseAddress(text)
      if (address === undefined) throw new Error('no address')
      return ranges.map((list) => list.some((range) => range !== undefined && inRange(address, range))).join()
    }
    const known = new Set(addressesFor(lists, 2).map(signature))
    let state = 7
    const draw = (n: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * n)
    }
    for (let i = 0; i < 2_000; i++) {
      const v4 = `${draw(2) ? 10 : draw(256)}.${draw(2) ? 200 : draw(256)}.${draw(256)}.${draw(256)}`
      const v6 = `${draw(2) ? '2001:db8' : `${draw(65_536).toString(16)}:${draw(65_536).toString(16)}`}::${draw(65_536).toString(16)}`
      expect(known.has(signature(i % 2 ? v4 : v6))).toBe(true)
    }
  })
})
