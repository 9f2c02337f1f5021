import { dataClassBundles } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { decide, decideAny, defineAgreement, registry, statusAt } from '../index.ts'

// Three platforms, as their own pages describe what they sign: a practice tool, a physical-therapy platform, and a telehealth marketplace.
// What the pages leave open is left out, and then the answer says so.

const AT = '2026-06-15T12:00:00.000Z'
const both = (...parties: readonly [string, string]) =>
  parties.map((party) => ({ party, at: '2026-02-02T09:00:00.000Z' }) as const)
const plain = (each: string) => ({ class: each, labels: [] }) as never

describe('a practice tool that signs with its paid tiers', () => {
  const toolTerms = {
    id: 'tool-2025',
    tier: 'ce-ba',
    version: '1.3',
    dated: '2025-01-31',
    from: { id: 'practice', kind: 'covered-entity', type: 'health-care-provider' },
    to: { id: 'tool', kind: 'business-associate' },
    services: ['scheduling', 'records.notes', 'records.plans', 'billing.payments'],
    permits: [
      { class: 'phi.clinical.note.summary', text: 'Session summaries and treatment notes' },
      'phi.clinical.note.session',
      'phi.clinical.note.observation',
      'phi.clinical.plan',
      ...dataClassBundles.demographics,
      'phi.schedule.history',
      'phi.financial.payment',
    ],
    prohibits: [
      { selector: 'phi.code.cpt', text: 'CPT codes or ICD-10 codes (use EHR instead)' },
      'phi.code.icd10',
      { selector: 'phi.financial.insurance', text: 'Insurance billing information' },
      'phi.financial.claim',
      { selector: 'label:hiv', text: 'HIV status (stricter requirements)' },
      { selector: 'label:part2', text: 'Substance abuse records (42 CFR Part 2)' },
    ],
    uses: ['treatment', 'payment', 'operations'],
    eligibility: { free: 'never', starter: 'never', pro: 'always', team: 'always' },
    terms: { subcontractors: true },
    signatures: both('practice', 'tool'),
    effective: '2026-02-01',
  } as const
  const tool = defineAgreement({ ...toolTerms, plan: 'pro' })
  const model = registry([tool])
  const store = (data: unknown, over: Readonly<Record<string, unknown>> = {}) =>
    decideAny(model, {
      from: 'practice',
      to: 'tool',
      service: 'records.notes',
      data: data as never,
      use: 'treatment',
      at: AT,
      ...over,
    })

  it('S140 S152 may hold notes, summaries, observations, plans, demographics, appointment history and payments', () => {
    for (const each of tool.permits.map((permit) => permit.class)) expect(store([plain(each)]).outcome).toBe('allow')
    const all = store(tool.permits.map((permit) => plain(permit.class)))
    expect(all.outcome).toBe('allow')
    expect(all.reasons.find(({ about }) => about === 'phi.clinical.note.summary')?.clause?.text).toBe(
      'Session summaries and treatment notes',
    )
  })

  it('S153 must not hold CPT or ICD-10 codes', () => {
    for (const each of ['phi.code.cpt', 'phi.code.icd10', 'phi.code']) {
      const decision = store([plain(each)])
      expect(decision.outcome).toBe('deny')
      expect(decision.reasons[0]).toMatchObject({ code: 'class-prohibited' })
    }
    expect(store([plain('phi.code.cpt')]).reasons[0]?.clause?.text).toBe('CPT codes or ICD-10 codes (use EHR instead)')
  })

  it('S154 must not hold insurance billing', () => {
    for (const each of ['phi.financial.insurance', 'phi.financial.claim', 'phi.financial', 'phi.code.hcpcs']) {
      expect(store([plain(each)]).reasons[0]?.code).toBe('class-prohibited')
    }
  })

  it('S155 must not hold HIV status, whatever it stands in', () => {
    for (const each of ['phi.clinical.note.session', 'phi.clinical.plan', 'phi.identity.name']) {
      const decision = store([{ class: each, labels: ['hiv'] }])
      expect([decision.outcome, decision.reasons[0]?.code]).toEqual(['deny', 'label-prohibited'])
    }
    expect(store(['phi.clinical.note.session']).provided).toContain('hiv')
  })

  it('S156 must not hold records of a substance use program', () => {
    expect(store([{ class: 'phi.clinical.note.session', labels: ['part2'] }]).outcome).toBe('deny')
    expect(store([plain('phi.clinical.note.sud-counseling')]).outcome).toBe('deny')
    expect(store(['phi.clinical.note.session']).provided).toContain('part2')
  })

  it('S151 not before both have signed', () => {
    const before = store([plain('phi.clinical.plan')], { at: '2026-02-02T08:59:59.999Z' })
    expect([before.outcome, before.reasons[0]?.code]).toEqual(['deny', 'not-signed'])
    expect(store([plain('phi.clinical.plan')], { at: '2026-02-02T09:00:00.000Z' }).outcome).toBe('allow')
    expect(statusAt(tool, '2026-02-02T08:59:59.999Z')).toBe('draft')
  })

  it('S139 not with the free tier or the starter tier', () => {
    for (const plan of ['free', 'starter'] as const) {
      const other = registry([defineAgreement({ ...toolTerms, plan })])
      const decision = decide(other, {
        from: 'practice',
        to: 'tool',
        service: 'scheduling',
        data: [plain('phi.schedule.history')],
        use: 'treatment',
        at: AT,
      })
      expect(decision.reasons[0]).toMatchObject({ code: 'plan-not-eligible', name: plan })
    }
  })

  it('S138 a practice that is a covered entity needs one; S161 the terms carry their version and date', () => {
    const without = registry([], { parties: [toolTerms.from, toolTerms.to] })
    const decision = decideAny(without, {
      from: 'practice',
      to: 'tool',
      service: 'records.notes',
      data: [plain('phi.clinical.plan')],
      use: 'treatment',
      at: AT,
    })
    expect([decision.outcome, decision.reasons[0]?.code]).toEqual(['deny', 'no-agreement'])
    expect(decision.reasons[0]?.remedy).toContain('Sign an agreement')
    expect([tool.version, tool.dated]).toEqual(['1.3', '2025-01-31'])
  })
})

describe('a physical-therapy platform that signs with every customer who is a covered entity', () => {
  const growth = { starter: 'on-request', growth: 'always', enterprise: 'always' } as const
  const clinic = (id: string, plan: keyof typeof growth, signed = true) =>
    defineAgreement({
      id: `${id}-platform`,
      tier: 'ce-ba',
      version: '2026-04',
      dated: '2026-01-15',
      from: { id, kind: 'covered-entity', type: 'health-care-provider', professions: ['PT'] },
      to: { id: 'platform', kind: 'business-associate' },
      services: ['scheduling', 'records', 'billing', 'ai.note-draft', 'storage'],
      permits: ['phi'],
      uses: ['treatment', 'payment', 'operations', 'ai.inference'],
      eligibility: growth,
      plan,
      terms: { subcontractors: { text: 'Subcontractors who handle PHI sign BAAs' } },
      ai: { training: 'prohibited', subprocessors: ['model-host'] },
      signatures: signed ? both(id, 'platform') : [],
      effective: '2026-02-01',
    })
  const hostAgreement = defineAgreement({
    id: 'platform-host',
    tier: 'ba-sub',
    version: '1',
    from: { id: 'platform', kind: 'business-associate' },
    to: { id: 'model-host', kind: 'subcontractor' },
    services: ['hosting'],
    permits: ['phi.ai', 'phi.clinical.note'],
    uses: ['ai.inference'],
    terms: { subcontractors: true },
    signatures: both('platform', 'model-host'),
    effective: '2026-02-01',
  })
  const edges = [{ of: 'platform', to: 'model-host', for: ['ai'], does: 'hosting' }] as const
  const ask = (from: string, over: Readonly<Record<string, unknown>> = {}) => ({
    from,
    to: 'platform',
    service: 'records.notes',
    data: [plain('phi.clinical.note.session')],
    use: 'treatment',
    at: AT,
    ...over,
  })

  it('S86 each customer has its own; none of another reaches it', () => {
    const model = registry([clinic('one', 'growth'), clinic('two', 'enterprise'), clinic('three', 'growth', false)])
    expect(decideAny(model, ask('one') as never)).toMatchObject({ outcome: 'allow', agreement: 'one-platform' })
    expect(decideAny(model, ask('two') as never)).toMatchObject({ outcome: 'allow', agreement: 'two-platform' })
    expect(decideAny(model, ask('three') as never).reasons[0]?.code).toBe('not-signed')
    expect(decideAny(model, ask('four') as never).outcome).toBe('needs')
  })

  it('S115 always with growth and enterprise, and with starter once it was requested and signed', () => {
    for (const plan of ['growth', 'enterprise', 'starter'] as const) {
      expect(decideAny(registry([clinic('one', plan)]), ask('one') as never).outcome).toBe('allow')
    }
    expect(decideAny(registry([clinic('one', 'starter', false)]), ask('one') as never).outcome).toBe('deny')
  })

  it('S37 its model is hosted by somebody, and that agreement has to cover what the prompt holds', () => {
    const draft = {
      service: 'ai.note-draft',
      use: 'ai.inference',
      data: [{ class: 'phi.ai.prompt', madeOf: [plain('phi.clinical.note.session')] }],
    }
    const covered = registry([clinic('one', 'growth'), hostAgreement], { subprocessors: edges })
    expect(decideAny(covered, ask('one', draft) as never).outcome).toBe('allow')
    const history = { ...draft, data: [{ class: 'phi.ai.prompt', madeOf: [plain('phi.clinical.history')] }] }
    expect(decideAny(covered, ask('one', history) as never).reasons[0]).toMatchObject({
      code: 'onward-not-covered',
      name: 'model-host',
    })
    const unlisted = registry([clinic('one', 'growth'), hostAgreement])
    expect(decideAny(unlisted, ask('one', draft) as never).reasons[0]).toMatchObject({
      code: 'onward-unknown',
      name: 'model-host',
    })
    const unsigned = registry([clinic('one', 'growth')], {
      parties: [{ id: 'model-host', kind: 'subcontractor' }],
      subprocessors: edges,
    })
    expect(decideAny(unsigned, ask('one', draft) as never).outcome).toBe('deny')
    expect(decideAny(covered, ask('one', { ...draft, use: 'ai.training' }) as never).reasons.map(({ code }) => code)).toContain(
      'training-prohibited',
    )
  })
})

describe('a telehealth marketplace, asked for what it covers', () => {
  const marketplace = defineAgreement({
    id: 'therapist-marketplace',
    tier: 'ce-ba',
    version: '1',
    from: { id: 'therapist', kind: 'covered-entity', type: 'health-care-provider' },
    to: { id: 'marketplace', kind: 'business-associate' },
    services: [{ service: 'scheduling', section: '2.1' }, 'records.notes', 'billing', 'messaging.portal'],
    excludes: [{ service: 'telehealth', section: '2.4', text: 'Video is provided by third parties.' }],
    permits: ['phi'],
    uses: ['treatment', 'payment', 'operations'],
    terms: { subcontractors: true },
    signatures: both('therapist', 'marketplace'),
    effective: '2026-02-01',
  })
  const video = defineAgreement({
    id: 'therapist-video',
    tier: 'ce-ba',
    version: '1',
    from: { id: 'therapist', kind: 'covered-entity', type: 'health-care-provider' },
    to: { id: 'video-vendor', kind: 'business-associate' },
    services: ['telehealth.video', 'telehealth.waiting-room'],
    permits: ['phi.schedule.session-link', 'phi.comm.call', 'phi.identity.name'],
    uses: ['treatment'],
    terms: { subcontractors: true },
    conditions: [{ condition: 'waiting-room-on', services: ['telehealth.video'] }],
    signatures: both('therapist', 'video-vendor'),
    effective: '2026-02-01',
  })
  const model = registry([marketplace, video], {
    parties: [{ id: 'psychiatrist', kind: 'provider' }],
    attestations: [
      {
        party: 'therapist',
        with: 'video-vendor',
        condition: 'waiting-room-on',
        met: true,
        asOf: '2026-06-01',
        reviewBy: '2026-12-31',
      },
    ],
  })
  const ask = (over: Readonly<Record<string, unknown>>) =>
    decideAny(model, {
      from: 'therapist',
      to: 'marketplace',
      service: 'scheduling',
      data: [plain('phi.schedule')],
      use: 'treatment',
      at: AT,
      ...over,
    } as never)

  it('S1 S29 each service that is used is covered, or is not: scheduling, billing, telehealth, messaging, AI', () => {
    const answers = ['scheduling', 'billing.claims', 'messaging.portal', 'messaging.sms', 'telehealth.video', 'ai.summary'].map(
      (service) => {
        const { outcome, reasons } = ask({ service })
        return [service, outcome, reasons[0]?.code]
      },
    )
    expect(answers).toEqual([
      ['scheduling', 'allow', 'in-force'],
      ['billing.claims', 'allow', 'in-force'],
      ['messaging.portal', 'allow', 'in-force'],
      ['messaging.sms', 'deny', 'service-not-covered'],
      ['telehealth.video', 'deny', 'service-excluded'],
      ['ai.summary', 'deny', 'service-not-covered'],
    ])
    expect(ask({ service: 'telehealth.video' }).reasons[0]?.clause?.text).toBe('Video is provided by third parties.')
  })

  it('S64 what is not covered goes to a vendor of its own, under its own agreement', () => {
    const call = { to: 'video-vendor', service: 'telehealth.video', data: [plain('phi.comm.call')] }
    expect(ask(call)).toMatchObject({ outcome: 'allow', agreement: 'therapist-video' })
    expect(ask({ ...call, data: [plain('phi.clinical.note.session')] }).reasons[0]?.code).toBe('class-not-permitted')
    expect(ask({ ...call, service: 'telehealth.recording' }).reasons[0]?.code).toBe('service-not-covered')
    expect(
      ask({
        ...call,
        exemption: { kind: 'conduit', transmits: 'only', storage: 'none', access: 'none' },
        service: 'telehealth.recording',
      }).outcome,
    ).toBe('deny')
  })

  it('S28 permitted uses are described, and no other is made', () => {
    for (const use of ['treatment', 'payment', 'operations.quality']) expect(ask({ use }).outcome).toBe('allow')
    for (const use of ['ba.management', 'research', 'fundraising', 'ai.training']) {
      expect(ask({ use }).reasons.some(({ code }) => code === 'use-not-permitted')).toBe(true)
    }
  })

  it('S66 another provider may receive it for treatment, and nobody for what was not agreed', () => {
    const shared = { to: 'psychiatrist', exemption: { kind: 'treatment', treatsTheIndividual: true } }
    expect(ask(shared)).toMatchObject({ outcome: 'allow', exemption: 'treatment' })
    expect(ask({ ...shared, use: 'payment' }).outcome).toBe('deny')
    expect(ask({ to: 'psychiatrist' }).outcome).toBe('deny')
  })
})
