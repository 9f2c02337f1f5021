import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isPhiError } from '@phi/core'
import * as z from 'zod'
import { errnoOf } from '../spool/errors.ts'
import { type Cursor, type CursorStore, type DeadLetter, type ForwardKey, isSameCursor, nameOfKey } from './cursor-store.ts'
import { forwardError } from './errors.ts'

/** What the file store asks of a file system. Tests put faults in front of it. */
export interface CursorFs {
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  read(path: string): Promise<Uint8Array>
  /** Makes a file of these bytes and waits until they are on the disk. @throws EEXIST */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** A second name for a file. @throws EEXIST where the name is taken */
  link(from: string, to: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A file that is not there is no error. */
  remove(path: string): Promise<void>
  /** Makes new, renamed and removed names durable. */
  syncDirectory(path: string): Promise<void>
}

async function closing(handle: FileHandle, task: () => Promise<void>): Promise<void> {
  try {
    await task()
  } finally {
    await handle.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows does not open directories.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  await closing(handle, () => handle.sync())
}

export const nodeCursorFs: CursorFs = {
  async makeDirectory(name) {
    const path = resolve(name)
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first !== undefined)
      for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  async write(path, bytes) {
    const handle = await open(path, 'wx', 0o600)
    await closing(handle, async () => {
      await handle.writeFile(bytes)
      await handle.sync()
    })
  },
  link,
  rename,
  remove: (path) => rm(path, { force: true }),
  syncDirectory,
}

// The file's digest tells what was written from what was altered; here only shapes are checked.
const text = z.string().max(1024)
const index = z.int().min(0)
const cursorSchema = z.strictObject({ next: index, hash: text.nullable(), by: text })
const letterSchema = z.strictObject({ index, hash: text, code: text, attempts: index, at: text })
const pathSchema = z.strictObject({ forwarder: z.string(), tenant: z.string(), origin: z.string() })

/*
 * A file holds one line of JSON and its SHA-256, so that a torn or mixed-up one is known for what it is.
 *
 * The cursor lies in `<key>.cursor.<version>`. To move it is to give a finished file the next version as its name, which
 * succeeds for one process only; the mover then looks whether that version is the highest. A process that comes late with an old
 * version finds a higher one and takes its own away: the two latest versions always stay, so there is one to find.
 */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function encode(value: object): Buffer {
  const text = JSON.stringify(value)
  return Buffer.from(`${text}\n${digestOf(text)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function decode<T>(bytes: Uint8Array, schema: z.ZodType<T>, key: ForwardKey): T {
  const damaged = () => forwardError('PHI_AUDIT_FORWARD_CURSOR_DAMAGED')
  const [text, digest, end, ...more] = Buffer.from(bytes).toString('utf8').split('\n')
  if (text === undefined || digest !== digestOf(text) || end !== '' || more.length > 0) throw damaged()
  const whole = z.strictObject({ key: pathSchema, value: schema }).safeParse(parsed(text))
  if (!whole.success || nameOfKey(whole.data.key) !== nameOfKey(key)) throw damaged()
  return whole.data.value
}

/**
 * Cursors and dead letters as files of a directory, for processes of one machine. Every change is on the disk (fsync) before it
 * counts. The file system must know hard links; network file systems often do not keep what this asks of them.
 * @throws PhiError PHI_AUDIT_FORWARD_CURSOR when the disk refuses; PHI_AUDIT_FORWARD_CURSOR_DAMAGED for a file that was altered
 */
export function fileCursors(directory: string, fs: CursorFs = nodeCursorFs): CursorStore {
  const at = (name: string): string => join(directory, name)
  const stem = (key: ForwardKey): string => digestOf(nameOfKey(key)).slice(0, 32)

  const asking = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      return await task()
    } catch (error) {
      if (isPhiError(error)) throw error
      throw forwardError('PHI_AUDIT_FORWARD_CURSOR', { info: { errno: errnoOf(error) } })
    }
  }

  const names = async (): Promise<readonly string[]> => {
    try {
      return await fs.list(directory)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
  }

  /** Numbers behind a prefix, the smallest first. */
  const numbered = async (prefix: string): Promise<number[]> => {
    const found: number[] = []
    for (const name of await names()) {
      if (!name.startsWith(prefix)) continue
      const digits = name.slice(prefix.length)
      const number = Number(digits)
      // Whoever put it there, it stands where a cursor stands.
      if (!/^(0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(number))
        throw forwardError('PHI_AUDIT_FORWARD_CURSOR_DAMAGED')
      found.push(number)
    }
    return found.sort((a, b) => a - b)
  }

  /** A finished file under a name of its own. What a crash leaves of these is never read. */
  const temporary = async (key: ForwardKey, value: object): Promise<string> => {
    await fs.makeDirectory(directory)
    const path = at(`temporary-${randomBytes(12).toString('hex')}`)
    try {
      await fs.write(path, encode({ key, value }))
    } catch (error) {
      await fs.remove(path).catch(() => {})
      throw error
    }
    return path
  }

  const cursorPrefix = (key: ForwardKey): string => `${stem(key)}.cursor.`
  const letterPrefix = (key: ForwardKey): string => `${stem(key)}.dead.`

  /** The latest cursor and its version; another process may take an older one away while it is being read. */
  const latest = async (key: ForwardKey): Promise<{ version: number; cursor: Cursor | undefined }> => {
    for (let tries = 0; ; tries++) {
      const version = (await numbered(cursorPrefix(key))).at(-1)
      if (version === undefined) return { version: -1, cursor: undefined }
      try {
        const bytes = await fs.read(at(`${cursorPrefix(key)}${version}`))
        return { version, cursor: decode(bytes, cursorSchema, key) }
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || tries > 100) throw error
      }
    }
  }

  return {
    read: (key) => asking(async () => (await latest(key)).cursor),

    advance: (key, expected, next) =>
      asking(async () => {
        const { version, cursor } = await latest(key)
        if (!isSameCursor(cursor, expected)) return false
        const from = await temporary(key, { next: next.next, hash: next.hash, by: next.by })
        const mine = `${cursorPrefix(key)}${version + 1}`
        try {
          await fs.link(from, at(mine))
        } catch (error) {
          if (errnoOf(error) === 'EEXIST') return false
          throw error
        } finally {
          await fs.remove(from).catch(() => {})
        }
        const versions = await numbered(cursorPrefix(key))
        if (versions.at(-1) !== version + 1) {
          await fs.remove(at(mine))
          return false
        }
        await fs.syncDirectory(directory)
        for (const old of versions.slice(0, -2)) await fs.remove(at(`${cursorPrefix(key)}${old}`)).catch(() => {})
        return true
      }),

    putDeadLetter: (key, { index, hash, code, attempts, at: when }) =>
      asking(async () => {
        const from = await temporary(key, { index, hash, code, attempts, at: when })
        await fs.rename(from, at(`${letterPrefix(key)}${index}`))
        await fs.syncDirectory(directory)
      }),

    deadLetters: (key) =>
      asking(async () => {
        const letters: DeadLetter[] = []
        for (const number of await numbered(letterPrefix(key))) {
          const letter = await fs.read(at(`${letterPrefix(key)}${number}`)).then(
            (bytes) => decode(bytes, letterSchema, key),
            (error: unknown) => {
              if (errnoOf(error) === 'ENOENT') return undefined
              throw error
            },
          )
          if (letter === undefined) continue
          if (letter.index !== number) throw forwardError('PHI_AUDIT_FORWARD_CURSOR_DAMAGED')
          letters.push(letter)
        }
        return letters
      }),

    removeDeadLetter: (key, number) =>
      asking(async () => {
        const was = (await names()).includes(`${letterPrefix(key)}${number}`)
        if (was) {
          await fs.remove(at(`${letterPrefix(key)}${number}`))
          await fs.syncDirectory(directory)
        }
        return was
      }),
  }
}
