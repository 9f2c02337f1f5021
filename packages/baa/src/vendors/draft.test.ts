import type { DataClass } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AgreementInput, decideAny, parseAgreement, registry, statusAt } from '../index.ts'
import { agreementDraft, type DraftQuestion, starterVendors, type Vendor, vendorAnswer, vendorData } from './index.ts'

const AT = '2026-11-22T12:00:00.000Z'
const source = (says: string) =>
  ({
    url: 'https://example.org/hipaa',
    title: 'HIPAA page',
    seen: '2026-11-01',
    confirmation: 'text-seen',
    copy: 'live',
    says,
  }) as const
const seen = { asOf: '2026-11-01', reviewBy: '2027-05-01' } as const

/** A physical-therapy platform: an agreement with every Growth and Enterprise subscription, and on request for Starter. */
const ptPlatform: Vendor = {
  id: 'pt-platform',
  name: 'A physical-therapy platform',
  ...seen,
  products: [
    {
      id: 'platform',
      name: 'Platform',
      services: ['scheduling', 'records.notes', 'messaging.portal'],
      baa: { available: 'yes', plans: { growth: 'always', enterprise: 'always', starter: 'on-request' } },
      sources: [source('The agreement comes with Growth and Enterprise, and on request with Starter.')],
    },
  ],
}

/** A practice tool: an agreement with PRO and Team only. */
const practiceTool: Vendor = {
  id: 'practice-tool',
  name: 'A practice tool',
  ...seen,
  products: [
    {
      id: 'tool',
      name: 'Tool',
      services: ['records.notes', 'records.plans', 'scheduling'],
      baa: { available: 'yes', plans: { free: 'never', starter: 'never', pro: 'on-request', team: 'on-request' } },
      sources: [source('The agreement is for PRO and Team customers only; Free and Starter may not be used.')],
    },
  ],
}

/** A telehealth marketplace: signs with its providers, with conditions for video. */
const marketplace: Vendor = {
  id: 'marketplace',
  name: 'A telehealth marketplace',
  ...seen,
  products: [
    {
      id: 'network',
      name: 'Network',
      services: ['scheduling', 'billing', 'telehealth.video', 'messaging'],
      baa: {
        available: 'yes',
        plans: 'any',
        excludes: { features: ['community-forum'] },
        conditions: [
          { condition: 'waiting-room-on', says: 'A waiting room by default.', services: ['telehealth'] },
          { condition: 'mfa-on', says: 'Two factors for every account.' },
        ],
      },
      sources: [source('The agreement covers scheduling, billing, telehealth and messaging.')],
    },
  ],
}

const data = vendorData([{ id: 'ours', vendors: [ptPlatform, practiceTool, marketplace] }])
const practice = { id: 'practice', kind: 'covered-entity', type: 'health-care-provider' } as const
const question: DraftQuestion = {
  vendor: 'practice-tool',
  product: 'tool',
  id: 'practice-tool-2026',
  version: '1.3',
  from: practice,
  plan: 'team',
  effective: '2026-11-01',
  at: AT,
}

/** What a person writes down from the contract. */
const completed = (input: AgreementInput, permits: AgreementInput['permits'], prohibits: AgreementInput['prohibits'] = []) =>
  parseAgreement({
    ...input,
    permits,
    prohibits,
    uses: ['treatment', 'operations'],
    terms: { subcontractors: true },
    signatures: [
      { party: input.from.id, at: '2026-11-02T10:00:00.000Z' },
      { party: input.to.id, at: '2026-11-03T10:00:00.000Z' },
    ],
  })
const codes = (result: { reasons: readonly { code: string }[] }) => result.reasons.map((each) => each.code)

/** The classes that the practice tool may store, and those that it may not. */
const stored: readonly DataClass[] = [
  'phi.clinical.note.summary',
  'phi.clinical.note.session',
  'phi.clinical.note.observation',
  'phi.clinical.plan',
  'phi.identity.name',
  'phi.identity.email',
  'phi.identity.phone',
  'phi.schedule.history',
  'phi.financial.payment',
]
const kept = ['phi.code.cpt', 'phi.code.icd10', 'phi.financial.insurance', 'label:hiv', 'label:part2'] as const

describe('S86 a draft is prepared from what a vendor offers', () => {
  it('S86 it has the scope, and no permit, use, term or signature: it allows nothing', () => {
    const { input, answer, missing } = agreementDraft(data, question)
    expect(answer.answer).toBe('on-request')
    expect(missing).toContain('signatures')
    expect(input?.services).toEqual(
      ['records.notes', 'records.plans', 'scheduling'].map((service) => ({ service, product: 'tool' })),
    )
    expect(input?.signatures).toBeUndefined()
    const agreement = parseAgreement(input)
    expect(statusAt(agreement, AT)).toBe('draft')
    const decision = decideAny(registry([agreement]), {
      from: 'practice',
      to: 'practice-tool',
      service: 'records.notes',
      data: ['phi.clinical.note.session'],
      use: 'treatment',
      at: AT,
      where: { product: 'tool' },
    })
    expect(decision.outcome).toBe('deny')
    expect(codes(decision)).toEqual(expect.arrayContaining(['not-signed', 'class-not-permitted', 'use-not-permitted']))
  })

  it('S86 for a business associate it is one with a subcontractor', () => {
    const { input } = agreementDraft(data, { ...question, from: { id: 'billing-co', kind: 'business-associate' } })
    expect([input?.tier, input?.to.kind]).toEqual(['ba-sub', 'subcontractor'])
    expect(parseAgreement(input).tier).toBe('ba-sub')
  })

  const practiceDecision = (
    plan: string,
    each: DataClass,
    labels: readonly never[] | readonly ['hiv'] | readonly ['part2'] = [],
  ) => {
    const { input } = agreementDraft(data, { ...question, plan })
    const agreement = completed(input as AgreementInput, stored, kept)
    return decideAny(registry([agreement]), {
      from: 'practice',
      to: 'practice-tool',
      service: 'records.notes',
      data: [{ class: each, labels }],
      use: 'treatment',
      at: AT,
      where: { product: 'tool' },
    })
  }

  it('S139 the practice tool: PRO and Team, never Free or Starter', () => {
    for (const [plan, outcome] of [
      ['pro', 'allow'],
      ['team', 'allow'],
      ['free', 'deny'],
      ['starter', 'deny'],
    ] as const) {
      expect([plan, practiceDecision(plan, 'phi.clinical.note.session').outcome]).toEqual([plan, outcome])
    }
    expect(codes(practiceDecision('free', 'phi.clinical.note.session'))).toContain('plan-not-eligible')
    expect(vendorAnswer(data, { vendor: 'practice-tool', product: 'tool', plan: 'free', at: AT }).answer).toBe('no')
    expect(codes(practiceDecision('gold', 'phi.clinical.note.session'))).toContain('plan-unknown')
  })

  it.each(stored)('S140 S152 %s may be stored', (each) => {
    expect(practiceDecision('team', each).outcome).toBe('allow')
  })

  it.each([
    ['S153', 'phi.code.cpt'],
    ['S153', 'phi.code.icd10'],
    ['S154', 'phi.financial.insurance'],
  ] as const)('%s %s may not', (_, each) => {
    const decision = practiceDecision('team', each)
    expect([decision.outcome, codes(decision).includes('class-prohibited')]).toEqual(['deny', true])
  })

  it('S155 S156 HIV status and records under Part 2 may not', () => {
    for (const labels of [['hiv'], ['part2']] as const) {
      const decision = practiceDecision('team', 'phi.clinical.note.session', labels)
      expect([decision.outcome, codes(decision).includes('label-prohibited')]).toEqual(['deny', true])
    }
  })

  it('S115 the physical-therapy platform: always with Growth and Enterprise, on request with Starter', () => {
    const of = (plan: string) => vendorAnswer(data, { vendor: 'pt-platform', product: 'platform', plan, at: AT }).answer
    expect(['growth', 'enterprise', 'starter', 'trial'].map(of)).toEqual(['yes', 'yes', 'on-request', 'unknown'])
    const decided = (plan: string) => {
      const { input } = agreementDraft(data, { ...question, vendor: 'pt-platform', product: 'platform', id: 'pt', plan })
      return decideAny(registry([completed(input as AgreementInput, ['phi.clinical.note.session'])]), {
        from: 'practice',
        to: 'pt-platform',
        service: 'records.notes',
        data: [{ class: 'phi.clinical.note.session', labels: [] }],
        use: 'treatment',
        at: AT,
        where: { product: 'platform' },
      }).outcome
    }
    expect(['growth', 'enterprise', 'starter', 'trial'].map(decided)).toEqual(['allow', 'allow', 'allow', 'needs'])
  })

  it('S86 the marketplace: what is left out, and what the customer has to do, go into the draft', () => {
    const { input } = agreementDraft(data, { ...question, vendor: 'marketplace', product: 'network', id: 'm', plan: undefined })
    const agreement = completed(input as AgreementInput, ['phi.schedule'])
    const ask = (
      service: 'telehealth.video' | 'scheduling',
      feature: string,
      conditions: { readonly [name: string]: boolean },
    ) =>
      decideAny(registry([agreement]), {
        from: 'practice',
        to: 'marketplace',
        service,
        data: [{ class: 'phi.schedule', labels: [] }],
        use: 'treatment',
        at: AT,
        where: { product: 'network', feature },
        conditions,
      })
    const done = { 'mfa-on': true, 'waiting-room-on': true }
    expect(ask('telehealth.video', 'sessions', done).outcome).toBe('allow')
    expect(codes(ask('scheduling', 'community-forum', done))).toContain('service-excluded')
    expect(codes(ask('telehealth.video', 'sessions', { 'mfa-on': true }))).toContain('condition-unknown')
    expect(ask('scheduling', 'sessions', { 'mfa-on': true }).outcome).toBe('allow')
    expect(codes(ask('scheduling', 'sessions', { 'mfa-on': false }))).toContain('condition-not-met')
  })

  it('S86 another product of the same vendor is not in the draft', () => {
    const { input } = agreementDraft(data, question)
    const decision = decideAny(registry([completed(input as AgreementInput, ['phi.clinical'])]), {
      from: 'practice',
      to: 'practice-tool',
      service: 'records.notes',
      data: [{ class: 'phi.clinical', labels: [] }],
      use: 'treatment',
      at: AT,
      where: { product: 'labs' },
    })
    expect(codes(decision)).toContain('scope-elsewhere')
  })

  it('S86 nothing is prepared where there is no offer, nobody knows the product, or registries disagree', () => {
    const starter = vendorData([starterVendors])
    expect(agreementDraft(starter, { ...question, vendor: 'stripe', product: 'payments' }).input).toBeUndefined()
    expect(agreementDraft(data, { ...question, product: 'labs' }).input).toBeUndefined()
    expect(agreementDraft(data, { ...question, vendor: 'nobody' }).input).toBeUndefined()
    const [tool] = practiceTool.products as [Vendor['products'][0]]
    const theirs = { ...practiceTool, products: [{ ...tool, baa: { available: 'no' as const } }] }
    const torn = vendorData([
      { id: 'ours', vendors: [practiceTool] },
      { id: 'theirs', vendors: [theirs] },
    ])
    expect(agreementDraft(torn, question)).toMatchObject({ answer: { answer: 'unknown' } })
    expect(agreementDraft(torn, question).input).toBeUndefined()
  })

  it('S86 every product of the starter set with an offer makes a draft that can be read', () => {
    const starter = vendorData([starterVendors])
    let drafts = 0
    for (const vendor of starterVendors.vendors) {
      for (const product of vendor.products) {
        const { input } = agreementDraft(starter, { ...question, vendor: vendor.id, product: product.id, plan: undefined })
        if (input === undefined) continue
        drafts++
        const agreement = parseAgreement(input)
        expect([statusAt(agreement, AT), agreement.signatures, agreement.permits]).toEqual(['draft', [], []])
        expect(agreement.conditions.length).toBe(product.baa.conditions?.length ?? 0)
      }
    }
    expect(drafts).toBeGreaterThanOrEqual(10)
  })

  it('refuses somebody who can make no agreement', async () => {
    const error = await refusal(() => agreementDraft(data, { ...question, from: { id: 'p-1', kind: 'individual' } }))
    expect([error.code, error.path]).toEqual(['PHI_BAA_VENDOR_QUESTION', 'question.from'])
  })
})
