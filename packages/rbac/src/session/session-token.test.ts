import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { base64url } from '../../test/identity-provider.ts'
import { START, testSigningKey, told, world } from '../../test/session-world.ts'
import { generateSessionKey, openSessions, type PrivateJsonWebKey } from './index.ts'

/** The token of a new session, and a way to sign another of its claims with any key. */
async function forging() {
  const { sessions, begun, store, options } = await world()
  const { token, session } = await begun()
  const claims = decodeJwt(token) as Record<string, unknown>
  const key = await testSigningKey()
  const sign = async (change: object = {}, header: object = {}, by: PrivateJsonWebKey = key) =>
    new SignJWT({ ...claims, ...change })
      .setProtectedHeader({ alg: by.alg, kid: by.kid, typ: 'phi-session+jwt', ...header })
      .sign(await importJWK(by as never, by.alg))
  return {
    sessions,
    store,
    options,
    token,
    session,
    key,
    claims,
    sign,
    check: async (each: unknown) => told(await sessions.check(each)),
  }
}

describe('S4: a token that is not ours', () => {
  it('is refused, and ends nothing', async () => {
    const { check, token, session, sign, key, claims, store } = await forging()
    const stranger = { ...(await generateSessionKey()), kid: key.kid }
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const none = (alg: string) => base64url(JSON.stringify({ alg, kid: key.kid, typ: 'phi-session+jwt' }))
    const hs = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: key.kid, typ: 'phi-session+jwt' })
    const { d: _, ...publicKey } = key
    const forged: unknown[] = [
      await sign({}, {}, stranger),
      await sign({ gen: 7 }, {}, stranger),
      await sign({}, { kid: 'other' }),
      await sign({}, { kid: '../../key' }),
      await sign({}, { kid: undefined }),
      await sign({}, { typ: 'JWT' }),
      await sign({}, { typ: undefined }),
      await sign({ iss: 'https://other.example.org' }),
      await sign({ aud: 'other' }),
      await sign({ exp: undefined }),
      await sign({ iat: undefined }),
      await sign({ sid: undefined }),
      await sign({ sid: session.sid.toUpperCase() }),
      await sign({ sid: { $ne: null } }),
      await sign({ gen: '1' }),
      await sign({ gen: 0 }),
      await sign({ gen: 1.5 }),
      await sign({ jti: 7 }),
      `${none('none')}.${payload}.`,
      `${none('none')}.${payload}.${signature}`,
      await hs.sign(Buffer.from(JSON.stringify(publicKey))),
      await hs.sign(Buffer.from(key.x as string, 'base64url')),
      `${header}.${payload}.${signature.slice(0, -8)}`,
      `${header}.${payload}.`,
      `${header}.${base64url(JSON.stringify({ ...claims, gen: 2 }))}.${signature}`,
      'x'.repeat(5000),
      'x'.repeat(50_000_000),
      ...['', '..', 'a.b.c', undefined, null, 7, {}, [token], { toString: () => token }],
    ]
    for (const each of forged) expect(await check(each)).toBe('invalid')
    expect(await store.find(session.sid)).toMatchObject({ ended: null, version: 0 })
    expect(await check(token)).toBe('active')
  })

  it('one of another session, signed by us, stands for that session only', async () => {
    const { sessions, begun } = await world()
    const one = await begun()
    const two = await begun({}, { subject: 'u-18' })
    expect(await sessions.check(two.token)).toMatchObject({
      outcome: 'active',
      session: { subject: 'u-18', sid: two.session.sid },
    })
    expect(await sessions.check(one.token)).toMatchObject({
      outcome: 'active',
      session: { subject: 'u-17', sid: one.session.sid },
    })
  })

  it('one that we signed and the store does not know ends the session: the store was set back', async () => {
    for (const change of [{ gen: 2 }, { jti: 'f'.repeat(32) }, { gen: 9_007_199_254_740_991 }]) {
      const { check, token, sign } = await forging()
      expect(await check(await sign(change))).toBe('mismatch')
      expect(await check(token)).toBe('ended')
    }
    const { check, token, sign } = await forging()
    expect(await check(await sign({ sid: '0'.repeat(32) }))).toBe('unknown')
    expect(await check(token)).toBe('active')
  })
})

describe('the signing key', () => {
  it.each(['ES256', 'EdDSA'] as const)('%s is made, signs and verifies', async (alg) => {
    const signing = await generateSessionKey(alg)
    const { sessions, begun } = await world({ keys: { signing } })
    expect(told(await sessions.check((await begun()).token))).toBe('active')
  })

  it('is replaced without logging anybody off, and one that left the list verifies nothing', async () => {
    const { begun, options } = await world()
    const { token } = await begun()
    const { d: _, ...old } = await testSigningKey()
    const signing = await generateSessionKey('EdDSA')
    const next = await openSessions({ ...options, keys: { signing, verifying: [old] } })
    expect(told(await next.check(token))).toBe('active')
    const later = await openSessions({ ...options, keys: { signing } })
    expect(told(await later.check(token))).toBe('invalid')
  })

  it('of another kind is an error that does not quote it', async () => {
    const { options } = await world()
    const key = await testSigningKey()
    const other = await generateSessionKey()
    const rsa = await generateKeyPair('RS256', { extractable: true })
    const { d: _, ...publicKey } = key
    const bad: unknown[] = [
      undefined,
      {},
      { signing: publicKey },
      { signing: { ...key, alg: 'none' } },
      { signing: { ...key, alg: 'EdDSA' } },
      { signing: { ...key, kid: '' } },
      { signing: { ...key, kid: undefined } },
      { signing: { ...key, d: other.d } },
      { signing: { ...key, x: 'AAAA' } },
      { signing: { ...key, crv: 'P-384' } },
      { signing: { kty: 'oct', k: 'AAAA', kid: 'a', alg: 'HS256' } },
      { signing: { ...(await exportJWK(rsa.privateKey)), kid: 'a', alg: 'RS256' } },
      { signing: key, verifying: [key] },
      { signing: key, verifying: [{ ...other, d: undefined, kid: key.kid }] },
      { signing: key, verifying: [{ kty: 'oct', k: 'AAAA', kid: 'a', alg: 'HS256' }] },
    ]
    for (const keys of bad) {
      const error = await refusal(openSessions({ ...options, keys: keys as never }))
      expect(error.code).toBe('PHI_RBAC_SESSION_KEYS')
      expect([error.message, JSON.stringify(error), String(error.cause)].join()).not.toContain(key.d)
    }
  })

  it('a token lives as long as its session', async () => {
    const { token, session } = await forging()
    expect(decodeJwt(token)).toMatchObject({ iat: START / 1000, exp: session.until / 1000 })
  })
})
