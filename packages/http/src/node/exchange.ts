import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Handler } from '../route.ts'
import { type AdapterOptions, report } from './adapter.ts'
import { isEncrypted } from './connection.ts'
import { internal, refuse } from './refusal.ts'
import { type ToRequestOptions, toRequest } from './request.ts'
import { send } from './send.ts'

/** A response to one request of a Node server, from its beginning to its end. Never rejects. */
export async function exchange(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  params: Readonly<Record<string, string>>,
  options: AdapterOptions & ToRequestOptions,
): Promise<void> {
  const encrypted = isEncrypted(incoming.socket)
  let response: Response
  try {
    const received = toRequest(incoming, outgoing, options)
    response =
      received.outcome === 'refused'
        ? refuse(received.refusal, encrypted)
        : await handler(received.request, received.connection, params)
  } catch (error) {
    report(error, options)
    response = refuse(internal, encrypted)
  }
  await send(response, outgoing)
}
