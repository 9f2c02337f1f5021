import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const home = fileURLToPath(new URL('../..', import.meta.url))
const text = (path: string) => readFile(join(home, path), 'utf8')
const table = await text('docs/formats/README.md')
const pages = [
  'docs/upgrade.md',
  'docs/how-formats-evolve.md',
  ...(await readdir(join(home, 'docs/formats'))).filter((name) => name.endsWith('.md')).map((name) => `docs/formats/${name}`),
]

/** The sources of the published packages, without tests. */
const sources = await (async () => {
  const files: string[] = []
  for (const name of await readdir(join(home, 'packages'))) {
    const manifest = JSON.parse(await text(`packages/${name}/package.json`)) as { private?: boolean }
    if (manifest.private === true) continue
    for (const file of await readdir(join(home, `packages/${name}/src`), { recursive: true })) {
      if (/\.(ts|tsx|mts|js|mjs)$/.test(file) && !file.includes('.test.')) files.push(`packages/${name}/src/${file}`)
    }
  }
  return (await Promise.all(files.map(text))).join('\n')
})()
const found = (where: string, pattern: RegExp) =>
  [...new Set([...where.matchAll(pattern)].map(([, name]) => name as string))].toSorted()
const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')

describe('docs/formats/README.md', () => {
  it('lists every identifier in the sources of the packages, and no other', () => {
    const inSources = found(sources, /\b(phi\.[a-z.-]+(?:\/[a-z-]+)*[/@]v\d+)/g)
    expect(inSources.length).toBeGreaterThan(40)
    expect([...table.matchAll(/^\| `([^`]+)` \| (?:document|label)/gm)].map(([, id]) => id).toSorted()).toEqual(inSources)
  })

  it('lists every kind of signed document, and every ruleset', () => {
    expect(found(table, /`(phi-[a-z-]+\+jwt)`/g)).toEqual(found(sources, /'(phi-[a-z-]+\+jwt)'/g))
    expect(found(table, /`([a-z-]+\/20\d\d-\d\d)`/g)).toEqual(found(sources, /'([a-z-]+\/20\d\d-\d\d)'/g))
  })

  it('links each identifier to a page that names it', async () => {
    for (const [, id, page] of table.matchAll(/^\| `([^`]+)` \| (?:document|label)[^\n]*?\]\(([a-z0-9-]+\.md)[^)]*\)/gm)) {
      expect(await text(`docs/formats/${page}`), id).toContain(id)
    }
  })

  it('lists every page of its folder', () => {
    const links = found(table, /^\| \[[^\]]+\]\(([a-z0-9-]+\.md)\) \|/gm).map((name) => `docs/formats/${name}`)
    expect([...links, 'docs/formats/README.md'].toSorted()).toEqual(
      pages.filter((page) => page.includes('/formats/')).toSorted(),
    )
  })
})

describe.each(pages)('%s', (path) => {
  it('links to files and headings that are there', async () => {
    for (const [, link] of withoutCode(await text(path)).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = '', anchor] = (link as string).split('#')
      const target = file === '' ? resolve(home, path) : resolve(home, dirname(path), file)
      expect((await stat(target)).isFile(), link).toBe(true)
      if (anchor === undefined) continue
      const headings = [...(await readFile(target, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        anchorOf(heading as string),
      )
      expect(headings, link).toContain(anchor)
    }
  })

  it('names error codes, findings and tests that are there', async () => {
    const page = await text(path)
    for (const code of found(page, /`(PHI_[A-Z_]+[A-Z])`/g)) expect(sources, code).toContain(code)
    for (const file of found(page, /`((?:packages|scripts)\/[\w./-]+\.test\.ts)`/g)) {
      expect((await stat(join(home, file))).isFile(), file).toBe(true)
    }
  })
})

describe('docs/upgrade.md', () => {
  it('lists the migrations by version and name', async () => {
    const { migrations } = await import('../../packages/postgres/src/migrations/index.ts')
    const rows = [...(await text('docs/upgrade.md')).matchAll(/^\| (\d+) \| `([a-z-]+)` \|.*\| none \|$/gm)]
    expect(rows.map(([, version, name]) => ({ version: Number(version), name }))).toEqual(
      migrations.map(({ version, name }) => ({ version, name })),
    )
  })

  it('names the version line of the packages', async () => {
    const { version } = JSON.parse(await text('packages/core/package.json')) as { version: string }
    expect(await text('docs/upgrade.md')).toContain(`| ${version} |`)
  })
})

describe('the pages of the audit log', () => {
  it('name only findings that there are', async () => {
    const { findingKinds } = await import('@phi/audit')
    const codes = ['audit-v1', 'audit-evidence-v1'].map(async (name) => {
      const page = await text(`docs/formats/${name}.md`)
      return found(page, /(?:: |\(|or |, |else |Otherwise )`([a-z]+(?:-[a-z]+)+)`/g)
    })
    const named = new Set((await Promise.all(codes)).flat())
    const known = Object.keys(findingKinds)
    expect(named.size).toBeGreaterThan(20)
    expect([...named].filter((code) => !known.includes(code))).toEqual([])
  })
})
