import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { OfferAnswer } from '../transport/report.ts'

/** Where to connect to, and for how long to wait. */
export interface Target {
  /** The name that is asked for, by SNI and in the certificate. */
  readonly host: string
  /** Where to connect to instead of resolving the name. */
  readonly address: string
  readonly port: number
  /** Milliseconds for one connection. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** How an offer ended. The socket is there, and open, where the handshake was completed: whoever asked closes it. */
export interface Offered {
  readonly answer: OfferAnswer
  readonly socket?: TLSSocket
}

const ALERT = 21
const HANDSHAKE = 22
const SERVER_HELLO = 2
// Alerts by which a server refuses what was offered, RFC 8446 section 6: handshake_failure, protocol_version, insufficient_security.
const REFUSALS = [40, 70, 71]
const LEGACY_VERSION: { readonly [wire: number]: string } = { 769: 'TLSv1', 770: 'TLSv1.1', 771: 'TLSv1.2' }

/**
 * Offers a server one configuration, and says what it did.
 *
 * The first bytes of the answer are looked at, for the error that OpenSSL gives does not say whether the server refused the version, or
 * agreed to it and failed later, for want of a client certificate for example.
 */
export function offer(target: Target, options: ConnectionOptions): Promise<Offered> {
  return new Promise((resolve) => {
    const tcp = connectTcp({ host: target.address, port: target.port })
    const wire = tapped(tcp)
    let connected = false
    let socket: TLSSocket | undefined
    let done = false
    const finish = (answer: OfferAnswer, open?: TLSSocket) => {
      if (done) return
      done = true
      clearTimeout(timer)
      target.signal?.removeEventListener('abort', abort)
      if (open !== undefined) return resolve({ answer, socket: open })
      socket?.destroy()
      wire.stream.destroy()
      tcp.destroy()
      resolve({ answer })
    }
    const timer = setTimeout(() => finish('timeout'), target.timeout)
    const abort = () => finish('timeout')
    target.signal?.addEventListener('abort', abort, { once: true })
    const ended = () => finish(connected ? answerOf(wire.offered(), wire.received(), options) : 'unreachable')

    tcp.on('error', ended)
    tcp.on('close', ended)
    tcp.once('connect', () => {
      connected = true
      try {
        socket = connectTls({
          ...options,
          host: target.host,
          ...serverName(target.host),
          socket: wire.stream,
          rejectUnauthorized: false,
        })
      } catch {
        // The library cannot make such an offer at all.
        return finish('untestable')
      }
      socket.on('error', ended)
      socket.once('close', ended)
      socket.once('secureConnect', () => finish('accepted', socket))
    })
    if (target.signal?.aborted) abort()
  })
}

/** RFC 6066 section 3: no literal address in the name indication. */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? {} : { servername: host })

/** What the bytes on the wire say of a handshake that did not succeed. @param offered whether an offer went out at all */
export function answerOf(offered: boolean, received: Uint8Array, { maxVersion }: ConnectionOptions): OfferAnswer {
  if (!offered) return 'untestable'
  if (received.length === 0) return 'dropped'
  const [type, major] = received
  if ((type !== ALERT && type !== HANDSHAKE) || major !== 3) return 'not-tls'
  if (type === ALERT) return REFUSALS.includes(received[6] ?? -1) ? 'refused' : 'failed'
  if (received.length < 11 || received[5] !== SERVER_HELLO) return 'failed'
  const wireVersion = ((received[9] as number) << 8) | (received[10] as number)
  const chosen = LEGACY_VERSION[wireVersion]
  // TLS 1.3 writes the number of 1.2 in this place, so only a lower one says something about it.
  if (maxVersion === 'TLSv1.3') return chosen !== undefined && chosen !== 'TLSv1.2' ? 'refused' : 'failed'
  return chosen === maxVersion ? 'accepted' : 'refused'
}

/** A stream over a connection that keeps the first byte that goes out, and the first that come in. */
function tapped(tcp: Socket) {
  let first: number | undefined
  let kept = new Uint8Array(0)
  const stream = new Duplex({
    read() {
      tcp.resume()
    },
    write(chunk: Uint8Array, _encoding, callback) {
      first ??= chunk[0]
      tcp.write(chunk, callback)
    },
    final(callback) {
      tcp.end(callback)
    },
    destroy(error, callback) {
      tcp.destroy()
      callback(error)
    },
  })
  tcp.on('data', (chunk: Uint8Array) => {
    if (kept.length < 11) kept = new Uint8Array([...kept, ...chunk.subarray(0, 11 - kept.length)])
    if (!stream.push(chunk)) tcp.pause()
  })
  tcp.once('end', () => stream.push(null))
  tcp.once('close', () => stream.destroy())
  // Errors are told by the connection.
  stream.on('error', () => {})
  // A library that has nothing to offer sends an alert, or nothing.
  return { stream, offered: () => first === HANDSHAKE, received: () => kept }
}
