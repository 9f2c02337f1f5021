import { randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, link, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isPhiError, parseAs } from '@phi/core'
import type * as z from 'zod'
import { cliError } from './errors.ts'
import type { Io } from './io.ts'

/** What a person gave as a path, against the folder in which the command runs. */
export const pathOf = (io: Io, given: string): string => resolve(io.cwd, given)

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ELOOP: 'its links go in a circle',
  EMFILE: 'too many files are open',
}

/** The error of a file, with the reason in words. The path is the operator's own and stands on the command line: it is not repeated. */
export function fileError(error: unknown, option: string) {
  const code = (error as { code?: unknown } | null)?.code
  const detail = (typeof code === 'string' ? reasons[code] : undefined) ?? 'the system gave no known reason'
  return cliError('PHI_CLI_FILE', {
    path: option,
    detail,
    ...(typeof code === 'string' ? { info: { system: code } } : {}),
    cause: error,
  })
}

/** How large a file may be that is read as a whole: 256 MiB. Logs are read as streams and have no limit. */
export const MAX_WHOLE_FILE = 268_435_456

/**
 * The bytes of a file, of standard input for `-`.
 * @param option what the command line calls it, for messages: `--bundle`
 * @throws PhiError PHI_CLI_FILE; PHI_CLI_USAGE where standard input was read before
 */
export async function readWhole(io: Io, given: string, option: string): Promise<Uint8Array> {
  if (given === '-') return readAll(standardInput(io, option), option)
  const path = pathOf(io, given)
  const size = await stat(path).then(
    (entry) => entry.size,
    () => 0,
  )
  if (size > MAX_WHOLE_FILE) throw tooLarge(option)
  // As a stream, and counted: what a device or a growing file holds is not what its size says.
  const file = () => createReadStream(path, { highWaterMark: 1_048_576, signal: io.signal })
  return readAll(readable(file, option, io), option)
}

const tooLarge = (option: string) =>
  cliError('PHI_CLI_FILE', {
    path: option,
    detail: 'it is larger than a file of this kind may be',
    info: { most: MAX_WHOLE_FILE },
  })

async function readAll(stream: AsyncIterable<Uint8Array>, option: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size > MAX_WHOLE_FILE) throw tooLarge(option)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Inputs that somebody has begun to read. */
const taken = new WeakSet<AsyncIterable<Uint8Array>>()

/** Standard input, once: whoever reads it again would find it empty, and an empty answer is an answer. */
async function* standardInput(io: Io, option: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (taken.has(io.stdin)) throw cliError('PHI_CLI_USAGE', { detail: 'standard input can be read once, and stands twice' })
  taken.add(io.stdin)
  yield* readable(() => io.stdin, option, io)
}

/** A stream whose failures are errors of a file. One that was stopped fails as it is: whoever runs the command knows why. */
async function* readable(
  opened: () => AsyncIterable<Uint8Array>,
  option: string,
  io: Io,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* opened()
  } catch (error) {
    throw io.signal.aborted || isPhiError(error) ? error : fileError(error, option)
  }
}

/** Text in UTF-8. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function readText(io: Io, given: string, option: string): Promise<string> {
  const bytes = await readWhole(io, given, option)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw cliError('PHI_CLI_FILE_CONTENT', { path: option, detail: 'it is not text in UTF-8' })
  }
}

/** JSON, as a value that nobody has checked yet. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
export async function readJson(io: Io, given: string, option: string): Promise<unknown> {
  const text = await readText(io, given, option)
  try {
    return JSON.parse(text)
  } catch {
    throw cliError('PHI_CLI_FILE_CONTENT', { path: option, detail: 'it is not JSON' })
  }
}

/**
 * JSON of a shape. Messages name the place in the words of the schema, and no key or value of the file.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT
 */
export async function readShape<Schema extends z.ZodType>(
  io: Io,
  given: string,
  option: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const value = await readJson(io, given, option)
  return parseAs(schema, value, '', ({ path = '', detail }) =>
    cliError('PHI_CLI_FILE_CONTENT', {
      path: option,
      detail: [path.replace(/^\./, ''), detail].filter((each) => each !== undefined && each !== '').join(' '),
    }),
  )
}

/**
 * A file as a stream of bytes, for what may be larger than memory; standard input for `-`. Ctrl-C does not end that of a file: look at
 * `io.signal` between its pieces.
 * @throws PhiError PHI_CLI_FILE; PHI_CLI_USAGE where standard input was read before
 */
export async function* streamFile(io: Io, given: string, option: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (given === '-') yield* standardInput(io, option)
  else yield* readable(() => createReadStream(pathOf(io, given)), option, io)
}

/**
 * Writes a file whole or not at all: beside the target first, then renamed. An existing one stays unless `replace`.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_EXISTS
 */
export async function writeWhole(
  io: Io,
  given: string,
  option: string,
  content: string | Uint8Array,
  { replace = false, secret = false }: { replace?: boolean; secret?: boolean } = {},
): Promise<void> {
  const path = pathOf(io, given)
  const beside = join(dirname(path), `.phi-${randomUUID()}.new`)
  try {
    try {
      await writeFile(beside, content, { flag: 'wx', mode: secret ? 0o600 : 0o644, flush: true })
      // A link is refused where something stands, in one step; a rename takes its place in one step.
      if (replace) await rename(beside, path)
      else await link(beside, path).catch((error) => copied(error, beside, path))
    } finally {
      await rm(beside, { force: true })
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') throw cliError('PHI_CLI_EXISTS', { path: option })
    throw fileError(error, option)
  }
}

/** For file systems that have no links: not in one step, and still never over something. */
async function copied(error: unknown, from: string, to: string): Promise<void> {
  const { code } = error as { code?: unknown }
  if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS' && code !== 'EMLINK') throw error
  await copyFile(from, to, constants.COPYFILE_EXCL)
}
