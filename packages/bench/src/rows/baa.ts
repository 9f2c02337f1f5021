import { type Agreement, type DecisionRequest, decideAny, diff, parseAgreement, registry } from '@phi/baa'
import type { Row } from '../measure.ts'

const COUNT = 1_000

/** A thousand agreements of a hundred practices, each with a scope, prohibitions, labels, a condition for every third, and AI terms. */
const agreements: readonly Agreement[] = Array.from({ length: COUNT }, (_, i) => {
  const [practice, vendor] = [`practice-${i % 100}`, `vendor-${i}`]
  return parseAgreement({
    id: `agreement-${i}`,
    tier: 'ce-ba',
    version: '1',
    from: { id: practice, kind: 'covered-entity' },
    to: { id: vendor, kind: 'business-associate' },
    services: ['scheduling', 'records.notes', 'records.plans', 'telehealth', 'ai.note-draft'],
    excludes: ['telehealth.recording'],
    permits: ['phi.clinical.note', 'phi.clinical.plan', 'phi.identity.name', 'phi.schedule', 'phi.ai'],
    prohibits: ['phi.clinical.note.psychotherapy', 'phi.code.icd10', 'phi.financial.insurance', 'label:hiv', 'label:part2'],
    uses: ['treatment', 'payment', 'operations', 'ai.inference'],
    prohibitsUses: ['ai.training', 'sale'],
    ...(i % 3 === 0 && { conditions: ['mfa-on'] }),
    terms: { subcontractors: true },
    ai: { training: 'prohibited' },
    signatures: [practice, vendor].map((party) => ({ party, at: '2026-01-02T15:00:00.000Z' })),
    effective: '2026-01-01',
    expires: '2027-12-31',
  })
})

const questions: readonly DecisionRequest[] = Array.from({ length: COUNT }, (_, i) => ({
  from: `practice-${i % 100}`,
  to: `vendor-${i}`,
  service: (['records.notes', 'scheduling.reminders', 'telehealth.recording', 'billing.claims'] as const)[i % 4] ?? 'billing',
  data: i % 5 === 0 ? ['phi.code.icd10'] : ['phi.clinical.note.session', 'phi.identity.name'],
  use: i % 7 === 0 ? 'marketing' : 'treatment',
  at: i % 11 === 0 ? '2025-06-01T10:00:00.000Z' : '2026-11-21T10:00:00.000Z',
  ...(i % 3 === 0 && { conditions: { 'mfa-on': i % 2 === 0 } }),
}))

/** What somebody writes who knows exactly these agreements: the same six checks, each with a code, and nothing else. */
function byHand() {
  const under = (above: string, key: string) => above === key || key.startsWith(`${above}.`)
  const pairs = new Map(agreements.map((each) => [`${each.from.id} ${each.to.id}`, each]))
  return (question: DecisionRequest): number => {
    const found: string[] = []
    const agreement = pairs.get(`${question.from} ${question.to}`)
    if (!agreement) return 1
    const at = Date.parse(question.at)
    const begins = Math.max(...agreement.signatures.map((each) => Date.parse(each.at)), Date.parse(agreement.effective))
    found.push(at >= begins && at < Date.parse(agreement.expires ?? '9999-12-31') ? 'in-force' : 'not-in-force')
    if (agreement.excludes.some((each) => under(each.service, question.service))) found.push('excluded')
    found.push(agreement.services.some((each) => under(each.service, question.service)) ? 'covered' : 'not-covered')
    for (const { condition } of agreement.conditions) found.push(question.conditions?.[condition] === true ? 'met' : 'not-met')
    for (const each of question.data as readonly string[]) {
      if (agreement.prohibits.some(({ selector }) => under(selector, each) || under(each, selector))) found.push('prohibited')
      found.push(agreement.permits.some((permit) => under(permit.class, each)) ? 'permitted' : 'not-permitted')
    }
    if (agreement.prohibitsUses.some(({ use }) => under(use, question.use))) found.push('use-prohibited')
    found.push(agreement.uses.some(({ use }) => under(use, question.use)) ? 'use-permitted' : 'use-not-permitted')
    return found.length
  }
}

export const baaDecide: Row = {
  id: 'baa.decide.by-hand',
  against:
    'the same checks written by hand for these agreements, with codes; ours adds labels, clauses, citations and remedies',
  atLeast: 1.5,
  async prepare({ quick }) {
    const model = registry(agreements)
    const hand = byHand()
    const rounds = quick ? 20 : 100
    const each = (act: (question: DecisionRequest) => number) => () => {
      let reasons = 0
      for (let round = 0; round < rounds; round++) for (const question of questions) reasons += act(question)
      if (reasons < COUNT * rounds) throw new Error('a question went without a reason')
      return COUNT * rounds
    }
    return { unit: 'decisions', ours: each((question) => decideAny(model, question).reasons.length), baseline: each(hand) }
  },
}

/** A version that changes classes, labels, uses, conditions, plans, places and the end, against the one before it. */
const before = agreements[0] as Agreement
const changed = parseAgreement({
  ...before,
  version: '2',
  permits: ['phi.clinical', 'phi.identity.name', 'phi.ai'],
  prohibits: ['phi.clinical.note.psychotherapy', 'phi.financial.insurance', 'label:hiv'],
  uses: ['treatment', 'payment', 'operations', 'ai.inference', 'research'],
  conditions: ['mfa-on', { condition: 'training-off', services: ['ai'] }],
  eligibility: { free: 'never', pro: 'always', team: 'on-request' },
  services: [...before.services, { service: 'messaging', region: ['us', 'eu'], edition: 'pro' }],
  expires: '2026-12-31',
})

export const baaDiff: Row = {
  id: 'baa.diff.one-by-one',
  against: 'asking decide about each request under both versions, one by one; ours answers for the whole space in one call',
  atLeast: 10_000,
  async prepare({ quick }) {
    const [was, is] = [registry([before]), registry([changed])]
    const sample = Array.from({ length: quick ? 5_000 : 20_000 }, (_, i) => ({
      ...(questions[i % COUNT] as DecisionRequest),
      from: 'practice-0',
      to: 'vendor-0',
    }))
    return {
      unit: 'requests',
      ours: () => {
        const { requests, flips, undecided } = diff(before, changed)
        if (flips.length === 0 || undecided.length > 0) throw new Error('the change was not seen whole')
        return requests
      },
      baseline: () => {
        let flipped = 0
        for (const each of sample) if (decideAny(was, each).outcome !== decideAny(is, each).outcome) flipped++
        if (flipped === 0) throw new Error('the sample saw no change')
        return sample.length
      },
    }
  },
}
