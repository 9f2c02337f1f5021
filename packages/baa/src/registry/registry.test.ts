import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { agreed, agreedBelow, host, plain, platform, practice, question } from '../../test/twin/make.ts'
import { decideAny, mergeRegistries, type Party, parseAgreement, type RegistryOptions, registry } from '../index.ts'

const refused = (options: unknown, agreements = [agreed()]) => refusal(() => registry(agreements, options as RegistryOptions))
const edge = { of: 'platform', to: 'host', for: ['records'], does: 'hosting' } as const

describe('a registry', () => {
  it('S86 knows the parties of its agreements and those beside them, each once', () => {
    const model = registry([agreed(), agreedBelow()], { parties: [{ id: 'client', kind: 'individual' }, practice] })
    expect([...model.parties.keys()].sort()).toEqual(['client', 'host', 'platform', 'practice'])
    expect(model.parties.get('practice')).toEqual(practice)
    expect(model.agreements.map(({ id }) => id)).toEqual(['agreement', 'below'])
  })

  it('S86 a vendor with two roles is one party, and what one description leaves out the other says', () => {
    const asSubcontractor = agreedBelow({
      id: 'also',
      from: { id: 'agency', kind: 'business-associate' },
      to: { id: 'platform', kind: 'subcontractor', name: 'Platform Inc.' },
    })
    for (const all of [
      [agreed(), asSubcontractor],
      [asSubcontractor, agreed()],
    ]) {
      expect(registry(all).parties.get('platform')).toEqual({
        id: 'platform',
        kind: 'business-associate',
        name: 'Platform Inc.',
      })
    }
  })

  it('S86 refuses one id for two: agreements, and descriptions that contradict each other', async () => {
    expect((await refused({}, [agreed(), agreed()])).code).toBe('PHI_BAA_REGISTRY')
    const others: readonly Party[] = [
      { ...practice, type: 'health-plan' },
      { ...practice, kind: 'individual' },
      { ...platform, kind: 'workforce' },
    ]
    for (const other of others) expect((await refused({ parties: [other] })).path).toBe('registry.parties')
    expect(registry([agreed()], { parties: [{ id: 'practice', kind: 'covered-entity' }] }).parties.get('practice')).toEqual(
      practice,
    )
  })

  it('S86 refuses names that nobody has', async () => {
    const nobody = 'nobody'
    const attested = { party: 'practice', condition: 'mfa', met: true, asOf: '2026-01-01', reviewBy: '2026-02-01' }
    const claim = { kind: 'workforce' }
    for (const [options, path] of [
      [{ subprocessors: [{ ...edge, of: nobody }] }, 'subprocessors.*.of'],
      [{ subprocessors: [edge] }, 'subprocessors.*.to'],
      [{ complete: [nobody] }, 'complete.*'],
      [{ attestations: [{ ...attested, party: nobody }] }, 'attestations.*.party'],
      [{ attestations: [{ ...attested, with: nobody }] }, 'attestations.*.with'],
      [{ exemptions: [{ from: nobody, to: 'platform', claim }] }, 'exemptions.*.from'],
      [{ exemptions: [{ from: 'practice', to: nobody, claim }] }, 'exemptions.*.to'],
    ] as const) {
      const error = await refused(options)
      expect([error.code, error.path]).toEqual(['PHI_BAA_REGISTRY', `registry.${path}`])
    }
  })

  it('S86 refuses what has not its form', async () => {
    for (const options of [
      null,
      [],
      'x',
      { partys: [] },
      { parties: {} },
      { parties: [{ id: 'x', kind: 'friend' }] },
      { parties: [host], subprocessors: [{ ...edge, for: [] }] },
      { parties: [host], subprocessors: [{ ...edge, does: 'nothing' }] },
      { parties: [host], subprocessors: [{ ...edge, data: [] }] },
      { subprocessors: [{ ...edge, to: 'platform' }] },
      { attestations: [{ party: 'practice', condition: 'mfa', met: true, asOf: '2026-02-01', reviewBy: '2026-01-01' }] },
      { attestations: [{ party: 'practice', condition: 'mfa', met: 'yes', asOf: '2026-02-01', reviewBy: '2026-03-01' }] },
      { exemptions: [{ from: 'practice', to: 'platform', claim: { kind: 'friend' } }] },
    ]) {
      expect((await refused(options)).code).toBe('PHI_BAA_REGISTRY')
    }
    for (const agreements of [undefined, null, {}, 'x', { length: 1, 0: agreed() }]) {
      expect((await refusal(() => registry(agreements as never))).code).toBe('PHI_BAA_REGISTRY')
    }
    for (const agreements of [[null], [{}], new Array(1), [{ ...agreed(), tier: 'x' }]]) {
      expect((await refusal(() => registry(agreements as never))).code).toBe('PHI_BAA_AGREEMENT')
    }
  })

  it('S151 reads agreements that were made by hand, so that a signature by somebody else is refused here too', async () => {
    const forged = { ...agreed(), signatures: [{ party: 'somebody', at: '2026-01-01T00:00:00.000Z' }] }
    expect((await refusal(() => registry([forged]))).code).toBe('PHI_BAA_CONTRADICTION')
    const copied = JSON.parse(JSON.stringify(agreed()))
    expect(decideAny(registry([copied]), question()).outcome).toBe('allow')
    // A copy that is changed afterwards changes nothing.
    const model = registry([copied])
    copied.permits.length = 0
    expect(decideAny(model, question()).outcome).toBe('allow')
  })

  it('S86 cannot be changed once it stands', () => {
    const model = registry([agreed()], { parties: [{ id: 'carrier', kind: 'other' }], complete: ['platform'] })
    const own = { to: 'carrier', exemption: { kind: 'workforce', underDirectControl: true } }
    const parties = model.parties as Map<string, Party>
    expect(() => parties.set('carrier', { id: 'carrier', kind: 'workforce' })).toThrow()
    expect(() => parties.delete('platform')).toThrow()
    expect(() => parties.clear()).toThrow()
    expect(decideAny(model, question(own)).outcome).toBe('deny')
    for (const key of ['agreements', 'subprocessors', 'complete', 'attestations', 'exemptions'] as const) {
      expect(Object.isFrozen(model[key])).toBe(true)
    }
    expect(() => Object.assign(model, { agreements: [] })).toThrow(TypeError)
    expect(() => Object.assign(model.parties.get('carrier') as object, { kind: 'workforce' })).toThrow(TypeError)
  })

  it('S66 several claims that stand for one pair are tried one by one', () => {
    const colleague = { id: 'colleague', kind: 'provider' } as const
    const treats = { from: 'practice', to: 'colleague', claim: { kind: 'treatment', treatsTheIndividual: true } } as const
    const conduit = { from: 'practice', to: 'colleague', claim: { kind: 'conduit' } } as const
    for (const exemptions of [
      [treats, conduit],
      [conduit, treats],
    ]) {
      const model = registry([], { parties: [practice, colleague], exemptions })
      expect(decideAny(model, question({ to: 'colleague' }))).toMatchObject({ outcome: 'allow', exemption: 'treatment' })
      expect(decideAny(model, question({ from: 'colleague', to: 'practice' })).outcome).toBe('deny')
    }
  })
})

describe('registries of several teams', () => {
  it('S86 put together, hold each agreement once, also where one was stored and read again', () => {
    const stored = parseAgreement(JSON.parse(JSON.stringify(agreed())))
    const merged = mergeRegistries(registry([agreed()]), registry([stored, agreedBelow()], { subprocessors: [edge] }))
    expect(merged.agreements.map(({ id }) => id)).toEqual(['agreement', 'below'])
    expect(merged.subprocessors).toHaveLength(1)
    expect(decideAny(merged, question()).outcome).toBe('allow')
    expect(mergeRegistries().agreements).toEqual([])
  })

  it('S86 do not agree on one id for two agreements, or on two kinds of one party', async () => {
    const changed = agreed({ version: '2' })
    expect((await refusal(() => mergeRegistries(registry([agreed()]), registry([changed])))).code).toBe('PHI_BAA_REGISTRY')
    const one = registry([], { parties: [{ id: 'x', kind: 'workforce' }] })
    const two = registry([], { parties: [{ id: 'x', kind: 'business-associate' }] })
    expect((await refusal(() => mergeRegistries(one, two))).code).toBe('PHI_BAA_REGISTRY')
    for (const forged of [{}, null, undefined, { ...registry([]) }]) {
      expect((await refusal(() => mergeRegistries(forged as never))).code).toBe('PHI_BAA_REGISTRY')
    }
  })

  it('S37 "there are no others" does not outlive a registry that knows of one', () => {
    const silent = { terms: {} }
    const said = registry([agreed(silent)], { complete: ['platform'] })
    expect(decideAny(said, question()).outcome).toBe('allow')
    const knows = registry([agreed(silent), agreedBelow()], { subprocessors: [{ ...edge, for: ['billing'] }] })
    const merged = mergeRegistries(said, knows)
    expect(merged.complete).toEqual([])
    expect(decideAny(merged, question()).outcome).toBe('needs')
    expect(mergeRegistries(said, registry([])).complete).toEqual(['platform'])
  })

  it('S86 a prohibition that one of them knows holds in all', () => {
    const strict = agreed({ id: 'strict', prohibits: ['phi.code'] })
    const codes = question({ data: [plain('phi.code.cpt')] })
    expect(decideAny(registry([agreed()]), codes).outcome).toBe('allow')
    const both = mergeRegistries(registry([agreed()]), registry([strict]))
    expect(decideAny(both, codes).outcome).toBe('deny')
  })
})
