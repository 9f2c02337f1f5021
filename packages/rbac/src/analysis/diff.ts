import { isPhiError } from '@phi/core'
import type { Request } from '../decision/request.ts'
import { policyHash } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Difference, type Direction, differenceOf, differenceText } from './change.ts'
import { type Comparison, type Compiled, comparisonsOf, compiledOf, pairsOf, type RoleSet } from './compare.ts'
import { type Diagram, numberingBy } from './diagram.ts'
import { relationsOf } from './equivalent.ts'
import type { AnalysisLimits } from './space.ts'
import { briefWhenText, type Description, describe, whenText } from './words.ts'

/** Cells that changed in the same way. */
export interface Change extends Difference {
  readonly type: string
  readonly action: string
  /** Who: each entry is one role, or several that one actor has at once, or none ("nobody in particular"). */
  readonly roles: readonly (readonly string[])[]
  /** How many cells: of each of these roles, every way the conditions of both policies can come out in which this changed. */
  readonly cells: number
  readonly when: Description
  /** The whole in words. */
  readonly text: string
  /** The same, with a long condition cut to its shortest alternative. */
  readonly brief: string
  /** A request that falls into one of the cells. Values stand for others. */
  readonly example: Request
  /** The tenant or patient of the type is another attribute now, and all that was allowed counts as gone and come. */
  readonly isOther: boolean
}

/** Something about related records that cells do not show. */
export interface RelationChange {
  readonly type: string
  readonly attribute: string
  readonly direction: Direction
  readonly text: string
}

/** Names that came and went. */
export interface Names {
  readonly roles: readonly string[]
  readonly actions: readonly string[]
  readonly types: readonly string[]
  /** `Note.body` */
  readonly attributes: readonly string[]
  readonly rules: readonly string[]
}

/** What a change of a policy comes to. */
export interface PolicyDiff {
  readonly kind: 'diff'
  readonly before: { readonly id: string; readonly version: string; readonly hash: string }
  readonly after: { readonly id: string; readonly version: string; readonly hash: string }
  /** Widened first, then mixed, then narrowed; within those by type, action and number of cells. */
  readonly changes: readonly Change[]
  readonly relations: readonly RelationChange[]
  /** Cells by direction. */
  readonly cells: { readonly [Each in Direction]: number }
  readonly added: Names
  readonly removed: Names
  /** Where nothing can be told: too many conditions depend on each other. */
  readonly undecided: readonly { readonly type: string; readonly action: string; readonly problem: string }[]
}

export interface DiffOptions extends AnalysisLimits {
  /** Called before each action on a type. */
  readonly onProgress?:
    | ((at: { readonly type: string; readonly action: string; readonly done: number; readonly of: number }) => void)
    | undefined
}

const directions: readonly Direction[] = ['widened', 'mixed', 'narrowed']
const WIDER = 1
const NARROWER = 2
const bitsOf: Readonly<Record<Direction, number>> = { widened: WIDER, narrowed: NARROWER, mixed: WIDER | NARROWER }

const keyOf = (difference: Difference): string => JSON.stringify(difference)

/** "billing or therapist + admin" */
function whoText(roles: readonly (readonly string[])[]): string {
  return roles.map((each) => (each.length === 0 ? 'nobody in particular' : each.join(' + '))).join(', ')
}

function changesOf(comparison: Comparison): readonly Change[] {
  const { space, type, action, standing } = comparison
  const { diagrams } = space
  const differences = numberingBy<Difference | undefined>((each) => (each === undefined ? '' : keyOf(each)))
  const SAME = differences.number(undefined)
  const memo = new Map<string, number>()
  const number = (was: number, is: number): number => {
    if (was === is) return SAME
    const key = `${was} ${is}`
    const known = memo.get(key) ?? differences.number(differenceOf(standing(was), standing(is)))
    memo.set(key, known)
    return known
  }
  const bits = (each: number): number => {
    const difference = differences.value(each)
    return difference === undefined ? 0 : bitsOf[difference.direction]
  }
  const differing = (roleSet: RoleSet): Diagram =>
    diagrams.combine(comparison.before(roleSet), comparison.after(roleSet), number)
  const singles = new Map<string, Diagram>()
  const found = new Map<string, { difference: Difference; cells: Diagram; roles: (readonly string[])[]; count: number }>()
  for (const roleSet of comparison.roleSets) {
    const { roles } = roleSet
    let changed = differing(roleSet)
    if (roles.length < 2) singles.set(roles[0] ?? '', changed)
    else {
      // What one of the roles shows by itself is not told again for roles together.
      for (const role of roles) {
        const alone = singles.get(role) ?? diagrams.constant(SAME)
        changed = diagrams.combine(changed, alone, (all, one) => ((bits(all) & ~bits(one)) === 0 ? SAME : all))
      }
    }
    for (const [each, count] of diagrams.counts(changed)) {
      const difference = differences.value(each)
      if (difference === undefined) continue
      const cells = diagrams.map(changed, (value) => (value === each ? 1 : 0))
      const key = `${each} ${cells}`
      const known = found.get(key)
      if (known) {
        known.roles.push(roles)
        known.count += count
      } else found.set(key, { difference, cells, roles: [roles], count })
    }
  }
  return [...found.values()].map(({ difference, cells, roles, count }) => {
    const when = describe(space, cells)
    const what = `${whoText(roles)} ${differenceText(difference, action, type)}`
    const choice = diagrams.find(cells, (value) => value === 1) ?? []
    return {
      ...difference,
      type,
      action,
      roles,
      cells: count,
      when,
      text: `${what} ${whenText(when)}`.trimEnd(),
      brief: `${what} ${briefWhenText(when)}`.trimEnd(),
      example: space.request(choice, roles[0] ?? []),
      isOther: comparison.isOther,
    }
  })
}

function relationChanges(before: PolicyJson, after: PolicyJson): readonly RelationChange[] {
  return Object.entries(before.resources).flatMap(([type, was]) => {
    const is = after.resources[type]
    if (is === undefined || relationsOf(before, type) === relationsOf(after, type)) return []
    const names = [...new Set([...Object.keys(was.relations ?? {}), ...Object.keys(is.relations ?? {})])]
    return names.flatMap((attribute): RelationChange[] => {
      const [old, now] = [was.relations?.[attribute], is.relations?.[attribute]]
      // An attribute that came or went is a field, and cells tell of it.
      if (old === now || !Object.hasOwn(was.attributes, attribute) || !Object.hasOwn(is.attributes, attribute)) return []
      if (now === undefined) {
        const text = `${type}.${attribute} is shown as it is; before, its records were narrowed as ${old}`
        return [{ type, attribute, direction: 'widened', text }]
      }
      if (old === undefined) {
        const text = `${type}.${attribute} is narrowed as records of ${now}; before, it was shown as it is`
        return [{ type, attribute, direction: 'narrowed', text }]
      }
      const text = `${type}.${attribute} is narrowed as records of ${now}; before, of ${old}`
      return [{ type, attribute, direction: 'mixed', text }]
    })
  })
}

function namesOnlyIn(one: PolicyJson, two: PolicyJson): Names {
  const only = (names: readonly string[], others: readonly string[]) => names.filter((each) => !others.includes(each))
  const attributes = (policy: PolicyJson) =>
    Object.entries(policy.resources).flatMap(([type, { attributes: all }]) => Object.keys(all).map((name) => `${type}.${name}`))
  const ids = (policy: PolicyJson) => policy.rules.map(({ id }) => id)
  return {
    roles: only(Object.keys(one.roles), Object.keys(two.roles)),
    actions: only(one.actions, two.actions),
    types: only(Object.keys(one.resources), Object.keys(two.resources)),
    attributes: only(attributes(one), attributes(two)),
    rules: only(ids(one), ids(two)),
  }
}

const reference = ({ policy }: Compiled) => ({ id: policy.id, version: policy.version, hash: policyHash(policy) })

/**
 * What a change widens and what it narrows, in every cell of both decision tables.
 *
 * Cells are counted over the conditions of both policies together: one role, one action on one type, and one way in which all these
 * conditions can come out. Roles that one actor has together are counted where they get what none of them gets alone. A type,
 * action or role that one of the policies does not have is denied there. What is about the wording only (names of rules,
 * citations) is no change.
 * @throws PhiError PHI_RBAC_POLICY. What is too large to be told is listed as undecided
 */
export function diffPolicies(before: PolicyJson, after: PolicyJson, options: DiffOptions = {}): PolicyDiff {
  const [one, two] = [compiledOf(before), compiledOf(after)]
  const pairs = pairsOf(one.policy, two.policy)
  const changes: Change[] = []
  const undecided: { type: string; action: string; problem: string }[] = []
  for (const [done, pair] of pairs.entries()) {
    options.onProgress?.({ ...pair, done, of: pairs.length })
    try {
      changes.push(...comparisonsOf(one, two, pair, options).flatMap(changesOf))
    } catch (error) {
      if (!isPhiError(error, 'PHI_RBAC_TOO_LARGE')) throw error
      undecided.push({ ...pair, problem: error.message })
    }
  }
  const rank = ({ direction }: { readonly direction: Direction }) => directions.indexOf(direction)
  const place = ({ type, action }: Change) => pairs.findIndex((pair) => pair.type === type && pair.action === action)
  const sum = (direction: Direction) =>
    changes.filter((each) => each.direction === direction).reduce((total, { cells }) => total + cells, 0)
  return {
    kind: 'diff',
    before: reference(one),
    after: reference(two),
    changes: changes.sort((a, b) => rank(a) - rank(b) || place(a) - place(b) || b.cells - a.cells),
    relations: relationChanges(one.policy, two.policy),
    cells: { widened: sum('widened'), narrowed: sum('narrowed'), mixed: sum('mixed') },
    added: namesOnlyIn(two.policy, one.policy),
    removed: namesOnlyIn(one.policy, two.policy),
    undecided,
  }
}

/**
 * What a build should do with a difference. 0: proved that nothing widened. 1: something widened, or was exchanged for something
 * else; with `strict`, something narrowed. 2: it cannot be told.
 */
export function exitCode(diff: PolicyDiff, options: { readonly strict?: boolean } = {}): 0 | 1 | 2 {
  const all = [...diff.changes, ...diff.relations]
  if (all.some(({ direction }) => direction !== 'narrowed' || options.strict === true)) return 1
  return diff.undecided.length > 0 ? 2 : 0
}
