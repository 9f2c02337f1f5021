import type { DataClass, DataItem, Label, Service, Use } from '@phi/core'
import type { Where } from '../agreement/agreement.ts'
import type { AttestedIdentifiability, Authorization } from '../decide/request.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'

export const nodeKinds = ['store', 'service', 'vendor', 'person'] as const
export type NodeKind = (typeof nodeKinds)[number]

/** Where something is declared, for reports: a path from the root of the repository, and a line from 1. */
export interface FlowSource {
  readonly file: string
  readonly line?: number | undefined
}

/** A store, service, vendor or person that data is at. */
export interface FlowNodeInput<Id extends string = string> {
  readonly id: Id
  /** For drawing. Whether data may come here is decided by the party. */
  readonly kind: NodeKind
  /** Who has the data here: the id of a party of the registry. */
  readonly party: string
  /**
   * The data that enters the map here. A derived class (`phi.ops.backup`, `phi.ai.output`) without `madeOf` is made of everything that is
   * here, wherever it came from.
   */
  readonly holds?: readonly (DataClass | DataItem)[] | undefined
  /** All that it needs, for the minimum necessary standard. Left out: nobody has said, and nothing is checked. */
  readonly requires?: readonly DataClass[] | undefined
  /** What it does with data, where an edge does not say. */
  readonly service?: Service | undefined
  readonly where?: Where | undefined
  readonly label?: string | undefined
  readonly source?: FlowSource | undefined
}

/** That data goes from one node to another. Either `data` or `passes` says which. */
export interface FlowEdgeInput<Id extends string = string> {
  /** Names the edge in baselines. Default `from->to`; two edges between the same nodes need ids of their own. */
  readonly id?: string | undefined
  readonly from: Id
  readonly to: Id
  /**
   * The data that goes, as stated. A derived class without `madeOf` is made of everything that is at `from`: an error report of an
   * application that holds notes may hold notes.
   */
  readonly data?: readonly (DataClass | DataItem)[] | undefined
  /** What goes on of the data that is at `from`: all of it, or what these classes cover. */
  readonly passes?: 'all' | readonly DataClass[] | undefined
  /** The labels that records on this edge are under, where an item does not say. Left out: those that they came with. */
  readonly labels?: readonly Label[] | undefined
  /** What the receiving side uses it for. Left out: not known, and then not allowed. */
  readonly use?: Use | undefined
  /** What the receiving side does with it. Default: the service of the node. */
  readonly service?: Service | undefined
  /** Added to `where` of the node. */
  readonly where?: Where | undefined
  readonly exemption?: ExemptionClaim | undefined
  /** The party for whom the sender holds the data, where data goes back: see `DecisionRequest`. */
  readonly heldFor?: string | undefined
  readonly plan?: string | undefined
  readonly conditions?: { readonly [condition: string]: boolean } | undefined
  readonly identifiability?: AttestedIdentifiability | undefined
  readonly authorization?: Authorization | undefined
  readonly note?: string | undefined
  readonly source?: FlowSource | undefined
}

/** A data flow map as it is written. */
export interface FlowsInput<Id extends string = string> {
  readonly nodes: readonly FlowNodeInput<Id>[]
  readonly edges: readonly FlowEdgeInput<NoInfer<Id>>[]
}

export type FlowNode = Omit<FlowNodeInput, 'holds'> & { readonly holds?: readonly DataItem[] | undefined }
export type FlowEdge = Omit<FlowEdgeInput, 'id' | 'data'> & {
  readonly id: string
  readonly data?: readonly DataItem[] | undefined
}

/** A data flow map that was read: what `defineFlows` and `parseFlows` return. Plain, frozen JSON. */
export interface FlowMap {
  readonly format: 'phi.flows/v1'
  readonly nodes: readonly FlowNode[]
  readonly edges: readonly FlowEdge[]
}
