import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Changeset, type PackageHistory, parseChangeset } from './page.ts'

/** The waiting changesets, by name: their files carry no date. */
export function changesetsOf(root: string): Changeset[] {
  const folder = join(root, '.changeset')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => parseChangeset(name.slice(0, -'.md'.length), readFileSync(join(folder, name), 'utf8')))
}

/** The published packages, by name, with their changelogs. */
export function packagesOf(root: string): PackageHistory[] {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((folder) => join(root, 'packages', folder))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => {
      const file = join(folder, 'CHANGELOG.md')
      return {
        name: manifest.name as string,
        version: manifest.version as string,
        ...(existsSync(file) ? { changelog: readFileSync(file, 'utf8') } : {}),
      }
    })
}
