import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asOf, signedSchedule } from '../../test/schedule/signed.ts'
import { type RetentionRecord, type RetentionRule, usRetention } from '../index.ts'

/**
 * A plain twin: dates as texts, years by rewriting the text, days by walking a calendar of month lengths. It shares the rows of the
 * table with the code under test, and no function.
 */
const lengths = (year: number) => [
  31,
  (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28,
  31,
  30,
  31,
  30,
  31,
  31,
  30,
  31,
  30,
  31,
]
const write = (y: number, m: number, d: number) => `${y}-${`${m}`.padStart(2, '0')}-${`${d}`.padStart(2, '0')}`
const parts = (date: string) => date.split('-').map(Number) as [number, number, number]

function nextDay(date: string): string {
  const [y, m, d] = parts(date)
  if (d < (lengths(y)[m - 1] as number)) return write(y, m, d + 1)
  return m < 12 ? write(y, m + 1, 1) : write(y + 1, 1, 1)
}

function walk(date: string, days: number): string {
  let at = date
  for (let i = 0; i < days; i++) at = nextDay(at)
  return at
}

function plusYears(date: string, years: number): string {
  const [y, m, d] = parts(date)
  return m === 2 && d === 29 && lengths(y + years)[1] === 28 ? write(y + years, 3, 1) : write(y + years, m, d)
}

const ages: Readonly<Record<string, number>> = { AL: 19, NE: 19, MS: 21 }
const latest = (dates: readonly (string | undefined)[]) =>
  dates
    .filter((date) => date !== undefined)
    .sort()
    .at(-1)

interface Complete extends RetentionRecord {
  readonly state: NonNullable<RetentionRecord['state']>
  readonly provider: NonNullable<RetentionRecord['provider']>
  readonly born: string
  readonly created: string
}

/** Of a record all of whose facts are known: until when it is kept by one row, or what it lacks. */
function byRow(rule: RetentionRule, record: Complete, today: string): { end?: string; open?: string } {
  if (rule.period.unit === 'open') return { open: `rule:${rule.id}` }
  const dates = record as unknown as Record<string, string | undefined>
  const start = latest([...rule.start.anyOf.flat(), ...(rule.start.orLater ?? [])].map((fact) => dates[fact]))
  if (start === undefined || rule.period.unit !== 'years') throw new Error('the generator gives every date')
  let end = plusYears(start, rule.period.amount)
  const majority =
    (typeof rule.minor === 'object' && 'majority' in rule.minor && rule.minor.majority) || ages[record.state] || 18
  const first = [record.created, record.discharged, record.lastTreatment, record.lastEntry, record.serviceDate]
    .filter((date) => date != null)
    .sort()[0] as string
  const isMinor = first < plusYears(record.born, majority)
  const open = isMinor && rule.minor === 'not-in-table' ? `minors:${rule.id}` : undefined
  if (isMinor && typeof rule.minor === 'object') {
    const minorEnd =
      'untilAge' in rule.minor
        ? plusYears(record.born, rule.minor.untilAge)
        : plusYears(plusYears(record.born, majority), rule.minor.yearsAfterMajority)
    if (minorEnd > end) end = minorEnd
  }
  if (rule.afterDeath && record.died != null) {
    const afterDeath = plusYears(record.died, rule.afterDeath.years)
    if (!isMinor && record.died <= today && record.died >= start) end = afterDeath
    else if (afterDeath > end) end = afterDeath
  }
  return open === undefined ? { end } : { end, open }
}

function twin(record: Complete, today: string) {
  const rows = usRetention.rules.filter(
    (rule) =>
      rule.kinds.includes(record.kind) &&
      (!rule.jurisdiction || rule.jurisdiction.includes(record.state)) &&
      (!rule.providers || rule.providers.includes(record.provider)) &&
      (rule.when ?? []).every(({ fact, is }) => record[fact] == null || record[fact] === is),
  )
  const found = rows.map((rule) => ({ rule, ...byRow(rule, record, today) }))
  const keepThrough = latest(found.map(({ end }) => end)) ?? null
  const open = found.flatMap((each) => (each.open === undefined ? [] : [each.open]))
  if (!rows.some((rule) => rule.jurisdiction)) open.push(`state-law:${record.state}:${record.provider}`)
  const told =
    !rows.some((rule) => rule.conditions) || (record.agencyNotified != null && walk(record.agencyNotified, 30) < today)
  const over = keepThrough !== null && keepThrough < today
  return {
    keepThrough,
    open: open.sort(),
    governing: found
      .filter(({ end }) => end !== undefined && end === keepThrough)
      .map(({ rule }) => rule.id)
      .sort(),
    disposable: over && open.length === 0 && told,
  }
}

const two = (value: number) => `${value}`.padStart(2, '0')
const day = (from: number, to: number) =>
  fc.oneof(
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
      .map(([y, m, d]) => `${y}-${two(m)}-${two(d)}`),
    fc
      .integer({ min: Math.ceil(from / 4), max: Math.floor(to / 4) })
      .filter((y) => y !== 475 && y !== 525)
      .map((y) => `${y * 4}-02-29`),
  )

const states = [...new Set(usRetention.rules.flatMap(({ jurisdiction }) => jurisdiction ?? [])), 'NH', 'GU'] as const
const complete = fc
  .record({
    state: fc.constantFrom(...states),
    provider: fc.constantFrom('hospital', 'physician', 'therapist', 'clinic', 'chiropractor'),
    born: day(1940, 2010),
    dates: fc.array(day(1990, 2030), { minLength: 5, maxLength: 5 }),
    death: fc.option(day(1990, 2035), { nil: undefined }),
    medicare: fc.option(fc.boolean(), { nil: undefined }),
    agencyNotified: fc.option(day(2020, 2040), { nil: undefined }),
    today: fc.oneof(day(2020, 2060), fc.constant('2026-11-21')),
  })
  .map(({ state, provider, born, dates, death, medicare, agencyNotified, today }) => {
    const [created, serviceDate, discharged, lastTreatment, lastEntry] = [...dates].sort() as [
      string,
      string,
      string,
      string,
      string,
    ]
    const record = {
      id: 'r',
      kind: 'medical-record',
      state,
      provider,
      born,
      created,
      serviceDate,
      discharged,
      lastTreatment,
      lastEntry,
      died: death,
      medicare,
      agencyNotified,
    }
    return { record: record as Complete, today: today < asOf ? asOf : today }
  })
  // A birth after a visit contradicts.
  .filter(({ record }) => record.born <= (record.serviceDate as string) && (record.died == null || record.died >= record.born))

describe('the assessment against a plain twin', { timeout: 600_000 }, () => {
  test('agrees on medical records of all States and providers', () => {
    const policy = signedSchedule()
    let disposable = 0
    let kept = 0
    fc.assert(
      fc.property(complete, ({ record, today }) => {
        const expected = twin(record, today)
        const found = policy.assess(record, { today })
        expect({
          keepThrough: found.keepThrough,
          open: [...found.unknown].sort(),
          governing: found.governing.map(({ rule }) => rule).sort(),
          disposable: found.disposable,
        }).toEqual(expected)
        if (found.disposable) disposable++
        else kept++
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500_000 : 5000 },
    )
    expect(Math.min(disposable, kept)).toBeGreaterThan(200)
  })

  test('the first disposable day is the day after the last day to keep, found by walking', () => {
    const policy = signedSchedule()
    fc.assert(
      fc.property(complete, ({ record }) => {
        const { keepThrough, earliest, unknown, advisoryKeepThrough } = policy.assess(record, { today: asOf })
        if (keepThrough === null || unknown.length > 0 || record.state === 'MA') return
        // A death that lies ahead shortens from its own day on.
        if (record.died != null && record.died > asOf) return
        expect(advisoryKeepThrough).toBeNull()
        expect(earliest).toBe(nextDay(keepThrough))
        if (keepThrough >= asOf) {
          expect(policy.assess(record, { today: keepThrough }).disposable).toBe(false)
          expect(policy.assess(record, { today: nextDay(keepThrough) }).disposable).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
