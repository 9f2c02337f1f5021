import type { IncomingMessage, ServerResponse } from 'node:http'
import { isEncrypted } from './connection.ts'
import { internal, malformed, refuse } from './refusal.ts'
import { send } from './send.ts'

/**
 * Answers an error of a framework, or of other middleware, without a word of it.
 * @param status what the error says of itself: 400 to 499 is about what the client sent
 * @param takeOver what the framework needs before somebody else answers
 */
export function answerStrayError(
  status: unknown,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  takeOver: () => void = () => {},
): void {
  if (outgoing.headersSent) {
    // A part has gone: it must not pass for the whole, and nobody else will end it.
    if (!outgoing.writableEnded) outgoing.destroy()
    return
  }
  takeOver()
  const isClients = typeof status === 'number' && status >= 400 && status < 500
  void send(refuse(isClients ? malformed : internal, isEncrypted(incoming.socket)), outgoing)
}
