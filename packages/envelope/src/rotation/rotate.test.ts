import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { collect, type Fault, faults, faultyStore, slow } from '../../test/lifecycle/faults.ts'
import { NOTE, request, setting } from '../../test/lifecycle/setting.ts'
import { inspectSealed } from '../field/format.ts'
import type { KeyState } from '../keys/key-record.ts'

const field = { tenant: 'clinic-a', purpose: 'field' } as const
const keyIdOf = (sealed: string): string => (inspectSealed(sealed) as { keyId: string }).keyId

describe('rotate', () => {
  it('S19 S90 the new version seals, the old one opens, and values move over one by one', async () => {
    const { keyring, clock, store, events } = await setting()
    const body = (await keyring.tenant('clinic-a')).field(NOTE)
    const old = body.seal('before', { row: '1' })
    clock.advance(90 * 86_400_000)
    const rotation = await keyring.rotate(field)
    expect(rotation).toMatchObject({
      outcome: 'rotated',
      key: { version: 2, state: 'active', createdAt: '2027-02-20T00:00:00.000Z' },
    })
    expect(rotation.retiring).toEqual([keyIdOf(old)])
    // A handle from before does not go on with the old key.
    expect(await refusal(() => body.seal('x', { row: '2' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
    await keyring.tenant('clinic-a')
    const sealed = body.seal('after', { row: '2' })
    expect(keyIdOf(sealed)).toBe(rotation.key.id)
    expect(body.open(old, { row: '1' })).toBe('before')
    expect([body.isCurrent(old), body.isCurrent(body.reseal(old, { row: '1' }))]).toEqual([false, true])
    const states = (await store.list('clinic-a', null))
      .filter(({ purpose }) => purpose === 'field')
      .map(({ version, state }) => [version, state])
    expect(states).toEqual([
      [1, 'retiring'],
      [2, 'active'],
    ])
    expect(events.map(({ type }) => type).filter((type) => type !== 'created')).toEqual(['rotated', 'state-changed'])
  })

  it('S91 rotates one tenant, purpose and subject, and no other', async () => {
    const { keyring, store } = await setting()
    for (const tenant of ['clinic-a', 'clinic-b']) await (await keyring.tenant(tenant)).subject('p-1')
    await keyring.rotate({ tenant: 'clinic-a', purpose: 'field', subject: 'p-1' })
    const second = (await store.records()).filter(({ version }) => version === 2)
    expect(second).toMatchObject([{ tenant: 'clinic-a', purpose: 'field', subject: 'p-1', state: 'active' }])
  })

  it('another process learns of it within statesMaxAgeMs', async () => {
    const { keyring, open, clock } = await setting({ cache: { statesMaxAgeMs: 30_000 } })
    const other = await open()
    const body = (await other.tenant('clinic-a')).field(NOTE)
    const { key } = await keyring.rotate(field)
    await other.tenant('clinic-a')
    expect(keyIdOf(body.seal('x', { row: '1' }))).not.toBe(key.id)
    clock.advance(30_000)
    await other.tenant('clinic-a')
    expect(keyIdOf(body.seal('x', { row: '1' }))).toBe(key.id)
  })

  it('S90 thirty-two rotations at the same time, from four processes, make one new version', async () => {
    for (const seed of [1, 2, 3]) {
      const { keyring, open, store } = await setting()
      await keyring.tenant('clinic-a')
      const processes = await Promise.all([1, 2, 3, 4].map((n) => open({ store: slow(store, seed * 10 + n) })))
      const rotations = await Promise.all(Array.from({ length: 32 }, (_, i) => processes[i % 4]?.rotate(field)))
      const newest = new Set(rotations.map((rotation) => rotation?.key.id))
      const versions = (await store.records()).filter(({ purpose }) => purpose === 'field')
      expect(newest.size).toBe(versions.filter(({ state }) => state === 'active').length)
      expect(versions).toHaveLength(2)
      expect(rotations.filter((rotation) => rotation?.outcome === 'rotated')).toHaveLength(1)
    }
  })

  it('S90 a request under way is not disturbed, and a handle of before seals with the new key after the next `tenant()`', async () => {
    const { keyring } = await setting()
    const body = (await keyring.tenant('clinic-a')).field(NOTE)
    const before = body.seal('x', { row: '1' })
    const { key } = await keyring.rotate(field)
    expect(keyIdOf(body.seal('x', { row: '1' }))).toBe(keyIdOf(before))
    await keyring.tenant('clinic-a')
    expect(keyIdOf(body.seal('x', { row: '1' }))).toBe(key.id)
    expect(body.open(before, { row: '1' })).toBe('x')
  })

  it('S90 thirty-two calls in one process cost the KMS one wrap', async () => {
    const { keyring, kms } = await setting()
    await keyring.tenant('clinic-a')
    const before = kms.calls.wrap
    const rotations = await Promise.all(Array.from({ length: 32 }, () => keyring.rotate(field)))
    expect(kms.calls.wrap - before).toBe(1)
    expect(rotations.map(({ outcome }) => outcome)).toEqual(['rotated', ...Array(31).fill('joined')])
  })

  it('usage that was not written yet is written first', async () => {
    const { keyring } = await setting()
    const body = (await keyring.tenant('clinic-a')).field(NOTE)
    body.seal('12345', { row: '1' })
    const { retiring } = await keyring.rotate(field)
    expect((await keyring.status('clinic-a')).find(({ id }) => id === retiring[0])?.usage).toEqual({ seals: 1, bytes: 5 })
  })

  describe('refuses', () => {
    it('where there has never been a key', async () => {
      const { keyring, store } = await setting()
      expect(await refusal(keyring.rotate(field))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
      await keyring.tenant('clinic-a', { purposes: ['file'] })
      expect(await refusal(keyring.rotate(field))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
      expect(await refusal(keyring.rotate({ ...field, subject: 'p-1' }))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
      expect(await store.records()).toHaveLength(1)
    })

    it.each<KeyState>(['destruction-scheduled', 'destroyed', 'past-backup-horizon'])(
      'S121 where a key is %s',
      async (state) => {
        const { keyring, store } = await setting()
        await keyring.tenant('clinic-a', { purposes: ['field'] })
        const [record] = await store.backup()
        if (record === undefined) throw new Error('no record')
        const wrapped = state === 'destruction-scheduled' ? record.wrapped : new Uint8Array(0)
        await store.restore([{ ...record, state, wrapped }])
        expect(await refusal(keyring.rotate(field))).toMatchObject({ code: 'PHI_ENVELOPE_KEY_STATE' })
        expect(await store.records()).toHaveLength(1)
      },
    )

    it('S121 a key that is made while a destruction runs does not stay in use', async () => {
      const { keyring, store, open } = await setting()
      await keyring.tenant('clinic-a', { purposes: ['field'] })
      let destroyed = false
      const racing = await open({
        store: {
          ...store,
          async insert(record) {
            if (!destroyed) await keyring.destroy(request())
            destroyed = true
            return store.insert(record)
          },
        },
      })
      expect(await refusal(racing.rotate(field))).toMatchObject({ code: 'PHI_ENVELOPE_KEY_STATE' })
      expect((await store.records()).map(({ state }) => state).sort()).toEqual(['destroyed', 'revoked'])
      expect((await keyring.destroy(request())).status).toBe('destroyed')
      expect((await store.records()).map(({ state }) => state)).toEqual(['destroyed', 'destroyed'])
    })

    it('options that are none, before anything is asked', async () => {
      const { keyring } = await setting()
      for (const options of [
        {},
        { tenant: 'clinic-a' },
        { ...field, purpose: 'email' },
        { ...field, subject: '' },
        { ...field, extra: 1 },
        { ...field, tenant: 'Clinic A' },
      ]) {
        expect(await refusal(keyring.rotate(options as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
      }
    })
  })

  describe('cut off', () => {
    it('between the two writes, the newest seals, it is reported as due, and the next rotation only finishes', async () => {
      const { keyring, open, store } = await setting()
      const handle = await keyring.tenant('clinic-a', { purposes: ['field'] })
      const plan = faults('before', ['replace'])
      plan.at = 1
      const cut = await open({ store: faultyStore(store, plan) })
      expect(await refusal(cut.rotate(field))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
      const [first, second] = (await store.list('clinic-a', null)).map(({ id, state }) => ({ id, state }))
      expect([first?.state, second?.state]).toEqual(['active', 'active'])
      keyring.evict()
      await keyring.tenant('clinic-a', { purposes: ['field'] })
      expect(keyIdOf(handle.field(NOTE).seal('x', { row: '1' }))).toBe(second?.id)
      expect(await collect(keyring.due())).toMatchObject([
        { action: 'finish-rotation', reason: 'two-active', keyId: first?.id },
      ])
      expect(await keyring.rotate(field)).toMatchObject({ outcome: 'finished', key: { id: second?.id }, retiring: [first?.id] })
      expect(await keyring.rotate(field)).toMatchObject({ outcome: 'rotated', key: { version: 3 } })
    })

    it.each<Fault>(['before', 'after', 'foreign', 'nonsense'])(
      'S90 at any call of the store (%s), nothing is lost and the next call completes',
      async (fault) => {
        for (let at = 1; ; at++) {
          const { keyring, open, store } = await setting()
          const sealed = (await keyring.tenant('clinic-a')).field(NOTE).seal('kept', { row: '1' })
          const plan = faults(fault)
          plan.at = at
          const cut = await open({ store: faultyStore(store, plan) })
          const outcome = await cut.rotate(field).then(
            () => 'done',
            (error: unknown) => (error as { code: string }).code,
          )
          if (!plan.happened) {
            expect(at).toBeGreaterThan(4)
            break
          }
          expect(outcome).toMatch(/^(done|PHI_ENVELOPE_STORE|PHI_ENVELOPE_STORE_UNAVAILABLE)$/)
          await keyring.rotate(field)
          const body = (await keyring.tenant('clinic-a')).field(NOTE)
          expect(body.open(sealed, { row: '1' })).toBe('kept')
          expect(
            (await store.records()).filter(({ purpose, state }) => purpose === 'field' && state === 'active'),
          ).toHaveLength(1)
        }
      },
    )
  })
})
