import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { tlsServerOptions } from '../../src/tls/index.ts'
import { identity, note, readRoute, type Service, service } from '../core/support.ts'
import { type Authority, canMakeCertificates, certificates, type Identity } from './certificates.ts'
import { type Answer, once, type Raw, raw, request, type To } from './raw.ts'
import { kinds, type Running, serving, type Table } from './servers.ts'

const MB = 1024 * 1024
const BILLING = 'URI:spiffe://clinic.example/billing'

/** So many bytes, a piece at a time. */
async function* file(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += 64 * 1024) yield new Uint8Array(Math.min(64 * 1024, bytes - at)).fill(120)
}

/** The routes of a small clinic: every kind of route that there is. */
function routesOf(made: Service): Table {
  const { pipeline, clock, notes } = made
  const reading = { action: 'read', on: 'Note', purpose: 'TREAT' } as const
  const byId = ({ params }: { readonly params: Readonly<Record<string, string>> }) => notes.get(params.id ?? '')
  return {
    'POST /sign-in': pipeline.signIn({
      verify: async (idToken) => ({ outcome: 'verified', identity: identity(idToken, clock()) }),
      membership: async () => ({ tenant: 'clinic-a', roles: ['therapist'] }),
    }),
    'POST /sign-out': pipeline.signOut(),
    'GET /session': pipeline.session(),
    'GET /notes': pipeline.route({ ...reading, load: () => [...notes.values()] }),
    'GET /notes/:id': readRoute(made),
    'PUT /notes/:id': pipeline.route({
      action: 'update',
      on: 'Note',
      purpose: 'TREAT',
      body: z.strictObject({ body: z.string() }),
      maxBodyBytes: 64 * 1024,
      writes: true,
      load: byId,
      handle: ({ body, params }, { tx }) => {
        const next = { ...(notes.get(params.id ?? '') ?? note('none')), body: body.body }
        tx.staged.set(next.id, next)
        return { record: next }
      },
    }),
    'GET /notes/:id/file': pipeline.route({
      ...reading,
      load: byId,
      handle: () => ({ download: { body: file(64 * MB), type: 'application/pdf', filename: 'note.pdf', length: 64 * MB } }),
    }),
    'GET /notes/:id/short': pipeline.route({
      ...reading,
      load: byId,
      handle: () => ({ download: { body: file(300_000), type: 'application/pdf', filename: 'note.pdf' } }),
    }),
    'GET /billing/:id': pipeline.route({ ...reading, load: byId, peers: [BILLING] }),
  }
}

/** What of an answer may differ between two that are to look the same. */
function masked(answer: Answer): unknown {
  const { date, 'phi-request-id': id = '', ...headers } = answer.headers
  return { ...answer, headers, body: answer.body.replaceAll(id, 'ID'), wasDated: date !== undefined, hadId: id !== '' }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000 && !condition(); waited += 10) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(condition()).toBe(true)
}

describe.skipIf(!canMakeCertificates())('a clinic over TLS', () => {
  const files = certificates()
  let authority: Authority
  let server: Identity
  let billing: Identity
  let other: Identity
  let stranger: Identity
  const open: (Running | Raw)[] = []

  beforeAll(() => {
    authority = files.authority()
    server = authority.issue({ names: 'DNS:localhost' })
    billing = authority.issue({ names: BILLING })
    other = authority.issue({ names: 'URI:spiffe://clinic.example/scheduling' })
    stranger = files.authority().issue({ names: BILLING })
  })
  afterAll(() => files.remove())
  afterEach(async () => {
    for (const each of open.splice(0)) 'socket' in each ? each.socket.destroy() : await each.close()
  })

  describe.each(kinds)('on %s', (kind) => {
    async function clinic() {
      const made = await service({ notes: [note('n-1'), note('n-2', { careTeam: [] }), note('n-3')] })
      const tls = tlsServerOptions({ profile: 'modern', ...server, mutual: { ca: authority.pem, required: false } })
      const running = await serving(kind, routesOf(made), made.pipeline.notFound(), { tls })
      open.push(running)
      const to: To = { port: running.port, ca: authority.pem }
      const token = await made.token()
      const entries = () => made.entries.map(({ event }) => `${event.action} ${event.outcome}`)
      return { made, to, entries, auth: `Authorization: Bearer ${token}` }
    }
    async function dial(to: To): Promise<Raw> {
      const connection = await raw(to)
      open.push(connection)
      return connection
    }
    const json = 'Content-Type: application/json'

    it('S123 S87 S146 signs in, reads, lists, writes and signs out, and each stands in the log with the address of the socket', async () => {
      const { made, to, entries } = await clinic()
      const connection = await dial(to)
      const ask = async (text: string, head = false) => {
        connection.write(text)
        return connection.next(head)
      }
      const begun = await ask(request('POST /sign-in', [json], '{"idToken":"ann"}'))
      expect(begun.status).toBe(201)
      const auth = `Authorization: Bearer ${begun.headers['phi-session-token']}`
      const read = await ask(request('GET /notes/n-1', [auth]))
      expect([read.status, JSON.parse(read.body)]).toEqual([200, expect.objectContaining({ id: 'n-1', body: 'body of n-1' })])
      expect(JSON.parse((await ask(request('GET /notes', [auth]))).body)).toHaveLength(2)
      const written = await ask(request('PUT /notes/n-1', [auth, json], '{"body":"new"}'))
      expect([written.status, made.notes.get('n-1')?.body]).toEqual([200, 'new'])
      const head = await ask(request('HEAD /notes/n-1', [auth]), true)
      expect([head.status, head.body]).toEqual([200, ''])
      expect((await ask(request('GET /session', [auth]))).status).toBe(200)
      expect((await ask(request('POST /sign-out', [auth]))).status).toBe(204)
      expect((await ask(request('POST /sign-out', [auth]))).status).toBe(204)
      expect((await ask(request('GET /notes/n-1', [auth]))).status).toBe(401)
      expect(entries().slice(0, 6)).toEqual([
        'login success',
        'read success',
        'read success',
        'update success',
        'read success',
        'logout success',
      ])
      for (const { event } of made.entries) expect(event.source?.ip).toBe('127.0.0.1')
      expect(made.faults).toEqual([])
    })

    it('S15 S88 says with every answer that nothing but TLS is to be used for a year', async () => {
      const { to, auth } = await clinic()
      const texts = [
        request('GET /notes/n-1', [auth]),
        request('GET /notes/n-2', [auth]),
        request('GET /none', [auth]),
        request('GET /notes/n-1'),
        request('GET //'),
        request('GET /notes/n-1', ['X-A: a\0']),
        request('PUT /notes/n-1', [auth, json], '{'),
        request('POST /sign-in', [json], '{"idToken":"ann"}'),
        'nonsense\r\n\r\n',
      ]
      const statuses: number[] = []
      for (const text of texts) {
        const { status, headers } = await once(to, text)
        statuses.push(status)
        expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
        expect(headers['cache-control']).toBe('no-store')
      }
      expect(statuses).toEqual([200, 404, 404, 401, 400, 400, 400, 201, 400])
    })

    it('answers the same bytes, but for id and date, for what is denied, what is not there, and paths that are no routes', async () => {
      const { to, auth } = await clinic()
      const denied = masked(await once(to, request('GET /notes/n-2', [auth])))
      expect(denied).toMatchObject({ status: 404, wasDated: true, hadId: true })
      for (const line of ['GET /notes/none', 'GET /nothing/here', 'GET /', 'GET /notes/n-2/file/x']) {
        expect([line, masked(await once(to, request(line, [auth])))]).toEqual([line, denied])
      }
      const stranger = masked(await once(to, request('GET /notes/n-1')))
      expect(stranger).toMatchObject({ status: 401 })
      for (const line of ['GET /notes/n-2', 'GET /notes/none', 'GET /nothing/here']) {
        expect([line, masked(await once(to, request(line)))]).toEqual([line, stranger])
      }
    })

    it('refuses bodies that are too long or no JSON, and goes on where the connection can', async () => {
      const { made, to, auth, entries } = await clinic()
      const long = await dial(to)
      long.write(request('PUT /notes/n-1', [auth, json], `{"body":"${'x'.repeat(400_000)}"}`))
      expect(await long.next()).toMatchObject({ status: 413, headers: { connection: 'close' } })
      expect(await long.closed()).toBe('')
      // Without a length that could be believed.
      const endless = await dial(to)
      endless.write(
        `${request('PUT /notes/n-1', [auth, json, 'Transfer-Encoding: chunked'])}20000\r\n${'x'.repeat(0x20000)}\r\n`,
      )
      expect(await endless.next()).toMatchObject({ status: 413, headers: { connection: 'close' } })
      endless.socket.destroy()

      const connection = await dial(to)
      for (const body of ['{', '{"body":1}', '{"body":"a","body":"b"}', '{"__proto__":{},"body":"a"}', '{"body":"\xff"}', '']) {
        connection.write(request('PUT /notes/n-1', [auth, json], body))
        expect([body, (await connection.next()).status]).toEqual([body, 400])
      }
      connection.write(request('PUT /notes/n-1', [auth, 'Content-Type: text/plain'], '{"body":"a"}'))
      expect((await connection.next()).status).toBe(415)
      connection.write(request('PUT /notes/n-1', [auth, 'Content-Type: no type'], '{"body":"a"}'))
      expect((await connection.next()).status).toBe(415)
      const body = '{"body":"in two pieces"}'
      const pieces = [body.slice(0, 9), body.slice(9)].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`)
      connection.write(`${request('PUT /notes/n-1', [auth, json, 'Transfer-Encoding: chunked'])}${pieces.join('')}0\r\n\r\n`)
      expect((await connection.next()).status).toBe(200)
      expect(made.notes.get('n-1')?.body).toBe('in two pieces')
      expect(entries().filter((entry) => entry === 'update success')).toHaveLength(1)
    })

    it('S14 answers nothing to plain HTTP on the same port', async () => {
      const { to, entries } = await clinic()
      const plain = await dial({ port: to.port })
      plain.write(request('GET /notes/n-1'))
      expect(await plain.closed()).not.toContain('HTTP/')
      expect(entries()).toEqual([])
    })

    it('has no body sent by somebody whom it refuses anyway', async () => {
      const { to, auth } = await clinic()
      const expects = [json, 'Expect: 100-continue', 'Content-Length: 14']
      expect((await once(to, request('PUT /notes/n-1', expects))).status).toBe(401)
      const known = await dial(to)
      known.write(request('PUT /notes/n-1', [auth, ...expects]))
      expect((await known.next()).status).toBe(100)
      known.write('{"body":"new"}')
      expect((await known.next()).status).toBe(200)
    })

    it('S123 records a download that came to its end, and one whose client left, each with its bytes', async () => {
      const { made, to, auth } = await clinic()
      const ends = () => made.entries.map(({ event }) => event).filter(({ context }) => context?.details?.phase === 'end')
      const whole = await once(to, request('GET /notes/n-1/short', [auth]))
      expect([whole.status, whole.whole, whole.body.length]).toEqual([200, true, 300_000])
      expect(whole.headers['content-disposition']).toBe('attachment; filename="note.pdf"')
      await until(() => ends().length === 1)
      expect(ends()[0]).toMatchObject({ outcome: 'success', context: { details: { bytesSent: 300_000, complete: true } } })

      const left = await dial(to)
      left.write(request('GET /notes/n-1/file', [auth]))
      await new Promise((resolve) => left.socket.once('data', resolve))
      left.socket.destroy()
      await until(() => ends().length === 2)
      expect(ends()[1]).toMatchObject({ outcome: 'failure', context: { details: { complete: false } } })
      const sent = Number(ends()[1]?.context?.details?.bytesSent)
      expect(sent).toBeLessThan(64 * MB)
    })

    it('ends a session once, however many ask at the same time', async () => {
      const { to, auth, entries } = await clinic()
      const connections = await Promise.all(Array.from({ length: 8 }, () => dial(to)))
      for (const connection of connections) connection.write(request('POST /sign-out', [auth]))
      const statuses = await Promise.all(connections.map(async (connection) => (await connection.next()).status))
      expect(new Set(statuses)).toEqual(new Set([204]))
      expect((await once(to, request('GET /notes/n-1', [auth]))).status).toBe(401)
      expect(entries().filter((entry) => entry === 'logout success')).toHaveLength(1)
    })

    it('answers requests that come at once in their order', async () => {
      const { to, auth } = await clinic()
      const connection = await dial(to)
      connection.write(['n-1', 'n-2', 'n-3', 'n-1'].map((id) => request(`GET /notes/${id}`, [auth])).join(''))
      const seen: unknown[] = []
      for (let index = 0; index < 4; index++) {
        const { status, body } = await connection.next()
        seen.push([status, (JSON.parse(body) as { id?: string }).id])
      }
      expect(seen).toEqual([
        [200, 'n-1'],
        [404, undefined],
        [200, 'n-3'],
        [200, 'n-1'],
      ])
    })

    it('S114 lets only the named service call a route that names one, beside a session', async () => {
      const { to, auth } = await clinic()
      const ask = async (identity: Partial<Identity>, headers: readonly string[]) =>
        (await once({ ...to, ...identity }, request('GET /billing/n-1', headers))).status
      expect(await ask(billing, [auth])).toBe(200)
      expect(await ask(billing, [])).toBe(401)
      for (const identity of [{}, other, stranger]) expect(await ask(identity, [auth])).toBeGreaterThanOrEqual(400)
      // A header names nobody.
      expect(await ask({}, [auth, `X-Client-Cert: ${BILLING}`, `X-Forwarded-Client-Cert: ${BILLING}`])).toBeGreaterThanOrEqual(
        400,
      )
    })
  })
})
