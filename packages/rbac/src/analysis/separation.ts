import { isPhiError } from '@phi/core'
import { rbacError } from '../errors.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Compiled, compiledOf } from './compare.ts'
import type { AnalysisLimits } from './space.ts'
import { bucketIn, groundOf } from './table.ts'

/** One thing that somebody can be able to do. */
export interface Duty {
  readonly action: string
  readonly type: string
}

/** Duties, or roles, that must not meet in one person. */
export type Separation =
  | { readonly id: string; readonly duties: readonly Duty[] }
  | { readonly id: string; readonly roles: readonly string[] }

/** Where a separation does not hold. */
export interface SeparationBreach {
  readonly id: string
  /**
   * `role`: somebody with this one role is able to do all of it. `combination`: nobody is by one role, and those who are given these
   * roles together are; who is given which roles stands outside the policy.
   */
  readonly by: 'role' | 'combination'
  readonly roles: readonly string[]
  readonly message: string
}

export interface SeparationReport {
  readonly kind: 'separation'
  readonly breaches: readonly SeparationBreach[]
  /** Separations that cannot be told, and why. */
  readonly undecided: readonly { readonly id: string; readonly problem: string }[]
}

const unknownWord = (detail: string): never => {
  throw rbacError('PHI_RBAC_QUERY', { detail })
}

/** Every subset of roles that covers all, none of which holds another one. */
function smallest(able: ReadonlyMap<string, number>, all: number): readonly (readonly string[])[] {
  const found: (readonly string[])[] = []
  let sets: { roles: readonly string[]; covers: number }[] = [{ roles: [], covers: 0 }]
  const roles = [...able].filter(([, covers]) => covers > 0)
  for (let size = 1; size <= roles.length && sets.length > 0; size++) {
    const next: typeof sets = []
    for (const set of sets) {
      const after = roles.findIndex(([role]) => role === set.roles.at(-1)) + 1
      for (const [role, covers] of roles.slice(after)) {
        // A role that adds nothing makes a set that is not smallest.
        if ((covers & ~set.covers) === 0) continue
        const grown = { roles: [...set.roles, role], covers: set.covers | covers }
        if (grown.covers !== all) next.push(grown)
        else if (!found.some((other) => other.every((each) => grown.roles.includes(each)))) found.push(grown.roles)
      }
    }
    sets = next
  }
  return found
}

/** Which roles can ever do something, alone. */
function ableTo({ rules, policy }: Compiled, duty: Duty, limits: AnalysisLimits): ReadonlySet<string> {
  const bucket = bucketIn(rules, duty.type, duty.action)
  if (bucket === undefined) return unknownWord('a duty names a type or an action that is not in the policy')
  const { standings, space } = groundOf(rules.policy, bucket, limits)
  const never = space.diagrams.constant(0)
  return new Set(Object.keys(policy.roles).filter((role) => standings.of(standings.held([role])) !== never))
}

function dutiesBreached(compiled: Compiled, separation: Separation & { duties: readonly Duty[] }, limits: AnalysisLimits) {
  const { id, duties } = separation
  if (duties.length < 2 || duties.length > 30) unknownWord('a separation needs 2 to 30 duties')
  const able = duties.map((duty) => ableTo(compiled, duty, limits))
  const covers = new Map(
    Object.keys(compiled.policy.roles).map((role) => [
      role,
      able.reduce((bits, set, i) => bits | (set.has(role) ? 1 << i : 0), 0),
    ]),
  )
  const words = duties.map(({ action, type }) => `${action} ${type}`).join(' and ')
  return smallest(covers, 2 ** duties.length - 1).map((roles): SeparationBreach => {
    const by = roles.length === 1 ? 'role' : 'combination'
    return { id, by, roles, message: `${roles.join(' with ')} can ${words}` }
  })
}

function rolesBreached(
  { policy }: Compiled,
  { id, roles }: Separation & { roles: readonly string[] },
): readonly SeparationBreach[] {
  if (roles.length < 2 || !roles.every((role) => Object.hasOwn(policy.roles, role))) {
    unknownWord('a separation needs two roles of the policy or more')
  }
  const closure = (role: string): ReadonlySet<string> => {
    const out = new Set([role])
    for (const each of out) for (const next of policy.roles[each]?.inherits ?? []) out.add(next)
    return out
  }
  return Object.keys(policy.roles).flatMap((role) => {
    const has = closure(role)
    const met = roles.filter((each) => has.has(each))
    if (met.length < 2) return []
    return [{ id, by: 'role' as const, roles: [role], message: `${role} has the permits of ${met.join(' and ')}` }]
  })
}

/**
 * Looks for roles that bring together what must not meet: duties that nobody may both have (to create and to approve), or roles
 * that no role may join. "Can" means ever, for some record, also with obligations: a condition such as "not the author" is not
 * weighed, since it speaks about one record at one time.
 * @throws PhiError PHI_RBAC_QUERY for names that the policy does not have, PHI_RBAC_POLICY
 */
export function separationOfDuties(
  policy: PolicyJson,
  separations: readonly Separation[],
  limits: AnalysisLimits = {},
): SeparationReport {
  const compiled = compiledOf(policy)
  const undecided: { id: string; problem: string }[] = []
  const breaches = separations.flatMap((each): readonly SeparationBreach[] => {
    try {
      return 'duties' in each ? dutiesBreached(compiled, each, limits) : rolesBreached(compiled, each)
    } catch (error) {
      if (!isPhiError(error, 'PHI_RBAC_TOO_LARGE')) throw error
      undecided.push({ id: each.id, problem: error.message })
      return []
    }
  })
  return { kind: 'separation', breaches, undecided }
}
