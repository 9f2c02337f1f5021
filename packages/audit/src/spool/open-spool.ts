import { type Clock, isPhiError, systemClock } from '@phi/core'
import { diskError, errnoOf, spoolError } from './errors.ts'
import { nodeFs, type SpoolFs } from './file-system.ts'
import { Generation, type Home } from './generation.ts'
import { FOREIGN_SILENCE_MS, lockDirectory } from './lock.ts'
import { MAX_NAME_LENGTH } from './mark.ts'
import { KEPT, parseName } from './segment.ts'
import { LocalSpool, type Spool } from './spool.ts'

export interface SpoolOptions {
  /** A directory for this process alone. It is made with mode 0700; one that others can enter is refused. */
  readonly directory: string
  /** 32 bytes that seal the records. Keep it where you keep secrets: without it the spool cannot be drained. */
  readonly key: Uint8Array
  /** All files of the directory together, in bytes, at most. At least 8,192. */
  readonly maxBytes: number
  /**
   * What the log calls the place of this spool: the same after a restart, another one on every machine, such as `web-1`. With
   * it `spoolReport` can tell a lost spool from one that is in use. 1 to 64 letters, digits, ".", "_" and "-". No customer's name.
   */
  readonly name?: string
  /**
   * Whether events are taken before the log knows of the spool. Default `refuse`: if such a spool is lost, nothing shows it.
   */
  readonly unannounced?: 'refuse' | 'take'
  /** Bytes after which a new file is begun. Default 1 MiB. */
  readonly segmentBytes?: number
  readonly clock?: Clock
  readonly fs?: SpoolFs
  /** How long a lock held on another machine or in another container must stand still, in milliseconds. Default 15,000. */
  readonly foreignSilenceMs?: number
}

const MIN_BYTES = 8192
const NAME = new RegExp(`^[A-Za-z0-9._-]{1,${MAX_NAME_LENGTH}}$`)

const positive = (value: number, path: string, least: number): number => {
  if (!Number.isSafeInteger(value) || value < least)
    throw spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path, detail: `must be a whole number of at least ${least}` })
  return value
}

/**
 * Opens the spool of a directory, and makes it when it is not there. What an earlier process left is read, checked and kept for
 * draining. A record that was written in part when that process died is cut off: it was never acknowledged. Anything else that
 * is not as it was written shows in `health().damage`; the spool then takes no events until it has been drained.
 *
 * @throws PhiError PHI_AUDIT_SPOOL_OPTIONS, PHI_AUDIT_SPOOL_LOCKED, PHI_AUDIT_SPOOL_KEY, PHI_AUDIT_SPOOL_FULL (no room on the disk for an
 * empty one), PHI_AUDIT_SPOOL_IO
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { directory, key, name = '', unannounced = 'refuse', clock = systemClock, fs = nodeFs } = options
  const refuse = (path: string, detail: string) => spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path, detail })
  if (typeof directory !== 'string' || directory === '') throw refuse('directory', 'must be a path')
  if (!(key instanceof Uint8Array) || key.length !== 32) throw refuse('key', 'must be a Uint8Array of 32 bytes')
  if (name !== '' && (typeof name !== 'string' || !NAME.test(name)))
    throw refuse('name', `must be 1 to ${MAX_NAME_LENGTH} letters, digits, ".", "_" and "-"`)
  if (unannounced !== 'refuse' && unannounced !== 'take') throw refuse('unannounced', 'must be "refuse" or "take"')
  const maxBytes = positive(options.maxBytes, 'maxBytes', MIN_BYTES)
  const segmentBytes = positive(options.segmentBytes ?? 1024 * 1024, 'segmentBytes', 1)
  const silenceMs = positive(options.foreignSilenceMs ?? FOREIGN_SILENCE_MS, 'foreignSilenceMs', 1)
  const home: Home = { fs, directory, key: Uint8Array.from(key), segmentBytes }
  const { shared } = await fs.makeDirectory(directory).catch((error: unknown) => {
    throw diskError(error)
  })
  if (shared) throw refuse('directory', 'must be closed to group and others (mode 0700)')
  const lock = await lockDirectory(fs, directory, silenceMs)
  const generations: Generation[] = []
  try {
    const { found, keptBytes } = await survey(home)
    for (const { id, ordinal, segments, hasMark } of found) {
      const { generation, keyFits } = await Generation.load(home, id, ordinal, segments, hasMark)
      generations.push(generation)
      if (!keyFits) throw spoolError('PHI_AUDIT_SPOOL_KEY')
    }
    for (const generation of generations) await generation.trim()
    let kept = keptBytes
    for (const done of generations.filter(({ drained }) => drained)) {
      if (done.kept) kept += done.bytes
      await done.clear(done.kept)
    }
    const left = generations.filter(({ drained }) => !drained)
    const spool = new LocalSpool({ home, name, maxBytes, unannounced, clock }, lock, left, kept)
    if (left.length === 0) await spool.prepare()
    return spool
  } catch (error) {
    for (const generation of generations) await generation.close()
    await lock.release()
    throw isPhiError(error) ? error : diskError(error)
  }
}

/** The spools of a directory, oldest first. */
async function survey({ fs, directory }: Home) {
  const byId = new Map<string, { id: string; ordinal: number; segments: number[]; hasMark: boolean }>()
  let keptBytes = 0
  for (const file of [...(await fs.list(directory))].sort()) {
    const path = `${directory}/${file}`
    if (file.startsWith(KEPT)) keptBytes += await fs.size(path)
    // A mark that was never finished: its spool was never used.
    if (file.endsWith('.mark.new')) await fs.remove(path).catch((error: unknown) => errnoOf(error))
    const parsed = parseName(file)
    if (parsed === undefined) continue
    const { id, ordinal, segment } = parsed
    const seen = byId.get(id) ?? { id, ordinal, segments: [], hasMark: false }
    byId.set(id, seen)
    if (segment === undefined) seen.hasMark = true
    else seen.segments.push(segment)
  }
  return { found: [...byId.values()].sort((a, b) => a.ordinal - b.ordinal), keptBytes }
}
