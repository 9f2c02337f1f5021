import { canonicalJson, sha256, toHex, utf8 } from '@phi/core'
import type { HoldEvent, RetentionStore, StoredRecord } from '@phi/retention'
import * as z from 'zod'
import { cliError } from '../../errors.ts'
import { readJson, streamFile } from '../../files.ts'
import type { Io } from '../../io.ts'

/** A line longer than this is no record: facts of a record are a few hundred bytes. */
const MAX_LINE = 1_048_576

/** So many records are put in order in memory. More have to come in the order of their ids. */
const MAX_SORTED = 200_000

const wrong = (detail: string, line: number) => cliError('PHI_CLI_FILE_CONTENT', { path: 'records', detail, info: { line } })

/** The lines of a stream of bytes, without their ends; empty ones are left out. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT */
async function* linesOf(
  io: Io,
  path: string,
): AsyncGenerator<{ readonly text: string; readonly line: number }, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 0
  const decoded = (part?: Uint8Array): string => {
    try {
      return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true })
    } catch {
      throw wrong('it is not text in UTF-8', line + 1)
    }
  }
  for await (const part of streamFile(io, path, 'records')) {
    io.signal.throwIfAborted()
    const lines = (rest + decoded(part)).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      line += 1
      if (text.length > MAX_LINE) throw wrong('a line is longer than a record can be', line)
      if (text.trim() !== '') yield { text, line }
    }
    if (rest.length > MAX_LINE) throw wrong('a line is longer than a record can be', line + 1)
  }
  rest += decoded()
  if (rest.trim() !== '') yield { text: rest, line: line + 1 }
}

const storedSchema = z.strictObject({ id: z.string(), version: z.string(), record: z.unknown() })

export interface RecordLine extends StoredRecord {
  readonly line: number
}

/** A record, or a record with its version as a store hands it out. Without one, the version is a hash of its facts. */
function recordOf(text: string, line: number): RecordLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('a line is not JSON', line)
  }
  const stored = storedSchema.safeParse(value)
  if (stored.success) return { ...stored.data, line }
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  if (typeof id !== 'string') throw wrong('a line is no record with an id', line)
  let version: string
  try {
    version = toHex(sha256(utf8(canonicalJson(value as never))))
  } catch {
    throw wrong('a line holds what no record can', line)
  }
  return { id, version, record: value, line }
}

/** The records of JSON lines, as a stream. @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT with the number of the line */
export async function* recordsOf(io: Io, path: string): AsyncGenerator<RecordLine, void, undefined> {
  for await (const { text, line } of linesOf(io, path)) yield recordOf(text, line)
}

/** The order of ids: that of their UTF-8 bytes. */
const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const never = async (): Promise<never> => {
  throw cliError('PHI_CLI_USAGE', { detail: 'records of a file can be planned, and nothing can be deleted from it' })
}

/** Facts about holds of a file: a list, each of which is read by the library. @throws PhiError PHI_RETENTION_HOLD */
export async function readHoldFile(io: Io, path: string | undefined): Promise<readonly HoldEvent[]> {
  if (path === undefined) return []
  const value = await readJson(io, path, '--holds')
  if (!Array.isArray(value))
    throw cliError('PHI_CLI_FILE_CONTENT', { path: '--holds', detail: 'it is no list of facts about holds' })
  const { parseHoldEvent } = await import('@phi/retention')
  return value.map(parseHoldEvent)
}

/**
 * A store to plan on, whose records are the lines of a file: a few are put in order, many are read as they come and must be in order. It is
 * read from the beginning to the end, once. `close` lets the file go where it was not read to its end.
 * @throws PhiError PHI_CLI_FILE_CONTENT where more records than can be sorted are out of order, or an id comes twice
 */
export function lineStore(
  io: Io,
  path: string,
  holds: readonly HoldEvent[],
  most = MAX_SORTED,
): RetentionStore & { close(): Promise<void> } {
  const rows = recordsOf(io, path)
  let head: RecordLine[] | undefined
  let at = 0
  let last: string | undefined

  async function begin(): Promise<RecordLine[]> {
    const first: RecordLine[] = []
    let isAll = false
    while (first.length < most) {
      const { value, done } = await rows.next()
      if (done === true || value === undefined) {
        isAll = true
        break
      }
      first.push(value)
    }
    return isAll ? first.sort((a, b) => compare(a.id, b.id)) : first
  }

  async function next(): Promise<RecordLine | undefined> {
    head ??= await begin()
    const row = at < head.length ? head[at++] : (await rows.next()).value
    if (at === head.length && at > 0) {
      // What was handed out is let go: a long file does not stay in memory.
      head = []
      at = 0
    }
    if (row === undefined) return undefined
    const order = last === undefined ? -1 : compare(last, row.id)
    if (order === 0) throw wrong('an id comes twice', row.line)
    if (order > 0) throw wrong(`more than ${most} records must come in the order of their ids`, row.line)
    last = row.id
    return row
  }

  return {
    async records(_after, limit) {
      const page: StoredRecord[] = []
      while (page.length < limit) {
        const row = await next()
        if (row === undefined) break
        page.push({ id: row.id, version: row.version, record: row.record })
      }
      return page
    },
    async close() {
      await rows.return()
    },
    holds: async () => holds,
    get: never,
    appendHold: never,
    dispose: never,
    receipts: never,
    progress: never,
    saveProgress: never,
  }
}
