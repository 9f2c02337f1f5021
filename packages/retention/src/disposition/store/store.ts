import type { HoldEvent } from '../hold/hold.ts'

/** A record as a store hands it out. */
export interface StoredRecord {
  /** 1 to 512 characters, one record each; the same as `record.id`. */
  readonly id: string
  /** Changes whenever a fact of the record does. What was planned is deleted in that version or not at all. */
  readonly version: string
  /**
   * The facts, as the schedule reads them (`RetentionRecord`). `tenant` and `subject` are those by which holds and data keys name the
   * owner and the person.
   */
  readonly record: unknown
}

/** How thoroughly, in the words of NIST SP 800-88. */
export type SanitizationCategory = 'clear' | 'purge' | 'destroy'

/** One step of a run: records to delete, and what is to be remembered of it. */
export interface DisposalBatch {
  readonly run: string
  /** From 1, without gaps. Run and sequence together are the key: what was done under them is not done again. */
  readonly sequence: number
  /** How many facts about holds were recorded when the records were assessed. */
  readonly holds: number
  readonly category: SanitizationCategory
  /** To be kept with the receipt, as it is. Plain JSON. */
  readonly note: string
  readonly records: readonly {
    readonly id: string
    readonly version: string
    /** To be kept with the receipt, if the record was deleted by this batch. Plain JSON, without the record's id. */
    readonly entry: string
  }[]
}

/** What became of a batch. Kept by the store for good; written in the transaction that deletes. */
export interface DisposalReceipt {
  readonly run: string
  readonly sequence: number
  readonly note: string
  /** The entries of the records that this batch deleted, in the order of the batch. */
  readonly entries: readonly string[]
  /** The records that were left: there in another version, or not there. In the order of the batch. */
  readonly left: readonly { readonly id: string; readonly why: 'changed' | 'missing' }[]
}

export type DisposalAnswer =
  | { readonly status: 'disposed' | 'already'; readonly receipt: DisposalReceipt }
  /** A fact about a hold was recorded meanwhile, or fewer are there than were seen. Nothing was done. */
  | { readonly status: 'holds-changed' }

/** How far a run has come: kept for whoever goes on with it. */
export interface RunProgress {
  readonly run: string
  /** Counts the changes, from 1. */
  readonly version: number
  /** Plain JSON, to be kept as it is. */
  readonly body: string
}

/** The keys of one subject, or of a tenant and everybody in it. */
export interface KeyScope {
  readonly tenant: string
  readonly subject?: string | undefined
}

/**
 * What disposition needs of the place where records lie. An adapter that cannot reach it throws
 * PHI_RETENTION_STORE_UNAVAILABLE; an empty answer would read as "nothing is there". `retentionStoreSuite` of `@phi/testing` is
 * this contract as cases.
 */
export interface RetentionStore {
  /**
   * Records after an id, `null` for the first ones: at most `limit`, by ascending id in the order of its UTF-8 bytes
   * (`COLLATE "C"`). An empty list is the end; a short one is not.
   */
  records(after: string | null, limit: number): Promise<readonly StoredRecord[]>
  /** Those of these records that are there, in any order, as they are now. */
  get(ids: readonly string[]): Promise<readonly StoredRecord[]>
  /** Every fact about holds, in the order in which they were recorded. */
  holds(): Promise<readonly HoldEvent[]>
  /** Records a fact, if `revision` facts are there; nothing is ever changed or taken away. */
  appendHold(event: HoldEvent, revision: number): Promise<'appended' | 'conflict'>
  /**
   * In one transaction, which sees every hold committed before it: if there is a receipt for this run and sequence, hands it out
   * and does nothing, whatever else the batch says; otherwise, if the number of facts about holds is another, does nothing;
   * otherwise deletes those of the records that are there in this version, and keeps the receipt.
   */
  dispose(batch: DisposalBatch): Promise<DisposalAnswer>
  /** The receipts of a run after a sequence, ascending, at most `limit`. An empty list is the end. */
  receipts(run: string, after: number, limit: number): Promise<readonly DisposalReceipt[]>
  progress(run: string): Promise<RunProgress | null>
  /** Compare-and-set: keeps it if the version that is there is `progress.version - 1`, where 0 means that none is there. */
  saveProgress(progress: RunProgress): Promise<'saved' | 'conflict'>
  /**
   * How many records are left that keys of this scope seal, in every table and of every kind. Needed for cryptographic erasure only: keys go
   * when nothing is left under them.
   */
  remaining?(scope: KeyScope): Promise<number>
}
