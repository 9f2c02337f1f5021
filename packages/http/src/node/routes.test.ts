import { describe, expect, it } from 'vitest'
import type { Handler } from '../route.ts'
import { routes } from './routes.ts'
import { createPhiServer } from './server.ts'

const connection = { ip: undefined, encrypted: true }
const says =
  (name: string): Handler =>
  async (_request, _connection, params) =>
    Response.json([name, params])
const ask = async (handler: Handler, method: string, path: string): Promise<unknown> =>
  (await handler(new Request(`https://clinic.example${path}`, { method }), connection)).json()
const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

describe('a table of routes', () => {
  const table = routes(
    {
      'GET /notes/:id': says('one'),
      'GET /notes/new': says('form'),
      'GET /notes': says('list'),
      'POST /notes': says('create'),
      'GET /:any/:id/file': says('any file'),
      'GET /notes/:id/file': says('file'),
      'GET /': says('home'),
    },
    says('none'),
  )

  it('finds a route by method and path, and decodes what is in it', async () => {
    expect(await ask(table, 'GET', '/notes/7')).toEqual(['one', { id: '7' }])
    expect(await ask(table, 'GET', '/notes/a%20%2B%C3%A9')).toEqual(['one', { id: 'a +é' }])
    expect(await ask(table, 'GET', '/notes')).toEqual(['list', {}])
    expect(await ask(table, 'POST', '/notes')).toEqual(['create', {}])
    expect(await ask(table, 'GET', '/')).toEqual(['home', {}])
  })

  it('prefers what is written out, wherever it stands in the table', async () => {
    expect(await ask(table, 'GET', '/notes/new')).toEqual(['form', {}])
    expect(await ask(table, 'GET', '/notes/7/file')).toEqual(['file', { id: '7' }])
    expect(await ask(table, 'GET', '/letters/7/file')).toEqual(['any file', { any: 'letters', id: '7' }])
  })

  it('answers all else with the last handler', async () => {
    for (const path of ['/notes/', '/notes/7/', '/notes/7/x', '/x', '/notes/7/file/x', '/Notes', '//file/file']) {
      expect([path, await ask(table, 'GET', path)]).toEqual([path, ['none', {}]])
    }
    expect(await ask(table, 'DELETE', '/notes')).toEqual(['none', {}])
    expect(await ask(table, 'PUT', '/notes/7')).toEqual(['none', {}])
  })

  it('answers HEAD as GET', async () => {
    expect(await ask(table, 'HEAD', '/notes')).toEqual(['list', {}])
  })

  it('gives parameters no name that objects have of themselves', async () => {
    const strange = routes({ 'GET /:__proto__/:constructor': says('x') }, says('none'))
    const response = await strange(new Request('https://x/a/b'), connection)
    expect(await response.text()).toBe('["x",{"__proto__":"a","constructor":"b"}]')
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  it('refuses a table that cannot work', () => {
    const one = says('x')
    for (const key of [
      'GET',
      '/x',
      'get /x',
      'GET x',
      'GET  /x',
      'GET /x y',
      'HEAD /x',
      'GET /x/',
      'GET //x',
      'GET /:',
      'GET /:a/:a',
      'GET /*',
      'GET /a%20b',
      'GET /x?y',
    ]) {
      expect([key, code(() => routes({ [key]: one }, one))]).toEqual([key, 'PHI_HTTP_ROUTES'])
    }
    expect(code(() => routes({ 'GET /:a': one, 'GET /:b': one }, one))).toBe('PHI_HTTP_ROUTES')
    expect(code(() => routes({ 'GET /a': 'x' as never }, one))).toBe('PHI_HTTP_ROUTES')
  })
})

describe('a server', () => {
  it('is not made of options that cannot work', () => {
    const handler = says('x')
    const listener = () => {}
    expect(code(() => createPhiServer({}))).toBe('PHI_HTTP_SERVER')
    expect(code(() => createPhiServer({ handler, listener }))).toBe('PHI_HTTP_SERVER')
    for (const limits of [
      { headersMs: 0 },
      { headersMs: 40_000 },
      { headers: 2000 },
      { requestMs: Number.NaN },
      { idleMs: '1' },
      { other: 1 },
      null,
    ]) {
      expect([limits, code(() => createPhiServer({ handler, limits: limits as never }))]).toEqual([
        limits,
        limits === null ? undefined : 'PHI_HTTP_SERVER',
      ])
    }
  })

  it('waits for no slow client longer than its limits say', () => {
    const server = createPhiServer({ handler: says('x') })
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket, maxConnections } = server
    expect({ headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxRequestsPerSocket, maxConnections }).toEqual({
      ...{ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000, timeout: 60_000 },
      ...{ maxRequestsPerSocket: 1_000, maxConnections: 10_000 },
    })
  })
})
