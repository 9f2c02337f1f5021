import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { fixedClock } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificates, hasOpenssl } from '../../test/forward/certificates.ts'
import { itemsOf } from '../../test/forward/items.ts'
import { tcpServer, webServer } from '../../test/forward/servers.ts'
import { forwarderOf, logOf, Receiver, START } from '../../test/forward/world.ts'
import type { ForwardItem } from './destination.ts'
import { httpsDestination, ocsfJson, verifyForwardedBatch } from './index.ts'

const never = new AbortController().signal
const key = { id: 'k-2026', secret: new Uint8Array(32).fill(5) }
const clock = fixedClock(START)
let items: ForwardItem[]
let server: Awaited<ReturnType<typeof webServer>>
beforeAll(async () => {
  items = await itemsOf(4)
  server = await webServer((_, response) => response.end())
})
afterAll(() => server.close())

const to = (more: object = {}) => httpsDestination({ url: server.url, loopbackHttp: true, clock, ...more })
const statusesOf = (result: { is: string }) =>
  'items' in result ? (result.items as { is: string }[]).map(({ is }) => is) : result

describe('S25 S125 batches over HTTPS', () => {
  it('are JSON or lines of JSON, compressed when asked', async () => {
    server.answerWith((_, response) => response.end())
    for (const format of ['json', 'ndjson'] as const)
      for (const gzip of [false, true]) {
        expect(
          statusesOf(await to({ format, gzip, headers: async () => ({ authorization: 'Bearer x' }) }).send(items, never)),
        ).toEqual(items.map(() => 'delivered'))
        const { headers, body, method } = server.seen.at(-1) as (typeof server.seen)[number]
        expect([method, headers.authorization, headers['content-encoding']]).toEqual([
          'POST',
          'Bearer x',
          gzip ? 'gzip' : undefined,
        ])
        expect(headers['content-type']).toBe(format === 'json' ? 'application/json' : 'application/x-ndjson')
        const text = (gzip ? gunzipSync(body) : body).toString()
        const parsed =
          format === 'json'
            ? JSON.parse(text)
            : text
                .trimEnd()
                .split('\n')
                .map((line) => JSON.parse(line))
        expect(parsed.map(({ id, index }: ForwardItem) => [id, index])).toEqual(items.map(({ id, index }) => [id, index]))
        expect(parsed[1].event.context.details.note).toBe('Überweisung 🙂\n"x"')
      }
    await to({ content: ocsfJson() }).send(items, never)
    expect(JSON.parse(server.seen.at(-1)?.body.toString() ?? '')[0]).toMatchObject({
      class_uid: expect.any(Number),
      metadata: { uid: 'e-0' },
    })
  })

  it.each([
    [200, 'items'],
    [202, 'items'],
    [204, 'items'],
    [301, 'blocked', 'REDIRECT'],
    [302, 'blocked', 'REDIRECT'],
    [307, 'blocked', 'REDIRECT'],
    [308, 'blocked', 'REDIRECT'],
    [304, 'blocked', 'REDIRECT'],
    [400, 'split', 'REFUSED'],
    [422, 'split', 'REFUSED'],
    [413, 'split', 'TOO_LARGE'],
    [401, 'blocked', 'NOT_ALLOWED'],
    [403, 'blocked', 'NOT_ALLOWED'],
    [404, 'blocked', 'NOT_ALLOWED'],
    [415, 'blocked', 'NOT_ALLOWED'],
    [408, 'retry', 'BUSY'],
    [425, 'retry', 'BUSY'],
    [429, 'retry', 'BUSY'],
    [500, 'retry', 'FAILING'],
    [503, 'retry', 'FAILING'],
    [599, 'retry', 'FAILING'],
    [207, 'blocked', 'ANSWER'],
  ])('status %i means %s %s', async (status, is, code?: string) => {
    const elsewhere = await webServer((_, response) => response.end())
    server.answerWith((_, response) => response.writeHead(status, { location: elsewhere.url }).end())
    const result = await to().send(items, never)
    expect(result).toMatchObject(code === undefined ? { is } : { is, code: `PHI_AUDIT_FORWARD_${code}` })
    // An address that the receiver names gets nothing.
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  it('Retry-After is read as seconds and as a date', async () => {
    const asked = async (value: string) => {
      server.answerWith((_, response) => response.writeHead(429, { 'retry-after': value }).end())
      return to().send(items, never)
    }
    expect(await asked('17')).toMatchObject({ is: 'retry', afterMs: 17_000 })
    expect(await asked('Wed, 04 Mar 2026 05:07:07 GMT')).toMatchObject({ afterMs: 60_000 })
    for (const nonsense of ['-5', '1e9', 'soon', '', '2'])
      expect(await asked(nonsense)).toMatchObject({ afterMs: nonsense === '2' ? 2000 : 0 })
  })

  it('results by record are believed only when they name each record once and no other', async () => {
    const answered = async (body: unknown, status = 207, more = {}) => {
      server.answerWith((_, response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)))
      return statusesOf(await to(more).send(items, never))
    }
    const results = [503, 200, 422, 403].map((status, index) => ({ index, status }))
    expect(await answered({ results })).toEqual(['retry', 'delivered', 'refused', 'refused'])
    expect(await answered({ results: results.toReversed() }, 200)).toEqual(['retry', 'delivered', 'refused', 'refused'])
    const wrong = [
      { results: results.slice(1) },
      { results: [...results, { index: 4, status: 200 }] },
      { results: results.map((one) => ({ ...one, index: 0 })) },
      { results: results.map(({ index, status }) => ({ index: index + 1, status })) },
      { results: results.map(({ index }) => ({ index, status: 302 })) },
      { results: results.map(({ index }) => ({ index, status: '200' })) },
      { results: results.map((one) => ({ ...one, more: 1 })) },
      { results, more: 1 },
      { results: null },
      { results: 4 },
    ]
    for (const body of wrong)
      for (const status of [200, 207])
        expect(await answered(body, status)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
    for (const body of ['', 'ok', '[]', '{}', '{"results":'])
      expect(await answered(body, 200, { acknowledgement: 'results' })).toMatchObject({ code: 'PHI_AUDIT_FORWARD_ANSWER' })
    expect(await answered('ok', 200)).toEqual(items.map(() => 'delivered'))
  })

  it('an answer that is cut anywhere delivers nothing', async () => {
    const body = JSON.stringify({ results: items.map(({ index }) => ({ index, status: 200 })) })
    const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
    let cut = 0
    const raw = await tcpServer((socket) => {
      let bytes = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk])
        const end = bytes.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(bytes.toString('latin1'))?.[1])
        if (end > 0 && bytes.length >= end + 4 + length) socket.end(whole.slice(0, cut))
      })
    })
    const destination = to({ url: `http://127.0.0.1:${raw.port}/` })
    for (cut = 0; cut < whole.length; cut++) {
      const result = await destination.send(items, never)
      expect([cut, result.is]).toEqual([cut, expect.stringMatching(/^(retry|blocked)$/)])
    }
    expect(statusesOf(await destination.send(items, never))).toEqual(items.map(() => 'delivered'))
    await raw.close()
  })

  it('a receiver that is not there, or says nothing, delivers nothing', async () => {
    const gone = await webServer((_, response) => response.end())
    await gone.close()
    expect(await to({ url: gone.url }).send(items, never)).toMatchObject({ is: 'retry', code: 'PHI_AUDIT_FORWARD_UNREACHABLE' })
    server.answerWith(() => {})
    const { forwarder } = forwarderOf({ source: await logOf(2), to: to(), timeoutMs: 50 })
    expect(await forwarder.once()).toMatchObject({ delivered: 0, logs: [{ code: 'PHI_AUDIT_FORWARD_TIMEOUT' }] })
  })

  it('413 halves the batches until they fit', async () => {
    server.answerWith((seen, response) => response.writeHead(seen.body.length > 2000 ? 413 : 200).end())
    const { forwarder, runUntil } = forwarderOf({ source: await logOf(12), to: to() })
    await runUntil(() => forwarder.health().logs[0]?.next === 12)
    expect(forwarder.health().logs[0]).toMatchObject({ delivered: 12, deadLetters: 0 })
    expect(new Receiver().got).toEqual([])
  })

  it.skipIf(!hasOpenssl())('a receiver that does not prove who it is gets nothing', async () => {
    const made = certificates()
    const { cert, key: secret } = made.authority('stranger').issue('server', 'DNS:localhost,IP:127.0.0.1')
    let bodies = 0
    const tls = createServer({ cert, key: secret }, (_, response) => {
      bodies++
      response.end()
    })
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
    const { port } = tls.address() as { port: number }
    expect(await to({ url: `https://127.0.0.1:${port}/` }).send(items, never)).toMatchObject({
      is: 'blocked',
      code: 'PHI_AUDIT_FORWARD_TLS',
    })
    expect(bodies).toBe(0)
    await new Promise((resolve) => tls.close(resolve))
    made.remove()
  })

  it.each([
    ['http://siem.example/in', {}],
    ['http://127.0.0.1/in', { loopbackHttp: false }],
    ['http://127.0.0.1.siem.example/in', {}],
    ['https://user:secret@siem.example/', {}],
    ['https://siem.example/#x', {}],
    ['ftp://siem.example/', {}],
    ['siem.example', {}],
    [7, {}],
  ])('%s is refused', (url, more) => {
    expect(() => to({ url, ...more })).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_FORWARD_OPTIONS', path: 'url' }))
  })
})

describe('S125 headers', () => {
  it('that are none are refused without being quoted, and none stands in for our own', async () => {
    const refused = (() => {
      try {
        return to({ headers: { authorization: 'Bearer s3cret\n' + 'x' } })
      } catch (error) {
        return error
      }
    })()
    expect(refused).toMatchObject({ code: 'PHI_AUDIT_FORWARD_OPTIONS', path: 'headers' })
    expect(JSON.stringify(refused) + String(refused)).not.toContain('s3cret')
    server.answerWith((_, response) => response.end())
    await to({ headers: { 'Content-Type': 'text/plain', 'Idempotency-Key': 'mine' } }).send(items, never)
    expect(server.seen.at(-1)?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^"[0-9a-f]{64}"$/),
    })
  })
})

describe('S125 signed batches', () => {
  const signed = async () => {
    server.answerWith((_, response) => response.end())
    await to({ key }).send(items, never)
    return server.seen.at(-1) as (typeof server.seen)[number]
  }
  const verify = (seen: { headers: object; body: Uint8Array }, more: object = {}) =>
    verifyForwardedBatch({ headers: seen.headers as never, body: seen.body, keys: [key], clock, ...more })

  it('the signature is what the documentation says, worked out once more', async () => {
    const { headers, body } = await signed()
    const digest = createHash('sha256').update(body).digest('base64')
    const lines = [
      'phi.audit/forward@v1',
      'k-2026',
      START,
      headers['idempotency-key'],
      'application/json',
      'identity',
      digest,
      '',
    ]
    const mac = createHmac('sha256', key.secret).update(lines.join('\n')).digest('base64')
    expect(headers['phi-audit-signature']).toBe(`v1=${mac}`)
    expect(headers['content-digest']).toBe(`sha-256=:${digest}:`)
  })

  it('is genuine once, not after its time, and the same batch has the same id again', async () => {
    const first = await signed()
    const kept = new Map<string, number>()
    const seen = (signature: string, until: number) => kept.has(signature) || !kept.set(signature, until)
    const verdict = await verify(first, { seen })
    expect(verdict).toEqual({ is: 'genuine', keyId: 'k-2026', sentAt: START, batchId: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await verify(first, { seen })).toEqual({ is: 'refused', reason: 'replayed' })
    expect(await verify(first, { clock: fixedClock('2026-03-04T05:11:07.001Z') })).toEqual({ is: 'refused', reason: 'stale' })
    expect(await verify(first, { clock: fixedClock('2026-03-04T05:01:06.999Z') })).toEqual({ is: 'refused', reason: 'stale' })
    expect(await verify(first, { clock: () => Number.NaN })).toEqual({ is: 'refused', reason: 'stale' })
    const later = new Map(Object.entries(first.headers))
    clock.advance(1000)
    const again = await signed()
    clock.set(START)
    expect(again.headers['idempotency-key']).toBe(later.get('idempotency-key'))
    expect(again.headers['phi-audit-signature']).not.toBe(later.get('phi-audit-signature'))
  })

  it('one changed byte of the body, or one changed header, is noticed', async () => {
    const { headers, body } = await signed()
    for (let i = 0; i < body.length; i += 7) {
      const wrong = Buffer.from(body)
      wrong[i] = (wrong[i] as number) ^ 1
      expect(await verify({ headers, body: wrong })).toEqual({ is: 'refused', reason: 'altered' })
    }
    const ours = [
      'phi-audit-key',
      'phi-audit-sent-at',
      'phi-audit-signature',
      'idempotency-key',
      'content-digest',
      'content-type',
    ]
    for (const name of ours) {
      const value = String(headers[name])
      expect((await verify({ headers: { ...headers, [name]: undefined }, body })).is).toBe('refused')
      expect((await verify({ headers: { ...headers, [name]: [value, value] }, body })).is).toBe('refused')
      for (let i = 0; i < value.length; i++) {
        const wrong = value.slice(0, i) + (value[i] === '1' ? '2' : '1') + value.slice(i + 1)
        expect([name, i, (await verify({ headers: { ...headers, [name]: wrong }, body })).is]).toEqual([name, i, 'refused'])
      }
    }
    expect(await verify({ headers: { ...headers, 'content-encoding': 'gzip' }, body })).toEqual({
      is: 'refused',
      reason: 'altered',
    })
    expect(await verify({ headers, body }, { keys: [] })).toEqual({ is: 'refused', reason: 'unknown-key' })
    expect(await verify({ headers: new Headers(headers as Record<string, string>), body })).toMatchObject({ is: 'genuine' })
  })

  it('a weak key is refused', () => {
    const path = (given: object) => expect.objectContaining({ code: 'PHI_AUDIT_FORWARD_OPTIONS', ...given })
    expect(() => to({ key: { id: 'k', secret: new Uint8Array(31) } })).toThrow(path({ path: 'key.secret' }))
    expect(() => to({ key: { id: 'a b', secret: key.secret } })).toThrow(path({ path: 'key.id' }))
  })
})
