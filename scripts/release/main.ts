// The steps of a release, one command each; .github/workflows/release.yml calls them. Beside Node's own modules they import
// nothing, because the jobs that may publish install nothing.

import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishedPackages } from '../workspaces.ts'
import { type Artifact, billOf, differences, integrityOf, notesOf, openRelease, seal, tagOf, tarballOf } from './artifacts.ts'
import { auditReport, type Exception, judge } from './audit-gate.ts'
import { type Home, type Manifest, manifestProblems, repositoryProblems, setRepository } from './manifests.ts'
import { npm } from './npm.ts'
import { canBeTrusted, publishRelease, TRUSTED_SINCE, unpublished } from './publish.ts'
import { billOfMaterials, type Lockfile } from './sbom.ts'

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

const stopFor = (problems: readonly string[]): void => {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

const checkManifests = (): void => {
  const packages = publishedPackages()
  const versions = Object.fromEntries(packages.map(({ name, manifest }) => [name, manifest.version]))
  const home: Home = { root: '.', node: read('package.json').engines.node, versions }
  stopFor(packages.flatMap(({ folder, manifest }) => manifestProblems(manifest as Manifest, folder, home)))
}

/** Which versions have to be published, for later jobs. Refuses until the manifests say where they come from. */
const plan = (): void => {
  const due = unpublished(publishedPackages())
  for (const { name, manifest } of due) console.log(`to publish: ${name}@${manifest.version}`)
  if (due.length === 0) console.log('nothing to publish: npm holds every version')
  else {
    checkManifests()
    const slug = process.env.GITHUB_REPOSITORY
    if (slug === undefined)
      throw new Error('GITHUB_REPOSITORY is not set: say owner/name, as the packages name their repository')
    const manifests = due.map(({ manifest }) => manifest as Manifest)
    const problems = repositoryProblems(manifests, slug)
    if (problems.length > 0)
      stopFor([...problems, `Set it once and commit: npx tsx scripts/release/main.ts repository ${slug}`])
  }
  const output = process.env.GITHUB_OUTPUT
  if (output === undefined) return
  const packages = due.map(({ name, manifest: { version } }) => ({
    name,
    tarball: tarballOf(name, version),
    bill: billOf(name, version),
  }))
  appendFileSync(
    output,
    `publish=${due.length > 0}\nnames=${due.map(({ name }) => name).join(' ')}\npackages=${JSON.stringify(packages)}\n`,
  )
}

const writeBills = (folder: string, names: readonly string[]): void => {
  const lockfile = read('package-lock.json') as Lockfile
  mkdirSync(folder, { recursive: true })
  for (const each of publishedPackages().filter(({ name }) => names.length === 0 || names.includes(name))) {
    const bill = billOfMaterials(lockfile, each.folder.replaceAll('\\', '/'))
    if (bill.metadata.component.version !== each.manifest.version)
      throw new Error(`package-lock.json has another version of ${each.name}: npm install --package-lock-only`)
    writeFileSync(join(folder, billOf(each.name, each.manifest.version)), `${JSON.stringify(bill, null, 2)}\n`)
  }
}

/** Builds and packs the named packages, or all, into an empty folder. */
const pack = (folder: string, names: readonly string[]): void => {
  const chosen = publishedPackages().filter(({ name }) => names.length === 0 || names.includes(name))
  if (names.length > chosen.length) throw new Error(`not a published package among: ${names.join(', ')}`)
  if (!npm(['run', '--silent', 'build'], { loud: true }).ok) throw new Error('the build failed: see above')
  rmSync(folder, { recursive: true, force: true })
  writeBills(folder, names)
  const packages = chosen.map(({ name, folder: from, manifest: { version } }): Artifact => {
    const tarball = tarballOf(name, version)
    const { ok, stderr } = npm(['pack', '--ignore-scripts', '--pack-destination', folder, '--workspace', name])
    if (!ok || !existsSync(join(folder, tarball))) throw new Error(`npm did not pack ${name}: ${stderr}`)
    return {
      name,
      version,
      folder: from,
      tarball,
      bill: billOf(name, version),
      integrity: integrityOf(readFileSync(join(folder, tarball))),
    }
  })
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  seal(folder, { commit, node: process.version, npm: npm(['--version']).stdout.trim(), packages })
  process.stdout.write(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'))
}

const compare = (one: string, other: string): void => {
  const found = differences(one, other)
  stopFor(
    found.map((name) => `${name} differs between ${one} and ${other}: the build is not reproducible, so nothing is published`),
  )
  console.log(`${one} and ${other} are equal, byte for byte`)
}

const audit = (): void => {
  const workspaces = publishedPackages().flatMap(({ name }) => ['--workspace', name])
  const reports = { production: auditReport(['--omit', 'dev', ...workspaces]), everything: auditReport([]) }
  const exceptions = read('scripts/release/audit-exceptions.json') as Exception[]
  const { problems, notes } = judge(reports, exceptions, new Date().toISOString().slice(0, 10))
  for (const note of notes) console.log(`noted: ${note}`)
  stopFor(problems)
  console.log('no advisory stops this commit')
}

/** A tag and a GitHub release for each package of a release. Those that are there already stay as they are. */
const announce = (folder: string): void => {
  const gh = (args: readonly string[]) => spawnSync('gh', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const release = openRelease(folder)
  const scratch = mkdtempSync(join(tmpdir(), 'phi-notes-'))
  for (const each of release.packages) {
    const tag = tagOf(each)
    if (gh(['release', 'view', tag]).status === 0) continue
    const notes = join(scratch, `${each.tarball}.md`)
    writeFileSync(notes, `${notesOf(readFileSync(join(each.folder, 'CHANGELOG.md'), 'utf8'), each.version)}\n`)
    const files = [each.tarball, each.bill, 'release.json', 'SHA256SUMS'].map((name) => join(folder, name))
    const made = gh(['release', 'create', tag, '--target', release.commit, '--title', tag, '--notes-file', notes, ...files])
    if (made.status !== 0) throw new Error(`the GitHub release of ${tag} was not made: see above; it is safe to run again`)
    console.log(`announced ${tag}`)
  }
}

const publish = (folder: string): void => {
  const version = npm(['--version']).stdout
  if (!canBeTrusted(version))
    throw new Error(`npm ${version.trim()} is older than trusted publishing (${TRUSTED_SINCE.join('.')})`)
  publishRelease(folder)
}

const repository = (slug: string): void => {
  for (const { folder } of publishedPackages()) setRepository(join(folder, 'package.json'), folder, slug)
  console.log(`every published package.json names ${slug} now; commit that`)
}

const USAGE = `npx tsx scripts/release/main.ts <command>
  manifests            check what every published package.json says
  audit                judge npm audit by the policy in scripts/release/audit-gate.ts
  sbom <folder>        write the bill of materials of every published package
  plan                 say which versions npm does not hold yet
  pack <folder> [name] build and pack all packages, or those named
  compare <a> <b>      hold two packed folders equal, byte for byte
  repository <o/n>     write the repository's address into every published package.json (once)
  publish <folder>     publish a packed folder (only the release workflow can)
  announce <folder>    make tags and GitHub releases (only the release workflow can)`

const [command = '', first = '', ...rest] = process.argv.slice(2)
const commands: Readonly<Record<string, { readonly run: () => void; readonly arguments: number }>> = {
  manifests: { run: checkManifests, arguments: 0 },
  audit: { run: audit, arguments: 0 },
  sbom: { run: () => writeBills(first, []), arguments: 1 },
  plan: { run: plan, arguments: 0 },
  pack: { run: () => pack(first, rest), arguments: 1 },
  compare: { run: () => compare(first, rest[0] as string), arguments: 2 },
  repository: { run: () => repository(first), arguments: 1 },
  publish: { run: () => publish(first), arguments: 1 },
  announce: { run: () => announce(first), arguments: 1 },
}

const chosen = commands[command]
if (chosen === undefined || process.argv.length - 3 < chosen.arguments) {
  console.error(USAGE)
  process.exit(2)
}
try {
  chosen.run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
