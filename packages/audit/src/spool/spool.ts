import { type Clock, formatInstant, type PhiError } from '@phi/core'
import type { AuditEventInput } from '../event.ts'
import { uuidV7Source } from '../uuid.ts'
import { diskError, spoolError } from './errors.ts'
import { Generation, type Home } from './generation.ts'
import { LOCK_BYTES, type Lock } from './lock.ts'
import { MARK_BYTES } from './mark.ts'
import type { SpoolDamage } from './recover.ts'
import { FRAME_OVERHEAD, newSpoolId } from './seal.ts'
import { HEADER_BYTES } from './segment.ts'
import { type CompleteEvent, completeEvent, payloadOf } from './spooled-event.ts'

/** What a caller learns of an event that is on this machine's disk and not in the log yet. It has no index and no hash. */
export interface SpoolReceipt {
  readonly spooled: true
  readonly eventId: string
  /** Id of the spool, 32 hexadecimal digits. */
  readonly spool: string
  /** Number of the record in that spool, from 0. */
  readonly sequence: number
  /** UTC. */
  readonly spooledAt: string
}

/** How a spool is doing. Figures and codes only. */
export interface SpoolHealth {
  /** Id of the spool that takes events now. */
  readonly spool: string | undefined
  /** Events on the disk that the log does not have yet. */
  readonly count: number
  /** Of all files. */
  readonly bytes: number
  readonly maxBytes: number
  /** Of the oldest event that is not in the log, in milliseconds. Never negative, also when the clock was set back. */
  readonly oldestAgeMs: number | undefined
  readonly announced: boolean
  /** The code with which an event would be refused now, one of 1 KiB; undefined when such events are taken. */
  readonly refusing: string | undefined
  readonly damage: readonly SpoolDamage[]
  /** Bytes of files that were put aside because something in them is not in the log. They count against `maxBytes`. */
  readonly keptBytes: number
  /** The mark of the last record could not be written: should the process die now, a loss at the end may go unnoticed. */
  readonly markStale: boolean
}

/** An open spool. Made by `openSpool`. */
export interface Spool {
  readonly directory: string
  readonly name: string | undefined
  /**
   * Keeps an event. Resolves when it is on the disk.
   * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE; PHI_AUDIT_SPOOL_FULL, _IO, _BROKEN, _DAMAGED, _UNANNOUNCED, _CLOSED,
   * _LOCKED when another process took the directory over. In all cases the event was not acknowledged.
   */
  append(event: AuditEventInput): Promise<SpoolReceipt>
  health(): SpoolHealth
  /** Waits for what is under way and gives the directory back. What is spooled stays for the next time. */
  close(): Promise<void>
}

/** An event on its way to the disk. */
interface Pending {
  readonly eventId: string
  readonly payload: Buffer
  readonly spooledAt: number
  readonly cost: number
  readonly resolve: (receipt: SpoolReceipt) => void
  readonly reject: (error: unknown) => void
}

const GROUP_ENTRIES = 256
const GROUP_BYTES = 1024 * 1024
/** What an event takes, as health() sees it. */
const TYPICAL_BYTES = 1024
/** Kept free for what draining needs: the mark of the next spool, and the lock. */
const RESERVE = MARK_BYTES + 2 * LOCK_BYTES

/** What a spool is opened with, checked. */
export interface SpoolSettings {
  readonly home: Home
  readonly name: string
  readonly maxBytes: number
  readonly unannounced: 'refuse' | 'take'
  readonly clock: Clock
}

/** The spool itself: what {@link Spool} shows, and what draining needs. */
export class LocalSpool implements Spool {
  readonly #settings: SpoolSettings
  readonly #lock: Lock
  readonly #newId: () => string
  #generations: Generation[]
  #queue: Pending[] = []
  #queuedCost = 0
  #flushing: Promise<void> | undefined
  /** The group that is being written. */
  #writing: Promise<unknown> | undefined
  /** Stays so until the spool is opened again, also when the files that could not be written are gone. */
  #wasBroken = false
  #closed = false
  /** Another process has the directory now. */
  #usurped = false
  keptBytes: number
  /** One drain at a time. */
  draining: Promise<unknown> = Promise.resolve()

  constructor(settings: SpoolSettings, lock: Lock, generations: Generation[], keptBytes: number) {
    this.#settings = settings
    this.#lock = lock
    this.#generations = generations
    this.keptBytes = keptBytes
    this.#newId = uuidV7Source(settings.clock)
  }

  get directory(): string {
    return this.#settings.home.directory
  }
  get name(): string | undefined {
    return this.#settings.name === '' ? undefined : this.#settings.name
  }
  get generations(): readonly Generation[] {
    return this.#generations
  }

  /** The spool that takes events: the newest that the log knows of, or else the newest. One after it is only prepared. */
  get current(): Generation | undefined {
    const open = this.#generations.filter(({ frozen, drained, lossy }) => !frozen && !drained && !lossy)
    return open.findLast(({ announced }) => announced) ?? open.at(-1)
  }

  get count(): number {
    return this.#generations.reduce((sum, { waiting }) => sum + waiting, 0)
  }

  /** Whether an event that comes now has nothing before it. */
  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#flushing === undefined && this.count === 0
  }

  get #bytes(): number {
    return this.#generations.reduce((sum, { bytes }) => sum + bytes, this.keptBytes + LOCK_BYTES)
  }

  /** Why nothing can be written now. */
  #refusal(): PhiError | undefined {
    if (this.#usurped) return spoolError('PHI_AUDIT_SPOOL_LOCKED')
    if (this.#wasBroken || this.#generations.some(({ broken }) => broken)) return spoolError('PHI_AUDIT_SPOOL_BROKEN')
    if (this.#generations.some(({ lossy, drained }) => lossy && !drained)) return spoolError('PHI_AUDIT_SPOOL_DAMAGED')
    const { current } = this
    // While the last of a full spool is being drained there is none that takes events.
    if (current === undefined) return spoolError('PHI_AUDIT_SPOOL_FULL')
    if (!current.announced && this.#settings.unannounced === 'refuse') return spoolError('PHI_AUDIT_SPOOL_UNANNOUNCED')
    return undefined
  }

  append(event: AuditEventInput): Promise<SpoolReceipt> {
    try {
      const { event: complete, timed } = completeEvent(event, this.#newId, this.#settings.clock)
      return this.keep(complete, timed)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Keeps an event that was checked and filled in. */
  keep(event: CompleteEvent, timed: boolean): Promise<SpoolReceipt> {
    const refusal = this.#closed ? spoolError('PHI_AUDIT_SPOOL_CLOSED') : this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const spooledAt = this.#settings.clock()
    const payload = payloadOf({ event, timed, spooledAt })
    const cost = payload.length + FRAME_OVERHEAD + HEADER_BYTES
    if (this.#bytes + this.#queuedCost + cost + RESERVE > this.#settings.maxBytes)
      return Promise.reject(spoolError('PHI_AUDIT_SPOOL_FULL', { info: { maxBytes: this.#settings.maxBytes } }))
    return new Promise((resolve, reject) => {
      this.#queue.push({ eventId: event.id, payload, spooledAt, cost, resolve, reject })
      this.#queuedCost += cost
      // Once the callers of this turn have all come in: they share one fsync.
      this.#flushing ??= new Promise<void>((done) => setImmediate(done)).then(() => this.#flush())
    })
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      let bytes = 0
      let count = 0
      while (count < Math.min(GROUP_ENTRIES, this.#queue.length) && (count === 0 || bytes < GROUP_BYTES)) {
        bytes += (this.#queue[count] as Pending).cost
        count++
      }
      const group = this.#queue.splice(0, count)
      try {
        await this.#checkLock()
        const refusal = this.#refusal()
        const target = this.current
        if (target === undefined || refusal !== undefined) throw refusal
        const writing = target.write(group)
        this.#writing = writing
        const first = await writing
        group.forEach(({ eventId, spooledAt, resolve }, i) => {
          resolve({ spooled: true, eventId, spool: target.id, sequence: first + i, spooledAt: formatInstant(spooledAt) })
        })
      } catch (error) {
        for (const { reject } of group) reject(error)
      } finally {
        for (const { cost } of group) this.#queuedCost -= cost
      }
    }
    // In the same turn in which the queue was found empty: whoever comes next starts the next flush.
    this.#flushing = undefined
  }

  async #checkLock(): Promise<void> {
    const mine = await this.#lock.held().catch((error: unknown) => {
      throw diskError(error)
    })
    if (mine) return
    this.#usurped = true
    throw spoolError('PHI_AUDIT_SPOOL_LOCKED')
  }

  /** Makes the next spool, so that events have somewhere to go while this one is drained. */
  async prepare(): Promise<Generation> {
    await this.#checkLock()
    const ordinal = Math.max(-1, ...this.#generations.map((each) => each.ordinal)) + 1
    const { home, name, clock } = this.#settings
    const made = await Generation.create(home, newSpoolId(), ordinal, name, clock())
    this.#generations.push(made)
    return made
  }

  /** Takes no more records into this one; what is being written is waited for. */
  async freeze(generation: Generation): Promise<void> {
    generation.freeze()
    await this.#writing?.catch(() => {})
    // A disk that confirms nothing cannot keep what it has from being drained.
    await generation.saveMark({ frozen: true }, true).catch((error: unknown) => {
      if (!generation.broken) throw error
    })
  }

  /** Drops one that has been drained. */
  async discard(generation: Generation, keep: boolean): Promise<void> {
    await this.#checkLock()
    const { bytes } = generation
    await generation.clear(keep)
    if (keep) this.keptBytes += bytes
    this.#generations = this.#generations.filter((each) => each !== generation)
    this.#wasBroken ||= generation.broken
  }

  health(): SpoolHealth {
    const { current } = this
    const oldest = this.#generations.find(({ waiting }) => waiting > 0)
    const oldestAt = oldest?.records[oldest.drainedRecords]?.spooledAt
    const full = this.#bytes + this.#queuedCost + TYPICAL_BYTES + RESERVE > this.#settings.maxBytes
    return {
      spool: current?.id,
      count: this.count,
      bytes: this.#bytes,
      maxBytes: this.#settings.maxBytes,
      oldestAgeMs: oldestAt === undefined ? undefined : Math.max(0, this.#settings.clock() - oldestAt),
      announced: current?.announced ?? false,
      refusing:
        (this.#closed ? 'PHI_AUDIT_SPOOL_CLOSED' : this.#refusal()?.code) ?? (full ? 'PHI_AUDIT_SPOOL_FULL' : undefined),
      damage: this.#generations.flatMap(({ damage }) => damage),
      keptBytes: this.keptBytes,
      markStale: this.#generations.some(({ markStale }) => markStale),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.draining.catch(() => {})
    await this.#flushing
    for (const generation of this.#generations) await generation.close()
    await this.#lock.release()
  }
}
