import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { publishedPackages } from '../workspaces.ts'
import { type Home, type Manifest, manifestProblems, repositoryProblems, repositoryUrl, setRepository } from './manifests.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = publishedPackages()
const home: Home = {
  root,
  node: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node,
  versions: Object.fromEntries(packages.map(({ name, manifest }) => [name, manifest.version])),
}
const core = packages.find(({ name }) => name === '@phi/core')?.manifest as Manifest
const audit = packages.find(({ name }) => name === '@phi/audit')?.manifest as Manifest

describe('published manifests', () => {
  it('covers every published package', () => {
    expect(packages.length).toBeGreaterThanOrEqual(11)
  })

  it.each(packages)('$name says what a release needs', ({ manifest, folder }) => {
    expect(manifestProblems(manifest as Manifest, folder, home)).toEqual([])
  })

  it('gives all packages one line of versions', () => {
    const config = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8'))
    expect(config.linked).toEqual([['@phi/*']])
    expect(config.fixed).toEqual([])
    expect(config.privatePackages).toEqual({ version: false, tag: false })
  })
})

describe('manifestProblems', () => {
  const good: Manifest = { ...audit, keywords: ['hipaa', 'a', 'b'], publishConfig: { access: 'public', provenance: true } }
  const faults: readonly [string, Partial<Record<keyof Manifest, unknown>>, RegExp][] = [
    ['a dependency on anything', { dependencies: { zod: '*' } }, /zod "\*"/],
    ['a dependency on a folder', { dependencies: { zod: 'file:../zod' } }, /is no range/],
    ['a dependency on an address', { dependencies: { zod: 'git+https://example.org/zod.git' } }, /is no range/],
    ['a dependency on a tag', { dependencies: { zod: 'latest' } }, /is no range/],
    ['an older sibling', { dependencies: { '@phi/core': '^9.9.9' } }, /@phi\/core "\^9\.9\.9"/],
    ['any sibling', { dependencies: { '@phi/core': '*' } }, /@phi\/core "\*"/],
    ['a private sibling', { dependencies: { '@phi/bench': '^1.0.0' } }, /not published/],
    ['a peer that is forced on users', { peerDependenciesMeta: {} }, /is not optional/],
    ['an install script', { scripts: { postinstall: 'node x' } }, /lifecycle script "postinstall"/],
    ['a prepare script', { scripts: { prepare: 'node x' } }, /lifecycle script "prepare"/],
    ['a publication without provenance', { publishConfig: { access: 'public' } }, /publishConfig/],
    ['another registry', { publishConfig: { access: 'public', provenance: true, registry: 'x' } }, /names a registry/],
    ['another licence', { license: 'UNLICENSED' }, /Apache-2\.0/],
    ['a lower floor of Node', { engines: { node: '>=18' } }, /engines\.node/],
    ['side effects by default', { sideEffects: undefined }, /sideEffects/],
    ['tests in the tarball', { files: ['dist', 'src'] }, /!src/],
    ['no entry for package.json', { exports: { '.': audit.exports?.['.'] } }, /package\.json/],
    [
      'an entry without CommonJS',
      { exports: { ...audit.exports, './x': { import: { types: 'a', default: 'b' } } } },
      /for require/,
    ],
    ['bundled dependencies', { bundleDependencies: ['zod'] }, /bundles/],
    ['a foreign folder', { repository: { url: 'x', directory: 'packages/core' } }, /repository\.directory/],
  ]

  it('passes a good one', () => {
    expect(manifestProblems(good, 'packages/audit', home)).toEqual([])
  })

  it.each(faults)('refuses %s', (_what, change, problem) => {
    const found = manifestProblems({ ...good, ...change } as Manifest, 'packages/audit', home)
    expect(found.join('\n')).toMatch(problem)
  })

  it('finds a missing LICENSE', () => {
    expect(manifestProblems(good, 'packages/nowhere', home).join('\n')).toMatch(/LICENSE is missing/)
  })
})

describe('the address of the repository', () => {
  it('stops a release until it is set to the repository that releases', () => {
    const { repository: _none, ...bare } = core
    const slug = 'owner/name'
    expect(repositoryProblems([bare], slug)).toEqual([expect.stringContaining('repository.url is not set')])
    const other: Manifest = { ...core, repository: { url: repositoryUrl('someone/else') } }
    expect(repositoryProblems([other], slug)).toEqual([
      expect.stringContaining('has to be "git+https://github.com/owner/name.git"'),
    ])
    expect(repositoryProblems([{ ...core, repository: { url: repositoryUrl(slug) } }], slug)).toEqual([])
  })

  it('is written once, beside the licence, and nothing else changes', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'phi-manifest-')), 'package.json')
    const { repository: _none, ...before } = core
    writeFileSync(path, JSON.stringify(before))
    setRepository(path, 'packages/core', 'owner/name')
    setRepository(path, 'packages/core', 'owner/name')
    const { repository, ...after } = JSON.parse(readFileSync(path, 'utf8'))
    expect(after).toEqual(before)
    expect(repository).toEqual({ type: 'git', url: 'git+https://github.com/owner/name.git', directory: 'packages/core' })
    expect(readFileSync(path, 'utf8')).toMatch(/"license": "Apache-2.0",\n {2}"repository"/)
  })

  it.each(['', 'name', 'https://github.com/owner/name', 'owner/name/x', 'owner/name"'])('refuses %j', (slug) => {
    expect(() => repositoryUrl(slug)).toThrow('owner/name')
  })
})
