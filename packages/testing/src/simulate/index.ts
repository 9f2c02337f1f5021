/**
 * A simulated practice: a deterministic stream of audit events with known incidents.
 *
 * @module @phi/testing/simulate
 */
export type { SimulatedEvent } from './desk.ts'
export { simulateErrors } from './errors.ts'
export { type Incident, type IncidentKind, type IncidentVariant, incidentKinds, incidentVariants } from './incident.ts'
export { type MeasureOptions, measureDetectors, plainRecords, type Run } from './measure.ts'
export {
  type Counts,
  type DetectorScore,
  type IncidentScore,
  incidentsOf,
  type Score,
  scoreAlerts,
  type Truth,
  type TruthWatch,
  watchTruth,
} from './score.ts'
export {
  type SimulatedPerson,
  type SimulateOptions,
  type Simulation,
  simulatePractice,
} from './simulate.ts'
export { type PracticeRole, practiceRoles, type RoleRow, rates, roleTable } from './table.ts'
export { renderIncidents, renderMeasured } from './table-text.ts'
