import { fixedClock } from '@phi/core'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { CLIENT, ISSUER, keyServer, NOW, setOf, signed, type TestKey, testKey } from '../../test/identity-provider.ts'
import { verifyIdentity } from './identity.ts'
import { type IdentityKeys, type RemoteKeysOptions, remoteKeys } from './identity-keys.ts'

let first: TestKey
let second: TestKey
let unknown: TestKey
beforeAll(async () => {
  ;[first, second, unknown] = await Promise.all([testKey('ES256', 'k1'), testKey('ES256', 'k2'), testKey('ES256', 'k9')])
})

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closing.splice(0)) await close()
})
async function served(...keys: TestKey[]) {
  const server = await keyServer(() => ({ body: JSON.stringify(setOf(...keys)) }))
  closing.push(server.close)
  return {
    ...server,
    answer: (next: typeof server.state.answer) => {
      server.state.answer = next
    },
  }
}

const ask = async (keys: IdentityKeys, key: TestKey) => {
  const answer = await verifyIdentity(await signed(key), { issuer: ISSUER, audience: CLIENT, keys, clock: () => NOW * 1000 })
  return answer.outcome === 'verified' ? 'verified' : answer.reason
}
const eager: RemoteKeysOptions = { cooldownMs: 0, failureCooldownMs: 0 }

/** The date stands still and is moved by hand; timers and the network go on. */
function frozenDate() {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
  return { advance: (ms: number) => vi.setSystemTime(Date.now() + ms) }
}

describe('S44: keys at the address of a provider', () => {
  it('are asked for once, and not again for every token', async () => {
    const server = await served(first)
    const keys = remoteKeys(server.url)
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(keys, first)))
    expect(new Set(answers)).toEqual(new Set(['verified']))
    expect(server.state.requests).toBe(1)
  })

  it('rotate: an unknown kid leads to one request, and then to none until the cooldown is over', async () => {
    const server = await served(first)
    const date = frozenDate()
    const keys = remoteKeys(server.url, { ...eager, cooldownMs: 300 })
    expect(await ask(keys, first)).toBe('verified')
    server.answer(() => ({ body: JSON.stringify(setOf(first, second)) }))
    expect(await ask(keys, second)).toBe('unknown-key')
    expect(server.state.requests).toBe(1)
    date.advance(300)
    expect(await ask(keys, second)).toBe('verified')
    expect(server.state.requests).toBe(2)
    // A flood of made-up kids asks nobody.
    const flood = await Promise.all(Array.from({ length: 50 }, () => ask(keys, unknown)))
    expect(new Set(flood)).toEqual(new Set(['unknown-key']))
    expect(server.state.requests).toBe(2)
  })

  it('rotate out: a key that left the set is refused once the set is asked for again', async () => {
    const server = await served(first, second)
    const date = frozenDate()
    const keys = remoteKeys(server.url, { ...eager, maxAgeMs: 100 })
    expect(await ask(keys, first)).toBe('verified')
    server.answer(() => ({ body: JSON.stringify(setOf(second)) }))
    expect(await ask(keys, first)).toBe('verified')
    date.advance(100)
    expect(await ask(keys, first)).toBe('unknown-key')
    expect(await ask(keys, second)).toBe('verified')
  })

  it('during an outage known keys go on until their greatest age, and nothing is verified after it', async () => {
    const server = await served(first)
    const date = frozenDate()
    const keys = remoteKeys(server.url, { ...eager, maxAgeMs: 200 })
    expect(await ask(keys, first)).toBe('verified')
    server.answer(() => ({ status: 503, body: 'down' }))
    expect(await ask(keys, first)).toBe('verified')
    expect(await ask(keys, second)).toBe('keys-unavailable')
    date.advance(200)
    expect(await ask(keys, first)).toBe('keys-unavailable')
    server.answer(() => ({ body: JSON.stringify(setOf(first)) }))
    expect(await ask(keys, first)).toBe('verified')
  })

  it('during an outage the provider is not hammered', async () => {
    const server = await served(first)
    server.answer(() => ({ status: 500, body: '' }))
    const clock = fixedClock(NOW * 1000)
    const keys = remoteKeys(server.url, { ...eager, failureCooldownMs: 2000, clock })
    for (let i = 0; i < 30; i++) expect(await ask(keys, first)).toBe('keys-unavailable')
    expect(server.state.requests).toBe(1)
    server.answer(() => ({ body: JSON.stringify(setOf(first)) }))
    clock.advance(1999)
    expect(await ask(keys, first)).toBe('keys-unavailable')
    clock.advance(1)
    expect(await ask(keys, first)).toBe('verified')
    expect(server.state.requests).toBe(2)
  })

  it('a server that is slow, is gone, redirects or talks nonsense is an outage', async () => {
    const good = JSON.stringify(setOf(first))
    const elsewhere = await served(first)
    const answers: (() => { status?: number; body: string; delayMs?: number; headers?: Record<string, string> })[] = [
      () => ({ status: 302, body: '', headers: { location: elsewhere.url } }),
      () => ({ status: 201, body: good }),
      () => ({ body: '<html>' }),
      () => ({ body: '[]' }),
      () => ({ body: 'null' }),
      () => ({ body: '{"keys":{}}' }),
      () => ({ body: '{"keys":["x"]}' }),
      () => ({ body: `{"keys":[],"pad":"${'x'.repeat(300_000)}"}` }),
      () => ({ body: good, headers: { 'content-length': '10' } }),
    ]
    for (const answer of answers) {
      const server = await served(first)
      server.answer(answer)
      expect(await ask(remoteKeys(server.url, eager), first)).toBe('keys-unavailable')
    }
    expect(elsewhere.state.requests).toBe(0)
    const slow = await served(first)
    slow.answer(() => ({ body: good, delayMs: 20_000 }))
    expect(await ask(remoteKeys(slow.url, { ...eager, timeoutMs: 100 }), first)).toBe('keys-unavailable')
    const gone = await served(first)
    await gone.close()
    expect(await ask(remoteKeys(gone.url, eager), first)).toBe('keys-unavailable')
  })

  it('a set with a symmetric key in it verifies nothing with that key', async () => {
    const server = await served(first)
    const oct = { kty: 'oct', k: 'AAAA', kid: 'k9', alg: 'HS256' }
    server.answer(() => ({ body: JSON.stringify({ keys: [oct, first.jwk] }) }))
    const keys = remoteKeys(server.url, eager)
    expect(await ask(keys, first)).toBe('verified')
    expect(await ask(keys, unknown)).toBe('unknown-key')
    expect(await keys.keyFor({ alg: 'HS256', kid: 'k9' }).catch(() => 'refused')).toBe('refused')
  })

  it('come from an https address, or from this machine', async () => {
    const bad = [
      'http://id.example.org/jwks',
      'ftp://localhost/x',
      'https://u:p@id.example.org/',
      'id.example.org',
      '',
      'file:///etc/jwks',
      'http://localhost.evil.example/',
    ]
    for (const url of bad) expect((await refusal(() => remoteKeys(url))).code).toBe('PHI_RBAC_SESSION_OPTIONS')
    for (const options of [{ timeoutMs: 0 }, { cooldownMs: -1 }, { maxAgeMs: Number.NaN }, { other: 1 }]) {
      expect((await refusal(() => remoteKeys('https://id.example.org/jwks', options))).code).toBe('PHI_RBAC_SESSION_OPTIONS')
    }
    expect(typeof remoteKeys('https://id.example.org/jwks').keyFor).toBe('function')
  })
})
