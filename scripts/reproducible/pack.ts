import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from '../run.ts'
import { publishedPackages } from '../workspaces.ts'

export interface Packed {
  readonly name: string
  readonly tarball: string
  /** The paths in it. */
  readonly files: readonly string[]
}

interface PackReport {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/**
 * Packs every published package of a repository into an empty folder, by one `npm pack`: npm takes longer to start than to pack.
 * @param root the repository, by default the one that this runs in
 */
export function packAll(folder: string, root = process.cwd()): Packed[] {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const workspaces = publishedPackages().flatMap(({ name }) => ['--workspace', name])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces]
  const { ok, stdout, output } = npm(args, { cwd: root, quiet: true })
  if (!ok) throw new Error(`the packages cannot be packed\n${output}`)
  const reports = Object.values(JSON.parse(stdout) as PackReport[] | Record<string, PackReport>)
  return reports.map(({ name, filename, files }) => ({
    name,
    tarball: join(folder, filename),
    files: files.map(({ path }) => path),
  }))
}
