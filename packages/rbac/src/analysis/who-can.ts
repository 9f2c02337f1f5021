import { isPhiError, type PurposeOfUse, parseAs } from '@phi/core'
import type { Bucket } from '../decision/bucket.ts'
import { treeOf } from '../decision/tree.ts'
import { rbacError } from '../errors.ts'
import { testOf } from '../expression/evaluate.ts'
import { type Atom, type Expression, expressionSchema } from '../expression/expression.ts'
import { expressionText } from '../expression/text.ts'
import { TRUE } from '../expression/truth.ts'
import type { Obligation } from '../policy/obligation.ts'
import { checkRule } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Compiled, compiledOf } from './compare.ts'
import type { Diagram } from './diagram.ts'
import { type AnalysisLimits, type Space, spaceOf } from './space.ts'
import { type Standings, standingNumbers, standingsOf } from './standing.ts'
import { bucketIn, rolesOf } from './table.ts'
import { type Description, describe } from './words.ts'

/** One thing that a role can get, and when. */
export interface Access {
  readonly fields: readonly string[]
  /** Empty: allowed as it is. Otherwise only once these are discharged. */
  readonly obligations: readonly Obligation[]
  readonly when: Description
}

/** What a role can do. Null: somebody without any role that the policy knows. */
export interface RoleAccess {
  readonly role: string | null
  readonly can: 'always' | 'sometimes' | 'never'
  /** When anything is allowed at all, with or without obligations. */
  readonly when: Description
  /** What is got then by a request that names no fields. */
  readonly gets: readonly Access[]
}

export interface WhoCan {
  readonly kind: 'who-can'
  readonly type: string
  readonly action: string
  /** What was taken as given, in words. */
  readonly given: string | null
  readonly roles: readonly RoleAccess[]
}

export interface WhoCanQuestion extends AnalysisLimits {
  readonly action: string
  readonly type: string
  /** Only requests for this purpose, or a kind of it. */
  readonly purpose?: PurposeOfUse | undefined
  /** Only requests for which this holds. */
  readonly given?: Expression | undefined
}

interface Asked {
  readonly space: Space
  readonly standings: Standings
  readonly numbers: ReturnType<typeof standingNumbers>
  /** 1 in the cells that the question is about. */
  readonly about: Diagram
}

function givenOf(policy: PolicyJson, { type, action, purpose, given }: WhoCanQuestion): Expression | undefined {
  const parts: Expression[] = [...(purpose === undefined ? [] : [{ op: 'purpose', is: [purpose] } as const])]
  if (given !== undefined) {
    parts.push(parseAs(expressionSchema, given, 'given', (context) => rbacError('PHI_RBAC_POLICY', context)))
  }
  const [first] = parts
  if (first === undefined) return undefined
  const when: Expression = parts.length === 1 ? first : { op: 'and', of: parts }
  checkRule(policy, { id: 'given', effect: 'forbid', actions: [action], resources: [type], when }, 'given')
  return when
}

function ask(policy: PolicyJson, bucket: Bucket, given: Expression | undefined, limits: AnalysisLimits): Asked {
  const tested = bucket.atoms.map((atom, i) => ({ atom, test: bucket.tests[i] as Bucket['tests'][number] }))
  const numbered = (atom: Atom): number => {
    const key = JSON.stringify(atom)
    const known = tested.findIndex((each) => JSON.stringify(each.atom) === key)
    return known >= 0 ? known : tested.push({ atom, test: testOf(policy, bucket.type, atom) }) - 1
  }
  const tree = given && treeOf(given, numbered, '')
  const space = spaceOf([{ policy, type: bucket.type }], bucket.name, bucket.action, tested, limits)
  const numbers = standingNumbers()
  const about = space.diagrams.map(space.truth(tree), (truth) => (truth === TRUE ? 1 : 0))
  return { space, numbers, about, standings: standingsOf(space, bucket, (index) => index, numbers) }
}

const OUTSIDE = 2

function accessOf({ space, standings, numbers, about }: Asked, role: string | null): RoleAccess {
  const { diagrams } = space
  const standing = standings.of(standings.held(role === null ? [] : [role]))
  const within = (wished: (number: number) => boolean): Diagram =>
    diagrams.combine(standing, about, (number, inside) => (inside === 0 ? OUTSIDE : wished(number) ? 1 : 0))
  const when = describe(
    space,
    within((number) => number !== 0),
  )
  const can = when.text === 'always' || when.text === 'never' ? when.text : 'sometimes'
  const gets = new Map<string, { fields: readonly string[]; obligations: readonly Obligation[]; numbers: Set<number> }>()
  for (const number of diagrams.counts(standing).keys()) {
    const [first] = numbers.value(number)
    if (first === undefined) continue
    const key = JSON.stringify(first)
    const known = gets.get(key) ?? { ...first, numbers: new Set() }
    known.numbers.add(number)
    gets.set(key, known)
  }
  const all = [...gets.values()].map((each) => ({
    fields: each.fields,
    obligations: each.obligations,
    when: describe(
      space,
      within((number) => each.numbers.has(number)),
    ),
  }))
  return { role, can, when, gets: all.filter((each) => each.when.text !== 'never') }
}

/**
 * Who can do something, and when: for each role always, never, or a condition in few words, with what it then sees and owes. A role
 * alone: what several roles of one actor come to is the sum of what they can do. Inside the tenant wall, as always.
 * @throws PhiError PHI_RBAC_QUERY for a type or action that the policy does not have; PHI_RBAC_POLICY for a `given` that does not
 *   fit the type; PHI_RBAC_TOO_LARGE
 */
export function whoCan(policy: PolicyJson, question: WhoCanQuestion): WhoCan {
  const compiled = compiledOf(policy)
  const bucket = bucketIn(compiled.rules, question.type, question.action)
  if (bucket === undefined) throw rbacError('PHI_RBAC_QUERY', { detail: 'the type or the action is not in the policy' })
  const given = givenOf(compiled.policy, question)
  const asked = ask(compiled.policy, bucket, given, question)
  return {
    kind: 'who-can',
    type: question.type,
    action: question.action,
    given: given === undefined ? null : expressionText(given),
    roles: rolesOf(compiled.policy).map((role) => accessOf(asked, role)),
  }
}

/** What a role can do with one type. */
export interface Ability extends Omit<RoleAccess, 'role'> {
  readonly type: string
  readonly action: string
}

export interface WhatCan {
  readonly kind: 'what-can'
  readonly role: string
  /** What it can do always or sometimes. */
  readonly abilities: readonly Ability[]
  readonly undecided: readonly { readonly type: string; readonly action: string; readonly problem: string }[]
}

/** @internal Every action on every type that some rule permits. */
export function bucketsOf({ rules, policy }: Compiled): readonly Bucket[] {
  return Object.keys(policy.resources).flatMap((type) =>
    policy.actions.flatMap((action) => {
      const bucket = bucketIn(rules, type, action)
      return bucket === undefined ? [] : [bucket]
    }),
  )
}

/**
 * What a role can do, and when.
 * @throws PhiError PHI_RBAC_QUERY for a role that the policy does not have, PHI_RBAC_POLICY
 */
export function whatCan(policy: PolicyJson, role: string, limits: AnalysisLimits = {}): WhatCan {
  const compiled = compiledOf(policy)
  if (!Object.hasOwn(compiled.policy.roles, role))
    throw rbacError('PHI_RBAC_QUERY', { detail: 'the role is not in the policy' })
  const abilities: Ability[] = []
  const undecided: { type: string; action: string; problem: string }[] = []
  for (const bucket of bucketsOf(compiled)) {
    const place = { type: bucket.name, action: bucket.action }
    if (!bucket.permits.some(({ holders }) => holders.has(role))) continue
    try {
      const { role: _, ...access } = accessOf(ask(compiled.policy, bucket, undefined, limits), role)
      if (access.can !== 'never') abilities.push({ ...place, ...access })
    } catch (error) {
      if (!isPhiError(error, 'PHI_RBAC_TOO_LARGE')) throw error
      undecided.push({ ...place, problem: error.message })
    }
  }
  return { kind: 'what-can', role, abilities, undecided }
}
