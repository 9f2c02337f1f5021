import { createRequire } from 'node:module'
import { AbilityBuilder, createMongoAbility, type MongoAbility, subject } from '@casl/ability'
import { compile, parsePolicy, type Request } from '@phi/rbac'
import { toCedar } from '@phi/rbac/cedar'
import type { Row } from '../measure.ts'
import { byHand } from '../rbac/by-hand.ts'
import { type BenchRequest, forbidSpecs, inherits, permitSpecs, policyJson, requests, roles } from '../rbac/clinic.ts'

type Ask = (request: BenchRequest) => boolean

const policy = parsePolicy(policyJson)
const rulesOf = () => compile(policy)

/** `allow-if` is what an emergency leaves behind, and by hand there is no such thing: rows are compared where both can say yes or no. */
const comparable = (asked: readonly BenchRequest[]) => asked.filter(({ purpose }) => purpose !== 'ETREAT')

function counted(ask: Ask, asked: readonly BenchRequest[], rounds: number): number {
  let yes = 0
  for (let round = 0; round < rounds; round++) for (let i = 0; i < asked.length; i++) if (ask(asked[i] as BenchRequest)) yes++
  if (yes === 0) throw new Error('nothing was allowed')
  return asked.length * rounds
}

function accessRow(
  options: Pick<Row, 'id' | 'against' | 'atLeast'> & {
    readonly ours: () => Ask
    readonly peer: () => Promise<Ask> | Ask
    readonly peerCount: number
    /** Peers that cannot say the same about purposes or tenants are only asked what they can. */
    readonly only?: (request: BenchRequest) => boolean
  },
): Row {
  const { id, against, atLeast } = options
  return {
    id,
    against,
    atLeast,
    async prepare({ quick }) {
      const asked = comparable(requests(4_000)).filter(options.only ?? (() => true))
      const ask = options.ours()
      const peer = await options.peer()
      const few = asked.slice(0, Math.min(options.peerCount, asked.length))
      for (const each of few) if (ask(each) !== peer(each)) throw new Error(`${id}: the two sides decide differently`)
      const rounds = quick ? 20 : 100
      const peerRounds = options.peerCount >= asked.length ? rounds : 1
      return {
        unit: 'decisions',
        ours: () => counted(ask, asked, rounds),
        baseline: () => counted(peer, few, peerRounds),
      }
    },
  }
}

const can = (): Ask => {
  const rules = rulesOf()
  return (request) => rules.can(request as unknown as Request)
}

export const canByHand = accessRow({
  id: 'rbac.can.by-hand',
  against: 'the same policy by hand: Map and closures, two-valued, records trusted',
  atLeast: 0.5,
  ours: can,
  peer: byHand,
  peerCount: Number.POSITIVE_INFINITY,
})

export const decideByHand = accessRow({
  id: 'rbac.decide.by-hand',
  against: 'the same policy by hand, without any reasons; ours with trace and citations',
  atLeast: 0.3,
  ours: () => {
    const rules = rulesOf()
    return (request) => rules.decide(request as unknown as Request).outcome === 'allow'
  },
  peer: byHand,
  peerCount: Number.POSITIVE_INFINITY,
})

/** One ability for each actor and its roles, made before the clock starts. */
function casl(): Ask {
  const abilities = new Map<string, MongoAbility>()
  const abilityOf = (actor: BenchRequest['actor']): MongoAbility => {
    const { can: permit, cannot: forbid, build } = new AbilityBuilder<MongoAbility>(createMongoAbility)
    const held = roles.filter(
      (role) => actor.roles.includes(role) || actor.roles.some((each) => inherits[each]?.includes(role)),
    )
    const conditions = {
      'care-team': [{ careTeam: actor.id }],
      signed: [{ status: 'signed' }],
      own: [{ patient: actor.id }],
      billable: [{ status: 'signed', amount: { $gt: 0 } }],
      any: [{}],
      'signed-team': [{ careTeam: actor.id }, { status: 'signed' }],
    } as const
    for (const { role, type, actions, kind } of permitSpecs) {
      if (!held.includes(role as never)) continue
      for (const each of conditions[kind]) permit([...actions], type, { ...each, tenant: actor.tenant } as never)
    }
    for (const { type, actions, kind } of forbidSpecs) forbid([...actions], type, { [kind]: true } as never)
    return build()
  }
  return ({ actor, action, resource }) => {
    const key = `${actor.id} ${actor.roles.join(' ')}`
    let ability = abilities.get(key)
    if (ability === undefined) {
      ability = abilityOf(actor)
      abilities.set(key, ability)
    }
    return ability.can(action, subject(resource.type, resource.record as unknown as Record<PropertyKey, unknown>) as never)
  }
}

export const canCasl = accessRow({
  id: 'rbac.can.casl',
  against: 'CASL 7, the ability of each actor built once and cached',
  atLeast: 3,
  ours: can,
  peer: casl,
  peerCount: Number.POSITIVE_INFINITY,
})

/** Cedar gets what `toCedar` writes, parsed once; each request brings its entities, as its interface asks. */
async function cedar(): Promise<Ask> {
  const { cedarRequest } = await import('@phi/rbac/cedar')
  const require = createRequire(import.meta.url)
  const engine = require('@cedar-policy/cedar-wasm/nodejs') as typeof import('@cedar-policy/cedar-wasm/nodejs')
  const { policies } = toCedar(policy, { obligations: 'omit' })
  const parsed = engine.preparsePolicySet('bench', { staticPolicies: policies })
  if (parsed.type !== 'success') throw new Error('Cedar does not take the policy')
  const made = new Map<BenchRequest, ReturnType<typeof cedarRequest>>()
  return (request) => {
    let call = made.get(request)
    if (call === undefined) {
      call = cedarRequest(policy, request as unknown as Request)
      made.set(request, call)
    }
    const answer = engine.statefulIsAuthorized({ ...call, preparsedPolicySetId: 'bench' } as never)
    return answer.type === 'success' && answer.response.decision === 'allow'
  }
}

export const canCedar = accessRow({
  id: 'rbac.can.cedar-wasm',
  against: 'cedar-wasm 4, stateful: policies parsed once, entities made before the clock starts',
  atLeast: 1_000,
  ours: can,
  peer: cedar,
  peerCount: 200,
})

/** casbin, with the same rules as lines of a policy and the conditions as functions; synchronous, without any cache of decisions. */
async function casbin(): Promise<Ask> {
  const { newEnforcer, newModelFromString, StringAdapter } = await import('casbin')
  const model = newModelFromString(`
[request_definition]
r = actor, type, act, record
[policy_definition]
p = role, type, act, kind, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.type == p.type && r.act == p.act && holds(r.actor, r.record, p.role, p.kind)
`)
  const lines = [
    ...permitSpecs.flatMap(({ role, type, actions, kind }) =>
      actions.map((action) => `p, ${role}, ${type}, ${action}, ${kind}, allow`),
    ),
    ...forbidSpecs.flatMap(({ type, actions, kind }) => actions.map((action) => `p, *, ${type}, ${action}, ${kind}, deny`)),
  ]
  const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')))
  const holds = (
    actor: BenchRequest['actor'],
    record: BenchRequest['resource']['record'],
    role: string,
    kind: string,
  ): boolean => {
    if (role !== '*' && !actor.roles.some((each) => each === role || inherits[each]?.includes(role) === true)) return false
    switch (kind) {
      case 'care-team':
        return record.careTeam.includes(actor.id)
      case 'signed':
        return record.status === 'signed'
      case 'own':
        return record.patient === actor.id
      case 'billable':
        return record.status === 'signed' && record.amount > 0
      case 'signed-team':
        return record.careTeam.includes(actor.id) || record.status === 'signed'
      case 'restricted':
        return record.restricted
      case 'sealed':
        return record.sealed
      default:
        return true
    }
  }
  await enforcer.addFunction('holds', holds)
  return ({ actor, action, resource }) =>
    resource.record.tenant === actor.tenant && enforcer.enforceSync(actor, resource.type, action, resource.record)
}

export const canCasbin = accessRow({
  id: 'rbac.can.casbin',
  against: 'casbin 5, the same rules as policy lines, conditions as a function, enforceSync',
  atLeast: 1_000,
  ours: can,
  peer: casbin,
  peerCount: 400,
})

/** accesscontrol, asked about roles, actions and types alone; conditions are left out on both sides. */
async function accessControl(): Promise<Ask> {
  const { AccessControl } = await import('accesscontrol')
  const control = new AccessControl()
  for (const role of roles) control.grant(role)
  for (const { role, type, actions } of permitSpecs) {
    for (const action of actions)
      if (action === 'read' || action === 'update' || action === 'create') control.grant(role)[`${action}Any`](type)
  }
  for (const [role, parents] of Object.entries(inherits)) control.grant(role).extend([...parents])
  return ({ actor, action, resource }) => control.can([...actor.roles])[`${action as 'read'}Any`](resource.type).granted
}

export const canAccessControl = accessRow({
  id: 'rbac.can.accesscontrol',
  against: 'accesscontrol 3, by roles, actions and types alone on both sides',
  atLeast: 10,
  ours: () => {
    const { rules, ...rest } = policyJson
    const plain = rules.flatMap((rule) => {
      if (rule.effect === 'forbid') return []
      const { when: _when, ...unconditional } = rule
      return [unconditional]
    })
    const compiled = compile(parsePolicy({ ...rest, rules: plain }))
    return (request) => compiled.can(request as unknown as Request)
  },
  peer: accessControl,
  peerCount: 400,
  only: ({ action, resource, actor }) =>
    ['read', 'update', 'create'].includes(action) && resource.record.tenant === actor.tenant,
})

function compileRow(options: Pick<Row, 'id' | 'against' | 'atLeast'> & { readonly everything: boolean }): Row {
  return {
    id: options.id,
    against: options.against,
    atLeast: options.atLeast,
    async prepare() {
      const copies = Array.from({ length: 4 }, (_, copy) =>
        policyJson.rules.map((rule) => ({ ...rule, id: `${rule.id}.${copy}` })),
      )
      const large = parsePolicy({ ...policyJson, rules: copies.flat().slice(0, 1_000) })
      const text = JSON.stringify(large)
      const each = large.actions.flatMap((action) => Object.keys(large.resources).map((type) => ({ action, type })))
      const actor = { id: 'u1', tenant: 'clinic-a', roles: ['therapist'] }
      return {
        unit: 'policies',
        ours() {
          for (let i = 0; i < 20; i++) {
            const rules = compile(large)
            if (options.everything) for (const { action, type } of each) rules.mayEver({ actor, action, type })
          }
          return 20
        },
        baseline() {
          for (let i = 0; i < 20; i++) if (JSON.parse(text).rules.length !== 1_000) throw new Error('lost rules')
          return 20
        },
      }
    },
  }
}

/** Compiling is timed against reading the policy as JSON, which is the least that any engine does with it. */
export const compileThousand = compileRow({
  id: 'rbac.compile.1000-rules',
  against: 'JSON.parse of the same 1,000 rules; ours compiles a parsed policy, whose tables are built when first asked for',
  atLeast: 1,
  everything: false,
})

export const compileEverything = compileRow({
  id: 'rbac.compile.1000-rules.all-tables',
  against: 'JSON.parse of the same 1,000 rules; ours compiles, and builds the tables of every type and action',
  atLeast: 0.1,
  everything: true,
})
