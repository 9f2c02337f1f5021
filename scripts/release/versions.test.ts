import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedPackages } from '../workspaces.ts'

// What `changeset version` makes of our configuration, on copies of our manifests in a repository of their own.
const home = mkdtempSync(join(tmpdir(), 'phi-versions-'))
const packages = publishedPackages()
const path = (name: string) => join(home, 'packages', name.replace('@phi/', ''), 'package.json')
const manifest = (name: string) => JSON.parse(readFileSync(path(name), 'utf8'))
const versions = () => Object.fromEntries(packages.map(({ name }) => [name, manifest(name).version as string]))
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: home, stdio: 'pipe' })

const change = (name: string, bump: 'minor' | 'patch') => {
  writeFileSync(join(home, '.changeset/one.md'), `---\n'${name}': ${bump}\n---\n\nWhat it means.\n`)
  git('add', '-A')
  git('commit', '-qm', 'change')
  const bin = resolve('node_modules/@changesets/cli/bin.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'version'], { cwd: home, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${stdout}${stderr}`)
  git('add', '-A')
  git('commit', '-qm', 'version')
}

beforeAll(() => {
  mkdirSync(join(home, '.changeset'))
  cpSync('.changeset/config.json', join(home, '.changeset/config.json'))
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'phi', private: true, workspaces: ['packages/*'] }))
  writeFileSync(join(home, 'package-lock.json'), '{}')
  for (const { name, manifest: each } of packages) {
    mkdirSync(join(path(name), '..'), { recursive: true })
    const ours = Object.entries(each.dependencies ?? {}).filter(([dependency]) => dependency.startsWith('@phi/'))
    const dependencies = Object.fromEntries(ours.map(([dependency]) => [dependency, '^0.3.0']))
    writeFileSync(path(name), JSON.stringify({ name, version: '0.3.0', dependencies }))
  }
  mkdirSync(join(home, 'packages/bench'))
  writeFileSync(
    join(home, 'packages/bench/package.json'),
    JSON.stringify({ name: '@phi/bench', private: true, version: '0.0.0', dependencies: { '@phi/core': '*' } }),
  )
  git('init', '-q', '-b', 'main')
}, 60_000)

afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('one linked line of versions', () => {
  it('moves one package alone for a fix, and leaves ranges that still fit', () => {
    change('@phi/audit', 'patch')
    const { '@phi/audit': audit, ...others } = versions()
    expect(audit).toBe('0.3.1')
    expect(new Set(Object.values(others))).toEqual(new Set(['0.3.0']))
    expect(manifest('@phi/postgres').dependencies['@phi/audit']).toBe('^0.3.0')
  })

  it('moves all that depends on a package to one version, with ranges that name it, where a minor version leaves the range', () => {
    change('@phi/core', 'minor')
    expect(new Set(Object.values(versions()))).toEqual(new Set(['0.4.0']))
    for (const { name } of packages)
      for (const range of Object.values(manifest(name).dependencies)) expect(range, name).toBe('^0.4.0')
  })

  it('leaves private workspaces alone', () => {
    const bench = JSON.parse(readFileSync(join(home, 'packages/bench/package.json'), 'utf8'))
    expect(bench).toMatchObject({ version: '0.0.0', dependencies: { '@phi/core': '*' } })
  })

  it('writes a changelog with a heading that release notes are taken from', () => {
    expect(readFileSync(join(path('@phi/core'), '../CHANGELOG.md'), 'utf8')).toContain('\n## 0.4.0\n')
  })
})
