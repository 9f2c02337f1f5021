import { ipPolicy, memorySessionStore, type SessionStore, sessionProfiles } from '@phi/rbac/session'
import { describe, expect, it } from 'vitest'
import { type Asked, ask, codeIn, identity, problemIn, readRoute, type Service, service, testError } from './support.ts'

const MINUTE = 60_000
const said = ({ entries }: Service) =>
  entries.map(({ tenant, event }) => [tenant, event.action, event.outcome, event.context?.details?.reason])

const signInOf = (made: Service, more: Parameters<typeof identity>[2] = {}) =>
  made.pipeline.signIn({
    verify: async (token) =>
      token === 'good'
        ? { outcome: 'verified', identity: identity('ann', made.clock(), more) }
        : { outcome: 'refused', reason: token },
    membership: async ({ subject }) => (subject === 'ann' ? { tenant: 'clinic-a', roles: ['therapist'] } : undefined),
  })

describe('the token', () => {
  it('S108 is asked for, one, in one place', async () => {
    const made = await service()
    const token = await made.token()
    const cases: [Asked, number, string | undefined, string | null][] = [
      [{}, 401, 'session-required', 'Bearer'],
      [{ headers: { authorization: 'Basic YTpi' } }, 401, 'session-required', 'Bearer error="invalid_token"'],
      [{ headers: { authorization: `Bearer ${token} ` } }, 200, undefined, null],
      [{ headers: { authorization: `bearer ${token}` } }, 200, undefined, null],
      [{ headers: { authorization: `Bearer  ${token}` } }, 401, 'session-required', 'Bearer error="invalid_token"'],
      [{ headers: { authorization: `Bearer ${token}, Bearer ${token}` } }, 400, 'credentials-ambiguous', null],
      [{ token, headers: { cookie: `__Host-phi=${token}` } }, 400, 'credentials-ambiguous', null],
      [{ headers: { cookie: `__Host-phi=${token}` } }, 401, 'session-required', 'Bearer'],
      [{ path: `/notes?access_token=${token}` }, 401, 'session-required', 'Bearer'],
      [{ token: 'a'.repeat(8_193) }, 401, 'session-required', 'Bearer error="invalid_token"'],
      [{ token: `${token.slice(0, -4)}AAAA` }, 401, 'session-required', 'Bearer error="invalid_token"'],
    ]
    for (const [asked, status, code, challenge] of cases) {
      const response = await ask(readRoute(made), asked)
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge])
      if (code !== undefined) expect(await codeIn(response)).toBe(code)
    }
    // What no token of ours came with leaves no entry: a stranger could write the log full.
    expect(made.entries.every(({ event }) => event.outcome === 'success')).toBe(true)
  })

  it('tells subscribers of a channel of what leaves no entry', async () => {
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
    const heard: unknown[] = []
    const listen = (message: unknown) => void heard.push(message)
    subscribe('phi.http.refused', listen)
    const made = await service()
    const response = await ask(readRoute(made), { token: 'canary' })
    await ask(readRoute(made), { token: await made.token() })
    unsubscribe('phi.http.refused', listen)
    const requestId = response.headers.get('phi-request-id')
    expect(heard).toEqual([{ requestId, code: 'session-required', step: 'session' }])
  })
})

describe('in a cookie', () => {
  const own = { 'sec-fetch-site': 'same-origin' }
  it('is HttpOnly, Secure, for this host alone, and taken away when it is over', async () => {
    const made = await service({ pipeline: { token: 'cookie' } })
    const begun = await ask(signInOf(made), { json: { idToken: 'good' }, headers: own })
    const cookie = begun.headers.get('set-cookie') as string
    expect(cookie).toMatch(/^__Host-phi=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
    expect(begun.headers.has('phi-session-token')).toBe(false)
    const [pair] = cookie.split(';') as [string]
    const read = (headers: Record<string, string>) => ask(readRoute(made), { headers })
    const fine = await read({ cookie: `other=1; ${pair}; more=2` })
    expect([fine.status, fine.headers.has('set-cookie'), fine.headers.get('vary')]).toEqual([
      200,
      false,
      'Cookie, Origin, Sec-Fetch-Site',
    ])
    expect(await codeIn(await read({ cookie: `${pair}; ${pair}` }))).toBe('credentials-ambiguous')
    expect(await codeIn(await read({ cookie: pair, authorization: 'Bearer x' }))).toBe('credentials-ambiguous')
    expect(await codeIn(await read({ authorization: `Bearer ${pair.slice(11)}` }))).toBe('session-required')
    for (const bad of ['__Host-phi="x"', '__Host-phi=', '__Host-phi=made.up.token']) {
      const response = await read({ cookie: bad })
      expect(response.status).toBe(401)
      expect(response.headers.get('set-cookie')).toContain('__Host-phi=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0')
    }
    const out = await ask(made.pipeline.signOut(), { method: 'POST', headers: { ...own, cookie: pair } })
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      204,
      '__Host-phi=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0',
    ])
    expect(await codeIn(await read({ cookie: pair }))).toBe('session-over')
  })

  it.each([
    [{}, true],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://evil.clinic.example' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://clinic.example' }, true],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://app.example' }, false],
    [{ origin: 'https://clinic.example' }, false],
    [{ origin: 'https://app.example' }, false],
    [{ origin: 'http://clinic.example' }, true],
    [{ origin: 'https://clinic.example.evil.example' }, true],
    [{ origin: 'null' }, true],
    [{ referer: 'https://clinic.example/' }, true],
  ] as [Record<string, string>, boolean][])('with %j is from another site: %s', async (headers, refused) => {
    const made = await service({ pipeline: { token: 'cookie', origins: ['https://app.example'] } })
    const cookie = `__Host-phi=${await made.token()}`
    const response = await ask(made.pipeline.signOut(), { method: 'POST', headers: { ...headers, cookie } })
    expect(response.status === 204 ? undefined : await codeIn(response)).toBe(refused ? 'cross-site' : undefined)
    expect(made.entries).toHaveLength(refused ? 0 : 1)
    // Reading is not a matter of where from: nobody else sees the answer.
    expect((await ask(readRoute(made), { headers: { ...headers, cookie } })).status).toBe(refused ? 200 : 401)
  })
})

describe('automatic logoff', () => {
  it('S4 S110 S143 says when, and ends the session then', async () => {
    for (const [profile, minutes] of [
      [sessionProfiles.standard, 15],
      [sessionProfiles.thirtyMinutes, 30],
    ] as const) {
      const made = await service({ sessions: { profile } })
      const token = await made.token()
      const first = await ask(readRoute(made), { token })
      expect(Date.parse(first.headers.get('phi-session-idle-until') as string) - made.clock()).toBe(minutes * MINUTE)
      expect(Date.parse(first.headers.get('phi-session-until') as string) - made.clock()).toBe(profile.absoluteMs)
      made.clock.advance(minutes * MINUTE - 1)
      expect((await ask(readRoute(made), { token })).status).toBe(200)
      made.clock.advance(minutes * MINUTE)
      const over = await ask(readRoute(made), { token })
      expect([over.status, over.headers.has('phi-session-idle-until')]).toEqual([401, false])
      expect(await codeIn(over)).toBe('session-over')
      expect(said(made).slice(2)).toEqual([['clinic-a', 'session-expired', 'success', 'idle']])
      const sid = made.entries[0]?.event.source?.session
      expect(made.entries[2]?.event).toMatchObject({
        source: { session: sid },
        actor: { id: 'ann', type: 'workforce', roles: ['therapist'], organization: 'clinic-a' },
      })
    }
  })

  it('S4 the route that says how long it lasts counts as activity, and leaves no entry', async () => {
    const made = await service()
    const token = await made.token()
    made.clock.advance(10 * MINUTE)
    const body = await (await ask(made.pipeline.session(), { token })).json()
    expect(body).toMatchObject({ subject: 'ann', tenant: 'clinic-a', roles: ['therapist'], mfa: 'met', idleSeconds: 900 })
    made.clock.advance(10 * MINUTE)
    expect((await ask(readRoute(made), { token })).status).toBe(200)
    expect(made.entries).toHaveLength(1)
  })
})

describe('rotation', () => {
  const daily = { profile: { ...sessionProfiles.standard, absoluteMs: 72 * 60 * MINUTE, idleMs: 48 * 60 * MINUTE } }
  it('S111 hands the new token over with every kind of response', async () => {
    for (const asked of [{}, { params: { id: 'absent' } }, { path: '/n?a=1&a=2' }, { method: 'POST', body: 'x' }] as Asked[]) {
      const made = await service({ sessions: daily })
      const token = await made.token()
      made.clock.advance(24 * 60 * MINUTE)
      const response = await ask(readRoute(made), { token, ...asked })
      const next = response.headers.get('phi-session-token')
      // A query that cannot be read is refused before anybody asks for the session.
      expect(next === null).toBe(asked.path !== undefined)
      if (next !== null) expect((await ask(readRoute(made), { token: next })).headers.has('phi-session-token')).toBe(false)
    }
    const failing = await service({ sessions: daily })
    const token = await failing.token()
    failing.clock.advance(24 * 60 * MINUTE)
    failing.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    const response = await ask(readRoute(failing), { token })
    expect([response.status, response.headers.has('phi-session-token')]).toEqual([503, true])
  })

  it('S111 in a cookie as well', async () => {
    const made = await service({ sessions: daily, pipeline: { token: 'cookie' } })
    const cookie = `__Host-phi=${await made.token()}`
    made.clock.advance(24 * 60 * MINUTE)
    const response = await ask(readRoute(made), { headers: { cookie }, params: { id: 'absent' } })
    expect([response.status, response.headers.get('set-cookie')?.startsWith('__Host-phi=ey')]).toEqual([404, true])
  })

  it('S111 a token that was replaced is an incident, and ends the session', async () => {
    const made = await service({ sessions: daily })
    const token = await made.token()
    made.clock.advance(24 * 60 * MINUTE)
    const next = (await ask(readRoute(made), { token })).headers.get('phi-session-token') as string
    expect((await ask(readRoute(made), { token })).status).toBe(200)
    made.clock.advance(10_000)
    expect(await codeIn(await ask(readRoute(made), { token }))).toBe('session-over')
    expect(made.entries.at(-1)).toMatchObject({
      tenant: 'clinic-a',
      event: {
        ...{ action: 'login-failed', outcome: 'denied', severity: 'critical', actor: { id: 'ann' } },
        context: { details: { reason: 'replayed', presented: 'replaced token' } },
      },
    })
    expect(await codeIn(await ask(readRoute(made), { token: next }))).toBe('session-over')
    expect(made.entries.at(-1)?.event.context?.details).toEqual({ reason: 'ended', because: 'replayed' })
  })

  it('of one token by twenty requests at once hands over one that works', async () => {
    const made = await service({ sessions: daily })
    const token = await made.token()
    made.clock.advance(24 * 60 * MINUTE)
    const responses = await Promise.all(Array.from({ length: 20 }, () => ask(readRoute(made), { token })))
    expect(responses.every(({ status }) => status === 200)).toBe(true)
    const tokens = responses.map(({ headers }) => headers.get('phi-session-token')).filter((each) => each !== null)
    expect(tokens).toHaveLength(1)
    expect((await ask(readRoute(made), { token: tokens[0] as string })).status).toBe(200)
  })
})

describe('what a check can answer', () => {
  it('S3 S93 asks for more factors, also where the profile has come to ask for them since', async () => {
    const lax = await service({ sessions: { profile: { ...sessionProfiles.standard, mfaRoles: [] } } })
    const token = await lax.token('ann', { more: { amr: ['pwd'] } })
    expect((await ask(readRoute(lax), { token })).status).toBe(200)
    const strict = await service({ sessions: { store: lax.store, acrMeansMfa: ['phr'] } })
    const response = await ask(readRoute(strict), { token })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication", .*acr_values="phr"$/,
    )
    expect(await codeIn(response)).toBe('step-up-required')
    expect(said(strict)).toEqual([['clinic-a', 'login-failed', 'denied', 'mfa']])
  })

  it('is 503 where nothing is known', async () => {
    for (const verb of ['find', 'touch'] as const) {
      const store = memorySessionStore()
      const away = { now: false }
      const fail = async () => {
        throw testError('PHI_TEST_AWAY')
      }
      const failing: SessionStore = {
        ...store,
        [verb]: (...all: [string, number]) => (away.now ? fail() : store[verb](...all)),
      }
      const made = await service({ sessions: { store: failing } })
      const token = await made.token()
      away.now = true
      const response = await ask(readRoute(made), { token })
      expect([response.status, await codeIn(response)]).toEqual([503, 'unavailable'])
      away.now = false
      expect((await ask(readRoute(made), { token })).status).toBe(200)
    }
    const stopped = await service({ pipeline: { clock: () => Number.NaN } })
    const response = await ask(readRoute(stopped), { token: await stopped.token() })
    expect([response.status, await codeIn(response)]).toEqual([503, 'unavailable'])
  })

  it('S22 lets nobody in from elsewhere, or from where nobody knows', async () => {
    const made = await service({ sessions: { ip: ipPolicy({ allow: ['192.0.2.0/24'] }) } })
    const token = await made.token()
    for (const [ip, status] of [
      ['192.0.2.9', 200],
      ['198.51.100.1', 403],
      [undefined, 403],
      ['garbage', 403],
    ] as const) {
      expect((await ask(readRoute(made), { token, connection: { ip, encrypted: true } })).status).toBe(status)
    }
    // A header says nothing.
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    expect((await ask(readRoute(made), { token, headers, connection: { ip: '198.51.100.1', encrypted: true } })).status).toBe(
      403,
    )
  })

  it('is not told to a client, and is 503 where it cannot be recorded', async () => {
    const made = await service()
    const token = await made.token()
    made.clock.advance(60 * MINUTE)
    made.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    expect(await codeIn(await ask(readRoute(made), { token }))).toBe('unavailable')
    expect(made.faults).toMatchObject([{ step: 'session', code: 'PHI_TEST_AWAY' }])
  })
})

describe('signing in', () => {
  it('S108 S123 begins a session, and records it before the token leaves', async () => {
    const made = await service()
    const response = await ask(signInOf(made), { json: { idToken: 'good' }, path: '/sign-in' })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ subject: 'ann', tenant: 'clinic-a', idleSeconds: 900 })
    expect(made.entries).toMatchObject([
      {
        tenant: 'clinic-a',
        event: {
          action: 'login',
          outcome: 'success',
          actor: { id: 'ann', type: 'workforce', organization: 'clinic-a' },
          source: { ip: '192.0.2.7' },
        },
      },
    ])
    const token = response.headers.get('phi-session-token') as string
    expect((await ask(readRoute(made), { token })).status).toBe(200)
  })

  it('S123 records the sign-in that failed, and why in a fixed word', async () => {
    const made = await service()
    const cases: [string, NonNullable<Parameters<typeof identity>[2]>, number, string, string][] = [
      ['signature', {}, 401, 'sign-in-refused', 'signature'],
      ['Canary Text!', {}, 401, 'sign-in-refused', 'refused'],
      ['keys-unavailable', {}, 503, 'unavailable', 'keys-unavailable'],
      ['good', { subject: 'bob' }, 403, 'forbidden', 'no-member'],
      ['good', { amr: ['pwd'] }, 401, 'step-up-required', 'mfa'],
      ['good', { usableUntil: 1 }, 401, 'sign-in-refused', 'identity'],
      ['good', { subject: '' }, 500, 'internal', 'fault'],
    ]
    for (const [idToken, more, status, code, reason] of cases) {
      if (more.subject === '') made.entries.length = 0
      const handler =
        more.subject === ''
          ? made.pipeline.signIn({
              verify: async () => ({ outcome: 'verified', identity: identity('ann', made.clock()) }),
              membership: async () => ({ tenant: 'NOT A TENANT', roles: [] }),
            })
          : signInOf(made, more)
      const response = await ask(handler, { json: { idToken } })
      expect([response.status, await codeIn(response)]).toEqual([status, code])
      expect(response.headers.has('phi-session-token')).toBe(false)
      expect(made.entries.at(-1)?.event).toMatchObject({ action: 'login-failed', context: { details: { reason } } })
    }
    expect(JSON.stringify(made.entries)).not.toContain('Canary')
  })

  it('S3 asks for more than one factor, in a challenge', async () => {
    const made = await service({ sessions: { acrMeansMfa: ['phr'] } })
    const response = await ask(signInOf(made, { amr: ['pwd'] }), { json: { idToken: 'good' } })
    expect(response.headers.get('www-authenticate')).toContain('acr_values="phr"')
    expect(said(made)).toEqual([['clinic-a', 'login-failed', 'denied', 'mfa']])
  })

  it('lets nobody in whose sign-in cannot be recorded', async () => {
    const made = await service()
    const begun: string[] = []
    const sessions: Service['sessions'] = {
      ...made.sessions,
      begin: async (...all) => {
        const verdict = await made.sessions.begin(...all)
        if (verdict.outcome === 'begun') begun.push(verdict.token)
        return verdict
      },
    }
    const other = await service({ pipeline: { sessions } })
    other.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    const response = await ask(signInOf(other), { json: { idToken: 'good' } })
    expect([response.status, response.headers.has('phi-session-token'), response.headers.has('phi-session-until')]).toEqual([
      503,
      false,
      false,
    ])
    expect(await made.sessions.check(begun[0])).toMatchObject({ outcome: 'refused', reason: 'ended' })
  })

  it('fails closed when the provider or the list of members cannot be asked', async () => {
    const made = await service()
    const broken = async (): Promise<never> => {
      throw new Error('canary')
    }
    const verify = async () => ({ outcome: 'verified', identity: identity('ann', made.clock()) }) as const
    const first = await ask(made.pipeline.signIn({ verify: broken, membership: broken }), { json: { idToken: 'good' } })
    expect(await codeIn(first)).toBe('unavailable')
    const second = await ask(made.pipeline.signIn({ verify, membership: broken }), { json: { idToken: 'good' } })
    expect(await codeIn(second)).toBe('internal')
    expect(said(made).map(([, ...rest]) => rest)).toEqual([
      ['login-failed', 'failure', 'verify'],
      ['login-failed', 'failure', 'fault'],
    ])
    expect(JSON.stringify([made.entries, made.faults])).not.toContain('canary')
  })

  it('takes a token and nothing else', async () => {
    const made = await service()
    for (const json of [
      {},
      { idToken: '' },
      { idToken: 'good', tenant: 'clinic-b' },
      { idToken: 'a'.repeat(16_385) },
      ['good'],
    ]) {
      expect(await codeIn(await ask(signInOf(made), { json }))).toBe('malformed')
    }
    expect(await codeIn(await ask(signInOf(made), { json: { idToken: 'a'.repeat(30_000) } }))).toBe('too-large')
    expect(made.entries).toEqual([])
  })
})

describe('stepping up', () => {
  const stepUpOf = (made: Service, more: Parameters<typeof identity>[2] = {}, subject = 'ann') =>
    made.pipeline.stepUp({
      verify: async (token) =>
        token === 'good'
          ? { outcome: 'verified', identity: identity(subject, made.clock(), more) }
          : { outcome: 'refused', reason: 'signature' },
    })

  it('S3 S123 takes a newer sign-in over, replaces the token, and records it', async () => {
    const made = await service()
    const token = await made.token()
    made.clock.advance(MINUTE)
    const response = await ask(stepUpOf(made, { acr: 'phr' }), { token, json: { idToken: 'good' } })
    expect(response.status).toBe(200)
    const next = response.headers.get('phi-session-token') as string
    expect(await made.sessions.check(next)).toMatchObject({ outcome: 'active', session: { acr: 'phr' } })
    expect(said(made)).toEqual([['clinic-a', 'mfa', 'success', undefined]])
  })

  it('is refused for another person, an older sign-in, a token in its grace, a bad token; each is recorded once', async () => {
    const made = await service()
    const token = await made.token()
    const call = (handler: ReturnType<typeof stepUpOf>, idToken = 'good') => ask(handler, { token, json: { idToken } })
    expect(await codeIn(await call(stepUpOf(made)))).toBe('sign-in-refused')
    made.clock.advance(MINUTE)
    expect(await codeIn(await call(stepUpOf(made, {}, 'bob')))).toBe('sign-in-refused')
    expect(await codeIn(await call(stepUpOf(made), 'bad'))).toBe('sign-in-refused')
    expect((await call(stepUpOf(made))).status).toBe(200)
    expect(await codeIn(await call(stepUpOf(made, { authTime: made.clock() + 1 })))).toBe('superseded')
    expect(said(made)).toEqual([
      ['clinic-a', 'mfa', 'denied', 'identity'],
      ['clinic-a', 'mfa', 'denied', 'identity'],
      ['clinic-a', 'mfa', 'denied', 'signature'],
      ['clinic-a', 'mfa', 'success', undefined],
      ['clinic-a', 'mfa', 'failure', 'superseded'],
    ])
  })

  it('ends the session where it cannot be recorded', async () => {
    const made = await service()
    const token = await made.token()
    made.clock.advance(MINUTE)
    made.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    const response = await ask(stepUpOf(made), { token, json: { idToken: 'good' } })
    expect(await codeIn(response)).toBe('unavailable')
    expect(response.headers.has('phi-session-token')).toBe(false)
    expect(await made.sessions.check(token)).toMatchObject({ reason: 'ended' })
  })

  it('hands no raised token over where neither the log nor the store can be reached, and tells that', async () => {
    for (const token of ['bearer', 'cookie'] as const) {
      const store = memorySessionStore()
      const failing: SessionStore = {
        ...store,
        end: async () => {
          throw testError('PHI_TEST_AWAY')
        },
      }
      const made = await service({ sessions: { store: failing }, pipeline: { token } })
      const given = await made.token()
      made.clock.advance(MINUTE)
      made.does.append = async () => {
        throw testError('PHI_TEST_BROKEN')
      }
      const headers = { cookie: `__Host-phi=${given}`, 'sec-fetch-site': 'same-origin' }
      const asked = token === 'cookie' ? { headers } : { token: given }
      const response = await ask(stepUpOf(made), { ...asked, json: { idToken: 'good' } })
      expect(await codeIn(response)).toBe('unavailable')
      expect(response.headers.has('phi-session-token')).toBe(false)
      expect(response.headers.get('set-cookie') ?? '=; Max-Age=0').toContain('Max-Age=0')
      expect(made.faults.length).toBeGreaterThan(1)
    }
  })
})

describe('signing in and stepping up', () => {
  it.each([
    undefined,
    {},
    { verify: 'no' },
    { verify: async () => ({}), membership: {} },
    { verify: async () => ({}), more: true },
  ])('cannot be set up with %j', async (options) => {
    const { pipeline } = await service()
    const refusal = expect.objectContaining({ code: 'PHI_HTTP_OPTIONS' })
    expect(() => pipeline.signIn(options as never)).toThrow(refusal)
    if (options?.verify === undefined || 'more' in options) expect(() => pipeline.stepUp(options as never)).toThrow(refusal)
  })
})

describe('signing out', () => {
  it('S123 twice is once, twenty at once are once', async () => {
    const made = await service()
    const token = await made.token()
    const out = (asked: Asked = {}) => ask(made.pipeline.signOut(), { token, method: 'POST', ...asked })
    const responses = await Promise.all(Array.from({ length: 20 }, () => out()))
    responses.push(await out(), await out({ token: undefined }), await out({ token: 'made.up.token' }))
    const answers = await Promise.all(
      responses.map(async (each) => [each.status, await each.text(), [...each.headers.keys()].join()]),
    )
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(answers[0]?.slice(0, 2)).toEqual([204, ''])
    expect(said(made)).toEqual([['clinic-a', 'logout', 'success', undefined]])
    expect(await codeIn(await ask(readRoute(made), { token }))).toBe('session-over')
  })

  it('ends the session of a request under way: what it has begun it ends, and nothing comes after', async () => {
    const made = await service()
    const token = await made.token()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let reach = () => {}
    const reached = new Promise<void>((resolve) => {
      reach = resolve
    })
    const slow = made.pipeline.route({
      ...{ action: 'read', on: 'Note', purpose: 'TREAT' },
      load: async () => {
        reach()
        await gate
        return made.notes.get('n-1')
      },
    } as const)
    const underWay = ask(slow, { token })
    await reached
    await ask(made.pipeline.signOut(), { token, method: 'POST' })
    release()
    expect((await underWay).status).toBe(200)
    expect((await ask(slow, { token })).status).toBe(401)
  })

  it('works from an address that may not work, and with a token that was replaced', async () => {
    const made = await service({ sessions: { ip: ipPolicy({ allow: ['192.0.2.0/24'] }) } })
    const token = await made.token()
    const elsewhere = { token, method: 'POST', connection: { ip: '198.51.100.1', encrypted: true } }
    expect((await ask(made.pipeline.signOut(), elsewhere)).status).toBe(204)
    expect((await ask(made.pipeline.signOut(), elsewhere)).status).toBe(204)
    expect(await codeIn(await ask(readRoute(made), { token }))).toBe('session-over')
    expect(said(made).map(([tenant, action]) => [tenant, action])).toEqual([
      ['clinic-a', 'logout'],
      ['clinic-a', 'login-failed'],
    ])

    const old = await service()
    const first = await old.token()
    const second = await old.sessions.rotate(first, 'break-glass')
    expect((await ask(old.pipeline.signOut(), { token: first, method: 'POST' })).status).toBe(204)
    expect(await old.sessions.check(second.outcome === 'active' ? second.token : '')).toMatchObject({ reason: 'ended' })
  })

  it('of a token that was replaced long ago is no incident, and of a session nobody knows any more it is recorded once', async () => {
    const made = await service()
    const first = await made.token()
    await made.sessions.rotate(first, 'break-glass')
    made.clock.advance(60_000)
    expect((await ask(made.pipeline.signOut(), { token: first, method: 'POST' })).status).toBe(204)
    expect(said(made)).toEqual([['clinic-a', 'logout', 'success', undefined]])
    const other = await service()
    for (let i = 0; i < 2; i++) {
      expect((await ask(other.pipeline.signOut(), { token: first, method: 'POST' })).status).toBe(204)
    }
    expect(other.entries).toMatchObject([{ tenant: undefined, event: { action: 'logout', actor: { type: 'system' } } }])
    expect(other.entries[0]?.event.actor.id).toBe(`session:${made.entries[0]?.event.source?.session}`)
  })

  it('is not said to be done where the store or the log is away', async () => {
    const made = await service()
    const token = await made.token()
    made.does.append = async () => {
      throw testError('PHI_TEST_AWAY')
    }
    const response = await ask(made.pipeline.signOut(), { token, method: 'POST' })
    expect([response.status, (await problemIn(response)).code]).toEqual([503, 'unavailable'])
    expect(await made.sessions.check(token)).toMatchObject({ reason: 'ended' })
    // Once more, with the log back: it is recorded then.
    made.does.append = async () => {}
    expect((await ask(made.pipeline.signOut(), { token, method: 'POST' })).status).toBe(204)
    expect(said(made)).toEqual([['clinic-a', 'logout', 'success', undefined]])
    const sessions: Service['sessions'] = {
      ...made.sessions,
      logout: async () => ({ outcome: 'refused', reason: 'store', sid: 's' }),
    }
    const other = await service({ pipeline: { sessions } })
    expect(await codeIn(await ask(other.pipeline.signOut(), { token, method: 'POST' }))).toBe('unavailable')
  })
})
