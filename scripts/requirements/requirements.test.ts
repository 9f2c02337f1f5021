import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allIds, idsAtHead } from './ids.ts'
import { sources } from './list.ts'
import { rendered } from './render.ts'
import { requirementRows, type TestReport } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('the ids at the head of a title', () => {
  it.each<[title: string, ids: string[]]>([
    ['S110 logs off after 30 minutes idle', ['S110']],
    ['S99, S134 and C1 the clock runs from discovery', ['S99', 'S134', 'C1']],
    ['S15, S88: HSTS for a year', ['S15', 'S88']],
    ['S36 to S39 hold for every use', ['S36', 'S37', 'S38', 'S39']],
    ['S123–S125 every format', ['S123', 'S124', 'S125']],
    ['C4', ['C4']],
    ['S1 S2 S3 together', ['S1', 'S2', 'S3']],
    ['S15/S88 HSTS', ['S15', 'S88']],
    ['S12 of S13 items', ['S12']],
    ['says S110 further on', []],
    ['S3 v. S4', ['S3']],
    ['S0 and S162 do not exist', []],
    ['C11', []],
    ['S3server answers', []],
    ['SHA-256', []],
    ['S5, then S6', ['S5']],
    ['S7 and more', ['S7']],
    ['', []],
  ])('%s', (title, ids) => {
    expect(idsAtHead(title)).toEqual(ids)
  })

  it('are found in any list of them', () => {
    const separators = fc.constantFrom(', ', ' and ', ', and ', ' ', '/', ' & ')
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...allIds), { minLength: 1, maxLength: 6 }), separators, (ids, separator) => {
        expect(idsAtHead(`${ids.join(separator)} shows it`)).toEqual(ids)
      }),
    )
  })
})

const report = (...tests: [title: string, status: string, ancestors?: string[]][]): TestReport => ({
  testResults: [
    {
      name: `${root}packages/x/src/x.test.ts`,
      assertionResults: tests.map(([title, status, ancestorTitles = []]) => ({ title, status, ancestorTitles })),
    },
  ],
})

describe('the table', () => {
  const rowOf = (id: string, ...tests: Parameters<typeof report>) =>
    requirementRows(report(...tests), root).find((row) => row.id === id)

  it('has 171 rows, whatever ran', () => {
    expect(requirementRows(report(), root).map(({ id, status }) => [id, status])).toEqual(allIds.map((id) => [id, 'missing']))
    expect(allIds.length).toBe(171)
  })

  it('proves a row by a test that passed, and takes that back for one that failed', () => {
    expect(rowOf('S4', ['S4 times out', 'passed'])).toEqual({
      id: 'S4',
      status: 'proven',
      tests: [{ file: 'packages/x/src/x.test.ts', title: 'S4 times out', status: 'passed' }],
    })
    expect(rowOf('S4', ['S4 times out', 'passed'], ['S4 also so', 'failed'])?.status).toBe('failing')
    expect(rowOf('S4', ['S4 times out', 'pending'], ['S4 later', 'todo'])?.status).toBe('skipped')
    expect(rowOf('S4', ['S4 times out', 'passed'], ['S4 elsewhere', 'skipped'])?.status).toBe('proven')
  })

  it('takes the ids of the blocks around a test as its own', () => {
    expect(rowOf('S22', ['denies', 'passed', ['S22 addresses']])?.tests[0]?.title).toBe('S22 addresses › denies')
  })

  it('names every requirement once, in order, in the list and on the page', () => {
    expect(sources.flatMap(({ requirements }) => requirements.map(({ id }) => id))).toEqual(allIds)
    const page = rendered(requirementRows(report(['S4 times out', 'passed']), root))
    expect([...page.matchAll(/^\| ([SC]\d+) \|/gm)].map(([, id]) => id)).toEqual(allIds)
    expect(page).toContain('1 of 171 rows')
  })
})

describe('docs/requirements.md', () => {
  const page = readFileSync(`${root}docs/requirements.md`, 'utf8')

  it('shows every row, by tests that are there and name it', () => {
    const lines = page.split('\n').filter((line) => /^\| [SC]\d+ \|/.test(line))
    expect(lines.length).toBe(171)
    for (const line of lines) {
      const id = /^\| ([SC]\d+) /.exec(line)?.[1] as string
      const files = [...line.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file]) => file as string)
      expect(line, id).toContain('| ● |')
      expect(files.length, id).toBeGreaterThan(0)
      for (const file of files) expect(existsSync(`${root}${file}`), file).toBe(true)
    }
  })
})
