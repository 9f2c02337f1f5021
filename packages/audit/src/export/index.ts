/**
 * Records as JSON, JSON lines, CSV, OCSF, CEF and RFC 5424 syslog messages.
 *
 * @module @phi/audit/export
 */
export { type CefOptions, toCef, writeCef } from './cef.ts'
export { unescapeVisibly } from './characters.ts'
export { type CsvColumn, type CsvKind, csvColumns } from './csv-columns.ts'
export { guardText, unguardText } from './csv-guard.ts'
export { type ReadCsvOptions, readCsv } from './csv-read.ts'
export { type CsvOptions, csvHeader, SPREADSHEET_CELL_LIMIT, toCsvRow, writeCsv } from './csv-write.ts'
export { exportErrors } from './errors.ts'
export { readJson, writeJson } from './json-array.ts'
export { type JsonLinesOptions, type ReadJsonLinesOptions, readJsonLines, writeJsonLines } from './json-lines.ts'
export type { ReadOptions } from './json-read.ts'
export { type OcsfEvent, type OcsfOptions, type OcsfValue, toOcsf, writeOcsf } from './ocsf.ts'
export { OCSF_VERSION } from './ocsf-classes.ts'
export type { ReportingProduct } from './options.ts'
export { toJsonLine } from './record-json.ts'
export { keyedHash, type PatientOptions, type RedactedRecord, redact } from './redact.ts'
export { severityOf } from './severity.ts'
export type { Chunks, ExportSummary, LongCell, Records, WriteOptions } from './summary.ts'
export { type SyslogOptions, syslogOf, toSyslog, writeSyslog } from './syslog.ts'
