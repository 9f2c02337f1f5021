import { rbacError } from '../errors.ts'
import type { PolicyJson } from '../policy/policy.ts'
import type { Decision } from './decision.ts'
import { type Evidence, fulfil } from './fulfil.ts'
import type { Request } from './request.ts'

/** How deep related records may be nested. */
const MAX_VIEW_DEPTH = 16

export interface ViewOptions {
  /** The action that related records are asked for. Default `read`, where the policy has it; else the action of the request. */
  readonly related?: string
}

/** A narrowed record, and what decided about it. */
export interface View {
  readonly decision: Decision
  /** The visible fields; `undefined` while the decision is not `allow`. */
  readonly record: Readonly<Record<string, unknown>> | undefined
  /** Related records that were left out, because they were denied or because obligations are open. */
  readonly withheld: number
}

/** What narrowing needs of the rules. */
export interface Decider {
  readonly policy: PolicyJson
  decide(request: Request): Decision
}

interface State {
  readonly rules: Decider
  readonly evidence: Evidence
  readonly related: string
  /** The records that are being narrowed, outermost first. */
  readonly path: readonly object[]
  readonly count: { withheld: number }
}

function tooDeep(): never {
  throw rbacError('PHI_RBAC_RECORD', { detail: 'it refers to itself, or related records are nested too deeply' })
}

function relatedTo(request: Request, type: string, action: string, record: unknown): Request {
  const { fields: _fields, ...rest } = request as Request & { fields?: unknown }
  return { ...rest, action, resource: { type, record } } as unknown as Request
}

function narrowed(request: Request, state: State, fulfilled: Decision): Record<string, unknown> {
  const { type, record } = request.resource as unknown as { type: string; record: Record<string, unknown> }
  if (state.path.includes(record) || state.path.length >= MAX_VIEW_DEPTH) tooDeep()
  const inner: State = { ...state, path: [...state.path, record] }
  const { relations = {} } = state.rules.policy.resources[type] ?? {}
  const out: Record<string, unknown> = {}
  // Who asks for fields by name gets those, and no more (minimum necessary, 45 CFR 164.502(b)).
  const { fields: asked = fulfilled.fields } = request as { readonly fields?: readonly string[] }
  for (const field of fulfilled.fields) {
    if (!asked.includes(field)) continue
    const value = record[field]
    if (value === undefined) continue
    const to = Object.hasOwn(relations, field) ? relations[field] : undefined
    out[field] = to === undefined ? copied(value, [record]) : related(value, request, to, inner)
  }
  return out
}

function related(value: unknown, request: Request, type: string, state: State): unknown {
  if (Array.isArray(value)) return value.map((each) => related(each, request, type, state)).filter((each) => each !== null)
  if (typeof value !== 'object' || value === null) return null
  const asked = relatedTo(request, type, state.related, value)
  const decision = fulfil(state.rules.decide(asked), state.evidence)
  if (decision.outcome === 'allow') return narrowed(asked, state, decision)
  state.count.withheld++
  return null
}

/**
 * A copy, so that what a caller does to a view does not reach the record. Circles are refused; other objects than plain ones are
 * kept.
 */
function copied(value: unknown, above: readonly object[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const isArray = Array.isArray(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isArray && prototype !== Object.prototype && prototype !== null) return value
  if (above.includes(value) || above.length > 64) tooDeep()
  const inside = [...above, value]
  if (isArray) return value.map((each) => copied(each, inside))
  const out: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value)) {
    Object.defineProperty(out, key, { value: copied(each, inside), enumerable: true, writable: true, configurable: true })
  }
  return out
}

/** @internal */
export function viewOf(rules: Decider, request: Request, evidence: Evidence | undefined, options: ViewOptions): View {
  const known = { redacted: true, ...evidence }
  const decision = fulfil(rules.decide(request), known)
  if (decision.outcome !== 'allow') return { decision, record: undefined, withheld: 0 }
  const count = { withheld: 0 }
  const related = options.related ?? (rules.policy.actions.includes('read') ? 'read' : (request.action as string))
  try {
    const record = narrowed(request, { rules, evidence: known, related, path: [], count }, decision)
    return { decision, record, withheld: count.withheld }
  } catch (error) {
    if (error instanceof Error && (error as { code?: unknown }).code === 'PHI_RBAC_RECORD') throw error
    // What a getter throws may hold anything.
    throw rbacError('PHI_RBAC_RECORD', { detail: 'it could not be read' })
  }
}
