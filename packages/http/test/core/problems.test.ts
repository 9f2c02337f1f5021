import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Handler, httpErrors, openPipeline, type ProblemCode, problems } from '../../src/index.ts'
import { type Asked, ask, identity, note, problemIn, readRoute, rules, type Service, service, testError } from './support.ts'

const base = { on: 'Note', action: 'read', purpose: 'TREAT' } as const
const body = z.strictObject({ text: z.string() })

/** A request that meets each problem: by the code, so that a code nobody can meet does not compile. */
const meetings: Record<ProblemCode, (made: Service) => Promise<[Handler, Asked]> | [Handler, Asked]> = {
  malformed: async (made) => [readRoute(made), { token: await made.token(), path: '/n?a=1&a=2' }],
  'credentials-ambiguous': async (made) => [
    readRoute(made),
    { token: await made.token(), headers: { cookie: '__Host-phi=x' } },
  ],
  'purpose-required': async (made) => [
    made.pipeline.route({ ...base, purpose: () => undefined, load: () => null }),
    { token: await made.token() },
  ],
  'session-required': (made) => [readRoute(made), {}],
  'session-over': async (made) => {
    const token = await made.token()
    await made.sessions.logout(token)
    return [readRoute(made), { token }]
  },
  'sign-in-refused': (made) => [
    made.pipeline.signIn({
      verify: async () => ({ outcome: 'refused', reason: 'expired' }),
      membership: async () => undefined,
    }),
    { json: { idToken: 'x' } },
  ],
  'step-up-required': async (made) => {
    const token = await made.token()
    return [made.pipeline.route({ ...base, action: 'export', load: () => note('n-1') }), { token }]
  },
  forbidden: async (made) => [readRoute(made), { token: await made.token('cleo', { roles: ['clerk'] }) }],
  'cross-site': async () => {
    const made = await service({ pipeline: { token: 'cookie' } })
    return [made.pipeline.signOut(), { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }]
  },
  'obligations-open': async (made) => [
    made.pipeline.route({ ...base, action: 'sign', load: () => note('n-1') }),
    { token: await made.token() },
  ],
  'tls-required': (made) => [readRoute(made), { connection: { ip: '192.0.2.7', encrypted: false } }],
  'not-found': async (made) => [readRoute(made), { token: await made.token(), params: { id: 'absent' } }],
  'method-not-allowed': (made) => [readRoute(made), { method: 'DELETE' }],
  superseded: async (made) => {
    const token = await made.token()
    await made.sessions.rotate(token, 'break-glass')
    const verify = async () => ({ outcome: 'verified', identity: identity('ann', made.clock()) }) as const
    return [made.pipeline.stepUp({ verify }), { token, json: { idToken: 'x' } }]
  },
  'too-large': async (made) => [
    made.pipeline.route({ ...base, body, maxBodyBytes: 8, load: () => null }),
    { token: await made.token(), json: { text: 'x' } },
  ],
  'unsupported-media-type': async (made) => [
    made.pipeline.route({ ...base, body, load: () => null }),
    { token: await made.token(), method: 'POST', body: '{}' },
  ],
  internal: async (made) => [made.pipeline.route({ ...base, load: () => 'x' }), { token: await made.token() }],
  unavailable: async (made) => {
    const load = () => {
      throw testError('PHI_TEST_AWAY')
    }
    return [made.pipeline.route({ ...base, load }), { token: await made.token() }]
  },
  timeout: async () => {
    const made = await service({ pipeline: { timeoutMs: 20 } })
    return [made.pipeline.route({ ...base, load: () => new Promise(() => {}) }), { token: await made.token() }]
  },
  'outcome-unknown': async (made) => {
    made.does.commit = async () => {
      throw new Error('lost')
    }
    const load = () => note('n-1')
    const route = made.pipeline.route({ ...base, action: 'update', writes: true, load, handle: () => ({}) })
    return [route, { token: await made.token(), method: 'PUT' }]
  },
}

describe('problems', () => {
  it.each(Object.keys(problems) as ProblemCode[])('%s can be met, as problem details with its status', async (code) => {
    const [handler, asked] = await meetings[code](await service())
    const response = await ask(handler, asked)
    const { status } = problems[code]
    const found = await problemIn(response)
    expect([response.status, found.status, found.code]).toEqual([status, status, code])
    expect(found).toMatchObject({ type: 'about:blank', instance: `urn:uuid:${response.headers.get('phi-request-id')}` })
    expect(found.title).not.toBe('Client Error')
    // RFC 9110 §15.5.2, §15.5.6.
    expect(response.headers.has('www-authenticate')).toBe(status === 401)
    expect(response.headers.has('allow')).toBe(status === 405)
    const extras = Object.keys(found).slice(5)
    expect(extras).toEqual(code === 'malformed' ? ['errors'] : code === 'obligations-open' ? ['obligations'] : [])
  })
})

describe('what cannot work is refused when it is set up', () => {
  it.each([
    [{ sessions: {} }],
    [{ rules: {} }],
    [{ log: 7 }],
    [{ tokens: 'cookie' }],
    [{ token: 'header' }],
    [{ origins: ['https://app.example/'] }],
    [{ origins: ['http://app.example'] }],
    [{ origins: ['*'] }],
    [{ origins: ['null'] }],
    [{ trustedProxies: ['10.0.0.1/8'] }],
    [{ trustedProxies: ['proxy.internal'] }],
    [{ maxBodyBytes: 0 }],
    [{ timeoutMs: Number.POSITIVE_INFINITY }],
    [{ facts: { Note: 'id' } }],
    [{ clock: 0 }],
  ])('options %j', async (options) => {
    const { sessions } = await service()
    const all = { sessions, rules, log: () => ({}), ...options }
    expect(() => openPipeline(all as never)).toThrowError(expect.objectContaining({ code: 'PHI_HTTP_OPTIONS' }))
  })

  it.each([
    [{ action: 'raed' }],
    [{ on: 'Notes' }],
    [{ on: 'constructor' }],
    [{ purpose: 'CURIOSITY' }],
    [{ action: 'export', auditAs: 'look' }],
    [{ writes: true }],
    [{ load: undefined }],
    [{ body: {} }],
    [{ peers: [] }],
    [{ mayBody: 1 }],
    [{ maxBodyBytes: 1.5 }],
  ])('route %j', async (options) => {
    const { pipeline } = await service()
    const route = { ...base, load: () => null, ...options }
    expect(() => pipeline.route(route as never)).toThrowError(expect.objectContaining({ code: 'PHI_HTTP_ROUTE' }))
  })

  it('a route that writes without transactions, an action that the log does not know, a glass for a day', async () => {
    const { sessions, pipeline } = await service()
    const plain = openPipeline({ sessions, rules, log: () => ({ append: async () => {}, appendIn: async () => {} }) })
    const write = { ...base, action: 'update', writes: true, load: () => null, handle: () => ({}) } as const
    expect(() => plain.route(write)).toThrowError(/`transaction`/)
    expect(() => pipeline.route({ ...write })).not.toThrow()
    const odd = await service({ pipeline: { rules: () => rules } })
    expect(() => odd.pipeline.route({ ...base, action: 'scribble' as never, load: () => null })).toThrowError(/auditAs/)
    const glass = { keep: async () => {}, notify: async () => [] }
    for (const minutes of [0, 61, 1.5]) {
      expect(() => pipeline.breakGlass({ ...glass, minutes })).toThrowError(
        expect.objectContaining({ code: 'PHI_HTTP_OPTIONS' }),
      )
    }
  })

  it('every error has a sentence about what happened and one about what to do', () => {
    for (const { problem, remedy } of Object.values(httpErrors)) {
      expect(problem).toMatch(/^[A-Z].*[^.]$/)
      expect(remedy).toMatch(/\.$/)
    }
  })
})
