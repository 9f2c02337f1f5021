import { accessSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Folders for data of servers. A database copied on a disk takes a third of a second of CPU, for its hundreds of files, and in
 * memory a hundredth. Nothing is lost by it: processes are killed in these tests and machines are not.
 */

const MEMORY = '/dev/shm'
/** A server writes a gigabyte of write-ahead log at most before it uses it again, and several run at once. */
const ROOM = 4 * 2 ** 30
const HOUR_MS = 3_600_000

function hasRoom(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM && process.availableMemory() >= ROOM
  } catch {
    return false
  }
}

function isOver(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH'
  }
}

/** Nobody restarts a machine to get back the memory that killed runs have left behind. */
function sweep(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = /^phi-[a-z]+-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || !isOver(Number(pid))) continue
    const path = join(MEMORY, name)
    try {
      if (statSync(path).mtimeMs < Date.now() - HOUR_MS) rmSync(path, { recursive: true, force: true })
    } catch {
      // Another process was first.
    }
  }
}

let isSwept = false

/** A new folder, in memory where there is room for it, and among the temporary ones otherwise. Its maker removes it. */
export function memoryFolder(name: string): string {
  if (process.platform !== 'linux' || !hasRoom()) return mkdtempSync(join(tmpdir(), `phi-${name}-`))
  if (!isSwept) sweep()
  isSwept = true
  return mkdtempSync(join(MEMORY, `phi-${name}-${process.pid}-`))
}
