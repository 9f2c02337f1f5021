import { cadences, type Register, register, type SafeguardDuty } from '@phi/baa/safeguards'
import { nextDue, type RecurringDuty, recurringDuty, schedule } from '@phi/deadlines/recurring'
import { describe, expect, expectTypeOf, it } from 'vitest'

const common = {
  responsible: 'provider',
  status: 'in-place',
  owner: 'security officer',
  evidence: [{ id: 'report', asOf: '2026-02-01' }],
  asOf: '2026-02-01',
  reviewBy: '2027-02-01',
} as const

const made: Register = register([
  { ...common, id: 'training', control: 'workforce-training', every: 'yearly', lastDone: '2026-01-15' },
  { ...common, id: 'analysis', control: 'risk-analysis', every: { years: 1 }, lastDone: '2025-11-01' },
  { ...common, id: 'dr-test', control: 'contingency-test', every: 'quarterly', anchor: '2026-01-31', lastDone: '2026-01-31' },
  { ...common, id: 'logs', control: 'log-review' },
  {
    ...common,
    id: 'keys',
    safeguard: 'technical.encryption-rest',
    every: { days: 90 },
    lastDone: 'never',
    anchor: '2026-03-01',
  },
  { ...common, id: 'lock', control: 'screen-lock' },
  { ...common, id: 'pentest', control: 'penetration-test', status: 'not-applicable', reason: 'no system of its own' },
])
const duties = cadences(made).map((each) => recurringDuty(each))
const duty = (id: string) => duties.find((each) => each.id === `safeguard.${id}`) as RecurringDuty

describe('the cadences of a register', () => {
  it('S102 S103 S104 are recurring duties as they are, by type and by value', () => {
    expectTypeOf<SafeguardDuty>().toExtend<RecurringDuty>()
    expect(duties.map(({ id }) => id)).toEqual(
      ['training', 'analysis', 'dr-test', 'logs', 'keys'].map((id) => `safeguard.${id}`),
    )
    for (const each of cadences(made)) expect(recurringDuty(each)).toEqual(each)
  })

  it('S104 quarterly tests, from the end of a month', () => {
    const days = schedule([duty('dr-test')], '2026-02-01', '2026-12-31').occurrences.map(({ on }) => on)
    expect(days).toEqual(['2026-04-30', '2026-07-31', '2026-10-31'])
  })

  it('S103 an analysis of more than a year ago is late, and an event brings the duty about', () => {
    const [yearly, change] = nextDue(duty('analysis'), {
      today: '2026-11-22',
      events: [{ event: 'on significant change', on: '2026-06-01' }],
    })
    expect(yearly).toMatchObject({ status: 'late', due: '2026-11-01', cadence: { by: 'house' } })
    expect(change).toMatchObject({ status: 'qualitative', event: 'on significant change' })
  })

  it('S102 training on hire stands in the law, its year does not', () => {
    expect(duty('training')).toMatchObject({ eventsInLaw: ['on hire'], cadence: { every: 'yearly', by: 'house' } })
    expect(nextDue(duty('training'))[0]).toMatchObject({ status: 'due', due: '2027-01-15' })
  })

  it('C10 what has no period keeps the words of the law, and gets no day', () => {
    expect(nextDue(duty('logs'))[0]).toMatchObject({ status: 'qualitative', standard: '"regularly"' })
    const { undated } = schedule(duties, '2026-03-01', '2026-12-31')
    expect(undated).toEqual([expect.objectContaining({ rule: 'safeguard.logs', why: 'no-cadence' })])
    expect(nextDue(duty('keys'), { today: '2026-03-02' })[0]).toMatchObject({ status: 'late', due: '2026-03-01' })
  })
})
