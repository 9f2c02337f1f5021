import type { AuditOutcome, AuditSeverity } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import type { DraftAgent } from './agents.ts'
import { draftOf, metaOf } from './draft.ts'
import { DOMAIN_RESOURCE, type DraftEntity, PATIENT } from './entities.ts'
import { type FhirR5Options, r5Options } from './options.ts'
import { SOURCE_TYPE_DISPLAYS } from './source-types.ts'
import { coding, DATA_ABSENT, ours, sameCode, systems } from './systems.ts'
import { networkType } from './text.ts'
import type { FhirAgentR5, FhirAuditEventR5, FhirEntityR5 } from './types.ts'

/** R5 asks for issue-severity. A refusal is an error too, so that whoever drops the detail does not take it for a success. */
const outcomesR5: Readonly<Record<AuditOutcome, 'success' | 'error'>> = {
  success: 'success',
  denied: 'error',
  failure: 'error',
}

/** FHIR R5 audit-event-severity. */
const severityR5 = (severity: AuditSeverity): string => (severity === 'info' ? 'informational' : severity)

function agentR5({ type, role, who, requestor, location, policy, network }: DraftAgent): FhirAgentR5 {
  const isUri = network !== undefined && networkType(network) === '5'
  return {
    ...(type === undefined ? {} : { type: { coding: type } }),
    ...(role === undefined ? {} : { role }),
    who,
    ...(requestor === undefined ? {} : { requestor }),
    ...(location === undefined ? {} : { location }),
    ...(policy === undefined ? {} : { policy }),
    ...(network === undefined ? {} : isUri ? { networkUri: network } : { networkString: network }),
  }
}

function entityR5({ what, role, labels, query }: DraftEntity): FhirEntityR5 {
  return {
    ...(what === undefined ? {} : { what }),
    role: { coding: [role ?? DOMAIN_RESOURCE] },
    ...(labels === undefined ? {} : { securityLabel: labels.map((label) => ({ coding: [label] })) }),
    ...(query === undefined ? {} : { query }),
  }
}

const isPatient = ({ role }: DraftEntity) => role !== undefined && sameCode(role, PATIENT)

/**
 * A record as FHIR R5 (5.0.0) AuditEvent. BALP's profiles are for R4, so none is named. One patient stands in `patient`, several
 * are entities. For the rest see `toFhirR4`.
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, PHI_AUDIT_FHIR_RECORD
 */
export function toFhirR5(record: AuditRecord, options: FhirR5Options = {}): FhirAuditEventR5 {
  const parsed = r5Options(options)
  const draft = draftOf(record, parsed, 'R5')
  const { kind, purpose, occurredAt, outcome } = draft
  const patients = draft.entities.filter(isPatient)
  const patient = patients.length === 1 ? patients[0]?.what : undefined
  const entities = patient === undefined ? draft.entities : draft.entities.filter((entity) => !isPatient(entity))
  const absent = { extension: [{ url: DATA_ABSENT, valueCode: draft.absent }] }
  return {
    resourceType: 'AuditEvent',
    ...(draft.id === undefined ? {} : { id: draft.id }),
    ...metaOf([], draft.security),
    extension: draft.extension,
    ...(kind === undefined ? {} : { category: [{ coding: [kind.type] }] }),
    code: kind === undefined ? absent : { coding: draft.subtypes },
    ...(kind === undefined ? {} : { action: kind.action }),
    ...(draft.severity === undefined ? {} : { severity: severityR5(draft.severity) }),
    ...(occurredAt === undefined ? {} : { occurredDateTime: occurredAt }),
    recorded: draft.recordedAt,
    ...(outcome === undefined
      ? {}
      : {
          outcome: {
            code: coding(systems.issueSeverity, outcomesR5[outcome]),
            ...(outcome === 'denied' ? { detail: [{ coding: [coding(ours.outcome, 'denied')] }] } : {}),
          },
        }),
    ...(purpose === undefined ? {} : { authorization: [purpose] }),
    ...(patient === undefined ? {} : { patient }),
    agent: draft.agents.map(agentR5),
    source: {
      ...(parsed.site === undefined ? {} : { site: { display: parsed.site } }),
      observer: draft.observer,
      type: [{ coding: [coding(systems.sourceType, parsed.sourceType, SOURCE_TYPE_DISPLAYS[parsed.sourceType])] }],
    },
    ...(entities.length === 0 ? {} : { entity: entities.map(entityR5) }),
  }
}
