import { describe, expect, it } from 'vitest'
import { dayInZone, daysAfter, isCivilDate, isTimeZone, monthsBefore } from './civil-date.ts'
import { accountingLaw, disclosureBases, exclusions } from './law.ts'
import { periodOf } from './period.ts'

describe('the period, 164.528(a)(1), (a)(3), (b)(1)', () => {
  it('S128 reaches six years back from the request, both days covered', () => {
    expect(periodOf({ requestedOn: '2026-04-10' })).toMatchObject({ from: '2020-04-10', to: '2026-04-10' })
    // No 29 February six years before: the day before it, so that the period is not a day short.
    expect(periodOf({ requestedOn: '2028-02-29' }).from).toBe('2022-02-28')
    expect(periodOf({ requestedOn: '2030-02-28' }).from).toBe('2024-02-28')
  })

  it('is shorter where the individual asks for less, and never longer', () => {
    const of = (period: Parameters<typeof periodOf>[0]['period']) => {
      const { from, to } = periodOf({ requestedOn: '2026-04-10', period })
      return [from, to]
    }
    expect(of({ months: 12 })).toEqual(['2025-04-10', '2026-04-10'])
    expect(of({ months: 1 })).toEqual(['2026-03-10', '2026-04-10'])
    expect(of({ months: 1200 })).toEqual(['2020-04-10', '2026-04-10'])
    expect(of({ since: '2019-01-01' })).toEqual(['2020-04-10', '2026-04-10'])
    expect(of({ since: '2022-01-01', until: '2022-12-31' })).toEqual(['2022-01-01', '2022-12-31'])
  })

  it('knows the compliance dates of 164.534', () => {
    expect(periodOf({ requestedOn: '2008-01-01' }).compliedFrom).toBe('2003-04-14')
    expect(periodOf({ requestedOn: '2008-01-01', isSmallHealthPlan: true }).compliedFrom).toBe('2004-04-14')
    expect(periodOf({ requestedOn: '2026-01-01', coveredSince: '2024-07-01' }).compliedFrom).toBe('2024-07-01')
    expect(periodOf({ requestedOn: '2026-01-01', coveredSince: '1999-01-01' }).compliedFrom).toBe('2003-04-14')
  })
})

describe('the table of the law', () => {
  it('has nine exclusions, each with its own paragraph, and a citation that was read', () => {
    const paragraphs = Object.values(exclusions).map(({ paragraph }) => paragraph)
    expect(paragraphs).toEqual(['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix'])
    for (const { citation } of Object.values(exclusions)) expect(citation.confirmation).toBe('text-seen')
  })

  it('has each figure once', () => {
    const { lookBack, oralSuspension, research } = accountingLaw
    expect([lookBack.years, oralSuspension.days, research.individuals]).toEqual([6, 30, 50])
  })

  it('leads from a basis to every exclusion but the compliance date, which is a matter of the day', () => {
    const reached = new Set(Object.values(disclosureBases).map(({ exclusion }) => exclusion))
    for (const key of Object.keys(exclusions)) expect(reached.has(key as never)).toBe(key !== 'before-compliance-date')
    for (const { exclusion, repeats, citation } of Object.values(disclosureBases)) {
      // 164.528(b)(3) speaks of 164.502(a)(2)(ii) and 164.512.
      expect(repeats).toBe(exclusion === null && /^164\.(512|502\(a\)\(2\)\(ii\))/.test(citation.section))
    }
  })
})

describe('civil dates', () => {
  it('are days that exist', () => {
    for (const date of ['2024-02-29', '2000-02-29', '1900-01-01', '9999-12-31']) expect(isCivilDate(date)).toBe(true)
    for (const date of [
      '2023-02-29',
      '1900-02-29',
      '2100-02-29',
      '2024-13-01',
      '2024-00-10',
      '2024-1-1',
      '1899-12-31',
      '',
      null,
    ])
      expect(isCivilDate(date)).toBe(false)
  })

  it('move by days and months', () => {
    expect(daysAfter('2026-05-01', 30)).toBe('2026-05-31')
    expect(daysAfter('2024-02-28', 1)).toBe('2024-02-29')
    expect(monthsBefore('2026-03-31', 1)).toBe('2026-02-28')
    expect(monthsBefore('2026-01-15', 1)).toBe('2025-12-15')
    expect(monthsBefore('2026-01-15', 13)).toBe('2024-12-15')
  })

  it('begin and end at midnight in the zone, also on days of 23 and 25 hours', () => {
    const dayOf = dayInZone('America/Chicago')
    expect(dayOf('2026-03-08T05:59:59.999Z')).toBe('2026-03-07')
    expect(dayOf('2026-03-08T06:00:00.000Z')).toBe('2026-03-08')
    expect(dayOf('2026-03-09T04:59:59.999Z')).toBe('2026-03-08')
    expect(dayOf('2026-03-09T05:00:00.000Z')).toBe('2026-03-09')
    expect(dayOf('2026-11-01T05:00:00.000Z')).toBe('2026-11-01')
    expect(dayOf('2026-11-02T05:59:59.999Z')).toBe('2026-11-01')
    // Samoa had no 30 December 2011.
    expect(dayInZone('Pacific/Apia')('2011-12-30T09:59:59.999Z')).toBe('2011-12-29')
    expect(dayInZone('Pacific/Apia')('2011-12-30T10:00:00.000Z')).toBe('2011-12-31')
  })

  it('are counted in named zones only', () => {
    for (const zone of ['America/New_York', 'UTC', 'Asia/Kathmandu']) expect(isTimeZone(zone)).toBe(true)
    for (const zone of ['+05:00', 'Mars/Olympus', '', ' UTC', 'a'.repeat(80), 5]) expect(isTimeZone(zone)).toBe(false)
  })
})
