import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { holdsTitle } from './evidence.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'docs/adr')
const files = readdirSync(folder)
  .filter((name) => /^\d{4}-/.test(name))
  .sort()
const read = (path: string): string => readFileSync(path, 'utf8')
const titleOf = (text: string): string | undefined => /^# \d+\. (.*)$/m.exec(text)?.[1]

describe('docs/adr/README.md', () => {
  const index = read(join(folder, 'README.md'))

  it('lists every decision once, in order, under its own title and status', () => {
    const lines = [...index.matchAll(/^\| (\d+) \| \[(.*)\]\((.*)\) \| (.*) \|$/gm)].map((match) => match.slice(1))
    const expected = files.map((name, at) => {
      const text = read(join(folder, name))
      return [String(at + 1), titleOf(text), name, /^Status: ([^.]*)\./m.exec(text)?.[1]]
    })
    expect(lines).toEqual(expected)
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, at) => at + 1))
    expect(files.length).toBeGreaterThanOrEqual(12)
  })
})

describe.each(files)('docs/adr/%s', (name) => {
  const text = read(join(folder, name))

  it('says what was at stake, what else there was, what it cost and how to see it hold', () => {
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Context', 'Options', 'Decision', 'What it cost', 'Consequences', 'See it hold'])
    expect(text).toMatch(/^Status: (accepted|superseded by \[.*\]\(.*\))\. Date: \d{4}-\d{2}-\d{2}\./m)
    expect([...text.matchAll(/^- \*\*/gm)].length).toBeGreaterThan(1)
  })

  it('cites tests that are there, by the beginning of their titles', () => {
    const section = text.slice(text.indexOf('## See it hold'))
    const cited = [...section.matchAll(/^- \[.*\]\(\.\.\/\.\.\/(.*)\): (.*)$/gm)].map(
      ([, file, title]) => [file, title] as [string, string],
    )
    expect(cited.length).toBeGreaterThan(0)
    expect(
      cited.filter(([file, title]) => !existsSync(join(root, file)) || !holdsTitle(read(join(root, file)), title)),
    ).toEqual([])
  })

  it('links to files, and names design notes, that are there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !existsSync(join(dirname(join(folder, name)), link)))).toEqual([])
    const notes = read(join(root, 'docs/design-notes.md'))
    const numbers = /design-notes\.md\) ([\d, ]+)\./.exec(text)?.[1]?.split(', ') ?? []
    expect(numbers.length).toBeGreaterThan(0)
    expect(numbers.filter((number) => !notes.includes(`\n## ${number}. `))).toEqual([])
  })
})
