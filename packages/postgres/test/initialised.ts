import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../../node_modules/.cache/phi-tests/', import.meta.url))

/**
 * Fills the data directory of a server that is not started yet. `initdb` takes a second of CPU and comes out the same each time, so
 * its outcome is kept and copied, with owners and modes. Two copies are one system to PostgreSQL, which matters to nobody here.
 *
 * @param binaries where `initdb` is; undefined where it cannot be told, and nothing is kept then
 * @param flags everything else that the outcome depends on: its flags, and the user that it belongs to
 */
export async function initialised(
  data: string,
  binaries: string | undefined,
  flags: readonly unknown[],
  init: () => Promise<void>,
): Promise<void> {
  if (binaries === undefined || process.platform === 'win32') return init()
  // Another version is another file.
  const { mtimeMs, size } = statSync(join(binaries, 'initdb'))
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, binaries, mtimeMs, size, flags]))
  const kept = join(cache, `initdb-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(kept)) {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await run('cp', ['-a', `${kept}/.`, data])
    return
  }
  await init()
  await mkdir(cache, { recursive: true })
  const part = `${kept}.${randomUUID()}`
  try {
    await run('cp', ['-a', data, part])
    // The directory of another process may be there by now: they are the same.
    await rename(part, kept)
  } catch {
    // What cannot be kept is made again next time.
    await rm(part, { recursive: true, force: true })
  }
}
