import { IncomingMessage, ServerResponse } from 'node:http'
import { countOf, isEncrypted } from '../node/connection.ts'
import { nodeError } from '../node/errors.ts'
import { refuse } from '../node/refusal.ts'
import { toRequest } from '../node/request.ts'
import { isLeftOver } from '../node/send.ts'
import type { Handler } from '../route.ts'
import { withoutBodyOfHead } from './head.ts'

export interface NodeBindings {
  readonly incoming: unknown
  readonly outgoing: unknown
}

/**
 * Answers on `@hono/node-server`. The request is read from the socket once more, for the one that Hono has made is normalised, and its
 * headers are joined.
 */
export async function answerOnNode(
  handler: Handler,
  { incoming, outgoing }: NodeBindings,
  params: Readonly<Record<string, string>>,
): Promise<Response> {
  if (!(incoming instanceof IncomingMessage && outgoing instanceof ServerResponse)) throw nodeError('PHI_HTTP_CONNECTION')
  const received = toRequest(incoming, outgoing)
  if (received.outcome === 'refused') return refuse(received.refusal, isEncrypted(incoming.socket))
  const response = withoutBodyOfHead(received.request, await handler(received.request, received.connection, params))
  const { status } = response
  const headers = new Headers(response.headers)
  // Whatever is left of the body must not be taken for the next request.
  if (await isLeftOver(incoming)) headers.set('connection', 'close')
  if (response.body === null) return new Response(null, { status, headers })
  const length = headers.get('content-length')
  const body = counted(response.body, outgoing, length === null ? undefined : Number(length))
  return new Response(body, { status, headers })
}

/**
 * The same body, counted. A chunk counts when the server asks for the next one, which it does when there is room. When the body fails, or
 * is longer or shorter than it was said to be, the connection is cut and the stream ends quietly: of a stream that fails the server writes the
 * error, into a log and as the last words of the response.
 */
function counted(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  length: number | undefined,
): ReadableStream<Uint8Array> {
  const count = countOf(outgoing)
  count.open = true
  const reader = body.getReader()
  let last = 0
  let total = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        count.bytes += last
        last = 0
        try {
          const { done, value } = await reader.read()
          total += value?.length ?? 0
          if (length !== undefined && (done ? total < length : total > length)) throw new Error('another length than was said')
          if (done) {
            count.open = false
            controller.close()
          } else {
            last = value.length
            controller.enqueue(value)
          }
        } catch {
          reader.cancel().catch(() => {})
          outgoing.destroy()
          controller.close()
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
