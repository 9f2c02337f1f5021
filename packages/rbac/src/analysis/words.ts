import type { Atom, Term } from '../expression/expression.ts'
import { FALSE, TRUE, UNKNOWN } from '../expression/truth.ts'
import type { Choice, Diagram } from './diagram.ts'
import type { Space } from './space.ts'

/** Which truths a part of a description allows an atom: bit 0 false, bit 1 true, bit 2 unknown. */
export interface Literal {
  readonly atom: number
  readonly allowed: number
}

/** Cells that have all of these in common. */
export type Cube = readonly Literal[]

/** A set of cells in words. */
export interface Description {
  /** "always", "never", or conditions joined by "or". Constants of the policy are written out. */
  readonly text: string
  /** Whether the words name exactly these cells. Otherwise they name some of them: "at least when". */
  readonly exact: boolean
  /** The text where it is short; else its shortest alternative, and how much more there is. */
  readonly brief: string
  readonly cubes: readonly Cube[]
}

const F = 1 << FALSE
const T = 1 << TRUE
const U = 1 << UNKNOWN

/** How many alternatives a description has at most. */
const MAX_ALTERNATIVES = 8

const quoted = (value: string | number | boolean): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))
const signs = { eq: ['=', '!='], lt: ['<', '>='], le: ['<=', '>'], gt: ['>', '<='], ge: ['>=', '<'] } as const

function side(term: Term): string {
  if ('attr' in term) return term.attr
  return 'now' in term ? 'now' : quoted(term.value)
}

/** An atom in words when it holds (0) and when it does not (1). Constants are written as in JSON, so that none breaks a line. */
function atomWords(atom: Atom): readonly [yes: string, no: string] {
  const both = (word: (not: boolean) => string): readonly [string, string] => [word(false), word(true)]
  switch (atom.op) {
    case 'eq':
      // `resource.restricted = true` reads better as `resource.restricted is true`.
      for (const [one, two] of [[atom.left, atom.right] as const, [atom.right, atom.left] as const]) {
        if (!('value' in two) || typeof two.value !== 'boolean') continue
        const { value } = two
        return both((not) => `${side(one)} is ${value !== not}`)
      }
      return both((not) => `${side(atom.left)} ${signs.eq[not ? 1 : 0]} ${side(atom.right)}`)
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return both((not) => `${side(atom.left)} ${signs[atom.op][not ? 1 : 0]} ${side(atom.right)}`)
    case 'in': {
      const right = 'values' in atom.right ? `(${atom.right.values.map(quoted).join(', ')})` : side(atom.right)
      return both((not) => `${side(atom.left)} ${not ? 'not in' : 'in'} ${right}`)
    }
    case 'has':
      return [`${atom.of} is present`, `${atom.of} is not loaded`]
    case 'null':
      return both((not) => `${atom.of} is ${not ? 'not ' : ''}null`)
    case 'cidr':
      return both((not) => `${atom.of} ${not ? 'not in' : 'in'} network ${atom.ranges.join(', ')}`)
    case 'purpose':
      return both((not) => `purpose is ${not ? 'not ' : ''}${atom.is.join(not ? ' nor ' : ' or ')}`)
    case 'granted':
      return [`there is a grant of ${atom.kind}`, `there is no grant of ${atom.kind}`]
  }
}

/** A literal in words. A condition is unknown when what it reads was not loaded or has a wrong type. */
export function literalText(atom: Atom, allowed: number): string {
  const [yes, no] = atomWords(atom)
  switch (allowed) {
    case T:
      return yes
    case F:
      return no
    case U:
      return `"${yes}" is unknown`
    case T | U:
      return `${yes} (or unknown)`
    case F | U:
      return `${no} (or unknown)`
    default:
      return `"${yes}" is known`
  }
}

const literalTexts = (space: Space, cube: Cube): readonly string[] =>
  cube.map(({ atom, allowed }) => literalText(space.atoms[atom] as Atom, allowed))
const cubeText = (space: Space, cube: Cube): string => literalTexts(space, cube).join(' and ')

/** How long a description may be that stands in a line of a table, and how many conditions it then shows. */
const BRIEF_LENGTH = 240
const BRIEF_CONDITIONS = 3

function briefOf(space: Space, text: string, cubes: readonly Cube[]): string {
  if (text.length <= BRIEF_LENGTH) return text
  const shortest = cubes.reduce((best, each) => (each.length < best.length ? each : best))
  const conditions = literalTexts(space, shortest)
  const more = conditions.length - BRIEF_CONDITIONS
  const shown = more <= 1 ? conditions : [...conditions.slice(0, BRIEF_CONDITIONS), `${more} more conditions`]
  const others = cubes.length - 1
  return `${shown.join(' and ')}${others === 0 ? '' : `, or in ${others} other ${others === 1 ? 'way' : 'ways'}`}`
}

const isOne = (value: number): boolean => value === 1

function cubeDiagram(space: Space, cube: Cube): Diagram {
  const { diagrams } = space
  return cube.reduce(
    (out, { atom, allowed }) =>
      diagrams.combine(out, space.atom(atom), (inside, truth) => (inside === 1 && (allowed & (1 << truth)) !== 0 ? 1 : 0)),
    diagrams.constant(1),
  )
}

/** The one cell of a choice, as a cube. */
function seedCube(space: Space, choice: Choice): Cube {
  return space.truths(choice).map((truth, atom) => ({ atom, allowed: 1 << truth }))
}

/** Widens a cube as far as it stays inside: first whole conditions go, unknown ones before false ones before true ones. */
function widened(cube: Cube, isInside: (cube: Cube) => boolean, isMore: (wider: Cube, cube: Cube) => boolean): Cube {
  const order = [U, F, T].flatMap((truth) => cube.filter(({ allowed }) => allowed === truth))
  let out = cube
  for (const literal of order) {
    const without = out.filter((each) => each.atom !== literal.atom)
    if (isInside(without)) out = without
  }
  for (const literal of out) {
    for (const more of [F | U, T | U, F | T]) {
      if ((literal.allowed & more) !== literal.allowed) continue
      const wider = out.map((each) => (each.atom === literal.atom ? { atom: each.atom, allowed: more } : each))
      if (!isInside(wider) || !isMore(wider, out)) continue
      out = wider
      break
    }
  }
  return out
}

/**
 * Describes the cells for which a function is 1, in few words: cubes that cannot be wider, until all cells are named or there are
 * too many of them. Cells for which it is 2 do not matter. What cannot happen is left out of consideration, so "status is a" need
 * not add "and is not b".
 */
export function describe(space: Space, cells: Diagram, most = MAX_ALTERNATIVES): Description {
  const { diagrams } = space
  const values = new Set(diagrams.counts(cells).keys())
  if (!values.has(1)) return { text: 'never', brief: 'never', exact: true, cubes: [] }
  if (!values.has(0)) return { text: 'always', brief: 'always', exact: true, cubes: [[]] }
  const cubes: Cube[] = []
  let left = cells
  const isInside = (cube: Cube): boolean => {
    const outside = diagrams.combine(cubeDiagram(space, cube), cells, (inside, wanted) =>
      inside === 1 && wanted === 0 ? 1 : 0,
    )
    return outside === diagrams.constant(0)
  }
  const named = (cube: Cube): Diagram =>
    diagrams.combine(cubeDiagram(space, cube), cells, (inside, wanted) => (inside === 1 && wanted === 1 ? 1 : 0))
  // "Or unknown" is not said where it makes no difference.
  const isMore = (wider: Cube, cube: Cube): boolean => named(wider) !== named(cube)
  let choice = diagrams.find(left, isOne)
  while (choice !== undefined && cubes.length < most) {
    const cube = widened(seedCube(space, choice), isInside, isMore)
    cubes.push(cube)
    left = diagrams.combine(left, cubeDiagram(space, cube), (wanted, inside) => (inside === 1 ? 0 : wanted))
    choice = diagrams.find(left, isOne)
  }
  const needed = withoutRedundant(space, cubes)
  const texts = needed.map((cube) => cubeText(space, cube))
  const text =
    texts.length === 1 ? (texts[0] as string) : texts.map((each) => (each.includes(' and ') ? `(${each})` : each)).join(' or ')
  return { text, brief: briefOf(space, text, needed), exact: choice === undefined, cubes: needed }
}

/** Leaves out cubes that the others name together; later ones were found to fill gaps, so earlier ones go first. */
function withoutRedundant(space: Space, cubes: readonly Cube[]): readonly Cube[] {
  const { diagrams } = space
  const union = (some: readonly Cube[]): Diagram =>
    some.reduce((out, cube) => diagrams.combine(out, cubeDiagram(space, cube), (one, two) => one | two), diagrams.constant(0))
  const all = union(cubes)
  let out = cubes
  for (const cube of cubes) {
    const others = out.filter((each) => each !== cube)
    if (union(others) === all) out = others
  }
  return out
}

/** "", "when …", or "at least when …". */
export function whenText({ text, exact }: Description): string {
  if (text === 'always') return ''
  return `${exact ? 'when' : 'at least when'} ${text}`
}

/** The same in brief. */
export function briefWhenText({ brief, exact }: Description): string {
  return whenText({ text: brief, brief, exact, cubes: [] })
}
