import { isPhiError } from '@phi/core'
import { milliseconds } from './amounts.ts'
import { auditError } from './errors.ts'

/** Where copies of checkpoints are kept, as `@phi/audit/anchor` makes them: somewhere that whoever owns the log's database does not own. */
export interface CheckpointAnchor {
  /** For reports: a word of yours, no address and no secret. */
  readonly name: string
  /** Keeps a copy. The same note again is no error. Resolves when it cannot be lost any more. */
  put(note: string, options?: { readonly signal?: AbortSignal }): Promise<unknown>
}

/** How a log keeps copies of its checkpoints elsewhere. */
export interface AnchoringOptions {
  readonly to: readonly CheckpointAnchor[]
  /** How long one copy may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  /** How soon a copy that failed is tried again, in milliseconds. Twice as long after each further failure, at most an hour. Default 10,000. */
  readonly retryMs?: number
}

/** What came of the copies of one anchor. */
export interface AnchorState {
  readonly name: string
  /** The size of the largest checkpoint of which this process knows a copy to be there. */
  readonly size: number | undefined
  /** The code with which the last attempt failed. Undefined when it did not. */
  readonly failure: string | undefined
}

interface Copy {
  readonly size: number
  readonly note: string
}

const LONGEST_RETRY_MS = 3_600_000

/** One anchor: one copy at a time, and of those that wait only the newest, since a checkpoint covers every entry before it. */
class Lane {
  readonly #anchor: CheckpointAnchor
  readonly #timeoutMs: number
  readonly #retryMs: number
  readonly #changed: () => void
  #waiting: Copy | undefined
  #running: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #copied: Copy | undefined
  #failure: string | undefined
  #isStopped = false

  constructor(anchor: CheckpointAnchor, timeoutMs: number, retryMs: number, changed: () => void) {
    this.#anchor = anchor
    this.#timeoutMs = timeoutMs
    this.#retryMs = retryMs
    this.#changed = changed
  }

  get state(): AnchorState {
    return { name: this.#anchor.name, size: this.#copied?.size, failure: this.#failure }
  }

  offer(copy: Copy): void {
    // The same checkpoint with more signatures is worth a copy: those of witnesses come later.
    if (copy.size < (this.#copied?.size ?? -1) || copy.note === this.#copied?.note) return
    if (copy.size < (this.#waiting?.size ?? -1)) return
    if (copy.note !== this.#waiting?.note) this.#waiting = copy
    // What is new need not wait for the time of what failed.
    this.#run()
  }

  /** Waits for what is under way, and tries once more what has no copy yet. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#idle()
    this.#run()
    await this.#idle()
  }

  /** One that ends well is followed by the one that waits, so the end of one is not the end. */
  async #idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  #run(): void {
    if (this.#running !== undefined || this.#waiting === undefined) return
    clearTimeout(this.#timer)
    this.#running = this.#put(this.#waiting).finally(() => {
      this.#running = undefined
      this.#changed()
      const waiting = this.#waiting
      if (waiting === undefined) return
      if (this.#failures === 0) this.#run()
      else if (!this.#isStopped) this.#retryLater()
    })
  }

  async #put(copy: Copy): Promise<void> {
    const limit = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = auditError('PHI_AUDIT_ANCHOR_TIMEOUT')
        reject(error)
        limit.abort(error)
      }, this.#timeoutMs)
    })
    try {
      await Promise.race([this.#anchor.put(copy.note, { signal: limit.signal }), late])
      this.#copied = copy
      this.#failure = undefined
      this.#failures = 0
      if (this.#waiting === copy) this.#waiting = undefined
    } catch (error) {
      this.#failures++
      this.#failure = isPhiError(error) ? error.code : 'unexpected'
    } finally {
      clearTimeout(timer)
    }
  }

  #retryLater(): void {
    const delay = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2 ** Math.min(this.#failures - 1, 30))
    this.#timer = setTimeout(() => this.#run(), delay)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }
}

/** Keeps copies of a log's checkpoints elsewhere, in the background. */
export class Anchoring {
  readonly #lanes: readonly Lane[]

  /**
   * @param changed told after each attempt
   * @throws PhiError PHI_AUDIT_OPTIONS
   */
  constructor(options: AnchoringOptions, changed: (states: readonly AnchorState[]) => void) {
    const { to } = options
    const isAnchor = (anchor: CheckpointAnchor) => typeof anchor?.name === 'string' && typeof anchor.put === 'function'
    if (!Array.isArray(to) || to.length === 0 || !to.every(isAnchor))
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'anchors.to', detail: 'must name an anchor at least' })
    if (new Set(to.map(({ name }) => name)).size !== to.length)
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'anchors.to', detail: 'has two of the same name' })
    const timeoutMs = milliseconds(options.timeoutMs ?? 30_000, 'anchors.timeoutMs')
    const retryMs = milliseconds(options.retryMs ?? 10_000, 'anchors.retryMs')
    this.#lanes = to.map((anchor) => new Lane(anchor, timeoutMs, retryMs, () => changed(this.states)))
  }

  get states(): readonly AnchorState[] {
    return this.#lanes.map(({ state }) => state)
  }

  /** Has a checkpoint copied. Nobody waits for it; what came of it is told, and shows in health(). */
  offer(copy: Copy): void {
    for (const lane of this.#lanes) lane.offer(copy)
  }

  /** Waits for what is under way, and for one more attempt at what has no copy: at most `timeoutMs` for each. */
  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
  }
}
