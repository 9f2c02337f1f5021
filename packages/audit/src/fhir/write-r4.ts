import type { AuditOutcome } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import type { DraftAgent } from './agents.ts'
import { draftOf, metaOf } from './draft.ts'
import type { DraftEntity } from './entities.ts'
import { type FhirR4Options, r4Options } from './options.ts'
import { fitsOf, type ProfileFit } from './profiles.ts'
import { SOURCE_TYPE_DISPLAYS } from './source-types.ts'
import { coding, DATA_ABSENT, systems } from './systems.ts'
import { networkType } from './text.ts'
import type { FhirAgentR4, FhirAuditEventR4, FhirEntityR4 } from './types.ts'

/** RFC 3881 §5.1.4 as DICOM has it: 4 minor, 8 serious failure. What was refused changed nothing, and is the lesser one. */
const outcomesR4: Readonly<Record<AuditOutcome, '0' | '4' | '8'>> = { success: '0', denied: '4', failure: '8' }

function agentR4({ type, role, who, requestor, location, policy, network }: DraftAgent): FhirAgentR4 {
  return {
    ...(type === undefined ? {} : { type: { coding: type } }),
    ...(role === undefined ? {} : { role }),
    who,
    ...(requestor === undefined ? { _requestor: { extension: who.extension ?? [] } } : { requestor }),
    ...(location === undefined ? {} : { location }),
    ...(policy === undefined ? {} : { policy }),
    ...(network === undefined ? {} : { network: { address: network, type: networkType(network) ?? '1' } }),
  }
}

const entityR4 = ({ labels, ...entity }: DraftEntity): FhirEntityR4 => ({
  ...entity,
  ...(labels === undefined ? {} : { securityLabel: labels }),
})

interface Written {
  readonly resource: FhirAuditEventR4
  readonly fits: readonly ProfileFit[]
}

function write(record: AuditRecord, options: FhirR4Options): Written {
  const parsed = r4Options(options)
  const draft = draftOf(record, parsed, 'R4')
  const { kind, purpose, occurredAt } = draft
  const absent = { extension: [{ url: DATA_ABSENT, valueCode: draft.absent }] }
  const body = {
    extension: draft.extension,
    type: kind?.type ?? absent,
    ...(draft.subtypes.length === 0 ? {} : { subtype: draft.subtypes }),
    ...(kind === undefined ? {} : { action: kind.action }),
    ...(occurredAt === undefined ? {} : { period: { start: occurredAt, end: occurredAt } }),
    recorded: draft.recordedAt,
    ...(draft.outcome === undefined ? {} : { outcome: outcomesR4[draft.outcome] }),
    ...(purpose === undefined ? {} : { purposeOfEvent: [purpose] }),
    agent: draft.agents.map(agentR4),
    source: {
      ...(parsed.site === undefined ? {} : { site: parsed.site }),
      observer: draft.observer,
      type: [coding(systems.sourceType, parsed.sourceType, SOURCE_TYPE_DISPLAYS[parsed.sourceType])],
    },
    ...(draft.entities.length === 0 ? {} : { entity: draft.entities.map(entityR4) }),
  }
  const fits = fitsOf(record, parsed, body)
  const profiles = fits.filter(({ missing }) => missing.length === 0).map(({ url }) => url)
  const id = draft.id === undefined ? {} : { id: draft.id }
  return { fits, resource: { resourceType: 'AuditEvent', ...id, ...metaOf(profiles, draft.security), ...body } }
}

/**
 * A record as FHIR R4 (4.0.1) AuditEvent. `meta.profile` names the IHE BALP profiles whose required elements are there; see
 * {@link profilesOf}. What FHIR has no element for stands in extensions under `urn:phi:audit:fhir:v1`, so `fromFhirR4` gives the same
 * event. A group that is withheld, sealed or altered is said to be so, and nothing of it is guessed.
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, PHI_AUDIT_FHIR_RECORD
 */
export function toFhirR4(record: AuditRecord, options: FhirR4Options = {}): FhirAuditEventR4 {
  return write(record, options).resource
}

/**
 * The BALP profiles that are for a record like this one, and what each of them still asks for: often the address of the server, which
 * the options give. {@link toFhirR4} names those that miss nothing.
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, PHI_AUDIT_FHIR_RECORD
 */
export function profilesOf(record: AuditRecord, options: FhirR4Options = {}): readonly ProfileFit[] {
  return write(record, options).fits
}
