import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import { AHEAD, PAST, planning, row, TODAY } from '../../../test/disposition/world.ts'
import type { RetentionPolicy } from '../../assess/assessment.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import type { RetentionStore, StoredRecord } from '../store/store.ts'
import { compareIds } from '../text.ts'
import { plan } from './plan.ts'
import { type DispositionPlan, parsePlan, planId } from './plan-document.ts'

const policy = testPolicy()
const make = (store: RetentionStore, more: object = {}) => plan(store, policy, { ...planning, ...more })

describe('a plan', () => {
  it('S65 counts by status, reason and rule, and lists what may be deleted with its rule', async () => {
    const store = memoryRetentionStore([
      row('r-1'),
      row('r-2', { kind: 'bill' }),
      row('r-3', { until: AHEAD }),
      row('r-4', { until: null }),
      row('r-5', { kind: 'mystery' }),
      row('r-6', { unsigned: true }),
      row('r-7', { subject: 'p-held' }),
      row('r-8', { until: TODAY }),
    ])
    await store.appendHold(
      { type: 'placed', case: 'm-1', on: '2030-01-01', by: 'counsel', matches: { subjects: ['p-held'] } },
      0,
    )
    const made = await make(store)
    expect(made).toMatchObject({
      format: 'phi.retention/plan/v1',
      policy: 'test-policy/1',
      today: TODAY,
      plannedBy: 'A. Planner',
      approvals: { required: 2, roles: [], signed: false },
      kinds: null,
      limit: null,
      complete: true,
      holds: { revision: 1, open: 1 },
      counts: {
        read: 8,
        assessed: 8,
        planned: 2,
        byStatus: { disposable: 2, retain: 2, 'clock-not-started': 1, unknown: 1, 'needs-sign-off': 1, held: 1 },
        byRule: [
          { rule: 'bill-seven-years', records: 1, disposable: 1 },
          { rule: 'chart-ten-years', records: 6, disposable: 1 },
        ],
      },
      needsSignOff: [{ rules: ['chart-ten-years'], records: 1 }],
      conflicts: { total: 0, listed: [] },
    })
    expect(made.counts.byWhy['legal-hold']).toBe(1)
    expect(made.groups).toEqual([
      {
        kind: 'bill',
        rules: [{ rule: 'bill-seven-years', citation: '45 CFR 164.316(b)(2)(i)' }],
        ids: ['r-2'],
        versions: ['2'],
      },
      {
        kind: 'chart',
        rules: [{ rule: 'chart-ten-years', citation: '45 CFR 164.316(b)(2)(i)' }],
        ids: ['r-1'],
        versions: ['1'],
      },
    ])
  })

  it('lists conflicts loudly: overdue by one rule, kept by another or by a hold', async () => {
    const store = memoryRetentionStore([
      row('r-1', { until: AHEAD, deleteBy: PAST }),
      row('r-2', { deleteBy: PAST, subject: 'p-held' }),
      row('r-3', { until: AHEAD, deleteBy: AHEAD }),
    ])
    await store.appendHold(
      { type: 'placed', case: 'm-1', on: '2030-01-01', by: 'counsel', matches: { subjects: ['p-held'] } },
      0,
    )
    const { conflicts, groups } = await make(store)
    expect(groups).toEqual([])
    expect(conflicts.total).toBe(2)
    expect(conflicts.listed).toMatchObject([
      {
        id: 'r-1',
        ceiling: { rule: 'delete-by', deleteBy: PAST },
        keepThrough: AHEAD,
        holds: [],
        keptBy: [{ rule: 'chart-ten-years' }],
      },
      { id: 'r-2', holds: ['m-1'], ceiling: { rule: 'delete-by' } },
    ])
  })

  it('is the same with the same id, whatever the pages and the order in which records came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            id: fc.stringMatching(/^[a-zA-Z\u{1f600}-\u{1f64f}\uffee-]{1,6}$/u),
            kind: fc.constantFrom('chart', 'bill'),
          }),
          {
            selector: (each) => each.id,
            maxLength: 30,
          },
        ),
        fc.integer({ min: 1, max: 7 }),
        async (all, pageSize) => {
          const rows = all.map(({ id, kind }) => row(id, { kind }))
          const a = await make(memoryRetentionStore(rows), { pageSize })
          const b = await make(versionsOf(rows.toReversed(), memoryRetentionStore(rows)), { pageSize: 1000 })
          expect(a).toEqual(b)
          expect(a.counts.planned).toBe(rows.length)
          expect(parsePlan(JSON.parse(JSON.stringify(a)))).toEqual(a)
        },
      ),
      { numRuns: 60 },
    )
  })

  /** The same records in the versions of another store. */
  function versionsOf(rows: readonly Omit<StoredRecord, 'version'>[], like: RetentionStore): RetentionStore {
    const store = memoryRetentionStore(rows)
    return {
      ...store,
      async records(after, limit) {
        const page = await store.records(after, limit)
        return like.get(page.map(({ id }) => id)).then((all) => all.toSorted((a, b) => compareIds(a.id, b.id)))
      },
    }
  }

  it('looks at the kinds that are asked for, and at records that hide their kind', async () => {
    const store = memoryRetentionStore([row('r-1'), row('r-2', { kind: 'bill' }), { id: 'r-3', record: {} }])
    const made = await make(store, { kinds: ['chart', 'chart'] })
    expect(made.counts).toMatchObject({ read: 3, assessed: 2, planned: 1, byStatus: { disposable: 1, unknown: 1 } })
    expect(made.kinds).toEqual(['chart'])
  })

  it('stops planning at the limit and goes on counting', async () => {
    const made = await make(memoryRetentionStore(['a', 'b', 'c'].map((id) => row(id))), { limit: 2 })
    expect(made).toMatchObject({ complete: false, limit: 2, counts: { read: 3, planned: 2, byStatus: { disposable: 3 } } })
    expect(made.groups[0]?.ids).toEqual(['a', 'b'])
    expect((await make(memoryRetentionStore([row('a')]), { limit: 1 })).complete).toBe(true)
  })

  it('tells how far it is, and half a plan is none', async () => {
    const store = memoryRetentionStore(['a', 'b', 'c'].map((id) => row(id)))
    const seen: unknown[] = []
    const stop = new AbortController()
    await make(store, { pageSize: 2, onProgress: (each: unknown) => seen.push(each) })
    expect(seen).toEqual([
      { read: 2, planned: 2 },
      { read: 3, planned: 3 },
    ])
    const half = make(store, { pageSize: 1, signal: stop.signal, onProgress: () => stop.abort() })
    await expect(half).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  })

  it('never lists a record with an id that cannot stand in a plan', async () => {
    const ids = [' x', 'x ', '', 'a\nb', 'a\u2028b', '\ud800', 'y'.repeat(513)]
    const store = memoryRetentionStore(ids.map((id) => row(id, { deleteBy: PAST, subject: 'p' })))
    const made = await make(store)
    expect(made.groups).toEqual([])
    expect(made.counts.byWhy).toEqual({ unreadable: ids.length })
    const names = ['__proto__', 'constructor', 'hasOwnProperty', "'; drop table record; --", 'Zoe\u0308', '\u{1f512}']
    const named = await make(memoryRetentionStore(names.map((id) => row(id))))
    expect(named.groups[0]?.ids.toSorted()).toEqual(names.toSorted())
  })

  it('lists conflicts of such a record too, without its id', async () => {
    const made = await make(memoryRetentionStore([row('\ud800', { until: AHEAD, deleteBy: PAST })]))
    expect(made.conflicts).toMatchObject({ total: 1, listed: [{ id: '' }] })
    expect(parsePlan(made)).toEqual(made)
  })

  it.each<[string, Partial<ReturnType<RetentionPolicy['assess']>>]>([
    ['about another record', { record: 'r-2' }],
    ['of another policy', { policy: 'test-policy/2' }],
    ['with another status', { status: 'retain' }],
    ['with a hold', { holds: ['m-1'] }],
    ['with a floor', { floor: true }],
    ['without a rule', { governing: [] }],
    ['of a kind that cannot stand in a plan', { kind: 'a\nb' }],
    ['without a day', { earliest: null }],
    ['with a later day', { earliest: '2031-03-03' }],
    ['that says disposable in one place only', { disposable: false }],
  ])('deletes nothing by an assessment %s', async (_, change) => {
    const odd: RetentionPolicy = { id: policy.id, assess: (...args) => ({ ...policy.assess(...args), ...change }) }
    const made = await plan(memoryRetentionStore([row('r-1')]), odd, planning)
    expect([made.counts.planned, made.groups]).toEqual([0, []])
    expect(made.counts.byStatus.disposable).toBe(undefined)
  })

  it('looks at the holds itself, beside the policy', async () => {
    const deaf: RetentionPolicy = { id: policy.id, assess: (record, { today }) => policy.assess(record, { today }) }
    const store = memoryRetentionStore([row('r-1')])
    await store.appendHold({ type: 'placed', case: 'm-1', on: '2030-01-01', by: 'counsel', matches: { everything: true } }, 0)
    const made = await plan(store, deaf, planning)
    expect(made.counts).toMatchObject({ planned: 0, byStatus: { held: 1 } })
  })

  it('refuses options that are none', async () => {
    const store = memoryRetentionStore()
    const wrong = [
      { today: '2031-02-29' },
      { plannedBy: '' },
      { approvals: { required: 0 } },
      { kinds: [] },
      { limit: 0 },
      { pageSize: 0.5 },
      { onProgress: 'x' },
      { nonsense: 1 },
    ]
    for (const each of wrong) expect((await refusal(make(store, each))).code).toBe('PHI_RETENTION_OPTIONS')
    for (const id of ['', 'a\nb', undefined]) {
      expect((await refusal(plan(store, { ...policy, id } as never, planning))).code).toBe('PHI_RETENTION_OPTIONS')
    }
  })

  it.each<[string, Partial<RetentionStore>]>([
    [
      'pages out of order',
      {
        records: async (after) =>
          after === null
            ? [
                { ...row('b'), version: '1' },
                { ...row('a'), version: '1' },
              ]
            : [],
      },
    ],
    ['the same page for ever', { records: async () => [{ ...row('a'), version: '1' }] }],
    [
      'a record twice',
      {
        records: async (after) =>
          after === null
            ? [
                { ...row('a'), version: '1' },
                { ...row('a'), version: '1' },
              ]
            : [],
      },
    ],
    [
      'more than it was asked for',
      { records: async (_, limit) => Array.from({ length: limit + 1 }, (_, i) => ({ ...row(`r${i}`), version: '1' })) },
    ],
    ['no list', { records: async () => ({}) as never }],
    ['a record without an id', { records: async () => [{ version: '1', record: {} } as never] }],
    ['a record without a version', { records: async () => [row('a') as never] }],
    ['nothing for holds', { holds: async () => undefined as never }],
  ])('refuses a store that hands out %s', async (_, wrong) => {
    expect((await refusal(make({ ...memoryRetentionStore([row('a')]), ...wrong }))).code).toBe('PHI_RETENTION_STORE')
  })
})

describe('a plan that was kept as JSON', () => {
  const made = make(memoryRetentionStore([row('r-1'), row('r-2'), row('r-3', { kind: 'bill' })]))

  it('is refused when anything in it was changed', async () => {
    const plain = JSON.parse(JSON.stringify(await made)) as Record<string, unknown>
    expect(parsePlan(plain)).toEqual(await made)
    /** Every text, number and list in the plan, changed by itself. */
    const changes: unknown[] = []
    const visit = (value: unknown, put: (next: unknown) => unknown): void => {
      if (typeof value === 'string') changes.push(put(`${value}x`))
      else if (typeof value === 'number') changes.push(put(value + 1))
      else if (typeof value === 'boolean') changes.push(put(!value))
      else if (value === null) changes.push(put(1), put(['chart']))
      else if (Array.isArray(value)) {
        changes.push(put(value.slice(1)), put([...value, value[0] ?? 'x']), put(value.length > 1 ? value.toReversed() : []))
        for (const [i, each] of value.entries()) visit(each, (next) => put(value.with(i, next)))
      } else {
        changes.push(put({ ...(value as object), more: 1 }))
        for (const [name, each] of Object.entries(value as object))
          visit(each, (next) => put({ ...(value as object), [name]: next }))
      }
    }
    visit(plain, (next) => next)
    expect(changes.length).toBeGreaterThan(80)
    for (const changed of changes) {
      // Lists that were empty stay the same when they are cut or turned round.
      if (JSON.stringify(changed) === JSON.stringify(plain)) continue
      expect((await refusal(() => parsePlan(changed))).code, JSON.stringify(changed)).toBe('PHI_RETENTION_PLAN')
    }
  })

  it('is refused when it was put together by hand, with an id that fits', async () => {
    const { id: _, ...content } = await made
    const [first, second] = content.groups as [DispositionPlan['groups'][number], DispositionPlan['groups'][number]]
    const crafted = (groups: DispositionPlan['groups'], planned = 3) => {
      const changed = { ...content, groups, counts: { ...content.counts, planned } }
      return { ...changed, id: planId(changed) }
    }
    expect(parsePlan(crafted([first, second]))).toEqual(await made)
    const [chart, bill] = first.kind === 'chart' ? [first, second] : [second, first]
    const wrong = [
      crafted([first, second], 2),
      crafted([first, first], 2 * first.ids.length),
      crafted([chart, { ...bill, ids: ['r-1'] }]),
      crafted([{ ...chart, ids: ['r-1', 'r-1'] }, bill]),
      crafted([{ ...chart, ids: ['r-2', 'r-1'] }, bill]),
      crafted([{ ...chart, versions: ['1'] }, bill]),
      crafted([{ ...chart, ids: ['r-1\nr-2'], versions: ['1\n2'] }, bill], 2),
      crafted([{ ...chart, ids: ['r-1', ''] }, bill]),
    ]
    for (const each of wrong) expect((await refusal(() => parsePlan(each))).code).toBe('PHI_RETENTION_PLAN')
  })

  it('is refused whatever else it is', async () => {
    for (const each of [
      undefined,
      null,
      7,
      'x',
      [],
      {},
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no')
          },
        },
      ),
    ]) {
      expect((await refusal(() => parsePlan(each))).code).toBe('PHI_RETENTION_PLAN')
    }
  })
})

describe('the order of ids', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 }), (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
    )
    expect(compareIds('\uffee', '\u{1f600}')).toBeLessThan(0)
  })
})
