import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import { AHEAD, approvalsOf, options, planning, publicJwk, row, salt, signer, TODAY } from '../../../test/disposition/world.ts'
import { certificateCovers, verifyCertificate } from '../certificate/verify.ts'
import type { HoldCriteria } from '../hold/hold.ts'
import { approve } from '../plan/approve.ts'
import { plan } from '../plan/plan.ts'
import { type MemoryRetentionStore, memoryRetentionStore } from '../store/memory-store.ts'
import { type Execution, execute } from './execute.ts'

const policy = testPolicy()
const ids = async (store: MemoryRetentionStore) => (await store.records(null, 1000)).map(({ id }) => id)
const hold = async (store: MemoryRetentionStore, matches: HoldCriteria) => {
  const revision = (await store.holds()).length
  await store.appendHold({ type: 'placed', case: `m-${revision}`, on: TODAY, by: 'counsel', matches }, revision)
}
function finished(execution: Execution): Extract<Execution, { status: 'finished' }> {
  if (execution.status !== 'finished') throw new Error(`was ${JSON.stringify(execution)}`)
  return execution
}
/** Reasons of what was left, by id. */
const leftOf = (execution: Execution) => Object.fromEntries(finished(execution).left.map(({ id, why }) => [id, why]))

async function setting(rows: Parameters<typeof memoryRetentionStore>[0] = ['r-1', 'r-2', 'r-3'].map((id) => row(id))) {
  const store = memoryRetentionStore(rows)
  const made = await plan(store, policy, planning)
  return { store, made, approvals: await approvalsOf(made) }
}

describe('execute', () => {
  it('S65 deletes what was approved and nothing else, and certifies it', async () => {
    const { store, made, approvals } = await setting([row('r-1'), row('r-2', { kind: 'bill' }), row('r-3', { until: AHEAD })])
    const seen: unknown[] = []
    const done = finished(
      await execute(made, approvals, store, options({ batchSize: 1, onProgress: (each) => seen.push(each) })),
    )
    expect(await ids(store)).toEqual(['r-3'])
    expect(done).toMatchObject({ disposed: 2, skipped: {}, left: [], keyCertificates: [] })
    expect(done.salt).toEqual(salt)
    expect(seen).toEqual([
      { phase: 'records', done: 1, total: 2 },
      { phase: 'records', done: 2, total: 2 },
    ])
    const report = await verifyCertificate(done.certificate as string, publicJwk, { at: `${TODAY}T15:00:00.000Z` })
    expect(report).toMatchObject({ verdict: 'valid', kid: publicJwk.kid, alg: 'EdDSA', certificate: done.document })
    expect(done.document).toMatchObject({
      format: 'phi.retention/disposition/v1',
      run: made.id,
      policy: 'test-policy/1',
      plannedBy: 'A. Planner',
      plannedFor: TODAY,
      approvals: [
        { by: 'B. Officer', role: 'privacy-officer', on: TODAY, signed: false },
        { by: 'D. Counsel', role: 'counsel', on: TODAY, signed: false },
      ],
      startedAt: `${TODAY}T15:00:00.000Z`,
      finishedAt: `${TODAY}T15:00:00.000Z`,
      guideline: 'NIST SP 800-88r2',
      sanitization: { category: 'clear', technique: 'row deletion' },
      performer: { name: 'Records job', title: 'service' },
      validator: { name: 'C. Lee' },
      backupHorizon: '2031-06-01T00:00:00.000Z',
      counts: { planned: 2, disposed: 2, byKind: { bill: 1, chart: 1 }, skipped: {} },
      erasures: [],
    })
    expect(done.document?.records).toMatchObject([
      {
        kind: 'bill',
        rules: [{ rule: 'bill-seven-years' }],
        holdCheck: { result: 'no-hold', open: 0, revision: 0 },
        scope: null,
      },
      { kind: 'chart', rules: [{ rule: 'chart-ten-years' }], assessedFor: TODAY },
    ])
    for (const text of ['r-1', 'r-2', 'p-r-1', 'clinic-a']) expect(JSON.stringify(done.document)).not.toContain(`"${text}"`)
    const document = done.document as NonNullable<typeof done.document>
    expect(certificateCovers(document, 'r-1', done.salt)).toMatchObject({ covered: true, kind: 'chart', keys: 'not-used' })
    expect(certificateCovers(document, 'r-3', done.salt)).toEqual({ covered: false, why: 'not-listed' })
  })

  it('asks again on the day: what is held, changed, gone, or kept by now stays, with the reason', async () => {
    const { store, made, approvals } = await setting(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => row(id)))
    await hold(store, { ids: ['a'] })
    store.put(row('b', { until: AHEAD }))
    store.put(row('c', { kind: 'bill' }))
    store.put(row('d'))
    store.put(row('e', { until: null }))
    await store.dispose({
      run: 'another',
      sequence: 1,
      holds: 1,
      category: 'clear',
      note: '',
      records: [{ id: 'f', version: '6', entry: '' }],
    })
    const done = await execute(made, approvals, store, options())
    expect(leftOf(done)).toEqual({ a: 'held', b: 'retain', c: 'changed', d: 'changed', e: 'clock-not-started', f: 'missing' })
    expect(finished(done).document?.counts).toEqual({
      planned: 7,
      disposed: 1,
      byKind: { chart: 1 },
      skipped: { held: 1, retain: 1, changed: 2, 'clock-not-started': 1, missing: 1 },
    })
    expect(await ids(store)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('gives no certificate where nothing was deleted', async () => {
    const { store, made, approvals } = await setting()
    await hold(store, { everything: true })
    const done = finished(await execute(made, approvals, store, options()))
    expect(done).toMatchObject({ certificate: null, document: null, disposed: 0, skipped: { held: 3 } })
    expect(await ids(store)).toHaveLength(3)
    const none = memoryRetentionStore()
    const empty = await plan(none, policy, planning)
    expect(finished(await execute(empty, await approvalsOf(empty), none, options())).certificate).toBe(null)
  })

  it('a hold placed between looking and deleting wins', async () => {
    const { store, made, approvals } = await setting()
    let placed = false
    const racing = {
      ...store,
      async get(asked: readonly string[]) {
        const rows = await store.get(asked)
        if (!placed) {
          placed = true
          await hold(store, { ids: ['r-2'] })
        }
        return rows
      },
    }
    expect(leftOf(await execute(made, approvals, racing, options()))).toEqual({ 'r-2': 'held' })
    expect(await ids(store)).toEqual(['r-2'])
  })

  it('a fact changed between looking and deleting wins', async () => {
    const { store, made, approvals } = await setting()
    const racing = {
      ...store,
      async get(asked: readonly string[]) {
        const rows = await store.get(asked)
        store.put(row('r-2', { until: AHEAD }))
        return rows
      },
    }
    expect(leftOf(await execute(made, approvals, racing, options()))).toEqual({ 'r-2': 'changed' })
    expect(await ids(store)).toEqual(['r-2'])
  })

  it('stops rather than decide while holds will not stand still', async () => {
    const { store, made, approvals } = await setting()
    const restless = {
      ...store,
      async get(asked: readonly string[]) {
        await hold(store, { ids: ['other'] })
        return store.get(asked)
      },
    }
    expect(await execute(made, approvals, restless, options())).toEqual({
      status: 'stopped',
      why: 'holds-changing',
      phase: 'records',
    })
    expect(await ids(store)).toHaveLength(3)
    expect(finished(await execute(made, approvals, store, options())).disposed).toBe(3)
  })

  it('is refused, and does nothing, without enough approvals of this very plan', async () => {
    const { store, made, approvals } = await setting()
    const [first] = approvals
    const forged = { ...first, by: 'Nobody', plan: 'f'.repeat(64) }
    for (const few of [[], [first], [first, first], [first, forged], [first, { ...first, by: 'A. Planner' }]]) {
      expect(await execute(made, few as never, store, options())).toMatchObject({ status: 'refused', because: ['approvals'] })
    }
    expect(await execute(made, [first, forged] as never, store, options())).toMatchObject({
      approvals: [{ at: 1, problem: 'plan' }],
    })
    const { records } = store
    expect(
      await execute({ ...made, approvals: { ...made.approvals, required: 1 } }, [first] as never, store, options()),
    ).toEqual({
      status: 'refused',
      because: ['plan'],
      approvals: [],
    })
    expect(await execute({ ...made, groups: [...made.groups, ...made.groups] }, approvals, store, options())).toMatchObject({
      because: ['plan'],
    })
    expect(await execute(null as never, approvals, store, options())).toMatchObject({ because: ['plan'] })
    expect(await records(null, 10)).toHaveLength(3)
    expect(await store.progress(made.id)).toBe(null)
  })

  it('is refused under another policy, on an earlier day, and on a day that the clock has not reached', async () => {
    const { store, made, approvals } = await setting()
    const because = async (more: Parameters<typeof options>[0]) => {
      const done = await execute(made, approvals, store, options(more))
      return done.status === 'refused' ? done.because : done.status
    }
    expect(await because({ policy: testPolicy('test-policy/2') })).toEqual(['policy'])
    expect(await because({ today: '2031-03-01' })).toEqual(['today-before-plan', 'approvals'])
    expect(await because({ today: '2031-03-04' })).toEqual(['today-ahead-of-clock'])
    expect(await because({ today: '2099-01-01', policy: testPolicy('x') })).toEqual(['policy', 'today-ahead-of-clock'])
    expect(await ids(store)).toHaveLength(3)
    expect(await because({ today: '2031-03-03' })).toBe('finished')
  })

  it('honours a plan that one person may approve, and roles', async () => {
    const store = memoryRetentionStore([row('r-1')])
    const made = await plan(store, policy, { ...planning, approvals: { required: 1, roles: ['privacy-officer'] } })
    const approval = await approve(made, { by: 'B. Officer', role: 'privacy-officer', on: TODAY })
    expect(await execute(made, [{ ...approval, role: 'intern' }], store, options())).toMatchObject({ status: 'refused' })
    expect(finished(await execute(made, [approval], store, options())).disposed).toBe(1)
  })

  it('counts only signed approvals where it knows keys', async () => {
    const store = memoryRetentionStore([row('r-1')])
    const made = await plan(store, policy, { ...planning, approvals: { required: 1, signed: true } })
    const approval = await approve(made, { by: 'B. Officer', role: 'privacy-officer', on: TODAY, signer })
    const approverKeys = [{ by: 'B. Officer', key: publicJwk }]
    expect(await execute(made, [approval], store, options())).toMatchObject({ because: ['approvals'] })
    expect(await execute(made, [{ ...approval, signature: null }], store, options({ approverKeys }))).toMatchObject({
      because: ['approvals'],
    })
    const done = finished(await execute(made, [approval], store, options({ approverKeys })))
    expect(done.document?.approvals).toEqual([{ by: 'B. Officer', role: 'privacy-officer', on: TODAY, signed: true }])
  })

  it('refuses options that are none, before anything is done', async () => {
    const { store, made, approvals } = await setting()
    const wrong: object[] = [
      { policy: {} },
      { today: 'today' },
      { clock: 7 },
      { salt: new Uint8Array(16) },
      { signer: { ...signer, key: publicJwk } },
      { signer: { ...signer, alg: 'HS256' } },
      { method: { category: 'shred', technique: 'x' } },
      { method: { category: 'purge', technique: 'cryptographic-erase' } },
      { keys: { destroy: () => undefined } },
      { performer: { name: '' } },
      { validator: { name: 'records JOB' } },
      { backupHorizon: '2031-06-01' },
      {
        backupHorizon: null,
        keys: { destroy: () => undefined },
        method: { category: 'purge', technique: 'cryptographic-erase' },
      },
      { approverKeys: [] },
      { approverKeys: [{ by: 'x', key: { ...publicJwk, kid: '' } }] },
      {
        approverKeys: [
          { by: 'x', key: publicJwk },
          { by: 'X', key: publicJwk },
        ],
      },
      { batchSize: 0 },
      { more: 1 },
    ]
    for (const each of wrong) {
      const error = await refusal(execute(made, approvals, store, options(each)))
      expect(error.code, JSON.stringify(each)).toBe('PHI_RETENTION_OPTIONS')
    }
    expect((await refusal(execute(made, 'yes' as never, store, options()))).code).toBe('PHI_RETENTION_OPTIONS')
    expect((await refusal(execute(made, approvals, store, options({ clock: () => Number.NaN })))).code).toBe('PHI_CORE_TIME')
    expect(await ids(store)).toHaveLength(3)
    expect(await store.progress(made.id)).toBe(null)
  })
})

describe('a run', () => {
  it('stops between batches when told to, and goes on where it stood, with the salt that it began with', async () => {
    const { store, made, approvals } = await setting()
    const stop = new AbortController()
    const first = await execute(
      made,
      approvals,
      store,
      options({ batchSize: 1, signal: stop.signal, onProgress: () => stop.abort() }),
    )
    expect(first).toEqual({ status: 'stopped', why: 'signal', phase: 'records' })
    expect(await ids(store)).toEqual(['r-2', 'r-3'])
    const clock = fixedClock('2031-03-05T09:00:00.000Z')
    const again = options({ salt: new Uint8Array(32), clock, today: '2031-03-05', batchSize: 2 })
    const done = finished(await execute(made, approvals, store, again))
    expect(done.salt).toEqual(salt)
    expect(done.document).toMatchObject({
      startedAt: `${TODAY}T15:00:00.000Z`,
      finishedAt: '2031-03-05T09:00:00.000Z',
      counts: { disposed: 3 },
      records: [{ assessedFor: TODAY }, { assessedFor: '2031-03-05', holdCheck: { at: '2031-03-05T09:00:00.000Z' } }],
    })
  })

  it('is carried out once: called again, it hands out the same certificate', async () => {
    const { store, made, approvals } = await setting()
    const first = finished(await execute(made, approvals, store, options()))
    store.put(row('r-1'))
    const again = finished(await execute(made, approvals, store, options({ clock: fixedClock('2031-04-01T00:00:00.000Z') })))
    expect(again).toEqual(first)
    expect(await ids(store)).toEqual(['r-1'])
  })

  it('deletes nothing more once the policy has changed, and certifies what was deleted', async () => {
    const { store, made, approvals } = await setting()
    const stop = new AbortController()
    await execute(made, approvals, store, options({ batchSize: 1, signal: stop.signal, onProgress: () => stop.abort() }))
    const done = finished(await execute(made, approvals, store, options({ policy: testPolicy('test-policy/2') })))
    expect(done).toMatchObject({ disposed: 1, skipped: { 'policy-changed': 2 } })
    expect(await ids(store)).toEqual(['r-2', 'r-3'])
    expect(await verifyCertificate(done.certificate as string, publicJwk)).toMatchObject({ verdict: 'valid' })
  })

  it('can be cancelled half way, and certifies what was deleted', async () => {
    const { store, made, approvals } = await setting()
    const stop = new AbortController()
    await execute(made, approvals, store, options({ batchSize: 1, signal: stop.signal, onProgress: () => stop.abort() }))
    const done = finished(await execute(made, approvals, store, options({ cancel: true })))
    expect(done).toMatchObject({ disposed: 1, skipped: { cancelled: 2 } })
    expect(finished(await execute(made, approvals, store, options())).disposed).toBe(1)
    expect(await ids(store)).toEqual(['r-2', 'r-3'])
  })

  it('says one thing of all of it: other people or another method are refused', async () => {
    const { store, made, approvals } = await setting()
    const stop = new AbortController()
    await execute(made, approvals, store, options({ batchSize: 1, signal: stop.signal, onProgress: () => stop.abort() }))
    for (const more of [
      { method: { category: 'destroy', technique: 'row deletion' } as const },
      { performer: { name: 'Somebody else' } },
      { validator: null },
      { backupHorizon: null },
    ]) {
      expect(await execute(made, approvals, store, options(more))).toMatchObject({ status: 'refused', because: ['statement'] })
    }
    expect(await ids(store)).toEqual(['r-2', 'r-3'])
  })

  it('of several executors at once, each record is deleted and certified once, and all get the same certificate', async () => {
    const all = Array.from({ length: 40 }, (_, i) => row(`r-${i}`))
    const { store, made, approvals } = await setting(all)
    // A clock that never tells the same time twice: two certificates of one run would differ.
    let now = Date.parse(`${TODAY}T15:00:00.000Z`)
    const clock = () => now++
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) => {
        const mine = options({ batchSize: 1 + i, salt: new Uint8Array(32).fill(i), clock })
        return execute(made, approvals, store, mine)
      }),
    )
    const [first] = results.map(finished)
    for (const each of results) expect(finished(each)).toEqual(first)
    expect(await ids(store)).toEqual([])
    expect(first?.document?.counts.disposed).toBe(40)
    for (const { id } of all) expect(certificateCovers(first?.document as never, id, first?.salt as never).covered).toBe(true)
  })

  it('a clock that was set back does not turn the certificate round', async () => {
    const { store, made, approvals } = await setting()
    const clock = fixedClock(`${TODAY}T15:00:00.000Z`)
    const onProgress = () => clock.advance(-3_600_000)
    const done = finished(await execute(made, approvals, store, options({ clock, batchSize: 1, onProgress })))
    expect(await verifyCertificate(done.certificate as string, publicJwk)).toMatchObject({ verdict: 'valid' })
  })
})
