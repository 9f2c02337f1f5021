import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { cliError } from '../errors.ts'

/** An answer. A body of pieces is written as it comes; where it fails, the connection is cut, so that half of it passes for nothing whole. */
export interface Reply {
  readonly status: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<string>
  /** Called when the answer has been handed over, or cannot be. */
  readonly after?: () => void
}

export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly cookies: ReadonlyMap<string, string>
  /** The fields of a form. Empty for a GET. */
  readonly form: URLSearchParams
}

const MAX_FORM_BYTES = 65_536
const MAX_URL = 8_192

/**
 * For every answer. Nothing is loaded from elsewhere, nothing runs but our own script, no other page can hold or watch this one, and nothing
 * stays in a cache. `same-origin` and not `no-referrer`: with that, browsers say `Origin: null` of our own forms.
 */
const fixedHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const refusal = (status: number, sentence: string): Reply => ({ status, type: 'text/plain', body: `${sentence}\n` })

function cookiesOf(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    // The first of a name, as browsers put that of the longest path first.
    const name = part.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
  }
  return cookies
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return undefined
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_FORM_BYTES) return undefined
    parts.push(part)
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'))
}

/**
 * What of a request is refused before anything is looked at. The Host has to be the address that was printed: a name that somebody made to
 * point at this machine (DNS rebinding) is not. A form has to come from our own pages.
 */
function refusedOf({ method, headers, url = '' }: IncomingMessage, origin: string): Reply | undefined {
  if (`http://${headers.host}` !== origin) return refusal(421, 'This server answers under its own address only.')
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
    return { ...refusal(405, 'This server takes GET and POST.'), headers: { allow: 'GET, HEAD, POST' } }
  if (url.length > MAX_URL || !url.startsWith('/') || url.startsWith('//')) return refusal(400, 'The address cannot be read.')
  const site = headers['sec-fetch-site']
  const isOurs = headers.origin === origin && (site === undefined || site === 'same-origin')
  if (method === 'POST' && !isOurs) return refusal(403, 'The form does not come from a page of this server.')
  if (headers.origin !== undefined && headers.origin !== origin) return refusal(403, 'The request comes from another page.')
  return undefined
}

export interface ViewServer {
  /** `http://127.0.0.1:40123` */
  readonly origin: string
  close(): Promise<void>
}

/**
 * Serves on the loopback address of this machine, and nowhere else.
 * @param port 0 takes any that is free
 * @param failed what an answer is where `answer` throws
 * @throws PhiError PHI_CLI_CONNECT where the port is taken
 */
export async function serveView(
  port: number,
  answer: (asked: Asked, origin: string) => Promise<Reply>,
  failed: (error: unknown) => Reply,
): Promise<ViewServer> {
  let origin = ''
  const sockets = new Set<Socket>()
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      respond(request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = 64
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  async function replyTo(request: IncomingMessage): Promise<Reply> {
    const refused = refusedOf(request, origin)
    if (refused !== undefined) return refused
    const isForm = request.method === 'POST'
    const form = isForm ? await formOf(request) : new URLSearchParams()
    if (form === undefined) return refusal(400, 'The form cannot be read, or is too long.')
    const url = new URL(`${origin}${request.url}`)
    try {
      return await answer({ method: isForm ? 'POST' : 'GET', url, cookies: cookiesOf(request.headers.cookie), form }, origin)
    } catch (error) {
      return failed(error)
    }
  }
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, headers = {}, body = '', after } = await replyTo(request)
    if (after !== undefined) response.once('close', after)
    response.writeHead(status, {
      ...fixedHeaders,
      ...headers,
      // What was not read of a form that was refused goes with its connection.
      ...(request.complete ? {} : { connection: 'close' }),
      ...(type === undefined ? {} : { 'content-type': `${type}; charset=utf-8` }),
      ...(typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {}),
    })
    if (request.method === 'HEAD') response.end()
    else if (typeof body === 'string') response.end(body)
    else await streamed(response, body)
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cliError('PHI_CLI_CONNECT', {
          path: '--port',
          detail: cause.code === 'EADDRINUSE' ? 'the port is taken' : 'the port cannot be listened on',
          cause,
        }),
      ),
    )
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function streamed(response: ServerResponse, body: AsyncIterable<string>): Promise<void> {
  for await (const part of body) {
    if (response.destroyed) return
    if (!response.write(part))
      await new Promise<void>((resolve) => {
        const done = () => {
          response.off('drain', done)
          response.off('close', done)
          resolve()
        }
        response.on('drain', done)
        response.on('close', done)
      })
  }
  response.end()
}
