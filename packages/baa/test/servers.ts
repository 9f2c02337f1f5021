import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server was asked. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Loopback {
  /** `127.0.0.1:49152` */
  readonly host: string
  readonly url: (path?: string) => string
  readonly asked: readonly Asked[]
  /** How many sockets were opened to it. */
  readonly connections: () => number
  /** What it answers: by default 200 and `ok`. */
  answer: (asked: Asked, response: ServerResponse) => void
  reset(): void
  close(): Promise<void>
}

/** A live server of this machine that counts its sockets. */
export async function loopback(): Promise<Loopback> {
  const asked: Asked[] = []
  let connections = 0
  const ok: Loopback['answer'] = (_, response) => {
    response.end('ok')
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    asked.push(one)
    made.answer(one, response)
  })
  server.on('connection', () => {
    connections += 1
  })
  // No socket stays open: each request is one connection.
  server.keepAliveTimeout = 1
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const made: Loopback = {
    host,
    url: (path = '/') => `http://${host}${path}`,
    asked,
    connections: () => connections,
    answer: ok,
    reset() {
      asked.length = 0
      connections = 0
      made.answer = ok
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return made
}
