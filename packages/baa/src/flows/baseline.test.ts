import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { clinics, clinicsAt } from '../../test/clinics.ts'
import { baseline, compareWithBaseline } from './baseline.ts'
import { parseFlows } from './define.ts'
import { flows } from './flows.ts'
import type { FlowEdgeInput, FlowMap } from './map.ts'

const built = clinics(4)
const run = (map: FlowMap) => flows(map, built.model, { at: clinicsAt })
const result = run(built.map)
const kept = JSON.parse(JSON.stringify(baseline(result.findings)))

const changed = (change: (edge: FlowMap['edges'][number]) => FlowEdgeInput | undefined, more: readonly FlowEdgeInput[] = []) =>
  run(parseFlows({ nodes: built.map.nodes, edges: [...built.map.edges.flatMap((each) => change(each) ?? []), ...more] }))

describe('a baseline', () => {
  it('S9 S54 lets a check pass that finds nothing new', () => {
    const compared = compareWithBaseline(result.findings, kept)
    expect(compared).toMatchObject({ new: [], fixed: [], exitCode: 0 })
    expect(compared.unchanged).toHaveLength(result.findings.length)
    expect(result.findings.length).toBeGreaterThan(5)
    expect(compareWithBaseline([], baseline([])).exitCode).toBe(0)
  })

  it('S9 fails for a new flow, also to a vendor that is exposed already', () => {
    const more = { from: 'c01.scheduler', to: 'c03.calendar', data: ['phi.schedule.session-link'], use: 'treatment' } as const
    const compared = compareWithBaseline(changed((each) => each, [more]).findings, kept)
    expect(compared.new.map((each) => [each.rule, each.edge, each.class])).toEqual([
      ['uncovered-flow', 'c01.scheduler->c03.calendar', 'phi.schedule.session-link'],
    ])
    expect(compared.exitCode).toBe(1)
    expect(compareWithBaseline(result.findings, { ...kept, findings: [] }).exitCode).toBe(1)
  })

  it('S9 fails for a class more on an edge that the baseline knows', () => {
    const compared = compareWithBaseline(
      changed((each) =>
        each.id === 'c03.scheduler->c03.calendar' ? { ...each, data: [...(each.data ?? []), 'phi.identity.name'] } : each,
      ).findings,
      kept,
    )
    expect(compared.new.map((each) => each.class)).toEqual(['phi.identity.name'])
  })

  it('S9 names what is fixed, and passes', () => {
    const compared = compareWithBaseline(
      changed((each) => (each.id === 'c03.scheduler->c03.calendar' ? undefined : each)).findings,
      kept,
    )
    expect(compared.fixed.map((each) => each.rule)).toEqual(['uncovered-flow', 'uncovered-flow'])
    expect(compared.exitCode).toBe(0)
  })

  it('S9 does not change with lines, notes and labels', () => {
    const moved = changed((each) => ({ ...each, note: 'moved', source: { file: 'elsewhere.yaml', line: 99 } }))
    expect(baseline(moved.findings)).toEqual(baseline(result.findings))
  })

  it('S9 counts an open question that is now denied as new, and the reverse as known', () => {
    const open = result.findings.filter((each) => each.rule === 'unresolved-flow')
    expect(open).toHaveLength(2)
    const denied = open.map((each) => ({ ...each, rule: 'uncovered-flow' as const }))
    expect(compareWithBaseline(denied, baseline(open)).new).toHaveLength(2)
    expect(compareWithBaseline(open, baseline(denied)).new).toHaveLength(0)
  })

  it('S9 is refused when it is none, without a word of it', async () => {
    const broken = [null, [], {}, { ...kept, format: 'other' }, { ...kept, findings: [{ fingerprint: 'Jane', rule: 'Jane' }] }]
    for (const each of broken) {
      const error = await refusal(() => compareWithBaseline(result.findings, each))
      expect(error.code).toBe('PHI_BAA_BASELINE')
      expect(String(error)).not.toContain('Jane')
    }
  })
})
