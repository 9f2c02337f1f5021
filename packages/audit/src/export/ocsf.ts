import { parseInstant } from '@phi/core'
import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import { markOf } from './marks.ts'
import { activityOf, OCSF_VERSION, ocsfSeverities, ocsfUserTypes } from './ocsf-classes.ts'
import { checkOptions, parseOptions, productName, productSchema, type ReportingProduct } from './options.ts'
import { oneLineJson } from './record-json.ts'
import { type PatientOptions, patientOptionsShape, type RedactedRecord, redactParsed } from './redact.ts'
import { severityOf } from './severity.ts'
import { type Records, type WriteOptions, writeLines } from './summary.ts'

export interface OcsfOptions extends PatientOptions {
  /** What reports: `metadata.product`. `name` defaults to `@phi/audit`; `vendor` and `version` are left out unless given. */
  readonly product?: ReportingProduct
  /** The name of the service that people sign in to: `service.name` of authentication. Default: the log's origin. */
  readonly service?: string
}

export const ocsfOptionsShape = { product: productSchema, service: productName.optional() }
const optionsSchema = z.strictObject({ ...patientOptionsShape, ...ocsfOptionsShape })
export type ParsedOcsfOptions = z.output<typeof optionsSchema>

/** JSON as OCSF has it. */
export type OcsfValue = string | number | boolean | null | readonly OcsfValue[] | { readonly [key: string]: OcsfValue }

/** An OCSF event: an object that JSON.stringify writes. */
export interface OcsfEvent {
  readonly class_uid: number
  readonly activity_id: number
  readonly type_uid: number
  readonly time: number
  readonly [attribute: string]: OcsfValue
}

type Draft = { [key: string]: OcsfValue | undefined }

/** Without what is undefined, and undefined where nothing is left. */
function compact(draft: Draft): { [key: string]: OcsfValue } | undefined {
  const entries = Object.entries(draft).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as { [key: string]: OcsfValue })
}

/**
 * A record as an OCSF event. The class follows from the action (`ocsfActivities`); ids stand with their captions; times are milliseconds
 * since 1970. What OCSF has no attribute for is in `unmapped`, and so is what is withheld, sealed, altered, omitted and hashed. A value
 * that the class requires and the record does not show is one of the marks `[withheld]`, `[sealed]`, `[altered]`, `[not recorded]`.
 *
 * By default no identifier of a patient and no free text leaves: see `PatientOptions`. With `include` they stand in `actor.user.uid`,
 * `user.uid`, `resources[].uid`, `entity.uid` and `unmapped` (`patients`, `on_behalf_of`, `resource`, `reason`, `disclosure`, `details`).
 * @throws PhiError PHI_AUDIT_EXPORT_OPTIONS
 */
export function toOcsf(record: AuditRecord, options: OcsfOptions = {}): OcsfEvent {
  const parsed = parseOptions(optionsSchema, options)
  return ocsfOf(redactParsed(record, parsed), parsed)
}

/** Records as OCSF events, one line of JSON each. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS; and what the source throws */
export function writeOcsf(records: Records, options: OcsfOptions & WriteOptions = {}): AsyncGenerator<string, void, undefined> {
  const { onEnd, ...rest } = options
  checkOptions({ onEnd }, 'onEnd')
  const parsed = parseOptions(optionsSchema, rest)
  return writeLines(records, (record) => oneLineJson(ocsfOf(redactParsed(record, parsed), parsed)), { ...(onEnd && { onEnd }) })
}

export function ocsfOf(redacted: RedactedRecord, options: Omit<ParsedOcsfOptions, keyof PatientOptions>): OcsfEvent {
  const { record } = redacted
  const { action, outcome, severity } = record.event
  const activity = activityOf(action)
  const [severityId, severityCaption] =
    action === undefined && record.genuine && severity === undefined ? [0, 'Unknown'] : ocsfSeverities[severityOf(record)]
  const isDenied = outcome === 'denied'
  const policy = record.event.context?.decision?.policy
  return compact({
    activity_id: activity.id,
    activity_name: activity.caption,
    category_name: activity.class.category.name,
    category_uid: activity.class.category.uid,
    class_name: activity.class.name,
    class_uid: activity.class.uid,
    type_name: `${activity.class.name}: ${activity.caption}`,
    type_uid: activity.class.uid * 100 + activity.id,
    severity_id: severityId,
    severity: severityCaption,
    time: parseInstant(record.event.occurredAt ?? record.recordedAt),
    message: `${action ?? markOf(record, 'event')}: ${outcome ?? markOf(record, 'event')}`,
    status: outcome === undefined ? undefined : outcome === 'success' ? 'Success' : 'Failure',
    status_id: outcome === undefined ? undefined : outcome === 'success' ? 1 : 2,
    status_code: outcome,
    // The profile security_control: whether something was let through, and by which policy.
    action_id: isDenied ? 2 : outcome === 'success' ? 1 : undefined,
    action: isDenied ? 'Denied' : outcome === 'success' ? 'Allowed' : undefined,
    policy: policy === undefined ? undefined : { name: policy },
    is_alert: record.genuine ? undefined : true,
    metadata: metadataOf(record, options),
    ...placesOf(record, activity.name, options),
    unmapped: unmappedOf(redacted),
  }) as unknown as OcsfEvent
}

function metadataOf(record: AuditRecord, { product }: Pick<ParsedOcsfOptions, 'product'>): { [key: string]: OcsfValue } {
  const { id, occurredAt, action, source } = record.event
  return compact({
    version: OCSF_VERSION,
    profiles: ['security_control', 'host'],
    product: compact({ name: product.name, vendor_name: product.vendor, version: product.version }),
    // Where the event's own id is not shown, the entry's hash is as unique.
    uid: id ?? record.hash,
    event_code: action,
    log_name: record.origin,
    log_version: 'phi.audit/v1',
    logged_time: parseInstant(record.recordedAt),
    original_time: occurredAt,
    // integer_t is read into 32 bits by some; `unmapped.index` always holds it.
    sequence: record.index < 2 ** 31 ? record.index : undefined,
    // W3C Trace Context §3.2: version, trace id, parent id, flags.
    correlation_uid: source?.trace?.slice(3, 35),
  }) as { [key: string]: OcsfValue }
}

/** Who, from where, and what: the objects that differ between the classes. */
function placesOf(
  record: AuditRecord,
  className: ReturnType<typeof activityOf>['name'],
  options: Pick<ParsedOcsfOptions, 'service'>,
): Draft {
  const { action, actor, source, subject } = record.event
  const resource = subject?.resource
  const userTypes = actor === undefined ? ([0, 'Unknown'] as const) : ocsfUserTypes[actor.type]
  const roles = actor?.roles ?? []
  const user = compact({
    uid: actor?.id,
    name: actor === undefined ? markOf(record, 'actor') : undefined,
    type_id: userTypes[0],
    type: userTypes[1],
    org: actor?.organization === undefined ? undefined : { name: actor.organization },
    groups: roles.length === 0 ? undefined : roles.map((role) => ({ name: role, type: 'role' })),
  })
  const session = source?.session === undefined ? undefined : { uid: source.session }
  const isAuthentication = className === 'authentication'
  const common: Draft = {
    actor: compact({ user, session }),
    src_endpoint: source?.ip === undefined ? { name: markOf(record, 'source') } : { ip: source.ip },
    http_request: compact({ user_agent: source?.userAgent, uid: source?.request }),
  }
  const object = compact({ type: resource?.type, uid: resource?.id, version: resource?.version })
  const missing = markOf(record, 'subject')
  switch (className) {
    case 'authentication':
      return {
        ...common,
        user,
        session,
        service: { name: options.service ?? record.origin },
        ...(isAuthentication && action === 'mfa' ? { is_mfa: true } : {}),
      }
    case 'authorizeSession':
      return { ...common, user, session, privileges: ['break-glass'] }
    case 'userAccess':
      return {
        ...common,
        // Whose access is changed. Who changed it is the actor.
        user: resource === undefined ? { name: missing } : { uid: resource.id },
        ...(object === undefined ? {} : { resources: [object] }),
      }
    case 'entityManagement':
      return {
        ...common,
        entity: object === undefined ? { type_id: 0, type: 'Unknown', name: missing } : { type_id: 99, ...object },
      }
    case 'apiActivity':
      return {
        ...common,
        api: { operation: action ?? markOf(record, 'event') },
        ...(object === undefined ? {} : { resources: [object] }),
      }
    case 'datastoreActivity':
      return { ...common, type_id: 3, type: 'Table', table: { name: resource?.type ?? missing } }
  }
}

function unmappedOf({ record, omitted, hashed }: RedactedRecord): OcsfValue {
  const { severity, actor, source, subject, context } = record.event
  const list = (values: readonly string[]): OcsfValue | undefined => (values.length === 0 ? undefined : values)
  return compact({
    index: record.index,
    hash: record.hash,
    recorded_at: record.recordedAt,
    genuine: record.genuine,
    withheld: list(record.withheld),
    sealed: list(record.sealed),
    altered: list(record.altered),
    omitted: list(omitted),
    hashed: list(hashed),
    severity,
    actor_type: actor?.type,
    on_behalf_of: actor?.onBehalfOf,
    trace: source?.trace,
    site: source?.site,
    resource: subject?.resource as OcsfValue | undefined,
    patients: subject?.patients,
    data_classes: subject?.dataClasses,
    fields: subject?.fields,
    count: subject?.count,
    purpose: context?.purpose,
    reason: context?.reason,
    break_glass: context?.breakGlass,
    disclosure: context?.disclosure as OcsfValue | undefined,
    decision: context?.decision,
    ai: context?.ai as OcsfValue | undefined,
    details: context?.details,
  }) as OcsfValue
}
