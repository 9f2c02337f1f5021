import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { problem, steps } from '../../src/index.ts'
import { type Asked, ask, codeIn, note, type Service, service, testError } from './support.ts'

/** A route that writes down which of its parts ran, on a service that does the same. */
async function traced(fail: Partial<Record<'load' | 'handle' | 'append' | 'commit' | 'begin', unknown>> = {}) {
  const ran: string[] = []
  const step = async (name: keyof typeof fail) => {
    ran.push(name)
    if (fail[name] !== undefined) throw fail[name]
  }
  const people = await service()
  const sessions: Service['sessions'] = {
    ...people.sessions,
    check: (...all) => {
      ran.push('session')
      return people.sessions.check(...all)
    },
  }
  const made = await service({ notes: [note('n-1'), note('n-2', { careTeam: [] })], pipeline: { sessions } })
  Object.assign(made.does, {
    append: async ({ outcome }: { outcome?: string }) => (outcome === 'success' ? step('append') : undefined),
    begin: () => step('begin'),
    commit: () => step('commit'),
  })
  const route = made.pipeline.route({
    action: 'update',
    on: 'Note',
    purpose: 'TREAT',
    writes: true,
    body: z.strictObject({ body: z.string() }).refine(() => ran.push('body') > 0),
    fields: () => {
      ran.push('decide')
      return ['body']
    },
    load: async ({ params }) => {
      await step('load')
      return made.notes.get(params.id ?? '')
    },
    handle: async (_call, { tx }) => {
      await step('handle')
      tx.staged.set('n-1', note('n-1', { body: 'changed' }))
      return {}
    },
  })
  const token = await people.token()
  const call = (asked: Asked = {}) => ask(route, { token, method: 'PUT', json: { body: 'changed' }, ...asked })
  return { ran, call, made, token: people.token }
}

describe('the order of the steps', () => {
  it('S123 is the list of steps, and each part runs once', async () => {
    expect(steps).toEqual(['receive', 'session', 'decide', 'obligations', 'handle', 'audit', 'send'])
    const { ran, call, made } = await traced()
    expect((await call()).status).toBe(204)
    expect(ran).toEqual(['session', 'body', 'load', 'decide', 'begin', 'handle', 'append', 'commit'])
    expect(made.notes.get('n-1')?.body).toBe('changed')
    expect(made.entries.map(({ event }) => event.outcome)).toEqual(['success'])
  })

  it('S14 asks for nothing of a request that came without TLS', async () => {
    const { ran, call } = await traced()
    expect(await codeIn(await call({ connection: { ip: '192.0.2.7', encrypted: false } }))).toBe('tls-required')
    expect(ran).toEqual([])
  })

  it('S108 reads no body and loads nothing without a session', async () => {
    const { ran, call } = await traced()
    let pulled = 0
    const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 })
    const headers = { 'content-type': 'application/json' }
    const response = await call({ token: 'made.up.token', headers, body, json: undefined })
    expect(await codeIn(response)).toBe('session-required')
    expect(pulled).toBe(0)
    expect(ran).toEqual(['session'])
  })

  it('S98 reads no body and loads nothing for a role that may never', async () => {
    const { ran, call, token, made } = await traced()
    let pulled = 0
    const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 })
    const clerk = await token('cleo', { roles: ['clerk'] })
    const response = await call({ token: clerk, body, headers: { 'content-type': 'application/json' }, json: undefined })
    expect(await codeIn(response)).toBe('forbidden')
    expect(pulled).toBe(0)
    expect(ran).toEqual(['session'])
    expect(made.entries).toMatchObject([{ event: { outcome: 'denied', context: { decision: { rule: 'phi:may-ever' } } } }])
  })

  it('loads nothing for a body that does not fit', async () => {
    const { ran, call } = await traced()
    expect(await codeIn(await call({ json: { body: 7 } }))).toBe('malformed')
    expect(ran).toEqual(['session'])
  })

  it('decides nothing when the loader fails, and begins no transaction when the answer is no', async () => {
    const away = await traced({ load: testError('PHI_TEST_AWAY') })
    expect(await codeIn(await away.call())).toBe('unavailable')
    expect(away.ran).toEqual(['session', 'body', 'load'])
    const denied = await traced()
    expect(await codeIn(await denied.call({ params: { id: 'n-2' } }))).toBe('not-found')
    expect(denied.ran).toEqual(['session', 'body', 'load', 'decide'])
  })

  it('S50 records no success and commits nothing when the handler fails', async () => {
    for (const [thrown, code] of [
      [problem(409, 'version-conflict'), 'version-conflict'],
      [testError('PHI_TEST_AWAY'), 'unavailable'],
      [new Error('text'), 'internal'],
    ] as const) {
      const { ran, call, made } = await traced({ handle: thrown })
      expect(await codeIn(await call())).toBe(code)
      expect(ran).toEqual(['session', 'body', 'load', 'decide', 'begin', 'handle'])
      expect(made.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
      expect(made.notes.get('n-1')?.body).toBe('body of n-1')
    }
  })

  it('S50 commits nothing that could not be recorded', async () => {
    const { ran, call, made } = await traced({ append: testError('PHI_TEST_AWAY') })
    expect(await codeIn(await call())).toBe('unavailable')
    expect(ran.at(-1)).toBe('append')
    expect(made.notes.get('n-1')?.body).toBe('body of n-1')
    expect(made.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
  })

  it('says that the outcome is unknown when the commit fails', async () => {
    const { call, made } = await traced({ commit: testError('PHI_TEST_AWAY') })
    const response = await call()
    expect(response.status).toBe(503)
    expect(await codeIn(response)).toBe('outcome-unknown')
    expect(made.entries.map(({ event }) => event.context?.details?.reason)).toEqual(['outcome-unknown'])
    expect(made.faults).toMatchObject([{ step: 'audit', code: 'PHI_TEST_AWAY' }])
  })

  it('answers the same for everybody when refusals cannot be recorded', async () => {
    const { call, made } = await traced()
    made.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    for (const id of ['n-1', 'n-2', 'absent']) {
      const response = await call({ params: { id } })
      expect([response.status, await codeIn(response)]).toEqual([503, 'unavailable'])
    }
    expect(made.entries).toEqual([])
  })
})
