import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import express from 'express'
import Fastify from 'fastify'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { expressErrors, expressHandler } from '../../src/express/index.ts'
import { fastifyServer, phiFastify } from '../../src/fastify/index.ts'
import type { Handler, RequestRefused } from '../../src/index.ts'
import { createPhiServer } from '../../src/node/index.ts'
import { type Answer, once, raw, request } from './raw.ts'
import { kinds, listening, type Running, serving } from './servers.ts'

const running: Running[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.close()
})
async function started(made: Promise<Running>): Promise<Running> {
  running.push(await made)
  return made
}

const fine: Handler = async () => new Response('fine')
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function hearing(): RequestRefused[] {
  const heard: RequestRefused[] = []
  const hear = (message: unknown) => void heard.push(message as RequestRefused)
  subscribe('phi.http.refused', hear)
  onTestFinished(() => void unsubscribe('phi.http.refused', hear))
  return heard
}

describe.each(kinds)('%s', (kind) => {
  it('gives what is refused before the pipeline an id, the same in the header, the problem, and the message', async () => {
    const heard = hearing()
    const at = await started(serving(kind, { 'GET /notes/:id': fine }, fine))
    const unreadable = await once(at, request('GET /notes/a%2fb'))
    // Not even a request: the parser of Node refuses it.
    const none = await once(at, 'what is this\r\n\r\n')
    const ids = [unreadable, none].map(({ headers }) => headers['phi-request-id'] as string)
    for (const id of ids) expect(id).toMatch(UUID)
    expect(new Set(ids).size).toBe(2)
    const problems = [unreadable, none].map(({ body }) => JSON.parse(body) as object)
    expect(problems).toEqual(
      ids.map((id) => ({
        ...{ type: 'about:blank', title: 'Bad Request', status: 400 },
        code: 'malformed',
        instance: `urn:uuid:${id}`,
      })),
    )
    expect(heard).toEqual(ids.map((requestId) => ({ requestId, step: 'receive', code: 'malformed' })))
  })

  it('takes as many headers as the server was told, also more than 100', async () => {
    const at = await started(serving(kind, { 'GET /notes/:id': fine }, fine, { limits: { headers: 150 } }))
    const many = (count: number) => Array.from({ length: count - 1 }, (_, i) => `X-${i}: a`)
    expect((await once(at, request('GET /notes/1', many(150)))).status).toBe(200)
    expect((await once(at, request('GET /notes/1', many(151)))).status).toBe(431)
  })
})

describe('express', () => {
  it('ends a response of other middleware that failed after it had begun, and does not let it hang', async () => {
    const app = express()
    app.get('/half', (_request, response, next) => {
      response.write('half', () => next(new Error('canary')))
    })
    app.get('/whole', (_request, response, next) => {
      response.end('whole')
      next(new Error('canary'))
    })
    app.use(expressHandler(fine), expressErrors())
    const at = await started(listening(createPhiServer({ listener: app })))
    const half = await raw(at)
    half.write(request('GET /half'))
    const answer: Answer = await half.next()
    expect([answer.body, answer.whole]).toEqual(['half', false])
    expect(await half.closed()).toBe('')
    // What had been said in full stands.
    expect(await once(at, request('GET /whole'))).toMatchObject({ status: 200, body: 'whole', whole: true })
  })
})

describe('fastify', () => {
  it('ends a response of another route that failed after it had begun', async () => {
    const app = Fastify(fastifyServer({}))
    app.register(phiFastify, { notFound: fine })
    app.get('/half', async (_request, reply) => {
      await new Promise<void>((resolve) => reply.raw.write('half', () => resolve()))
      throw new Error('canary')
    })
    await app.ready()
    const at = await started(listening(app.server))
    const half = await raw(at)
    half.write(request('GET /half'))
    const answer = await half.next()
    expect([answer.body, answer.whole]).toEqual(['half', false])
    expect(await half.closed()).toBe('')
  })
})

describe('the options of a server', () => {
  it.each([
    {},
    { handler: fine, listener: () => {} },
    { handler: 'fine' },
    { handler: fine, TLS: {} },
    { handler: fine, limit: {} },
    { handler: fine, onError: 'no' },
    { handler: fine, tls: true },
    { handler: fine, limits: { headers: 1 } },
    null,
  ])('%j are refused', (options) => {
    expect(() => createPhiServer(options as never)).toThrow(expect.objectContaining({ code: 'PHI_HTTP_SERVER' }))
  })
})
