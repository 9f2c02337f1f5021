import type { IncomingMessage, ServerResponse } from 'node:http'

/** A mark on the request itself: the server and the adapter of a framework may be two builds that share nothing else. */
const waiting = Symbol.for('@phi/http/waits-for-continue')

type Marked = IncomingMessage & { [waiting]?: ServerResponse | undefined }

/** The client waits for `100 Continue` before it sends a body: it gets one when somebody wants to read, and else the answer. */
export function expectContinue(incoming: Marked, outgoing: ServerResponse): void {
  incoming[waiting] = outgoing
  // Readers that are not ours make the stream flow.
  incoming.once('resume', () => sendContinue(incoming))
}

export function sendContinue(incoming: Marked): void {
  const outgoing = incoming[waiting]
  if (outgoing === undefined) return
  incoming[waiting] = undefined
  if (!outgoing.headersSent && !outgoing.destroyed) outgoing.writeContinue()
}

/** Whether the body was never asked for: then none comes. */
export const isWaiting = (incoming: Marked): boolean => incoming[waiting] !== undefined
