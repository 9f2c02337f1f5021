import type { Request } from '../decision/request.ts'
import type { Tree } from '../decision/tree.ts'
import type { Atom } from '../expression/expression.ts'
import { FALSE, not, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'
import { type Choice, type Diagram, type Diagrams, diagramsOver, MAX_NODES } from './diagram.ts'
import { type Group, realisableWays } from './realisable.ts'
import { sceneFor } from './scene.ts'
import { componentsOf, type Source, type Tested, variablesOf } from './variables.ts'

/** All that requests for one type and action can bring about, as far as these atoms can tell requests apart. */
export interface Space {
  readonly type: string
  readonly action: string
  readonly atoms: readonly Atom[]
  readonly groups: readonly Group[]
  readonly diagrams: Diagrams
  /** The truth of an atom, cell by cell. */
  atom(index: number): Diagram
  /** The truth of a condition over the atoms. No condition is true. */
  truth(tree: Tree | undefined): Diagram
  truths(choice: Choice): readonly Truth[]
  /** The cell with these truths. `undefined` for truths that cannot come together. */
  choice(truths: readonly Truth[]): Choice | undefined
  /** A request that falls into the cell. */
  request(choice: Choice, roles: readonly string[]): Request
}

/** How large an analysis may become before it is refused. */
export interface AnalysisLimits {
  /** Nodes of the decision diagrams of one type and action. Default a million: some hundred megabytes. */
  readonly maxNodes?: number | undefined
}

const both = (decisive: Truth) => (one: number, two: number) => {
  if (one === decisive || two === decisive) return decisive
  return one === UNKNOWN || two === UNKNOWN ? UNKNOWN : one
}
const and = both(FALSE)
const or = both(TRUE)

/**
 * The space of the atoms of one type and action.
 * @throws PhiError PHI_RBAC_TOO_LARGE when the atoms on some attribute can come out in too many ways
 */
export function spaceOf(
  sources: readonly Source[],
  type: string,
  action: string,
  tested: readonly Tested[],
  limits: AnalysisLimits = {},
): Space {
  const atoms = tested.map(({ atom }) => atom)
  const variables = variablesOf(sources, atoms)
  const [{ type: declared }] = sources as readonly [Source]
  const scene = () => sceneFor(type, action, declared.tenant, declared.patient)
  const groups = componentsOf(variables, atoms)
    .map((component) => {
      const members = atoms.flatMap((atom, index) => (component.includes(variables.reads(atom)[0] as string) ? [index] : []))
      return { component, members }
    })
    .sort((a, b) => (a.members[0] as number) - (b.members[0] as number))
    .map(({ component, members }) => realisableWays(component, variables, tested, members, scene()))
  const diagrams = diagramsOver(
    groups.map(({ ways }) => ways.length),
    { nodes: limits.maxNodes ?? MAX_NODES, info: { type, action, conditions: atoms.length } },
  )
  const place = new Map(groups.flatMap((group, g) => group.atoms.map((index, at) => [index, { group, g, at }] as const)))
  const made = new Map<number, Diagram>()
  const atom = (index: number): Diagram => {
    const existing = made.get(index)
    if (existing !== undefined) return existing
    const { group, g, at } = place.get(index) as { group: Group; g: number; at: number }
    const out = diagrams.ofGroup(
      g,
      group.ways.map((way) => way[at] as Truth),
    )
    made.set(index, out)
    return out
  }
  const truth = (tree: Tree | undefined): Diagram => {
    if (tree === undefined) return diagrams.constant(TRUE)
    if (tree.op === 'atom') return atom(tree.index)
    if (tree.op === 'not') return diagrams.map(truth(tree.of), (value) => not(value as Truth))
    const pair = tree.op === 'and' ? and : or
    return tree.of.map(truth).reduce((left, right) => diagrams.combine(left, right, pair))
  }
  return {
    type,
    action,
    atoms,
    groups,
    diagrams,
    atom,
    truth,
    truths(choice) {
      const out = new Array<Truth>(atoms.length).fill(UNKNOWN)
      for (const [g, group] of groups.entries()) {
        const way = group.ways[choice[g] as number] as readonly Truth[]
        for (const [at, index] of group.atoms.entries()) out[index] = way[at] as Truth
      }
      return out
    },
    choice(truths) {
      const out = groups.map(({ ways, atoms: members }) =>
        ways.findIndex((way) => way.every((each, at) => each === truths[members[at] as number])),
      )
      return out.includes(-1) ? undefined : out
    },
    request(choice, roles) {
      const stage = scene()
      for (const [g, group] of groups.entries())
        for (const [id, value] of group.assignments[choice[g] as number] ?? []) stage.set(id, value)
      return stage.request(roles)
    },
  }
}
