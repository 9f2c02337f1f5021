import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { defineFlows, parseFlows } from './define.ts'

const nodes = [
  { id: 'a', kind: 'service', party: 'platform', holds: ['phi.schedule'] },
  { id: 'b', kind: 'vendor', party: 'vendor' },
] as const
const edge = { from: 'a', to: 'b', passes: 'all', use: 'operations' } as const

describe('a data flow map', () => {
  it('S54 is read into plain frozen data, with an id for every edge', () => {
    const map = defineFlows({
      nodes,
      edges: [edge, { ...edge, id: 'second', data: ['phi.schedule.appointment'], passes: undefined }],
    })
    expect(map.edges.map((each) => each.id)).toEqual(['a->b', 'second'])
    expect(map.nodes[0]?.holds).toEqual([{ class: 'phi.schedule' }])
    expect(Object.isFrozen(map.nodes[0]?.holds)).toBe(true)
    expect(parseFlows(JSON.parse(JSON.stringify(map)))).toEqual(map)
    expect(parseFlows(map)).toBe(map)
  })

  it('S54 does not compile with an edge to a node that is not there, or a class that does not exist', async () => {
    // @ts-expect-error no node `c`
    const toNowhere = await refusal(() => defineFlows({ nodes, edges: [{ from: 'a', to: 'c', passes: 'all' }] }))
    expect(toNowhere).toMatchObject({ code: 'PHI_BAA_FLOWS', path: 'flows.edges.*.to' })
    // @ts-expect-error no such class
    const noClass = await refusal(() => defineFlows({ nodes, edges: [{ from: 'a', to: 'b', data: ['phi.secret'] }] }))
    expect(noClass).toMatchObject({ code: 'PHI_BAA_FLOWS', path: 'flows.edges.*.data.*' })
  })

  it.each([
    ['two nodes with one id', { nodes: [nodes[0], nodes[0]], edges: [] }, 'flows.nodes.*.id'],
    ['two edges with one id', { nodes, edges: [edge, edge] }, 'flows.edges.*.id'],
    ['an edge from nowhere', { nodes, edges: [{ ...edge, from: 'x' }] }, 'flows.edges.*.from'],
    ['an edge to itself', { nodes, edges: [{ ...edge, to: 'a' }] }, 'flows.edges.*.to'],
    ['neither data nor passes', { nodes, edges: [{ from: 'a', to: 'b' }] }, 'flows.edges.*.data'],
    ['both data and passes', { nodes, edges: [{ ...edge, data: ['phi.schedule'] }] }, 'flows.edges.*.data'],
    ['an empty list of data', { nodes, edges: [{ from: 'a', to: 'b', data: [] }] }, 'flows.edges.*.data'],
    ['a hole in the data', { nodes, edges: [{ from: 'a', to: 'b', data: new Array(1) }] }, 'flows.edges.*.data.*'],
    ['an unknown use', { nodes, edges: [{ ...edge, use: 'fun' }] }, 'flows.edges.*.use'],
    ['an unknown service', { nodes, edges: [{ ...edge, service: 'magic' }] }, 'flows.edges.*.service'],
    ['an unknown label', { nodes, edges: [{ ...edge, labels: ['secret'] }] }, 'flows.edges.*.labels.*'],
    ['an unknown kind', { nodes: [{ ...nodes[0], kind: 'cloud' }], edges: [] }, 'flows.nodes.*.kind'],
    ['an id that is code', { nodes: [{ ...nodes[0], id: 'a"];x' }], edges: [] }, 'flows.nodes.*.id'],
    ['an unknown key', { nodes, edges: [], extra: true }, 'flows'],
    ['no nodes', { nodes: [], edges: [] }, 'flows.nodes'],
    [
      'a line that is no number',
      { nodes: [{ ...nodes[0], source: { file: 'a', line: Number.NaN } }], edges: [] },
      'flows.nodes.*.source.line',
    ],
    ['null', null, 'flows'],
  ])('S54 is refused with %s', async (_, input, path) => {
    expect(await refusal(() => parseFlows(input))).toMatchObject({ code: 'PHI_BAA_FLOWS', path })
  })

  it('S54 takes nothing from a prototype, a cycle or a proxy that throws, and repeats nothing of them', async () => {
    const planted = JSON.parse('{"nodes":[{"id":"a","kind":"service","party":"p","__proto__":{"holds":["phi"]}}],"edges":[]}')
    expect(await refusal(() => parseFlows(planted))).toMatchObject({ code: 'PHI_BAA_FLOWS' })
    const inherited = Object.create({ holds: ['phi'] })
    Object.assign(inherited, { id: 'a', kind: 'service', party: 'p' })
    expect(parseFlows({ nodes: [inherited], edges: [] }).nodes[0]).not.toHaveProperty('holds')
    const item: Record<string, unknown> = { class: 'phi.ai.prompt' }
    item.madeOf = [item]
    expect(await refusal(() => parseFlows({ nodes: [{ ...nodes[0], holds: [item] }], edges: [] }))).toMatchObject({
      code: 'PHI_BAA_FLOWS',
    })
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('Jane Doe')
        },
      },
    )
    const error = await refusal(() => parseFlows({ nodes: [hostile], edges: [] }))
    expect(JSON.stringify(error) + String(error) + String(error.cause)).not.toContain('Jane')
  })

  it('S54 takes `__proto__` as the id of a node as of any other', () => {
    const map = parseFlows({
      nodes: [
        { id: '__proto__', kind: 'store', party: 'p' },
        { id: 'constructor', kind: 'store', party: 'p' },
      ],
      edges: [{ from: '__proto__', to: 'constructor', passes: 'all' }],
    })
    expect(map.edges[0]?.id).toBe('__proto__->constructor')
  })
})
