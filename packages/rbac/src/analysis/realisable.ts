import { rbacError } from '../errors.ts'
import type { Atom } from '../expression/expression.ts'
import { FALSE, type Truth, UNKNOWN } from '../expression/truth.ts'
import { candidatesOf, type Situation } from './candidates.ts'
import { addressesFor } from './networks.ts'
import { AN_OBJECT, type Assignment, type Scene } from './scene.ts'
import { constantsOf, type Tested, type Variable, type VariableId, type Variables } from './variables.ts'

/** Atoms that depend on each other, and every way in which they can come out together. */
export interface Group {
  /** Numbers of the atoms. */
  readonly atoms: readonly number[]
  /** The ways: a truth for each atom of the group. Those with the fewest unknowns first. */
  readonly ways: readonly (readonly Truth[])[]
  /** For each way, values that bring it about. */
  readonly assignments: readonly Assignment[]
}

/** How many ways a group may have, and how many values are tried to find them. */
const MAX_WAYS = 100_000
const MAX_TRIES = 3_000_000

const tooMany = (): never => {
  throw rbacError('PHI_RBAC_TOO_LARGE', {
    detail: `conditions on the same attributes can come out in more than ${MAX_WAYS} ways`,
  })
}

interface Step {
  readonly variable: Variable
  /** Atoms that are decided once this variable has a value. */
  readonly decides: readonly number[]
  readonly earlier: readonly VariableId[]
  /** Variables that are compared with it and get their values later. */
  readonly hasLater: boolean
  /** All variables that it is compared with, directly or through others, itself included. */
  readonly family: readonly VariableId[]
  /** Grants ask whether it is there. */
  readonly forGrants: boolean
  readonly holds: boolean
}

/** Who is compared with whom. */
function neighboursOf(variables: Variables, atoms: readonly Atom[]): ReadonlyMap<VariableId, ReadonlySet<VariableId>> {
  const out = new Map<VariableId, Set<VariableId>>()
  for (const atom of atoms) {
    if (!('left' in atom)) continue
    const ids = variables.reads(atom)
    for (const id of ids) {
      const set = out.get(id) ?? new Set()
      for (const each of ids) if (each !== id) set.add(each)
      out.set(id, set)
    }
  }
  return out
}

function familyOf(id: VariableId, neighbours: ReadonlyMap<VariableId, ReadonlySet<VariableId>>): readonly VariableId[] {
  const out = new Set([id])
  for (const each of out) for (const next of neighbours.get(each) ?? []) out.add(next)
  return [...out]
}

/** Objects before what is in them; single values, those first that most others are compared with; sets; grants. */
function rank({ kind, attributes, inside }: Variable): number {
  if (kind === 'grants') return 1_000
  const types = attributes.map(({ type }) => type)
  return (types.includes('object') ? inside.length - 100 : 0) + (types.includes('set') ? 500 : 0)
}

function stepsOf(
  component: readonly VariableId[],
  variables: Variables,
  tested: readonly Tested[],
  atoms: readonly number[],
): readonly Step[] {
  const ofGroup = atoms.map((index) => (tested[index] as Tested).atom)
  const neighbours = neighboursOf(variables, ofGroup)
  const degree = (id: VariableId): number => neighbours.get(id)?.size ?? 0
  const order = component
    .map((id) => variables.all.get(id) as Variable)
    .sort((a, b) => rank(a) - rank(b) || degree(b.id) - degree(a.id) || (a.id < b.id ? -1 : 1))
  const place = new Map(order.map(({ id }, i) => [id, i]))
  const lastOf = (atom: Atom): number => {
    const ids = variables.reads(atom).flatMap((id) => [id, ...(variables.all.get(id) as Variable).inside])
    return Math.max(...ids.map((id) => place.get(id) as number))
  }
  const grants = place.has('grants')
  return order.map((variable, i) => {
    const near = [...(neighbours.get(variable.id) ?? [])]
    return {
      variable,
      decides: atoms.filter((index) => lastOf((tested[index] as Tested).atom) === i),
      earlier: near.filter((id) => (place.get(id) as number) < i),
      hasLater: near.some((id) => (place.get(id) as number) > i),
      family: familyOf(variable.id, neighbours),
      forGrants: grants && (variable.isPatient || variable.kind === 'now'),
      holds: order.some(({ inside }) => inside.includes(variable.id)),
    }
  })
}

const UNREADABLE = new Set<unknown>([undefined, 0, 'not of the type', 'not a time'])

/** What later steps can tell of a value. Two values with the same text, and the same truths, need only one. */
function trace(step: Step, value: unknown): string {
  const inside = step.holds
    ? value === AN_OBJECT
      ? 'object'
      : value === null
        ? 'null'
        : Array.isArray(value)
          ? 'array'
          : String(value)
    : ''
  const compared = step.hasLater
    ? UNREADABLE.has(value) && typeof value !== 'number'
      ? ''
      : `${typeof value} ${String(value)}`
    : ''
  if (!step.forGrants) return `${inside}|${compared}`
  const asked =
    step.variable.kind === 'now'
      ? value !== 'not a time'
      : typeof value === 'string' && value !== ''
        ? 'text'
        : String(value === null)
  return `${inside}|${compared}|${asked}`
}

/**
 * Every way in which the atoms over these variables can come out, each with values that bring it about.
 *
 * Values are tried one variable after the other, on the tests that decisions use: a way that is listed can happen. Nothing is
 * missing, because for each variable the values that are tried stand for all others (see `candidatesOf`): with the values of
 * earlier variables fixed, no atom tells another value from one of those.
 * @throws PhiError PHI_RBAC_TOO_LARGE
 */
export function realisableWays(
  component: readonly VariableId[],
  variables: Variables,
  tested: readonly Tested[],
  atoms: readonly number[],
  scene: Scene,
): Group {
  const ofGroup = atoms.map((index) => (tested[index] as Tested).atom)
  const constants = constantsOf(variables, ofGroup)
  const kinds = [...new Set(ofGroup.flatMap((atom) => (atom.op === 'granted' ? [atom.kind] : [])))]
  const steps = stepsOf(component, variables, tested, atoms)
  const truths = new Array<Truth>(tested.length).fill(UNKNOWN)
  const values = new Map<VariableId, unknown>()
  const found = new Map<string, { readonly way: readonly Truth[]; readonly assignment: Assignment }>()
  let tries = 0

  /** What does not change while values are tried. */
  const fixed = steps.map(({ variable, hasLater, family }) => ({
    constants: (hasLater ? family : [variable.id]).flatMap(constants.of),
    ofFamily: family.flatMap(constants.of),
    addresses: variable.attributes.some(({ type }) => type === 'ip')
      ? addressesFor(family.flatMap(constants.networks), family.length)
      : [],
    before: new Map<string, readonly unknown[]>(),
  }))
  const candidates = (i: number, step: Step): readonly unknown[] => {
    const known = fixed[i] as (typeof fixed)[number]
    const ofFamily = step.family.filter((id) => id !== step.variable.id && values.has(id)).map((id) => values.get(id))
    const key = JSON.stringify([ofFamily.map((each) => each ?? null), step.earlier.map((id) => values.get(id) ?? null)])
    const before = known.before.get(key)
    if (before !== undefined) return before
    const others = step.hasLater ? ofFamily : step.earlier.flatMap((id) => (values.has(id) ? [values.get(id)] : []))
    const situation: Situation = {
      constants: known.constants,
      others: [...new Set(others)],
      addresses: known.addresses,
      taken: new Set([...known.ofFamily, ...ofFamily]),
      kinds,
    }
    const out = [...new Set(candidatesOf(step.variable, situation))]
    known.before.set(key, out)
    return out
  }
  const decide = (step: Step): string => {
    for (const index of step.decides) truths[index] = (tested[index] as Tested).test(scene.facts)
    return step.decides.map((index) => truths[index]).join('')
  }
  const visit = (i: number): void => {
    const step = steps[i]
    if (step === undefined) {
      const way = atoms.map((index) => truths[index] as Truth)
      const key = way.join('')
      if (found.has(key)) return
      if (found.size >= MAX_WAYS) tooMany()
      found.set(key, { way, assignment: [...values] })
      return
    }
    const { id, inside } = step.variable
    if (inside.some((each) => values.get(each) !== AN_OBJECT)) {
      decide(step)
      visit(i + 1)
      return
    }
    const seen = new Set<string>()
    for (const value of candidates(i, step)) {
      if (++tries > MAX_TRIES) tooMany()
      values.set(id, value)
      scene.set(id, value)
      const key = `${decide(step)}/${trace(step, value)}`
      if (seen.has(key)) continue
      seen.add(key)
      visit(i + 1)
    }
    values.delete(id)
    if (id !== 'actor.id' && id !== 'actor.tenant' && id !== 'now') scene.set(id, undefined)
  }
  visit(0)
  const cost = (way: readonly Truth[]): number =>
    way.reduce<number>((sum, each) => sum + (each === UNKNOWN ? 1_000 : each === FALSE ? 1 : 0), 0)
  const sorted = [...found.values()].sort((a, b) => cost(a.way) - cost(b.way) || (a.way.join('') < b.way.join('') ? -1 : 1))
  return { atoms, ways: sorted.map(({ way }) => way), assignments: sorted.map(({ assignment }) => assignment) }
}
