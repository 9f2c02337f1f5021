import { ocsfOf, toOcsf } from '../export/ocsf.ts'
import type { ReportingProduct } from '../export/options.ts'
import { oneLineJson } from '../export/record-json.ts'
import type { PatientOptions } from '../export/redact.ts'
import { type SyslogOptions, toSyslog } from '../export/syslog.ts'
import type { ForwardItem } from './destination.ts'
import { NOTHING } from './shown.ts'

/** The options of `toSyslog`; what of the patients leaves is the forwarder's to say. */
export type SyslogTextOptions = Omit<SyslogOptions, keyof PatientOptions>

export type SyslogText = (item: ForwardItem) => string

// The record has been through the forwarder's `patients`, `freeText` and `redact` by now.
const asItIs = { patients: 'include', freeText: 'include' } as const

/** Records as RFC 5424 messages. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS */
export function syslogText(options: SyslogTextOptions = {}): SyslogText {
  const all = { ...options, ...asItIs }
  // Now, not at the first record: a destination that cannot write any would seem to be away.
  toSyslog(NOTHING, all)
  return ({ record }) => toSyslog(record, all)
}

/** Records as OCSF events, for `content` of `httpsDestination`. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS */
export function ocsfJson(options: { readonly product?: ReportingProduct } = {}): (item: ForwardItem) => string {
  toOcsf(NOTHING, options)
  const product = { name: '@phi/audit', ...options.product }
  return ({ record, omitted, hashed }) => oneLineJson(ocsfOf({ record, omitted, hashed }, { product }))
}
