import { randomUUID } from 'node:crypto'
import { randomBytes, toBase64 } from '@phi/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AwsServer, awsError, startAws } from '../../test/kms/aws-server.ts'
import { awsClient } from '../../test/kms/clients.ts'
import { expectNoLeak } from '../../test/kms/leaks.ts'
import { answering, drop, empty, type Fault, hang, html, lying, redirect, truncated } from '../../test/kms/loopback.ts'
import { awsKms, awsRotation, enableAwsRotation } from './aws-kms.ts'
import { contextDigest } from './context.ts'

const context = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d', subject: 'patient-7731' } as const
const dataKey = Uint8Array.from(randomBytes(32))

let server: AwsServer
let arn: string
const kms = (options: Partial<Parameters<typeof awsKms>[0]> = {}) =>
  awsKms({ client: awsClient(server), keyId: arn, ...options })
const wrap = () => kms().wrap({ dataKey, context })
const breaking = (fault: Fault) => {
  server.loopback.fault = fault
}

beforeEach(async () => {
  server = await startAws()
  arn = server.createKey()
})
afterEach(() => server.loopback.close())

describe('S19 S89 aws-kms: wrap and unwrap', () => {
  it('sends an encryption context with a digest, and the subject nowhere', async () => {
    const wrapped = await wrap()
    expect(await kms().unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect(wrapped).toMatchObject({ kek: arn, mechanism: 'SYMMETRIC_DEFAULT' })
    const [encrypt, decrypt] = server.loopback.calls.map(({ body }) => JSON.parse(body))
    const sent = {
      'phi-tenant': 'clinic-a',
      'phi-purpose': 'field',
      'phi-key-id': '0a0b0c0d',
      'phi-context': toBase64(contextDigest(context)),
    }
    expect(encrypt).toEqual({ KeyId: arn, Plaintext: toBase64(dataKey), EncryptionContext: sent })
    expect(decrypt).toEqual({ KeyId: arn, CiphertextBlob: toBase64(wrapped.wrapped), EncryptionContext: sent })
    expect(JSON.stringify(server.loopback.calls)).not.toContain('patient-7731')
  })

  it('keeps the ARN that the service answers for an id, an alias or an alias ARN', async () => {
    server.alias('alias/phi', arn)
    for (const keyId of ['alias/phi', 'arn:aws:kms:us-east-1:111122223333:alias/phi', arn.split('/').at(-1) as string])
      expect((await kms({ keyId }).wrap({ dataKey, context })).kek).toBe(arn)
  })

  it('S91 does not open another tenant’s, purpose’s, id’s or subject’s', async () => {
    const wrapped = await wrap()
    const { subject: _, ...bare } = context
    for (const other of [
      { ...context, tenant: 'clinic-b' },
      { ...context, purpose: 'file' as const },
      { ...context, id: '0a0b0c0e' },
      { ...context, subject: 'patient-7732' },
      bare,
    ])
      expect((await refusal(kms().unwrap({ ...wrapped, context: other }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
  })

  it('does not ask the service about what cannot be one of its records', async () => {
    const wrapped = await wrap()
    const before = server.loopback.calls.length
    for (const record of [
      { ...wrapped, mechanism: 'RSA-OAEP-256+context' },
      { ...wrapped, kek: 'alias/phi' },
      { ...wrapped, kek: 'transit/phi:v1' },
      { ...wrapped, wrapped: new Uint8Array(0) },
      { ...wrapped, wrapped: new Uint8Array(6145) },
    ])
      expect((await refusal(kms().unwrap({ ...record, context }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect(server.loopback.calls.length).toBe(before)
  })
})

describe('S19 aws-kms: regions', () => {
  const id = `mrk-${'0123456789abcdef'.repeat(2)}`
  let west: AwsServer
  beforeEach(async () => {
    west = await startAws({ region: 'us-west-2' })
  })
  afterEach(() => west.loopback.close())
  const western = (multiRegion: boolean) =>
    awsKms({ client: awsClient(west, { region: 'us-west-2' }), keyId: west.createKey(), multiRegion })

  it('opens a multi-Region key’s records with the replica, when told to', async () => {
    const material = randomBytes(32)
    arn = server.createKey({ id, material })
    const replica = west.createKey({ id, material })
    const wrapped = await wrap()
    expect(wrapped.kek).toBe(arn)
    expect(await western(true).unwrap({ ...wrapped, context })).toEqual(dataKey)
    expect((await western(true).describe(wrapped.kek)).kek).toBe(replica)
  })

  it('refuses another region’s key instead of taking "not found" for "gone"', async () => {
    arn = server.createKey({ id })
    const wrapped = await wrap()
    const single = { ...wrapped, kek: `arn:aws:kms:us-east-1:111122223333:key/${randomUUID()}` }
    for (const call of [
      () => western(false).unwrap({ ...wrapped, context }),
      () => western(true).unwrap({ ...single, context }),
      () => western(false).describe(arn),
      () => western(false).destroy(arn),
    ])
      expect((await refusal(call())).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    expect(west.loopback.calls).toEqual([])
  })
})

describe('S19 aws-kms: describe', () => {
  it.each([
    ['Enabled', 'enabled'],
    ['Disabled', 'disabled'],
    ['PendingImport', 'disabled'],
    ['PendingDeletion', 'destruction-scheduled'],
    ['PendingReplicaDeletion', 'destruction-scheduled'],
    ['Creating', 'unknown'],
    ['Unavailable', 'unknown'],
    ['Updating', 'unknown'],
    ['SomethingNew', 'unknown'],
  ])('reads the key state %s as %s', async (state, expected) => {
    server.key(arn).state = state
    expect(await kms().describe()).toEqual({ kek: arn, state: expected, protection: 'hsm' })
  })

  it.each([
    ['AWS_KMS', 'hsm'],
    ['EXTERNAL', 'hsm'],
    ['AWS_CLOUDHSM', 'hsm'],
    ['EXTERNAL_KEY_STORE', 'external'],
    ['SOMETHING_NEW', 'unknown'],
  ])('reads the origin %s as protection %s', async (origin, expected) => {
    server.key(arn).origin = origin
    expect((await kms().describe()).protection).toBe(expected)
  })

  it('follows the alias to the key it points at now', async () => {
    const next = server.createKey()
    server.alias('alias/phi', arn)
    const adapter = kms({ keyId: 'alias/phi' })
    expect((await adapter.describe()).kek).toBe(arn)
    server.alias('alias/phi', next)
    expect((await adapter.describe()).kek).toBe(next)
  })
})

describe('S121 aws-kms: destroy', () => {
  it('schedules the deletion, and tells the present state when asked again', async () => {
    const day = 86_400_000
    const first = await kms({ deletionWindowDays: 7 }).destroy(arn)
    expect(first).toMatchObject({ kek: arn, state: 'destruction-scheduled' })
    const days = (Date.parse(first.destroyAt as string) - Date.now()) / day
    expect(days).toBeGreaterThan(6.99)
    expect(days).toBeLessThan(7.01)
    expect(first.receipt).toEqual({
      service: 'aws-kms',
      operation: 'ScheduleKeyDeletion',
      keyState: 'PendingDeletion',
      deletionDate: first.destroyAt,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const again = await kms().destroy(arn)
    expect(again).toMatchObject({ kek: arn, state: 'destruction-scheduled', destroyAt: first.destroyAt })
    expect(server.actions.filter((action) => action === 'ScheduleKeyDeletion')).toHaveLength(1)
  })

  it('takes the ARN of a key and no name that may point elsewhere', async () => {
    server.alias('alias/phi', arn)
    for (const name of ['alias/phi', arn.split('/').at(-1) as string])
      expect((await refusal(kms().destroy(name))).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    expect(server.key(arn).state).toBe('Enabled')
  })

  it('does not believe an answer that names another key or no waiting time', async () => {
    const other = server.createKey()
    for (const change of [{ KeyId: other }, { KeyState: 'Enabled' }, { KeyState: undefined }]) {
      breaking(lying((body) => (body.PendingWindowInDays === undefined ? undefined : { ...body, ...change })))
      const victim = server.createKey()
      expect((await refusal(kms().destroy(victim))).code).toBe('PHI_ENVELOPE_KMS_ANSWER')
    }
  })
})

describe('S90 aws-kms: automatic rotation', () => {
  it('enables rotation every 90 days and reads it back', async () => {
    const client = awsClient(server)
    expect(await awsRotation(client, arn)).toEqual({ kek: arn, enabled: false })
    const enabled = await enableAwsRotation(client, arn, { everyDays: 90 })
    expect(enabled).toMatchObject({ kek: arn, enabled: true, everyDays: 90 })
    expect((Date.parse(enabled.nextAt as string) - Date.now()) / 86_400_000).toBeCloseTo(90, 1)
    expect(await awsRotation(client, arn)).toEqual(enabled)
    expect(await enableAwsRotation(client, arn)).toMatchObject({ everyDays: 90 })
    expect(await enableAwsRotation(client, arn, { everyDays: 365 })).toMatchObject({ everyDays: 365 })
  })

  it('refuses periods that the service does not take, and keys that it does not rotate', async () => {
    const client = awsClient(server)
    for (const everyDays of [0, 30, 89, 2561, 90.5, Number.NaN])
      expect((await refusal(enableAwsRotation(client, arn, { everyDays }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const imported = server.createKey({ origin: 'EXTERNAL' })
    expect((await refusal(enableAwsRotation(client, imported))).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    expect(server.key(arn).rotationDays).toBeUndefined()
  })

  it('does not call it enabled when the service says otherwise', async () => {
    breaking(lying((body) => ('KeyRotationEnabled' in body ? { ...body, RotationPeriodInDays: 365 } : undefined)))
    expect((await refusal(enableAwsRotation(awsClient(server), arn))).code).toBe('PHI_ENVELOPE_KMS_ANSWER')
    breaking(lying(() => ({})))
    expect((await refusal(awsRotation(awsClient(server), arn))).code).toBe('PHI_ENVELOPE_KMS_ANSWER')
  })
})

describe('S19 aws-kms: errors', () => {
  const all = async (fault: Fault): Promise<Set<string>> => {
    breaking((_, honest) => honest())
    const wrapped = await wrap()
    breaking(fault)
    const codes = new Set<string>()
    const adapter = kms()
    for (const call of [
      () => adapter.wrap({ dataKey, context }),
      () => adapter.unwrap({ ...wrapped, context }),
      () => adapter.describe(),
      () => adapter.destroy(arn),
    ]) {
      const error = await refusal(call())
      expectNoLeak(error, [dataKey, wrapped.wrapped, 'patient-7731', 'clinic-a'])
      codes.add(error.code)
    }
    return codes
  }

  it.each([
    ['NotFoundException', 'KEY_GONE'],
    ['DisabledException', 'KEY_UNUSABLE'],
    ['KMSInvalidStateException', 'KEY_UNUSABLE'],
    ['InvalidCiphertextException', 'REFUSED'],
    ['IncorrectKeyException', 'REFUSED'],
    ['InvalidKeyUsageException', 'UNSUPPORTED'],
    ['InvalidArnException', 'UNSUPPORTED'],
    ['AccessDeniedException', 'DENIED'],
    ['UnrecognizedClientException', 'DENIED'],
    ['ExpiredTokenException', 'DENIED'],
    ['InvalidSignatureException', 'DENIED'],
    ['ThrottlingException', 'UNAVAILABLE'],
    ['KMSInternalException', 'UNAVAILABLE'],
    ['KeyUnavailableException', 'UNAVAILABLE'],
    ['DependencyTimeoutException', 'UNAVAILABLE'],
    ['ValidationException', 'ANSWER'],
    ['toString', 'ANSWER'],
    ['SomethingNewException', 'ANSWER'],
  ])('%s with status 400 is %s, for every verb', async (type, code) => {
    expect(await all(answering(awsError(type)))).toEqual(new Set([`PHI_ENVELOPE_KMS_${code}`]))
  })

  it.each([
    ['an unknown exception with status 500', answering(awsError('SomethingNewException', 500)), 'UNAVAILABLE'],
    ['a page with status 502', html(502), 'UNAVAILABLE'],
    ['a page with status 200', html(200), 'ANSWER'],
    ['a page with status 403', html(403), 'ANSWER'],
    ['a closed connection', drop, 'UNAVAILABLE'],
    ['an empty body', empty, 'ANSWER'],
    ['a body cut short', truncated, 'ANSWER'],
    ['no object', answering({ status: 200, body: '[1]' }), 'ANSWER'],
    [
      'fields of other types',
      answering({ status: 200, body: '{"KeyId":[],"CiphertextBlob":7,"Plaintext":{},"KeyMetadata":"x"}' }),
      'ANSWER',
    ],
  ])('%s is %s', async (_, fault, code) => {
    expect(await all(fault)).toEqual(new Set([`PHI_ENVELOPE_KMS_${code}`]))
  })

  it('says what the service called it, and the request id', async () => {
    breaking(answering(awsError('AccessDeniedException', 400, 'User: x is not authorized to clinic-a')))
    const error = await refusal(kms().describe())
    expect(error.info).toEqual({
      service: 'aws-kms',
      error: 'AccessDeniedException',
      status: 400,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    breaking(answering({ ...awsError('AccessDeniedException'), headers: { 'x-amzn-requestid': toBase64(dataKey) } }))
    expectNoLeak(await refusal(kms().describe()), [dataKey])
  })

  it('follows no redirect', async () => {
    const elsewhere = await startAws()
    expect(await all(redirect(elsewhere.endpoint))).toEqual(new Set(['PHI_ENVELOPE_KMS_ANSWER']))
    expect(elsewhere.loopback.calls).toEqual([])
    elsewhere.loopback.close()
  })

  it('uses nothing of an answer that lies', async () => {
    const wrapped = await wrap()
    const other = server.createKey()
    const lies: [string, Fault][] = [
      ['a short key', lying((body) => ({ ...body, Plaintext: toBase64(new Uint8Array(16)) }))],
      ['a long key', lying((body) => ({ ...body, Plaintext: toBase64(new Uint8Array(33)) }))],
      ['another key’s name', lying((body) => ({ ...body, KeyId: other }))],
      ['no name', lying(({ KeyId: _, ...body }) => body)],
    ]
    for (const [, lie] of lies) {
      breaking(lie)
      const error = await refusal(kms().unwrap({ ...wrapped, context }))
      expect(error.code).toBe('PHI_ENVELOPE_KMS_ANSWER')
      expectNoLeak(error, [dataKey])
    }
    for (const lie of [
      lying((body) => ({ ...body, CiphertextBlob: toBase64(dataKey) })),
      lying((body) => ({ ...body, CiphertextBlob: toBase64(Buffer.concat([Buffer.alloc(40), dataKey])) })),
      lying((body) => ({ ...body, CiphertextBlob: '' })),
      lying((body) => ({ ...body, KeyId: 'arn:aws:kms:us-east-1:111122223333:alias/phi' })),
      lying((body) => ({ ...body, KeyId: other })),
    ]) {
      breaking(lie)
      const error = await refusal(kms().wrap({ dataKey, context, kek: arn }))
      expect(error.code).toBe('PHI_ENVELOPE_KMS_ANSWER')
      expectNoLeak(error, [dataKey])
    }
  })

  it('is denied with a wrong secret, an unknown access key, or none at all', async () => {
    const { endpoint, credentials } = server
    for (const wrong of [
      { ...credentials, secretAccessKey: 'another' },
      { ...credentials, accessKeyId: 'AKIDOTHER' },
    ]) {
      const client = awsClient({ ...server, endpoint, credentials: wrong })
      expect((await refusal(kms({ client }).describe())).code).toBe('PHI_ENVELOPE_KMS_DENIED')
    }
    const client = awsClient(server)
    client.config.credentials = async () => {
      throw Object.assign(new Error('no profile'), { name: 'CredentialsProviderError' })
    }
    expect((await refusal(kms({ client }).describe())).code).toBe('PHI_ENVELOPE_KMS_DENIED')
  })

  it('tries as often as the client is set to, and no more', async () => {
    breaking(answering(awsError('ThrottlingException')))
    await refusal(kms({ client: awsClient(server, { maxAttempts: 2 }) }).describe())
    expect(server.loopback.calls).toHaveLength(2)
  })

  it('recovers within those attempts', async () => {
    let left = 1
    breaking((_, honest) => (left-- > 0 ? awsError('ThrottlingException') : honest()))
    expect((await kms({ client: awsClient(server, { maxAttempts: 2 }) }).describe()).state).toBe('enabled')
  })

  it('cuts the connection when the signal is aborted', async () => {
    breaking(hang)
    const controller = new AbortController()
    const call = refusal(kms().describe(undefined, { signal: controller.signal }))
    while (server.loopback.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect((await call).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    await expect.poll(() => server.loopback.cut).toBe(1)
  })

  it('refuses options that cannot be', () => {
    for (const options of [{ keyId: '' }, { deletionWindowDays: 6 }, { deletionWindowDays: 31 }, { deletionWindowDays: 7.5 }])
      expect(() => kms(options)).toThrow(expect.objectContaining({ code: 'PHI_ENVELOPE_OPTIONS' }))
  })
})
