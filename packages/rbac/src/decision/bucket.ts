import { formatCitation } from '@phi/core'
import { needsTime, type Test, testOf } from '../expression/evaluate.ts'
import { type Atom, type Expression, pathsOf } from '../expression/expression.ts'
import { atomText } from '../expression/text.ts'
import { FALSE, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'
import type { Obligation } from '../policy/obligation.ts'
import { builtInOverrides } from '../policy/override.ts'
import type { Forbid, Override, Permit, PolicyJson, ResourceType, Rule } from '../policy/policy.ts'
import { type Tree, treeOf } from './tree.ts'

/** A condition in two shapes: a tree over the bucket's atoms, and a test that stops as soon as it knows. */
export interface Compiled {
  readonly tree: Tree | undefined
  readonly test: Test
}
export interface CompiledPermit extends Compiled {
  readonly rule: Permit
  /** Roles that have it, by name or by inheritance. */
  readonly holders: ReadonlySet<string>
  readonly fields: readonly string[]
  readonly obligations: readonly Obligation[]
  readonly citations: readonly string[]
}
export interface CompiledForbid extends Compiled {
  readonly rule: Forbid
  readonly overrides: readonly (Compiled & {
    readonly id: string
    readonly obligations: readonly Obligation[]
    readonly citations: readonly string[]
  })[]
  readonly citations: readonly string[]
}

/** All that one action on one type can meet. */
export interface Bucket {
  readonly action: string
  readonly name: string
  readonly type: ResourceType
  /** The distinct atoms of all its rules. */
  readonly atoms: readonly Atom[]
  readonly tests: readonly Test[]
  /** The atoms as decisions show them. */
  readonly texts: readonly string[]
  readonly forbids: readonly CompiledForbid[]
  readonly permits: readonly CompiledPermit[]
  /** Tests of the permits without obligations, by role. */
  readonly byRole: ReadonlyMap<string, readonly Test[]>
  /** No forbid hides fields, and no atom asks for the time: a yes or no needs nothing but the tests. */
  readonly simple: boolean
  readonly timed: boolean
  readonly fields: readonly string[]
}

const always: Test = () => TRUE

function and(tests: readonly Test[]): Test {
  const [one, two] = tests as [Test, Test]
  if (tests.length === 1) return one
  if (tests.length === 2) {
    return (facts) => {
      const first = one(facts)
      if (first === FALSE) return FALSE
      const second = two(facts)
      return second === FALSE ? FALSE : first === UNKNOWN ? UNKNOWN : second
    }
  }
  return (facts) => {
    let out: Truth = TRUE
    for (let i = 0; i < tests.length; i++) {
      const value = (tests[i] as Test)(facts)
      if (value === FALSE) return FALSE
      if (value === UNKNOWN) out = UNKNOWN
    }
    return out
  }
}

function or(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0] as Test
  return (facts) => {
    let out: Truth = FALSE
    for (let i = 0; i < tests.length; i++) {
      const value = (tests[i] as Test)(facts)
      if (value === TRUE) return TRUE
      if (value === UNKNOWN) out = UNKNOWN
    }
    return out
  }
}

function testOfTree(tree: Tree, tests: readonly Test[]): Test {
  if (tree.op === 'atom') return tests[tree.index] as Test
  if (tree.op === 'not') {
    const inner = testOfTree(tree.of, tests)
    return (facts) => {
      const value = inner(facts)
      return value === UNKNOWN ? UNKNOWN : value === TRUE ? FALSE : TRUE
    }
  }
  const parts = tree.of.map((each) => testOfTree(each, tests))
  return tree.op === 'and' ? and(parts) : or(parts)
}

/** The whole condition of a rule: its purposes, then what it says. */
export function conditionOf(rule: Rule): Expression | undefined {
  const purpose: Expression | undefined = rule.purposes && { op: 'purpose', is: rule.purposes }
  if (purpose === undefined) return rule.when
  return rule.when === undefined ? purpose : { op: 'and', of: [purpose, rule.when] }
}

/** An override by its id: the policy's own, or a built-in one. */
export function overrideOf(policy: PolicyJson, id: string): Override {
  if (policy.overrides !== undefined && Object.hasOwn(policy.overrides, id)) return policy.overrides[id] as Override
  return builtInOverrides[id as keyof typeof builtInOverrides]
}

/** Roles that have a permit. Most are for one role, whose holders are a set already. */
function holdersOf({ roles }: Permit, holders: (role: string) => ReadonlySet<string>): ReadonlySet<string> {
  return roles.length === 1 ? holders(roles[0] as string) : new Set(roles.flatMap((role) => [...holders(role)]))
}

const citationsOf = (rule: { readonly cite?: Rule['cite'] }): readonly string[] => (rule.cite ?? []).map(formatCitation)

const keys = new WeakMap<Atom, string>()

/** Atoms are plain JSON with their keys in the order of the schema, so equal atoms have equal texts. */
function keyOf(atom: Atom): string {
  let key = keys.get(atom)
  if (key === undefined) {
    key = JSON.stringify(atom)
    keys.set(atom, key)
  }
  return key
}

/** Builds the bucket of an action and a type from the rules that speak about both, in the policy's order. */
export function bucketOf(
  policy: PolicyJson,
  name: string,
  action: string,
  rules: readonly Rule[],
  holders: (role: string) => ReadonlySet<string>,
): Bucket {
  const type = policy.resources[name] as ResourceType
  const all = Object.keys(type.attributes)
  const atoms: Atom[] = []
  const tests: Test[] = []
  const numbers = new Map<string, number>()
  const number = (atom: Atom): number => {
    const key = keyOf(atom)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, atoms.length)
    tests.push(testOf(policy, type, atom))
    return atoms.push(atom) - 1
  }
  const compiled = (expression: Expression | undefined, at: string): Compiled => {
    if (expression === undefined) return { tree: undefined, test: always }
    const tree = treeOf(expression, number, at)
    return { tree, test: testOfTree(tree, tests) }
  }
  const ofRule = (rule: Rule): Compiled => {
    if (rule.purposes === undefined) return compiled(rule.when, '/when')
    const purpose = compiled({ op: 'purpose', is: rule.purposes }, '/purposes')
    if (rule.when === undefined) return purpose
    const rest = compiled(rule.when, '/when')
    return { tree: { op: 'and', of: [purpose.tree as Tree, rest.tree as Tree] }, test: and([purpose.test, rest.test]) }
  }
  const forbids: CompiledForbid[] = []
  const permits: CompiledPermit[] = []
  for (const rule of rules) {
    if (rule.effect === 'permit') {
      permits.push({
        ...ofRule(rule),
        rule,
        holders: holdersOf(rule, holders),
        fields: (rule.view === undefined ? undefined : policy.views?.[rule.view]?.[name]) ?? all,
        obligations: rule.obligations ?? [],
        citations: citationsOf(rule),
      })
      continue
    }
    const overrides = (rule.unless ?? []).map((id) => {
      const override = overrideOf(policy, id)
      return {
        id,
        ...compiled(override.when, `/unless/${id}`),
        obligations: override.obligations ?? [],
        citations: citationsOf(override),
      }
    })
    forbids.push({ ...ofRule(rule), rule, overrides, citations: citationsOf(rule) })
  }
  const byRole = new Map<string, Test[]>()
  for (const permit of permits) {
    if (permit.obligations.length > 0) continue
    for (const role of permit.holders) {
      const list = byRole.get(role)
      if (list) list.push(permit.test)
      else byRole.set(role, [permit.test])
    }
  }
  const timed = atoms.some(needsTime)
  const simple = !timed && forbids.every(({ rule }) => rule.fields === undefined)
  const texts = atoms.map((atom) => atomText(atom))
  return { action, name, type, atoms, tests, texts, forbids, permits, byRole, simple, timed, fields: all }
}

/** Whether an atom reads anything of the record. */
export function readsRecord(atom: Atom): boolean {
  return atom.op === 'granted' || pathsOf(atom).some((path) => path.startsWith('resource.'))
}
