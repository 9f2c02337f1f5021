import { randomUUID } from 'node:crypto'
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { cliError } from './errors.ts'
import { fileError, pathOf } from './files.ts'
import type { Io, Output } from './io.ts'

const BATCH_BYTES = 65_536

/** Small pieces joined to larger ones: a write for each line would take longer than making the lines. */
export async function* batched(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of chunks) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      parts.push(part)
      size += part.length
      if (size < BATCH_BYTES) continue
      const whole = Buffer.concat(parts)
      parts = []
      size = 0
      yield whole
    }
  } catch (error) {
    // What came before the failure was made to be written: the mark that says that an export was cut, above all.
    if (size > 0) yield Buffer.concat(parts)
    throw error
  }
  if (size > 0) yield Buffer.concat(parts)
}

/** Writes a stream to an output, and waits where that waits. @returns how many bytes were written */
export async function writeOut(output: Output, chunks: AsyncIterable<string | Uint8Array>): Promise<number> {
  let size = 0
  for await (const part of batched(chunks)) {
    await output.write(part)
    size += part.length
  }
  return size
}

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/**
 * Writes a stream to a file, whole or not at all: beside the target first, then put in its place. An existing one stays unless `replace`.
 * Only its owner may read it: what is streamed is an export.
 * @returns how many bytes were written
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_EXISTS; what the stream throws
 */
export async function writeStream(
  io: Io,
  given: string,
  option: string,
  chunks: AsyncIterable<string | Uint8Array>,
  { replace = false }: { replace?: boolean } = {},
): Promise<number> {
  const path = pathOf(io, given)
  // Asked before the work as well: it may be long.
  await assertFree(io, given, option, replace)
  const guarded = <Result>(work: Promise<Result>): Promise<Result> => named(work, option)
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.new`)
  const file = await guarded(open(beside, 'wx', 0o600))
  try {
    let size = 0
    try {
      for await (const part of batched(chunks)) {
        await guarded(file.appendFile(part))
        size += part.length
      }
      await guarded(file.sync())
    } finally {
      await file.close()
    }
    await putInPlace(beside, path, option, replace)
    return size
  } finally {
    await rm(beside, { force: true })
  }
}

/**
 * That a target can be written, asked before something is recorded or handed over for it.
 * @throws PhiError PHI_CLI_EXISTS
 */
export async function assertFree(io: Io, given: string | undefined, option: string, replace: boolean): Promise<void> {
  if (given !== undefined && !replace && (await isThere(pathOf(io, given)))) throw cliError('PHI_CLI_EXISTS', { path: option })
}

/** Gives a finished file its name. What has come to stand there stays, unless `replace`. @throws PhiError PHI_CLI_FILE, PHI_CLI_EXISTS */
export const putInPlace = (from: string, to: string, option: string, replace: boolean): Promise<void> =>
  named(replace ? rename(from, to) : linked(from, to), option)

/** Failures of the file system as errors of the command. */
const named = <Result>(work: Promise<Result>, option: string): Promise<Result> =>
  work.catch((error: unknown) => {
    const isTaken = (error as { code?: unknown }).code === 'EEXIST'
    throw isTaken ? cliError('PHI_CLI_EXISTS', { path: option }) : fileError(error, option)
  })

/** A link fails where something has come to stand in its place meanwhile; a renaming would take that away. */
async function linked(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
    await rm(from, { force: true })
  } catch (error) {
    const { code } = error as { code?: unknown }
    // File systems without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    if (await isThere(to)) throw Object.assign(new Error('exists'), { code: 'EEXIST' })
    await rename(from, to)
  }
}
