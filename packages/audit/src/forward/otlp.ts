import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { utf8 } from '@phi/core'
import * as z from 'zod'
import type { AuditSeverity } from '../actions.ts'
import { severityOf } from '../export/severity.ts'
import { allOf, type Destination, delivered, type ForwardItem, type SendResult } from './destination.ts'
import { asJson, checkHttp, type HttpOptions, nanoseconds, post } from './http.ts'

/** A value of OTLP in its JSON encoding: 64-bit integers are decimal texts. */
export type OtlpValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly OtlpValue[] } }
  | { readonly kvlistValue: { readonly values: readonly OtlpAttribute[] } }
  | Readonly<Record<string, never>>

export interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

/** One log record of OTLP (opentelemetry.proto.logs.v1.LogRecord) in its JSON encoding. */
export interface OtlpLogRecord {
  readonly timeUnixNano: string
  readonly observedTimeUnixNano: string
  readonly severityNumber: number
  readonly severityText: string
  readonly eventName: string
  readonly body: OtlpValue
  readonly attributes: readonly OtlpAttribute[]
  readonly traceId?: string
  readonly spanId?: string
  readonly flags?: number
}

function otlpValue(value: unknown): OtlpValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? { intValue: String(value) } : { doubleValue: value }
    default:
      if (value === null || value === undefined) return {}
      if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValue) } }
      return { kvlistValue: { values: attributesOf(value) } }
  }
}

const attributesOf = (fields: object, prefix = ''): OtlpAttribute[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key: prefix + key, value: otlpValue(value) }))

/** Names of OpenTelemetry's semantic conventions, beside our own. */
const conventions: readonly (readonly [string, (item: ForwardItem) => unknown])[] = [
  ['user.id', ({ record }) => record.event.actor?.id],
  ['user.roles', ({ record }) => record.event.actor?.roles],
  ['client.address', ({ record }) => record.event.source?.ip],
  ['user_agent.original', ({ record }) => record.event.source?.userAgent],
  ['session.id', ({ record }) => record.event.source?.session],
]

/** OpenTelemetry log data model, appendix B: the severities of syslog. */
const severityNumbers: Readonly<Record<AuditSeverity, number>> = {
  debug: 5,
  info: 9,
  notice: 10,
  warning: 13,
  error: 17,
  critical: 18,
  alert: 19,
  emergency: 21,
}

/** A record as a log record of OTLP: `phi.audit.<group>.<field>`, and the names of the semantic conventions where there are any. */
export function otlpRecord(item: ForwardItem): OtlpLogRecord {
  const { record, id, index, hash, origin, omitted, hashed } = item
  const { action, outcome, occurredAt, actor, source, subject, context } = record.event
  const severity = severityOf(record)
  const named = conventions
    .map(([key, value]) => ({ key, value: value(item) }))
    .filter(({ value }) => value !== undefined)
    .map(({ key, value }) => ({ key, value: otlpValue(value) }))
  const marks = { withheld: record.withheld, altered: record.altered, sealed: record.sealed, omitted, hashed }
  const trace = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(source?.trace ?? '')
  return {
    timeUnixNano: nanoseconds(occurredAt ?? record.recordedAt),
    observedTimeUnixNano: nanoseconds(record.recordedAt),
    severityNumber: severityNumbers[severity],
    severityText: severity,
    eventName: `phi.audit.${action ?? 'unknown'}`,
    body: { stringValue: `${action ?? 'unknown'} ${outcome ?? 'unknown'}` },
    attributes: [
      ...attributesOf({ id, origin, index, hash, action, outcome }, 'phi.audit.'),
      { key: 'phi.audit.genuine', value: { boolValue: record.genuine } },
      ...attributesOf(Object.fromEntries(Object.entries(marks).filter(([, names]) => names.length > 0)), 'phi.audit.'),
      ...named,
      ...attributesOf(actor ?? {}, 'phi.audit.actor.'),
      ...attributesOf(source ?? {}, 'phi.audit.source.'),
      ...attributesOf(subject ?? {}, 'phi.audit.subject.'),
      ...attributesOf(context ?? {}, 'phi.audit.context.'),
    ],
    // In JSON both are hexadecimal, not base64 (OTLP specification, JSON Protobuf Encoding).
    ...(trace === null
      ? {}
      : { traceId: trace[1] as string, spanId: trace[2] as string, flags: Number.parseInt(trace[3] as string, 16) }),
  }
}

/** A batch as the body of an export request (ExportLogsServiceRequest). */
export function otlpRequest(batch: readonly ForwardItem[], service: string): object {
  const origin = batch[0]?.origin ?? ''
  return {
    resourceLogs: [
      {
        resource: { attributes: attributesOf({ 'service.name': service, 'phi.audit.origin': origin }) },
        scopeLogs: [{ scope: { name: '@phi/audit' }, logRecords: batch.map(otlpRecord) }],
      },
    ],
  }
}

// A collector may add fields in later versions; those that are known are checked.
// int64: a decimal text, or a number from those who write it so.
const rejected = z.union([z.string().regex(/^\d{1,16}$/), z.int().min(0)]).nullish()
const partialSuccess = z
  .looseObject({ rejectedLogRecords: rejected, rejected_log_records: rejected, errorMessage: z.string().nullish() })
  .nullish()
// OTLP has lowerCamelCase; the names of the protocol file, which JSON of protobuf allows as well, are not to hide a rejection.
const answerSchema = z.looseObject({ partialSuccess, partial_success: partialSuccess })

const answerIsNone: SendResult = { is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' }

function read(batch: readonly ForwardItem[], text: string): SendResult {
  // A response with nothing set is an empty message, in protobuf no bytes at all.
  const parsed = answerSchema.safeParse(text === '' ? {} : asJson(text))
  if (!parsed.success) return answerIsNone
  const { partialSuccess, partial_success } = parsed.data
  const counts = [partialSuccess, partial_success].flatMap((part) => [part?.rejectedLogRecords, part?.rejected_log_records])
  const most = Math.max(...counts.map((count) => Number(count ?? 0)))
  if (most > batch.length) return answerIsNone
  return most === 0 ? allOf(batch, delivered) : { is: 'split', code: 'PHI_AUDIT_FORWARD_REFUSED' }
}

export interface OtlpOptions extends HttpOptions {
  /** For diagnostics. Default `otlp`. */
  readonly name?: string
  /** `service.name` of the resource. Default `phi.audit`. */
  readonly service?: string
  readonly gzip?: boolean
}

const compress = promisify(gzip)

/**
 * Logs over OTLP/HTTP in JSON. `url` is the whole address, such as `https://collector.example/v1/logs`.
 *
 * A collector that rejects a part says how many records, not which. The specification has clients drop them; here the batch is sent
 * again in halves until the rejected ones are found and set aside, so that none is lost unseen. The others then arrive more than
 * once: de-duplicate by `phi.audit.id`.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS
 */
export function otlpDestination(options: OtlpOptions): Destination {
  checkHttp(options)
  const { name = 'otlp', service = 'phi.audit' } = options
  return {
    name,
    async send(batch, signal) {
      const plain = utf8(JSON.stringify(otlpRequest(batch, service)))
      const headers = { 'content-type': 'application/json', ...(options.gzip === true ? { 'content-encoding': 'gzip' } : {}) }
      const sent = await post(options, headers, options.gzip === true ? await compress(plain) : plain, signal)
      return 'result' in sent ? sent.result : read(batch, sent.answer.text)
    },
  }
}
