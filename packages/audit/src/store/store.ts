import type { AuditAction, AuditOutcome } from '../actions.ts'
import type { GroupName, Opening } from '../group.ts'

/** Which log. The tenant is the wall; the origin is the log's public name and stands in every leaf. */
export interface LogKey {
  readonly tenant: string
  readonly origin: string
}

/** The end of a log: all that is needed to write the next entry. Hashes are base64. */
export interface Head {
  /** Number of entries. */
  readonly size: number
  /** Entry hash of the last entry; 32 zero bytes when empty. */
  readonly lastHash: string
  /** Recorded time of the last entry; '' when empty. */
  readonly recordedAt: string
  /** The Merkle frontier: roots of the perfect subtrees (RFC 6962 §2.1), largest first. */
  readonly frontier: readonly string[]
}

/** An entry as stored: exactly the texts that were hashed. A group missing from `open` is withheld, sealed away or erased. */
export interface StoredEntry {
  readonly index: number
  readonly leaf: string
  readonly open: Readonly<Partial<Record<GroupName, Opening>>>
  /**
   * What the store's own searchable columns say of this entry, all of them, as `searchTerms` spells it. The verifier compares
   * it with the hashed text. Absent where the store searches the hashed text itself.
   */
  readonly terms?: readonly string[]
}

/** A new entry, all groups open, with the terms that a store may index. */
export interface NewEntry extends StoredEntry {
  readonly eventId: string
  readonly open: Readonly<Record<GroupName, Opening>>
  readonly terms: readonly string[]
}

/** The root of a complete subtree of 256^level leaves: one hash of a C2SP tlog-tile at `level`. */
export interface TileHash {
  readonly level: number
  readonly index: number
  readonly hash: string
}

/** What an extension writes: all of it or none. */
export interface Extension {
  readonly entries: readonly NewEntry[]
  /** Complete subtrees of level ≥ 1 that the entries finish. */
  readonly tiles: readonly TileHash[]
  readonly head: Head
}

/** What the builder is told. */
export interface ExtendContext {
  readonly head: Head
  /** Entries already in the log for the event ids asked about. */
  readonly existing: ReadonlyMap<string, StoredEntry>
}

/**
 * Makes the extension for a head, or null for "nothing to write". May be called several times, with other heads, before the
 * store succeeds: it must depend on its argument only.
 */
export type Build = (context: ExtendContext) => Extension | null

/** Search by the terms of the hashed text. Every given condition must hold. */
export interface StoreQuery {
  readonly actor?: string
  readonly patient?: string
  /** Blinded terms of sealed subjects, all of which must be there. */
  readonly blind?: readonly string[]
  readonly resource?: { readonly type: string; readonly id?: string }
  readonly action?: AuditAction
  readonly outcome?: AuditOutcome
  readonly eventId?: string
  /** Occurred at or after, and before. */
  readonly from?: string
  readonly until?: string
  /** Only entries with a smaller (newest first) or larger (oldest first) index. */
  readonly after?: number
  readonly order: 'newest' | 'oldest'
  readonly limit: number
}

/** An event that waits outside the log, in the transaction that wrote it. */
export interface OutboxRow {
  readonly eventId: string
  /** RFC 3339, UTC with milliseconds. */
  readonly queuedAt: string
  readonly body: string
  readonly mac: string
}

/** That entries below `to` have no texts any more, as the entry `event` says. */
export interface Pruned {
  readonly to: number
  readonly event: number
}

/**
 * What a database must do to hold audit logs. Tx is the database's own transaction handle.
 *
 * Contract, in short: `extend` is atomic and serialised per log, and resolves only when durable; what was written is never
 * changed; unknown is an error, never an empty answer.
 */
export interface AuditStore<Tx = never> {
  /** All work shares one connection, so that nothing can be committed while the caller's own transaction is open. */
  readonly singleConnection?: boolean
  /** Makes the log if it is not there. @throws PHI_AUDIT_WRONG_TENANT when the origin belongs to another tenant */
  open(log: LogKey): Promise<void>
  /** The current end of the log, as committed. */
  head(log: LogKey): Promise<Head>
  /**
   * Extends the log by what `build` makes of the head. Atomic, one writer at a time a log, durable when it resolves.
   *
   * The builder is first called with an empty `existing` when the store trusts its idea of the head; a store that finds an
   * event id taken calls it again, under the lock, with the entries that have it.
   *
   * Rejects with a retryable PhiError when nothing was written (PHI_AUDIT_UNAVAILABLE), and PHI_AUDIT_OUTCOME_UNKNOWN when a
   * commit was sent and its answer lost.
   * @returns the extension that was written, or null when the builder had nothing to write
   */
  extend(log: LogKey, eventIds: readonly string[], build: Build): Promise<Extension | null>
  /** The same inside the caller's transaction, under the head's lock until that transaction ends. */
  extendIn?(tx: Tx, log: LogKey, eventIds: readonly string[], build: Build): Promise<Extension | null>
  /**
   * Whether the caller's transaction, the one that is open now, holds the log's head. A handle can outlive a transaction: a
   * connection that a pool hands out again is the same object.
   */
  holds?(tx: Tx, log: LogKey): Promise<boolean>
  /** Entries from index `from` up to and without `to`, in order, in batches. A missing index is simply not there. */
  read(log: LogKey, range: { readonly from: number; readonly to: number }): AsyncIterable<readonly StoredEntry[]>
  /** One page of entries that match, in the order asked for. */
  find(log: LogKey, query: StoreQuery): Promise<readonly StoredEntry[]>
  /** Tile hashes at `level` ≥ 1 with index from `from` up to and without `to`; a gap is an error. */
  tiles(log: LogKey, level: number, from: number, to: number): Promise<readonly string[]>
  /** Signed notes, oldest first (by size). `last` limits the answer to the newest ones. */
  checkpoints(log: LogKey, options?: { readonly last?: number }): Promise<readonly string[]>
  /** Keeps a signed note. The same note twice is kept once. */
  saveCheckpoint(log: LogKey, checkpoint: { readonly size: number; readonly note: string }): Promise<void>
  /**
   * Puts an event into the log's outbox inside the caller's transaction, without a lock on the head. Where a row with its id waits
   * already, that one stays as it is.
   * @returns the row that has the id
   */
  enqueueIn?(tx: Tx, log: LogKey, row: OutboxRow): Promise<OutboxRow>
  /** Committed rows of the outbox after a row, by time and id, ascending, at most `limit`. Fewer than `limit`: there are no more. */
  outbox?(
    log: LogKey,
    options: { readonly after?: Pick<OutboxRow, 'queuedAt' | 'eventId'>; readonly limit: number },
  ): Promise<readonly OutboxRow[]>
  /** Takes rows out of the outbox, those whose event is in the log and no others. @returns how many */
  dequeue?(log: LogKey, eventIds: readonly string[]): Promise<number>
  /**
   * Takes texts and salts of the entries below `to` away; their leaves stay. Only where the entry `event` is a successful `prune` whose
   * details say `to`. The same again does nothing, or finishes what was interrupted.
   */
  prune?(log: LogKey, pruned: Pruned): Promise<void>
  /** What was pruned, ascending by `to`. */
  prunes?(log: LogKey): Promise<readonly Pruned[]>
}
