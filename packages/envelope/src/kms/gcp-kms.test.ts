import type { KeyManagementServiceClient } from '@google-cloud/kms'
import { randomBytes, toBase64, utf8 } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { gcpClient } from '../../test/kms/clients.ts'
import { type GcpServer, startGcp } from '../../test/kms/gcp-server.ts'
import { expectNoLeak } from '../../test/kms/leaks.ts'
import { answering, drop, empty, type Fault, hang, html, json, lying, truncated } from '../../test/kms/loopback.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import { contextBytes } from './context.ts'
import { crc32c } from './crc32c.ts'
import { gcpKms } from './gcp-kms.ts'

const context = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d', subject: 'patient-7731' } as const
const dataKey = Uint8Array.from(randomBytes(32))

let server: GcpServer
let key: string
let clients: KeyManagementServiceClient[]
const client = (transport: 'rest' | 'grpc' = 'rest') => {
  const made = gcpClient(server, transport)
  clients.push(made)
  return made
}
const kms = (more: Partial<Parameters<typeof gcpKms>[0]> = {}) => gcpKms({ client: client(), key, timeoutMs: 2_000, ...more })
const wrap = () => kms().wrap({ dataKey, context })
const breaking = (fault: Fault | undefined) => {
  server.loopback.fault = fault
}
const codeOf = async (work: Promise<unknown>) => (await refusal(work)).code.replace('PHI_ENVELOPE_KMS_', '')
const version = (number: number) => `${key}/cryptoKeyVersions/${number}`

beforeEach(async () => {
  server = await startGcp()
  key = server.createKey('phi')
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.map((each) => each.close()))
  server.close()
})

describe('S19 S89 gcp-kms: wrap and unwrap', () => {
  it('sends the context and the version as associated data, and a checksum of every part', async () => {
    const wrapped = await wrap()
    expect(wrapped).toMatchObject({ kek: version(1), mechanism: 'GOOGLE_SYMMETRIC_ENCRYPTION' })
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    const [get, encrypt, decrypt] = server.loopback.calls
    expect([get, encrypt, decrypt].map((call) => `${call?.method} ${call?.path}`)).toEqual([
      `GET /v1/${key}`,
      `POST /v1/${version(1)}:encrypt`,
      `POST /v1/${key}:decrypt`,
    ])
    const aad = lengthPrefixed([contextBytes(context), utf8(version(1))])
    expect(JSON.parse(encrypt?.body as string)).toEqual({
      plaintext: toBase64(dataKey),
      plaintextCrc32c: String(crc32c(dataKey)),
      additionalAuthenticatedData: toBase64(aad),
      additionalAuthenticatedDataCrc32c: String(crc32c(aad)),
    })
    expect(JSON.parse(decrypt?.body as string)).toEqual({
      ciphertext: toBase64(wrapped.wrapped),
      ciphertextCrc32c: String(crc32c(wrapped.wrapped)),
      additionalAuthenticatedData: toBase64(aad),
      additionalAuthenticatedDataCrc32c: String(crc32c(aad)),
    })
  })

  it('wraps alike over gRPC: what one transport wrapped the other unwraps', async () => {
    const overGrpc = kms({ client: client('grpc') })
    const one = await overGrpc.wrap({ dataKey, context })
    const two = await wrap()
    expect(await kms().unwrap({ ...one, context })).toEqual(dataKey)
    expect(await overGrpc.unwrap({ ...two, context })).toEqual(dataKey)
    expect(await overGrpc.describe()).toEqual(await kms().describe())
    expect(server.grpcCalls).toEqual(['getCryptoKey', 'encrypt', 'decrypt', 'getCryptoKey'])
  })

  it('sends the bytes of a view from where they lie, which the REST client does not do by itself', async () => {
    const around = new Uint8Array(96).fill(0xee)
    around.set(dataKey, 17)
    const wrapped = await kms().wrap({ dataKey: around.subarray(17, 49), context })
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(around.subarray(17, 49)).toEqual(dataKey)
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

  it('S90 wraps under the primary version, and a record that names another version does not open', async () => {
    const first = await wrap()
    server.rotate(key)
    const second = await wrap()
    expect([first.kek, second.kek]).toEqual([version(1), version(2)])
    expect((await kms().wrap({ dataKey, context, kek: version(1) })).kek).toBe(version(1))
    for (const wrapped of [first, second]) expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(await codeOf(kms().unwrap({ ...first, kek: version(2), context }))).toBe('REFUSED')
  })

  it('does not ask the service about what cannot be one of its records', async () => {
    const wrapped = await wrap()
    const before = server.loopback.calls.length
    for (const change of [
      { mechanism: 'AES-256-GCM' },
      { kek: key },
      { kek: `${key}/cryptoKeyVersions/0` },
      { kek: '' },
      { wrapped: new Uint8Array(0) },
      { wrapped: new Uint8Array(4097) },
    ])
      expect(await codeOf(kms().unwrap({ ...wrapped, ...change, context }))).toBe('REFUSED')
    for (const name of ['', 'phi', 'transit/phi:v1', `${key}/x`]) expect(await codeOf(kms().describe(name))).toBe('UNSUPPORTED')
    expect(server.loopback.calls.length).toBe(before)
  })
})

describe.each(['rest', 'grpc'] as const)('S19 gcp-kms over %s: describe and destroy', (transport) => {
  const adapter = () => kms({ client: client(transport) })

  it.each([
    ['ENABLED', 'enabled'],
    ['DISABLED', 'disabled'],
    ['DESTROY_SCHEDULED', 'destruction-scheduled'],
    ['DESTROYED', 'destroyed'],
    ['PENDING_GENERATION', 'unknown'],
  ] as const)('reads the state %s as %s', async (state, expected) => {
    server.version(version(1)).state = state
    expect(await adapter().describe(version(1))).toEqual({ kek: version(1), state: expected, protection: 'hsm' })
    expect((await adapter().describe()).state).toBe(expected)
  })

  it.each([
    [1, 'software'],
    [2, 'hsm'],
    [3, 'external'],
    [4, 'external'],
    [0, 'unknown'],
  ])('reads the protection level %i as %s', async (level, expected) => {
    server.version(version(1)).protectionLevel = level
    expect((await adapter().describe()).protection).toBe(expected)
  })

  it('S121 schedules the destruction of one version, and tells the present state when asked again', async () => {
    const old = await adapter().wrap({ dataKey, context })
    server.rotate(key)
    const current = await adapter().wrap({ dataKey, context })
    const first = await adapter().destroy(version(1))
    expect(first).toMatchObject({ kek: version(1), state: 'destruction-scheduled' })
    expect((Date.parse(first.destroyAt as string) - Date.now()) / 86_400_000).toBeCloseTo(30, 1)
    expect(first.receipt).toEqual({
      service: 'gcp-kms',
      operation: 'DestroyCryptoKeyVersion',
      state: 'DESTROY_SCHEDULED',
      destroyTime: first.destroyAt,
    })
    expect(await adapter().destroy(version(1))).toMatchObject({
      destroyAt: first.destroyAt,
      receipt: { operation: 'GetCryptoKeyVersion' },
    })
    expect(await codeOf(adapter().unwrap({ ...old, context }))).toBe('KEY_UNUSABLE')
    expect(await adapter().unwrap({ ...current, context })).toEqual(dataKey)
    server.elapse()
    expect(await codeOf(adapter().unwrap({ ...old, context }))).toBe('KEY_GONE')
    const after = await adapter().destroy(version(1))
    expect(after).toEqual({ kek: version(1), state: 'destroyed', receipt: expect.objectContaining({ state: 'DESTROYED' }) })
  })

  it('takes the name of a version and no name that changes its meaning', async () => {
    expect(await codeOf(adapter().destroy(key))).toBe('UNSUPPORTED')
    expect(server.version(version(1)).state).toBe('ENABLED')
  })
})

describe('S19 gcp-kms: errors', () => {
  const all = async (fault: () => void, transport: 'rest' | 'grpc'): Promise<Set<string>> => {
    const adapter = kms({ client: client(transport), timeoutMs: 400 })
    const wrapped = await adapter.wrap({ dataKey, context })
    fault()
    const codes = new Set<string>()
    for (const call of [
      () => adapter.wrap({ dataKey, context }),
      () => adapter.unwrap({ ...wrapped, context }),
      () => adapter.describe(),
      () => adapter.destroy(version(1)),
    ]) {
      const error = await refusal(call())
      expectNoLeak(error, [dataKey, wrapped.wrapped, 'patient-7731', 'clinic-a', 'loopback-token'])
      codes.add(error.code.replace('PHI_ENVELOPE_KMS_', ''))
    }
    return codes
  }

  it.each([
    [1, 'CANCELLED', 499, 'UNAVAILABLE'],
    [2, 'UNKNOWN', 500, 'UNAVAILABLE'],
    [4, 'DEADLINE_EXCEEDED', 504, 'UNAVAILABLE'],
    [5, 'NOT_FOUND', 404, 'KEY_GONE'],
    [7, 'PERMISSION_DENIED', 403, 'DENIED'],
    [8, 'RESOURCE_EXHAUSTED', 429, 'UNAVAILABLE'],
    [9, 'FAILED_PRECONDITION', 400, 'KEY_UNUSABLE'],
    [10, 'ABORTED', 409, 'UNAVAILABLE'],
    [11, 'OUT_OF_RANGE', 400, 'ANSWER'],
    [12, 'UNIMPLEMENTED', 501, 'UNSUPPORTED'],
    [13, 'INTERNAL', 500, 'UNAVAILABLE'],
    [14, 'UNAVAILABLE', 503, 'UNAVAILABLE'],
    [16, 'UNAUTHENTICATED', 401, 'DENIED'],
  ] as const)('%i %s is told apart, over both transports', async (code, status, http, expected) => {
    const message = `${status}: clinic-a`
    const body = json(http, { error: { code: http, status, message } })
    expect(await all(() => breaking(answering(body)), 'rest')).toEqual(new Set([expected]))
    const overGrpc = await all(() => {
      server.grpcFault = { code, message }
    }, 'grpc')
    // Over gRPC there is no HTTP status to tell that an unknown failure is the service's own.
    expect(overGrpc).toEqual(new Set([status === 'UNKNOWN' ? 'ANSWER' : expected]))
  })

  it('INVALID_ARGUMENT is a refusal to unwrap, damage on the way where it speaks of a checksum, and no answer to anything else', async () => {
    const told = (message: string) => answering(json(400, { error: { code: 400, status: 'INVALID_ARGUMENT', message } }))
    const wrapped = await wrap()
    breaking(told('Decryption failed: verify that name refers to the correct CryptoKey.'))
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('REFUSED')
    expect(await codeOf(wrap())).toBe('ANSWER')
    breaking(told('The checksum in field ciphertext_crc32c did not match the data in field ciphertext.'))
    expect(await codeOf(kms().unwrap({ ...wrapped, context }))).toBe('UNAVAILABLE')
  })

  it.each([
    ['a page with status 200', html(200), 'ANSWER'],
    ['a page with status 403', html(403), 'ANSWER'],
    ['a page with status 404', html(404), 'ANSWER'],
    ['a page with status 429', html(429), 'UNAVAILABLE'],
    ['a page with status 502', html(502), 'UNAVAILABLE'],
    ['a closed connection', drop, 'UNAVAILABLE'],
    ['an empty body', empty, 'ANSWER'],
    ['a body cut short', truncated, 'ANSWER'],
    ['no object', answering({ status: 200, body: '[1]' }), 'ANSWER'],
    ['an empty object', answering(json(200, {})), 'ANSWER'],
    ['fields of other types', answering(json(200, { name: [], plaintext: 7, ciphertext: {}, primary: 'x' })), 'ANSWER'],
  ])('%s is %s', async (_, fault, code) => {
    expect(await all(() => breaking(fault), 'rest')).toEqual(new Set([code]))
  })

  it('uses nothing of an answer that lies', async () => {
    const wrapped = await wrap()
    const short = new Uint8Array(16)
    const another = Uint8Array.from(randomBytes(32))
    for (const change of [
      { plaintext: toBase64(short), plaintextCrc32c: String(crc32c(short)) },
      { plaintext: toBase64(another) },
      { plaintextCrc32c: '7' },
      { plaintextCrc32c: undefined },
      { plaintext: undefined },
    ]) {
      breaking(lying((body, { path }) => (path.endsWith(':decrypt') ? { ...body, ...change } : undefined)))
      const error = await refusal(kms().unwrap({ ...wrapped, context }))
      expect(error.code).toBe('PHI_ENVELOPE_KMS_ANSWER')
      expectNoLeak(error, [dataKey, another])
    }
    const echo = Buffer.concat([Buffer.alloc(13), dataKey])
    for (const change of [
      { ciphertext: toBase64(echo), ciphertextCrc32c: String(crc32c(echo)) },
      { ciphertextCrc32c: '7' },
      { ciphertextCrc32c: undefined },
      { verifiedPlaintextCrc32c: false },
      { verifiedAdditionalAuthenticatedDataCrc32c: undefined },
      { name: version(2) },
      { name: key },
    ]) {
      breaking(lying((body, { path }) => (path.endsWith(':encrypt') ? { ...body, ...change } : undefined)))
      expect([change, await codeOf(wrap())]).toEqual([change, 'ANSWER'])
    }
    const other = server.createKey('other')
    for (const change of [
      { name: other },
      { primary: { name: `${other}/cryptoKeyVersions/1`, state: 1 } },
      { primary: { name: 'x' } },
    ]) {
      breaking(lying((body) => ({ ...body, ...change })))
      expect(await codeOf(kms().describe())).toBe('ANSWER')
    }
    breaking(lying((body) => ({ ...body, state: 1 })))
    expect(await codeOf(kms().destroy(version(1)))).toBe('ANSWER')
  })

  it('says of a key without a primary version that it cannot wrap', async () => {
    breaking(lying(({ primary: _, ...body }) => body))
    expect(await codeOf(wrap())).toBe('UNSUPPORTED')
  })

  // Left to itself the client tries for ten minutes.
  it('bounds the client’s own retries by its time', { timeout: 30_000 }, async () => {
    const adapter = kms({ client: client('grpc'), timeoutMs: 300 })
    server.grpcFault = { code: 14, message: 'no connection' }
    expect(await codeOf(adapter.describe())).toBe('UNAVAILABLE')
    server.grpcFault = 'hang'
    expect(await codeOf(adapter.describe())).toBe('UNAVAILABLE')
  })

  it('is denied, and does not end the process, where the client finds no credentials', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const failing = client()
    failing.initialize = () => Promise.reject(new Error('Could not load the default credentials of clinic-a'))
    const error = await refusal(kms({ client: failing }).describe())
    expectNoLeak(error, ['clinic-a'])
    expect(error.code).toBe('PHI_ENVELOPE_KMS_DENIED')
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it.each(['rest', 'grpc'] as const)('gives up over %s when the signal is aborted', async (transport) => {
    const adapter = kms({ client: client(transport), timeoutMs: 20_000 })
    breaking(hang)
    server.grpcFault = 'hang'
    const controller = new AbortController()
    const call = codeOf(adapter.describe(undefined, { signal: controller.signal }))
    while (server.loopback.calls.length + server.grpcCalls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect(await call).toBe('UNAVAILABLE')
  })

  it('refuses options that cannot be', () => {
    for (const wrong of [{ key: '' }, { key: 'phi' }, { key: version(1) }, { timeoutMs: 0 }, { timeoutMs: Number.NaN }])
      expect(() => kms(wrong)).toThrow(expect.objectContaining({ code: 'PHI_ENVELOPE_OPTIONS' }))
  })
})
