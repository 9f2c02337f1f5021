/**
 * `@phi/deadlines/request`: requests of individuals as state machines: what came in, what was done, what is due, and what an answer must contain.
 *
 * @module
 */

export type { Entry, Refusal } from '../machine/history.ts'
export {
  type ChecklistItem,
  checklistOf as requestChecklist,
  type RequestChecklist,
  requestChecklists,
} from './checklists.ts'
export { deadlinesOf, documentationOf } from './deadlines-of.ts'
export {
  type EventOf as RequestEventOf,
  type RequestEvent,
  type RequestEventType,
  type RequestOpening,
  type RestrictionFacts,
  requestEventTypes,
} from './events.ts'
export { feeOf, suspensionsOf } from './fee.ts'
export { denialGrounds, type Ground } from './grounds.ts'
export { openStates, type RequestKind, type RequestState, requestKinds, requestStates } from './kinds.ts'
export { type Linked, linkedMaterial, type WithDisclosures, withDisclosures } from './linked.ts'
export type { IndividualRequest, RequestEntry } from './record.ts'
export { type RequestRefusal, type RequestRefusalReason, requestRefusals } from './refusals.ts'
export {
  applyRequestEvent,
  isOpenRequest,
  nextEvents,
  openRequest,
  type RecordOptions,
  type RequestStep,
  replayRequest,
} from './request.ts'
export { mustAgreeTo } from './restriction.ts'
export { type RequestTransition, requestTransitions } from './transitions.ts'
