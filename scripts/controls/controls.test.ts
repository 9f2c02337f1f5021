import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { allIds } from '../requirements/ids.ts'
import type { TestReport } from '../requirements/table.ts'
import { confirmationOf, standings } from './citations.ts'
import { holdsTitle, judged } from './evidence.ts'
import { renderedLimits, renderedMatrix } from './render.ts'
import { test as cites, feature } from './row.ts'
import { controlRows, sections } from './table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8')
const linesOf = (page: string): string[] => page.split('\n').filter((line) => /^\| 4[25] CFR /.test(line))

describe('the matrix of controls', () => {
  it('has each provision once, each in its own section of the law', () => {
    const citations = controlRows.map(({ citation }) => citation)
    expect(citations.filter((citation, at) => citations.indexOf(citation) !== at)).toEqual([])
    const parts = sections.map(({ rows }) => [...new Set(rows.map(({ citation }) => /^(4[25] CFR \d+)/.exec(citation)?.[1]))])
    expect(parts).toEqual([['45 CFR 164'], ['45 CFR 164'], ['45 CFR 164'], ['45 CFR 164'], ['42 CFR 2', '45 CFR 160']])
    const sectionOf = (citation: string) => Number(/^45 CFR 164\.(\d+)/.exec(citation)?.[1])
    const spans = sections.slice(0, 4).map(({ rows }) => {
      const numbers = rows.map(({ citation }) => sectionOf(citation))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      return [numbers[0], numbers.at(-1)]
    })
    expect(spans).toEqual([
      [308, 316],
      [502, 514],
      [520, 530],
      [402, 414],
    ])
  })

  it('says of each row what the packages do, what is left and to whom, and shows what it claims', () => {
    for (const { citation, answer, gives, yours, who, tests, guides, packages } of controlRows) {
      expect(gives, citation).not.toBe('')
      expect(packages.length, citation).toBeGreaterThan(0)
      expect(guides.length, citation).toBeGreaterThan(0)
      if (answer === 'feature') expect([yours, who], citation).toEqual([undefined, undefined])
      else expect([yours?.length, who?.length], citation).not.toContain(undefined)
      if (answer !== 'yours') expect(tests.length, citation).toBeGreaterThan(0)
    }
  })

  it('cites tests that are there, by the beginning of their titles', () => {
    const wrong = controlRows
      .flatMap(({ citation, tests }) => tests.map((cited) => ({ citation, ...cited })))
      .filter(({ file, title }) => !existsSync(`${root}${file}`) || !holdsTitle(read(file), title))
    expect(wrong).toEqual([])
  })

  it('names guides, packages and requirements that are there', () => {
    expect(controlRows.flatMap(({ guides }) => guides).filter((path) => !existsSync(`${root}${path}`))).toEqual([])
    const names = [...new Set(controlRows.flatMap(({ packages }) => packages))]
    expect(names.filter((name) => !existsSync(`${root}packages/${name}/package.json`))).toEqual([])
    expect(controlRows.flatMap(({ requirements }) => requirements).filter((id) => !allIds.includes(id))).toEqual([])
  })

  it('has a row for each text that the register and the taxonomy call a standard or a specification', () => {
    const wholes = new Set(['45 CFR 164.308', '45 CFR 164.310', '45 CFR 164.312'])
    const rows = new Set(controlRows.map(({ citation }) => citation))
    expect([...standings.keys()].filter((citation) => !wholes.has(citation) && !rows.has(citation))).toEqual([])
  })

  it('refuses a citation that no table has, and takes the least confirmed part for a whole', () => {
    const details = { gives: 'x', packages: 'core', guides: '', tests: [] }
    expect(() => feature('45 CFR 164.999(z)', 'x', details)).toThrow('no table of a package cites 45 CFR 164.999(z)')
    expect(() => feature('45 CFR 164.404(b', 'x', details)).toThrow('no table')
    expect(confirmationOf('45 CFR 164.404(b)')).toBe('text-seen')
    expect(confirmationOf('45 CFR 164.316(b)(2)(i)')).toBe('text-seen')
    expect(confirmationOf('45 CFR 164.316')).toBe('interpretation')
  })
})

describe('a run of the tests', () => {
  const rows = [
    feature('45 CFR 164.312(b)', 'x', {
      gives: 'x',
      packages: 'audit',
      guides: '',
      tests: [cites('a.test.ts', 'records'), cites('a.test.ts', 'S6 logs')],
    }),
  ]
  const report = (...tests: [title: string, status: string][]): TestReport => ({
    testResults: [
      {
        name: `${root}a.test.ts`,
        assertionResults: tests.map(([title, status]) => ({ title, status, ancestorTitles: ['S6 logs'] })),
      },
    ],
  })
  const of = (...tests: [title: string, status: string][]) => judged(rows, report(...tests), root)[0]

  it('shows a row when every test that it cites was in the run and none failed', () => {
    expect(of(['records all', 'passed'])).toMatchObject({ status: 'proven', open: [] })
    expect(of(['records all', 'pending'])).toMatchObject({ status: 'skipped', open: [] })
  })

  it('leaves it open where one failed, or was not in the run', () => {
    expect(of(['records all', 'passed'], ['records more', 'failed'])?.status).toBe('failing')
    expect(of(['says nothing', 'passed'])).toMatchObject({ status: 'missing', open: [{ file: 'a.test.ts', title: 'records' }] })
    expect(judged(rows, { testResults: [] }, root)[0]?.status).toBe('missing')
  })

  it('holds a title only where a title begins with it', () => {
    expect(holdsTitle("it('S6 logs it', () => {", 'S6 logs')).toBe(true)
    expect(holdsTitle("it('says S6 logs', () => {", 'S6 logs')).toBe(false)
  })
})

describe('the pages', () => {
  it('are what the table makes: tsx --conditions=@phi/source scripts/controls/main.ts', () => {
    expect(read('docs/controls.md') === renderedMatrix(), 'docs/controls.md').toBe(true)
    expect(read('docs/what-code-cannot-do.md') === renderedLimits(), 'docs/what-code-cannot-do.md').toBe(true)
  })

  it('show each row, and each that is not done by code alone on the page of what code cannot do', () => {
    expect(linesOf(renderedMatrix())).toHaveLength(controlRows.length)
    const rest = controlRows.filter(({ answer }) => answer !== 'feature')
    const lines = linesOf(renderedLimits())
    expect(lines.map((line) => /^\| (4[25] CFR \S+) \|/.exec(line)?.[1])).toEqual(rest.map(({ citation }) => citation))
    for (const [at, { yours, who }] of rest.entries()) expect(lines[at]?.split(' | ').slice(2, 4)).toEqual([yours, who])
  })
})

const reference = new URL('../../../shared/reference/', import.meta.url)
const hasReference = existsSync(new URL('federal-facts.md', reference))

describe.skipIf(!hasReference)(`the reference texts${hasReference ? '' : ' (not on this machine: skipped)'}`, () => {
  it('know the section of each row whose text is said to be read, but for two that only the tables of packages have', () => {
    const names = ['federal-facts.md', 'business-associate-law.md', 'taxonomy.md']
    const texts = names.map((name) => readFileSync(new URL(name, reference), 'utf8')).join('\n')
    const unknown = controlRows
      .filter(({ citation, confirmation }) => confirmation === 'text-seen' && !standings.has(citation))
      .map(({ citation }) => /(\d+\.\d+)/.exec(citation)?.[1] as string)
      .filter((section) => !texts.includes(section))
    expect([...new Set(unknown)]).toEqual(['164.506', '164.512'])
  })
})
