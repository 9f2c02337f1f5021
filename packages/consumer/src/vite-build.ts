import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface ViteBuild {
  readonly ok: boolean
  /** What Vite said. */
  readonly output: string
  /** The text of every file that was made, by its path below the output folder. */
  readonly files: Readonly<Record<string, string>>
}

const config = (input: Readonly<Record<string, string>>, out: string) => `
import { isBuiltin } from 'node:module'
export default {
  logLevel: 'error',
  build: {
    outDir: ${JSON.stringify(out)},
    target: 'es2023',
    modulePreload: false,
    chunkSizeWarningLimit: 100_000,
    rollupOptions: {
      input: ${JSON.stringify(input)},
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  plugins: [{
    name: 'no-node-in-a-page',
    enforce: 'pre',
    resolveId(source, importer) {
      if (isBuiltin(source)) this.error('a page cannot have ' + source + ', which is imported by ' + importer)
      return null
    },
  }],
}
`

/**
 * Builds programs for browsers with Vite, as a process of its own in the stranger's project, so that nothing of this repository's
 * configuration is in it. A program that reaches a module of Node fails the build, with the name of who imports it. (Vite alone
 * would put an empty object there, which fails later and elsewhere.)
 * @param programs JavaScript by name
 */
export function viteBuild(folder: string, name: string, programs: Readonly<Record<string, string>>): ViteBuild {
  const input: Record<string, string> = {}
  for (const [app, text] of Object.entries(programs)) {
    input[app] = join(folder, `${name}-${app}.js`)
    writeFileSync(input[app], text)
  }
  const out = join(folder, `${name}-out`)
  const configFile = join(folder, `${name}.vite.config.mjs`)
  writeFileSync(configFile, config(input, out))
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  const env = { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--config', configFile], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  const files =
    status === 0 ? readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js')) : []
  return {
    ok: status === 0,
    output: `${stdout}${stderr}`,
    files: Object.fromEntries(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(out, file), 'utf8')])),
  }
}
