import { describe, expect, it } from 'vitest'
import { blocksOf, shown, shownAt } from '../../packages/core/test/shown-blocks.ts'
import { codeOf } from './code.ts'

const fenced = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\`\n`

describe('the blocks of a document', () => {
  it('are found with their lines, also in lists, and without the indent of these', () => {
    const document = `# Title\n\n${fenced('ts file=a.ts', 'a()')}\n1. A step\n\n   \`\`\`js\n   b()\n     .c()\n   \`\`\`\n`
    expect(blocksOf(document)).toEqual([
      { line: 3, language: 'ts', code: 'a()\n' },
      { line: 9, language: 'js', code: 'b()\n  .c()\n' },
    ])
  })

  it('are code where the fence says so, and where output would not read like that', () => {
    const document = [
      fenced('sh', '$ phi audit verify'),
      fenced('', 'Intact'),
      fenced('', "import { x } from 'y'"),
      fenced('mermaid', 'a'),
    ]
    expect(codeOf(document.join('\n')).map(({ line }) => line)).toEqual([1, 9])
  })
})

describe('a block that was shown', () => {
  it('is known by its text, and another is not', () => {
    const before = Date.now() - 2_000
    shown('console.log(1) // 1\n')
    expect(shownAt('console.log(1) // 1')).toBeGreaterThan(before)
    expect(shownAt('console.log(2) // 1')).toBeUndefined()
  })
})
