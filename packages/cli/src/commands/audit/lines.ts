import { isUtf8 } from 'node:buffer'
import { cliError } from '../../errors.ts'

/** The longest line that is read, in bytes: a line of the log's own has at most 4 Mi characters, of three bytes at most. */
const MAX_LINE_BYTES = 3 * 4 * 1024 * 1024

/** Stands for a line that is no UTF-8: no JSON either, so whoever checks the line says that it cannot be read. */
const UNREADABLE = '\ufffd'

/**
 * Bytes as lines, without their ends, in memory that does not grow with the stream. A line that is not UTF-8 is not repaired, since a
 * repaired one could pass for another.
 * @param option what the command line calls the stream
 * @throws PhiError PHI_CLI_FILE_CONTENT for a line of more than 12 MiB; what the stream throws
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, option: string): AsyncGenerator<string, void, undefined> {
  let parts: Uint8Array[] = []
  let pending = 0
  const take = (part: Uint8Array) => {
    pending += part.length
    if (pending > MAX_LINE_BYTES) throw cliError('PHI_CLI_FILE_CONTENT', { path: option, detail: 'a line is too long' })
    parts.push(part)
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      take(chunk.subarray(from, end))
      yield textOf(parts, pending)
      parts = []
      pending = 0
      from = end + 1
    }
    // A copy: a stream may use its buffer again.
    if (from < chunk.length) take(chunk.slice(from))
  }
  if (pending > 0) yield textOf(parts, pending)
}

function textOf(parts: readonly Uint8Array[], length: number): string {
  const [first] = parts
  const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, length)
  if (!isUtf8(whole)) return UNREADABLE
  const end = whole.at(-1) === 0x0d ? length - 1 : length
  return Buffer.from(whole.buffer, whole.byteOffset, end).toString('utf8')
}
