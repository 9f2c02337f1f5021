import { envelopeError } from '../../errors.ts'
import { abandoned, Gate } from '../hsm/gate.ts'
import { Unclear } from '../hsm/unclear.ts'
import { Connection, type Work } from './connection.ts'
import type { Pkcs11Settings } from './options.ts'
import { isLost, isStale, toPhiError } from './return-value.ts'

/** Runs work on a token: opens the connection when it is first needed, and once more when it was lost under the work. */
export class TokenClient {
  readonly #settings: Pkcs11Settings
  readonly #gate: Gate
  #connection: Promise<Connection> | undefined
  #closed = false

  constructor(settings: Pkcs11Settings) {
    this.#settings = settings
    this.#gate = new Gate(settings.maxSessions)
  }

  /** Work that may safely be done twice: it is, after a session or the token was lost. */
  use<T>(work: Work<T>, signal?: AbortSignal): Promise<T> {
    return this.#run((connection) => connection.use(work), signal)
  }

  /** The same, for work that makes or destroys keys. A key made before the token was lost may have been made for nothing. */
  useReadWrite<T>(work: Work<T>, signal?: AbortSignal): Promise<T> {
    return this.#run((connection) => connection.useReadWrite(work), signal)
  }

  async close(): Promise<void> {
    this.#closed = true
    const opening = this.#connection
    this.#connection = undefined
    const connection = await opening?.catch(() => undefined)
    connection?.retire()
  }

  async #run<T>(step: (connection: Connection) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.#gate.enter(signal)
    // The library cannot be interrupted: a caller that gives up is let go, and the place is taken until the call has ended.
    const work = this.#persistent(step).finally(() => this.#gate.leave())
    try {
      return await (signal === undefined ? work : unlessAborted(work, signal))
    } catch (error) {
      throw error instanceof Unclear ? error : toPhiError(error)
    }
  }

  /** One new session after a stale one, and one new connection after a lost one. */
  async #persistent<T>(step: (connection: Connection) => Promise<T>): Promise<T> {
    const left = { stale: 1, lost: 1 }
    for (;;) {
      try {
        return await this.#attempt(step)
      } catch (error) {
        const kind = isStale(error) ? 'stale' : isLost(error) ? 'lost' : undefined
        if (kind === undefined || left[kind] === 0) throw error
        left[kind]--
      }
    }
  }

  async #attempt<T>(step: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#closed) throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the adapter was closed' })
    this.#connection ??= Connection.open(this.#settings)
    const opening = this.#connection
    let connection: Connection | undefined
    try {
      connection = await opening
      return await step(connection)
    } catch (error) {
      if (connection === undefined || isLost(error)) {
        if (this.#connection === opening) this.#connection = undefined
        connection?.retire()
      } else if (isStale(error)) connection.discardIdle()
      throw error
    }
  }
}

/** The outcome of the work, or a refusal as soon as the signal aborts. A key that comes too late is overwritten. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abandoned())
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } catch (error) {
    work.then(
      (late) => late instanceof Uint8Array && late.fill(0),
      () => undefined,
    )
    throw error
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
