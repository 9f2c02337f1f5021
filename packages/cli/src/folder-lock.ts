import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { cliError } from './errors.ts'
import { fileError } from './files.ts'

/** Whether a process of this machine runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It runs, and is somebody else's.
    return (error as { code?: unknown }).code === 'EPERM'
  }
}

/** Who holds a lock: `<process> <machine>`. Whoever wrote something else is taken to hold it. */
const isLeft = (holder: string): boolean => {
  const [, pid, host] = /^(\d{1,10}) (\S+)\n$/.exec(holder) ?? []
  return pid !== undefined && host === hostname() && !runs(Number(pid))
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code

/** Where locks lie: beside the folder, in which a new database wants to be alone; in it where nothing can be written beside it. */
async function written(folder: string, option: string): Promise<{ readonly lock: string; readonly own: string }> {
  const places = [join(dirname(folder), `.${basename(folder)}.phi-lock`), join(folder, '.phi-lock')]
  let first: unknown
  for (const lock of places) {
    const own = `${lock}.${randomUUID()}`
    try {
      await writeFile(own, `${process.pid} ${hostname()}\n`, { flag: 'wx', mode: 0o600 })
      return { lock, own }
    } catch (error) {
      first ??= error
    }
  }
  throw fileError(first, option)
}

/** With its content, in one step: nobody reads a lock that is still empty. File systems without links get it in two. */
async function taken(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    await copyFile(own, lock, constants.COPYFILE_EXCL)
    return true
  }
}

/** Takes a lock away that a process has left, and gives one back that was taken meanwhile. */
async function isTakenAway(lock: string, aside: string): Promise<boolean> {
  if (!isLeft(await readFile(lock, 'utf8'))) return false
  await rename(lock, aside)
  const isOld = isLeft(await readFile(aside, 'utf8'))
  if (!isOld) await link(aside, lock)
  await rm(aside, { force: true })
  return isOld
}

/**
 * Takes a folder for this process: two that write into one embedded database destroy it, and PGlite itself keeps no second one out. A lock
 * that a process has left which runs no more is taken over.
 *
 * It holds between commands of this program. A service that has the folder open takes no such lock.
 * @returns gives the folder free
 * @throws PhiError PHI_CLI_CONNECT where another process has it; PHI_CLI_FILE
 */
export async function lockFolder(folder: string, option: string): Promise<() => Promise<void>> {
  const { lock, own } = await written(folder, option)
  try {
    const isFree = (await taken(own, lock)) || ((await isTakenAway(lock, `${own}.left`)) && (await taken(own, lock)))
    if (isFree) return () => rm(lock, { force: true })
  } catch (error) {
    // A lock that went away between two looks was just given free by somebody: the next try finds it so.
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw fileError(error, option)
  } finally {
    await rm(own, { force: true })
  }
  throw cliError('PHI_CLI_CONNECT', {
    path: option,
    detail: 'another process has the embedded database open; two at once would destroy it',
  })
}
