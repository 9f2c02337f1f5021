import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { shown } from '../../../core/test/shown-blocks.ts'
import { mutationOperators } from './mutants.ts'
import { axisNames } from './test-file.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const readme = await read('../../README.md')
const clinic = await read('../../test/clinic-policy.yaml')
const section = readme.split('\n## Tests for an access policy\n')[1]?.split('\n## ')[0] ?? ''

describe('the README about policy tests', () => {
  it('shows an excerpt of the worked example, line by line and in its order', () => {
    const block = /^```yaml\n(.*?)^```$/ms.exec(section)?.[1] ?? ''
    const lines = block.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(20)
    let from = 0
    for (const line of lines) {
      const at = `\n${clinic}`.indexOf(`\n${line}\n`, from)
      expect(at, line).toBeGreaterThanOrEqual(0)
      from = at + line.length
    }
    shown(block)
  })

  it('names every mistake that mutation makes, every axis and every way to write an outcome', () => {
    const [, table = ''] = section.split('| about | mistakes |')
    const named = [...(table.split('\n\n')[0] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name)
    expect(named.toSorted()).toEqual([...mutationOperators].toSorted())
    for (const axis of axisNames) expect(section).toContain(`\`${axis}\``)
  })
})
