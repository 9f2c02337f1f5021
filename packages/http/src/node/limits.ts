import type { ServerOptions } from 'node:http'
import { parseAs } from '@phi/core'
import * as z from 'zod'
import { nodeError } from './errors.ts'
import { MAX_HEADERS } from './screen.ts'

/**
 * How long and how much a server waits for. Slow-loris is to hold connections open with almost nothing: each of these ends one
 * form of it.
 */
export interface ServerLimits {
  /** From the first byte of a request, or the connection, to the end of its headers. A browser needs milliseconds. Default 10,000. */
  readonly headersMs: number
  /** To the end of its body: a megabyte on a line of 300 kbit/s. Raise it for routes that take more. Default 30,000. */
  readonly requestMs: number
  /**
   * Between two requests of one connection. Behind a load balancer: longer than its own, or it sends into a closed connection.
   * Default 5,000.
   */
  readonly keepAliveMs: number
  /**
   * Without one byte in either direction, for example in a download that nobody takes. Longer than the pipeline's `timeoutMs`.
   * Default 60,000.
   */
  readonly idleMs: number
  /** How often the first two are looked at. Node's own 30 seconds would make 40 out of 10. Default 1,000. */
  readonly checkMs: number
  /** Of a request line and headers together. Node's own figure: a token and some cookies have room. Default 16,384. */
  readonly headerBytes: number
  /** Browsers send about 20. Default 100. */
  readonly headers: number
  /** Then the connection is closed, so that a balancer can spread what comes. Default 1,000. */
  readonly requestsPerConnection: number
  /** Connections at once; more are closed. 0: as many as the system has. Default 10,000. */
  readonly connections: number
}

export const serverLimits: ServerLimits = Object.freeze({
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 5_000,
  idleMs: 60_000,
  checkMs: 1_000,
  headerBytes: 16_384,
  headers: MAX_HEADERS,
  requestsPerConnection: 1_000,
  connections: 10_000,
})

const ms = z.int().min(10).max(3_600_000).optional()
const schema = z.strictObject({
  headersMs: ms,
  requestMs: ms,
  keepAliveMs: ms,
  idleMs: ms,
  checkMs: ms,
  headerBytes: z.int().min(1024).max(262_144).optional(),
  headers: z.int().min(8).max(900).optional(),
  requestsPerConnection: z.int().min(1).max(1_000_000).optional(),
  connections: z.int().min(0).max(1_000_000).optional(),
})

/**
 * @throws PhiError PHI_HTTP_SERVER for a figure out of range, or headers that may take longer than the request that they are part
 * of
 */
export function readLimits(limits: Partial<ServerLimits> | undefined): ServerLimits {
  const given = parseAs(schema, limits ?? {}, 'limits', (context) => nodeError('PHI_HTTP_SERVER', context))
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const read = { ...serverLimits, ...named }
  if (read.headersMs > read.requestMs) {
    throw nodeError('PHI_HTTP_SERVER', { path: 'limits.headersMs', detail: 'it is longer than requestMs' })
  }
  return read
}

/** The options that `http.createServer` takes. The rest are members of the server: see `createPhiServer`. */
export function serverOptions(limits: ServerLimits): ServerOptions {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
    maxHeaderSize: limits.headerBytes,
    // Whatever NODE_OPTIONS says.
    insecureHTTPParser: false,
    // `screen` looks at it, and answers with the headers that Node's answer has not.
    requireHostHeader: false,
  }
}
