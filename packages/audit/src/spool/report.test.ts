import { describe, expect, it } from 'vitest'
import { event, Outage } from '../../test/spool/world.ts'
import type { AuditEventInput } from '../event.ts'
import { type Drained, drainedEvent, openedEvent } from './events.ts'
import { spoolReport } from './report.ts'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string]
const drained = (spool: string, more: Partial<Drained> = {}): Drained => ({
  spool,
  first: 0,
  last: 9,
  count: 10,
  missing: 0,
  refused: 0,
  renamed: 0,
  head: 'x',
  intact: true,
  fromIndex: 1,
  toIndex: 10,
  ...more,
})

/** The report over a log of these events. */
async function reportOf(events: readonly AuditEventInput[], options?: Parameters<typeof spoolReport>[1]) {
  const outage = new Outage()
  const log = await outage.open()
  for (const each of events) await log.append(each)
  await log.close()
  return spoolReport(await outage.records(), options)
}
const standings = async (...events: AuditEventInput[]) => (await reportOf(events)).spools.map(({ standing }) => standing)

describe('spoolReport', () => {
  it('says nothing of a log without spools', async () => {
    expect(await reportOf([event('e')])).toEqual({ spools: [], events: 0, missing: 0, outstanding: [], lost: [], unusable: [] })
    expect(spoolReport([])).toMatchObject({ spools: [] })
  })

  it('tells drained, drained with a loss, outstanding and lost apart', async () => {
    expect(await standings(openedEvent(A, 'w', []))).toEqual(['outstanding'])
    expect(await standings(openedEvent(A, 'w', []), drainedEvent(drained(A), 1))).toEqual(['drained'])
    for (const more of [
      { missing: 1, count: 9 },
      { intact: false },
      { refused: 1, count: 9 },
      { count: 9 },
      { first: undefined, last: undefined },
    ])
      expect(await standings(openedEvent(A, 'w', []), drainedEvent(drained(A, more), 1)), JSON.stringify(more)).toEqual([
        'drained-with-loss',
      ])
    // The next one knows it; the next but one does not.
    expect(await standings(openedEvent(A, 'w', []), openedEvent(B, 'w', [A]))).toEqual(['outstanding', 'outstanding'])
    expect(await standings(openedEvent(A, 'w', []), openedEvent(B, 'w', [A]), openedEvent(C, 'w', [B]))).toEqual([
      'lost',
      'outstanding',
      'outstanding',
    ])
    expect(await standings(openedEvent(A, 'w', []), openedEvent(B, 'w', [A]), openedEvent(C, 'w', []))).toEqual([
      'lost',
      'lost',
      'outstanding',
    ])
    // Another machine, or no name: nothing follows.
    expect(await standings(openedEvent(A, 'w', []), openedEvent(B, 'v', []))).toEqual(['outstanding', 'outstanding'])
    expect(await standings(openedEvent(A, undefined, []), openedEvent(B, undefined, []))).toEqual([
      'outstanding',
      'outstanding',
    ])
    expect((await reportOf([openedEvent(A, undefined, []), openedEvent(B, 'w', [])], { present: [B] })).lost).toEqual([A])
  })

  it('counts events and losses, and takes the last record of a spool that was drained twice', async () => {
    const report = await reportOf([
      openedEvent(A, 'w', []),
      drainedEvent(drained(A), 1),
      drainedEvent(drained(A, { missing: 3, count: 7, intact: false }), 2),
      drainedEvent(drained(B, { count: 4, last: 3 }), 1),
    ])
    expect(report).toMatchObject({
      events: 11,
      missing: 3,
      spools: [{ standing: 'drained-with-loss' }, { standing: 'drained', opened: undefined }],
    })
  })

  it('believes no record that is not of its form', async () => {
    const good = drainedEvent(drained(A), 1)
    const details = good.context?.details
    const forged: AuditEventInput[] = [
      { ...good, id: 'forged-1' },
      { ...good, id: `phi.audit.spool/${B}/drained` },
      { ...good, subject: { resource: { type: 'AuditSpool', id: 'A' } } },
      { ...good, id: 'forged-2', context: { details: { ...details, count: -1 } } },
      { ...good, id: `phi.audit.spool/${A}/drained-10` },
      { ...openedEvent(C, 'w', []), context: { details: { format: 'phi.audit.spool/v2', state: 'opened' } } },
      { ...openedEvent(C, 'w', []), id: 'phi.audit.spool/else' },
    ]
    for (const each of forged) {
      const report = await reportOf([openedEvent(A, 'w', []), each])
      expect(report, each.id).toMatchObject({ unusable: [1], outstanding: [A], events: 0 })
    }
    // Withheld: known to be there, not usable.
    const outage = new Outage()
    const log = await outage.open()
    await log.append(good)
    const [record] = await outage.records()
    const withheld = { ...record, event: { id: good.id as string }, withheld: ['context', 'subject'] } as never
    expect(spoolReport([withheld])).toMatchObject({ spools: [], unusable: [0] })
    expect(spoolReport([{ ...record, genuine: false } as never])).toMatchObject({ spools: [], unusable: [0] })
    await log.close()
  })
})
