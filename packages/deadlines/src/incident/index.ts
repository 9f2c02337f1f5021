/**
 * `@phi/deadlines/incident`: incidents as state machines: from suspicion to the post-incident report, with notices, findings and deadlines.
 *
 * @module
 */
export {
  breachExclusions,
  type ExclusionId,
  missingConditions,
  missingFactors,
  type RiskAssessment,
  riskFactors,
  securedConditions,
} from './assessment.ts'
export { type ClosingBlock, closingBlocks } from './closing.ts'
export { documentationDue, type IncidentDeadlineOptions, type IncidentGroup, incidentDeadlines } from './deadlines.ts'
export {
  type EventOf as IncidentEventOf,
  type IncidentContent,
  type IncidentEvent,
  type IncidentEventType,
  type IncidentOpening,
  incidentEventTypes,
} from './events.ts'
export { irregularities } from './guards.ts'
export {
  applyIncidentEvent,
  type IncidentRecordOptions,
  type IncidentStep,
  nextIncidentEvents,
  openIncident,
  replayIncident,
} from './incident.ts'
export { type NoticeDraft, type NoticeField, noticeDraft } from './notice-draft.ts'
export {
  checkNotice,
  itemsOfWords,
  knownNoticeWords,
  type NoticeAddressee,
  type NoticeContent,
  type NoticeItem,
  type NoticeItemId,
  noticeChecklists,
} from './notice-items.ts'
export {
  type Finding,
  findingOf,
  type Headcount,
  headcount,
  type Incident,
  type IncidentEntry,
  type Investigation,
  investigationOf,
} from './record.ts'
export { type IncidentRefusal, type IncidentRefusalReason, incidentRefusals } from './refusals.ts'
export {
  type IncidentRole,
  type IncidentState,
  type IncidentTransition,
  incidentRoles,
  incidentStates,
  incidentTransitions,
} from './transitions.ts'
