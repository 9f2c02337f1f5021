import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isEncrypted } from './connection.ts'
import { malformed, type Refusal, refusalText } from './refusal.ts'

function refusalFor(code: unknown): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'timeout' }
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, code: 'headers-too-large' }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, code: 'too-large' }
    default:
      return malformed
  }
}

/**
 * Answers what the parser of HTTP could not read, then closes the connection. While another request on it waits for its answer, nothing is
 * said: the client would take it for that answer, and believe that something was refused which was done.
 */
export function answerClientErrors(server: Server): void {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>()
  server.prependListener('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket } = incoming
    const responses = waiting.get(socket) ?? new Set()
    waiting.set(socket, responses)
    responses.add(outgoing)
    outgoing.once('close', () => responses.delete(outgoing))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const [first, second] = waiting.get(socket) ?? []
    // One request whose own body was wrong, or slow, and to which nothing has been said yet.
    const isItsOwn = first !== undefined && second === undefined && !first.req.complete && !first.headersSent
    if (error.code === 'ECONNRESET' || !socket.writable || (first !== undefined && !isItsOwn)) {
      socket.destroy()
      return
    }
    // Written and destroyed, as Node does: a listener of a framework that comes next finds it destroyed and says nothing.
    socket.write(refusalText(refusalFor(error.code), isEncrypted(socket)), 'latin1')
    socket.destroy()
  })
}
