import type { AuditRecord } from '../record.ts'
import type { ForwardCode } from './errors.ts'

/** A record on its way, as the receiver is to see it. */
export interface ForwardItem {
  /** The id of the event; `<origin>#<index>` where the entry shows none. For de-duplication, together with origin and index. */
  readonly id: string
  readonly origin: string
  readonly index: number
  /** The entry hash, base64. It is of the entry in the log, also where fields were left out of `record`. */
  readonly hash: string
  readonly record: AuditRecord
  /** Paths of fields that were left out on purpose, and of those that hold a keyed hash. */
  readonly omitted: readonly string[]
  readonly hashed: readonly string[]
  /** `{"id", "origin", "index", "hash", "recordedAt", "event", "withheld", "altered", "sealed", "genuine", "omitted", "hashed"}` as one line. */
  readonly json: string
}

/** What became of one record. */
export type ItemOutcome =
  /** The receiver has taken it over. */
  | { readonly is: 'delivered' }
  /** Not now. */
  | { readonly is: 'retry'; readonly code: ForwardCode }
  /** The receiver does not want this record as it is. */
  | { readonly is: 'refused'; readonly code: ForwardCode }

/**
 * What became of a batch. What a destination cannot say for certain is `retry`.
 *
 * - `items`: one outcome for every record, in the order of the batch
 * - `retry`: nothing is known to be delivered; try again, after `afterMs` at the earliest
 * - `split`: refused as a whole, perhaps because of one record or of its size: tried again in halves
 * - `blocked`: the receiver refuses the sender, not the records; as `retry`, and health says so
 */
export type SendResult =
  | { readonly is: 'items'; readonly items: readonly ItemOutcome[] }
  | { readonly is: 'retry'; readonly code: ForwardCode; readonly afterMs?: number }
  | { readonly is: 'split'; readonly code: ForwardCode }
  | { readonly is: 'blocked'; readonly code: ForwardCode; readonly afterMs?: number }

/** Where records go. */
export interface Destination {
  /** For people and for diagnostics: no customer's name. */
  readonly name: string
  /**
   * Sends records, all of one log, in order. Resolves when it is known what became of them. Rejecting counts as `retry`.
   * @param signal ends the attempt; what is not known by then counts as not delivered
   */
  send(batch: readonly ForwardItem[], signal: AbortSignal): Promise<SendResult>
  /** Gives connections back. */
  close?(): Promise<void>
}

export const delivered: ItemOutcome = { is: 'delivered' }

/** Every record of a batch with the same outcome. */
export const allOf = (batch: readonly unknown[], outcome: ItemOutcome): SendResult => ({
  is: 'items',
  items: batch.map(() => outcome),
})
