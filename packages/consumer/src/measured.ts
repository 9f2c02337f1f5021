import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { bundleBudgets } from './bundle-budgets.ts'
import { type BundleSize, bundleSize } from './bundle-size.ts'
import { short } from './first-program.ts'
import type { Installed } from './install.ts'

/** The program that a bundle budget is about: it uses what it imports, so that nothing of that is shaken off. */
const programOf = ({ from, names }: { readonly from: string; readonly names: string }): string =>
  `import { ${names} } from '${from}'\nconsole.log(${names})\n`

export const measureBundles = async (folder: string): Promise<BundleSize[]> => {
  const sizes: BundleSize[] = []
  for (const each of bundleBudgets) sizes.push(await bundleSize(folder, programOf(each)))
  return sizes
}

/** The bytes of each tarball: as a file, and as the archive in it. */
export const measureTarballs = (
  tarballs: string,
  packages: readonly Installed[],
): Record<string, readonly [packed: number, unpacked: number]> =>
  Object.fromEntries(
    packages.map(({ name }) => {
      const file = readdirSync(tarballs).find((each) => each.startsWith(`${short(name)}-`) && each.endsWith('.tgz'))
      if (file === undefined) throw new Error(`${name} has no tarball in ${tarballs}`)
      const path = join(tarballs, file)
      return [name, [statSync(path).size, gunzipSync(readFileSync(path)).length] as const]
    }),
  )
