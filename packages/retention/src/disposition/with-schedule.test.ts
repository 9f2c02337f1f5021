import { formatDay, parseDay } from '@phi/deadlines'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approvalsOf, options, planning, publicJwk, TODAY } from '../../test/disposition/world.ts'
import { retentionSchedule } from '../assess/policy.ts'
import { certificateCovers, verifyCertificate } from './certificate/verify.ts'
import { execute } from './execute/execute.ts'
import { plan } from './plan/plan.ts'
import { memoryRetentionStore } from './store/memory-store.ts'

// The same with the rows of law that this package ships, in place of the plain policy of the other tests.

const signOff = (rule: string) => ({ rule, by: 'counsel', on: '2031-01-15' })
const signed = retentionSchedule({ id: 'acme/2031-03', signOffs: ['us.hipaa.documents', 'us.hipaa.audit-log'].map(signOff) })
const unsigned = retentionSchedule({ id: 'acme/2031-03' })

const record = (id: string, facts: object) => ({ id, record: { id, ...facts } })
const rows = () => [
  record('policy-old', { kind: 'policy-document', created: '2010-01-01', lastInEffect: '2025-03-01', inEffect: false }),
  record('policy-late', { kind: 'policy-document', created: '2010-01-01', lastInEffect: '2025-03-02', inEffect: false }),
  record('policy-live', { kind: 'policy-document', created: '2010-01-01', inEffect: true }),
  record('log-old', { kind: 'audit-log', created: '2025-03-01' }),
  record('log-new', { kind: 'audit-log', created: '2025-03-02' }),
  record('note', { kind: 'clinical-note', created: '1990-01-01' }),
]

describe('disposition by the rows of law', () => {
  it('S65 S96 a policy goes six years after it was last in effect, and never by its age while it is in effect', async () => {
    const store = memoryRetentionStore(rows())
    const made = await plan(store, signed, planning)
    expect(made.groups.flatMap(({ ids }) => ids).toSorted()).toEqual(['log-old', 'policy-old'])
    expect(made.groups.flatMap(({ rules }) => rules.map(({ citation }) => citation))).toEqual([
      '45 CFR 164.316(b)(2)(i)',
      '45 CFR 164.316(b)(2)(i)',
    ])
    const done = await execute(made, await approvalsOf(made), store, options({ policy: signed }))
    if (done.status !== 'finished' || done.document === null) throw new Error(done.status)
    expect((await store.records(null, 10)).map(({ id }) => id)).toEqual(['log-new', 'note', 'policy-late', 'policy-live'])
    expect(certificateCovers(done.document, 'policy-old', done.salt)).toMatchObject({
      covered: true,
      rules: [{ rule: 'us.hipaa.documents' }],
    })
    expect(await verifyCertificate(done.certificate as string, publicJwk)).toMatchObject({ verdict: 'valid' })
  })

  it('S144 deletes nothing by rows that nobody signed off, and lists them', async () => {
    const made = await plan(memoryRetentionStore(rows()), unsigned, planning)
    expect(made.counts.planned).toBe(0)
    expect(made.needsSignOff).toEqual([
      { rules: ['us.hipaa.audit-log'], records: 1 },
      { rules: ['us.hipaa.documents'], records: 1 },
    ])
  })

  it('refuses a plan once anything in the schedule has changed, under the same name too', async () => {
    const store = memoryRetentionStore(rows())
    const made = await plan(store, signed, planning)
    const approvals = await approvalsOf(made)
    expect(unsigned.id).not.toBe(signed.id)
    expect(await execute(made, approvals, store, options({ policy: unsigned }))).toMatchObject({
      status: 'refused',
      because: ['policy'],
    })
    expect(await store.records(null, 10)).toHaveLength(6)
  })

  it('a hold keeps a record that every rule would let go, and its release does not restart the clock', async () => {
    const store = memoryRetentionStore(rows())
    await store.appendHold(
      { type: 'placed', case: 'm-1', on: '2030-01-01', by: 'counsel', matches: { kinds: ['policy-document'] } },
      0,
    )
    expect((await plan(store, signed, planning)).counts).toMatchObject({ planned: 1, byStatus: { held: expect.any(Number) } })
    await store.appendHold({ type: 'released', case: 'm-1', on: TODAY, by: 'counsel' }, 1)
    expect((await plan(store, signed, planning)).counts.planned).toBe(2)
  })

  it('plans exactly the documents whose six years are over on the day', async () => {
    const day = fc.integer({ min: parseDay('2024-12-01'), max: parseDay('2025-06-01') }).map(formatDay)
    await fc.assert(
      fc.asyncProperty(
        fc.array(day, { maxLength: 20 }),
        fc.integer({ min: parseDay(TODAY), max: parseDay('2031-05-01') }).map(formatDay),
        async (days, today) => {
          const all = days.map((lastInEffect, i) =>
            record(`p-${i}`, { kind: 'policy-document', created: '2010-01-01', lastInEffect, inEffect: false }),
          )
          const made = await plan(memoryRetentionStore(all), signed, { ...planning, today })
          const planned = new Set(made.groups.flatMap(({ ids }) => ids))
          days.forEach((last, i) => {
            // Kept through the same date six years on; texts of dates compare like dates.
            expect(planned.has(`p-${i}`)).toBe(`${Number(last.slice(0, 4)) + 6}${last.slice(4)}` < today)
          })
        },
      ),
    )
  })
})
