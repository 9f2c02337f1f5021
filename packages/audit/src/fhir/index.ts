/**
 * Records as FHIR AuditEvent, R4 and R5, with the IHE BALP profiles, and back.
 *
 * @module @phi/audit/fhir
 */
export {
  type FhirBundle,
  type FhirBundleEntry,
  type FhirBundleOptions,
  type FhirStreamOptions,
  fhirBundles,
  fhirNdjson,
} from './bundle.ts'
export { fhirDetails } from './details.ts'
export { fhirErrors } from './errors.ts'
export type { FhirParty, FhirR4Options, FhirR5Options, FhirReadOptions } from './options.ts'
export type { FhirEntry } from './own-extensions.ts'
export { BALP, type BalpProfile, balpProfiles, type ProfileFit } from './profiles.ts'
export { type FhirReading, fromFhirR4, fromFhirR5 } from './read.ts'
export { FHIR_NAMESPACE, type FhirCoding } from './systems.ts'
export type {
  FhirAgentR4,
  FhirAgentR5,
  FhirAuditEvent,
  FhirAuditEventR4,
  FhirAuditEventR5,
  FhirConcept,
  FhirEntityR4,
  FhirEntityR5,
  FhirExtension,
  FhirIdentifier,
  FhirMeta,
  FhirReference,
} from './types.ts'
export { profilesOf, toFhirR4 } from './write-r4.ts'
export { toFhirR5 } from './write-r5.ts'
