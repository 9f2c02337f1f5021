import { describe, expect, it } from 'vitest'
import { type SarifResult, sarifLog } from './sarif.ts'

const uriOf = (file: string): unknown => {
  const result: SarifResult = { rule: 'r', level: 'error', message: 'm', file }
  const { runs } = sarifLog('1.0.0', { rules: [], results: [result] }) as {
    runs: { results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[]
  }
  return runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri
}

describe('SARIF', () => {
  it('has the shape that code scanning reads', () => {
    const log = sarifLog('1.2.3', {
      rules: [{ id: 'a', meaning: 'what a is' }],
      results: [
        { rule: 'a', level: 'error', message: 'found', file: 'dir/policy.json', line: 7 },
        { rule: 'b', level: 'note', message: 'nowhere' },
      ],
    })
    expect(log).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: { name: 'phi', semanticVersion: '1.2.3', rules: [{ id: 'a', shortDescription: { text: 'what a is' } }] },
          },
          columnKind: 'utf16CodeUnits',
          results: [
            {
              ruleId: 'a',
              ruleIndex: 0,
              level: 'error',
              message: { text: 'found' },
              locations: [{ physicalLocation: { artifactLocation: { uri: 'dir/policy.json' }, region: { startLine: 7 } } }],
            },
            {
              ruleId: 'b',
              level: 'note',
              message: { text: 'nowhere' },
              // Code scanning refuses a whole file where one result has no place.
              locations: [{ physicalLocation: { artifactLocation: { uri: 'phi.config.json' }, region: { startLine: 1 } } }],
            },
          ],
        },
      ],
    })
  })

  it.each([
    ['policy.json', 'policy.json'],
    ['../a b/policy #1.json', '../a%20b/policy%20%231.json'],
    ['/srv/policy.json', 'file:///srv/policy.json'],
    ['C:\\repo\\policy.json', 'file:///C:/repo/policy.json'],
    ['a:b.json', 'a%3Ab.json'],
    ['\ud800.json', '%EF%BF%BD.json'],
  ])('writes the path %j as the reference %s', (file, uri) => {
    expect(uriOf(file)).toBe(uri)
    expect(() => new URL(uri, 'file:///home/')).not.toThrow()
  })
})
