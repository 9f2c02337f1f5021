import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { MAX_EXPRESSION_DEPTH } from '../expression/expression.ts'
import { compile, definePolicy, type Expression, type PolicyJson, parsePolicy, type Request } from '../index.ts'
import { cedarRequest, toCedar } from './index.ts'

const NOW = Date.UTC(2026, 2, 3, 12)
const clock = () => NOW

const attributes = {
  id: { type: 'string' },
  tenant: { type: 'string' },
  patient: { type: 'string' },
  owner: { type: 'string', nullable: true },
  count: { type: 'number' },
  signed: { type: 'instant' },
  address: { type: 'ip' },
  team: { type: 'set', of: 'string' },
  site: { type: 'object', attributes: { open: { type: 'boolean' } } },
  body: { type: 'string' },
} as const

function policyOf(rules: readonly object[], more: object = {}): PolicyJson {
  return parsePolicy({
    format: 'phi.policy/v1',
    id: 'p',
    version: '1',
    actions: ['read', 'update'],
    roles: { nurse: {}, doctor: { inherits: ['nurse'] } },
    resources: { Note: { attributes, tenant: 'tenant', patient: 'patient' } },
    rules: rules.map((rule, index) => ({ id: `rule-${index}`, actions: ['read'], resources: ['Note'], ...rule })),
    ...more,
  })
}
const permit = { effect: 'permit', roles: ['nurse'] }
const forbid = { effect: 'forbid' }

function request(record: object, more: object = {}): Request {
  const actor = { id: 'u1', tenant: 't1', roles: ['doctor'] }
  return {
    actor,
    action: 'read',
    resource: { type: 'Note', record: { tenant: 't1', ...record } },
    ...more,
  } as unknown as Request
}

function ask(
  policy: PolicyJson,
  asked: Request,
): { readonly decision: string; readonly errors: number; readonly reason: string[] } {
  const { policies, ids, schema } = toCedar(policy)
  const parts = cedarRequest(policy, asked, { clock }) as unknown as Omit<cedar.AuthorizationCall, 'policies'>
  const answer = cedar.isAuthorized({ ...parts, schema, validateRequest: true, policies: { staticPolicies: policies } })
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
  const { decision, diagnostics } = answer.response
  const reason = diagnostics.reason.map((each) => ids[Number(each.slice('policy'.length))] as string)
  return { decision, errors: diagnostics.errors.length, reason }
}

/** Cedar and `can`, which have to agree. */
function decided(policy: PolicyJson, asked: Request): boolean {
  const { decision, errors } = ask(policy, asked)
  expect(errors).toBe(0)
  expect(decision === 'allow').toBe(compile(policy, { clock }).can(asked))
  return decision === 'allow'
}

describe('toCedar', () => {
  it('writes a policy that can be read', () => {
    const policy = definePolicy(
      {
        id: 'clinic',
        version: '1',
        resources: {
          Note: z.object({ id: z.string(), tenant: z.string(), careTeam: z.array(z.string()), restricted: z.boolean() }),
        },
        actions: ['read'],
        roles: { therapist: {} },
      },
      ({ permit: may, forbid: mayNot, is }) => [
        may('therapist')
          .to('read')
          .on('Note')
          .when(is.in(is.actor('id'), is.resource('careTeam')))
          .as('care-team'),
        mayNot().to('read').on('Note').when(is.resource('restricted')).as('restriction'),
      ],
    )
    const { policies, ids } = toCedar(policy)
    expect(ids).toEqual(['phi:tenant', 'care-team', 'restriction'])
    expect(policies).toBe(`@id("phi:tenant") @resource("Note")
forbid (principal, action, resource is phi::records::Note)
unless { (principal has tenant && resource has tenant && principal.tenant != "" && principal.tenant == resource.tenant) };

@id("care-team") @resource("Note")
permit (principal, action in [phi::Action::"read"], resource is phi::records::Note)
when { (principal in [phi::Role::"therapist"] && (principal has id && resource has careTeam && resource.careTeam.contains(principal.id))) };

@id("restriction") @resource("Note")
forbid (principal, action in [phi::Action::"read"], resource is phi::records::Note)
when { !((resource has restricted && resource.restricted != true)) };
`)
  })

  it('names the rule that decided', () => {
    const policy = policyOf([permit, { ...forbid, when: { op: 'gt', left: { attr: 'resource.count' }, right: { value: 3 } } }])
    expect(ask(policy, request({ count: 1 }))).toEqual({ decision: 'allow', errors: 0, reason: ['rule-0'] })
    expect(ask(policy, request({ count: 4 }))).toEqual({ decision: 'deny', errors: 0, reason: ['rule-1'] })
    expect(ask(policy, request({}))).toEqual({ decision: 'deny', errors: 0, reason: ['rule-1'] })
    expect(ask(policy, request({ tenant: 't2', count: 1 }))).toEqual({ decision: 'deny', errors: 0, reason: ['phi:tenant'] })
  })

  it('keeps a forbid standing where the same rule, written as Cedar is usually written, is skipped', () => {
    const policy = policyOf([permit, { ...forbid, when: { op: 'gt', left: { attr: 'resource.count' }, right: { value: 3 } } }])
    const { policies } = toCedar(policy)
    const guarded = '!((resource has count && !(resource.count > 3)))'
    expect(policies).toContain(guarded)
    const parts = cedarRequest(policy, request({}), { clock }) as unknown as Omit<cedar.AuthorizationCall, 'policies'>
    const decision = (text: string) => {
      const answer = cedar.isAuthorized({ ...parts, policies: { staticPolicies: text } })
      return answer.type === 'success' ? answer.response.decision : 'failure'
    }
    expect(decision(policies.replace(guarded, 'resource.count > 3'))).toBe('allow')
    expect(decision(policies)).toBe('deny')
  })

  it('writes names and texts that are words or quotes of Cedar itself', () => {
    const words = ['if', 'then', 'else', 'in', 'is', 'has', 'like', 'true', 'false', 'permit', 'when', 'principal', 'ip', 'Set']
    const texts = ['"', '\\', "'", '\n\r\t\0', '*', '\u2028', 'é', '😀', '$x', '"; permit(principal, action, resource); //']
    const odd = Object.fromEntries(words.map((word) => [word, { type: 'string' }]))
    const resources = {
      Note: { attributes: { ...attributes, ...odd, own: { type: 'object', attributes: odd } }, tenant: 'tenant' },
    }
    for (const [index, word] of words.entries()) {
      const text = texts[index % texts.length] as string
      const when = (path: string): Expression => ({ op: 'eq', left: { attr: `resource.${path}` }, right: { value: text } })
      const policy = policyOf(
        [{ ...permit, actions: [word], roles: [word], when: { op: 'and', of: [when(word), when(`own.${word}`)] } }],
        { resources, actions: [word], roles: { [word]: {} } },
      )
      const actor = { id: 'u', tenant: 't1', roles: [word] }
      const about = (value: string) => request({ [word]: value, own: { [word]: value } }, { action: word, actor })
      expect(decided(policy, about(text)), word).toBe(true)
      expect(decided(policy, about(`${text} `)), word).toBe(false)
    }
  })

  it('takes types of any name but those that Cedar keeps for itself', () => {
    const names = ['Set', 'String', 'Long', 'Bool', 'Boolean', 'Record', 'Entity', 'Extension', 'ipaddr', 'permit', 'forbid']
    const more = ['principal', 'action', 'entity', 'namespace', 'type', 'Role', 'Purpose', 'Actor', 'phi', 'records']
    for (const name of [...names, ...more, 'unless', 'appliesTo', 'attributes', 'tags', 'enum', 'datetime', 'decimal']) {
      const policy = policyOf([{ ...permit, resources: [name] }], { resources: { [name]: { attributes, tenant: 'tenant' } } })
      const asked = request({}, { resource: { type: name, record: { tenant: 't1' } } })
      expect(decided(policy, asked), name).toBe(true)
    }
  })

  it('writes conditions as large and as deep as a policy may hold', () => {
    const atom = (value: number): Expression => ({ op: 'eq', left: { attr: 'resource.count' }, right: { value } })
    const wide: Expression = {
      op: 'or',
      of: [1, 2].map((half) => ({ op: 'or', of: Array.from({ length: 500 }, (_, i) => atom(half * 1_000 + i)) })),
    }
    let deep: Expression = atom(7)
    for (let i = 1; i < MAX_EXPRESSION_DEPTH; i++)
      deep = i % 3 === 0 ? { op: 'not', of: deep } : { op: i % 3 === 1 ? 'and' : 'or', of: [deep, atom(7)] }
    for (const when of [wide, deep]) {
      const policy = policyOf([{ ...permit, when }])
      decided(policy, request({ count: 2_499 }))
      decided(policy, request({ count: 7 }))
      decided(policy, request({}))
    }
    expect(decided(policyOf([{ ...permit, when: wide }]), request({ count: 2_499 }))).toBe(true)
  })

  it('translates purposes by their tree, grants by patient, times, networks and null', () => {
    const grant = { kind: 'consent', tenant: 't1', patient: 'p1', from: NOW, until: NOW + 1 }
    const rows: readonly (readonly [Expression, object, object, boolean])[] = [
      [{ op: 'purpose', is: ['TREAT'] }, {}, { purpose: 'BTG' }, true],
      [{ op: 'purpose', is: ['ETREAT'] }, {}, { purpose: 'TREAT' }, false],
      [{ op: 'not', of: { op: 'purpose', is: ['ETREAT'] } }, {}, { purpose: 'NOSUCH' }, false],
      [{ op: 'granted', kind: 'consent' }, { patient: 'p1' }, { grants: [grant] }, true],
      [{ op: 'granted', kind: 'consent' }, { patient: 'p2' }, { grants: [grant] }, false],
      [{ op: 'not', of: { op: 'granted', kind: 'consent' } }, { patient: 'p2' }, { grants: [grant] }, true],
      [{ op: 'not', of: { op: 'granted', kind: 'consent' } }, { patient: 'p2' }, { grants: [grant, null] }, false],
      [{ op: 'not', of: { op: 'granted', kind: 'consent' } }, {}, { grants: [grant] }, false],
      [{ op: 'not', of: { op: 'granted', kind: 'consent' } }, {}, {}, true],
      [{ op: 'lt', left: { attr: 'resource.signed' }, right: { now: true } }, { signed: new Date(NOW - 1) }, {}, true],
      [{ op: 'eq', left: { now: true }, right: { attr: 'resource.signed' } }, { signed: '2026-03-03T12:00:00.000Z' }, {}, true],
      [{ op: 'cidr', of: 'resource.address', ranges: ['10.0.0.0/8'] }, { address: '::ffff:10.1.2.3' }, {}, true],
      [{ op: 'cidr', of: 'resource.address', ranges: ['::/0'] }, { address: '10.1.2.3' }, {}, false],
      [{ op: 'null', of: 'resource.owner' }, { owner: null }, {}, true],
      [{ op: 'has', of: 'resource.owner' }, { owner: null }, {}, true],
      [{ op: 'eq', left: { attr: 'resource.owner' }, right: { attr: 'resource.owner' } }, { owner: null }, {}, false],
      [{ op: 'not', of: { op: 'eq', left: { attr: 'resource.owner' }, right: { value: 'a' } } }, { owner: null }, {}, true],
      [{ op: 'not', of: { op: 'in', left: { attr: 'resource.owner' }, right: { values: ['a'] } } }, { owner: null }, {}, true],
      [{ op: 'eq', left: { attr: 'resource.count' }, right: { value: -0 } }, { count: 0 }, {}, true],
      [
        { op: 'eq', left: { attr: 'resource.count' }, right: { value: Number.MAX_SAFE_INTEGER } },
        { count: 2 ** 53 - 1 },
        {},
        true,
      ],
    ]
    for (const [when, record, more, expected] of rows) {
      expect(decided(policyOf([{ ...permit, when }]), request(record, more)), JSON.stringify([when, record, more])).toBe(
        expected,
      )
    }
  })

  it('opens a forbid by the override that opens it without more, and not by one that leaves an obligation', () => {
    const opens = (...unless: string[]) =>
      policyOf([permit, { ...forbid, unless }], {
        overrides: { own: { when: { op: 'eq', left: { attr: 'resource.count' }, right: { value: 1 } } } },
      })
    expect(decided(opens('own'), request({ count: 1 }))).toBe(true)
    expect(decided(opens('own'), request({ count: 2 }))).toBe(false)
    expect(decided(opens('own', 'authorization'), request({ count: 2, patient: 'p' }))).toBe(false)
    // The first override that is true is relied on: with `emergency` in front, a duty is left, and the answer is not a plain yes.
    for (const unless of [
      ['emergency', 'own'],
      ['own', 'emergency'],
    ]) {
      const policy = opens(...unless)
      const asked = request({ count: 1 }, { purpose: 'ETREAT' })
      const parts = cedarRequest(policy, asked, { clock }) as unknown as Omit<cedar.AuthorizationCall, 'policies'>
      const staticPolicies = toCedar(policy, { obligations: 'omit' }).policies
      const answer = cedar.isAuthorized({ ...parts, policies: { staticPolicies } })
      expect(answer).toMatchObject({ response: { decision: unless[0] === 'own' ? 'allow' : 'deny' } })
      expect(compile(policy, { clock }).can(asked)).toBe(unless[0] === 'own')
    }
  })

  it('refuses what Cedar cannot say, naming the place of the rule', async () => {
    const rows: readonly (readonly [object, string])[] = [
      [{ ...permit, obligations: [{ type: 'step-up', max_age: 1 }] }, 'policy.rules.*.obligations'],
      [{ ...permit, view: 'narrow' }, 'policy.rules.*.view'],
      [{ ...forbid, fields: ['body'] }, 'policy.rules.*.fields'],
      [{ ...forbid, unless: ['emergency'] }, 'policy.rules.*.unless'],
      [{ ...permit, when: { op: 'eq', left: { attr: 'resource.count' }, right: { value: 0.5 } } }, 'policy.rules.*.when'],
      [{ ...permit, when: { op: 'eq', left: { attr: 'resource.count' }, right: { value: 2 ** 53 } } }, 'policy.rules.*.when'],
      [{ ...permit, when: { op: 'in', left: { attr: 'resource.count' }, right: { values: [1, 1.5] } } }, 'policy.rules.*.when'],
    ]
    for (const [rule, path] of rows) {
      const error = await refusal(() => toCedar(policyOf([permit, rule], { views: { narrow: { Note: ['id'] } } })))
      expect(error).toMatchObject({ code: 'PHI_RBAC_UNTRANSLATABLE', path, info: { rule: 1 } })
    }
    for (const name of ['is', 'in', 'if', 'has', 'like', 'then', 'else', 'true', 'false', 'Action']) {
      const policy = policyOf([], { resources: { [name]: { attributes: { tenant: { type: 'string' } }, tenant: 'tenant' } } })
      expect(await refusal(() => toCedar(policy))).toMatchObject({ code: 'PHI_RBAC_UNTRANSLATABLE', path: 'policy.resources' })
    }
    expect(await refusal(() => toCedar({ format: 'other' } as never))).toMatchObject({ code: 'PHI_RBAC_POLICY' })
  })
})

describe('cedarRequest', () => {
  const reads = (path: string): PolicyJson => policyOf([{ ...permit, when: { op: 'has', of: path } }])

  it('hands over what conditions read and nothing else, under fixed entity names', () => {
    const record = { id: 'r-1', body: 'confidential', owner: null, count: 1, site: { open: true, secret: 'x' } }
    const out = cedarRequest(reads('resource.site.open'), request(record, { purpose: 'BTG' }), { clock })
    expect(JSON.stringify(out)).not.toMatch(/confidential|r-1|u1|secret/)
    expect(out.entities.find(({ uid }) => uid.id === 'record')?.attrs).toEqual({ tenant: 't1', site: { open: true } })
    expect(out.principal).toEqual({ type: 'phi::Actor', id: 'actor' })
    const roles = out.entities.filter(({ uid }) => uid.type === 'phi::Role').map(({ uid }) => uid.id)
    expect(roles).toEqual(['doctor', 'nurse'])
  })

  it('refuses attributes of another type than declared, without their values', async () => {
    const rows: readonly (readonly [string, object])[] = [
      ['resource.count', { count: 'MARK' }],
      ['resource.count', { count: 0.5 }],
      ['resource.count', { count: 2 ** 53 }],
      ['resource.count', { count: Number.NaN }],
      ['resource.count', { count: null }],
      ['resource.owner', { owner: 5 }],
      ['resource.owner', { owner: 'MARK \udc00' }],
      ['resource.signed', { signed: 'MARK' }],
      ['resource.signed', { signed: NOW }],
      ['resource.signed', { signed: new Date(Number.NaN) }],
      ['resource.address', { address: '10.0.0.01' }],
      ['resource.team', { team: 'MARK' }],
      ['resource.team', { team: ['MARK', 1] }],
      ['resource.team', { team: Array(3) }],
      ['resource.team', { team: Array(10_001).fill('MARK') }],
      ['resource.site', { site: [] }],
      ['resource.site.open', { site: { open: 'MARK' } }],
      ['resource.site.open', { site: 'MARK' }],
    ]
    for (const [path, record] of rows) {
      const error = await refusal(() => cedarRequest(reads(path), request(record)))
      expect(error.code, path).toBe('PHI_RBAC_UNTRANSLATABLE')
      expect(error.path, path).toMatch(/^request\.resource\.record\./)
      expect(JSON.stringify([error.message, error.info, error.path])).not.toContain('MARK')
      expect(error.cause).toBeUndefined()
    }
    const record = {
      tenant: 't1',
      get count(): number {
        throw new Error('MARK')
      },
    }
    const throwing = request({}, { resource: { type: 'Note', record } })
    const error = await refusal(() => cedarRequest(reads('resource.count'), throwing))
    expect(error.code).toBe('PHI_RBAC_UNTRANSLATABLE')
    expect(error.cause).toBeUndefined()
    expect(await refusal(() => cedarRequest(reads('resource.count'), request({}, { context: [] })))).toMatchObject({
      path: 'request.context',
    })
    expect(await refusal(() => cedarRequest(reads('resource.count'), request({}, { at: NOW + 0.5 })))).toMatchObject({
      path: 'request.at',
    })
  })

  it('refuses what is no request', async () => {
    const policy = policyOf([permit])
    const rows = [
      null,
      {},
      request({}, { actor: { id: '', tenant: 't1', roles: [] } }),
      request({}, { action: 'burn' }),
      request({}, { resource: { type: 'toString', record: {} } }),
      request({}, { resource: { type: 'Note', record: [] } }),
      request({}, { fields: ['nothing'] }),
      // What would pass for a known name once it is made a text.
      request({}, { fields: [['id']] }),
      request({}, { resource: { type: ['Note'], record: { tenant: 't1' } } }),
      request({}, { action: ['read'] }),
    ]
    for (const each of rows) {
      expect(await refusal(() => cedarRequest(policy, each as Request))).toMatchObject({ code: 'PHI_RBAC_QUERY' })
      expect(compile(policy).can(each as Request)).toBe(false)
    }
  })

  it('stops tenants that are none at the wall', () => {
    const policy = policyOf([permit])
    expect(decided(policy, request({}))).toBe(true)
    for (const tenant of [undefined, '', null, 1, ['t1'], new String('t1')]) {
      expect(decided(policy, request({ tenant }))).toBe(false)
      expect(decided(policy, request({ tenant }, { actor: { id: 'u1', tenant, roles: ['nurse'] } }))).toBe(false)
    }
  })

  it('ignores roles that are not declared', () => {
    for (const roles of [['ghost'], ['__proto__'], ['toString'], [1], [null]]) {
      expect(decided(policyOf([permit]), request({}, { actor: { id: 'u1', tenant: 't1', roles } }))).toBe(false)
    }
  })
})
