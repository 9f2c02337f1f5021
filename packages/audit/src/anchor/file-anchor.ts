import { randomBytes } from 'node:crypto'
import { link } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, isPhiError } from '@phi/core'
import { nodeFs, type SpoolFs, writeAll } from '../spool/file-system.ts'
import { type Anchor, type AnchorOptions, anchorOn, isNoteName, type NamedNote } from './anchor.ts'
import { anchorError } from './errors.ts'

/** What a file anchor asks of a file system. Tests put faults in front of it. @internal */
export interface AnchorFs extends Pick<SpoolFs, 'makeDirectory' | 'list' | 'read' | 'create' | 'remove' | 'syncDirectory'> {
  /** Gives a file a second name. @throws EEXIST when the name is taken: it never replaces anything */
  link(from: string, to: string): Promise<void>
}

export interface FileAnchorOptions extends AnchorOptions {
  /** Best on another machine's disk, mounted by somebody else. Made by the first `put` when it is not there. */
  readonly directory: string
  /** @internal */
  readonly fs?: AnchorFs
}

const anchorFs: AnchorFs = { ...nodeFs, link }

const ERRNO = /^E[A-Z0-9]{1,24}$/
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && ERRNO.test(code) ? code : 'unknown'
}

/** Only the system's code: its message quotes paths. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isPhiError(error)) throw error
    const errno = errnoOf(error)
    throw anchorError(NO_ROOM.has(errno) ? 'PHI_AUDIT_ANCHOR_FULL' : 'PHI_AUDIT_ANCHOR_IO', { info: { errno } })
  }
}

/**
 * Keeps checkpoints as files in a directory, one file each, named by size, root hash and note. A file is written beside, synced,
 * and given its name by a link, which never replaces another. Any number of processes may put at the same time.
 *
 * It stops nobody who owns the directory: put it where the owner of the log does not.
 *
 * `list` on a directory that is not there is PHI_AUDIT_ANCHOR_IO: an unmounted disk is no anchor without checkpoints.
 * @throws PhiError PHI_AUDIT_ANCHOR_OPTIONS, PHI_AUDIT_ORIGIN, PHI_AUDIT_VKEY
 */
export function fileAnchor({ directory, fs = anchorFs, ...options }: FileAnchorOptions): Anchor {
  if (typeof directory !== 'string' || directory === '') throw anchorError('PHI_AUDIT_ANCHOR_OPTIONS', { path: 'directory' })

  /** Whether the note is there. @throws when something else is there under its name */
  const isThere = async (place: string, { bytes }: NamedNote): Promise<boolean> => {
    let found: Uint8Array
    try {
      found = await fs.read(place)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
    if (!equalBytes(new Uint8Array(found), bytes)) throw anchorError('PHI_AUDIT_ANCHOR_DAMAGED')
    return true
  }

  const write = async (place: string, note: NamedNote): Promise<boolean> => {
    const part = join(directory, `.part-${randomBytes(8).toString('hex')}`)
    try {
      const file = await fs.create(part)
      try {
        await writeAll(file, note.bytes, 0)
        await file.sync()
      } finally {
        await file.close()
      }
      await fs.link(part, place)
      return true
    } catch (error) {
      // Another process put the same note meanwhile.
      if (errnoOf(error) !== 'EEXIST') throw error
      return false
    } finally {
      await fs.remove(part).catch(() => {})
    }
  }

  const put = async (note: NamedNote) => {
    await fs.makeDirectory(directory)
    const place = join(directory, note.name)
    const created = !(await isThere(place, note)) && (await write(place, note))
    // Also when it was there: whoever put it may have died before the name was durable.
    await fs.syncDirectory(directory)
    if (!(await isThere(place, note))) throw anchorError('PHI_AUDIT_ANCHOR_DAMAGED')
    return { created }
  }

  const items = async () =>
    (await fs.list(directory)).filter(isNoteName).map((name) => ({
      name,
      read: () => translated(async () => new Uint8Array(await fs.read(join(directory, name)))),
    }))

  return anchorOn({ put: (note) => translated(() => put(note)), items: () => translated(items) }, 'file', options)
}
