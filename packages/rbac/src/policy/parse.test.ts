import { canonicalJson } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { compile } from '../decision/rules.ts'
import { type Expression, MAX_EXPRESSION_DEPTH } from '../expression/expression.ts'
import { builtInOverrides } from './override.ts'
import { isChecked, parsePolicy, policyHash } from './parse.ts'
import type { PolicyJson } from './policy.ts'

const json: PolicyJson = {
  format: 'phi.policy/v1',
  id: 'clinic',
  version: '1',
  actions: ['read', 'update'],
  roles: { therapist: {}, supervisor: { inherits: ['therapist'] } },
  context: { ip: { type: 'ip' } },
  resources: {
    Note: {
      attributes: {
        tenant: { type: 'string' },
        patient: { type: 'string' },
        status: { type: 'string', values: ['draft', 'signed'] },
        words: { type: 'number' },
        writtenAt: { type: 'instant', nullable: true },
        careTeam: { type: 'set', of: 'string' },
        restricted: { type: 'boolean' },
        author: { type: 'object', attributes: { id: { type: 'string' } } },
        body: { type: 'opaque' },
        related: { type: 'opaque' },
      },
      tenant: 'tenant',
      patient: 'patient',
      relations: { related: 'Note' },
    },
    Log: { attributes: { tenant: { type: 'string' } }, tenant: 'tenant' },
  },
  views: { thin: { Note: ['status'] } },
  overrides: { incident: { when: { op: 'purpose', is: ['HSYSADMIN'] } } },
  grants: ['referral'],
  rules: [
    {
      id: 'team',
      effect: 'permit',
      roles: ['therapist'],
      actions: ['read'],
      resources: ['Note'],
      when: { op: 'in', left: { attr: 'actor.id' }, right: { attr: 'resource.careTeam' } },
    },
    { id: 'restriction', effect: 'forbid', actions: ['read'], resources: ['Note'], unless: ['emergency', 'incident'] },
  ],
}
type Loose = Record<string, unknown>
/** The parts that the tests below change, writable. */
interface Draft {
  rules: Loose[]
  resources: { Note: Loose; Log: Loose & { attributes: Loose } }
}
const changed = (change: (copy: Draft) => void): unknown => {
  const copy = structuredClone(json) as unknown as Draft
  change(copy)
  return copy
}
const withRule = (rule: Loose) =>
  changed((copy) => copy.rules.push({ id: 'new', actions: ['read'], resources: ['Note'], effect: 'forbid', ...rule }))
const withCondition = (when: unknown) => withRule({ when })

describe('a policy', () => {
  it('is read from JSON, frozen, and hashed over its canonical form', () => {
    const policy = parsePolicy(JSON.parse(JSON.stringify(json)))
    expect(policy).toEqual(json)
    expect(Object.isFrozen(policy.rules[0]?.when)).toBe(true)
    expect(isChecked(policy)).toBe(true)
    expect(isChecked(json)).toBe(false)
    expect(policyHash(policy)).toMatch(/^sha256:[0-9a-f]{64}$/)
    const reordered = JSON.parse(canonicalJson(json as never))
    expect(policyHash(parsePolicy(reordered))).toBe(policyHash(policy))
    expect(policyHash(parsePolicy(withRule({})))).not.toBe(policyHash(policy))
  })

  it('does not change with what it was read from', () => {
    const source = structuredClone(json) as unknown as Draft
    const policy = parsePolicy(source)
    source.rules.length = 0
    expect(policy.rules).toHaveLength(2)
  })

  const bad: [string, unknown, string][] = [
    ['nothing', undefined, 'policy'],
    ['text', '{}', 'policy'],
    ['an unknown key', { ...json, comment: 'x' }, 'policy'],
    ['another format', { ...json, format: 'phi.policy/v2' }, 'policy.format'],
    ['an unknown key in a rule', withRule({ priority: 1 }), 'policy.rules.*'],
    ['roles on a forbid', withRule({ roles: ['therapist'] }), 'policy.rules.*'],
    ['an id twice', withRule({ id: 'team' }), 'policy.rules.*.id'],
    ['the name of the tenant wall', withRule({ id: 'tenant' }), 'policy.rules.*.id'],
    ['a name under phi:', withRule({ id: 'phi:tenant' }), 'policy.rules.*.id'],
    ['an override of the tenant wall', withRule({ unless: ['tenant'] }), 'policy.rules.*.unless.*'],
    [
      'a definition of such an override',
      { ...json, overrides: { 'phi:tenant': { when: { op: 'purpose', is: ['BTG'] } } } },
      'policy.overrides.*',
    ],
    [
      'a built-in override defined anew',
      { ...json, overrides: { emergency: { when: { op: 'purpose', is: ['TREAT'] } } } },
      'policy.overrides',
    ],
    ['an unknown override', withRule({ unless: ['mercy'] }), 'policy.rules.*.unless'],
    ['an override named toString', withRule({ unless: ['toString'] }), 'policy.rules.*.unless'],
    ['an unknown role', withRule({ effect: 'permit', roles: ['root'] }), 'policy.rules.*.roles'],
    ['an unknown action', withRule({ actions: ['burn'] }), 'policy.rules.*.actions'],
    ['an unknown type', withRule({ resources: ['Bill'] }), 'policy.rules.*.resources'],
    ['an unknown view', withRule({ effect: 'permit', roles: ['therapist'], view: 'wide' }), 'policy.rules.*.view'],
    [
      'a view without the type',
      withRule({ effect: 'permit', roles: ['therapist'], resources: ['Log'], view: 'thin' }),
      'policy.rules.*.view',
    ],
    ['an unknown field in a view', { ...json, views: { thin: { Note: ['ssn'] } } }, 'policy.views.*.*'],
    ['an unknown field that is hidden', withRule({ fields: ['ssn'] }), 'policy.rules.*.fields'],
    [
      'an unknown obligation',
      withRule({ effect: 'permit', roles: ['therapist'], obligations: [{ type: 'sprinkle' }] }),
      'policy.rules.*.obligations.*.type',
    ],
    ['a purpose that HL7 does not define', withRule({ purposes: ['CURIOSITY'] }), 'policy.rules.*.purposes.*'],
    [
      'inheritance in a circle',
      { ...json, roles: { therapist: { inherits: ['supervisor'] }, supervisor: { inherits: ['therapist'] } } },
      'policy.roles.*.inherits',
    ],
    ['a role that inherits itself', { ...json, roles: { therapist: { inherits: ['therapist'] } } }, 'policy.roles.*.inherits'],
    ['inheritance from nobody', { ...json, roles: { ...json.roles, x: { inherits: ['ghost'] } } }, 'policy.roles.*.inherits'],
    [
      'a type without its tenant',
      changed((copy) => {
        copy.resources.Log.tenant = 'org'
      }),
      'policy.resources.*.tenant',
    ],
    [
      'a tenant that is a number',
      changed((copy) => {
        copy.resources.Log.attributes = { tenant: { type: 'number' } }
      }),
      'policy.resources.*.tenant',
    ],
    [
      'a patient that is not declared',
      changed((copy) => {
        copy.resources.Log.patient = 'patient'
      }),
      'policy.resources.*.patient',
    ],
    [
      'a relation to nothing',
      changed((copy) => {
        copy.resources.Note.relations = { related: 'Bill' }
      }),
      'policy.resources.*.relations.*',
    ],
    [
      'an attribute called __proto__',
      changed((copy) => {
        copy.resources.Log.attributes = JSON.parse('{"tenant":{"type":"string"},"__proto__x":{"type":"string"}}')
      }),
      'policy.resources.*.attributes.*',
    ],
    [
      'an attribute that every object has',
      changed((copy) => {
        Object.assign(copy.resources.Log.attributes, { constructor: { type: 'string' } })
      }),
      'policy.resources.*.attributes.*',
    ],
    ['roles as an attribute of the actor', { ...json, actor: { roles: { type: 'set', of: 'string' } } }, 'policy.actor'],
    ['a built-in kind of grant', { ...json, grants: ['break-glass'] }, 'policy.grants'],
  ]
  it.each(bad)('with %s is refused', async (_, value, path) => {
    const error = await refusal(() => parsePolicy(value))
    expect(error.code).toBe('PHI_RBAC_POLICY')
    expect(error.path).toBe(path)
  })

  const attr = (path: string) => ({ attr: path })
  const conditions: [string, unknown][] = [
    ['an unknown op', { op: 'matches', left: attr('resource.status'), right: { value: '.*' } }],
    ['code', { op: 'eval', code: 'true' }],
    ['an unknown attribute', { op: 'eq', left: attr('resource.ssn'), right: { value: 'x' } }],
    ['an attribute of a relation', { op: 'has', of: 'resource.related.status' }],
    ['roles', { op: 'in', left: { value: 'root' }, right: attr('actor.roles') }],
    ['a path through __proto__', { op: 'eq', left: attr('resource.__proto__'), right: { value: 'x' } }],
    ['a path from nowhere', { op: 'eq', left: attr('env.secret'), right: { value: 'x' } }],
    ['two types in one comparison', { op: 'eq', left: attr('resource.words'), right: { value: '3' } }],
    ['two constants', { op: 'eq', left: { value: 1 }, right: { value: 1 } }],
    ['a constant that cannot occur', { op: 'eq', left: attr('resource.status'), right: { value: 'singed' } }],
    [
      'a listed constant that cannot occur',
      { op: 'in', left: attr('resource.status'), right: { values: ['draft', 'singed'] } },
    ],
    ['an order of texts', { op: 'lt', left: attr('resource.status'), right: { value: 'm' } }],
    ['an equality of sets', { op: 'eq', left: attr('resource.careTeam'), right: attr('resource.careTeam') }],
    ['a member of what is no set', { op: 'in', left: attr('actor.id'), right: attr('resource.status') }],
    ['a number among texts', { op: 'in', left: attr('resource.words'), right: attr('resource.careTeam') }],
    ['what is opaque', { op: 'eq', left: attr('resource.body'), right: { value: 'x' } }],
    ['null of what is never null', { op: 'null', of: 'resource.status' }],
    ['a network on text', { op: 'cidr', of: 'resource.status', ranges: ['10.0.0.0/8'] }],
    ['a network that is none', { op: 'cidr', of: 'context.ip', ranges: ['10.0.0.0/33'] }],
    ['a network with host bits', { op: 'cidr', of: 'context.ip', ranges: ['10.0.0.1/8'] }],
    ['an unknown kind of grant', { op: 'granted', kind: 'mercy' }],
    ['an empty and', { op: 'and', of: [] }],
    ['half a character', { op: 'eq', left: attr('actor.id'), right: { value: '\ud800' } }],
    ['a number that is not finite', { op: 'lt', left: attr('resource.words'), right: { value: Number.POSITIVE_INFINITY } }],
  ]
  it.each(conditions)('with a condition on %s is refused', async (_, when) => {
    expect((await refusal(() => parsePolicy(withCondition(when)))).code).toBe('PHI_RBAC_POLICY')
  })

  it('asks for grants only where a record names its patient', async () => {
    const rule = { id: 'x', effect: 'forbid', actions: ['read'], resources: ['Log'], unless: ['authorization'] }
    expect((await refusal(() => parsePolicy({ ...json, rules: [rule] }))).path).toBe('policy.rules.*.unless')
  })

  it('takes what conditions can say', () => {
    const all: Expression[] = [
      { op: 'eq', left: attr('resource.author.id') as never, right: attr('actor.id') as never },
      { op: 'le', left: attr('resource.writtenAt') as never, right: { now: true } },
      { op: 'null', of: 'resource.writtenAt' },
      { op: 'has', of: 'resource.body' },
      { op: 'cidr', of: 'context.ip', ranges: ['10.0.0.0/8', '2001:db8::/32'] },
      { op: 'granted', kind: 'referral' },
      { op: 'in', left: { value: 'u1' }, right: attr('resource.careTeam') as never },
    ]
    expect(parsePolicy(withCondition({ op: 'and', of: all })).rules).toHaveLength(3)
  })

  it('is refused in a circle, too deep, or with a getter that throws, without a word of its content', async () => {
    const circle: Loose = { op: 'not' }
    circle.of = circle
    const deep = Array.from({ length: 40 }).reduce((of: unknown) => ({ op: 'not', of }), { op: 'purpose', is: ['TREAT'] })
    const veryDeep = Array.from({ length: 100_000 }).reduce((of: unknown) => ({ op: 'not', of }), {
      op: 'purpose',
      is: ['TREAT'],
    })
    const throwing = Object.defineProperty({ ...json }, 'rules', {
      enumerable: true,
      get: () => {
        throw new Error('PHI here')
      },
    })
    for (const value of [withRule({ when: circle }), withRule({ when: deep }), withRule({ when: veryDeep }), throwing]) {
      const error = await refusal(() => parsePolicy(value))
      expect(error.code).toBe('PHI_RBAC_POLICY')
      expect(error.message).not.toContain('PHI here')
    }
  })

  it('takes conditions up to the depth that is stated, and no deeper', async () => {
    const nested = (depth: number) =>
      Array.from({ length: depth - 1 }).reduce((of: unknown) => ({ op: 'and', of: [of] }), { op: 'purpose', is: ['TREAT'] })
    const policy = parsePolicy(withCondition(nested(MAX_EXPRESSION_DEPTH)))
    expect(policyHash(policy)).toMatch(/^sha256:/)
    const more = compile(policy).with([
      { id: 'y', effect: 'forbid', actions: ['read'], resources: ['Note'], when: nested(MAX_EXPRESSION_DEPTH) as Expression },
    ])
    expect(more.reference.hash).toMatch(/^sha256:/)
    expect((await refusal(() => parsePolicy(withCondition(nested(MAX_EXPRESSION_DEPTH + 1))))).code).toBe('PHI_RBAC_POLICY')
  })

  it('S21 has overrides built in that each name their text', () => {
    for (const override of Object.values(builtInOverrides)) expect(override.cite.length).toBeGreaterThan(0)
    expect(Object.keys(builtInOverrides)).toEqual(['emergency', 'authorization', 'consent', 'medical-emergency', 'break-glass'])
  })
})
