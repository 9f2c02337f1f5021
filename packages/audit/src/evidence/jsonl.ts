import { isPhiError } from '@phi/core'
import { z } from 'zod'
import { auditError } from '../errors.ts'
import { emptyHead } from '../head.ts'
import { parseOrigin } from '../leaf.ts'
import { emptyFrontier } from '../merkle/index.ts'
import type { Verifier } from '../note/index.ts'
import type { AuditStore, LogKey } from '../store/store.ts'
import { Anchors, verifiersOf } from '../verify/checkpoints.ts'
import { EntryChecker } from '../verify/entry-checker.ts'
import { Findings } from '../verify/findings.ts'
import { freshnessOf, makeReport } from '../verify/make-report.ts'
import type { VerificationReport } from '../verify/report.ts'
import { checkpointOf } from './bundle.ts'
import { type Disclosure, disclosed } from './disclose.ts'
import { readJson } from './json.ts'
import { entrySchema, noteSchema, parseFormat } from './schema.ts'

const LINES_FORMAT = 'phi.audit/log@v1'

/** The longest line that is read, in UTF-16 code units: five groups of 64 KiB, each character of which may be escaped. */
export const MAX_LINE_LENGTH = 4 * 1024 * 1024

function isOrigin(text: string): boolean {
  try {
    return parseOrigin(text) === text
  } catch {
    return false
  }
}

const headerSchema = z.strictObject({
  format: z.literal(LINES_FORMAT),
  origin: z.string().refine(isOrigin),
  size: z.int().min(0),
})
const footerSchema = z.strictObject({ checkpoint: noteSchema })

/**
 * One line. U+2028 and U+2029 may stand in JSON as they are, and are written as escapes all the same: there are readers of
 * lines, `node:readline` among them, that take them for the end of one.
 */
const lineOf = (value: unknown): string =>
  `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`

/**
 * Writes a log as JSON lines (`*.phi-audit.jsonl`): a header, the entries that the checkpoint covers, the checkpoint. Every line
 * ends in a newline. What the store holds is written as it is: verifyLines tells whether it is whole.
 * @param options.open the groups to disclose: the same of all entries, or for each by its index. Default all
 * @throws PhiError PHI_AUDIT_FORMAT when the note is no checkpoint of this log
 */
export async function* exportLines(
  store: AuditStore<never>,
  log: LogKey,
  checkpointNote: string,
  options: { readonly open?: Disclosure } = {},
): AsyncGenerator<string> {
  const { size } = checkpointOf(checkpointNote, log)
  yield lineOf({ format: LINES_FORMAT, origin: log.origin, size })
  for await (const batch of store.read(log, { from: 0, to: size })) {
    for (const entry of batch) {
      yield lineOf({ index: entry.index, leaf: entry.leaf, open: disclosed(entry, options.open) })
    }
  }
  yield lineOf({ checkpoint: checkpointNote })
}

/**
 * Verifies a log in JSON lines, offline and in one pass: the same checks as of a log in a store, save for the tile hashes and the
 * head, which the file does not have. Lines may come with or without their newline.
 * @throws PhiError PHI_AUDIT_FORMAT when the first line is no header or a line is longer than 4 Mi characters; PHI_AUDIT_VKEY when
 * a key is none; what reading the lines throws
 */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: {
    readonly keys: readonly (string | Verifier)[]
    readonly trusted?: readonly string[]
    readonly now?: number
    readonly maxAgeMs?: number
    readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void
    readonly maxFindings?: number
  },
): Promise<VerificationReport> {
  const checking = linesChecker(options)
  for await (const line of lines) checking.add(line)
  return checking.end()
}

/** The same, a line at a time, for who has lines passing by. @throws PhiError as verifyLines does */
export function linesChecker(options: Parameters<typeof verifyLines>[1]): {
  add(line: string): void
  end(): VerificationReport
} {
  let check: LinesCheck | undefined
  return {
    add(line) {
      if (typeof line !== 'string') throw auditError('PHI_AUDIT_FORMAT', { detail: 'a line is not text' })
      const text = line.endsWith('\n') ? line.slice(0, -1) : line
      if (check === undefined)
        check = new LinesCheck(parseFormat(headerSchema, readJson(text, MAX_LINE_LENGTH), 'header'), options)
      else check.add(text)
    },
    end() {
      if (check === undefined) throw auditError('PHI_AUDIT_FORMAT', { detail: 'it is empty' })
      return check.end()
    },
  }
}

type Options = Parameters<typeof verifyLines>[1]

const PROGRESS_EVERY = 1000

class LinesCheck {
  readonly #header: z.output<typeof headerSchema>
  readonly #options: Options
  readonly #findings: Findings
  readonly #verifiers: readonly Verifier[]
  readonly #anchors: Anchors
  readonly #checker: EntryChecker
  #note: string | undefined

  constructor(header: z.output<typeof headerSchema>, options: Options) {
    this.#header = header
    this.#options = options
    this.#findings = new Findings(options.maxFindings)
    this.#verifiers = verifiersOf(options.keys)
    this.#anchors = new Anchors(header.origin, this.#verifiers, this.#findings)
    if (this.#verifiers.length > 0) for (const note of options.trusted ?? []) this.#anchors.add(note, 'trusted')
    const start = { ...emptyHead, frontier: emptyFrontier, anchoredTo: 0 }
    const { origin } = header
    this.#checker = new EntryChecker({ origin, start, anchors: this.#anchors, findings: this.#findings, reportsErased: false })
  }

  add(line: string): void {
    if (this.#note !== undefined) {
      this.#findings.add('trailing-lines')
      return
    }
    const value = this.#read(line)
    const isFooter = typeof value === 'object' && value !== null && 'checkpoint' in value
    if (isFooter && footerSchema.safeParse(value).success) this.#note = (value as { checkpoint: string }).checkpoint
    // A line that is no entry still takes up an entry's place, so that the ones after it are judged on their own.
    else this.#checker.add(entrySchema.safeParse(value).success ? value : undefined)
    const { checked } = this.#checker
    if (checked % PROGRESS_EVERY === 0) this.#options.onProgress?.({ checked, total: this.#header.size })
  }

  #read(line: string): unknown {
    if (line.length > MAX_LINE_LENGTH) throw auditError('PHI_AUDIT_FORMAT', { detail: 'a line is too long' })
    try {
      return readJson(line, MAX_LINE_LENGTH)
    } catch (error) {
      if (isPhiError(error, 'PHI_AUDIT_FORMAT')) return undefined
      throw error
    }
  }

  end(): VerificationReport {
    const checker = this.#checker
    const findings = this.#findings
    const hasKeys = this.#verifiers.length > 0
    const anchor = this.#note === undefined || !hasKeys ? undefined : this.#anchors.add(this.#note, 'file')
    checker.end()
    if (anchor !== undefined) checker.chain.compare(anchor)
    const total = checker.next
    const { size } = this.#header
    if (total > size || (anchor !== undefined && anchor.size !== size)) {
      findings.add('head-mismatch', { index: size, expected: String(size), found: String(anchor?.size ?? total) })
    }
    const signed = this.#anchors.largest
    const longest = Math.max(size, signed ?? 0)
    if (total < longest) findings.add('truncated-tail', { index: total, expected: String(longest), found: String(total) })
    const { checked, withheld, recordedAt } = checker
    const { anchoredTo } = checker.chain
    if (checked === 0) findings.add('empty')
    if (!hasKeys) findings.add('no-keys')
    else if (checked > 0 && anchoredTo === 0) findings.add('unanchored')
    const freshness = freshnessOf(recordedAt, signed, this.#options, findings)
    return makeReport(findings, { from: 0, to: total, checked, anchoredTo, withheld }, freshness)
  }
}
