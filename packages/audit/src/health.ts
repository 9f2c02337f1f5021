import { type Clock, isPhiError } from '@phi/core'
import type { AppenderState } from './appender.ts'
import type { OutboxReport } from './outbox/outbox.ts'
import type { Head } from './store/store.ts'

/** How the log is doing, for a health endpoint. Holds figures and codes only. */
export interface AuditHealth {
  /**
   * `ok`; `degraded`: entries are written, but checkpoints fail, callers wait for room, or the outbox is late or cannot be
   * read; `failing`: the store takes nothing,
   * and appends reject after their timeout.
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
    return {
      status: troubled
        ? 'failing'
        : this.#checkpointFailed || this.#sequencingFailed || appender.waiting > 0 || (this.#outbox?.late ?? 0) > 0
          ? 'degraded'
          : 'ok',
      pending: appender.pending + appender.inFlight,
      waiting: appender.waiting,
      failuresInARow: appender.failuresInARow,
      failure: troubled || this.#checkpointFailed || this.#sequencingFailed ? this.#failure : undefined,
      lastAppendAt: this.#lastAppendAt,
      size: this.#size,
      checkpointSize,
      outbox: this.#outbox,
      unanchored: this.#size === undefined ? undefined : Math.max(0, this.#size - (checkpointSize ?? 0)),
    }
  }
}
