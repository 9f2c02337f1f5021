import { rbacError } from '../errors.ts'

/**
 * A function from cells to whole numbers, stored as a decision diagram: one level for each group of conditions, one edge for each
 * way the group can come out. Equal functions are the same number, so that comparing two policies is comparing two numbers.
 * Constants are negative, inner nodes are not.
 */
export type Diagram = number

/** For each group, which of its ways a cell takes. */
export type Choice = readonly number[]

/** What to say when a diagram grows too large. */
export interface Limit {
  readonly nodes: number
  readonly info: Readonly<Record<string, string | number>>
}

/** How many nodes the diagrams of one type and action may have together. */
export const MAX_NODES = 1_000_000

/** The diagrams over one sequence of groups. It only ever grows: make one for a question, and drop it. */
export interface Diagrams {
  /** How many ways each group has. */
  readonly sizes: readonly number[]
  /** How many cells there are. Exact below 2^53. */
  readonly cells: number
  constant(value: number): Diagram
  /** A function of one group. */
  ofGroup(group: number, values: ArrayLike<number>): Diagram
  map(of: Diagram, change: (value: number) => number): Diagram
  combine(left: Diagram, right: Diagram, both: (left: number, right: number) => number): Diagram
  at(of: Diagram, choice: Choice): number
  /** The group that an inner node asks about, and where each of its ways leads. */
  children(of: Diagram): { readonly group: number; readonly edges: readonly Diagram[] }
  /** How many cells have each value. */
  counts(of: Diagram): ReadonlyMap<number, number>
  /** The first cell whose value is as wished: groups and ways in their order, the first way where it does not matter. */
  find(of: Diagram, wished: (value: number) => boolean): Choice | undefined
}

export function diagramsOver(sizes: readonly number[], limit: Limit): Diagrams {
  const levels: number[] = []
  const edges: Int32Array[] = []
  const known = new Map<string, Diagram>()
  /** Cells below a level, that level included. */
  const below = sizes.map((_, level) => sizes.slice(level).reduce((product, size) => product * size, 1)).concat(1)
  const levelOf = (each: Diagram): number => (each < 0 ? sizes.length : (levels[each] as number))

  const constant = (value: number): Diagram => -1 - value
  const constantOf = (each: Diagram): number => -1 - each

  function node(level: number, children: Int32Array): Diagram {
    const [first] = children
    if (children.every((each) => each === first)) return first as Diagram
    const key = `${level}:${children.join()}`
    const existing = known.get(key)
    if (existing !== undefined) return existing
    if (levels.length >= limit.nodes) throw rbacError('PHI_RBAC_TOO_LARGE', { info: { ...limit.info, nodes: limit.nodes } })
    levels.push(level)
    known.set(key, edges.push(children) - 1)
    return edges.length - 1
  }

  function map(of: Diagram, change: (value: number) => number): Diagram {
    const done = new Map<Diagram, Diagram>()
    const walk = (each: Diagram): Diagram => {
      const before = done.get(each)
      if (before !== undefined) return before
      const out = each < 0 ? constant(change(constantOf(each))) : node(levelOf(each), (edges[each] as Int32Array).map(walk))
      done.set(each, out)
      return out
    }
    return walk(of)
  }

  function combine(left: Diagram, right: Diagram, both: (left: number, right: number) => number): Diagram {
    const done = new Map<Diagram, Map<Diagram, Diagram>>()
    const compute = (one: Diagram, two: Diagram): Diagram => {
      const level = Math.min(levelOf(one), levelOf(two))
      if (level === sizes.length) return constant(both(constantOf(one), constantOf(two)))
      const ofOne = levelOf(one) === level ? (edges[one] as Int32Array) : undefined
      const ofTwo = levelOf(two) === level ? (edges[two] as Int32Array) : undefined
      const children = new Int32Array(sizes[level] as number)
      for (let i = 0; i < children.length; i++)
        children[i] = walk(ofOne ? (ofOne[i] as Diagram) : one, ofTwo ? (ofTwo[i] as Diagram) : two)
      return node(level, children)
    }
    const walk = (one: Diagram, two: Diagram): Diagram => {
      let row = done.get(one)
      if (row === undefined) {
        row = new Map()
        done.set(one, row)
      }
      const before = row.get(two)
      if (before !== undefined) return before
      const out = compute(one, two)
      row.set(two, out)
      return out
    }
    return walk(left, right)
  }

  function at(of: Diagram, choice: Choice): number {
    let each = of
    while (each >= 0) each = (edges[each] as Int32Array)[choice[levelOf(each)] as number] as Diagram
    return constantOf(each)
  }

  function counts(of: Diagram): ReadonlyMap<number, number> {
    const done = new Map<Diagram, ReadonlyMap<number, number>>()
    /** Counts over the levels from the node's own on. */
    const walk = (each: Diagram): ReadonlyMap<number, number> => {
      const before = done.get(each)
      if (before !== undefined) return before
      const out = new Map<number, number>()
      if (each < 0) out.set(constantOf(each), 1)
      else {
        for (const child of edges[each] as Int32Array) {
          const times = (below[levelOf(each) + 1] as number) / (below[levelOf(child)] as number)
          for (const [value, count] of walk(child)) out.set(value, (out.get(value) ?? 0) + count * times)
        }
      }
      done.set(each, out)
      return out
    }
    const times = (below[0] as number) / (below[levelOf(of)] as number)
    return new Map([...walk(of)].map(([value, count]) => [value, count * times]))
  }

  function find(of: Diagram, wished: (value: number) => boolean): Choice | undefined {
    const hopeless = new Set<Diagram>()
    const choice = sizes.map(() => 0)
    const walk = (each: Diagram): boolean => {
      if (each < 0) return wished(constantOf(each))
      if (hopeless.has(each)) return false
      const children = edges[each] as Int32Array
      for (let i = 0; i < children.length; i++) {
        if (!walk(children[i] as Diagram)) continue
        choice[levelOf(each)] = i
        return true
      }
      hopeless.add(each)
      return false
    }
    return walk(of) ? choice : undefined
  }

  const ofGroup = (group: number, values: ArrayLike<number>): Diagram => node(group, Int32Array.from(values, constant))
  const children = (of: Diagram) => ({ group: levelOf(of), edges: [...(edges[of] as Int32Array)] })
  return { children, sizes, cells: below[0] as number, constant, ofGroup, map, combine, at, counts, find }
}

/** Numbers for what functions of cells have as values: equal things, the same number, in the order in which they came up. */
export interface Numbering<Value> {
  number(value: Value): number
  value(number: number): Value
}

export function numberingBy<Value>(key: (value: Value) => string): Numbering<Value> {
  const numbers = new Map<string, number>()
  const values: Value[] = []
  return {
    number(value) {
      const text = key(value)
      const existing = numbers.get(text)
      if (existing !== undefined) return existing
      numbers.set(text, values.push(value) - 1)
      return values.length - 1
    },
    value: (number) => values[number] as Value,
  }
}
