import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { type Cut, faultyStore } from '../../../test/disposition/faulty-store.ts'
import { testKeys } from '../../../test/disposition/key-store.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import { AHEAD, approvalsOf, options, planning, publicJwk, row, TODAY } from '../../../test/disposition/world.ts'
import { recordDigest } from '../certificate/record-digest.ts'
import { verifyCertificate } from '../certificate/verify.ts'
import { plan } from '../plan/plan.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import type { DisposalAnswer, RetentionStore } from '../store/store.ts'
import { type Execution, execute } from './execute.ts'

const rows = () => [
  ...['a', 'b', 'c', 'd', 'e'].map((id) => row(id, { subject: `p-${id < 'c' ? 1 : 2}` })),
  row('f', { kind: 'bill', subject: 'p-3' }),
  row('g', { until: AHEAD }),
  row('h', { subject: 'p-held' }),
]

async function setting(erase: boolean) {
  const store = memoryRetentionStore(rows())
  const made = await plan(store, testPolicy(), planning)
  await store.appendHold({ type: 'placed', case: 'm-1', on: TODAY, by: 'counsel', matches: { subjects: ['p-held'] } }, 0)
  const approvals = await approvalsOf(made)
  const keys = testKeys()
  const method = erase ? ({ category: 'purge', technique: 'cryptographic-erase' } as const) : undefined
  const given = options({ batchSize: 2, ...(method && { keys, method }) })
  return { store, run: (on: RetentionStore) => execute(made, approvals, on, given) }
}

/** Calls again until the run is over, as an operator would. */
async function untilFinished(
  run: () => Promise<Execution>,
): Promise<{ done: Extract<Execution, { status: 'finished' }>; failures: number }> {
  for (let failures = 0; failures < 20; failures++) {
    const done = await run().catch((error: { code?: string }) => {
      expect(error.code).toBe('PHI_RETENTION_STORE_UNAVAILABLE')
      return undefined
    })
    if (done?.status === 'finished') return { done, failures }
    expect(done).toBe(undefined)
  }
  throw new Error('never finished')
}

describe.each([
  ['records', false],
  ['records and keys', true],
])('a run over %s that is cut off', (_, erase) => {
  it.each<Cut>(['before', 'after'])(
    '%s any one call, and at any two, ends with each record deleted and certified once',
    async (cut) => {
      const { store, run } = await setting(erase)
      const counting = faultyStore(store, () => undefined)
      await run(counting)
      const calls = counting.calls.length
      expect(calls).toBeGreaterThan(15)
      expect(new Set(counting.calls)).toContain('dispose')
      for (let first = 0; first < calls; first++) {
        for (const gap of [0, 1, 5]) {
          const { store: fresh, run: again } = await setting(erase)
          const disposed: string[] = []
          const watched: RetentionStore = {
            ...fresh,
            async dispose(batch) {
              const before = new Set((await fresh.records(null, 100)).map(({ id }) => id))
              const answer = await fresh.dispose(batch)
              const after = new Set((await fresh.records(null, 100)).map(({ id }) => id))
              disposed.push(...[...before].filter((id) => !after.has(id)))
              return answer
            },
          }
          let at = 0
          const cuts = new Set(gap === 0 ? [first] : [first, first + gap])
          const broken = faultyStore(watched, () => (cuts.has(at++) ? cut : undefined))
          const { done, failures } = await untilFinished(() => again(broken))
          expect(failures).toBeGreaterThan(0)
          expect(disposed.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
          expect((await fresh.records(null, 100)).map(({ id }) => id)).toEqual(['g', 'h'])
          const report = await verifyCertificate(done.certificate as string, publicJwk)
          if (report.verdict !== 'valid') throw new Error(report.problem)
          const listed = report.certificate.records.flatMap(({ ids }) => ids)
          expect(listed.toSorted()).toEqual(disposed.map((id) => recordDigest(done.salt, id)).toSorted())
          expect(done.left).toEqual([{ id: 'h', why: 'held' }])
          expect(report.certificate.erasures).toHaveLength(erase ? 3 : 0)
        }
      }
    },
  )
})

describe('a store that answers wrongly', () => {
  const attempt = async (change: (store: RetentionStore) => Partial<RetentionStore>) => {
    const { store, run } = await setting(false)
    const error = await refusal(run({ ...store, ...change(store) }))
    return { code: error.code, left: (await store.records(null, 100)).length }
  }
  const answering = (edit: (answer: Extract<DisposalAnswer, { receipt: unknown }>) => unknown) => (store: RetentionStore) => ({
    dispose: async (batch: Parameters<RetentionStore['dispose']>[0]) => {
      const answer = await store.dispose(batch)
      return answer.status === 'holds-changed' ? answer : (edit(answer) as never)
    },
  })

  it.each<[string, (store: RetentionStore) => Partial<RetentionStore>]>([
    ['get: no list', () => ({ get: async () => null as never })],
    ['get: rows that are none', () => ({ get: async () => [{}] as never })],
    ['holds: none', () => ({ holds: async () => undefined as never })],
    ['progress: undefined', () => ({ progress: async () => undefined as never })],
    ['progress: of another run', () => ({ progress: async () => ({ run: 'x', version: 1, body: '{}' }) })],
    ['progress: another body', () => ({ progress: async (run) => ({ run, version: 1, body: '{' }) })],
    ['progress: begun by somebody, and not there', () => ({ saveProgress: async () => 'conflict' as const })],
    ['saveProgress: yes', () => ({ saveProgress: async () => true as never })],
  ])('before anything is deleted is refused: %s', async (_, change) => {
    expect(await attempt(change)).toEqual({ code: 'PHI_RETENTION_STORE', left: 8 })
  })

  it.each<[string, (answer: Extract<DisposalAnswer, { receipt: unknown }>) => unknown]>([
    ['nothing', () => undefined],
    ['another status', (answer) => ({ ...answer, status: 'done' })],
    ['another run', ({ receipt, status }) => ({ status, receipt: { ...receipt, run: 'x' } })],
    ['another sequence', ({ receipt, status }) => ({ status, receipt: { ...receipt, sequence: receipt.sequence + 1 } })],
    ['another note', ({ receipt, status }) => ({ status, receipt: { ...receipt, note: '{}' } })],
    ['fewer entries', ({ receipt, status }) => ({ status, receipt: { ...receipt, entries: receipt.entries.slice(1) } })],
    [
      'an entry twice',
      ({ receipt, status }) => ({ status, receipt: { ...receipt, entries: receipt.entries.map(() => receipt.entries[0]) } }),
    ],
    [
      'an entry of its own',
      ({ receipt, status }) => ({ status, receipt: { ...receipt, entries: receipt.entries.map(() => '{}') } }),
    ],
    [
      'a record left that was not asked for',
      ({ receipt, status }) => ({
        status,
        receipt: { ...receipt, entries: receipt.entries.slice(1), left: [{ id: 'x', why: 'changed' }] },
      }),
    ],
    [
      'a wrong note as of before',
      ({ receipt }) => ({ status: 'already', receipt: { ...receipt, note: '{"phase":"records"}' } }),
    ],
    [
      'a note of another place as of before',
      ({ receipt }) => ({ status: 'already', receipt: { ...receipt, note: receipt.note.replace('"from":0', '"from":1') } }),
    ],
    [
      'a note of more than there is as of before',
      ({ receipt }) => ({ status: 'already', receipt: { ...receipt, note: receipt.note.replace('"to":2', '"to":99') } }),
    ],
  ])('to dispose stops the run: %s', async (_, edit) => {
    const { code, left } = await attempt(answering(edit))
    expect(code).toBe('PHI_RETENTION_STORE')
    // One batch of two went before the answer; nothing after it.
    expect(left).toBe(6)
  })

  it.each<[string, (store: RetentionStore) => Partial<RetentionStore>]>([
    [
      'a gap',
      (store) => ({
        receipts: async (run, after, limit) =>
          (await store.receipts(run, after, limit)).filter(({ sequence }) => sequence !== 2),
      }),
    ],
    ['the same page for ever', (store) => ({ receipts: (run, _, limit) => store.receipts(run, 0, limit) })],
    ['no list', () => ({ receipts: async () => ({}) as never })],
    [
      'another run',
      (store) => ({ receipts: async (...args) => (await store.receipts(...args)).map((each) => ({ ...each, run: 'x' })) }),
    ],
    [
      'an entry less',
      (store) => ({
        receipts: async (...args) =>
          (await store.receipts(...args)).map((each) => ({ ...each, entries: each.entries.slice(1) })),
      }),
    ],
    [
      'an entry changed',
      (store) => ({
        receipts: async (...args) =>
          (await store.receipts(...args)).map((each) => ({ ...each, entries: each.entries.map(() => 'x') })),
      }),
    ],
    [
      'an entry twice',
      (store) => ({
        receipts: async (...args) =>
          (await store.receipts(...args)).map((each) => ({
            ...each,
            entries: each.entries.map(() => each.entries[0] as string),
          })),
      }),
    ],
    [
      'the last one missing',
      (store) => ({ receipts: async (...args) => (await store.receipts(...args)).filter(({ sequence }) => sequence < 4) }),
    ],
    [
      'every entry taken out',
      (store) => ({ receipts: async (...args) => (await store.receipts(...args)).map((each) => ({ ...each, entries: [] })) }),
    ],
    ['none at all', () => ({ receipts: async () => [] })],
  ])('is certified by nobody: receipts with %s', async (_, change) => {
    const { store, run } = await setting(false)
    const wrong = { ...store, ...change(store) }
    const outcome = await run(wrong).then(
      (done) => (done.status === 'finished' ? done.certificate : done.status),
      (error: { code: string }) => error.code,
    )
    expect(outcome).toBe('PHI_RETENTION_STORE')
  })

  it('leaves a record that the store gives twice: nobody knows which of the two it is', async () => {
    const { store, run } = await setting(false)
    const twice: RetentionStore = {
      ...store,
      get: async (ids) => (await store.get(ids)).flatMap((each) => (each.id === 'b' ? [{ ...each, record: {} }, each] : each)),
    }
    const done = await run(twice)
    expect(done).toMatchObject({ status: 'finished', skipped: { missing: 1, held: 1 } })
    expect((await store.records(null, 100)).map(({ id }) => id)).toEqual(['b', 'g', 'h'])
  })
})
