import { fixedClock } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cut, faultyStore } from '../../../test/disposition/faulty-store.ts'
import { testKeys } from '../../../test/disposition/key-store.ts'
import { type TestRecord, testPolicy } from '../../../test/disposition/policy.ts'
import { AHEAD, approvalsOf, options, PAST, planning, publicJwk, row, TODAY } from '../../../test/disposition/world.ts'
import { recordDigest } from '../certificate/record-digest.ts'
import { verifyCertificate } from '../certificate/verify.ts'
import type { Approval } from '../plan/approve.ts'
import { plan } from '../plan/plan.ts'
import type { DispositionPlan } from '../plan/plan-document.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import type { RetentionStore } from '../store/store.ts'
import { execute } from './execute.ts'

// A twin that knows nothing of the implementation: what may be deleted right now, by a plain reading of records and cases.

interface Twin {
  readonly records: Map<string, TestRecord>
  /** Open cases, by the subject that they hold. */
  readonly held: Map<string, string>
  policy: string
}

interface Run {
  readonly plan: DispositionPlan
  readonly approvals: readonly Approval[]
  readonly approved: ReadonlyMap<string, TestRecord>
  readonly deleted: string[]
  certificate: string | null | undefined
  salt?: Uint8Array
}

class World {
  readonly twin: Twin = { records: new Map(), held: new Map(), policy: 'test-policy/1' }
  readonly store = memoryRetentionStore()
  readonly keys = testKeys()
  readonly clock = fixedClock(`${TODAY}T15:00:00.000Z`)
  readonly runs: Run[] = []
  readonly undisposable: string[] = []

  constructor(readonly erase: boolean) {}

  put(id: string, more: Partial<TestRecord> & { subject: string }): void {
    const made = row(id, more)
    this.twin.records.set(id, made.record)
    this.store.put(made)
  }

  /** Looks at every deletion when it happens, and holds it against the twin. */
  watched(run: Run, more: Partial<RetentionStore>): RetentionStore {
    const { store, twin } = this
    return {
      ...store,
      ...more,
      dispose: async (batch) => {
        const before = await store.get([...twin.records.keys()])
        const answer = await store.dispose(batch)
        const after = new Set((await store.get([...twin.records.keys()])).map(({ id }) => id))
        for (const { id } of before) {
          if (after.has(id)) continue
          const record = twin.records.get(id) as TestRecord
          const isOver =
            record.until !== null && record.until < TODAY && record.unsigned === undefined && record.kind !== 'mystery'
          const isHeld = [...twin.held.values()].includes(record.subject as string)
          const isApproved = JSON.stringify(run.approved.get(id)) === JSON.stringify(record)
          if (!isOver || isHeld || !isApproved || twin.policy !== run.plan.policy) this.undisposable.push(id)
          twin.records.delete(id)
          run.deleted.push(id)
        }
        return answer
      },
    }
  }

  async call(
    run: Run,
    decide: (method: string, at: number) => Cut | undefined,
    batchSize: number,
    between?: () => Promise<void>,
  ) {
    let rounds = 0
    const get: RetentionStore['get'] = async (ids) => {
      const rows = await this.store.get(ids)
      // Somebody comes between looking and deleting.
      if (rounds++ === 0) await between?.()
      return rows
    }
    const store = faultyStore(this.watched(run, { get }), decide)
    const method = this.erase ? ({ category: 'purge', technique: 'cryptographic-erase' } as const) : undefined
    const given = options({
      policy: testPolicy(this.twin.policy),
      clock: this.clock,
      batchSize,
      ...(method && { method, keys: this.keys }),
    })
    const done = await execute(run.plan, run.approvals, store, given).catch((error: { code?: string }) => {
      expect(error.code).toBe('PHI_RETENTION_STORE_UNAVAILABLE')
      return undefined
    })
    if (done?.status !== 'finished') return
    if (run.certificate !== undefined) expect(done.certificate).toBe(run.certificate)
    run.certificate = done.certificate
    run.salt = done.salt
  }

  /** Everything deleted by a run stands in its certificate, once, and nothing else does. */
  async check(run: Run): Promise<void> {
    expect(this.undisposable).toEqual([])
    if (run.certificate === undefined) return
    if (run.certificate === null) {
      expect(run.deleted).toEqual([])
      return
    }
    const report = await verifyCertificate(run.certificate, publicJwk)
    if (report.verdict !== 'valid') throw new Error(report.problem)
    const listed = report.certificate.records.flatMap(({ ids }) => ids)
    expect(listed.toSorted()).toEqual(run.deleted.map((id) => recordDigest(run.salt as Uint8Array, id)).toSorted())
    for (const erasure of report.certificate.erasures) if (erasure.outcome === 'destroyed') expect(erasure.keys).toHaveLength(1)
  }
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
const subject = fc.constantFrom('p-1', 'p-2', 'p-3')

type Command = fc.AsyncCommand<object, World>
const command = (name: string, run: (world: World) => Promise<void>): Command => ({
  check: () => true,
  run: (_, world) => run(world),
  toString: () => name,
})

const facts = fc.record(
  {
    kind: fc.constantFrom('chart', 'bill', 'mystery'),
    until: fc.constantFrom(PAST, PAST, AHEAD, TODAY, null),
    unsigned: fc.constant(true as const),
  },
  { requiredKeys: ['until'] },
)

const placeHold = async (world: World, name: string, held: string) => {
  const revision = (await world.store.holds()).length
  await world.store.appendHold(
    { type: 'placed', case: name, on: TODAY, by: 'counsel', matches: { subjects: [held] } },
    revision,
  )
  world.twin.held.set(name, held)
}

const put = fc.tuple(id, subject, facts).map(([name, whose, more]) =>
  command(`put ${name} of ${whose} ${JSON.stringify(more)}`, async (world) => {
    world.put(name, { ...more, subject: whose })
  }),
)
const hold = fc.tuple(fc.constantFrom('m-1', 'm-2'), subject).map(([name, whose]) =>
  command(`hold ${name} on ${whose}`, async (world) => {
    if (!world.twin.held.has(name)) await placeHold(world, name, whose)
  }),
)
const release = fc.constantFrom('m-1', 'm-2').map((name) =>
  command(`release ${name}`, async (world) => {
    const revision = (await world.store.holds()).length
    await world.store.appendHold({ type: 'released', case: name, on: TODAY, by: 'counsel' }, revision)
    world.twin.held.delete(name)
  }),
)
const policyChange = fc.constantFrom('test-policy/1', 'test-policy/2').map((next) =>
  command(`policy ${next}`, async (world) => {
    world.twin.policy = next
  }),
)
const planIt = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }).map((limit) =>
  command(`plan, at most ${limit}`, async (world) => {
    const made = await plan(world.store, testPolicy(world.twin.policy), { ...planning, limit, pageSize: 3 })
    if (world.runs.some((run) => run.plan.id === made.id)) return
    const approved = new Map<string, TestRecord>()
    for (const [name, record] of world.twin.records) approved.set(name, record)
    world.runs.push({ plan: made, approvals: await approvalsOf(made), approved, deleted: [], certificate: undefined })
  }),
)
const between = fc.option(
  fc.oneof(
    subject.map((whose) => ({ held: whose })),
    fc.tuple(id, subject).map(([name, whose]) => ({ changed: name, whose })),
  ),
  { nil: undefined },
)
const executeIt = fc
  .record({
    at: fc.nat(5),
    cuts: fc.array(fc.record({ at: fc.nat(40), cut: fc.constantFrom<Cut>('before', 'after') }), { maxLength: 2 }),
    batchSize: fc.integer({ min: 1, max: 4 }),
    executors: fc.integer({ min: 1, max: 3 }),
    between,
  })
  .map(({ at, cuts, batchSize, executors, between: event }) =>
    command(
      `execute ${at} by ${executors}, cut off at ${JSON.stringify(cuts)}, meanwhile ${JSON.stringify(event)}`,
      async (world) => {
        const run = world.runs[at % Math.max(world.runs.length, 1)]
        if (run === undefined) return
        let calls = 0
        const decide = () => {
          const now = calls++
          return cuts.find((each) => each.at === now)?.cut
        }
        const meanwhile = async () => {
          if (event === undefined) return
          if ('held' in event) {
            if (!world.twin.held.has('m-between')) await placeHold(world, 'm-between', event.held)
          } else world.put(event.changed, { until: AHEAD, subject: event.whose })
        }
        world.clock.advance(1000)
        await Promise.all(
          Array.from({ length: executors }, (_, i) => world.call(run, decide, batchSize + i, i === 0 ? meanwhile : undefined)),
        )
        await world.check(run)
      },
    ),
  )

const numRuns = process.env.PHI_LONG === '1' ? 3000 : 18

describe.each([
  ['records', false],
  ['records and keys', true],
])('random plans and runs over %s, cut off and raced', (_, erase) => {
  it('S65 never delete what is held, changed or not over, and certify what they delete exactly once', async () => {
    const commands = fc.commands([put, put, put, hold, release, policyChange, planIt, executeIt, executeIt], {
      maxCommands: 40,
      size: 'max',
    })
    let finishedRuns = 0
    let deletions = 0
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const world = new World(erase)
        for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) world.put(name, { subject: `p-${(i % 3) + 1}` })
        await fc.asyncModelRun(() => ({ model: {}, real: world }), all)
        for (const run of world.runs) {
          // Nobody cuts it off any more.
          await world.call(run, () => undefined, 2)
          await world.check(run)
          if (run.certificate !== undefined) finishedRuns += 1
          deletions += run.deleted.length
        }
      }),
      { numRuns },
    )
    // The campaign did something.
    expect(finishedRuns).toBeGreaterThan(numRuns / 4)
    expect(deletions).toBeGreaterThan(numRuns / 4)
  }, 900_000)
})
