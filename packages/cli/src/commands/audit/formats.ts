import type { AuditRecord } from '@phi/audit'
import { fromBase64 } from '@phi/core'
import { secretOf } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'

/** Formats of records, beside the whole-log ones. */
export const recordFormats = ['json', 'jsonl', 'csv', 'ocsf', 'cef', 'rfc5424', 'fhir-r4', 'fhir-r5'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** Those that leave identifiers of patients out unless told otherwise. */
export const siemFormats: readonly RecordFormat[] = ['ocsf', 'cef', 'rfc5424']

type Records = AsyncIterable<AuditRecord>
type Writer = (records: Records) => AsyncIterable<string>

/** The writer of a format, with the options of the command line. @throws PhiError PHI_CLI_USAGE, PHI_CLI_NOT_CONFIGURED */
export async function writerOf(io: Io, input: Input, as: RecordFormat): Promise<Writer> {
  if (as === 'fhir-r4' || as === 'fhir-r5') {
    const { fhirNdjson } = await import('@phi/audit/fhir')
    const baseUrl = input.text('baseUrl')
    return (records) =>
      fhirNdjson(records, { version: as === 'fhir-r4' ? 'R4' : 'R5', fhir: baseUrl === undefined ? {} : { baseUrl } })
  }
  const library = await import('@phi/audit/export')
  const patients = await patientsOf(io, input)
  switch (as) {
    case 'json':
      return (records) => library.writeJson(records)
    case 'jsonl':
      return (records) => library.writeJsonLines(records)
    case 'csv':
      return (records) => library.writeCsv(records, { end: true, bom: input.flag('bom') })
    case 'ocsf':
      return (records) => library.writeOcsf(records, patients)
    case 'cef':
      return (records) => library.writeCef(records, patients)
    case 'rfc5424': {
      const hostname = input.text('hostname')
      const enterprise = input.whole('enterprise', { least: 1, most: 2 ** 32 - 1 })
      const message = (['json', 'ocsf', 'cef'] as const).find((each) => each === input.text('message'))
      return (records) =>
        library.writeSyslog(records, {
          ...patients,
          ...(hostname === undefined ? {} : { hostname }),
          ...(enterprise === undefined ? {} : { enterprise }),
          ...(message === undefined ? {} : { message }),
        })
    }
  }
}

/** What of the patients leaves with a record for a SIEM. */
async function patientsOf(io: Io, input: Input) {
  const { keyedHash } = await import('@phi/audit/export')
  const patients = (['omit', 'hash', 'include'] as const).find((each) => each === input.text('patients')) ?? 'omit'
  const freeText = input.text('freeText') === 'include' ? ('include' as const) : ('omit' as const)
  if (patients !== 'hash') return { patients, freeText }
  const variable = input.text('hashKeyFrom')
  if (variable === undefined) throw cliError('PHI_CLI_USAGE', { detail: '--patients hash needs --hash-key-from' })
  return { patients, freeText, hash: keyedHash(keyOf(secretOf(io, variable, '--hash-key-from'))) }
}

function keyOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64.trim())
  } catch {
    throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--hash-key-from', detail: 'the variable does not hold base64' })
  }
}
