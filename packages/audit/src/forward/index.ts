/**
 * Forwards a log to a SIEM, at least once and in order: syslog over TLS, RELP, HTTPS, OTLP. Node only.
 *
 * @module @phi/audit/forward
 */
export type { BackOff } from './back-off.ts'
export type { TlsTarget } from './connection.ts'
export {
  type Cursor,
  type CursorStore,
  type DeadLetter,
  type ForwardKey,
  memoryCursors,
} from './cursor-store.ts'
export type { Destination, ForwardItem, ItemOutcome, SendResult } from './destination.ts'
export { forwardError, forwardErrors } from './errors.ts'
export { fileCursors } from './file-cursors.ts'
export { type Forwarder, forward } from './forwarder.ts'
export type { Fetch, HttpOptions } from './http.ts'
export { type HttpsOptions, httpsDestination } from './https.ts'
export type { ForwardSource } from './lane.ts'
export type { ForwardOptions } from './options.ts'
export {
  type OtlpAttribute,
  type OtlpLogRecord,
  type OtlpOptions,
  type OtlpValue,
  otlpDestination,
  otlpRecord,
} from './otlp.ts'
export { type RelpOptions, relpDestination } from './relp.ts'
export type { DeadLetterReport, ForwardedLog, ForwardHealth, ForwardReport, ForwardStatus } from './report.ts'
export { type Redactable, redactable, type ShownOptions } from './shown.ts'
export { type BatchKey, type BatchVerdict, type VerifyBatchOptions, verifyForwardedBatch } from './signature.ts'
export { type SyslogDestinationOptions, syslogDestination } from './syslog.ts'
export { ocsfJson, type SyslogText, type SyslogTextOptions, syslogText } from './texts.ts'
