import { toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { faults, faultyStore } from '../../test/lifecycle/faults.ts'
import { HORIZON, NOTE, publicJwk, request, setting, signer } from '../../test/lifecycle/setting.ts'
import { memoryTombstones } from './tombstone.ts'
import { verifyAddendum, verifyCertificate } from './verify-certificate.ts'

async function destroyed() {
  const made = await setting()
  for (const tenant of ['clinic-a', 'clinic-b']) {
    ;(await made.keyring.tenant(tenant, { purposes: ['field', 'file'] })).field(NOTE).seal('x', { row: '1' })
    await made.keyring.destroy(request({ tenant, backupHorizon: tenant === 'clinic-a' ? HORIZON : '2027-06-01T00:00:00.000Z' }))
  }
  return made
}

describe('passBackupHorizon', () => {
  it('S121 moves keys when the last backup has expired, to the millisecond, and certifies it', async () => {
    const { keyring, clock, store } = await destroyed()
    clock.set('2026-12-26T23:59:59.999Z')
    expect(await keyring.passBackupHorizon({ signer })).toEqual({ passed: [], waiting: 4, unknown: [], addenda: [] })
    clock.set(HORIZON)
    const { passed, waiting, addenda } = await keyring.passBackupHorizon({ signer })
    expect([passed.map(({ tenant, state }) => `${tenant} ${state}`), waiting]).toEqual([
      Array(2).fill('clinic-a past-backup-horizon'),
      2,
    ])
    const ours = (await store.records()).filter(({ tenant }) => tenant === 'clinic-a')
    expect(ours.every(({ state }) => state === 'past-backup-horizon')).toBe(true)
    expect(addenda.map(({ tenant }) => tenant)).toEqual(['clinic-a'])
    const jws = addenda[0]?.addendum as string
    expect(await verifyAddendum(jws, publicJwk, { at: HORIZON })).toEqual({
      verdict: 'valid',
      kid: 'privacy-office-1',
      alg: 'EdDSA',
      addendum: {
        format: 'phi.envelope/destruction-addendum/v1',
        status: 'past-backup-horizon',
        tenant: 'clinic-a',
        keys: ours.map(({ id, commitment }) => ({ id, commitment: toHex(commitment), backupHorizon: HORIZON })),
        backupHorizon: HORIZON,
        issuedAt: HORIZON,
      },
    })
    expect(await verifyCertificate(jws, publicJwk)).toEqual({ verdict: 'invalid', problem: 'type' })
  })

  it('S121 cut off between two keys, the next call’s addendum names them all', async () => {
    const { keyring, clock, store, open } = await destroyed()
    clock.set(HORIZON)
    const plan = faults('before', ['replace'])
    plan.at = 2
    const cut = await open({ store: faultyStore(store, plan) })
    expect(await refusal(cut.passBackupHorizon({ signer }))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    const { passed, addenda } = await keyring.passBackupHorizon({ signer })
    expect(passed).toHaveLength(1)
    const report = await verifyAddendum(addenda[0]?.addendum as string, publicJwk, { at: HORIZON })
    expect(report).toMatchObject({ verdict: 'valid', addendum: { keys: { length: 2 } } })
    // No news, no addendum, unless one tenant's is asked for.
    expect(await keyring.passBackupHorizon({ signer })).toMatchObject({ passed: [], addenda: [] })
    expect(await keyring.passBackupHorizon({ signer, tenant: 'clinic-a' })).toMatchObject({
      passed: [],
      addenda: [{ tenant: 'clinic-a' }],
    })
  })

  it('S121 where the tombstone is missing, when backups expire is not known, and nothing moves', async () => {
    const { open, clock, store } = await destroyed()
    clock.set('2031-01-01T00:00:00.000Z')
    const forgetful = await open({ tombstones: memoryTombstones() })
    const { passed, unknown } = await forgetful.passBackupHorizon()
    expect([passed.length, unknown.length]).toEqual([0, 4])
    expect((await store.records()).every(({ state }) => state === 'destroyed')).toBe(true)
  })

  it('a certificate made after the horizon still tells when the keys were destroyed', async () => {
    const { keyring, clock } = await destroyed()
    clock.set(HORIZON)
    await keyring.passBackupHorizon()
    expect(await keyring.destroy(request())).toMatchObject({
      document: { destroyedAt: '2026-11-22T00:00:00.000Z', issuedAt: HORIZON },
    })
  })

  it('options that are none are refused', async () => {
    const { keyring } = await setting()
    for (const options of [{ tenant: 'A B' }, { signer: 7 }, { signer: { ...signer, alg: 'none' } }, { extra: 1 }]) {
      expect(await refusal(keyring.passBackupHorizon(options as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
  })
})
