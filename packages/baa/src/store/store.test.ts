import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { keys, platformSigner, practiceSigner, unsigned } from '../../test/signers.ts'
import { aRegistry, aRequest } from '../../test/twin/arbitrary.ts'
import { agreed, agreedBelow, host, platform, practice, question } from '../../test/twin/make.ts'
import {
  type AgreementRecord,
  type AgreementStore,
  decideAny,
  loadRegistry,
  memoryAgreementStore,
  parseAgreement,
  recordedFrom,
  recordsOf,
  registry,
  signAgreement,
  verifySignatures,
} from '../index.ts'

const agreement = (each = agreed()): AgreementRecord => ({ type: 'agreement', agreement: each })
const party = (each: object): AgreementRecord => ({ type: 'party', party: each as never })
const edge = { of: 'platform', to: 'host', for: ['records'], does: 'hosting' } as const
const gives = (subprocessors: readonly object[], complete = false): AgreementRecord => ({
  type: 'subprocessors',
  of: 'platform',
  subprocessors: subprocessors as never,
  complete,
})

async function storeOf(...revisions: readonly (readonly AgreementRecord[])[]): Promise<AgreementStore> {
  const store = memoryAgreementStore()
  for (const [index, records] of revisions.entries()) expect(await store.append('clinic-a', records, index)).toBe('appended')
  return store
}

describe('agreements in a store', () => {
  it('S86 decide as the registry they were taken from', async () => {
    await fc.assert(
      fc.asyncProperty(aRegistry, fc.array(aRequest, { minLength: 4, maxLength: 8 }), async (model, requests) => {
        const { registry: stored, revision } = await loadRegistry(await storeOf(recordsOf(model)), 'clinic-a')
        expect(revision).toBe(1)
        for (const request of requests) expect(decideAny(stored, request)).toEqual(decideAny(model, request))
        expect([...stored.parties]).toEqual(expect.arrayContaining([...model.parties]))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5000 : 20 },
    )
  })

  it('S86 S121 are known as they were at each revision: a termination does not reach back', async () => {
    const terminated = agreed({ terminated: { at: '2026-06-01T00:00:00.000Z' } })
    const store = await storeOf([agreement()], [agreement(terminated)])
    const before = await loadRegistry(store, 'clinic-a', 1)
    const after = await loadRegistry(store, 'clinic-a')
    expect([before.revision, after.revision]).toEqual([1, 2])
    expect(decideAny(before.registry, question()).outcome).toBe('allow')
    expect(decideAny(after.registry, question()).outcome).toBe('deny')
    expect(decideAny(after.registry, question({ at: '2026-05-01T12:00:00.000Z' })).outcome).toBe('allow')
    expect((await refusal(loadRegistry(store, 'clinic-a', 3))).code).toBe('PHI_BAA_STORE')
    expect(decideAny((await loadRegistry(store, 'clinic-b')).registry, question()).outcome).toBe('needs')
  })

  it('S161 other terms need an id of their own, and what happens to an agreement does not', async () => {
    const first = agreed({ documentHash: 'ab'.repeat(32), signatures: [] })
    const store = await storeOf([agreement(first)])
    for (const other of [
      { version: '2' },
      { permits: ['phi.schedule'] },
      { effective: '2026-01-02T00:00:00.000Z' },
      { documentHash: 'cd'.repeat(32) },
      { documentHash: undefined },
    ]) {
      const error = await refusal(store.append('clinic-a', [agreement(agreed({ documentHash: 'ab'.repeat(32), ...other }))], 1))
      expect([error.code, error.path]).toEqual(['PHI_BAA_AGREEMENT_RECORD', 'records.*'])
    }
    const standing = { documentHash: 'ab'.repeat(32), plan: 'growth', asOf: '2026-02-01', closed: undefined }
    expect(await store.append('clinic-a', [agreement(agreed(standing))], 1)).toBe('appended')
    expect(await store.append('clinic-a', [agreement(agreed({ id: 'agreement-2', version: '2' }))], 2)).toBe('appended')
    expect((await store.load('clinic-a')).agreements.map(({ id, version }) => `${id} ${version}`)).toEqual([
      'agreement 1',
      'agreement-2 2',
    ])
  })

  it('S86 keep documents as they were signed, for verifying, each with its agreement', async () => {
    const unsignedOne = parseAgreement(unsigned)
    const jws = [
      await signAgreement(unsignedOne, { party: 'practice', signer: practiceSigner, at: '2026-01-02T15:00:00.000Z' }),
      await signAgreement(unsignedOne, { party: 'platform', signer: platformSigner, at: '2026-01-03T09:30:00.000Z' }),
    ] as const
    const signed = (text: string, id: string = unsigned.id): AgreementRecord => ({
      type: 'signature',
      agreement: id,
      jws: text,
    })
    const store = await storeOf([agreement(unsignedOne), signed(jws[0])], [signed(jws[1])])
    const { agreements, signatures } = await store.load('clinic-a')
    expect(signatures).toEqual(jws.map((each) => ({ agreement: unsigned.id, jws: each })))
    const report = await verifySignatures(
      agreements[0] as never,
      signatures.map((each) => each.jws),
      keys,
    )
    expect(report.outcome).toBe('all-valid')
    for (const bad of [signed(jws[0], 'nobody'), signed(`${jws[0]} `), signed('a.b'), signed(`${jws[0]}\n`), signed('')]) {
      expect((await refusal(store.append('clinic-a', [bad], 2))).code).toBe('PHI_BAA_AGREEMENT_RECORD')
    }
  })

  it('S37 the latest word of a party on its subprocessors takes the place of the one before', async () => {
    const silent = agreement(agreed({ terms: {} }))
    const below = agreement(agreedBelow())
    const store = await storeOf(
      [silent],
      [gives([], true)],
      [below],
      [gives([edge])],
      [gives([{ ...edge, to: 'practice' }], true)],
    )
    const listed = await Promise.all([1, 2, 3, 4, 5].map((revision) => store.at('clinic-a', revision)))
    expect(listed.map((each) => [each?.complete, each?.subprocessors.map(({ to }) => to)])).toEqual([
      [[], []],
      [['platform'], []],
      [['platform'], []],
      [[], ['host']],
      [['platform'], ['practice']],
    ])
  })

  it('S86 standing exemptions are taken back, and attestations stay', async () => {
    const colleague = { id: 'colleague', kind: 'provider' }
    const claims = [{ kind: 'treatment', treatsTheIndividual: true }] as const
    const pair = { type: 'exemptions', from: 'practice', to: 'colleague' } as const
    const attestation = { party: 'practice', condition: 'mfa-on', asOf: '2026-01-01', reviewBy: '2026-12-31' }
    const store = await storeOf(
      [party(practice), party(colleague), { ...pair, claims }],
      [{ ...pair, claims: [] }],
      [{ type: 'attestation', attestation: { ...attestation, met: true } }],
      [{ type: 'attestation', attestation: { ...attestation, asOf: '2026-02-01', met: false } }],
    )
    const asked = question({ to: 'colleague' })
    expect(decideAny((await loadRegistry(store, 'clinic-a', 1)).registry, asked).outcome).toBe('allow')
    expect(decideAny((await loadRegistry(store, 'clinic-a', 2)).registry, asked).outcome).toBe('deny')
    expect((await store.load('clinic-a')).attestations.map(({ met }) => met)).toEqual([true, false])
  })

  it('S86 refuses what would leave no registry, with nothing of the values, and takes all of a revision or none', async () => {
    const store = await storeOf([agreement()])
    const secret = 'Zelda-4711'
    const refused: readonly (readonly [unknown, string])[] = [
      [[agreement(agreed({ id: secret })), gives([{ ...edge, to: secret }])], 'PHI_BAA_REGISTRY'],
      [[party({ ...platform, kind: 'individual', name: secret })], 'PHI_BAA_REGISTRY'],
      [[{ type: 'exemptions', from: secret, to: 'practice', claims: [] }, { type: 'friend' }], 'PHI_BAA_AGREEMENT_RECORD'],
      [[gives([{ ...edge, of: 'practice', to: 'platform' }])], 'PHI_BAA_AGREEMENT_RECORD'],
      [[{ type: 'agreement', agreement: { id: secret } }], 'PHI_BAA_AGREEMENT'],
      [
        [agreement({ ...agreed(), prohibits: agreed().permits.map(({ class: selector }) => ({ id: 'x', selector })) })],
        'PHI_BAA_CONTRADICTION',
      ],
      [[], 'PHI_BAA_AGREEMENT_RECORD'],
      [agreement(), 'PHI_BAA_AGREEMENT_RECORD'],
      [null, 'PHI_BAA_AGREEMENT_RECORD'],
      [[{ ...party(host), more: secret }], 'PHI_BAA_AGREEMENT_RECORD'],
    ]
    for (const [records, code] of refused) {
      const error = await refusal(store.append('clinic-a', records as never, 1))
      expect(error.code).toBe(code)
      expect(JSON.stringify(error)).not.toContain(secret)
    }
    for (const revision of [-1, 0.5, Number.NaN, '1', undefined]) {
      expect((await refusal(store.append('clinic-a', [party(host)], revision as never))).code).toBe('PHI_BAA_AGREEMENT_RECORD')
    }
    for (const revision of [-1, 0.5, '1', null]) {
      expect((await refusal(store.at('clinic-a', revision as never))).code).toBe('PHI_BAA_AGREEMENT_RECORD')
    }
    for (const tenant of ['', 'Clinic A', undefined]) {
      expect((await refusal(store.load(tenant as never))).code).toBe('PHI_CORE_TENANT')
    }
    expect(await store.load('clinic-a')).toEqual(recordedFrom([JSON.stringify([agreement()])]))
  })

  it('S86 a text that this package did not write is an error, and never an empty answer', async () => {
    const good = JSON.stringify([agreement()])
    for (const texts of [
      ['x'],
      ['[]'],
      ['null'],
      [good, '[{"type":"party"}]'],
      [undefined],
      [JSON.stringify([gives([edge])])],
    ]) {
      expect((await refusal(() => recordedFrom(texts as never))).code).toBe('PHI_BAA_STORE')
    }
    expect(recordedFrom([]).revision).toBe(0)
    const handing = (answer: unknown) => ({ load: async () => answer, at: async () => answer }) as unknown as AgreementStore
    const whole = recordedFrom([good])
    for (const [answer, revision] of [
      [undefined, undefined],
      [{}, undefined],
      [{ ...whole, exemptions: undefined }, undefined],
      [{ ...whole, agreements: [{}] }, undefined],
      [whole, 2],
    ] as const) {
      expect((await refusal(loadRegistry(handing(answer), 'clinic-a', revision))).code).toBe('PHI_BAA_STORE')
    }
    expect(registry(whole.agreements).agreements).toHaveLength(1)
  })
})
