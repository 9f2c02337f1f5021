import { fromUtf8 } from '@phi/core'
import { emptyHead } from '../head.ts'
import { emptyFrontier } from '../merkle/index.ts'
import { Anchors } from '../verify/checkpoints.ts'
import { EntryChecker } from '../verify/entry-checker.ts'
import { Findings } from '../verify/findings.ts'
import { checkpointOf } from './bundle.ts'
import { readJson } from './json.ts'
import { linesError } from './jsonl-errors.ts'
import { footerSchema, headerSchema, type LinesHeader, MAX_LINE_LENGTH } from './jsonl-format.ts'
import { entrySchema } from './schema.ts'

/** What is there of an export of lines that may have been cut off. */
export interface LinesState {
  /** The first line. Undefined: not even that is whole, and the export begins anew. */
  readonly header?: LinesHeader
  /** The index of the next entry. */
  readonly next: number
  /** Entry hash of the last entry, base64; 32 zero bytes before the first. */
  readonly lastHash: string
  /** The file's length up to the end of its last whole line, in bytes. Cut it there before going on. */
  readonly keep: number
  /** How many bytes come after that: the torn line. */
  readonly torn: number
  /** The checkpoint is there as well, and nothing is left to be done. */
  readonly isComplete: boolean
}

const NEWLINE = 0x0a
/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const MAX_LINE_BYTES = 3 * MAX_LINE_LENGTH

const damaged = (detail: string, index?: number) =>
  linesError('PHI_AUDIT_LINES_DAMAGED', index === undefined ? { detail } : { detail, info: { index } })

/**
 * Reads what is there of an export, as bytes, and says where to go on. A last line without its newline is torn and counted, never
 * believed. The whole lines are checked as verifyLines checks them, save for the signature, which comes last.
 * @throws PhiError PHI_AUDIT_LINES_DAMAGED, with the index where there is one, when a whole line is not the next of a log; what
 * reading the bytes throws
 */
export async function resumeLines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<LinesState> {
  const reading = new PartialLines()
  const parts: Uint8Array[] = []
  let pending = 0
  let keep = 0
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw damaged('the file was not read as bytes')
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, end))
      pending += end - from
      if (pending > MAX_LINE_BYTES) throw damaged('a line is too long', reading.next)
      reading.add(joined(parts.splice(0), pending))
      keep += pending + 1
      pending = 0
      from = end + 1
    }
    // A copy: a stream may use its buffer again.
    if (from < chunk.length) parts.push(chunk.slice(from))
    pending += chunk.length - from
    if (pending > MAX_LINE_BYTES) throw damaged('a line is too long', reading.next)
  }
  return { ...reading.end(), keep, torn: pending }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

class PartialLines {
  #header: LinesHeader | undefined
  #checker: EntryChecker | undefined
  readonly #findings = new Findings(1)
  #isComplete = false

  get next(): number {
    return this.#checker?.next ?? 0
  }

  add(line: Uint8Array): void {
    if (this.#isComplete) throw damaged('it goes on after its end')
    const value = this.#parse(line)
    if (this.#checker === undefined) this.#begin(value)
    else if (entrySchema.safeParse(value).success) this.#entry(this.#checker, value)
    else this.#footer(value)
  }

  end(): Pick<LinesState, 'header' | 'next' | 'lastHash' | 'isComplete'> {
    this.#checker?.end()
    this.#assertWhole(this.next)
    const lastHash = this.#checker?.chain.lastHash ?? emptyHead.lastHash
    const header = this.#header === undefined ? {} : { header: this.#header }
    return { ...header, next: this.next, lastHash, isComplete: this.#isComplete }
  }

  #parse(line: Uint8Array): unknown {
    try {
      return readJson(fromUtf8(line), MAX_LINE_LENGTH)
    } catch {
      throw damaged('a line is no JSON', this.next)
    }
  }

  #begin(value: unknown): void {
    const header = headerSchema.safeParse(value)
    if (!header.success) throw damaged('the first line is no header')
    this.#header = header.data
    const { origin } = header.data
    const start = { ...emptyHead, frontier: emptyFrontier, anchoredTo: 0 }
    const findings = this.#findings
    const anchors = new Anchors(origin, [], findings)
    this.#checker = new EntryChecker({ origin, start, anchors, findings, reportsErased: false })
  }

  #entry(checker: EntryChecker, value: unknown): void {
    const index = checker.next
    if (index >= (this.#header as LinesHeader).size) throw damaged('it has more entries than its header says', index)
    checker.add(value)
    this.#assertWhole(index)
  }

  #footer(value: unknown): void {
    const footer = footerSchema.safeParse(value)
    const { origin, size } = this.#header as LinesHeader
    if (!footer.success) throw damaged('a line is no entry', this.next)
    if (this.next !== size) throw damaged('entries are missing', this.next)
    try {
      if (checkpointOf(footer.data.checkpoint, { tenant: '', origin }).size !== size) throw damaged('its checkpoint is another')
    } catch {
      throw damaged('its checkpoint is another')
    }
    this.#isComplete = true
  }

  #assertWhole(index: number): void {
    if (this.#findings.counts.break > 0)
      throw damaged('an entry was altered', this.#findings.list().findings[0]?.index ?? index)
  }
}
