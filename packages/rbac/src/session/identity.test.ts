import { fixedClock } from '@phi/core'
import fc from 'fast-check'
import { exportSPKI, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  base64url,
  CLIENT,
  goodClaims,
  ISSUER,
  NOW,
  setOf,
  signed,
  signedText,
  type TestKey,
  testKey,
} from '../../test/identity-provider.ts'
import { type IdentityOptions, identityRefusals, verifyIdentity } from './identity.ts'
import { staticKeys } from './identity-keys.ts'

let es: TestKey
let rs: TestKey
let ed: TestKey
let ps: TestKey
let es384: TestKey
let stranger: TestKey
let options: IdentityOptions

beforeAll(async () => {
  ;[es, rs, ed, ps, es384, stranger] = await Promise.all([
    testKey('ES256', 'es'),
    testKey('RS256', 'rs'),
    testKey('EdDSA', 'ed'),
    testKey('PS256', 'ps'),
    testKey('ES384', 'es384'),
    testKey('ES256', 'es'),
  ])
  const keys = staticKeys(setOf(es, rs, ed, ps, es384))
  options = { issuer: ISSUER, audience: CLIENT, keys, clock: () => NOW * 1000 }
})

const verdict = (token: unknown, more: Partial<IdentityOptions> = {}) => verifyIdentity(token, { ...options, ...more })
const reasonOf = async (token: unknown, more: Partial<IdentityOptions> = {}) => {
  const answer = await verdict(token, more)
  if (answer.outcome === 'verified') return 'verified'
  return answer.claim === undefined ? answer.reason : `${answer.reason} ${answer.claim}`
}

describe('S44 S108: an identity', () => {
  it('is read from a token signed with each algorithm of the default list', async () => {
    for (const key of [es, rs, ed, ps]) {
      expect(await verdict(await signed(key))).toEqual({
        outcome: 'verified',
        identity: {
          subject: 'u-17',
          issuer: ISSUER,
          audience: [CLIENT],
          issuedAt: (NOW - 5) * 1000,
          expiresAt: (NOW + 300) * 1000,
          usableUntil: (NOW + 360) * 1000,
          authTime: (NOW - 10) * 1000,
          amr: ['pwd', 'otp'],
          acr: null,
          claims: goodClaims,
        },
      })
    }
  })

  it('says null where the token says nothing', async () => {
    const answer = await verdict(await signed(es, { amr: undefined, auth_time: undefined }))
    expect(answer).toMatchObject({ outcome: 'verified', identity: { amr: null, acr: null, authTime: null } })
  })

  it('cannot be changed afterwards', async () => {
    const answer = await verdict(await signed(es, { realm: { groups: ['a'] } }))
    if (answer.outcome !== 'verified') throw new Error('must be verified')
    const { identity } = answer
    const groups = (identity.claims.realm as { groups: string[] }).groups
    expect(() => groups.push('admin')).toThrow(TypeError)
    expect(() => (identity.amr as string[]).push('mfa')).toThrow(TypeError)
    expect(Object.isFrozen(identity)).toBe(true)
  })

  it('is never younger than now, when the clock of the provider runs ahead within the tolerance', async () => {
    const answer = await verdict(await signed(es, { auth_time: NOW + 50, iat: NOW + 50 }))
    expect(answer).toMatchObject({ outcome: 'verified', identity: { authTime: NOW * 1000 } })
  })

  it('is usable no longer than the greatest age of its token', async () => {
    const answer = await verdict(await signed(es, { exp: NOW + 86_400 }), { maxAgeSeconds: 100 })
    expect(answer).toMatchObject({ outcome: 'verified', identity: { usableUntil: (NOW - 5 + 100 + 60) * 1000 } })
  })
})

describe('S44: refused by algorithm and key', () => {
  it('alg none, in every spelling, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'null']) {
      for (const tail of ['', 'AA', base64url('signature')]) {
        const token = `${base64url(JSON.stringify({ alg, kid: 'es' }))}.${base64url(JSON.stringify(goodClaims))}.${tail}`
        expect(['algorithm', 'malformed']).toContain(await reasonOf(token))
      }
    }
    const bare = `${base64url('{"alg":"none"}')}.${base64url(JSON.stringify(goodClaims))}.`
    expect(await reasonOf(bare)).toBe('algorithm')
  })

  it('HS256 with the public key as the secret', async () => {
    const secrets = [await exportSPKI(rs.publicKey), JSON.stringify(rs.jwk), rs.jwk.n as string]
    for (const secret of secrets) {
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        const token = await new SignJWT({ ...goodClaims }).setProtectedHeader({ alg, kid: 'rs' }).sign(Buffer.from(secret))
        expect(await reasonOf(token)).toBe('algorithm')
      }
    }
  })

  it('an algorithm that is not on the list, and one that is none cannot be put there', async () => {
    const token = await signed(es384)
    expect(await reasonOf(token)).toBe('algorithm')
    expect(await reasonOf(token, { algorithms: ['ES384'] })).toBe('verified')
    for (const algorithm of ['none', 'HS256', 'RSA-OAEP', 'dir']) {
      const error = await refusal(verdict(token, { algorithms: [algorithm as 'ES256'] }))
      expect(error.code).toBe('PHI_RBAC_SESSION_OPTIONS')
    }
    expect((await refusal(verdict(token, { algorithms: [] }))).code).toBe('PHI_RBAC_SESSION_OPTIONS')
  })

  it('another key under a known kid, an unknown kid, a kid that is a path, a header with a key of its own', async () => {
    expect(await reasonOf(await signed(stranger))).toBe('signature')
    for (const kid of [
      'other',
      '../../../../dev/null',
      'es\0',
      'ES',
      '__proto__',
      'constructor',
      "' OR 1=1 --",
      'https://evil.example/k',
    ]) {
      expect(await reasonOf(await signed(stranger, {}, { kid }))).toBe('unknown-key')
    }
    const embedded = { jwk: stranger.jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x' } as object
    expect(await reasonOf(await signed(stranger, {}, embedded))).toBe('signature')
    expect(await reasonOf(await signed(stranger, {}, { ...embedded, kid: 'theirs' }))).toBe('unknown-key')
    // Two keys fit a token that names none: which one is meant is a guess.
    const twins = staticKeys(setOf(es, { ...stranger, jwk: { ...stranger.jwk, kid: 'es2' } }))
    const nameless = await new SignJWT({ ...goodClaims }).setProtectedHeader({ alg: 'ES256' }).sign(es.privateKey)
    expect(await reasonOf(nameless, { keys: twins })).toBe('unknown-key')
    expect(await reasonOf(nameless, { keys: staticKeys(setOf(es)) })).toBe('verified')
  })

  it('a key for another algorithm', async () => {
    expect(await reasonOf(await signed({ ...es, kid: 'rs' }))).toBe('unknown-key')
    const pretends = await signed(rs, {}, { alg: 'PS256' as const }).catch(() => undefined)
    expect(pretends).toBeUndefined()
    const parts = (await signed(rs)).split('.')
    parts[0] = base64url('{"alg":"PS256","kid":"rs"}')
    expect(await reasonOf(parts.join('.'))).toBe('unknown-key')
  })

  it('a signature that is cut, changed or taken from another token', async () => {
    for (const key of [es, rs, ed, ps]) {
      const token = await signed(key)
      const [header, payload, signature] = token.split('.') as [string, string, string]
      for (const cut of [0, 2, 10, signature.length - 4]) {
        expect(await reasonOf(`${header}.${payload}.${signature.slice(0, cut)}`), `cut at ${cut}`).toBe('signature')
      }
      const other = (await signed(key, { sub: 'u-18' })).split('.')
      expect(await reasonOf(`${header}.${other[1]}.${signature}`)).toBe('signature')
      const zeros = base64url(new Uint8Array(Buffer.from(signature, 'base64url').length))
      expect(await reasonOf(`${header}.${payload}.${zeros}`)).toBe('signature')
    }
  })

  it('a private or a symmetric key in the set, and an empty set', async () => {
    const bad: unknown[] = [
      { keys: [{ kty: 'oct', k: 'AAAA', kid: 'es' }] },
      { keys: [{ ...es.jwk, d: 'AAAA' }] },
      { keys: [es.jwk, { ...rs.jwk, p: 'AAAA' }] },
      { keys: [] },
      {},
      null,
      'keys',
      { keys: [{}] },
      {
        get keys(): never {
          throw new Error('u-17')
        },
      },
    ]
    for (const each of bad) {
      const error = await refusal(() => staticKeys(each as never))
      expect(error.code).toBe('PHI_RBAC_SESSION_KEYS')
      expect(error.cause).toBeUndefined()
    }
  })
})

describe('S44: refused by claims', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'issuer iss'],
    ['an issuer with a slash more', { iss: `${ISSUER}/` }, 'issuer iss'],
    ['another audience', { aud: 'other-app' }, 'audience aud'],
    ['an audience in a list with others', { aud: [CLIENT, 'other-app'] }, 'audience aud'],
    ['an empty list of audiences', { aud: [] }, 'audience aud'],
    ['an audience that holds ours', { aud: `${CLIENT}-2` }, 'audience aud'],
    ['an audience that is no text', { aud: { [CLIENT]: true } }, 'audience aud'],
    ['a list with something else in it', { aud: [CLIENT, 7] }, 'claim aud'],
    ['another authorized party', { azp: 'other-app' }, 'audience azp'],
    ['no sub', { sub: undefined }, 'claim sub'],
    ['no iss', { iss: undefined }, 'claim iss'],
    ['no aud', { aud: undefined }, 'claim aud'],
    ['no exp', { exp: undefined }, 'claim exp'],
    ['no iat', { iat: undefined }, 'claim iat'],
    ['an empty sub', { sub: '' }, 'claim sub'],
    ['a sub that is a number', { sub: 17 }, 'claim sub'],
    ['a sub with a line feed', { sub: 'u-17\nadmin' }, 'claim sub'],
    ['a sub with a space behind', { sub: 'u-17 ' }, 'claim sub'],
    ['an exp that is a text', { exp: `${NOW + 300}` }, 'claim exp'],
    ['an exp that is null', { exp: null }, 'claim exp'],
    ['an exp beyond all time', { exp: 1e300 }, 'claim exp'],
    ['an iat that is a text', { iat: 'now' }, 'claim iat'],
    ['an iat before 1970', { iat: -5 }, 'too-old iat'],
    ['expired, the tolerance included', { exp: NOW - 60 }, 'expired exp'],
    ['not valid yet', { nbf: NOW + 61 }, 'not-yet-valid nbf'],
    ['an nbf that is a text', { nbf: 'soon' }, 'claim nbf'],
    ['issued in the future', { iat: NOW + 61 }, 'issued-in-future iat'],
    ['signed in in the future', { auth_time: NOW + 61 }, 'issued-in-future auth_time'],
    ['issued too long ago', { iat: NOW - 661 }, 'too-old iat'],
    ['an auth_time that is a text', { auth_time: 'today' }, 'claim auth_time'],
    ['an amr that is a text', { amr: 'mfa' }, 'claim amr'],
    ['an amr with something else in it', { amr: ['pwd', { mfa: true }] }, 'claim amr'],
    ['an acr that is a list', { acr: ['urn:mfa'] }, 'claim acr'],
    ['a nonce that is a number', { nonce: 1 }, 'claim nonce'],
  ])('%s', async (_, change, reason) => {
    expect(await reasonOf(await signed(es, change))).toBe(reason)
  })

  it('and taken at the last moment before', async () => {
    for (const change of [
      { exp: NOW - 59 },
      { nbf: NOW + 60 },
      { iat: NOW + 60 },
      { iat: NOW - 660 },
      { auth_time: NOW + 60 },
      { aud: [CLIENT] },
      { azp: CLIENT },
    ]) {
      expect(await reasonOf(await signed(es, change)), JSON.stringify(change)).toBe('verified')
    }
  })

  it('several audiences, when all of them are ours', async () => {
    const token = await signed(es, { aud: [CLIENT, 'clinic-app'] })
    expect(await reasonOf(token, { audience: [CLIENT, 'clinic-app'] })).toBe('verified')
  })

  it('a nonce that was not sent, and none where one was', async () => {
    expect(await reasonOf(await signed(es, { nonce: 'n-1' }), { nonce: 'n-1' })).toBe('verified')
    expect(await reasonOf(await signed(es, { nonce: 'n-2' }), { nonce: 'n-1' })).toBe('nonce nonce')
    expect(await reasonOf(await signed(es), { nonce: 'n-1' })).toBe('nonce nonce')
  })

  it('a claim that is named twice, escaped or nested, and an Infinity in disguise', async () => {
    const rest = `"iss":"${ISSUER}","aud":"${CLIENT}","iat":${NOW},"exp":${NOW + 60}`
    const header = '{"alg":"ES256","kid":"es"}'
    const read = async (payload: string, head = header) => reasonOf(await signedText(es, head, payload))
    expect(await read(`{"sub":"u-1",${rest}}`)).toBe('verified')
    expect(await read(`{"sub":"u-1",${rest},"sub":"u-2"}`)).toBe('duplicate-member')
    expect(await read(`{"sub":"u-1",${rest},"s\\u0075b":"u-2"}`)).toBe('duplicate-member')
    expect(await read(`{"sub":"u-1",${rest},"a":[{"b":{"c":1,"c":2}}]}`)).toBe('duplicate-member')
    expect(await read(`{"sub":"u-1",${rest},"a":[{"c":1},{"c":2}],"c":"{\\"c\\":1,\\"c\\":2}"}`)).toBe('verified')
    expect(await read(`{"sub":"u-1",${rest}}`, '{"alg":"none","kid":"es","alg":"ES256"}')).toBe('duplicate-member')
    expect(await read(`{"sub":"u-1","iss":"${ISSUER}","aud":"${CLIENT}","iat":${NOW},"exp":1e999}`)).toBe('claim exp')
    expect(await read(`{"sub":"u-1",${rest},"__proto__":{"amr":["mfa"]}}`)).toBe('verified')
    expect(({} as { amr?: unknown }).amr).toBeUndefined()
    for (const payload of ['[]', '"u-1"', 'null', '7', '', '{', '{}{}', '\ufeff{}']) {
      expect(['malformed', 'claim iss', 'claim sub']).toContain(await read(payload))
    }
  })
})

describe('S44: what is planted on Object.prototype', () => {
  it('is no claim, no factor and no algorithm', async () => {
    const token = await signed(es, { amr: undefined, auth_time: undefined })
    const subjectless = await signed(es, { sub: undefined })
    const planted = {
      amr: ['mfa'],
      acr: 'urn:mfa',
      auth_time: NOW,
      sub: 'u-1',
      alg: 'none',
      typ: 'at+jwt',
      outcome: 'verified',
    }
    for (const [name, value] of Object.entries(planted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
    }
    try {
      expect(await verdict(token)).toMatchObject({ outcome: 'verified', identity: { amr: null, acr: null, authTime: null } })
      expect(await reasonOf(subjectless)).toBe('claim sub')
    } finally {
      for (const name of Object.keys(planted)) Reflect.deleteProperty(Object.prototype, name)
    }
  })
})

describe('S44: refused by header', () => {
  it('another kind of token', async () => {
    for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt', 'phi-session+jwt', 'JOSE', '']) {
      expect(await reasonOf(await signed(es, {}, { typ })), typ).toBe('type')
    }
    for (const typ of ['JWT', 'jwt', 'application/JWT'])
      expect(await reasonOf(await signed(es, {}, { typ })), typ).toBe('verified')
    expect(await reasonOf(await signed(es, {}, { typ: 'at+jwt' }), { types: ['at+jwt'] })).toBe('verified')
  })

  it('critical parameters, of which none are supported', async () => {
    const payload = JSON.stringify(goodClaims)
    for (const crit of ['["exp"]', '["b64"]', '["x"]', '[]', '"exp"', 'null', '["alg"]']) {
      const token = await signedText(es, `{"alg":"ES256","kid":"es","crit":${crit},"exp":1,"b64":true}`, payload)
      expect(await reasonOf(token), crit).toBe('critical-header')
    }
  })

  it('a kid or an algorithm that is no text', async () => {
    const payload = JSON.stringify(goodClaims)
    expect(await reasonOf(await signedText(es, '{"alg":"ES256","kid":{"es":1}}', payload))).toBe('malformed')
    expect(await reasonOf(await signedText(es, '{"alg":["ES256"],"kid":"es"}', payload))).toBe('algorithm')
    expect(await reasonOf(await signedText(es, '{"kid":"es"}', payload))).toBe('algorithm')
    expect(await reasonOf(await signedText(es, '[]', payload))).toBe('malformed')
    expect(await reasonOf(await signedText(es, '{"alg":"ES256","kid":"es","typ":7}', payload))).toBe('type')
  })
})

describe('S44: what is no token at all', () => {
  it('gets an answer, whatever it is', async () => {
    const trap = new Proxy(
      {},
      {
        get() {
          throw new Error('trap')
        },
      },
    )
    const values: unknown[] = [
      undefined,
      null,
      0,
      {},
      [],
      trap,
      '',
      '.',
      '..',
      '...',
      'a.b',
      'a.b.c',
      'é.é.é',
      '\0',
      ' ',
      Symbol('x'),
      () => 'x',
    ]
    for (const value of values) expect(await reasonOf(value)).toBe('malformed')
    expect(await reasonOf('a.b.c.d.e')).toBe('malformed')
    expect(await reasonOf('x'.repeat(16_385))).toBe('too-large')
    const padded = await signed(es, { pad: 'x'.repeat(16_384) })
    expect(await reasonOf(padded)).toBe('too-large')
    expect(await reasonOf('a'.repeat(50_000_000))).toBe('too-large')
  })

  it('no text, however made, is verified or throws', async () => {
    const token = await signed(es)
    const edit = fc.tuple(fc.nat(token.length - 1), fc.string({ maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.array(edit, { minLength: 1, maxLength: 4 })), async (change) => {
        const text =
          typeof change === 'string'
            ? change
            : change.reduce((t, [at, put]) => t.slice(0, at) + put + t.slice(at + put.length), token)
        const answer = await verdict(text)
        // The last character of a base64url text has bits that nobody reads, so an edit there can be the same token.
        if (answer.outcome === 'verified') expect(text.slice(0, -1)).toBe(token.slice(0, -1))
        else expect(Object.keys(identityRefusals)).toContain(answer.reason)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 300 },
    )
  })
})

describe('keys and clocks that fail', () => {
  it('S44: keys that cannot be had are an outage, and refused', async () => {
    const token = await signed(es)
    const broken = [
      { keyFor: async () => Promise.reject(new Error('secret')) },
      {
        keyFor: () => {
          throw new Error('secret')
        },
      },
    ]
    for (const keys of broken) expect(await reasonOf(token, { keys })).toBe('keys-unavailable')
    for (const key of [undefined, null, {}, new Uint8Array(32), 'key', rs.publicKey, es.privateKey]) {
      expect(await reasonOf(token, { keys: { keyFor: async () => key as object } })).not.toBe('verified')
    }
  })

  it('a clock without a time is refused', async () => {
    const token = await signed(es)
    const clocks = [
      () => Number.NaN,
      () => Number.POSITIVE_INFINITY,
      () => -1,
      () => {
        throw new Error('x')
      },
      () => '1' as never,
    ]
    for (const clock of clocks) expect(await reasonOf(token, { clock })).toBe('clock')
    expect(await reasonOf(token, { clock: fixedClock(NOW * 1000) })).toBe('verified')
  })

  it('options that are wrong are an error without a value in it', async () => {
    const token = await signed(es)
    const bad: object[] = [
      { issuer: '' },
      { audience: [] },
      { audience: '' },
      { keys: {} },
      { clockToleranceSeconds: -1 },
      { clockToleranceSeconds: 301 },
    ]
    bad.push(
      { clockToleranceSeconds: Number.NaN },
      { maxAgeSeconds: 0 },
      { maxAgeSeconds: Number.POSITIVE_INFINITY },
      { Issuer: 'patient-4711' },
    )
    for (const each of bad) {
      const error = await refusal(verdict(token, each))
      expect(error.code).toBe('PHI_RBAC_SESSION_OPTIONS')
      expect(JSON.stringify(error)).not.toContain('4711')
    }
  })
})
