import { describe, expect, it } from 'vitest'
import { clinics, clinicsAt } from '../../test/clinics.ts'
import { baseline, compareWithBaseline } from './baseline.ts'
import { parseFlows } from './define.ts'
import { flowRules } from './finding.ts'
import { flows } from './flows.ts'
import { toSarif } from './sarif.ts'

const built = clinics(8)
const result = flows(built.map, built.model, { at: clinicsAt })

/** What SARIF 2.1.0 requires of the objects that are written (OASIS, sections 3.13 to 3.58), and nothing that it does not know. */
const shapes: Readonly<Record<string, { readonly required: readonly string[]; readonly known: readonly string[] }>> = {
  log: { required: ['version', 'runs'], known: ['$schema'] },
  run: { required: ['tool'], known: ['results', 'columnKind'] },
  driver: { required: ['name'], known: ['version', 'rules'] },
  rule: {
    required: ['id'],
    known: ['name', 'shortDescription', 'fullDescription', 'help', 'defaultConfiguration', 'properties'],
  },
  result: {
    required: ['message'],
    known: ['ruleId', 'ruleIndex', 'level', 'locations', 'codeFlows', 'partialFingerprints', 'baselineState', 'properties'],
  },
  location: { required: [], known: ['physicalLocation', 'logicalLocations', 'message'] },
}
const check = (kind: string, value: object) => {
  const shape = shapes[kind]
  for (const each of shape?.required ?? []) expect(value).toHaveProperty([each])
  expect([...(shape?.required ?? []), ...(shape?.known ?? [])]).toEqual(expect.arrayContaining(Object.keys(value)))
}

describe('SARIF', () => {
  const log = toSarif(result, { version: '1.0.0' })
  const run = log.runs[0]
  const results = run?.results ?? []

  it('S54 has the form of SARIF 2.1.0', () => {
    expect(log.version).toBe('2.1.0')
    check('log', log)
    check('run', run ?? {})
    check('driver', run?.tool.driver ?? {})
    for (const each of run?.tool.driver.rules ?? []) check('rule', each)
    for (const each of results) {
      check('result', each)
      expect(each.message.text).not.toBe('')
      expect(['error', 'warning']).toContain(each.level)
      for (const location of each.locations ?? []) check('location', location)
      for (const { threadFlows } of each.codeFlows ?? []) {
        expect(threadFlows).toHaveLength(1)
        for (const { locations } of threadFlows) {
          expect(locations.length).toBeGreaterThan(0)
          for (const { location } of locations) check('location', location)
        }
      }
    }
    expect(JSON.parse(JSON.stringify(log))).toEqual(log)
  })

  it('S9 S54 has one result for each finding, with its rule and its fingerprint', () => {
    expect(results).toHaveLength(result.findings.length)
    expect(run?.tool.driver.rules.map((each) => each.id)).toEqual(Object.keys(flowRules))
    for (const [index, each] of results.entries()) {
      expect(run?.tool.driver.rules[each.ruleIndex]?.id).toBe(each.ruleId)
      expect(each.partialFingerprints['phiFlow/v1']).toBe(result.findings[index]?.fingerprint)
    }
    expect(new Set(results.map((each) => each.partialFingerprints['phiFlow/v1'])).size).toBe(results.length)
  })

  it('S75 points to the line at which the map declares the edge', () => {
    const calendar = results.find((each) => each.message.text.includes('c03.calendar'))
    expect(calendar?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'clinics/c03.yaml' },
      region: { startLine: 12 },
    })
    expect(calendar?.level).toBe('error')
    expect(calendar?.properties?.reasons).toEqual(['no-agreement'])
  })

  it('S54 writes a path as a relative URI, whatever it is', () => {
    const few = clinics(1)
    const uriOf = (file: string) => {
      const map = parseFlows({
        nodes: few.map.nodes,
        edges: few.map.edges.map((each) => ({ ...each, source: { file } })),
      })
      return toSarif(flows(map, few.model, { at: clinicsAt })).runs[0]?.results[0]?.locations?.[0]?.physicalLocation
        ?.artifactLocation.uri
    }
    expect(uriOf('./a b/c#d?.yaml')).toBe('a%20b/c%23d%3F.yaml')
    expect(uriOf('javascript:alert(1)')).toBe('javascript%3Aalert(1)')
    expect(uriOf('//evil.example/x')).toBe('evil.example/x')
    expect(uriOf('a\\b.yaml')).toBe('a/b.yaml')
  })

  it('S9 says of each result whether the baseline knows it, and what is gone', () => {
    const known = result.findings.slice(1)
    const gone = { fingerprint: '["uncovered-flow","old"]', rule: 'uncovered-flow' as const }
    const before = { ...baseline(known), findings: [...baseline(known).findings, gone] }
    const states = toSarif(result, { comparison: compareWithBaseline(result.findings, before) }).runs[0]?.results.map(
      (each) => each.baselineState,
    )
    expect(states).toEqual(['new', ...known.map(() => 'unchanged'), 'absent'])
  })
})
