import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { initialisedDatabase } from '../../core/test/initialised-pglite.ts'
import { keepFile, once } from '../../core/test/kept-file.ts'
import { type Db, fromPGlite, migrate } from '../src/index.ts'
import { migrations } from '../src/migrations/index.ts'

/**
 * PGlite for tests of what works on a migrated database. `embedded()` and `migrate()` take five seconds of CPU and come out the same
 * each time: it is done once, kept in a file and loaded after that, in a fifth of the time. What tests `embedded`, the migrations
 * or a database before them calls those.
 */

const folder = fileURLToPath(new URL('../../../node_modules/.cache/phi-tests/', import.meta.url))

/** For so long a process waits for another that makes the file. That one may have been killed. */
const PATIENCE_MS = 90_000
const WEEK_MS = 7 * 86_400_000

/** Everything that the content depends on. The month is in it because `migrate` makes the partitions of the coming year. */
async function fileOf(empty: string): Promise<string> {
  const hash = createHash('sha256')
  hash.update(`${basename(empty)}\n${new Date().toISOString().slice(0, 7)}\n`)
  hash.update(await readFile(new URL('../src/migrate.ts', import.meta.url)))
  for (const { sql } of migrations) hash.update(sql)
  return join(folder, `pglite-migrated-${hash.digest('hex').slice(0, 16)}.tar`)
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

const loaded = async (file: string): Promise<PGlite> => PGlite.create({ loadDataDir: await openAsBlob(file) })

async function make(empty: string, file: string): Promise<void> {
  const database = await loaded(empty)
  await migrate(fromPGlite(database))
  // Otherwise whoever loads the copy replays what the migrations wrote.
  await database.exec('checkpoint')
  const bytes = await (await database.dumpDataDir('none')).arrayBuffer()
  await database.close()
  await keepFile(file, (part) => writeFile(part, new Uint8Array(bytes)))
  // Those of other migrations, which nobody has made for a while.
  for (const name of await readdir(folder)) {
    if (!name.startsWith('pglite-migrated-') || name === basename(file)) continue
    const other = join(folder, name)
    const at = await stat(other).catch(() => undefined)
    if (at !== undefined && at.mtimeMs < Date.now() - WEEK_MS) await rm(other, { force: true })
  }
}

/** The file of the migrated database. The first process that asks makes it, and the others wait. */
async function migratedFile(): Promise<string> {
  await mkdir(folder, { recursive: true })
  const empty = await initialisedDatabase()
  const file = await fileOf(empty)
  const lock = `${file}.lock`
  const end = Date.now() + PATIENCE_MS
  while (!(await isThere(file))) {
    const mine = await open(lock, 'wx').catch(() => undefined)
    if (mine === undefined && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      continue
    }
    try {
      await make(empty, file)
    } finally {
      await mine?.close()
      await rm(lock, { force: true })
    }
  }
  return file
}

const made = once(migratedFile)

/** A migrated PGlite database in memory, as `embedded()` and `migrate()` make it. */
export async function embeddedMigrated(): Promise<Db> {
  return fromPGlite(await loaded(await made()))
}
