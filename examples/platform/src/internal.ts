import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tlsServerOptions, verifiedPeer } from '@phi/http/tls'
import type { Platform } from './platform.ts'

/** A service inside: it speaks to services whose certificates the day's authority signed, and to nobody else (S114). */
export interface InternalService {
  readonly url: string
  close(): Promise<void>
}

/** Starts a service that wants mutual TLS, and tells a caller the names that it proved. */
export async function internalService(platform: Platform): Promise<InternalService> {
  const { ca, profile } = platform
  const own = await platform.certificate('internal', ['localhost', '127.0.0.1'])
  const mutual = profile.transport.mutualTls ? { mutual: { ca, required: true } } : {}
  const tls = tlsServerOptions({ profile: profile.transport.tls, ...own, ...mutual })
  const sockets = new Set<Socket>()
  const server = createServer(tls, (incoming, outgoing) => {
    const peer = verifiedPeer(incoming.socket)
    outgoing.writeHead(peer === undefined ? 403 : 200, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ peer: peer?.names ?? [] }))
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
