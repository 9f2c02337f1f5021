import { describe, expect, it } from 'vitest'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactKinds, FactsOf } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import { nppEnrollment, nppFirstService, nppPart2, nppProviderRevision, nppReminder, nppRevision } from './npp.ts'

function of<Kinds extends FactKinds>(
  group: RuleGroup<Kinds>,
  duty: string,
  facts: FactsOf<Kinds>,
  options?: EvaluateOptions,
): Deadline {
  const found = evaluate(group, facts, options).filter((deadline) => deadline.duty === duty)
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

type First = FactsOf<typeof nppFirstService.facts>
const provide = (facts: First, options?: EvaluateOptions) => of(nppFirstService, 'npp.provide', facts, options)
const acknowledgment = (facts: First) => of(nppFirstService, 'npp.acknowledgment', facts)

describe('a provider at the first service, 164.520(c)(2)', () => {
  const inPerson = { firstService: '2026-05-01', electronic: false, emergency: false } as const

  it('S131 no later than the date of the first service', () => {
    expect(provide(inPerson)).toMatchObject({
      status: 'due',
      rule: 'npp.provide.first-service',
      due: '2026-05-01',
      citation: '45 CFR 164.520(c)(2)(i)(A)',
    })
    expect(provide({ ...inPerson, provided: '2026-05-01' }).status).toBe('met')
    expect(provide({ ...inPerson, provided: '2026-05-02' })).toMatchObject({ status: 'late', done: { daysLate: 1 } })
  })

  it('S131 may be given before, and has its date while that lies ahead', () => {
    expect(provide({ ...inPerson, provided: '2026-04-20' })).toMatchObject({ status: 'met', done: { daysAfterTrigger: -11 } })
    expect(provide(inPerson, { today: '2026-04-20' })).toMatchObject({ status: 'due', due: '2026-05-01' })
    expect(provide(inPerson, { today: '2026-05-02' })).toMatchObject({ status: 'late', daysLate: 1 })
  })

  it('S131 NPP-05 electronically: automatically and contemporaneously with the first request', () => {
    const found = provide({ ...inPerson, electronic: true })
    expect(found).toMatchObject({
      status: 'due',
      rule: 'npp.provide.electronic',
      due: '2026-05-01',
      citation: '45 CFR 164.520(c)(3)(iii)',
      standard: 'automatically and contemporaneously in response to the first request for service',
    })
  })

  it('in an emergency: words and no number', () => {
    for (const electronic of [true, false, undefined]) {
      const found = provide({ ...inPerson, electronic, emergency: true })
      expect(found).toMatchObject({
        status: 'qualitative',
        rule: 'npp.provide.emergency',
        standard: 'as soon as reasonably practicable after the emergency treatment situation',
      })
      expect(found.due).toBeUndefined()
    }
  })

  it('what is not known plans for the day of the service', () => {
    const facts: [First, string[]][] = [
      [{ firstService: '2026-05-01' }, ['electronic', 'emergency']],
      [{ firstService: '2026-05-01', electronic: false }, ['emergency']],
      [{ firstService: '2026-05-01', electronic: true }, ['emergency']],
      [{ firstService: '2026-05-01', emergency: false }, ['electronic']],
    ]
    for (const [each, unknown] of facts) {
      const found = provide(each)
      expect(found).toMatchObject({ status: 'pending-facts', planFor: '2026-05-01' })
      expect([...found.unknown].sort()).toEqual(unknown)
    }
    expect(provide({ electronic: false, emergency: false })).toMatchObject({
      status: 'pending-facts',
      unknown: ['firstService'],
    })
  })

  it('S131 a good faith effort to have it acknowledged, or why it was not', () => {
    expect(acknowledgment(inPerson)).toMatchObject({ status: 'qualitative', standard: 'a good faith effort' })
    expect(acknowledgment({ ...inPerson, electronic: true }).status).toBe('qualitative')
    expect(acknowledgment({ ...inPerson, acknowledged: '2026-05-01' }).status).toBe('met')
    expect(acknowledgment({ ...inPerson, effortDocumented: '2026-05-02' }).status).toBe('met')
    expect(acknowledgment({ ...inPerson, emergency: true }).status).toBe('not-applicable')
  })
})

describe('a provider that revises its notice, 164.520(c)(2)(iv)', () => {
  it('available on the effective date; posted promptly where there is a site', () => {
    const facts = { effective: '2026-02-16', hasSite: true }
    expect(of(nppProviderRevision, 'npp.provider-revision.available', facts)).toMatchObject({
      status: 'due',
      due: '2026-02-16',
    })
    expect(of(nppProviderRevision, 'npp.provider-revision.post', facts)).toMatchObject({
      status: 'qualitative',
      standard: 'promptly',
    })
    const without = of(nppProviderRevision, 'npp.provider-revision.post', { ...facts, hasSite: false })
    expect(without.status).toBe('not-applicable')
  })
})

describe('a health plan, 164.520(c)(1)', () => {
  it('at the time of enrollment', () => {
    expect(of(nppEnrollment, 'npp.enrollment', { enrolled: '2026-05-01' })).toMatchObject({
      status: 'due',
      due: '2026-05-01',
      standard: 'at the time of enrollment',
    })
    expect(of(nppEnrollment, 'npp.enrollment', { enrolled: '2026-05-01', provided: '2026-04-15' }).status).toBe('met')
  })

  it('NPP-01 a reminder once every three years', () => {
    expect(of(nppReminder, 'npp.reminder', { lastReminder: '2023-09-15' })).toMatchObject({ due: '2026-09-15' })
    expect(of(nppReminder, 'npp.reminder', { lastReminder: '2024-02-29' }).due).toBe('2027-02-28')
  })

  it('NPP-03 without a web site: within 60 days of the material revision', () => {
    const facts = { materialRevision: '2026-02-16', postsOnWeb: false }
    expect(of(nppRevision, 'npp.revision.provide', facts)).toMatchObject({
      status: 'due',
      due: '2026-04-17',
      citation: '45 CFR 164.520(c)(1)(v)(B)',
    })
    expect(of(nppRevision, 'npp.revision.post', facts).status).toBe('not-applicable')
    expect(of(nppRevision, 'npp.revision.mail', facts).status).toBe('not-applicable')
  })

  it('NPP-04 with a web site: posted by the effective date, mailed with the next annual mailing', () => {
    const facts = { effective: '2026-02-16', postsOnWeb: true }
    expect(of(nppRevision, 'npp.revision.post', facts)).toMatchObject({ status: 'due', due: '2026-02-16' })
    const mail = of(nppRevision, 'npp.revision.mail', facts)
    expect(mail).toMatchObject({ status: 'qualitative', standard: 'in its next annual mailing' })
    expect(mail.due).toBeUndefined()
    expect(of(nppRevision, 'npp.revision.provide', facts).status).toBe('not-applicable')
    expect(of(nppRevision, 'npp.revision.post', { ...facts, posted: '2026-02-10' }).status).toBe('met')
    expect(of(nppRevision, 'npp.revision.post', { ...facts, posted: '2026-02-17' }).status).toBe('late')
  })

  it('whether it posts on the web not known: everything is pending, with the dates to plan for', () => {
    const facts = { effective: '2026-02-16', materialRevision: '2026-02-16' }
    expect(of(nppRevision, 'npp.revision.post', facts)).toMatchObject({ status: 'pending-facts', planFor: '2026-02-16' })
    expect(of(nppRevision, 'npp.revision.provide', facts)).toMatchObject({ status: 'pending-facts', planFor: '2026-04-17' })
    expect(of(nppRevision, 'npp.revision.mail', facts)).toMatchObject({
      status: 'pending-facts',
      standard: 'in its next annual mailing',
    })
  })

  it('until the Omnibus rule every plan had the 60 days', () => {
    const facts = { effective: '2013-09-22', materialRevision: '2013-09-22', postsOnWeb: true }
    expect(of(nppRevision, 'npp.revision.provide', facts)).toMatchObject({
      due: '2013-11-21',
      rule: 'npp.revision.provide.until-2013',
      confirmation: 'memory',
    })
    expect(of(nppRevision, 'npp.revision.post', facts).status).toBe('not-in-force')
    const later = { effective: '2013-09-23', materialRevision: '2013-09-23', postsOnWeb: true }
    expect(of(nppRevision, 'npp.revision.provide', later).status).toBe('not-applicable')
    expect(of(nppRevision, 'npp.revision.post', later).status).toBe('due')
    const known = of(nppRevision, 'npp.revision.provide', later, { knownAt: '2012-01-01' })
    expect(known.rule).toBe('npp.revision.provide.until-2013')
  })
})

describe('Part 2 and the notice, 89 FR 12472', () => {
  const part2 = (facts: FactsOf<typeof nppPart2.facts>, options?: EvaluateOptions) => of(nppPart2, 'npp.part2', facts, options)

  it('S131 is due by 16 February 2026', () => {
    expect(part2({ holdsPart2Records: true })).toMatchObject({ status: 'due', due: '2026-02-16', confirmation: 'secondary' })
    expect(part2({ holdsPart2Records: true }, { today: '2026-02-17' })).toMatchObject({ status: 'late', daysLate: 1 })
    expect(part2({ holdsPart2Records: true, revised: '2025-12-01' }).status).toBe('met')
    expect(part2({})).toMatchObject({ status: 'pending-facts', planFor: '2026-02-16', unknown: ['holdsPart2Records'] })
    expect(part2({ holdsPart2Records: false }).status).toBe('not-applicable')
  })

  it('its day is not for callers to move', () => {
    expect(part2({ holdsPart2Records: true, published: '2030-01-01' }).due).toBe('2026-02-16')
  })

  it('was not known before it was published', () => {
    expect(part2({ holdsPart2Records: true }, { knownAt: '2024-02-15' }).status).toBe('not-in-force')
    expect(part2({ holdsPart2Records: true }, { knownAt: '2024-02-16' }).status).toBe('due')
  })
})
