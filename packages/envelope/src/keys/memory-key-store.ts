import { envelopeError } from '../errors.ts'
import { type DataKeyRecord, parseDataKey } from './key-record.ts'
import type { KeyStore } from './key-store.ts'

const copy = (record: DataKeyRecord): DataKeyRecord =>
  Object.freeze({
    ...record,
    wrapped: Uint8Array.from(record.wrapped),
    commitment: Uint8Array.from(record.commitment),
    usage: Object.freeze({ ...record.usage }),
  })

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A key store in memory, for tests and first steps: what was wrapped is gone when the process ends, and with it the data. */
export function memoryKeyStore(): KeyStore {
  const records = new Map<string, DataKeyRecord>()

  const sameVersion = (a: DataKeyRecord, b: DataKeyRecord): boolean =>
    a.tenant === b.tenant && a.purpose === b.purpose && a.subject === b.subject && a.version === b.version

  return {
    async insert(record) {
      const parsed = parseDataKey(record)
      if (records.has(parsed.id)) return 'id-taken'
      for (const other of records.values()) if (sameVersion(other, parsed)) return 'version-taken'
      records.set(parsed.id, copy(parsed))
      return 'inserted'
    },
    async find(id) {
      const found = records.get(id)
      return found && copy(found)
    },
    async list(tenant, subject) {
      return [...records.values()]
        .filter((record) => record.tenant === tenant && record.subject === subject)
        .sort((a, b) => byText(a.purpose, b.purpose) || a.version - b.version)
        .map(copy)
    },
    async scan({ tenant, after, limit }) {
      if (!Number.isSafeInteger(limit) || limit < 1) throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'limit' })
      return [...records.values()]
        .filter((record) => (tenant === undefined || record.tenant === tenant) && (after === undefined || record.id > after))
        .sort((a, b) => byText(a.id, b.id))
        .slice(0, limit)
        .map(copy)
    },
    async replace(record, expectedRevision) {
      const now = records.get(record.id)
      if (now === undefined || now.revision !== expectedRevision) return 'conflict'
      const { tenant, purpose, subject, version, commitment, createdAt, usage } = now
      const next = {
        ...record,
        tenant,
        purpose,
        subject,
        version,
        commitment,
        createdAt,
        usage,
        revision: expectedRevision + 1,
      }
      records.set(record.id, copy(parseDataKey(next)))
      return 'replaced'
    },
    async addUsage(id, { seals, bytes }) {
      const now = records.get(id)
      if (now === undefined) return
      records.set(id, copy({ ...now, usage: { seals: now.usage.seals + seals, bytes: now.usage.bytes + bytes } }))
    },
  }
}
