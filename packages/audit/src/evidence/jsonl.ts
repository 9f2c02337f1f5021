import { isPhiError } from '@phi/core'
import { auditError } from '../errors.ts'
import { emptyHead } from '../head.ts'
import { entryHash } from '../leaf.ts'
import type { Verifier } from '../note/index.ts'
import type { AuditStore, LogKey } from '../store/store.ts'
import type { Start } from '../verify/chain.ts'
import { Anchors, verifiersOf } from '../verify/checkpoints.ts'
import { EntryChecker } from '../verify/entry-checker.ts'
import { Findings } from '../verify/findings.ts'
import { assertAge, freshnessOf, makeReport } from '../verify/make-report.ts'
import type { VerificationReport } from '../verify/report.ts'
import { type ResumePoint, resumeOf, startOf } from '../verify/start.ts'
import { logVerifiers, type WitnessOptions, witnessingOf } from '../verify/witnessing.ts'
import { checkpointOf } from './bundle.ts'
import { type Disclosure, disclosed } from './disclose.ts'
import { readJson } from './json.ts'
import { linesError } from './jsonl-errors.ts'
import { footerSchema, headerSchema, LINES_FORMAT, type LinesHeader, MAX_LINE_LENGTH } from './jsonl-format.ts'
import type { LinesState } from './jsonl-resume.ts'
import { entrySchema, parseFormat } from './schema.ts'

export { MAX_LINE_LENGTH } from './jsonl-format.ts'
export { type LinesState, resumeLines } from './jsonl-resume.ts'

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
 * @param options.from what is there already of an export that was cut off: only what is missing is written
 * @throws PhiError PHI_AUDIT_FORMAT when the note is no checkpoint of this log; PHI_AUDIT_LINES_RESUME when what is there is not of
 * this log at this checkpoint
 */
export async function* exportLines(
  store: AuditStore<never>,
  log: LogKey,
  checkpointNote: string,
  options: { readonly open?: Disclosure; readonly from?: LinesState } = {},
): AsyncGenerator<string> {
  const { size } = checkpointOf(checkpointNote, log)
  const { from: state } = options
  if (state?.header === undefined) yield lineOf({ format: LINES_FORMAT, origin: log.origin, size })
  else await assertContinues(store, log, size, state)
  if (state?.isComplete === true) return
  const from = state?.header === undefined ? 0 : state.next
  for await (const batch of store.read(log, { from, to: size })) {
    for (const entry of batch) {
      yield lineOf({ index: entry.index, leaf: entry.leaf, open: disclosed(entry, options.open) })
    }
  }
  yield lineOf({ checkpoint: checkpointNote })
}

/** That what is there is the beginning of this log: its last entry is ours, and with it, by their links, all before it. */
async function assertContinues(store: AuditStore<never>, log: LogKey, size: number, state: LinesState): Promise<void> {
  const { header, next, lastHash } = state
  if (header?.origin !== log.origin) throw linesError('PHI_AUDIT_LINES_RESUME', { path: 'origin' })
  if (header.size !== size) throw linesError('PHI_AUDIT_LINES_RESUME', { path: 'size', info: { size: header.size } })
  if (!Number.isSafeInteger(next) || next < 0 || next > size) throw linesError('PHI_AUDIT_LINES_RESUME', { path: 'next' })
  let hash = emptyHead.lastHash
  if (next > 0) for await (const batch of store.read(log, { from: next - 1, to: next })) hash = entryHash(batch[0]?.leaf ?? '')
  if (hash !== lastHash) throw linesError('PHI_AUDIT_LINES_RESUME', { path: 'lastHash', info: { index: next - 1 } })
}

/** The checkpoint of exactly that size that the store keeps, for going on with an export that was begun with it: the newest that will do. */
export async function checkpointOfSize(
  store: AuditStore<never>,
  log: LogKey,
  size: number,
  willDo: (note: string) => boolean = () => true,
): Promise<string | undefined> {
  for (const note of (await store.checkpoints(log)).toReversed()) {
    try {
      if (checkpointOf(note, log).size === size && willDo(note)) return note
    } catch (error) {
      // Another log's note, or a damaged one: verify() reports it.
      if (!isPhiError(error, 'PHI_AUDIT_FORMAT')) throw error
    }
  }
  return undefined
}

/**
 * Verifies a log in JSON lines, offline and in one pass: the same checks as of a log in a store, save for the tile hashes and the
 * head, which the file does not have. Lines may come with or without their newline. With `from` the lines of entries that were
 * verified before are stepped over without being read: keep that point where you keep keys.
 * @returns the report, with `resume` to go on from, in a later and longer export of the same log, when nothing was broken
 * @throws PhiError PHI_AUDIT_FORMAT when the first line is no header or a line is longer than 4 Mi characters; PHI_AUDIT_VKEY when
 * a key is none; PHI_AUDIT_WITNESS_POLICY when a policy is none; what reading the lines throws
 */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: {
    readonly keys: readonly (string | Verifier)[]
    readonly trusted?: readonly string[]
    readonly from?: { readonly verified: ResumePoint }
    readonly now?: number
    readonly maxAgeMs?: number
    readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void
    readonly maxFindings?: number
  } & WitnessOptions,
): Promise<VerificationReport & { readonly resume?: ResumePoint }> {
  const checking = linesChecker(options)
  for await (const line of lines) checking.add(line)
  return checking.end()
}

/** The same, a line at a time, for who has lines passing by. @throws PhiError as verifyLines does */
export function linesChecker(options: Parameters<typeof verifyLines>[1]): {
  add(line: string): void
  end(): VerificationReport & { readonly resume?: ResumePoint }
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
  readonly #header: LinesHeader
  readonly #options: Options
  readonly #findings: Findings
  readonly #verifiers: readonly Verifier[]
  readonly #anchors: Anchors
  readonly #checker: EntryChecker
  readonly #start: Start
  /** How many lines of entries that were verified before were stepped over. */
  #skipped = 0
  #note: string | undefined

  constructor(header: LinesHeader, options: Options) {
    this.#header = header
    this.#options = options
    assertAge(options)
    this.#start = startOf(options.from?.verified)
    const start = this.#start
    this.#findings = new Findings(options.maxFindings)
    const witnessing = witnessingOf(options, this.#findings)
    this.#verifiers = logVerifiers(options.keys, verifiersOf(options.keys), witnessing?.policy)
    this.#anchors = new Anchors(header.origin, this.#verifiers, this.#findings, witnessing)
    if (this.#verifiers.length > 0) for (const note of options.trusted ?? []) this.#trust(note)
    const { origin } = header
    this.#checker = new EntryChecker({ origin, start, anchors: this.#anchors, findings: this.#findings, reportsErased: false })
  }

  #trust(note: string): void {
    const anchor = this.#anchors.add(note, 'trusted')
    // Entries before the start are not read again, and a file has no hashes to prove anything about them.
    if (anchor !== undefined && anchor.size > 0 && anchor.size < this.#start.size)
      this.#findings.add('partial-range', { index: 0, between: { from: 0, to: anchor.size } })
  }

  add(line: string): void {
    if (this.#skipped < this.#start.size) {
      this.#skipped++
      return
    }
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
    if (checked % PROGRESS_EVERY === 0)
      this.#options.onProgress?.({ checked, total: Math.max(0, this.#header.size - this.#start.size) })
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

  end(): VerificationReport & { readonly resume?: ResumePoint } {
    const checker = this.#checker
    const findings = this.#findings
    const hasKeys = this.#verifiers.length > 0
    const anchor = this.#note === undefined || !hasKeys ? undefined : this.#anchors.add(this.#note, 'lines')
    checker.end()
    if (anchor !== undefined) checker.chain.compare(anchor)
    const { size } = this.#header
    const from = this.#start.size
    const isShorter = size < from || this.#skipped < from
    const total = isShorter ? Math.min(size, this.#skipped) : checker.next
    if (isShorter) findings.add('rollback', { index: total, expected: String(from), found: String(total) })
    if (total > size || (anchor !== undefined && anchor.size !== size)) {
      findings.add('head-mismatch', { index: size, expected: String(size), found: String(anchor?.size ?? total) })
    }
    const signed = this.#anchors.largest
    const longest = Math.max(size, signed ?? 0)
    if (total < longest) findings.add('truncated-tail', { index: total, expected: String(longest), found: String(total) })
    const { checked, withheld, recordedAt } = checker
    const anchoredTo = this.#anchors.anchored(checker.chain.anchoredTo, this.#start)
    if (checked === 0) findings.add('empty')
    if (!hasKeys) findings.add('no-keys')
    // An export ends in its checkpoint. Without it, entries that no other checkpoint covers could be anybody's, wherever checking began.
    else if (checked > 0 && (anchoredTo === 0 || (this.#note === undefined && anchoredTo < total))) findings.add('unanchored')
    const freshness = freshnessOf(recordedAt, signed, this.#options, findings)
    const report = makeReport(findings, { from, to: Math.max(from, total), checked, anchoredTo, withheld }, freshness)
    return report.verdict === 'broken' ? report : { ...report, resume: { ...resumeOf(checker.chain, recordedAt), anchoredTo } }
  }
}
