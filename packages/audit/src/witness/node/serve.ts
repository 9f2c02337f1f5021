import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { witnessHandler } from '../handler.ts'
import { MAX_REQUEST_BYTES } from '../message.ts'
import type { Witness } from '../witness.ts'

/** A running witness. */
export interface WitnessServer {
  /** Its submission prefix, which is also its monitoring prefix. */
  readonly url: string
  /** Stops taking requests and resolves when those under way are answered. */
  close(): Promise<void>
}

/** How long a whole request may take to come in. */
const REQUEST_MS = 30_000
/** How long requests that are under way may take once the server is being closed. */
const CLOSE_MS = 2000

/** Reads a body up to the limit. Undefined when it is longer. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REQUEST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Serves a witness over HTTP with `node:http`. Put a proxy with TLS in front of it where it is to be reached from elsewhere; what
 * it signs needs no TLS to be believed.
 * @param options.host default 127.0.0.1: only this machine
 * @param options.port default 0: any that is free
 */
export async function serveWitness(options: {
  readonly witness: Witness
  readonly host?: string
  readonly port?: number
  readonly prefix?: string
}): Promise<WitnessServer> {
  const { witness, host = '127.0.0.1', port = 0, prefix = '' } = options
  const handle = witnessHandler(witness, { prefix })
  let isClosing = false
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await readBody(incoming)
    if (body === undefined) {
      outgoing
        .writeHead(413, { connection: 'close', 'content-type': 'text/plain; charset=utf-8' })
        .end('the request is too long\n')
      return
    }
    if (isClosing) outgoing.setHeader('connection', 'close')
    const method = incoming.method ?? 'GET'
    const content = method === 'GET' || method === 'HEAD' ? {} : { body: Uint8Array.from(body) }
    // The host that the client names is of no use here, and could be anything.
    const url = new URL(incoming.url ?? '/', 'http://witness.invalid')
    const response = await handle(new Request(url, { method, ...content }))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(await response.text())
  }
  const server: Server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (incoming, outgoing) => {
    respond(incoming, outgoing).catch(() => {
      if (!outgoing.headersSent) outgoing.writeHead(400)
      outgoing.end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  const { port: bound, family, address } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}${prefix}`,
    close: () =>
      new Promise((resolve, reject) => {
        isClosing = true
        // Whoever sends a byte a second must not keep the process from ending.
        const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
        server.close((error) => {
          clearTimeout(timer)
          if (error === undefined) resolve()
          else reject(error)
        })
        server.closeIdleConnections()
      }),
  }
}
