import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { securityHeaders } from '../../src/index.ts'
import { type Asked, ask, codeIn, ORIGIN, overTls, problemIn, readRoute, type Service, service } from './support.ts'

const bodyRoute = (made: Service, maxBodyBytes?: number) =>
  made.pipeline.route({
    action: 'read',
    on: 'Note',
    purpose: 'TREAT',
    body: z.strictObject({ text: z.string(), list: z.array(z.strictObject({ n: z.number() })).optional() }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    load: () => made.notes.get('n-1'),
    handle: ({ body }) => ({ json: { length: body.text.length } }),
  })

const json = { 'content-type': 'application/json' }
const chunked = (bytes: readonly Uint8Array[]) => {
  const parts = [...bytes]
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(part)
    },
  })
}
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('the line', () => {
  it('S14 refuses what did not come over TLS, and says nothing else; HSTS is for TLS alone', async () => {
    const made = await service()
    const token = await made.token()
    const plain = { ip: '192.0.2.7', encrypted: false }
    for (const asked of [{ token }, {}, { token: 'x' }, { token, method: 'DELETE' }, { token, path: '/%00' }] as Asked[]) {
      const response = await ask(readRoute(made), { ...asked, connection: plain })
      expect(response.headers.has('strict-transport-security')).toBe(false)
      expect(await codeIn(response)).toBe('tls-required')
    }
    expect(made.entries).toEqual([])
    const local = await service({ pipeline: { allowPlainHttp: true } })
    const response = await ask(readRoute(local), { token: await local.token(), connection: plain })
    expect([response.status, response.headers.has('strict-transport-security')]).toEqual([200, false])
  })

  it('S14 S112 believes its own proxies, and writes the client’s address down', async () => {
    const made = await service({ pipeline: { trustedProxies: ['10.0.0.0/8'] } })
    const token = await made.token()
    const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.9', 'x-forwarded-proto': 'https' }
    const through = await ask(readRoute(made), { token, headers, connection: { ip: '10.0.0.1', encrypted: false } })
    expect(through.status).toBe(200)
    expect(through.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
    const around = await ask(readRoute(made), { token, headers, connection: { ip: '192.0.2.1', encrypted: false } })
    expect(await codeIn(around)).toBe('tls-required')
    expect(made.entries.map(({ event }) => event.source?.ip)).toEqual(['198.51.100.9'])
  })

  it('S15 S88 sends every security header with every kind of response', async () => {
    const made = await service()
    const token = await made.token()
    const route = readRoute(made)
    const responses = await Promise.all([
      ask(route, { token }),
      ask(route, { token, method: 'HEAD' }),
      ask(route, {}),
      ask(route, { token, method: 'DELETE' }),
      ask(route, { token, params: { id: 'absent' } }),
      ask(made.pipeline.notFound(), { token }),
      ask(made.pipeline.session(), { token }),
      ask(made.pipeline.signOut(), { method: 'POST' }),
    ])
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 401, 405, 404, 404, 200, 204])
    for (const { headers } of responses) {
      for (const [name, value] of Object.entries(securityHeaders)) expect(headers.get(name)).toBe(value)
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
      expect(headers.get('vary')).toBe('Authorization')
      expect(headers.get('phi-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    }
    expect(securityHeaders['cache-control']).toBe('no-store')
  })
})

describe('ids', () => {
  it('S112 gives every request an id of its own, and takes none over', async () => {
    const made = await service()
    const token = await made.token()
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { 'x-request-id': 'mine', 'phi-request-id': 'mine', traceparent: parent, 'user-agent': 'a'.repeat(2_000) }
    const response = await ask(readRoute(made), { token, headers })
    const id = response.headers.get('phi-request-id') as string
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const { source, id: entry } = made.entries[0]?.event ?? {}
    expect(entry).toBe(`${id}/1`)
    expect(source).toMatchObject({ request: id, userAgent: 'a'.repeat(1_024), ip: '192.0.2.7' })
    expect(source?.trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad)[0-9a-f]{16}-01$/)
    expect((await problemIn(await ask(readRoute(made)))).instance).toMatch(/^urn:uuid:/)
  })
})

describe('methods', () => {
  it('reading routes take GET, HEAD and POST, writing routes no GET', async () => {
    const made = await service()
    const token = await made.token()
    const write = made.pipeline.route({
      ...{ action: 'update', on: 'Note', purpose: 'TREAT', writes: true },
      load: () => made.notes.get('n-1'),
      handle: () => ({}),
    } as const)
    const status = async (handler: typeof write, method: string) => {
      const response = await ask(handler, { token, method })
      return [response.status, response.headers.get('allow')]
    }
    expect(await status(readRoute(made), 'PUT')).toEqual([405, 'GET, HEAD, POST'])
    expect(await status(readRoute(made), 'OPTIONS')).toEqual([405, 'GET, HEAD, POST'])
    expect(await status(write, 'GET')).toEqual([405, 'POST, PUT, PATCH, DELETE'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(await status(write, method)).toEqual([204, null])
    expect(await status(made.pipeline.signOut(), 'GET')).toEqual([405, 'POST'])
    expect(await status(made.pipeline.session(), 'POST')).toEqual([405, 'GET, HEAD'])
  })

  it('answers HEAD as GET, without the body, and records it', async () => {
    const made = await service()
    const token = await made.token()
    const [get, head] = [await ask(readRoute(made), { token }), await ask(readRoute(made), { token, method: 'HEAD' })]
    expect(head.body).toBeNull()
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
    expect(made.entries).toHaveLength(2)
  })
})

describe('the body', () => {
  it('is taken up to exactly its limit, in one piece or in many', async () => {
    const made = await service()
    const token = await made.token()
    const route = bodyRoute(made, 100)
    const fits = bytesOf(JSON.stringify({ text: 'a'.repeat(89) }))
    const long = bytesOf(JSON.stringify({ text: 'a'.repeat(90) }))
    expect([fits.length, long.length]).toEqual([100, 101])
    for (const [bytes, status] of [
      [fits, 200],
      [long, 413],
    ] as const) {
      const whole = await ask(route, { token, method: 'POST', headers: json, body: bytes })
      const pieces = await ask(route, {
        token,
        method: 'POST',
        headers: json,
        body: chunked([...bytes].map((each) => Uint8Array.of(each))),
      })
      expect([whole.status, pieces.status]).toEqual([status, status])
    }
  })

  it('believes a length only to refuse early, and stops reading at the first byte too many', async () => {
    const made = await service()
    const token = await made.token()
    let pulled = 0
    let cancelled = 0
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new Uint8Array(64))
        },
        cancel: () => void cancelled++,
      },
      { highWaterMark: 0 },
    )
    const route = bodyRoute(made, 1_000)
    const lied = await ask(route, { token, method: 'POST', headers: { ...json, 'content-length': '10' }, body: endless })
    expect(await codeIn(lied)).toBe('too-large')
    expect(pulled).toBe(16)
    expect(cancelled).toBe(1)
    for (const [length, code] of [
      ['1001', 'too-large'],
      ['-1', 'malformed'],
      ['1e3', 'malformed'],
      ['5, 5', 'malformed'],
      ['9'.repeat(16), 'malformed'],
    ]) {
      const headers = { ...json, 'content-length': length as string }
      expect(await codeIn(await ask(route, { token, method: 'POST', headers, body: '{"text":""}' }))).toBe(code)
    }
  })

  it.each([
    ['text/plain', 'unsupported-media-type'],
    ['', 'unsupported-media-type'],
    ['application/json; charset=latin1', 'unsupported-media-type'],
    ['application/json, application/json', 'unsupported-media-type'],
    ['application/jsonp', 'unsupported-media-type'],
    ['multipart/form-data; boundary=x', 'unsupported-media-type'],
    ['application/json', undefined],
    ['Application/JSON; charset="UTF-8"', undefined],
  ])('of type %j is answered with %s', async (type, code) => {
    const made = await service()
    const asked = {
      token: await made.token(),
      method: 'POST',
      headers: { 'content-type': type },
      body: bytesOf('{"text":"a"}'),
    }
    const response = await ask(bodyRoute(made), asked)
    expect(response.status === 200 ? undefined : await codeIn(response)).toBe(code)
  })

  it('is refused where it is coded', async () => {
    const made = await service()
    const headers = { ...json, 'content-encoding': 'gzip' }
    const response = await ask(bodyRoute(made), { token: await made.token(), method: 'POST', headers, body: '{}' })
    expect(await codeIn(response)).toBe('unsupported-media-type')
  })

  it.each([
    ['', ['body']],
    ['{', ['body']],
    ['{"text":"a","text":"b"}', ['body']],
    ['{"text":"a","__proto__":{}}', ['body']],
    ['{"text":"a","canary":1}', ['body']],
    ['{"text":7}', ['body.text']],
    ['{}', ['body.text']],
    ['{"text":"a","list":[{"n":1},{"n":"canary"}]}', ['body.list.*.n']],
    ['{"text":"a","list":[{"n":1,"canary":2}]}', ['body.list.*']],
    ['\ufeff{"text":"a"}', ['body']],
    ['null', ['body']],
    ['[]', ['body']],
  ])('%j is malformed at %j, and nothing of it comes back', async (body, paths) => {
    const made = await service()
    const response = await ask(bodyRoute(made), {
      token: await made.token(),
      method: 'POST',
      headers: json,
      body: bytesOf(body),
    })
    const text = await response.text()
    expect(text).not.toContain('canary')
    expect(JSON.parse(text)).toMatchObject({ status: 400, code: 'malformed', errors: paths.map((path) => ({ path })) })
    expect(made.entries).toMatchObject([{ event: { outcome: 'failure', context: { details: { reason: 'malformed' } } } }])
    expect(JSON.stringify(made.entries)).not.toContain('canary')
  })

  it('is refused where the route has none, and an empty one is none', async () => {
    const made = await service()
    const token = await made.token()
    const response = await ask(readRoute(made), { token, method: 'POST', headers: json, body: '{}' })
    expect(await problemIn(response)).toMatchObject({ code: 'malformed', errors: [{ path: 'body' }] })
    expect((await ask(readRoute(made), { token, method: 'POST', body: chunked([]) })).status).toBe(200)
  })

  it('that breaks off is malformed, and one that somebody has read is a fault', async () => {
    const made = await service()
    const token = await made.token()
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('canary')) })
    expect(await codeIn(await ask(bodyRoute(made), { token, method: 'POST', headers: json, body: broken }))).toBe('malformed')
    const request = new Request(`${ORIGIN}/notes/n-1`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: '{"text":"a"}',
    })
    await request.text()
    expect(await codeIn(await bodyRoute(made)(request, overTls))).toBe('internal')
    expect(made.faults).toMatchObject([{ code: 'PHI_HTTP_BODY_USED' }])
  })

  it('that never ends is given up when the time is up, and when the client leaves', async () => {
    const made = await service({ pipeline: { timeoutMs: 40 } })
    const token = await made.token()
    let cancelled = 0
    const slow = () => new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => void cancelled++ })
    const late = await ask(bodyRoute(made), { token, method: 'POST', headers: json, body: slow() })
    expect([late.status, await codeIn(late)]).toEqual([503, 'timeout'])
    const patient = await service()
    const leaving = new AbortController()
    const asked = ask(bodyRoute(patient), {
      token: await patient.token(),
      method: 'POST',
      headers: json,
      body: slow(),
      signal: leaving.signal,
    })
    leaving.abort()
    expect(await codeIn(await asked)).toBe('malformed')
    expect(cancelled).toBe(2)
  })
})

describe('the query', () => {
  it('is texts by name, or what a schema makes of them', async () => {
    const made = await service()
    const token = await made.token()
    const seen: unknown[] = []
    const base = { action: 'read', on: 'Note', purpose: 'TREAT' } as const
    const texts = made.pipeline.route({ ...base, load: ({ query }) => void seen.push({ ...query }) })
    await ask(texts, { token, path: '/notes?a=1&b=x+y' })
    const shaped = made.pipeline.route({
      ...base,
      query: z.strictObject({ page: z.coerce.number().int() }),
      load: ({ query }) => void seen.push(query.page + 1),
    })
    await ask(shaped, { token, path: '/notes?page=2' })
    expect(seen).toEqual([{ a: '1', b: 'x y' }, 3])
    for (const [path, at] of [
      ['/notes?page=canary', 'query.page'],
      ['/notes?page=1&canary=1', 'query'],
      ['/notes?page=1&page=2', 'query'],
    ] as const) {
      const text = await (await ask(shaped, { token, path })).text()
      expect(text).not.toContain('canary')
      expect(JSON.parse(text)).toMatchObject({ code: 'malformed', errors: [{ path: at }] })
    }
  })
})
