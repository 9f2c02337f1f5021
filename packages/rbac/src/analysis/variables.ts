import type { Test } from '../expression/evaluate.ts'
import { type Atom, type AttributePath, pathsOf } from '../expression/expression.ts'
import type { Attribute } from '../policy/attribute.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'

/** One policy's declaration of the type that is asked about. Two where two policies are compared. */
export interface Source {
  readonly policy: PolicyJson
  readonly type: ResourceType
}

/** An atom and its test. Equal atoms of two policies that declare an attribute differently have two tests. */
export interface Tested {
  readonly atom: Atom
  readonly test: Test
}

/**
 * What atoms read and requests vary: `actor.id`, `resource.status`, `purpose`, `now`, `grants`. Inside the tenant wall the tenant of
 * the record is the tenant of the actor, so both are `actor.tenant`.
 */
export type VariableId = string

export interface Variable {
  readonly id: VariableId
  readonly kind: 'path' | 'purpose' | 'now' | 'grants'
  /** How the sources declare it, for paths. */
  readonly attributes: readonly Attribute[]
  /** Objects on the way to it, outermost first. */
  readonly inside: readonly VariableId[]
  readonly isPatient: boolean
}

const rootsAndFirst = 2

function above(path: string): readonly string[] {
  const names = path.split('.')
  return names.slice(rootsAndFirst).map((_, i) => names.slice(0, rootsAndFirst + i).join('.'))
}

/** The variables of these atoms, those they read and the objects on the way. */
export interface Variables {
  readonly all: ReadonlyMap<VariableId, Variable>
  /** What an atom reads, without the objects on the way. */
  reads(atom: Atom): readonly VariableId[]
  /** The same for a term of an atom. */
  ofPath(path: AttributePath): VariableId
}

export function variablesOf(sources: readonly Source[], atoms: readonly Atom[]): Variables {
  const [{ type }] = sources as readonly [Source]
  const patients = new Set(
    sources.flatMap((each) => (each.type.patient === undefined ? [] : [`resource.${each.type.patient}`])),
  )
  const ofPath = (path: string): VariableId => (path === `resource.${type.tenant}` ? 'actor.tenant' : path)
  const reads = (atom: Atom): readonly VariableId[] => {
    if (atom.op === 'purpose') return ['purpose']
    if (atom.op === 'granted') return ['grants', ...[...patients].map(ofPath)]
    const timed = 'left' in atom && ('now' in atom.left || 'now' in atom.right)
    return [...new Set([...pathsOf(atom).map(ofPath), ...(timed ? ['now'] : [])])]
  }
  const all = new Map<VariableId, Variable>()
  const add = (id: VariableId): void => {
    if (all.has(id)) return
    const plain = { id, attributes: [], inside: [], isPatient: false }
    if (id === 'purpose' || id === 'now' || id === 'grants') {
      all.set(id, { ...plain, kind: id })
      return
    }
    const inside = above(id)
    for (const each of inside) add(each)
    const declared = sources.map((each) => attributeOfPath(each.policy, each.type, id as AttributePath))
    const attributes = declared.filter((each) => each !== undefined)
    const isPatient = [...patients].some((path) => ofPath(path) === id)
    all.set(id, { id, kind: 'path', attributes, inside, isPatient })
  }
  for (const atom of atoms) for (const id of reads(atom)) add(id)
  return { all, reads, ofPath }
}

/** Sets of variables that have to be varied together: an atom reads both, or one lies inside the other. */
export function componentsOf(variables: Variables, atoms: readonly Atom[]): readonly (readonly VariableId[])[] {
  const parent = new Map<VariableId, VariableId>()
  const root = (id: VariableId): VariableId => {
    const up = parent.get(id)
    return up === undefined || up === id ? id : root(up)
  }
  const join = (one: VariableId, two: VariableId) => parent.set(root(one), root(two))
  const joinAll = (ids: readonly VariableId[]) => ids.forEach((id) => void join(id, ids[0] as VariableId))
  for (const { id, inside } of variables.all.values()) joinAll([id, ...inside])
  for (const atom of atoms) joinAll(variables.reads(atom))
  // A grant counts for a time. Only where the time is asked for elsewhere does it matter which.
  if (variables.all.has('now') && variables.all.has('grants')) join('now', 'grants')
  const out = new Map<VariableId, VariableId[]>()
  for (const id of variables.all.keys()) {
    const list = out.get(root(id))
    if (list === undefined) out.set(root(id), [id])
    else list.push(id)
  }
  return [...out.values()]
}

/** The constants that atoms hold each variable against, and the networks. */
export function constantsOf(variables: Variables, atoms: readonly Atom[]) {
  const constants = new Map<VariableId, (string | number | boolean)[]>()
  const networks = new Map<VariableId, (readonly string[])[]>()
  const add = <Value>(to: Map<VariableId, Value[]>, path: AttributePath, values: readonly Value[]) => {
    const id = variables.ofPath(path)
    const list = to.get(id)
    if (list === undefined) to.set(id, [...values])
    else list.push(...values)
  }
  for (const atom of atoms) {
    if (atom.op === 'cidr') add(networks, atom.of, [atom.ranges])
    if (!('left' in atom)) continue
    if ('values' in atom.right) {
      if ('attr' in atom.left) add(constants, atom.left.attr, atom.right.values)
    } else {
      const pairs = [[atom.left, atom.right] as const, [atom.right, atom.left] as const]
      for (const [one, two] of pairs) if ('attr' in one && 'value' in two) add(constants, one.attr, [two.value])
    }
  }
  return {
    of: (id: VariableId) => [...new Set(constants.get(id))],
    networks: (id: VariableId) => networks.get(id) ?? [],
  }
}
