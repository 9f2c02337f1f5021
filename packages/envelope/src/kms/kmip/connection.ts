import { connect, type TLSSocket } from 'node:tls'
import { envelopeError } from '../../errors.ts'
import { abandoned } from '../hsm/gate.ts'
import { encodeRequest, readResponse } from './message.ts'
import type { KmipSettings } from './options.ts'
import { notAnAnswer, toTransportError } from './result.ts'
import type { Item } from './ttlv.ts'

/** Answers to what is asked here are a few hundred bytes; a list of identifiers may be longer. */
const MAX_RESPONSE = 1 << 20
const HEADER = 8

interface Waiting {
  resolve(message: Uint8Array): void
  reject(error: unknown): void
}

/** One mutually authenticated TLS connection, one request at a time. Ended by {@link close}, a fault or the caller's signal. */
export class KmipConnection {
  readonly #socket: TLSSocket
  readonly #signal: AbortSignal | undefined
  #received: Buffer[] = []
  #waiting: Waiting | undefined
  #failure: unknown

  private constructor(socket: TLSSocket, signal: AbortSignal | undefined) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(toTransportError(error)))
    socket.on('close', () => this.#fail(toTransportError(undefined)))
    socket.on('timeout', () => {
      this.#fail(envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the server did not answer in time' }))
    })
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** @throws PhiError PHI_ENVELOPE_KMS_UNAVAILABLE, PHI_ENVELOPE_KMS_DENIED */
  static async open(settings: KmipSettings, signal: AbortSignal | undefined): Promise<KmipConnection> {
    if (signal?.aborted) throw abandoned()
    const { host, port, servername, secureContext, timeoutMs } = settings
    // Said here, because Node lets an environment variable turn the check of the server's certificate off.
    const trust = { secureContext, rejectUnauthorized: true, ...(servername === undefined ? {} : { servername }) }
    const socket = connect({ host, port, ...trust })
    socket.setNoDelay(true)
    socket.setTimeout(timeoutMs)
    const connection = new KmipConnection(socket, signal)
    await new Promise<void>((resolve, reject) => {
      connection.#waiting = { resolve: () => resolve(), reject }
      // Node has checked the server's certificate and name by now: a connection that is not authorised ends in 'error'.
      socket.once('secureConnect', () => {
        connection.#waiting = undefined
        resolve()
      })
    })
    return connection
  }

  /**
   * One operation and its answer.
   * @returns the response's payload
   * @throws KmipRefusal where the server says that it did not do it; PhiError for whatever else
   */
  async request(operation: number, ...payload: readonly (Item | undefined)[]): Promise<Item> {
    const message = encodeRequest(operation, payload)
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      this.#waiting = { resolve, reject }
      this.#socket.write(message, () => message.fill(0))
    })
    return readResponse(answer, operation)
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#failure ??= abandoned()
    this.#socket.destroySoon()
  }

  readonly #abort = () => this.#fail(abandoned())

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#socket.destroy()
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk)
    const bytes = this.#received.length === 1 ? chunk : Buffer.concat(this.#received)
    this.#received = [bytes]
    const waiting = this.#waiting
    const size = bytes.length < HEADER ? Number.POSITIVE_INFINITY : HEADER + bytes.readUInt32BE(4)
    if (waiting === undefined) this.#fail(notAnAnswer('the server spoke without being asked'))
    else if (Number.isFinite(size) && size > MAX_RESPONSE) this.#fail(notAnAnswer('the answer is too long'))
    else if (bytes.length > size) this.#fail(notAnAnswer('bytes after the answer'))
    else if (bytes.length === size) {
      this.#received = []
      this.#waiting = undefined
      waiting.resolve(bytes)
    }
  }
}
