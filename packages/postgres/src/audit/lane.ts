import type { Head } from '@phi/audit/store'
import type { Db, Pinned } from '../client/db.ts'

/** A connection in use by overlapping calls. */
interface Shared {
  readonly connection: Promise<Pinned>
  users: number
  broken: boolean
}

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

  /** Runs on the lane's connection. Calls that overlap share it and keep their order; `isBroken` says which errors end it. */
  async onConnection<T>(run: (connection: Pinned) => Promise<T>, isBroken: (error: unknown) => boolean): Promise<T> {
    this.#shared ??= { connection: this.#db.pin(), users: 0, broken: false }
    const shared = this.#shared
    shared.users++
    try {
      return await run(await shared.connection)
    } catch (error) {
      if (isBroken(error)) {
        shared.broken = true
        if (this.#shared === shared) this.#shared = undefined
      }
      throw error
    } finally {
      shared.users--
      if (shared.users === 0) {
        if (this.#shared === shared) this.#shared = undefined
        await shared.connection.then((connection) => connection.release(shared.broken)).catch(() => {})
      }
    }
  }
}
