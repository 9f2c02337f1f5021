import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { denied, type Fault, faultyKms, faultyStore, unavailable } from '../../test/faulty.ts'
import { memoryTombstones } from '../destruction/tombstone.ts'
import { inspectSealed } from '../field/format.ts'
import type { Kms } from '../kms/kms.ts'
import { localKms } from '../kms/local.ts'
import type { DataKeyRecord } from './key-record.ts'
import type { KeyStore } from './key-store.ts'
import { openKeyring } from './keyring.ts'
import type { KeyringOptions } from './keyring-options.ts'
import { memoryKeyStore } from './memory-key-store.ts'

const MINUTE = 60_000
const start = '2026-11-21T12:00:00.000Z'
const note = { table: 'note', column: 'body' } as const
const row = 'n-1'

async function open(options: Partial<KeyringOptions> = {}) {
  const clock = fixedClock(start)
  const kms = faultyKms((options.kms as Kms | undefined) ?? localKms.generate())
  const store = faultyStore(options.store ?? memoryKeyStore())
  const keyring = await openKeyring({ clock, ...options, kms: kms.it, store: store.it })
  kms.calls.length = 0
  store.calls.length = 0
  return { clock, kms, store, keyring, times: (calls: string[], name: string) => calls.filter((call) => call === name).length }
}

const code = async (work: Promise<unknown> | (() => unknown)) => (await refusal(work)).code

describe('a tenant’s keys', () => {
  it('S91 are different for every tenant, purpose and subject, and stored only wrapped', async () => {
    const store = memoryKeyStore()
    const seen: Uint8Array[] = []
    const real = localKms.generate()
    const spy: Kms = {
      ...real,
      wrap(request) {
        seen.push(Uint8Array.from(request.dataKey))
        return real.wrap(request)
      },
    }
    const keyring = await openKeyring({ kms: spy, store })
    seen.length = 0
    for (const tenant of ['clinic-a', 'clinic-b']) {
      const clinic = await keyring.tenant(tenant, { purposes: ['field', 'file', 'index', 'deterministic'] })
      await clinic.subject('p-1')
    }
    const records = await store.scan({ limit: 100 })
    expect(records).toHaveLength(12)
    expect(new Set(seen.map((key) => Buffer.from(key).toString('hex'))).size).toBe(12)
    for (const record of records) {
      for (const key of seen) {
        expect(Buffer.from(record.wrapped).includes(Buffer.from(key))).toBe(false)
        expect(Buffer.from(record.commitment).includes(Buffer.from(key).subarray(0, 8))).toBe(false)
      }
      expect(record).toMatchObject({ version: 1, state: 'active', kms: 'local', mechanism: 'KC-XAES-256-GCM', revision: 0 })
    }
    expect(new Set(records.map(({ id }) => id)).size).toBe(12)
  })

  it('S91 never open another tenant’s or subject’s values', async () => {
    const { keyring } = await open()
    const a = await keyring.tenant('clinic-a')
    const b = await keyring.tenant('clinic-b')
    const p = await a.subject('p-1')
    const sealed = a.field(note).seal('x', { row })
    expect(await code(() => b.field(note).open(sealed, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => p.field(note).open(sealed, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(async () => (await a.subject('p-2')).field(note).open(p.field(note).seal('x', { row }), { row }))).toBe(
      'PHI_ENVELOPE_OPEN',
    )
  })

  it('come back from the store in another process', async () => {
    const kms = localKms.generate()
    const store = memoryKeyStore()
    const one = await (await openKeyring({ kms, store })).tenant('clinic-a')
    const sealed = one.field(note).seal('x', { row })
    const other = await (await openKeyring({ kms, store })).tenant('clinic-a', { create: false })
    expect(other.field(note).open(sealed, { row })).toBe('x')
  })

  it('are made once when many ask at once, in one process and in several', async () => {
    const store = memoryKeyStore()
    const kms = localKms.generate()
    const keyrings = await Promise.all(Array.from({ length: 8 }, () => openKeyring({ kms, store })))
    const tenants = await Promise.all(
      keyrings.flatMap((keyring) => Array.from({ length: 4 }, () => keyring.tenant('clinic-a'))),
    )
    expect(await store.list('clinic-a', null)).toHaveLength(3)
    const ids = new Set(tenants.map((clinic) => clinic.keys('field').active().id))
    expect(ids.size).toBe(1)
  })

  it('are not made when told not to, and only for the purposes asked for', async () => {
    const { keyring, store } = await open()
    const clinic = await keyring.tenant('clinic-a', { create: false, purposes: ['field'] })
    expect(await code(() => clinic.field(note).seal('x', { row }))).toBe('PHI_ENVELOPE_NO_KEY')
    expect(await code(() => clinic.keys('file'))).toBe('PHI_ENVELOPE_NO_KEY')
    expect(await store.it.list('clinic-a', null)).toEqual([])
    expect(await code(async () => (await keyring.tenant('clinic-a')).subject('p-1', { purposes: ['index'] }))).toBe(
      'PHI_ENVELOPE_OPTIONS',
    )
  })

  it('are not made anew where they were revoked or destroyed', async () => {
    for (const state of ['revoked', 'destruction-scheduled', 'destroyed', 'past-backup-horizon'] as const) {
      const { keyring, store, clock } = await open()
      await keyring.tenant('clinic-a', { purposes: ['field'] })
      const [record] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
      const wrapped = state.startsWith('destroyed') || state.startsWith('past') ? new Uint8Array(0) : record.wrapped
      await store.it.replace({ ...record, state, wrapped }, record.revision)
      clock.advance(MINUTE)
      const clinic = await keyring.tenant('clinic-a', { purposes: ['field'] })
      expect(await code(() => clinic.field(note).seal('x', { row })), state).toBe('PHI_ENVELOPE_NO_KEY')
      expect(await store.it.list('clinic-a', null)).toHaveLength(1)
    }
  })

  it.each(['', 'Clinic', '../a', 'a b', 'x'.repeat(65), null, 1])('refuse the tenant %j', async (id) => {
    const { keyring } = await open()
    expect(await code(keyring.tenant(id as never))).toBe('PHI_CORE_TENANT')
  })

  it.each(['', 'x'.repeat(257), null, 1])('refuse the subject %j, and do not repeat it', async (id) => {
    const { keyring } = await open()
    const clinic = await keyring.tenant('clinic-a')
    expect(await code(clinic.subject(id as never))).toBe('PHI_ENVELOPE_OPTIONS')
  })
})

describe('the data-key cache', () => {
  it('S19 asks the KMS once for a key, however many ask', async () => {
    const { keyring, kms, times } = await open()
    await Promise.all(Array.from({ length: 50 }, () => keyring.tenant('clinic-a', { purposes: ['field'] })))
    // One wrap with its check on creation, and one unwrap to load.
    expect(times(kms.calls, 'wrap')).toBe(1)
    expect(times(kms.calls, 'unwrap')).toBe(2)
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(kms.calls).toHaveLength(3)
  })

  it('lets a handle go stale at its age, and fresh again when the tenant is asked for', async () => {
    const { keyring, clock } = await open({ cache: { maxAgeMs: 10 * MINUTE } })
    const body = (await keyring.tenant('clinic-a')).field(note)
    const sealed = body.seal('x', { row })
    clock.advance(10 * MINUTE - 1)
    expect(body.open(sealed, { row })).toBe('x')
    clock.advance(1)
    const error = await refusal(() => body.open(sealed, { row }))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_STALE', retryable: true })
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
    await keyring.tenant('clinic-a')
    expect(body.open(sealed, { row })).toBe('x')
  })

  it('is stale when the clock was set back: nobody knows how old the keys are', async () => {
    const { keyring, clock } = await open()
    const body = (await keyring.tenant('clinic-a')).field(note)
    clock.advance(-1)
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
  })

  it('limits uses and bytes', async () => {
    const uses = await open({ cache: { maxUses: 10 } })
    const body = (await uses.keyring.tenant('clinic-a')).field(note)
    for (let i = 0; i < 10; i++) body.seal('x', { row })
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
    await uses.keyring.tenant('clinic-a')
    body.seal('x', { row })

    const bytes = await open({ cache: { maxBytes: 1_000 } })
    const other = (await bytes.keyring.tenant('clinic-a')).field(note)
    other.seal('x'.repeat(1_000), { row })
    expect(await code(() => other.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
  })

  it('does not notice an outage of the KMS or the store that is shorter than its age, and fails closed after', async () => {
    const { keyring, clock, kms, store } = await open({ cache: { maxAgeMs: 10 * MINUTE } })
    const body = (await keyring.tenant('clinic-a')).field(note)
    const sealed = body.seal('x', { row })
    kms.fail((method) => (method === 'unwrap' ? unavailable : undefined))
    clock.advance(6 * MINUTE)
    await keyring.tenant('clinic-a')
    expect(body.open(sealed, { row })).toBe('x')
    store.fail(() => ({ throws: new Error('connection lost: password=hunter2') }))
    await keyring.tenant('clinic-a')
    expect(body.open(sealed, { row })).toBe('x')
    clock.advance(4 * MINUTE)
    const error = await refusal(keyring.tenant('clinic-a'))
    expect(error.code).toBe('PHI_ENVELOPE_STORE_UNAVAILABLE')
    expect(`${error.message}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('hunter2')
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_STALE')
    store.fail(undefined)
    expect(await code(keyring.tenant('clinic-a'))).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    kms.fail(undefined)
    await keyring.tenant('clinic-a')
    expect(body.open(sealed, { row })).toBe('x')
  })

  it('makes one caller wait for a KMS that hangs, and not every request', async () => {
    const { keyring, clock, kms } = await open({ kmsTimeoutMs: 40, cache: { maxAgeMs: 10 * MINUTE } })
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    kms.fail(() => ({ hangs: true }))
    clock.advance(6 * MINUTE)
    kms.calls.length = 0
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    for (let i = 0; i < 100; i++) await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(kms.calls).toEqual(['unwrap'])
    body.seal('x', { row })
    clock.advance(5_000)
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(kms.calls).toEqual(['unwrap', 'unwrap'])
    // Once the keys are too old, everybody is told.
    clock.advance(4 * MINUTE)
    expect(await code(keyring.tenant('clinic-a', { purposes: ['field'] }))).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    kms.fail(undefined)
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    body.seal('x', { row })
  })

  it('hands nothing out once access is denied, although it is ahead of need', async () => {
    const { keyring, clock, kms } = await open({ cache: { maxAgeMs: 10 * MINUTE } })
    await keyring.tenant('clinic-a')
    kms.fail(() => denied)
    clock.advance(6 * MINUTE)
    expect(await code(keyring.tenant('clinic-a'))).toBe('PHI_ENVELOPE_KMS_DENIED')
  })

  it('evicts at once, for every handle', async () => {
    const { keyring } = await open()
    const clinic = await keyring.tenant('clinic-a')
    const patient = await clinic.subject('p-1')
    const other = await keyring.tenant('clinic-b')
    const fields = [clinic.field(note), patient.field(note)]
    for (const field of fields) field.seal('x', { row })
    expect(keyring.evict('clinic-a')).toBe(5)
    for (const field of fields) expect(await code(() => field.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
    other.field(note).seal('x', { row })
    expect(keyring.evict()).toBe(3)
    expect(await code(() => other.field(note).seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
  })

  it('does not take in what it read before an eviction', async () => {
    const { keyring, store } = await open()
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    keyring.evict()
    let evicted = false
    store.fail((method) => {
      if (method === 'list' && !evicted) {
        evicted = true
        queueMicrotask(() => keyring.evict('clinic-a'))
      }
      return undefined
    })
    store.calls.length = 0
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(store.calls.filter((call) => call === 'list')).toHaveLength(2)
  })

  it('stops using a key that was revoked elsewhere, within the age of the states', async () => {
    const { keyring, store, clock } = await open({ cache: { statesMaxAgeMs: 30_000 } })
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    const sealed = body.seal('x', { row })
    const [record] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
    await store.it.replace({ ...record, state: 'revoked' }, 0)
    clock.advance(29_999)
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(body.open(sealed, { row })).toBe('x')
    clock.advance(1)
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_NO_KEY')
  })

  it('opens with a retiring key and seals with the newest active one', async () => {
    const { keyring, store, clock, kms } = await open()
    const clinic = await keyring.tenant('clinic-a', { purposes: ['field'] })
    const old = clinic.field(note).seal('x', { row })
    const [record] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
    const other = await open({ store: memoryKeyStore(), kms: kms.it })
    await other.keyring.tenant('clinic-a', { purposes: ['field'] })
    const [second] = (await other.store.it.list('clinic-a', null)) as [DataKeyRecord]
    expect(await store.it.insert({ ...second, version: 2 })).toBe('inserted')
    clock.advance(MINUTE)
    // Two active ones, as after a crash between the two writes of a rotation: the newer seals, the older opens.
    const again = await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(inspectSealed(again.field(note).seal('x', { row }))?.keyId).toBe(second.id)
    expect(again.field(note).open(old, { row })).toBe('x')
    expect(
      again
        .keys('field')
        .all()
        .map(({ id, state }) => [id, state]),
    ).toEqual([
      [second.id, 'active'],
      [record.id, 'retiring'],
    ])
    await store.it.replace({ ...record, state: 'retiring' }, 0)
    clock.advance(MINUTE)
    expect((await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note).open(old, { row })).toBe('x')
  })

  it('fails only what needs it, where a retiring key is gone for good', async () => {
    const kek = localKms.generate()
    const { keyring, store, clock } = await open({ kms: kek })
    const clinic = await keyring.tenant('clinic-a', { purposes: ['field'] })
    const old = clinic.field(note).seal('x', { row })
    const [record] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
    const before = record.kek
    await kek.rotate()
    const other = await open({ store: memoryKeyStore(), kms: kek })
    await other.keyring.tenant('clinic-a', { purposes: ['field'] })
    const [second] = (await other.store.it.list('clinic-a', null)) as [DataKeyRecord]
    await store.it.insert({ ...second, version: 2 })
    await store.it.replace({ ...record, state: 'retiring' }, 0)
    await kek.destroy(before)
    clock.advance(60 * MINUTE)
    const again = await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(again.field(note).open(again.field(note).seal('y', { row }), { row })).toBe('y')
    expect(await code(() => again.field(note).open(old, { row }))).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
  })

  it('drops the tenant that was not asked for longest, and counts what it had sealed', async () => {
    const { keyring, store } = await open({ cache: { maxHeld: 2 } })
    const a = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    a.seal('four', { row })
    await keyring.tenant('clinic-b', { purposes: ['field'] })
    await keyring.tenant('clinic-c', { purposes: ['field'] })
    expect(await code(() => a.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
    expect((await store.it.list('clinic-a', null))[0]?.usage).toEqual({ seals: 1, bytes: 4 })
  })

  it('S19 finds a handle of before again, although its keys were dropped for want of room, and revokes through it', async () => {
    const { keyring } = await open({ cache: { maxHeld: 1 } })
    const purposes = ['field'] as const
    const clinic = await keyring.tenant('clinic-a', { purposes })
    const body = clinic.field(note)
    const sealed = body.seal('x', { row })
    await keyring.tenant('clinic-b', { purposes })
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_STALE')
    await keyring.tenant('clinic-a', { purposes })
    expect(body.open(sealed, { row })).toBe('x')
    await keyring.revoke({ tenant: 'clinic-a', keyId: clinic.keys('field').active().id })
    expect(await code(() => body.open(sealed, { row }))).toBe('PHI_ENVELOPE_STALE')
  })

  it('S19 an eviction reaches keys that were being loaded while there was no room', async () => {
    const { keyring, store } = await open({ cache: { maxHeld: 1 } })
    const purposes = ['field'] as const
    await keyring.tenant('clinic-a', { purposes })
    keyring.evict()
    let others: Promise<unknown> | undefined
    let hasBegun = false
    store.fail((method) => {
      // While clinic-a is loaded, others come and take the room.
      if (method !== 'list' || hasBegun) return undefined
      hasBegun = true
      others = Promise.all(['b', 'c'].map((id) => keyring.tenant(`clinic-${id}`, { purposes })))
      return undefined
    })
    const [clinic] = await Promise.all([keyring.tenant('clinic-a', { purposes }), others])
    await others
    keyring.evict('clinic-a')
    expect(await code(() => clinic.field(note).seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
  })

  it('lets all who wait for one hanging call share its outcome, instead of each waiting anew', async () => {
    const { keyring, kms } = await open({ kmsTimeoutMs: 100 })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    keyring.evict()
    kms.fail(() => ({ hangs: true }))
    kms.calls.length = 0
    const codes = await Promise.all(Array.from({ length: 50 }, () => code(keyring.tenant('clinic-a', { purposes: ['field'] }))))
    expect(new Set(codes)).toEqual(new Set(['PHI_ENVELOPE_KMS_UNAVAILABLE']))
    expect(kms.calls).toEqual(['unwrap'])
  })

  it('S90 goes on where usage cannot be written, and writes it later, once', async () => {
    const { keyring, store, clock } = await open()
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    body.seal('four', { row })
    store.fail((method) => (method === 'addUsage' ? { throws: new Error('read-only') } : undefined))
    for (let i = 0; i < 40; i++) {
      clock.advance(MINUTE)
      await keyring.tenant('clinic-a', { purposes: ['field'] })
      body.seal('four', { row })
    }
    keyring.evict()
    store.fail(undefined)
    await keyring.close()
    await keyring.close()
    expect((await store.it.list('clinic-a', null))[0]?.usage).toEqual({ seals: 41, bytes: 164 })
  })

  it('S90 writes usage down, and keeps it where the store is away', async () => {
    const { keyring, store } = await open()
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    for (let i = 0; i < 3; i++) body.open(body.seal('four', { row }), { row })
    store.fail((method) => (method === 'addUsage' ? { throws: new Error('away') } : undefined))
    expect(await code(keyring.close())).toBe('PHI_ENVELOPE_STORE_UNAVAILABLE')
    expect(await code(() => body.seal('x', { row }))).toBe('PHI_ENVELOPE_STALE')
    store.fail(undefined)
    const again = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    again.seal('four', { row })
    await keyring.close()
    expect((await store.it.list('clinic-a', null))[0]?.usage.seals).toBeGreaterThanOrEqual(1)
  })

  it('S90 takes a rotation up although a refresh was under way that had read too early', async () => {
    const { keyring, store, clock } = await open()
    const clinic = await keyring.tenant('clinic-a', { purposes: ['field'] })
    const before = clinic.keys('field').active().id
    clock.advance(MINUTE)
    let rotation: Promise<unknown> | undefined
    store.fail((method) => {
      // While the refresh reads, somebody rotates.
      if (method === 'list' && rotation === undefined) rotation = keyring.rotate({ tenant: 'clinic-a', purpose: 'field' })
      return undefined
    })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    await rotation
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    expect(clinic.keys('field').active().id).not.toBe(before)
  })

  it('S90 counts what was sealed before an eviction', async () => {
    const { keyring, store } = await open()
    const body = (await keyring.tenant('clinic-a', { purposes: ['field'] })).field(note)
    body.seal('four', { row })
    keyring.evict()
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    body.seal('four', { row })
    await keyring.close()
    expect((await store.it.list('clinic-a', null))[0]?.usage).toEqual({ seals: 2, bytes: 8 })
  })

  it('is private: another keyring over the same KMS and store asks for itself', async () => {
    const kms = faultyKms(localKms.generate())
    const store = memoryKeyStore()
    const one = await openKeyring({ kms: kms.it, store })
    await one.tenant('clinic-a')
    const other = await openKeyring({ kms: kms.it, store })
    kms.fail(() => denied)
    expect(await code(other.tenant('clinic-a'))).toBe('PHI_ENVELOPE_KMS_DENIED')
  })
})

describe('a KMS that is not right', () => {
  const nonsense: [string, string, unknown][] = [
    ['wrap', 'nothing', undefined],
    ['wrap', 'an empty object', {}],
    ['wrap', 'no key name', { mechanism: 'm', wrapped: new Uint8Array(60) }],
    ['wrap', 'too few bytes', { kek: 'k', mechanism: 'm', wrapped: new Uint8Array(4) }],
    ['wrap', 'a text', { kek: 'k', mechanism: 'm', wrapped: 'AAAA' }],
    ['unwrap', 'nothing', undefined],
    ['unwrap', 'too few bytes', new Uint8Array(31)],
    ['unwrap', 'too many bytes', new Uint8Array(33)],
    ['unwrap', 'a text', 'x'.repeat(32)],
    ['unwrap', 'another key', new Uint8Array(32).fill(7)],
  ]

  it.each(nonsense)('never gets a key into the store when %s answers %s', async (method, _, answers) => {
    const { keyring, kms, store } = await open()
    kms.fail((name) => (name === method ? ({ answers } as Fault) : undefined))
    expect(await code(keyring.tenant('clinic-a'))).toBe('PHI_ENVELOPE_KMS_ANSWER')
    expect(await store.it.scan({ limit: 10 })).toEqual([])
  })

  it('is refused at start when it answers nonsense, ignores the context, or hands the data key back as wrapped', async () => {
    const good = localKms.generate()
    const context = { tenant: 't', purpose: 'field', id: '00000000' } as const
    const deaf: Kms = {
      ...good,
      wrap: (request) => good.wrap({ ...request, context }),
      unwrap: (request) => good.unwrap({ ...request, context }),
    }
    const echo: Kms = {
      ...good,
      async wrap({ dataKey }) {
        return { kek: 'k', mechanism: 'm', wrapped: Uint8Array.from([1, 2, 3, ...dataKey, 4]) }
      },
      unwrap: async ({ wrapped }) => Uint8Array.from(wrapped.subarray(3, 35)),
    }
    for (const kms of [deaf, echo])
      expect(await code(openKeyring({ kms, store: memoryKeyStore() }))).toBe('PHI_ENVELOPE_KMS_ANSWER')
    for (const [method, , answers] of nonsense) {
      const kms = faultyKms(localKms.generate())
      kms.fail((name) => (name === method ? ({ answers } as Fault) : undefined))
      expect(await code(openKeyring({ kms: kms.it, store: memoryKeyStore() }))).toBe('PHI_ENVELOPE_KMS_ANSWER')
    }
  })

  it('S19 is waited for only so long', async () => {
    const { keyring, kms, store } = await open({ kmsTimeoutMs: 50 })
    kms.fail(() => ({ hangs: true }))
    expect(await refusal(keyring.tenant('clinic-a'))).toMatchObject({ code: 'PHI_ENVELOPE_KMS_UNAVAILABLE', retryable: true })
    kms.fail(undefined)
    await keyring.tenant('clinic-a')
    expect(await store.it.list('clinic-a', null)).toHaveLength(3)
  })

  it('tells nothing of an error that is not ours', async () => {
    const { keyring, kms } = await open()
    kms.fail(() => ({ throws: new Error('Authorization: Bearer s.hunter2') }))
    const error = await refusal(keyring.tenant('clinic-a'))
    expect(error.code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expect(`${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('hunter2')
  })

  it('S91 is refused only once nothing of it is under way: no key is made after', async () => {
    const store = memoryKeyStore()
    const late: (() => void)[] = []
    const slow: KeyStore = {
      ...store,
      async insert(record) {
        if (record.purpose === 'field') throw new Error('cut')
        await new Promise<void>((resolve) => late.push(resolve))
        return store.insert(record)
      },
    }
    const { keyring } = await open({ store: slow })
    let isRefused = false
    const asked = refusal(keyring.tenant('clinic-a')).then((error) => {
      isRefused = true
      return error.code
    })
    while (late.length < 2) await new Promise(setImmediate)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    expect(isRefused).toBe(false)
    for (const resolve of late) resolve()
    expect(await asked).toBe('PHI_ENVELOPE_STORE_UNAVAILABLE')
    expect((await store.list('clinic-a', null)).map(({ purpose }) => purpose)).toEqual(['file', 'index'])
  })

  it('S19 leaves nothing half done, whichever call fails, and however', async () => {
    const faults: Fault[] = [unavailable, denied, { answers: undefined }, { answers: {} }, { throws: new Error('x') }]
    for (const fault of faults) {
      for (let at = 0; at < 12; at++) {
        const { keyring, kms, store } = await open()
        kms.fail((_, call) => (call === at ? fault : undefined))
        const first = await keyring.tenant('clinic-a').then(
          () => true,
          () => false,
        )
        kms.fail(undefined)
        const clinic = await keyring.tenant('clinic-a')
        const body = clinic.field(note)
        expect(body.open(body.seal('x', { row }), { row })).toBe('x')
        const records = await store.it.list('clinic-a', null)
        expect(records.map(({ purpose, version }) => [purpose, version])).toEqual([
          ['field', 1],
          ['file', 1],
          ['index', 1],
        ])
        if (first) break
      }
    }
  })
})

describe('a key store that is not right', () => {
  const tamper = async (change: (record: DataKeyRecord, other: DataKeyRecord) => unknown) => {
    const { keyring, store } = await open()
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    await keyring.tenant('clinic-b', { purposes: ['field'] })
    keyring.evict()
    const [mine] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
    const [other] = (await store.it.list('clinic-b', null)) as [DataKeyRecord]
    store.fail((method) => (method === 'list' ? { answers: [change(mine, other)] } : undefined))
    return code(keyring.tenant('clinic-a', { purposes: ['field'] }))
  }

  it('S91 cannot pass one tenant’s key off as another’s, or an old key as a new one', async () => {
    expect(await tamper((_, other) => other)).toBe('PHI_ENVELOPE_STORE')
    expect(await tamper((mine, other) => ({ ...other, tenant: mine.tenant }))).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect(await tamper((mine, other) => ({ ...mine, wrapped: other.wrapped }))).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect(await tamper((mine) => ({ ...mine, id: 'ffffffff' }))).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect(await tamper((mine, other) => ({ ...mine, commitment: other.commitment }))).toBe('PHI_ENVELOPE_KEY_MISMATCH')
    expect(await tamper((mine) => ({ ...mine, kek: 'local:0000000000000000' }))).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    expect(await tamper((mine) => ({ ...mine, mechanism: 'none' }))).toBe('PHI_ENVELOPE_KMS_REFUSED')
    expect(await tamper((mine) => ({ ...mine, kms: 'aws-kms' }))).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a text', () => 'record'],
    ['an unknown state', (mine: DataKeyRecord) => ({ ...mine, state: 'ok' })],
    ['an unknown purpose', (mine: DataKeyRecord) => ({ ...mine, purpose: 'all' })],
    ['no wrapped key', (mine: DataKeyRecord) => ({ ...mine, wrapped: new Uint8Array(0) })],
    ['a destroyed key that is still wrapped', (mine: DataKeyRecord) => ({ ...mine, state: 'destroyed' })],
    ['a short commitment', (mine: DataKeyRecord) => ({ ...mine, commitment: mine.commitment.subarray(1) })],
    ['a version 0', (mine: DataKeyRecord) => ({ ...mine, version: 0 })],
    ['a member too many', (mine: DataKeyRecord) => ({ ...mine, admin: true })],
    ['wrapped as text', (mine: DataKeyRecord) => ({ ...mine, wrapped: 'AAAA' })],
  ])('is not believed when it answers with %s', async (_, change) => {
    expect(await tamper(change as never)).toBe('PHI_ENVELOPE_STORE')
  })

  it('that was restored from a backup serves no key that was destroyed', async () => {
    const tombstones = memoryTombstones()
    const { keyring, store, clock } = await open({ tombstones })
    await keyring.tenant('clinic-a', { purposes: ['field'] })
    const [record] = (await store.it.list('clinic-a', null)) as [DataKeyRecord]
    await tombstones.append({
      keyId: record.id,
      tenant: 'clinic-a',
      purpose: 'field',
      version: 1,
      commitment: Buffer.from(record.commitment).toString('hex'),
      destroyedAt: start,
      backupHorizon: '2027-01-01T00:00:00.000Z',
    })
    clock.advance(MINUTE)
    expect(await code(keyring.tenant('clinic-a', { purposes: ['field'] }))).toBe('PHI_ENVELOPE_RESTORED')
    await keyring.tenant('clinic-b')
  })
})

describe('options of a keyring', () => {
  const good = { kms: localKms.generate(), store: memoryKeyStore() }
  it.each([
    undefined,
    {},
    { kms: good.kms },
    { store: good.store },
    { ...good, kms: {} },
    { ...good, kms: [] },
    { ...good, kms: [good.kms, good.kms] },
    { ...good, store: { insert() {} } },
    { ...good, cache: { maxAgeMs: 0 } },
    { ...good, cache: { maxAge: 1 } },
    { ...good, rotation: { everyDays: -1 } },
    { ...good, kmsTimeoutMs: Number.POSITIVE_INFINITY },
    { ...good, clock: 5 },
    { ...good, tombstones: [] },
    { ...good, extra: true },
  ])('are refused when they are %#', async (options) => {
    expect(await code(openKeyring(options as never))).toBe('PHI_ENVELOPE_OPTIONS')
  })
})

it('makes keys for who wants them at once after somebody looked who did not', async () => {
  const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
  const without = await keyring.tenant('clinic-a', { create: false })
  expect(() => without.field({ table: 't', column: 'c' }).seal('x', { row: '1' })).toThrow()
  const clinic = await keyring.tenant('clinic-a')
  const field = clinic.field({ table: 't', column: 'c' })
  expect(field.open(field.seal('x', { row: '1' }), { row: '1' })).toBe('x')
  await keyring.close()
})
