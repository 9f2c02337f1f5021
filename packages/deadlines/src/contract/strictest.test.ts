import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { businessAssociateNotice } from '../federal/breach.ts'
import { denialReview } from '../federal/requests.ts'
import { contractClock, type Starts, type Within } from './clock.ts'
import { contractGroup } from './group.ts'
import { strictest } from './strictest.ts'

const timeZone = 'America/New_York'

function contract(starts: Starts, within: Within, facts: object, today?: string): Deadline {
  const clock = contractClock({
    id: 'notice',
    title: 'Notify the customer',
    agreement: 'Business associate agreement',
    clause: '4.1',
    addressee: 'covered-entity',
    starts,
    within,
    metBy: 'told',
    from: '2026-01-01',
    asOf: '2026-01-01',
    confirmation: 'text-seen',
  })
  const group = contractGroup({ id: 'agreement', ruleset: { id: 'agreement/1', asOf: '2026-01-01' }, clocks: [clock] })
  return evaluate(group, facts, today === undefined ? {} : { today })[0] as Deadline
}
const law = (facts: object, today?: string): Deadline =>
  evaluate(businessAssociateNotice, facts, today === undefined ? {} : { today })[0] as Deadline

const days = (calendarDays: number): Within => ({ calendarDays, counts: 'after', rolls: 'none' })

describe('which binds first', () => {
  const facts = { discovered: '2026-05-04', timeZone }

  test('S99: 72 hours bind before 60 days, and the law stands behind them', () => {
    const found = strictest(
      law(facts),
      contract('discovery', { hours: 72 }, { ...facts, discovered: '2026-05-04T09:00:00-04:00' }),
    )
    expect(found).toMatchObject({
      first: 'contract',
      planFor: '2026-05-07',
      planForInstant: '2026-05-07T09:00:00-04:00',
      certain: true,
      law: { due: '2026-07-03' },
    })
  })

  test('C1: a contract never lengthens the law', () => {
    const found = strictest(law(facts), contract('discovery', days(90), facts))
    expect(found).toMatchObject({ first: 'law', planFor: '2026-07-03', contract: { due: '2026-08-02' } })
    expect(found.says.join(' ')).toContain('does not lengthen the time that 45 CFR 164.410(b) gives')
  })

  test('S134, C1: nor does a late confirmation', () => {
    const confirmed = { ...facts, confirmed: '2026-07-02' }
    const found = strictest(law(facts), contract('confirmation', { hours: 72 }, confirmed))
    expect(found).toMatchObject({ first: 'law', planFor: '2026-07-03', contract: { due: '2026-07-04' } })
  })

  test('S134, C1: with confirmation not known, plan from discovery, and say that the law runs from it', () => {
    const found = strictest(law(facts), contract('confirmation', { hours: 72 }, facts))
    expect(found).toMatchObject({ first: 'contract', planFor: '2026-05-06', certain: false })
    expect(found.planForInstant).toBeUndefined()
    expect(found.says.join(' ')).toContain('the law runs from discovery (45 CFR 164.410(a)(2))')
  })

  test('with nothing known neither can be put off behind the other', () => {
    const found = strictest(law({}), contract('confirmation', { hours: 72 }, {}))
    expect(found).toMatchObject({ first: 'not-known', certain: false })
    expect(found.planFor).toBeUndefined()
  })

  test('words without a number have no place in the order, and keep the other from being certain', () => {
    const [promptly] = evaluate(denialReview, { reviewRequested: '2026-05-04' }) as [Deadline]
    expect(strictest(promptly, contract('discovery', days(3), facts))).toMatchObject({
      first: 'not-known',
      planFor: '2026-05-07',
      certain: false,
    })
  })

  test('the same day, and an hour of it', () => {
    expect(strictest(law(facts), contract('discovery', days(60), facts)).first).toBe('same-day')
    const hourly = contract('discovery', { hours: 60 * 24 }, { ...facts, discovered: '2026-05-04T09:00:00-04:00' })
    expect(hourly.due).toBe('2026-07-03')
    expect(strictest(law(facts), hourly)).toMatchObject({ first: 'contract', planForInstant: '2026-07-03T09:00:00-04:00' })
  })

  test('instants decide where the clocks are set back', () => {
    const at = (dueInstant: string) => ({ ...law(facts), due: '2026-11-01', dueInstant })
    expect(strictest(at('2026-11-01T01:10:00-05:00'), at('2026-11-01T01:50:00-04:00')).first).toBe('contract')
  })

  test('what is done or does not apply does not bind', () => {
    const told = { ...facts, told: '2026-05-05' }
    const done = contract('discovery', days(3), told)
    expect(done.status).toBe('met')
    expect(strictest(law(facts), done)).toMatchObject({ first: 'law', planFor: '2026-07-03', certain: true })
    const lawDone = law({ ...facts, notifiedCoveredEntity: '2026-05-05' })
    expect(strictest(lawDone, contract('discovery', days(3), facts))).toMatchObject({
      first: 'contract',
      planFor: '2026-05-07',
    })
    expect(strictest(lawDone, done)).toMatchObject({ first: 'none' })
    // Done late is done: nothing is left to work to.
    const late = contract('discovery', days(3), { ...facts, told: '2026-06-05' })
    expect(late.status).toBe('late')
    expect(strictest(law(facts), late).first).toBe('law')
    // Late and not done still binds.
    expect(strictest(law(facts, '2026-06-01'), contract('discovery', days(3), facts, '2026-06-01'))).toMatchObject({
      first: 'contract',
      planFor: '2026-05-07',
    })
  })

  test('other addressees are said to be other', () => {
    const found = strictest({ ...law(facts), addressee: 'individuals' }, contract('discovery', days(3), facts))
    expect(found.says.join(' ')).toContain('different addressees')
  })
})

test('the date to work to is never later than that of the law', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: parseDay('2026-01-01'), max: parseDay('2030-01-01') }),
      fc.integer({ min: 1, max: 200 }),
      fc.option(fc.nat({ max: 100 }), { nil: undefined }),
      (day, amount, later) => {
        const facts = { discovered: formatDay(day) }
        const more = later === undefined ? facts : { ...facts, confirmed: formatDay(day + later) }
        const found = strictest(law(facts), contract('confirmation', days(amount), more))
        expect((found.planFor as string) <= (found.law.due as string)).toBe(true)
        expect(found.law).toEqual(law(facts))
      },
    ),
  )
})
