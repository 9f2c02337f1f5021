import { errorsOf } from '@phi/core'

/** The errors of the FHIR module. A path names elements of a resource or options, never a value. */
export const fhirErrors = {
  PHI_AUDIT_FHIR_OPTIONS: {
    problem: 'An option of the FHIR mapping is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_FHIR_RECORD: {
    problem: 'The record cannot be written as a FHIR resource',
    remedy: 'Pass records as the log, its query or an evidence bundle gives them.',
  },
  PHI_AUDIT_FHIR_RESOURCE: {
    problem: 'The resource is not an AuditEvent that can be read, and nothing of it was taken',
    remedy: 'Correct the named element, or set the resource aside and tell its sender.',
  },
  PHI_AUDIT_FHIR_LIMIT: {
    problem: 'The resource is larger or deeper than an AuditEvent may be here, and nothing of it was taken',
    remedy: 'Set the resource aside; info has the limit that it exceeds.',
  },
  PHI_AUDIT_FHIR_INCOMPLETE: {
    problem: 'The resource does not say what an event cannot do without, and nothing is guessed',
    remedy: 'Ask its sender for the named element.',
  },
  PHI_AUDIT_FHIR_CONTRADICTION: {
    problem: 'Two places of the resource say different things about the same fact, so neither is believed',
    remedy: 'Take the record from its log again; somebody on the way changed one of the two.',
  },
} as const

export const fhirError = errorsOf(fhirErrors)
