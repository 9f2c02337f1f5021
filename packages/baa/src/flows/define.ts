import { parseAs } from '@phi/core'
import { freeze } from '../freeze.ts'
import { own as copyOf, ownOf } from '../own.ts'
import { flowError } from './errors.ts'
import type { FlowEdge, FlowMap, FlowsInput } from './map.ts'
import { flowsSchema } from './schema.ts'

/**
 * Reads a data flow map. An edge to a node that the map does not have, a class that the taxonomy does not have, and so on, do not compile.
 * @throws PhiError PHI_BAA_FLOWS for an unknown word, two nodes or edges with one id, and an edge to a node that is not there
 */
export function defineFlows<const Id extends string>(input: FlowsInput<Id>): FlowMap {
  return readFlows(input)
}

/** As `defineFlows`, for maps that come from a file. @throws PhiError PHI_BAA_FLOWS */
export function parseFlows(input: unknown): FlowMap {
  return readFlows(input)
}

const refuse = (path: string, detail: string) => flowError('PHI_BAA_FLOWS', { path: `flows.${path}`, detail })

const read = new WeakSet<object>()

function readFlows(input: unknown): FlowMap {
  if (typeof input === 'object' && input !== null && read.has(input)) return input as FlowMap
  const own = ownOf(input, () => flowError('PHI_BAA_FLOWS', { path: 'flows', detail: 'the value could not be read' }))
  const parsed = parseAs(flowsSchema, own, 'flows', (context) => flowError('PHI_BAA_FLOWS', context))
  // Without prototypes: nothing that is planted on one is read as a word of the map, here or later.
  const { format, nodes, edges } = copyOf(parsed)
  const ids = new Set(nodes.map((each) => each.id))
  if (ids.size < nodes.length) throw refuse('nodes.*.id', 'must not be given twice')
  const named = edges.map((each) => copyOf({ ...each, id: each.id ?? `${each.from}->${each.to}` }) as FlowEdge)
  for (const { from, to, data, passes } of named) {
    if (!ids.has(from)) throw refuse('edges.*.from', 'must be a node of the map')
    if (!ids.has(to)) throw refuse('edges.*.to', 'must be a node of the map')
    if (from === to) throw refuse('edges.*.to', 'must be another node')
    if ((data === undefined) === (passes === undefined))
      throw refuse('edges.*.data', 'must be given, or `passes`, and not both')
  }
  if (new Set(named.map((each) => each.id)).size < named.length) {
    throw refuse('edges.*.id', 'must not be given twice: two edges between the same nodes need ids of their own')
  }
  const map: FlowMap = freeze(copyOf({ format, nodes, edges: named }))
  read.add(map)
  return map
}
