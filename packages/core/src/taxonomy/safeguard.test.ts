import { describe, expect, it } from 'vitest'
import { formatCitation, leaves, type Safeguard, type Service, safeguards, services } from '../index.ts'

const section = (key: Safeguard) => {
  const { citation } = safeguards[key]
  return citation && formatCitation(citation)
}
const standing = (key: Safeguard) => safeguards[key].standing

describe('safeguards', () => {
  it('stand in 164.308, 164.310 and 164.312', () => {
    const home = { admin: '164.308', physical: '164.310', technical: '164.312' }
    for (const [branch, of] of Object.entries(home)) {
      for (const key of leaves(safeguards, branch as Safeguard)) expect(section(key)).toMatch(new RegExp(`^45 CFR ${of}\\(`))
    }
    expect(leaves(safeguards)).toHaveLength(8 + 4 + 11)
  })

  it('say what is required and what is addressable, 164.312(a)(2)', () => {
    expect(['technical.unique-id', 'technical.emergency-access'].map((key) => standing(key as Safeguard))).toEqual([
      'required',
      'required',
    ])
    expect(['technical.logoff', 'technical.encryption-rest'].map((key) => standing(key as Safeguard))).toEqual([
      'addressable',
      'addressable',
    ])
    expect(section('technical.logoff')).toBe('45 CFR 164.312(a)(2)(iii)')
  })

  it('do not pass a means that the rule does not name for law', () => {
    const means = leaves(safeguards).filter((key) => standing(key) === 'not-named')
    expect(means).toEqual(['technical.mfa', 'technical.mtls', 'technical.rls'])
  })
})

describe('services', () => {
  it('S29 the scope words "scheduling, billing, telehealth, messaging, AI tools" are branches', () => {
    const named: readonly Service[] = ['scheduling', 'billing', 'telehealth', 'messaging', 'ai']
    for (const key of named) expect(leaves(services, key).length).toBeGreaterThan(1)
  })
})
