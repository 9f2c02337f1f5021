import { isPhiError } from '@phi/core'
import { builtInOverrides, compile, type Expression, type Override, type PolicyJson, type Rule, type Rules } from '@phi/rbac'
import type { Cell } from './cells.ts'
import { differencesOf } from './differences.ts'
import { noClock } from './run.ts'

/** An action on a type, as one text. */
export type Pair = string
export const pairOf = (type: string, action: string): Pair => `${type} ${action}`

/** Another policy that differs from the tested one in one place. */
export interface Variant {
  readonly policy: PolicyJson
  /** Where answers can differ; undefined: anywhere. */
  readonly touched: ReadonlySet<Pair> | undefined
}

const pairsOf = (rules: readonly Rule[]): ReadonlySet<Pair> =>
  new Set(rules.flatMap(({ resources, actions }) => resources.flatMap((type) => actions.map((action) => pairOf(type, action)))))

const touches = (rule: Rule, pairs: ReadonlySet<Pair>): boolean =>
  rule.resources.some((type) => rule.actions.some((action) => pairs.has(pairOf(type, action))))

/** Only the rules that have a say about these pairs: the answers there are the same, and found faster. */
function sliced(policy: PolicyJson, pairs: ReadonlySet<Pair>): PolicyJson {
  return { ...policy, rules: policy.rules.filter((rule) => touches(rule, pairs)) }
}

/** The policy with something else in the place of one rule. */
export function withRule(
  policy: PolicyJson,
  rule: Rule,
  instead: readonly Rule[],
  overrides?: PolicyJson['overrides'],
): Variant {
  const touched = pairsOf([rule, ...instead])
  const rules = policy.rules.flatMap((each) => (each.id === rule.id ? instead : [each]))
  const more = overrides === undefined ? {} : { overrides: { ...policy.overrides, ...overrides } }
  return { policy: sliced({ ...policy, ...more, rules }, touched), touched }
}

/** An override by its id: the policy's own, or a built-in one. */
export function overrideOf(policy: PolicyJson, id: string): Override {
  const own = policy.overrides !== undefined && Object.hasOwn(policy.overrides, id) ? policy.overrides[id] : undefined
  return own ?? (builtInOverrides[id as keyof typeof builtInOverrides] as Override)
}

/** The policy with one rule opened by another form of one of its overrides; other rules keep theirs. */
export function withOverride(policy: PolicyJson, rule: Rule & { effect: 'forbid' }, id: string, override: Override): Variant {
  const taken = (name: string): boolean => Object.hasOwn(policy.overrides ?? {}, name) || Object.hasOwn(builtInOverrides, name)
  let name = 'changed'
  while (taken(name)) name += '-again'
  const unless = (rule.unless ?? []).map((each) => (each === id ? name : each))
  return withRule(policy, rule, [{ ...rule, unless }], { [name]: override })
}

/** A rule with another condition, or none. */
export function withWhen(rule: Rule, when: Expression | undefined): Rule {
  const { when: _when, ...rest } = rule
  return (when === undefined ? rest : { ...rest, when }) as Rule
}

const known = new WeakMap<PolicyJson, Rules>()

/** The compiled variant; undefined when it is no valid policy. */
export function compiled(policy: PolicyJson): Rules | undefined {
  const before = known.get(policy)
  if (before !== undefined) return before
  try {
    const rules = compile(policy, noClock)
    known.set(policy, rules)
    return rules
  } catch (error) {
    if (isPhiError(error, 'PHI_RBAC_POLICY')) return undefined
    throw error
  }
}

/** The tested policy as far as it has a say where a variant differs. */
export function original(policy: PolicyJson, { touched }: Variant): PolicyJson {
  return touched === undefined ? policy : sliced(policy, touched)
}

/** Cells that pass, sorted by where they ask. */
export class PassingCells {
  readonly all: readonly Cell[]
  readonly #byPair = new Map<Pair, Cell[]>()

  constructor(cells: readonly Cell[]) {
    this.all = cells
    for (const cell of cells) {
      const pair = pairOf(cell.type, cell.action)
      const list = this.#byPair.get(pair)
      if (list === undefined) this.#byPair.set(pair, [cell])
      else list.push(cell)
    }
  }

  at(pairs: ReadonlySet<Pair> | undefined): readonly Cell[] {
    return pairs === undefined ? this.all : [...pairs].flatMap((pair) => this.#byPair.get(pair) ?? [])
  }

  /** The cells that fail under a variant, lazily: each tells it apart from the tested policy. */
  *telling(rules: Rules, pairs: ReadonlySet<Pair> | undefined): Generator<Cell> {
    for (const cell of this.at(pairs)) {
      if (differencesOf(cell.expected, rules.decide(cell.request)).length > 0) yield cell
    }
  }
}
