import { describe, expect, it } from 'vitest'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import { federal } from '../federal/index.ts'
import type { FactsOf } from '../rule/facts.ts'
import type { StateFacts } from './facts.ts'
import { notSignedOff, stateBreachNotice } from './notice.ts'

type Facts = FactsOf<StateFacts>

const ask = (facts: Facts, options?: EvaluateOptions) => evaluate(stateBreachNotice(), facts, options)

/** The one result of a row, by its id after `state.`. */
function of(results: readonly Deadline[], id: string): Deadline {
  const found = results.filter(({ duty }) => duty === `state.${id}`)
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

const one = (id: string, facts: Facts, options?: EvaluateOptions) => of(ask(facts, options), id)

describe('the cases of the corpus', () => {
  it('STB-01: a health facility of California has 15 business days from detection', () => {
    const facts = { residents: { CA: 1 }, californiaHealthFacility: true, detected: '2026-03-02' }
    for (const id of ['ca.health-department', 'ca.patients']) {
      expect(one(id, facts)).toMatchObject({ status: 'due', due: '2026-03-23', confirmation: 'text-seen', jurisdiction: 'CA' })
    }
  })

  it('STB-02: the day after Thanksgiving is no business day of California, and one of the strict calendar', () => {
    const facts = { residents: { CA: 1 }, californiaHealthFacility: true, detected: '2026-11-16' }
    expect(one('ca.health-department', facts)).toMatchObject({ due: '2026-12-08', lawfulUntil: '2026-12-09' })
  })

  it('STB-03: after a delay for law enforcement the 15 business days run from its end', () => {
    const facts = {
      residents: { CA: 1 },
      californiaHealthFacility: true,
      detected: '2026-03-02',
      lawEnforcementReleased: '2026-05-01',
    }
    expect(one('ca.patients.after-release', facts)).toMatchObject({
      due: '2026-05-22',
      citation: expect.stringMatching(/\(c\)$/),
    })
    expect(one('ca.patients', facts).due).toBe('2026-03-23')
  })

  it('STB-04: California, 30 days to residents, and a copy 15 days after they are told, above 500', () => {
    const results = ask({ residents: { CA: 501 }, discovered: '2026-05-04', notifiedResidents: { CA: '2026-06-01' } })
    expect(of(results, 'ca.residents')).toMatchObject({ status: 'met', due: '2026-06-03' })
    expect(of(results, 'ca.attorney-general')).toMatchObject({ status: 'due', due: '2026-06-16' })
  })

  it('STB-05: exactly 500 of California: no copy', () => {
    const results = ask({ residents: { CA: 500 }, discovered: '2026-05-04' })
    expect(of(results, 'ca.residents').due).toBe('2026-06-03')
    expect(of(results, 'ca.attorney-general')).toMatchObject({ status: 'not-applicable' })
    expect(of(results, 'ca.attorney-general').due).toBeUndefined()
  })

  it('STB-06: California had no number of days in 2025', () => {
    const facts = { residents: { CA: 1 }, discovered: '2025-10-01' }
    for (const options of [undefined, { knownAt: '2025-10-01' }, { today: '2026-03-01' }]) {
      const found = one('ca.residents', facts, options)
      expect(found).toMatchObject({ status: 'qualitative', rule: 'state.ca.residents.until-2025-12-31' })
      expect(found.standard).toContain('most expedient time possible')
      expect(found.due).toBeUndefined()
    }
  })

  it('STB-07: the Attorney General of Texas is due before the residents, from 250 on', () => {
    const results = ask({ residents: { TX: 250 }, determined: '2026-05-04' })
    expect(of(results, 'tx.residents')).toMatchObject({ due: '2026-07-03', status: 'due' })
    expect(of(results, 'tx.attorney-general')).toMatchObject({ due: '2026-06-03', status: 'due' })
  })

  it('STB-08: the day 30 is a Saturday, and Tex. Gov. Code 311.014 gives Monday beside it', () => {
    const found = one('tx.attorney-general', { residents: { TX: 900 }, determined: '2026-04-30' })
    expect(found).toMatchObject({ due: '2026-05-30', lawfulUntil: '2026-06-01', overdueFrom: '2026-06-02' })
    expect(found.citations.map(({ source, section }) => `${source} ${section}`)).toContain('Tex. Gov. Code 311.014')
    expect(found.steps).toContainEqual(expect.objectContaining({ step: 'roll', by: 'statute', to: '2026-06-01' }))
  })

  it('STB-09: New York, 30 days since 21 December 2024', () => {
    expect(one('ny.residents', { residents: { NY: 1 }, discovered: '2026-05-04' }).due).toBe('2026-06-03')
  })

  it('STB-10: 5 business days after the Secretary was told; Juneteenth gives a day more', () => {
    const facts = { residents: { NY: 1 }, notifiedSecretary: '2026-06-18' }
    expect(one('ny.attorney-general.hipaa', facts)).toMatchObject({ due: '2026-06-25', lawfulUntil: '2026-06-26' })
  })

  it('STB-11: New York had no number of days in November 2024', () => {
    const found = one('ny.residents', { residents: { NY: 1 }, discovered: '2024-11-15' }, { knownAt: '2024-11-20' })
    expect(found.status).toBe('qualitative')
    expect(found.due).toBeUndefined()
  })

  it('STB-12: Florida, from 500 on, and 15 days more for good cause given in writing within the 30', () => {
    const facts = { residents: { FL: 500 }, determined: '2026-05-04' }
    const results = ask(facts)
    expect(of(results, 'fl.residents').due).toBe('2026-06-03')
    const plain = of(results, 'fl.department-of-legal-affairs')
    expect(plain).toMatchObject({ status: 'due', due: '2026-06-03' })
    expect(plain.changesIf).toContainEqual(expect.objectContaining({ fact: 'goodCauseStatements', due: '2026-06-18' }))
    const good = { given: '2026-06-03', written: true, reasons: true }
    expect(one('fl.department-of-legal-affairs', { ...facts, goodCauseStatements: [good] })).toMatchObject({
      due: '2026-06-18',
      base: '2026-06-03',
    })
    for (const bad of [
      { ...good, given: '2026-06-04' },
      { ...good, written: false },
      { given: '2026-06-01', written: true },
    ]) {
      expect(one('fl.department-of-legal-affairs', { ...facts, goodCauseStatements: [bad] }).due).toBe('2026-06-03')
    }
    expect(one('fl.residents', { ...facts, goodCauseStatements: [{ ...good, promisedDate: '2027-01-01' }] }).due).toBe(
      '2026-06-03',
    )
  })

  it('STB-13: Maryland, 45 days to residents, 10 from a vendor to the owner, 7 after the release', () => {
    const results = ask({
      residents: { MD: 1 },
      discovered: '2026-05-04',
      maintainsForAnother: true,
      lawEnforcementReleased: '2026-06-01',
    })
    expect(of(results, 'md.residents').due).toBe('2026-06-18')
    expect(of(results, 'md.owner').due).toBe('2026-05-14')
    expect(of(results, 'md.residents.after-release').due).toBe('2026-06-08')
  })

  it('STB-14: Maine, 30 days from awareness, and 7 business days after the release, with Juneteenth and without', () => {
    const results = ask({ residents: { ME: 1 }, aware: '2026-05-04', lawEnforcementReleased: '2026-06-10' })
    expect(of(results, 'me.residents').due).toBe('2026-06-03')
    expect(of(results, 'me.residents.after-release')).toMatchObject({ due: '2026-06-19', lawfulUntil: '2026-06-22' })
  })

  it('STB-15: Vermont, 14 business days to the Attorney General; Town Meeting Day gives a day more', () => {
    const results = ask({ residents: { VT: 1 }, discovered: '2026-03-02' })
    expect(of(results, 'vt.attorney-general')).toMatchObject({ due: '2026-03-20', lawfulUntil: '2026-03-23' })
    expect(of(results, 'vt.residents').due).toBe('2026-04-16')
  })

  it('STB-16: Puerto Rico, 10 days from detection', () => {
    const results = ask({ residents: { PR: 1 }, detected: '2026-05-04' })
    expect(of(results, 'pr.consumer-affairs').due).toBe('2026-05-14')
    expect(of(results, 'pr.residents').status).toBe('qualitative')
  })

  it.each([
    ['AL', 'determined', '2026-06-18'],
    ['IN', 'discovered', '2026-06-18'],
    ['NM', 'discovered', '2026-06-18'],
    ['OH', 'discovered', '2026-06-18'],
    ['TN', 'discovered', '2026-06-18'],
    ['WA', 'discovered', '2026-06-03'],
    ['LA', 'discovered', '2026-07-03'],
    ['SD', 'discovered', '2026-07-03'],
  ] as const)('STB-%s: the residents, counted from %s of 2026-05-04', (state, fact, due) => {
    const results = ask({ residents: { [state]: 1 }, [fact]: '2026-05-04' })
    expect(of(results, `${state.toLowerCase()}.residents`)).toMatchObject({ status: 'due', due })
  })

  it('STB-MULTI: the States bind before the federal rules', () => {
    const residents = { TX: 300, CA: 50, FL: 600 }
    const ours = ask({
      discovered: '2026-05-04',
      determined: '2026-05-04',
      hipaaRole: 'covered-entity',
      californiaHealthFacility: false,
      maintainsForAnother: false,
      lawEnforcementDelay: false,
      residents,
      individuals: 950,
    })
    const theirs = evaluate(federal.breachNotice, { discovered: '2026-05-04', residents, individuals: 950 })
    const due = [...ours, ...theirs].filter(({ status }) => status === 'due')
    expect(due.map(({ jurisdiction, addressee, due: day }) => `${jurisdiction ?? 'US'} ${addressee} ${day}`).sort()).toEqual([
      'CA residents 2026-06-03',
      'FL department-of-legal-affairs 2026-06-03',
      'FL media 2026-07-03',
      'FL residents 2026-06-03',
      'TX attorney-general 2026-06-03',
      'TX residents 2026-07-03',
      'US individuals 2026-07-03',
      'US secretary 2026-07-03',
    ])
    const earliest = [...ours, ...theirs].map((each) => each.due ?? each.planFor ?? '9').sort()[0]
    expect(earliest).toBe('2026-06-03')
  })
})

describe('every State result', () => {
  it('says that the row is not signed off', () => {
    const results = ask({ discovered: '2026-05-04' })
    expect(results.length).toBeGreaterThan(100)
    for (const { duty, note } of results) {
      if (duty.endsWith('.no-row')) expect(note).toContain('A gap in this ruleset')
      else if (duty !== 'state.elsewhere') expect(note?.endsWith(notSignedOff)).toBe(true)
    }
  })

  it('names its ruleset, its State and its citation', () => {
    const found = one('ny.residents', { residents: { NY: 3 }, discovered: '2026-05-04', timeZone: 'America/New_York' })
    expect(found).toMatchObject({
      ruleset: 'us-states-breach/2026-11',
      jurisdiction: 'NY',
      citation: 'N.Y. Gen. Bus. Law 899-aa(2)',
      confirmation: 'secondary',
      asOf: '2026-01-01',
      dueInstant: '2026-06-03T23:59:59-04:00',
      addressee: 'residents',
    })
  })

  it('is counted in the zone of the obliged entity, also where the State lies in another', () => {
    const facts = { residents: { CA: 1, NY: 1 }, discovered: '2026-05-05T01:00:00-04:00' }
    const west = ask({ ...facts, timeZone: 'America/Los_Angeles' })
    const east = ask({ ...facts, timeZone: 'America/New_York' })
    expect(of(west, 'ny.residents').due).toBe('2026-06-03')
    expect(of(east, 'ca.residents').due).toBe('2026-06-04')
  })
})
