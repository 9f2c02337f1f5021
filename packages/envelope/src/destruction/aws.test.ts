import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AwsServer, startAws } from '../../test/kms/aws-server.ts'
import { awsClient } from '../../test/kms/clients.ts'
import { NOTE, publicJwk, request, setting } from '../../test/lifecycle/setting.ts'
import { awsKms } from '../kms/aws-kms.ts'
import { verifyCertificate } from './verify-certificate.ts'

describe('destruction with the AWS adapter, on a loopback server that speaks the service’s wire form', () => {
  let server: AwsServer
  beforeAll(async () => {
    server = await startAws()
  })
  afterAll(() => server.loopback.close())

  async function tenant() {
    const [own, shared] = [server.createKey(), server.createKey()]
    const kms = awsKms({ client: awsClient(server), keyId: shared, deletionWindowDays: 7 })
    const made = await setting({ kms, kek: (id) => (id === 'clinic-a' ? own : undefined), kmsTimeoutMs: 10_000 })
    const sealed = (await made.keyring.tenant('clinic-a', { purposes: ['field'] })).field(NOTE).seal('x', { row: '1' })
    return { ...made, own, sealed }
  }

  it('S90 S121 the deletion window is no destruction; when the key is gone, it is certified', async () => {
    const { keyring, own, sealed, store } = await tenant()
    const waiting = await keyring.destroy(request({ kek: 'destroy' }))
    if (waiting.status !== 'destruction-scheduled') throw new Error(waiting.status)
    expect(waiting.keks).toMatchObject([{ kms: 'aws-kms', kek: own, receipt: { operation: 'ScheduleKeyDeletion' } }])
    expect(Date.parse(waiting.destroyAt ?? '') - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
    expect(server.key(own).state).toBe('PendingDeletion')
    expect(await keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({ status: 'destruction-scheduled' })
    expect(await refusal(keyring.cancelDestruction({ tenant: 'clinic-a' }))).toMatchObject({
      code: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
    })
    server.forget(own)
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(NOTE)
    const done = await keyring.destroy(request({ kek: 'destroy', samples: [() => body.open(sealed, { row: '1' })] }))
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(done.document).toMatchObject({
      method: 'kek-destroyed',
      keks: [{ kms: 'aws-kms', kek: own, state: 'reported-gone' }],
      keys: [{ unwrap: 'kek-gone' }],
      checks: { samples: { refused: { PHI_ENVELOPE_OPEN: 1 } } },
    })
    expect(await verifyCertificate(done.certificate, publicJwk, { at: done.document.issuedAt })).toMatchObject({
      verdict: 'valid',
    })
    expect((await store.records()).map(({ state, wrapped }) => [state, wrapped.length])).toEqual([['destroyed', 0]])
  })

  it('S121 called off in the KMS, it can be called off here', async () => {
    const { keyring, own } = await tenant()
    await keyring.destroy(request({ kek: 'destroy' }))
    // CancelKeyDeletion leaves a key disabled.
    const key = server.key(own)
    key.state = 'Disabled'
    delete key.deletionDate
    expect(await keyring.cancelDestruction({ tenant: 'clinic-a' })).toMatchObject([{ state: 'revoked' }])
  })
})
