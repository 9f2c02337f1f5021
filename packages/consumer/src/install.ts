import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../../..')

export interface Installed {
  readonly name: string
  /** The names that programs import: `@phi/audit`, `@phi/audit/merkle`. */
  readonly modules: readonly string[]
  /** Entries that are plain data: `@phi/audit/vectors/v1.json`. */
  readonly data: readonly string[]
  readonly readme: string | undefined
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

const link = (folder: string, name: string, source = join(repository, 'node_modules', name)) => {
  const target = join(folder, 'node_modules', name)
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(source, target, 'junction')
}

export interface InstallOptions {
  /** Whether the packages that are optional peers are there, too. They are, unless this says no. */
  readonly optionalPeers?: boolean
}

/** Installs every tarball of a folder into a new, empty project, without network, and tells what can be imported there. */
export const installPacked = (
  tarballs: string,
  { optionalPeers = true }: InstallOptions = {},
): { folder: string; packages: Installed[] } => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'phi-stranger-')))
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true }\n')

  const packages = readdirSync(tarballs)
    .filter((file) => file.endsWith('.tgz'))
    .map((file): Installed => {
      execFileSync('tar', ['-xzf', join(tarballs, file), '-C', folder])
      const manifest = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8')) as Manifest
      const home = join(folder, 'node_modules', manifest.name)
      mkdirSync(dirname(home), { recursive: true })
      renameSync(join(folder, 'package'), home)

      for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
        if (name.startsWith('@phi/')) continue
        if (!optionalPeers && manifest.peerDependenciesMeta?.[name]?.optional === true) continue
        // npm keeps a version beside the package where the top of the tree has another one: the stranger gets that one, too.
        const own = join(repository, 'packages', basename(manifest.name), 'node_modules', name)
        if (existsSync(own)) link(home, name, own)
        else link(folder, name)
      }
      const entries = Object.keys(manifest.exports).map((entry) => join(manifest.name, entry).replaceAll('\\', '/'))
      const readme = join(home, 'README.md')
      return {
        name: manifest.name,
        modules: entries.filter((entry) => !entry.endsWith('.json')),
        data: entries.filter((entry) => entry.endsWith('.json')),
        readme: existsSync(readme) ? readFileSync(readme, 'utf8') : undefined,
      }
    })

  // Declarations that a TypeScript user has beside these packages.
  for (const name of ['@types/node', '@types/pg']) link(folder, name)
  return { folder, packages }
}
