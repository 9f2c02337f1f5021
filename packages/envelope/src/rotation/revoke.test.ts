import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { faults, faultyStore } from '../../test/lifecycle/faults.ts'
import { NOTE, setting } from '../../test/lifecycle/setting.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import type { KeyStore } from '../keys/key-store.ts'

const field = { tenant: 'clinic-a', purpose: 'field' } as const

async function withKey() {
  const made = await setting()
  const handle = await made.keyring.tenant('clinic-a', { purposes: ['field'] })
  const [record] = await made.store.records()
  return { ...made, handle, body: handle.field(NOTE), keyId: (record as DataKeyRecord).id }
}

describe('revoke', () => {
  it('S19 the active key neither seals nor opens from then on, and rotation brings another', async () => {
    const { keyring, body, keyId, events } = await withKey()
    const sealed = body.seal('x', { row: '1' })
    const revocation = await keyring.revoke({ tenant: 'clinic-a', keyId })
    expect(revocation).toMatchObject({
      key: { id: keyId, state: 'revoked' },
      evicted: 1,
      cachesEmptyBy: '2026-11-22T00:15:00.000Z',
    })
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(await refusal(() => body.seal('y', { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
    expect(await keyring.rotate(field)).toMatchObject({ outcome: 'rotated', key: { version: 2 }, retiring: [] })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(body.open(body.seal('y', { row: '1' }), { row: '1' })).toBe('y')
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(events.filter(({ type }) => type === 'evicted')).toMatchObject([
      { tenant: 'clinic-a', key: { id: keyId, state: 'revoked' } },
    ])
  })

  it('a retiring key no longer opens, and the active one goes on', async () => {
    const { keyring, body, keyId } = await withKey()
    const old = body.seal('old', { row: '1' })
    await keyring.rotate(field)
    await keyring.revoke({ tenant: 'clinic-a', keyId })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(await refusal(() => body.open(old, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(body.open(body.seal('new', { row: '1' }), { row: '1' })).toBe('new')
  })

  it('twice is once', async () => {
    const { keyring, keyId, store } = await withKey()
    await Promise.all(Array.from({ length: 32 }, () => keyring.revoke({ tenant: 'clinic-a', keyId })))
    expect(await keyring.revoke({ tenant: 'clinic-a', keyId })).toMatchObject({ key: { state: 'revoked' } })
    expect(await store.records()).toMatchObject([{ state: 'revoked', revision: 1 }])
  })

  it('pg_tde #571: the key is out of memory before the store is asked, and when the store fails', async () => {
    const { open, store, keyId } = await withKey()
    const plan = faults('before', ['replace'])
    plan.at = 1
    const cut = await open({ store: faultyStore(store, plan) })
    const body = (await cut.tenant('clinic-a', { purposes: ['field'] })).field(NOTE)
    const sealed = body.seal('x', { row: '1' })
    const revoking = refusal(cut.revoke({ tenant: 'clinic-a', keyId }))
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
    expect(await revoking).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('pg_tde #571: a refresh that read the key before it was revoked does not bring it back', async () => {
    const { open, store, keyId } = await withKey()
    let release = () => undefined as undefined
    let reading = () => undefined as undefined
    const held = new Promise<void>((resolve) => {
      release = () => void resolve()
    })
    const read = new Promise<void>((resolve) => {
      reading = () => void resolve()
    })
    let hold = false
    const paused: KeyStore = {
      ...store,
      async list(tenant, subject) {
        const records = await store.list(tenant, subject)
        if (hold) {
          hold = false
          reading()
          await held
        }
        return records
      },
    }
    const keyring = await open({ store: paused })
    const handle = await keyring.tenant('clinic-a', { purposes: ['field'] })
    const sealed = handle.field(NOTE).seal('x', { row: '1' })
    keyring.evict()
    hold = true
    const loading = keyring.tenant('clinic-a', { purposes: ['field'] })
    await read
    await keyring.revoke({ tenant: 'clinic-a', keyId })
    release()
    await loading
    expect(await refusal(() => handle.field(NOTE).open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(await refusal(() => handle.field(NOTE).seal('y', { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
  })

  it('pg_tde #571: nor does one that begins while the store is being asked', async () => {
    const { open, store, keyId } = await withKey()
    let load = async (): Promise<unknown> => undefined
    const keyring = await open({
      store: {
        ...store,
        async find(id) {
          await load()
          return store.find(id)
        },
      },
    })
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(NOTE)
    const sealed = body.seal('x', { row: '1' })
    load = () => keyring.tenant('clinic-a', { purposes: ['field'] })
    await keyring.revoke({ tenant: 'clinic-a', keyId })
    expect(await refusal(() => body.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('a process that is cut off from the key store goes on with it, and seals, until maxAgeMs is over', async () => {
    const { open, store, keyring, clock, keyId } = await withKey()
    let isCut = false
    const away = new Proxy(store, {
      get: (target, name, receiver) =>
        isCut ? () => Promise.reject(new Error('not reached')) : Reflect.get(target, name, receiver),
    })
    const other = await open({ store: away })
    const purposes = ['field'] as const
    const body = (await other.tenant('clinic-a', { purposes })).field(NOTE)
    isCut = true
    await keyring.rotate(field)
    clock.advance(60_000)
    await keyring.revoke({ tenant: 'clinic-a', keyId })
    await other.tenant('clinic-a', { purposes })
    const lost = body.seal('x', { row: '1' })
    const mine = (await keyring.tenant('clinic-a', { purposes })).field(NOTE)
    expect(await refusal(() => mine.open(lost, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    clock.advance(14 * 60_000)
    expect((await refusal(other.tenant('clinic-a', { purposes }))).code).toBe('PHI_ENVELOPE_STORE_UNAVAILABLE')
    expect(await refusal(() => body.seal('y', { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('another process lets go of it within statesMaxAgeMs, and within maxAgeMs without asking', async () => {
    const { keyring, open, clock, keyId } = await withKey()
    const [asks, never] = [await open(), await open()]
    const seal = async (process: typeof asks) => (await process.tenant('clinic-a', { purposes: ['field'] })).field(NOTE)
    const [asking, silent] = [await seal(asks), await seal(never)]
    const sealed = asking.seal('x', { row: '1' })
    const { cachesEmptyBy } = await keyring.revoke({ tenant: 'clinic-a', keyId })
    clock.advance(30_000)
    await asks.tenant('clinic-a', { purposes: ['field'] })
    expect(await refusal(() => asking.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(silent.open(sealed, { row: '1' })).toBe('x')
    clock.set(cachesEmptyBy)
    expect(await refusal(() => silent.open(sealed, { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('S91 tells a key of another tenant from none in no way', async () => {
    const { keyring, keyId, store } = await withKey()
    await keyring.tenant('clinic-b', { purposes: ['field'] })
    const theirs = await refusal(keyring.revoke({ tenant: 'clinic-b', keyId }))
    const nobodys = await refusal(keyring.revoke({ tenant: 'clinic-b', keyId: 'ffffffff' }))
    expect(theirs.code).toBe('PHI_ENVELOPE_NO_KEY')
    expect(theirs.toJSON()).toEqual(nobodys.toJSON())
    expect((await store.find(keyId))?.state).toBe('active')
    for (const options of [
      {},
      { tenant: 'clinic-a' },
      { tenant: 'clinic-a', keyId: 'FFFFFFFF' },
      { tenant: 'clinic-a', keyId, extra: 1 },
    ]) {
      expect(await refusal(keyring.revoke(options as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
  })
})

describe('status', () => {
  it('S19 shows every key with age, use and state, and nothing that opens or recognises one', async () => {
    const { keyring, clock, body, keyId } = await withKey()
    body.seal('12345', { row: '1' })
    await (await keyring.tenant('clinic-a')).subject('p-1')
    await keyring.tenant('clinic-b')
    clock.advance(90 * 86_400_000 - 1)
    await keyring.rotate(field)
    const keys = await keyring.status('clinic-a')
    expect(keys.map(({ subject, purpose, version, state, ageDays }) => [subject, purpose, version, state, ageDays])).toEqual([
      [null, 'field', 1, 'retiring', 89],
      [null, 'field', 2, 'active', 0],
      [null, 'file', 1, 'active', 89],
      [null, 'index', 1, 'active', 89],
      ['p-1', 'field', 1, 'active', 89],
      ['p-1', 'file', 1, 'active', 89],
    ])
    expect(keys[0]).toEqual({
      id: keyId,
      tenant: 'clinic-a',
      purpose: 'field',
      subject: null,
      version: 1,
      state: 'retiring',
      kms: 'test-kms',
      kek: 'default:v1',
      mechanism: 'AES-256-GCM',
      createdAt: '2026-11-22T00:00:00.000Z',
      changedAt: '2027-02-19T23:59:59.999Z',
      usage: { seals: 1, bytes: 5 },
      ageDays: 89,
    })
    expect([Object.isFrozen(keys), Object.isFrozen(keys[0]), Object.isFrozen(keys[0]?.usage)]).toEqual([true, true, true])
  })

  it('of a tenant without keys is empty, and makes none', async () => {
    const { keyring, store } = await setting()
    expect(await keyring.status('clinic-a')).toEqual([])
    expect(await store.records()).toEqual([])
  })
})
