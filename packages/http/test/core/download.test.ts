import { describe, expect, it } from 'vitest'
import type { Connection, Download, Sent } from '../../src/index.ts'
import { ask, codeIn, overTls, type Service, service, testError } from './support.ts'

const base = { on: 'Note', action: 'read', purpose: 'TREAT' } as const

interface Watched {
  readonly download: Download
  readonly seen: { pulled: number; cancelled: number }
}

/** Ten bytes a part. */
function watched(parts: number, more: Partial<Download> = {}): Watched {
  const seen = { pulled: 0, cancelled: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.pulled === parts) return controller.close()
        seen.pulled++
        controller.enqueue(new Uint8Array(10).fill(seen.pulled))
      },
      cancel: () => void seen.cancelled++,
    },
    { highWaterMark: 0 },
  )
  return { seen, download: { body, type: 'application/pdf', filename: 'Ann Müller.pdf', ...more } }
}

const routeOf = (made: Service, download: Download, more: object = {}) =>
  made.pipeline.route({ ...base, ...more, load: () => made.notes.get('n-1'), handle: () => ({ download }) })

const ends = ({ entries }: Service) =>
  entries.map(({ event: { action, outcome, context } }) => ({ action, outcome, ...context?.details }))

/** A connection whose end the test decides. */
function connection(): { readonly connection: Connection; end(sent: Sent): void } {
  let end: (sent: Sent) => void = () => {}
  const sent = new Promise<Sent>((resolve) => {
    end = resolve
  })
  return { connection: { ...overTls, sent }, end: (value) => end(value) }
}

describe('a download', () => {
  it('S123 S50 is recorded before its first byte, and again at its end with the bytes that were sent', async () => {
    const made = await service()
    const { download, seen } = watched(3, { length: 30 })
    const response = await ask(routeOf(made, download), { token: await made.token() })
    expect(ends(made)).toEqual([{ action: 'download', outcome: 'success', phase: 'begin' }])
    expect(seen.pulled).toBe(0)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '30',
      'content-disposition': `attachment; filename="Ann M_ller.pdf"; filename*=UTF-8''Ann%20M%C3%BCller.pdf`,
      'cache-control': 'no-store',
    })
    expect((await response.arrayBuffer()).byteLength).toBe(30)
    await expect
      .poll(() => ends(made)[1])
      .toEqual({ action: 'download', outcome: 'success', phase: 'end', bytesSent: 30, complete: true })
    expect(made.entries[1]?.event.subject).toEqual({ resource: { type: 'Note', id: 'n-1' }, patients: ['p-n-1'] })
    expect(new Set(made.entries.map(({ event }) => event.id)).size).toBe(2)
    // Neither names the file: a file name can say whose it is.
    expect(JSON.stringify(made.entries)).not.toContain('ller')
  })

  it('of an async iterable is the same, under the action that the route names', async () => {
    const made = await service()
    let closed = false
    async function* parts() {
      try {
        yield new Uint8Array(4)
        yield new Uint8Array(5)
      } finally {
        closed = true
      }
    }
    const route = routeOf(made, { body: parts(), type: 'text/csv; charset=utf-8', filename: 'a.csv' }, { auditAs: 'export' })
    const response = await ask(route, { token: await made.token() })
    expect((await response.arrayBuffer()).byteLength).toBe(9)
    await expect
      .poll(() => ends(made)[1])
      .toEqual({ action: 'export', outcome: 'success', phase: 'end', bytesSent: 9, complete: true })
    expect(closed).toBe(true)
  })

  it('that the client leaves is recorded as a failure, with what was read: none, some, all but the end', async () => {
    for (const parts of [0, 1, 2]) {
      const made = await service()
      const { download, seen } = watched(2)
      const response = await ask(routeOf(made, download), { token: await made.token() })
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      for (let i = 0; i < parts; i++) await reader.read()
      await reader.cancel()
      await expect
        .poll(() => ends(made)[1])
        .toEqual({ action: 'download', outcome: 'failure', phase: 'end', bytesSent: parts * 10, complete: false })
      expect(seen.cancelled).toBe(1)
    }
  })

  it('counts what the connection says that it sent', async () => {
    for (const [sent, outcome] of [
      [{ bytes: 20, complete: true }, 'success'],
      [{ bytes: 7, complete: false }, 'failure'],
      [{ bytes: 0, complete: false }, 'failure'],
    ] as const) {
      const made = await service()
      const { download } = watched(2)
      const { connection: line, end } = connection()
      const response = await ask(routeOf(made, download), { token: await made.token(), connection: line })
      await response.arrayBuffer()
      expect(ends(made)).toHaveLength(1)
      end(sent)
      await expect
        .poll(() => ends(made)[1])
        .toEqual({ action: 'download', outcome, phase: 'end', bytesSent: sent.bytes, complete: sent.complete })
    }
  })

  it('whose connection is gone before anybody read lets go of its source', async () => {
    const made = await service()
    const { download, seen } = watched(2)
    const { connection: line, end } = connection()
    await ask(routeOf(made, download), { token: await made.token(), connection: line })
    end({ bytes: 0, complete: false })
    await expect.poll(() => [ends(made)[1]?.outcome, seen.cancelled]).toEqual(['failure', 1])
    const other = await service()
    const leaving = new AbortController()
    await ask(routeOf(other, watched(2).download), { token: await other.token(), signal: leaving.signal })
    leaving.abort()
    await expect.poll(() => ends(other)[1]).toMatchObject({ outcome: 'failure', bytesSent: 0, complete: false })
  })

  it.each([
    ['shorter', 31, 3, 30],
    ['longer', 29, 3, 20],
  ])('that is %s than it said breaks off', async (_what, length, parts, bytesSent) => {
    const made = await service()
    const { download } = watched(parts, { length })
    const response = await ask(routeOf(made, download), { token: await made.token() })
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'PHI_HTTP_DOWNLOAD' })
    await expect.poll(() => ends(made)[1]).toMatchObject({ outcome: 'failure', bytesSent, complete: false })
  })

  it('is not complete for what the connection says alone', async () => {
    const made = await service()
    const { connection: line, end } = connection()
    const response = await ask(routeOf(made, watched(3, { length: 31 }).download), {
      token: await made.token(),
      connection: line,
    })
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'PHI_HTTP_DOWNLOAD' })
    end({ bytes: 30, complete: true })
    await expect.poll(() => ends(made)[1]).toMatchObject({ outcome: 'failure', bytesSent: 30, complete: false })
  })

  it('whose source fails, or yields no bytes, breaks off without its words', async () => {
    for (const next of [
      () => {
        throw new Error('canary')
      },
      () => 'canary',
    ]) {
      const made = await service()
      async function* parts() {
        yield new Uint8Array(3)
        yield next() as never
      }
      const download = { body: parts(), type: 'text/plain', filename: 'x' }
      const response = await ask(routeOf(made, download), { token: await made.token() })
      const error = await response.arrayBuffer().catch((each: unknown) => each)
      expect(String(error)).not.toContain('canary')
      await expect.poll(() => ends(made)[1]).toMatchObject({ outcome: 'failure', bytesSent: 3, complete: false })
      expect(JSON.stringify(made.entries)).not.toContain('canary')
    }
  })

  it('that cannot be recorded is not begun, and one whose end cannot be is told to the operator', async () => {
    const made = await service()
    made.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    const { download, seen } = watched(2)
    expect(await codeIn(await ask(routeOf(made, download), { token: await made.token() }))).toBe('unavailable')
    expect([seen.pulled, seen.cancelled]).toEqual([0, 1])
    const other = await service()
    const response = await ask(routeOf(other, watched(1).download), { token: await other.token() })
    other.does.append = made.does.append
    await response.arrayBuffer()
    await expect
      .poll(() => other.faults)
      .toEqual([{ requestId: response.headers.get('phi-request-id'), step: 'audit', code: 'PHI_TEST_AWAY' }])
  })

  it('is not opened for HEAD', async () => {
    const made = await service()
    const { download, seen } = watched(2, { length: 20 })
    const response = await ask(routeOf(made, download), { token: await made.token(), method: 'HEAD' })
    expect([response.status, response.body, response.headers.get('content-length')]).toEqual([200, null, '20'])
    expect(ends(made)).toEqual([{ action: 'read', outcome: 'success' }])
    expect([seen.pulled, seen.cancelled]).toEqual([0, 1])
  })
})
