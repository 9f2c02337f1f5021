import { type DataClass, leaves, type Use, uses } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { complete } from '../../../test/complete.ts'
import { parseAgreement } from '../../agreement/define.ts'
import { type Registry, registry } from '../../registry/registry.ts'
import { explainClaimsSharing } from './claims.ts'
import { notice } from './notice.ts'
import { usesBeyondNotice } from './uses.ts'

const at = '2026-11-22'
const of = (permitted: readonly Use[], prohibitsUses: readonly Use[] = []) =>
  registry([parseAgreement({ ...complete, uses: permitted, prohibitsUses })])
const saying = (described: readonly Use[]) =>
  notice({ versions: [{ id: 'v1', effective: '2026-01-01', created: '2026-01-01', elements: [], uses: described }] })

describe('uses in agreements and in the notice', () => {
  it('S34 S55 names what an agreement permits and the notice does not describe, with its clause', () => {
    const model = of(['treatment', 'payment', 'operations', 'ba.management'])
    expect(usesBeyondNotice(model, saying(['treatment', 'payment', 'operations', 'ba']), at)).toEqual([])
    const found = usesBeyondNotice(model, saying(['treatment', 'operations.quality']), at)
    expect(found.map(({ use }) => use)).toEqual(['payment', 'operations', 'ba.management'])
    expect(found[1]).toMatchObject({ agreement: 'practice-platform-2026', clause: { id: 'uses[2]' }, ownNeeds: false })
    expect(found[1]?.beyond).not.toContain('operations.quality')
    expect(found[2]).toMatchObject({ ownNeeds: true })
  })

  it('S34 what the agreement prohibits again is not beyond; before the first version everything is', () => {
    const model = of(
      ['operations'],
      leaves(uses, 'operations').filter((each) => each !== 'operations.audit'),
    )
    expect(usesBeyondNotice(model, saying(['operations.audit']), at)).toEqual([])
    expect(usesBeyondNotice(model, saying(['operations']), '2025-12-31')).toHaveLength(1)
  })

  it('S34 against asking each leaf', () => {
    const all = Object.keys(uses).filter((each) => !each.startsWith('ai')) as Use[]
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(fc.constantFrom(...all), { maxLength: 6 }),
        (permitted, described) => {
          const below = (each: Use, leaf: Use) => leaf === each || leaf.startsWith(`${each}.`)
          const wanted = new Set(
            permitted.flatMap((use) => leaves(uses, use)).filter((leaf) => !described.some((each) => below(each, leaf))),
          )
          const found = new Set(usesBeyondNotice(of(permitted), saying(described), at).flatMap(({ beyond }) => beyond))
          expect(found).toEqual(wanted)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('refuses a model that nobody has checked', async () => {
    const bad = { agreements: [] } as unknown as Registry
    expect((await refusal(() => usesBeyondNotice(bad, saying([]), at))).code).toBe('PHI_BAA_REGISTRY')
    expect((await refusal(() => usesBeyondNotice(of(['treatment']), saying([]), 'now'))).code).toBe('PHI_BAA_QUESTION')
  })
})

describe('claims, explained to patients', () => {
  it('S62 what goes to an insurer, the minimum necessary, and what the patient can do', () => {
    const { shared, statements } = explainClaimsSharing(['phi.code.cpt', 'phi.code.icd10', 'phi.code.cpt'])
    expect(shared.map((each) => each.class)).toEqual(['phi.code.cpt', 'phi.code.icd10'])
    expect(shared.every(({ label }) => label.length > 2)).toBe(true)
    expect(statements.map(({ citation }) => citation)).toContain('45 CFR 164.502(b)')
    expect(statements.map(({ citation }) => citation)).toContain('45 CFR 164.522(a)(1)(vi)')
  })

  it('S62 refuses nothing, and what is no class', async () => {
    for (const bad of [[], ['claim data'], null]) {
      expect((await refusal(() => explainClaimsSharing(bad as DataClass[]))).code).toBe('PHI_BAA_QUESTION')
    }
  })
})
