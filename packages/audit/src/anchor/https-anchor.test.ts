import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixedClock } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noteAt } from '../../test/anchor/notes.ts'
import { testLog } from '../../test/make-log.ts'
import { codeOf } from '../../test/tampered-store.ts'
import {
  type AnchorFetch,
  type AnchorRequestVerdict,
  type HttpsAnchorOptions,
  httpsAnchor,
  verifyAnchorRequest,
} from './index.ts'

const { origin } = testLog
const url = 'https://anchor.example/clinic-a'
const clock = fixedClock('2026-03-04T05:06:07.089Z')
const hmac = { id: 'key-1', secret: new Uint8Array(32).fill(9) }

type Fault = { status: number; body?: string | Buffer; headers?: Record<string, string> } | 'drop' | 'hang'

/** An anchor as the documentation of httpsAnchor describes it. */
class AnchorServer {
  readonly notes = new Map<string, Buffer>()
  readonly calls: { method: string; path: string; authorization: string | undefined; verdict: AnchorRequestVerdict }[] = []
  page = 1000
  fault: (method: string, path: string) => Fault | undefined = () => undefined
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const { method = '', url: path = '', headers } = request
      const verdict = verifyAnchorRequest(
        { method, path, headers, body },
        { keys: [hmac], clock: fixedClock('2026-03-04T05:07:00.000Z') },
      )
      this.calls.push({ method, path, authorization: headers.authorization, verdict })
      const fault = this.fault(method, path)
      if (fault === 'drop') return void request.socket.destroy()
      if (fault === 'hang') return
      if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end(fault.body)
      const parsed = new URL(path, url)
      const name = parsed.pathname.replace('/clinic-a/', '')
      if (method === 'PUT') {
        if (this.notes.has(name) && headers['if-none-match'] === '*') return void response.writeHead(412).end()
        this.notes.set(name, body)
        return void response.writeHead(201).end()
      }
      if (name !== '') {
        const note = this.notes.get(name)
        return void response.writeHead(note === undefined ? 404 : 200).end(note)
      }
      const after = parsed.searchParams.get('after') ?? ''
      const names = [...this.notes.keys()].sort().filter((each) => each > after)
      response.writeHead(200).end(JSON.stringify(names.slice(0, this.page)))
    })
  })

  /** What the platform's fetch does, with the address of this server in place of the public one. */
  async start(): Promise<AnchorFetch> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    const here = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return (address, init) => fetch(address.replace('https://anchor.example', here), init)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}

let server: AnchorServer
let fetching: AnchorFetch
beforeEach(async () => {
  server = new AnchorServer()
  fetching = await server.start()
})
afterEach(() => server.stop())
const anchor = (options: Partial<HttpsAnchorOptions> = {}) => httpsAnchor({ url, fetch: fetching, origin, clock, ...options })

describe('httpsAnchor', () => {
  it('S113 puts, reads back, and keeps the same note once', async () => {
    const note = await noteAt(5)
    const receipt = await anchor({ token: 'abc.def' }).put(note)
    expect(receipt).toMatchObject({ anchor: 'https', size: 5, created: true, at: '2026-03-04T05:06:07.089Z' })
    expect(server.calls.map(({ method, path, authorization }) => [method, path, authorization])).toEqual([
      ['PUT', `/clinic-a/${receipt.item}`, 'Bearer abc.def'],
      ['GET', `/clinic-a/${receipt.item}`, 'Bearer abc.def'],
    ])
    expect((await anchor().put(note)).created).toBe(false)
    expect(server.notes.size).toBe(1)
    expect(server.notes.get(receipt.item)?.toString()).toBe(note)
  })

  it('S6 lists over pages, by size', async () => {
    server.page = 2
    const notes: string[] = []
    for (const size of [3, 20, 100, 101, 102]) notes.push(await noteAt(size))
    for (const note of notes.toReversed()) await anchor().put(note)
    expect(await anchor().list()).toEqual(notes)
    expect(await anchor().latest()).toBe(notes.at(-1))
  })

  it('signs every request, so that nobody else’s and no old one passes', async () => {
    await anchor({ hmac }).put(await noteAt(5))
    await anchor({ hmac }).list()
    expect(new Set(server.calls.map(({ verdict }) => verdict))).toEqual(new Set(['genuine']))
    const last = async (options: Partial<HttpsAnchorOptions>) => {
      await anchor(options).list()
      return server.calls.at(-1)?.verdict
    }
    expect(await last({})).toBe('unsigned')
    expect(await last({ hmac: { ...hmac, secret: new Uint8Array(32) } })).toBe('forged')
    expect(await last({ hmac: { ...hmac, id: 'key-2' } })).toBe('forged')
    expect(await last({ hmac, clock: fixedClock('2026-03-04T05:01:59.000Z') })).toBe('expired')
    expect(await last({ hmac, clock: fixedClock('2026-03-04T05:13:00.000Z') })).toBe('expired')
  })

  it('a signature holds under no other name, also where two names have one secret', async () => {
    let sent: Record<string, string> = {}
    const spying: AnchorFetch = async (_, { headers }) => {
      sent = headers
      return new Response('[]')
    }
    await httpsAnchor({ url, origin, clock, fetch: spying, hmac }).list()
    const request = { method: 'GET', path: '/clinic-a/?after=', body: new Uint8Array(0) }
    const keys = [hmac, { ...hmac, id: 'key-2' }]
    expect(verifyAnchorRequest({ ...request, headers: sent }, { keys, clock })).toBe('genuine')
    const renamed = { ...sent, 'phi-anchor-key': 'key-2' }
    expect(verifyAnchorRequest({ ...request, headers: renamed }, { keys, clock })).toBe('forged')
  })

  it('a signature holds for nothing but its request', async () => {
    const seen: Parameters<typeof verifyAnchorRequest>[0][] = []
    const watching: AnchorFetch = (address, init) => {
      const { pathname, search } = new URL(address)
      seen.push({ method: init.method, path: pathname + search, headers: init.headers, body: init.body ?? new Uint8Array(0) })
      return fetching(address, init)
    }
    await anchor({ hmac, fetch: watching }).put(await noteAt(5))
    const [put] = seen as [(typeof seen)[number]]
    const verdict = (change: Partial<typeof put>) => verifyAnchorRequest({ ...put, ...change }, { keys: [hmac], clock })
    expect(verdict({})).toBe('genuine')
    expect(verdict({ method: 'GET' })).toBe('forged')
    expect(verdict({ path: `${put.path}x` })).toBe('forged')
    expect(verdict({ body: new Uint8Array(0) })).toBe('forged')
    const headers = (name: string, value: string) => ({ headers: { ...put.headers, [name]: value } })
    expect(verdict(headers('phi-anchor-time', '2026-03-04T05:06:08.089Z'))).toBe('forged')
    expect(verdict(headers('phi-anchor-time', 'now'))).toBe('forged')
    expect(verdict(headers('phi-anchor-signature', 'v1=*'))).toBe('forged')
    expect(verdict(headers('phi-anchor-signature', 'v2=AAAA'))).toBe('forged')
  })

  it.each<[string, Fault, string]>([
    ['401', { status: 401 }, 'PHI_AUDIT_ANCHOR_DENIED'],
    ['403', { status: 403 }, 'PHI_AUDIT_ANCHOR_DENIED'],
    ['404', { status: 404 }, 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['202', { status: 202 }, 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['429', { status: 429 }, 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['503', { status: 503, body: 'secret page' }, 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }, 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['a sign-in page', { status: 200, body: '<html>secret page</html>' }, 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['nothing', { status: 200, body: '' }, 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['too much', { status: 200, body: Buffer.alloc(1_000_001) }, 'PHI_AUDIT_ANCHOR_ANSWER'],
    ['a closed connection', 'drop', 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
    ['silence', 'hang', 'PHI_AUDIT_ANCHOR_UNAVAILABLE'],
  ])('does not call anchored, or empty, what is answered with %s', async (_, fault, code) => {
    server.fault = () => fault
    const hurried = anchor({ timeoutMs: 200, token: 'secret-token' })
    for (const attempt of [async () => hurried.put(await noteAt(5)), () => hurried.list(), () => hurried.latest()]) {
      const error = await attempt().then(
        () => undefined,
        (failure: unknown) => failure,
      )
      expect(error).toMatchObject({ code })
      expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toMatch(/secret|anchor\.example/)
    }
  })

  it('does not believe a 200 whose note does not read back', async () => {
    const note = await noteAt(5)
    for (const body of [await noteAt(6), note.slice(0, -1), `${note}\n`, '']) {
      server.notes.clear()
      server.fault = (method) => (method === 'GET' ? { status: 200, body } : undefined)
      expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_ANSWER')
      // It is there already, the server says, and it is something else.
      expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    }
    server.notes.clear()
    server.fault = (method) => (method === 'PUT' ? { status: 200 } : undefined)
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_ANSWER')
  })

  it('finds notes that were changed there, and listings that are none', async () => {
    const { item } = await anchor().put(await noteAt(5))
    server.notes.set(item, Buffer.from(await noteAt(6)))
    expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    const listings = [
      'null',
      '{}',
      '["x"]',
      '[7]',
      JSON.stringify([item, item]),
      JSON.stringify(Array.from({ length: 1001 }, () => item)),
    ]
    for (const body of listings) {
      server.fault = (_, path) => (path.includes('?') ? { status: 200, body } : undefined)
      expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_ANSWER')
    }
    // The same page for ever.
    server.fault = (_, path) => (path.includes('?') ? { status: 200, body: JSON.stringify([item]) } : undefined)
    const before = server.calls.length
    expect(await codeOf(() => anchor().list())).toBe('PHI_AUDIT_ANCHOR_ANSWER')
    expect(server.calls.length - before).toBe(2)
  })

  it('an answer that was lost is no loss: put again, it is there', async () => {
    const note = await noteAt(5)
    server.fault = (method) => (method === 'GET' ? 'drop' : undefined)
    expect(await codeOf(() => anchor().put(note))).toBe('PHI_AUDIT_ANCHOR_UNAVAILABLE')
    server.fault = () => undefined
    expect((await anchor().put(note)).created).toBe(false)
  })

  it('stops when the caller gives up, with the caller’s reason', async () => {
    server.fault = () => 'hang'
    const stop = new AbortController()
    const work = noteAt(5).then((note) => anchor().put(note, { signal: stop.signal }))
    setTimeout(() => stop.abort(new Error('enough')), 20)
    await expect(work).rejects.toThrow('enough')
  })

  it.each<[string, Partial<Record<keyof HttpsAnchorOptions, unknown>>]>([
    ['url', { url: 'http://anchor.example/' }],
    ['url', { url: 'https://user:secret@anchor.example/' }],
    ['url', { url: 'https://anchor.example/?key=secret' }],
    ['url', { url: 'nothing' }],
    ['fetch', { fetch: undefined }],
    ['token', { token: 'a b' }],
    ['token', { token: 'a\nb' }],
    ['hmac', { hmac: { id: 'x', secret: new Uint8Array(31) } }],
    ['hmac', { hmac: { id: 'x\n', secret: new Uint8Array(32) } }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 2 ** 31 }],
  ])('refuses a wrong %s', (path, change) => {
    expect(() => anchor(change as never)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_ANCHOR_OPTIONS', path }))
  })
})
