import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A web server on this machine that keeps what arrives, and answers as told. */
export async function webServer(answer: (seen: Seen, response: ServerResponse) => void) {
  const seen: Seen[] = []
  const box = { answer }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
    seen.push(one)
    box.answer(one, response)
  })
  const port = await listening(server)
  return {
    seen,
    url: `http://127.0.0.1:${port}/in`,
    answerWith: (next: typeof answer) => {
      box.answer = next
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A server of connections: what a peer does with each is told. */
export async function tcpServer(serve: (socket: Socket, count: number) => void, create = createTcpServer as () => Server) {
  const sockets = new Set<Socket>()
  let count = 0
  const box = { serve }
  const server = create()
  const taken = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    box.serve(socket, count++)
  }
  server.on(server.constructor.name === 'Server' && 'setSecureContext' in server ? 'secureConnection' : 'connection', taken)
  server.on('tlsClientError', () => {})
  const port = await listening(server)
  return {
    port,
    serveWith: (next: typeof serve) => {
      box.serve = next
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
