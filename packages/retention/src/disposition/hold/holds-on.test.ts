import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import type { StoredRecord } from '../store/store.ts'
import { type HoldEvent, parseHoldEvent } from './hold.ts'
import { heldSince, holdCases, holdsOn } from './holds-on.ts'

const row = (facts: object = {}): StoredRecord => ({
  id: 'r-1',
  version: '1',
  record: { id: 'r-1', kind: 'chart', tenant: 'clinic-a', subject: 'p-1', ...facts },
})
const placed = (name: string, matches: unknown, on = '2028-01-01'): HoldEvent =>
  ({ type: 'placed', case: name, on, by: 'counsel', matches }) as HoldEvent
const released = (name: string, on: string): HoldEvent => ({ type: 'released', case: name, on, by: 'counsel' })
const on = (events: readonly unknown[], today = '2031-03-02', record = row()) => holdsOn(record, events as HoldEvent[], today)

describe('holds as a set of cases', () => {
  it('RET-24 has no end date, and on the day of its release a case holds nothing any more', () => {
    const events = [placed('m-1', { ids: ['r-1'] }), released('m-1', '2031-03-01')]
    expect(on(events, '2031-02-28')).toEqual(['m-1'])
    expect(on(events, '2031-03-01')).toEqual([])
    expect(on([events[0]], '2399-12-31')).toEqual(['m-1'])
  })

  it('a record may be under several, and is free when the last is released', () => {
    const events = [
      placed('m-1', { kinds: ['chart'] }),
      placed('m-2', { tenants: ['clinic-a'] }),
      released('m-1', '2030-01-01'),
    ]
    expect(on(events.slice(0, 2))).toEqual(['m-1', 'm-2'])
    expect(on(events)).toEqual(['m-2'])
    expect(on([...events, released('m-2', '2031-03-02')])).toEqual([])
  })

  it('counts from when it is recorded, whatever day it bears', () => {
    expect(on([placed('m-1', { everything: true }, '2035-01-01')])).toEqual(['m-1'])
  })

  it('a release counts for what was placed before it was recorded, and a case can be placed again', () => {
    const again = [
      placed('m-1', { kinds: ['chart'] }),
      released('m-1', '2030-01-01'),
      placed('m-1', { kinds: ['chart'] }, '2030-06-01'),
    ]
    expect(on(again)).toEqual(['m-1'])
    expect(on([released('m-1', '2030-01-01'), placed('m-1', { kinds: ['chart'] })])).toEqual(['m-1'])
  })

  it('a release of another case, or dated before the case was placed, frees nothing', () => {
    expect(on([placed('m-1', { kinds: ['chart'] }), released('m-2', '2030-01-01')])).toEqual(['m-1'])
    expect(on([placed('m-1', { kinds: ['chart'] }, '2030-01-02'), released('m-1', '2030-01-01')])).toEqual(['m-1'])
  })

  it('of two releases the later counts', () => {
    const events = [placed('m-1', { kinds: ['chart'] }), released('m-1', '2030-01-01'), released('m-1', '2031-06-01')]
    expect(on(events)).toEqual(['m-1'])
    expect(on([events[0], events[2], events[1]])).toEqual(['m-1'])
    expect(on(events, '2031-06-01')).toEqual([])
  })

  it('holds a record that lacks a field of its criteria, unless another field frees it', () => {
    const bySubject = placed('m-1', { subjects: ['p-9'] })
    const both = placed('m-1', { subjects: ['p-9'], kinds: ['bill'] })
    expect(on([bySubject])).toEqual([])
    for (const subject of [undefined, '', null, 7] as never[]) {
      expect(on([bySubject], undefined, row({ subject }))).toEqual(['m-1'])
      expect(on([both], undefined, row({ subject }))).toEqual([])
    }
    const byKind = placed('m-1', { kinds: ['bill'] })
    for (const record of [null, undefined, 'x', {}, { kind: 7 }, Object.create({ kind: 'chart' })]) {
      expect(on([byKind], undefined, { ...row(), record })).toEqual(['m-1'])
    }
  })

  it('a fact that cannot be read holds everything, and no release frees it', () => {
    const broken: unknown[] = [
      null,
      'x',
      {},
      placed('m-1', {}),
      placed('m-1', { ids: [] }),
      placed('m-1', { ids: ['other'], typo: ['x'] }),
      placed('m-1', { ids: ['other'] }, '2028-02-30'),
      { ...placed('m-1', { ids: ['other'] }), extra: 1 },
      { ...released('m-1', '2030-01-01'), on: 'soon' },
      Object.create(placed('m-1', { ids: ['other'] })),
    ]
    for (const each of broken) expect(on([each, released('unreadable-hold', '2030-01-01')])).toEqual(['unreadable-hold'])
    expect(on([placed('m-1', { ids: ['r-1'] }), { ...released('m-1', '2030-01-01'), extra: 1 }])).toEqual([
      'm-1',
      'unreadable-hold',
    ])
  })

  it('is not narrowed by what somebody planted on Object.prototype', () => {
    const events = [placed('m-1', { subjects: ['p-1'], kinds: ['chart'] })]
    const nobodys = { ...row(), record: { id: 'r-1', kind: 'chart', tenant: 'clinic-a' } }
    const planted = { ids: ['other'], released: '2000-01-01', everything: false, subject: 'p-2', tenants: ['x'] }
    for (const [name, value] of Object.entries(planted)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
      try {
        expect(on(events)).toEqual(['m-1'])
        expect(on(events, undefined, nobodys)).toEqual(['m-1'])
        expect(parseHoldEvent(events[0])).toEqual(events[0])
      } finally {
        Reflect.deleteProperty(Object.prototype, name)
      }
    }
  })

  it('compares letter for letter, and takes no name for a pattern or a property', () => {
    for (const name of ['R-1', 'r-1 ', '%', 'r', '*'])
      expect(on([{ ...placed('m', { ids: [name] }) }])).toEqual(name === 'r-1 ' ? ['unreadable-hold'] : [])
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(on([placed('m', { ids: [name] })], undefined, { ...row(), id: name })).toEqual(['m'])
      expect(on([placed('m', { ids: [name] })])).toEqual([])
    }
  })

  it('agrees with a plain reading of the facts, in every order of places and days', () => {
    const day = fc.constantFrom('2028-01-01', '2029-01-01', '2030-01-01', '2031-01-01')
    const name = fc.constantFrom('m-1', 'm-2')
    const list = <T extends string>(...all: T[]) => fc.option(fc.subarray(all, { minLength: 1 }), { nil: undefined })
    const criteria = fc
      .record({
        ids: list('r-1', 'r-2'),
        kinds: list('chart', 'bill'),
        tenants: list('clinic-a', 'clinic-b'),
        subjects: list('p-1', 'p-2'),
      })
      .filter((each) => Object.values(each).some((values) => values !== undefined))
    const event = fc.oneof(
      fc.record({ case: name, on: day, matches: criteria }).map((each) => placed(each.case, each.matches, each.on)),
      fc.record({ case: name, on: day }).map((each) => released(each.case, each.on)),
    )
    const record = fc.record({
      id: fc.constantFrom('r-1', 'r-2'),
      kind: fc.constantFrom('chart', 'bill', undefined),
      tenant: fc.constantFrom('clinic-a', undefined),
      subject: fc.constantFrom('p-1', 'p-2', undefined),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), record, day, (events, { id, kind, tenant, subject }, today) => {
        const expected = new Set<string>()
        events.forEach((each, i) => {
          if (each.type !== 'placed') return
          const ends = events
            .slice(i + 1)
            .filter((later) => later.type === 'released' && later.case === each.case && later.on >= each.on)
            .map((later) => later.on)
          const isOver = ends.length > 0 && ends.every((end) => end <= today)
          const { ids, kinds, tenants, subjects } = each.matches as Record<string, string[] | undefined>
          const free = (values: string[] | undefined, value: string | undefined) =>
            values !== undefined && value !== undefined && !values.includes(value)
          if (!isOver && !free(ids, id) && !free(kinds, kind) && !free(tenants, tenant) && !free(subjects, subject))
            expected.add(each.case)
        })
        const found = holdsOn({ id, version: '1', record: { id, kind, tenant, subject } }, events, today)
        expect(new Set(found)).toEqual(expected)
        expect(found.length).toBe(expected.size)
      }),
    )
  })
})

describe('facts about holds', () => {
  it('are read strictly, and errors show nothing of them', async () => {
    const wrong: unknown[] = [
      undefined,
      {},
      placed('m-1', {}),
      placed('m-1', { ids: ['Jane Roe 1970'], everything: true }),
      placed(' Jane Roe', { everything: true }),
      placed('Jane\nRoe', { everything: true }),
      placed('m-1', { ids: ['Jane Roe'] }, '2031-02-29'),
      { ...placed('m-1', { everything: true }), until: '2030-01-01' },
      { type: 'paused', case: 'm-1', on: '2030-01-01', by: 'Jane Roe' },
    ]
    for (const each of wrong) {
      const error = await refusal(() => parseHoldEvent(each))
      expect(error.code).toBe('PHI_RETENTION_HOLD')
      expect(JSON.stringify(error) + String(error.stack)).not.toContain('Roe')
    }
    const right = placed('m-1', { ids: ['r-1'] })
    expect(parseHoldEvent(right)).toEqual(right)
  })

  it('fold to cases with what was placed and until when', () => {
    expect(holdCases([placed('m-1', { everything: true }), 7, released('m-1', '2030-01-01')])).toEqual([
      { case: 'm-1', recorded: 0, placed: '2028-01-01', matches: { everything: true }, released: '2030-01-01' },
      { case: 'unreadable-hold', recorded: 1, placed: null, matches: { everything: true }, released: null },
    ])
  })

  it('tell what was placed since, and may reach a tenant’s or a subject’s copies', () => {
    const events = [placed('m-1', { tenants: ['clinic-a'] }), placed('m-2', { kinds: ['bill'] }), released('m-2', '2030-01-01')]
    const scope = { tenant: 'clinic-a', subject: 'p-1' }
    expect(heldSince(events, 0, scope, '2031-03-02')).toBe(true)
    expect(heldSince(events, 1, scope, '2031-03-02')).toBe(false)
    expect(heldSince(events.slice(0, 2), 1, scope, '2031-03-02')).toBe(true)
    expect(heldSince([...events, placed('m-3', { tenants: ['clinic-b'] })], 1, scope, '2031-03-02')).toBe(false)
    expect(heldSince([...events, placed('m-3', { subjects: ['p-2'] })], 1, scope, '2031-03-02')).toBe(false)
    expect(heldSince([...events, placed('m-3', { subjects: ['p-2'] })], 1, { tenant: 'clinic-a' }, '2031-03-02')).toBe(true)
    expect(heldSince([...events, 'nonsense'], 3, scope, '2031-03-02')).toBe(true)
  })
})
