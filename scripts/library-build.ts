import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

type Conditions = string | { readonly [condition: string]: Conditions }

/** Every source file that a package's `exports` and `imports` name under the condition `@phi/source`. */
const sourcesOf = (conditions: Conditions, inSource = false): string[] => {
  if (typeof conditions === 'string') return inSource ? [conditions] : []
  return Object.entries(conditions).flatMap(([name, next]) => sourcesOf(next, inSource || name === '@phi/source'))
}

/**
 * How every published package is built: ES modules and CommonJS, both with declarations, one output file per source file
 * that the manifest names, at the same place under `dist` as it has under `src`. The manifest is the only list.
 *
 * ES modules share chunks. CommonJS entries each stand alone, because tsup splits those only by compiling to older, slower
 * syntax. A function that stands twice is harmless: errors are told apart by `code`, and their one class is in @phi/core.
 */
export const libraryBuild = () => {
  const { exports, imports = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    string,
    Record<string, Conditions>
  >
  const sources = sourcesOf({ ...exports, ...imports })
  return defineConfig({
    entry: Object.fromEntries(sources.map((path) => [path.replace(/^\.\/src\/(.*)\.ts$/, '$1'), path])),
    format: ['esm', 'cjs'],
    // `npm run check:types` checks the sources. To check them here once more takes longer than all else.
    dts: { compilerOptions: { noCheck: true } },
    // `#crypto` and its kind stay as they are in the output: the runtime picks the implementation, not the build.
    external: Object.keys(imports),
    target: 'es2023',
    platform: 'node',
    sourcemap: true,
    clean: true,
    // `node:crypto` keeps its prefix: bundlers for other runtimes tell by it that this is no package.
    removeNodeProtocol: false,
    silent: true,
  })
}
