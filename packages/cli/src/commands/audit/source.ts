import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cliError } from '../../errors.ts'
import { fileError, pathOf, streamFile } from '../../files.ts'
import type { Io } from '../../io.ts'

export const sourceKinds = ['lines', 'bundle', 'accounting', 'tiles', 'proof', 'database'] as const
export type SourceKind = (typeof sourceKinds)[number]

/** What a source turned out to be, opened as a stream where it is one. */
export type Source =
  | { readonly kind: 'tiles'; readonly directory: string }
  | {
      readonly kind: Exclude<SourceKind, 'tiles' | 'database'>
      readonly head: string
      readonly bytes: AsyncIterable<Uint8Array>
    }

const OPTION = '<source>'
/** As much as is looked at to tell what it is. */
const HEAD_BYTES = 4096

const FORMATS = { log: 'lines', bundle: 'bundle', 'accounting-package': 'accounting' } as const

/** By its own mark, which all formats have; a JSON object without one in its beginning can only be a bundle with sorted keys. */
function kindOf(head: string): Exclude<SourceKind, 'tiles' | 'database'> | undefined {
  if (head.startsWith('c2sp.org/tlog-proof@')) return 'proof'
  const start = head.trimStart()
  if (!start.startsWith('{')) return undefined
  const [, format] = /"format"\s*:\s*"phi\.audit\/(log|bundle|accounting-package)@/.exec(start) ?? []
  if (format !== undefined) return FORMATS[format as keyof typeof FORMATS]
  return start.startsWith('{"checkpoint"') ? 'bundle' : undefined
}

/**
 * Looks at a file, a folder or standard input, and says what it holds.
 * @param forced what it is said to be: then its content is held to that
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT
 */
export async function openSource(io: Io, given: string, forced: Exclude<SourceKind, 'database'> | undefined): Promise<Source> {
  if (given !== '-') {
    const found = await stat(pathOf(io, given)).catch((error: unknown) => {
      throw fileError(error, OPTION)
    })
    if (found.isDirectory()) {
      if (forced !== undefined && forced !== 'tiles') throw unlike('it is a folder')
      const directory = pathOf(io, given)
      const hasCheckpoint = await stat(join(directory, 'checkpoint')).then(
        (entry) => entry.isFile(),
        () => false,
      )
      if (!hasCheckpoint) throw unlike('the folder holds no checkpoint, so it is none of tiles')
      return { kind: 'tiles', directory }
    }
  }
  if (forced === 'tiles') throw unlike('tiles are a folder')
  const { head, bytes, close } = await peeked(streamFile(io, given, OPTION))
  const kind = forced ?? kindOf(head)
  if (kind === undefined) {
    await close()
    throw unlike('it is no log in lines, bundle, accounting, proof or folder of tiles')
  }
  return { kind, head, bytes }
}

const unlike = (detail: string) => cliError('PHI_CLI_FILE_CONTENT', { path: OPTION, detail })

/** The beginning of a stream, and the whole stream all the same. */
async function peeked(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ head: string; bytes: AsyncIterable<Uint8Array>; close: () => Promise<unknown> }> {
  const iterator = stream[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let size = 0
  while (size < HEAD_BYTES) {
    const { done, value } = await iterator.next()
    if (done === true) break
    first.push(value.slice())
    size += value.length
  }
  const head = Buffer.concat(first).subarray(0, HEAD_BYTES).toString('utf8')
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* first
      for (;;) {
        const { done, value } = await iterator.next()
        if (done === true) return
        yield value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { head, bytes: bytes(), close: async () => iterator.return?.() }
}

/** All of a source that is read as a whole: bundles and proofs. @throws PhiError PHI_CLI_FILE_CONTENT */
export async function wholeText(bytes: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of bytes) {
    size += part.length
    if (size > most) throw unlike('it is larger than a file of this kind may be')
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    throw unlike('it is not text in UTF-8')
  }
}
