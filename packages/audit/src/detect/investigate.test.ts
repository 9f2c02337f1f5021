import { describe, expect, it } from 'vitest'
import { DAY, type Input, MINUTE, MONDAY, read, recordsOf, staffMember } from '../../test/detect/records.ts'
import type { AuditRecord } from '../record.ts'
import { investigate, type Question, windowAround } from './index.ts'

const window = { from: '2026-01-05T14:00:00.000Z', until: '2026-01-06T14:00:00.000Z' }
const classed = (dataClass: string) => ({ subject: { dataClasses: [dataClass] } }) as Partial<Input>
const inputs: Input[] = [
  read(MONDAY, 'ann', ['p-1'], { ...classed('phi.clinical'), context: { purpose: 'TREAT' } }),
  read(MONDAY + MINUTE, 'ann', ['p-1', 'p-2'], { action: 'export', source: { ip: '203.0.113.9' } }),
  read(MONDAY + 2 * MINUTE, 'bob', ['p-1'], { context: { breakGlass: true, reason: 'found unconscious' } }),
  read(MONDAY + 3 * MINUTE, 'ann', ['p-3'], { outcome: 'denied' }),
  { at: MONDAY + 4 * MINUTE, action: 'export', outcome: 'success', actor: staffMember('ann'), subject: { count: 40 } },
  read(MONDAY + DAY - 1, 'ann', ['p-1'], classed('phi.clinical')),
  read(MONDAY + DAY, 'ann', ['p-9']),
]
const records = recordsOf(inputs)

describe('S133 investigation', () => {
  it('S133 an account: scope, categories, individuals, indicators, each with the entries that prove it', async () => {
    const found = await investigate(records, { actor: 'ann', window })
    expect(found.scope).toMatchObject({ entries: 5, actions: { export: 2, read: 3 }, actors: ['ann'], ips: ['203.0.113.9'] })
    expect(found.span).toEqual({ from: '2026-01-05T14:00:00.000Z', until: '2026-01-06T13:59:59.999Z' })
    expect(found.indices).toEqual([0, 1, 3, 4, 5])
    expect(found.categories).toEqual({
      classes: [{ dataClass: 'phi.clinical', individuals: 1, indices: [0, 5] }],
      unknown: { indices: [1, 4] },
    })
    // Two are named; an export counts forty that are not. The refused attempt opened nothing.
    expect(found.individuals).toEqual({
      count: 2,
      patients: [
        { patient: 'p-1', indices: [0, 1, 5] },
        { patient: 'p-2', indices: [1] },
      ],
      unlisted: 40,
      unlistedIndices: [4],
      isComplete: false,
    })
    expect(found.indicators).toEqual([
      { indicator: 'attempts were refused', count: 1, indices: [3] },
      { indicator: 'information left the system', count: 2, indices: [1, 4] },
      { indicator: 'no purpose was stated', count: 3, indices: [1, 4, 5] },
      { indicator: 'the same records were opened again on other days', count: 1, indices: [5] },
    ])
  })

  it('S133 patients: whoever opened their records, with or without an actor, less what is known to be proper', async () => {
    const found = await investigate(records, { patients: ['p-1'], window })
    expect(found.scope.actors).toEqual(['ann', 'bob'])
    expect(found.individuals).toMatchObject({ count: 1, unlisted: 0, unlistedIndices: [4], isComplete: false })
    expect(found.indices).toEqual([0, 1, 2, 5])
    expect(found.indicators.map(({ indicator }) => indicator)).toContain('the emergency way was used')
    expect((await investigate(records, { patients: ['p-1'], actor: 'bob', window })).indices).toEqual([2])
    expect(await investigate(records, { patients: ['p-1'], window, proper: [0, 2] })).toMatchObject({
      indices: [1, 5],
      proper: 2,
    })
  })

  it('S133 what cannot be read may belong to it, and the answer is not complete', async () => {
    const [first, second, third] = records as [AuditRecord, AuditRecord, AuditRecord]
    const hidden = [
      { ...first, event: { ...first.event, actor: undefined }, withheld: ['actor'] },
      { ...second, event: { ...second.event, subject: undefined }, sealed: ['subject'] },
      { ...third, event: { subject: third.event.subject }, altered: ['event', 'actor'], genuine: false },
    ] as unknown as AuditRecord[]
    const found = await investigate(hidden, { actor: 'ann', window })
    expect(found).toMatchObject({
      unreadable: { indices: [0, 1, 2] },
      indices: [],
      individuals: { count: 0, isComplete: false },
      span: undefined,
    })
  })

  it('S133 nothing found is complete only if everything was read', async () => {
    expect(await investigate([], { actor: 'ann', window })).toMatchObject({
      individuals: { count: 0, isComplete: true },
      span: undefined,
    })
  })

  it.each([
    {},
    { actor: 'ann' },
    { window },
    { actor: 'ann', window: { from: window.until, until: window.from } },
    { actor: 'ann', window: { from: '2026-01-05', until: window.until } },
    { patients: [], window },
    { actor: 'ann', window, intent: 'malice' },
  ])('refuses %j', async (question) => {
    await expect(investigate(records, question as Question)).rejects.toMatchObject({ code: 'PHI_AUDIT_DETECT_INVESTIGATE' })
  })

  it('a window around an alert', () => {
    expect(windowAround({ from: '2026-01-05T14:00:00.000Z', until: '2026-01-05T15:00:00.000Z' })).toEqual({
      from: '2026-01-04T14:00:00.000Z',
      until: '2026-01-06T15:00:00.000Z',
    })
  })
})
