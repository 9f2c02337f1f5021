import type { Socket } from 'node:net'
import { ConnectionError, checkTarget, connectionError, open, type TlsTarget } from './connection.ts'
import { type Destination, delivered, type ItemOutcome, type SendResult } from './destination.ts'
import type { ForwardCode } from './errors.ts'
import { forwardError } from './errors.ts'
import { decodeFrame, encodeFrame, MOST_RELP_DATA, MOST_TRANSACTION, offersOf, type RelpFrame, statusOf } from './relp-frame.ts'
import { messagesOf } from './syslog.ts'
import { type SyslogText, syslogText } from './texts.ts'

export interface RelpOptions extends TlsTarget {
  /** For diagnostics. Default `relp`. */
  readonly name?: string
  /** The message of a record: see `syslogText`. */
  readonly message?: SyslogText
  /** Messages under way without an answer, at most. Default 128. */
  readonly window?: number
  /** Milliseconds that a connection waits for more before it is given back. Default 30,000. */
  readonly idleMs?: number
}

/** A session: commands and their answers, in order. */
class Session {
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)
  #transaction = 0
  /** What waits for an answer, by transaction, the oldest first. */
  readonly #waiting = new Map<number, (frame: RelpFrame) => void>()
  #failed: ((error: ConnectionError) => void)[] = []
  error: ConnectionError | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', (error) => this.fail(connectionError(error)))
    socket.on('end', () => this.fail(new ConnectionError('PHI_AUDIT_FORWARD_UNREACHABLE')))
    socket.on('close', () => this.fail(new ConnectionError('PHI_AUDIT_FORWARD_UNREACHABLE')))
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  fail(error: ConnectionError): void {
    if (this.error !== undefined) return
    this.error = error
    this.#socket.destroy()
    this.#waiting.clear()
    for (const reject of this.#failed.splice(0)) reject(error)
  }

  /** Rejects once the session has failed. */
  failure(): Promise<never> {
    return new Promise((_, reject) => {
      if (this.error !== undefined) reject(this.error)
      else this.#failed.push(reject)
    })
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (;;) {
      const decoded = decodeFrame(this.#bytes)
      if (decoded === undefined) return
      if (decoded === 'malformed') {
        this.fail(new ConnectionError('PHI_AUDIT_FORWARD_ANSWER'))
        return
      }
      this.#bytes = this.#bytes.subarray(decoded.length)
      if (!this.#take(decoded.frame)) return
    }
  }

  #take(frame: RelpFrame): boolean {
    // Hints have transaction 0; the only one there is says that the server closes.
    if (frame.transaction === 0) {
      if (frame.command === 'serverclose') this.fail(new ConnectionError('PHI_AUDIT_FORWARD_UNREACHABLE'))
      return this.error === undefined
    }
    // Answers come in the order of the commands.
    const [oldest] = this.#waiting.keys()
    const answer = this.#waiting.get(frame.transaction)
    if (frame.command !== 'rsp' || answer === undefined || frame.transaction !== oldest) {
      this.fail(new ConnectionError('PHI_AUDIT_FORWARD_ANSWER'))
      return false
    }
    this.#waiting.delete(frame.transaction)
    answer(frame)
    return true
  }

  /** Sends a command; `answered` is called with its answer. */
  command(name: string, data: Uint8Array, answered: (frame: RelpFrame) => void): void {
    this.#transaction = this.#transaction === MOST_TRANSACTION ? 1 : this.#transaction + 1
    this.#waiting.set(this.#transaction, answered)
    this.#socket.write(encodeFrame(this.#transaction, name, data))
  }

  ask(name: string, data: Uint8Array): Promise<RelpFrame> {
    return Promise.race([new Promise<RelpFrame>((resolve) => this.command(name, data, resolve)), this.failure()])
  }
}

// rsyslog speaks version 0 and takes nothing else.
const OFFERS = Buffer.from('relp_version=0\nrelp_software=phi-audit\ncommands=syslog', 'latin1')

async function openSession(target: TlsTarget, signal: AbortSignal): Promise<Session> {
  const session = new Session(await open(target, signal))
  const answer = await untilAborted(session, signal, () => session.ask('open', OFFERS))
  const offers = offersOf(answer.data)
  const isOpen = statusOf(answer.data) === 200 && offers.get('relp_version') === '0'
  if (!isOpen || offers.get('commands')?.split(',').includes('syslog') !== true) {
    session.fail(new ConnectionError('PHI_AUDIT_FORWARD_ANSWER'))
    throw session.error
  }
  return session
}

/** Fails the session when the signal says so: an answer that comes later is of no batch. */
async function untilAborted<T>(session: Session, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  const abort = () => session.fail(new ConnectionError('PHI_AUDIT_FORWARD_TIMEOUT'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await task()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Sends messages with at most `window` of them unanswered. Ends early when the session fails: what is missing is not known. */
async function exchange(session: Session, messages: readonly Uint8Array[], window: number): Promise<(number | undefined)[]> {
  const statuses: (number | undefined)[] = messages.map(() => undefined)
  let next = 0
  let open = 0
  await Promise.race([
    new Promise<void>((resolve) => {
      const more = () => {
        if (next === messages.length && open === 0) return resolve()
        while (next < messages.length && open < window && session.error === undefined) {
          const place = next++
          open++
          session.command('syslog', messages[place] as Uint8Array, ({ data }) => {
            statuses[place] = statusOf(data) ?? 0
            open--
            more()
          })
        }
      }
      more()
    }),
    session.failure(),
  ]).catch(() => {})
  return statuses
}

function outcomeOf(status: number | undefined, broken: ForwardCode | undefined): ItemOutcome {
  if (status === 200) return delivered
  if (status === undefined) return { is: 'retry', code: broken ?? 'PHI_AUDIT_FORWARD_UNREACHABLE' }
  // 500 is all that RELP has to say no, for a full disk as for a message it does not like: it is no reason to set a record aside.
  return { is: 'retry', code: status === 0 ? 'PHI_AUDIT_FORWARD_ANSWER' : 'PHI_AUDIT_FORWARD_FAILING' }
}

/**
 * Syslog messages over RELP, with TLS: the receiver (rsyslog's imrelp) acknowledges every message. One connection is kept, and
 * batches take turns on it.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS
 */
export function relpDestination(options: RelpOptions): Destination {
  checkTarget(options)
  const { name = 'relp', message = syslogText(), window = 128, idleMs = 30_000 } = options
  for (const [path, value] of Object.entries({ window, idleMs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail: 'must be a whole number of at least 1' })
  let session: Session | undefined
  let idle: NodeJS.Timeout | undefined
  let closed = false
  let turn: Promise<unknown> = Promise.resolve()

  const giveBack = async () => {
    clearTimeout(idle)
    const old = session
    session = undefined
    if (old === undefined || old.error !== undefined) return
    const late = setTimeout(() => old.fail(new ConnectionError('PHI_AUDIT_FORWARD_TIMEOUT')), 2000)
    await old.ask('close', new Uint8Array()).catch(() => {})
    clearTimeout(late)
    old.fail(new ConnectionError('PHI_AUDIT_FORWARD_CLOSED'))
  }

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = turn.then(task)
    turn = result.catch(() => {})
    return result
  }

  return {
    name,
    send: (batch, signal) =>
      inTurn(async (): Promise<SendResult> => {
        if (closed) throw forwardError('PHI_AUDIT_FORWARD_CLOSED')
        clearTimeout(idle)
        const messages = messagesOf(batch, message)
        try {
          if (session === undefined || session.error !== undefined) session = await openSession(options, signal)
          const current = session
          const fitting = messages.filter(({ length }) => length > 0 && length <= MOST_RELP_DATA)
          const statuses = await untilAborted(current, signal, () => exchange(current, fitting, window))
          let at = 0
          const items = messages.map(({ length }): ItemOutcome => {
            if (length === 0 || length > MOST_RELP_DATA) return { is: 'refused', code: 'PHI_AUDIT_FORWARD_TOO_LARGE' }
            return outcomeOf(statuses[at++], current.error?.code)
          })
          idle = setTimeout(() => void inTurn(giveBack), idleMs)
          idle.unref()
          return { is: 'items', items }
        } catch (error) {
          const { code } = connectionError(error)
          const isBlocked = code === 'PHI_AUDIT_FORWARD_TLS' || code === 'PHI_AUDIT_FORWARD_ANSWER'
          return { is: isBlocked ? 'blocked' : 'retry', code }
        }
      }),
    async close() {
      closed = true
      await inTurn(giveBack)
    },
  }
}
