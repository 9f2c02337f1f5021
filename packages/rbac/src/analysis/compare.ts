import type { Bucket, CompiledPermit } from '../decision/bucket.ts'
import { compile, type Rules } from '../decision/rules.ts'
import { rbacError } from '../errors.ts'
import { type Atom, pathsOf } from '../expression/expression.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import type { Diagram, Numbering } from './diagram.ts'
import { type AnalysisLimits, type Space, spaceOf } from './space.ts'
import { type Standing, type Standings, standingNumbers, standingsOf } from './standing.ts'
import { bucketIn } from './table.ts'
import type { Source, Tested } from './variables.ts'

/** How many different sets of permits the roles of an actor can add up to, where it matters. */
const MAX_ROLE_SETS = 256

/** Roles of one actor, and the permits that they have in each policy. */
export interface RoleSet {
  /** Empty: nobody. More than one only where permits with obligations meet, and the roles together can get what none gets alone. */
  readonly roles: readonly string[]
  readonly before: readonly CompiledPermit[]
  readonly after: readonly CompiledPermit[]
}

/** Two policies' rules for one action on one type, over one space. */
export interface Comparison {
  readonly type: string
  readonly action: string
  readonly space: Space
  readonly roleSets: readonly RoleSet[]
  readonly before: (roleSet: RoleSet) => Diagram
  readonly after: (roleSet: RoleSet) => Diagram
  readonly standing: (number: number) => Standing
  /** The tenant or the patient of the type is another attribute now, so that cells do not correspond. */
  readonly isOther: boolean
}

export interface Compiled {
  readonly rules: Rules
  readonly policy: PolicyJson
}

export function compiledOf(policy: PolicyJson): Compiled {
  const rules = compile(policy)
  return { rules, policy: rules.policy }
}

const union = (one: readonly string[], two: readonly string[]): readonly string[] => [...new Set([...one, ...two])]

/** Actions and types of either policy, in the order of the first, then of the second. */
export function pairsOf(before: PolicyJson, after: PolicyJson): readonly { readonly type: string; readonly action: string }[] {
  const actions = union(before.actions, after.actions)
  return union(Object.keys(before.resources), Object.keys(after.resources)).flatMap((type) =>
    actions.map((action) => ({ type, action })),
  )
}

/** How an attribute is declared, as far as tests of atoms depend on it. */
function declaration(policy: PolicyJson, type: ResourceType, path: string): string {
  const names = path.split('.')
  const along = names
    .slice(1)
    .map((_, i) => attributeOfPath(policy, type, names.slice(0, i + 2).join('.') as Parameters<typeof attributeOfPath>[2]))
  return JSON.stringify(
    along.map((each) => [
      each?.type,
      each !== undefined && 'nullable' in each && each.nullable === true,
      each?.type === 'set' && each.of,
    ]),
  )
}

function keyOf({ policy, type }: Source, atom: Atom): string {
  const paths = atom.op === 'granted' ? [`resource.${type.patient}`] : pathsOf(atom)
  return JSON.stringify([atom, paths.map((path) => declaration(policy, type, path))])
}

function roleSetsOf(
  roles: readonly string[],
  before: Standings | undefined,
  after: Standings | undefined,
  bound: boolean,
): readonly RoleSet[] {
  const setOf = (some: readonly string[]): RoleSet => ({
    roles: some,
    before: before?.held(some) ?? [],
    after: after?.held(some) ?? [],
  })
  const singles = roles.map((role) => setOf([role]))
  const out = [...singles, setOf([])]
  if (!bound) return out
  const key = (each: RoleSet): string =>
    [each.before, each.after].map((permits) => permits.map(({ rule }) => rule.id).join()).join('|')
  const seen = new Set(out.map(key))
  const distinct = singles.filter((each, i) => singles.findIndex((other) => key(other) === key(each)) === i)
  // Smaller sets come first: what two roles get together is easier to understand than what five do.
  for (let i = 0; i < out.length; i++) {
    const start = out[i] as RoleSet
    if (start.roles.length === 0) continue
    for (const { roles: more } of distinct) {
      const next = setOf(union(start.roles, more))
      if (seen.has(key(next))) continue
      seen.add(key(next))
      out.push(next)
      if (out.length > roles.length + 1 + MAX_ROLE_SETS) {
        throw rbacError('PHI_RBAC_TOO_LARGE', {
          detail: `roles combine in more than ${MAX_ROLE_SETS} ways where permits have obligations`,
        })
      }
    }
  }
  return out
}

type Side = readonly [Compiled, Bucket]

function compare(before: Side | undefined, after: Side | undefined, limits: AnalysisLimits, isOther: boolean): Comparison {
  const sides = [before, after].filter((side) => side !== undefined)
  const [[, { name: type, action }]] = sides as [Side]
  const numbers = new Map<string, number>()
  const tested: Tested[] = []
  const sources: Source[] = []
  const own = new Map<Bucket, (index: number) => number>()
  for (const [{ policy }, bucket] of sides) {
    const source = { policy, type: bucket.type }
    sources.push(source)
    const indexes = bucket.atoms.map((atom, i) => {
      const key = keyOf(source, atom)
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, tested.length)
      return tested.push({ atom, test: bucket.tests[i] as Bucket['tests'][number] }) - 1
    })
    own.set(bucket, (index) => indexes[index] as number)
  }
  const space = spaceOf(sources, type, action, tested, limits)
  const numbering: Numbering<Standing> = standingNumbers()
  const standings = (side: Side | undefined): Standings | undefined =>
    side && standingsOf(space, side[1], own.get(side[1]) as (index: number) => number, numbering)
  const [one, two] = [standings(before), standings(after)]
  const roles = [...new Set(sides.flatMap(([{ policy }]) => Object.keys(policy.roles)))]
  const bound = sides.some(([, { permits }]) => permits.some(({ obligations }) => obligations.length > 0))
  const nothing = space.diagrams.constant(0)
  return {
    type,
    action,
    space,
    roleSets: roleSetsOf(roles, one, two, bound),
    before: (roleSet) => one?.of(roleSet.before) ?? nothing,
    after: (roleSet) => two?.of(roleSet.after) ?? nothing,
    standing: numbering.value,
    isOther,
  }
}

/** All that decisions depend on, as text: what is written alike needs no table to be equal. */
function textOf([{ policy }, { type, atoms, permits, forbids, fields }]: Side): string {
  return JSON.stringify([
    [type.tenant, type.patient, fields],
    atoms.map((atom) => keyOf({ policy, type }, atom)),
    permits.map((each) => [each.tree, [...each.holders].sort(), each.fields, each.obligations]),
    forbids.map(({ tree, rule, overrides }) => [tree, rule.fields, overrides.map((each) => [each.tree, each.obligations])]),
  ])
}

/**
 * Puts one action on one type of two policies over a common space; nothing when neither
 * permits anything about it, or when both say the same in the same words. When the tenant
 * or the patient of the type is another attribute, no request is inside both walls in the same way: then all that was allowed goes,
 * and all that is allowed comes, in two comparisons.
 * @throws PhiError PHI_RBAC_TOO_LARGE
 */
export function comparisonsOf(
  before: Compiled,
  after: Compiled,
  { type, action }: { readonly type: string; readonly action: string },
  limits: AnalysisLimits,
): readonly Comparison[] {
  const side = (compiled: Compiled): Side | undefined => {
    const bucket = bucketIn(compiled.rules, type, action)
    return bucket && bucket.permits.length > 0 ? [compiled, bucket] : undefined
  }
  const [one, two] = [side(before), side(after)]
  if (one !== undefined && two !== undefined && textOf(one) === textOf(two)) return []
  if (one === undefined || two === undefined) return (one ?? two) ? [compare(one, two, limits, false)] : []
  const [old, now] = [one[1].type, two[1].type]
  if (old.tenant === now.tenant && old.patient === now.patient) return [compare(one, two, limits, false)]
  return [compare(one, undefined, limits, true), compare(undefined, two, limits, true)]
}
