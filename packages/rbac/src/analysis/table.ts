import { systemClock } from '@phi/core'
import type { Bucket, CompiledPermit } from '../decision/bucket.ts'
import type { Outcome } from '../decision/decision.ts'
import type { Request } from '../decision/request.ts'
import { type CompileOptions, compile, type Rules } from '../decision/rules.ts'
import { rbacError } from '../errors.ts'
import type { Facts } from '../expression/evaluate.ts'
import type { Atom } from '../expression/expression.ts'
import { type Truth, UNKNOWN } from '../expression/truth.ts'
import type { Obligation } from '../policy/obligation.ts'
import type { Policy } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import type { Choice } from './diagram.ts'
import { type AnalysisLimits, type Space, spaceOf } from './space.ts'
import { type Standing, type Standings, standingNumbers, standingsOf } from './standing.ts'

/**
 * One cell of a decision table: a role, and one way in which all conditions of an action on a type can come out together. Every
 * request falls into one cell for each of its roles, and requests in the same cells are decided alike.
 */
export interface Cell {
  /** Null: somebody without any role that the policy knows. */
  readonly role: string | null
  /** For each group of conditions, which of its ways. */
  readonly choice: readonly number[]
  /** For each atom of the table. 0 false, 1 true, 2 unknown. */
  readonly truths: readonly Truth[]
  /** What a request gets that does not ask for fields by name. */
  readonly outcome: Outcome
  readonly obligations: readonly Obligation[]
  readonly fields: readonly string[]
  /** What a request can get that asks for fields by name, first come first served; the first is the above. Empty when denied. */
  readonly offers: Standing
}

/** The exact table of one action on one type. */
export interface DecisionTable {
  readonly type: string
  readonly action: string
  readonly roles: readonly (string | null)[]
  /** The distinct atoms of the rules that speak about both. */
  readonly atoms: readonly Atom[]
  /** Numbers of atoms that depend on each other: they read the same attribute, or attributes that are compared. */
  readonly groups: readonly (readonly number[])[]
  /** How many cells each role has: every combination of the ways of all groups. Exact below 2^53. */
  readonly cellsPerRole: number
  /** Every cell, of every role or of one. There can be very many. */
  cells(role?: string | null): Generator<Cell>
  /** One cell. @throws PhiError PHI_RBAC_QUERY for a role or a choice that the table does not have */
  cell(role: string | null, choice: readonly number[]): Cell
  /** The cells that a request falls into, one for each of its roles that the policy knows; without any, that of nobody. */
  cellsOf(request: Request): readonly Cell[]
  /** A request that falls into the cell, with values that stand for others: plain JSON, inside the tenant wall. */
  witness(cell: Pick<Cell, 'role' | 'choice'>): Request
}

/** `clock`: the time of requests that do not bring their own, for `cellsOf`. */
export type TableOptions = AnalysisLimits & CompileOptions

/** @internal The rules of an action on a type, as they were compiled. */
export function bucketIn(rules: Rules, type: string, action: string): Bucket | undefined {
  return (rules as unknown as { bucket(type: string, action: string): Bucket | undefined }).bucket(type, action)
}

/** @internal What all analyses of one policy's bucket start from. */
export interface Ground {
  readonly bucket: Bucket
  readonly space: Space
  readonly standings: Standings
  readonly standing: (number: number) => Standing
}

/** @internal */
export function groundOf(policy: Policy, bucket: Bucket, limits: AnalysisLimits = {}): Ground {
  const tested = bucket.atoms.map((atom, i) => ({ atom, test: bucket.tests[i] as Bucket['tests'][number] }))
  const space = spaceOf([{ policy, type: bucket.type }], bucket.name, bucket.action, tested, limits)
  const numbers = standingNumbers()
  return { bucket, space, standings: standingsOf(space, bucket, (index) => index, numbers), standing: numbers.value }
}

/** Roles in the policy's order, and nobody. */
export function rolesOf(policy: PolicyJson): readonly (string | null)[] {
  return [...Object.keys(policy.roles), null]
}

export function outcomeOf(standing: Standing): Outcome {
  const [first] = standing
  if (first === undefined) return 'deny'
  return first.obligations.length === 0 ? 'allow' : 'allow-if'
}

/** @internal Every choice of a space, the last group fastest. */
export function* choicesOf(sizes: readonly number[]): Generator<Choice> {
  const choice = sizes.map(() => 0)
  if (sizes.includes(0)) return
  for (;;) {
    yield [...choice]
    let at = choice.length - 1
    while (at >= 0 && (choice[at] as number) + 1 === sizes[at]) choice[at--] = 0
    if (at < 0) return
    choice[at] = (choice[at] as number) + 1
  }
}

function safely(test: Bucket['tests'][number], facts: Facts): Truth {
  try {
    return test(facts)
  } catch {
    return UNKNOWN
  }
}

/**
 * The exact decision table of one action on one type. It speaks about requests of the documented form inside the tenant wall: what
 * is outside is denied. Every value of every attribute is covered, and so are attributes that were not loaded, that are null and
 * that are of a wrong type; a `context` that is no object and opaque attributes whose getter throws are not.
 * @throws PhiError PHI_RBAC_TOO_LARGE, PHI_RBAC_POLICY; PHI_RBAC_QUERY for a type or action that the policy does not have
 */
export function decisionTable(
  policy: PolicyJson,
  asked: { readonly type: string; readonly action: string },
  options: TableOptions = {},
): DecisionTable {
  const rules = compile(policy)
  const bucket = bucketIn(rules, asked.type, asked.action)
  if (bucket === undefined) throw rbacError('PHI_RBAC_QUERY', { detail: 'the type or the action is not in the policy' })
  const { space, standings, standing } = groundOf(rules.policy, bucket, options)
  const { clock = systemClock } = options
  const roles = rolesOf(rules.policy)
  const heldBy = (role: string | null): readonly CompiledPermit[] => standings.held(role === null ? [] : [role])
  const at = (role: string | null, choice: Choice): Cell => {
    const offers = standing(space.diagrams.at(standings.of(heldBy(role)), choice))
    const [first] = offers
    return {
      role,
      choice,
      truths: space.truths(choice),
      outcome: outcomeOf(offers),
      obligations: first?.obligations ?? [],
      fields: first?.fields ?? [],
      offers,
    }
  }
  const check = (role: string | null, choice: readonly number[]): void => {
    const { sizes } = space.diagrams
    const inRange =
      choice.length === sizes.length &&
      choice.every((each, i) => Number.isInteger(each) && each >= 0 && each < (sizes[i] as number))
    if (!inRange || !roles.includes(role)) throw rbacError('PHI_RBAC_QUERY', { detail: 'the table has no such cell' })
  }
  return {
    type: bucket.name,
    action: bucket.action,
    roles,
    atoms: space.atoms,
    groups: space.groups.map(({ atoms }) => atoms),
    cellsPerRole: space.diagrams.cells,
    *cells(role) {
      for (const each of role === undefined ? roles : [role])
        for (const choice of choicesOf(space.diagrams.sizes)) yield at(each, choice)
    },
    cell(role, choice) {
      check(role, choice)
      return at(role, [...choice])
    },
    cellsOf(request) {
      const facts = { ...request, at: request.at ?? clock() } as unknown as Facts
      const truths = bucket.tests.map((test) => safely(test, facts))
      const choice = space.choice(truths)
      if (choice === undefined) return []
      const known = [...new Set(request.actor.roles)].filter((role) => Object.hasOwn(rules.policy.roles, role))
      return (known.length === 0 ? [null] : known).map((role) => at(role, choice))
    },
    witness({ role, choice }) {
      check(role, choice)
      return space.request(choice, role === null ? [] : [role])
    },
  }
}
