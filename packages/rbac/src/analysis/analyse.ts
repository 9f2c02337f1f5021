import { isPhiError } from '@phi/core'
import type { Bucket, CompiledForbid, CompiledPermit } from '../decision/bucket.ts'
import type { Tree } from '../decision/tree.ts'
import { leavesOf } from '../decision/tree.ts'
import { atomsOf } from '../expression/expression.ts'
import { FALSE, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { differenceOf } from './change.ts'
import { type Compiled, compiledOf } from './compare.ts'
import type { Diagram } from './diagram.ts'
import type { DiffOptions } from './diff.ts'
import { type Finding, finding, joined } from './findings.ts'
import { type Ground, groundOf } from './table.ts'
import { plainFindings, unused } from './unused.ts'
import { bucketsOf } from './who-can.ts'

/** What was found in a policy. */
export interface Analysis {
  readonly kind: 'findings'
  readonly policy: { readonly id: string; readonly version: string }
  readonly findings: readonly Finding[]
  readonly undecided: readonly { readonly type: string; readonly action: string; readonly problem: string }[]
}

const valuesOf = ({ space }: Ground, of: Diagram): ReadonlySet<number> => new Set(space.diagrams.counts(of).keys())

/** Roles, and somebody who has all of them: what a permit is good for shows with one of these. */
function holdersOf(ground: Ground, policy: PolicyJson): readonly (readonly CompiledPermit[])[] {
  const { standings, bucket } = ground
  return [...Object.keys(policy.roles).map((role) => standings.held([role])), bucket.permits]
}

const changesNothing = (ground: Ground, policy: PolicyJson, rule: string): boolean =>
  holdersOf(ground, policy).every((permits) => ground.standings.of(permits) === ground.standings.of(permits, rule))

function permitFindings(ground: Ground, policy: PolicyJson, permit: CompiledPermit): readonly Finding[] {
  const { space, standings, bucket } = ground
  const { id } = permit.rule
  const about = { rule: id, places: [{ type: bucket.name, action: bucket.action }] }
  const truth = standings.permit(permit)
  if (!valuesOf(ground, truth).has(TRUE)) return [finding('contradiction', `${id}: its condition cannot hold`, about)]
  const out: Finding[] = []
  const everybody = standings.of(bucket.permits)
  const open = space.diagrams.combine(truth, everybody, (holds, standing) => (holds === TRUE && standing !== 0 ? 1 : 0))
  if (space.diagrams.find(open, (value) => value === 1) === undefined) {
    out.push(finding('unreachable', `${id}: forbids deny all that it permits`, about))
  } else if (changesNothing(ground, policy, id)) {
    out.push(finding('shadowed', `${id}: other permits give the same to its roles`, about))
  }
  return out
}

/** The truth of a condition when one of its atoms says nothing. */
function withUnknown(ground: Ground, tree: Tree, index: number): Diagram {
  const { space } = ground
  const { diagrams } = space
  const walk = (each: Tree): Diagram => {
    if (each.op === 'atom') return each.index === index ? diagrams.constant(UNKNOWN) : space.atom(each.index)
    if (each.op === 'not')
      return diagrams.map(walk(each.of), (value) => (value === UNKNOWN ? UNKNOWN : value === TRUE ? FALSE : TRUE))
    const decisive: Truth = each.op === 'and' ? FALSE : TRUE
    const pair = (one: number, two: number) => {
      if (one === decisive || two === decisive) return decisive
      return one === UNKNOWN || two === UNKNOWN ? UNKNOWN : one
    }
    return each.of.map(walk).reduce((left, right) => diagrams.combine(left, right, pair))
  }
  return walk(tree)
}

function guards(ground: Ground, forbid: CompiledForbid): readonly Finding[] {
  const { space, standings, bucket } = ground
  const { tree } = forbid
  if (tree === undefined) return []
  const places = [{ type: bucket.name, action: bucket.action }]
  return [...new Set([...leavesOf(tree)].map(({ index }) => index))].flatMap((index) => {
    const atom = space.atoms[index]
    if (atom?.op !== 'has') return []
    const { diagrams } = space
    const quiet = diagrams.combine(standings.forbid(forbid), space.atom(index), (truth, has) =>
      truth === FALSE && has === FALSE ? 1 : 0,
    )
    const opened = diagrams.combine(quiet, withUnknown(ground, tree, index), (isQuiet, truth) =>
      isQuiet === 1 && truth !== FALSE ? 1 : 0,
    )
    const choice = diagrams.find(opened, (value) => value === 1)
    if (choice === undefined) return []
    const message = `${forbid.rule.id}: does not apply when ${atom.of} was not loaded`
    const roles = bucket.permits[0]?.rule.roles.slice(0, 1) ?? []
    return [finding('guarded-forbid', message, { rule: forbid.rule.id, places, example: space.request(choice, roles) })]
  })
}

function forbidFindings(ground: Ground, policy: PolicyJson, forbid: CompiledForbid): readonly Finding[] {
  const { space, standings, bucket } = ground
  const { diagrams } = space
  const { id } = forbid.rule
  const about = { rule: id, places: [{ type: bucket.name, action: bucket.action }] }
  const fires = diagrams.map(standings.forbid(forbid), (truth) => (truth === FALSE ? 0 : 1))
  if (fires === diagrams.constant(0)) return [finding('contradiction', `${id}: its condition cannot hold`, about)]
  const out: Finding[] = [...guards(ground, forbid)]
  let standing = fires
  for (const override of forbid.overrides) {
    const opens = diagrams.combine(fires, standings.override(override), (one, truth) => (one === 1 && truth === TRUE ? 1 : 0))
    standing = diagrams.combine(standing, opens, (one, two) => (one === 1 && two === 0 ? 1 : 0))
    if (opens === diagrams.constant(0)) {
      out.push(finding('override-never-opens', `${id}: override ${override.id} never holds where it applies`, about))
    }
  }
  // A type that nothing is permitted on is a finding of its own.
  if (bucket.permits.length === 0) return out
  if (standing === diagrams.constant(0)) out.push(finding('hollow', `${id}: an override opens it whenever it applies`, about))
  else if (changesNothing(ground, policy, id)) {
    out.push(finding('ineffective', `${id}: without it, every request is decided alike`, about))
  }
  return out
}

/** Purposes of a rule for which its condition, which speaks of purposes as well, cannot hold. */
function purposeFindings(policy: PolicyJson, options: DiffOptions): readonly Finding[] {
  return policy.rules.flatMap((rule) => {
    const { purposes, when } = rule
    if (purposes === undefined || purposes.length < 2 || when === undefined) return []
    if (![...atomsOf(when)].some(({ atom }) => atom.op === 'purpose')) return []
    return purposes.flatMap((code) => {
      const alone = parsePolicy({ ...policy, rules: [{ ...rule, purposes: [code] }] })
      const applies = bucketsOf(compiledOf(alone)).some((bucket) => {
        const [one] = [...bucket.permits, ...bucket.forbids]
        if (one === undefined) return false
        const ground = groundOf(alone, bucket, options)
        return valuesOf(ground, ground.standings.permit(one as CompiledPermit)).has(TRUE)
      })
      return applies ? [] : [finding('unreachable-purpose', `${rule.id}: never applies for purpose ${code}`, { rule: rule.id })]
    })
  })
}

/** Roles that a role has the permits of, itself included, when one edge of inheritance is cut. */
function without(policy: PolicyJson, role: string, parent: string): readonly string[] {
  const out = new Set([role])
  for (const each of out) {
    for (const next of policy.roles[each]?.inherits ?? []) if (each !== role || next !== parent) out.add(next)
  }
  return [...out]
}

/** What each edge of inheritance adds to a role, in cells. */
function inheritance(ground: Ground, policy: PolicyJson): readonly Finding[] {
  const { space, standings, bucket, standing } = ground
  return Object.entries(policy.roles).flatMap(([role, { inherits = [] }]) =>
    inherits.flatMap((parent) => {
      const kept = new Set(without(policy, role, parent))
      const less = standings.of(bucket.permits.filter(({ rule }) => rule.roles.some((each) => kept.has(each))))
      const all = standings.of(standings.held([role]))
      if (less === all) return []
      const gained = space.diagrams.combine(less, all, (was, is) => {
        return was !== is && differenceOf(standing(was), standing(is)).direction !== 'narrowed' ? 1 : 0
      })
      const choice = space.diagrams.find(gained, (value) => value === 1)
      if (choice === undefined) return []
      const count = space.diagrams.counts(gained).get(1) ?? 0
      const message = `${role} inherits ${parent}, and by that may ${bucket.action} ${bucket.name} in ${count === 1 ? '1 cell' : `${count} cells`} more`
      const places = [{ type: bucket.name, action: bucket.action }]
      return [finding('inherits', message, { role, places, example: space.request(choice, [role]) })]
    }),
  )
}

function ofBucket(compiled: Compiled, bucket: Bucket, options: DiffOptions): readonly Finding[] {
  const ground = groundOf(compiled.rules.policy, bucket, options)
  return [
    ...bucket.permits.flatMap((permit) => permitFindings(ground, compiled.policy, permit)),
    ...bucket.forbids.flatMap((forbid) => forbidFindings(ground, compiled.policy, forbid)),
    ...inheritance(ground, compiled.policy),
  ]
}

/**
 * Looks for what is wrong with a policy, or worth knowing: see `findingCodes`. What is said about rules is exact, for every request
 * of the documented form; each finding is about one rule with all others in place, so that of two rules that shadow each other, one
 * can go.
 * @throws PhiError PHI_RBAC_POLICY. What is too large to be told is listed as undecided
 */
export function analyse(policy: PolicyJson, options: DiffOptions = {}): Analysis {
  const compiled = compiledOf(policy)
  const findings: Finding[] = []
  const undecided: { type: string; action: string; problem: string }[] = []
  const attempt = (place: { type: string; action: string }, work: () => readonly Finding[]): void => {
    try {
      findings.push(...work())
    } catch (error) {
      if (!isPhiError(error, 'PHI_RBAC_TOO_LARGE')) throw error
      undecided.push({ ...place, problem: error.message })
    }
  }
  const buckets = bucketsOf(compiled)
  for (const [done, bucket] of buckets.entries()) {
    const place = { type: bucket.name, action: bucket.action }
    options.onProgress?.({ ...place, done, of: buckets.length })
    attempt(place, () => ofBucket(compiled, bucket, options))
  }
  attempt({ type: '*', action: '*' }, () => purposeFindings(compiled.policy, options))
  findings.push(...plainFindings(compiled.policy), ...unused(compiled.policy))
  const { id, version } = compiled.policy
  return { kind: 'findings', policy: { id, version }, findings: joined(findings), undecided }
}
