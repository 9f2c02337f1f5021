import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, type Certificate, certificates, hasOpenssl } from '../../test/forward/certificates.ts'
import { itemsOf } from '../../test/forward/items.ts'
import { tcpServer } from '../../test/forward/servers.ts'
import { hasRsyslog, syslogServer } from '../../test/forward/syslog-server.ts'
import { forwarderOf, logOf } from '../../test/forward/world.ts'
import type { ForwardItem, SendResult } from './destination.ts'
import { relpDestination, syslogText } from './index.ts'
import { decodeFrame, encodeFrame, offersOf, statusOf } from './relp-frame.ts'

const never = new AbortController().signal
let items: ForwardItem[]
beforeAll(async () => {
  items = await itemsOf(6)
})
const statusesOf = (result: SendResult) => (result.is === 'items' ? result.items.map(({ is }) => is) : result)
const all = (is: string) => items.map(() => is)

describe('S125 frames of RELP', () => {
  it('are what the document shows', () => {
    expect(encodeFrame(1, 'open', Buffer.from('relp_version=0')).toString()).toBe('1 open 14 relp_version=0\n')
    expect(encodeFrame(7, 'close', Buffer.alloc(0)).toString()).toBe('7 close 0\n')
    expect(statusOf(Buffer.from('200 OK\nrelp_version=0'))).toBe(200)
    expect([statusOf(Buffer.from('500')), statusOf(Buffer.from('2000')), statusOf(Buffer.from('OK'))]).toEqual([
      500,
      undefined,
      undefined,
    ])
    expect([...offersOf(Buffer.from('200 OK\nrelp_version=0\ncommands=syslog,x\nbare'))]).toEqual([
      ['relp_version', '0'],
      ['commands', 'syslog,x'],
      ['bare', ''],
    ])
  })

  it('come back as they were, however the bytes arrive', () => {
    const frame = fc.tuple(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.stringMatching(/^[A-Za-z]{1,32}$/),
      fc.uint8Array({ maxLength: 300 }),
    )
    fc.assert(
      fc.property(frame, fc.uint8Array({ maxLength: 20 }), ([transaction, command, data], rest) => {
        const bytes = encodeFrame(transaction, command, data)
        for (let cut = 0; cut < bytes.length; cut++) expect(decodeFrame(bytes.subarray(0, cut))).toBeUndefined()
        const decoded = decodeFrame(Buffer.concat([bytes, rest]))
        expect(decoded).toEqual({ frame: { transaction, command, data: Buffer.from(data) }, length: bytes.length })
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    'x',
    ' 1 rsp 0\n',
    '1 rsp x',
    '1  rsp 0\n',
    '1 rsp 1 OK\n',
    '1 rsp 131073 ',
    '1234567890 rsp 0\n',
    '1 r5p 0\n',
    '1 rsp 2\nOK\n',
    '1 rsp 0 x',
  ])('%j is none', (text) => expect(decodeFrame(Buffer.from(text))).toBe('malformed'))

  it('no text makes the reader fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('1', '0', ' ', 'r', 's', 'p', '\n', '\0') }), (text) => {
        decodeFrame(Buffer.from(text))
      }),
    )
  })
})

/** A RELP server in a few lines: `answer` makes the status of a message, or writes something of its own. */
function relpServer(
  answer: (message: string, transaction: number, socket: Socket) => string | undefined,
  more: { open?: string } = {},
) {
  return tcpServer((socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (;;) {
        const decoded = decodeFrame(bytes)
        if (decoded === undefined || decoded === 'malformed') return
        bytes = bytes.subarray(decoded.length)
        const { transaction, command, data } = decoded.frame
        const say = (text: string) => socket.write(encodeFrame(transaction, 'rsp', Buffer.from(text)))
        if (command === 'open') say(more.open ?? '200 OK\nrelp_version=0\nrelp_software=twin\ncommands=syslog')
        else if (command === 'close') {
          say('200 OK')
          socket.end(encodeFrame(0, 'serverclose', Buffer.alloc(0)))
        } else {
          const status = answer(data.toString(), transaction, socket)
          if (status !== undefined) say(status)
        }
      }
    })
  })
}

const plain = (port: number, more: object = {}) => relpDestination({ host: '127.0.0.1', port, loopbackPlain: true, ...more })

describe('S25 S125 RELP', () => {
  it('every message is acknowledged, over one connection, in its window', async () => {
    const got: string[] = []
    let connections = 0
    const server = await relpServer((message, transaction) => {
      if (transaction === 2) connections++
      got.push(message)
      return '200 OK'
    })
    const to = plain(server.port, { window: 2 })
    // Two batches at once take turns.
    const results = await Promise.all([to.send(items, never), to.send(items, never)])
    expect(results.map(statusesOf)).toEqual([all('delivered'), all('delivered')])
    expect(got).toEqual([...items, ...items].map(syslogText()))
    expect(connections).toBe(1)
    await to.close?.()
    await expect(to.send(items, never)).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_CLOSED' })
    await server.close()
  })

  it('what is not acknowledged with 200 is not delivered', async () => {
    const server = await relpServer((_, transaction) =>
      transaction === 3 ? '500 full' : transaction === 4 ? 'what' : '200 OK',
    )
    const to = plain(server.port)
    expect(statusesOf(await to.send(items, never))).toEqual([
      'delivered',
      'retry',
      'retry',
      'delivered',
      'delivered',
      'delivered',
    ])
    await to.close?.()
    await server.close()
  })

  it('a connection that is cut at any byte of the answers delivers what was acknowledged before', async () => {
    const answers = [2, 3, 4].map((transaction) => encodeFrame(transaction, 'rsp', Buffer.from('200 OK')))
    const stream = Buffer.concat(answers)
    let cut = 0
    const server = await relpServer((_, transaction, socket) => {
      if (transaction === 4) socket.end(stream.subarray(0, cut))
      return undefined
    })
    for (cut = 0; cut <= stream.length; cut++) {
      const to = plain(server.port)
      const result = await to.send(items.slice(0, 3), never)
      const whole = Math.floor(cut / (answers[0] as Buffer).length)
      const expected = [0, 1, 2].map((i) => (i < whole ? 'delivered' : 'retry'))
      expect([cut, statusesOf(result)]).toEqual([cut, expected])
      await to.close?.()
    }
    await server.close()
  })

  it.each([
    ['answers out of order', (t: number) => encodeFrame(t + 1, 'rsp', Buffer.from('200 OK'))],
    ['answers to what was not asked', () => encodeFrame(99, 'rsp', Buffer.from('200 OK'))],
    ['commands', (t: number) => encodeFrame(t, 'syslog', Buffer.from('200 OK'))],
    ['no RELP', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a hint that it closes', () => encodeFrame(0, 'serverclose', Buffer.alloc(0))],
  ])('a server that says %s delivers nothing', async (_, say) => {
    const server = await relpServer((__, transaction, socket) => {
      if (transaction === 2) socket.write(say(transaction))
      return undefined
    })
    const to = plain(server.port)
    expect(statusesOf(await to.send(items, never))).toEqual(all('retry'))
    await to.close?.()
    await server.close()
  })

  it.each([
    '500 no',
    '200 OK',
    '200 OK\nrelp_version=0',
    '200 OK\nrelp_version=9\ncommands=syslog',
    'relp_version=0\ncommands=syslog',
  ])('a session that is opened with %j is none', async (open) => {
    let count = 0
    const server = await relpServer(() => `200 ${count++}`, { open })
    const to = plain(server.port)
    expect(await to.send(items, never)).toEqual({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
    expect(count).toBe(0)
    await to.close?.()
    await server.close()
  })

  it('a stalled server is given up, and an answer that comes late is of no other batch', async () => {
    const server = await relpServer((_, transaction) => (transaction < 4 ? '200 OK' : undefined))
    const to = plain(server.port)
    const { forwarder, clock } = forwarderOf({ source: await logOf(4), to, timeoutMs: 100 })
    expect(await forwarder.once()).toMatchObject({ delivered: 0, logs: [{ code: 'PHI_AUDIT_FORWARD_TIMEOUT' }] })
    clock.advance(10_000)
    expect((await forwarder.once()).logs[0]).toMatchObject({ failuresInARow: 2 })
    await to.close?.()
    await server.close()
  })

  it('a message that no frame holds is refused, and the others go', async () => {
    const server = await relpServer(() => '200 OK')
    const to = plain(server.port, {
      message: ({ index }: ForwardItem) => (index === 1 ? 'x'.repeat(200_000) : index === 2 ? '' : 'short'),
    })
    expect(statusesOf(await to.send(items.slice(0, 4), never))).toEqual(['delivered', 'refused', 'refused', 'delivered'])
    await to.close?.()
    await server.close()
  })
})

const hasServer = hasOpenssl() && hasRsyslog('imrelp')
if (!hasServer) console.log('skipped: rsyslogd with RELP (rsyslog, rsyslog-relp) and openssl are not installed')

describe.skipIf(!hasServer)('S25 S125 a real rsyslogd over RELP', () => {
  let made: ReturnType<typeof certificates>
  let authority: Authority
  let own: Certificate
  let client: Certificate
  beforeAll(() => {
    made = certificates()
    authority = made.authority('authority')
    own = authority.issue('server', 'DNS:localhost,IP:127.0.0.1')
    client = authority.issue('client', 'DNS:forwarder.example')
  })
  afterAll(() => made.remove())

  it('has every record after it was killed in the middle', async () => {
    const server = await syslogServer({ input: 'relp' })
    const log = await logOf(300)
    const to = plain(server.port)
    const { forwarder, clock } = forwarderOf({ source: log, to, batch: { entries: 20 } })
    try {
      const running = forwarder.once()
      await server.until((messages) => messages.length > 20)
      await server.kill()
      await running
      await server.start()
      clock.advance(100_000)
      expect(await forwarder.once()).toMatchObject({ status: 'ok', logs: [{ next: 300 }] })
      const indexOf = ({ msg }: { msg: string }) => (JSON.parse(msg.replace('\ufeff', '')) as { index: number }).index
      // With a direct queue rsyslog acknowledges what it has written: nothing is missing, whenever it was killed.
      const seen = (await server.until((messages) => messages.some((message) => indexOf(message) === 299))).map(indexOf)
      expect([...new Set(seen)]).toEqual(Array.from({ length: 300 }, (_, i) => i))
    } finally {
      await to.close?.()
      await server.close()
    }
  })

  it('with TLS and a client certificate that it permits, and with no other', async () => {
    const names = ['forwarder.example']
    const server = await syslogServer({ input: 'relp', tls: { own, authority: authority.certPath, clients: { names } } })
    try {
      const send = async (more: object) => {
        const to = relpDestination({ host: '127.0.0.1', port: server.port, ca: authority.cert, ...more })
        const stop = new AbortController()
        const timer = setTimeout(() => stop.abort(), 3000)
        try {
          return statusesOf(await to.send(items, stop.signal))
        } finally {
          clearTimeout(timer)
          await to.close?.()
        }
      }
      expect(await send({})).not.toEqual(all('delivered'))
      const other = authority.issue('other', 'DNS:other.example')
      expect(await send({ cert: other.cert, key: other.key })).not.toEqual(all('delivered'))
      expect(await send({ cert: client.cert, key: client.key })).toEqual(all('delivered'))
      expect(await server.until((messages) => messages.length >= items.length)).toHaveLength(items.length)
    } finally {
      await server.close()
    }
  })
})
