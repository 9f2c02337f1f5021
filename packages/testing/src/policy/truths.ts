import { type Atom, compile, type Expression, type PolicyJson, type Request, type Rules } from '@phi/rbac'
import { atomsIn } from './condition.ts'
import { noClock } from './run.ts'
import { overrideOf, type Pair, pairOf } from './variant.ts'

/** How an atom came out for a request. */
export type Met = boolean | 'unknown'

const keyOf = (atom: Atom): string => JSON.stringify(atom)
/** A condition may have 500 parts. */
const CHUNK = 400

interface Probe {
  readonly rules: Rules
  readonly keys: readonly string[]
}

/**
 * How the atoms of a policy come out for requests. The engine itself is asked: through a policy whose one permit joins all atoms
 * that the rules about an action and a type speak of, so that its decision lists how each came out.
 */
export class AtomTruths {
  readonly #policy: PolicyJson
  readonly #probes = new Map<Pair, readonly Probe[]>()
  readonly #known = new WeakMap<Request, ReadonlyMap<string, Met>>()

  constructor(policy: PolicyJson) {
    this.#policy = policy
  }

  /** Undefined where the request does not get as far as the rules: another tenant, or no request at all. */
  of(request: Request, atom: Atom): Met | undefined {
    let known = this.#known.get(request)
    if (known === undefined) {
      known = this.#ask(request)
      this.#known.set(request, known)
    }
    return known.get(keyOf(atom))
  }

  #ask(request: Request): ReadonlyMap<string, Met> {
    const { fields: _fields, ...question } = request
    const found = new Map<string, Met>()
    for (const { rules, keys } of this.#probesFor(request.resource.type, request.action)) {
      const { reason, because } = rules.decide(question as Request)
      if (reason !== 'permitted' && reason !== 'default') continue
      for (const [index, key] of keys.entries()) {
        const met = because[index]?.met
        if (met !== undefined) found.set(key, met)
      }
    }
    return found
  }

  #probesFor(type: string, action: string): readonly Probe[] {
    const pair = pairOf(type, action)
    const existing = this.#probes.get(pair)
    if (existing !== undefined) return existing
    const atoms = new Map<string, Atom>()
    const add = (expression: Expression | undefined) => {
      if (expression !== undefined) for (const { atom } of atomsIn(expression)) atoms.set(keyOf(atom), atom)
    }
    for (const rule of this.#policy.rules) {
      if (!rule.resources.includes(type) || !rule.actions.includes(action)) continue
      if (rule.purposes !== undefined) add({ op: 'purpose', is: rule.purposes })
      add(rule.when)
      if (rule.effect === 'forbid') for (const id of rule.unless ?? []) add(overrideOf(this.#policy, id).when)
    }
    const all = [...atoms]
    const probes: Probe[] = []
    for (let start = 0; start < all.length; start += CHUNK) {
      const chunk = all.slice(start, start + CHUNK)
      const when: Expression = { op: 'and', of: chunk.map(([, atom]) => atom) }
      const rule = { id: 'probe', effect: 'permit', roles: ['probe'], actions: [action], resources: [type], when } as const
      const rules = compile({ ...this.#policy, roles: { probe: {} }, rules: [rule] }, noClock)
      probes.push({ rules, keys: chunk.map(([key]) => key) })
    }
    this.#probes.set(pair, probes)
    return probes
  }
}
