import { type PurposeOfUse, purposeParents, purposesOfUse } from '@phi/core'
import { builtInOverrides, type Expression, expressionText, isAtom, type Permit, type PolicyJson, type Rule } from '@phi/rbac'
import { spotsOf } from './condition.ts'
import { constantChanges, KnownConstants } from './constants.ts'
import { listOf, withMember, withoutKey, withoutMember } from './rule-change.ts'
import { compiled, overrideOf, type Variant, withOverride, withRule, withWhen } from './variant.ts'

/** The mistakes that mutation makes. */
export const mutationOperators = [
  'drop-rule',
  'flip-effect',
  'drop-condition',
  'negate-condition',
  'swap-and-or',
  'swap-constant',
  'widen-roles',
  'narrow-roles',
  'widen-actions',
  'narrow-actions',
  'widen-types',
  'narrow-types',
  'drop-purposes',
  'widen-purposes',
  'narrow-purposes',
  'drop-override',
  'add-override',
  'drop-obligation',
  'drop-view',
  'widen-view',
  'show-field',
  'inherit',
  'disinherit',
] as const
export type MutationOperator = (typeof mutationOperators)[number]

/** The policy with one mistake in it. */
export interface Mutant extends Variant {
  readonly operator: MutationOperator
  /** The rule that was changed; null where a role or a view was. */
  readonly rule: string | null
  /** The mistake in words: `care-team without the condition "actor.id in resource.careTeam"`. */
  readonly text: string
}

type Make = (operator: MutationOperator, text: string, rule: Rule | null, variant: Variant) => Mutant

const make: Make = (operator, text, rule, variant) => ({ operator, text, rule: rule?.id ?? null, ...variant })

function flipped(policy: PolicyJson, rule: Rule): Rule {
  if (rule.effect === 'permit') {
    const bare = ['roles', 'view', 'obligations'].reduce(withoutKey, rule as Rule)
    return { ...bare, effect: 'forbid' } as Rule
  }
  const bare = ['fields', 'unless'].reduce(withoutKey, rule as Rule)
  return { ...bare, effect: 'permit', roles: Object.keys(policy.roles) } as Rule
}

/** Changes of one condition. */
function* conditionChanges(
  when: Expression,
  known: KnownConstants,
): Generator<{ readonly operator: MutationOperator; readonly text: string; readonly when: Expression | undefined }> {
  for (const { part, replaced } of spotsOf(when)) {
    const text = expressionText(part)
    if (part.op === 'and' || part.op === 'or') {
      const op = part.op === 'and' ? 'or' : 'and'
      if (part.of.length < 2) continue
      yield { operator: 'swap-and-or', text: `with "${op}" for "${part.op}" in "${text}"`, when: replaced({ ...part, op }) }
      continue
    }
    if (part.op === 'not') {
      yield { operator: 'negate-condition', text: `with "${expressionText(part.of)}" for "${text}"`, when: replaced(part.of) }
      continue
    }
    yield { operator: 'drop-condition', text: `without the condition "${text}"`, when: replaced(undefined) }
    yield { operator: 'negate-condition', text: `with "${text}" turned round`, when: replaced({ op: 'not', of: part }) }
    if (!isAtom(part)) continue
    for (const other of constantChanges(part, known)) {
      yield { operator: 'swap-constant', text: `with "${expressionText(other)}" for "${text}"`, when: replaced(other) }
    }
  }
}

const childrenOf = (code: PurposeOfUse): readonly PurposeOfUse[] =>
  (Object.keys(purposesOfUse) as PurposeOfUse[]).filter((each) => purposeParents(each).includes(code))

function* purposeMutants(policy: PolicyJson, rule: Rule): Generator<Mutant> {
  const { purposes } = rule
  if (purposes === undefined) return
  yield make('drop-purposes', `${rule.id} for every purpose`, rule, withRule(policy, rule, [withoutKey(rule, 'purposes')]))
  for (const [index, code] of purposes.entries()) {
    const instead = (other: PurposeOfUse): Rule => ({
      ...rule,
      purposes: purposes.map((each, at) => (at === index ? other : each)),
    })
    for (const parent of purposeParents(code)) {
      yield make(
        'widen-purposes',
        `${rule.id} for ${parent} instead of ${code}`,
        rule,
        withRule(policy, rule, [instead(parent)]),
      )
    }
    const [child] = childrenOf(code)
    if (child !== undefined) {
      yield make(
        'narrow-purposes',
        `${rule.id} only for ${child} instead of ${code}`,
        rule,
        withRule(policy, rule, [instead(child)]),
      )
    }
    if (purposes.length > 1) {
      const fewer = withoutMember(rule, 'purposes', index)
      yield make('narrow-purposes', `${rule.id} no longer for ${code}`, rule, withRule(policy, rule, [fewer]))
    }
  }
}

const scopes = [
  ['roles', 'widen-roles', 'narrow-roles'],
  ['actions', 'widen-actions', 'narrow-actions'],
  ['resources', 'widen-types', 'narrow-types'],
] as const

function* scopeMutants(policy: PolicyJson, rule: Rule): Generator<Mutant> {
  const words = { roles: Object.keys(policy.roles), actions: policy.actions, resources: Object.keys(policy.resources) }
  for (const [key, widen, narrow] of scopes) {
    if (key === 'roles' && rule.effect === 'forbid') continue
    const has = listOf(rule, key)
    for (const word of words[key]) {
      if (has.includes(word)) continue
      yield make(widen, `${rule.id} also for ${word}`, rule, withRule(policy, rule, [withMember(rule, key, word)]))
    }
    if (has.length < 2) continue
    for (const [index, word] of has.entries()) {
      yield make(
        narrow,
        `${rule.id} no longer for ${String(word)}`,
        rule,
        withRule(policy, rule, [withoutMember(rule, key, index)]),
      )
    }
  }
}

function* permitMutants(policy: PolicyJson, rule: Permit): Generator<Mutant> {
  for (const [index, { type }] of (rule.obligations ?? []).entries()) {
    const changed = withoutMember(rule, 'obligations', index)
    yield make('drop-obligation', `${rule.id} without the obligation ${type}`, rule, withRule(policy, rule, [changed]))
  }
  if (rule.view !== undefined) {
    const changed = withoutKey(rule, 'view')
    yield make(
      'drop-view',
      `${rule.id} showing every field instead of the view ${rule.view}`,
      rule,
      withRule(policy, rule, [changed]),
    )
  }
}

function* forbidMutants(policy: PolicyJson, rule: Rule & { effect: 'forbid' }, known: KnownConstants): Generator<Mutant> {
  for (const [index, field] of (rule.fields ?? []).entries()) {
    if (rule.fields?.length === 1) break
    const changed = withoutMember(rule, 'fields', index)
    yield make('show-field', `${rule.id} no longer hiding ${field}`, rule, withRule(policy, rule, [changed]))
  }
  const named = rule.unless ?? []
  for (const [index, id] of named.entries()) {
    const override = overrideOf(policy, id)
    yield make(
      'drop-override',
      `${rule.id} not opened by ${id}`,
      rule,
      withRule(policy, rule, [withoutMember(rule, 'unless', index)]),
    )
    for (const [number, { type }] of (override.obligations ?? []).entries()) {
      const rest = (override.obligations ?? []).filter((_, other) => other !== number)
      const changed = withOverride(policy, rule, id, { ...override, obligations: rest })
      yield make('drop-obligation', `${rule.id} opened by ${id} without the obligation ${type}`, rule, changed)
    }
    for (const { operator, text, when } of conditionChanges(override.when, known)) {
      // An override without a condition is not one.
      if (when === undefined) continue
      yield make(operator, `${rule.id} opened by ${id} ${text}`, rule, withOverride(policy, rule, id, { ...override, when }))
    }
  }
  for (const id of [...Object.keys(builtInOverrides), ...Object.keys(policy.overrides ?? {})]) {
    if (named.includes(id)) continue
    yield make(
      'add-override',
      `${rule.id} also opened by ${id}`,
      rule,
      withRule(policy, rule, [withMember(rule, 'unless', id)]),
    )
  }
}

function* viewMutants(policy: PolicyJson): Generator<Mutant> {
  for (const [view, types] of Object.entries(policy.views ?? {})) {
    for (const [type, fields] of Object.entries(types)) {
      for (const field of Object.keys(policy.resources[type]?.attributes ?? {})) {
        if (fields.includes(field)) continue
        const views = { ...policy.views, [view]: { ...types, [type]: [...fields, field] } }
        yield make('widen-view', `the view ${view} also showing ${field} of ${type}`, null, {
          policy: { ...policy, views },
          touched: undefined,
        })
      }
    }
  }
}

function* inheritanceMutants(policy: PolicyJson): Generator<Mutant> {
  const roles = Object.keys(policy.roles)
  for (const role of roles) {
    const inherits = policy.roles[role]?.inherits ?? []
    const variant = (next: readonly string[]): Variant => ({
      policy: { ...policy, roles: { ...policy.roles, [role]: { inherits: next } } },
      touched: undefined,
    })
    for (const other of roles) {
      if (inherits.includes(other)) {
        const rest = inherits.filter((each) => each !== other)
        yield make('disinherit', `${role} no longer inheriting from ${other}`, null, variant(rest))
      } else if (other !== role) {
        yield make('inherit', `${role} also inheriting from ${other}`, null, variant([...inherits, other]))
      }
    }
  }
}

function* allMutants(policy: PolicyJson): Generator<Mutant> {
  const known = new KnownConstants(policy)
  for (const rule of policy.rules) {
    yield make('drop-rule', `without the rule ${rule.id}`, rule, withRule(policy, rule, []))
    const effect = rule.effect === 'permit' ? 'forbid' : 'permit'
    yield make('flip-effect', `${rule.id} as a ${effect}`, rule, withRule(policy, rule, [flipped(policy, rule)]))
    yield* scopeMutants(policy, rule)
    yield* purposeMutants(policy, rule)
    if (rule.when !== undefined) {
      for (const { operator, text, when } of conditionChanges(rule.when, known)) {
        yield make(operator, `${rule.id} ${text}`, rule, withRule(policy, rule, [withWhen(rule, when)]))
      }
    }
    yield* rule.effect === 'permit' ? permitMutants(policy, rule) : forbidMutants(policy, rule, known)
  }
  yield* viewMutants(policy)
  yield* inheritanceMutants(policy)
}

/**
 * Policies with one mistake each, in a fixed order: a rule that is missing or turned round, a condition dropped, negated or with
 * another constant, a role, action, type or purpose too many or too few, an override, an obligation or a view that was forgotten.
 * What would not be a valid policy is left out. Each mutant holds only the rules that have a say where it differs.
 */
export function* mutatePolicy(policy: PolicyJson): Generator<Mutant> {
  for (const mutant of allMutants(policy)) if (compiled(mutant.policy) !== undefined) yield mutant
}
