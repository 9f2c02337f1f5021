import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { collect, type Fault, faults, faultyStore, faultyTombstones, SECRET } from '../../test/lifecycle/faults.ts'
import { NOTE, publicJwk, request, setting } from '../../test/lifecycle/setting.ts'
import { openKeyring } from '../keys/keyring.ts'
import { eachTombstone } from './graves.ts'
import type { RestoreProgress } from './restore-guard.ts'
import { memoryTombstones, type Tombstone } from './tombstone.ts'

const row = { row: '1' }

/** A backup, then a destruction, then the backup again: airo #1212. */
async function restored() {
  const made = await setting()
  const sealed = new Map<string, string>()
  for (const tenant of ['clinic-a', 'clinic-b']) {
    const handle = await made.keyring.tenant(tenant)
    await handle.subject('p-1')
    sealed.set(tenant, handle.field(NOTE).seal('x', row))
  }
  await made.keyring.rotate({ tenant: 'clinic-a', purpose: 'field' })
  const backup = await made.store.backup()
  const done = await made.keyring.destroy(request())
  if (done.status !== 'destroyed') throw new Error(done.status)
  await made.store.restore(backup)
  return { ...made, sealed, backup, certificate: done.certificate, fresh: await made.open() }
}

const alive = async ({ store }: Pick<Awaited<ReturnType<typeof restored>>, 'store'>, tenant = 'clinic-a') =>
  (await store.records()).filter((record) => record.tenant === tenant && record.wrapped.length > 0).length

describe('the restore guard', () => {
  it('S121 airo #1212: a restored backup is not served before the guard ran, and opens nothing after', async () => {
    const made = await restored()
    const { fresh, sealed, events } = made
    expect(await alive(made)).toBe(6)
    expect(await refusal(fresh.tenant('clinic-a'))).toMatchObject({ code: 'PHI_ENVELOPE_RESTORED' })
    for (const work of [
      () => fresh.rotate({ tenant: 'clinic-a', purpose: 'field' }),
      () => fresh.rewrap(),
      () => fresh.destroy(request()),
    ]) {
      expect(await refusal(work())).toMatchObject({ code: 'PHI_ENVELOPE_RESTORED' })
    }
    // Others are served all the while.
    expect((await fresh.tenant('clinic-b')).field(NOTE).open(sealed.get('clinic-b') as string, row)).toBe('x')

    const report = await fresh.restoreGuard()
    expect(report).toMatchObject({ checked: 6, intact: 0 })
    expect(
      report.destroyedAgain.map(({ purpose, version, subject, state }) => `${purpose} ${version} ${subject} ${state}`).sort(),
    ).toEqual([
      'field 1 null retiring',
      'field 1 p-1 active',
      'field 2 null active',
      'file 1 null active',
      'file 1 p-1 active',
      'index 1 null active',
    ])
    expect(await alive(made)).toBe(0)
    expect(events.filter(({ type }) => type === 'restored-key-destroyed')).toHaveLength(6)

    const body = (await fresh.tenant('clinic-a')).field(NOTE)
    expect(await refusal(() => body.open(sealed.get('clinic-a') as string, row))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
    expect(await refusal(() => body.seal('x', row))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
    expect((await fresh.tenant('clinic-b')).field(NOTE).open(sealed.get('clinic-b') as string, row)).toBe('x')
    expect(await fresh.restoreGuard()).toEqual({ checked: 6, destroyedAgain: [], intact: 6 })
    expect(await fresh.destroy(request())).toMatchObject({ status: 'destroyed' })
  })

  it('S121 the same where one patient was destroyed', async () => {
    const made = await setting()
    const handle = await made.keyring.tenant('clinic-a')
    const sealed = (await handle.subject('p-1')).field(NOTE).seal('x', row)
    const backup = await made.store.backup()
    await made.keyring.destroy(request({ subject: 'p-1' }))
    await made.store.restore(backup)
    const fresh = await made.open()
    const tenant = await fresh.tenant('clinic-a')
    expect(await refusal(tenant.subject('p-1'))).toMatchObject({ code: 'PHI_ENVELOPE_RESTORED' })
    expect((await fresh.restoreGuard()).destroyedAgain).toHaveLength(2)
    const patient = (await tenant.subject('p-1')).field(NOTE)
    expect(await refusal(() => patient.open(sealed, row))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
  })

  it('S121 a process that had loaded the restored keys lets go of them', async () => {
    const made = await restored()
    const blind = await made.open({ tombstones: memoryTombstones() })
    const body = (await blind.tenant('clinic-a')).field(NOTE)
    const text = made.sealed.get('clinic-a') as string
    expect(body.open(text, row)).toBe('x')
    await blind.restoreGuard({ tombstones: await made.tombstones.scan({ limit: 100 }) })
    expect(await refusal(() => body.open(text, row))).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
    await blind.tenant('clinic-a')
    expect(await refusal(() => body.open(text, row))).toMatchObject({ code: 'PHI_ENVELOPE_OPEN' })
  })

  it('S121 nor does it take in what it loads while the guard runs', async () => {
    const made = await restored()
    let load = async (): Promise<unknown> => undefined
    const blind = await openKeyring({
      kms: made.kms,
      clock: made.clock,
      store: {
        ...made.store,
        async replace(record, revision) {
          await load()
          return made.store.replace(record, revision)
        },
      },
    })
    const body = (await blind.tenant('clinic-a')).field(NOTE)
    load = () => blind.tenant('clinic-a')
    const { destroyedAgain } = await blind.restoreGuard({ tombstones: await made.tombstones.scan({ limit: 100 }) })
    expect(destroyedAgain).toHaveLength(6)
    const error = await refusal(() => body.open(made.sealed.get('clinic-a') as string, row))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_STALE' })
  })

  it('S121 where the tombstones were lost with the rest, certificates stand for them', async () => {
    const made = await restored()
    const tombstones = memoryTombstones()
    const blind = await made.open({ tombstones })
    expect(await blind.restoreGuard()).toEqual({ checked: 0, destroyedAgain: [], intact: 0 })
    expect(await alive(made)).toBe(6)
    const report = await blind.restoreGuard({ certificates: [made.certificate], certificateKeys: publicJwk })
    expect([report.checked, report.destroyedAgain.length, await alive(made)]).toEqual([6, 6, 0])
    // They are tombstones again from now on.
    expect(await collect(eachTombstone(tombstones))).toEqual(await collect(eachTombstone(made.tombstones)))
    await made.store.restore(made.backup)
    expect(await refusal(blind.tenant('clinic-a'))).toMatchObject({ code: 'PHI_ENVELOPE_RESTORED' })
  })

  it('S121 a certificate that does not verify destroys nothing', async () => {
    const made = await restored()
    const blind = await made.open({ tombstones: memoryTombstones() })
    const forged = `${made.certificate.slice(0, -4)}AAAA`
    for (const certificates of [[forged], [forged, made.certificate], [made.certificate, forged]]) {
      const error = await refusal(blind.restoreGuard({ certificates, certificateKeys: publicJwk }))
      expect(error).toMatchObject({ code: 'PHI_ENVELOPE_CERTIFICATE' })
    }
    expect(await alive(made)).toBe(6)
    expect(await refusal(blind.restoreGuard({ certificates: [made.certificate] }))).toMatchObject({
      code: 'PHI_ENVELOPE_OPTIONS',
    })
  })

  it('S91 a key that only shares its id, or only its commitment, with a destroyed one is left alone', async () => {
    const made = await restored()
    const [first] = (await made.store.records()).filter(({ tenant }) => tenant === 'clinic-b')
    const [stone] = await made.tombstones.scan({ limit: 1 })
    if (first === undefined || stone === undefined) throw new Error('nothing there')
    const blind = await made.open({ tombstones: memoryTombstones() })
    const report = await blind.restoreGuard({ tombstones: [{ ...stone, keyId: first.id }] })
    expect(report).toEqual({ checked: 1, destroyedAgain: [], intact: 1 })
    expect(await alive(made, 'clinic-b')).toBe(5)
  })

  it('takes tombstones one by one from a stream, and tells how far it is', async () => {
    const made = await restored()
    const [stone] = await made.tombstones.scan({ limit: 1 })
    async function* many(): AsyncGenerator<Tombstone> {
      for (let i = 0; i < 250; i++) yield { ...(stone as Tombstone), keyId: i.toString(16).padStart(8, '0') }
    }
    const seen: RestoreProgress[] = []
    const report = await made.fresh.restoreGuard({ tombstones: many(), onProgress: (progress) => seen.push(progress) })
    expect([report.checked, report.destroyedAgain.length]).toEqual([256, 6])
    expect(seen.map(({ checked }) => checked)).toEqual([100, 200, 256])
  })

  it('S121 a store of tombstones that answers out of order is not believed to have answered them all', async () => {
    const made = await restored()
    const scan = async () => [...(await made.tombstones.scan({ limit: 10 }))].reverse()
    const mixed = await made.open({ tombstones: { ...made.tombstones, scan } })
    expect(await refusal(mixed.restoreGuard())).toMatchObject({ code: 'PHI_ENVELOPE_STORE' })
  })

  it('refuses options that are none, tombstones that are none, and to guard with nothing', async () => {
    const made = await restored()
    for (const options of [{ tombstones: 7 }, { certificates: 'x' }, { certificates: [7] }, { onProgress: 1 }, { extra: 1 }]) {
      expect(await refusal(made.fresh.restoreGuard(options as never))).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS' })
    }
    expect(await refusal(made.fresh.restoreGuard({ tombstones: [{ keyId: SECRET }] as never }))).toMatchObject({
      code: 'PHI_ENVELOPE_STORE',
    })
    const bare = await openKeyring({ kms: made.kms, store: made.store })
    expect(await refusal(bare.restoreGuard())).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path: 'guard.tombstones' })
  })

  it.each<Fault>(['before', 'after', 'foreign', 'nonsense'])(
    'S121 cut off at any call of the key store (%s), it goes on',
    async (fault) => {
      for (let at = 1; ; at++) {
        const made = await restored()
        const plan = faults(fault)
        plan.at = at
        const cut = await made.open({ store: faultyStore(made.store, plan) })
        const outcome = await cut.restoreGuard().then(
          () => 'done',
          (error: unknown) => String((error as { code?: string }).code),
        )
        if (!plan.happened) break
        expect(outcome).toMatch(/^PHI_ENVELOPE_STORE(_UNAVAILABLE)?$/)
        const report = await made.fresh.restoreGuard()
        expect([report.checked, await alive(made), await alive(made, 'clinic-b')]).toEqual([6, 0, 5])
      }
    },
  )

  it.each<Fault>(['before', 'foreign', 'nonsense'])(
    'S121 tombstones that cannot be read are never taken for none (%s)',
    async (fault) => {
      const made = await restored()
      for (const method of ['scan', 'find']) {
        const plan = faults(fault, [method])
        plan.at = 1
        const cut = await made.open({ tombstones: faultyTombstones(made.tombstones, plan) })
        const work = method === 'scan' ? cut.restoreGuard() : cut.tenant('clinic-a')
        const error = await refusal(work)
        expect(error.code).toMatch(/^PHI_ENVELOPE_STORE(_UNAVAILABLE)?$/)
        expect(String(error.stack) + JSON.stringify(error)).not.toContain(SECRET)
      }
      expect(await alive(made)).toBe(6)
    },
  )
})
