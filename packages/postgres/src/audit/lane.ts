import { auditError, type Head } from '@phi/audit/store'
import type { Db, Pinned } from '../client/db.ts'

/** A connection in use by overlapping calls. */
interface Shared {
  readonly connection: Promise<Pinned>
  users: number
  broken: boolean
  /** How many more calls may join: a log that is never idle must not keep others waiting for the pool. */
  room: number
  /** Resolves when the connection is given back. Never rejects. */
  readonly released: Promise<void>
  readonly release: () => void
}

/** Calls that share a connection before it goes back to the pool and the lane queues for one again. */
const CALLS_A_TURN = 32

/**
 * What the store remembers of one log: the head it expects, and the connection on which extensions travel one behind the
 * other. An extension that was built on an expected head succeeds only if that is the head, so a wrong memory costs a second
 * try and nothing else.
 */
export class Lane {
  readonly #db: Db
  /** The head after everything sent so far; undefined when not known. */
  expected: Head | undefined
  /** Extensions that go straight under the lock, because others are writing to the log as well. */
  #cautious = 0
  #misses = 0
  /** Extensions of this log that are under way with those of other logs. */
  together = 0
  #shared: Shared | undefined
  #underLock: Promise<unknown> | undefined

  constructor(db: Db) {
    this.#db = db
  }

  /** Whether to try with the expected head. */
  get hopeful(): boolean {
    return this.expected !== undefined && this.#cautious === 0
  }

  hit(): void {
    this.#misses = 0
  }

  /** Somebody else extended the log: for a while, longer each time, ask for the lock at once. */
  miss(): void {
    this.expected = undefined
    this.#misses = Math.min(6, this.#misses + 1)
    this.#cautious = 2 ** this.#misses
  }

  /** An extension was made under the lock. */
  locked(head: Head): void {
    if (this.#cautious > 0) this.#cautious--
    if (this.expected === undefined || head.size > this.expected.size) this.expected = head
  }

  /**
   * Runs when nothing else of this process works under the log's lock, or answers undefined once something that did is done:
   * by then the head may be known, and there is no need for the lock.
   */
  async underLock<T>(run: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    if (this.#underLock !== undefined) {
      await this.#underLock.catch(() => {})
      return undefined
    }
    const mine = run()
    this.#underLock = mine
    try {
      return { result: await mine }
    } finally {
      this.#underLock = undefined
    }
  }

  /** Whether calls are under way on the lane's connection. */
  get connected(): boolean {
    return this.#shared !== undefined && this.#shared.users > 0
  }

  /** A connection for the next calls: at once, or as soon as the one before was given back, so that calls keep their order. */
  #share(before: Shared | undefined): Shared {
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const connection = before === undefined ? this.#db.pin() : before.released.then(() => this.#db.pin())
    return { connection, users: 0, broken: false, room: CALLS_A_TURN, released, release }
  }

  /** Nobody else comes in. */
  #leave(shared: Shared): void {
    if (this.#shared === shared) this.#shared = undefined
  }

  async #giveBack(shared: Shared): Promise<void> {
    this.#leave(shared)
    await shared.connection.then((connection) => connection.release(shared.broken)).catch(() => {})
    shared.release()
  }

  /**
   * Keeps a connection that nobody uses for two turns of the event loop: a caller who appends as soon as the last entry is durable
   * finds it there, and taking one from the pool for every entry costs a lone caller a twentieth of the time.
   */
  #keep(shared: Shared): void {
    const { room } = shared
    setImmediate(() =>
      setImmediate(() => {
        // Every call since then took some of its room.
        if (shared.room === room) void this.#giveBack(shared)
      }),
    )
  }

  /** Runs on the lane's connection. Calls that overlap or follow at once share it and keep their order; `isBroken` says which errors end it. */
  async onConnection<T>(run: (connection: Pinned) => Promise<T>, isBroken: (error: unknown) => boolean): Promise<T> {
    if (this.#shared === undefined || this.#shared.room === 0) this.#shared = this.#share(this.#shared)
    const shared = this.#shared
    shared.users++
    shared.room--
    try {
      // Without a connection nothing was sent: that is another matter than an answer that was lost.
      const connection = await shared.connection.catch((cause: unknown) => {
        this.#leave(shared)
        throw auditError('PHI_AUDIT_UNAVAILABLE', { cause })
      })
      return await run(connection)
    } catch (error) {
      if (isBroken(error)) {
        shared.broken = true
        this.#leave(shared)
      }
      throw error
    } finally {
      shared.users--
      if (shared.users === 0) {
        if (shared.room === 0 || this.#shared !== shared) await this.#giveBack(shared)
        else this.#keep(shared)
      }
    }
  }
}
