import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { billOf, checksums, differences, integrityOf, notesOf, openRelease, seal, tarballOf } from './artifacts.ts'
import { canBeTrusted, publishRelease, unpublished } from './publish.ts'

const home = mkdtempSync(join(tmpdir(), 'phi-release-'))
// The program of the system, which is no package.
const sha256sum = 'sha256sum'
let folder: string
let count = 0

const artifact = (name: string) => ({
  name,
  version: '0.1.0',
  folder: name.replace('@phi/', 'packages/'),
  tarball: tarballOf(name, '0.1.0'),
  bill: billOf(name, '0.1.0'),
  integrity: integrityOf(Buffer.from(name)),
})
const release = { commit: 'c0ffee', node: 'v24.0.0', npm: '11.6.0', packages: ['@phi/core', '@phi/audit'].map(artifact) }

beforeEach(() => {
  folder = mkdtempSync(join(home, `${count++}-`))
  for (const { name, tarball, bill } of release.packages) {
    writeFileSync(join(folder, tarball), name)
    writeFileSync(join(folder, bill), '{}')
  }
  seal(folder, release)
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('a sealed release', () => {
  it('names its files as npm names tarballs', () => {
    expect(release.packages.map(({ tarball, bill }) => [tarball, bill])).toEqual([
      ['phi-core-0.1.0.tgz', 'phi-core-0.1.0.cdx.json'],
      ['phi-audit-0.1.0.tgz', 'phi-audit-0.1.0.cdx.json'],
    ])
  })

  it('has the integrity that npm computes', () => {
    // From FIPS 180-4's example for SHA-512, "abc".
    expect(integrityOf(Buffer.from('abc'))).toBe(
      'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==',
    )
  })

  it('has checksums over every file, as sha256sum reads them', (test) => {
    expect(checksums(folder).match(/^[0-9a-f]{64} {2}\S+$/gm)).toHaveLength(5)
    if (spawnSync(sha256sum, ['--version']).status !== 0) test.skip('no sha256sum on this system')
    execFileSync(sha256sum, ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder })
  })

  it('opens as it was sealed', () => {
    expect(openRelease(folder)).toEqual(release)
  })

  it('does not open with a byte more, a file more, or a tarball that is not the one named', () => {
    appendFileSync(join(folder, 'phi-core-0.1.0.tgz'), 'x')
    expect(() => openRelease(folder)).toThrow('is not what its SHA256SUMS says')
    writeFileSync(join(folder, 'SHA256SUMS'), checksums(folder))
    expect(() => openRelease(folder)).toThrow('phi-core-0.1.0.tgz is not the tarball of @phi/core')
    writeFileSync(join(folder, 'phi-core-0.1.0.tgz'), '@phi/core')
    writeFileSync(join(folder, 'stray'), '')
    expect(() => openRelease(folder)).toThrow('is not what its SHA256SUMS says')
  })

  it('is compared with another build byte for byte', () => {
    const other = mkdtempSync(join(home, 'other-'))
    cpSync(folder, other, { recursive: true })
    expect(differences(folder, other)).toEqual([])
    appendFileSync(join(other, 'phi-audit-0.1.0.tgz'), 'x')
    rmSync(join(other, 'release.json'))
    writeFileSync(join(other, 'stray'), '')
    expect(differences(folder, other)).toEqual(['phi-audit-0.1.0.tgz', 'release.json', 'stray'])
  })
})

describe('publishing', () => {
  const attempt = (held: Readonly<Record<string, string>>, fails?: string) => {
    const sent: string[] = []
    const send = (path: string) => {
      sent.push(path.slice(path.lastIndexOf('/') + 1))
      return fails === undefined || !path.includes(fails)
    }
    const go = () => publishRelease(folder, { ask: (name) => held[name], send, say: () => {} })
    return { sent, go }
  }

  it('sends each tarball after those it depends on', () => {
    const { sent, go } = attempt({})
    go()
    expect(sent).toEqual(['phi-core-0.1.0.tgz', 'phi-audit-0.1.0.tgz'])
  })

  it('passes over what is there with the same bytes, so it can be run again', () => {
    const { sent, go } = attempt({ '@phi/core': integrityOf(Buffer.from('@phi/core')) })
    go()
    expect(sent).toEqual(['phi-audit-0.1.0.tgz'])
  })

  it('stops where a version is there with other bytes', () => {
    const { sent, go } = attempt({ '@phi/core': integrityOf(Buffer.from('other')) })
    expect(go).toThrow('published already, with other bytes')
    expect(sent).toEqual([])
  })

  it('stops at the first that npm refuses', () => {
    const { sent, go } = attempt({}, 'phi-core')
    expect(go).toThrow('npm did not publish @phi/core@0.1.0')
    expect(sent).toEqual(['phi-core-0.1.0.tgz'])
  })

  it('sends nothing of a folder that was changed after it was sealed', () => {
    const { sent, go } = attempt({})
    appendFileSync(join(folder, 'phi-audit-0.1.0.tgz'), 'x')
    expect(go).toThrow('publish nothing of it')
    expect(sent).toEqual([])
  })

  it.each([
    ['11.5.1', true],
    ['11.5.0', false],
    ['11.10.0\n', true],
    ['10.9.9', false],
    ['12.0.0', true],
    ['', false],
  ])('knows whether npm %j can publish without a token: %s', (version, can) => {
    expect(canBeTrusted(version)).toBe(can)
  })

  it('plans what npm does not hold, and never a version 0.0.0', () => {
    const packages = ['0.1.0', '0.2.0', '0.0.0'].map((version, i) => ({ name: `p${i}`, manifest: { version } }))
    expect(unpublished(packages, (name) => (name === 'p0' ? 'sha512-x' : undefined)).map(({ name }) => name)).toEqual(['p1'])
    const away = () => {
      throw new Error('the registry did not say')
    }
    expect(() => unpublished(packages, away)).toThrow('the registry did not say')
  })
})

describe('release notes', () => {
  const changelog = '# @phi/core\n\n## 0.2.0\n\n### Minor Changes\n\n- Two.\n\n## 0.1.0\n\n- One.\n'

  it('are the lines of one version', () => {
    expect(notesOf(changelog, '0.2.0')).toBe('### Minor Changes\n\n- Two.')
    expect(notesOf(changelog, '0.1.0')).toBe('- One.')
  })

  it('are not made up for a version that has none', () => {
    expect(() => notesOf(changelog, '0.1')).toThrow('no heading "## 0.1"')
  })
})
