import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connection } from '../connection.ts'
import { httpError } from '../errors.ts'
import { bodyOf } from './body.ts'
import { connectionOf, isEncrypted } from './connection.ts'
import type { Refusal } from './refusal.ts'
import { headersAllowed, screen } from './screen.ts'

export interface ToRequestOptions {
  /** The target as the client sent it, where a framework has rewritten `incoming.url`. */
  readonly target?: string | undefined
  /** Default: that of `createPhiServer`, and 100 on any other server. */
  readonly maxHeaders?: number | undefined
}

export type Received =
  | { readonly outcome: 'received'; readonly request: Request; readonly connection: Connection }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }

/**
 * The request of a `node:http` or `node:https` server as the pipeline takes it. The body is not read before the pipeline reads it.
 *
 * `refused`: it is malformed. Answer it with `send(refuse(received.refusal, isEncrypted), outgoing)`.
 * @throws PhiError PHI_HTTP_BODY_USED when somebody else has begun to read the body
 */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse, options: ToRequestOptions = {}): Received {
  const screened = screen(
    incoming,
    isEncrypted(incoming.socket),
    options.target,
    options.maxHeaders ?? headersAllowed(incoming),
  )
  if ('refusal' in screened) return { outcome: 'refused', refusal: screened.refusal }
  const { url, headers, hasBody } = screened
  if (hasBody && incoming.readableDidRead) throw httpError('PHI_HTTP_BODY_USED')
  const { connection, signal } = connectionOf(incoming, outgoing)
  const method = incoming.method ?? 'GET'
  const body = hasBody ? { body: bodyOf(incoming), duplex: 'half' as const } : {}
  return { outcome: 'received', request: new Request(url, { method, headers, signal, ...body }), connection }
}
