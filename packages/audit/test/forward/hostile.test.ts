import { createServer as createTlsServer } from 'node:tls'
import { errorsOf, fixedClock } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditErrors } from '../../src/errors.ts'
import { allOf, delivered, type ForwardItem } from '../../src/forward/destination.ts'
import { type CursorFs, nodeCursorFs } from '../../src/forward/file-cursors.ts'
import {
  fileCursors,
  forward,
  httpsDestination,
  memoryCursors,
  otlpDestination,
  syslogDestination,
  verifyForwardedBatch,
} from '../../src/forward/index.ts'
import { certificates, hasOpenssl } from './certificates.ts'
import { itemsOf } from './items.ts'
import { tcpServer, webServer } from './servers.ts'
import { eventOf, folders, forwarderOf, logOf, origin, Receiver, recordsOf, START, sourceOf } from './world.ts'

const never = new AbortController().signal
const hasTls = hasOpenssl()
let items: ForwardItem[]
let server: Awaited<ReturnType<typeof webServer>>
beforeAll(async () => {
  items = await itemsOf(3)
  server = await webServer((_, response) => response.end())
})
afterAll(() => server.close())

describe('S25 clocks that jump', () => {
  it('a clock that is set back does not hold up what waits for another try, and nobody is told that all is well', async () => {
    const log = await logOf(2)
    const to = new Receiver()
    const { forwarder, clock } = forwarderOf({ source: log, to })
    to.answer = () => ({ is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' })
    await forwarder.once()
    clock.set('2020-01-01T00:00:00.000Z')
    to.answer = (batch) => allOf(batch, delivered)
    expect(await forwarder.once()).toMatchObject({ delivered: 2 })
  })

  it('after the clock was set back, what was well in the future is not known to be well now', async () => {
    const { forwarder, clock } = forwarderOf({ source: await logOf(1), to: new Receiver() })
    expect((await forwarder.once()).status).toBe('ok')
    clock.set('2020-01-01T00:00:00.000Z')
    expect(forwarder.health().status).toBe('delayed')
  })

  it('an attempt that has failed since a time that lies ahead has failed for long', async () => {
    const to = new Receiver()
    to.answer = () => ({ is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' })
    const { forwarder, clock } = forwarderOf({ source: await logOf(1), to })
    await forwarder.once()
    clock.set('2020-01-01T00:00:00.000Z')
    expect(forwarder.health().status).toBe('blocked')
  })

  it('waiting times that no timer can hold are refused', async () => {
    const log = await logOf(1)
    const at = (more: object) => () =>
      forward({ name: 'siem', source: log, to: new Receiver(), cursors: memoryCursors(), ...more })
    for (const more of [
      { timeoutMs: 2 ** 31 },
      { pollMs: 2 ** 31 },
      { backOff: { mostMs: 2 ** 31 } },
      { backOff: { mostAskedMs: 2 ** 31 } },
    ])
      expect(at(more)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_FORWARD_OPTIONS' }))
  })
})

describe('S25 passes over a log', () => {
  it('one pass takes what is there when it begins, also after a pass that failed', async () => {
    const log = await logOf(2)
    const to = new Receiver()
    const { forwarder, clock } = forwarderOf({ source: log, to })
    to.answer = () => ({ is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' })
    await forwarder.once()
    clock.advance(60_000)
    for (const i of [2, 3, 4]) await log.append(eventOf(i))
    to.answer = (batch) => allOf(batch, delivered)
    expect(await forwarder.once()).toMatchObject({ delivered: 5, logs: [{ lagEntries: 0 }] })
  })

  it('a run that is ended while the log is being read can be taken up again', async () => {
    const records = await recordsOf(await logOf(2))
    const stop = new AbortController()
    const source = sourceOf(records)
    let calls = 0
    const aborting = {
      ...source,
      // What a store says when it is interrupted.
      head: async () => {
        if (calls++ > 0) return source.head()
        stop.abort()
        throw errorsOf(auditErrors)('PHI_AUDIT_STORE')
      },
    }
    const to = new Receiver()
    const { forwarder } = forwarderOf({ source: aborting, to })
    await forwarder.run(stop.signal)
    expect(await forwarder.once()).toMatchObject({ delivered: 2, status: 'ok' })
  })
})

describe('S125 answers that are not acknowledgements', () => {
  const to = (more: object = {}) => httpsDestination({ url: server.url, loopbackHttp: true, ...more })

  it('a page for people is none, whatever its status', async () => {
    for (const body of ['<!DOCTYPE html><title>Sign in</title>', '  \n<html>']) {
      server.answerWith((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(body))
      expect(await to().send(items, never)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
    }
    server.answerWith((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('OK'))
    expect(await to().send(items, never)).toMatchObject({ is: 'items' })
  })

  it('an answer that a fetch of somebody else got by following a redirect is none', async () => {
    const fetch = async () => {
      const response = new Response('')
      Object.defineProperty(response, 'redirected', { value: true })
      return response
    }
    expect(await to({ fetch }).send(items, never)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_REDIRECT' })
  })

  it('a collector that writes the names of its fields as the protocol file has them is understood', async () => {
    const otlp = otlpDestination({ url: server.url, loopbackHttp: true })
    for (const body of [
      '{"partial_success":{"rejected_log_records":"2","error_message":"x"}}',
      '{"partial_success":{"rejectedLogRecords":2}}',
      '{"partialSuccess":{"rejected_log_records":2}}',
      '{"partialSuccess":{},"partial_success":{"rejected_log_records":2}}',
      '{"partialSuccess":{"rejectedLogRecords":0,"rejected_log_records":2}}',
    ]) {
      server.answerWith((_, response) => response.end(body))
      expect([body, (await otlp.send(items, never)).is]).toEqual([body, 'split'])
    }
    server.answerWith((_, response) => response.end('{"partial_success":{"rejected_log_records":"x"}}'))
    expect(await otlp.send(items, never)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
  })
})

describe('S125 signed batches, received', () => {
  it('an encoding that stands there twice is not the same as none', async () => {
    const key = { id: 'k', secret: new Uint8Array(32).fill(5) }
    const clock = fixedClock(START)
    server.answerWith((_, response) => response.end())
    await httpsDestination({ url: server.url, loopbackHttp: true, key, clock }).send(items, never)
    const { headers, body } = server.seen.at(-1) as (typeof server.seen)[number]
    const verdict = (more: object) =>
      verifyForwardedBatch({ headers: { ...headers, ...more } as never, body, keys: [key], clock }).then(({ is }) => is)
    expect(await verdict({})).toBe('genuine')
    for (const more of [
      { 'content-encoding': ['gzip'] },
      { 'content-encoding': ['gzip', 'br'] },
      { 'content-encoding': 'gzip', 'Content-Encoding': 'br' },
      { 'Phi-Audit-Key': 'k' },
    ])
      expect([more, await verdict(more)]).toEqual([more, 'refused'])
  })
})

describe('S25 what a crash or a changed log must not hide', () => {
  const key = { forwarder: 'siem', tenant: 'default', origin }
  const hash = `${'A'.repeat(43)}=`

  it('a dead letter whose entry was rewritten is not sent again as if it were the same', async () => {
    const to = new Receiver()
    const cursors = memoryCursors()
    const { forwarder } = forwarderOf({ source: await logOf(2), to, cursors })
    await cursors.putDeadLetter(key, { index: 1, hash, code: 'PHI_AUDIT_FORWARD_REFUSED', attempts: 3, at: START })
    await expect(forwarder.retryDeadLetters()).rejects.toMatchObject({
      code: 'PHI_AUDIT_FORWARD_REWRITTEN',
      info: { index: 1 },
    })
    expect(to.got).toEqual([])
    expect(await forwarder.deadLetters()).toHaveLength(1)
  })

  it('a cursor and a dead letter count once their names are on the disk, not before', async () => {
    const own = folders()
    try {
      const done: string[] = []
      let fails = false
      const fs: CursorFs = {
        ...nodeCursorFs,
        link: async (from, to) => {
          await nodeCursorFs.link(from, to)
          done.push('link')
        },
        rename: async (from, to) => {
          await nodeCursorFs.rename(from, to)
          done.push('rename')
        },
        syncDirectory: async (path) => {
          if (fails) throw new Error('EIO')
          await nodeCursorFs.syncDirectory(path)
          done.push('sync')
        },
      }
      const cursors = fileCursors(own.make(), fs)
      const next = { next: 1, hash, by: 'me' }
      const letter = { index: 1, hash, code: 'PHI_AUDIT_FORWARD_REFUSED', attempts: 3, at: START }
      expect(await cursors.advance(key, undefined, next)).toBe(true)
      await cursors.putDeadLetter(key, letter)
      expect(done).toEqual(['link', 'sync', 'rename', 'sync'])
      fails = true
      const failed = { code: 'PHI_AUDIT_FORWARD_CURSOR' }
      await expect(cursors.advance(key, next, { ...next, next: 2 })).rejects.toMatchObject(failed)
      await expect(cursors.putDeadLetter(key, letter)).rejects.toMatchObject(failed)
      await expect(cursors.removeDeadLetter(key, 1)).rejects.toMatchObject(failed)
    } finally {
      own.clear()
    }
  })

  it('an answer that says two things of one record says nothing', async () => {
    const results = [0, 1, 2, 1].map((index, i) => ({ index, status: i === 1 ? 503 : 200 }))
    server.answerWith((_, response) => response.end(JSON.stringify({ results })))
    const to = httpsDestination({ url: server.url, loopbackHttp: true })
    expect(await to.send(items, never)).toEqual({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
  })
})

describe('S125 the name in a certificate', () => {
  it.skipIf(!hasTls)('is the one that was asked for, also where that is an address', async () => {
    const made = certificates()
    const authority = made.authority('authority')
    const own = authority.issue('server', 'DNS:localhost')
    const tls = await tcpServer(
      (socket) => socket.resume(),
      () => createTlsServer({ cert: own.cert, key: own.key }) as never,
    )
    try {
      const to = (serverName?: string) =>
        syslogDestination({
          host: 'localhost',
          port: tls.port,
          ca: authority.cert,
          settleMs: 1,
          ...(serverName === undefined ? {} : { serverName }),
        }).send(items, never)
      expect(await to()).toMatchObject({ is: 'items' })
      expect(await to('localhost')).toMatchObject({ is: 'items' })
      for (const other of ['10.0.0.5', '::1', 'siem.example', ''])
        expect([other, await to(other)]).toEqual([other, { is: 'blocked', code: 'PHI_AUDIT_FORWARD_TLS' }])
    } finally {
      await tls.close()
      made.remove()
    }
  })
})
