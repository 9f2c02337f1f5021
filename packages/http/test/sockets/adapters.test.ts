import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Handler, Sent } from '../../src/index.ts'
import { once, problemText, type Raw, raw, request } from './raw.ts'
import { type Kind, kinds, type Running, serving, type Table } from './servers.ts'

const MB = 1024 * 1024
const notFound: Handler = async () =>
  new Response('{"code":"not-found"}', { status: 404, headers: { 'content-type': 'application/problem+json' } })

/** Says what it was given. */
const echo: Handler = async (received, connection, params) => {
  const { sent, ...known } = connection
  return Response.json({
    method: received.method,
    url: received.url,
    params,
    headers: Object.fromEntries(received.headers),
    connection: known,
    body: await received.text(),
  })
}

const open: (Running | Raw)[] = []
afterEach(async () => {
  for (const each of open.splice(0)) 'socket' in each ? each.socket.destroy() : await each.close()
})

async function start(kind: Kind, table: Table, options: Parameters<typeof serving>[3] = {}): Promise<Running> {
  const running = await serving(kind, table, notFound, options)
  open.push(running)
  return running
}
async function dial(running: Running): Promise<Raw> {
  const connection = await raw(running)
  open.push(connection)
  return connection
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

describe.each(kinds)('an adapter on a real socket: %s', (kind) => {
  it('hands on method, address, parameters, headers and the connection as they came', async () => {
    const running = await start(kind, { 'GET /notes/:id': echo, 'PUT /notes/:id': echo })
    const answer = await once(
      running,
      request('GET /notes/n%C3%B6%2B1?a=1&b=x%20y', ['Authorization: Bearer t', 'X-Two: a', 'X-Two: b']),
    )
    expect(answer.status).toBe(200)
    const seen = JSON.parse(Buffer.from(answer.body, 'latin1').toString())
    expect(seen).toMatchObject({
      method: 'GET',
      url: 'http://localhost/notes/n%C3%B6%2B1?a=1&b=x%20y',
      params: { id: 'nö+1' },
      headers: { authorization: 'Bearer t', 'x-two': 'a, b', host: 'localhost' },
      connection: { ip: '127.0.0.1', encrypted: false },
      body: '',
    })
    const put = await once(running, request('PUT /notes/7', ['Content-Type: application/json'], '{"a":1}'))
    expect(JSON.parse(put.body)).toMatchObject({ method: 'PUT', params: { id: '7' }, body: '{"a":1}' })
  })

  it('answers other paths, and other methods of a path, as the last handler does', async () => {
    const running = await start(kind, { 'GET /notes/:id': echo })
    for (const line of ['GET /other', 'GET /notes', 'GET /notes/1/2', 'POST /notes/1', 'GET /']) {
      expect([line, (await once(running, request(line))).status]).toEqual([line, 404])
    }
    expect((await once(running, request('DELETE /x', ['Content-Type: text/html; x'], '<p>'))).status).toBe(404)
  })

  it('reads a chunked body, a long one, and one without a type', async () => {
    const running = await start(kind, {
      'POST /notes': async (received) => new Response(String((await received.arrayBuffer()).byteLength)),
    })
    const chunks = 'Transfer-Encoding: chunked'
    const chunked = `${request('POST /notes', [chunks, 'Content-Type: application/json'])}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n`
    expect((await once(running, chunked)).body).toBe('5')
    expect((await once(running, request('POST /notes', [], 'abc'))).body).toBe('3')
    expect((await once(running, request('POST /notes', ['Content-Type: no type at all'], 'abc'))).body).toBe('3')
    expect((await once(running, request('POST /notes', ['Content-Type: application/json'], 'x'.repeat(2 * MB)))).body).toBe(
      String(2 * MB),
    )
    expect((await once(running, request('POST /notes', ['Content-Length: 0']))).body).toBe('0')
  })

  it('sends statuses, headers and cookies, and no body where there is none', async () => {
    const running = await start(kind, {
      'GET /a': async () =>
        new Response('{}', {
          status: 201,
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
            ['content-type', 'application/json'],
            ['x-one', '1'],
          ],
        }),
      'GET /empty': async () => new Response(null, { status: 204 }),
      'GET /none': async () => new Response(null, { status: 200 }),
    })
    const connection = await dial(running)
    connection.write(request('GET /a') + request('GET /empty') + request('GET /none') + request('HEAD /a'))
    const first = await connection.next()
    expect(first).toMatchObject({ status: 201, body: '{}', headers: { 'set-cookie': 'a=1\nb=2', 'x-one': '1' } })
    expect(Object.keys(first.headers)).not.toContain('x-powered-by')
    expect(await connection.next()).toMatchObject({ status: 204, body: '' })
    expect(await connection.next()).toMatchObject({ status: 200, body: '' })
    expect(await connection.next(true)).toMatchObject({ status: 201, headers: { 'x-one': '1' } })
  })

  it('answers HEAD without the body, and lets go of it', async () => {
    const cancelled = deferred<true>()
    const sent = deferred<Sent | undefined>()
    const running = await start(kind, {
      'GET /file': async (_received, connection) => {
        void connection.sent?.then(sent.resolve)
        const body = new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(1024)),
          cancel: () => cancelled.resolve(true),
        })
        return new Response(body, { headers: { 'content-length': '4096', 'content-type': 'application/pdf' } })
      },
    })
    const connection = await dial(running)
    connection.write(request('HEAD /file'))
    expect(await connection.next(true)).toMatchObject({ status: 200, headers: { 'content-length': '4096' } })
    expect(await cancelled.promise).toBe(true)
    expect(await sent.promise).toEqual({ bytes: 0, complete: true })
    connection.write(request('GET /other'))
    expect((await connection.next()).status).toBe(404)
  })

  const malformedRequests: readonly (readonly [string, string])[] = [
    ['an absolute target', 'GET http://localhost/notes/1 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['two slashes', request('GET //notes/1')],
    ['a doubled slash', request('GET /notes//1')],
    ['a step up', request('GET /notes/../notes/1')],
    ['an encoded step up', request('GET /notes/%2e%2E/notes/1')],
    ['a step that is none', request('GET /notes/./1')],
    ['an encoded slash', request('GET /notes/a%2Fb')],
    ['an encoded backslash', request('GET /notes/a%5cb')],
    ['a backslash', request('GET /notes/a\\b')],
    ['an encoded NUL', request('GET /notes/a%00b')],
    ['an encoded line end', request('GET /notes/a%0d%0aX:%20y')],
    ['a NUL', request('GET /notes/a\0b')],
    ['bytes that are no UTF-8', request('GET /notes/%ff%fe')],
    ['a broken escape', request('GET /notes/%zz')],
    ['a broken escape in the query', request('GET /notes/1?a=%')],
    ['a fragment', request('GET /notes/1#x')],
    ['an asterisk', request('OPTIONS *')],
    ['no host', 'GET /notes/1 HTTP/1.1\r\n\r\n'],
    ['no host in 1.0', 'GET /notes/1 HTTP/1.0\r\n\r\n'],
    ['two hosts', request('GET /notes/1', ['Host: other'])],
    ['a host with a user', 'GET /notes/1 HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['a host with a path', 'GET /notes/1 HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a host that a parser rewrites', 'GET /notes/1 HTTP/1.1\r\nHost: 0x7f.1\r\n\r\n'],
    ['two tokens', request('GET /notes/1', ['Authorization: Bearer a', 'Authorization: Bearer b'])],
    ['two cookie headers', request('GET /notes/1', ['Cookie: a=1', 'cookie: b=2'])],
    ['two content types', request('POST /notes', ['Content-Type: application/json', 'Content-Type: text/html'], '{}')],
    ['a line end in a header', request('GET /notes/1', ['X-A: a\rInjected: b'])],
    ['a bare line feed', request('GET /notes/1', ['X-A: a\nInjected: b'])],
    ['a NUL in a header', request('GET /notes/1', ['X-A: a\0b'])],
    ['a folded header', request('GET /notes/1', ['X-A: a', ' b'])],
    ['a space before the colon', request('GET /notes/1', ['X-A : a'])],
    ['two lengths', request('POST /notes', ['Content-Length: 2', 'Content-Length: 3'], undefined)],
    ['twice the same length', request('POST /notes', ['Content-Length: 2'], '{}')],
    ['a length and chunks', request('POST /notes', ['Content-Length: 2', 'Transfer-Encoding: chunked'])],
    ['another coding before chunked', `${request('POST /notes', ['Transfer-Encoding: gzip, chunked'])}0\r\n\r\n`],
    [
      'two transfer codings',
      `${request('POST /notes', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
    ],
    ['chunks in 1.0', 'POST /notes HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another expectation', request('GET /notes/1', ['Expect: a miracle'])],
    ['a negative length', request('POST /notes', ['Content-Length: -1'])],
    ['a body of GET', request('GET /notes/1', [], '{}')],
    ['chunks of GET', `${request('GET /notes/1', ['Transfer-Encoding: chunked'])}0\r\n\r\n`],
  ]

  it('answers what is malformed with 400 and nothing of it, and closes the connection', async () => {
    let asked = 0
    const told: unknown[] = []
    const ids: string[] = []
    const hear = (message: unknown) => told.push(message)
    subscribe('phi.http.refused', hear)
    onTestFinished(() => void unsubscribe('phi.http.refused', hear))
    const count: Handler = async () => {
      asked += 1
      return new Response('secret')
    }
    const running = await start(kind, { 'GET /notes/:id': count, 'POST /notes': count, 'GET /:any': count })
    for (const [what, text] of malformedRequests) {
      const connection = await dial(running)
      connection.write(text)
      const answer = await connection.next()
      const requestId = answer.headers['phi-request-id'] ?? ''
      ids.push(requestId)
      expect([what, answer.status, answer.body]).toEqual([
        what,
        400,
        `{"type":"about:blank","title":"Bad Request","status":400,"code":"malformed","instance":"urn:uuid:${requestId}"}`,
      ])
      expect(answer.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        connection: 'close',
      })
      // Not over plain HTTP: RFC 6797 section 7.2.
      expect(answer.headers['strict-transport-security']).toBeUndefined()
      expect([what, await connection.closed()]).toEqual([what, ''])
    }
    expect(asked).toBe(0)
    // Each once, for alerts: the log of nobody is filled by strangers.
    expect(told).toEqual(ids.map((requestId) => ({ requestId, step: 'receive', code: 'malformed' })))
  })

  it('refuses TRACE, more headers than it takes, and longer ones', async () => {
    const running = await start(kind, { 'GET /notes/:id': echo }, { limits: { headers: 20, headerBytes: 4096 } })
    expect(await once(running, request('TRACE /notes/1'))).toMatchObject({ status: 501 })
    const many = Array.from({ length: 20 }, (_, index) => `X-${index}: a`)
    expect((await once(running, request('GET /notes/1', many.slice(1)))).status).toBe(200)
    expect(await once(running, request('GET /notes/1', many))).toMatchObject({ status: 431 })
    expect(await once(running, request('GET /notes/1', [`X-A: ${'a'.repeat(5000)}`]))).toMatchObject({
      status: 431,
      body: expect.stringContaining('headers-too-large'),
    })
  })

  it('does not read what the handler does not read, and closes a connection with a body left over', async () => {
    const running = await start(kind, {
      'POST /refuse': async () =>
        new Response('{"code":"too-large"}', { status: 413, headers: { 'content-type': 'application/problem+json' } }),
      'GET /notes/:id': echo,
    })
    const connection = await dial(running)
    connection.write(request('POST /refuse', ['Content-Type: application/json'], 'x'.repeat(600_000)))
    expect(await connection.next()).toMatchObject({
      status: 413,
      headers: { connection: 'close' },
      body: '{"code":"too-large"}',
    })
    expect(await connection.closed()).toBe('')
    // A short one has come in with its headers: the next request on the connection is answered.
    const short = await dial(running)
    short.write(request('POST /refuse', ['Content-Type: application/json'], '{}'))
    expect((await short.next()).status).toBe(413)
    short.write(request('GET /notes/1'))
    expect((await short.next()).status).toBe(200)
  })

  it('asks for a body that waits for 100-continue only when somebody reads it', async () => {
    const running = await start(kind, {
      'POST /read': async (received) => new Response(await received.text()),
      'POST /refuse': async () => new Response('no', { status: 401 }),
    })
    const wanted = await dial(running)
    wanted.write(request('POST /read', ['Expect: 100-continue', 'Content-Length: 3']))
    expect((await wanted.next()).status).toBe(100)
    wanted.write('abc')
    expect(await wanted.next()).toMatchObject({ status: 200, body: 'abc' })
    const unwanted = await dial(running)
    unwanted.write(request('POST /refuse', ['Expect: 100-continue', 'Content-Length: 3']))
    expect(await unwanted.next()).toMatchObject({ status: 401, headers: { connection: 'close' } })
    expect(await unwanted.closed()).toBe('')
  })

  it('answers requests that come before the answers in their order', async () => {
    const first = deferred<Response>()
    const running = await start(kind, { 'GET /slow': () => first.promise, 'GET /notes/:id': echo })
    const connection = await dial(running)
    connection.write(request('GET /slow') + request('GET /notes/1') + request('GET /notes/2'))
    first.resolve(new Response('slow'))
    expect((await connection.next()).body).toBe('slow')
    expect(JSON.parse((await connection.next()).body).params).toEqual({ id: '1' })
    expect(JSON.parse((await connection.next()).body).params).toEqual({ id: '2' })
  })

  it('says nothing that could be taken for the answer of a request under way', async () => {
    const sent = deferred<Sent | undefined>()
    const asked = deferred<true>()
    const running = await start(kind, {
      'GET /slow': async (_received, connection) => {
        void connection.sent?.then(sent.resolve)
        asked.resolve(true)
        await sent.promise
        return new Response('done')
      },
    })
    const connection = await dial(running)
    connection.write(request('GET /slow'))
    await asked.promise
    connection.write('nonsense\r\n\r\n')
    expect(await connection.closed()).toBe('')
    expect(await sent.promise).toEqual({ bytes: 0, complete: false })
  })

  describe('downloads', () => {
    /** So many bytes, and how it ended. */
    function source(bytes: number, chunk = 64 * 1024) {
      const state = { pulled: 0, cancelled: deferred<true>() }
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            const size = Math.min(chunk, bytes - state.pulled)
            if (size === 0) return controller.close()
            state.pulled += size
            controller.enqueue(new Uint8Array(size).fill(120))
          },
          cancel: () => state.cancelled.resolve(true),
        },
        { highWaterMark: 0 },
      )
      return { body, state }
    }
    const download = (body: ReadableStream<Uint8Array>, sent: (sent: Sent) => void, length?: number): Handler => {
      const headers = {
        'content-type': 'application/pdf',
        ...(length === undefined ? {} : { 'content-length': String(length) }),
      }
      return async (_received, connection) => {
        void connection.sent?.then(sent)
        return new Response(body, { headers })
      }
    }

    it('S123 counts what was sent, whole', async () => {
      for (const length of [undefined, 3 * MB]) {
        const { body } = source(3 * MB)
        const sent = deferred<Sent>()
        const running = await start(kind, { 'GET /file': download(body, sent.resolve, length) })
        const connection = await dial(running)
        connection.write(request('GET /file'))
        const answer = await connection.next()
        expect([answer.whole, answer.body.length]).toEqual([true, 3 * MB])
        expect(await sent.promise).toEqual({ bytes: 3 * MB, complete: true })
      }
    })

    it('S123 goes no faster than the client, and says how much went when that leaves', async () => {
      const size = 256 * MB
      const { body, state } = source(size)
      const sent = deferred<Sent>()
      const running = await start(kind, { 'GET /file': download(body, sent.resolve, size) })
      const connection = await dial(running)
      connection.write(request('GET /file'))
      await new Promise((resolve) => connection.socket.once('data', resolve))
      connection.socket.pause()
      // Buffers of both sides fill up, and then nothing moves.
      let before = -1
      while (before !== state.pulled) {
        before = state.pulled
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(state.pulled).toBeLessThan(64 * MB)
      connection.socket.destroy()
      expect(await state.cancelled.promise).toBe(true)
      const { bytes, complete } = await sent.promise
      expect(complete).toBe(false)
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThanOrEqual(state.pulled)
    })

    it('S123 cuts off a download that fails, so that nobody takes it for the whole', async () => {
      const sent = deferred<Sent>()
      let pulls = 0
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulls += 1
            if (pulls < 3) controller.enqueue(new Uint8Array(100_000).fill(120))
            else controller.error(new Error('patient Jane Doe'))
          },
        },
        { highWaterMark: 0 },
      )
      const running = await start(kind, { 'GET /file': download(body, sent.resolve) })
      const connection = await dial(running)
      connection.write(request('GET /file'))
      const answer = await connection.next().catch(() => undefined)
      expect(answer?.whole ?? false).toBe(false)
      expect(`${answer?.body}${await connection.closed()}`).not.toMatch(/Jane|Error/)
      expect((await sent.promise).complete).toBe(false)
    })
  })

  it('never sends more than it said, and never calls less the whole', async () => {
    for (const bytes of [5, 20]) {
      const sent = deferred<Sent>()
      const cancelled = deferred<true>()
      let pulls = 0
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulls += 1
            if (pulls === 1 && bytes === 5) controller.enqueue(new Uint8Array(5).fill(120))
            else if (pulls < 4 && bytes === 20) controller.enqueue(new Uint8Array(7).fill(120))
            else controller.close()
          },
          cancel: () => cancelled.resolve(true),
        },
        { highWaterMark: 0 },
      )
      const running = await start(kind, {
        'GET /file': async (_received, connection) => {
          void connection.sent?.then(sent.resolve)
          return new Response(body, { headers: { 'content-length': '10', 'content-type': 'application/pdf' } })
        },
      })
      const connection = await dial(running)
      connection.write(request('GET /file'))
      const answer = await connection.next().catch(() => undefined)
      expect(answer?.whole ?? false).toBe(false)
      expect((await connection.closed()).length).toBeLessThanOrEqual(10)
      expect((await sent.promise).complete).toBe(false)
      if (bytes === 20) expect(await cancelled.promise).toBe(true)
    }
  })

  it('tells a handler that the client has left', async () => {
    const asked = deferred<true>()
    const aborted = deferred<true>()
    const running = await start(kind, {
      'GET /slow': async (received) => {
        received.signal.addEventListener('abort', () => aborted.resolve(true))
        asked.resolve(true)
        await aborted.promise
        return new Response('late')
      },
      'POST /read': async (received) => {
        asked.resolve(true)
        const failed = await received.text().then(
          () => false,
          () => true,
        )
        if (failed) aborted.resolve(true)
        return new Response('late')
      },
    })
    const connection = await dial(running)
    connection.write(request('GET /slow'))
    await asked.promise
    connection.socket.destroy()
    expect(await aborted.promise).toBe(true)
  })

  it('fails a body whose client leaves in the middle of it', async () => {
    const outcome = deferred<string>()
    const running = await start(kind, {
      'POST /read': async (received) => {
        const reader = received.body?.getReader()
        await reader?.read()
        connection.socket.destroy()
        const rest = await reader?.read().then(
          () => 'read',
          (error: Error) => error.name,
        )
        outcome.resolve(rest ?? 'no body')
        return new Response('late')
      },
    })
    const connection = await dial(running)
    connection.write(`${request('POST /read', ['Content-Length: 100'])}abc`)
    expect(await outcome.promise).toBe('AbortError')
  })

  describe('slow clients', () => {
    const limits = { headersMs: 150, requestMs: 300, keepAliveMs: 150, idleMs: 10_000, checkMs: 50 }

    it('ends a connection that takes too long over its headers, its body, or its next request', async () => {
      const running = await start(
        kind,
        {
          'POST /read': async (received) => new Response(await received.text().catch(() => 'cut off')),
          'GET /notes/:id': echo,
        },
        { limits },
      )
      const headers = await dial(running)
      headers.write('GET /notes/1 HTTP/1.1\r\nHost: localhost\r\nX-A: ')
      expect((await headers.next()).status).toBe(408)
      await headers.closed()

      const body = await dial(running)
      body.write(`${request('POST /read', ['Content-Length: 100'])}a`)
      const answer = await body.next()
      expect([answer.status, answer.body]).toEqual([408, problemText('Request Timeout', 408, 'timeout')])
      await body.closed()

      const idle = await dial(running)
      idle.write(request('GET /notes/1'))
      expect((await idle.next()).status).toBe(200)
      await idle.closed()

      const silent = await dial(running)
      await silent.closed()
    })

    it('ends a connection on which nothing moves', async () => {
      const never = deferred<Response>()
      const running = await start(kind, { 'GET /slow': () => never.promise }, { limits: { ...limits, idleMs: 200 } })
      const connection = await dial(running)
      connection.write(request('GET /slow'))
      expect(await connection.closed()).toBe('')
      never.resolve(new Response('late'))
    })
  })

  it('cuts off what cannot be sent: a response whose body was read', async () => {
    const running = await start(
      kind,
      {
        'GET /used': async () => {
          const response = new Response('x')
          await response.text()
          return response
        },
        'GET /notes/:id': echo,
      },
      { onError: () => {} },
    )
    const answer = await once(running, request('GET /used')).catch(() => undefined)
    expect([undefined, 500]).toContain(answer?.status)
    expect((await once(running, request('GET /notes/1'))).status).toBe(200)
  })

  it('answers 500 without a word when a handler throws, which none may', async () => {
    const told: string[] = []
    const running = await start(
      kind,
      { 'GET /bad': () => Promise.reject(new Error('patient Jane Doe')) },
      { onError: (error) => told.push(error.message) },
    )
    const answer = await once(running, request('GET /bad'))
    expect([answer.status, answer.body]).toEqual([500, problemText('Internal Server Error', 500, 'internal')])
    expect(told.join()).not.toMatch(/Jane/)
    expect(told).toHaveLength(1)
  })
})
