import { AbilityBuilder, createMongoAbility, subject } from '@casl/ability'
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { compile, definePolicy, parsePolicy } from '@phi/rbac'
import { cedarRequest, toCedar } from '@phi/rbac/cedar'
import { AccessControl } from 'accesscontrol'
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

// One policy in each engine: a therapist may read notes; a restricted note is denied. Then the attribute of the deny rule is not
// loaded. What the peers do is documented behaviour of theirs at the pinned version; should one of these tests fail after an
// update, the peer has changed for the better, and the comparison in the README has to follow. Cerbos is a server and not run here.

type Loaded = { readonly restricted?: boolean }
const restricted: Loaded = { restricted: true }
const open: Loaded = { restricted: false }
const notLoaded: Loaded = {}

const policy = definePolicy(
  {
    id: 'notes',
    version: '1',
    resources: { Note: z.object({ tenant: z.string(), restricted: z.boolean() }) },
    actions: ['read'],
    roles: { therapist: {}, intern: {} },
  },
  ({ permit, forbid, is }) => [
    permit('therapist', 'intern').to('read').on('Note').as('notes'),
    forbid().to('read').on('Note').when(is.resource('restricted')).as('restriction'),
  ],
)
const rules = compile(policy)
const request = (loaded: Loaded, roles: readonly string[] = ['therapist']) => {
  const actor = { id: 'u1', tenant: 't1', roles }
  return { actor, action: 'read' as const, resource: rules.resource('Note', { tenant: 't1', ...loaded }) }
}

function cedarDecides(policies: string, call: object): string {
  const answer = cedar.isAuthorized({ ...call, policies: { staticPolicies: policies } } as cedar.AuthorizationCall)
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
  return answer.response.decision
}

describe('S2 the attribute of a deny rule was not loaded', () => {
  it('here: denied', () => {
    expect(rules.can(request(open))).toBe(true)
    expect(rules.can(request(restricted))).toBe(false)
    expect(rules.can(request(notLoaded))).toBe(false)
  })

  it('Cedar, as one writes it: allowed; as toCedar writes it: denied', () => {
    const plain = `permit (principal, action, resource);
      forbid (principal, action, resource) when { resource.restricted };`
    const uid = (type: string) => ({ type, id: 'x' })
    const call = { principal: uid('User'), action: uid('Action'), resource: uid('Note'), context: {} }
    const entity = (loaded: Loaded) => ({ ...call, entities: [{ uid: uid('Note'), attrs: loaded, parents: [] }] })
    expect(cedarDecides(plain, entity(open))).toBe('allow')
    expect(cedarDecides(plain, entity(restricted))).toBe('deny')
    expect(cedarDecides(plain, entity(notLoaded))).toBe('allow')
    expect(cedarDecides(plain, { ...call, entities: [] })).toBe('allow')
    const { policies } = toCedar(policy)
    for (const loaded of [open, restricted, notLoaded]) {
      expect(cedarDecides(policies, cedarRequest(policy, request(loaded)))).toBe(rules.can(request(loaded)) ? 'allow' : 'deny')
    }
    expect(cedarDecides(policies, { ...cedarRequest(policy, request(open)), entities: [] })).toBe('deny')
  })

  it('CASL 7: allowed', () => {
    const { can, cannot, build } = new AbilityBuilder(createMongoAbility)
    can('read', 'Note')
    cannot('read', 'Note', { restricted: true })
    const ability = build()
    const ask = (loaded: Loaded) => ability.can('read', subject('Note', { ...loaded }))
    expect([ask(open), ask(restricted), ask(notLoaded)]).toEqual([true, false, true])
    // And true for "some note", which reads as if it were for any.
    expect(ability.can('read', 'Note')).toBe(true)
  })

  it('casbin 5: allowed', async () => {
    const model = newModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = rule, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && eval(p.rule)
`)
    const lines = 'p, r.sub.role == "therapist", read, allow\np, r.obj.restricted == true, read, deny'
    const enforcer = await newEnforcer(model, new StringAdapter(lines))
    const ask = (loaded: Loaded) => enforcer.enforce({ role: 'therapist' }, loaded, 'read')
    expect([await ask(open), await ask(restricted), await ask(notLoaded)]).toEqual([true, false, true])
  })

  it('accesscontrol 3: allowed', () => {
    const control = new AccessControl([
      { role: 'therapist', resource: 'note', action: 'read', possession: 'any', attributes: ['*'] },
      {
        role: 'therapist',
        resource: 'note',
        action: 'read',
        possession: 'any',
        attributes: ['*'],
        effect: 'deny',
        condition: '$.restricted == true',
      },
    ])
    const ask = (loaded: Loaded) =>
      control
        .can('therapist')
        .with({ ...loaded })
        .readAny('note').granted
    expect([ask(open), ask(restricted), ask(notLoaded)]).toEqual([true, false, true])
  })
})

describe('S2 a deny, and something later or beside it that allows', () => {
  it('here: a forbid stands, whatever roles there are and in whatever order rules are written', () => {
    const turned = compile(parsePolicy({ ...policy, rules: [...policy.rules].reverse() }))
    for (const roles of [['intern'], ['therapist', 'intern']]) {
      expect(rules.can(request(restricted, roles))).toBe(false)
      expect(turned.can(request(restricted, roles))).toBe(false)
    }
  })

  it('accesscontrol 3: a grant to one role cancels the deny of another', () => {
    const control = new AccessControl()
    control.grant('therapist').readAny('note')
    control.deny('intern').readAny('note')
    expect(control.can('intern').readAny('note').granted).toBe(false)
    expect(control.can(['intern', 'therapist']).readAny('note').granted).toBe(true)
  })

  it('CASL 7: the last rule wins', () => {
    const { can, cannot, build } = new AbilityBuilder(createMongoAbility)
    cannot('read', 'Note', { restricted: true })
    can('read', 'Note')
    expect(build().can('read', subject('Note', { restricted: true }))).toBe(true)
  })
})
