import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { CLIENT, ISSUER, NOW, setOf, signed, testKey } from '../../test/identity-provider.ts'
import * as session from './index.ts'

interface Given {
  readonly tokens: readonly string[]
  readonly keySet: session.JsonWebKeySet
  readonly issuer: string
  readonly audience: string
  readonly now: number
}

/** What both sides compute: plain data in, plain data out. Its source text runs in the browser, so it may use `session` only. */
async function compute(session: typeof import('./index.ts'), { tokens, keySet, issuer, audience, now }: Given) {
  const keys = session.staticKeys(keySet)
  const clock = () => now
  const identities = []
  for (const token of tokens) identities.push(await session.verifyIdentity(token, { issuer, audience, keys, clock }))
  const policy = session.ipPolicy({ allow: ['192.0.2.0/24', '2001:db8::/32'], deny: ['192.0.2.66'] })
  const addresses = ['192.0.2.1', '::ffff:192.0.2.66', '2001:DB8::1', 'fe80::1%eth0', '192.0.2.01', '198.51.100.1']
  const sessions = await session.openSessions({
    store: session.memorySessionStore(),
    keys: { signing: await session.generateSessionKey() },
    issuer: 'app',
    audience: 'app',
    profile: session.sessionProfiles.standard,
    clock,
  })
  const first = identities[0]
  const begun =
    first?.outcome === 'verified' ? await sessions.begin(first.identity, { tenant: 'a', roles: ['therapist'] }) : undefined
  const token = begun?.outcome === 'begun' ? begun.token : undefined
  const rotated = await sessions.rotate(token, 'break-glass')
  const outcomes = [(await sessions.check(token)).outcome, rotated.outcome, (await sessions.check(`${token}x`)).outcome]
  return {
    identities,
    mfa: [['pwd'], ['pwd', 'otp'], ['magic']].map((amr) => session.mfaVerdict({ amr, acr: null })),
    addresses: addresses.map((address) => policy.check(address)),
    challenge: session.stepUpChallenge({ acr_values: ['urn:mfa'], max_age: 300 }),
    outcomes,
  }
}

const home = fileURLToPath(new URL('.', import.meta.url))
let given: Given
let entry: string

beforeAll(async () => {
  const [es, rs, ps, stranger] = await Promise.all([
    testKey('ES256', 'es'),
    testKey('RS256', 'rs'),
    testKey('PS256', 'ps'),
    testKey('ES256', 'es'),
  ])
  const good = await Promise.all([signed(es), signed(rs), signed(ps)])
  const bad = await Promise.all([signed(stranger), signed(es, { aud: 'other' }), signed(es, { sub: undefined })])
  const tokens = [...good, ...bad, 'a.b.c', `${good[0]?.split('.').slice(0, 2).join('.')}.`]
  given = { tokens, keySet: setOf(es, rs, ps), issuer: ISSUER, audience: CLIENT, now: NOW * 1000 }
  entry = `import * as session from './index.ts'\nglobalThis.result = (${compute.toString()})(session, ${JSON.stringify(given)})`
})

describe('the bundle for a browser', () => {
  it('holds nothing of Node', async () => {
    expect(await bundleForBrowser(entry, home)).not.toMatch(/from "node:|require\("node:/)
  })
})

const found = chromiumPath() !== undefined
describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('S3 S22 S44: identities, factors, addresses and sessions come out as in Node', async () => {
    const here = await compute(session, given)
    expect(here.identities.map((each) => (each.outcome === 'verified' ? 'verified' : each.reason))).toEqual([
      ...['verified', 'verified', 'verified', 'signature', 'audience', 'claim', 'malformed', 'signature'],
    ])
    expect(here.outcomes).toEqual(['active', 'active', 'refused'])
    expect(await inChromium(entry, home)).toEqual(JSON.parse(JSON.stringify(here)))
  })
})
