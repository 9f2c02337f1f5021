import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AdapterOptions, textParams } from '../node/adapter.ts'
import { exchange } from '../node/exchange.ts'
import { answerStrayError } from '../node/stray-error.ts'
import type { Handler } from '../route.ts'

/** What is used of a request of Express. */
export type ExpressRequest = IncomingMessage & { readonly originalUrl: string; readonly params: unknown }

/**
 * A handler of Express: `app.get('/notes/:id', expressHandler(readNote))`. Mount it before body parsers: a body that something has begun to
 * read is refused with 500, and `onError` gets PHI_HTTP_BODY_USED.
 *
 * It always answers and never calls `next`. As a last one, `app.use(expressHandler(pipeline.notFound()))` answers for every other path.
 */
export function expressHandler(handler: Handler, options: AdapterOptions = {}) {
  return (request: ExpressRequest, response: ServerResponse): Promise<void> =>
    // Routers rewrite `url` to what is left of it below them.
    exchange(handler, request, response, textParams(request.params), { ...options, target: request.originalUrl })
}

/**
 * Errors that reach Express, answered without a word of them, where its own handler shows a stack or repeats what the client sent. Mount it last.
 * Errors in handlers of the pipeline do not come here.
 */
export function expressErrors() {
  // Express tells a handler of errors by its four parameters.
  return (error: unknown, request: IncomingMessage, response: ServerResponse, _next: unknown): void => {
    answerStrayError((error as { readonly status?: unknown } | null | undefined)?.status, request, response)
  }
}
