// A bill of materials (CycloneDX 1.6, JSON) of a published package, from package-lock.json alone. `npm sbom` refuses a root
// without a version, and stamps the time and a random serial number into what it writes: two runs would differ.

import { createHash } from 'node:crypto'

export interface LockedPackage {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Where Node finds `name` from `from`, as the lockfile has it: the nearest node_modules upwards, through links. */
const resolveFrom = ({ packages }: Lockfile, from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    if (!folder.endsWith('node_modules')) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
      const found = packages[path]
      if (found) return found.link ? found.resolved : path
    }
    if (folder === '') return undefined
  }
}

const nameOf = (path: string, { name }: LockedPackage): string => name ?? path.slice(path.lastIndexOf('node_modules/') + 13)

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

const hashesOf = (integrity: string | undefined) =>
  integrity === undefined
    ? []
    : integrity.split(' ').flatMap((each) => {
        const [algorithm = '', digest = ''] = each.split('-', 2)
        const alg = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' }[algorithm]
        return alg === undefined ? [] : [{ alg, content: Buffer.from(digest, 'base64').toString('hex') }]
      })

const licensesOf = (license: string | undefined) =>
  license === undefined ? [] : [/^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }]

const componentOf = (path: string, locked: LockedPackage) => {
  const full = nameOf(path, locked)
  const [group, name] = full.startsWith('@') ? full.split('/', 2) : [undefined, full]
  if (locked.version === undefined) throw new Error(`package-lock.json gives no version for ${path}`)
  const purl = purlOf(full, locked.version)
  const hashes = hashesOf(locked.integrity)
  const licenses = licensesOf(locked.license)
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name: name as string,
    version: locked.version,
    ...(licenses.length > 0 ? { licenses } : {}),
    ...(hashes.length > 0 ? { hashes } : {}),
    purl,
  }
}

const byRef = (a: { readonly ref: string }, b: { readonly ref: string }) => (a.ref < b.ref ? -1 : 1)

/** A UUID that follows from what the bill says (version 8: "custom"), so that equal bills have equal numbers. */
const serialOf = (content: string): string => {
  const hex = createHash('sha256').update(content).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * What a package brings along where npm installs exactly what the lockfile holds: its dependencies and theirs. Optional
 * peers are not in it, since their user installs them. The versions are those that the tests ran with; an install elsewhere
 * may take newer ones of the same ranges.
 */
export const billOfMaterials = (lockfile: Lockfile, folder: string) => {
  const found = new Map<string, LockedPackage>()
  const edges = new Map<string, string[]>()
  const visit = (path: string): void => {
    if (found.has(path)) return
    const locked = lockfile.packages[path]
    if (locked === undefined) throw new Error(`package-lock.json does not know ${path}`)
    found.set(path, locked)
    const below: string[] = []
    for (const name of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) {
      const target = resolveFrom(lockfile, path, name)
      if (target !== undefined) below.push(target)
      else if (locked.optionalDependencies?.[name] === undefined)
        throw new Error(`package-lock.json does not know ${name}, which ${path} needs`)
    }
    edges.set(path, below)
    for (const target of below) visit(target)
  }
  visit(folder)

  const component = (path: string) => componentOf(path, found.get(path) as LockedPackage)
  const root = component(folder)
  // A version that lies in the tree twice is one component, and its edges are joined.
  const components = new Map(
    [...found.keys()].filter((path) => path !== folder).map((path) => [component(path).purl, component(path)]),
  )
  const joined = new Map<string, Set<string>>()
  for (const [path, below] of edges) {
    const from = component(path).purl
    joined.set(from, new Set([...(joined.get(from) ?? []), ...below.map((target) => component(target).purl)]))
  }
  const body = {
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: root },
    components: [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
    dependencies: [...joined].map(([ref, below]) => ({ ref, dependsOn: [...below].sort() })).sort(byRef),
  }
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialOf(JSON.stringify(body)), ...body } as const
}

export type BillOfMaterials = ReturnType<typeof billOfMaterials>
