import { describe, expect, it } from 'vitest'
import { clinics, clinicsAt } from '../../test/clinics.ts'
import { flows } from './flows.ts'

describe('a platform for eighteen clinics', () => {
  const built = clinics(18)
  const result = flows(built.map, built.model, { at: clinicsAt })

  it('S9 S54 S75 C7 has the exposures that were built in, and no others', () => {
    expect(built.map.nodes.length).toBeGreaterThanOrEqual(200)
    const key = (each: { node: string; class: string; outcome: string; cut: string }) =>
      `${each.outcome} ${each.class} at ${each.node}, cut ${each.cut}`
    expect(result.exposures.map(key).sort()).toEqual(built.planted.map(key).sort())
    expect(built.planted.length).toBe(15)
  })

  it('S7 S54 carries more than required on the two edges where that was built in, one of them to a payer', () => {
    const others = result.findings.filter((each) => each.level === 'warning')
    expect(others.map((each) => [each.rule, each.edge, each.class]).sort()).toEqual(
      built.tooMuch.map((each) => ['more-than-required', each.edge, each.class]).sort(),
    )
    expect(built.tooMuch).toHaveLength(2)
  })

  it('S9 reaches the labelling contractor through two vendors that are covered', () => {
    const found = result.exposures.find((each) => each.node === 'labelling.queue')
    expect(found?.path.map((each) => [each.from, each.outcome])).toEqual([
      ['c01.room', 'no-disclosure'],
      ['platform.ai-gateway', 'allow'],
      ['scribe.transcribe', 'deny'],
    ])
  })

  it('S9 has no finding at all when nothing is built in: every flow is covered', () => {
    const sound = clinics(18, { leaky: false })
    const { exposures, findings, edges } = flows(sound.map, sound.model, { at: clinicsAt })
    expect(exposures).toEqual([])
    expect(findings).toEqual([])
    expect(edges.filter((each) => each.outcome === 'nothing')).toEqual([])
    expect(edges.filter((each) => each.outcome === 'allow').length).toBeGreaterThan(100)
  })

  it('S9 is exposed in every clinic before the agreements begin', () => {
    const later = flows(built.map, built.model, { at: '2025-12-31T10:00:00.000Z' })
    const clinicsExposed = new Set(later.exposures.map((each) => each.node).filter((node) => node.endsWith('.notes')))
    expect(clinicsExposed.size).toBe(18)
  })

  it('S54 finds what was built in at five hundred nodes as well', () => {
    const large = clinics(process.env.PHI_LONG === '1' ? 900 : 40)
    const found = flows(large.map, large.model, { at: clinicsAt })
    expect(found.exposures.length).toBe(large.planted.length)
  })
})
