import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { type AdapterOptions, textParams } from '../node/adapter.ts'
import { exchange } from '../node/exchange.ts'
import { createPhiServer, type PhiServerOptions } from '../node/server.ts'
import { answerStrayError } from '../node/stray-error.ts'
import type { Handler } from '../route.ts'

/** What is used of a request of Fastify. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage
  readonly originalUrl: string
  readonly params: unknown
}

/** What is used of a reply of Fastify. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse
  hijack(): unknown
  getHeaders(): Record<string, number | string | string[] | undefined>
}

type Listener = (request: FastifyRequestLike, reply: FastifyReplyLike) => void

/** What is used of an instance of Fastify. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    type: string,
    parser: (
      request: FastifyRequestLike,
      payload: IncomingMessage,
      done: (error: Error | null, body?: unknown) => void,
    ) => void,
  ): unknown
  addHook(name: 'onRequest', hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void): unknown
  setNotFoundHandler(handler: Listener): unknown
  setErrorHandler(handler: (error: unknown, request: FastifyRequestLike, reply: FastifyReplyLike) => void): unknown
}

export interface PhiFastifyOptions extends AdapterOptions {
  /** `pipeline.notFound()`. */
  readonly notFound: Handler
}

/** From here on the response is ours. What hooks have set beforehand stays, unless the pipeline sets it. */
function takeOver(reply: FastifyReplyLike): ServerResponse {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  return reply.raw
}

/** Answers an error that is not the pipeline's. */
function answerError(error: unknown, request: FastifyRequestLike, reply: FastifyReplyLike): void {
  const { statusCode } = (error ?? {}) as { readonly statusCode?: unknown }
  answerStrayError(statusCode, request.raw, reply.raw, () => takeOver(reply))
}

/**
 * Options of an instance of Fastify that listens with the limits of `createPhiServer`, and whose own errors, about addresses that its router does
 * not take, repeat nothing of them: `Fastify(fastifyServer({ tls }))`. They go on to `listen` as ever.
 */
export function fastifyServer(options: Omit<PhiServerOptions, 'handler' | 'listener'>) {
  return {
    serverFactory: (listener: RequestListener): Server => createPhiServer({ ...options, listener }),
    frameworkErrors: answerError,
  }
}

/** A handler of Fastify: `app.get('/notes/:id', fastifyHandler(readNote))`, on an instance with `phiFastify`. */
export function fastifyHandler(handler: Handler, options: AdapterOptions = {}) {
  return (request: FastifyRequestLike, reply: FastifyReplyLike): Promise<void> =>
    exchange(handler, request.raw, takeOver(reply), textParams(request.params), { ...options, target: request.originalUrl })
}

/**
 * Prepares an instance of Fastify for routes of the pipeline: `app.register(phiFastify, { notFound: pipeline.notFound() })`. Bodies are left
 * unread for the pipeline; other paths are answered by it; errors of hooks and of Fastify itself are answered without a word of them.
 *
 * It applies to the instance on which it is registered, and to what is registered in that. Beside routes that want Fastify to parse their
 * bodies, register it in a scope of its own: `app.register(async (scope) => { scope.register(phiFastify, …); scope.get(…) })`.
 */
export function phiFastify(app: FastifyLike, options: PhiFastifyOptions, done: (error?: Error) => void): void {
  app.removeAllContentTypeParsers()
  // What type a body has is the pipeline's to judge. Fastify refuses some by itself, before anybody asks who is there.
  app.addHook('onRequest', (request, _reply, next) => {
    delete request.raw.headers['content-type']
    next()
  })
  // Hands the stream on.
  app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
  app.setNotFoundHandler(fastifyHandler(options.notFound, options))
  app.setErrorHandler(answerError)
  done()
}
// What Fastify calls a plugin without a scope of its own. A parser in a scope below would serve no route of the instance.
Object.assign(phiFastify, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'phiFastify' })
