import { type DataClass, services } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claim as aClaim } from '../../test/twin/arbitrary.ts'
import { NOON } from '../../test/twin/make.ts'
import {
  type ExemptionClaim,
  type ExemptionSetting,
  exemptionKinds,
  type Party,
  partyKinds,
  paymentActivities,
  testExemption,
} from '../index.ts'

const setting = (over: Partial<ExemptionSetting> = {}): ExemptionSetting => ({
  to: { id: 'somebody', kind: 'other' },
  service: 'records.notes',
  use: 'treatment',
  classes: ['phi.clinical.note.session'],
  at: Date.parse(NOON),
  ...over,
})
const to = (kind: Party['kind'], more: Partial<Party> = {}) => ({ to: { id: 'somebody', kind, ...more } })
/** Met, not met, or open: what every fact of it comes to. */
const verdict = (claim: ExemptionClaim, over: Partial<ExemptionSetting> = {}) => {
  const holds = testExemption(claim, setting(over)).map((each) => each.holds)
  return holds.includes(false) ? 'not met' : holds.includes('unknown') ? 'open' : 'met'
}

describe('treatment', () => {
  const claim = { kind: 'treatment', treatsTheIndividual: true } as const
  it('S66 to a health care provider who treats the individual, for treatment', () => {
    expect(verdict(claim, to('provider'))).toBe('met')
    expect(verdict(claim, to('covered-entity', { type: 'health-care-provider' }))).toBe('met')
    expect(verdict(claim, to('covered-entity'))).toBe('open')
    expect(verdict(claim, to('covered-entity', { type: 'health-plan' }))).toBe('not met')
    for (const kind of partyKinds.filter((each) => each !== 'provider' && each !== 'covered-entity')) {
      expect(verdict(claim, to(kind, { type: 'health-care-provider' }))).toBe('not met')
    }
    expect(verdict({ kind: 'treatment' }, to('provider'))).toBe('open')
    expect(verdict({ kind: 'treatment', treatsTheIndividual: false }, to('provider'))).toBe('not met')
    for (const use of ['payment', 'operations', 'research', 'ai'] as const)
      expect(verdict(claim, { ...to('provider'), use })).toBe('not met')
  })
})

describe('workforce', () => {
  it('S138 under the direct control of the sender', () => {
    expect(verdict({ kind: 'workforce', underDirectControl: true }, to('workforce'))).toBe('met')
    expect(verdict({ kind: 'workforce' }, to('workforce'))).toBe('open')
    expect(verdict({ kind: 'workforce', underDirectControl: false }, to('workforce'))).toBe('not met')
    for (const kind of partyKinds.filter((each) => each !== 'workforce')) {
      expect(verdict({ kind: 'workforce', underDirectControl: true }, to(kind))).toBe('not met')
    }
  })
})

describe('conduit', () => {
  const claim = { kind: 'conduit', transmits: 'only', storage: 'temporary', access: 'random-or-infrequent' } as const
  const line = { service: 'telehealth.audio' } as const
  it('S1 S64 only a line that carries signals: "we call it a conduit" is the commonest error', () => {
    expect(verdict(claim, line)).toBe('met')
    expect(verdict({ kind: 'conduit', transmits: 'only', storage: 'none', access: 'none' }, line)).toBe('met')
    const others = (Object.keys(services) as (keyof typeof services)[]).filter((each) => each !== 'telehealth.audio')
    // Hosting, storage, e-mail, a video platform, a gateway for messages: whatever is claimed.
    for (const service of others) expect(verdict(claim, { service })).toBe('not met')
  })

  it('S1 each fact has to be known, and to hold', () => {
    expect(verdict({ ...claim, transmits: 'and-more' }, line)).toBe('not met')
    expect(verdict({ ...claim, storage: 'persistent' }, line)).toBe('not met')
    expect(verdict({ ...claim, access: 'routine' }, line)).toBe('not met')
    for (const key of ['transmits', 'storage', 'access'] as const)
      expect(verdict({ ...claim, [key]: undefined }, line)).toBe('open')
    expect(verdict({ kind: 'conduit' }, line)).toBe('open')
  })
})

describe('payment processing', () => {
  const claim = {
    kind: 'payment-processing',
    financialInstitution: true,
    activities: ['authorizing', 'settling'],
    otherServices: false,
  } as const
  const paying = { use: 'payment', classes: ['phi.financial.payment', 'phi.identity.name'] as readonly DataClass[] } as const
  it('S66 a financial institution that processes the payment, and does nothing else', () => {
    expect(verdict(claim, paying)).toBe('met')
    expect(verdict({ ...claim, activities: paymentActivities }, paying)).toBe('met')
    expect(verdict({ ...claim, otherServices: true }, paying)).toBe('not met')
    expect(verdict({ ...claim, financialInstitution: false }, paying)).toBe('not met')
    expect(verdict({ ...claim, activities: ['reporting'] as never }, paying)).toBe('not met')
    expect(verdict(claim, { ...paying, use: 'operations' })).toBe('not met')
    for (const key of ['financialInstitution', 'activities', 'otherServices'] as const) {
      expect(verdict({ ...claim, [key]: undefined }, paying)).toBe('open')
    }
    expect(verdict({ ...claim, activities: [] }, paying)).toBe('open')
  })

  it('S154 only what stands on a payment: no insurance, no claim, no code, no note', () => {
    for (const each of [
      'phi.financial.insurance',
      'phi.financial.claim',
      'phi.code.cpt',
      'phi.clinical.note',
      'phi.financial',
      'phi',
    ] as const) {
      expect(verdict(claim, { ...paying, classes: ['phi.financial.payment', each] })).toBe('not met')
    }
  })
})

describe('de-identified', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQR']
  const harbor = {
    kind: 'de-identified',
    method: 'safe-harbor',
    evidence: 'report 1',
    removed: letters,
    actualKnowledge: false,
  } as const
  const expert = { kind: 'de-identified', method: 'expert', evidence: 'opinion 2', validUntil: '2026-12-31' } as const
  it('S138 safe harbor: all eighteen are removed, none is among the classes, nobody knows better', () => {
    expect(verdict(harbor)).toBe('met')
    for (const letter of letters)
      expect(verdict({ ...harbor, removed: letters.filter((each) => each !== letter) })).toBe('not met')
    for (const each of ['phi.identity.name', 'phi.identity.geo.zip5', 'phi.identity.date', 'phi.identity', 'phi'] as const) {
      expect(verdict(harbor, { classes: [each] })).toBe('not met')
    }
    expect(verdict(harbor, { classes: ['phi.identity.geo.state', 'phi.clinical.lab'] })).toBe('met')
    expect(verdict({ ...harbor, actualKnowledge: true })).toBe('not met')
    for (const key of ['evidence', 'removed', 'actualKnowledge'] as const)
      expect(verdict({ ...harbor, [key]: undefined })).toBe('open')
    expect(verdict({ ...harbor, evidence: ' ' })).toBe('open')
  })

  it('S138 an expert: documented, in time, and with no direct identifier left', () => {
    expect(verdict(expert)).toBe('met')
    expect(verdict({ ...expert, evidence: undefined })).toBe('open')
    expect(verdict({ ...expert, validUntil: undefined })).toBe('open')
    expect(verdict(expert, { at: Date.parse('2026-12-31T09:59:59.999Z') })).toBe('met')
    expect(verdict(expert, { at: Date.parse('2026-12-31T10:00:00.000Z') })).toBe('not met')
    expect(verdict(expert, { classes: ['phi.identity.geo.zip5'] })).toBe('met')
    for (const each of ['phi.identity.ssn', 'phi.identity', 'phi'] as const)
      expect(verdict(expert, { classes: [each] })).toBe('not met')
  })

  it('S138 by one of the two methods, and not where somebody attests otherwise', () => {
    expect(verdict({ kind: 'de-identified', evidence: 'a script' })).toBe('open')
    for (const level of ['identified', 'coded', 'limited-data-set'] as const) {
      expect(verdict(expert, { identifiability: level })).toBe('not met')
      expect(verdict(harbor, { identifiability: level })).toBe('not met')
    }
    expect(verdict(expert, { identifiability: 'de-identified.expert' })).toBe('met')
  })
})

describe('the individual', () => {
  const claim = { kind: 'individual', identityVerified: true, isSubject: true } as const
  it('S66 their own data, once it is known who they are', () => {
    expect(verdict(claim, { ...to('individual'), use: 'individual.access' })).toBe('met')
    expect(verdict(claim, { ...to('individual'), use: 'individual' })).toBe('met')
    expect(verdict(claim, to('individual'))).toBe('not met')
    for (const key of ['identityVerified', 'isSubject'] as const) {
      expect(verdict({ ...claim, [key]: undefined }, { ...to('individual'), use: 'individual' })).toBe('open')
      expect(verdict({ ...claim, [key]: false }, { ...to('individual'), use: 'individual' })).toBe('not met')
    }
    for (const kind of partyKinds.filter((each) => each !== 'individual')) {
      expect(verdict(claim, { ...to(kind), use: 'individual.access' })).toBe('not met')
    }
  })
})

describe('payment of the recipient', () => {
  const claim = { kind: 'payment-of-recipient', forItsOwnPayment: true } as const
  it('S66 a claim that goes to a health plan: a covered entity or a provider, for its own payment activities', () => {
    for (const kind of partyKinds) {
      const fits = kind === 'covered-entity' || kind === 'provider'
      expect(verdict(claim, { ...to(kind), use: 'payment' })).toBe(fits ? 'met' : 'not met')
    }
    expect(verdict({ kind: 'payment-of-recipient' }, { ...to('covered-entity'), use: 'payment' })).toBe('open')
    expect(verdict({ ...claim, forItsOwnPayment: false }, { ...to('covered-entity'), use: 'payment' })).toBe('not met')
    for (const use of ['treatment', 'operations', 'marketing'] as const) {
      expect(verdict(claim, { ...to('covered-entity'), use })).toBe('not met')
    }
  })
})

describe('all of them', () => {
  it('S66 are seven, and no other passes', () => {
    expect(exemptionKinds).toHaveLength(7)
    for (const kind of ['friend', 'constructor', 'toString', '__proto__', '', undefined]) {
      expect(verdict({ kind } as never)).toBe('not met')
    }
    for (const kind of exemptionKinds) expect(verdict({ kind } as ExemptionClaim)).not.toBe('met')
  })

  it('S66 a fact less never proves a claim', () => {
    fc.assert(
      fc.property(aClaim, fc.constantFrom(...partyKinds), fc.nat(4), (claim, kind, index) => {
        const facts = Object.keys(claim).filter((key) => key !== 'kind')
        const left = facts[index % Math.max(1, facts.length)]
        if (left === undefined) return
        for (const use of ['treatment', 'payment', 'individual'] as const) {
          const over = { ...to(kind), use, service: 'telehealth.audio', classes: ['phi.financial.payment'] } as const
          const { [left]: _, ...less } = claim as Readonly<Record<string, unknown>>
          if (verdict(less as never, over) === 'met') expect(verdict(claim as ExemptionClaim, over)).toBe('met')
        }
      }),
      { numRuns: 300 },
    )
  })
})
