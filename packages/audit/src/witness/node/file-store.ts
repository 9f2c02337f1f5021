import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fromUtf8, isPhiError, sha256, toHex, utf8 } from '@phi/core'
import * as z from 'zod'
import { errnoOf } from '../../spool/errors.ts'
import { nodeFs, type SpoolFs, writeAll } from '../../spool/file-system.ts'
import { FOREIGN_SILENCE_MS, type Lock, lockDirectory } from '../../spool/lock.ts'
import { witnessError } from '../errors.ts'
import { mayReplace, type WitnessState, type WitnessStore } from '../store.ts'

const FORMAT = 'phi.audit/witness@v1'

const stateSchema = z.strictObject({
  format: z.literal(FORMAT),
  origin: z.string(),
  size: z.int().min(0),
  root: z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/),
  time: z.int().min(0),
  note: z.string(),
})

/** A witness's state in a directory of its own. */
export interface FileWitnessStore extends WitnessStore {
  /** Lets go of the directory. */
  close(): Promise<void>
}

const ioError = (error: unknown) => witnessError('PHI_AUDIT_WITNESS_IO', { info: { errno: errnoOf(error) } })

/** The state and its SHA-256 in hexadecimal, a line each: a disk that changed a byte is noticed. */
function encode(origin: string, { size, root, time, note }: WitnessState): Uint8Array {
  const json = JSON.stringify({ format: FORMAT, origin, size, root, time, note })
  return utf8(`${json}\n${toHex(sha256(utf8(json)))}\n`)
}

/** @throws PhiError PHI_AUDIT_WITNESS_STORE */
function decode(bytes: Uint8Array, origin: string): WitnessState {
  try {
    const [json, sum, end, ...more] = fromUtf8(bytes).split('\n')
    if (json === undefined || sum !== toHex(sha256(utf8(json))) || end !== '' || more.length > 0) throw new Error()
    const state = stateSchema.parse(JSON.parse(json))
    if (state.origin !== origin) throw new Error()
    const { size, root, time, note } = state
    return { size, root, time, note }
  } catch {
    throw witnessError('PHI_AUDIT_WITNESS_STORE')
  }
}

/**
 * Keeps the state of a witness in files, one for each log: written beside, synced, put in place in one step, and the directory
 * synced. A process that is killed at any moment leaves the old state or the new one. The directory is this process's alone
 * until it is closed.
 *
 * What is not there was never written: whoever can delete or set back these files can make the witness cosign a second history.
 * Keep the directory where its key is kept, and never restore it from a backup.
 * @throws PhiError PHI_AUDIT_WITNESS_LOCKED, PHI_AUDIT_WITNESS_IO; the store's calls: these, and PHI_AUDIT_WITNESS_STORE when a
 * file is damaged
 */
export async function fileWitnessStore(
  directory: string,
  /** @internal */ options: { readonly fs?: SpoolFs; readonly silenceMs?: number } = {},
): Promise<FileWitnessStore> {
  const { fs = nodeFs, silenceMs = FOREIGN_SILENCE_MS } = options
  let lock: Lock
  try {
    await fs.makeDirectory(directory)
    lock = await lockDirectory(fs, directory, silenceMs)
  } catch (error) {
    if (isPhiError(error, 'PHI_AUDIT_SPOOL_LOCKED')) throw witnessError('PHI_AUDIT_WITNESS_LOCKED')
    throw isPhiError(error) ? witnessError('PHI_AUDIT_WITNESS_IO', { info: error.info }) : ioError(error)
  }
  // Left behind by a process that was killed while it wrote: never put in place, so nothing that was answered is in them.
  try {
    for (const name of await fs.list(directory)) if (/^state-.*\.tmp$/.test(name)) await fs.remove(join(directory, name))
  } catch (error) {
    await lock.release()
    throw ioError(error)
  }
  let queue: Promise<unknown> = Promise.resolve()
  let isBroken = false
  const pathOf = (origin: string) => join(directory, `state-${toHex(sha256(utf8(origin)))}.json`)

  const get = async (origin: string): Promise<WitnessState | undefined> => {
    let bytes: Uint8Array
    try {
      bytes = await fs.read(pathOf(origin))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw ioError(error)
    }
    return decode(bytes, origin)
  }

  const write = async (origin: string, next: WitnessState): Promise<void> => {
    const path = pathOf(origin)
    const beside = `${path}.${randomBytes(8).toString('hex')}.tmp`
    let isPlaced = false
    try {
      const file = await fs.create(beside)
      try {
        await writeAll(file, encode(origin, next), 0)
        await file.sync()
      } finally {
        await file.close()
      }
      await fs.rename(beside, path)
      isPlaced = true
      await fs.syncDirectory(directory)
    } catch (error) {
      // In place and not synced: whether it survives a power cut is not known, so nothing more is built on it.
      if (isPlaced) isBroken = true
      else await fs.remove(beside).catch(() => {})
      throw ioError(error)
    }
  }

  const update = async (origin: string, expected: WitnessState | undefined, next: WitnessState): Promise<boolean> => {
    if (isBroken)
      throw witnessError('PHI_AUDIT_WITNESS_IO', { detail: 'an earlier write was not confirmed; open the store again' })
    // Another machine may have taken the directory over while this process was stopped.
    if (!(await lock.held())) throw witnessError('PHI_AUDIT_WITNESS_LOCKED')
    if (!mayReplace(await get(origin), expected, next)) return false
    await write(origin, next)
    return true
  }

  return {
    get,
    update(origin, expected, next) {
      const attempt = queue.then(
        () => update(origin, expected, next),
        () => update(origin, expected, next),
      )
      queue = attempt
      return attempt
    },
    async close() {
      await queue.catch(() => {})
      await lock.release()
    },
  }
}
