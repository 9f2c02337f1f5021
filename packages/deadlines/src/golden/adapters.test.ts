import { describe, expect, it } from 'vitest'
import { stateBreachRows } from '../state/index.ts'
import type { JsonObject } from './case.ts'
import { runGolden } from './index.ts'

/** Cases beside those of the corpus: [rule, facts, expected]. All of them pass. */
type Row = readonly [rule: string, facts: JsonObject, expected: JsonObject]

const run = (rows: readonly Row[]) =>
  runGolden(rows.map(([rule, facts, expected], index) => ({ id: `${index}`, rule, facts, expected })))

const passes = (rows: readonly Row[]) => {
  const { passed, ...rest } = run(rows)
  expect(rest).toEqual({ failed: [], unsupported: [], ignored: [] })
  expect(passed).toHaveLength(rows.length)
}

const plusDays = (date: string, days: number) => new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

const statement = { given: '2026-04-01', written: true, reasons: true, promisedDate: '2026-05-01' }
const extended = (more: JsonObject, expected: JsonObject): Row => [
  'access.extended',
  { received: '2026-03-02', extensionStatement: { ...statement, ...more } },
  expected,
]

describe('the adapters, on cases of other facts', () => {
  it('S126 S127 requests', () => {
    passes([
      [
        'access.initial',
        { received: '2024-01-31' },
        { due: '2024-03-01', weekday: 'Fri', advisoryActBy: '2024-03-01', overdueFrom: '2024-03-02' },
      ],
      ['access.initial', { received: '2013-09-22', storage: 'offsite' }, { due: '2013-11-21' }],
      ['access.initial', { received: '2026-01-15', today: '2026-02-15' }, { due: '2026-02-14', status: 'late', daysLate: 1 }],
      ['access.initial', { received: null }, { due: 'pending-facts', status: 'pending-facts' }],
      [
        'access.initial',
        { receivedAt: '2026-06-01T03:50:00Z', timeZone: 'America/New_York' },
        { localReceived: '2026-05-31', wrongIfUtc: '2026-07-01' },
      ],
      extended({}, { extensionValid: true, extendedDue: '2026-05-01', because: 'extended', reason: null }),
      extended({ reasons: false }, { extensionValid: false, reason: 'no reasons', due: '2026-04-01', extendedDue: null }),
      extended({ promisedDate: null }, { extensionValid: false, reason: 'undated', status: 'overdue-from 2026-04-02' }),
      extended(
        { promisedDate: '2026-05-02' },
        { reason: 'promised date beyond 30 additional days', outerLimitEver: '2026-05-01' },
      ),
      [
        'access.extended',
        { received: '2026-03-02', extensionStatements: [statement, statement] },
        { firstExtensionValid: true, secondExtensionValid: false, reason: 'already-extended' },
      ],
      ['access.extended', { received: '2026-03-02', extensionStatements: 0 }, { due: '2026-04-01', extensionValid: null }],
      ['amendment.initial', { received: '2026-01-01' }, { due: '2026-03-02', maxExtendedDue: '2026-04-01' }],
      [
        'accounting.extended',
        { received: '2026-04-10', extensionStatement: { ...statement, given: '2026-05-01', promisedDate: '2026-07-01' } },
        { extendedDue: '2026-07-01' },
      ],
    ])
  })

  it('S128 accountings', () => {
    passes([
      [
        'accounting.lookback',
        { requestDate: '2026-04-10', requestedPeriodMonths: 120 },
        { from_: '2020-04-10', outerFrom: '2020-04-10' },
      ],
      ['part2.accounting.lookback', { requestDate: '2024-04-15' }, { from_: null, status: 'not-in-force' }],
      ['accounting.fee', { firstRequest: '2026-02-10' }, { secondMayBeCharged: null, requires: [], status: 'pending-facts' }],
      [
        'accounting.suspension.written',
        { writtenStatement: { received: '2026-05-01', until: '2026-08-31' }, agency: 'law enforcement', today: '2026-06-01' },
        { suspendedThrough: '2026-08-31', status: 'suspended', gap: null },
      ],
    ])
  })

  it('C3 C4 S158 S159 S160 counts, years and addressees', () => {
    const counts = (states: JsonObject, total: number, media: readonly string[], atOnce: boolean): Row => [
      'breach.addressees',
      { discovered: '2026-05-04', residentsByState: states, total },
      {
        individualDue: '2026-07-03',
        secretary: atOnce ? { mode: 'contemporaneous', outer: '2026-07-03' } : { mode: 'annual', due: '2027-03-01' },
        media,
        mediaDue: media.length > 0 ? '2026-07-03' : null,
      },
    ]
    passes([
      counts({ OH: 500 }, 500, [], true),
      counts({ OH: 501 }, 501, ['OH'], true),
      counts({ OH: 300, KY: 200 }, 500, [], true),
      counts({ OH: 250, KY: 249 }, 499, [], false),
      counts({ GU: 501, AK: 2000 }, 2501, ['GU', 'AK'], true),
      [
        'breach.addressees',
        { discovered: '2026-05-04', residentsByState: null, total: 600 },
        { media: ['pending-facts'], mediaDue: null },
      ],
      [
        'breach.count-revised-up',
        { discovered: '2026-08-10', count0: 530, revised: { on: '2026-09-20', count: 480 } },
        { secretary: { mode: 'annual', due: '2027-03-01' } },
      ],
      ...Array.from({ length: 20 }, (_, index): Row => {
        const discoveredYear = 2012 + index
        const due = plusDays(`${discoveredYear}-12-31`, 60)
        return ['breach.secretary.annual', { discoveredYear, count: '<500' }, { due, wrongIfFromJan1: plusDays(due, 1) }]
      }),
      // Up to 500 it is open on which side the number lies, so there is no one answer.
      [
        'breach.secretary.annual',
        { discoveredYear: 2026, count: '<500' },
        { discoveredYear: 2026, secretaryDue: '2027-03-01' },
      ],
      [
        'breach.individual',
        { discovered: '2026-05-01', occurred: '2026-02-01' },
        { individualDue: '2026-06-30', wrongIfFromOccurrence: '2026-04-02' },
      ],
      [
        'breach.day-count (real enforcement)',
        { discovered: '2013-10-22', notified: '2014-01-31', addressee: 'OCR', individuals: 836 },
        { daysAfterDiscovery: 101, due: '2013-12-21', daysLate: 41 },
      ],
      [
        'breach.presumption',
        { riskAssessment: { finding: 'low-probability-of-compromise', documented: false } },
        { status: 'presumed breach; clocks run' },
      ],
      [
        'breach.presumption',
        { riskAssessment: { finding: 'low-probability-of-compromise', documented: true } },
        { status: 'no-breach' },
      ],
      [
        'breach.individual',
        { discovered: '2026-02-20', workforceMemberKnew: '2026-02-03' },
        { refused: 'PHI_DEADLINES_CONTRADICTION' },
      ],
    ])
    expect(
      run([['breach.secretary.annual', { discoveredYear: 2026, count: '<501' }, { due: '2027-03-01' }]]).failed,
    ).toHaveLength(1)
  })

  it('delays, chains and substitute notice', () => {
    passes([
      [
        'breach.law-enforcement.written',
        { discovered: '2026-02-01', writtenStatement: { received: '2026-03-10', until: '2026-03-20' } },
        { base: '2026-04-02', due: '2026-04-02', mustNotNotifyThrough: '2026-03-20' },
      ],
      [
        'breach.law-enforcement.written',
        { discovered: '2026-02-01', writtenStatement: { received: '2026-03-10', until: '2026-06-30' } },
        { due: '2026-07-01', status: 'held' },
      ],
      [
        'breach.ba-to-ce',
        { baDiscovered: '2026-03-01', baNotifiedCe: '2026-04-20' },
        { ceIndividualDue: 'pending-facts', cePlanFor: '2026-04-30', status: 'pending-facts' },
      ],
      [
        'breach.chain',
        { subcontractorDiscovered: '2026-01-05', subNotifiedBa: '2026-02-10', baNotifiedCe: '2026-02-15', agents: true },
        { baDue: '2026-03-06', ceDue: '2026-03-06' },
      ],
      [
        'breach.substitute-notice',
        { badAddresses: 10 },
        { webPostingRequired: true, substituteNoticeRequired: true, tollFreeDays: 90, telephoneInAddition: false },
      ],
      ['breach.substitute-notice', { badAddresses: 0 }, { substituteNoticeRequired: false, form: [] }],
      [
        'breach.substitute-notice',
        { badAddresses: null, urgent: true },
        { substituteNoticeRequired: null, telephoneInAddition: true },
      ],
    ])
  })

  it('the other federal rules', () => {
    passes([
      ['npp.reminder', { lastReminder: '2024-02-29' }, { due: '2027-02-28' }],
      ['npp.enrollment', { enrolled: '2026-05-01' }, { due: '2026-05-01' }],
      [
        'npp.first-service',
        { firstServiceAt: '2026-05-01T09:00', electronic: false, emergency: false },
        { provide: 'by the date of first service', due: '2026-05-01' },
      ],
      [
        'npp.first-service',
        { firstService: '2026-05-01', emergency: true },
        { provide: 'as soon as reasonably practicable after the emergency', due: null },
      ],
      ['ftc.hbnr', { discovered: '2026-05-04', count: 499, actor: 'PHR vendor' }, { ftcDue: '2027-03-01' }],
      [
        'ftc.hbnr.version',
        { discovered: '2024-07-29', count: 800, actor: 'PHR vendor' },
        { ruleVersion: '2024 rule: 60 calendar days', ftcDue: '2024-09-27' },
      ],
      [
        'part2.breach.version',
        { discovered: '2026-02-15' },
        { individualDue: null, reason: 'before compliance date 2026-02-16' },
      ],
      ['part2.breach', { discovered: '2026-02-16' }, { individualDue: '2026-04-17', reason: 'counted' }],
      ['security.nprm', { lastBackup: '2026-10-01' }, { due: null, status: 'proposed, not in force' }],
      [
        'hearing-request',
        { noticeReceived: '2026-03-03' },
        { day90: '2026-06-01', weekday: 'Mon', due: '2026-06-01', rolls: false },
      ],
      ['deceased-50-years', { death: '2024-02-29' }, { protectedThrough: '2074-03-01' }],
    ])
  })

  it('each State whose law has a number of days for residents, from the event that its law names', () => {
    const rows = stateBreachRows.flatMap(({ rule }): Row[] => {
      const { basis, addressee, jurisdiction, inForce, trigger } = rule
      const isFirst = rule.id === `state.${jurisdiction?.toLowerCase()}.residents` && inForce.status === 'in-force'
      if (addressee !== 'residents' || !isFirst || basis.unit !== 'calendar-days') return []
      const state = jurisdiction as string
      const individualDue = plusDays('2026-05-04', basis.amount)
      return [
        ['state.breach', { state, regime: 'general', trigger: '2026-05-04' }, { individualDue }],
        ['state.breach', { state, regime: 'general', [trigger.fact]: '2026-05-04' }, { individualDue }],
        ['state.breach', { state, regime: 'general', [trigger.fact]: '2026-05-04', residents: 0 }, { individualDue: null }],
      ]
    })
    expect(rows.length).toBeGreaterThan(3 * 20)
    passes(rows)
  })

  it('keeps a date of a State open where nobody says how many live there', () => {
    const open = run([
      [
        'state.breach',
        { state: 'TX', regime: 'general', determined: '2026-05-04' },
        { individualDue: '2026-07-03', agDue: null },
      ],
    ])
    expect(open.failed[0]?.found.agDue).toEqual({ varies: [null, '2026-06-03'] })
    const unknown = run([
      ['state.breach', { state: 'XX', regime: 'general', determined: '2026-05-04' }, { individualDue: '2026-07-03' }],
    ])
    expect(unknown.unsupported).toHaveLength(1)
    const other = run([
      ['state.breach', { state: 'TX', regime: 'general', determined: '2026-05-04', caResidents: 5 }, { agDue: null }],
    ])
    expect(other.unsupported).toHaveLength(1)
  })

  it('does not read "not known yet", or "no row here", as "none"', () => {
    const { passed, failed } = run([
      ['access.initial', { received: null }, { due: null }],
      ['breach.individual', {}, { individualDue: null }],
      ['state.breach', { state: 'TX', regime: 'general', discovered: '2026-05-04' }, { individualDue: null }],
      ['state.breach', { state: 'TX', regime: 'general', discovered: '2026-05-04', txResidents: 900 }, { agDue: null }],
      ['state.breach', { state: 'WY', regime: 'general', discovered: '2026-05-04' }, { individualDue: null }],
    ])
    expect(passed).toEqual([])
    expect(failed.map(({ found }) => Object.values(found)[0])).toEqual([
      'pending-facts',
      'pending-facts',
      'pending-facts',
      'pending-facts',
      'no-row-in-this-ruleset',
    ])
  })

  it('takes no fact that it would not read', () => {
    const { unsupported } = run([
      [
        'access.initial',
        { received: '2026-03-02', receivedAt: '2026-03-03T10:00:00Z', timeZone: 'UTC' },
        { due: '2026-04-01' },
      ],
      ['breach.individual', { discovered: '2026-05-04', discoveredYear: 2026 }, { individualDue: '2026-07-03' }],
      ['breach.addressees', { discovered: '2026-05-04', count: 5, total: 900 }, { individualDue: '2026-07-03' }],
      ['breach.individual', { discovered: '2026-05-04', addressee: 'media' }, { individualDue: '2026-07-03' }],
      [
        'breach.individual',
        { discovered: '2026-05-04', addressee: 'the mayor', notified: '2026-06-01' },
        { daysAfterDiscovery: 28 },
      ],
    ])
    expect(unsupported).toHaveLength(5)
    passes([
      [
        'breach.individual',
        { discovered: '2026-05-04', timeZone: 'America/New_York' },
        { dueInstantEndOfDay: '2026-07-03T23:59:59-04:00', msOffsetNaive: null },
      ],
    ])
  })
})
