import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { expressErrors, expressHandler } from '../../src/express/index.ts'
import { fastifyHandler, fastifyServer, phiFastify } from '../../src/fastify/index.ts'
import { honoHandler } from '../../src/hono/index.ts'
import type { Handler } from '../../src/index.ts'
import { createPhiServer, type PhiServerOptions, routes } from '../../src/node/index.ts'

/** The four ways in which a service answers over a socket. */
export const kinds = ['node', 'fastify', 'express', 'hono'] as const
export type Kind = (typeof kinds)[number]

export type Table = Readonly<Record<string, Handler>>
type Options = Pick<PhiServerOptions, 'tls' | 'limits' | 'onError'>

export interface Running {
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

const split = (table: Table) =>
  Object.entries(table).map(([key, handler]) => {
    const [method = '', path = ''] = key.split(' ')
    return { method: method.toLowerCase() as 'get' | 'post' | 'put' | 'delete', path, handler }
  })

/** A server of this kind with these routes, as the README sets it up. */
export async function serving(kind: Kind, table: Table, notFound: Handler, options: Options = {}): Promise<Running> {
  if (kind === 'node') return listening(createPhiServer({ ...options, handler: routes(table, notFound) }))
  if (kind === 'express') {
    const app = express()
    for (const { method, path, handler } of split(table)) app[method](path, expressHandler(handler, options))
    app.use(expressHandler(notFound, options), expressErrors())
    return listening(createPhiServer({ ...options, listener: app }))
  }
  if (kind === 'hono') {
    const app = new Hono()
    for (const { method, path, handler } of split(table)) app[method](path, honoHandler(handler, options))
    app.notFound(honoHandler(notFound, options))
    // Other tests of this process keep the Request and the Response of Node.
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return listening(createPhiServer({ ...options, listener }))
  }
  const app: FastifyInstance = Fastify(fastifyServer(options))
  app.register(phiFastify, { notFound, ...options })
  for (const { method, path, handler } of split(table)) app[method](path, fastifyHandler(handler, options))
  await app.ready()
  return listening(app.server)
}

/** Starts it on a free port. `close` ends every connection first. */
export async function listening(server: Server): Promise<Running> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
