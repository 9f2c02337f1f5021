import { describe, expect, it } from 'vitest'
import { type Fault, faults, faultyKms, faultyStore, faultyTombstones, SECRET } from '../../test/lifecycle/faults.ts'
import { NOTE, publicJwk, request, setting } from '../../test/lifecycle/setting.ts'
import { testKms } from '../../test/lifecycle/test-kms.ts'
import { isErased } from '../keys/key-record.ts'
import type { DestroyOptions } from './destroy-options.ts'
import { verifyCertificate } from './verify-certificate.ts'

/** One tenant with a patient, of a KMS with a KEK of its own for it, and a second tenant that must not notice. */
async function world(waits = false) {
  const kms = testKms({ waits })
  for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
  const made = await setting({ testKms: kms, kek: (tenant) => tenant })
  const handle = await made.keyring.tenant('clinic-a', { purposes: ['field'] })
  const patient = await handle.subject('p-1', { purposes: ['field'] })
  const other = (await made.keyring.tenant('clinic-b', { purposes: ['field'] })).field(NOTE)
  return {
    ...made,
    kms,
    sealed: [handle.field(NOTE).seal('a', { row: '1' }), patient.field(NOTE).seal('p', { row: '1' })] as const,
    theirs: other.seal('theirs', { row: '1' }),
  }
}

type World = Awaited<ReturnType<typeof world>>

const KNOWN =
  /^PHI_ENVELOPE_(STORE|STORE_UNAVAILABLE|CERTIFICATE|KMS_UNAVAILABLE|KMS_ANSWER|KMS_KEY_GONE|KMS_KEY_UNUSABLE|CONFLICT)$/

/** Whatever the cut: no key does anything, none was erased without a tombstone, and the other tenant's value opens. */
async function holds({ store, tombstones, open, sealed, theirs }: World, stopped: boolean): Promise<void> {
  for (const record of (await store.records()).filter(({ tenant }) => tenant === 'clinic-a')) {
    if (isErased(record.state)) expect(await tombstones.find([record.id])).toHaveLength(1)
    expect(isErased(record.state)).toBe(record.wrapped.length === 0)
  }
  const fresh = await open()
  const body = (await fresh.tenant('clinic-b', { create: false })).field(NOTE)
  expect(body.open(theirs, { row: '1' })).toBe('theirs')
  if (!stopped) return
  for (const [i, text] of sealed.entries()) {
    let opened = false
    try {
      const handle = await fresh.tenant('clinic-a', { create: false, purposes: ['field'] })
      const keys = i === 0 ? handle : await handle.subject('p-1', { create: false, purposes: ['field'] })
      keys.field(NOTE).open(text, { row: '1' })
      opened = true
    } catch (error) {
      expect((error as { code: string }).code).toMatch(/^PHI_ENVELOPE_(OPEN|RESTORED|KMS_KEY_GONE)$/)
    }
    expect(opened).toBe(false)
  }
}

/**
 * Cuts a destruction off at every single call, one after the other, and lets a healthy keyring finish it.
 * @returns at how many places it was cut
 */
async function cutEverywhere(
  fault: Fault,
  options: Partial<DestroyOptions>,
  spoil: (made: World, plan: ReturnType<typeof faults>) => ReturnType<World['open']>,
  waits = false,
): Promise<number> {
  for (let cut = 1; ; cut++) {
    const made = await world(waits)
    const plan = faults(fault)
    const broken = await spoil(made, plan)
    plan.at = plan.calls + cut
    let outcome = 'done'
    try {
      await broken.destroy(request(options))
    } catch (error) {
      outcome = (error as { code: string }).code
      expect(outcome).toMatch(KNOWN)
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain(SECRET)
    }
    plan.at = 0
    await holds(made, false)
    if (waits) {
      const state = await made.keyring.destroy(request(options))
      expect(state.status).toBe('destruction-scheduled')
      made.kms.elapse()
    }
    const done = await made.keyring.destroy(request(options))
    if (done.status !== 'destroyed') throw new Error(done.status)
    expect(
      await verifyCertificate(done.certificate, publicJwk, { at: made.clock() === 0 ? '' : done.document.issuedAt }),
    ).toMatchObject({
      verdict: 'valid',
    })
    expect(done.document.keys).toHaveLength(2)
    if (options.kek === 'destroy') expect(done.document.method).toBe('kek-destroyed')
    await holds(made, true)
    if (!plan.happened) {
      expect(outcome).toBe('done')
      return cut - 1
    }
  }
}

const storeFaults: readonly Fault[] = ['before', 'after', 'foreign', 'nonsense']
const kmsFaults: readonly Fault[] = [...storeFaults, 'hang']

describe('a destruction that is cut off at any call goes on, and completes', () => {
  it.each(storeFaults)('S121 of the key store: %s', async (fault) => {
    const cuts = await cutEverywhere(fault, {}, ({ open, store }, plan) => open({ store: faultyStore(store, plan) }))
    // Two keys: read, stopped, marked, erased, and read again.
    expect(cuts).toBeGreaterThanOrEqual(9)
  })

  it.each(storeFaults)('S121 of the key store, with the KEK: %s', async (fault) => {
    const cuts = await cutEverywhere(fault, { kek: 'destroy' }, ({ open, store }, plan) =>
      open({ store: faultyStore(store, plan) }),
    )
    expect(cuts).toBeGreaterThanOrEqual(11)
  })

  it.each(storeFaults.filter((fault) => fault !== 'nonsense'))('S121 of the tombstones: %s', async (fault) => {
    const cuts = await cutEverywhere(fault, { kek: 'destroy' }, ({ open, tombstones }, plan) =>
      open({ tombstones: faultyTombstones(tombstones, plan) }),
    )
    expect(cuts).toBeGreaterThanOrEqual(4)
  })

  it.each(kmsFaults)('S121 of the KMS: %s', async (fault) => {
    const cuts = await cutEverywhere(fault, { kek: 'destroy' }, ({ open, kms }, plan) =>
      open({ kms: faultyKms(kms, plan), kmsTimeoutMs: 5 }),
    )
    // Twice the current KEK, the destruction, its proof, and two wrapped keys.
    expect(cuts).toBe(6)
  })

  it.each(kmsFaults)('S121 of a KMS with a waiting time: %s', async (fault) => {
    const cuts = await cutEverywhere(
      fault,
      { kek: 'destroy' },
      ({ open, kms }, plan) => open({ kms: faultyKms(kms, plan), kmsTimeoutMs: 5 }),
      true,
    )
    expect(cuts).toBe(3)
  })
})

describe('between the steps', () => {
  it('S121 once keys are marked nothing opens, though nothing is erased yet', async () => {
    const made = await world()
    const plan = faults('before', ['append'])
    plan.at = 1
    const cut = await made.open({ tombstones: faultyTombstones(made.tombstones, plan) })
    await expect(cut.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    const ours = (await made.store.records()).filter(({ tenant }) => tenant === 'clinic-a')
    expect(ours.map(({ state, wrapped }) => [state, wrapped.length > 0])).toEqual(
      Array(2).fill(['destruction-scheduled', true]),
    )
    await holds(made, true)
  })

  it('S121 the certificate tells when a key was erased, and not when its tombstone was laid', async () => {
    const made = await world()
    const plan = faults('before', ['replace'])
    const cut = await made.open({ store: faultyStore(made.store, plan) })
    // Two keys are stopped and marked; the fifth write would erase the first.
    plan.at = 5
    await expect(cut.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    expect(await made.tombstones.scan({ limit: 10 })).toHaveLength(2)
    made.clock.set('2026-11-25T00:00:00.000Z')
    expect(await made.keyring.destroy(request())).toMatchObject({ document: { destroyedAt: '2026-11-25T00:00:00.000Z' } })
  })

  it('S121 a key whose record vanishes meanwhile gets no certificate', async () => {
    const made = await world()
    const losing = await made.open({
      store: { ...made.store, replace: async () => 'conflict', find: async () => undefined },
    })
    await expect(losing.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_STORE' })
    const stuck = await made.open({ store: { ...made.store, replace: async () => 'conflict' } })
    await expect(stuck.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_CONFLICT' })
  })

  it('S121 a tombstone that is not there after it was written stops the erasing', async () => {
    const made = await world()
    const forgetful = await made.open({ tombstones: { ...made.tombstones, append: async () => undefined } })
    await expect(forgetful.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_STORE' })
    expect((await made.store.records()).every(({ wrapped }) => wrapped.length > 0)).toBe(true)
  })

  it('S121 a tombstone of another key under the same id is not this key’s', async () => {
    const made = await world()
    const [record] = (await made.store.records()).filter(({ tenant }) => tenant === 'clinic-a')
    await made.tombstones.append({
      keyId: record?.id ?? '',
      tenant: 'clinic-a',
      purpose: 'field',
      version: 1,
      commitment: '00'.repeat(32),
      destroyedAt: '2026-01-01T00:00:00.000Z',
      backupHorizon: '2026-01-01T00:00:00.000Z',
    })
    await expect(made.keyring.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_STORE' })
    expect((await made.store.records()).every(({ wrapped }) => wrapped.length > 0)).toBe(true)
  })

  it('S121 a store that does not do what it says gets no certificate', async () => {
    const made = await world()
    const lazy = await made.open({
      store: {
        ...made.store,
        async replace(record, revision) {
          return record.state === 'destroyed' ? 'replaced' : made.store.replace(record, revision)
        },
      },
    })
    await expect(lazy.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_CERTIFICATE' })
    let erased = false
    const losing = await made.open({
      store: {
        ...made.store,
        async replace(record, revision) {
          erased ||= record.state === 'destroyed'
          return made.store.replace(record, revision)
        },
        // The record of a key is gone, and with it what would show that the key is.
        scan: async (options) => (await made.store.scan(options)).slice(erased ? 1 : 0),
      },
    })
    await expect(losing.destroy(request())).rejects.toMatchObject({ code: 'PHI_ENVELOPE_CERTIFICATE' })
    expect(await made.keyring.destroy(request())).toMatchObject({ status: 'destroyed' })
  })
})
