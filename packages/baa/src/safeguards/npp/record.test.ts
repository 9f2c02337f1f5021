import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { notice } from './notice.ts'
import { type Delivery, type NoticeRecordInput, noticeNeeds, revisionDuties } from './record.ts'

const version = (id: string, effective: string, more: object = {}) => ({
  id,
  effective,
  created: effective,
  elements: [],
  uses: [],
  ...more,
})
const made = notice({ versions: [version('v1', '2024-01-01'), version('v2', '2026-06-01')] })
const give = (on: string, by: Delivery['by'], more: Partial<Delivery> = {}): Delivery => ({
  version: on < '2026-06-01' ? 'v1' : 'v2',
  on,
  by,
  ...more,
})
const service = { on: '2026-03-02', electronic: false } as const
const ask = (more: Omit<NoticeRecordInput, 'patient'>, at = '2026-03-10') =>
  noticeNeeds(made, { patient: 'p-1', firstService: service, ...more }, at)
const codes = (more: Omit<NoticeRecordInput, 'patient'>, at?: string) => ask(more, at).needs.map(({ code }) => code)
const acknowledgments = [{ version: 'v1', on: '2026-03-02' }]

describe('delivery and acknowledgment', () => {
  it('S131 given by the first service and acknowledged: nothing is owed', () => {
    expect(ask({ deliveries: [give('2026-03-02', 'paper')], acknowledgments })).toEqual({
      given: { version: 'v1', on: '2026-03-02', by: 'paper' },
      acknowledged: { version: 'v1', on: '2026-03-02' },
      needs: [],
    })
  })

  it('S131 164.520(c)(2)(i)(A) no later than the day of the first service', () => {
    expect(ask({}, '2026-03-01').needs).toMatchObject([
      { code: 'give-notice', due: '2026-03-02', basis: 'law', citation: '45 CFR 164.520(c)(2)(i)(A)' },
    ])
    expect(ask({}, '2026-03-01').needs[0]).not.toHaveProperty('late')
    expect(ask({}, '2026-03-03').needs).toMatchObject([
      { code: 'give-notice', due: '2026-03-02', late: true },
      { code: 'acknowledge' },
    ])
    expect(ask({ deliveries: [give('2026-03-05', 'paper')], acknowledgments })).toMatchObject({
      given: { afterFirstService: true },
      needs: [],
    })
  })

  it('S131 164.520(c)(2)(ii) an acknowledgment, or the effort and why there is none', () => {
    const deliveries = [give('2026-03-02', 'paper')]
    expect(codes({ deliveries })).toEqual(['acknowledge'])
    const efforts = [{ version: 'v1', on: '2026-03-02', reason: 'refused', tried: 'Asked at the desk, twice.' }] as const
    expect(ask({ deliveries, efforts })).toMatchObject({ effort: { reason: 'refused' }, needs: [] })
    // What is entered for a later day does not count yet.
    expect(codes({ deliveries, acknowledgments: [{ version: 'v1', on: '2026-03-11' }] })).toEqual(['acknowledge'])
  })

  it('S131 164.520(c)(3)(iii) an electronic first service brings it automatically, at the time', () => {
    const firstService = { on: '2026-03-02', electronic: true }
    const owed = (deliveries: readonly Delivery[]) => codes({ firstService, deliveries, acknowledgments })
    expect(owed([])).toEqual(['give-automatically'])
    expect(owed([give('2026-03-02', 'paper')])).toEqual(['give-automatically'])
    expect(owed([give('2026-03-02', 'electronic')])).toEqual(['give-automatically'])
    expect(owed([give('2026-03-02', 'electronic', { automatic: true })])).toEqual([])
    expect(owed([give('2026-03-01', 'paper')])).toEqual([])
    // Nobody has said whether it is electronic: what would do for a visit may not do for a session.
    expect(codes({ firstService: { on: '2026-03-02' }, deliveries: [give('2026-03-02', 'paper')], acknowledgments })).toEqual([
      'say-whether-electronic',
    ])
  })

  it('S131 164.520(c)(3) a failed e-mail means paper; an e-mail needs agreement', () => {
    const email = (more: Partial<Delivery> = {}) => give('2026-03-01', 'email', more)
    expect(codes({ deliveries: [email({ agreed: true })], acknowledgments })).toEqual([])
    expect(codes({ deliveries: [email({ agreed: true, failed: true })], acknowledgments })).toEqual([
      'give-notice',
      'send-paper',
    ])
    expect(
      codes({ deliveries: [email({ agreed: true, failed: true }), give('2026-03-02', 'paper')], acknowledgments }),
    ).toEqual([])
    expect(
      codes({ deliveries: [give('2026-02-27', 'paper'), email({ agreed: true, failed: true })], acknowledgments }),
    ).toEqual(['send-paper'])
    expect(codes({ deliveries: [email()], acknowledgments })).toEqual(['give-notice', 'agree-to-electronic'])
  })

  it('S131 164.520(c)(2)(i)(B) after an emergency as soon as practicable, and no acknowledgment', () => {
    const firstService = { on: '2026-03-02', emergency: true }
    expect(ask({ firstService }).needs).toMatchObject([{ code: 'give-after-emergency' }])
    expect(ask({ firstService }).needs[0]).not.toHaveProperty('due')
    expect(codes({ firstService, deliveries: [give('2026-03-09', 'paper')] })).toEqual([])
  })

  it('S131 S55 a revision is offered again where the house does so, and only a material one', () => {
    const record = { deliveries: [give('2026-03-02', 'paper')], acknowledgments, reoffers: true }
    expect(codes(record, '2026-05-31')).toEqual([])
    expect(ask(record, '2026-06-01').needs).toMatchObject([{ code: 'offer-revision', basis: 'house' }])
    expect(codes({ ...record, reoffers: false }, '2026-06-01')).toEqual([])
    expect(codes({ ...record, deliveries: [...record.deliveries, give('2026-06-02', 'paper')] }, '2026-06-03')).toEqual([])
    const small = notice({ versions: [version('v1', '2024-01-01'), version('v2', '2026-06-01', { material: false })] })
    expect(noticeNeeds(small, { patient: 'p', firstService: service, ...record }, '2026-06-01').needs).toEqual([])
    expect(revisionDuties).toHaveLength(3)
  })

  it('S131 a version that was not in effect is not the notice', () => {
    const deliveries = [{ version: 'v1', on: '2026-06-10', by: 'paper' }] as const
    const firstService = { on: '2026-06-10', electronic: false }
    expect(codes({ firstService, deliveries, acknowledgments }, '2026-06-11')).toEqual([
      'give-version-in-effect',
      'give-notice',
    ])
  })

  it('not known is not "nothing is owed"', () => {
    expect(noticeNeeds(made, { patient: 'p' }, '2026-03-01').needs.map(({ code }) => code)).toEqual(['say-first-service'])
    expect(noticeNeeds(made, { patient: 'p', firstService: 'none' }, '2026-03-01').needs).toEqual([])
  })

  it('what was done goes on counting: a need that a delivery by the first service settled does not come back', () => {
    const day = fc.integer({ min: 1, max: 140 }).map((each) => new Date(Date.UTC(2026, 0, each)).toISOString().slice(0, 10))
    const delivery = fc
      .tuple(day, fc.constantFrom('paper', 'email', 'electronic') as fc.Arbitrary<Delivery['by']>, fc.boolean())
      .map(([on, by, failed]) => give(on, by, { failed, agreed: true, automatic: true }))
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 5 }), day, fc.boolean(), day, (deliveries, on, electronic, at) => {
        const owed = (list: readonly Delivery[]) =>
          noticeNeeds(
            made,
            { patient: 'p', firstService: { on, electronic }, deliveries: list, acknowledgments: [] },
            at,
          ).needs.map(({ code }) => code)
        const giving = (list: readonly Delivery[]) => owed(list).some((code) => code.startsWith('give'))
        const arrived = deliveries.some((each) => each.on <= at && each.failed !== true)
        const enough = deliveries.some(
          (each) => each.on <= at && each.failed !== true && (each.on !== on || !electronic || each.by !== 'paper'),
        )
        if (!arrived) expect(giving(deliveries)).toBe(true)
        if (enough) expect(giving(deliveries)).toBe(false)
        // Taking a delivery that arrived away never settles anything.
        if (giving(deliveries)) expect(giving(deliveries.slice(1))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses what contradicts itself, and repeats nothing', async () => {
    const bad: unknown[] = [
      { patient: 'p', deliveries: [{ version: 'v9', on: '2026-03-01', by: 'paper' }] },
      { patient: 'p', deliveries: [{ version: 'v2', on: '2026-03-01', by: 'paper' }] },
      { patient: 'p', efforts: [{ version: 'v1', on: '2026-03-01', reason: 'refused' }] },
      { patient: 'p', name: 'Jane Roe' },
      null,
    ]
    for (const each of bad) {
      const error = await refusal(() => noticeNeeds(made, each as NoticeRecordInput, '2026-03-01'))
      expect(error.code).toBe('PHI_BAA_NOTICE')
      expect(error.message).not.toContain('Jane')
    }
  })
})
