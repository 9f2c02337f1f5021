import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { afterEach, describe, expect, it } from 'vitest'
import { expressErrors, expressHandler } from '../../src/express/index.ts'
import { fastifyHandler, fastifyServer, phiFastify } from '../../src/fastify/index.ts'
import { honoHandler } from '../../src/hono/index.ts'
import type { Connection, Handler, Sent } from '../../src/index.ts'
import { createPhiServer } from '../../src/node/index.ts'
import { once, problemText, raw, request } from './raw.ts'
import { listening, type Running } from './servers.ts'

const notFound: Handler = async () =>
  new Response('{"code":"not-found"}', { status: 404, headers: { 'content-type': 'application/problem+json' } })
const echo: Handler = async (received, connection, params) => {
  const { sent, ...known } = connection
  return Response.json(
    { url: received.url, params, body: await received.text(), known },
    { headers: { 'cache-control': 'no-store' } },
  )
}
const INTERNAL = problemText('Internal Server Error', 500, 'internal')
const MALFORMED = problemText('Bad Request', 400, 'malformed')
const json = 'Content-Type: application/json'

const open: Running[] = []
const told: string[] = []
const onError = (error: { readonly code: string }) => told.push(error.code)
afterEach(async () => {
  told.length = 0
  for (const each of open.splice(0)) await each.close()
})
async function running(server: Parameters<typeof listening>[0]): Promise<Running> {
  const started = await listening(server)
  open.push(started)
  return started
}

describe('Express', () => {
  it('refuses a body that a parser has read before, and says so to whoever set it up', async () => {
    const app = express()
    app.use(express.json())
    app.post('/notes', expressHandler(echo, { onError }))
    app.get('/notes/:id', expressHandler(echo, { onError }))
    const server = await running(createPhiServer({ listener: app }))
    expect(await once(server, request('POST /notes', [json], '{"a":1}'))).toMatchObject({ status: 500, body: INTERNAL })
    expect(told).toEqual(['PHI_HTTP_BODY_USED'])
    expect((await once(server, request('GET /notes/1'))).status).toBe(200)
  })

  it('works below other routers, with the address that the client sent', async () => {
    const app = express()
    const inner = express.Router()
    inner.get('/notes/:id', expressHandler(echo))
    inner.get('/files/*path', expressHandler(echo))
    app.use('/api', inner)
    const server = await running(createPhiServer({ listener: app }))
    expect(JSON.parse((await once(server, request('GET /api/notes/7?x=1'))).body)).toMatchObject({
      url: 'http://localhost/api/notes/7?x=1',
      params: { id: '7' },
    })
    expect(JSON.parse((await once(server, request('GET /api/files/a/b%20c'))).body)).toMatchObject({
      params: { path: 'a/b c' },
    })
  })

  it('keeps headers that other middleware has set, and none that the pipeline sets', async () => {
    const app = express()
    app.use((_request, response, next) => {
      response.setHeader('Cache-Control', 'public')
      response.setHeader('Access-Control-Allow-Origin', 'https://app.example')
      next()
    })
    app.get('/notes/:id', expressHandler(echo))
    const server = await running(createPhiServer({ listener: app }))
    const { headers } = await once(server, request('GET /notes/1'))
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': 'https://app.example' })
    expect(headers['x-powered-by']).toBeUndefined()
  })

  it('answers errors of others without a word of them', async () => {
    const app = express()
    app.get('/bad', () => {
      throw new Error('patient Jane Doe')
    })
    app.get('/large', (_request, _response, next) => next(Object.assign(new Error('patient Jane Doe'), { status: 413 })))
    app.use(expressHandler(notFound), expressErrors())
    const server = await running(createPhiServer({ listener: app }))
    expect(await once(server, request('GET /bad'))).toMatchObject({ status: 500, body: INTERNAL })
    expect(await once(server, request('GET /large'))).toMatchObject({ status: 400, body: MALFORMED })
    expect(await once(server, request('GET /other'))).toMatchObject({ status: 404 })
  })

  it('is as strict on a server that others have made', async () => {
    const { createServer } = await import('node:http')
    const app = express()
    app.get('/notes/:id', expressHandler(echo))
    app.use(expressHandler(notFound), expressErrors())
    const server = await running(createServer(app))
    for (const line of ['GET /notes/a%2Fb', 'GET /notes/%2e%2e', 'GET /notes/%ff', 'GET //notes/1', 'GET /notes/%00']) {
      expect([line, await once(server, request(line))]).toEqual([
        line,
        expect.objectContaining({ status: 400, body: MALFORMED }),
      ])
    }
    expect((await once(server, request('GET /notes/1', ['Authorization: a', 'Authorization: b']))).status).toBe(400)
    expect((await once(server, request('GET /notes/1', ['Host: other']))).status).toBe(400)
  })
})

describe('Fastify', () => {
  it('parses bodies outside of the scope of the plugin as ever', async () => {
    const app = Fastify(fastifyServer({}))
    app.post('/other', async (received) => ({ parsed: received.body }))
    app.register(async (scope) => {
      scope.register(phiFastify, { notFound, onError })
      scope.post('/notes', fastifyHandler(echo, { onError }))
    })
    await app.ready()
    const server = await running(app.server)
    expect(JSON.parse((await once(server, request('POST /notes', [json], '{"a":1}'))).body)).toMatchObject({ body: '{"a":1}' })
    expect((await once(server, request('POST /other', [json], '{"a":1}'))).body).toBe('{"parsed":{"a":1}}')
    expect((await once(server, request('GET /none'))).body).toBe('{"code":"not-found"}')
  })

  it('refuses a body where the plugin is missing', async () => {
    const app = Fastify(fastifyServer({}))
    app.post('/notes', fastifyHandler(echo, { onError }))
    await app.ready()
    const server = await running(app.server)
    expect(await once(server, request('POST /notes', [json], '{"a":1}'))).toMatchObject({ status: 500, body: INTERNAL })
    expect(told).toEqual(['PHI_HTTP_BODY_USED'])
  })

  it('keeps headers of hooks, and answers their errors without a word of them', async () => {
    const app = Fastify(fastifyServer({}))
    app.addHook('onRequest', async (received, reply) => {
      reply.header('access-control-allow-origin', 'https://app.example').header('cache-control', 'public')
      if (received.url === '/bad') throw new Error('patient Jane Doe')
      if (received.url === '/limited') throw Object.assign(new Error('patient Jane Doe'), { statusCode: 429 })
    })
    let answered = 0
    app.addHook('onResponse', async () => {
      answered += 1
    })
    app.register(phiFastify, { notFound })
    for (const path of ['/notes/:id', '/bad', '/limited']) app.get(path, fastifyHandler(echo))
    await app.ready()
    const server = await running(app.server)
    const { headers } = await once(server, request('GET /notes/1'))
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': 'https://app.example' })
    expect(await once(server, request('GET /bad'))).toMatchObject({ status: 500, body: INTERNAL })
    expect(await once(server, request('GET /limited'))).toMatchObject({ status: 400, body: MALFORMED })
    expect(await once(server, request(`GET /notes/${'x'.repeat(500)}`))).toMatchObject({ status: 400, body: MALFORMED })
    // The router refuses the last before any hook.
    expect(answered).toBe(3)
  })
})

describe('Hono', () => {
  const NodeRequest = globalThis.Request
  const NodeResponse = globalThis.Response

  it('works with the globals of @hono/node-server, and with middleware that adds headers', async () => {
    const app = new Hono()
    app.use(cors({ origin: 'https://app.example' }))
    app.get('/notes/:id', honoHandler(echo))
    app.post('/notes', honoHandler(echo))
    try {
      // Replaces Request and Response of the process, as `serve` does by default.
      const server = await running(createPhiServer({ listener: getRequestListener(app.fetch) }))
      expect(globalThis.Response).not.toBe(NodeResponse)
      const answer = await once(server, request('GET /notes/1', ['Origin: https://app.example']))
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'cache-control': 'no-store',
      })
      expect(JSON.parse((await once(server, request('POST /notes', [json], '{"a":1}'))).body)).toMatchObject({
        body: '{"a":1}',
      })
    } finally {
      Object.defineProperty(globalThis, 'Request', { value: NodeRequest, writable: true, configurable: true })
      Object.defineProperty(globalThis, 'Response', { value: NodeResponse, writable: true, configurable: true })
    }
  })

  it('refuses a body that middleware has read before', async () => {
    const app = new Hono()
    app.use(async (context, next) => {
      await context.req.text()
      await next()
    })
    app.post('/notes', honoHandler(echo, { onError }))
    const server = await running(createPhiServer({ listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }) }))
    expect(await once(server, request('POST /notes', [json], '{"a":1}'))).toMatchObject({ status: 500, body: INTERNAL })
    expect(told).toEqual(['PHI_HTTP_BODY_USED'])
  })

  it('counts a download below middleware that changes it, and calls none complete that was not', async () => {
    const sent: Promise<Sent>[] = []
    const file: Handler = async (_received, connection) => {
      if (connection.sent !== undefined) sent.push(connection.sent)
      return new Response('x'.repeat(100_000), { headers: { 'content-type': 'text/plain' } })
    }
    const app = new Hono()
    app.use('/packed', compress())
    app.use('/dropped', async (context, next) => {
      await next()
      context.res = new Response('other')
    })
    app.get('/packed', honoHandler(file)).get('/dropped', honoHandler(file))
    const server = await running(createPhiServer({ listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }) }))
    expect((await once(server, request('GET /packed', ['Accept-Encoding: gzip']))).headers['content-encoding']).toBe('gzip')
    expect(await sent[0]).toEqual({ bytes: 100_000, complete: true })
    expect((await once(server, request('GET /dropped'))).body).toBe('other')
    expect((await sent[1])?.complete).toBe(false)
  })

  it('knows no address on other runtimes, unless it is told how to ask', async () => {
    const app = new Hono()
    const connection: Connection = { ip: '192.0.2.7', encrypted: true }
    app.get('/notes/:id', honoHandler(echo))
    app.get('/told/:id', honoHandler(echo, { connection: () => connection }))
    const ask = async (path: string, init?: RequestInit) => app.request(`https://clinic.example${path}`, init)
    expect(await (await ask('/notes/7')).json()).toMatchObject({ params: { id: '7' }, known: { encrypted: false } })
    expect(await (await ask('/told/7')).json()).toMatchObject({ params: { id: '7' }, known: connection })
    expect((await ask('/told/a%2Fb')).status).toBe(400)
    expect((await ask('/told/%ff')).status).toBe(400)
    const head = await ask('/told/7', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('refuses bindings that are none of Node', async () => {
    const app = new Hono()
    app.get('/notes/:id', honoHandler(echo, { onError }))
    const answer = await app.request('https://clinic.example/notes/7', {}, { incoming: {}, outgoing: {} })
    expect([answer.status, await answer.text()]).toEqual([500, INTERNAL])
    expect(told).toEqual(['PHI_HTTP_CONNECTION'])
  })
})

it('S123 tells what became of a response that waited behind another when the connection closed', async () => {
  const sent: Promise<Sent>[] = []
  let release: (response: Response) => void = () => {}
  const first = new Promise<Response>((resolve) => {
    release = resolve
  })
  const handler: Handler = async (received, connection) => {
    if (connection.sent !== undefined) sent.push(connection.sent)
    return new URL(received.url).pathname === '/first' ? first : new Response(body)
  }
  let cancel: (value: true) => void = () => {}
  const cancelled = new Promise<true>((resolve) => {
    cancel = resolve
  })
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    cancel: () => cancel(true),
  })
  const server = await running(createPhiServer({ handler }))
  const connection = await raw(server)
  connection.write(request('GET /first') + request('GET /second'))
  while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve))
  connection.socket.destroy()
  expect(await Promise.all(sent)).toEqual([
    { bytes: 0, complete: false },
    { bytes: 0, complete: false },
  ])
  expect(await cancelled).toBe(true)
  release(new Response('late'))
})
