import { isPhiError } from '@phi/core'
import type { Cryptoki, Handle } from './cryptoki.ts'
import type { Pkcs11Settings } from './options.ts'
import { acquireModule, releaseModule, type SharedModule } from './shared-module.ts'
import { closeSession, findToken, isLoggedIn, logIn, openSession, type Token } from './token.ts'

/** What a piece of work gets: a session that nobody else uses meanwhile, with the user logged in. */
export interface Session {
  readonly cryptoki: Cryptoki
  readonly handle: Handle
  readonly token: Token
}

export type Work<T> = (session: Session) => T | Promise<T>

/**
 * The sessions of one adapter with its token. A session does one thing at a time, and one that was answered with an error is
 * closed, since an operation may still be active in it. Whoever uses a connection limits how much goes on at once.
 */
export class Connection {
  readonly #shared: SharedModule
  readonly #token: Token
  readonly #settings: Pkcs11Settings
  readonly #idle: Handle[] = []
  #busy = 0
  #retired = false

  private constructor(shared: SharedModule, token: Token, settings: Pkcs11Settings) {
    this.#shared = shared
    this.#token = token
    this.#settings = settings
  }

  /** Loads the library, finds the token and logs in. */
  static async open(settings: Pkcs11Settings): Promise<Connection> {
    const shared = await acquireModule(settings.module, settings.libraryParameters)
    try {
      const connection = new Connection(shared, findToken(shared, settings), settings)
      connection.#idle.push(await openSession(shared, connection.#token, settings, { checkPin: true }))
      return connection
    } catch (error) {
      releaseModule(shared)
      throw error
    }
  }

  /** Work that reads only. The session is kept for the next one. */
  async use<T>(work: Work<T>): Promise<T> {
    this.#busy++
    let session: Handle | undefined
    let clean = false
    try {
      session = this.#idle.pop() ?? (await openSession(this.#shared, this.#token, this.#settings))
      const { cryptoki } = this.#shared
      // Somebody else in this process may have logged out: that holds for every session, and hides the keys.
      if (!isLoggedIn(cryptoki, session)) await logIn(this.#shared, this.#token, session, this.#settings)
      const result = await work({ cryptoki, handle: session, token: this.#token })
      clean = true
      return result
    } catch (error) {
      clean = isPhiError(error)
      throw error
    } finally {
      if (session !== undefined) {
        if (clean && !this.#retired) this.#idle.push(session)
        else closeSession(this.#shared.cryptoki, session)
      }
      this.#done()
    }
  }

  /** Work that makes or destroys keys, in a session of its own. */
  async useReadWrite<T>(work: Work<T>): Promise<T> {
    this.#busy++
    let session: Handle | undefined
    try {
      session = await openSession(this.#shared, this.#token, this.#settings, { readWrite: true })
      return await work({ cryptoki: this.#shared.cryptoki, handle: session, token: this.#token })
    } finally {
      if (session !== undefined) closeSession(this.#shared.cryptoki, session)
      this.#done()
    }
  }

  /** Sessions that wait for work may have died with the one that was answered so: new ones are opened when needed. */
  discardIdle(): void {
    for (const session of this.#idle.splice(0)) closeSession(this.#shared.cryptoki, session)
  }

  /** Takes on no more work. The library is let go when what is under way has ended. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.discardIdle()
    if (this.#busy === 0) releaseModule(this.#shared)
  }

  #done(): void {
    this.#busy--
    if (this.#retired && this.#busy === 0) releaseModule(this.#shared)
  }
}
