import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asOf, signed, signedSchedule } from '../../test/schedule/signed.ts'
import {
  type AssessOptions,
  contractRule,
  houseRule,
  type RetentionRecord,
  retentionSchedule,
  returnOrDestroy,
  usRetention,
} from '../index.ts'

const us = signedSchedule()
const today = asOf
const ask = (record: Omit<RetentionRecord, 'id'>, options: Partial<AssessOptions> = {}, policy = us) =>
  policy.assess({ id: 'r', ...record }, { today, ...options })

const txHospital = {
  kind: 'medical-record',
  state: 'TX',
  provider: 'hospital',
  created: '2010-01-01',
  discharged: '2016-05-31',
  lastTreatment: '2016-05-31',
  adult: true,
} as const

describe('boundaries, day by day', () => {
  test('kept through the end of the last day, disposable on the next', () => {
    const on = (day: string) => ask(txHospital, { today: day })
    expect(on('2026-11-22')).toMatchObject({ status: 'disposable', keepThrough: '2026-05-31', earliest: '2026-06-01' })
    const early = signedSchedule({ law: usRetention.rules, signOffs: signed(usRetention.rules) })
    // The rows were signed off on the day of the question; before it there is no sign-off.
    expect(early.assess({ id: 'r', ...txHospital }, { today: '2026-11-20' }).status).toBe('needs-sign-off')
    const later = { ...txHospital, discharged: '2016-12-31', lastTreatment: '2016-12-31' }
    expect(ask(later, { today: '2026-12-30' })).toMatchObject({ status: 'retain', why: 'period-runs', disposable: false })
    expect(ask(later, { today: '2026-12-31' })).toMatchObject({ status: 'retain', disposable: false, earliest: '2027-01-01' })
    expect(ask(later, { today: '2027-01-01' })).toMatchObject({ status: 'disposable', disposable: true })
  })

  test('S96: years are years: never 2555 days, and never 365 times so many', () => {
    const policy = ask({ kind: 'audit-log', created: '2019-03-01' })
    expect(policy.keepThrough).toBe('2025-03-01')
    const sevenYears = houseRule({
      id: 'h',
      title: 'H',
      kinds: ['h'],
      start: { anyOf: [['created']] },
      period: { unit: 'years', amount: 7 },
      asOf,
    })
    const found = ask({ kind: 'h', created: '2020-01-01' }, {}, signedSchedule({ house: [sevenYears] }))
    expect(found.keepThrough).toBe('2027-01-01')
  })

  test('29 February is kept through 1 March, also in months', () => {
    expect(ask({ kind: 'training-record', created: '2024-02-29' }).keepThrough).toBe('2030-03-01')
    const months = houseRule({
      id: 'h',
      title: 'H',
      kinds: ['h'],
      start: { anyOf: [['created']] },
      period: { unit: 'months', amount: 1 },
      asOf,
    })
    expect(ask({ kind: 'h', created: '2025-01-31' }, {}, signedSchedule({ house: [months] })).keepThrough).toBe('2025-03-01')
  })
})

describe('documents in effect', () => {
  test('a policy in effect is never disposable by its age', () => {
    expect(ask({ kind: 'policy-document', created: '1999-01-01', inEffect: true })).toMatchObject({
      status: 'clock-not-started',
      why: 'in-effect',
      keepThrough: null,
      earliest: null,
      governing: [],
    })
    // Also where somebody wrote down an end.
    expect(ask({ kind: 'policy-document', created: '1999-01-01', lastInEffect: '2001-01-01', inEffect: true }).disposable).toBe(
      false,
    )
  })

  test('a policy of which nobody knows whether it is in effect is not known', () => {
    expect(ask({ kind: 'policy-document', created: '1999-01-01' })).toMatchObject({
      status: 'unknown',
      unknown: ['lastInEffect'],
    })
    expect(ask({ kind: 'policy-document', created: '1999-01-01', inEffect: false }).status).toBe('unknown')
  })

  test('S131: versions of the notice, and its acknowledgments, six years', () => {
    expect(ask({ kind: 'npp-version', effective: '2013-09-23', replaced: '2026-02-16' }).keepThrough).toBe('2032-02-16')
    expect(ask({ kind: 'npp-acknowledgment', signed: '2020-01-15' })).toMatchObject({
      status: 'disposable',
      keepThrough: '2026-01-15',
    })
  })

  test('the later of creation and last in effect', () => {
    const minutes = { kind: 'policy-document', created: '2020-05-01', lastInEffect: '2019-12-31' }
    expect(ask(minutes).keepThrough).toBe('2026-05-01')
  })

  test('an end before the beginning contradicts', () => {
    const found = ask({ kind: 'baa', signed: '2019-01-01', terminated: '2018-01-01' })
    expect(found).toMatchObject({ status: 'unknown', why: 'facts-contradict', disposable: false })
  })
})

describe('S96, S144, C2: logs of activity', () => {
  const twoYears = contractRule({
    id: 'contract.logs',
    title: 'Activity logs, as the agreement states',
    kinds: ['audit-log'],
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount: 2 },
    asOf,
  })
  const policy = signedSchedule({ contracts: [twoYears] })

  test('a statement of two years leaves six', () => {
    expect(ask({ kind: 'audit-log', created: '2023-01-01' }, {}, policy)).toMatchObject({
      status: 'retain',
      keepThrough: '2029-01-01',
      governing: [{ rule: 'us.hipaa.audit-log', citation: '45 CFR 164.316(b)(2)(i)' }],
    })
  })

  test('and is reported as shorter than the documentation period', () => {
    expect(policy.statedShorter).toEqual([
      {
        rule: 'contract.logs',
        kind: 'audit-log',
        states: { unit: 'years', amount: 2 },
        than: { rule: 'us.hipaa.audit-log', citation: '45 CFR 164.316(b)(2)(i)', period: { unit: 'years', amount: 6 } },
      },
    ])
    expect(us.statedShorter).toEqual([])
  })

  test('a longer statement lengthens', () => {
    const ten = contractRule({ ...twoYears, origin: undefined, period: { unit: 'years', amount: 10 } } as never)
    const found = ask({ kind: 'audit-log', created: '2023-01-01' }, {}, signedSchedule({ contracts: [ten] }))
    expect(found).toMatchObject({ keepThrough: '2033-01-01', governing: [{ rule: 'contract.logs' }] })
  })
})

describe('S128: accounting entries', () => {
  const entry = { kind: 'accounting-entry', disclosed: '2020-10-01' } as const

  test('disposal waits for the advised margin', () => {
    expect(ask(entry)).toMatchObject({
      status: 'retain',
      why: 'advised-margin-runs',
      keepThrough: '2026-10-01',
      advisoryKeepThrough: '2026-12-30',
      earliest: '2026-12-31',
    })
    expect(ask(entry, { today: '2026-12-30' }).disposable).toBe(false)
    expect(ask(entry, { today: '2026-12-31' }).disposable).toBe(true)
  })

  test('unless the schedule says otherwise, or a ceiling comes before', () => {
    expect(ask(entry, {}, signedSchedule({ advisedMargins: 'ignore' }))).toMatchObject({
      disposable: true,
      earliest: '2026-10-02',
    })
    const ceiling = returnOrDestroy({ id: 'baa.end', days: 30, asOf })
    const policy = signedSchedule({ contracts: [ceiling] })
    expect(ask({ ...entry, agreementEnded: '2026-10-25' }, {}, policy).status).toBe('disposable')
    expect(ask({ ...entry, agreementEnded: '2026-12-15' }, {}, policy).why).toBe('advised-margin-runs')
  })
})

describe('State law on treatment records', () => {
  test('a State that is not known leaves a floor', () => {
    expect(ask({ ...txHospital, state: null, medicare: true })).toMatchObject({
      status: 'unknown',
      keepThrough: '2021-05-31',
      floor: true,
      earliest: null,
      unknown: ['state'],
    })
  })

  test('a provider that is not known may be each: all their rules apply', () => {
    expect(ask({ ...txHospital, provider: null })).toMatchObject({
      keepThrough: '2026-05-31',
      floor: true,
      unknown: ['provider'],
    })
    // Where one row reaches every provider, nothing is open.
    const indiana = { ...txHospital, state: 'IN', provider: null, medicare: false } as const
    expect(ask(indiana)).toMatchObject({ status: 'disposable', unknown: [], governing: [{ rule: 'in.provider' }] })
  })

  test('a provider, or a State, that the schedule does not have is a gap, and not "no rule"', () => {
    expect(ask({ ...txHospital, provider: 'clinic' })).toMatchObject({
      status: 'unknown',
      why: 'state-law-not-in-the-schedule',
      unknown: ['state-law:TX:clinic'],
    })
    expect(ask({ ...txHospital, state: 'PR' })).toMatchObject({ status: 'unknown', unknown: ['state-law:PR:hospital'] })
  })

  test('a row without a number is never an end', () => {
    const alabama = { ...txHospital, state: 'AL', provider: 'physician' } as const
    expect(ask(alabama, { today: '2099-01-01' })).toMatchObject({
      status: 'unknown',
      why: 'rule-without-a-number',
      unknown: ['rule:al.physician'],
      keepThrough: null,
      earliest: null,
    })
    expect(ask({ ...alabama, state: 'VT' }, { today: '2099-01-01' }).unknown).toEqual(['rule:states.physician.no-period'])
  })

  const tenYears = houseRule({
    id: 'house.al.physician',
    title: 'Physicians in Alabama, as counsel reads the rule',
    kinds: ['medical-record'],
    jurisdiction: ['AL'],
    providers: ['physician'],
    start: { anyOf: [['lastTreatment']] },
    period: { unit: 'years', amount: 10 },
    answers: ['rule:al.physician'],
    asOf,
  })

  test('a signed rule of the house settles what is open, and an unsigned one does not', () => {
    const alabama = { ...txHospital, state: 'AL', provider: 'physician' } as const
    const settled = signedSchedule({ house: [tenYears] })
    expect(ask(alabama, {}, settled)).toMatchObject({ status: 'disposable', keepThrough: '2026-05-31', unknown: [] })
    const unsigned = signedSchedule({ house: [tenYears], signOffs: signed(usRetention.rules) })
    expect(ask(alabama, {}, unsigned)).toMatchObject({ status: 'unknown', unknown: ['rule:al.physician'] })
    // Nor does it settle where its own fact is missing.
    expect(ask({ ...alabama, lastTreatment: null }, {}, settled).status).toBe('unknown')
    expect(ask({ ...alabama, state: 'VT' }, {}, settled).status).toBe('unknown')
  })

  test('a discharge gives no more than a floor where the last treatment counts', () => {
    expect(ask({ ...txHospital, lastTreatment: null }, { today: '2040-01-01' })).toMatchObject({
      status: 'unknown',
      keepThrough: '2026-05-31',
      floor: true,
      unknown: ['lastTreatment'],
    })
    // And a last treatment before the last discharge is taken for the discharge.
    expect(ask({ ...txHospital, lastTreatment: '2001-01-01' }).keepThrough).toBe('2026-05-31')
  })

  test('a part of the record is the record, unless its row says otherwise', () => {
    const ma = {
      state: 'MA',
      provider: 'hospital',
      created: '2000-01-01',
      adult: true,
      lastTreatment: '2000-05-31',
      serviceDate: '2000-05-31',
      medicare: false,
    } as const
    expect(ask({ ...ma, kind: 'medical-record' }).keepThrough).toBe('2020-05-31')
    expect(ask({ ...ma, kind: 'medical-images' }).keepThrough).toBe('2005-05-31')
    expect(ask({ ...txHospital, kind: 'psychotherapy-notes' }).keepThrough).toBe('2026-05-31')
    const forensic = { ...txHospital, kind: 'forensic-exam-record', serviceDate: '2016-05-31' }
    expect(ask(forensic)).toMatchObject({ keepThrough: '2036-05-31', governing: [{ rule: 'tx.forensic-exam' }] })
    const index = { ...txHospital, kind: 'patient-index', state: 'AR' } as const
    expect(ask(index, { today: '2300-01-01' })).toMatchObject({
      status: 'retain',
      why: 'kept-permanently',
      keepThrough: null,
      earliest: null,
    })
    const hawaii = {
      ...txHospital,
      state: 'HI',
      lastEntry: '2000-05-31',
      discharged: '2000-05-31',
      lastTreatment: '2000-05-31',
      created: '2000-01-01',
    } as const
    expect(ask({ ...hawaii, kind: 'basic-information' }).keepThrough).toBe('2025-05-31')
    expect(ask(hawaii).keepThrough).toBe('2007-05-31')
  })

  test('Medicare that is not known is taken to hold: the longer wins', () => {
    const virginia = { ...txHospital, state: 'VA', discharged: '2020-05-31', lastTreatment: '2023-01-01' } as const
    expect(ask(virginia)).toMatchObject({ keepThrough: '2028-01-01', governing: [{ rule: 'us.medicare.hospital' }] })
    expect(ask({ ...virginia, medicare: false })).toMatchObject({
      keepThrough: '2025-05-31',
      governing: [{ rule: 'va.hospital' }],
    })
  })
})

describe('minors', () => {
  const at = (state: RetentionRecord['state'], born: string, discharged: string, more: Partial<RetentionRecord> = {}) =>
    ask({
      kind: 'medical-record',
      provider: 'hospital',
      medicare: false,
      state,
      born,
      created: discharged,
      discharged,
      lastTreatment: discharged,
      lastEntry: discharged,
      ...more,
    })

  test.each([
    ['AK', '2010-02-03', '2012-01-01', '2031-02-03', 'under 19, and two more'],
    ['AR', '2010-02-03', '2012-01-01', '2030-02-03', 'majority and two'],
    ['AR', '2010-02-03', '2022-01-01', '2032-01-01', 'ten years are later'],
    ['CA', '2020-01-02', '2020-01-02', '2039-01-02', 'a newborn'],
    ['CO', '2010-02-03', '2012-01-01', '2038-02-03', 'majority and ten'],
    ['GA', '2010-02-03', '2012-01-01', '2037-02-03', 'until 27'],
    ['MS', '2010-02-03', '2012-01-01', '2038-02-03', 'majority at 21, and seven'],
    ['NC', '2010-02-03', '2012-01-01', '2040-02-03', 'until 30'],
    ['NY', '2010-02-03', '2012-01-01', '2031-02-03', 'majority and three'],
    ['TX', '2010-02-03', '2012-01-01', '2030-02-03', 'until 20'],
    ['UT', '2010-02-03', '2012-01-01', '2031-02-03', 'the later, not the first'],
    ['VA', '2008-02-29', '2012-01-01', '2031-03-01', 'majority on 1 March, and five'],
  ] as const)('%s, born %s, discharged %s: %s (%s)', (state, born, discharged, keepThrough, _why) => {
    expect(at(state, born, discharged)).toMatchObject({ keepThrough, floor: false })
  })

  test("the day on which a person comes of age is no longer a minor's", () => {
    // Until 30 for minors, 11 years for adults.
    expect(at('NC', '1990-05-05', '2008-05-04').keepThrough).toBe('2020-05-05')
    expect(at('NC', '1990-05-05', '2008-05-05').keepThrough).toBe('2019-05-05')
  })

  test("a record that began when the patient was a minor is a minor's", () => {
    expect(at('NC', '1990-05-05', '2008-05-06', { created: '2008-01-01' }).keepThrough).toBe('2020-05-05')
    // And one of which the beginning is not known is kept as one.
    expect(at('NC', '1990-05-05', '2008-05-06', { created: null }).keepThrough).toBe('2020-05-05')
    expect(at('NC', '1990-05-05', '2008-05-06', { created: null, adult: true }).keepThrough).toBe('2019-05-06')
  })

  test('a birth that is not known leaves a floor, unless the patient was of age', () => {
    const unborn = {
      kind: 'medical-record',
      provider: 'hospital',
      medicare: false,
      state: 'CA',
      discharged: '2010-01-01',
    } as const
    expect(ask(unborn)).toMatchObject({ status: 'unknown', keepThrough: '2017-01-01', floor: true, unknown: ['born'] })
    expect(ask({ ...unborn, adult: false }).unknown).toEqual(['born'])
    expect(ask({ ...unborn, adult: true })).toMatchObject({ status: 'disposable', unknown: [] })
  })

  test('where the source says nothing of minors, the record of one is not disposable', () => {
    expect(at('OR', '2000-01-01', '2005-01-01')).toMatchObject({
      status: 'unknown',
      why: 'minors-not-in-the-schedule',
      keepThrough: '2015-01-01',
      floor: true,
      unknown: ['minors:or.hospital'],
    })
    expect(at('OR', '1960-01-01', '2005-01-01').status).toBe('disposable')
    expect(at('OR', '1960-01-01', '2005-01-01', { created: null })).toMatchObject({ status: 'unknown', unknown: ['created'] })
    const settled = houseRule({
      id: 'house.or.minors',
      title: 'Minors in Oregon, as counsel reads the rule',
      kinds: ['medical-record'],
      jurisdiction: ['OR'],
      start: { anyOf: [['discharged']] },
      period: { unit: 'years', amount: 10 },
      minor: { yearsAfterMajority: 3 },
      answers: ['minors:or.hospital'],
      asOf,
    })
    const record = {
      id: 'r',
      kind: 'medical-record',
      provider: 'hospital',
      medicare: false,
      state: 'OR',
      born: '2000-01-01',
      created: '2005-01-01',
      discharged: '2005-01-01',
    }
    expect(signedSchedule({ house: [settled] }).assess(record, { today })).toMatchObject({
      status: 'disposable',
      keepThrough: '2021-01-01',
    })
  })

  test('facts that contradict are not known', () => {
    expect(at('TX', '2010-02-03', '2012-01-01', { adult: true })).toMatchObject({ status: 'unknown', why: 'facts-contradict' })
    expect(at('TX', '2012-02-03', '2012-01-01').why).toBe('facts-contradict')
    expect(at('TX', '1960-02-03', '2000-01-01', { died: '1950-01-01' }).why).toBe('facts-contradict')
  })
})

describe('death', () => {
  const connecticut = {
    kind: 'medical-record',
    state: 'CT',
    provider: 'physician',
    created: '2015-01-01',
    lastTreatment: '2021-03-01',
    died: '2022-04-01',
    adult: true,
  } as const

  test('shortens where the row is signed off', () => {
    expect(ask(connecticut)).toMatchObject({ status: 'disposable', keepThrough: '2025-04-01' })
    expect(ask(connecticut, {}, retentionSchedule({ id: 'unsigned' })).keepThrough).toBe('2028-03-01')
  })

  test('does not shorten where it lies ahead, or before the last treatment, or of a minor', () => {
    expect(ask({ ...connecticut, died: '2027-01-01' }).keepThrough).toBe('2030-01-01')
    expect(ask({ ...connecticut, died: '2021-02-01' }).keepThrough).toBe('2028-03-01')
    const minor = {
      ...connecticut,
      state: 'MS',
      provider: 'hospital',
      discharged: '2021-03-01',
      medicare: false,
      adult: null,
      born: '2010-01-01',
    } as const
    expect(ask(minor).keepThrough).toBe('2038-01-01')
  })

  test('lengthens too, and is a discharge in Tennessee', () => {
    expect(ask({ ...connecticut, died: '2026-04-01' }).keepThrough).toBe('2029-04-01')
    const tennessee = {
      kind: 'medical-record',
      state: 'TN',
      provider: 'hospital',
      medicare: false,
      created: '2000-01-01',
      adult: true,
      died: '2010-05-05',
    } as const
    expect(ask(tennessee).keepThrough).toBe('2020-05-05')
  })
})

describe('conditions that are no birthdays', () => {
  const mammogram = { kind: 'mammogram', mammogram: '2015-04-15' } as const
  test('a return within five years gives five, and anything else ten', () => {
    const kept = (laterMammograms?: readonly string[]) => ask({ ...mammogram, laterMammograms }).keepThrough
    expect(kept()).toBe('2025-04-15')
    expect(kept([])).toBe('2025-04-15')
    expect(kept(['2020-04-15'])).toBe('2020-04-15')
    expect(kept(['2020-04-16'])).toBe('2025-04-15')
    expect(kept(['2015-04-15'])).toBe('2025-04-15')
    expect(kept(['2001-01-01'])).toBe('2025-04-15')
    // A visit that lies ahead has not been.
    expect(ask({ ...mammogram, mammogram: '2025-04-15', laterMammograms: ['2027-01-01'] }).keepThrough).toBe('2035-04-15')
  })

  const massachusetts = {
    kind: 'medical-record',
    state: 'MA',
    provider: 'hospital',
    medicare: false,
    created: '2000-01-01',
    lastTreatment: '2000-05-31',
    adult: true,
  } as const
  test('Massachusetts: the Department is told, and thirty days pass', () => {
    expect(ask(massachusetts)).toMatchObject({ status: 'condition-unmet', keepThrough: '2020-05-31', earliest: null })
    expect(ask({ ...massachusetts, agencyNotified: '2026-10-22' })).toMatchObject({
      status: 'condition-unmet',
      earliest: '2026-11-22',
    })
    expect(ask({ ...massachusetts, agencyNotified: '2026-10-22' }, { today: '2026-11-22' }).status).toBe('disposable')
    expect(ask({ ...massachusetts, agencyNotified: '2027-10-22' }).status).toBe('condition-unmet')
  })

  test('managed care: an audit that is not known to be over keeps the record', () => {
    const plan = { kind: 'managed-care-record', contractEnded: '2010-12-31' } as const
    expect(ask(plan)).toMatchObject({ status: 'unknown', keepThrough: '2020-12-31', floor: true, unknown: ['auditCompleted'] })
    expect(ask({ ...plan, audited: true }).status).toBe('unknown')
    expect(ask({ ...plan, audited: false })).toMatchObject({ status: 'disposable', keepThrough: '2020-12-31' })
    expect(ask({ ...plan, auditCompleted: '2038-05-01' }).keepThrough).toBe('2038-05-01')
  })

  test('studies: approval, or discontinuation and notice to the authority', () => {
    const study = { kind: 'investigational-drug-record' } as const
    expect(ask({ ...study, approved: '2020-10-10' }).keepThrough).toBe('2022-10-10')
    expect(ask({ ...study, discontinued: '2020-10-10' }).status).toBe('unknown')
    expect(ask({ ...study, discontinued: '2020-10-10', authorityNotified: '2021-01-01' }).keepThrough).toBe('2023-01-01')
    expect(ask({ ...study, approved: '2020-10-10', discontinued: '2023-10-10' }).keepThrough).toBe('2025-10-10')
  })
})

describe('S48, S65: messages, appointments, bills and notes', () => {
  const messages = houseRule({
    id: 'house.messages',
    title: 'Messages, appointments and bills',
    kinds: ['message', 'appointment', 'billing-record'],
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount: 3 },
    asOf,
  })
  const policy = signedSchedule({ house: [messages] })

  test('no law gives them a period, and without one of the house nothing is disposable', () => {
    expect(ask({ kind: 'message', created: '2001-01-01', partOfRecord: false })).toMatchObject({
      status: 'unknown',
      why: 'no-rule-applies',
    })
  })

  test('by a period of the house', () => {
    for (const kind of ['message', 'appointment', 'billing-record']) {
      expect(ask({ kind, created: '2023-11-20', partOfRecord: false }, {}, policy)).toMatchObject({
        status: 'disposable',
        keepThrough: '2026-11-20',
      })
    }
  })

  test('a message that is part of the record of treatment, or may be, is kept as the record', () => {
    const message = { ...txHospital, kind: 'message' } as const
    expect(ask({ ...message, partOfRecord: true, lastTreatment: '2020-01-01' }, {}, policy)).toMatchObject({
      keepThrough: '2030-01-01',
      governing: [{ rule: 'tx.hospital' }],
    })
    expect(ask({ ...message, lastTreatment: '2020-01-01' }, {}, policy).keepThrough).toBe('2030-01-01')
    expect(ask({ kind: 'message', created: '2001-01-01', provider: 'other' }, {}, policy)).toMatchObject({
      status: 'unknown',
      unknown: ['state'],
    })
  })

  test('clinical notes are the record, whatever the house says', () => {
    const notes = houseRule({ ...messages, origin: undefined, id: 'house.notes', kinds: ['clinical-note'] } as never)
    const found = ask(
      { ...txHospital, kind: 'clinical-note', lastTreatment: '2020-01-01' },
      {},
      signedSchedule({ house: [notes] }),
    )
    expect(found).toMatchObject({ status: 'retain', keepThrough: '2030-01-01' })
  })
})

describe('S33, S121: return or destruction at the end of an agreement', () => {
  const policy = signedSchedule({ contracts: [returnOrDestroy({ id: 'baa.end', days: 30, asOf })] })
  const ended = { agreementEnded: '2026-10-01' } as const

  test('a ceiling that has passed while a minimum runs is a conflict, and both sides are cited', () => {
    expect(ask({ ...txHospital, lastTreatment: '2020-01-01', ...ended }, {}, policy)).toMatchObject({
      status: 'conflict',
      why: 'period-runs',
      disposable: false,
      governing: [{ rule: 'tx.hospital' }],
      ceiling: { rule: 'baa.end', citation: 'no citation on record', deleteBy: '2026-10-31', overdue: true },
    })
  })

  test('also against a hold, a clock that has not started, and what is not known', () => {
    expect(ask({ ...txHospital, ...ended }, { holds: ['case-1'] }, policy)).toMatchObject({
      status: 'conflict',
      why: 'legal-hold',
      holds: ['case-1'],
    })
    expect(ask({ kind: 'policy-document', inEffect: true, ...ended }, {}, policy)).toMatchObject({
      status: 'conflict',
      why: 'in-effect',
    })
    expect(ask({ ...txHospital, state: null, ...ended }, {}, policy).status).toBe('conflict')
    expect(ask({ kind: 'message', partOfRecord: false, ...ended }, {}, policy)).toMatchObject({
      status: 'conflict',
      why: 'no-rule-applies',
    })
  })

  test('it allows nothing by itself, and is seen before it passes', () => {
    expect(ask({ ...txHospital, ...ended }, {}, policy)).toMatchObject({ status: 'disposable', ceiling: { overdue: true } })
    expect(ask({ ...txHospital, lastTreatment: '2020-01-01', ...ended }, { today: '2026-10-31' }, policy)).toMatchObject({
      status: 'retain',
      ceiling: { overdue: false },
    })
    expect(ask({ ...txHospital, lastTreatment: '2020-01-01', ...ended }, { today: '2026-11-01' }, policy).status).toBe(
      'conflict',
    )
  })

  test('where destruction is not feasible there is no ceiling; where that is not known there is', () => {
    const record = { ...txHospital, lastTreatment: '2020-01-01', ...ended }
    expect(ask({ ...record, destructionFeasible: false }, {}, policy)).toMatchObject({ status: 'retain', ceiling: null })
    expect(ask({ ...record, destructionFeasible: true }, {}, policy).status).toBe('conflict')
    expect(ask({ ...record, agreementEnded: null }, {}, policy).ceiling).toBeNull()
  })

  test('rounds to the earlier day, and the earliest of several counts', () => {
    const month = contractRule({
      id: 'c.month',
      title: 'C',
      effect: 'ceiling',
      kinds: 'any',
      start: { anyOf: [['agreementEnded']] },
      period: { unit: 'months', amount: 1 },
      asOf,
    })
    const two = signedSchedule({ contracts: [month, returnOrDestroy({ id: 'baa.end', days: 45, asOf })] })
    expect(ask({ ...txHospital, agreementEnded: '2027-01-31' }, {}, two).ceiling).toMatchObject({
      rule: 'c.month',
      deleteBy: '2027-02-28',
    })
  })
})

describe('sign-off', () => {
  const unsigned = retentionSchedule({ id: 'test/1' })
  const record = { ...txHospital, medicare: false }

  test('rows that nobody signed lengthen, and allow no deletion', () => {
    expect(ask(record, {}, unsigned)).toMatchObject({
      status: 'needs-sign-off',
      why: 'not-signed-off',
      disposable: false,
      keepThrough: '2026-05-31',
      earliest: '2026-06-01',
      needsSignOff: ['tx.hospital'],
    })
  })

  test('every applicable row is signed, or only the governing one, as the schedule says', () => {
    const medicare = { ...record, medicare: true }
    const one = signed(usRetention.rules.filter(({ id }) => id === 'tx.hospital'))
    expect(ask(medicare, {}, retentionSchedule({ id: 't', signOffs: one }))).toMatchObject({
      status: 'needs-sign-off',
      needsSignOff: ['us.medicare.hospital'],
    })
    expect(ask(medicare, {}, retentionSchedule({ id: 't', signOffs: one, mustBeSigned: 'governing-row' })).status).toBe(
      'disposable',
    )
    const other = signed(usRetention.rules.filter(({ id }) => id === 'us.medicare.hospital'))
    expect(
      ask(medicare, {}, retentionSchedule({ id: 't', signOffs: other, mustBeSigned: 'governing-row' })).needsSignOff,
    ).toEqual(['tx.hospital'])
  })

  test('a text that was read can be accepted, memory cannot', async () => {
    const log = { kind: 'training-record', created: '2015-01-01' } as const
    expect(ask(log, {}, unsigned).status).toBe('needs-sign-off')
    expect(ask(log, {}, retentionSchedule({ id: 't', acceptUnsigned: ['text-seen'] })).status).toBe('disposable')
    expect(ask(record, {}, retentionSchedule({ id: 't', acceptUnsigned: ['text-seen'] })).status).toBe('needs-sign-off')
    expect(ask(record, {}, retentionSchedule({ id: 't', acceptUnsigned: ['secondary'] })).status).toBe('disposable')
    expect((await refusal(() => retentionSchedule({ id: 't', acceptUnsigned: ['memory' as 'secondary'] }))).code).toBe(
      'PHI_RETENTION_SCHEDULE',
    )
    // What a row says of minors can be weaker than the row.
    const georgia = {
      kind: 'medical-record',
      state: 'GA',
      provider: 'hospital',
      medicare: false,
      created: '1990-01-01',
      discharged: '1990-01-01',
      born: '1985-01-01',
    } as const
    const accepting = retentionSchedule({ id: 't', acceptUnsigned: ['secondary'] })
    expect(ask(georgia, {}, accepting)).toMatchObject({ status: 'needs-sign-off', needsSignOff: ['ga.hospital'] })
    expect(ask({ ...georgia, born: '1950-01-01' }, {}, accepting).status).toBe('disposable')
  })

  test('what is accepted of the law is not accepted of the house: its own rule is signed off, or settles nothing', () => {
    const physician = {
      kind: 'medical-record',
      state: 'AL',
      provider: 'physician',
      medicare: false,
      adult: true,
      created: '2010-01-01',
      lastTreatment: '2012-01-01',
    } as const
    const rule = houseRule({
      id: 'house.alabama',
      title: 'Records of physicians, Alabama',
      kinds: ['medical-record'],
      start: { anyOf: [['lastTreatment']] },
      period: { unit: 'years', amount: 1 },
      asOf: '2026-11-01',
      answers: ['rule:al.physician', 'minors:al.physician'],
    })
    const options = { id: 't', house: [rule], acceptUnsigned: ['text-seen', 'secondary'] } as const
    expect(rule.confirmation).toBe('text-seen')
    expect(ask(physician, {}, retentionSchedule(options))).toMatchObject({
      status: 'unknown',
      unknown: ['rule:al.physician'],
      needsSignOff: ['house.alabama'],
    })
    const signOffs = signed([rule])
    expect(ask(physician, {}, retentionSchedule({ ...options, signOffs })).status).toBe('disposable')
  })

  test('a sign-off of tomorrow, or one older than the row, does not count', () => {
    const rows = usRetention.rules.filter(({ id }) => id === 'tx.hospital')
    expect(ask(record, {}, retentionSchedule({ id: 't', signOffs: signed(rows, '2026-11-22') })).status).toBe('needs-sign-off')
    const stale = retentionSchedule({ id: 't', signOffs: signed(rows, '2026-11-20') })
    expect(ask(record, {}, stale).status).toBe('needs-sign-off')
    expect(stale.staleSignOffs).toHaveLength(1)
    expect(us.staleSignOffs).toHaveLength(0)
  })

  test('proposed, vacated, superseded and future rows never fire', () => {
    for (const inForce of [
      { from: null, status: 'proposed' },
      { from: null, status: 'vacated' },
      { from: null, status: 'superseded' },
      { from: '2026-11-22', status: 'in-force' },
    ] as const) {
      const rule = houseRule({
        id: 'h',
        title: 'H',
        kinds: ['audit-log'],
        start: { anyOf: [['created']] },
        period: { unit: 'years', amount: 50 },
        asOf,
        inForce,
      })
      expect(ask({ kind: 'audit-log', created: '2015-01-01' }, {}, signedSchedule({ house: [rule] })).keepThrough).toBe(
        '2021-01-01',
      )
    }
  })
})

describe('holds', () => {
  test('RET-23, RET-24: win over everything, and their release restarts nothing', () => {
    const placed = '2028-01-01'
    const at = (day: string, released: string | null) =>
      ask(txHospital, { today: day, holds: [{ case: 'c', placed, released }] })
    expect(at('2031-01-01', null)).toMatchObject({
      status: 'held',
      disposable: false,
      earliest: null,
      holds: ['c'],
      keepThrough: '2026-05-31',
    })
    expect(at('2031-02-28', '2031-03-01').status).toBe('held')
    expect(at('2031-03-01', '2031-03-01')).toMatchObject({ status: 'disposable', earliest: '2031-03-01', holds: [] })
    expect(at('2031-03-02', '2031-03-01')).toMatchObject({ status: 'disposable', earliest: '2031-03-01' })
    // Released before the periods were over: they end when they end.
    expect(ask(txHospital, { holds: [{ case: 'c', placed: '2010-01-01', released: '2011-01-01' }] }).earliest).toBe(
      '2026-06-01',
    )
  })

  test('a record under several cases is held by those that are open', () => {
    const holds = ['b', { case: 'a' }, { case: 'old', placed: '2020-01-01', released: '2021-01-01' }, 'b']
    expect(ask(txHospital, { holds })).toMatchObject({ status: 'held', holds: ['a', 'b'] })
  })

  test('a hold in doubt holds', () => {
    for (const hold of [
      { case: 'c', placed: 'x', released: '2020-01-01' },
      { case: 'c', placed: '2021-01-01', released: '2020-01-01' },
      { case: 'c', placed: '2020-01-01', released: '2020-02-30' },
      { case: 'c', placed: '2020-01-01', released: '2099-01-01' },
      { case: 'c', placed: '2099-01-01' },
    ]) {
      expect(ask(txHospital, { holds: [hold] }).status).toBe('held')
    }
  })

  test('what is planted on a prototype releases nothing, and is no part of a rule', () => {
    Object.assign(Object.prototype, {
      released: '2020-01-01',
      returned: { withinYears: 99, years: 0 },
      afterDeath: { years: 0 },
      keepThrough: '1990-01-01',
    })
    try {
      expect(ask(txHospital, { holds: [{ case: 'c' }] }).status).toBe('held')
      const found = ask({ ...txHospital, died: '2016-05-31', laterMammograms: ['2016-06-01'] }, { today: '2026-11-22' })
      expect(found.keepThrough).toBe('2026-05-31')
      // A schedule is not made at all then: its lists hold keys that nobody wrote.
      expect(() => signedSchedule()).toThrow('not documented')
    } finally {
      for (const key of ['released', 'returned', 'afterDeath', 'keepThrough']) Reflect.deleteProperty(Object.prototype, key)
    }
  })

  test('holds a record that cannot be read', () => {
    expect(us.assess({ id: 'r', kind: 'baa', x: 1 }, { today, holds: ['c'] })).toMatchObject({ status: 'held', record: 'r' })
  })
})

describe('what is stated for one record', () => {
  test('a date lengthens, and takes the place of no rule', () => {
    expect(ask({ ...txHospital, keepThrough: '2030-01-01' })).toMatchObject({
      status: 'retain',
      keepThrough: '2030-01-01',
      governing: [{ rule: 'record.keepThrough' }, { rule: 'tx.hospital' }],
    })
    expect(ask({ ...txHospital, keepThrough: '2001-01-01' })).toMatchObject({
      status: 'disposable',
      keepThrough: '2026-05-31',
      governing: [{ rule: 'tx.hospital' }],
    })
    expect(ask({ kind: 'message', partOfRecord: false, keepThrough: '2001-01-01' })).toMatchObject({
      status: 'unknown',
      why: 'no-rule-applies',
    })
    const governingOnly = retentionSchedule({ id: 't', mustBeSigned: 'governing-row' })
    expect(ask({ ...txHospital, keepThrough: '2026-10-01' }, {}, governingOnly)).toMatchObject({
      status: 'needs-sign-off',
      needsSignOff: ['tx.hospital'],
    })
  })

  test('further rules by name apply, whatever they say of kinds', () => {
    const study = contractRule({
      id: 'study.7',
      title: 'S',
      kinds: ['x'],
      start: { anyOf: [['created']] },
      period: { unit: 'years', amount: 25 },
      asOf,
    })
    const policy = signedSchedule({ contracts: [study] })
    expect(ask({ ...txHospital, rules: ['study.7'] }, {}, policy)).toMatchObject({
      keepThrough: '2035-01-01',
      governing: [{ rule: 'study.7' }],
    })
    expect(ask(txHospital, {}, policy).keepThrough).toBe('2026-05-31')
    expect(ask({ ...txHospital, rules: ['study.8'] }, {}, policy)).toMatchObject({
      status: 'unknown',
      why: 'rule-not-in-the-schedule',
      unknown: ['rules'],
    })
  })
})

describe('what cannot be assessed is not disposable', () => {
  test('a misspelt kind does not fall to the rules for any kind', () => {
    const any = houseRule({
      id: 'house.any',
      title: 'All',
      kinds: 'any',
      start: { anyOf: [['created']] },
      period: { unit: 'days', amount: 0 },
      asOf,
    })
    const policy = signedSchedule({ house: [any] })
    expect(ask({ kind: 'medcal-record', created: '2001-01-01' }, {}, policy)).toMatchObject({
      status: 'unknown',
      why: 'kind-not-in-the-schedule',
      unknown: ['kind'],
    })
    expect(ask({ kind: '__proto__', created: '2001-01-01' }, {}, policy).status).toBe('unknown')
    expect(ask({ kind: 'message', created: '2001-01-01', partOfRecord: false }, {}, policy).status).toBe('disposable')
  })

  test('a record with a fact that is not documented, or a bad date', () => {
    for (const record of [
      null,
      7,
      [],
      { id: 'r', kind: 'audit-log', created: '2015-02-30' },
      { id: 'r', kind: 'audit-log', created: '2015-01-01', x: 1 },
    ]) {
      expect(us.assess(record, { today })).toMatchObject({
        status: 'unknown',
        why: 'unreadable',
        disposable: false,
        unknown: ['record'],
      })
    }
  })

  test('a date from which the count leaves the calendar', () => {
    for (const created of ['2399-01-01', '2394-12-31', '2400-12-31']) {
      expect(ask({ kind: 'audit-log', created })).toMatchObject({ disposable: false })
    }
    const days = houseRule({
      id: 'h',
      title: 'H',
      kinds: ['h'],
      start: { anyOf: [['created']] },
      period: { unit: 'days', amount: 55_000 },
      asOf,
    })
    expect(ask({ kind: 'h', created: '2390-01-01' }, {}, signedSchedule({ house: [days] })).why).toBe('unreadable')
  })

  test('a question without a day, or with holds that are none, is refused', async () => {
    for (const options of [
      undefined,
      {},
      { today: '2026-02-30' },
      { today: 'x' },
      { today, holds: 'c' },
      { today, holds: [''] },
      { today, holds: [null] },
      { today, holds: [{}] },
    ]) {
      const error = await refusal(() => us.assess(txHospital, options as never))
      expect(error.code).toBe('PHI_RETENTION_OPTIONS')
    }
  })
})
