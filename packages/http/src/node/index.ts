/**
 * The pipeline on `node:http` and `node:https`: requests, responses, a server with limits, and a small table of routes.
 *
 * @module @phi/http/node
 */

export type { AdapterOptions } from './adapter.ts'
export { nodeErrors } from './errors.ts'
export { type ServerLimits, serverLimits } from './limits.ts'
export { type Refusal, refuse } from './refusal.ts'
export { type Received, type ToRequestOptions, toRequest } from './request.ts'
export { routes } from './routes.ts'
export { send } from './send.ts'
export { createPhiServer, type PhiServerOptions, serve } from './server.ts'
