import type { DataKeyRecord } from './key-record.ts'

/**
 * Where data keys are kept, wrapped. Records that go in and come out are independent of the caller's: nobody changes a stored
 * record by changing an object. Rejects with PHI_ENVELOPE_STORE_UNAVAILABLE when it cannot be reached. `keyStoreSuite` of
 * `@phi/testing` holds an adapter to this contract.
 */
export interface KeyStore {
  /**
   * Adds a record. 'id-taken': another record of any tenant has this id. 'version-taken': another record has this tenant,
   * purpose, subject and version. Exactly one of two concurrent calls for the same version is told 'inserted'.
   */
  insert(record: DataKeyRecord): Promise<'inserted' | 'id-taken' | 'version-taken'>
  find(id: string): Promise<DataKeyRecord | undefined>
  /** All keys of the tenant itself (`subject` null) or of one subject of it; by purpose, then by version, both ascending. */
  list(tenant: string, subject: string | null): Promise<readonly DataKeyRecord[]>
  /**
   * All keys, or all of a tenant with its subjects', ascending by id, those after `after`, at most `limit`. Fewer than `limit` means that there are
   * no more.
   */
  scan(options: {
    readonly tenant?: string
    readonly after?: string
    readonly limit: number
  }): Promise<readonly DataKeyRecord[]>
  /**
   * Compare-and-swap: writes the record in place of the one with its id, if that has `expectedRevision`; 'conflict' when it has
   * another or is not there. Tenant, purpose, subject, version, commitment, createdAt and usage stay as they are in the store. The new
   * record's revision is `expectedRevision + 1`, whatever the caller says.
   */
  replace(record: DataKeyRecord, expectedRevision: number): Promise<'replaced' | 'conflict'>
  /** Adds to the usage, atomically; an unknown id is ignored. */
  addUsage(id: string, work: { readonly seals: number; readonly bytes: number }): Promise<void>
}
