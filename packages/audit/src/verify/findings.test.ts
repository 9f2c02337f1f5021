import { describe, expect, it } from 'vitest'
import { Findings } from './findings.ts'
import { findingKinds, verdictOf } from './report.ts'

describe('findings', () => {
  it('are kept up to a limit, and all are counted', () => {
    const findings = new Findings(3)
    for (let index = 0; index < 10; index++) findings.add('gap', { index })
    expect(findings.list().findings.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(findings.list().findingsDropped).toBe(7)
    expect(findings.counts.break).toBe(10)
  })

  it('never drop a break to keep a warning', () => {
    const findings = new Findings(2)
    for (let index = 0; index < 5; index++) findings.add('clock-regression', { index })
    findings.add('unanchored')
    findings.add('altered-group', { index: 9, group: 'subject' })
    expect(findings.list().findings.map(({ code }) => code)).toEqual(['altered-group', 'unanchored'])
    expect(findings.list().findingsDropped).toBe(5)
    expect(verdictOf(findings.counts)).toBe('broken')
  })

  it('stand in the order of the log', () => {
    const findings = new Findings()
    for (const index of [5, 1, 3]) findings.add('altered-leaf', { index })
    expect(findings.list().findings.map(({ index }) => index)).toEqual([1, 3, 5])
  })

  it('each mean something in a sentence of their own', () => {
    const meanings = Object.values(findingKinds).map(({ meaning }) => meaning)
    expect(new Set(meanings).size).toBe(meanings.length)
    for (const meaning of meanings) expect(meaning).toMatch(/^[A-Z].*\.$/)
  })

  it('lead to a verdict by one rule', () => {
    expect(verdictOf({ break: 0, warn: 3, unknown: 0 })).toBe('intact')
    expect(verdictOf({ break: 0, warn: 0, unknown: 1 })).toBe('unverifiable')
    expect(verdictOf({ break: 1, warn: 0, unknown: 1 })).toBe('broken')
  })
})
