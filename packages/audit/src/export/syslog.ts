import { isInstant } from '@phi/core'
import * as z from 'zod'
import type { AuditSeverity } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import { cefOf } from './cef.ts'
import { asciiCutMark, asciiJsonText, cutMark, cutTo, escapeVisibly, utf8Length } from './characters.ts'
import { markOf } from './marks.ts'
import { ocsfOf, ocsfOptionsShape } from './ocsf.ts'
import { checkOptions, parseOptions, type ReportingProduct } from './options.ts'
import { oneLineJson, orderedRecord } from './record-json.ts'
import { type PatientOptions, patientOptionsShape, type RedactedRecord, redactParsed } from './redact.ts'
import { severityOf } from './severity.ts'
import { type Records, type WriteOptions, writeLines } from './summary.ts'

export interface SyslogOptions extends PatientOptions {
  /** HOSTNAME: at best the sender's FQDN. Default `-`, unknown. */
  readonly hostname?: string
  /** APP-NAME. Default `phi-audit`. */
  readonly appName?: string
  /** PROCID. Default `-`. */
  readonly procId?: string
  /** Default 13, "log audit" (RFC 5424 §6.2.1). */
  readonly facility?: number
  /**
   * Your IANA private enterprise number, for the structured data element `audit@<number>`. Names without a number are IANA's to give
   * (RFC 5424 §6.3.2), and 32473 is for examples only (RFC 5612): so without a number there is no such element, and the message says all.
   */
  readonly enterprise?: number
  /** What MSG holds: the record as JSON (default), the same event as OCSF JSON, or as CEF. JSON is ASCII, with escapes. */
  readonly message?: 'json' | 'ocsf' | 'cef'
  /** The most bytes a message takes: 2,048 to 1,048,576. Default 8,192, which RFC 5425 §4.3.1 asks receivers to take. */
  readonly maxBytes?: number
  /** Whether MSG starts with the byte order mark that RFC 5424 §6.4 asks for where it is not ASCII. Default true. */
  readonly bom?: boolean
  /** For `ocsf` and `cef`. */
  readonly product?: ReportingProduct
  /** For `ocsf`. */
  readonly service?: string
}

/** PRINTUSASCII of RFC 5424 §6: 33 to 126. */
const printable = (limit: number) =>
  z
    .string()
    .refine((text) => text.length <= limit && /^[\x21-\x7e]+$/.test(text), `must be 1 to ${limit} printable ASCII characters`)

const optionsSchema = z.strictObject({
  ...patientOptionsShape,
  ...ocsfOptionsShape,
  hostname: printable(255).default('-'),
  appName: printable(48).default('phi-audit'),
  procId: printable(128).default('-'),
  facility: z.int().min(0).max(23).default(13),
  enterprise: z
    .int()
    .min(1)
    .max(2 ** 32 - 1)
    .optional(),
  message: z.enum(['json', 'ocsf', 'cef']).default('json'),
  maxBytes: z.int().min(2048).max(1_048_576).default(8192),
  bom: z.boolean().default(true),
})
type ParsedSyslogOptions = z.output<typeof optionsSchema>

/** RFC 5424 §6.2.1, table 2. */
const severityNumbers: Readonly<Record<AuditSeverity, number>> = {
  emergency: 0,
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
}

/**
 * A record as one syslog message of RFC 5424: no line end, and no octet count, which belong to the transport. Encode it as UTF-8. It holds
 * no control characters, so it can be sent with any framing.
 *
 * PRI has the record's severity (`severityOf`), TIMESTAMP is when the event happened (when the log took it, where that is not shown), MSGID
 * is the action. Structured data: `origin`, and with `enterprise` the element `audit@<number>`. Control characters, marks that turn the
 * direction of text, and surrogates that stand alone are written `\uXXXX`; lists are JSON. A message longer than `maxBytes` ends in `…[cut 123 bytes]`
 * (`...[cut 123 bytes]` in JSON, which is then no JSON any more); index, log, event id and hash in the structured data are never cut.
 * @throws PhiError PHI_AUDIT_EXPORT_OPTIONS
 */
export function toSyslog(record: AuditRecord, options: SyslogOptions = {}): string {
  const parsed = parseOptions(optionsSchema, options)
  return textOf(redactParsed(record, parsed), parsed)
}

/**
 * The message of a record that has been redacted already, as `redact` gives it: what it left out and hashed stands in the message.
 * @throws PhiError PHI_AUDIT_EXPORT_OPTIONS
 */
export function syslogOf(redacted: RedactedRecord, options: Omit<SyslogOptions, keyof PatientOptions> = {}): string {
  return textOf(redacted, parseOptions(optionsSchema, options))
}

/** Records as syslog messages, one line each. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS; and what the source throws */
export function writeSyslog(
  records: Records,
  options: SyslogOptions & WriteOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { onEnd, ...rest } = options
  checkOptions({ onEnd }, 'onEnd')
  const parsed = parseOptions(optionsSchema, rest)
  return writeLines(records, (record) => textOf(redactParsed(record, parsed), parsed), { ...(onEnd && { onEnd }) })
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
const BOM = '\ufeff'
/** Room that is always left for MSG, so that its mark fits. */
const MIN_MESSAGE = 128

function textOf(redacted: RedactedRecord, options: ParsedSyslogOptions): string {
  const { record } = redacted
  const { action, occurredAt } = record.event
  const { facility, hostname, appName, procId, maxBytes } = options
  const priority = facility * 8 + severityNumbers[severityOf(record)]
  // The log takes no other times and actions. A record that a program made by hand must not write a header of its own all the same.
  const time = occurredAt ?? record.recordedAt
  const msgId = action !== undefined && /^[!-~]{1,32}$/.test(action) ? action : '-'
  const header = `<${priority}>1 ${isInstant(time) ? time : '-'} ${hostname} ${appName} ${procId} ${msgId} `
  const data = structuredData(redacted, options.enterprise, maxBytes - header.length - MIN_MESSAGE)
  const message = messageOf(redacted, options)
  const bom = options.bom && !isAscii(message) ? BOM : ''
  const room = maxBytes - header.length - utf8Length(data) - 1 - utf8Length(bom)
  return `${header}${data} ${bom}${cutTo(room, message, bom === '' && isAscii(message) ? asciiCutMark : cutMark)}`
}

function messageOf(redacted: RedactedRecord, options: ParsedSyslogOptions): string {
  const { record, omitted, hashed } = redacted
  switch (options.message) {
    case 'cef':
      return cefOf(redacted, options)
    case 'ocsf':
      return asciiJsonText(oneLineJson(ocsfOf(redacted, options)))
    case 'json': {
      const said = { ...(omitted.length > 0 && { omitted }), ...(hashed.length > 0 && { hashed }) }
      return asciiJsonText(oneLineJson({ ...orderedRecord(record), ...said }))
    }
  }
}

/** RFC 5424 §6.3.3: `"`, `\` and `]` are escaped in values. */
const escapeParam = (text: string): string => text.replace(/["\\\]]/g, '\\$&')
const paramCutMark = (missing: number): string => escapeParam(cutMark(missing))

/** `origin` is registered (RFC 5424 §7.2). */
const ORIGIN_ELEMENT = '[origin software="@phi/audit"]'

function structuredData(redacted: RedactedRecord, enterprise: number | undefined, room: number): string {
  if (enterprise === undefined) return ORIGIN_ELEMENT
  const { record } = redacted
  const element = (params: string) => `${ORIGIN_ELEMENT}[audit@${enterprise}${params}]`
  const param = (name: string, value: string, limit = Number.POSITIVE_INFINITY) =>
    ` ${name}="${cutTo(limit, escapeParam(value), paramCutMark)}"`
  // As they are, for de-duplication: the log takes no others. What a program made by hand must not write lines here either.
  const plain = (value: string) => (isAscii(value) ? value : escapeVisibly(value))
  const essential = [
    param('index', String(record.index)),
    param('log', plain(record.origin)),
    param('eventId', plain(record.event.id ?? markOf(record, 'event'))),
    param('hash', plain(record.hash)),
  ].join('')
  const others = Object.entries(paramsOf(redacted)).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const all = (limit?: number) => element(essential + others.map(([name, value]) => param(name, value, limit)).join(''))
  // Half of the message at most, unless the essentials alone take more.
  const half = Math.floor(room / 2)
  const whole = all()
  if (utf8Length(whole) <= half) return whole
  for (const limit of [1024, 256, 96, 48]) {
    const cut = all(limit)
    if (utf8Length(cut) <= half) return cut
  }
  return element(`${essential} cut="yes"`)
}

function paramsOf({ record, omitted, hashed }: RedactedRecord): Readonly<Record<string, string | undefined>> {
  const { event } = record
  const { actor, source, subject, context } = event
  const text = (value: string | undefined) => (value === undefined ? undefined : escapeVisibly(value))
  // JSON has made its characters visible already, in its own way.
  const list = (values: readonly string[] | undefined) =>
    values === undefined || values.length === 0 ? undefined : oneLineJson(values)
  return {
    action: event.action,
    outcome: event.outcome,
    actor: text(actor?.id) ?? markOf(record, 'actor'),
    actorType: actor?.type,
    roles: list(actor?.roles),
    organization: text(actor?.organization),
    ip: text(source?.ip),
    userAgent: text(source?.userAgent),
    resourceType: text(subject?.resource?.type),
    resourceId: text(subject?.resource?.id),
    patients: list(subject?.patients),
    purpose: context?.purpose,
    recordedAt: record.recordedAt,
    withheld: list(record.withheld),
    sealed: list(record.sealed),
    altered: list(record.altered),
    omitted: list(omitted),
    hashed: list(hashed),
  }
}
