import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { ask, current, day, everything, find, one, quiet } from '../../test/state-samples.ts'
import type { Condition } from '../rule/condition.ts'

interface Threshold {
  readonly count: 'residents' | 'individuals'
  /** The first number that is enough. */
  readonly from: number
}

/** The threshold of a row, read from its data in the plainest way. */
function thresholdOf(condition: Condition): Threshold | undefined {
  if (condition === 'always' || 'fact' in condition || 'not' in condition || 'any' in condition) return undefined
  if ('all' in condition) {
    const found = condition.all.map(thresholdOf).filter((each) => each !== undefined)
    return found.find(({ count }) => count === 'individuals') ?? found[0]
  }
  if ('moreThan' in condition) return { count: condition.count as 'residents', from: condition.moreThan + 1 }
  if ('atLeast' in condition) return { count: condition.count as 'residents', from: condition.atLeast }
  return undefined
}

describe('thresholds', () => {
  it.each(current.map(({ state, rule }) => [rule.id, state, rule] as const))(
    '%s: one fewer, the number, one more',
    (id, state, rule) => {
      const threshold = thresholdOf(rule.applies)
      if (!threshold) {
        expect(id).toMatch(/^state\.ca\.(health-department|patients)/)
        return
      }
      const { count, from } = threshold
      const results = [from - 1, from, from + 1].map((number) => {
        const residents = { [state]: count === 'residents' ? number : 1 }
        const told = { notifiedResidents: { [state]: day } }
        const found = ask({
          ...everything,
          ...told,
          residents,
          ...(count === 'individuals' && { individuals: Math.max(number, 1) }),
        })
        return find(found, id.slice('state.'.length))
      })
      expect(results.map(quiet)).toEqual([true, false, false])
    },
  )

  it.each([
    ['ca.attorney-general', 'CA', 500, 501],
    ['wa.attorney-general', 'WA', 500, 501],
    ['pa.attorney-general', 'PA', 500, 501],
    ['il.attorney-general', 'IL', 500, 501],
    ['de.attorney-general', 'DE', 500, 501],
    ['tx.attorney-general', 'TX', 249, 250],
    ['co.attorney-general', 'CO', 499, 500],
    ['fl.department-of-legal-affairs', 'FL', 499, 500],
    ['ok.attorney-general', 'OK', 499, 500],
    ['ny.attorney-general', 'NY', 0, 1],
    ['va.attorney-general', 'VA', 0, 1],
    ['ma.attorney-general', 'MA', 0, 1],
  ] as const)('%s in %s: not for %i, for %i', (id, state, fewer, enough) => {
    const told = { ...everything, notifiedResidents: { [state]: day } }
    expect(one(id, { ...told, residents: { [state]: fewer } }).status).toBe('not-applicable')
    expect(['due', 'qualitative']).toContain(one(id, { ...told, residents: { [state]: enough } }).status)
  })

  it('an unknown headcount stays pending, and plans for the date of the duty', () => {
    for (const residents of [{ TX: null }, undefined, null, {}]) {
      const found = one('tx.attorney-general', { determined: day, residents })
      expect(found).toMatchObject({ status: 'pending-facts', because: 'condition-not-known', planFor: '2026-06-03' })
      expect(found.unknown).toEqual(['residents'])
      expect(one('tx.residents', { determined: day, residents }).planFor).toBe('2026-07-03')
    }
  })

  it('a number of all persons that is not known is at least that of the residents', () => {
    const told = { discovered: day, notifiedResidents: { VA: day } }
    expect(one('va.consumer-reporting-agencies', { ...told, residents: { VA: 10 } }).status).toBe('pending-facts')
    expect(one('va.consumer-reporting-agencies', { ...told, residents: { VA: 10 }, individuals: 1000 }).status).toBe(
      'not-applicable',
    )
    expect(one('va.consumer-reporting-agencies', { ...told, residents: { VA: 10, OH: 991 } }).status).toBe('qualitative')
  })
})

describe('events', () => {
  it.each([
    ['tx.attorney-general', 'TX', 'determined', '2026-06-03'],
    ['me.residents', 'ME', 'aware', '2026-06-03'],
    ['pr.consumer-affairs', 'PR', 'detected', '2026-05-14'],
    ['ri.residents', 'RI', 'confirmed', '2026-06-18'],
  ] as const)('%s: with only the discovery known it stays pending, and plans from it', (id, state, fact, date) => {
    const found = one(id, { discovered: day, residents: { [state]: 300 } })
    expect(found).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', planFor: date })
    expect(found.unknown).toContain(fact)
    expect(found.due).toBeUndefined()
    expect(one(id, { discovered: '2026-05-01', [fact]: day, residents: { [state]: 300 } })).toMatchObject({
      status: 'due',
      due: date,
    })
  })

  it('a clock from discovery is not counted from a determination', () => {
    const found = one('ny.residents', { determined: day, residents: { NY: 1 } })
    expect(found).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', unknown: ['discovered'] })
    expect(found.planFor).toBeUndefined()
  })

  it.each(['determined', 'aware', 'detected', 'confirmed'])('%s before the discovery contradicts it', async (fact) => {
    const error = await refusal(() => ask({ discovered: day, [fact]: '2026-05-03' }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: `facts.${fact}` })
    expect(ask({ discovered: day, [fact]: day }).length).toBeGreaterThan(100)
  })

  it.each([
    ['ca.attorney-general', 'CA', 501, '2026-06-16'],
    ['la.attorney-general', 'LA', 1, '2026-06-11'],
    ['ok.attorney-general', 'OK', 500, '2026-07-31'],
    ['pa.attorney-general', 'PA', 501, '2026-06-01'],
    ['il.attorney-general', 'IL', 501, '2026-06-01'],
    ['ct.attorney-general', 'CT', 1, '2026-06-01'],
    ['in.attorney-general', 'IN', 1, '2026-06-01'],
    ['me.attorney-general', 'ME', 1, '2026-06-01'],
    ['md.attorney-general', 'MD', 1, '2026-06-01'],
    ['nj.state-police', 'NJ', 1, '2026-06-01'],
  ] as const)('%s runs from the day on which the residents of its own State were told', (id, state, number, due) => {
    const facts = { discovered: day, residents: { [state]: number, NY: 1 } }
    expect(one(id, facts)).toMatchObject({
      status: 'pending-facts',
      because: 'trigger-not-known',
      unknown: ['notifiedResidents'],
    })
    const elsewhere = { ...facts, notifiedResidents: { NY: '2026-05-20' } }
    expect(one(id, elsewhere).status).toBe('pending-facts')
    expect(one(id, { ...facts, notifiedResidents: { [state]: '2026-06-01', NY: '2026-05-20' } }).due).toBe(due)
  })

  it('a regulator who was told before the residents was told in time, and one told after them too late', () => {
    const facts = { discovered: day, residents: { IL: 501, MD: 1 }, notifiedResidents: { IL: '2026-06-01', MD: '2026-06-01' } }
    for (const [told, status] of [
      ['2026-05-20', 'met'],
      ['2026-06-01', 'met'],
      ['2026-06-02', 'late'],
    ] as const) {
      const results = ask({ ...facts, notifiedAttorneyGeneral: { IL: told, MD: told } })
      expect(find(results, 'il.attorney-general').status).toBe(status)
      expect(find(results, 'md.attorney-general').status).toBe(status)
    }
  })

  it('Vermont: the Attorney General no later than residents, where they are told sooner', () => {
    const results = ask({ discovered: '2026-03-02', residents: { VT: 1 }, notifiedResidents: { VT: '2026-03-10' } })
    expect(find(results, 'vt.attorney-general').due).toBe('2026-03-20')
    expect(find(results, 'vt.attorney-general.with-residents').due).toBe('2026-03-10')
  })

  it('Minnesota: 48 hours after the notice, to the instant', () => {
    const facts = { residents: { MN: 501 }, individuals: 501, timeZone: 'America/Chicago' }
    const told = (on: string) => one('mn.consumer-reporting-agencies', { ...facts, notifiedResidents: { MN: on } })
    expect(told('2026-10-31T15:00:00-05:00')).toMatchObject({ due: '2026-11-02', dueInstant: '2026-11-02T14:00:00-06:00' })
    expect(told('2026-10-31')).toMatchObject({ due: '2026-11-01', unknown: ['notifiedResidents (time of day)'] })
  })
})

describe('a delay for law enforcement', () => {
  const rows = [
    ['md', 'MD', 'residents', '2026-06-18', '2026-06-17'],
    ['me', 'ME', 'residents', '2026-06-03', '2026-06-19'],
    ['sd', 'SD', 'residents', '2026-07-03', '2026-07-10'],
    ['ca', 'CA', 'patients', '2026-05-26', '2026-07-01'],
  ] as const
  it.each(rows)('%s: both dates are given, and the release moves nothing', (short, state, to, base, after) => {
    const facts = { ...everything, residents: { [state]: 1 } }
    const results = ask({ ...facts, lawEnforcementReleased: '2026-06-10' })
    expect(find(results, `${short}.${to}`)).toMatchObject({ status: 'due', due: base })
    expect(find(results, `${short}.${to}.after-release`)).toMatchObject({ status: 'due', due: after })
    expect(find(results, `${short}.${to}`).note).toContain('the time after its release has a row of its own')
  })

  it('is open while nobody has said whether there was one, and never where there was none', () => {
    const facts = { discovered: day, residents: { MD: 1 } }
    expect(one('md.residents.after-release', facts)).toMatchObject({
      status: 'pending-facts',
      unknown: ['lawEnforcementReleased', 'lawEnforcementDelay'],
    })
    expect(one('md.residents.after-release', { ...facts, lawEnforcementDelay: false }).status).toBe('not-applicable')
    expect(one('md.residents.after-release', { ...facts, lawEnforcementDelay: true }).unknown).toEqual([
      'lawEnforcementReleased',
    ])
    expect(one('md.residents', { ...facts, lawEnforcementDelay: true })).toMatchObject({ status: 'due', due: '2026-06-18' })
  })

  it('cannot be denied where the day of its release is given', async () => {
    const error = await refusal(() => ask({ lawEnforcementDelay: false, lawEnforcementReleased: day }))
    expect(error).toMatchObject({ code: 'PHI_DEADLINES_CONTRADICTION', path: 'facts.lawEnforcementDelay' })
  })
})
