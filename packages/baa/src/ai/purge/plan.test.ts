import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import {
  type PurgeEvent,
  type PurgeItem,
  type PurgeRules,
  purgeDue,
  purgePlan,
  purgeReceipt,
  purgeRequest,
  purgeStates,
  textHash,
} from '../index.ts'

const key = new Uint8Array(32).fill(9)
const h = (id: string) => textHash(key, id)
const item = (id: string, created = '2026-11-01T00:00:00.000Z', keeper = 'vendor'): PurgeItem => ({
  id,
  kind: 'prompt',
  keeper,
  created,
})
const rules: PurgeRules = { retention: { vendor: { days: 30 } }, confirmWithin: { days: 5 } }
const DUE = '2026-12-01T00:00:00.000Z'
const plan = (events: readonly PurgeEvent[], at: string, more: Partial<PurgeRules> = {}, items = [item('a'), item('b')]) =>
  purgePlan(items, events, { ...rules, ...more }, at, key)
const states = (...args: Parameters<typeof plan>) =>
  plan(...args).rows.map((each) => `${each.state}${each.overdue ? ' overdue' : ''}`)

const ask: PurgeEvent = {
  type: 'request',
  request: 'r-1',
  at: '2026-12-01T01:00:00.000Z',
  keeper: 'vendor',
  items: [h('a'), h('b')],
}
const confirm: PurgeEvent = {
  type: 'confirm',
  request: 'r-1',
  at: '2026-12-02T00:00:00.000Z',
  keeper: 'vendor',
  items: [h('a'), h('b')],
  count: 2,
  evidence: 'message-88',
}
const verify: PurgeEvent = {
  type: 'verify',
  request: 'r-1',
  at: '2026-12-03T00:00:00.000Z',
  items: [h('a'), h('b')],
  gone: true,
  evidence: 'check-12',
}

describe('S39 when prompts and outputs have to be gone', () => {
  it.each([
    ['2026-11-01T00:00:00.000Z', 'none', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T00:00:00.000Z', { hours: 36 }, '2026-11-02T12:00:00.000Z'],
    ['2026-11-01T00:00:00.000Z', { days: 30 }, DUE],
    ['2026-01-31T08:30:00.000Z', { months: 1 }, '2026-02-28T08:30:00.000Z'],
    ['2024-02-29T08:30:00.000Z', { years: 1 }, '2025-02-28T08:30:00.000Z'],
    ['2026-11-20T08:30:00.000Z', { months: 2 }, '2027-01-20T08:30:00.000Z'],
    ['2026-11-20T08:30:00.000Z', { businessDays: 2 }, '2026-11-22T08:30:00.000Z'],
    ['0050-01-31T00:00:00.000Z', { months: 1 }, '0050-02-28T00:00:00.000Z'],
  ] as const)('S39 %s kept for %j: gone by %s', (created, period, due) => {
    expect(purgeDue(created, period)).toBe(due)
  })
})

describe('S39 deletion is asked for, confirmed and verified', () => {
  it('S39 kept, due at its instant, overdue right after', () => {
    expect(states([], '2026-11-30T23:59:59.999Z')).toEqual(['kept', 'kept'])
    expect(states([], DUE)).toEqual(['due', 'due'])
    expect(states([], '2026-12-01T00:00:00.001Z')).toEqual(['due overdue', 'due overdue'])
  })

  it('S39 nothing is gone without a receipt: asking is not enough', () => {
    const asked = plan([ask], '2026-12-01T02:00:00.000Z')
    expect(asked.rows.map((each) => [each.state, each.overdue])).toEqual([
      ['requested', true],
      ['requested', true],
    ])
    expect(purgeReceipt(asked, 'r-1')).toBeUndefined()
    const confirmed = plan([ask, confirm], '2026-12-02T02:00:00.000Z')
    expect(purgeReceipt(confirmed, 'r-1')).toEqual({
      format: 'phi.purge-receipt/v1',
      request: 'r-1',
      keeper: 'vendor',
      at: '2026-12-02T02:00:00.000Z',
      items: [h('a'), h('b')],
      count: 2,
      state: 'confirmed',
      evidence: ['message-88'],
    })
    const verified = plan([ask, confirm, verify], '2026-12-03T02:00:00.000Z')
    expect(purgeReceipt(verified, 'r-1')).toMatchObject({ state: 'verified', evidence: ['message-88', 'check-12'] })
    expect(verified.rows.some((each) => each.overdue)).toBe(false)
  })

  it('S39 a keeper that does not confirm in time is overdue, also before the data is due', () => {
    const early: PurgeEvent = { ...ask, at: '2026-11-02T00:00:00.000Z' }
    expect(states([early], '2026-11-06T23:59:59.999Z')).toEqual(['requested', 'requested'])
    expect(states([early], '2026-11-07T00:00:00.000Z')).toEqual(['requested overdue', 'requested overdue'])
  })

  it('S39 part of a request can be confirmed, and then there is no receipt for all of it', () => {
    const half: PurgeEvent = { ...confirm, items: [h('a')], count: 1 }
    const then = plan([ask, half], '2026-12-02T02:00:00.000Z')
    expect(then.rows.map((each) => each.state)).toEqual(['confirmed', 'requested'])
    expect(purgeReceipt(then, 'r-1')).toBeUndefined()
  })

  it('S39 what was still there when somebody looked has failed, and is asked for again', () => {
    const there = { ...verify, gone: false } as PurgeEvent
    const then = plan([ask, confirm, there], '2026-12-03T02:00:00.000Z')
    expect(then.rows.map((each) => [each.state, each.overdue])).toEqual([
      ['failed', true],
      ['failed', true],
    ])
    expect(purgeRequest(then, 'vendor', 'r-2')).toMatchObject({ type: 'request', request: 'r-2', items: [h('a'), h('b')] })
  })

  it('S39 the request names what is due, by hashes, and nothing where nothing is due', () => {
    const due = plan([], DUE)
    expect(purgeRequest(due, 'vendor', 'r-1')).toEqual({ ...ask, at: DUE })
    expect(purgeRequest(due, 'other', 'r-1')).toBeUndefined()
    expect(purgeRequest(plan([], '2026-11-02T00:00:00.000Z'), 'vendor', 'r-1')).toBeUndefined()
  })

  it('S39 a keeper whose retention nobody has said has no due time, and is not called kept', () => {
    expect(states([], DUE, {}, [item('x', undefined, 'stranger')])).toEqual(['unscheduled'])
    expect(states([], DUE, {}, [item('x', undefined, 'constructor')])).toEqual(['unscheduled'])
  })

  it('S39 what is under a hold is not asked for; a hold after the request recalls it', () => {
    const holds = [{ id: 'h-1', items: ['a'], from: '2026-11-15T00:00:00.000Z', until: '2026-12-20T00:00:00.000Z' }]
    const held = plan([], '2026-12-05T00:00:00.000Z', { holds })
    expect(held.rows.map((each) => [each.state, each.overdue, each.hold])).toEqual([
      ['held', false, 'h-1'],
      ['due', true, undefined],
    ])
    expect(purgeRequest(held, 'vendor', 'r-1')).toMatchObject({ items: [h('b')] })
    const recalled = plan([ask], '2026-12-05T00:00:00.000Z', { holds })
    expect(recalled.rows.map((each) => [each.state, each.recall])).toEqual([
      ['held', true],
      ['requested', false],
    ])
    expect(states([], '2026-12-20T00:00:00.000Z', { holds })).toEqual(['due overdue', 'due overdue'])
    const all = [{ id: 'h-2', keeper: 'vendor', from: '2026-11-15T00:00:00.000Z' }]
    expect(states([], '2026-12-20T00:00:00.000Z', { holds: all })).toEqual(['held', 'held'])
  })

  it.each([
    ['other-keeper', [ask, { ...confirm, keeper: 'somebody' }]],
    ['other-count', [ask, { ...confirm, count: 3 }]],
    ['other-items', [{ ...ask, items: [h('a')] }, confirm]],
    ['unknown-item', [ask, { ...confirm, items: [h('a'), h('z')] }]],
    ['unknown-request', [confirm]],
    ['unknown-request', [ask, { ...confirm, request: 'r-9' }]],
    ['time-backwards', [ask, { ...confirm, at: '2026-12-01T00:59:59.999Z' }]],
    ['not-confirmed', [ask, verify]],
    ['in-the-future', [ask, { ...confirm, at: '2027-01-01T00:00:00.000Z' }]],
    ['request-used', [ask, { ...ask, at: '2026-12-01T02:00:00.000Z' }]],
    ['other-keeper', [{ ...ask, keeper: 'somebody' }]],
  ] as const)('S39 %s: an event that does not fit deletes nothing', (code, events) => {
    const then = plan(events as readonly PurgeEvent[], '2026-12-04T00:00:00.000Z')
    expect(then.mismatches.map((each) => each.code)).toEqual([code])
    expect(then.rows.some((each) => each.state === 'confirmed' || each.state === 'verified')).toBe(false)
  })

  it('S39 an answer to an earlier request says nothing of the later one', () => {
    const again: PurgeEvent = { ...ask, request: 'r-2', at: '2026-12-01T05:00:00.000Z' }
    const then = plan([ask, again, confirm], '2026-12-04T00:00:00.000Z')
    expect(then.mismatches.map((each) => each.code)).toEqual(['other-items'])
    expect(then.rows.map((each) => each.state)).toEqual(['requested', 'requested'])
  })
})

describe('properties and faults', () => {
  const instants = [
    '2026-11-20T00:00:00.000Z',
    '2026-12-02T00:00:00.000Z',
    '2026-12-04T00:00:00.000Z',
    '2026-12-10T00:00:00.000Z',
  ]
  const some = fc.uniqueArray(fc.constantFrom(h('a'), h('b')), { minLength: 1, maxLength: 2 })
  const any = fc.record({
    type: fc.constantFrom('request', 'confirm', 'verify', 'fail'),
    request: fc.constantFrom('r-1', 'r-2'),
    at: fc.constantFrom(...instants),
    items: some,
    keeper: fc.constantFrom('vendor', 'vendor', 'somebody'),
    count: fc.integer({ min: 1, max: 2 }),
    gone: fc.boolean(),
  })
  const made = any.map(({ type, request, at, items, keeper, count, gone }): PurgeEvent => {
    if (type === 'request') return { type, request, at, keeper, items }
    if (type === 'confirm') return { type, request, at, keeper, items, count, evidence: 'x' }
    return type === 'verify' ? { type, request, at, items, gone, evidence: 'y' } : { type: 'fail', request, at, items }
  })

  it('S39 whatever is told, nothing counts as deleted that its keeper did not confirm when asked', () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 12 }), fc.constantFrom(...instants), (events, at) => {
        const { rows, mismatches } = plan(events, at)
        const taken = events.filter((_, index) => !mismatches.some((each) => each.index === index))
        for (const { state, hash, request, overdue } of rows) {
          expect(purgeStates).toContain(state)
          if (state !== 'confirmed' && state !== 'verified') continue
          const asked = taken.findIndex(
            (each) => each.type === 'request' && each.request === request && each.items.includes(hash),
          )
          const said = taken.findIndex(
            (each) =>
              each.type === 'confirm' && each.request === request && each.keeper === 'vendor' && each.items.includes(hash),
          )
          expect(asked).toBeGreaterThanOrEqual(0)
          expect(said).toBeGreaterThan(asked)
          if (state === 'verified') expect(taken.some((each) => each.type === 'verify' && each.gone)).toBe(true)
          expect(overdue).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['two items with one id', [item('a'), item('a')], []],
    ['a day instead of an instant', [item('a', '2026-11-01')], []],
    ['a confirmation without evidence', [item('a')], [{ ...confirm, evidence: '' }]],
    ['an id instead of its hash', [item('a')], [{ ...ask, items: ['SECRET'] }]],
    ['the same item twice', [item('a')], [{ ...ask, items: [h('a'), h('a')] }]],
  ])('refuses %s, and quotes nothing of it', async (_, items, events) => {
    const error = await refusal(() => purgePlan(items as PurgeItem[], events as PurgeEvent[], rules, DUE, key))
    expect(error.code).toBe('PHI_BAA_AI_PURGE')
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET')
  })

  it('S40 a receipt and a request hold no id of an item', () => {
    const named = [item('jane-roe-session-4')]
    const request = purgeRequest(plan([], DUE, {}, named), 'vendor', 'r-1')
    expect(JSON.stringify(request)).not.toContain('jane')
  })
})
