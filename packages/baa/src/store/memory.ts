import { parseTenant } from '@phi/core'
import { readAgreementRecords, textOfRecords } from './record.ts'
import { recordedFrom, refuseUnfit } from './recorded.ts'
import { type AgreementStore, readRevisionNumber } from './store.ts'

/** A store of agreements in memory, for tests and for a program that is one process and brings its agreements along. */
export function memoryAgreementStore(): AgreementStore {
  const tenants = new Map<string, string[]>()
  const textsOf = (tenant: string): readonly string[] => tenants.get(parseTenant(tenant)) ?? []

  return {
    async load(tenant) {
      return recordedFrom(textsOf(tenant))
    },
    async at(tenant, revision) {
      const texts = textsOf(tenant)
      return readRevisionNumber(revision) > texts.length ? undefined : recordedFrom(texts.slice(0, revision))
    },
    async append(tenant, records, expectedRevision) {
      const read = readAgreementRecords(records)
      const text = textOfRecords(read)
      const expected = readRevisionNumber(expectedRevision)
      const texts = textsOf(tenant)
      if (expected !== texts.length) return texts[expected] === text ? 'already' : 'conflict'
      refuseUnfit(texts, read)
      tenants.set(tenant, [...texts, text])
      return 'appended'
    },
  }
}
