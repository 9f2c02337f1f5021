import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccountingRequest,
  accountOfDisclosures,
  disclosureBases,
  type SuspensionStatement,
} from '../../src/disclosures/index.ts'
import type { AuditEventInput } from '../../src/event.ts'
import { basis, disclosure, record, request } from './world.ts'

// A second reading of 164.528 that shares no code with the first: other calendar arithmetic, other zone arithmetic, one long condition an
// event. It answers with the words of a judged entry, or undefined where an event is none.

/** Central time since 2007: second Sunday of March, 2:00, to the first of November, 2:00. */
function chicagoDay(instant: string): string {
  const at = new Date(instant)
  const year = at.getUTCFullYear()
  const sunday = (month: number, nth: number) => 1 + ((7 - new Date(Date.UTC(year, month, 1)).getUTCDay()) % 7) + 7 * (nth - 1)
  const isSummer = +at >= Date.UTC(year, 2, sunday(2, 2), 8) && +at < Date.UTC(year, 10, sunday(10, 1), 7)
  return new Date(+at - (isSummer ? 5 : 6) * 3_600_000).toISOString().slice(0, 10)
}

/** The same day six years before, as a person writes it down. */
function sixYearsBack(day: string): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return `${year - 6}-${String(month).padStart(2, '0')}-${month === 2 && date === 29 ? '28' : String(date).padStart(2, '0')}`
}

const days = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

function isSuspended(agency: string, on: string, statements: readonly SuspensionStatement[]): boolean {
  const own = statements.filter((each) => each.agency === agency)
  if (own.some((each) => each.form === 'written' && each.on <= on && on <= each.until)) return true
  const orals = own.filter((each) => each.form === 'oral').map((each) => each.on)
  const first = orals.sort()[0]
  if (first === undefined || on < first || days(first, on) > 30) return false
  // A written one that came while it ran has taken its place: it ends with the first of them to end, if that is sooner.
  return own.every((each) => each.form === 'oral' || each.on < first || days(first, each.on) > 30 || on <= each.until)
}

interface Case {
  readonly at: string
  readonly basis: string | undefined
  readonly recipient: string
  readonly patients: readonly string[]
  readonly outcome: 'success' | 'failure' | 'denied'
}

function twin(
  event: Case,
  { requestedOn, preparedOn, period, coveredSince }: AccountingRequest,
  statements: readonly SuspensionStatement[],
) {
  const day = chicagoDay(event.at)
  const floor = sixYearsBack(requestedOn)
  const since = period?.since !== undefined && period.since > floor ? period.since : floor
  if (event.outcome === 'denied' || !(day >= since && day <= (period?.until ?? requestedOn))) return undefined
  if (event.patients.length > 0 && !event.patients.includes('p-88')) return undefined
  if (coveredSince !== undefined && day < coveredSince) return 'excluded'
  const excluded: readonly (string | undefined)[] = [
    'treatment',
    'payment',
    'operations',
    'individual',
    'personal-representative',
    'incidental',
    'authorization',
    'directory',
    'involved-in-care',
    'national-security',
    'custody',
    'limited-data-set',
  ]
  const isSeveral = /^(individual|personal-representative)$/.test(event.basis ?? '') && event.patients.length > 1
  if (excluded.includes(event.basis) && !isSeveral) return 'excluded'
  const agencyOf: Record<string, string> = { 'health-oversight': 'Agency A', 'law-enforcement': 'Agency B' }
  if (isSuspended(event.recipient, preparedOn, statements)) {
    // An agency is suspended for what its own paragraph of 164.512 lets it have; the rest is for a person.
    return event.basis === undefined || agencyOf[event.basis] === event.recipient ? 'suspended' : 'review'
  }
  // Of the same kind, to another name.
  if (event.basis !== undefined && isSuspended(agencyOf[event.basis] ?? '', preparedOn, statements)) return 'review'
  if (event.basis === undefined || event.outcome === 'failure' || isSeveral || event.patients.length === 0) return 'review'
  return 'listed'
}

const date = (from: string, to: string) =>
  fc.integer({ min: 0, max: days(from, to) }).map((n) => new Date(Date.parse(from) + n * 86_400_000).toISOString().slice(0, 10))
const edge = fc.constantFrom(
  '2020-02-28',
  '2020-02-29',
  '2020-03-01',
  '2022-02-28',
  '2026-02-28',
  '2028-02-29',
  '2024-02-29',
  '2026-11-01',
  '2026-03-08',
)
const someDay = (from: string, to: string) => fc.oneof({ weight: 3, arbitrary: date(from, to) }, { weight: 1, arbitrary: edge })
const someTime = fc
  .tuple(fc.nat(23), fc.constantFrom('00:00.000', '59:59.999', '30:00.000'))
  .map(([h, rest]) => `${String(h).padStart(2, '0')}:${rest}`)

const agencies = ['Agency A', 'Agency B'] as const
const aStatement = (from: string): fc.Arbitrary<SuspensionStatement> =>
  fc
    .record({ agency: fc.constantFrom(...agencies), wait: fc.nat(75), days: fc.nat(90), isOral: fc.boolean() })
    .map(({ agency, wait, days: n, isOral }) => {
      const on = new Date(Date.parse(from) + wait * 86_400_000).toISOString().slice(0, 10)
      const about = {
        agency,
        by: agency === 'Agency A' ? ('health-oversight-agency' as const) : ('law-enforcement-official' as const),
        recipients: [agency],
        on,
      }
      return isOral
        ? { ...about, form: 'oral', documented: true }
        : { ...about, form: 'written', until: new Date(Date.parse(on) + n * 86_400_000).toISOString().slice(0, 10) }
    })

const anEvent = (requestedOn: string): fc.Arbitrary<Case> => {
  const near = [sixYearsBack(requestedOn), requestedOn].flatMap((day) =>
    [-1, 0, 1].map((n) => new Date(Date.parse(day) + n * 86_400_000).toISOString().slice(0, 10)),
  )
  return fc.record({
    at: fc
      .tuple(fc.oneof(fc.constantFrom(...near), someDay('2018-01-01', '2029-01-01')), someTime)
      .map(([day, time]) => `${day}T${time}Z`),
    basis: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('health-oversight', 'law-enforcement', undefined) },
      { weight: 3, arbitrary: fc.constantFrom(...Object.keys(disclosureBases)) },
    ),
    recipient: fc.constantFrom(...agencies, 'Registry'),
    patients: fc.constantFrom(['p-88'], ['p-88'], ['p-88', 'p-1'], ['p-1'], []),
    outcome: fc.constantFrom('success', 'success', 'success', 'failure', 'denied'),
  })
}

const eventOf = ({ at, basis: key, recipient, patients, outcome }: Case): AuditEventInput =>
  disclosure(
    { occurredAt: at, outcome, subject: { patients: [...patients] } },
    { disclosure: { recipient, description: 'x', purpose: 'y' }, ...(key === undefined ? { details: undefined } : basis(key)) },
  )

const aCase = someDay('2024-01-01', '2028-06-01').chain((requestedOn) =>
  fc.record({
    requestedOn: fc.constant(requestedOn),
    wait: fc.nat(60),
    since: fc.option(date('2017-01-01', requestedOn), { nil: undefined }),
    coveredSince: fc.option(date('2019-01-01', '2028-01-01'), { nil: undefined, freq: 4 }),
    statements: fc.array(aStatement(requestedOn), { maxLength: 5 }),
    events: fc.array(anEvent(requestedOn), { maxLength: 30 }),
  }),
)

describe('the selection against a second reading of the rule', () => {
  it('S128 judges every event alike', async () => {
    const seen = new Set<string | undefined>()
    await fc.assert(
      fc.asyncProperty(aCase, async ({ requestedOn, wait, since, coveredSince, statements, events }) => {
        const preparedOn = new Date(Date.parse(requestedOn) + wait * 86_400_000).toISOString().slice(0, 10)
        const asked: AccountingRequest = {
          ...request,
          requestedOn,
          preparedOn,
          suspensions: statements,
          ...(since && { period: { since } }),
          ...(coveredSince && { coveredSince }),
        }
        const paper = await accountOfDisclosures(
          events.map((event, i) => record(i, eventOf(event))),
          asked,
        )
        const found = new Map(paper.entries.map((entry) => [entry.index, entry]))
        for (const [i, event] of events.entries()) {
          const expected = twin(event, asked, statements)
          const own = found.get(i)
          seen.add(expected)
          expect(own?.verdict, JSON.stringify(event)).toBe(expected)
        }
        const listed = paper.entries.filter(({ verdict }) => verdict === 'listed').map(({ index }) => index)
        expect(paper.status).toBe(paper.entries.some(({ verdict }) => verdict === 'review') ? 'needs-review' : 'ready')
        if (paper.status === 'ready') {
          const shown = paper.accounting.lines.flatMap(({ source }) => (source.of === 'log' ? source.indices : []))
          expect([...shown].sort((a, b) => a - b)).toEqual(listed)
          const dates = paper.accounting.lines.map((line) => line.date)
          expect(dates).toEqual([...dates].sort())
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5000 : 150 },
    )
    expect(seen).toEqual(new Set([undefined, 'excluded', 'suspended', 'review', 'listed']))
  })

  it('loses nothing when it puts repeated disclosures together', async () => {
    const aLine = fc.record({
      at: fc.tuple(date('2024-01-01', '2026-04-09'), someTime).map(([day, time]) => `${day}T${time}Z`),
      recipient: fc.constantFrom('A', 'B'),
      purpose: fc.constantFrom('P', 'Q'),
      description: fc.constantFrom('d', 'e', 'f'),
      key: fc.constantFrom('public-health', 'judicial-proceeding', 'not-permitted'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(aLine, { maxLength: 40 }), async (lines) => {
        const records = lines.map(({ at, recipient, purpose, description, key }, i) =>
          record(i, disclosure({ occurredAt: at }, { disclosure: { recipient, purpose, description }, ...basis(key) })),
        )
        const [full, short] = await Promise.all(
          [false, true].map((summarize) => accountOfDisclosures(records, { ...request, summarize })),
        )
        const plain = full?.accounting?.lines ?? []
        const groups = short?.accounting?.lines ?? []
        expect(groups.reduce((sum, { repeated }) => sum + (repeated?.number ?? 1), 0)).toBe(plain.length)
        for (const group of groups) {
          const own = plain.filter(
            (line) => line.recipient === group.recipient && line.purpose === group.purpose && line.basis === group.basis,
          )
          const all = group.repeated === undefined ? own.filter(({ date: day }) => day === group.date) : own
          expect(all.map(({ date: day }) => day)).toContain(group.date)
          if (group.repeated === undefined) continue
          expect(group.basis).not.toBe('not-permitted')
          expect([all[0]?.date, all.at(-1)?.date, all.length]).toEqual([group.date, group.repeated.last, group.repeated.number])
          expect(new Set([group.description, ...group.repeated.descriptions])).toEqual(
            new Set(all.map(({ description }) => description)),
          )
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 2000 : 60 },
    )
  })
})
