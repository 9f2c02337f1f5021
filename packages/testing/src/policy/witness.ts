import { isPhiError } from '@phi/core'
import type { Atom, Decision, PolicyJson, Request } from '@phi/rbac'
import { decisionTable, equivalent } from '@phi/rbac/analysis'
import { conditionOf } from './condition.ts'
import { outcomeText } from './explain.ts'
import type { Met } from './truths.ts'
import { compiled, overrideOf, type Pair, pairOf, type Variant } from './variant.ts'

/** A cell to add: a request, and what the tested policy answers. Whether that is what you want is for you to say. */
export interface Suggestion {
  /** Null: nobody in particular, without any role. */
  readonly role: string | null
  readonly action: string
  readonly type: string
  /** A request with values that stand for others: constants of the policy, and made-up names. */
  readonly request: Request
  /** The answer of the policy under test. */
  readonly outcome: Decision['outcome']
  readonly fields: readonly string[]
  readonly rule: string | null
  /** In words, for a report. */
  readonly text: string
}

/** A request that tells two policies apart; that there is none; or that it could not be found out. */
export type Search =
  | { readonly found: 'witness'; readonly suggestion: Suggestion }
  | { readonly found: 'none' }
  | { readonly found: 'unknown' }

/** How many requests one search looks at. */
const MAX_TRIES = 400_000

const answerOf = ({ outcome, obligations, fields }: Decision): string =>
  JSON.stringify([outcome, obligations.map((each) => JSON.stringify(each)).sort(), [...fields].sort()])

function pairsIn(policy: PolicyJson): ReadonlySet<Pair> {
  return new Set(Object.keys(policy.resources).flatMap((type) => policy.actions.map((action) => pairOf(type, action))))
}

/** A policy whose one rule speaks of everything that either policy asks about this pair: its table covers both. */
function joined(policies: readonly PolicyJson[], type: string, action: string): PolicyJson {
  const [first] = policies as readonly [PolicyJson]
  const conditions = policies.flatMap((policy) =>
    policy.rules
      .filter((rule) => rule.resources.includes(type) && rule.actions.includes(action))
      .flatMap((rule) => {
        const opens = rule.effect === 'forbid' ? (rule.unless ?? []).map((id) => overrideOf(policy, id).when) : []
        return [conditionOf(rule), ...opens]
      })
      .filter((each) => each !== undefined),
  )
  const base = { id: 'all', effect: 'permit', roles: ['probe'], actions: [action], resources: [type] } as const
  const distinct = [...new Map(conditions.map((each) => [JSON.stringify(each), each])).values()]
  const rules = distinct.map((when, index) => ({ ...base, id: `all-${index}`, when }))
  return { ...first, roles: { probe: {} }, rules }
}

/** Roles alone and in twos: what two roles add to each other shows in twos. */
function roleSets(policy: PolicyJson): readonly (readonly string[])[] {
  const roles = Object.keys(policy.roles)
  const twos = roles.flatMap((one, index) => roles.slice(index + 1).map((other) => [one, other]))
  return [...roles.map((role) => [role]), [], ...(twos.length <= 64 ? twos : [])]
}

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
const given = (what: string, values: object): readonly string[] => {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${shown(value)}`)
  return texts.length === 0 ? [] : [`${what} ${texts.join(', ')}`]
}

/** A request in words, with the values that were made up for it. */
function requestText(request: Request): string {
  const { actor, action, resource, purpose, context, grants, fields } = request as Request & {
    readonly context?: object
    readonly grants?: readonly { readonly kind?: unknown }[]
  }
  const { roles, tenant: _tenant, ...who } = actor as Record<string, unknown> & { readonly roles: readonly string[] }
  const record = { ...(resource.record as Record<string, unknown>) }
  for (const [name, value] of Object.entries(record)) if (value === (actor as { tenant?: unknown }).tenant) delete record[name]
  const parts = [
    `${roles.length === 0 ? 'somebody without a role' : roles.join(' and ')}: ${action} ${resource.type}`,
    ...(purpose === undefined ? ['no purpose'] : [`purpose ${purpose}`]),
    ...given('actor', who),
    ...given('record', record),
    ...given('context', context ?? {}),
    ...(grants === undefined
      ? []
      : [`grants ${grants.map(({ kind }) => (kind === undefined ? 'an unsound one' : String(kind))).join(', ')}`]),
    ...(fields === undefined ? [] : [`asks for ${(fields as readonly string[]).join(', ')}`]),
  ]
  return parts.join('; ')
}

function suggestionOf(request: Request, decision: Decision): Suggestion {
  const { outcome, fields, rule } = decision
  const [role = null] = request.actor.roles
  return {
    ...{ role, action: request.action, type: request.resource.type, request, outcome, fields, rule },
    text: `${requestText(request)} → ${outcomeText(decision)}`,
  }
}

/** What else a witness must be: an atom must come out in this way. */
export interface Wanted {
  readonly atom: Atom
  readonly met: Met
}

const asMet = (truth: number | undefined): Met => (truth === 2 ? 'unknown' : truth === 1)

/**
 * Looks for a request on which the tested policy and a variant differ: in outcome, obligations or visible fields. The table of the
 * analysis lists every way in which conditions can come out together, so that looking through it and finding nothing is a proof,
 * as far as requests go that do not ask for fields by name.
 */
export function tellApart(policy: PolicyJson, variant: Variant, wanted?: Wanted): Search {
  const [before, after] = [compiled(policy), compiled(variant.policy)]
  if (before === undefined || after === undefined) return { found: 'unknown' }
  let tries = 0
  try {
    for (const pair of variant.touched ?? pairsIn(policy)) {
      const [type, action] = pair.split(' ') as [string, string]
      const table = decisionTable(joined([policy, variant.policy], type, action), { type, action })
      const place = wanted && table.atoms.findIndex((atom) => JSON.stringify(atom) === JSON.stringify(wanted.atom))
      if (place !== undefined && place < 0) continue
      for (const cell of table.cells(null)) {
        if (wanted !== undefined && asMet(cell.truths[place as number]) !== wanted.met) continue
        const base = table.witness(cell)
        for (const roles of roleSets(policy)) {
          if (++tries > MAX_TRIES) return { found: 'unknown' }
          const request = { ...base, actor: { ...base.actor, roles } } as Request
          const decision = before.decide(request)
          if (answerOf(decision) !== answerOf(after.decide(request))) {
            return { found: 'witness', suggestion: suggestionOf(request, decision) }
          }
        }
      }
    }
    return { found: 'none' }
  } catch (error) {
    if (isPhiError(error, 'PHI_RBAC_TOO_LARGE')) return { found: 'unknown' }
    throw error
  }
}

/** Whether the decision tables of two policies are equal. Unknown is not yes. */
export function sameTable(policy: PolicyJson, variant: Variant): boolean | 'unknown' {
  try {
    return equivalent(policy, variant.policy)
  } catch (error) {
    if (isPhiError(error, 'PHI_RBAC_TOO_LARGE')) return 'unknown'
    throw error
  }
}
