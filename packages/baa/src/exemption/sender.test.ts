import { describe, expect, it } from 'vitest'
import { complete } from '../../test/complete.ts'
import { type AgreementInput, decideAny, diff, parseAgreement, registry } from '../index.ts'

const at = '2026-06-01T10:00:00.000Z'
const clinic = { id: 'clinic', kind: 'provider' } as const
const claim = { kind: 'treatment', treatsTheIndividual: true } as const
const model = (over: Partial<AgreementInput> = {}) =>
  registry([parseAgreement({ ...complete, ...over })], {
    parties: [clinic],
    exemptions: [{ from: 'platform', to: 'clinic', claim }],
  })
const asked = {
  from: 'platform',
  to: 'clinic',
  service: 'records.notes',
  data: [{ class: 'phi.clinical.note.session', labels: [] }],
  use: 'treatment',
  at,
} as const

describe('an exemption that a business associate claims', () => {
  it('S28 S116 frees the recipient of an agreement, and the sender of nothing that its own says', () => {
    expect(decideAny(model(), asked)).toMatchObject({ outcome: 'allow', exemption: 'treatment' })
    expect(decideAny(model({ uses: ['payment'] }), asked).outcome).toBe('deny')
    expect(decideAny(model({ prohibits: ['phi.clinical.note.session'], permits: ['phi.clinical.note'] }), asked).outcome).toBe(
      'deny',
    )
    expect(decideAny(model(), { ...asked, data: [{ class: 'phi.code.icd10', labels: [] }] }).outcome).toBe('deny')
    expect(decideAny(model(), { ...asked, data: [{ class: 'phi.clinical.note.session', labels: ['hiv'] }] }).outcome).toBe(
      'deny',
    )
  })

  it('S28 needs an agreement in force above the sender, of the party for whom the data is held', () => {
    expect(decideAny(model({ signatures: [] }), asked).outcome).toBe('needs')
    expect(decideAny(model(), { ...asked, at: '2028-06-01T10:00:00.000Z' }).outcome).toBe('needs')
    expect(decideAny(model(), { ...asked, heldFor: 'practice' }).outcome).toBe('allow')
    expect(decideAny(model(), { ...asked, heldFor: 'clinic' }).outcome).toBe('needs')
  })

  it('S121 lets data go to the individual where the agreement promises access, B08', () => {
    const to = registry([parseAgreement(complete)], { parties: [{ id: 'patient', kind: 'individual' }] })
    const own = { kind: 'individual', identityVerified: true, isSubject: true } as const
    const request = { ...asked, to: 'patient', use: 'individual.access', exemption: own } as const
    expect(decideAny(to, request).outcome).toBe('allow')
    const { access: _, ...terms } = complete.terms
    const silent = registry([parseAgreement({ ...complete, terms })], { parties: [{ id: 'patient', kind: 'individual' }] })
    expect(decideAny(silent, request).outcome).toBe('deny')
  })

  it('S161 and a change above the sender shows in a diff of what it discloses', () => {
    const { flips } = diff(model(), model({ version: '2', uses: ['payment'] }))
    expect(flips.some(({ witness }) => witness.from === 'platform' && witness.to === 'clinic')).toBe(true)
  })
})
