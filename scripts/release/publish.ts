import { join } from 'node:path'
import { openRelease, type Release, tagOf } from './artifacts.ts'
import { npm } from './npm.ts'

/** What the registry holds of a version: its integrity, or nothing. Throws where the registry does not say. */
export type Held = (name: string, version: string) => string | undefined

const held: Held = (name, version) => {
  const { ok, stdout, stderr } = npm(['view', `${name}@${version}`, 'dist.integrity', '--json'])
  const answer =
    stdout.trim() === '' ? undefined : (JSON.parse(stdout) as string | { readonly error?: { readonly code?: string } })
  if (ok) return typeof answer === 'string' ? answer : undefined
  // A package that is not there is an answer; a registry that is not there is none.
  if (typeof answer === 'object' && answer.error?.code === 'E404') return undefined
  throw new Error(`the registry did not say whether it holds ${name}@${version}: ${stderr.trim()}`)
}

/** The packages whose version the registry does not hold yet, in the order given. */
export const unpublished = <T extends { readonly name: string; readonly manifest: { readonly version: string } }>(
  packages: readonly T[],
  ask: Held = held,
): T[] => packages.filter(({ name, manifest }) => manifest.version !== '0.0.0' && ask(name, manifest.version) === undefined)

/** The first npm that publishes by the identity of a workflow. An older one would ask for a token, and fail as if it were wrong. */
export const TRUSTED_SINCE = [11, 5, 1] as const

/** Whether a version of npm can publish without a token. */
export const canBeTrusted = (version: string): boolean => {
  const parts = version.trim().split('.').map(Number)
  for (const [i, least] of TRUSTED_SINCE.entries()) if (parts[i] !== least) return (parts[i] ?? 0) > least
  return true
}

const publishTarball = (path: string): boolean =>
  npm(['publish', path, '--access', 'public', '--provenance', '--ignore-scripts'], { loud: true }).ok

export interface Ways {
  readonly ask?: Held
  readonly send?: (path: string) => boolean
  readonly say?: (line: string) => void
}

/**
 * Publishes the tarballs of a sealed folder, each after what it depends on, and stops at the first that fails. May be run
 * again: what the registry already holds with the same bytes is passed over, with other bytes it is an error.
 */
export const publishRelease = (
  folder: string,
  { ask = held, send = publishTarball, say = console.log }: Ways = {},
): Release => {
  const release = openRelease(folder)
  for (const each of release.packages) {
    const there = ask(each.name, each.version)
    if (there === each.integrity) {
      say(`${tagOf(each)} is published already, with these bytes`)
      continue
    }
    if (there !== undefined) throw new Error(`${tagOf(each)} is published already, with other bytes: make a new version`)
    // npm takes `name.tgz` for a package name, and a path for a file.
    if (!send(`./${join(folder, each.tarball)}`))
      throw new Error(`npm did not publish ${tagOf(each)}: see above; it is safe to run again`)
    say(`published ${tagOf(each)}`)
  }
  return release
}
