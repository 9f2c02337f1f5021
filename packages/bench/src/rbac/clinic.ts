import type { Grant, PolicyJson, Rule } from '@phi/rbac'

/**
 * The policy that the access rows are measured on: 20 types, 6 actions, 8 roles of which 2 inherit, 272 rules. Each type has one
 * forbid or two and a dozen permits, with the conditions that policies are made of.
 */
const types = Array.from({ length: 20 }, (_, i) => `Type${i}`)
const actions = ['read', 'update', 'create', 'sign', 'disclose', 'export'] as const
const plainRoles = ['therapist', 'billing', 'frontdesk', 'auditor', 'patient', 'service'] as const
export const roles = [...plainRoles, 'admin', 'supervisor'] as const
export const inherits: Readonly<Record<string, readonly string[]>> = {
  admin: ['frontdesk', 'billing'],
  supervisor: ['therapist'],
}

/** The kinds of conditions, by name: ours are written from them, and so are those of each peer. */
export const kinds = ['care-team', 'signed', 'own', 'billable', 'any', 'signed-team'] as const
export type Kind = (typeof kinds)[number]

export interface PermitSpec {
  readonly id: string
  readonly role: string
  readonly type: string
  readonly actions: readonly string[]
  readonly kind: Kind
}
export interface ForbidSpec {
  readonly id: string
  readonly type: string
  readonly actions: readonly string[]
  readonly kind: 'restricted' | 'sealed'
}

export const permitSpecs: readonly PermitSpec[] = types.flatMap((type, t) =>
  plainRoles.flatMap((role, r) =>
    [0, 1].map((n) => ({
      id: `${type}.${role}.${n}`,
      role,
      type,
      actions: [actions[(r + n * 3) % 6] as string, actions[(r + n * 3 + t + 1) % 6] as string].filter(
        (each, i, all) => all.indexOf(each) === i,
      ),
      kind: kinds[(t + r + n) % kinds.length] as Kind,
    })),
  ),
)
export const forbidSpecs: readonly ForbidSpec[] = types.flatMap((type, t): ForbidSpec[] => [
  { id: `${type}.restricted`, type, actions: ['read', 'update', 'disclose'], kind: 'restricted' },
  ...(t < 12 ? [{ id: `${type}.sealed`, type, actions: ['export'], kind: 'sealed' as const }] : []),
])

type When = NonNullable<Rule['when']>
const attr = (path: string) => ({ attr: path as 'resource.id' })
const inTeam: When = { op: 'in', left: attr('actor.id'), right: attr('resource.careTeam') }
const isSigned: When = { op: 'eq', left: attr('resource.status'), right: { value: 'signed' } }
const conditions: Readonly<Record<Kind, When | undefined>> = {
  'care-team': inTeam,
  signed: isSigned,
  own: { op: 'eq', left: attr('resource.patient'), right: attr('actor.id') },
  billable: { op: 'and', of: [isSigned, { op: 'gt', left: attr('resource.amount'), right: { value: 0 } }] },
  any: undefined,
  'signed-team': { op: 'or', of: [inTeam, isSigned] },
}

const permits: readonly Rule[] = permitSpecs.map(({ id, role, type, actions: of, kind }) => {
  const when = conditions[kind]
  const cite = [{ source: '45 CFR', section: '164.308(a)(4)', confirmation: 'memory' as const }]
  return { id, effect: 'permit', roles: [role], actions: of, resources: [type], cite, ...(when === undefined ? {} : { when }) }
})
const forbids: readonly Rule[] = forbidSpecs.map(({ id, type, actions: of, kind }) => {
  const restricted = kind === 'restricted'
  const when: When = { op: 'eq', left: attr(`resource.${kind}`), right: { value: true } }
  return { id, effect: 'forbid', actions: of, resources: [type], when, ...(restricted ? { unless: ['emergency'] } : {}) }
})

export const policyJson: PolicyJson = {
  format: 'phi.policy/v1',
  id: 'bench',
  version: '1',
  actions,
  roles: Object.fromEntries(roles.map((role) => [role, { inherits: inherits[role] ?? [] }])),
  resources: Object.fromEntries(
    types.map((type) => [
      type,
      {
        attributes: {
          id: { type: 'string' },
          tenant: { type: 'string' },
          patient: { type: 'string' },
          careTeam: { type: 'set', of: 'string' },
          status: { type: 'string', values: ['draft', 'signed'] },
          amount: { type: 'number' },
          restricted: { type: 'boolean' },
          sealed: { type: 'boolean' },
        },
        tenant: 'tenant',
        patient: 'patient',
      } as const,
    ]),
  ),
  rules: [...permits, ...forbids],
}

export interface BenchRecord {
  readonly id: string
  readonly tenant: string
  readonly patient: string
  readonly careTeam: readonly string[]
  readonly status: 'draft' | 'signed'
  readonly amount: number
  readonly restricted: boolean
  readonly sealed: boolean
}
export interface BenchRequest {
  readonly actor: { readonly id: string; readonly tenant: string; readonly roles: readonly string[] }
  readonly action: string
  readonly resource: { readonly type: string; readonly record: BenchRecord }
  readonly purpose: 'TREAT' | 'HPAYMT' | 'HOPERAT' | 'ETREAT'
  readonly grants?: readonly Grant[]
}

/** A small generator of numbers, so that every run asks the same questions. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Questions over all types, actions and roles; about a third comes out allowed. */
export function requests(count: number): readonly BenchRequest[] {
  const pick = numbers(7)
  const of = <Each>(list: readonly Each[]): Each => list[pick(list.length)] as Each
  return Array.from({ length: count }, (_, i) => {
    const actor = { id: `u${pick(6)}`, tenant: 'clinic-a', roles: pick(4) === 0 ? [of(roles), of(roles)] : [of(roles)] }
    const record: BenchRecord = {
      id: `r${i}`,
      tenant: pick(20) === 0 ? 'clinic-b' : 'clinic-a',
      patient: `u${pick(6)}`,
      careTeam: Array.from({ length: 1 + pick(4) }, () => `u${pick(6)}`),
      status: of(['draft', 'signed'] as const),
      amount: pick(3),
      restricted: pick(8) === 0,
      sealed: pick(8) === 0,
    }
    return {
      actor,
      action: of(actions),
      resource: { type: of(types), record },
      purpose: of(['TREAT', 'HPAYMT', 'HOPERAT', 'ETREAT'] as const),
    }
  })
}
