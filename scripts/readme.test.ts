import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runFirstProgram } from '../packages/core/test/readme.ts'
import { anchorOf } from './site/pages.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const text = (path: string) => readFile(join(home, path), 'utf8')
const readme = await text('README.md')
const guides = (await readdir(join(home, 'docs'), { recursive: true }))
  .filter((name) => name.endsWith('.md') && !name.startsWith('.') && !name.startsWith('reference'))
  .map((name) => `docs/${name.replaceAll('\\', '/')}`)
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...guides,
  ...['core', 'audit', 'envelope', 'rbac', 'deadlines', 'retention', 'baa', 'postgres', 'testing', 'http', 'cli'].map(
    (name) => `packages/${name}/README.md`,
  ),
  ...['bench', 'consumer'].map((name) => `packages/${name}/README.md`),
  ...['clinic', 'platform', 'practice-tiers', 'physical-therapy', 'therapist-marketplace'].map(
    (name) => `examples/${name}/README.md`,
  ),
]
const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')

describe('the README of the repository', () => {
  it('holds the two commands, each on a line of its own', () => {
    expect(readme).toMatch(/^ {4}npm ci && npm run demo$/m)
    expect(readme).toMatch(/^ {4}npm ci && npm test$/m)
  })

  it('lists as working exactly the packages that are there, and as planned only others', async () => {
    const names = await readdir(join(home, 'packages'))
    const manifests = await Promise.all(
      names.map(async (name) => JSON.parse(await text(`packages/${name}/package.json`)) as { name: string; private?: boolean }),
    )
    const published = manifests.filter((manifest) => manifest.private !== true).map(({ name }) => name)
    const rows = [...readme.matchAll(/^\| \[?(@phi\/[a-z]+)\S* \| (planned)?/gm)]
    const planned = rows.filter(([, , isPlanned]) => isPlanned !== undefined).map(([, name]) => name as string)
    const working = rows.filter(([, , isPlanned]) => isPlanned === undefined).map(([, name]) => name as string)
    expect(working.toSorted()).toEqual(published.toSorted())
    const picture = (mark: string) =>
      [...readme.matchAll(new RegExp(`${mark} ([a-z]+)(?=\\s{2}|\\n)`, 'g'))].map(([, name]) => `@phi/${name}`)
    expect(picture('●').toSorted()).toEqual(published.toSorted())
    expect(picture('○').toSorted()).toEqual(planned.toSorted())
  })
})

describe.each(documents)('%s', (path) => {
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

  it('names npm scripts that are there', async () => {
    const { scripts } = JSON.parse(await text('package.json')) as { scripts: Record<string, string> }
    for (const [, name] of (await text(path)).matchAll(/npm run ([a-z:-]+)/g)) expect(Object.keys(scripts)).toContain(name)
  })
})

describe('docs/what-each-layer-stops.md', () => {
  it('cites tests that are there', async () => {
    const folders = ['packages/audit', 'packages/postgres']
    const files = (await Promise.all(folders.map((folder) => readdir(join(home, folder), { recursive: true })))).flatMap(
      (names, i) =>
        names
          .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
          .map((name) => `${folders[i]}/${name}`),
    )
    const tests = (await Promise.all(files.map(text))).join('\n')
    const cells = [...(await text('docs/what-each-layer-stops.md')).matchAll(/^\|.*\| ([^|]*) \|$/gm)].map(
      ([, cell]) => cell as string,
    )
    const titles = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, title]) => title as string))
    expect(titles.length).toBeGreaterThan(25)
    expect(titles.filter((title) => !tests.includes(`'${title}'`))).toEqual([])
    const others = cells.filter((cell) => !cell.includes('`'))
    expect(new Set(others)).toEqual(new Set(['shown by', 'none']))
  })
})

describe('docs/verify-a-log.md', () => {
  const folder = join(home, `scripts/.tmp/verify-${process.pid}`)
  let program: string

  beforeAll(async () => {
    await mkdir(folder, { recursive: true })
    // The files come from the program in the README of @phi/audit that hands them over.
    const handOver = [...(await text('packages/audit/README.md')).matchAll(/^```ts\n.*?^```$/gms)][1]?.[0] ?? ''
    await writeFile(join(folder, 'README.md'), handOver)
    expect(await runFirstProgram(join(folder, 'README.md'))).toMatchObject({ code: 0, stderr: '' })
    program = /^```js\n(.*?)^```$/ms.exec(await text('docs/verify-a-log.md'))?.[1] ?? ''
    expect(program).toContain('verifyLines')
  })
  afterAll(() => rm(folder, { recursive: true }))

  const run = async () => {
    await writeFile(join(folder, 'README.md'), `\`\`\`ts\n${program}\`\`\`\n`)
    return runFirstProgram(join(folder, 'README.md'))
  }

  it('its program reports a log and evidence that nobody touched as intact, and shows the records', async () => {
    const { stdout, stderr, code } = await run()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('the whole log: intact')
    expect(stdout).toContain('the evidence: intact')
    expect(stdout).toContain('"genuine": true')
  })

  it('its program finds what somebody changed', async () => {
    for (const name of ['log.phi-audit.jsonl', 'evidence.phi-audit.json']) {
      const path = join(folder, name)
      await cp(path, `${path}.kept`)
      await writeFile(path, (await readFile(path, 'utf8')).replace('u-17', 'u-18'))
    }
    const { stdout, code } = await run()
    expect(code).toBe(0)
    expect(stdout).toContain('the whole log: broken')
    expect(stdout).toContain('the evidence: broken')
    expect(stdout).toMatch(/altered-group 0 actor This part of the entry/)
    for (const name of ['log.phi-audit.jsonl', 'evidence.phi-audit.json'])
      await cp(join(folder, `${name}.kept`), join(folder, name))
  })

  it('its program tells an older state by the checkpoint from elsewhere', async () => {
    const path = join(folder, 'log.phi-audit.jsonl')
    const lines = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, [lines[0]?.replace('"size":5', '"size":3'), ...lines.slice(1, 4), ''].join('\n'))
    expect((await run()).stdout).toMatch(/the whole log: broken[\s\S]*truncated-tail 3/)
  })
})
