import { type CanonicalValue, type Clock, canonicalJson, parseAs, sha256, systemClock, toHex, utf8 } from '@phi/core'
import * as z from 'zod'
import { rbacError } from '../errors.ts'
import type { Facts } from '../expression/evaluate.ts'
import { FALSE, TRUE } from '../expression/truth.ts'
import { freeze } from '../freeze.ts'
import { checkRule, isChecked, type Policy, parsePolicy, policyHash, type Vocabulary } from '../policy/parse.ts'
import { type Forbid, type PolicyJson, type Rule, ruleSchema } from '../policy/policy.ts'
import type { TypeOf } from '../policy/words.ts'
import { type Bucket, bucketOf } from './bucket.ts'
import { addRecall, type Cell, maskOf, recallAt } from './cell.ts'
import { denial } from './conclude.ts'
import type { Decision } from './decision.ts'
import type { Evidence } from './fulfil.ts'
import { mayEver } from './may-ever.ts'
import {
  atTime,
  isPolluted,
  isRecord,
  MAX_ROLES,
  ownParts,
  problemOf,
  type Request,
  type ResourceOf,
  type TypeRequest,
} from './request.ts'
import { holdersOf, indexOf, type RuleIndex } from './rule-index.ts'
import { type Decider, type View, type ViewOptions, viewOf } from './view.ts'

export interface CompileOptions {
  /** The time of requests that do not bring their own. Read only where a rule asks for the time. Default: the machine's clock. */
  readonly clock?: Clock
}

/** A compiled policy. Holds no state but caches, and can be shared by everything in a process. */
export interface Rules<Words extends Vocabulary = Vocabulary> {
  readonly policy: Policy<Words>
  /** What decisions refer to. With additional forbids, the hash of the policy's hash and of those. */
  readonly reference: Decision['policy']
  /** The additional forbids of `with`, in their order. */
  readonly additional: readonly Forbid[]
  /** A typed pair of a type and a record. */
  resource<const Type extends TypeOf<Words>>(type: Type, record: ResourceOf<Words, Type>['record']): ResourceOf<Words, Type>
  /** Whether the request is allowed as it stands: `decide(request).outcome === 'allow'`. Never throws. */
  can(request: Request<Words>): boolean
  /** Decides about one record, and says why. Never throws: a request that is not one is denied. */
  decide(request: Request<Words>): Decision
  /**
   * Whether there may be a record of the type for which the answer is not no: for menus and buttons. True promises nothing about
   * any record; false is certain, for the actor, context and purpose given.
   */
  mayEver(request: TypeRequest<Words>): boolean
  /**
   * A copy of the record with the visible fields only, and of related records in it likewise. Nothing is released before the
   * obligations are discharged.
   * @throws PhiError PHI_RBAC_RECORD for a record that refers to itself or cannot be read
   */
  view(request: Request<Words>, evidence?: Evidence, options?: ViewOptions): View
  /**
   * The same rules and more forbids, for example those of a patient's directives. They only take away; permits are refused.
   * @throws PhiError PHI_RBAC_NARROWING, PHI_RBAC_POLICY
   */
  with(forbids: readonly Forbid[]): Rules<Words>
}

/** What is known of one type of records. */
interface Entry {
  readonly name: string
  readonly tenant: string
  readonly fields: ReadonlySet<string>
  readonly buckets: Map<string, Cell>
}

const forbidsSchema = z.array(ruleSchema).max(1_000)

/** What a record says about its tenant. Nearly always under the same name, which engines read faster than one that varies. */
function tenantOf(entry: Entry, record: Facts['resource']['record']): unknown {
  return entry.tenant === 'tenant' ? record.tenant : record[entry.tenant]
}

/** Whether a permit without obligations applies. */
function isPermitted(bucket: Bucket, roles: readonly unknown[], facts: Facts): boolean {
  for (let i = 0; i < roles.length; i++) {
    const tests = bucket.byRole.get(roles[i] as string)
    if (tests === undefined) continue
    for (let j = 0; j < tests.length; j++) if ((tests[j] as Bucket['tests'][number])(facts) === TRUE) return true
  }
  return false
}

class CompiledRules<Words extends Vocabulary> implements Rules<Words> {
  readonly policy: Policy<Words>
  readonly additional: readonly Forbid[]
  readonly #index: RuleIndex
  readonly #extra: RuleIndex
  readonly #holders: (role: string) => ReadonlySet<string>
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  readonly #roleNumbers: ReadonlyMap<string, number>
  #reference: Decision['policy'] | undefined

  constructor(
    policy: Policy<Words>,
    clock: Clock,
    index: RuleIndex,
    holders: (role: string) => ReadonlySet<string>,
    additional: readonly Forbid[],
  ) {
    this.policy = policy
    this.additional = additional
    this.#clock = clock
    this.#index = index
    this.#extra = indexOf(additional)
    this.#holders = holders
    const roles = Object.keys(policy.roles)
    this.#roleNumbers = new Map(roles.length <= 29 ? roles.map((role, number) => [role, number]) : [])
    for (const [name, { tenant, attributes }] of Object.entries(policy.resources)) {
      this.#entries.set(name, { name, tenant, fields: new Set(Object.keys(attributes)), buckets: new Map() })
    }
  }

  get reference(): Decision['policy'] {
    if (this.#reference === undefined) {
      const { id, version } = this.policy
      const base = policyHash(this.policy)
      const hash =
        this.additional.length === 0
          ? base
          : `sha256:${toHex(sha256(utf8(canonicalJson([base, this.additional] as unknown as CanonicalValue))))}`
      this.#reference = Object.freeze({ id, version, hash })
    }
    return this.#reference
  }

  resource<const Type extends TypeOf<Words>>(type: Type, record: ResourceOf<Words, Type>['record']): ResourceOf<Words, Type> {
    return { type, record }
  }

  /** The bucket of a known type and action, built when it is first asked for. */
  #cell(entry: Entry, action: unknown): Cell | undefined {
    const known = entry.buckets.get(action as string)
    if (known !== undefined) return known
    if (typeof action !== 'string' || !this.policy.actions.includes(action)) return undefined
    const rules = [...(this.#index.get(entry.name)?.get(action) ?? []), ...(this.#extra.get(entry.name)?.get(action) ?? [])]
    const bucket = bucketOf(this.policy, entry.name, action, rules, this.#holders)
    const foreign = denial(this.reference, 'tenant', {
      rule: 'phi:tenant',
      action,
      resource: entry.name,
      because: [{ rule: 'phi:tenant', atom: `actor.tenant = resource.${entry.tenant}`, at: '', met: false }],
      citations: ['45 CFR 164.312(a)(1)'],
    })
    const cell = { bucket, byMask: [], byRoles: new Map(), byPermits: new Map(), foreign }
    entry.buckets.set(action, cell)
    return cell
  }

  /** @internal For what works on whole types: analysis, queries, menus. */
  bucket(type: string, action: string): Bucket | undefined {
    const entry = this.#entries.get(type)
    return entry && this.#cell(entry, action)?.bucket
  }

  can(request: Request<Words>): boolean {
    try {
      if (isPolluted()) return this.decide(request).outcome === 'allow'
      const facts = request as unknown as Facts & { readonly fields?: unknown }
      const { actor, resource } = facts
      const entry = this.#entries.get(resource.type as string) as Entry
      const { bucket } = (entry.buckets.get(facts.action as string) ?? this.#cell(entry, facts.action)) as Cell
      if (!bucket.simple || facts.fields !== undefined) return this.decide(request).outcome === 'allow'
      const { tenant, roles } = actor
      if (typeof tenant !== 'string' || tenant === '' || tenantOf(entry, resource.record) !== tenant) return false
      if (typeof request !== 'object' || typeof actor !== 'object' || typeof resource !== 'object') return false
      if (!isRecord(resource.record)) return false
      if (typeof actor.id !== 'string' || actor.id === '' || !Array.isArray(roles) || roles.length > MAX_ROLES) return false
      // The permits first: most requests have none, and both must be asked for a yes.
      if (!isPermitted(bucket, roles, facts)) return false
      const { forbids } = bucket
      for (let i = 0; i < forbids.length; i++) {
        const forbid = forbids[i] as Bucket['forbids'][number]
        if (forbid.test(facts) === FALSE) continue
        return forbid.overrides.length > 0 && this.decide(request).outcome === 'allow'
      }
      return true
    } catch {
      // Whatever is wrong with the request, the long way round finds a word for it.
      return this.decide(request).outcome === 'allow'
    }
  }

  decide(request: Request<Words>): Decision {
    try {
      return this.#decide(isPolluted() ? ownParts(request) : request)
    } catch {
      return this.#problem('the request could not be read', null, null)
    }
  }

  #problem(phrase: string, action: string | null, resource: string | null): Decision {
    const because = [{ rule: 'phi:request', atom: phrase, at: '', met: false }]
    return denial(this.reference, 'request', { action, resource, because })
  }

  #decide(request: unknown): Decision {
    const problem = problemOf(request)
    if (problem !== undefined) return this.#problem(problem, null, null)
    let facts = request as Facts & { readonly fields?: readonly string[] }
    const { actor, resource } = facts
    const entry = this.#entries.get(resource.type as string)
    if (entry === undefined) return this.#problem('the type of the resource is not in the policy', null, null)
    const cell = entry.buckets.get(facts.action as string) ?? this.#cell(entry, facts.action)
    if (cell === undefined) return this.#problem('the action is not in the policy', null, entry.name)
    const { bucket } = cell
    const { tenant } = actor
    if (typeof tenant !== 'string' || tenant === '' || tenantOf(entry, resource.record) !== tenant) return cell.foreign
    const { fields } = facts
    if (fields !== undefined && !fields.every((field) => entry.fields.has(field))) {
      return this.#problem('a field asked for is not declared', bucket.action, entry.name)
    }
    if (bucket.timed && facts.at === undefined) facts = atTime(facts, this.#clock())
    const roles = actor.roles as readonly unknown[]
    const key = this.#roleNumbers.size === 0 ? this.#known(roles).sort().join(' ') : maskOf(this.#roleNumbers, roles)
    const recall = recallAt(cell, key) ?? addRecall(cell, key, this.#known(roles), this.reference)
    return fields === undefined ? recall.decide(facts) : recall.decideFields(facts, fields)
  }

  #known(roles: readonly unknown[]): string[] {
    return [...new Set(roles)].filter(
      (role): role is string => typeof role === 'string' && Object.hasOwn(this.policy.roles, role),
    )
  }

  mayEver(request: TypeRequest<Words>): boolean {
    try {
      const asked = (isPolluted() ? ownParts(request) : request) as TypeRequest
      const bucket = this.bucket(asked.type, asked.action)
      return bucket !== undefined && mayEver(bucket, asked, this.#clock)
    } catch {
      return false
    }
  }

  view(request: Request<Words>, evidence?: Evidence, options: ViewOptions = {}): View {
    return viewOf(this as unknown as Decider, request as unknown as Request, evidence, options)
  }

  with(forbids: readonly Forbid[]): Rules<Words> {
    const parsed = parseAs(forbidsSchema, forbids, 'forbids', (context) => rbacError('PHI_RBAC_POLICY', context)) as Rule[]
    if (!parsed.every((rule): rule is Forbid => rule.effect === 'forbid')) throw rbacError('PHI_RBAC_NARROWING')
    const ids = new Set([...this.policy.rules, ...this.additional].map(({ id }) => id))
    for (const rule of parsed) {
      if (ids.has(rule.id)) throw rbacError('PHI_RBAC_POLICY', { path: 'forbids.*.id', detail: 'is there twice' })
      ids.add(rule.id)
      checkRule(this.policy, rule, 'forbids.*')
    }
    const all = freeze([...this.additional, ...(JSON.parse(JSON.stringify(parsed)) as Forbid[])])
    return new CompiledRules(this.policy, this.#clock, this.#index, this.#holders, all)
  }
}

/**
 * Compiles a policy. A policy that did not come from `definePolicy` or `parsePolicy` is parsed first.
 * @throws PhiError PHI_RBAC_POLICY
 */
export function compile<Words extends Vocabulary>(policy: Policy<Words>, options?: CompileOptions): Rules<Words>
export function compile(policy: PolicyJson, options?: CompileOptions): Rules
export function compile(policy: PolicyJson, options: CompileOptions = {}): Rules {
  const checked = isChecked(policy) ? policy : parsePolicy(policy)
  return new CompiledRules(checked, options.clock ?? systemClock, indexOf(checked.rules), holdersOf(checked), [])
}
