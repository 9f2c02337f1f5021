import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { agreed, agreedBelow, host, NOON, plain, platform, practice, question, signedBy } from '../../test/twin/make.ts'
import {
  type Agreement,
  type Decision,
  decideAny,
  explainDecision,
  type Party,
  type Reason,
  type ReasonCode,
  type Registry,
  type RegistryOptions,
  reasonCodes,
  registry,
} from '../index.ts'

const people: readonly Party[] = [
  practice,
  platform,
  host,
  { id: 'colleague', kind: 'provider' },
  { id: 'therapist', kind: 'workforce' },
  { id: 'client', kind: 'individual' },
  { id: 'carrier', kind: 'other' },
  { id: 'bank', kind: 'other' },
  { id: 'insurer', kind: 'covered-entity', type: 'health-plan' },
]
const model = (agreements: readonly Agreement[], options: RegistryOptions = {}): Registry =>
  registry(agreements, { parties: people, ...options })

const produced = new Set<ReasonCode>()
const ask = (registered: Registry | Agreement, over: Readonly<Record<string, unknown>> = {}): Decision => {
  const decision = decideAny('agreements' in registered ? registered : model([registered]), question(over))
  for (const { code, because } of decision.reasons)
    for (const each of [code, ...(because ?? []).map((one) => one.code)]) produced.add(each)
  return decision
}
const codes = (decision: Decision) => decision.reasons.map(({ code }) => code)
/** The outcome, and the reasons that are not for it. */
const against = (decision: Decision) => [
  decision.outcome,
  ...decision.reasons.filter(({ effect }) => effect !== 'allow').map(({ code }) => code),
]

describe('an agreement in force', () => {
  it('S1 S28 allows what it permits, with every clause that it rests on', () => {
    const decision = ask(
      agreed({
        services: [{ service: 'records', section: '1.2', page: 1, text: 'Notes and plans.' }],
        permits: [{ class: 'phi.clinical.note', section: '2.1', page: 2 }],
      }),
    )
    expect(decision).toMatchObject({ outcome: 'allow', agreement: 'agreement', provided: [], duties: ['minimum-necessary'] })
    expect(codes(decision)).toEqual(['in-force', 'service-covered', 'class-permitted', 'use-permitted'])
    expect(decision.reasons[1]).toMatchObject({
      about: 'records.notes',
      agreement: 'agreement',
      clause: { id: 'services[0]', section: '1.2', page: 1, text: 'Notes and plans.' },
    })
    expect(explainDecision(decision)).toContain('"Notes and plans."')
    for (const each of decision.reasons) expect(each.remedy).toBe('')
  })

  it('S28 denies by default: no agreement, no party, no direction but the one that was agreed', () => {
    expect(against(ask(model([])))).toEqual(['deny', 'no-agreement'])
    expect(against(ask(agreed(), { to: 'carrier' }))).toEqual(['deny', 'no-agreement'])
    expect(against(ask(agreed(), { to: 'nobody' }))).toEqual(['needs', 'unknown-party'])
    expect(against(ask(agreed(), { from: 'nobody', to: 'nobody' }))).toEqual([
      'needs',
      'unknown-party',
      'unknown-party',
      'same-party',
    ])
    expect(against(ask(agreed(), { to: 'practice' }))).toEqual(['needs', 'same-party'])
  })

  it('S151 allows nothing before both have signed and the term has begun, and nothing after its end', () => {
    const at = (over: Readonly<Record<string, unknown>>) => against(ask(agreed(over)))
    expect(at({ signatures: [] })).toEqual(['deny', 'not-signed', 'not-signed'])
    const [first] = signedBy('practice')
    const half = ask(agreed({ signatures: [first, { party: 'platform', at: '2026-06-15T12:00:00.001Z' }] }))
    expect(half.reasons[0]).toMatchObject({ code: 'not-signed', name: 'platform' })
    expect(at({ signatures: [first, { party: 'platform', at: NOON }] })).toEqual(['allow'])
    expect(at({ effective: '2026-07-01' })).toEqual(['deny', 'not-yet-effective'])
    expect(at({ expires: '2026-06-14' })).toEqual(['deny', 'expired'])
    const terminated = { at: '2026-06-01', section: '9.1', text: 'For a violation.' }
    expect(ask(agreed({ terminated })).reasons[0]).toMatchObject({
      code: 'terminated',
      clause: { id: 'terminated', section: '9.1', text: 'For a violation.' },
    })
    expect(at({ terminated, windingDown: { from: '2026-06-02' } })).toEqual(['deny', 'winding-down'])
    expect(at({ terminated, closed: { at: '2026-06-02', how: 'returned' } })).toEqual(['deny', 'closed'])
  })

  it('S1 S29 S64 denies a service that is not in the scope, is taken out, or has a part that is', () => {
    const notes = agreed({ services: ['records.notes', 'messaging'], excludes: ['messaging.sms'] })
    expect(against(ask(notes, { service: 'telehealth.video' }))).toEqual(['deny', 'service-not-covered'])
    // A branch of which only a part is covered.
    expect(against(ask(notes, { service: 'records' }))).toEqual(['deny', 'service-not-covered'])
    expect(against(ask(notes, { service: 'messaging.sms' }))).toEqual(['deny', 'service-excluded'])
    expect(against(ask(notes, { service: 'messaging' }))).toEqual(['deny', 'service-excluded'])
    expect(against(ask(notes, { service: 'messaging.portal' }))).toEqual(['allow'])
    expect(against(ask(notes, { service: 'fax' }))).toEqual(['needs', 'unknown-service'])
  })

  it('S29 a scope that is limited wants to know where, and denies elsewhere', () => {
    for (const key of ['vendor', 'product', 'feature', 'edition', 'account', 'region']) {
      const limited = agreed({ services: [{ service: 'records', [key]: ['a', 'b'] }] })
      expect(against(ask(limited))).toEqual(['needs', 'scope-unknown'])
      expect(ask(limited).reasons[0]).toMatchObject({ name: key, clause: { id: 'services[0]' } })
      expect(against(ask(limited, { where: { [key]: 'c' } }))).toEqual(['deny', 'scope-elsewhere'])
      for (const value of ['a', 'b']) expect(ask(limited, { where: { [key]: value } }).outcome).toBe('allow')
      for (const value of ['', 'A', ['a'], 1, {}]) expect(ask(limited, { where: { [key]: value } }).outcome).toBe('deny')
      for (const where of [null, undefined, 'a', [], Object.create({ [key]: 'a' })]) {
        expect(ask(limited, { where }).outcome).toBe('needs')
      }
    }
    const configured = agreed({ services: [{ service: 'ai', configuration: { training: 'off', region: ['us', 'eu'] } }] })
    const chat = (configuration: unknown) =>
      against(ask(configured, { service: 'ai.chat', use: 'ai.inference', where: { configuration } }))
    expect(chat({ training: 'off', region: 'eu' })).toEqual(['allow'])
    expect(chat({ training: 'off' })).toEqual(['needs', 'scope-unknown'])
    expect(chat({})).toEqual(['needs', 'scope-unknown', 'scope-unknown'])
    expect(chat({ training: 'on' })).toEqual(['deny', 'scope-elsewhere'])
  })

  it('S29 one of several clauses is enough; an exclusion that may hold is asked about', () => {
    const two = agreed({
      services: [
        { service: 'records', region: 'eu' },
        { service: 'records.notes', edition: 'pro' },
      ],
    })
    expect(ask(two, { where: { region: 'us', edition: 'pro' } }).outcome).toBe('allow')
    expect(against(ask(two, { where: { region: 'us' } }))).toEqual(['needs', 'scope-unknown'])
    expect(against(ask(two, { where: { region: 'us', edition: 'free' } }))).toEqual([
      'deny',
      'scope-elsewhere',
      'scope-elsewhere',
    ])
    const but = agreed({ excludes: [{ service: 'records', edition: 'free' }] })
    expect(against(ask(but))).toEqual(['needs', 'scope-unknown'])
    expect(against(ask(but, { where: { edition: 'free' } }))).toEqual(['deny', 'service-excluded'])
    expect(ask(but, { where: { edition: 'pro' } }).outcome).toBe('allow')
  })

  it('S140 S153 S155 a permit covers what lies below, and a prohibition fires both ways', () => {
    const narrow = agreed({ permits: ['phi.clinical.note'], prohibits: ['phi.clinical.note.psychotherapy', 'label:hiv'] })
    const data = (...all: readonly unknown[]) => against(ask(narrow, { data: all }))
    expect(data(plain('phi.clinical.note.session'))).toEqual(['allow'])
    expect(data(plain('phi.clinical.note'))).toEqual(['deny', 'class-prohibited'])
    expect(data(plain('phi.clinical'))).toEqual(['deny', 'class-prohibited', 'class-not-permitted'])
    expect(data(plain('phi.clinical.plan'))).toEqual(['deny', 'class-not-permitted'])
    expect(data({ class: 'phi.clinical.note.session', labels: ['hiv'] })).toEqual(['deny', 'label-prohibited'])
    expect(data(plain('phi.clinical.note.session'), plain('phi.schedule'))).toEqual(['deny', 'class-not-permitted'])
    // By its nature, or because something below it is so by nature.
    const noNotes = agreed({ prohibits: ['label:psychotherapy'] })
    for (const each of ['phi.clinical.note.psychotherapy', 'phi.clinical.note', 'phi'] as const) {
      expect(against(ask(noNotes, { data: [plain(each)] }))).toContain('label-prohibited')
    }
  })

  it('S153 S154 a code is prohibited with what it tells', () => {
    const noClaims = agreed({ prohibits: ['phi.financial.claim'] })
    expect(against(ask(noClaims, { data: [plain('phi.code.cpt')] }))).toEqual(['deny', 'class-prohibited'])
    expect(ask(noClaims, { data: [plain('phi.financial.payment')] }).outcome).toBe('allow')
  })

  it('S28 S66 a use is covered, prohibited, or not agreed; what law requires needs no clause', () => {
    const some = agreed({ uses: ['operations'], prohibitsUses: ['operations.training'] })
    const use = (each: string) => against(ask(some, { use: each }))
    expect(use('operations.quality')).toEqual(['allow'])
    expect(use('operations.training')).toEqual(['deny', 'use-prohibited'])
    expect(use('operations')).toEqual(['deny', 'use-prohibited'])
    expect(use('treatment')).toEqual(['deny', 'use-not-permitted'])
    expect(use('selling')).toEqual(['needs', 'unknown-use'])
    expect(codes(ask(some, { use: 'required-by-law' }))).toContain('use-required-by-law')
    expect(against(ask(agreed({ prohibitsUses: ['required-by-law'] }), { use: 'required-by-law' }))).toEqual([
      'deny',
      'use-prohibited',
    ])
    const ai = agreed({ ai: { training: 'prohibited', subprocessors: [] }, uses: ['ai.inference', 'operations'] })
    expect(against(ask(ai, { use: 'ai.training' }))).toContain('training-prohibited')
    expect(against(ask(ai, { use: 'ai' }))).toContain('training-prohibited')
    expect(ask(ai, { use: 'ai.inference' }).outcome).toBe('allow')
  })

  it('S28 a use that needs it waits for the authorization of the individual', () => {
    const marketing = agreed({ uses: ['marketing', 'sale'] })
    const given = { reference: 'form 12', uses: ['marketing'], data: ['phi.clinical'] }
    const asked = (authorization?: unknown) => against(ask(marketing, { use: 'marketing', authorization }))
    expect(asked()).toEqual(['needs', 'authorization-needed'])
    expect(asked(given)).toEqual(['allow'])
    expect(codes(ask(marketing, { use: 'marketing', authorization: given }))).toContain('authorized')
    expect(ask(marketing, { use: 'marketing', authorization: given }).duties).toEqual([])
    for (const wrong of [
      { ...given, reference: ' ' },
      { ...given, reference: undefined },
      { ...given, uses: ['sale'] },
      { ...given, uses: 'marketing' },
      { ...given, data: ['phi.schedule'] },
      { ...given, data: ['phi.clinical.note.session.part'] },
      { ...given, until: NOON },
      { ...given, until: '2027-01-01' },
      Object.create(given),
      'form 12',
      null,
    ]) {
      expect(asked(wrong)).toEqual(['needs', 'authorization-needed'])
    }
    expect(asked({ ...given, until: '2026-06-15T12:00:00.001Z' })).toEqual(['allow'])
  })

  it('S28 psychotherapy notes need an authorization of their own, but for their own treatment and training', () => {
    const data = [plain('phi.clinical.note.psychotherapy')]
    const asked = (use: string, authorization?: unknown) => against(ask(agreed(), { data, use, authorization }))
    expect(asked('treatment')).toEqual(['allow'])
    expect(asked('operations.training')).toEqual(['allow'])
    expect(asked('operations')).toEqual(['needs', 'authorization-needed'])
    expect(asked('payment')).toEqual(['needs', 'authorization-needed'])
    const papers = { reference: 'form 12', uses: ['payment'], data: ['label:psychotherapy'] }
    expect(asked('payment', papers)).toEqual(['allow'])
    expect(asked('payment', { ...papers, data: ['phi'] })).toEqual(['needs', 'authorization-needed'])
  })

  it('S156 records under Part 2 need its terms, a service organization, or consent', () => {
    const data = [{ class: 'phi.clinical.lab', labels: ['part2'] }]
    expect(against(ask(agreed(), { data }))).toEqual(['needs', 'part2-without-terms'])
    expect(against(ask(agreed(), { data: [plain('phi.clinical.note.sud-counseling')] }))).toEqual([
      'needs',
      'part2-without-terms',
    ])
    expect(against(ask(agreed({ terms: { subcontractors: true, part2: { section: '12' } } }), { data }))).toEqual(['allow'])
    const consent = { reference: 'consent 3', uses: ['treatment'], data: ['label:part2'] }
    expect(against(ask(agreed(), { data, authorization: consent }))).toEqual(['allow'])
    const qsoa = (over: Readonly<Record<string, unknown>> = {}) =>
      agreed({ id: 'qsoa', tier: 'qsoa', permits: [], uses: [], terms: { part2: true, subcontractors: true }, ...over })
    expect(against(ask(model([agreed(), qsoa()]), { data }))).toEqual(['allow'])
    // Not one that covers another service, has ended, lacks the terms, or leaves such records out.
    for (const over of [
      { services: ['billing'] },
      { expires: '2026-06-01' },
      { signatures: [] },
      { terms: {} },
      { prohibits: ['label:part2'] },
      { services: [{ service: 'records', region: 'eu' }] },
    ]) {
      expect(ask(model([agreed(), qsoa(over)]), { data }).outcome).not.toBe('allow')
    }
  })

  it('S156 the agreement of a service organization is no business associate agreement', () => {
    const qsoa = (over: Readonly<Record<string, unknown>> = {}) =>
      agreed({ tier: 'qsoa', terms: { part2: true, subcontractors: true }, ...over })
    expect(against(ask(qsoa()))).toEqual(['deny', 'qsoa-alone'])
    expect(ask(model([qsoa(), agreed({ id: 'baa' })])).outcome).toBe('allow')
    // A programme that is no covered entity needs no other.
    const programme = { id: 'programme', kind: 'provider' }
    expect(ask(registry([qsoa({ from: programme })]), { from: 'programme' }).outcome).toBe('allow')
  })

  it('S66 what individuals send of their own is theirs to send', () => {
    const decision = ask(model([]), { from: 'client' })
    expect(codes(decision)).toEqual(['from-individual'])
    expect(decision).toMatchObject({ outcome: 'allow', duties: [], provided: [] })
    expect(against(ask(model([]), { from: 'client', data: ['phi.nothing'] }))).toEqual(['needs', 'unknown-class'])
  })

  it('S28 what was paid out of pocket is kept from the health plan', () => {
    const toPlan = agreed({ tier: 'data-use', to: { id: 'insurer', kind: 'covered-entity', type: 'health-plan' } })
    const asked = { to: 'insurer', use: 'operations', identifiability: { level: 'limited-data-set', evidence: 'report 2' } }
    const restricted = ask(toPlan, { ...asked, data: [{ class: 'phi.clinical.lab', labels: ['self-pay-restricted'] }] })
    expect(against(restricted)).toEqual(['deny', 'restricted-from-plan'])
    expect(
      ask(agreed(), { data: [{ class: 'phi.clinical.lab', labels: ['self-pay-restricted'] }], use: 'payment' }).outcome,
    ).toBe('allow')
    expect(ask(toPlan, { ...asked, data: ['phi.clinical.lab'] }).provided).toContain('self-pay-restricted')
    const kept = ask(agreed(), { data: [{ class: 'phi.clinical.lab', labels: ['patient-restricted'] }] })
    expect(kept.duties).toContain('honor-restriction')
  })
})

describe('data', () => {
  it('S36 what is derived counts as what it was made of, and of unknown origin waits', () => {
    const noHiv = agreed({ permits: ['phi.ai', 'phi.clinical.note'], prohibits: ['label:hiv'] })
    const prompt = (madeOf?: unknown) =>
      against(ask(noHiv, { data: [{ class: 'phi.ai.prompt', ...(madeOf === undefined ? {} : { madeOf }) }] }))
    expect(prompt([plain('phi.clinical.note.session')])).toEqual(['allow'])
    expect(prompt([{ class: 'phi.clinical.note.session', labels: ['hiv'] }])).toEqual(['deny', 'label-prohibited'])
    expect(prompt([plain('phi.clinical.plan')])).toEqual(['deny', 'class-not-permitted'])
    expect(prompt()).toEqual(['needs', 'unknown-origin'])
    expect(prompt('a note')).toEqual(['needs', 'unknown-origin'])
    expect(prompt([])).toEqual(['allow'])
    expect(against(ask(noHiv, { data: ['phi.ai.prompt', 'phi.schedule'] }))).toEqual([
      'deny',
      'class-not-permitted',
      'unknown-origin',
    ])
  })

  it('S28 what is not known of the data is asked for, and never allowed', () => {
    for (const data of [undefined, null, [], {}, 'phi', [undefined], ['phi.note'], [{}], [{ class: 'toString' }], [[]], [1]]) {
      expect(against(ask(agreed(), { data }))).toEqual(['needs', 'unknown-class'])
    }
    expect(against(ask(agreed(), { data: [plain('phi.schedule'), 'phi.nothing'] }))).toEqual(['needs', 'unknown-class'])
    for (const labels of [['hvi'], 'hiv', null, [undefined], ['label:hiv'], [['hiv']]]) {
      expect(against(ask(agreed(), { data: [{ class: 'phi.schedule', labels }] }))).toEqual(['needs', 'unknown-label'])
    }
    expect(
      against(ask(agreed({ prohibits: ['label:hiv'] }), { data: [{ class: 'phi.schedule', labels: ['hiv', 'x'] }] })),
    ).toEqual(['deny', 'label-prohibited', 'unknown-label'])
  })

  it('S155 S156 where nobody has said which labels records are under, the answer holds without the ones that would change it', () => {
    const noHiv = agreed({ prohibits: ['label:hiv'] })
    const provided = (registered: Registry | Agreement, over = {}) =>
      [...ask(registered, { data: ['phi.clinical.lab'], ...over }).provided].sort()
    expect(provided(noHiv)).toEqual(['hiv', 'part2'])
    expect(provided(noHiv, { use: 'operations' })).toEqual(['hiv', 'part2', 'psychotherapy'])
    expect(provided(agreed({ terms: { subcontractors: true, part2: true } }))).toEqual([])
    expect(provided(noHiv, { data: [plain('phi.clinical.lab')] })).toEqual([])
    expect(provided(noHiv, { data: [plain('phi.clinical.lab'), 'phi.schedule'] })).toEqual(['hiv', 'part2'])
    // Of every agreement that would stop it, in any order, and of those further down.
    const other = agreed({ id: 'other', prohibits: ['label:genetic'] })
    for (const all of [
      [noHiv, other],
      [other, noHiv],
    ])
      expect(provided(model(all))).toEqual(['genetic', 'hiv', 'part2'])
    const edge = { of: 'platform', to: 'host', for: ['records'], does: 'hosting' } as const
    const below = model([agreed(), agreedBelow({ prohibits: ['label:minor'] })], { subprocessors: [edge] })
    expect(provided(below)).toEqual(['minor', 'part2'])
    const treats = { to: 'colleague', exemption: { kind: 'treatment', treatsTheIndividual: true } }
    expect(provided(model([]), treats)).toEqual(['part2', 'psychotherapy'])
  })
})

describe('plans', () => {
  const tiers = { free: 'never', starter: 'never', pro: 'always', team: 'always' }
  it('S139 free and starter never, whoever says so', () => {
    for (const plan of ['free', 'starter']) {
      expect(against(ask(agreed({ eligibility: tiers, plan })))).toEqual(['deny', 'plan-not-eligible'])
      expect(against(ask(agreed({ eligibility: tiers }), { plan }))).toEqual(['deny', 'plan-not-eligible'])
      expect(against(ask(agreed({ eligibility: tiers, plan }), { plan: 'pro' }))).toEqual(['deny', 'plan-not-eligible'])
      expect(against(ask(agreed({ eligibility: tiers, plan: 'pro' }), { plan }))).toEqual(['deny', 'plan-not-eligible'])
    }
    expect(codes(ask(agreed({ eligibility: tiers, plan: 'team' })))).toContain('plan-eligible')
  })

  it('S115 always with growth and enterprise, on request with starter: an agreement that was signed was requested', () => {
    const growth = { starter: 'on-request', growth: 'always', enterprise: 'always' }
    for (const plan of Object.keys(growth)) expect(ask(agreed({ eligibility: growth, plan })).outcome).toBe('allow')
    expect(against(ask(agreed({ eligibility: growth, plan: 'starter', signatures: [] })))).toContain('not-signed')
  })

  it('S115 S139 a plan that is not said, or not named, is asked for', () => {
    for (const plan of [undefined, null, 'gold', 'constructor', '__proto__', 7, ['pro']]) {
      expect(against(ask(agreed({ eligibility: tiers }), { plan }))).toEqual(['needs', 'plan-unknown'])
    }
    expect(ask(agreed(), { plan: 'free' }).outcome).toBe('allow')
  })
})

describe('conditions', () => {
  const withMfa = agreed({ conditions: [{ condition: 'mfa-on', section: '7.3', text: 'With MFA.' }] })
  const attested = (...all: readonly Readonly<Record<string, unknown>>[]) =>
    model([withMfa], {
      attestations: all.map((each) => ({
        party: 'practice',
        condition: 'mfa-on',
        met: true,
        asOf: '2026-06-01',
        reviewBy: '2026-12-01',
        ...each,
      })) as never,
    })

  it('S28 a condition that nobody attested is asked for; the question can say it', () => {
    expect(against(ask(withMfa))).toEqual(['needs', 'condition-unknown'])
    expect(ask(withMfa).reasons[0]).toMatchObject({ name: 'mfa-on', clause: { section: '7.3', text: 'With MFA.' } })
    expect(codes(ask(withMfa, { conditions: { 'mfa-on': true } }))).toContain('condition-met')
    expect(against(ask(withMfa, { conditions: { 'mfa-on': false } }))).toEqual(['deny', 'condition-not-met'])
    for (const conditions of [{}, { 'mfa-on': 'yes' }, { 'mfa-on': 1 }, Object.create({ 'mfa-on': true }), 'mfa-on', null]) {
      expect(against(ask(withMfa, { conditions }))).toEqual(['needs', 'condition-unknown'])
    }
  })

  it('S28 the word of whoever asks does not stand against what somebody saw', () => {
    const stated = { conditions: { 'mfa-on': true } }
    expect(against(ask(attested({ met: false }), stated))).toEqual(['deny', 'condition-not-met'])
    expect(against(ask(attested({}), { conditions: { 'mfa-on': false } }))).toEqual(['deny', 'condition-not-met'])
    // Past its review an attestation says nothing any more.
    expect(ask(attested({ reviewBy: '2026-06-02' }), stated).outcome).toBe('allow')
  })

  it('S28 an attestation holds from when its day has begun everywhere until its day of review first ends anywhere', () => {
    const fresh = attested({ asOf: '2026-06-01', reviewBy: '2026-07-01' })
    expect(ask(fresh).outcome).toBe('allow')
    expect(against(ask(fresh, { at: '2026-06-01T11:59:59.999Z' }))).toEqual(['needs', 'condition-stale'])
    expect(ask(fresh, { at: '2026-06-01T12:00:00.000Z' }).outcome).toBe('allow')
    expect(ask(fresh, { at: '2026-07-01T09:59:59.999Z' }).outcome).toBe('allow')
    expect(against(ask(fresh, { at: '2026-07-01T10:00:00.000Z' }))).toEqual(['needs', 'condition-stale'])
    const broken = attested({ asOf: '2026-06-02', met: false })
    expect(against(ask(broken, { at: '2026-06-01T10:00:00.000Z' }))).toEqual(['deny', 'condition-not-met'])
    expect(against(ask(broken, { at: '2026-06-01T09:59:59.999Z' }))).toEqual(['needs', 'condition-stale'])
  })

  it('S28 the last word counts, of one day the worse, and only for the vendor that it is about', () => {
    expect(ask(attested({ met: false, asOf: '2026-05-01' }, {})).outcome).toBe('allow')
    expect(against(ask(attested({ asOf: '2026-05-01' }, { met: false })))).toEqual(['deny', 'condition-not-met'])
    expect(against(ask(attested({}, { met: false })))).toEqual(['deny', 'condition-not-met'])
    expect(against(ask(attested({ asOf: '2026-05-01' }, { reviewBy: '2026-06-02' })))).toEqual(['needs', 'condition-stale'])
    expect(ask(attested({ with: 'platform' })).outcome).toBe('allow')
    expect(against(ask(attested({ with: 'host' })))).toEqual(['needs', 'condition-unknown'])
    expect(against(ask(attested({ party: 'host' })))).toEqual(['needs', 'condition-unknown'])
    // Somebody will look: that is not yet a word.
    expect(against(ask(attested({ asOf: '2026-08-01', reviewBy: '2026-12-01' })))).toEqual(['needs', 'condition-stale'])
  })

  it('S28 a condition stands before its services, and before branches that hold them', () => {
    const video = agreed({ conditions: [{ condition: 'waiting-room', services: ['telehealth.video'] }] })
    expect(ask(video).outcome).toBe('allow')
    for (const service of ['telehealth.video', 'telehealth']) {
      expect(against(ask(video, { service }))).toEqual(['needs', 'condition-unknown'])
    }
    expect(ask(video, { service: 'telehealth.audio' }).outcome).toBe('allow')
  })
})

describe('limited data sets', () => {
  const researcher = { id: 'carrier', kind: 'other' }
  const dua = agreed({ id: 'dua', tier: 'data-use', to: researcher, services: ['analytics'], uses: ['research', 'treatment'] })
  const level = (name: string, evidence?: unknown) => ({
    identifiability: { level: name, ...(evidence === undefined ? {} : { evidence }) },
  })
  const asked = { to: 'carrier', service: 'analytics', use: 'research', data: [plain('phi.clinical.lab')] }

  it('S28 go for research under a data use agreement, attested, and without an authorization or an accounting', () => {
    const decision = ask(dua, { ...asked, ...level('limited-data-set', 'report 4') })
    expect(against(decision)).toEqual(['allow'])
    expect(decision.duties).toEqual(['minimum-necessary'])
    expect(against(ask(dua, asked))).toContain('identifiability-unknown')
    for (const wrong of [
      level('limited-data-set'),
      level('limited-data-set', ' '),
      level('raw', 'report'),
      level('toString', 'x'),
      level('limited-data-set', 1),
    ]) {
      const { outcome, reasons } = ask(dua, { ...asked, ...wrong })
      expect([outcome, reasons.some(({ code }) => code === 'identifiability-unknown')]).toEqual(['needs', true])
    }
    for (const name of ['identified', 'coded'])
      expect(against(ask(dua, { ...asked, ...level(name, 'x') }))).toContain('too-identifying')
  })

  it('S28 hold none of the sixteen identifiers, and serve no other purpose', () => {
    const attested = level('limited-data-set', 'report 4')
    const data = (each: string) => ask(dua, { ...asked, ...attested, data: [{ class: each, labels: [] }] })
    for (const each of ['phi.identity.name', 'phi.identity.ssn', 'phi.identity', 'phi.identity.geo', 'phi']) {
      expect(against(data(each))).toEqual(['deny', 'too-identifying'])
    }
    for (const each of ['phi.identity.geo.zip5', 'phi.identity.date', 'phi.identity.age-over-89'])
      expect(data(each).outcome).toBe('allow')
    expect(against(ask(dua, { ...asked, ...attested, use: 'treatment' }))).toContain('use-not-permitted')
  })
})

describe('back to the source', () => {
  const back = { from: 'platform', to: 'practice' }
  it('S28 data goes back to the party for whom it is held, and to nobody else', () => {
    const decision = ask(agreed(), { ...back, heldFor: 'practice' })
    expect(codes(decision)).toEqual(['returned-to-source'])
    expect(decision).toMatchObject({ outcome: 'allow', agreement: 'agreement', duties: [], provided: [] })
    expect(against(ask(agreed(), back))).toEqual(['needs', 'returning-unsure'])
    expect(against(ask(agreed(), { ...back, heldFor: 'carrier' }))).toEqual(['deny', 'no-agreement'])
    expect(against(ask(agreed(), { ...back, to: 'carrier', heldFor: 'carrier' }))).toEqual(['deny', 'no-agreement'])
  })

  it('S28 after the end of the agreement too, and never where it was not signed', () => {
    for (const over of [
      { terminated: { at: '2026-03-01' } },
      { expires: '2026-03-01' },
      { terminated: { at: '2026-03-01' }, windingDown: { from: '2026-03-02' } },
    ]) {
      expect(ask(agreed(over), { ...back, heldFor: 'practice' }).outcome).toBe('allow')
    }
    for (const over of [{ signatures: [] }, { signatures: [], expires: '2026-03-01' }, { signatures: signedBy('practice') }]) {
      expect(against(ask(agreed(over), { ...back, heldFor: 'practice' }))).toEqual(['needs', 'returning-unsure'])
    }
  })

  it('S28 not for a use that needs an authorization, and beside an agreement in that direction', () => {
    expect(against(ask(agreed(), { ...back, heldFor: 'practice', use: 'sale' }))).toEqual(['needs', 'authorization-needed'])
    const draft = agreed({
      id: 'other-way',
      from: { id: 'platform', kind: 'covered-entity' },
      to: { id: 'practice', kind: 'business-associate' },
      signatures: [],
    })
    const both = registry([agreed(), draft])
    expect(ask(both, { ...back, heldFor: 'practice' }).outcome).toBe('allow')
    expect(against(ask(both, back))).toEqual(['deny', 'not-signed', 'not-signed'])
  })
})

describe('two agreements between the same parties', () => {
  it('S1 S64 either may allow: a service of its own, with an agreement of its own', () => {
    const notes = agreed({ id: 'notes', services: ['records'] })
    const video = agreed({ id: 'video', services: ['telehealth'] })
    for (const all of [
      [notes, video],
      [video, notes],
    ]) {
      expect(ask(model(all), { service: 'telehealth.video' })).toMatchObject({ outcome: 'allow', agreement: 'video' })
      expect(ask(model(all))).toMatchObject({ outcome: 'allow', agreement: 'notes' })
    }
  })

  it('S28 no prohibition of either may fire, as far as its scope reaches, while it is in force', () => {
    const wide = agreed({ id: 'wide' })
    const strict = (over: Readonly<Record<string, unknown>> = {}) =>
      agreed({
        id: 'strict',
        permits: [],
        uses: [],
        prohibits: ['phi.code.icd10', 'label:hiv'],
        prohibitsUses: ['operations.quality'],
        ...over,
      })
    for (const all of [
      [wide, strict()],
      [strict(), wide],
    ]) {
      expect(ask(model(all)).outcome).toBe('allow')
      const denied = (over: Readonly<Record<string, unknown>>) => against(ask(model(all), over))
      expect(denied({ data: [plain('phi.code.icd10')] })).toEqual(expect.arrayContaining(['deny', 'class-prohibited']))
      const hiv = denied({ data: [{ class: 'phi.clinical.lab', labels: ['hiv'] }] })
      expect(hiv).toEqual(expect.arrayContaining(['deny', 'label-prohibited']))
      expect(denied({ use: 'operations.quality' })).toEqual(expect.arrayContaining(['deny', 'use-prohibited']))
    }
    for (const over of [
      { services: ['billing'] },
      { expires: '2026-06-01' },
      { signatures: [] },
      { services: [{ service: 'records', region: 'eu' }] },
    ]) {
      const where = { region: 'us' }
      expect(ask(model([wide, strict(over)]), { data: [plain('phi.code.icd10')], where }).outcome).toBe('allow')
    }
    // Where it is not known whether its scope reaches, it does.
    const maybe = strict({ services: [{ service: 'records', region: 'eu' }] })
    expect(ask(model([wide, maybe]), { data: [plain('phi.code.icd10')] }).outcome).toBe('deny')
  })

  it('S28 a prohibition goes before what still has to be known', () => {
    const open = agreed({ id: 'open', conditions: ['mfa-on'] })
    const strict = agreed({ id: 'strict', services: ['records'], prohibits: ['phi.clinical.lab'] })
    for (const all of [
      [open, strict],
      [strict, open],
    ]) {
      const decision = ask(model(all), { data: [plain('phi.clinical.lab')] })
      expect(decision.outcome).toBe('deny')
      expect(codes(decision)).toEqual(expect.arrayContaining(['class-prohibited', 'condition-unknown']))
    }
  })

  it('S28 what stands above agreements is not stopped by their prohibitions', () => {
    const strict = agreed({
      to: { id: 'client', kind: 'business-associate' },
      prohibits: ['phi.clinical'],
      signatures: signedBy('practice', 'client'),
    })
    const registered = registry([strict], { parties: [practice] })
    expect(ask(registered, { to: 'client' }).outcome).toBe('deny')
    const data = { data: [plain('phi.clinical.lab')], to: 'client' }
    const deIdentified = { kind: 'de-identified', method: 'expert', evidence: 'report 9', validUntil: '2027-01-01' }
    const permissive = agreed({
      id: 'wide',
      to: { id: 'client', kind: 'business-associate' },
      signatures: signedBy('practice', 'client'),
    })
    for (const all of [[strict], [strict, permissive], [permissive, strict]]) {
      expect(ask(registry(all), { ...data, exemption: deIdentified })).toMatchObject({
        outcome: 'allow',
        exemption: 'de-identified',
      })
    }
  })
})

describe('duties', () => {
  it('S28 minimum necessary, but not to a provider for treatment; an accounting where the use is accountable', () => {
    expect(ask(agreed()).duties).toEqual(['minimum-necessary'])
    const ba = agreed({ uses: ['ba.management', 'public-health'] })
    expect(ask(ba, { use: 'ba.management' }).duties).toEqual(['minimum-necessary', 'accounting'])
    const treats = { kind: 'treatment', treatsTheIndividual: true }
    expect(ask(model([]), { to: 'colleague', exemption: treats }).duties).toEqual([])
    expect(ask(agreed(), { use: 'required-by-law' }).duties).toEqual(['accounting'])
  })
})

describe('the chain', () => {
  const edge = (of: string, to: string, more: Readonly<Record<string, unknown>> = {}) =>
    ({ of, to, for: ['records', 'hosting'], does: 'hosting', ...more }) as never
  const chained = (below: readonly Agreement[], edges: readonly unknown[], more: RegistryOptions = {}, over = {}) =>
    model([agreed(over), ...below], { subprocessors: edges as never, ...more })

  it('S37 a vendor further down that is covered, is not, or is not known to be', () => {
    const one = [edge('platform', 'host')]
    const covered = ask(chained([agreedBelow()], one))
    expect(covered.outcome).toBe('allow')
    const onward = covered.reasons.find(({ code }) => code === 'onward-covered') as Reason
    expect(onward).toMatchObject({ name: 'host', agreement: 'agreement' })
    expect(onward.because?.map(({ code }) => code)).toContain('in-force')
    expect(against(ask(chained([], one)))).toEqual(['deny', 'onward-not-covered'])
    expect(against(ask(chained([agreedBelow({ signatures: [] })], one)))).toEqual(['deny', 'onward-not-covered'])
    expect(against(ask(chained([agreedBelow({ conditions: ['mfa-on'] })], one)))).toEqual(['needs', 'onward-unknown'])
    expect(against(ask(chained([agreedBelow({ services: ['billing'] })], one)))).toEqual(['deny', 'onward-not-covered'])
    // An edge of another service is of no concern.
    expect(ask(chained([], [edge('platform', 'host', { for: ['billing'] })])).outcome).toBe('allow')
    const text = explainDecision(ask(chained([], one)))
    expect(text).toContain('There is no agreement under which the one may disclose to the other.')
  })

  it('S37 the edge says which data, which use and where', () => {
    const narrow = agreedBelow({ permits: ['phi.clinical.note.session'], uses: ['operations'] })
    const to = (more: Readonly<Record<string, unknown>>) => [edge('platform', 'host', more)]
    expect(ask(chained([narrow], to({ use: 'operations' }))).outcome).toBe('allow')
    expect(against(ask(chained([narrow], to({})))).slice(0, 2)).toEqual(['deny', 'onward-not-covered'])
    const branch = { data: [plain('phi.clinical')] }
    expect(ask(chained([narrow], to({ use: 'operations' })), branch).outcome).toBe('deny')
    expect(ask(chained([narrow], to({ use: 'operations', data: ['phi.clinical.note.session'] })), branch).outcome).toBe('allow')
    expect(ask(chained([narrow], to({ use: 'operations', data: ['phi.schedule'] })), branch).outcome).toBe('allow')
    const regional = agreedBelow({ services: [{ service: 'hosting', region: 'us' }] })
    expect(against(ask(chained([regional], to({}))))).toEqual(['needs', 'onward-unknown'])
    expect(ask(chained([regional], to({ where: { region: 'us' } }))).outcome).toBe('allow')
    expect(against(ask(chained([regional], to({ where: { region: 'eu' } }))))).toEqual(['deny', 'onward-not-covered'])
  })

  it('S37 who hosts a model receives what the prompt was made of', () => {
    const edges = [edge('platform', 'host', { for: ['ai'], data: ['phi.ai.prompt'] })]
    const asked = {
      service: 'ai.summary',
      use: 'ai.inference',
      data: [{ class: 'phi.ai.prompt', madeOf: [plain('phi.clinical.note.session')] }],
    }
    expect(ask(chained([agreedBelow()], edges), asked).outcome).toBe('allow')
    expect(against(ask(chained([agreedBelow({ permits: ['phi.ai'] })], edges), asked))).toEqual(['deny', 'onward-not-covered'])
  })

  it('S37 every host that the agreement names has to be in the registry, and silence is no answer', () => {
    const asked = { service: 'ai.summary', use: 'ai.inference' }
    const named = (ids: readonly string[] | undefined) => ({ ai: ids === undefined ? undefined : { subprocessors: ids } })
    expect(ask(chained([], [], {}, named([])), asked).outcome).toBe('allow')
    expect(ask(chained([], [], {}, named(['platform'])), asked).outcome).toBe('allow')
    expect(against(ask(chained([], [], {}, named(['host'])), asked))).toEqual(['needs', 'onward-unknown'])
    expect(against(ask(chained([], [], {}, named(undefined)), asked))).toEqual(['needs', 'onward-unknown'])
    expect(ask(chained([], [], { complete: ['platform'] }, named(undefined)), asked).outcome).toBe('allow')
    const edges = [edge('platform', 'host', { for: ['ai'] })]
    expect(ask(chained([agreedBelow()], edges, {}, named(['host'])), asked).outcome).toBe('allow')
    // A service that is no model asks nobody.
    expect(ask(chained([], [], {}, named(['host']))).outcome).toBe('allow')
  })

  it('S37 without a promise, or the word of the vendor, nobody knows who else receives the data', () => {
    const silent = { terms: {} }
    expect(against(ask(chained([], [], {}, silent)))).toEqual(['needs', 'onward-unknown'])
    expect(ask(chained([], [], { complete: ['platform'] }, silent)).outcome).toBe('allow')
    // One more edge about something else says nothing of this service.
    expect(against(ask(chained([], [edge('platform', 'host', { for: ['billing'] })], {}, silent)))).toEqual([
      'needs',
      'onward-unknown',
    ])
  })

  it('S37 a chain that comes back, and one that is too long, are asked about', () => {
    const round = chained([agreedBelow()], [edge('platform', 'host'), edge('host', 'platform')])
    expect(against(ask(round))).toEqual(['needs', 'onward-unknown'])
    expect(against(ask(chained([], [edge('platform', 'practice')])))).toEqual(['needs', 'chain-cycle'])
    const names = Array.from({ length: 40 }, (_, index) => ({ id: `v${index}`, kind: 'subcontractor' as const }))
    const line = names.slice(1).map((to, index) => ({ from: names[index] as Party, to }))
    const agreements = line.map(({ from, to }, index) => agreed({ id: `l${index}`, tier: 'ba-sub', from, to }))
    const edges = [edge('platform', 'v0'), ...line.map(({ from, to }) => edge(from.id, to.id))]
    const first = agreedBelow({ to: names[0] })
    expect(ask(chained([first, ...agreements], edges)).outcome).toBe('needs')
    expect(ask(chained([first, ...agreements.slice(0, 10)], edges.slice(0, 11))).outcome).toBe('allow')
  })

  it('S37 data of one customer does not go back to another', () => {
    const other = agreed({ id: 'second', from: { id: 'clinic', kind: 'covered-entity' } })
    expect(against(ask(chained([other], [edge('platform', 'clinic')])))).toEqual(['deny', 'onward-not-covered'])
    expect(against(ask(chained([other], [edge('platform', 'clinic')]), { heldFor: 'clinic' }))).toEqual([
      'deny',
      'onward-not-covered',
    ])
  })
})

describe('exempt, in a decision', () => {
  it('S66 S138 each of them names itself, and needs no agreement', () => {
    const none = model([])
    const letters = [...'ABCDEFGHIJKLMNOPQR']
    const claims: readonly (readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>])[] = [
      ['exempt-treatment', { kind: 'treatment', treatsTheIndividual: true }, { to: 'colleague' }],
      ['exempt-workforce', { kind: 'workforce', underDirectControl: true }, { to: 'therapist' }],
      [
        'exempt-conduit',
        { kind: 'conduit', transmits: 'only', storage: 'none', access: 'none' },
        { to: 'carrier', service: 'telehealth.audio' },
      ],
      [
        'exempt-payment',
        { kind: 'payment-processing', financialInstitution: true, activities: ['processing'], otherServices: false },
        { to: 'bank', service: 'billing.payments', use: 'payment', data: [plain('phi.financial.payment')] },
      ],
      [
        'exempt-de-identified',
        { kind: 'de-identified', method: 'safe-harbor', evidence: 'report 1', removed: letters, actualKnowledge: false },
        { to: 'carrier', service: 'analytics', use: 'sale' },
      ],
      [
        'exempt-individual',
        { kind: 'individual', identityVerified: true, isSubject: true },
        { to: 'client', use: 'individual.access' },
      ],
      [
        'exempt-payment-of-recipient',
        { kind: 'payment-of-recipient', forItsOwnPayment: true },
        { to: 'insurer', service: 'billing.claims', use: 'payment', data: [plain('phi.financial.claim')] },
      ],
    ]
    for (const [code, exemption, over] of claims) {
      const decision = ask(none, { ...over, exemption })
      expect(codes(decision)).toEqual([code])
      expect(decision).toMatchObject({ outcome: 'allow', exemption: exemption.kind })
      expect('agreement' in decision).toBe(false)
      expect(against(ask(none, { ...over, exemption: { kind: exemption.kind } }))).toContain('exemption-unproved')
      // To anybody else, for anything else: only what identifies nobody may go anywhere.
      const elsewhere = ask(none, { ...over, to: 'insurer', service: 'hosting', use: 'ba.legal', exemption })
      expect(elsewhere.outcome === 'allow').toBe(exemption.kind === 'de-identified')
    }
    expect(against(ask(none, { to: 'carrier', exemption: { kind: 'treatment', treatsTheIndividual: true } }))).toEqual([
      'deny',
      'exemption-not-met',
    ])
  })

  it('S66 frees of the agreement, and not of permissions and prohibitions', () => {
    const treats = { to: 'colleague', exemption: { kind: 'treatment', treatsTheIndividual: true } }
    expect(against(ask(model([]), { ...treats, data: [plain('phi.clinical.note.psychotherapy')] }))).toEqual([
      'needs',
      'authorization-needed',
    ])
    expect(against(ask(model([]), { ...treats, data: [{ class: 'phi.clinical.lab', labels: ['part2'] }] }))).toEqual([
      'needs',
      'part2-without-terms',
    ])
    const own = { to: 'therapist', exemption: { kind: 'workforce', underDirectControl: true } }
    expect(ask(model([]), { ...own, data: [plain('phi.clinical.note.psychotherapy')] }).outcome).toBe('allow')
    for (const use of ['sale', 'marketing', 'research']) {
      expect(against(ask(model([]), { ...own, use }))).toEqual(['needs', 'authorization-needed'])
    }
  })

  it('S66 a claim that nobody can read proves nothing', () => {
    for (const exemption of [
      'treatment',
      1,
      [],
      {},
      { kind: 'friend' },
      { kind: 'treatment', treatsTheIndividual: 'yes' },
      { kind: 'conduit', extra: true },
    ]) {
      expect(against(ask(model([]), { to: 'colleague', exemption }))).toEqual(['needs', 'exemption-unproved'])
    }
  })
})

describe('the question', () => {
  it('S28 that is none, or has no instant, is refused without being shown', async () => {
    const tries: readonly unknown[] = [
      undefined,
      null,
      'Jane Roe',
      1,
      [],
      [question()],
      { ...question(), at: '2026-06-15' },
      { ...question(), at: 1 },
      Object.create(question()),
    ]
    for (const request of tries) {
      const error = await refusal(() => decideAny(model([agreed()]), request as never))
      expect(error.code).toBe('PHI_BAA_REQUEST')
      expect(error.message).not.toContain('Jane')
    }
    for (const forged of [undefined, null, {}, { ...model([agreed()]) }]) {
      expect((await refusal(() => decideAny(forged as never, question()))).code).toBe('PHI_BAA_REGISTRY')
    }
  })
})

describe('reasons', () => {
  it('S28 are data: a code, what is so, the text of the law, and a remedy for all that do not allow', () => {
    for (const [code, { effect, says, remedy, citation }] of Object.entries(reasonCodes)) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(says).toMatch(/^[A-Z].*\.$/)
      expect(remedy === '').toBe(effect === 'allow')
      expect(citation.confirmation === 'text-seen').toBe(citation.asOf === '2019-05-10')
    }
  })

  it('S28 all of them can happen: this file has seen each one', () => {
    expect([...produced].sort()).toEqual(Object.keys(reasonCodes).sort())
  })
})
