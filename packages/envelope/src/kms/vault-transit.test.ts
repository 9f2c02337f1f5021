import { randomBytes, toBase64 } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { expectNoLeak } from '../../test/kms/leaks.ts'
import { answering, drop, empty, type Fault, hang, html, json, lying, redirect, truncated } from '../../test/kms/loopback.ts'
import { startVault, type VaultServer } from '../../test/kms/vault-server.ts'
import { bindInside } from './bind-inside.ts'
import { contextBytes } from './context.ts'
import { rotateVaultTransit, vaultTransit } from './vault-transit.ts'

const context = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d', subject: 'patient-7731' } as const
const dataKey = Uint8Array.from(randomBytes(32))

let server: VaultServer
const options = () => ({ address: server.address, key: 'phi', token: server.token })
const kms = (more: Partial<Parameters<typeof vaultTransit>[0]> = {}) => vaultTransit({ ...options(), ...more })
const wrap = () => kms().wrap({ dataKey, context })
const breaking = (fault: Fault | undefined) => {
  server.loopback.fault = fault
}
const codeOf = async (work: Promise<unknown>) => (await refusal(work)).code.replace('PHI_ENVELOPE_KMS_', '')

beforeEach(async () => {
  server = await startVault()
  server.createKey('phi')
})
afterEach(() => server.loopback.close())

describe('S19 S89 vault-transit: wrap and unwrap', () => {
  it('sends the context as associated data, and bound inside, and the token in its header', async () => {
    const wrapped = await wrap()
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(wrapped).toMatchObject({ kek: 'transit/phi:v1', mechanism: 'aes256-gcm96+context' })
    expect(wrapped.wrapped).toHaveLength(12 + 64 + 16)
    const [read, encrypt, decrypt] = server.loopback.calls
    expect([read, encrypt, decrypt].map((call) => `${call?.method} ${call?.path}`)).toEqual([
      'GET /v1/transit/keys/phi',
      'POST /v1/transit/encrypt/phi',
      'POST /v1/transit/decrypt/phi',
    ])
    const associated = toBase64(contextBytes(context))
    expect(JSON.parse(encrypt?.body as string)).toEqual({
      plaintext: toBase64(bindInside(dataKey, context)),
      associated_data: associated,
      key_version: 1,
    })
    expect(JSON.parse(decrypt?.body as string)).toEqual({
      ciphertext: `vault:v1:${toBase64(wrapped.wrapped)}`,
      associated_data: associated,
    })
    expect(encrypt?.headers).toMatchObject({ 'x-vault-token': server.token, 'x-vault-request': 'true' })
  })

  it('S91 binds the context also on a Vault that leaves associated data out without a word', async () => {
    server.forgetsAssociatedData = true
    const wrapped = await wrap()
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    for (const other of [
      { ...context, tenant: 'clinic-b' },
      { ...context, purpose: 'file' as const },
      { ...context, id: '0a0b0c0e' },
      { ...context, subject: 'patient-7732' },
    ])
      expect(await codeOf(kms().unwrap({ ...wrapped, context: other }))).toBe('REFUSED')
  })

  it('wraps under a named version, and opens each version with its own', async () => {
    const first = await wrap()
    await rotateVaultTransit(options())
    const second = await wrap()
    const named = await kms().wrap({ dataKey, context, kek: 'transit/phi:v1' })
    expect([first, second, named].map(({ kek }) => kek)).toEqual(['transit/phi:v1', 'transit/phi:v2', 'transit/phi:v1'])
    for (const wrapped of [first, second, named]) expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(await codeOf(kms().unwrap({ ...first, kek: 'transit/phi:v2', context }))).toBe('REFUSED')
    expect(await codeOf(kms().unwrap({ ...first, kek: 'transit/phi:v3', context }))).toBe('REFUSED')
  })

  it('does not make a key that is missing, though the policy would let it', async () => {
    expect(await codeOf(kms({ key: 'mispelt' }).wrap({ dataKey, context }))).toBe('KEY_GONE')
    expect(server.has('mispelt')).toBe(false)
  })

  it('refuses keys of another type, and derived ones', async () => {
    server.createKey('rsa', { type: 'rsa-4096' })
    server.createKey('derived', { derived: true })
    for (const key of ['rsa', 'derived']) {
      expect(await codeOf(kms({ key }).wrap({ dataKey, context }))).toBe('UNSUPPORTED')
      expect(await codeOf(kms({ key }).describe())).toBe('UNSUPPORTED')
    }
  })

  it('does not ask about what cannot be one of its records', async () => {
    const wrapped = await wrap()
    const before = server.loopback.calls.length
    for (const [change, code] of [
      [{ mechanism: 'aes256-gcm96' }, 'REFUSED'],
      [{ kek: 'transit/phi' }, 'REFUSED'],
      [{ wrapped: new Uint8Array(0) }, 'REFUSED'],
      [{ wrapped: new Uint8Array(257) }, 'REFUSED'],
      [{ kek: 'other/phi:v1' }, 'UNSUPPORTED'],
      [{ kek: 'transit/../sys/phi:v1' }, 'UNSUPPORTED'],
      [{ kek: 'transit/phi:v0' }, 'UNSUPPORTED'],
      [{ kek: 'phi' }, 'UNSUPPORTED'],
      [{ kek: '' }, 'UNSUPPORTED'],
    ] as const)
      expect([change, await codeOf(kms().unwrap({ ...wrapped, ...change, context }))]).toEqual([change, code])
    expect(server.loopback.calls.length).toBe(before)
  })

  it('names its namespace and its mount', async () => {
    server.namespace = 'team/phi'
    expect(await codeOf(kms().describe())).toBe('DENIED')
    expect((await kms({ namespace: 'team/phi' }).describe()).kek).toBe('transit/phi:v1')
    const nested = await startVault({ mount: 'kms/transit' })
    nested.createKey('phi')
    const adapter = vaultTransit({ address: `${nested.address}/`, key: 'phi', mount: 'kms/transit', token: nested.token })
    const wrapped = await adapter.wrap({ dataKey, context })
    expect(wrapped.kek).toBe('kms/transit/phi:v1')
    expect(await adapter.unwrap({ ...wrapped, context })).toEqual(dataKey)
    nested.loopback.close()
  })

  it('asks the token provider for every call', async () => {
    const tokens = ['expired', server.token]
    const adapter = kms({ token: async () => tokens.shift() as string })
    expect(await codeOf(adapter.describe())).toBe('DENIED')
    expect((await adapter.describe()).state).toBe('enabled')
    const failing = await refusal(kms({ token: () => Promise.reject(new Error('secret path')) }).describe())
    expect(failing.code).toBe('PHI_ENVELOPE_KMS_DENIED')
    expectNoLeak(failing, ['secret path'])
  })
})

describe('S19 vault-transit: describe', () => {
  it('tells the latest version without a name, and the states of the others', async () => {
    for (let i = 0; i < 4; i++) await rotateVaultTransit(options())
    Object.assign(server.key('phi'), { minDecryption: 3, minAvailable: 2 })
    expect(await kms().describe()).toEqual({ kek: 'transit/phi:v5', state: 'enabled', protection: 'software' })
    const states = []
    for (const version of [1, 2, 3, 4, 5]) states.push((await kms().describe(`transit/phi:v${version}`)).state)
    expect(states).toEqual(['destroyed', 'disabled', 'enabled', 'enabled', 'enabled'])
    expect(await codeOf(kms().describe('transit/phi:v6'))).toBe('KEY_GONE')
  })

  it('says of versions below min_decryption_version that they cannot be used', async () => {
    const wrapped = await wrap()
    await rotateVaultTransit(options())
    server.key('phi').minDecryption = 2
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('KEY_UNUSABLE')
  })

  it('S90 rotates, and answers the new version', async () => {
    expect(await rotateVaultTransit(options())).toBe('transit/phi:v2')
    expect((await kms().describe()).kek).toBe('transit/phi:v2')
    breaking((call, honest) => (call.path.endsWith('/rotate') ? json(200, { data: {} }) : honest()))
    expect(await codeOf(rotateVaultTransit(options()))).toBe('ANSWER')
  })
})

describe('S121 vault-transit: destroy', () => {
  it('deletes the key, looks whether it is gone, and says so', async () => {
    const wrapped = await wrap()
    expect(await kms().destroy(wrapped.kek)).toEqual({
      kek: 'transit/phi:v1',
      state: 'destroyed',
      receipt: { service: 'vault-transit', operation: 'DELETE keys', versions: '1', confirmed: 'read after deletion: 404' },
    })
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('KEY_GONE')
    expect(await codeOf(kms().describe(wrapped.kek))).toBe('KEY_GONE')
  })

  it('deletes every version only where the name has none', async () => {
    await rotateVaultTransit(options())
    expect(await codeOf(kms().destroy('transit/phi:v1'))).toBe('UNSUPPORTED')
    expect(server.has('phi')).toBe(true)
    expect(await kms().destroy('transit/phi')).toMatchObject({ kek: 'transit/phi', state: 'destroyed' })
    expect(server.has('phi')).toBe(false)
  })

  it('does not where deletion_allowed is false, whether it was read or the service says so', async () => {
    server.key('phi').deletionAllowed = false
    expect(await codeOf(kms().destroy('transit/phi:v1'))).toBe('UNSUPPORTED')
    expect(server.loopback.calls.some(({ method }) => method === 'DELETE')).toBe(false)
    breaking(
      lying((body, { method }) =>
        method === 'GET' ? { data: { ...(body.data as object), deletion_allowed: true } } : undefined,
      ),
    )
    expect(await codeOf(kms().destroy('transit/phi:v1'))).toBe('UNSUPPORTED')
    expect(server.has('phi')).toBe(true)
  })

  it('does not call it destroyed when the key is still there', async () => {
    breaking((call, honest) => (call.method === 'DELETE' ? { status: 204, body: '' } : honest()))
    expect(await codeOf(kms().destroy('transit/phi:v1'))).toBe('ANSWER')
  })
})

describe('S19 vault-transit: errors', () => {
  const all = async (fault: Fault): Promise<Set<string>> => {
    const wrapped = await wrap()
    breaking(fault)
    const codes = new Set<string>()
    for (const call of [
      () => kms().wrap({ dataKey, context }),
      () => kms().unwrap({ ...wrapped, context }),
      () => kms().describe(),
      () => kms().destroy('transit/phi:v1'),
      () => rotateVaultTransit(options()),
    ]) {
      const error = await refusal(call())
      expectNoLeak(error, [dataKey, bindInside(dataKey, context), wrapped.wrapped, 'patient-7731', 'clinic-a', server.token])
      codes.add(error.code.replace('PHI_ENVELOPE_KMS_', ''))
    }
    return codes
  }

  it.each([
    ['a refused token', json(403, { errors: ['permission denied'] }), 'DENIED'],
    ['a missing key', json(400, { errors: ['encryption key not found'] }), 'KEY_GONE'],
    [
      'a version that is too old',
      json(400, { errors: ['ciphertext or signature version is disallowed by policy (too old)'] }),
      'KEY_UNUSABLE',
    ],
    ['a forged ciphertext', json(400, { errors: ['cipher: message authentication failed'] }), 'REFUSED'],
    ['another 400', json(400, { errors: ['something new'] }), 'ANSWER'],
    ['no such mount', json(404, { errors: ['no handler for route "transit/keys/phi". route entry not found.'] }), 'ANSWER'],
    ['an unsupported path', json(405, { errors: ['1 error occurred: unsupported operation'] }), 'ANSWER'],
    ['a rate limit', json(429, { errors: ['request path "x": rate limit quota exceeded'] }), 'UNAVAILABLE'],
    ['an internal error', json(500, { errors: ['internal error'] }), 'UNAVAILABLE'],
    ['a sealed Vault', json(503, { errors: ['Vault is sealed'] }), 'UNAVAILABLE'],
    ['a standby', json(473, { errors: [] }), 'UNAVAILABLE'],
    ['a page with status 403', html(403)({} as never, () => json(200, {})), 'ANSWER'],
    ['a page with status 404', html(404)({} as never, () => json(200, {})), 'ANSWER'],
    ['a page with status 502', html(502)({} as never, () => json(200, {})), 'UNAVAILABLE'],
    ['a page with status 200', html(200)({} as never, () => json(200, {})), 'ANSWER'],
    ['no data', json(200, { data: null }), 'ANSWER'],
    ['no object', json(200, 'data'), 'ANSWER'],
    ['fields of other types', json(200, { data: { type: 7, ciphertext: 7, plaintext: {}, latest_version: '1' } }), 'ANSWER'],
  ])('%s is told apart', async (_, answer, code) => {
    expect(await all(answering(answer as ReturnType<typeof json>))).toEqual(new Set([code]))
  })

  it('a missing key reads as 404 without a sentence; only a key’s own path says so', async () => {
    breaking(answering(json(404, { errors: [] })))
    expect(await codeOf(kms().describe())).toBe('KEY_GONE')
    const record = { kek: 'transit/phi:v1', mechanism: 'aes256-gcm96+context', wrapped: new Uint8Array(92), context }
    expect(await codeOf(kms().unwrap(record))).toBe('ANSWER')
  })

  it.each([
    ['a closed connection', drop, 'UNAVAILABLE'],
    ['an empty body', empty, 'ANSWER'],
    ['a body cut short', truncated, 'ANSWER'],
  ])('%s is told apart', async (_, fault, code) => {
    expect(await all(fault)).toEqual(new Set([code]))
  })

  it('does not read an answer that is longer than any, though it be one', async () => {
    const padded =
      (spaces: number): Fault =>
      (_, honest) => ({ ...honest(), body: honest().body + ' '.repeat(spaces) })
    breaking(padded(32_768))
    expect((await kms().describe()).state).toBe('enabled')
    expect(await all(padded(65_536))).toEqual(new Set(['ANSWER']))
  })

  it('follows no redirect: neither token nor key go elsewhere', async () => {
    const elsewhere = await startVault()
    elsewhere.createKey('phi')
    expect(await all(redirect(`${elsewhere.address}/v1/transit/keys/phi`))).toEqual(new Set(['ANSWER']))
    expect(elsewhere.loopback.calls).toEqual([])
    elsewhere.loopback.close()
  })

  it('uses nothing of an answer that lies', async () => {
    const wrapped = await wrap()
    const another = Uint8Array.from(randomBytes(32))
    const data = (change: Record<string, unknown>) =>
      lying((body, { method }) => (method === 'POST' ? { data: { ...(body.data as object), ...change } } : undefined))
    for (const [plaintext, code] of [
      [toBase64(dataKey), 'ANSWER'],
      [toBase64(new Uint8Array(65)), 'ANSWER'],
      ['', 'ANSWER'],
      ['not base64', 'ANSWER'],
      // Another key of the same tenant, and another tenant's: the context inside tells.
      [toBase64(bindInside(another, { ...context, id: '0a0b0c0e' })), 'REFUSED'],
      [toBase64(bindInside(another, { ...context, tenant: 'clinic-b' })), 'REFUSED'],
    ] as const) {
      breaking(data({ plaintext }))
      const error = await refusal(kms().unwrap({ ...wrapped, context }))
      expect(error.code).toBe(`PHI_ENVELOPE_KMS_${code}`)
      expectNoLeak(error, [dataKey, another])
    }
    for (const ciphertext of [
      `vault:v1:${toBase64(bindInside(dataKey, context))}`,
      `vault:v2:${toBase64(wrapped.wrapped)}`,
      'vault:v1:',
      'vault:v1:****',
      toBase64(wrapped.wrapped),
      7,
    ]) {
      breaking(data({ ciphertext }))
      expect(await codeOf(kms().wrap({ dataKey, context }))).toBe('ANSWER')
    }
  })

  it('cuts the connection when the signal is aborted', async () => {
    breaking(hang)
    const controller = new AbortController()
    const call = codeOf(kms().describe(undefined, { signal: controller.signal }))
    while (server.loopback.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect(await call).toBe('UNAVAILABLE')
    await expect.poll(() => server.loopback.cut).toBe(1)
    expect(server.loopback.calls).toHaveLength(1)
  })

  it('is unavailable where nobody listens, or a header cannot be sent', async () => {
    server.loopback.close()
    expect(await codeOf(kms().describe())).toBe('UNAVAILABLE')
    const error = await refusal(kms({ token: 'line\nfeed' }).describe())
    expect(error.code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expectNoLeak(error, ['line\nfeed'])
  })

  it('S19 refuses to send keys over http to another machine, and other options that cannot be', () => {
    for (const wrong of [
      { address: 'http://vault.example:8200' },
      { address: 'http://127.0.0.1.example' },
      { address: 'ftp://127.0.0.1' },
      { address: 'https://user:secret@vault.example' },
      { address: 'vault.example' },
      { key: '' },
      { key: 'a/b' },
      { key: '../sys' },
      { mount: '' },
      { mount: '/transit' },
      { mount: 'a/../b' },
    ])
      expect(() => kms(wrong)).toThrow(expect.objectContaining({ code: 'PHI_ENVELOPE_OPTIONS' }))
    for (const right of [
      { address: 'https://vault.example:8200' },
      { address: 'http://localhost:8100' },
      { address: 'http://[::1]:8100' },
      { address: 'http://vault.example', allowInsecure: true },
    ])
      expect(kms(right).name).toBe('vault-transit')
  })
})
