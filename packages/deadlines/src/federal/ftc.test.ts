import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactsOf } from '../rule/facts.ts'
import { breachNotice } from './breach.ts'
import { ftcBreachNotice, type ftcEntities } from './ftc.ts'

type Facts = FactsOf<typeof ftcBreachNotice.facts>

const of = (duty: string, facts: Facts, options?: EvaluateOptions, state?: string): Deadline => {
  const found = evaluate(ftcBreachNotice, facts, options).filter(
    (deadline) => deadline.duty === duty && (state === undefined || deadline.jurisdiction === state),
  )
  expect(found).toHaveLength(1)
  return found[0] as Deadline
}

const vendor = { entity: 'phr-vendor', discovered: '2026-05-04' } as const

describe('the Health Breach Notification Rule, 16 CFR Part 318', () => {
  it('FTC-01 500 or more: individuals and the Commission, both within 60 calendar days', () => {
    const facts = { ...vendor, individuals: 500 }
    expect(of('ftc.individual', facts)).toMatchObject({ status: 'due', due: '2026-07-03' })
    expect(of('ftc.commission', facts)).toMatchObject({
      status: 'due',
      rule: 'ftc.commission.500-or-more',
      due: '2026-07-03',
      confirmation: 'secondary',
    })
  })

  it('FTC-02 fewer than 500: 60 calendar days after the end of the year', () => {
    expect(of('ftc.commission', { ...vendor, individuals: 40 })).toMatchObject({ due: '2027-03-01', confirmation: 'memory' })
    expect(of('ftc.commission', { ...vendor, individuals: 499 }).due).toBe('2027-03-01')
    expect(of('ftc.commission', { ...vendor, individuals: 40, discovered: '2027-06-01' }).due).toBe('2028-02-29')
  })

  it('FTC-03 until 29 July 2024: ten business days', () => {
    const facts = { ...vendor, individuals: 800 }
    expect(of('ftc.commission', { ...facts, discovered: '2024-05-06' })).toMatchObject({
      rule: 'ftc.commission.500-or-more.until-2024',
      due: '2024-05-20',
      standard: 'as soon as possible',
    })
    expect(of('ftc.commission', { ...facts, discovered: '2024-07-28' })).toMatchObject({ due: '2024-08-09' })
    expect(of('ftc.commission', { ...facts, discovered: '2024-07-29' })).toMatchObject({ due: '2024-09-27' })
    expect(of('ftc.individual', { ...facts, discovered: '2024-05-06' }).due).toBe('2024-07-05')
  })

  it('FTC-03 its business days leave out the holidays that nobody disputes; the later date leaves out all', () => {
    const found = of('ftc.commission', { ...vendor, individuals: 800, discovered: '2023-06-12' })
    expect([found.due, found.lawfulUntil]).toEqual(['2023-06-26', '2023-06-27'])
  })

  it('FTC-03 the law as it was known', () => {
    const facts = { ...vendor, individuals: 800, discovered: '2024-08-05' }
    expect(of('ftc.commission', facts, { knownAt: '2024-05-29' }).rule).toBe('ftc.commission.500-or-more.until-2024')
    expect(of('ftc.commission', facts, { knownAt: '2024-05-30' }).rule).toBe('ftc.commission.500-or-more')
  })

  it('media from 500 residents of a State, where HIPAA says more than 500', () => {
    const facts = { ...vendor, residents: { OH: 499, NV: 500, TX: 501 } }
    const due = (found: readonly Deadline[]) =>
      found.filter(({ addressee, status }) => addressee === 'media' && status === 'due').map(({ jurisdiction }) => jurisdiction)
    expect(due(evaluate(ftcBreachNotice, facts))).toEqual(['NV', 'TX'])
    expect(due(evaluate(breachNotice, { discovered: vendor.discovered, residents: facts.residents }))).toEqual(['TX'])
  })

  it('unknown counts plan for the strict branch', () => {
    expect(of('ftc.commission', vendor)).toMatchObject({
      status: 'pending-facts',
      planFor: '2026-07-03',
      unknown: ['individuals'],
    })
    expect(of('ftc.media', { ...vendor, residents: { OH: null } }, undefined, 'OH').status).toBe('pending-facts')
    expect(of('ftc.commission', { ...vendor, residents: { OH: 500, NV: null } })).toMatchObject({
      status: 'due',
      due: '2026-07-03',
    })
  })

  it('whom it reaches', () => {
    const due = (entity: (typeof ftcEntities)[number]) =>
      evaluate(ftcBreachNotice, { ...vendor, entity, individuals: 800, residents: { OH: 800 } })
        .filter(({ status }) => status === 'due')
        .map(({ duty }) => duty)
        .sort()
    expect(due('phr-vendor')).toEqual(['ftc.commission', 'ftc.individual', 'ftc.media'])
    expect(due('phr-related-entity')).toEqual(['ftc.commission', 'ftc.individual', 'ftc.media'])
    expect(due('third-party-service-provider')).toEqual(['ftc.service-provider'])
    expect(due('covered-by-hipaa')).toEqual([])
  })

  it('an unknown kind of entity silences nothing', () => {
    for (const entity of [null, undefined]) {
      for (const found of evaluate(ftcBreachNotice, { ...vendor, entity, individuals: 800, residents: { OH: 800 } })) {
        expect(found).toMatchObject({ status: 'pending-facts', planFor: '2026-07-03', unknown: ['entity'] })
      }
    }
  })

  it('discovery is imputed, not from the person who committed it', () => {
    const found = of('ftc.individual', {
      entity: 'phr-vendor',
      knowledge: [
        { by: 'perpetrator', on: '2026-01-05', how: 'knew' },
        { by: 'workforce', on: '2026-02-10', how: 'would-have-known' },
      ],
    })
    expect(found.due).toBe('2026-04-11')
  })

  it('law enforcement delays as under HIPAA', () => {
    const lawEnforcement = [{ form: 'oral', on: '2026-06-20' }] as const
    expect(of('ftc.individual', { ...vendor, lawEnforcement })).toMatchObject({ base: '2026-07-03', due: '2026-07-20' })
  })

  it('refuses fewer individuals than residents', async () => {
    const error = await refusal(() => evaluate(ftcBreachNotice, { ...vendor, individuals: 1, residents: { OH: 2 } }))
    expect(error.code).toBe('PHI_DEADLINES_CONTRADICTION')
  })

  it('was not in force before it was enforced', () => {
    for (const { status } of evaluate(ftcBreachNotice, { ...vendor, discovered: '2010-02-21', individuals: 800 })) {
      expect(['not-in-force', 'not-applicable']).toContain(status)
    }
    expect(of('ftc.individual', { ...vendor, discovered: '2010-02-22' }).status).toBe('due')
  })
})
