import { eachKey } from '../../src/keys/guarded-store.ts'
import type { DataKeyRecord } from '../../src/keys/key-record.ts'
import type { KeyStore } from '../../src/keys/key-store.ts'
import { memoryKeyStore } from '../../src/keys/memory-key-store.ts'

/** A key store with backups. */
export interface RestorableStore extends KeyStore {
  backup(): Promise<readonly DataKeyRecord[]>
  /** Everything is as it was: what came later is gone. */
  restore(backup: readonly DataKeyRecord[]): Promise<void>
  records(): Promise<readonly DataKeyRecord[]>
}

async function allOf(store: KeyStore): Promise<readonly DataKeyRecord[]> {
  const records: DataKeyRecord[] = []
  for await (const record of eachKey(store)) records.push(record)
  return records
}

export function restorableStore(): RestorableStore {
  let inner = memoryKeyStore()
  return {
    insert: (record) => inner.insert(record),
    find: (id) => inner.find(id),
    list: (tenant, subject) => inner.list(tenant, subject),
    scan: (options) => inner.scan(options),
    replace: (record, revision) => inner.replace(record, revision),
    addUsage: (id, work) => inner.addUsage(id, work),
    records: () => allOf(inner),
    backup: () => allOf(inner),
    async restore(backup) {
      inner = memoryKeyStore()
      for (const record of backup) await inner.insert(record)
    },
  }
}
