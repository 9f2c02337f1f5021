import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepFile, once } from './kept-file.ts'

/**
 * PGlite initialises a new database in 4 to 6 seconds of CPU (PostgreSQL's initdb, in WebAssembly), and many programs of guides
 * begin with one. It comes out the same each time, so that it is made once and loaded after that. What a program does with the
 * empty database, its migration included, is the program's own.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url))

async function make(): Promise<string> {
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '../package.json')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  const file = join(root, `node_modules/.cache/phi-tests/pglite-${version}-empty.tar`)
  if (existsSync(file)) return file
  const { PGlite } = await import('@electric-sql/pglite')
  // Segments of the write-ahead log of one megabyte: sixteen zeroed ones would be loaded each time.
  const database = await PGlite.create({ initDbStartParams: ['--wal-segsize=1'] })
  const bytes = await (await database.dumpDataDir('none')).arrayBuffer()
  await database.close()
  await mkdir(dirname(file), { recursive: true })
  await keepFile(file, (part) => writeFile(part, new Uint8Array(bytes)))
  return file
}

/** The file of an initialised, empty database, for `loadDataDir` of PGlite. Made by the first who asks, and kept between runs. */
export const initialisedDatabase = once(make)

/**
 * A module in the place of PGlite's: databases in memory come initialised. All else is PGlite's own. Its WebAssembly is compiled
 * once and plainly: to optimise it in the background takes twice the CPU that a short program spends in it.
 */
export function initialisedPGlite(place: string, database: string): string {
  return `
    import { PGlite as Own } from ${JSON.stringify(place)}
    import { openAsBlob } from 'node:fs'
    import { setFlagsFromString } from 'node:v8'
    export * from ${JSON.stringify(place)}
    setFlagsFromString('--liftoff-only')
    export const PGlite = new Proxy(Own, {
      get: (target, name) =>
        name !== 'create'
          ? Reflect.get(target, name)
          : async (directory, options) =>
              directory === undefined && options === undefined
                ? target.create({ loadDataDir: await openAsBlob(${JSON.stringify(database)}) })
                : target.create(directory, options),
    })`
}
