import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection, Sent } from '../connection.ts'
import { verifiedPeer } from '../tls/peer.ts'

/** What is known of a body while it is sent. */
export interface Count {
  /** Bytes that were handed to the operating system. */
  bytes: number
  /** Whether there is more to come. */
  open: boolean
}

const counts = new WeakMap<ServerResponse, Count>()

export function countOf(outgoing: ServerResponse): Count {
  const known = counts.get(outgoing)
  if (known !== undefined) return known
  const count = { bytes: 0, open: false }
  counts.set(outgoing, count)
  return count
}

const closing = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls back when a socket closes. One listener for all: a response that waits behind others on its connection is told nothing by Node when
 * that closes, and there may be many of them.
 */
export function whenClosed(socket: Socket, callback: () => void): () => void {
  let callbacks = closing.get(socket)
  if (callbacks === undefined) {
    const all = new Set<() => void>()
    callbacks = all
    closing.set(socket, all)
    socket.once('close', () => {
      for (const call of [...all]) call()
    })
  }
  callbacks.add(callback)
  return () => callbacks.delete(callback)
}

export const isEncrypted = (socket: Socket): boolean => 'encrypted' in socket && socket.encrypted === true

/** What the socket of a request says, and a signal that the client has left. */
export function connectionOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): { readonly connection: Connection; readonly signal: AbortSignal } {
  const { socket } = incoming
  const left = new AbortController()
  const sent = new Promise<Sent>((resolve) => {
    const settle = () => {
      outgoing.off('finish', settle)
      outgoing.off('close', settle)
      forget()
      const { bytes, open } = countOf(outgoing)
      const complete = outgoing.writableFinished && !open
      resolve(Object.freeze({ bytes, complete }))
      if (!complete) left.abort()
    }
    const forget = whenClosed(socket, settle)
    outgoing.once('finish', settle)
    outgoing.once('close', settle)
    // It may have closed while other middleware was busy.
    if (socket.destroyed || outgoing.destroyed) settle()
  })
  const connection: Connection = Object.freeze({
    ip: socket.remoteAddress,
    encrypted: isEncrypted(socket),
    peer: verifiedPeer(socket),
    sent,
  })
  return { connection, signal: left.signal }
}
