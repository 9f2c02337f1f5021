import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { collect, faults, faultyKms } from '../../test/lifecycle/faults.ts'
import { NOTE, request, START, setting } from '../../test/lifecycle/setting.ts'
import { testKms } from '../../test/lifecycle/test-kms.ts'

const DAY = 86_400_000
const onlyField = { purposes: ['field'] } as const
const field = { tenant: 'clinic-a', purpose: 'field' } as const

describe('due', () => {
  it('S90 a key is due at ninety days to the millisecond, and overdue after', async () => {
    const { keyring, clock } = await setting()
    await keyring.tenant('clinic-a', onlyField)
    clock.advance(90 * DAY - 1)
    expect(await collect(keyring.due())).toEqual([])
    clock.advance(1)
    const at = { action: 'rotate', reason: 'age', tenant: 'clinic-a', purpose: 'field', dueAt: '2027-02-20T00:00:00.000Z' }
    expect(await collect(keyring.due())).toMatchObject([{ ...at, overdue: false }])
    clock.advance(1)
    expect(await collect(keyring.due())).toMatchObject([{ ...at, overdue: true }])
    await keyring.rotate(field)
    expect(await collect(keyring.due())).toEqual([])
  })

  it('S90 counts elapsed days: no calendar, leap day or clock change moves the instant', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 1, max: 800 }),
        fc.integer({ min: 0, max: DAY - 1 }),
        async (day, everyDays, part) => {
          const { keyring, clock } = await setting({ rotation: { everyDays } })
          const made = Date.parse(START) + day * DAY + part
          clock.set(made)
          await keyring.tenant('clinic-a', onlyField)
          const limit = made + everyDays * DAY
          const at = (instant: number) => collect(keyring.due({ at: new Date(instant).toISOString() }))
          expect([(await at(limit - 1)).length, (await at(limit)).length]).toEqual([0, 1])
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 25 },
    )
  })

  it('S90 another instant is a forecast', async () => {
    const { keyring } = await setting()
    await keyring.tenant('clinic-a')
    expect(await collect(keyring.due({ at: '2027-02-19T23:59:59.999Z' }))).toHaveLength(0)
    expect(await collect(keyring.due({ at: '2027-02-20T00:00:00.000Z' }))).toHaveLength(3)
    expect(await refusal(collect(keyring.due({ at: '2027-02-20' })))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
  })

  it('S90 so is one that has sealed enough, counting what is not written yet', async () => {
    const { keyring } = await setting({ rotation: { maxSeals: 3 } })
    const body = (await keyring.tenant('clinic-a', onlyField)).field(NOTE)
    for (const row of ['1', '2']) body.seal('x', { row })
    expect(await collect(keyring.due())).toEqual([])
    body.seal('x', { row: '3' })
    expect(await collect(keyring.due())).toMatchObject([{ action: 'rotate', reason: 'seals', dueAt: null, overdue: false }])
    const bytes = await setting({ rotation: { maxBytes: 10 } })
    ;(await bytes.keyring.tenant('clinic-a', onlyField)).field(NOTE).seal('1234567890', { row: '1' })
    expect(await collect(bytes.keyring.due())).toMatchObject([{ action: 'rotate', reason: 'bytes' }])
  })

  it('a place where nothing seals is reported, unless that was for good', async () => {
    const { keyring, store } = await setting()
    await keyring.tenant('clinic-a', onlyField)
    const [record] = await store.records()
    await keyring.revoke({ tenant: 'clinic-a', keyId: record?.id ?? '' })
    expect(await collect(keyring.due())).toMatchObject([{ action: 'rotate', reason: 'no-active', keyId: record?.id }])
    await keyring.destroy(request())
    expect(await collect(keyring.due({ at: '2031-01-01T00:00:00.000Z' }))).toEqual([])
  })

  it('S19 keys under an older KEK, or in another KMS, are due to be rewrapped', async () => {
    const { keyring, kms, open } = await setting()
    await keyring.tenant('clinic-a', onlyField)
    expect(await collect(keyring.due())).toEqual([])
    kms.rotate()
    expect(await collect(keyring.due())).toMatchObject([{ action: 'rewrap', reason: 'kek-rotated', dueAt: null }])
    const moved = await open({ kms: [testKms({ name: 'new-kms' }), kms] })
    expect(await collect(moved.due())).toMatchObject([{ action: 'rewrap', reason: 'kms-changed' }])
  })

  it('S19 S91 each tenant is held against its own KEK', async () => {
    const kms = testKms()
    for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
    const { keyring } = await setting({ testKms: kms, kek: (tenant) => tenant })
    for (const tenant of ['clinic-a', 'clinic-b']) await keyring.tenant(tenant, onlyField)
    kms.rotate('clinic-b')
    expect(await collect(keyring.due())).toMatchObject([{ action: 'rewrap', tenant: 'clinic-b' }])
  })

  it('asks the KMS once for each KEK, however many keys there are', async () => {
    const { keyring, kms } = await setting()
    for (let i = 0; i < 20; i++) await keyring.tenant(`clinic-${i}`)
    const before = kms.calls.describe
    await collect(keyring.due())
    expect(kms.calls.describe - before).toBe(1)
  })

  it.each(['before', 'hang', 'foreign', 'nonsense'] as const)(
    'S19 a KMS that does not say is "unknown", never "not due" (%s)',
    async (fault) => {
      const kms = testKms()
      const plan = faults(fault, ['describe'])
      const { keyring } = await setting({ kms: faultyKms(kms, plan) })
      await keyring.tenant('clinic-a', onlyField)
      plan.at = plan.calls + 1
      const code = fault === 'nonsense' ? 'PHI_ENVELOPE_KMS_ANSWER' : 'PHI_ENVELOPE_KMS_UNAVAILABLE'
      expect(await collect(keyring.due())).toMatchObject([{ action: 'describe-failed', reason: 'kms-unknown', code }])
      // The policy needs no KMS.
      plan.at = plan.calls + 1
      const later = await collect(keyring.due({ at: '2031-01-01T00:00:00.000Z' }))
      expect(later.map(({ action }) => action)).toEqual(['describe-failed', 'rotate'])
    },
  )

  it.each(['disabled', 'destruction-scheduled', 'unknown'] as const)(
    'S19 a current KEK that is %s is reported',
    async (state) => {
      const { keyring, kms } = await setting()
      await keyring.tenant('clinic-a', onlyField)
      kms.setState('default:v1', state)
      expect(await collect(keyring.due())).toMatchObject([{ action: 'check-kek', reason: 'kek-unusable' }])
    },
  )
})
