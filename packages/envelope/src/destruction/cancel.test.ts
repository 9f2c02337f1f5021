import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { faults, faultyKms, faultyStore } from '../../test/lifecycle/faults.ts'
import { NOTE, request, setting } from '../../test/lifecycle/setting.ts'
import { testKms } from '../../test/lifecycle/test-kms.ts'

async function waiting() {
  const kms = testKms({ waits: true })
  kms.rotate('clinic-a')
  const made = await setting({ testKms: kms, kek: (tenant) => tenant })
  const handle = await made.keyring.tenant('clinic-a', { purposes: ['field'] })
  await handle.subject('p-1', { purposes: ['field'] })
  const sealed = handle.field(NOTE).seal('x', { row: '1' })
  expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({ status: 'destruction-scheduled' })
  return { ...made, kms, sealed }
}

const states = async ({ store }: Pick<Awaited<ReturnType<typeof waiting>>, 'store'>) =>
  (await store.records()).map(({ state }) => state)

describe('cancelDestruction', () => {
  it('S121 takes keys back to revoked once the KMS has let them be, and never to opening', async () => {
    const made = await waiting()
    made.kms.setState('clinic-a:v1', 'disabled')
    expect(await made.keyring.cancelDestruction({ tenant: 'clinic-a' })).toMatchObject([
      { state: 'revoked' },
      { state: 'revoked' },
    ])
    made.kms.setState('clinic-a:v1', 'enabled')
    const body = (await made.keyring.tenant('clinic-a', { purposes: ['field'] })).field(NOTE)
    expect(await refusal(() => body.open(made.sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect((await made.store.records()).every(({ wrapped }) => wrapped.length > 0)).toBe(true)
    // And the tenant may start anew, or be destroyed after all.
    expect(await made.keyring.rotate({ tenant: 'clinic-a', purpose: 'field' })).toMatchObject({ outcome: 'rotated' })
    await made.keyring.destroy(request({ kek: 'destroy' }))
    made.kms.elapse()
    expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({
      status: 'destroyed',
      document: { keys: { length: 3 } },
    })
  })

  it.each([
    ['destruction-scheduled', 'PHI_ENVELOPE_KMS_KEY_UNUSABLE'],
    ['unknown', 'PHI_ENVELOPE_KMS_KEY_UNUSABLE'],
    ['destroyed', 'PHI_ENVELOPE_KMS_KEY_GONE'],
  ] as const)('S121 not while the KMS says "%s"', async (state, code) => {
    const made = await waiting()
    made.kms.setState('clinic-a:v1', state)
    expect(await refusal(made.keyring.cancelDestruction({ tenant: 'clinic-a' }))).toMatchObject({ code })
    expect(await states(made)).toEqual(['destruction-scheduled', 'destruction-scheduled'])
  })

  it.each(['before', 'hang', 'foreign', 'nonsense'] as const)('S121 not while the KMS does not say (%s)', async (fault) => {
    const made = await waiting()
    const plan = faults(fault, ['describe'])
    const cut = await made.open({ kms: faultyKms(made.kms, plan), kmsTimeoutMs: 5 })
    plan.at = plan.calls + 1
    expect((await refusal(cut.cancelDestruction({ tenant: 'clinic-a' }))).code).toMatch(
      /^PHI_ENVELOPE_KMS_(UNAVAILABLE|ANSWER)$/,
    )
    expect(await states(made)).toEqual(['destruction-scheduled', 'destruction-scheduled'])
  })

  it('S121 not once tombstones are laid, nor afterwards, nor where nothing waits', async () => {
    const made = await waiting()
    made.kms.elapse()
    const plan = faults('before', ['replace'])
    plan.at = 1
    const cut = await made.open({ store: faultyStore(made.store, plan) })
    expect(await refusal(cut.destroy(request({ kek: 'destroy' })))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    expect(await states(made)).toEqual(['destruction-scheduled', 'destruction-scheduled'])
    expect(await refusal(made.keyring.cancelDestruction({ tenant: 'clinic-a' }))).toMatchObject({
      code: 'PHI_ENVELOPE_KEY_STATE',
    })
    expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({ status: 'destroyed' })
    expect(await refusal(made.keyring.cancelDestruction({ tenant: 'clinic-a' }))).toMatchObject({
      code: 'PHI_ENVELOPE_KEY_STATE',
    })
    expect(await refusal(made.keyring.cancelDestruction({ tenant: 'clinic-z' }))).toMatchObject({
      code: 'PHI_ENVELOPE_KEY_STATE',
    })
    expect(await refusal(made.keyring.cancelDestruction({ tenant: 'A B' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
  })
})
