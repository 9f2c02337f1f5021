import type { AuditRecord } from '../record.ts'
import { fhirError } from './errors.ts'
import type { FhirR4Options, FhirR5Options } from './options.ts'
import type { FhirAuditEvent } from './types.ts'
import { toFhirR4 } from './write-r4.ts'
import { toFhirR5 } from './write-r5.ts'

/** Records in order: a page, an array, or `log.records()`. */
export type Records = Iterable<AuditRecord> | AsyncIterable<AuditRecord>

/** What a stream is written as. `fhir` is as for {@link toFhirR4} or {@link toFhirR5}. */
export type FhirStreamOptions =
  | { readonly version: 'R4'; readonly fhir?: FhirR4Options }
  | { readonly version: 'R5'; readonly fhir?: FhirR5Options }

export interface FhirBundleEntry {
  readonly fullUrl?: string
  readonly resource: FhirAuditEvent
  readonly request?: { readonly method: 'PUT' | 'POST'; readonly url: string }
}

export interface FhirBundle {
  readonly resourceType: 'Bundle'
  readonly type: 'collection' | 'batch'
  readonly entry: readonly FhirBundleEntry[]
}

export type FhirBundleOptions = FhirStreamOptions & {
  /**
   * `collection` to hand over, `batch` to send to a server: entries with an id are PUT, so that sending them twice stores one. Default
   * `collection`.
   */
  readonly type?: FhirBundle['type']
  /** Resources a bundle, 1 to 1000. Default 100. */
  readonly size?: number
}

const write = (record: AuditRecord, options: FhirStreamOptions): FhirAuditEvent =>
  options.version === 'R4' ? toFhirR4(record, options.fhir) : toFhirR5(record, options.fhir)

function checkVersion(options: FhirStreamOptions): void {
  if (options.version !== 'R4' && options.version !== 'R5')
    throw fhirError('PHI_AUDIT_FHIR_OPTIONS', { path: 'options.version' })
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** FHIR R4, Bundle.entry.fullUrl: absolute, and the same for the same resource. */
function fullUrlOf(id: string | undefined, baseUrl: string | undefined): string | undefined {
  if (id === undefined) return undefined
  if (baseUrl !== undefined) return `${baseUrl.replace(/\/$/, '')}/AuditEvent/${id}`
  return UUID.test(id) ? `urn:uuid:${id}` : undefined
}

function entryOf(resource: FhirAuditEvent, isBatch: boolean, baseUrl: string | undefined): FhirBundleEntry {
  const { id } = resource
  const fullUrl = fullUrlOf(id, baseUrl)
  const request =
    id === undefined ? { method: 'POST' as const, url: 'AuditEvent' } : { method: 'PUT' as const, url: `AuditEvent/${id}` }
  return { ...(fullUrl === undefined ? {} : { fullUrl }), resource, ...(isBatch ? { request } : {}) }
}

/**
 * Records as FHIR Bundles of at most `size` resources, in order. An empty log gives no bundle.
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, PHI_AUDIT_FHIR_RECORD, and what the records throw
 */
export async function* fhirBundles(records: Records, options: FhirBundleOptions): AsyncGenerator<FhirBundle, void, undefined> {
  checkVersion(options)
  const { type = 'collection', size = 100, fhir } = options
  if (type !== 'collection' && type !== 'batch') throw fhirError('PHI_AUDIT_FHIR_OPTIONS', { path: 'options.type' })
  if (!Number.isInteger(size) || size < 1 || size > 1000) {
    throw fhirError('PHI_AUDIT_FHIR_OPTIONS', { path: 'options.size', detail: 'must be a whole number from 1 to 1000' })
  }
  let entry: FhirBundleEntry[] = []
  for await (const record of records) {
    entry.push(entryOf(write(record, options), type === 'batch', fhir?.baseUrl))
    if (entry.length === size) {
      yield { resourceType: 'Bundle', type, entry }
      entry = []
    }
  }
  if (entry.length > 0) yield { resourceType: 'Bundle', type, entry }
}

/**
 * Records as NDJSON, a resource a line, each line with its line feed (FHIR Bulk Data: `application/fhir+ndjson`).
 * @throws PhiError PHI_AUDIT_FHIR_OPTIONS, PHI_AUDIT_FHIR_RECORD, and what the records throw
 */
export async function* fhirNdjson(records: Records, options: FhirStreamOptions): AsyncGenerator<string, void, undefined> {
  checkVersion(options)
  for await (const record of records) yield `${JSON.stringify(write(record, options))}\n`
}
