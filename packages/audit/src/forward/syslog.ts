import type { Socket } from 'node:net'
import { utf8 } from '@phi/core'
import { ConnectionError, checkTarget, connectionError, open, type TlsTarget } from './connection.ts'
import { allOf, type Destination, delivered, type ForwardItem, type SendResult } from './destination.ts'
import { forwardError } from './errors.ts'
import { type SyslogText, syslogText } from './texts.ts'

export interface SyslogDestinationOptions extends TlsTarget {
  /** For diagnostics. Default `syslog`. */
  readonly name?: string
  /** The message of a record: see `syslogText`. */
  readonly message?: SyslogText
  /**
   * Milliseconds between the last byte and the closing of the connection, in which a receiver that does not want the sender
   * would close it first. Default 250.
   */
  readonly settleMs?: number
}

/** A message in its frame: its length in octets as decimal text, a space, the message (RFC 5425 §4.3). */
export function frameOf(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `, 'latin1'), message])
}

/** The messages of a batch. */
export const messagesOf = (batch: readonly ForwardItem[], message: SyslogText): Uint8Array[] =>
  batch.map((item) => utf8(message(item)))

/**
 * Writes everything, then closes (RFC 5425 §4.4), and waits for the peer to close as well. Resolves when the peer ended in its turn: it has read
 * what lay before our end. Rejects when it ended first, or without order.
 */
function writeAndClose(socket: Socket, bytes: Uint8Array, settleMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false
    let settling: NodeJS.Timeout | undefined
    const done = (error?: ConnectionError) => {
      clearTimeout(settling)
      signal.removeEventListener('abort', abort)
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    const abort = () => done(new ConnectionError('PHI_AUDIT_FORWARD_TIMEOUT'))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    let hasEnded = false
    socket.on('error', (error) => done(connectionError(error)))
    socket.once('end', () => {
      // The end of a peer that read nothing can look like this as well; then it comes before ours, which is why ours waits.
      hasEnded = isEnding && socket.writableFinished
    })
    // An error on the heels of the end comes before the close.
    socket.once('close', () => done(hasEnded ? undefined : new ConnectionError('PHI_AUDIT_FORWARD_UNREACHABLE')))
    // A receiver of syslog says nothing. What it says is not kept.
    socket.resume()
    socket.write(bytes, () => {
      settling = setTimeout(() => {
        isEnding = true
        socket.end()
      }, settleMs)
    })
  })
}

/**
 * Syslog over TLS (RFC 5425), one connection for each batch.
 *
 * The protocol has no acknowledgement. As near as one comes to it: a batch counts as delivered when the receiver, after all bytes,
 * answered the orderly end of the connection with its own. It has then read every message, unless somebody on the network between them
 * swallowed the bytes and feigned that end, which Node cannot tell from a closing of TLS. What the receiver does with them, and what is lost
 * when it dies a moment later, nobody is told: use `relpDestination` or `httpsDestination` where the receiver can.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS
 */
export function syslogDestination(options: SyslogDestinationOptions): Destination {
  checkTarget(options)
  const { name = 'syslog', message = syslogText(), settleMs = 250 } = options
  if (!Number.isSafeInteger(settleMs) || settleMs < 0)
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'settleMs', detail: 'must be milliseconds' })
  return {
    name,
    async send(batch, signal): Promise<SendResult> {
      const bytes = Buffer.concat(messagesOf(batch, message).map(frameOf))
      try {
        const socket = await open(options, signal)
        await writeAndClose(socket, bytes, settleMs, signal)
        return allOf(batch, delivered)
      } catch (error) {
        const { code } = connectionError(error)
        return { is: code === 'PHI_AUDIT_FORWARD_TLS' ? 'blocked' : 'retry', code }
      }
    },
  }
}
