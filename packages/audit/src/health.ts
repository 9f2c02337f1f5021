import { type Clock, isPhiError } from '@phi/core'
import type { AnchorState } from './anchoring.ts'
import type { AppenderState } from './appender.ts'
import type { OutboxReport } from './outbox/outbox.ts'
import type { Head } from './store/store.ts'
import type { WitnessResult } from './witness/client.ts'
import type { Offered } from './witness/offering.ts'

/** How the log is doing, for a health endpoint. Holds figures and codes only. */
export interface AuditHealth {
  /**
   * `ok`; `degraded`: entries are written, but checkpoints fail, or lack their witnesses or copies, callers wait for room, or the
   * outbox is late or cannot be read; `failing`: the store takes nothing, and appends reject after their timeout.
   */
  readonly status: 'ok' | 'degraded' | 'failing'
  /** Entries that wait in this process, in the queue and in batches under way. */
  readonly pending: number
  /** Callers that wait for room in the queue. */
  readonly waiting: number
  readonly failuresInARow: number
  /** The code of the last failure since the last success, if any. */
  readonly failure: string | undefined
  readonly lastAppendAt: number | undefined
  /** Size of the log when this process last extended it. */
  readonly size: number | undefined
  readonly checkpointSize: number | undefined
  /** What the last run over the outbox left: rows that wait, are late, or are refused. Undefined before the first run. */
  readonly outbox: { readonly waiting: number; readonly late: number; readonly refused: number } | undefined
  /** Entries of this process's last extension that no checkpoint covers yet. */
  readonly unanchored: number | undefined
  /** What came of the last checkpoint that was offered to witnesses. Undefined where the log has none, or none was offered yet. */
  readonly witnesses?: {
    /** The largest size that the policy's quorum has cosigned, as far as this process knows. */
    readonly witnessedSize: number | undefined
    /** `PHI_AUDIT_WITNESS_FORK`, `_LIED`, `_QUORUM`, or what the store or the signer failed with. Undefined when all is well. */
    readonly failure: string | undefined
    /** Of the last round. Witnesses that had cosigned before it are not asked again. */
    readonly results: readonly WitnessResult[]
  }
  /** What came of the copies of checkpoints that are kept elsewhere. Undefined where there are none. */
  readonly anchors?: readonly AnchorState[]
}

/** Gathers what {@link AuditHealth} reports. */
export class HealthRecorder {
  readonly #clock: Clock
  #size: number | undefined
  #lastAppendAt: number | undefined
  #failure: string | undefined
  #checkpointFailed = false
  #outbox: AuditHealth['outbox']
  #sequencingFailed = false
  #witnesses: AuditHealth['witnesses']
  #anchors: AuditHealth['anchors']

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The largest size of the log that this process has seen. */
  get size(): number | undefined {
    return this.#size
  }

  extended(head: Head): void {
    this.#size = Math.max(this.#size ?? 0, head.size)
    this.#lastAppendAt = this.#clock()
  }

  /** The log is at least so long. */
  found(size: number): void {
    this.#size = Math.max(this.#size ?? 0, size)
  }

  checkpointed(size: number): void {
    this.#size = Math.max(this.#size ?? 0, size)
    this.#checkpointFailed = false
  }

  sequenced({ waiting, late, refused }: OutboxReport): void {
    this.#sequencingFailed = false
    this.#outbox = { waiting, late, refused: refused.length }
  }

  offered({ failure, results }: Offered, witnessedSize: number | undefined): void {
    this.#witnesses = { witnessedSize, failure, results }
  }

  anchored(states: readonly AnchorState[]): void {
    this.#anchors = states
  }

  checkpointRefused(error: unknown): void {
    this.failed(error)
    this.#checkpointFailed = true
  }

  /** A run over the outbox ended early: what waits there is not known. */
  sequencingRefused(error: unknown): void {
    this.failed(error)
    this.#sequencingFailed = true
  }

  failed(error: unknown): void {
    this.#failure = isPhiError(error) ? error.code : 'unexpected'
  }

  report(appender: AppenderState, checkpointSize: number | undefined): AuditHealth {
    const troubled = appender.failuresInARow > 0
    // What stands in the way of others' confirming the log, and not of writing it.
    const beside = this.#witnesses?.failure ?? this.#anchors?.find(({ failure }) => failure !== undefined)?.failure
    return {
      status: troubled
        ? 'failing'
        : this.#checkpointFailed ||
            this.#sequencingFailed ||
            beside !== undefined ||
            appender.waiting > 0 ||
            (this.#outbox?.late ?? 0) > 0
          ? 'degraded'
          : 'ok',
      pending: appender.pending + appender.inFlight,
      waiting: appender.waiting,
      failuresInARow: appender.failuresInARow,
      failure: troubled || this.#checkpointFailed || this.#sequencingFailed ? this.#failure : beside,
      lastAppendAt: this.#lastAppendAt,
      size: this.#size,
      checkpointSize,
      outbox: this.#outbox,
      ...(this.#witnesses === undefined ? {} : { witnesses: this.#witnesses }),
      ...(this.#anchors === undefined ? {} : { anchors: this.#anchors }),
      unanchored: this.#size === undefined ? undefined : Math.max(0, this.#size - (checkpointSize ?? 0)),
    }
  }
}
