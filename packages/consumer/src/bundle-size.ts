import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'

export interface BundleSize {
  readonly minified: number
  readonly gzipped: number
  /** Bytes of the minified bundle by the package that they come from, most first. */
  readonly by: readonly (readonly [name: string, bytes: number])[]
}

const packageOf = (path: string): string => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'the program'

const byPackage = ({ outputs }: Metafile): [string, number][] => {
  const sums = new Map<string, number>()
  for (const { inputs } of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs))
      sums.set(packageOf(path), (sums.get(packageOf(path)) ?? 0) + bytesInOutput)
  return [...sums].sort(([, a], [, b]) => b - a)
}

/**
 * What a program costs that a page loads: bundled and minified by esbuild, as Vite does to it. Tree shaking is on, comments are out.
 * @param program an ES module that imports what it needs
 */
export async function bundleSize(folder: string, program: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: folder, loader: 'js' },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    legalComments: 'none',
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.contents ?? new Uint8Array()
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length, by: byPackage(metafile) }
}
