import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AccountingFeeFacts, accountingFee, accountingFeeRequirements } from './accounting-fee.ts'

describe('the fee for an accounting, 164.528(c)(2)', () => {
  it('S128 AOD-05 a second request inside the twelve months may be charged for, on conditions', () => {
    const found = accountingFee({ firstRequest: '2026-02-10', laterRequest: '2027-02-09' })
    expect(found).toMatchObject({
      status: 'may-be-charged',
      mayBeCharged: true,
      freeFrom: '2027-02-10',
      unmet: ['inform-of-fee-in-advance', 'opportunity-to-withdraw-or-modify'],
      standard: 'reasonable, cost-based',
      unknown: ['informedInAdvance', 'offeredToWithdrawOrModify'],
      citation: '45 CFR 164.528(c)(2)',
    })
    expect(found.requires.map(({ id }) => id)).toEqual(['inform-of-fee-in-advance', 'opportunity-to-withdraw-or-modify'])
    expect(accountingFeeRequirements).toHaveLength(2)
  })

  it('S128 AOD-06 a full twelve months later it is free', () => {
    expect(accountingFee({ firstRequest: '2026-02-10', laterRequest: '2027-02-10' })).toMatchObject({
      status: 'free',
      mayBeCharged: false,
      requires: [],
      unmet: [],
    })
  })

  it('twelve months from 29 February end on 28 February, for the individual', () => {
    expect(accountingFee({ firstRequest: '2024-02-29', laterRequest: '2025-02-28' }).status).toBe('free')
    expect(accountingFee({ firstRequest: '2024-02-29', laterRequest: '2025-02-27' }).status).toBe('may-be-charged')
  })

  it('on the day of the first itself a second may be charged for', () => {
    expect(accountingFee({ firstRequest: '2026-02-10', laterRequest: '2026-02-10' }).mayBeCharged).toBe(true)
  })

  it('names what is not met, and what is not known', () => {
    const facts = { firstRequest: '2026-02-10', laterRequest: '2026-05-01' }
    const all = accountingFee({ ...facts, informedInAdvance: true, offeredToWithdrawOrModify: true })
    expect(all).toMatchObject({ mayBeCharged: true, unmet: [], unknown: [] })
    const half = accountingFee({ ...facts, informedInAdvance: true, offeredToWithdrawOrModify: false })
    expect(half).toMatchObject({ mayBeCharged: true, unmet: ['opportunity-to-withdraw-or-modify'], unknown: [] })
    const open = accountingFee({ ...facts, informedInAdvance: null, offeredToWithdrawOrModify: true })
    expect(open).toMatchObject({ unmet: ['inform-of-fee-in-advance'], unknown: ['informedInAdvance'] })
  })

  it('what is not known may not be charged for', () => {
    const facts: [AccountingFeeFacts, string[]][] = [
      [{}, ['firstRequest', 'laterRequest']],
      [{ laterRequest: '2026-02-10' }, ['firstRequest']],
      [{ firstRequest: null, laterRequest: '2026-02-10' }, ['firstRequest']],
      [{ firstRequest: '2026-02-10' }, ['laterRequest']],
    ]
    for (const [each, unknown] of facts) {
      expect(accountingFee(each)).toMatchObject({ status: 'pending-facts', mayBeCharged: false, unknown })
    }
  })

  it('the first of all is free', () => {
    expect(accountingFee({ firstRequest: 'none', laterRequest: '2026-02-10' })).toMatchObject({
      status: 'free',
      mayBeCharged: false,
    })
    expect(accountingFee({ firstRequest: 'none' }).status).toBe('free')
  })

  it.each<[string, unknown, string, string]>([
    [
      'an order that cannot be',
      { firstRequest: '2026-02-10', laterRequest: '2026-02-09' },
      'PHI_DEADLINES_CONTRADICTION',
      'facts.laterRequest',
    ],
    ['a day that does not exist', { firstRequest: '2026-02-29' }, 'PHI_DEADLINES_DATE', 'facts.firstRequest'],
    ['none as the later one', { laterRequest: 'none' }, 'PHI_DEADLINES_DATE', 'facts.laterRequest'],
    ['an unknown key', { name: 'Jane Roe' }, 'PHI_DEADLINES_FACTS', 'facts'],
    ['a zone of Mars', { timeZone: 'Mars/Olympus' }, 'PHI_DEADLINES_ZONE', ''],
  ])('refuses %s', async (_, facts, code, path) => {
    const error = await refusal(() => accountingFee(facts as AccountingFeeFacts))
    expect([error.code, error.path ?? '']).toEqual([code, path])
    expect(error.message).not.toContain('Jane')
  })

  it('is free again from one day on, and never charged after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 800 }), (start, later) => {
        const iso = (day: number) => new Date(Date.UTC(2005, 0, 1 + day)).toISOString().slice(0, 10)
        const found = accountingFee({ firstRequest: iso(start), laterRequest: iso(start + later) })
        expect(found.mayBeCharged).toBe(iso(start + later) < (found.freeFrom as string))
        if (later >= 366) expect(found.mayBeCharged).toBe(false)
        if (later < 365) expect(found.mayBeCharged).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
