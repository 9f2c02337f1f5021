/**
 * Detectors over a stream of records: pure, deterministic, explained.
 *
 * @module @phi/audit/detect
 */
export { accessActions, outputActions } from './access.ts'
export { type Alert, type AlertSeverity, alertSchema, alertSeverities, type Containment, containmentSchema } from './alert.ts'
export { type AuditGapOptions, auditGap } from './audit-gap.ts'
export { type BreakGlassOptions, breakGlass } from './break-glass.ts'
export { type BulkAccessOptions, bulkAccess } from './bulk-access.ts'
export {
  coworker,
  type SameSurnameOptions,
  sameHousehold,
  sameSurname,
  selfAccess,
  type TouchOptions,
  vipAccess,
} from './closeness.ts'
export { type DenialsOptions, denials } from './denials.ts'
export { type Detection, type DetectionState, type DetectOptions, detect } from './detect.ts'
export type { Coverage, Detector, DetectorState, RunningDetector } from './detector.ts'
export { type DormantAccountOptions, dormantAccount } from './dormant-account.ts'
export { detectErrors } from './errors.ts'
export {
  type Facts,
  type Known,
  type NetworkFact,
  type PatientFact,
  type Place,
  type PracticeFacts,
  practiceFactsSchema,
  type RelationFact,
  type RelationKind,
  relationKinds,
  type StaffFact,
} from './facts.ts'
export { practiceFacts } from './facts-index.ts'
export { type FailedLoginsOptions, failedLogins } from './failed-logins.ts'
export { type ImpossibleTravelOptions, impossibleTravel } from './impossible-travel.ts'
export { type Indicator, type Investigation, investigate, type Question, type Shown, windowAround } from './investigate.ts'
export { type MassOutputOptions, massOutput } from './mass-output.ts'
export { type NewPlaceOptions, newPlace } from './new-place.ts'
export { type OffHoursOptions, offHours } from './off-hours.ts'
export { type PrivilegeChangeOptions, privilegeChange } from './privilege-change.ts'
export { type NoRelationshipOptions, noRelationship } from './relationship.ts'
export { standardDetectors } from './standard.ts'
