import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package that is published: every folder of `packages/` whose manifest is not `private`. */
export interface Published {
  readonly name: string
  /** Relative to the repository's root. */
  readonly folder: string
  readonly manifest: {
    readonly version: string
    readonly exports: Readonly<Record<string, unknown>>
    readonly dependencies?: Readonly<Record<string, string>>
    readonly peerDependencies?: Readonly<Record<string, string>>
  }
}

/** The published packages, each after the ones that it depends on. */
export const publishedPackages = (): Published[] => {
  const found = readdirSync('packages')
    .map((name) => join('packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }): Published => ({ name: manifest.name, folder, manifest }))

  const ordered = new Set<Published>()
  const place = (each: Published, above: readonly Published[] = []): void => {
    if (above.includes(each))
      throw new Error(`packages depend on each other in a circle: ${above.map(({ name }) => name).join(', ')}`)
    for (const below of found) if (each.manifest.dependencies?.[below.name]) place(below, [...above, each])
    ordered.add(each)
  }
  for (const each of found) place(each)
  return [...ordered]
}
