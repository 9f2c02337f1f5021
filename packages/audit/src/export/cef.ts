import { parseInstant } from '@phi/core'
import * as z from 'zod'
import type { AuditSeverity } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import { cutTo, escapeVisibly } from './characters.ts'
import { hiddenMark, markOf } from './marks.ts'
import { checkOptions, parseOptions, productSchema, type ReportingProduct } from './options.ts'
import { oneLineJson } from './record-json.ts'
import { type PatientOptions, patientOptionsShape, type RedactedRecord, redactParsed } from './redact.ts'
import { severityOf } from './severity.ts'
import { type Records, type WriteOptions, writeLines } from './summary.ts'

export interface CefOptions extends PatientOptions {
  /** Device Vendor, Product and Version. Defaults: `phi`, `@phi/audit`, `v1`. */
  readonly product?: ReportingProduct
}

const optionsSchema = z.strictObject({ ...patientOptionsShape, product: productSchema })
export type ParsedCefOptions = z.output<typeof optionsSchema>

/** The 0 to 10 of CEF, by our severities. */
const severities: Readonly<Record<AuditSeverity, number>> = {
  debug: 0,
  info: 1,
  notice: 3,
  warning: 5,
  error: 7,
  critical: 8,
  alert: 9,
  emergency: 10,
}

/** How long the dictionary of CEF lets a predefined key's value be. Keys of our own: as long as a custom string. */
const lengths: Readonly<Record<string, number>> = {
  act: 63,
  outcome: 63,
  reason: 1023,
  requestClientApplication: 1023,
  spriv: 1023,
  suid: 1023,
}
const CUSTOM_LENGTH = 4000
const EXTERNAL_ID_LENGTH = 40

/**
 * A record as one line in ArcSight's Common Event Format, CEF:0, without the line's end.
 *
 * Header: vendor, product, version, the action as the event's class, its caption, and a severity of 0 to 10. Extension: `rt` is when the
 * log took the entry and `end` when it happened (milliseconds since 1970); `suid`, `spriv` (roles), `src` or `c6a2` (IPv6), `act`,
 * `outcome`, `requestClientApplication`; the resource, organization, patients, purpose and log are `cs1` to `cs6`, index and count `cn1`
 * and `cn2`, each with its label; what has no predefined key is under `PhiAudit…`. Lists and details are JSON. Values longer than CEF
 * allows end in `…[cut 123 bytes]`, and `PhiAuditCut` names their keys. The event's whole id is always `PhiAuditEventId`.
 *
 * `\`, `=` and line breaks are escaped as CEF has it. Other control characters, marks that turn the direction of text, surrogates that stand
 * alone, and spaces at either end of a text are written `\uXXXX`: see `unescapeVisibly`. So one record is one line, and no value can start
 * a field.
 * @throws PhiError PHI_AUDIT_EXPORT_OPTIONS
 */
export function toCef(record: AuditRecord, options: CefOptions = {}): string {
  const parsed = parseOptions(optionsSchema, options)
  return cefOf(redactParsed(record, parsed), parsed)
}

/** Records as CEF, one line each. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS; and what the source throws */
export function writeCef(records: Records, options: CefOptions & WriteOptions = {}): AsyncGenerator<string, void, undefined> {
  const { onEnd, ...rest } = options
  checkOptions({ onEnd }, 'onEnd')
  const parsed = parseOptions(optionsSchema, rest)
  return writeLines(records, (record) => cefOf(redactParsed(record, parsed), parsed), { ...(onEnd && { onEnd }) })
}

export function cefOf(redacted: RedactedRecord, { product }: Pick<ParsedCefOptions, 'product'>): string {
  const { record } = redacted
  const { action } = record.event
  const header = [
    'CEF:0',
    product.vendor ?? 'phi',
    product.name,
    product.version ?? 'v1',
    action ?? 'unknown',
    action === undefined ? 'Unknown' : captionOf(action),
    String(severities[severityOf(record)]),
  ]
  return `${header.map(escapeHeader).join('|')}|${extensionOf(redacted)}`
}

const captionOf = (action: string): string => action.charAt(0).toUpperCase() + action.slice(1).replaceAll('-', ' ')

/** In the header, `|` and `\` are escaped. It has no escape for a line break, and neither the options nor the log take one. */
const escapeHeader = (text: string): string => escapeVisibly(text).replace(/[\\|]/g, '\\$&')

const visibleValue = (text: string): string => escapeVisibly(text, '\n\r').replace(/^ | $/g, '\\u0020')

/** JSON has made its characters visible already, in its own way. */
type Value = string | number | boolean | { readonly json: string }
const isJson = (value: Value): value is { readonly json: string } => typeof value === 'object'

const escapeExtension = (text: string): string => text.replace(/[\\=]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')

function extensionOf({ record, omitted, hashed }: RedactedRecord): string {
  const { event } = record
  const { actor, source, subject, context } = event
  const { resource } = subject ?? {}
  const { disclosure, decision, ai } = context ?? {}
  const cut: string[] = []
  let out = ''
  const put = (key: string, value: Value | undefined, label?: string) => {
    if (value === undefined) return
    const visible = isJson(value) ? value.json : visibleValue(String(value))
    const short = cutTo(lengths[key] ?? CUSTOM_LENGTH, visible)
    if (short !== visible) cut.push(key)
    if (label !== undefined) out += `${out === '' ? '' : ' '}${key}Label=${label}`
    out += `${out === '' ? '' : ' '}${key}=${escapeExtension(short)}`
  }
  const list = (values: readonly string[] | undefined, orEmpty = false) =>
    values === undefined || (values.length === 0 && !orEmpty) ? undefined : { json: oneLineJson(values) }
  put('rt', parseInstant(record.recordedAt))
  put('end', event.occurredAt === undefined ? undefined : parseInstant(event.occurredAt))
  put('act', event.action ?? markOf(record, 'event'))
  put('outcome', event.outcome ?? markOf(record, 'event'))
  put('externalId', event.id !== undefined && event.id.length <= EXTERNAL_ID_LENGTH ? event.id : undefined)
  put('suid', actor?.id ?? markOf(record, 'actor'))
  put('spriv', list(actor?.roles))
  put(source?.ip?.includes(':') ? 'c6a2' : 'src', source?.ip, source?.ip?.includes(':') ? 'Source IPv6 Address' : undefined)
  put('requestClientApplication', source?.userAgent ?? hiddenMark(record, 'source'))
  put('reason', context?.reason ?? hiddenMark(record, 'context'))
  put('cn1', record.index, 'Log Index')
  put('cn2', subject?.count, 'Record Count')
  put('cs1', resource?.type, 'Resource Type')
  put('cs2', resource?.id ?? hiddenMark(record, 'subject'), 'Resource Id')
  put('cs3', actor?.organization, 'Organization')
  put('cs4', list(subject?.patients, true), 'Patients')
  put('cs5', context?.purpose, 'Purpose Of Use')
  put('cs6', record.origin, 'Log')
  const own: Readonly<Record<string, Value | undefined>> = {
    EventId: event.id ?? markOf(record, 'event'),
    EntryHash: record.hash,
    Genuine: record.genuine,
    Withheld: list(record.withheld),
    Sealed: list(record.sealed),
    Altered: list(record.altered),
    Omitted: list(omitted),
    Hashed: list(hashed),
    Severity: event.severity,
    ActorType: actor?.type,
    OnBehalfOf: actor?.onBehalfOf,
    Session: source?.session,
    Request: source?.request,
    Trace: source?.trace,
    Site: source?.site,
    ResourceVersion: resource?.version,
    DataClasses: list(subject?.dataClasses, true),
    Fields: list(subject?.fields, true),
    BreakGlass: context?.breakGlass,
    DisclosureRecipient: disclosure?.recipient,
    DisclosureAddress: disclosure?.address,
    DisclosureDescription: disclosure?.description,
    DisclosurePurpose: disclosure?.purpose,
    DecisionPolicy: decision?.policy,
    DecisionRule: decision?.rule,
    AiModel: ai?.model,
    AiPromptHash: ai?.promptHash,
    AiOutputHash: ai?.outputHash,
    Details: context?.details === undefined ? undefined : { json: oneLineJson(context.details) },
  }
  for (const [name, value] of Object.entries(own)) put(`PhiAudit${name}`, value)
  if (cut.length > 0) put('PhiAuditCut', list(cut))
  return out
}
