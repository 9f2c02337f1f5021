import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isPhiError } from '@phi/core'
import { diskError, errnoOf, spoolError } from './errors.ts'
import { type SpoolFile, type SpoolFs, writeAll } from './file-system.ts'

/*
 * One process to a directory. The lock is a file `lock-<number>-<token>`. A newcomer makes one with a number above all
 * others, then looks again. It gives way when there is a higher one, or when a lower one is held. Of two newcomers the
 * later one sees the file of the earlier, so both cannot own the directory. Only then does it remove the lower ones.
 *
 * An owner on this machine is asked for by process id and start time. One elsewhere (another machine, another container) cannot
 * be asked: it writes its file again every few seconds, and is taken for dead when nothing has changed for several times as
 * long. One that was only asleep finds its file gone before it writes again (`held`).
 */
const NAME = /^lock-(\d{10})-[0-9a-f]{16}$/
const BEAT_MS = 2000
const STEP_MS = 100
export const LOCK_BYTES = 480
/** How long a lock of another machine or container must have stood still. */
export const FOREIGN_SILENCE_MS = 15_000

/** Who holds a lock. */
interface Owner {
  readonly place: string
  readonly pid: number
  readonly started: string
  readonly token: string
  readonly beat: number
}

const optional = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Machine, boot and process-id namespace: within one, a process id names a process. */
const place = (): string =>
  [
    hostname(),
    optional(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    optional(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ')

/** When a process started, in ticks since boot, where the system tells: a process id is given out again. */
const startOf = (pid: number): string =>
  optional(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22 of proc(5); the second one, the name, can hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string
  })

function parseOwner(bytes: Uint8Array): Owner | undefined {
  try {
    const { place, pid, started, token, beat } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Owner
    if (typeof place !== 'string' || typeof started !== 'string' || typeof token !== 'string') return undefined
    if (!Number.isSafeInteger(pid) || pid < 1 || !Number.isSafeInteger(beat)) return undefined
    return { place, pid, started, token, beat }
  } catch {
    return undefined
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: there, and somebody else's.
    if (errnoOf(error) !== 'EPERM') return false
  }
  const now = startOf(pid)
  return now === '' || started === '' || now === started
}

/** A held lock. */
export interface Lock {
  /** Whether it still holds: another process takes a lock over when its owner seems dead. */
  held(): Promise<boolean>
  release(): Promise<void>
}

/**
 * Takes a directory for this process.
 * @throws PhiError PHI_AUDIT_SPOOL_LOCKED, PHI_AUDIT_SPOOL_FULL, PHI_AUDIT_SPOOL_IO
 */
export async function lockDirectory(fs: SpoolFs, directory: string, silenceMs: number): Promise<Lock> {
  const here = place()
  const owner = { place: here, pid: process.pid, started: startOf(process.pid), token: randomBytes(8).toString('hex') }
  /** The locks that are there, the highest first. */
  const locks = async (): Promise<string[]> => {
    const names = await fs.list(directory)
    return names.filter((name) => NAME.test(name)).sort((a, b) => (a < b ? 1 : -1))
  }
  const read = async (name: string): Promise<Buffer | undefined> => {
    try {
      return Buffer.from(await fs.read(join(directory, name)))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
  }
  const isFree = async (name: string): Promise<boolean> => {
    const bytes = await read(name)
    const other = bytes && parseOwner(bytes)
    if (bytes === undefined) return true
    if (other?.place === here) return !isAlive(other)
    // Elsewhere, or being written just now. Silence is measured by waiting: no clock that jumps decides it.
    for (let silent = 0; silent < silenceMs; silent += STEP_MS) {
      await wait(STEP_MS)
      const again = await read(name)
      if (again === undefined) return true
      if (!again.equals(bytes)) return false
    }
    return true
  }
  const areFree = async (all: readonly string[]): Promise<boolean> => {
    for (const name of all) if (!(await isFree(name))) return false
    return true
  }

  let beat = 0
  let writing: Promise<void> = Promise.resolve()
  const write = (file: SpoolFile): Promise<void> => {
    beat++
    // A fixed width, so that a shorter text does not leave the end of a longer one.
    const bytes = Buffer.from(JSON.stringify({ ...owner, beat }).padEnd(LOCK_BYTES))
    writing = writing.then(
      () => writeAll(file, bytes, 0),
      () => writeAll(file, bytes, 0),
    )
    return writing
  }

  const attempt = async (): Promise<{ path: string; file: SpoolFile } | undefined> => {
    const before = await locks()
    if (!(await areFree(before))) return undefined
    const number = Number(NAME.exec(before[0] ?? '')?.[1] ?? 0) + 1
    const name = `lock-${String(number).padStart(10, '0')}-${owner.token}`
    const path = join(directory, name)
    const file = await fs.create(path)
    let mine = false
    try {
      await write(file)
      const after = await locks()
      const lower = after.slice(after.indexOf(name) + 1)
      if (after[0] !== name || !(await areFree(lower))) return undefined
      for (const other of lower) await fs.remove(join(directory, other))
      mine = true
      return { path, file }
    } finally {
      if (!mine) {
        await file.close().catch(() => {})
        await fs.remove(path).catch(() => {})
      }
    }
  }

  try {
    let taken = await attempt()
    // Two newcomers can both have given way.
    if (taken === undefined) {
      await wait(20 + (randomBytes(1)[0] as number))
      taken = await attempt()
    }
    if (taken === undefined) throw spoolError('PHI_AUDIT_SPOOL_LOCKED')
    const { path, file } = taken
    const timer = setInterval(() => void write(file).catch(() => {}), BEAT_MS)
    timer.unref()
    let released = false
    return {
      async held() {
        if (released) return false
        try {
          await fs.size(path)
          return true
        } catch (error) {
          if (errnoOf(error) === 'ENOENT') return false
          throw error
        }
      },
      async release() {
        if (released) return
        released = true
        clearInterval(timer)
        await writing.catch(() => {})
        await file.close().catch(() => {})
        await fs.remove(path).catch(() => {})
      },
    }
  } catch (error) {
    throw isPhiError(error) ? error : diskError(error)
  }
}
