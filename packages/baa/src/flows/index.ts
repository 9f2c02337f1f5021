export { type BaselineComparison, baseline, compareWithBaseline, type FlowBaseline } from './baseline.ts'
export type { Cuts, EdgeCut } from './cut.ts'
export { defineFlows, parseFlows } from './define.ts'
export { toDot } from './dot.ts'
export { flowErrors } from './errors.ts'
export type { Exposure, PathStep } from './exposure.ts'
export { type FidesImport, type FidesOptions, fromFides, type Unmapped } from './fides.ts'
export { fidesCategories, fidesUses } from './fides-table.ts'
export { type FlowFinding, type FlowRule, flowRules } from './finding.ts'
export { type Carriage, type EdgeReport, type FlowsResult, flows, type NodeReport } from './flows.ts'
export {
  type FlowEdge,
  type FlowEdgeInput,
  type FlowMap,
  type FlowNode,
  type FlowNodeInput,
  type FlowSource,
  type FlowsInput,
  type NodeKind,
  nodeKinds,
} from './map.ts'
export { flowsInMarkdown } from './markdown.ts'
export { toMermaid } from './mermaid.ts'
export { type SarifLog, type SarifOptions, toSarif } from './sarif.ts'
export type { EdgeOutcome } from './verdict.ts'
export type { DrawingOptions } from './view.ts'
