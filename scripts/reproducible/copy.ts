import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Every file of the work tree that git knows or would take: nothing that a build made. */
const sourceFiles = (from: string): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: from, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(from, path)))

/**
 * Links what is installed into another folder, package by package: a link to a workspace is made anew, so that it leads to the
 * copy and not back to where the copy came from.
 */
const linkInstalled = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    if (name === '.cache') continue
    if (name.startsWith('@') && !lstatSync(source).isSymbolicLink()) {
      mkdirSync(target, { recursive: true })
      for (const scoped of readdirSync(source)) linkOne(join(source, scoped), join(target, scoped))
    } else linkOne(source, target)
  }
}

const linkOne = (source: string, target: string): void => {
  // npm writes links to workspaces relative to the folder they stand in.
  const workspace = lstatSync(source).isSymbolicLink() && !readlinkSync(source).startsWith('/')
  symlinkSync(workspace ? readlinkSync(source) : realpathSync(source), target, 'junction')
}

/** Copies the work tree's sources to an empty folder and links its dependencies, so that it can be built there. */
export function copyWorkTree(from: string, to: string): void {
  for (const path of sourceFiles(from)) {
    const target = join(to, path)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(join(from, path), target)
  }
  linkInstalled(resolve(from, 'node_modules'), join(to, 'node_modules'))
  for (const group of ['packages', 'examples'])
    for (const name of readdirSync(join(from, group))) {
      const own = join(from, group, name, 'node_modules')
      if (existsSync(own)) linkInstalled(own, join(to, group, name, 'node_modules'))
    }
}
