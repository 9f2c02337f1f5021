import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { parseAs } from '@phi/core'
import * as z from 'zod'
import { callable } from '../callable.ts'
import type { Handler } from '../route.ts'
import type { ServerTls } from '../tls/server.ts'
import type { AdapterOptions } from './adapter.ts'
import { answerClientErrors } from './client-error.ts'
import { isEncrypted } from './connection.ts'
import { nodeError } from './errors.ts'
import { exchange } from './exchange.ts'
import { expectContinue } from './expecting.ts'
import { readLimits, type ServerLimits, serverOptions } from './limits.ts'
import { malformed, refuse } from './refusal.ts'
import { allowHeaders, screen } from './screen.ts'
import { send } from './send.ts'

/** A listener of `node:http` and `node:https` that answers every request with this handler: a route, or `routes(…)`. */
export function serve(handler: Handler, options: AdapterOptions = {}): RequestListener {
  return (incoming, outgoing) => {
    // It never rejects.
    void exchange(handler, incoming, outgoing, {}, options)
  }
}

export interface PhiServerOptions extends AdapterOptions {
  /** Of `tlsServerOptions`. Without it the server speaks plain HTTP: behind a proxy of your own that ends TLS, or on one machine. */
  readonly tls?: ServerTls | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /** Either what answers every request: a route, or `routes(…)`. */
  readonly handler?: Handler | undefined
  /**
   * Or the listener of a framework: an Express app, what Fastify hands to its `serverFactory`, `getRequestListener(app.fetch)` of
   * Hono.
   */
  readonly listener?: RequestListener | undefined
}

// A key that is written wrong must not leave a server without TLS or without limits.
const schema = z.strictObject({
  tls: z
    .custom<ServerTls>((value) => typeof value === 'object' && value !== null, 'must be what tlsServerOptions answers with')
    .optional(),
  // Read by `readLimits`.
  limits: z.unknown().optional(),
  handler: callable<Handler>().optional(),
  listener: callable<RequestListener>().optional(),
  onError: callable<NonNullable<PhiServerOptions['onError']>>().optional(),
})

/**
 * A server of `node:https`, or `node:http`, with limits against slow and greedy clients, on which every malformed request gets a problem that
 * repeats nothing of it. What a framework behind it gets has a plain path, one host, and no header twice that stands once.
 *
 * A client that waits for `100 Continue` gets it when its body is wanted, so nobody sends a body to a door that stays shut.
 * @throws PhiError PHI_HTTP_SERVER
 */
export function createPhiServer(options: PhiServerOptions): Server {
  const { tls, handler, listener } = parseAs(schema, options, 'options', (context) => nodeError('PHI_HTTP_SERVER', context))
  if ((handler === undefined) === (listener === undefined)) {
    throw nodeError('PHI_HTTP_SERVER', { path: 'options', detail: 'it takes a handler or a listener, not both' })
  }
  const limits = readLimits(options.limits)
  const next = listener ?? serve(handler as Handler, { onError: options.onError })

  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const encrypted = isEncrypted(incoming.socket)
    allowHeaders(incoming, limits.headers)
    const screened = screen(incoming, encrypted, undefined, limits.headers)
    if ('refusal' in screened) void send(refuse(screened.refusal, encrypted), outgoing)
    else next(incoming, outgoing as ServerResponse & { req: IncomingMessage })
  }
  const server: Server =
    tls === undefined
      ? createServer(serverOptions(limits), answer)
      : createTlsServer({ ...serverOptions(limits), ...tls }, answer)

  // Ours is the lower limit: what Node drops it drops silently. The size of the headers bounds their number.
  server.maxHeadersCount = 0
  server.maxRequestsPerSocket = limits.requestsPerConnection
  if (limits.connections > 0) server.maxConnections = limits.connections
  server.setTimeout(limits.idleMs)
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    expectContinue(incoming, outgoing)
    server.emit('request', incoming, outgoing)
  })
  // RFC 9110 section 10.1.1 knows no other expectation.
  server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    void send(refuse(malformed, isEncrypted(incoming.socket)), outgoing)
  })
  answerClientErrors(server)
  return server
}
