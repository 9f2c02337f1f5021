import type { AuditEventInput } from './event.ts'
import type { EvidenceBundle } from './evidence/bundle.ts'
import type { Disclosure } from './evidence/disclose.ts'
import type { LinesState } from './evidence/jsonl.ts'
import type { Exporter } from './exporter.ts'
import type { AuditHealth } from './health.ts'
import type { OutboxReceipt, OutboxReport } from './outbox/outbox.ts'
import type { PruneOptions, PruneReport } from './prune/prune.ts'
import type { AuditPage, AuditQuery } from './query.ts'
import type { Receipt } from './receipt.ts'
import type { AuditRecord } from './record.ts'
import type { ExportQuery, RecordRange } from './records.ts'
import type { Head } from './store/store.ts'
import type { ExportTilesOptions, TilesReport } from './tiles/export.ts'
import type { VerificationReport } from './verify/report.ts'
import type { ResumePoint, VerifyOptions } from './verify/verify.ts'

/** That the entry at `index` is in the tree of `size` entries with root `root` (RFC 6962 §2.1.1). */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** That the tree of `size2` entries continues the tree of `size1` (RFC 6962 §2.1.2). */
export interface ConsistencyProof {
  readonly size1: number
  readonly size2: number
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** An open audit log. Made by {@link openAuditLog}. */
export interface AuditLog<Tx = never> {
  readonly origin: string
  readonly tenant: string
  /** The public key that checks this log's checkpoints and evidence, as a C2SP verifier key. Undefined without a signer. */
  readonly vkey: string | undefined

  /**
   * Records an event. Resolves when the entry is durable; the same event id twice is one entry.
   * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE before anything is written; PHI_AUDIT_CONFLICT when the id is
   * taken by another event; PHI_AUDIT_BUSY, PHI_AUDIT_UNAVAILABLE when it was not written in the allowed time;
   * PHI_AUDIT_OUTCOME_UNKNOWN when it may have been: retry with the same id
   */
  append(event: AuditEventInput): Promise<Receipt>

  /**
   * Records an event inside the caller's transaction: both commit, or both vanish. The log's head stays locked until that
   * transaction ends, so make it the transaction's last statement. Denials and failures are written at once on a connection of
   * their own, since a rollback must not erase them.
   * @throws PhiError as append does, and PHI_AUDIT_TRANSACTION, PHI_AUDIT_DENIAL_IN_TRANSACTION
   */
  appendIn(tx: Tx, event: AuditEventInput): Promise<Receipt>

  /**
   * All records in the log's order, none left out, unsealed as far as keys are there: for forwarding, detection, and reports. Reading is
   * not recorded by itself, and proves nothing: see `exportRecords` and `verify`.
   * @throws PhiError PHI_AUDIT_RANGE, PHI_AUDIT_STORE
   */
  records(range?: RecordRange): AsyncGenerator<AuditRecord, void, undefined>

  /**
   * The records that leave the building in an export: all, or those that answer a query, the oldest first. The export is itself an event,
   * recorded first, under `by`, and part of it. Write them out with a format of `@phi/audit/export` or `@phi/audit/fhir`.
   */
  exportRecords(options: { query?: ExportQuery; by: Exporter }): AsyncGenerator<AuditRecord, void, undefined>

  /** Records by time, actor, patient, resource, action and outcome, a page at a time. */
  query(query?: AuditQuery): Promise<AuditPage>

  /**
   * Records an event inside the caller's transaction without the lock on the log's head, for logs into which many transactions write: it
   * waits in an outbox and is put into the log after the commit, within the merge delay. Denials and failures are written at once, as by
   * `appendIn`, and then `entered` holds their receipt.
   * @throws PhiError as appendIn does
   */
  enqueueIn(tx: Tx, event: AuditEventInput): Promise<OutboxReceipt & { readonly entered?: Receipt }>

  /** Puts what waits in the outbox into the log now. Runs by itself about twice in a merge delay. @throws PhiError what the store throws */
  sequence(): Promise<OutboxReport>

  /**
   * Takes texts and salts of old entries away, after verification, archive and a signed event. Leaves stay, and proofs with them.
   * @throws PhiError PHI_AUDIT_PRUNE, PHI_AUDIT_PRUNE_FLOOR, PHI_AUDIT_PRUNE_UNPROVED, PHI_AUDIT_PRUNE_ARCHIVE, PHI_AUDIT_PRUNE_HELD,
   * PHI_AUDIT_NO_SIGNER; and what the store and the callbacks throw
   */
  prune(options: PruneOptions): Promise<PruneReport>

  head(): Promise<Head>

  /**
   * Signs the log's head and keeps the checkpoint in the store. Hand copies to somebody else: they are what makes a rewritten
   * log detectable.
   * @returns the signed note
   * @throws PhiError PHI_AUDIT_NO_SIGNER; PHI_AUDIT_HISTORY_REWRITTEN when the log no longer continues its last checkpoint
   */
  checkpoint(): Promise<string>

  /** @throws PhiError PHI_AUDIT_RANGE */
  proveInclusion(index: number, size?: number): Promise<InclusionProof>
  /** @throws PhiError PHI_AUDIT_RANGE */
  proveConsistency(size1: number, size2?: number): Promise<ConsistencyProof>

  /**
   * Entries with proofs to a fresh checkpoint, for somebody who trusts nobody's database. Groups not named in `disclose`, for all
   * entries or for each by its index, are withheld; default all five. Groups that are sealed are opened as far as their keys are there,
   * and the reader can check that too. The hand-over is itself an event, recorded first, under `by`.
   * @throws PhiError PHI_AUDIT_RANGE, PHI_AUDIT_NO_SIGNER, PHI_AUDIT_STORE
   */
  evidence(options: { indices: readonly number[]; disclose?: Disclosure; by: Exporter }): Promise<EvidenceBundle>

  /**
   * That one entry is in the log, as a text that any C2SP client can check (`*.tlog-proof`): its path to a fresh checkpoint. What the
   * entry says is not in it: hand the leaf, and openings of what may be read, beside it; or use `evidence`.
   * @throws PhiError PHI_AUDIT_RANGE, PHI_AUDIT_NO_SIGNER
   */
  tlogProof(index: number): Promise<string>

  /**
   * The whole log as JSON lines, up to a fresh checkpoint. The export is itself an event, recorded first, under `by`.
   * @param options.resume what is there of an export that was cut off, as `resumeLines` read it: only what is missing is given, up to
   * the checkpoint with which that export began
   * @throws PhiError PHI_AUDIT_LINES_RESUME, PHI_AUDIT_RANGE when the log has no checkpoint of that size
   */
  exportLines(options: { disclose?: Disclosure; resume?: LinesState; by: Exporter }): AsyncIterable<string>

  /**
   * The log as a static directory of C2SP tlog-tiles, up to a fresh checkpoint: leaves and hashes, no text of an event. What was
   * published before stays, and only what is new is written. The export is itself an event, recorded first, under `by`.
   * @param options.to a `directorySink` of `@phi/audit/tiles/node`, or a sink of your own
   * @throws PhiError PHI_AUDIT_NO_SIGNER, and as `exportTiles` of `@phi/audit/tiles`
   */
  exportTiles(
    options: { by: Exporter } & Pick<ExportTilesOptions, 'to' | 'resume' | 'signal' | 'onProgress'>,
  ): Promise<TilesReport>

  /** Checks the log against its own checkpoints, and against `trusted` ones that were kept elsewhere. */
  verify(
    options?: Omit<VerifyOptions, 'keys'> & { keys?: VerifyOptions['keys'] },
  ): Promise<VerificationReport & { readonly resume?: ResumePoint }>

  health(): AuditHealth

  /** Waits for what is under way, signs a last checkpoint, and stops. Appends that come later are refused. */
  close(): Promise<void>
}
