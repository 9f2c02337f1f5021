import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HttpProblem, problem, type Reply } from '../../src/index.ts'
import { ask, codeIn, note, problemIn, type Service, service, testError } from './support.ts'

const base = { on: 'Note', purpose: 'TREAT' } as const
const replies = (made: Service, reply: () => Reply | undefined, writes = false) =>
  made.pipeline.route({ ...base, action: writes ? 'update' : 'read', writes, load: () => made.notes.get('n-1'), handle: reply })

/** What a handler answers with, as a client sees it. */
async function answered(reply: unknown, writes = false) {
  const made = await service()
  const response = await ask(
    replies(made, () => reply as Reply, writes),
    { token: await made.token(), method: 'POST' },
  )
  return { made, response }
}

describe('replies', () => {
  it.each([
    [undefined, false, 200, 'record'],
    [{}, false, 200, 'record'],
    [{ status: 202 }, false, 202, 'record'],
    [{ status: 204 }, false, 204, ''],
    [undefined, true, 204, ''],
    [{ status: 201, headers: { location: '/notes/n-9' } }, true, 201, ''],
    [{ json: null }, false, 200, 'null'],
    [{ json: { a: 1 } }, true, 200, '{"a":1}'],
    [{ json: 0, status: 299 }, false, 299, '0'],
  ] as const)('%j (writes: %s) is %s', async (reply, writes, status, text) => {
    const { response } = await answered(reply, writes)
    expect(response.status).toBe(status)
    const body = await response.text()
    if (text === 'record') expect(JSON.parse(body)).toMatchObject({ id: 'n-1' })
    else expect(body).toBe(text)
    expect(response.headers.get('content-type')).toBe(body === '' ? null : 'application/json')
    expect(response.headers.get('location')).toBe(writes && status === 201 ? '/notes/n-9' : null)
  })

  it('S7 of records are narrowed, or left out, like those that were loaded', async () => {
    const made = await service()
    const token = await made.token('bill', { roles: ['billing'] })
    const route = (reply: Reply) =>
      made.pipeline.route({
        ...base,
        action: 'read',
        purpose: 'HPAYMT',
        load: () => made.notes.get('n-1'),
        handle: () => reply,
      })
    expect(await (await ask(route({ record: note('n-5') }), { token })).json()).toEqual({ id: 'n-5', code: 'F41.1' })
    expect(made.entries.at(-1)?.event.subject).toMatchObject({
      resource: { id: 'n-5' },
      patients: ['p-n-5'],
      fields: ['id', 'code'],
    })
    const records = [note('n-5'), note('n-6', { tenant: 'clinic-b' }), note('n-7', { sealed: true })]
    expect(await (await ask(route({ records }), { token })).json()).toEqual([{ id: 'n-5', code: 'F41.1' }])
    const foreign = await ask(route({ record: note('n-6', { tenant: 'clinic-b' }) }), { token })
    expect([foreign.status, await foreign.text()]).toEqual([204, ''])
  })

  const circle: Record<string, unknown> = {}
  circle.self = circle
  it.each([
    ['a status of a refusal', { status: 404 }],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' } }],
    ['a status that is none', { status: 200.5 }],
    ['two contents', { json: 1, record: {} }],
    ['a body without room for one', { status: 204, json: 1 }],
    ['a misspelt key', { josn: 1 }],
    ['no object', 'canary'],
    ['a circle', { json: circle }],
    ['a bigint', { json: 1n }],
    ['a function', { json: () => 'canary' }],
    [
      'a toJSON that throws',
      {
        json: {
          toJSON: () => {
            throw new Error('canary')
          },
        },
      },
    ],
    ['no record', { record: 'canary' }],
    ['no list', { records: 'canary' }],
    ['a header that begins another', { headers: { 'x-note': 'a\r\nset-cookie: canary=1' } }],
    ['a header with a line break in its name', { headers: { 'x\r\nset-cookie': 'canary' } }],
    ['a header of the pipeline', { headers: { 'Cache-Control': 'public' } }],
    ['a header of the connection', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a cookie', { headers: { 'set-cookie': 'canary=1' } }],
    ['a header beyond Latin-1', { headers: { 'x-note': '€' } }],
    ['a type that is none', { download: { body: new ReadableStream(), type: 'a\r\nb: c', filename: 'x' } }],
    ['no stream', { download: { body: 'canary', type: 'text/plain', filename: 'x' } }],
    ['a length that is none', { download: { body: new ReadableStream(), type: 'text/plain', filename: 'x', length: -1 } }],
  ])('with %s are not sent, and roll back what was written', async (_what, reply) => {
    for (const writes of [false, true]) {
      const { made, response } = await answered(reply, writes)
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'internal' })
      expect(text + JSON.stringify([...response.headers, made.entries, made.faults])).not.toContain('canary')
      expect(made.faults).toMatchObject([{ step: 'handle', code: 'PHI_HTTP_REPLY' }])
      expect(made.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
    }
  })

  it('cannot be a problem that is none', async () => {
    for (const [status, code] of [
      [500, 'x'],
      [401, 'x'],
      [200, 'x'],
      [409.5, 'x'],
      [409, 'Canary Text'],
      [409, ''],
    ] as const) {
      expect(() => problem(status, code)).toThrowError(/not valid/)
      const made = await service()
      const thrown = () => {
        throw new HttpProblem(status, code)
      }
      expect(await codeIn(await ask(replies(made, thrown), { token: await made.token() }))).toBe('internal')
      expect(made.faults).toMatchObject([{ code: 'PHI_HTTP_PROBLEM' }])
    }
    const made = await service()
    const thrown = () => {
      throw problem(422, 'already-signed')
    }
    const response = await ask(replies(made, thrown, true), { token: await made.token(), method: 'PUT' })
    expect(await problemIn(response)).toMatchObject({ status: 422, title: 'Unprocessable Content', code: 'already-signed' })
    expect(made.entries).toMatchObject([{ event: { outcome: 'failure', context: { details: { reason: 'already-signed' } } } }])
  })

  it('say more for the entry, and cannot say what the pipeline says', async () => {
    const entry = {
      reason: 'asked by phone',
      disclosure: { recipient: 'Dr. B', description: 'note', purpose: 'care' },
      ai: { model: 'scribe' },
      details: { channel: 'phone', type: 'canary' },
      ...({ purpose: 'HMARKT', decision: { policy: 'canary', rule: 'canary' }, breakGlass: true } as object),
    }
    const { made } = await answered({ entry })
    const { context } = made.entries[0]?.event ?? {}
    expect(context).toMatchObject({
      reason: entry.reason,
      disclosure: entry.disclosure,
      ai: entry.ai,
      details: { channel: 'phone' },
    })
    expect([context?.purpose, context?.decision?.rule, context?.breakGlass]).toEqual(['TREAT', 'care-team', undefined])
  })

  it('with an entry that cannot be written are not sent', async () => {
    for (const writes of [false, true]) {
      const { made, response } = await answered({ entry: { details: { 'not a key': 'canary' } } }, writes)
      expect(await codeIn(response)).toBe('unavailable')
      expect(JSON.stringify([made.entries, made.faults])).not.toContain('canary')
    }
  })
})

const change = (made: Service, before: () => Promise<void> = async () => {}) =>
  made.pipeline.route({
    ...base,
    action: 'update',
    writes: true,
    body: z.strictObject({ body: z.string() }),
    load: () => made.notes.get('n-1'),
    handle: async ({ body }, { tx }) => {
      const next = note('n-1', { body: body.body })
      tx.staged.set(next.id, next)
      await before()
      return { record: next }
    },
  })
const json = { body: 'new' }

describe('writes', () => {
  it('S6 S123 commit together with their entry, and name the fields that were written', async () => {
    const made = await service()
    const response = await ask(change(made), { token: await made.token(), method: 'PUT', json })
    expect(await response.json()).toMatchObject({ id: 'n-1', body: 'new' })
    expect(made.entries).toMatchObject([
      { event: { action: 'update', outcome: 'success', subject: { resource: { id: 'n-1' }, fields: ['body'] } } },
    ])
  })

  it('are refused for fields that the caller may not see or that nobody knows', async () => {
    const made = await service()
    const route = made.pipeline.route({
      ...{ action: 'update', on: 'Note', purpose: 'TREAT', writes: true },
      body: z.looseObject({}),
      load: () => made.notes.get('n-1'),
      handle: () => ({}),
    } as const)
    expect(await codeIn(await ask(route, { token: await made.token(), method: 'PUT', json: { canary: 1 } }))).toBe('forbidden')
    expect(JSON.stringify(made.entries)).not.toContain('canary')
  })

  it('are tried again as often as the transaction wants, with one entry', async () => {
    const ids: unknown[] = []
    const made = await service({
      pipeline: {
        async transaction(_caller, run) {
          for (let attempt = 1; ; attempt++) {
            const tx = { staged: new Map(), entries: [] as Service['entries'] }
            const result = await run(tx)
            ids.push(tx.entries.map(({ event }) => event.id))
            if (attempt < 3) continue
            made.entries.push(...tx.entries)
            return result
          }
        },
      },
    })
    expect((await ask(change(made), { token: await made.token(), method: 'PUT', json })).status).toBe(200)
    expect(ids).toHaveLength(3)
    expect(new Set(ids.map(String)).size).toBe(1)
    expect(made.entries).toHaveLength(1)
  })

  it('that fail when they are tried again have failed, and are not in doubt', async () => {
    let attempts = 0
    const made = await service({
      pipeline: {
        async transaction(_caller, run) {
          // The first commit is turned down by the database, which says so.
          await run({ staged: new Map(), entries: [] })
          return run({ staged: new Map(), entries: [] })
        },
      },
    })
    const route = change(made, async () => {
      if (++attempts === 2) throw problem(409, 'version-conflict')
    })
    expect(await codeIn(await ask(route, { token: await made.token(), method: 'PUT', json }))).toBe('version-conflict')
  })

  it('in doubt stay in doubt where that cannot be recorded', async () => {
    const made = await service()
    made.does.commit = async () => {
      throw new Error('lost')
    }
    made.does.append = async ({ outcome }) => {
      if (outcome !== 'success') throw testError('PHI_TEST_AWAY')
    }
    expect(await codeIn(await ask(change(made), { token: await made.token(), method: 'PUT', json }))).toBe('outcome-unknown')
    expect(made.faults.map(({ code }) => code)).toEqual(['PHI_HTTP_COMMIT', 'PHI_TEST_AWAY'])
  })

  it('whose transaction does not do what it should are not said to be done', async () => {
    const lazy = await service({ pipeline: { transaction: async () => undefined as never } })
    expect(await codeIn(await ask(change(lazy), { token: await lazy.token(), method: 'PUT', json }))).toBe('internal')
    const deaf = await service({
      pipeline: {
        async transaction(_caller, run) {
          await run({ staged: new Map(), entries: [] }).catch(() => {})
          return undefined as never
        },
      },
    })
    const failing = change(deaf, async () => {
      throw new Error('canary')
    })
    expect(await codeIn(await ask(failing, { token: await deaf.token(), method: 'PUT', json }))).toBe('outcome-unknown')
    expect([...lazy.faults, ...deaf.faults].map(({ code }) => code)).toEqual(['PHI_HTTP_TRANSACTION', 'PHI_HTTP_TRANSACTION'])
    const away = await service()
    away.does.begin = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    expect(await codeIn(await ask(change(away), { token: await away.token(), method: 'PUT', json }))).toBe('unavailable')
  })

  it('that take too long are rolled back, or said to be unknown once the commit is on its way', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const made = await service({ pipeline: { timeoutMs: 40 } })
    const late = await ask(
      change(made, () => gate),
      { token: await made.token(), method: 'PUT', json },
    )
    expect([late.status, await codeIn(late)]).toEqual([503, 'timeout'])
    release()
    await expect.poll(() => made.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
    expect(made.notes.get('n-1')?.body).toBe('body of n-1')
    expect(made.faults.map(({ code }) => code)).toContain('PHI_HTTP_TIMEOUT')

    // The same while the entry is being written.
    let recorded = () => {}
    const recording = new Promise<void>((resolve) => {
      recorded = resolve
    })
    const held = await service({ pipeline: { timeoutMs: 40 } })
    held.does.append = async ({ outcome }) => {
      if (outcome === 'success') await recording
    }
    expect(await codeIn(await ask(change(held), { token: await held.token(), method: 'PUT', json }))).toBe('timeout')
    recorded()
    await expect.poll(() => held.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
    expect(held.notes.get('n-1')?.body).toBe('body of n-1')

    const slow = await service({ pipeline: { timeoutMs: 40 } })
    let commit = () => {}
    slow.does.commit = () =>
      new Promise((resolve) => {
        commit = resolve
      })
    const unknown = await ask(change(slow), { token: await slow.token(), method: 'PUT', json })
    expect(await codeIn(unknown)).toBe('outcome-unknown')
    commit()
    await expect.poll(() => slow.entries.map(({ event }) => event.outcome)).toEqual(['success'])
  })
})

describe('time', () => {
  it('begins nothing once it is up', async () => {
    const made = await service({ pipeline: { timeoutMs: 30 } })
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let handled = 0
    const route = made.pipeline.route({
      ...base,
      action: 'read',
      load: async () => {
        await gate
        return made.notes.get('n-1')
      },
      handle: () => void handled++,
    })
    expect(await codeIn(await ask(route, { token: await made.token() }))).toBe('timeout')
    release()
    await expect.poll(() => made.entries.map(({ event }) => event.context?.details?.reason)).toEqual(['timeout'])
    expect(handled).toBe(0)
  })

  it('tells a handler to stop, and sends nothing of what it makes afterwards', async () => {
    const made = await service({ pipeline: { timeoutMs: 30 } })
    let stopped = false
    const route = made.pipeline.route({
      ...{ action: 'read', on: 'Note', purpose: 'TREAT' },
      load: () => made.notes.get('n-1'),
      handle: ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            stopped = true
            resolve({ json: 'canary' })
          }),
        ),
    } as const)
    const response = await ask(route, { token: await made.token() })
    expect(await response.text()).not.toContain('canary')
    expect(stopped).toBe(true)
    await expect.poll(() => made.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
  })
})
