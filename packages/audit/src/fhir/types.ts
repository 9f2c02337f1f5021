import type { FhirAction } from './kinds.ts'
import type { FhirCoding } from './systems.ts'
import type { NetworkType } from './text.ts'

export interface FhirConcept {
  readonly coding?: readonly FhirCoding[]
  readonly text?: string
}

export interface FhirIdentifier {
  readonly system?: string
  readonly value: string
}

export interface FhirExtension {
  readonly url: string
  readonly extension?: readonly FhirExtension[]
  readonly valueString?: string
  readonly valueCode?: string
  readonly valueBoolean?: boolean
  readonly valueDecimal?: number
  readonly valueBase64Binary?: string
}

export interface FhirReference {
  readonly extension?: readonly FhirExtension[]
  readonly reference?: string
  readonly type?: string
  readonly identifier?: FhirIdentifier
  readonly display?: string
}

export interface FhirMeta {
  readonly profile?: readonly string[]
  readonly security?: readonly FhirCoding[]
}

interface Absent {
  readonly extension: readonly FhirExtension[]
}

/** FHIR R4 (4.0.1) AuditEvent, the elements that are written here. */
export interface FhirAuditEventR4 {
  readonly resourceType: 'AuditEvent'
  readonly id?: string
  readonly meta?: FhirMeta
  readonly extension: readonly FhirExtension[]
  readonly type: FhirCoding | Absent
  readonly subtype?: readonly FhirCoding[]
  readonly action?: FhirAction
  readonly period?: { readonly start: string; readonly end: string }
  /** When the log took the entry, UTC. */
  readonly recorded: string
  readonly outcome?: '0' | '4' | '8'
  readonly purposeOfEvent?: readonly FhirConcept[]
  readonly agent: readonly FhirAgentR4[]
  readonly source: {
    readonly site?: string
    readonly observer: FhirReference
    readonly type: readonly FhirCoding[]
  }
  readonly entity?: readonly FhirEntityR4[]
}

export interface FhirAgentR4 {
  readonly type?: FhirConcept
  readonly role?: readonly FhirConcept[]
  readonly who: FhirReference
  readonly requestor?: boolean
  /** Stands in for `requestor` where the actor is withheld. */
  readonly _requestor?: Absent
  readonly location?: FhirReference
  readonly policy?: readonly string[]
  readonly network?: { readonly address: string; readonly type: NetworkType }
}

export interface FhirEntityR4 {
  readonly what?: FhirReference
  readonly type: FhirCoding
  readonly role?: FhirCoding
  readonly securityLabel?: readonly FhirCoding[]
  readonly description?: string
  readonly query?: string
}

/** FHIR R5 (5.0.0) AuditEvent, the elements that are written here. */
export interface FhirAuditEventR5 {
  readonly resourceType: 'AuditEvent'
  readonly id?: string
  readonly meta?: FhirMeta
  readonly extension: readonly FhirExtension[]
  readonly category?: readonly FhirConcept[]
  readonly code: FhirConcept | Absent
  readonly action?: FhirAction
  readonly severity?: string
  readonly occurredDateTime?: string
  /** When the log took the entry, UTC. */
  readonly recorded: string
  readonly outcome?: { readonly code: FhirCoding; readonly detail?: readonly FhirConcept[] }
  readonly authorization?: readonly FhirConcept[]
  readonly patient?: FhirReference
  readonly agent: readonly FhirAgentR5[]
  readonly source: {
    readonly site?: FhirReference
    readonly observer: FhirReference
    readonly type: readonly FhirConcept[]
  }
  readonly entity?: readonly FhirEntityR5[]
}

export interface FhirAgentR5 {
  readonly type?: FhirConcept
  readonly role?: readonly FhirConcept[]
  readonly who: FhirReference
  readonly requestor?: boolean
  readonly location?: FhirReference
  readonly policy?: readonly string[]
  readonly networkUri?: string
  readonly networkString?: string
}

export interface FhirEntityR5 {
  readonly what?: FhirReference
  readonly role: FhirConcept
  readonly securityLabel?: readonly FhirConcept[]
  readonly query?: string
}

export type FhirAuditEvent = FhirAuditEventR4 | FhirAuditEventR5
