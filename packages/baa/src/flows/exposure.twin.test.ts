import { covers, type DataClass, dataClasses, overlaps } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Agreement, type AgreementInput, decideAny, parseAgreement, type Registry, registry } from '../index.ts'
import { baseline } from './baseline.ts'
import { defineFlows } from './define.ts'
import { flows } from './flows.ts'
import type { FlowEdgeInput, FlowMap, FlowNodeInput } from './map.ts'

const at = '2026-11-21T10:00:00.000Z'
const runs = process.env.PHI_LONG === '1' ? 2_000 : 40

// ---- random maps and registries ----

const classes = ['phi.schedule', 'phi.schedule.appointment', 'phi.clinical.plan', 'phi.identity.name', 'phi.ai.output'] as const
const parties = ['p0', 'p1', 'p2', 'p3'] as const
const name = fc.constantFrom(...classes)
const some = fc.uniqueArray(name, { minLength: 1, maxLength: 3 })
const held = fc.uniqueArray(fc.constantFrom(...classes.slice(0, 4)), { maxLength: 2 })

type Way = { readonly passes: 'all' | readonly DataClass[] } | { readonly data: readonly DataClass[] }
const way: fc.Arbitrary<Way> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Way>({ passes: 'all' }) },
  { weight: 2, arbitrary: some.map((passes): Way => ({ passes })) },
  { weight: 1, arbitrary: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }).map((data): Way => ({ data })) },
)

const graph = fc
  .integer({ min: 2, max: 7 })
  .chain((count) =>
    fc.record({
      nodes: fc.array(fc.record({ party: fc.constantFrom(...parties), holds: held }), { minLength: count, maxLength: count }),
      edges: fc.array(fc.record({ from: fc.nat(count - 1), to: fc.nat(count - 1), way }), { minLength: 1, maxLength: 9 }),
    }),
  )
  .map(({ nodes, edges }) => {
    const lines = edges.filter(({ from, to }) => from !== to)
    // What an edge states as its data is held where it starts, so that it needs no explanation.
    const stated = (index: number) =>
      lines.flatMap((line) =>
        line.from === index && 'data' in line.way
          ? line.way.data.map((each) => (each.startsWith('phi.ai') ? 'phi.schedule' : each))
          : [],
      )
    return {
      nodes: nodes.map(
        ({ party, holds }, index): FlowNodeInput => ({
          id: `n${index}`,
          kind: 'service',
          party,
          service: 'records.notes',
          holds: [...new Set([...holds, ...stated(index)])] as DataClass[],
        }),
      ),
      edges: lines.map(
        ({ from, to, way: said }, index): FlowEdgeInput => ({
          id: `e${index}`,
          from: `n${from}`,
          to: `n${to}`,
          use: 'treatment',
          ...said,
        }),
      ),
    }
  })

const signed = fc.uniqueArray(
  fc.record({
    from: fc.constantFrom(...parties),
    to: fc.constantFrom(...parties),
    permits: fc.uniqueArray(fc.constantFrom(...classes, 'phi' as const), { minLength: 1, maxLength: 3 }),
    prohibits: fc.uniqueArray(name, { maxLength: 1 }),
  }),
  { selector: ({ from, to }) => `${from} ${to}`, maxLength: 8 },
)

type Signed = (typeof signed)['generate'] extends (...args: never[]) => { value: infer Value } ? Value : never

const known = new Map<string, Agreement>()
/** Parsed once: the same few agreements come again and again. */
function parsed(input: AgreementInput): Agreement {
  const key = JSON.stringify(input)
  const agreement = known.get(key) ?? parseAgreement(input)
  known.set(key, agreement)
  return agreement
}

const modelOf = (agreements: Signed, prohibitToo?: DataClass): Registry =>
  registry(
    agreements
      .filter(({ from, to }) => from !== to)
      .map(({ from, to, permits, prohibits: own }) => {
        const prohibits = [...new Set([...own, ...(prohibitToo === undefined ? [] : [prohibitToo])])]
        return parsed({
          id: `${from}-${to}`,
          tier: 'ba-sub',
          version: '1',
          from: { id: from, kind: 'business-associate' },
          to: { id: to, kind: 'business-associate' },
          services: ['records'],
          permits: permits.filter((permit) => !prohibits.some((each) => covers(each, permit))),
          prohibits,
          uses: ['treatment'],
          effective: '2026-01-01',
          signatures: [from, to].map((party) => ({ party, at: '2026-01-02T09:00:00.000Z' })),
          terms: { subcontractors: true },
        })
      }),
    { parties: parties.map((id) => ({ id, kind: 'business-associate' as const })) },
  )

// ---- the twin: every way without a repeated state, one by one ----

interface Piece {
  readonly node: string
  readonly name: DataClass
  readonly inside: DataClass | ''
}
const show = (piece: Piece) => `${piece.node} ${piece.name} ${piece.inside}`

function moves(edge: FlowMap['edges'][number], { name: given, inside }: Piece): readonly Piece[] {
  const node = edge.to
  if (edge.passes === 'all') return [{ node, name: given, inside }]
  const out: Piece[] = []
  for (const each of edge.passes ?? []) {
    if (covers(each, given)) out.push({ node, name: given, inside })
    else if (covers(given, each)) out.push({ node, name: each, inside })
    if (inside !== '' && overlaps(inside, each)) out.push({ node, name: given, inside })
  }
  for (const item of edge.data ?? []) {
    if (dataClasses[item.class].derived) {
      out.push({ node, name: item.class, inside: '' })
      if (given !== item.class) out.push({ node, name: given, inside: item.class })
    } else {
      if (overlaps(item.class, given)) out.push({ node, name: item.class, inside: '' })
      if (inside !== '' && overlaps(item.class, inside)) out.push({ node, name: given, inside })
    }
  }
  return out
}

interface Walk {
  readonly edges: readonly string[]
  readonly pieces: readonly Piece[]
}

function twin(map: FlowMap, model: Registry) {
  const partyOf = new Map(map.nodes.map((each) => [each.id, each.party]))
  const walks: Walk[] = []
  const go = (walk: Walk, seen: ReadonlySet<string>) => {
    const here = walk.pieces.at(-1) as Piece
    for (const edge of map.edges) {
      if (edge.from !== here.node) continue
      for (const next of moves(edge, here)) {
        const further = { edges: [...walk.edges, edge.id], pieces: [...walk.pieces, next] }
        walks.push(further)
        if (!seen.has(show(next))) go(further, new Set([...seen, show(next)]))
      }
    }
  }
  for (const node of map.nodes) {
    for (const item of node.holds ?? []) {
      const start: Piece = { node: node.id, name: item.class, inside: '' }
      go({ edges: [], pieces: [start] }, new Set([show(start)]))
    }
  }
  const carried = new Map<string, Set<DataClass>>()
  for (const { edges, pieces } of walks) {
    edges.forEach((edge, index) => {
      carried.set(edge, (carried.get(edge) ?? new Set()).add((pieces[index + 1] as Piece).name))
    })
  }
  const ask = (id: string, names: readonly DataClass[]) => {
    const edge = map.edges.find((each) => each.id === id) as FlowMap['edges'][number]
    const [from, to] = [partyOf.get(edge.from) as string, partyOf.get(edge.to) as string]
    if (from === to) return 'allow'
    const data = names.map((each) => (dataClasses[each].derived ? { class: each, madeOf: [] } : { class: each }))
    return decideAny(model, { from, to, service: 'records.notes', use: 'treatment', at, data }).outcome
  }
  const outcome = (edge: string, each: DataClass) => {
    const all = [...(carried.get(edge) ?? [])]
    const together = ask(edge, all)
    if (together === 'allow') return 'allow'
    const alone = ask(edge, [each])
    return alone !== 'allow' ? alone : all.every((other) => ask(edge, [other]) === 'allow') ? together : 'allow'
  }
  const found = new Map<string, { ways: Walk[]; edges: Set<string> }>()
  for (const walk of walks) {
    const last = walk.pieces.at(-1) as Piece
    const edge = walk.edges.at(-1) as string
    if (outcome(edge, last.name) === 'allow') continue
    const key = `${last.node} ${last.name}`
    const known = found.get(key) ?? { ways: [], edges: new Set() }
    const shortest = known.ways[0]?.edges.length ?? Number.POSITIVE_INFINITY
    if (walk.edges.length < shortest) known.ways = [walk]
    else if (walk.edges.length === shortest) known.ways.push(walk)
    known.edges.add(edge)
    found.set(key, known)
  }
  return { found, outcome }
}

// ---- what must hold ----

describe('exposures', () => {
  it('S9 are those of a twin that walks every way', () => {
    let exposed = 0
    fc.assert(
      fc.property(graph, signed, (input, agreements) => {
        const map = defineFlows(input)
        const model = modelOf(agreements)
        const { exposures } = flows(map, model, { at })
        const { found, outcome } = twin(map, model)
        expect(exposures.map((each) => `${each.node} ${each.class}`).sort()).toEqual([...found.keys()].sort())
        for (const each of exposures) {
          exposed++
          const expected = found.get(`${each.node} ${each.class}`)
          expect([...(expected?.edges ?? [])].sort()).toEqual(each.edges)
          const path = each.path.map((step) => `${step.edge} ${step.class} ${step.within ?? ''}`)
          const ways = expected?.ways.map(({ edges, pieces }) =>
            edges.map((edge, index) => `${edge} ${pieces[index + 1]?.name} ${pieces[index + 1]?.inside}`),
          )
          expect(ways).toContainEqual(path)
          const bad = each.path.filter((step) => outcome(step.edge, step.class) !== 'allow')
          expect(each.cut).toBe(bad[0]?.edge)
          expect(each.outcome).toBe(outcome(each.path.at(-1)?.edge as string, each.class))
        }
      }),
      { numRuns: runs },
    )
    expect(exposed).toBeGreaterThan(runs / 4)
  })

  it('S9 do not depend on the order of the map, and neither does a baseline', () => {
    fc.assert(
      fc.property(graph, signed, fc.infiniteStream(fc.nat(1000)), (input, agreements, random) => {
        const shuffled = <Value>(values: readonly Value[]) =>
          values
            .map((value) => ({ value, order: random.next().value }))
            .sort((a, b) => a.order - b.order)
            .map(({ value }) => value)
        const model = modelOf(agreements)
        const one = flows(defineFlows(input), model, { at })
        const other = flows(defineFlows({ nodes: shuffled(input.nodes), edges: shuffled(input.edges) }), model, { at })
        expect(other.exposures).toEqual(one.exposures)
        expect(other.cuts).toEqual(one.cuts)
        expect(baseline(other.findings)).toEqual(baseline(one.findings))
      }),
      { numRuns: runs },
    )
  })

  it('S9 never become fewer when agreements prohibit more, or when an edge is added', () => {
    fc.assert(
      fc.property(graph, signed, name, (input, agreements, prohibited) => {
        const keys = (map: FlowMap, model: Registry) =>
          flows(map, model, { at }).exposures.map((each) => `${each.node} ${each.class}`)
        const map = defineFlows(input)
        const before = keys(map, modelOf(agreements))
        const after = keys(
          map,
          modelOf(
            agreements.map((each) => ({ ...each, permits: [...each.permits] })),
            prohibited,
          ),
        )
        expect(after).toEqual(expect.arrayContaining(before))
        const without = defineFlows({ nodes: input.nodes, edges: input.edges.slice(1) })
        expect(before).toEqual(expect.arrayContaining(keys(without, modelOf(agreements))))
      }),
      { numRuns: runs },
    )
  })
})

describe('cuts', () => {
  const without = (
    input: { nodes: readonly FlowNodeInput[]; edges: readonly FlowEdgeInput[] },
    cut: readonly (string | undefined)[],
  ) => defineFlows({ nodes: input.nodes, edges: input.edges.filter((each) => !cut.includes(each.id)) })

  it('S9 leave no exposure behind', () => {
    fc.assert(
      fc.property(graph, signed, (input, agreements) => {
        const model = modelOf(agreements)
        const { cuts } = flows(defineFlows(input), model, { at })
        const first = cuts.first.map((each) => each.edge)
        expect(cuts.fewest.length).toBeLessThanOrEqual(first.length)
        expect(flows(without(input, cuts.fewest), model, { at }).exposures).toEqual([])
        expect(flows(without(input, first), model, { at }).exposures).toEqual([])
      }),
      { numRuns: runs },
    )
  })

  it('S9 are the fewest edges, and none of the first can be spared, where one class goes everywhere', () => {
    const plain = fc.record({
      edges: fc.uniqueArray(fc.tuple(fc.nat(5), fc.nat(5)), { selector: String, minLength: 4, maxLength: 9 }),
      parties: fc.array(fc.constantFrom(...parties), { minLength: 6, maxLength: 6 }),
    })
    fc.assert(
      fc.property(plain, signed, (drawn, agreements) => {
        const input = {
          nodes: drawn.parties.map(
            (party, index): FlowNodeInput => ({
              id: `n${index}`,
              kind: 'service',
              party,
              service: 'records.notes',
              ...(index === 0 ? { holds: ['phi.clinical.plan'] } : {}),
            }),
          ),
          edges: drawn.edges
            .filter(([from, to]) => from !== to)
            .map(
              ([from, to], index): FlowEdgeInput => ({
                id: `e${index}`,
                from: `n${from}`,
                to: `n${to}`,
                passes: 'all',
                use: 'treatment',
              }),
            ),
        }
        const model = modelOf(agreements)
        const { cuts } = flows(defineFlows(input), model, { at })
        const first = cuts.first.map((each) => each.edge)
        for (const spared of first) {
          const others = first.filter((each) => each !== spared)
          expect(flows(without(input, others), model, { at }).exposures).not.toEqual([])
        }
        for (const fewer of subsets(
          input.edges.map((each) => each.id),
          cuts.fewest.length - 1,
        )) {
          expect(flows(without(input, fewer), model, { at }).exposures).not.toEqual([])
        }
      }),
      { numRuns: Math.ceil(runs / 5) },
    )
  })
})

function subsets<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  if (size < 0) return []
  if (size === 0) return [[]]
  return values.flatMap((each, index) => subsets(values.slice(index + 1), size - 1).map((rest) => [each, ...rest]))
}
