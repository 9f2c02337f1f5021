import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { randomBytes } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AzureServer, startAzure } from '../../test/kms/azure-server.ts'
import { azureClient } from '../../test/kms/clients.ts'
import { expectNoLeak } from '../../test/kms/leaks.ts'
import {
  answering,
  drop,
  empty,
  type Fault,
  hang,
  html,
  json,
  lying,
  on,
  redirect,
  truncated,
} from '../../test/kms/loopback.ts'
import { azureKeyVault } from './azure-key-vault.ts'
import { bindInside } from './bind-inside.ts'

const context = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d', subject: 'patient-7731' } as const
const dataKey = Uint8Array.from(randomBytes(32))

let server: AzureServer
let kek: string
const id = (name: string, version?: string) => `${server.vaultUrl}/keys/${name}${version === undefined ? '' : `/${version}`}`
const kms = (more: Partial<Parameters<typeof azureKeyVault>[0]> = {}) =>
  azureKeyVault({ client: azureClient(server), keyName: 'phi', ...more })
const wrap = (more: Partial<Parameters<typeof azureKeyVault>[0]> = {}) => kms(more).wrap({ dataKey, context })
const breaking = (fault: Fault | undefined) => {
  server.loopback.fault = fault
}
const codeOf = async (work: Promise<unknown>) => (await refusal(work)).code.replace('PHI_ENVELOPE_KMS_', '')

beforeEach(async () => {
  server = await startAzure()
  kek = id('phi', server.createVersion('phi'))
})
afterEach(() => server.loopback.close())

describe('S19 S89 azure-key-vault: wrap and unwrap', () => {
  it('answers the authentication challenge, and wraps the key with its context inside', async () => {
    const wrapped = await wrap()
    expect(wrapped).toMatchObject({ kek, mechanism: 'RSA-OAEP-256+context' })
    expect(wrapped.wrapped).toHaveLength(256)
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    const wrapping = server.loopback.calls.find(({ path, body }) => path.endsWith('/wrapkey') && body !== '')
    expect(JSON.parse(wrapping?.body as string)).toEqual({
      alg: 'RSA-OAEP-256',
      value: Buffer.from(bindInside(dataKey, context)).toString('base64url'),
    })
    // The first request of a client goes out without a body, to be challenged.
    expect(server.loopback.calls[0]).toMatchObject({ body: '' })
    expect(server.loopback.calls[0]?.headers.authorization).toBeUndefined()
  })

  it('wraps with AES key wrap under a Managed HSM’s key, and salts it', async () => {
    server.createVersion('aes', { kty: 'oct-HSM' })
    const adapter = kms({ keyName: 'aes', algorithm: 'A256KW' })
    const one = await adapter.wrap({ dataKey, context })
    const two = await adapter.wrap({ dataKey, context })
    expect(one.mechanism).toBe('A256KW+context+salt')
    expect(one.wrapped).toHaveLength(32 + 32 + 16 + 8)
    expect(one.wrapped).not.toEqual(two.wrapped)
    for (const wrapped of [one, two]) expect(await adapter.unwrap({ ...wrapped, context })).toEqual(dataKey)
    // By the record, whatever the adapter wraps with now.
    expect(await kms().unwrap({ ...one, context })).toEqual(dataKey)
    expect(await codeOf(kms().unwrap({ ...one, mechanism: 'RSA-OAEP-256+context', context }))).toBe('REFUSED')
    expect((await adapter.describe()).protection).toBe('hsm')
  })

  it('S19 does not open a wrapped key without its first byte, also where that is zero', async () => {
    // One of 256 begins with zero: made with the key of the vault itself, as wrapping through the service takes longer.
    const { material } = server.version('phi', kek.split('/').at(-1) as string)
    const options = { key: material as KeyObject, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const bound = bindInside(dataKey, context)
    let wrapped = publicEncrypt(options, bound)
    while (wrapped[0] !== 0) wrapped = publicEncrypt(options, bound)
    const record = { kek, mechanism: 'RSA-OAEP-256+context', context }
    expect(await kms().unwrap({ ...record, wrapped })).toEqual(dataKey)
    expect(privateDecrypt(options, wrapped.subarray(1))).toHaveLength(64)
    expect(await codeOf(kms().unwrap({ ...record, wrapped: wrapped.subarray(1) }))).toBe('REFUSED')
  })

  it('S91 does not open another tenant’s, purpose’s, id’s or subject’s', async () => {
    const wrapped = await wrap()
    for (const other of [
      { ...context, tenant: 'clinic-b' },
      { ...context, purpose: 'file' as const },
      { ...context, id: '0a0b0c0e' },
      { ...context, subject: 'patient-7732' },
    ])
      expect(await codeOf(kms().unwrap({ ...wrapped, context: other }))).toBe('REFUSED')
  })

  it('S90 wraps under the current version, and opens each with its own', async () => {
    const first = await wrap()
    const next = id('phi', server.createVersion('phi'))
    const second = await wrap()
    const named = await kms().wrap({ dataKey, context, kek })
    expect([first.kek, second.kek, named.kek]).toEqual([kek, next, kek])
    for (const wrapped of [first, second, named]) expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(await codeOf(kms().unwrap({ ...first, kek: next, context }))).toBe('REFUSED')
    expect((await kms().describe()).kek).toBe(next)
    expect((await kms().describe(kek)).kek).toBe(kek)
  })

  it('does not ask the vault about what cannot be one of its records', async () => {
    const wrapped = await wrap()
    const before = server.loopback.calls.length
    for (const [change, code] of [
      [{ mechanism: 'RSA-OAEP+context' }, 'REFUSED'],
      [{ mechanism: 'RSA-OAEP-256' }, 'REFUSED'],
      [{ kek: id('phi') }, 'REFUSED'],
      [{ wrapped: new Uint8Array(0) }, 'REFUSED'],
      [{ wrapped: new Uint8Array(513) }, 'REFUSED'],
      [{ kek: 'https://other.vault.azure.net/keys/phi/0' }, 'UNSUPPORTED'],
      [{ kek: `${kek}/x` }, 'UNSUPPORTED'],
      [{ kek: `${server.vaultUrl}/secrets/phi/0` }, 'UNSUPPORTED'],
      [{ kek: `${server.vaultUrl}/keys/../secrets/x` }, 'UNSUPPORTED'],
      [{ kek: '' }, 'UNSUPPORTED'],
    ] as const)
      expect([change, await codeOf(kms().unwrap({ ...wrapped, ...change, context }))]).toEqual([change, code])
    expect(server.loopback.calls.length).toBe(before)
  })
})

describe('S19 azure-key-vault: describe', () => {
  const now = () => Math.floor(Date.now() / 1000)

  it.each([
    ['an enabled key', {}, 'enabled'],
    ['a disabled key', { enabled: false }, 'disabled'],
    ['a key that is not valid yet', { nbf: now() + 3_600 }, 'disabled'],
    ['a key that has expired', { exp: now() - 3_600 }, 'disabled'],
  ])('reads %s', async (_, options, state) => {
    server.createVersion('x', options)
    expect(await kms({ keyName: 'x' }).describe()).toMatchObject({ state, protection: 'software' })
    if (state === 'disabled') expect(await codeOf(wrap({ keyName: 'x' }))).toBe('KEY_UNUSABLE')
  })

  it('reads where the key lives', async () => {
    server.createVersion('x', { kty: 'RSA-HSM' })
    expect((await kms({ keyName: 'x' }).describe()).protection).toBe('hsm')
  })

  it('says of a key that does not permit wrapping that it cannot', async () => {
    server.createVersion('x', { ops: ['sign'] })
    expect(await codeOf(wrap({ keyName: 'x' }))).toBe('UNSUPPORTED')
  })
})

describe('S121 azure-key-vault: destroy', () => {
  it('deletes the key, which then waits for its purge, and tells the present state when asked again', async () => {
    const wrapped = await wrap()
    const first = await kms().destroy(kek)
    expect(first).toMatchObject({ kek, state: 'destruction-scheduled' })
    expect((Date.parse(first.destroyAt as string) - Date.now()) / 86_400_000).toBeCloseTo(90, 1)
    expect(first.receipt).toEqual({ service: 'azure-key-vault', operation: 'DeleteKey', scheduledPurgeDate: first.destroyAt })
    expect(await kms().destroy(kek)).toMatchObject({ destroyAt: first.destroyAt, receipt: { operation: 'GetDeletedKey' } })
    expect(await kms().describe(kek)).toMatchObject({ kek, state: 'destruction-scheduled', destroyAt: first.destroyAt })
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('KEY_UNUSABLE')
    expect(await codeOf(wrap())).toBe('KEY_UNUSABLE')
    server.elapse()
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('KEY_GONE')
    expect(await codeOf(kms().describe(kek))).toBe('KEY_GONE')
  })

  it('deletes every version only where the id names none', async () => {
    const next = id('phi', server.createVersion('phi'))
    for (const version of [kek, next]) expect(await codeOf(kms().destroy(version))).toBe('UNSUPPORTED')
    expect((await kms().describe(kek)).state).toBe('enabled')
    expect(await kms().destroy(id('phi'))).toMatchObject({ kek: id('phi'), state: 'destruction-scheduled' })
    expect((await kms().describe(kek)).state).toBe('destruction-scheduled')
    expect((await kms().describe(next)).state).toBe('destruction-scheduled')
  })

  it('purges when told to, and looks whether it is gone', async () => {
    expect(await kms({ purge: true }).destroy(kek)).toEqual({
      kek,
      state: 'destroyed',
      receipt: { service: 'azure-key-vault', operation: 'PurgeDeletedKey', confirmed: 'read after purge: 404' },
    })
    expect(await codeOf(kms().describe(kek))).toBe('KEY_GONE')
  })

  it('purges a key that was deleted before', async () => {
    await kms().destroy(kek)
    expect(await kms({ purge: true }).destroy(kek)).toMatchObject({ state: 'destroyed' })
  })

  it('cannot purge where the vault is protected against it: the key then waits', async () => {
    server.purgeProtection = true
    expect(await codeOf(kms({ purge: true }).destroy(kek))).toBe('DENIED')
    expect((await kms().describe(kek)).state).toBe('destruction-scheduled')
  })

  it('does not call it destroyed while the vault still shows it', async () => {
    breaking((call, honest) =>
      call.method === 'DELETE' && call.path.startsWith('/deletedkeys') ? { status: 204, body: '' } : honest(),
    )
    const controller = new AbortController()
    const call = codeOf(kms({ purge: true }).destroy(kek, { signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 800))
    controller.abort()
    expect(await call).toBe('UNAVAILABLE')
  })

  it('does not believe a deletion that leaves nothing to recover', async () => {
    breaking(lying((body, { method }) => (method === 'DELETE' ? { ...body, recoveryId: undefined } : undefined)))
    expect(await codeOf(kms().destroy(kek))).toBe('ANSWER')
  })
})

describe('S19 azure-key-vault: errors', () => {
  const all = async (fault: Fault): Promise<Set<string>> => {
    const wrapped = await wrap()
    breaking(fault)
    const codes = new Set<string>()
    for (const call of [
      () => wrap(),
      () => kms().unwrap({ ...wrapped, context }),
      () => kms().describe(),
      () => kms().destroy(kek),
    ]) {
      const error = await refusal(call())
      expectNoLeak(error, [dataKey, bindInside(dataKey, context), wrapped.wrapped, 'patient-7731', 'clinic-a', server.token])
      codes.add(error.code.replace('PHI_ENVELOPE_KMS_', ''))
    }
    return codes
  }
  const told = (status: number, code: string, inner?: string) =>
    json(status, {
      error: { code, message: `${code} clinic-a`, ...(inner === undefined ? {} : { innererror: { code: inner } }) },
    })

  it.each([
    ['no such key', told(404, 'KeyNotFound'), 'KEY_GONE'],
    ['another 404', told(404, 'NotFound'), 'ANSWER'],
    ['a token that is refused', told(401, 'Unauthorized'), 'DENIED'],
    ['no permission', told(403, 'Forbidden', 'AccessDenied'), 'DENIED'],
    ['a firewall', told(403, 'Forbidden', 'ForbiddenByFirewall'), 'DENIED'],
    ['a disabled key', told(403, 'Forbidden', 'KeyDisabled'), 'KEY_UNUSABLE'],
    ['a key that is being deleted', told(409, 'Conflict', 'ObjectIsBeingDeleted'), 'KEY_UNUSABLE'],
    ['another 400', told(400, 'SomethingNew'), 'ANSWER'],
    ['throttling', told(429, 'Throttled'), 'UNAVAILABLE'],
    ['an internal error', told(500, 'InternalServerError'), 'UNAVAILABLE'],
    ['a page with status 403', { status: 403, body: '<h1>Forbidden</h1>' }, 'ANSWER'],
    ['a page with status 404', { status: 404, body: '<h1>Not found</h1>' }, 'ANSWER'],
    ['no object', json(200, [1]), 'ANSWER'],
    ['fields of other types', json(200, { value: 7, key: 'x', kid: {} }), 'ANSWER'],
  ])('%s is told apart, for every verb', async (_, answer, code) => {
    expect(await all(answering(answer))).toEqual(new Set([code]))
  })

  it.each([
    ['a page with status 200', html(200), 'ANSWER'],
    ['a page with status 502', html(502), 'UNAVAILABLE'],
    ['a closed connection', drop, 'UNAVAILABLE'],
    ['an empty body', empty, 'ANSWER'],
    ['a body cut short', truncated, 'ANSWER'],
  ])('%s is %s', async (_, fault, code) => {
    expect(await all(fault)).toEqual(new Set([code]))
  })

  it('BadParameter is a refusal of the wrapped key to unwrap, and no answer to anything else', async () => {
    const wrapped = await wrap()
    breaking(on(/wrapkey$/, answering(told(400, 'BadParameter'))))
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('REFUSED')
    expect(await codeOf(wrap())).toBe('ANSWER')
  })

  it('follows no redirect to another origin: neither token nor key go elsewhere', async () => {
    const elsewhere = await startAzure()
    // A client that has its token already sends it, and the body, at once.
    const client = azureClient(server)
    const wrapped = await wrap({ client })
    breaking(redirect(`${elsewhere.vaultUrl}/keys/phi`))
    for (const call of [
      () => wrap({ client }),
      () => kms({ client }).unwrap({ ...wrapped, context }),
      () => kms({ client }).describe(),
      () => kms({ client }).destroy(kek),
    ])
      expect(await codeOf(call())).toBe('ANSWER')
    expect(elsewhere.loopback.calls).toEqual([])
    elsewhere.loopback.close()
  })

  it('uses nothing of an answer that lies', async () => {
    const wrapped = await wrap()
    const another = Uint8Array.from(randomBytes(32))
    const value = (bytes: Uint8Array) =>
      lying((body, { path }) =>
        path.endsWith('wrapkey') ? { ...body, value: Buffer.from(bytes).toString('base64url') } : undefined,
      )
    for (const [bytes, code] of [
      [dataKey, 'ANSWER'],
      [new Uint8Array(65), 'ANSWER'],
      [new Uint8Array(0), 'ANSWER'],
      [bindInside(another, { ...context, id: '0a0b0c0e' }), 'REFUSED'],
      [bindInside(another, { ...context, tenant: 'clinic-b' }), 'REFUSED'],
    ] as const) {
      breaking(value(bytes))
      const error = await refusal(kms().unwrap({ ...wrapped, context }))
      expect(error.code).toBe(`PHI_ENVELOPE_KMS_${code}`)
      expectNoLeak(error, [dataKey, another])
    }
    for (const bytes of [bindInside(dataKey, context), new Uint8Array(0), new Uint8Array(600)]) {
      breaking(value(bytes))
      expect(await codeOf(wrap())).toBe('ANSWER')
    }
    server.createVersion('other')
    breaking(
      lying((body, { method }) =>
        method === 'GET' && 'key' in body
          ? { ...body, key: { ...(body.key as object), kid: `${server.vaultUrl}/keys/other/0` } }
          : undefined,
      ),
    )
    expect(await codeOf(kms().describe())).toBe('ANSWER')
    expect(await codeOf(wrap())).toBe('ANSWER')
  })

  it('is denied without a credential', async () => {
    const client = azureClient(server)
    const { KeyClient } = await import('@azure/keyvault-keys')
    for (const name of ['CredentialUnavailableError', 'AuthenticationRequiredError']) {
      const failing = new KeyClient(
        server.vaultUrl,
        { getToken: async () => Promise.reject(Object.assign(new Error('account clinic-a'), { name })) },
        { tlsOptions: { ca: server.ca }, disableChallengeResourceVerification: true },
      )
      const error = await refusal(kms({ client: failing }).describe())
      expect(error.code).toBe('PHI_ENVELOPE_KMS_DENIED')
      expectNoLeak(error, ['clinic-a'])
    }
    expect((await kms({ client }).describe()).state).toBe('enabled')
  })

  it('is unavailable to a client that does not trust the certificate', async () => {
    expect(await codeOf(kms({ client: azureClient({ ...server, ca: '' }) }).describe())).toBe('UNAVAILABLE')
  })

  it('tries as often as the client is set to, and no more', async () => {
    await kms().describe()
    breaking(answering(told(503, 'ServiceUnavailable')))
    const before = server.loopback.calls.length
    await refusal(kms({ client: azureClient(server, 2) }).describe())
    expect(server.loopback.calls.length - before).toBe(3)
  })

  it('cuts the connection when the signal is aborted', async () => {
    breaking(hang)
    const controller = new AbortController()
    const call = codeOf(kms().describe(undefined, { signal: controller.signal }))
    while (server.loopback.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect(await call).toBe('UNAVAILABLE')
    await expect.poll(() => server.loopback.cut).toBe(1)
  })

  it('refuses options that cannot be', () => {
    for (const wrong of [{ keyName: '' }, { keyName: 'a/b' }, { keyName: '../x' }, { algorithm: 'RSA1_5' as never }])
      expect(() => kms(wrong)).toThrow(expect.objectContaining({ code: 'PHI_ENVELOPE_OPTIONS' }))
  })
})
