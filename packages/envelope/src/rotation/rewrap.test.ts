import { equalBytes } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type Fault, faults, faultyKms, faultyStore, SECRET, slow } from '../../test/lifecycle/faults.ts'
import { NOTE, request, type Setting, setting } from '../../test/lifecycle/setting.ts'
import { testKms } from '../../test/lifecycle/test-kms.ts'
import type { RewrapProgress } from './rewrap.ts'

/** Two tenants with a patient, a value sealed for each, under a KEK that has just been rotated. */
async function rotatedKek(options: Parameters<typeof setting>[0] = {}) {
  const made = await setting(options)
  const sealed = new Map<string, string>()
  for (const tenant of ['clinic-a', 'clinic-b']) {
    const handle = await made.keyring.tenant(tenant)
    await handle.subject('p-1')
    sealed.set(tenant, handle.field(NOTE).seal(`of ${tenant}`, { row: '1' }))
  }
  made.kms.rotate()
  return { ...made, sealed }
}

async function allOpen({ open }: Pick<Setting, 'open'>, sealed: ReadonlyMap<string, string>): Promise<void> {
  const fresh = await open()
  for (const [tenant, text] of sealed) {
    const body = (await fresh.tenant(tenant, { create: false })).field(NOTE)
    expect(body.open(text, { row: '1' })).toBe(`of ${tenant}`)
  }
}

describe('rewrap', () => {
  it('S19 after a KEK rotation every key lies under the new KEK, and data keys and data are what they were', async () => {
    const made = await rotatedKek()
    const before = await made.store.records()
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 10, current: 0, failed: [], remaining: 0 })
    const after = await made.store.records()
    for (const [i, record] of after.entries()) {
      const was = before[i] as (typeof before)[number]
      const { kek, wrapped, revision, ...rest } = record
      expect(rest).toEqual({ ...rest, ...(({ kek: _, wrapped: __, revision: ___, ...same }) => same)(was) })
      expect([kek, revision, equalBytes(wrapped, was.wrapped)]).toEqual(['default:v2', was.revision + 1, false])
    }
    // The old KEK can go.
    made.kms.setState('default:v1', 'destroyed')
    await allOpen(made, made.sealed)
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 0, current: 10, remaining: 0 })
    expect(made.events.filter(({ type }) => type === 'rewrapped')).toHaveLength(10)
  })

  it('S19 a running process goes on with what it has', async () => {
    const { keyring, sealed } = await rotatedKek()
    const body = (await keyring.tenant('clinic-a')).field(NOTE)
    await keyring.rewrap()
    expect(body.open(sealed.get('clinic-a') as string, { row: '1' })).toBe('of clinic-a')
  })

  it('S19 moves to another KMS, key by key', async () => {
    const made = await rotatedKek()
    const next = testKms({ name: 'new-kms' })
    const moving = await made.open({ kms: [next, made.kms] })
    expect(await moving.rewrap({ tenant: 'clinic-a' })).toMatchObject({ rewrapped: 5, remaining: 0 })
    expect(await moving.rewrap()).toMatchObject({ rewrapped: 5, current: 5, remaining: 0 })
    expect(new Set((await made.store.records()).map(({ kms }) => kms))).toEqual(new Set(['new-kms']))
    await allOpen({ open: () => made.open({ kms: next }) }, made.sealed)
  })

  it('S91 each tenant’s keys go under its own KEK', async () => {
    const kms = testKms()
    const own = { testKms: kms, kek: (tenant: string) => tenant }
    for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
    const made = await rotatedKek(own)
    for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 10 })
    for (const { tenant, kek } of await made.store.records()) expect(kek).toBe(`${tenant}:v2`)
  })

  it('S19 what fails for one key keeps no other, and is told without anything of the key', async () => {
    const made = await rotatedKek()
    const records = await made.store.backup()
    const [broken, swapped] = records as [(typeof records)[number], (typeof records)[number]]
    await made.store.restore(
      records.map((record) => {
        if (record === broken)
          return { ...record, wrapped: Uint8Array.from(record.wrapped, (byte, i) => (i === 20 ? byte ^ 1 : byte)) }
        return record === swapped ? { ...record, commitment: new Uint8Array(32) } : record
      }),
    )
    const result = await made.keyring.rewrap()
    expect(result).toEqual({
      rewrapped: 8,
      current: 0,
      remaining: 2,
      after: records.at(-1)?.id,
      failed: [
        { keyId: broken.id, code: 'PHI_ENVELOPE_KMS_REFUSED' },
        { keyId: swapped.id, code: 'PHI_ENVELOPE_KEY_MISMATCH' },
      ],
    })
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 0, current: 8, remaining: 2 })
  })

  it('S19 a key of a KMS that the keyring was opened without is reported', async () => {
    const made = await rotatedKek()
    const without = await made.open({ kms: testKms({ name: 'other' }) })
    const result = await without.rewrap()
    expect(result).toMatchObject({ rewrapped: 0, current: 0, remaining: 10 })
    expect(new Set(result.failed.map(({ code }) => code))).toEqual(new Set(['PHI_ENVELOPE_OPTIONS']))
  })

  it('S19 thirty-two runs at the same time, from four processes, wrap each key once', async () => {
    const made = await rotatedKek()
    const processes = await Promise.all([1, 2, 3, 4].map((n) => made.open({ store: slow(made.store, n) })))
    const results = await Promise.all(Array.from({ length: 32 }, (_, i) => processes[i % 4]?.rewrap()))
    expect(results.reduce((sum, result) => sum + (result?.rewrapped ?? 0), 0)).toBe(10)
    expect(results.every((result) => result?.remaining === 0 && result.failed.length === 0)).toBe(true)
    expect((await made.store.records()).every(({ revision, kek }) => revision === 1 && kek === 'default:v2')).toBe(true)
    await allOpen(made, made.sealed)
  })

  it('S121 leaves keys that are destroyed, or wait for it, where they are', async () => {
    const kms = testKms({ waits: true })
    for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
    const made = await rotatedKek({ testKms: kms, kek: (tenant) => tenant })
    expect(await made.keyring.destroy(request({ kek: 'destroy' }))).toMatchObject({ status: 'destruction-scheduled' })
    await made.keyring.destroy(request({ tenant: 'clinic-b' }))
    for (const name of ['clinic-a', 'clinic-b']) kms.rotate(name)
    const before = await made.store.records()
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 0, current: 0, remaining: 0, failed: [] })
    expect(await made.store.records()).toEqual(before)
  })

  it('S121 gives no fresh wrap to what a backup brought back', async () => {
    const made = await rotatedKek()
    const backup = await made.store.backup()
    await made.keyring.destroy(request())
    await made.store.restore(backup)
    expect(await refusal(made.keyring.rewrap())).toMatchObject({ code: 'PHI_ENVELOPE_RESTORED' })
    expect((await made.store.records()).every(({ kek }) => kek === 'default:v1')).toBe(true)
  })

  it('stops where it is told to, says how far it came, and goes on from there', async () => {
    const made = await rotatedKek()
    const controller = new AbortController()
    const slowly = await made.open({
      store: {
        ...made.store,
        async replace(record, revision) {
          const outcome = await made.store.replace(record, revision)
          if ((await made.store.records()).filter(({ kek }) => kek === 'default:v2').length === 4) controller.abort()
          return outcome
        },
      },
    })
    const first = await slowly.rewrap({ signal: controller.signal })
    expect(first).toMatchObject({ rewrapped: 4, remaining: 6, after: (await made.store.records())[3]?.id })
    const seen: RewrapProgress[] = []
    const rest = await made.keyring.rewrap({ after: first.after as string, onProgress: (progress) => seen.push(progress) })
    expect(rest).toMatchObject({ rewrapped: 6, current: 0, remaining: 0 })
    expect(seen).toMatchObject([{ rewrapped: 6, current: 0, failed: [] }])
  })

  it('S19 with the KMS out of reach nothing is called current', async () => {
    const plan = faults('before', ['describe'])
    const kms = testKms()
    const made = await rotatedKek({ testKms: kms, kms: faultyKms(kms, plan) })
    plan.at = plan.calls + 1
    const result = await made.keyring.rewrap()
    expect(result).toMatchObject({ rewrapped: 0, current: 0, remaining: 10 })
    expect(new Set(result.failed.map(({ code }) => code))).toEqual(new Set(['PHI_ENVELOPE_KMS_UNAVAILABLE']))
    expect(await made.keyring.rewrap()).toMatchObject({ rewrapped: 10, remaining: 0 })
  })

  it.each<Fault>(['before', 'after', 'hang', 'foreign', 'nonsense'])(
    'S19 at any call of the KMS (%s) no data is lost, and the next run completes',
    async (fault) => {
      for (let at = 1; ; at++) {
        const plan = faults(fault)
        const kms = testKms()
        const made = await rotatedKek({ testKms: kms, kms: faultyKms(kms, plan), kmsTimeoutMs: 5 })
        plan.at = plan.calls + at
        const first = await made.keyring.rewrap({ tenant: 'clinic-a' })
        if (!plan.happened) {
          expect(at).toBeGreaterThan(10)
          break
        }
        expect(first.rewrapped + first.remaining).toBe(5)
        expect(first.remaining).toBeGreaterThan(0)
        expect(JSON.stringify(first)).not.toContain(SECRET)
        plan.at = 0
        await allOpen(made, made.sealed)
        expect(await made.keyring.rewrap()).toMatchObject({
          rewrapped: 5 + first.remaining,
          current: first.rewrapped,
          remaining: 0,
        })
        kms.setState('default:v1', 'destroyed')
        await allOpen(made, made.sealed)
      }
    },
  )

  it.each<Fault>(['before', 'after', 'foreign', 'nonsense'])(
    'S19 at any call of the store (%s) no data is lost, and the next run completes',
    async (fault) => {
      for (let at = 1; ; at++) {
        const made = await rotatedKek()
        const plan = faults(fault)
        plan.at = at
        const cut = await made.open({ store: faultyStore(made.store, plan) })
        const outcome = await cut.rewrap().then(
          () => 'done',
          (error: unknown) => String((error as { code?: string }).code),
        )
        if (!plan.happened) break
        expect(outcome).toMatch(/^PHI_ENVELOPE_STORE(_UNAVAILABLE)?$/)
        expect(await made.keyring.rewrap()).toMatchObject({ remaining: 0, failed: [] })
        made.kms.setState('default:v1', 'destroyed')
        await allOpen(made, made.sealed)
      }
    },
  )

  it('options that are none are refused', async () => {
    const { keyring } = await setting()
    for (const options of [{ tenant: 'A B' }, { after: 1 }, { onProgress: 1 }, { signal: {} }, { extra: 1 }]) {
      expect(await refusal(keyring.rewrap(options as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
  })
})
