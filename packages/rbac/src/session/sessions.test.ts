import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asTherapist, HOUR, identityAt, MINUTE, newToken, START, told, world } from '../../test/session-world.ts'
import { type BeginOptions, ipPolicy, openSessions, sessionProfiles } from './index.ts'

const { standard, thirtyMinutes } = sessionProfiles

describe('S93 S108: a session begins', () => {
  it('with a person, a tenant and roles, and a token that names none of them', async () => {
    const { begun, sessions } = await world()
    const { token, session } = await begun()
    expect(session).toEqual({
      sid: session.sid,
      tenant: 'clinic-a',
      subject: 'u-17',
      issuer: 'https://id.example.org',
      roles: ['therapist'],
      amr: ['pwd', 'otp'],
      acr: null,
      authTime: START - 1000,
      mfa: 'met',
      deviceBound: false,
      startedAt: START,
      idleUntil: START + 30 * MINUTE,
      until: START + 7 * 24 * HOUR,
    })
    expect(session.sid).toMatch(/^[0-9a-f]{32}$/)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'phi-session+jwt', alg: 'ES256' })
    expect(Object.keys(decodeJwt(token)).toSorted()).toEqual(['aud', 'exp', 'gen', 'iat', 'iss', 'jti', 'sid'])
    expect(await sessions.check(token)).toEqual({ outcome: 'active', session })
    expect(Object.isFrozen(session) && Object.isFrozen(session.roles) && Object.isFrozen(session.amr)).toBe(true)
  })

  it.each<[string, string[], object, string]>([
    ['a therapist with two factors', ['therapist'], {}, 'begun'],
    ['a therapist with one factor', ['therapist'], { amr: ['pwd'] }, 'mfa'],
    ['an administrator with one factor', ['administrator'], { amr: ['pwd', 'pin'] }, 'mfa'],
    ['an administrator among other roles', ['billing', 'administrator'], { amr: ['pwd'] }, 'mfa'],
    ['a therapist of whom no method is known', ['therapist'], { amr: null }, 'mfa'],
    ['a therapist with a method that nobody knows', ['therapist'], { amr: ['pwd', 'magic'] }, 'mfa'],
    ['a therapist with the acr that means it', ['therapist'], { amr: null, acr: 'urn:mfa' }, 'begun'],
    ['a therapist with another acr', ['therapist'], { amr: null, acr: 'urn:loa1' }, 'mfa'],
    ['billing with one factor', ['billing'], { amr: ['pwd'] }, 'begun'],
  ])('%s', async (_, roles, identity, expected) => {
    const { sessions } = await world({ acrMeansMfa: ['urn:mfa'] })
    const verdict = await sessions.begin(identityAt(START, identity), { tenant: 'clinic-a', roles })
    expect(verdict.outcome === 'begun' ? 'begun' : verdict.reason).toBe(expected)
    if (verdict.outcome === 'refused') expect(verdict.challenge).toContain('acr_values="urn:mfa"')
  })

  it('S3: in the standard profile everybody needs two factors, under whatever role', async () => {
    const { sessions } = await world({ profile: standard })
    for (const roles of [['billing'], ['patient'], ['Therapist'], ['x']]) {
      const verdict = await sessions.begin(identityAt(START, { amr: ['pwd'] }), { tenant: 'clinic-a', roles })
      expect(verdict).toMatchObject({ outcome: 'refused', reason: 'mfa' })
    }
  })

  it('a misspelt role is an error, where the roles are named', async () => {
    const roles = ['therapist', 'administrator', 'billing']
    const { sessions, options } = await world({ roles })
    expect((await refusal(sessions.begin(identityAt(START), { tenant: 'clinic-a', roles: ['therapst'] }))).code).toBe(
      'PHI_RBAC_SESSION_INPUT',
    )
    const admin = { ...thirtyMinutes, mfaRoles: ['therapist', 'admin'] }
    expect((await refusal(openSessions({ ...options, profile: admin }))).path).toBe('profile.mfaRoles')
  })

  it('not with an identity that is too old', async () => {
    const { sessions } = await world()
    const verdict = await sessions.begin(identityAt(START, { usableUntil: START }), asTherapist)
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'identity' })
    expect((await sessions.begin(identityAt(START, { usableUntil: START + 1 }), asTherapist)).outcome).toBe('begun')
  })

  it('not with roles, tenants or identities of another form, and nothing of them is repeated', async () => {
    const { sessions } = await world()
    const bad: [unknown, unknown][] = [
      [identityAt(START), { tenant: 'clinic-a', roles: ['therapist', 4711] }],
      [identityAt(START), { tenant: 'clinic-a', roles: ['therapist', null] }],
      [identityAt(START), { tenant: 'clinic-a', roles: 'therapist' }],
      [identityAt(START), { tenant: 'clinic-a', roles: [{ toString: () => 'therapist' }] }],
      [identityAt(START), { tenant: 'clinic-a', roles: [''] }],
      [identityAt(START), { tenant: 'clinic-a', roles: [] }],
      [identityAt(START), { tenant: 'clinic-a', roles: ['a\u0000'] }],
      [identityAt(START), { tenant: 'clinic-a' }],
      [identityAt(START), { tenant: 'Clinic 4711', roles: ['therapist'] }],
      [identityAt(START), { roles: ['therapist'] }],
      [identityAt(START), { ...asTherapist, Device: 'x' }],
      [identityAt(START), { ...asTherapist, device: '' }],
      [identityAt(START), { ...asTherapist, device: 7 }],
      [identityAt(START), undefined],
      [
        identityAt(START),
        {
          get tenant(): never {
            throw new Error('4711')
          },
        },
      ],
      [undefined, asTherapist],
      [{ outcome: 'refused', reason: 'expired' }, asTherapist],
      [{ ...identityAt(START), subject: undefined }, asTherapist],
      [{ ...identityAt(START), amr: 'mfa' }, asTherapist],
      [{ ...identityAt(START), usableUntil: Number.NaN }, asTherapist],
      [{ ...identityAt(START), usableUntil: Number.POSITIVE_INFINITY }, asTherapist],
      [
        {
          ...identityAt(START),
          get subject(): never {
            throw new Error('4711')
          },
        },
        asTherapist,
      ],
    ]
    for (const [identity, options] of bad) {
      const error = await refusal(sessions.begin(identity as never, options as BeginOptions))
      expect(error.code).toBe('PHI_RBAC_SESSION_INPUT')
      expect([error.message, JSON.stringify(error), String(error.cause)].join()).not.toContain('4711')
    }
  })

  it('what is planted on Object.prototype is no role and no device', async () => {
    const { sessions } = await world()
    Object.defineProperty(Object.prototype, 'roles', { value: ['therapist'], configurable: true })
    try {
      expect((await refusal(sessions.begin(identityAt(START), { tenant: 'clinic-a' } as never))).code).toBe(
        'PHI_RBAC_SESSION_INPUT',
      )
    } finally {
      Reflect.deleteProperty(Object.prototype, 'roles')
    }
  })
})

describe('S4 S110 S143: logged off after inactivity', () => {
  it.each([
    ['standard', standard, 15],
    ['thirtyMinutes', thirtyMinutes, 30],
  ] as const)('%s: at exactly the limit, and not a millisecond before', async (_, profile, minutes) => {
    const { clock, sessions, begun } = await world({ profile })
    const { token } = await begun()
    clock.advance(minutes * MINUTE - 1)
    expect(told(await sessions.check(token))).toBe('active')
    clock.advance(minutes * MINUTE - 1)
    expect(told(await sessions.check(token))).toBe('active')
    clock.advance(minutes * MINUTE)
    expect(await sessions.check(token)).toMatchObject({
      reason: 'idle',
      familyEnded: true,
      challenge: 'Bearer error="invalid_token"',
    })
    expect(await sessions.check(token)).toMatchObject({ reason: 'ended', because: 'idle' })
  })

  it('and stays so, when the clock is set back', async () => {
    const { clock, sessions, begun } = await world()
    const { token } = await begun()
    clock.advance(30 * MINUTE)
    expect(told(await sessions.check(token))).toBe('idle')
    clock.set(START)
    expect(told(await sessions.check(token))).toBe('ended')
  })

  it('a refused request is no activity', async () => {
    const ip = ipPolicy({ allow: ['192.0.2.0/24'] })
    const { clock, sessions, begun } = await world({ ip })
    const { token } = await begun({ ip: '192.0.2.1', device: 'thumb' })
    clock.advance(29 * MINUTE)
    expect(told(await sessions.check(token, { ip: '198.51.100.1', device: 'thumb' }))).toBe('ip')
    expect(told(await sessions.check(token, { ip: '192.0.2.1', device: 'other' }))).toBe('device')
    clock.advance(1 * MINUTE)
    expect(told(await sessions.check(token, { ip: '192.0.2.1', device: 'thumb' }))).toBe('idle')
  })
})

describe('S4: the absolute lifetime', () => {
  it('ends an active session at exactly its end', async () => {
    const { clock, sessions, begun } = await world({ profile: { ...thirtyMinutes, absoluteMs: HOUR } })
    const { token } = await begun()
    for (let i = 0; i < 3; i++) {
      clock.advance(20 * MINUTE - 1)
      expect(told(await sessions.check(token))).toBe('active')
    }
    clock.set(START + HOUR - 1)
    expect(told(await sessions.check(token))).toBe('active')
    clock.set(START + HOUR)
    expect(told(await sessions.check(token))).toBe('absolute')
    expect(told(await sessions.check(token))).toMatch(/^(ended|absolute)$/)
  })

  it('a profile that was made stricter holds for sessions that began before', async () => {
    const { clock, sessions, begun, options } = await world()
    const { token } = await begun({ roles: ['billing'] }, { amr: ['pwd'] })
    expect(told(await sessions.check(token))).toBe('active')
    const asks = await openSessions({ ...options, profile: { ...thirtyMinutes, mfaRoles: ['billing'] } })
    expect(told(await asks.check(token))).toBe('mfa')
    const shorter = await openSessions({ ...options, profile: { ...thirtyMinutes, absoluteMs: HOUR } })
    clock.advance(29 * MINUTE)
    expect(told(await sessions.check(token))).toBe('active')
    clock.advance(29 * MINUTE)
    expect(told(await shorter.check(token))).toBe('active')
    clock.advance(2 * MINUTE)
    expect(told(await shorter.check(token))).toBe('absolute')
  })
})

describe('the clock', () => {
  it('S4: set back a little it gives no idle time back; set back further it ends the session', async () => {
    const { clock, sessions, begun } = await world()
    const { token, session } = await begun()
    clock.advance(10 * MINUTE)
    expect(told(await sessions.check(token))).toBe('active')
    clock.advance(-5000)
    expect(await sessions.check(token)).toMatchObject({ outcome: 'active', session: { idleUntil: START + 40 * MINUTE } })
    clock.advance(-1)
    expect(await sessions.check(token)).toMatchObject({ reason: 'clock', familyEnded: true, sid: session.sid })
    clock.advance(HOUR)
    expect(await sessions.check(token)).toMatchObject({ reason: 'ended', because: 'clock' })
  })

  it('S4: without a time nothing is active, and nothing begins', async () => {
    let now: unknown = START
    const { sessions, options } = await world({ clock: () => now as number })
    const begun = await sessions.begin(identityAt(START), asTherapist)
    if (begun.outcome !== 'begun') throw new Error('must begin')
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, -1, undefined, null, '1', 9e15, {}]) {
      now = time
      expect(told(await sessions.check(begun.token))).toBe('clock')
      expect(await sessions.begin(identityAt(START), asTherapist)).toMatchObject({ reason: 'clock' })
      expect(await sessions.logout(begun.token)).toMatchObject({ reason: 'clock' })
      expect((await refusal(sessions.revoke({ sid: begun.session.sid }))).code).toBe('PHI_RBAC_SESSION_CLOCK')
    }
    const throwing = await openSessions({
      ...options,
      clock: () => {
        throw new Error('no')
      },
    })
    expect(told(await throwing.check(begun.token))).toBe('clock')
  })

  it('S4: at the end of time nothing overflows', async () => {
    const { clock, sessions } = await world()
    const last = 8_640_000_000_000_000
    clock.set(last - MINUTE)
    const verdict = await sessions.begin(identityAt(clock(), { usableUntil: last }), asTherapist)
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'clock' })
  })
})

describe('S111: rotation', () => {
  const rotating = { ...thirtyMinutes, idleMs: 24 * HOUR }

  it('is due after exactly 24 hours; the old token answers for the grace, and makes no successor', async () => {
    const { clock, sessions, begun } = await world({ profile: rotating })
    const { token: first } = await begun()
    clock.advance(12 * HOUR)
    expect(told(await sessions.check(first))).toBe('active')
    clock.advance(12 * HOUR - 1)
    expect(told(await sessions.check(first))).toBe('active')
    clock.advance(1)
    const rotation = await sessions.check(first)
    expect(rotation).toMatchObject({ outcome: 'active', rotated: 'interval' })
    const second = newToken(rotation)
    expect(second).not.toBe(first)
    clock.advance(9999)
    expect(told(await sessions.check(first))).toBe('active')
    expect(told(await sessions.check(second))).toBe('active')
    clock.advance(1)
    expect(await sessions.check(first)).toMatchObject({ reason: 'replayed', familyEnded: true })
    expect(await sessions.check(second)).toMatchObject({ reason: 'ended', because: 'replayed' })
  })

  it('a token from before the one before is a copy, also within the grace', async () => {
    const { sessions, begun } = await world()
    const { token: first } = await begun()
    const second = newToken(await sessions.rotate(first, 'break-glass'))
    const third = newToken(await sessions.rotate(second, 'break-glass'))
    expect(told(await sessions.check(second))).toBe('active')
    expect(told(await sessions.check(first))).toBe('replayed')
    expect(told(await sessions.check(third))).toBe('ended')
  })

  it('without a grace the old token is a copy at once', async () => {
    const { sessions, begun } = await world({ profile: { ...thirtyMinutes, graceMs: 0 } })
    const { token } = await begun()
    newToken(await sessions.rotate(token, 'break-glass'))
    expect(told(await sessions.check(token))).toBe('replayed')
  })

  it('a token within its grace cannot change the session', async () => {
    const { clock, sessions, begun } = await world()
    const { token } = await begun()
    const second = newToken(await sessions.rotate(token, 'break-glass'))
    expect(told(await sessions.rotate(token, 'break-glass'))).toBe('superseded')
    expect(told(await sessions.stepUp(token, identityAt(clock() + 2000)))).toBe('superseded')
    expect(told(await sessions.check(second))).toBe('active')
  })

  it.each([0, 10_000])(
    '100 requests beside a rotation: one new token, and nobody is thrown out (grace %i)',
    async (graceMs) => {
      const { clock, store, sessions, begun } = await world({ profile: { ...rotating, graceMs } })
      const { token, session } = await begun()
      clock.advance(23 * HOUR)
      await sessions.check(token)
      clock.advance(HOUR)
      const answers = await Promise.all(Array.from({ length: 100 }, () => sessions.check(token)))
      if (graceMs > 0) {
        expect(answers.map(told).filter((each) => each === 'active+')).toHaveLength(1)
        expect(answers.map(told).filter((each) => each === 'active')).toHaveLength(99)
      } else {
        // Without a grace only those that were under way may go on; one that came later is a copy.
        expect(answers.map(told).filter((each) => each === 'active+')).toHaveLength(1)
      }
      expect(await store.find(session.sid)).toMatchObject({ generation: 2 })
    },
  )

  it('of 50 calls that change the session at once, one wins', async () => {
    const { sessions, begun } = await world()
    const { token } = await begun()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 2 === 0 ? sessions.rotate(token, 'break-glass') : sessions.stepUp(token, identityAt(START + 5000 + i)),
      ),
    )
    const winners = answers.filter((each) => told(each) === 'active+')
    expect(winners).toHaveLength(1)
    expect(new Set(answers.map(told))).toEqual(new Set(['active+', 'superseded']))
    expect(told(await sessions.check(newToken(winners[0] as never)))).toBe('active')
  })
})

describe('S3: step-up', () => {
  it('takes over the newer sign-in under a new token; the old token keeps what it stood for', async () => {
    const { clock, sessions, begun } = await world({ acrMeansMfa: ['urn:mfa'] })
    const { token } = await begun({ roles: ['billing'] }, { amr: ['pwd'] })
    clock.advance(MINUTE)
    const verdict = await sessions.stepUp(token, identityAt(clock(), { amr: null, acr: 'urn:mfa' }))
    expect(verdict).toMatchObject({
      outcome: 'active',
      rotated: 'step-up',
      session: { mfa: 'met', acr: 'urn:mfa', amr: null, authTime: clock() - 1000, startedAt: START },
    })
    expect(await sessions.check(token)).toMatchObject({
      outcome: 'active',
      session: { mfa: 'not-met', acr: null, amr: ['pwd'] },
    })
    expect(await sessions.check(newToken(verdict))).toMatchObject({
      outcome: 'active',
      session: { mfa: 'met', acr: 'urn:mfa' },
    })
    clock.advance(10_000)
    expect(told(await sessions.check(token))).toBe('replayed')
  })

  it.each<[string, object, string]>([
    ['another person', { subject: 'u-18' }, 'identity'],
    ['another provider', { issuer: 'https://other.example' }, 'identity'],
    ['the same sign-in again', { authTime: START - 1000 }, 'identity'],
    ['an older sign-in', { authTime: START - 5000 }, 'identity'],
    ['a sign-in without a time', { authTime: null }, 'identity'],
    ['an identity that is too old', { usableUntil: START + MINUTE }, 'identity'],
    ['one factor, for a role that needs two', { amr: ['pwd'] }, 'mfa'],
    ['what is asked for', {}, 'active+'],
  ])('%s', async (_, identity, expected) => {
    const { clock, store, sessions, begun } = await world()
    const { token, session } = await begun()
    clock.advance(MINUTE)
    expect(told(await sessions.stepUp(token, identityAt(clock(), identity)))).toBe(expected)
    if (expected !== 'active+') expect(await store.find(session.sid)).toMatchObject({ generation: 1, ended: null })
  })
})

describe('S22: address and device', () => {
  const ip = ipPolicy({ allow: ['192.0.2.0/24'], deny: ['192.0.2.66'] })

  it('are asked at the beginning and at every check', async () => {
    const { sessions, begun } = await world({ ip })
    for (const address of ['198.51.100.1', '192.0.2.66', 'x', '', undefined]) {
      expect(await sessions.begin(identityAt(START), { ...asTherapist, ip: address })).toMatchObject({ reason: 'ip' })
    }
    const { token } = await begun({ ip: '192.0.2.1', device: 'thumb' })
    const from = async (address: unknown, device: unknown = 'thumb') =>
      told(await sessions.check(token, { ip: address, device } as never))
    expect(await from('192.0.2.9')).toBe('active')
    expect(await from('::ffff:192.0.2.9')).toBe('active')
    for (const address of ['192.0.2.66', '::ffff:192.0.2.66', '198.51.100.1', '192.0.2.09', '', undefined, null, 3, {}]) {
      expect(await from(address)).toBe('ip')
    }
    for (const device of ['other', '', 'THUMB', 'thumb ', null, 7, {}, '\ud800', 'x'.repeat(600)]) {
      expect(await from('192.0.2.9', device)).toBe('device')
    }
    expect(told(await sessions.check(token, { ip: '192.0.2.9' }))).toBe('device')
    expect(told(await sessions.check(token))).toBe('ip')
    expect(await from('192.0.2.9')).toBe('active')
  })

  it('a thumbprint is not kept as it is', async () => {
    const { store, begun } = await world()
    const { session } = await begun({ device: 'thumbprint-4711' })
    expect(JSON.stringify(await store.find(session.sid))).not.toContain('thumbprint-4711')
  })

  it('what was presented in another form is an error, and so is a getter that throws', async () => {
    const { sessions, begun } = await world({ ip })
    const { token } = await begun({ ip: '192.0.2.1' })
    for (const presented of [
      { address: '192.0.2.1' },
      null,
      '192.0.2.1',
      {
        get ip(): never {
          throw new Error('4711')
        },
      },
    ]) {
      const error = await refusal(sessions.check(token, presented as never))
      expect(error.code).toBe('PHI_RBAC_SESSION_INPUT')
      expect(error.message).not.toContain('4711')
    }
  })
})

describe('S4: logging off and revoking', () => {
  it('logging off ends every token of the session, from anywhere, also with an old or expired one', async () => {
    const { clock, sessions, begun } = await world({ ip: ipPolicy({ allow: ['192.0.2.1'] }) })
    const at = { ip: '192.0.2.1' }
    const { token, session } = await begun(at)
    const owner = { tenant: 'clinic-a', subject: 'u-17', roles: ['therapist'] }
    const second = newToken(await sessions.rotate(token, 'break-glass', at))
    expect(await sessions.logout(token)).toEqual({ outcome: 'logged-off', sid: session.sid, of: owner })
    expect(await sessions.check(second, at)).toMatchObject({ reason: 'ended', because: 'logout' })
    expect(await sessions.logout(second)).toEqual({ outcome: 'logged-off', sid: session.sid, of: owner })
    clock.advance(30 * 24 * HOUR)
    expect(await sessions.logout(second)).toEqual({ outcome: 'logged-off', sid: session.sid, of: owner })
    for (const nonsense of ['', 'a.b.c', undefined, `${second}x`])
      expect(await sessions.logout(nonsense)).toMatchObject({ reason: 'invalid' })
  })

  it('one session, or all of a person in one tenant', async () => {
    const { sessions, begun } = await world()
    const one = await begun()
    const two = await begun()
    const elsewhere = await begun({ tenant: 'clinic-b' })
    const other = await begun({}, { subject: 'u-18' })
    expect(await sessions.revoke({ sid: one.session.sid })).toBe(1)
    expect(await sessions.revoke({ sid: one.session.sid })).toBe(0)
    expect(await sessions.revoke({ sid: '0'.repeat(32) })).toBe(0)
    expect(told(await sessions.check(one.token))).toBe('ended')
    expect(told(await sessions.check(two.token))).toBe('active')
    expect(await sessions.revoke({ tenant: 'clinic-a', subject: 'u-17' })).toBe(1)
    expect(await sessions.check(two.token)).toMatchObject({ reason: 'ended', because: 'revoked' })
    expect(told(await sessions.check(elsewhere.token))).toBe('active')
    expect(told(await sessions.check(other.token))).toBe('active')
  })

  it('a target with a hole in it is an error, and not nothing to do', async () => {
    const { sessions } = await world()
    for (const target of [
      {},
      { sid: undefined },
      { sid: '' },
      { subject: 'u-17' },
      { tenant: 'clinic-a' },
      { tenant: 'clinic-a', subject: '' },
      undefined,
      'x',
    ]) {
      expect((await refusal(sessions.revoke(target as never))).code).toBe('PHI_RBAC_SESSION_INPUT')
    }
  })

  it('a session that the store has swept is unknown', async () => {
    const { clock, store, sessions, begun } = await world({ profile: { ...thirtyMinutes, absoluteMs: HOUR } })
    const { token } = await begun()
    expect(await store.sweep(START + HOUR - 1)).toBe(0)
    expect(told(await sessions.check(token))).toBe('active')
    expect(await store.sweep(START + HOUR)).toBe(1)
    expect(told(await sessions.check(token))).toBe('unknown')
    clock.advance(HOUR)
    expect(told(await sessions.check(token))).toBe('absolute')
  })
})

describe('options that are wrong', () => {
  it('are an error when the sessions are opened', async () => {
    const { options } = await world()
    const bad: object[] = [
      { store: {} },
      { store: undefined },
      { issuer: '' },
      { audience: 7 },
      { profile: undefined },
      { profile: { ...thirtyMinutes, idleMs: 0 } },
      { profile: { ...thirtyMinutes, idleMs: Number.NaN } },
      { profile: { ...thirtyMinutes, idleMs: Number.POSITIVE_INFINITY } },
      { profile: { ...thirtyMinutes, idleMs: 8 * 24 * HOUR } },
      { profile: { ...thirtyMinutes, graceMs: -1 } },
      { profile: { ...thirtyMinutes, graceMs: 61_000 } },
      { profile: { ...thirtyMinutes, rotateMs: 5000 } },
      { profile: { ...thirtyMinutes, mfaRoles: 'none' } },
      { profile: { ...thirtyMinutes, mfaRoles: undefined } },
      { profile: { ...thirtyMinutes, idle: 5 } },
      { acrMeansMfa: ['a b'] },
      { ip: { allow: 'any' } },
      { clock: 5 },
      { randomBytes: 'x' },
      { Clock: () => 0 },
    ]
    for (const each of bad)
      expect((await refusal(openSessions({ ...options, ...each } as never))).code, JSON.stringify(each)).toBe(
        'PHI_RBAC_SESSION_OPTIONS',
      )
  })

  it('a generator that gives too few bytes begins nothing', async () => {
    for (const randomBytes of [() => new Uint8Array(8), () => new Uint8Array(0), () => [] as never]) {
      const { sessions } = await world({ randomBytes })
      expect((await refusal(sessions.begin(identityAt(START), asTherapist))).code).toBe('PHI_RBAC_SESSION_OPTIONS')
    }
  })

  it('a generator that gives the same bytes begins one session and no second', async () => {
    const { sessions } = await world({ randomBytes: (length) => new Uint8Array(length) })
    expect((await sessions.begin(identityAt(START), asTherapist)).outcome).toBe('begun')
    expect(await sessions.begin(identityAt(START), asTherapist)).toMatchObject({ reason: 'store' })
  })
})

describe('the profiles', () => {
  it('S110 S111 S143 S93: hold the figures of their requirements, with citations', () => {
    expect([standard.idleMs, standard.absoluteMs, standard.rotateMs]).toEqual([15 * MINUTE, 24 * HOUR, 24 * HOUR])
    expect([thirtyMinutes.idleMs, thirtyMinutes.rotateMs]).toEqual([30 * MINUTE, 24 * HOUR])
    expect(thirtyMinutes.mfaRoles).toEqual(['therapist', 'administrator'])
    for (const { citations } of [standard, thirtyMinutes]) {
      expect(citations.map(({ section }) => section)).toEqual(['164.312(a)(2)(iii)', '164.312(a)(2)(i)', '164.312(d)'])
    }
    expect(Object.isFrozen(standard) && Object.isFrozen(thirtyMinutes.mfaRoles)).toBe(true)
  })
})
