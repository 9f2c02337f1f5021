import { X509Certificate } from 'node:crypto'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { fromUtf8 } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, type Certificate, certificates, hasOpenssl } from '../../test/forward/certificates.ts'
import { itemsOf } from '../../test/forward/items.ts'
import { tcpServer } from '../../test/forward/servers.ts'
import { hasRsyslog, syslogServer } from '../../test/forward/syslog-server.ts'
import { forwarderOf, logOf } from '../../test/forward/world.ts'
import type { ForwardItem } from './destination.ts'
import { syslogDestination, syslogText } from './index.ts'
import { frameOf } from './syslog.ts'

const never = new AbortController().signal
const hasTls = hasOpenssl()
let items: ForwardItem[]
let made: ReturnType<typeof certificates>
let authority: Authority
let stranger: Authority
let own: Certificate
let client: Certificate
beforeAll(async () => {
  items = await itemsOf(5)
  if (!hasTls) return
  made = certificates()
  authority = made.authority('authority')
  stranger = made.authority('stranger')
  own = authority.issue('server', 'DNS:localhost,IP:127.0.0.1')
  client = authority.issue('client', 'DNS:forwarder.example')
})
afterAll(() => made?.remove())

/** The messages of a stream of octet-counted frames, read as RFC 5425 §4.3 has it. */
function unframed(bytes: Buffer): string[] {
  const messages: string[] = []
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const length = bytes.subarray(at, space).toString('latin1')
    if (!/^[1-9]\d*$/.test(length) || space + 1 + Number(length) > bytes.length) throw new Error('a frame is cut')
    messages.push(fromUtf8(bytes.subarray(space + 1, space + 1 + Number(length))))
    at = space + 1 + Number(length)
  }
  return messages
}

const tlsServer = (serve: Parameters<typeof tcpServer>[0], options: TlsOptions = {}) =>
  tcpServer(serve, () => createTlsServer({ cert: own.cert, key: own.key, ...options }) as never)

describe('S25 S125 syslog over TLS', () => {
  it('frames count octets, not characters', () => {
    expect(frameOf(Buffer.from('é🙂')).toString()).toBe('6 é🙂')
  })

  it.skipIf(!hasTls)('a batch counts once the receiver has answered the end with its own', async () => {
    let bytes = Buffer.alloc(0)
    const server = await tlsServer((socket) => socket.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk]))))
    const to = syslogDestination({ host: 'localhost', port: server.port, ca: authority.cert, settleMs: 1 })
    expect(await to.send(items, never)).toMatchObject({ is: 'items' })
    expect(unframed(bytes)).toEqual(items.map(syslogText()))
    await server.close()
  })

  it.skipIf(!hasTls)('a connection that ends early, at any byte, delivers nothing', async () => {
    const total = Buffer.concat(items.map((item) => frameOf(Buffer.from(syslogText()(item))))).length
    let most = 0
    let how: 'end' | 'destroy' = 'destroy'
    const server = await tlsServer((socket) => {
      let count = 0
      const over = () => (how === 'end' ? socket.end() : socket.destroy())
      if (most === 0) over()
      socket.on('data', (chunk: Buffer) => {
        count += chunk.length
        if (count >= most) over()
      })
    })
    const to = syslogDestination({ host: '127.0.0.1', port: server.port, ca: authority.cert, settleMs: 100 })
    for (how of ['end', 'destroy'] as const)
      for (most of [0, 1, total >> 1, total - 1, total])
        expect([how, most, (await to.send(items, never)).is]).toEqual([how, most, 'retry'])
    await server.close()
  })

  it.skipIf(!hasTls)('a receiver that does not prove who it is gets nothing; a pinned one needs no authority', async () => {
    let count = 0
    const server = await tlsServer((socket) => socket.on('data', () => count++))
    const send = (more: object) =>
      syslogDestination({ host: '127.0.0.1', port: server.port, settleMs: 1, ...more }).send(items, never)
    const pin = new X509Certificate(own.cert).fingerprint256
    const other = new X509Certificate(client.cert).fingerprint256
    const refused = [
      {},
      { ca: stranger.cert },
      { ca: authority.cert, serverName: 'siem.example' },
      { fingerprints: [other] },
      { ca: authority.cert, fingerprints: [other] },
      { ca: stranger.cert, fingerprints: [pin] },
    ]
    for (const more of refused) expect(await send(more)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_TLS' })
    expect(count).toBe(0)
    for (const more of [
      { fingerprints: [other, pin] },
      { fingerprints: [pin.replaceAll(':', '').toLowerCase()], ca: authority.cert },
    ])
      expect(await send(more)).toMatchObject({ is: 'items' })
    await server.close()
  })

  it.skipIf(!hasTls)('no TLS below 1.2, and a client certificate where the receiver asks for one', async () => {
    const old = await tlsServer(() => {}, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    const send = (port: number, more: object = {}) =>
      syslogDestination({ host: '127.0.0.1', port, ca: authority.cert, settleMs: 100, ...more }).send(items, never)
    expect(await send(old.port)).toMatchObject({ code: 'PHI_AUDIT_FORWARD_TLS' })
    await old.close()
    let count = 0
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const strict = await tlsServer((socket) => socket.on('data', () => count++), {
        requestCert: true,
        rejectUnauthorized: true,
        ca: authority.cert,
        maxVersion,
      })
      expect((await send(strict.port)).is).not.toBe('items')
      expect(count).toBe(0)
      expect((await send(strict.port, { cert: client.cert, key: client.key })).is).toBe('items')
      expect(count).toBeGreaterThan(0)
      count = 0
      await strict.close()
    }
  })

  it.skipIf(!hasTls)('a receiver that stalls is given up, and one that is gone', async () => {
    // Takes the bytes and never ends.
    const server = await tcpServer(
      (socket) => socket.on('data', () => {}),
      () => createTlsServer({ cert: own.cert, key: own.key, allowHalfOpen: true } as TlsOptions) as never,
    )
    const to = syslogDestination({ host: '127.0.0.1', port: server.port, ca: authority.cert, settleMs: 1 })
    const { forwarder } = forwarderOf({ source: await logOf(2), to, timeoutMs: 150 })
    expect(await forwarder.once()).toMatchObject({ delivered: 0, logs: [{ code: 'PHI_AUDIT_FORWARD_TIMEOUT' }] })
    await server.close()
    expect(await to.send(items, never)).toMatchObject({ is: 'retry', code: 'PHI_AUDIT_FORWARD_UNREACHABLE' })
  })

  it.skipIf(!hasTls)(
    'a pinned receiver that changes its certificate gets nothing more, until the new one is pinned too',
    async () => {
      let count = 0
      const inner = createTlsServer({ cert: own.cert, key: own.key })
      const server = await tcpServer(
        (socket) => socket.on('data', () => count++),
        () => inner as never,
      )
      const pins = [own, client].map(({ cert }) => new X509Certificate(cert).fingerprint256)
      const to = (fingerprints: string[]) =>
        syslogDestination({ host: '127.0.0.1', port: server.port, fingerprints, settleMs: 1 })
      const old = to(pins.slice(0, 1))
      expect(await old.send(items, never)).toMatchObject({ is: 'items' })
      inner.setSecureContext({ cert: client.cert, key: client.key })
      count = 0
      expect(await old.send(items, never)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_TLS' })
      expect(count).toBe(0)
      expect(await to(pins).send(items, never)).toMatchObject({ is: 'items' })
      await server.close()
    },
  )

  it('a message that cannot be written is found out when the destination is made', () => {
    expect(() => syslogText({ hostname: 'a b' })).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_EXPORT_OPTIONS' }))
  })

  it.each([
    [{ host: '' }, 'host'],
    [{ host: 'a b' }, 'host'],
    [{ port: 0 }, 'port'],
    [{ port: 70_000 }, 'port'],
    [{ fingerprints: [] }, 'fingerprints'],
    [{ fingerprints: ['ab:cd'] }, 'fingerprints'],
    [{ cert: 'x' }, 'cert'],
    [{ loopbackPlain: true }, 'loopbackPlain'],
    [{ settleMs: -1 }, 'settleMs'],
  ])('%o is refused', (wrong, path) => {
    expect(() => syslogDestination({ host: 'siem.example', port: 6514, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: 'PHI_AUDIT_FORWARD_OPTIONS', path }),
    )
  })
})

const hasServer = hasTls && (hasRsyslog('lmnsd_ossl') || hasRsyslog('lmnsd_gtls'))
if (!hasServer) console.log('skipped: rsyslogd with TLS (rsyslog, rsyslog-openssl) and openssl are not installed')

describe.skipIf(!hasServer)('S25 S125 a real rsyslogd over TLS', () => {
  it('has every record, in order, over its restarts', async () => {
    const server = await syslogServer({ input: 'tcp', tls: { own, authority: authority.certPath } })
    try {
      const log = await logOf(25)
      const to = syslogDestination({ host: '127.0.0.1', port: server.port, ca: authority.cert })
      const { forwarder, clock } = forwarderOf({
        source: log,
        to,
        batch: { entries: 10 },
        patients: 'include',
        freeText: 'include',
      })
      expect(await forwarder.once()).toMatchObject({ delivered: 25 })
      const seen = await server.until((messages) => messages.length >= 25)
      expect(seen.map(({ msg }) => (JSON.parse(msg.replace('\ufeff', '')) as { index: number }).index)).toEqual(
        Array.from({ length: 25 }, (_, i) => i),
      )
      expect(seen[0]).toMatchObject({ pri: '110', app: 'phi-audit', msgid: 'read' })
      expect(JSON.parse((seen[3]?.msg ?? '').replace('\ufeff', ''))).toMatchObject({
        event: { context: { details: { note: 'Überweisung 🙂\n"x"' } } },
      })
      await server.end()
      await log.append({ action: 'logout', outcome: 'success', actor: { id: 'u', type: 'workforce' } })
      expect(await forwarder.once()).toMatchObject({
        delivered: 0,
        logs: [{ code: 'PHI_AUDIT_FORWARD_UNREACHABLE', lagEntries: 1 }],
      })
      await server.start()
      clock.advance(100_000)
      expect(await forwarder.once()).toMatchObject({ delivered: 1, status: 'ok' })
      await server.until((messages) => messages.length === 26)
    } finally {
      await server.close()
    }
  })

  it('a sender that it does not permit delivers nothing', async () => {
    const names = ['forwarder.example']
    const server = await syslogServer({ input: 'tcp', tls: { own, authority: authority.certPath, clients: { names } } })
    try {
      const other = stranger.issue('other', 'DNS:forwarder.example')
      const send = (more: object) =>
        syslogDestination({ host: '127.0.0.1', port: server.port, ca: authority.cert, ...more }).send(items, never)
      expect((await send({})).is).not.toBe('items')
      expect((await send({ cert: other.cert, key: other.key })).is).not.toBe('items')
      expect((await send({ cert: client.cert, key: client.key })).is).toBe('items')
      expect(await server.until((messages) => messages.length >= items.length)).toHaveLength(items.length)
    } finally {
      await server.close()
    }
  })
})
