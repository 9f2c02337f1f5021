import { type Clock, formatInstant, isPhiError, type PhiError, parseInstant } from '@phi/core'
import type { AuditRecord } from '../record.ts'
import { attempt, isOutcome } from './attempt.ts'
import { type BackOff, waitAfter } from './back-off.ts'
import { type Cursor, type CursorStore, type DeadLetter, type ForwardKey, isSameCursor } from './cursor-store.ts'
import type { Destination, ForwardItem, ItemOutcome, SendResult } from './destination.ts'
import { tell } from './diagnostics.ts'
import { type ForwardCode, forwardError, forwardErrors } from './errors.ts'
import { itemOf, type Shown } from './shown.ts'

/** A log to forward: an open `AuditLog` is one. */
export interface ForwardSource {
  readonly origin: string
  readonly tenant: string
  head(): Promise<{ readonly size: number; readonly lastHash?: string }>
  /** The records from `from` up to and without `to`, gapless, in order. */
  records(range: { readonly from?: number; readonly to?: number; readonly signal?: AbortSignal }): AsyncIterable<AuditRecord>
}

export interface LaneSettings {
  readonly key: ForwardKey
  readonly source: ForwardSource
  readonly to: Destination
  readonly cursors: CursorStore
  readonly shown: Shown
  readonly batch: { readonly entries: number; readonly bytes: number }
  readonly backOff: Required<BackOff>
  readonly timeoutMs: number
  readonly refusals: number
  readonly mostDeadLetters: number
  readonly from: number
  readonly token: string
  readonly clock: Clock
  readonly random: () => number
}

/** What a step came to. */
export type Step = 'moved' | 'idle' | 'waiting' | 'stopped'

interface Pending {
  readonly item: ForwardItem
  state: 'waiting' | 'settled'
  refusals: number
}

/** Successful sends after which a batch that had to be made smaller grows again. */
const CALM = 4

/** Why an attempt came to nothing; it is made again. */
class Trouble {
  readonly code: ForwardCode
  readonly isBlocked: boolean
  readonly afterMs: number

  constructor(code: ForwardCode, isBlocked = false, afterMs = 0) {
    this.code = code
    this.isBlocked = isBlocked
    this.afterMs = afterMs
  }
}

/** One log on its way to one destination. Steps of a lane never overlap. */
export class Lane {
  readonly settings: LaneSettings
  #cursor: Cursor | undefined
  #loaded = false
  /** From the cursor on: records that were read, some of them delivered out of turn. */
  #window: Pending[] = []
  #limit: number
  #calm = 0
  #wasFull = false

  stopped: PhiError | undefined
  failures = 0
  code: ForwardCode | undefined
  isBlocked = false
  failingSince: number | undefined
  /** Not before this instant. */
  dueAt = 0
  /** How long it was to wait, in milliseconds. */
  #waitMs = 0
  /** How often the log was read for new records. */
  reads = 0
  size: number | undefined
  /** When the lane last knew that all was well. */
  seenAt: number | undefined
  delivered = 0
  setAside = 0
  deadLetters: number | undefined

  constructor(settings: LaneSettings) {
    this.settings = settings
    this.#limit = settings.batch.entries
  }

  get next(): number | undefined {
    return this.#loaded ? (this.#cursor?.next ?? this.settings.from) : undefined
  }

  /** Recorded time of the oldest record that is not forwarded, where it has been read. */
  get oldest(): string | undefined {
    return this.#window[0]?.item.record.recordedAt
  }

  /** Whether it may go on. A clock that was set back by more than the wait does not make it longer. */
  isDue(now: number): boolean {
    return now >= this.dueAt || this.dueAt - now > this.#waitMs
  }

  /** One batch, read where need be, sent, and the cursor moved behind it. Never throws. `to` bounds what is read. */
  async step(signal: AbortSignal, to = Number.MAX_SAFE_INTEGER): Promise<Step> {
    if (this.stopped !== undefined) return 'stopped'
    if (signal.aborted || !this.isDue(this.settings.clock())) return 'waiting'
    try {
      await this.#load()
      // What was acknowledged before the cursor could be moved is settled first, and nothing more is sent until it is.
      await this.#settle()
      if (this.#window.length === 0 && !(await this.#fill(signal, to))) {
        this.#wellAgain()
        return 'idle'
      }
      const result = await this.#send(signal)
      if (result === 'aborted') return 'waiting'
      await this.#take(result.batch, result.result)
      return 'moved'
    } catch (error) {
      // What a log throws when it is interrupted says nothing about the log.
      const isOwn = error instanceof Trouble || (isPhiError(error) && error.code in forwardErrors)
      if (signal.aborted && !isOwn) return 'waiting'
      return this.#failed(error)
    }
  }

  #failed(error: unknown): Step {
    const { forwarder, origin } = this.settings.key
    if (error instanceof Trouble) {
      this.failures++
      this.code = error.code
      this.isBlocked = error.isBlocked
      const now = this.settings.clock()
      this.failingSince ??= now
      this.#waitMs = waitAfter(this.failures, this.settings.backOff, this.settings.random, error.afterMs)
      this.dueAt = now + this.#waitMs
      tell('failure', { forwarder, origin, code: error.code, failures: this.failures })
      return 'waiting'
    }
    // Only our own errors get here otherwise. A defect is not retried in silence; its text could quote a record, so it goes no further.
    this.stopped = isPhiError(error)
      ? error
      : forwardError('PHI_AUDIT_FORWARD_SOURCE', { detail: 'a record could not be prepared' })
    this.code = this.stopped.code as ForwardCode
    tell('stopped', { forwarder, origin, code: this.stopped.code, next: this.next ?? 0 })
    return 'stopped'
  }

  #wellAgain(): void {
    this.failures = 0
    this.code = undefined
    this.isBlocked = false
    this.failingSince = undefined
    this.seenAt = this.settings.clock()
  }

  /** An answer of the store of cursors, whose failures are retried, except what is damaged. */
  async #stored<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (isPhiError(error, 'PHI_AUDIT_FORWARD_CURSOR_DAMAGED')) throw error
      throw new Trouble('PHI_AUDIT_FORWARD_CURSOR', true)
    }
  }

  async #load(): Promise<void> {
    if (this.#loaded) return
    const { cursors, key } = this.settings
    const cursor = await this.#stored(() => cursors.read(key))
    this.deadLetters = (await this.#stored(() => cursors.deadLetters(key))).length
    this.#cursor = cursor
    this.#loaded = true
  }

  /** Reads the next records into the window. @returns whether there are any */
  async #fill(signal: AbortSignal, most: number): Promise<boolean> {
    const { source, batch, shown, key } = this.settings
    const next = this.next as number
    const hash = this.#cursor?.hash ?? null
    const head = await this.#read(signal, () => source.head())
    if (!Number.isSafeInteger(head.size) || head.size < 0) throw forwardError('PHI_AUDIT_FORWARD_SOURCE')
    this.size = head.size
    this.reads++
    if (head.size < next) throw forwardError('PHI_AUDIT_FORWARD_ROLLED_BACK', { info: { size: head.size, next } })
    const to = Math.min(head.size, next + batch.entries, Math.max(most, next))
    const isAtEnd = to === next
    if (isAtEnd && (next === 0 || hash === null)) return false
    if (isAtEnd && head.size === next && head.lastHash !== undefined) {
      if (head.lastHash !== hash) throw forwardError('PHI_AUDIT_FORWARD_REWRITTEN', { info: { index: next - 1 } })
      return false
    }
    // The last one that was forwarded is read again: its hash covers all that lies before it.
    const from = hash === null ? next : next - 1
    const items: Pending[] = []
    await this.#read(signal, async () => {
      let index = from
      let bytes = 0
      for await (const record of source.records({ from, to, signal })) {
        signal.throwIfAborted()
        if (record.index !== index || record.origin !== key.origin)
          throw forwardError('PHI_AUDIT_FORWARD_SOURCE', { info: { index } })
        index++
        if (record.index < next) {
          if (record.hash !== hash) throw forwardError('PHI_AUDIT_FORWARD_REWRITTEN', { info: { index: next - 1 } })
          continue
        }
        const item = itemOf(record, shown)
        bytes += Buffer.byteLength(item.json)
        if (items.length > 0 && bytes > batch.bytes) return
        items.push({ item, state: 'waiting', refusals: 0 })
        if (items.length === batch.entries) return
      }
      if (index !== to) throw forwardError('PHI_AUDIT_FORWARD_SOURCE', { info: { index } })
    })
    this.#window = items
    return items.length > 0
  }

  /** What the log throws is retried: a store comes back. What it says wrongly is not. */
  async #read<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (signal.aborted || (isPhiError(error) && error.code in forwardErrors)) throw error
      throw new Trouble('PHI_AUDIT_FORWARD_READ', isPhiError(error, 'PHI_AUDIT_STORE'))
    }
  }

  async #send(signal: AbortSignal): Promise<'aborted' | { batch: Pending[]; result: SendResult }> {
    const { to, timeoutMs } = this.settings
    const batch = this.#window.filter(({ state }) => state === 'waiting').slice(0, this.#limit)
    const result = await attempt(
      to,
      batch.map(({ item }) => item),
      signal,
      timeoutMs,
    )
    return result === 'aborted' ? result : { batch, result }
  }

  /** Believes an answer, and moves the cursor. */
  async #take(batch: readonly Pending[], result: SendResult): Promise<void> {
    if (result?.is !== 'items' && !(result?.code in forwardErrors)) throw new Trouble('PHI_AUDIT_FORWARD_ANSWER', true)
    switch (result.is) {
      case 'retry':
      case 'blocked':
        throw new Trouble(result.code, result.is === 'blocked', result.afterMs)
      case 'split':
        if (batch.length > 1) {
          this.#limit = Math.ceil(batch.length / 2)
          this.#calm = 0
          this.#tell(batch.length, 0)
          return
        }
        return this.#believe(batch, [{ is: 'refused', code: result.code }])
      case 'items':
        if (result.items.length !== batch.length || !result.items.every(isOutcome))
          throw new Trouble('PHI_AUDIT_FORWARD_ANSWER', true)
        return this.#believe(batch, result.items)
      default:
        // A destination of the caller's own.
        throw new Trouble('PHI_AUDIT_FORWARD_ANSWER', true)
    }
  }

  async #believe(batch: readonly Pending[], outcomes: readonly ItemOutcome[]): Promise<void> {
    let count = 0
    let left: ForwardCode | undefined
    let trouble: Trouble | undefined
    for (const [i, pending] of batch.entries()) {
      const outcome = outcomes[i] as ItemOutcome
      if (outcome.is === 'delivered') {
        pending.state = 'settled'
        count++
      } else if (outcome.is === 'refused') {
        pending.refusals++
        if (pending.refusals < this.settings.refusals) left ??= outcome.code
        else
          try {
            await this.#setAside(pending, outcome.code)
          } catch (error) {
            if (!(error instanceof Trouble)) throw error
            trouble ??= error
          }
      } else left ??= outcome.code
    }
    this.delivered += count
    if (count === batch.length && this.#limit < this.settings.batch.entries && ++this.#calm >= CALM) {
      this.#limit = Math.min(this.settings.batch.entries, this.#limit * 2)
      this.#calm = 0
    }
    await this.#settle()
    this.#tell(batch.length, count)
    // Whatever arrived shows that the receiver is there: the waiting time does not grow on.
    if (count > 0) this.failures = 0
    if (trouble !== undefined) throw trouble
    if (left !== undefined) throw new Trouble(left)
    this.#wellAgain()
  }

  #tell(sent: number, delivered: number): void {
    const { forwarder, origin } = this.settings.key
    tell('batch', { forwarder, origin, sent, delivered, next: this.next ?? 0, size: this.size ?? 0 })
  }

  async #setAside(pending: Pending, code: ForwardCode): Promise<void> {
    const { cursors, key, mostDeadLetters, clock } = this.settings
    const { index, hash } = pending.item
    const held = await this.#stored(() => cursors.deadLetters(key))
    this.deadLetters = held.length
    if (held.length >= mostDeadLetters && !held.some((letter) => letter.index === index)) {
      this.#wasFull = true
      throw new Trouble('PHI_AUDIT_FORWARD_DEAD_LETTERS_FULL', true)
    }
    const letter: DeadLetter = { index, hash, code, attempts: pending.refusals, at: formatInstant(clock()) }
    // Before the cursor: after a crash in between the record is refused, and set aside, once more.
    await this.#stored(() => cursors.putDeadLetter(key, letter))
    pending.state = 'settled'
    this.setAside++
    this.deadLetters = held.filter((other) => other.index !== index).length + 1
    tell('dead-letter', { forwarder: key.forwarder, origin: key.origin, index, code, attempts: pending.refusals })
  }

  /** Moves the cursor over everything at the front of the window that is settled. */
  async #settle(): Promise<void> {
    const { cursors, key, token } = this.settings
    const waiting = this.#window.findIndex(({ state }) => state === 'waiting')
    const count = waiting < 0 ? this.#window.length : waiting
    if (count === 0) return
    const last = (this.#window[count - 1] as Pending).item
    const next: Cursor = { next: last.index + 1, hash: last.hash, by: token }
    if (!(await this.#stored(() => cursors.advance(key, this.#cursor, next)))) {
      // An advance whose answer was lost is found done. The token tells it from the same move by another process.
      const found = await this.#stored(() => cursors.read(key))
      if (!isSameCursor(found, next)) throw forwardError('PHI_AUDIT_FORWARD_CONFLICT', { info: { index: next.next } })
    }
    this.#cursor = next
    this.#window.splice(0, count)
  }

  /** How far behind, in milliseconds: 0 when nothing waits, undefined when that is not known. */
  lagMs(now: number): number | undefined {
    if (this.oldest !== undefined) return Math.max(0, now - parseInstant(this.oldest))
    return this.size !== undefined && this.next === this.size ? 0 : undefined
  }

  /** Dead letters were taken away: what waited for room is tried at once. */
  async emptied(): Promise<void> {
    const { cursors, key } = this.settings
    this.deadLetters = (await cursors.deadLetters(key)).length
    if (this.#wasFull) this.dueAt = 0
    this.#wasFull = false
  }
}
