import { describe, expect, it } from 'vitest'
import { renderGolden, runGolden } from './index.ts'

const golden = (id: string, expected: object, rule = 'access.extended') => ({
  id,
  rule,
  facts: { received: '2026-03-02', extensionStatement: { given: '2026-03-20', written: false, reasons: true } },
  expected,
})

describe('renderGolden', () => {
  it('counts what passed, and lists the rest', () => {
    const report = runGolden([
      golden('A-1', { due: '2026-04-01' }),
      golden('A-2', { due: '2026-04-02', extensionValid: false }),
      golden('A-3', { due: '2026-04-01' }, 'access.intial'),
      golden('A-4', { due: '2026-04-01', reason: 'the moon was full' }),
      { ...golden('A-5', { due: '2026-04-01' }), facts: { received: 'soon' } },
    ])
    expect(renderGolden(report)).toMatchInlineSnapshot(`
      "## Golden cases

      Passed 2, failed 2, unsupported 1, keys not compared 1.

      ### Failed

      - \`A-2\` \`due\`: expected \`2026-04-02\`, found \`2026-04-01\`
      - \`A-5\` \`due\`: expected \`2026-04-01\`, found \`PHI_DEADLINES_DATE\`

      ### Unsupported

      - \`A-3\`: \`unknown rule\`

      ### Not compared

      - \`A-4\` \`reason\`: \`the text is none of those whose meaning is known\`
      "
    `)
  })

  it('says it short when nothing is wrong', () => {
    expect(renderGolden(runGolden([golden('A-1', { due: '2026-04-01' })]))).toBe(
      '## Golden cases\n\nPassed 1, failed 0, unsupported 0, keys not compared 0.\n',
    )
  })

  it('keeps the text of a case inside its code span', () => {
    const hostile = '`</code>\n\n# Passed\u202e | x `'
    const text = renderGolden(runGolden([golden(hostile, { [hostile]: hostile, due: hostile })]))
    expect(text.split('\n').filter((line) => line.startsWith('# '))).toEqual([])
    for (const line of text.split('\n').filter((each) => each.startsWith('- '))) {
      expect(line.split('`').length % 2).toBe(1)
      expect(line.replace(/`[^`]*`/g, '')).not.toContain('Passed')
    }
    expect(text).not.toContain('\u202e')
    const long = renderGolden(runGolden([golden('x'.repeat(200), { due: 'y'.repeat(9000) })]))
    expect(long.length).toBeLessThan(1000)
  })
})
