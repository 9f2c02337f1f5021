import { sha256, toHex, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { cutOff } from '../../../test/disposition/faulty-store.ts'
import { testKeys } from '../../../test/disposition/key-store.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import { AHEAD, approvalsOf, options, planning, publicJwk, row, signer, TODAY } from '../../../test/disposition/world.ts'
import { certificateCovers, verifyCertificate } from '../certificate/verify.ts'
import type { HoldCriteria } from '../hold/hold.ts'
import { plan } from '../plan/plan.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import { type Execution, execute } from './execute.ts'
import type { ExecuteOptions } from './options.ts'

const rows = () => [
  row('r-1', { subject: 'p-1' }),
  row('r-2', { subject: 'p-1', kind: 'bill' }),
  row('r-3', { subject: 'p-2' }),
  row('r-4', { subject: 'p-3' }),
  row('r-5', { subject: 'p-3', until: AHEAD }),
]

async function setting(all: Parameters<typeof memoryRetentionStore>[0] = rows()) {
  const store = memoryRetentionStore(all)
  const made = await plan(store, testPolicy(), planning)
  const approvals = await approvalsOf(made)
  const keys = testKeys()
  const erasing = (more: Partial<ExecuteOptions> = {}) =>
    options({ keys, method: { category: 'purge', technique: 'cryptographic-erase' }, ...more })
  const run = (more: Partial<ExecuteOptions> = {}, on = store) => execute(made, approvals, on, erasing(more))
  return { store, made, keys, run }
}
function finished(execution: Execution): Extract<Execution, { status: 'finished' }> {
  if (execution.status !== 'finished') throw new Error(`was ${JSON.stringify(execution)}`)
  return execution
}
const outcomes = (execution: Execution) =>
  finished(execution).document?.erasures.map((each) => (each.outcome === 'kept' ? each.why : each.keys.join()))

describe('cryptographic erasure', () => {
  it('destroys the keys of those whose last record went, and names them in the certificate', async () => {
    const { made, keys, run } = await setting()
    const done = finished(await run())
    expect([...keys.destroyed].toSorted()).toEqual(['clinic-a/p-1', 'clinic-a/p-2'])
    expect(outcomes(done)?.toSorted()).toEqual(['key-of-clinic-a/p-1', 'key-of-clinic-a/p-2', 'records-remain'])
    expect(keys.requests[0]).toEqual({
      tenant: 'clinic-a',
      subject: 'p-1',
      approver: 'B. Officer (privacy-officer), D. Counsel (counsel)',
      rule: { text: expect.any(String), citations: [expect.objectContaining({ section: '164.310(d)(2)(i)' })] },
      backupHorizon: '2031-06-01T00:00:00.000Z',
      signer,
      reference: made.id,
    })
    expect(done.keyCertificates.toSorted()).toEqual(['certificate of clinic-a/p-1', 'certificate of clinic-a/p-2'])
    const document = done.document as NonNullable<typeof done.document>
    expect(document.erasures[0]).toMatchObject({ certificate: toHex(sha256(utf8('certificate of clinic-a/p-1'))) })
    expect(await verifyCertificate(done.certificate as string, publicJwk)).toMatchObject({ verdict: 'valid' })
    const keysOf = (id: string) => {
      const found = certificateCovers(document, id, done.salt)
      return found.covered ? found.keys : found.why
    }
    expect(['r-1', 'r-2', 'r-3', 'r-4', 'r-5'].map(keysOf)).toEqual([
      'destroyed',
      'destroyed',
      'destroyed',
      'kept',
      'not-listed',
    ])
    expect(JSON.stringify(document)).not.toContain('"p-1"')
  })

  it('takes records without a subject for sealed under the tenant’s own keys, and leaves those without a tenant', async () => {
    const tenantOnly = row('r-1', { subject: undefined })
    const nobodys = row('r-2', { tenant: undefined, subject: undefined })
    const one = await setting([tenantOnly])
    expect(outcomes(await one.run())).toEqual(['key-of-clinic-a/*'])
    const both = await setting([tenantOnly, nobodys])
    const done = finished(await both.run())
    expect(done.skipped).toEqual({ 'no-key-scope': 1 })
    expect(outcomes(done)).toEqual(['records-remain'])
    const another = await setting([tenantOnly, row('r-3', { until: AHEAD })])
    expect(outcomes(await another.run())).toEqual(['records-remain'])
  })

  it('keeps keys when a hold was placed since that may reach copies', async () => {
    const place = async (matches: HoldCriteria) => {
      const { store, run, keys } = await setting([row('r-1', { subject: 'p-1' })])
      const done = await run({
        onProgress: () => {
          void store.appendHold({ type: 'placed', case: 'm-1', on: TODAY, by: 'counsel', matches }, 0)
        },
      })
      return [outcomes(done), keys.requests.length]
    }
    expect(await place({ subjects: ['p-1'] })).toEqual([['held'], 0])
    expect(await place({ kinds: ['bill'] })).toEqual([['held'], 0])
    expect(await place({ subjects: ['p-2'] })).toEqual([['key-of-clinic-a/p-1'], 1])
  })

  it('a hold that was there and did not match its records keeps no keys', async () => {
    const { store, keys } = await setting()
    await store.appendHold({ type: 'placed', case: 'm-1', on: TODAY, by: 'counsel', matches: { ids: ['r-4'] } }, 0)
    const made = await plan(store, testPolicy(), planning)
    const method = { category: 'purge', technique: 'cryptographic-erase' } as const
    await execute(made, await approvalsOf(made), store, options({ keys, method }))
    expect([...keys.destroyed].toSorted()).toEqual(['clinic-a/p-1', 'clinic-a/p-2'])
  })

  it('waits for a key service that does, and certifies nothing before', async () => {
    const { store, keys, run, made } = await setting()
    keys.waits = '2031-03-09T00:00:00.000Z'
    expect(await run()).toEqual({ status: 'waiting', destroyAt: '2031-03-09T00:00:00.000Z', scopes: 2 })
    expect((await store.records(null, 10)).map(({ id }) => id)).toEqual(['r-5'])
    keys.waits = null
    expect(await run()).toMatchObject({ status: 'waiting', destroyAt: null })
    expect(JSON.parse((await store.progress(made.id))?.body as string).finished).toBe(null)
    keys.waits = undefined
    expect(outcomes(await run())?.toSorted()).toEqual(['key-of-clinic-a/p-1', 'key-of-clinic-a/p-2', 'records-remain'])
  })

  it('says so where there were no such keys', async () => {
    const { keys, run } = await setting()
    keys.without = ({ subject }) => subject === 'p-2'
    expect(outcomes(await run())).toContain('no-keys')
  })

  it('goes on after a failure in between, and asks for no keys that are gone and noted', async () => {
    const { keys, run } = await setting()
    const { destroy } = keys
    let calls = 0
    keys.destroy = async function (request) {
      calls += 1
      if (calls === 2) throw cutOff()
      return destroy.call(this, request)
    }
    expect((await refusal(run())).code).toBe('PHI_RETENTION_STORE_UNAVAILABLE')
    const done = await run()
    expect(outcomes(done)).toHaveLength(3)
    expect(keys.requests.map(({ subject }) => subject)).toEqual(['p-1', 'p-2'])
  })

  it('refuses answers that are none', async () => {
    const answers: unknown[] = [
      undefined,
      {},
      { status: 'destroyed', certificate: 'x', document: { keys: [] } },
      { status: 'destroyed', document: { keys: [{ id: 'k' }] } },
      { status: 'gone' },
    ]
    for (const answer of answers) {
      const { run, store, made } = await setting()
      const error = await refusal(run({ keys: { destroy: async () => answer as never } }))
      expect(error.code).toBe('PHI_RETENTION_KEYS')
      expect(JSON.parse((await store.progress(made.id))?.body as string).finished).toBe(null)
    }
  })

  it('refuses a store that cannot count what is left', async () => {
    const { store, run } = await setting()
    const { remaining: _, ...without } = store
    expect((await refusal(run({}, without as never))).code).toBe('PHI_RETENTION_OPTIONS')
    for (const left of [undefined, -1, Number.NaN, '0', null, 0.5]) {
      const error = await refusal(run({}, { ...store, remaining: async () => left as never }))
      expect(error.code).toBe('PHI_RETENTION_STORE')
    }
  })

  it('destroys no keys once it is cancelled, or the policy has changed', async () => {
    for (const [more, why] of [
      [{ cancel: true }, 'cancelled'],
      [{ policy: testPolicy('test-policy/2') }, 'policy-changed'],
    ] as const) {
      const { keys, run } = await setting()
      const stop = new AbortController()
      const first = await run({ signal: stop.signal, onProgress: () => stop.abort() })
      expect(first).toEqual({ status: 'stopped', why: 'signal', phase: 'keys' })
      expect(new Set(outcomes(await run(more)))).toEqual(new Set([why]))
      expect(keys.requests).toEqual([])
    }
  })

  it('of several executors at once, notes each erasure once', async () => {
    const { run } = await setting(Array.from({ length: 12 }, (_, i) => row(`r-${i}`, { subject: `p-${i % 5}` })))
    const results = await Promise.all([1, 2, 3, 5, 8].map((batchSize) => run({ batchSize })))
    const [first] = results.map(finished)
    for (const each of results) expect(finished(each)).toEqual(first)
    expect(first?.document?.erasures).toHaveLength(5)
  })
})
