import { usStates } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactsOf, LawEnforcementStatement } from '../rule/facts.ts'
import { type breachFacts, breachFindings, breachNotice, businessAssociateNotice } from './breach.ts'

type Facts = FactsOf<typeof breachFacts>

/** The result of one duty, for one State where the duty has one for each. */
function of(duty: string, facts: Facts, options?: EvaluateOptions, state?: string): Deadline {
  const found = evaluate(breachNotice, facts, options).filter(
    (deadline) => deadline.duty === duty && (state === undefined || deadline.jurisdiction === state),
  )
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

const individual = (facts: Facts, options?: EvaluateOptions) => of('breach.individual', facts, options)
const secretary = (facts: Facts, options?: EvaluateOptions) => of('breach.secretary', facts, options)
const media = (facts: Facts) => evaluate(breachNotice, facts).filter(({ duty }) => duty === 'breach.media')
const mediaStates = (facts: Facts) =>
  media(facts)
    .filter(({ status }) => status === 'due')
    .map(({ jurisdiction }) => jurisdiction)
    .sort()

/** A day by the runtime's own calendar, so that nothing of ours counts here. */
const plus = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

describe('individuals, 164.404(b)', () => {
  it.each([
    ['BRE-01', '2026-01-15', '2026-03-16'],
    ['BRE-02 in a leap year', '2024-01-15', '2024-03-15'],
    ['BRE-03 on a Saturday, which moves nothing', '2026-02-03', '2026-04-04'],
    ['BRE-06 from the incident, not from its confirmation', '2026-05-01', '2026-06-30'],
    ['BRE-13 on 29 February', '2027-12-31', '2028-02-29'],
  ])('S158 %s: discovered %s, due %s', (_, discovered, due) => {
    expect(individual({ discovered })).toMatchObject({
      status: 'due',
      due,
      because: 'counted',
      standard: 'without unreasonable delay',
      citation: '45 CFR 164.404(b)',
      confirmation: 'text-seen',
      overdueFrom: plus(due, 1),
      unknown: [],
    })
  })

  it('counts 60 calendar days after any day of discovery, weekends and holidays as they come', () => {
    const last = process.env.PHI_LONG === '1' ? 70_000 : 3_000
    for (let day = 0; day < last; day++) {
      const discovered = plus('2009-09-23', day)
      const found = individual({ discovered })
      if (found.due !== plus(discovered, 60)) throw new Error(`${discovered}: ${found.due}`)
    }
  })

  it.each([
    ['BRE-10 clocks forward', '2026-01-20T23:30:00[America/New_York]', 'America/New_York', '2026-01-20', '2026-03-21'],
    ['BRE-11 clocks back', '2026-09-20T00:30:00[America/New_York]', 'America/New_York', '2026-09-20', '2026-11-19'],
    [
      'BRE-12 evening in the west',
      '2026-07-31T20:00:00[America/Los_Angeles]',
      'America/Los_Angeles',
      '2026-07-31',
      '2026-09-29',
    ],
    ['the last minute of a day', '2026-05-31T23:59:59-04:00', 'America/New_York', '2026-05-31', '2026-07-30'],
    ['the first of the next', '2026-06-01T00:00:00-04:00', 'America/New_York', '2026-06-01', '2026-07-31'],
    ['the same instant in Guam', '2026-05-31T23:59:59-04:00', 'Pacific/Guam', '2026-06-01', '2026-07-31'],
    ['an hour before midnight in Honolulu', '2026-05-05T09:00:00Z', 'Pacific/Honolulu', '2026-05-04', '2026-07-03'],
    ['an hour after midnight in Puerto Rico', '2026-05-05T05:00:00Z', 'America/Puerto_Rico', '2026-05-05', '2026-07-04'],
  ])('%s', (_, discovered, timeZone, on, due) => {
    const found = individual({ discovered, timeZone })
    expect(found.trigger?.on).toBe(on)
    expect(found.due).toBe(due)
    expect(found.dueInstant?.slice(0, 19)).toBe(`${due}T23:59:59`)
  })

  it('BRE-10 the last instant has the offset of its own day', () => {
    const found = individual({ discovered: '2026-01-20T23:30:00[America/New_York]', timeZone: 'America/New_York' })
    expect(found.dueInstant).toBe('2026-03-21T23:59:59-04:00')
  })

  it('OCR-02 counts as the Office for Civil Rights did: 104 days after discovery, 44 late', () => {
    const found = individual({ discovered: '2013-10-22', individuals: 836, notifiedIndividuals: '2014-02-03' })
    expect(found).toMatchObject({
      status: 'late',
      because: 'done-late',
      due: '2013-12-21',
      done: { on: '2014-02-03', daysAfterTrigger: 104, daysLate: 44 },
    })
  })

  it('OCR-03 and of the media: 106 days, 46 late', () => {
    const found = of('breach.media', {
      discovered: '2013-10-22',
      residents: { IL: 836 },
      individuals: 836,
      notifiedMedia: { IL: '2014-02-05' },
    })
    expect(found).toMatchObject({ status: 'late', due: '2013-12-21', done: { daysAfterTrigger: 106, daysLate: 46 } })
  })

  it('OCR-01 and of the Secretary: 101 days, 41 late', () => {
    const found = secretary({ discovered: '2013-10-22', individuals: 836, notifiedSecretary: '2014-01-31' })
    expect(found).toMatchObject({ status: 'late', due: '2013-12-21', done: { daysAfterTrigger: 101, daysLate: 41 } })
  })

  it('is met on day 60 and late on day 61', () => {
    const facts = { discovered: '2026-05-04' }
    expect(individual({ ...facts, notifiedIndividuals: '2026-07-03' }).status).toBe('met')
    expect(individual({ ...facts, notifiedIndividuals: '2026-07-04' })).toMatchObject({ status: 'late', done: { daysLate: 1 } })
    expect(individual(facts, { today: '2026-07-03' }).status).toBe('due')
    expect(individual(facts, { today: '2026-07-04' })).toMatchObject({ status: 'late', because: 'date-passed', daysLate: 1 })
  })
})

describe('discovery, 164.404(a)(2)', () => {
  it('BRE-03 begins with the first workforce member, not with the privacy officer', () => {
    const found = individual({
      knowledge: [
        { by: 'workforce', on: '2026-02-20', how: 'knew' },
        { by: 'workforce', on: '2026-02-03', how: 'knew' },
      ],
    })
    expect(found).toMatchObject({ due: '2026-04-04', trigger: { on: '2026-02-03' } })
  })

  it('BRE-04 begins when reasonable diligence would have known', () => {
    const found = individual({
      knowledge: [
        { by: 'workforce', on: '2026-01-10', how: 'would-have-known' },
        { by: 'workforce', on: '2026-03-01', how: 'knew' },
      ],
    })
    expect(found.due).toBe('2026-03-11')
  })

  it('BRE-05 does not begin with the person who committed the breach', () => {
    const perpetrator = { by: 'perpetrator', on: '2026-01-05', how: 'knew' } as const
    const coworker = { by: 'workforce', on: '2026-02-10', how: 'knew' } as const
    expect(individual({ knowledge: [perpetrator, coworker] }).due).toBe('2026-04-11')
    expect(individual({ discovered: '2026-02-10', knowledge: [perpetrator, coworker] }).due).toBe('2026-04-11')
    expect(individual({ knowledge: [perpetrator] })).toMatchObject({
      status: 'pending-facts',
      because: 'trigger-not-known',
      unknown: ['discovered'],
    })
  })

  it('begins with an agent', () => {
    expect(individual({ knowledge: [{ by: 'agent', on: '2026-02-03', how: 'knew' }] }).due).toBe('2026-04-04')
  })

  it('takes the earliest of instants in the zone of the entity', () => {
    const found = individual({
      timeZone: 'America/New_York',
      knowledge: [
        { by: 'workforce', on: '2026-02-04T03:00:00Z', how: 'knew' },
        { by: 'workforce', on: '2026-02-04', how: 'knew' },
      ],
    })
    expect(found.trigger?.on).toBe('2026-02-03')
  })

  it('refuses a stated discovery that is later than imputed knowledge', async () => {
    const error = await refusal(() =>
      evaluate(breachNotice, { discovered: '2026-02-20', knowledge: [{ by: 'workforce', on: '2026-02-03', how: 'knew' }] }),
    )
    expect(error.code).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(error.path).toBe('facts.discovered')
    expect(error.message).not.toContain('2026')
  })

  it('takes no other date for discovery: neither occurrence nor confirmation is a fact', async () => {
    for (const name of ['occurred', 'confirmed', 'determined', 'privacyOfficerKnew']) {
      const error = await refusal(() => evaluate(breachNotice, { discovered: '2026-01-10', [name]: '2026-01-01' } as Facts))
      expect(error.code).toBe('PHI_DEADLINES_FACTS')
    }
  })

  it('has no date while nobody is known to have known', () => {
    for (const deadline of evaluate(breachNotice, { residents: { OH: 501 } })) {
      expect(deadline).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known' })
      expect(deadline.due).toBeUndefined()
    }
    expect(individual({ discovered: '2026-05-04' }, { today: '2026-05-03' })).toMatchObject({
      status: 'pending-facts',
      because: 'trigger-in-the-future',
    })
  })
})

describe('how many people, 164.406 and 164.408', () => {
  it.each([
    [0, 'breach.secretary.fewer-than-500', '2027-03-01'],
    [1, 'breach.secretary.fewer-than-500', '2027-03-01'],
    [499, 'breach.secretary.fewer-than-500', '2027-03-01'],
    [500, 'breach.secretary.500-or-more', '2026-07-03'],
    [501, 'breach.secretary.500-or-more', '2026-07-03'],
    [10_000_000, 'breach.secretary.500-or-more', '2026-07-03'],
  ])('S159 C3 %d people in all: %s, %s', (individuals, rule, due) => {
    expect(secretary({ discovered: '2026-05-04', individuals })).toMatchObject({ status: 'due', rule, due })
  })

  it('S160 C4 media: 500 residents of a State are not more than 500', () => {
    const residents = { OH: 499, NV: 500, TX: 501 }
    expect(mediaStates({ discovered: '2026-05-04', residents })).toEqual(['TX'])
    expect(media({ discovered: '2026-05-04', residents }).filter(({ status }) => status === 'not-applicable')).toHaveLength(2)
  })

  it('S160 C4 media: every State and jurisdiction of 160.103 by itself', () => {
    expect(usStates).toHaveLength(56)
    for (const state of usStates) {
      expect(mediaStates({ discovered: '2026-05-04', residents: { [state]: 500 } })).toEqual([])
      expect(mediaStates({ discovered: '2026-05-04', residents: { [state]: 501 } })).toEqual([state])
    }
  })

  it.each([
    ['CNT-03', { OH: 499 }, 499, '2027-03-01', []],
    ['CNT-04', { OH: 500 }, 500, '2026-07-03', []],
    ['CNT-05', { NV: 500, UT: 500 }, 1000, '2026-07-03', []],
    ['CNT-06', { TX: 501, CA: 599 }, 1100, '2026-07-03', ['CA', 'TX']],
    ['CNT-07', { PR: 501 }, 501, '2026-07-03', ['PR']],
  ] as const)('S160 %s', (_, residents, individuals, secretaryDue, states) => {
    const facts = { discovered: '2026-05-04', residents, individuals }
    expect(individual(facts).due).toBe('2026-07-03')
    expect(secretary(facts).due).toBe(secretaryDue)
    expect(mediaStates(facts)).toEqual(states)
    for (const state of states) expect(of('breach.media', facts, undefined, state).due).toBe('2026-07-03')
  })

  it('CNT-08 a count that is revised upwards moves the Secretary, from the same discovery', () => {
    const first = secretary({ discovered: '2026-08-10', individuals: 480 })
    const revised = secretary({ discovered: '2026-08-10', individuals: 530 })
    expect(first).toMatchObject({ rule: 'breach.secretary.fewer-than-500', due: '2027-03-01' })
    expect(revised).toMatchObject({ rule: 'breach.secretary.500-or-more', due: '2026-10-09' })
    expect(revised.trigger).toEqual(first.trigger)
  })

  it('CNT-08 and back: the annual submission again', () => {
    expect(secretary({ discovered: '2026-08-10', individuals: 499 }).due).toBe('2027-03-01')
  })

  it('CNT-09 an unknown count plans for the strict branch and stays pending', () => {
    for (const individuals of [null, undefined]) {
      const found = secretary({ discovered: '2026-08-10', individuals })
      expect(found).toMatchObject({
        status: 'pending-facts',
        because: 'condition-not-known',
        rule: 'breach.secretary.500-or-more',
        planFor: '2026-10-09',
        unknown: ['individuals'],
      })
      expect(found.due).toBeUndefined()
    }
  })

  it('an unknown count is known well enough once the States that are counted reach 500', () => {
    const found = secretary({ discovered: '2026-08-10', residents: { OH: 400, NV: 100, TX: null } })
    expect(found).toMatchObject({ status: 'due', due: '2026-10-09' })
    expect(secretary({ discovered: '2026-08-10', residents: { OH: 400, NV: 99, TX: null } }).status).toBe('pending-facts')
  })

  it('a State whose count is not known stays pending, unless the total leaves too few', () => {
    const facts = { discovered: '2026-08-10', residents: { OH: null } }
    expect(of('breach.media', facts, undefined, 'OH')).toMatchObject({
      status: 'pending-facts',
      planFor: '2026-10-09',
      unknown: ['residents'],
    })
    expect(of('breach.media', { ...facts, individuals: 500 }, undefined, 'OH').status).toBe('not-applicable')
    expect(of('breach.media', { ...facts, individuals: 501 }, undefined, 'OH').status).toBe('pending-facts')
  })

  it('a map that does not reach the total leaves people who live elsewhere', () => {
    const found = media({ discovered: '2026-08-10', residents: { OH: 10 }, individuals: 700 })
    expect(found.map(({ jurisdiction, status }) => [jurisdiction, status])).toEqual([
      [undefined, 'pending-facts'],
      ['OH', 'not-applicable'],
    ])
  })

  it('without a total nobody has said that the map names everybody', () => {
    const found = media({ discovered: '2026-08-10', residents: { OH: 10 } })
    expect(found.map(({ jurisdiction, status }) => [jurisdiction, status])).toEqual([
      [undefined, 'pending-facts'],
      ['OH', 'not-applicable'],
    ])
    const all = media({ discovered: '2026-08-10', residents: { OH: 10 }, individuals: 510 })
    expect(all.map(({ jurisdiction }) => jurisdiction)).toEqual(['OH'])
  })

  it('without any count both others are pending, and individuals are due', () => {
    const statuses = Object.fromEntries(
      evaluate(breachNotice, { discovered: '2026-08-10' }).map(({ duty, status }) => [duty, status]),
    )
    expect(statuses).toEqual({
      'breach.individual': 'due',
      'breach.media': 'pending-facts',
      'breach.secretary': 'pending-facts',
    })
  })

  it('refuses a total that is smaller than what the States sum to', async () => {
    const error = await refusal(() =>
      evaluate(breachNotice, { discovered: '2026-05-04', residents: { OH: 5 }, individuals: 4 }),
    )
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.individuals' })
  })

  it('one person more never takes a duty away and never makes one later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: 0, max: 1200 }), (oh, tx) => {
        const at = (OH: number, TX: number) => ({ discovered: '2026-05-04', residents: { OH, TX }, individuals: OH + TX })
        const [less, more] = [at(oh, tx), at(oh + 1, tx)]
        expect((secretary(more).due as string) <= (secretary(less).due as string)).toBe(true)
        expect(mediaStates(more)).toEqual(expect.arrayContaining(mediaStates(less)))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 200 },
    )
  })
})

describe('the Secretary once a year, 164.408(c)', () => {
  it.each([
    [2013, '2014-03-01'],
    [2018, '2019-03-01'],
    [2019, '2020-02-29'],
    [2020, '2021-03-01'],
    [2021, '2022-03-01'],
    [2022, '2023-03-01'],
    [2023, '2024-02-29'],
    [2024, '2025-03-01'],
    [2025, '2026-03-01'],
    [2026, '2027-03-01'],
    [2027, '2028-02-29'],
    [2028, '2029-03-01'],
    [2029, '2030-03-01'],
    [2030, '2031-03-01'],
  ])('HHS-%d discovered in that year, due %s', (year, due) => {
    for (const discovered of [`${year}-01-01`, `${year}-06-15`, `${year}-12-31`]) {
      const found = secretary({ discovered, individuals: 12 })
      expect(found).toMatchObject({ status: 'due', due, trigger: { on: discovered } })
      const count = found.steps.find(({ step }) => step === 'count')
      expect(count).toMatchObject({ from: `${year}-12-31`, amount: 60, unit: 'calendar-days', counts: 'after' })
    }
  })

  it('is 60 days after 31 December of every year, by the calendar of the runtime', () => {
    for (let year = 2010; year < 2200; year++) {
      expect(secretary({ discovered: `${year}-12-31`, individuals: 1 }).due).toBe(plus(`${year}-12-31`, 60))
    }
  })

  it('HHS-TZ the last evening of the year belongs to that year', () => {
    const facts = { discovered: '2025-12-31T23:30:00[America/New_York]', timeZone: 'America/New_York', individuals: 12 }
    expect(secretary(facts)).toMatchObject({ due: '2026-03-01', trigger: { on: '2025-12-31' } })
  })

  it('HHS-OCC the year of discovery counts, not that of occurrence', () => {
    const facts = { discovered: '2026-01-10', individuals: 12 }
    expect(secretary(facts).due).toBe('2027-03-01')
    expect(individual(facts).due).toBe('2026-03-11')
  })

  it('may be submitted early', () => {
    expect(secretary({ discovered: '2026-01-10', individuals: 12, notifiedSecretary: '2026-01-10' }).status).toBe('met')
  })
})

describe('law enforcement, 164.412', () => {
  const from = (...lawEnforcement: LawEnforcementStatement[]) => ({ discovered: '2026-02-01', lawEnforcement })
  const oral = (on: string): LawEnforcementStatement => ({ form: 'oral', on })
  const written = (on: string, until?: string): LawEnforcementStatement => ({ form: 'written', on, until })

  it('LEH-01 oral: 30 days from the statement, not 30 days more', () => {
    expect(individual(from(oral('2026-03-20')))).toMatchObject({
      base: '2026-04-02',
      due: '2026-04-19',
      hold: { through: '2026-04-19', needs: 'written statement specifying the time' },
    })
  })

  it('LEH-02 oral and over before the date: nothing is tolled', () => {
    const found = individual(from(oral('2026-02-05')))
    expect(found).toMatchObject({ base: '2026-04-02', due: '2026-04-02', hold: { through: '2026-03-07' } })
    expect(found.hold?.windows[0]?.moved).toBe(false)
  })

  it('LEH-03 written: for the time that it specifies', () => {
    const found = individual(from(written('2026-03-10', '2026-06-30')))
    expect(found).toMatchObject({ base: '2026-04-02', hold: { through: '2026-06-30', actOn: '2026-07-01' } })
    expect(found.hold?.needs).toBeUndefined()
    expect(individual(from(written('2026-03-10', '2026-06-30')), { today: '2026-05-01' }).status).toBe('held')
  })

  it('LEH-04 oral, then written within the 30 days', () => {
    const found = individual(from(oral('2026-03-20'), { form: 'written', on: '2026-04-10', days: 45 }))
    expect(found.hold?.through).toBe('2026-05-25')
  })

  it('LEH-05 a written statement after the oral one has lapsed cures nothing', () => {
    const found = individual(from(oral('2026-03-20'), written('2026-04-25', '2026-06-30')))
    expect(found).toMatchObject({ due: '2026-04-19', overdueFrom: '2026-04-20' })
    expect(found.hold?.windows).toMatchObject([
      { form: 'oral', through: '2026-04-19', moved: true },
      { form: 'written', from: '2026-04-25', why: 'lapsed-before', moved: false },
    ])
  })

  it('LEH-06 written without a time counts as an oral one', () => {
    expect(individual(from(written('2026-03-20')))).toMatchObject({
      due: '2026-04-19',
      hold: { through: '2026-04-19', needs: 'written statement specifying the time' },
    })
  })

  it('LEH-07 reaches the annual submission', () => {
    const facts = { discovered: '2025-11-01', individuals: 40, lawEnforcement: [oral('2026-02-20')] }
    expect(secretary(facts)).toMatchObject({ base: '2026-03-01', due: '2026-03-22' })
  })

  it('reaches media, the Secretary at once, and the notice of a business associate', () => {
    const facts = { ...from(oral('2026-03-20')), residents: { OH: 501 }, individuals: 501 }
    for (const deadline of evaluate(breachNotice, facts)) expect(deadline).toMatchObject({ due: '2026-04-19' })
    expect(evaluate(businessAssociateNotice, from(oral('2026-03-20')))[0]).toMatchObject({ due: '2026-04-19' })
  })

  it('has no effect where the oral statement was not documented', () => {
    const found = individual(from({ ...oral('2026-03-20'), documented: false }))
    expect(found).toMatchObject({ due: '2026-04-02', hold: { needs: 'documentation of the oral statement' } })
  })
})

describe('the presumption, 164.402(2) and 164.414(b)', () => {
  it('EXC-01 without a finding the clocks run', () => {
    for (const finding of [null, undefined]) {
      expect(individual({ discovered: '2026-05-04', finding })).toMatchObject({ status: 'due', due: '2026-07-03' })
    }
  })

  it('EXC-01 no finding silences anything until it is documented', () => {
    expect(breachFindings).toEqual(['breach', 'low-probability-of-compromise', 'exclusion', 'secured'])
    for (const finding of breachFindings) {
      for (const findingDocumented of [undefined, null, false, true]) {
        const silent = finding !== 'breach' && findingDocumented === true
        const facts = { discovered: '2026-05-04', residents: { OH: 501 }, individuals: 501, finding, findingDocumented }
        for (const { status } of evaluate(breachNotice, facts)) expect(status).toBe(silent ? 'not-applicable' : 'due')
        const own = evaluate(businessAssociateNotice, { discovered: '2026-05-04', finding, findingDocumented })
        expect(own.map(({ status }) => status)).toEqual([silent ? 'not-applicable' : 'due'])
      }
    }
  })
})

describe('the law of the day', () => {
  it('begins with breaches discovered on 23 September 2009', () => {
    expect(individual({ discovered: '2009-09-22' })).toMatchObject({ status: 'not-in-force', because: 'not-yet-in-force' })
    expect(individual({ discovered: '2009-09-23' })).toMatchObject({ status: 'due', due: '2009-11-22' })
  })

  it('was not known before it was there', () => {
    expect(individual({ discovered: '2026-05-04' }, { knownAt: '2009-09-22' })).toMatchObject({
      status: 'not-in-force',
      because: 'not-yet-known',
    })
    expect(individual({ discovered: '2026-05-04' }, { knownAt: '2026-05-04' }).status).toBe('due')
  })
})

describe('a business associate, 164.410', () => {
  it('C1 owes notice from discovery: BRE-07', () => {
    const [found, ...others] = evaluate(businessAssociateNotice, {
      discovered: '2026-03-01',
      notifiedCoveredEntity: '2026-04-20',
    })
    expect(others).toEqual([])
    expect(found).toMatchObject({
      status: 'met',
      due: '2026-04-30',
      addressee: 'covered-entity',
      citation: '45 CFR 164.410(b)',
      done: { daysAfterTrigger: 50 },
    })
  })
})
