import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { paragraphsFor, parseChangeset, renderedChangelog } from './page.ts'
import { changesetsOf, packagesOf } from './read.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const two = parseChangeset(
  'two',
  "---\n'@phi/audit': minor\n'@phi/core': patch\n---\n\nFirst of two.\n\n`@phi/core` is\nfaster.\n\n`@phi/audit/export` writes CSV.\n",
)

describe('a changeset', () => {
  it('says which packages move how far, and what it means for them', () => {
    expect([...two.bumps]).toEqual([
      ['@phi/audit', 'minor'],
      ['@phi/core', 'patch'],
    ])
    expect(paragraphsFor('@phi/core', two)).toEqual(['First of two.', '`@phi/core` is\nfaster.'])
    expect(paragraphsFor('@phi/audit', two)).toEqual(['First of two.', '`@phi/audit/export` writes CSV.'])
  })

  it.each([
    ['no front matter', 'Faster.'],
    ['a bump that is none', "---\n'@phi/core': huge\n---\n\nFaster.\n"],
    ['no text', "---\n'@phi/core': patch\n---\n\n"],
  ])('is refused with %s', (_, text) => {
    expect(() => parseChangeset('bad', text)).toThrow(/^bad /)
  })
})

describe('the page', () => {
  it('has what waits before what was released, and the newest version first', () => {
    const changelog = '# @phi/core\n\n## 0.2.0\n\n### Minor Changes\n\n- abc: New.\n\n## 0.1.0\n\n### Patch Changes\n\n- Old.\n'
    const page = renderedChangelog(
      [
        { name: '@phi/core', version: '0.2.0', changelog },
        { name: '@phi/cli', version: '0.0.0' },
      ],
      [two],
    )
    expect(page.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      '# Changelog',
      '## @phi/core',
      '### Unreleased, after 0.2.0',
      '### 0.2.0',
      '#### Minor Changes',
      '### 0.1.0',
      '#### Patch Changes',
      '## @phi/cli',
    ])
    expect(page).toContain('- *patch*: First of two.\n\n  `@phi/core` is faster.\n')
    expect(page).not.toContain('writes CSV')
    expect(page).toMatch(/## @phi\/cli\n\nNothing yet\.\n$/)
  })

  it('loses nothing that a waiting changeset says, and names no package that is not published', () => {
    const changesets = changesetsOf(root)
    const packages = packagesOf(root)
    const page = renderedChangelog(packages, changesets)
    for (const { name, bumps, paragraphs } of changesets) {
      for (const paragraph of paragraphs) expect(page, name).toContain(paragraph.replaceAll('\n', ' '))
      expect(packages.map((each) => each.name)).toEqual(expect.arrayContaining([...bumps.keys()]))
    }
  })

  it('docs/changelog.md is that page: tsx scripts/changelog/main.ts', () => {
    expect(readFileSync(`${root}docs/changelog.md`, 'utf8') === renderedChangelog(packagesOf(root), changesetsOf(root))).toBe(
      true,
    )
  })
})
