import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { chromiumPath } from '../../core/test/chromium.ts'
import { browserEntries, browserPackages, nodeOnly } from '../src/entries.ts'
import { asModule, firstProgram, short } from '../src/first-program.ts'
import { inPages } from '../src/page.ts'
import { surfaceProgram } from '../src/surface.ts'
import { type ViteBuild, viteBuild } from '../src/vite-build.ts'

const folder = inject('stranger')
const packages = inject('packages')
const entries = browserEntries(packages)

const SURFACE = 'surface'
const GOLDEN = 'golden'
/** Every published case of the two packages that count days, in the page as in Node. */
const golden = `
import { corpus, runGolden as deadlines } from '@phi/deadlines/golden'
import { runGolden as retention } from '@phi/retention/golden'
for (const run of [deadlines, retention]) {
  const { passed, failed } = run(corpus)
  console.log(passed.length + ' passed, ' + failed.length + ' failed')
}
`
const apps: Record<string, string> = {
  ...Object.fromEntries(
    packages
      .filter(({ name }) => (browserPackages as readonly string[]).includes(name))
      .map(({ name, readme }) => [short(name), asModule(firstProgram(readme ?? '') ?? '')]),
  ),
  [SURFACE]: surfaceProgram(entries),
  [GOLDEN]: golden,
}
const names = Object.keys(apps)

/** What a program prints in Node. */
const inNode = (name: string): string[] => {
  const file = join(folder, `in-node-${name}.mjs`)
  writeFileSync(file, apps[name] ?? '')
  const env = { ...process.env, NODE_OPTIONS: '' }
  const printed = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', env, maxBuffer: 16 * 1024 * 1024 })
  return printed.trimEnd().split('\n')
}

let built: ViteBuild
beforeAll(() => {
  built = viteBuild(folder, 'page', apps)
})

describe('a production build for browsers, by Vite', () => {
  it('is asked about every entry: those that need Node say so', () => {
    expect(names).toHaveLength(browserPackages.length + 2)
    const all = packages.flatMap(({ modules }) => modules)
    expect(Object.keys(nodeOnly).filter((entry) => !all.includes(entry))).toEqual([])
    expect(entries.length).toBeGreaterThan(35)
  })

  it('is made of every entry that is for browsers, and reaches no module of Node', () => {
    expect(built.output).toBe('')
    expect(built.ok).toBe(true)
    expect(Object.keys(built.files)).toEqual(expect.arrayContaining(names.map((name) => `${name}.js`)))
    const reaching = /(?:from|import|require)\s*\(?\s*["'`]node:|__vite-browser-external/
    expect(
      Object.entries(built.files)
        .filter(([, text]) => reaching.test(text))
        .map(([file]) => file),
    ).toEqual([])
  })

  it('holds the portable cryptography', () => {
    // The first constant of SHA-256's round table, which only an implementation in JavaScript holds.
    expect(Object.values(built.files).some((text) => /1116352408|0x428a2f98/i.test(text))).toBe(true)
  })

  it('fails for an entry that needs Node, and names it', () => {
    const refused = viteBuild(folder, 'refused', { spool: `import * as spool from '@phi/audit/spool'\nconsole.log(spool)` })
    expect(refused.ok).toBe(false)
    expect(refused.output).toMatch(/a page cannot have node:\w+, which is imported by .*@phi\/audit\/dist\//)
  })
})

const chromium = chromiumPath()
describe.skipIf(chromium === undefined)(`in Chromium${chromium ? '' : ' (none found, so skipped: set PHI_CHROMIUM)'}`, () => {
  let said: Record<string, readonly string[]>
  beforeAll(async () => {
    said = await inPages(chromium ?? '', built.files, names)
  })

  it.each(names)('%s says what it says in Node', (name) => {
    const here = inNode(name)
    expect(here.join('').length).toBeGreaterThan(0)
    expect(said[name]).toEqual(here)
  })

  it('every published case about dates passes', () => {
    expect(said[GOLDEN]).toHaveLength(2)
    for (const line of said[GOLDEN] ?? []) expect(line).toMatch(/^[1-9]\d* passed, 0 failed$/)
  })
})
