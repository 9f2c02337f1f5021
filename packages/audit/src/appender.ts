import { type Clock, isPhiError, type PhiError } from '@phi/core'
import { buildBatch, type Outcomes } from './batch.ts'
import type { Candidate } from './candidate.ts'
import { auditError } from './errors.ts'
import type { Receipt } from './receipt.ts'
import type { AuditStore, Extension, LogKey } from './store/store.ts'

/** Limits on what may wait and how much goes into one transaction. */
export interface AppendLimits {
  /** Entries in one transaction at most. */
  readonly batchEntries: number
  /** Bytes of group text in one transaction, roughly at most. */
  readonly batchBytes: number
  /** Entries that may wait in this process; further calls wait for room. */
  readonly queueEntries: number
  readonly queueBytes: number
  /** How long one append may take in all, waiting for room and retries included, in milliseconds. */
  readonly timeoutMs: number
}

export const defaultLimits: AppendLimits = {
  batchEntries: 1000,
  batchBytes: 4 * 1024 * 1024,
  queueEntries: 10_000,
  queueBytes: 64 * 1024 * 1024,
  timeoutMs: 10_000,
}

/** An append on its way. */
class Pending {
  readonly candidate: Candidate
  readonly deadline: number
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
  /** An attempt to commit this entry ended without an answer. */
  unknown = false
  settled = false

  constructor(candidate: Candidate, deadline: number, resolve: (receipt: Receipt) => void, reject: (error: unknown) => void) {
    this.candidate = candidate
    this.deadline = deadline
    this.resolve = resolve
    this.reject = reject
  }
}

/** How an appender is doing. */
export interface AppenderState {
  readonly pending: number
  readonly inFlight: number
  readonly waiting: number
  readonly failuresInARow: number
  readonly lastFailure: string | undefined
  readonly lastSuccessAt: number | undefined
}

// Two batches: while the store writes one, the next is chained onto the head that the first will leave behind.
const PIPELINE = 2
const FIRST_BACKOFF_MS = 20
const LONGEST_BACKOFF_MS = 1000

/**
 * Group commit. Concurrent appends share a transaction; a batch is whatever gathered while the one before was under way, so
 * batches grow with load and a lone caller waits for nobody.
 */
export class Appender {
  readonly #store: AuditStore<never>
  readonly #log: LogKey
  readonly #clock: Clock
  readonly #limits: AppendLimits
  readonly #onExtended: (extension: Extension) => void | Promise<void>
  readonly #onFound: (size: number) => void | Promise<void>
  readonly #onFailure: (error: unknown) => void
  #queue: Pending[] = []
  #queueBytes = 0
  /** Callers for whom there is no room yet, in the order in which they came. */
  #waiters: Pending[] = []
  readonly #inFlight = new Set<readonly Pending[]>()
  #inFlightEntries = 0
  /** The time of this turn of the event loop: near enough for deadlines, and cheaper than asking for every append. */
  #turn = 0
  #scheduled = false
  #backoff = 0
  #retryAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #lastFailure: string | undefined
  #lastSuccessAt: number | undefined
  #idle: (() => void)[] = []

  constructor(
    store: AuditStore<never>,
    log: LogKey,
    clock: Clock,
    limits: AppendLimits,
    onExtended: (extension: Extension) => void | Promise<void>,
    onFound: (size: number) => void | Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#store = store
    this.#log = log
    this.#clock = clock
    this.#limits = limits
    this.#onExtended = onExtended
    this.#onFound = onFound
    this.#onFailure = onFailure
  }

  state(): AppenderState {
    return {
      pending: this.#queue.length,
      inFlight: this.#inFlightEntries,
      waiting: this.#waiters.length,
      failuresInARow: this.#failures,
      lastFailure: this.#lastFailure,
      lastSuccessAt: this.#lastSuccessAt,
    }
  }

  /** Resolves when the entry is durable, or rejects in bounded time. */
  append(candidate: Candidate): Promise<Receipt> {
    if (!this.#scheduled) {
      this.#turn = performance.now()
      this.#arm()
    }
    return new Promise((resolve, reject) => {
      const pending = new Pending(candidate, this.#turn + this.#limits.timeoutMs, resolve, reject)
      if (this.#waiters.length === 0 && this.#hasRoom()) this.#enqueue(pending)
      else this.#waiters.push(pending)
      this.#schedule()
    })
  }

  /** Resolves when nothing is queued, waiting or under way. */
  drained(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.size === 0 && this.#waiters.length === 0
  }

  #enqueue(pending: Pending): void {
    this.#queue.push(pending)
    this.#queueBytes += pending.candidate.prepared.size
  }

  #hasRoom(): boolean {
    return this.#queue.length < this.#limits.queueEntries && this.#queueBytes < this.#limits.queueBytes
  }

  /** Once the callers of this turn have all come in. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // Callers who append again as soon as they were answered come in after this, and their time begins now.
    this.#turn = performance.now()
    setImmediateOrSoon(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    if (performance.now() < this.#retryAt) return
    while (this.#queue.length > 0 && this.#inFlight.size < PIPELINE) void this.#write(this.#takeBatch())
    if (this.#isIdle()) {
      // Left to run out: the next append comes sooner more often than not. But it keeps no process alive.
      hold(this.#timer, false)
      for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  #takeBatch(): Pending[] {
    const { batchEntries, batchBytes } = this.#limits
    // With much waiting, half of it goes first, so that the second half is prepared while the first is written.
    const fair = Math.max(64, Math.ceil((this.#queue.length + this.#inFlightEntries) / PIPELINE))
    const most = Math.min(batchEntries, fair, this.#queue.length)
    let bytes = 0
    let count = 0
    while (count < most && (count === 0 || bytes < batchBytes)) {
      bytes += (this.#queue[count] as Pending).candidate.prepared.size
      count++
    }
    const batch = this.#queue.splice(0, count)
    this.#queueBytes -= bytes
    while (this.#waiters.length > 0 && this.#hasRoom()) this.#enqueue(this.#waiters.shift() as Pending)
    return batch
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    this.#inFlight.add(batch)
    this.#inFlightEntries += batch.length
    const { build, outcomes } = buildBatch(
      this.#log.origin,
      batch.map(({ candidate }) => candidate),
      this.#clock,
    )
    try {
      const extension = await this.#store.extend(
        this.#log,
        batch.map(({ candidate }) => candidate.prepared.eventId),
        build,
      )
      this.#succeeded()
      const results = outcomes()
      // Nothing to write: all of it is there already, perhaps since an attempt of our own whose answer was lost.
      const after = extension === null ? this.#onFound(sizeSeen(results)) : this.#onExtended(extension)
      if (after !== undefined) await after
      for (let i = 0; i < batch.length; i++) settle(batch[i] as Pending, results[i] as Receipt | PhiError)
    } catch (error) {
      this.#failed(batch, error)
    } finally {
      this.#inFlight.delete(batch)
      this.#inFlightEntries -= batch.length
      this.#schedule()
    }
  }

  #succeeded(): void {
    this.#failures = 0
    this.#backoff = 0
    this.#retryAt = 0
    this.#lastSuccessAt = this.#clock()
  }

  /** What can be tried again goes back to the front of the queue, in its order; the rest is told. */
  #failed(batch: readonly Pending[], error: unknown): void {
    this.#failures++
    this.#lastFailure = isPhiError(error) ? error.code : 'unexpected'
    this.#onFailure(error)
    const retryable = isPhiError(error) && error.retryable
    const unknown = isPhiError(error, 'PHI_AUDIT_OUTCOME_UNKNOWN')
    const now = performance.now()
    const again: Pending[] = []
    for (const pending of batch) {
      if (pending.settled) continue
      if (unknown) pending.unknown = true
      if (!retryable) {
        pending.settled = true
        pending.reject(error)
      } else if (pending.deadline <= now) this.#expire(pending, false, error)
      else again.push(pending)
    }
    if (again.length === 0) return
    this.#queue.unshift(...again)
    for (const pending of again) this.#queueBytes += pending.candidate.prepared.size
    this.#backoff = Math.min(LONGEST_BACKOFF_MS, Math.max(FIRST_BACKOFF_MS, this.#backoff * 2))
    this.#retryAt = now + this.#backoff
    this.#arm()
  }

  /**
   * @param underWay the store has the entry, and has not answered. It may be sending it, or still wait for a connection: that is not seen
   * from here, and what waits may yet be written, so the outcome is unknown.
   */
  #expire(pending: Pending, underWay: boolean, cause?: unknown): void {
    pending.settled = true
    const detail = 'the time for one append, limits.timeoutMs, ran out'
    const context = cause === undefined ? { detail } : { detail, cause }
    const { generatedId } = pending.candidate
    if (pending.unknown || underWay) {
      const info = generatedId === undefined ? {} : { info: { eventId: generatedId } }
      pending.reject(auditError('PHI_AUDIT_OUTCOME_UNKNOWN', { ...context, ...info }))
    } else if (this.#failures > 0) pending.reject(auditError('PHI_AUDIT_UNAVAILABLE', context))
    else pending.reject(auditError('PHI_AUDIT_BUSY', context))
  }

  /** One timer: it wakes for the next retry or the next deadline, whichever comes first. */
  #arm(): void {
    const now = performance.now()
    const next = this.#retryAt > now && this.#queue.length > 0 ? this.#retryAt - now : this.#limits.timeoutMs / 4
    if (this.#timer !== undefined) {
      if (this.#retryAt <= now) {
        hold(this.#timer, true)
        return
      }
      clearTimeout(this.#timer)
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#sweep()
        this.#flush()
        if (!this.#isIdle()) this.#arm()
      },
      Math.max(1, next),
    )
  }

  #sweep(): void {
    const now = performance.now()
    const late = (pending: Pending) => !pending.settled && pending.deadline <= now
    for (const batch of this.#inFlight) for (const pending of batch.filter(late)) this.#expire(pending, true)
    const expired = this.#queue.filter(late)
    if (expired.length > 0) {
      for (const pending of expired) {
        this.#queueBytes -= pending.candidate.prepared.size
        this.#expire(pending, false)
      }
      this.#queue = this.#queue.filter((pending) => !pending.settled)
    }
    const tired = this.#waiters.filter(late)
    if (tired.length > 0) {
      for (const pending of tired) this.#expire(pending, false)
      this.#waiters = this.#waiters.filter((pending) => !pending.settled)
    }
  }
}

/** How long the log is at least, by the entries that were found in it. */
const sizeSeen = (results: Outcomes): number =>
  results.reduce((size, result) => (isPhiError(result) ? size : Math.max(size, result.index + 1)), 0)

function settle(pending: Pending, outcome: Receipt | PhiError): void {
  if (pending.settled) return
  pending.settled = true
  if (isPhiError(outcome)) pending.reject(outcome)
  else pending.resolve(outcome)
}

/** Whether a timer keeps the process alive. Only Node's timers ask. */
function hold(timer: ReturnType<typeof setTimeout> | undefined, alive: boolean): void {
  const handle = timer as { ref?: () => void; unref?: () => void } | undefined
  if (alive) handle?.ref?.()
  else handle?.unref?.()
}

/** The end of this turn of the event loop: setImmediate in Node; elsewhere a macrotask of the same kind. */
const setImmediateOrSoon: (run: () => void) => void =
  typeof setImmediate === 'function' ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0)
