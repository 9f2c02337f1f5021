// What every published package.json must say. npm checks little of it, and a wrong line is found only after it was published.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Ranges = Readonly<Record<string, string>>

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  readonly keywords?: readonly string[]
  readonly type?: string
  readonly sideEffects?: boolean | readonly string[]
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, unknown>>
  readonly scripts?: Ranges
  readonly publishConfig?: Readonly<Record<string, unknown>>
  readonly repository?: { readonly type?: string; readonly url?: string; readonly directory?: string }
  readonly dependencies?: Ranges
  readonly optionalDependencies?: Ranges
  readonly peerDependencies?: Ranges
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly bundleDependencies?: unknown
}

export interface Home {
  /** The folder of the repository. */
  readonly root: string
  /** The range of Node that the root's package.json promises. */
  readonly node: string
  /** Versions of all published packages by name. */
  readonly versions: Ranges
}

/** npm runs these on a user's machine or while packing: what is published must not depend on them. */
const LIFECYCLE = /^(pre|post)?(install|prepare|publish|pack|uninstall)$|^prepublishOnly$|^dependencies$/

const PLAIN_RANGE = /^(\^|>=)?\d+(\.\d+){0,2}( <\d+(\.\d+){0,2})?$/

const exportProblems = ({ exports: entries = {} }: Manifest): string[] => {
  const problems = ['.', './package.json'].filter((entry) => !(entry in entries)).map((entry) => `exports lacks "${entry}"`)
  for (const [entry, target] of Object.entries(entries)) {
    if (typeof target === 'string') continue
    const { import: esm, require: cjs } = target as Record<string, { types?: string; default?: string } | undefined>
    for (const [kind, conditions] of Object.entries({ import: esm, require: cjs })) {
      if (conditions?.types === undefined || conditions.default === undefined)
        problems.push(`exports "${entry}" lacks types or code for ${kind}`)
      else if (Object.keys(conditions)[0] !== 'types') problems.push(`exports "${entry}" must name types first for ${kind}`)
    }
  }
  return problems
}

const dependencyProblems = (manifest: Manifest, { versions }: Home): string[] => {
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies }
  return Object.entries(needed).flatMap(([name, range]) => {
    const ours = versions[name]
    if (ours !== undefined) return range === `^${ours}` ? [] : [`depends on ${name} "${range}" and not on "^${ours}"`]
    if (name.startsWith('@phi/')) return [`depends on ${name}, which is not published`]
    return PLAIN_RANGE.test(range) ? [] : [`depends on ${name} "${range}", which is no range of versions`]
  })
}

/** What is wrong with one published manifest, each problem as a sentence; nothing is a good manifest. */
export const manifestProblems = (manifest: Manifest, folder: string, home: Home): string[] => {
  const problems: string[] = []
  const want = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem)
  }
  want(/^@phi\/[a-z]+$/.test(manifest.name), 'its name is not @phi/<word>')
  want(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/.test(manifest.version), `"${manifest.version}" is no version`)
  want((manifest.description ?? '').length > 40, 'its description says less than a sentence')
  want(manifest.license === 'Apache-2.0', 'its license is not Apache-2.0')
  want(manifest.type === 'module', 'it is not of type module')
  want(
    manifest.sideEffects !== undefined && manifest.sideEffects !== true,
    'sideEffects says nothing, so bundlers keep all of it',
  )
  want(manifest.engines?.node === home.node, `engines.node is not "${home.node}", as in the root`)
  want(
    (manifest.keywords?.length ?? 0) >= 3 && manifest.keywords?.includes('hipaa') === true,
    'keywords needs "hipaa" and two more',
  )
  want(
    manifest.publishConfig?.access === 'public' && manifest.publishConfig.provenance === true,
    'publishConfig must be { "access": "public", "provenance": true }',
  )
  want(manifest.publishConfig?.registry === undefined, 'publishConfig names a registry')
  want(manifest.bundleDependencies === undefined, 'it bundles dependencies, which no lockfile of a user would show')
  for (const part of ['dist', 'src', '!src/**/*.test.ts'])
    want(manifest.files?.includes(part) === true, `files lacks "${part}"`)
  for (const script of Object.keys(manifest.scripts ?? {}))
    want(!LIFECYCLE.test(script), `it has the lifecycle script "${script}"`)
  for (const peer of Object.keys(manifest.peerDependencies ?? {}))
    want(manifest.peerDependenciesMeta?.[peer]?.optional === true, `its peer ${peer} is not optional`)
  for (const file of ['README.md', 'LICENSE']) want(existsSync(join(home.root, folder, file)), `${file} is missing`)
  problems.push(...exportProblems(manifest), ...dependencyProblems(manifest, home))
  if (manifest.repository !== undefined)
    want(manifest.repository.directory === folder, `repository.directory is not "${folder}"`)
  return problems.map((problem) => `${manifest.name}: ${problem}`)
}

/** The address as npm wants it, which provenance compares with the workflow that published. */
export const repositoryUrl = (slug: string): string => {
  if (!/^[\w.-]+\/[\w.-]+$/.test(slug)) throw new Error(`"${slug}" is no repository: write it as owner/name`)
  return `git+https://github.com/${slug}.git`
}

/** Whether packages say from which repository they come. Empty until the owner of the repository has said so, once. */
export const repositoryProblems = (manifests: readonly Manifest[], slug: string): string[] =>
  manifests
    .filter(({ repository }) => repository?.url?.toLowerCase() !== repositoryUrl(slug).toLowerCase())
    .map(
      ({ name, repository }) =>
        `${name}: repository.url is ${repository?.url === undefined ? 'not set' : `"${repository.url}"`} and has to be "${repositoryUrl(slug)}"`,
    )

/** Writes the address into a manifest and leaves the rest as it stands. */
export const setRepository = (path: string, folder: string, slug: string): void => {
  const { repository: _old, ...manifest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  const repository = { type: 'git', url: repositoryUrl(slug), directory: folder }
  const entries = Object.entries(manifest).flatMap(([name, value]): [string, unknown][] =>
    name === 'license'
      ? [
          [name, value],
          ['repository', repository],
        ]
      : [[name, value]],
  )
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`)
}
