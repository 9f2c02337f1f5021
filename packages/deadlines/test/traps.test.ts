import { describe, expect, it } from 'vitest'
import { type Deadline, evaluate, federal } from '../src/index.ts'
import { stateBreachNotice } from '../src/state/index.ts'

// Each test holds the mistake beside the answer: what naive code computes, from the same facts, and what is due.

const DAY = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10)
/** Adds days to a date in UTC, where every day has 24 hours: right as arithmetic, and only as right as the day it starts from. */
const plusDays = (date: string, days: number) => iso(Date.parse(date) + days * DAY)
/** The local date and time of an instant. */
const local = (ms: number, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(ms)

const byRule = (results: readonly Deadline[], rule: string) => results.find((result) => result.rule === rule)
const due = (results: readonly Deadline[], rule: string) => byRule(results, rule)?.due
const breach = (facts: Parameters<typeof evaluate<(typeof federal.breachNotice)['facts']>>[1]) =>
  evaluate(federal.breachNotice, facts)

describe('where others went wrong', () => {
  describe('C4 S160 media at 500 in total', () => {
    const naive = (residents: Record<string, number>) => Object.values(residents).reduce((sum, each) => sum + each, 0) >= 500
    const told = (residents: Record<string, number>) =>
      breach({ discovered: '2026-05-04', residents }).flatMap(({ rule, status, jurisdiction }) =>
        rule === 'breach.media' && status === 'due' ? [jurisdiction] : [],
      )

    it('tells nobody where 1,000 people live in two States, 500 in each', () => {
      expect(naive({ NV: 500, UT: 500 })).toBe(true)
      expect(told({ NV: 500, UT: 500 })).toEqual([])
    })

    it('tells the media of the one State that has more than 500, and not of the others', () => {
      expect(naive({ OH: 500 })).toBe(true)
      expect(told({ OH: 500 })).toEqual([])
      expect(told({ OH: 501, KY: 500, IN: 9 })).toEqual(['OH'])
    })
  })

  it('C3 S159 the annual clock from 1 January: a day late, in every year', () => {
    for (let year = 2013; year <= 2040; year++) {
      const naive = plusDays(`${year + 1}-01-01`, 60)
      const ours = due(breach({ discovered: `${year}-06-15`, individuals: 12 }), 'breach.secretary.fewer-than-500') ?? ''
      expect(plusDays(ours, 1)).toBe(naive)
      expect(ours.slice(5)).toBe((year + 1) % 4 === 0 ? '02-29' : '03-01')
    }
  })

  describe('the UTC date of an evening discovery', () => {
    it('S158 is a day late for the individuals', () => {
      const discovered = '2026-07-31T20:00:00-07:00'
      expect(plusDays(iso(Date.parse(discovered)), 60)).toBe('2026-09-30')
      const results = breach({ discovered, timeZone: 'America/Los_Angeles' })
      expect(due(results, 'breach.individual')).toBe('2026-09-29')
    })

    it('S159 files a year late on New Year’s Eve', () => {
      const discovered = '2025-12-31T23:30:00-05:00'
      const naiveYear = new Date(discovered).getUTCFullYear()
      expect(plusDays(`${naiveYear}-12-31`, 60)).toBe('2027-03-01')
      const results = breach({ discovered, timeZone: 'America/New_York', individuals: 12 })
      expect(due(results, 'breach.secretary.fewer-than-500')).toBe('2026-03-01')
    })

    it('S126 is a day late for access', () => {
      const received = '2026-05-31T23:50:00-04:00'
      expect(plusDays(iso(Date.parse(received)), 30)).toBe('2026-07-01')
      expect(due(evaluate(federal.accessRequest, { received, timeZone: 'America/New_York' }), 'access.act')).toBe('2026-06-30')
    })
  })

  describe('millisecond offsets across a change of the clocks', () => {
    const timeZone = 'America/New_York'

    it('S158 lands a day late in spring', () => {
      const discovered = '2026-01-20T23:30:00-05:00'
      expect(local(Date.parse(discovered) + 60 * DAY, timeZone)).toBe('2026-03-22 00:30')
      expect(byRule(breach({ discovered, timeZone }), 'breach.individual')).toMatchObject({
        due: '2026-03-21',
        dueInstant: '2026-03-21T23:59:59-04:00',
      })
    })

    it('S158 lands a day early in autumn', () => {
      const discovered = '2026-09-20T00:30:00-04:00'
      expect(local(Date.parse(discovered) + 60 * DAY, timeZone)).toBe('2026-11-18 23:30')
      expect(due(breach({ discovered, timeZone }), 'breach.individual')).toBe('2026-11-19')
    })
  })

  it('S126 one month for 30 days: early in February, late after a month of 31', () => {
    const oneMonth = (date: string) => {
      const at = new Date(date)
      const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 2, 0)).getUTCDate()
      return iso(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, Math.min(at.getUTCDate(), last)))
    }
    const ours = (received: string) => due(evaluate(federal.accessRequest, { received }), 'access.act')
    expect([oneMonth('2026-01-31'), ours('2026-01-31')]).toEqual(['2026-02-28', '2026-03-02'])
    expect([oneMonth('2026-03-15'), ours('2026-03-15')]).toEqual(['2026-04-15', '2026-04-14'])
  })

  describe('C1 the clock from the wrong event', () => {
    it('S134 from confirmation', () => {
      const [known, confirmed] = ['2026-05-01', '2026-06-15']
      expect(plusDays(confirmed, 60)).toBe('2026-08-14')
      const knowledge = [known, confirmed].map((on) => ({ by: 'workforce' as const, on, how: 'knew' as const }))
      expect(due(breach({ knowledge }), 'breach.individual')).toBe('2026-06-30')
    })

    it('from what the privacy officer knew, while a nurse knew before', () => {
      const [nurse, officer] = ['2026-02-03', '2026-02-20']
      expect(plusDays(officer, 60)).toBe('2026-04-21')
      const knowledge = [officer, nurse].map((on) => ({ by: 'workforce' as const, on, how: 'knew' as const }))
      expect(due(breach({ knowledge }), 'breach.individual')).toBe('2026-04-04')
    })

    it('from what was actually known, while an alert had fired that nobody read', () => {
      const [alert, read] = ['2026-01-10', '2026-03-01']
      expect(plusDays(read, 60)).toBe('2026-04-30')
      const knowledge = [
        { by: 'workforce' as const, on: alert, how: 'would-have-known' as const },
        { by: 'workforce' as const, on: read, how: 'knew' as const },
      ]
      expect(due(breach({ knowledge }), 'breach.individual')).toBe('2026-03-11')
    })

    it('from what the person who committed it knew', () => {
      const [thief, colleague] = ['2026-01-05', '2026-02-10']
      expect(plusDays(thief, 60)).toBe('2026-03-06')
      const knowledge = [
        { by: 'perpetrator' as const, on: thief, how: 'knew' as const },
        { by: 'workforce' as const, on: colleague, how: 'knew' as const },
      ]
      expect(due(breach({ knowledge }), 'breach.individual')).toBe('2026-04-11')
    })

    it('from occurrence: the year of the annual submission', () => {
      const [occurred, discovered] = ['2025-11-20', '2026-01-10']
      expect(plusDays(`${occurred.slice(0, 4)}-12-31`, 60)).toBe('2026-03-01')
      const results = breach({ discovered, individuals: 12 })
      expect(due(results, 'breach.secretary.fewer-than-500')).toBe('2027-03-01')
    })
  })

  it('30 days added for an oral hold: the delay ends 30 days after the statement, and tolls nothing', () => {
    const discovered = '2026-02-01'
    expect(plusDays(discovered, 60 + 30)).toBe('2026-05-02')
    const held = (on: string) => due(breach({ discovered, lawEnforcement: [{ form: 'oral', on }] }), 'breach.individual')
    expect(held('2026-03-20')).toBe('2026-04-19')
    expect(held('2026-02-05')).toBe('2026-04-02')
  })

  describe('S126 S127 an extension that never was', () => {
    const naive = (received: string, period: number, statement: object | undefined) =>
      plusDays(received, statement ? period + 30 : period)
    const full = { given: '2026-03-20', written: true, reasons: true, promisedDate: '2026-05-01' }
    const ours = (statement: typeof full | { given: string; written: boolean; reasons: boolean }) =>
      byRule(evaluate(federal.accessRequest, { received: '2026-03-02', extensionStatements: [statement] }), 'access.act')

    it('is accepted when it is in time and whole', () => {
      expect(naive('2026-03-02', 30, full)).toBe('2026-05-01')
      expect(ours(full)).toMatchObject({ due: '2026-05-01', extension: { valid: true } })
    })

    it('is not accepted on day 31', () => {
      const late = { ...full, given: '2026-04-02' }
      expect(naive('2026-03-02', 30, late)).toBe('2026-05-01')
      expect(ours(late)).toMatchObject({
        due: '2026-04-01',
        overdueFrom: '2026-04-02',
        extension: { valid: false, statements: ['given-after-the-first-period'] },
      })
    })

    it('is not accepted without a date', () => {
      const { promisedDate: _, ...undated } = full
      expect(naive('2026-03-02', 30, undated)).toBe('2026-05-01')
      expect(ours(undated)).toMatchObject({ due: '2026-04-01', extension: { valid: false, statements: ['no-date'] } })
    })

    it('is not accepted a day late for an amendment', () => {
      const late = { given: '2026-09-05', written: true, reasons: true, promisedDate: '2026-10-04' }
      expect(naive('2026-07-06', 60, late)).toBe('2026-10-04')
      const result = evaluate(federal.amendmentRequest, { received: '2026-07-06', extensionStatements: [late] })
      expect(due(result, 'amendment.act')).toBe('2026-09-04')
    })
  })

  it('a number where the text has none: the review of a denial', () => {
    expect(plusDays('2026-03-02', 30)).toBe('2026-04-01')
    const results = evaluate(federal.denialReview, { reviewRequested: '2026-03-02' })
    expect(results.map(({ status }) => status)).toEqual(['qualitative', 'qualitative', 'qualitative'])
    // No date but that of the request, in any part of any result.
    expect(
      JSON.stringify(
        results.map(({ steps, due, planFor, house, changesIf }) => ({ steps, due, planFor, house, changesIf })),
      ).match(/2026-\d\d-\d\d/g),
    ).toEqual(['2026-03-02', '2026-03-02', '2026-03-02'])
  })

  it('S159 an unknown headcount read as fewer than 500: the annual date, where the strict one is 60 days', () => {
    const count: number | null = null
    const naive = (count ?? 0) < 500 ? plusDays('2026-12-31', 60) : plusDays('2026-08-10', 60)
    expect(naive).toBe('2027-03-01')
    const results = breach({ discovered: '2026-08-10', individuals: count })
    const secretary = results.find(({ duty }) => duty === 'breach.secretary')
    expect(secretary).toMatchObject({ status: 'pending-facts', planFor: '2026-10-09', unknown: ['individuals'] })
    expect(secretary?.due).toBeUndefined()
    expect(results.filter(({ rule }) => rule === 'breach.media')).toMatchObject([
      { status: 'pending-facts', planFor: '2026-10-09' },
    ])
  })

  it('> and >= mixed among the States: each has its own, and so have HIPAA and the FTC', () => {
    const facts = {
      discovered: '2026-05-04',
      determined: '2026-05-04',
      notifiedResidents: { CA: '2026-06-01', IL: '2026-06-01', IN: '2026-06-01' },
    }
    const told = (state: 'CA' | 'TX' | 'FL' | 'WA' | 'CO', residents: number) =>
      evaluate(stateBreachNotice(), { ...facts, residents: { [state]: residents } }).some(
        ({ addressee, due: date, status }) =>
          (addressee === 'attorney-general' || addressee === 'department-of-legal-affairs') &&
          date !== undefined &&
          status === 'due',
      )
    const boundaries = [
      ['CA', 500, false],
      ['WA', 500, false],
      ['TX', 250, true],
      ['CO', 500, true],
      ['FL', 500, true],
    ] as const
    for (const [state, at, isIn] of boundaries) {
      expect([state, at - 1, told(state, at - 1)]).toEqual([state, at - 1, false])
      expect([state, at, told(state, at)]).toEqual([state, at, isIn])
      expect([state, at + 1, told(state, at + 1)]).toEqual([state, at + 1, true])
    }
    // One comparator for all is wrong for one half of them, whichever it is.
    const wrongWith = (naive: (count: number, at: number) => boolean) =>
      boundaries.filter(([, at, isIn]) => naive(at, at) !== isIn).map(([state]) => state)
    expect(wrongWith((count, at) => count >= at)).toEqual(['CA', 'WA'])
    expect(wrongWith((count, at) => count > at)).toEqual(['TX', 'CO', 'FL'])
    const vendor = evaluate(federal.ftcBreachNotice, { entity: 'phr-vendor', discovered: '2026-05-04', residents: { OH: 500 } })
    expect(byRule(vendor, 'ftc.media')?.status).toBe('due')
    expect(byRule(breach({ discovered: '2026-05-04', residents: { OH: 500 }, individuals: 500 }), 'breach.media')?.status).toBe(
      'not-applicable',
    )
  })

  it('business days without a calendar: weekends alone end before Thanksgiving is counted out', () => {
    const weekdaysOnly = (date: string, count: number) => {
      let at = Date.parse(date)
      for (let left = count; left > 0; ) {
        at += DAY
        if (new Date(at).getUTCDay() % 6 !== 0) left--
      }
      return iso(at)
    }
    expect(weekdaysOnly('2026-11-16', 15)).toBe('2026-12-07')
    const results = evaluate(stateBreachNotice(), {
      detected: '2026-11-16',
      californiaHealthFacility: true,
      residents: { CA: 3 },
    })
    const report = results.find(
      ({ addressee, trigger }) => addressee === 'department-of-public-health' && trigger?.event === 'detection',
    )
    // The strict date leaves out the holiday that everybody has; the later reading also the day on which the State is closed.
    expect(report).toMatchObject({ due: '2026-12-08', lawfulUntil: '2026-12-09' })
    expect(report?.steps.find(({ step }) => step === 'count')).toMatchObject({ calendar: 'us-undisputed' })
  })

  describe('rules that are proposed, or no longer law, shipped as law', () => {
    it('S126 15 days for access', () => {
      expect(plusDays('2026-03-02', 15)).toBe('2026-03-17')
      expect(due(evaluate(federal.accessRequest, { received: '2026-03-02' }), 'access.act')).toBe('2026-04-01')
      const proposals = evaluate(federal.notInForce, { accessReceived: '2026-03-02' })
      expect(byRule(proposals, 'proposed.privacy.access')).toMatchObject({ status: 'not-in-force', because: 'proposed' })
      expect(JSON.stringify(proposals)).not.toContain('2026-03-17')
    })

    it('24 hours after a contingency plan was activated', () => {
      const contingencyPlanActivated = '2026-10-01T08:00:00Z'
      expect(new Date(Date.parse(contingencyPlanActivated) + DAY).toISOString()).toBe('2026-10-02T08:00:00.000Z')
      const proposals = evaluate(
        federal.notInForce,
        { contingencyPlanActivated, timeZone: 'America/Chicago' },
        { today: '2026-11-01' },
      )
      expect(new Set(proposals.map(({ status }) => status))).toEqual(new Set(['not-in-force']))
      expect(JSON.stringify(proposals)).not.toContain('2026-10-02')
    })

    it('60 days for records kept off site, which was law until 2013', () => {
      expect(plusDays('2026-06-10', 60)).toBe('2026-08-09')
      const results = evaluate(federal.accessRequest, { received: '2026-06-10', storage: 'offsite' })
      expect(due(results, 'access.act')).toBe('2026-07-10')
    })
  })

  it('a weekend that moves a date of Part 164: only a hearing rolls', () => {
    const nextWeekday = (date: string): string => (new Date(date).getUTCDay() % 6 === 0 ? nextWeekday(plusDays(date, 1)) : date)
    expect(nextWeekday(plusDays('2026-01-15', 30))).toBe('2026-02-16')
    expect(due(evaluate(federal.accessRequest, { received: '2026-01-15' }), 'access.act')).toBe('2026-02-14')
    expect(due(evaluate(federal.hearingRequest, { received: '2026-03-02' }), 'hearing.request')).toBe('2026-06-01')
  })
})
