import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { publishedPackages } from '../workspaces.ts'
import { type BillOfMaterials, billOfMaterials, type Lockfile } from './sbom.ts'

const lockfile = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lockfile
const packages = publishedPackages().map(({ name, folder, manifest }) => ({
  name,
  manifest,
  bill: billOfMaterials(lockfile, folder),
}))
const names = ({ components }: BillOfMaterials) =>
  components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`))
const sha512 = (fill: number) => `sha512-${Buffer.alloc(64, fill).toString('base64')}`

describe('the bill of materials of a published package', () => {
  it('names what @phi/core brings along, and no more', () => {
    expect(names(packages.find(({ name }) => name === '@phi/core')?.bill as BillOfMaterials)).toEqual([
      '@noble/hashes',
      'jose',
      'zod',
    ])
  })

  it.each(packages)('of $name has the members that CycloneDX 1.6 requires', ({ name, manifest, bill }) => {
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(bill.metadata.component.purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${manifest.version}`)
    const all = [bill.metadata.component, ...bill.components]
    for (const each of all) {
      expect(each.type).toBe('library')
      expect(each.name).not.toBe('')
      expect(each.purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*$/)
      expect(each['bom-ref']).toBe(each.purl)
    }
    const refs = all.map((each) => each['bom-ref'])
    expect(new Set(refs).size).toBe(refs.length)
    // Every component has one entry in the graph, and the graph names nothing else.
    expect(bill.dependencies.map(({ ref }) => ref)).toEqual(refs.toSorted())
    for (const { dependsOn } of bill.dependencies) expect(refs).toEqual(expect.arrayContaining(dependsOn))
  })

  it.each(packages)('of $name names every dependency of the manifest directly under it', ({ manifest, bill }) => {
    const direct = bill.dependencies.find(({ ref }) => ref === bill.metadata.component.purl)?.dependsOn ?? []
    const bare = direct.map((purl) => decodeURIComponent(purl.slice('pkg:npm/'.length)).replace(/@[^@]+$/, ''))
    expect(bare).toEqual(Object.keys(manifest.dependencies ?? {}).toSorted())
  })

  it.each(packages)(
    'of $name has a hash of every package from npm, and a licence that Apache-2.0 can live with',
    ({ bill }) => {
      const accepted = ['MIT', 'ISC', 'Apache-2.0', 'PSF-2.0', 'Unlicense', '(ISC AND CC-BY-3.0)', '(MIT OR CC0-1.0)']
      for (const { group, purl, hashes, licenses } of bill.components) {
        if (group !== '@phi')
          expect(hashes, purl).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }])
        const said = (licenses ?? []).map((each) => ('license' in each ? each.license.id : each.expression))
        expect(said, purl).toHaveLength(1)
        expect(accepted, purl).toContain(said[0])
      }
    },
  )

  it('is the same whatever the order of the lockfile is, and holds no time', () => {
    const turned = { packages: Object.fromEntries(Object.entries(lockfile.packages).reverse()) }
    for (const { bill } of packages) {
      const folder = `packages/${bill.metadata.component.name}`
      expect(JSON.stringify(billOfMaterials(turned, folder))).toBe(JSON.stringify(bill))
      expect(JSON.stringify(bill)).not.toMatch(/timestamp|\d{4}-\d{2}-\d{2}T/)
    }
  })
})

describe('billOfMaterials', () => {
  const small: Lockfile = {
    packages: {
      'packages/a': { name: '@phi/a', version: '1.0.0', dependencies: { x: '^1.0.0', '@phi/b': '^1.0.0' } },
      'packages/b': { name: '@phi/b', version: '1.0.0', dependencies: { x: '^2.0.0' } },
      'packages/b/node_modules/x': { version: '2.0.0', integrity: sha512(2), license: '(MIT OR CC0-1.0)' },
      'node_modules/@phi/b': { resolved: 'packages/b', link: true },
      'node_modules/x': {
        version: '1.0.0',
        integrity: sha512(1),
        license: 'MIT',
        dependencies: { y: '1' },
        optionalDependencies: { z: '1' },
      },
      'node_modules/x/node_modules/y': { version: '1.2.3', integrity: sha512(3), license: 'MIT' },
      'node_modules/y': { version: '9.9.9', integrity: sha512(4), license: 'MIT' },
    },
  }

  it('resolves as Node does: the nearest folder first, through links, and optional ones may be missing', () => {
    const { components, dependencies } = billOfMaterials(small, 'packages/a')
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:npm/%40phi/b@1.0.0',
      'pkg:npm/x@1.0.0',
      'pkg:npm/x@2.0.0',
      'pkg:npm/y@1.2.3',
    ])
    expect(dependencies.find(({ ref }) => ref === 'pkg:npm/%40phi/b@1.0.0')?.dependsOn).toEqual(['pkg:npm/x@2.0.0'])
    expect(components[1]?.hashes?.[0]?.content).toBe('01'.repeat(64))
    expect(components[2]?.licenses).toEqual([{ expression: '(MIT OR CC0-1.0)' }])
  })

  it('has another serial number where anything is another', () => {
    const other = { packages: { ...small.packages, 'node_modules/x/node_modules/y': { version: '1.2.4', license: 'MIT' } } }
    expect(billOfMaterials(other, 'packages/a').serialNumber).not.toBe(billOfMaterials(small, 'packages/a').serialNumber)
  })

  it('refuses a lockfile that does not know a dependency', () => {
    const { 'node_modules/x': _gone, ...rest } = small.packages
    expect(() => billOfMaterials({ packages: rest }, 'packages/a')).toThrow('does not know x, which packages/a needs')
    expect(() => billOfMaterials(small, 'packages/c')).toThrow('does not know packages/c')
  })
})
