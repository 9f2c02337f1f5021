import type { DataClass, Service } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { agreed, agreedBelow, NOON, question } from '../../test/twin/make.ts'
import {
  type Agreement,
  type AgreementInput,
  type CheckedAgreement,
  type CoveredService,
  type DecisionRequest,
  decide,
  decideAny,
  defineAgreement,
  type Problem,
  type Registry,
  registry,
  type ServicesOf,
} from '../index.ts'

/** Both ways: no wider and no narrower. `true` only when the two are one type. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <Same extends true>(is: Same) => expect(is).toBe(true)

const base = {
  id: 'a',
  tier: 'ce-ba',
  version: '1',
  from: { id: 'practice', kind: 'covered-entity' },
  to: { id: 'platform', kind: 'business-associate' },
  permits: ['phi'],
  uses: ['treatment'],
  terms: { subcontractors: true },
  signatures: [
    { party: 'practice', at: '2026-01-02T00:00:00.000Z' },
    { party: 'platform', at: '2026-01-02T00:00:00.000Z' },
  ],
  effective: '2026-01-01',
} as const

const notes = defineAgreement({ ...base, services: ['scheduling', { service: 'records.notes', region: 'us' }] })
const asked = {
  from: 'practice',
  to: 'platform',
  data: ['phi.clinical.note.session'],
  use: 'treatment',
  at: NOON,
  where: { region: 'us' },
} as const

describe('what does not compile', () => {
  it('S1 S29 an uncovered service, with a sentence that says so', () => {
    const model = registry([notes])
    expect(decide(model, { ...asked, service: 'records.notes' }).outcome).toBe('allow')
    expect(decide(model, { ...asked, service: 'scheduling.reminders', data: ['phi.schedule'] }).outcome).toBe('allow')
    // @ts-expect-error a service that no agreement names
    expect(decide(model, { ...asked, service: 'ai.summary' }).outcome).toBe('deny')
    // @ts-expect-error a branch of which only a part is covered
    expect(decide(model, { ...asked, service: 'records' }).outcome).toBe('deny')
    // @ts-expect-error either of two, of which one is not covered
    expect(decide(model, { ...asked, service: 'ai.summary' as 'ai.summary' | 'records.notes' }).outcome).toBe('deny')
    // @ts-expect-error no service at all
    expect(decide(model, { ...asked, service: 'records.nots' }).outcome).toBe('needs')

    type Words = typeof model extends Registry<infer Known> ? Known : never
    same<Equal<Words['service'], 'scheduling' | 'records.notes'>>(true)
    same<Equal<CoveredService<Words, 'ai.summary'>, Problem<`service 'ai.summary' is not in the agreement's scope`>>>(true)
    same<Equal<CoveredService<Words, 'records'>, Problem<`service 'records' is not in the agreement's scope`>>>(true)
    same<Equal<CoveredService<Words, 'records.notes'>, unknown>>(true)
    same<Equal<CoveredService<Words, Service>, unknown>>(true)
  })

  it('S29 two agreements cover the services of either', () => {
    const other = defineAgreement({ ...base, id: 'b', services: ['ai.summary'] })
    const both = registry([notes, other])
    type Words = typeof both extends Registry<infer Known> ? Known : never
    same<Equal<Words['service'], 'scheduling' | 'records.notes' | 'ai.summary'>>(true)
    expect(decide(both, { ...asked, service: 'ai.summary' }).outcome).toBe('needs')
    // @ts-expect-error in neither
    expect(decide(both, { ...asked, service: 'ai.chat' }).outcome).toBe('deny')
  })

  it('S29 where an exemption is claimed, any service compiles; dynamic words need no compiler', () => {
    const model = registry([notes], { parties: [{ id: 'colleague', kind: 'provider' }] })
    const claimed = { kind: 'treatment', treatsTheIndividual: true } as const
    const data = [{ class: 'phi.clinical.note.session', labels: [] }] as const
    expect(decide(model, { ...asked, data, to: 'colleague', service: 'messaging', exemption: claimed }).outcome).toBe('allow')
    // A misspelt fact compiles, and proves nothing.
    const misspelt = { kind: 'treatment', treatsTheIndvidual: true } as const
    const unproved = decide(model, { ...asked, data, to: 'colleague', service: 'messaging', exemption: misspelt })
    expect(unproved.reasons.map(({ code }) => code)).toEqual(['exemption-unproved'])
    const friend = { kind: 'friend' } as const
    // @ts-expect-error a kind of exemption that there is none of
    expect(decide(model, { ...asked, data, service: 'records.notes', exemption: friend }).outcome).toBe('allow')
    // @ts-expect-error a claim that is not made exempts no service from being covered
    expect(decide(model, { ...asked, data, service: 'ai.summary', exemption: undefined }).outcome).toBe('deny')
    const word: Service = 'ai.summary'
    expect(decideAny(model, { ...asked, service: word }).outcome).toBe('deny')
    const stored: Agreement = agreed()
    expect(decide(registry([stored]), question({ service: 'ai.summary' })).outcome).toBe('allow')
  })

  it('S28 a word that is in no taxonomy', async () => {
    const errors = await Promise.all([
      // @ts-expect-error service
      refusal(() => defineAgreement({ ...base, services: ['records.nots'] })),
      // @ts-expect-error service with a source
      refusal(() => defineAgreement({ ...base, services: [{ service: 'recrods', page: 1 }] })),
      // @ts-expect-error excluded service
      refusal(() => defineAgreement({ ...base, excludes: ['ai.chatting'] })),
      // @ts-expect-error class
      refusal(() => defineAgreement({ ...base, permits: ['phi.klinical'] })),
      // @ts-expect-error a label cannot permit
      refusal(() => defineAgreement({ ...base, permits: ['label:hiv'] })),
      // @ts-expect-error label
      refusal(() => defineAgreement({ ...base, prohibits: ['label:hvi'] })),
      // @ts-expect-error use
      refusal(() => defineAgreement({ ...base, uses: ['treatments'] })),
      // @ts-expect-error prohibited use
      refusal(() => defineAgreement({ ...base, prohibitsUses: [{ use: 'selling' }] })),
      // @ts-expect-error an undocumented member
      refusal(() => defineAgreement({ ...base, terms: { goodFaith: true } })),
    ])
    expect(errors.map(({ code }) => code)).toEqual(Array(errors.length).fill('PHI_BAA_AGREEMENT'))

    type First<Input, Key extends keyof CheckedAgreement<Input>> = (CheckedAgreement<Input>[Key] & readonly unknown[])[0]
    same<Equal<First<{ services: ['recrods'] }, 'services'>, Problem<`'recrods' is not a service of the taxonomy`>>>(true)
    type Sourced = { services: [{ service: 'recrods'; page: 1 }] }
    same<Equal<First<Sourced, 'services'>, { readonly service: Problem<`'recrods' is not a service of the taxonomy`> }>>(true)
    same<Equal<First<{ permits: ['phi.x'] }, 'permits'>, Problem<`'phi.x' is not a data class of the taxonomy`>>>(true)
    same<Equal<First<{ prohibits: ['hiv'] }, 'prohibits'>, Problem<`'hiv' is not a data class or label of the taxonomy`>>>(true)
    same<Equal<First<{ uses: ['selling'] }, 'uses'>, Problem<`'selling' is not a use of the taxonomy`>>>(true)
    same<Equal<First<{ services: ['records'] }, 'services'>, unknown>>(true)
  })

  it('S28 a word on both sides', async () => {
    const errors = await Promise.all([
      // @ts-expect-error permitted and prohibited
      refusal(() => defineAgreement({ ...base, permits: ['phi.code.cpt'], prohibits: ['phi.code.cpt'] })),
      // @ts-expect-error permitted below what is prohibited
      refusal(() => defineAgreement({ ...base, permits: [{ class: 'phi.code.cpt', page: 1 }], prohibits: ['phi.code'] })),
      // @ts-expect-error in the scope and excluded
      refusal(() => defineAgreement({ ...base, services: ['ai.chat'], excludes: ['ai'] })),
      // @ts-expect-error permitted and prohibited
      refusal(() => defineAgreement({ ...base, uses: ['sale'], prohibitsUses: [{ use: 'sale' }] })),
    ])
    expect(errors.map(({ code }) => code)).toEqual(Array(errors.length).fill('PHI_BAA_CONTRADICTION'))

    type First<Input, Key extends keyof CheckedAgreement<Input>> = (CheckedAgreement<Input>[Key] & readonly unknown[])[0]
    type Both = { permits: ['phi.code.cpt']; prohibits: ['phi.code'] }
    same<Equal<First<Both, 'permits'>, Problem<`'phi.code.cpt' is both permitted and prohibited`>>>(true)
    type InAndOut = { services: ['ai.chat']; excludes: ['ai'] }
    same<Equal<First<InAndOut, 'services'>, Problem<`'ai.chat' is both in the scope and excluded`>>>(true)
    type UsedAndNot = { uses: ['sale']; prohibitsUses: [{ use: 'sale' }] }
    same<Equal<First<UsedAndNot, 'uses'>, Problem<`'sale' is both permitted and prohibited`>>>(true)

    // What is wider than what is prohibited compiles: a part is taken out of it.
    const narrowed = defineAgreement({ ...base, permits: ['phi.code'], prohibits: ['phi.code.cpt'], excludes: ['ai.chat'] })
    expect(narrowed.prohibits).toHaveLength(1)
  })

  it('S151 a signature of somebody else', async () => {
    const signatures = [{ party: 'somebody', at: '2026-01-02T00:00:00.000Z' }] as const
    // @ts-expect-error not a party
    const error = await refusal(() => defineAgreement({ ...base, signatures }))
    expect([error.code, error.path]).toEqual(['PHI_BAA_CONTRADICTION', 'agreement.signatures.*.party'])
    type Wrong = {
      from: { id: 'practice' }
      to: { id: 'platform' }
      signatures: [{ party: 'somebody'; at: string }, { party: 'platform'; at: string }]
    }
    type Found = CheckedAgreement<Wrong>['signatures'] & readonly unknown[]
    same<Equal<Found[0], { readonly party: Problem<`'somebody' is not a party of this agreement`> }>>(true)
    same<Equal<Found[1], unknown>>(true)
  })

  it('S28 wide types compile, and are checked when the program runs', async () => {
    const wide: AgreementInput = { ...base, services: ['nowhere'] }
    expect((await refusal(() => defineAgreement(wide))).code).toBe('PHI_BAA_AGREEMENT')
    same<Equal<ServicesOf<AgreementInput>, Service>>(true)
    const words: readonly string[] = ['phi.clinical']
    expect(defineAgreement({ ...base, permits: words as readonly DataClass[] }).permits[0]?.class).toBe('phi.clinical')
  })

  it('S28 a question needs its members, in the words of the taxonomy', () => {
    const model = registry([agreed(), agreedBelow()])
    // @ts-expect-error no instant
    expect(() => decideAny(model, { ...asked, at: undefined, service: 'records.notes' })).toThrow()
    // @ts-expect-error a class that is none
    const data: DecisionRequest['data'] = ['phi.klinical']
    expect(decideAny(model, { ...asked, data, service: 'records.notes' }).outcome).toBe('needs')
    // @ts-expect-error a use that is none
    const use: DecisionRequest['use'] = 'selling'
    expect(decideAny(model, { ...asked, use, service: 'records.notes' }).outcome).toBe('needs')
  })
})

describe('the first program', () => {
  it('S1 S28 S29 compiles and runs', () => {
    const agreement = defineAgreement({
      id: 'practice-platform-2026',
      tier: 'ce-ba',
      version: '1.3',
      from: { id: 'practice', kind: 'covered-entity' },
      to: { id: 'platform', kind: 'business-associate' },
      services: ['scheduling', 'records.notes'],
      permits: ['phi.clinical.note'],
      prohibits: ['phi.code.icd10', 'label:hiv', 'label:part2'],
      uses: ['treatment'],
      terms: { subcontractors: true },
      signatures: [
        { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
        { party: 'platform', at: '2026-01-03T09:30:00.000Z' },
      ],
      effective: '2026-01-01',
    })
    const answer = decide(registry([agreement]), {
      from: 'practice',
      to: 'platform',
      service: 'records.notes',
      data: ['phi.clinical.note.session'],
      use: 'treatment',
      at: '2026-11-21T10:00:00.000Z',
    })
    expect(answer.outcome).toBe('allow')
    expect(answer.agreement).toBe('practice-platform-2026')
    expect(answer.provided).toEqual(expect.arrayContaining(['hiv', 'part2']))
  })
})
