// What a release consists of on disk: tarballs, one bill of materials each, `release.json` and `SHA256SUMS`.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Artifact {
  readonly name: string
  readonly version: string
  /** Where its sources are, relative to the root. */
  readonly folder: string
  readonly tarball: string
  readonly bill: string
  /** As npm writes it: sha512-… */
  readonly integrity: string
}

export interface Release {
  /** What it was built from, and with what: who builds the same with the same gets the same bytes. */
  readonly commit: string
  readonly node: string
  readonly npm: string
  /** Each after the packages that it depends on. */
  readonly packages: readonly Artifact[]
}

export const tarballOf = (name: string, version: string): string => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`

export const billOf = (name: string, version: string): string => tarballOf(name, version).replace(/tgz$/, 'cdx.json')

export const tagOf = ({ name, version }: Pick<Artifact, 'name' | 'version'>): string => `${name}@${version}`

export const integrityOf = (bytes: Uint8Array): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`

/** Lines as `sha256sum --check` reads them, over every file of a folder but the list itself. */
export const checksums = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name !== 'SHA256SUMS')
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}\n`,
    )
    .join('')

/** Writes `release.json` and `SHA256SUMS` beside tarballs and bills that are there. */
export const seal = (folder: string, release: Release): void => {
  writeFileSync(join(folder, 'release.json'), `${JSON.stringify(release, null, 2)}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), checksums(folder))
}

/** Reads a release back. Throws where a file is missing, was added, or is not what it was when the release was sealed. */
export const openRelease = (folder: string): Release => {
  if (readFileSync(join(folder, 'SHA256SUMS'), 'utf8') !== checksums(folder))
    throw new Error(`${folder} is not what its SHA256SUMS says: build it again, and publish nothing of it`)
  const release = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as Release
  for (const { tarball, integrity, name } of release.packages)
    if (integrityOf(readFileSync(join(folder, tarball))) !== integrity)
      throw new Error(`${tarball} is not the tarball of ${name} that release.json names`)
  return release
}

/** Names of files in which two builds differ, or which only one of them has. */
export const differences = (one: string, other: string): string[] => {
  const names = new Set([...readdirSync(one), ...readdirSync(other)])
  const bytes = (folder: string, name: string) =>
    readdirSync(folder).includes(name) ? readFileSync(join(folder, name)) : undefined
  return [...names].sort().filter((name) => {
    const [a, b] = [bytes(one, name), bytes(other, name)]
    return a === undefined || b === undefined || !a.equals(b)
  })
}

/** What CHANGELOG.md says about one version: the lines between its heading and the next. */
export const notesOf = (changelog: string, version: string): string => {
  const lines = changelog.split('\n')
  const start = lines.indexOf(`## ${version}`)
  if (start < 0) throw new Error(`CHANGELOG.md has no heading "## ${version}"`)
  const end = lines.findIndex((line, i) => i > start && line.startsWith('## '))
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join('\n')
    .trim()
}
