import { equalBytes, fromUtf8, isPhiError, toBase64 } from '@phi/core'
import { type CompletedSubtree, hashLeaf } from '../merkle/index.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import type { Verifier } from '../note/index.ts'
import { Anchors, verifiersOf } from '../verify/checkpoints.ts'
import { EntryChecker } from '../verify/entry-checker.ts'
import { Findings } from '../verify/findings.ts'
import { assertAge, freshnessOf, makeReport } from '../verify/make-report.ts'
import type { VerificationReport } from '../verify/report.ts'
import { type ResumePoint, resumeOf, startOf } from '../verify/start.ts'
import { logVerifiers, type WitnessOptions, witnessingOf } from '../verify/witnessing.ts'
import { tilesError } from './errors.ts'
import { OpaqueChecker } from './opaque-checker.ts'
import type { TileFiles } from './tile-files.ts'

export interface VerifyTilesOptions extends WitnessOptions {
  /**
   * What the entries are. `v1` (default): leaves of this package's format, which are checked one by one for their place, their link
   * to the entry before, their origin and their time. `opaque`: any bytes; only that the signed root follows from them.
   */
  readonly leaves?: 'v1' | 'opaque'
  /** Further checkpoints held elsewhere, beside those that openTiles was given. */
  readonly trusted?: readonly string[]
  /** Go on from an earlier verification. Keep the point where you keep keys. */
  readonly from?: { readonly verified: ResumePoint }
  /** The time, in milliseconds, to compute ages by. */
  readonly now?: number
  /** How old the newest entry may be. Needs `now`. */
  readonly maxAgeMs?: number
  readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void
  /** Stops between two bundles; the run then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** How many findings are listed; the others are counted. Default 100. */
  readonly maxFindings?: number
}

/** What is verified. @internal */
export interface VerifiedTiles {
  readonly files: TileFiles
  readonly origin: string
  readonly note: string
  readonly keys: readonly (string | Verifier)[]
  readonly trusted: readonly string[]
}

/** Says that a file is not there, or is none, and not that it could not be read. */
const isGone = (error: unknown): boolean =>
  isPhiError(error, 'PHI_AUDIT_TILES_MISSING') || isPhiError(error, 'PHI_AUDIT_TILES_DAMAGED')

/**
 * Verifies a tile directory in one pass over the entries, in memory that does not grow with it: every entry, every link, every tile
 * that the checkpoint calls for, and the signed roots. Files that no entry of the checkpoint needs, such as partial tiles of
 * earlier checkpoints, are not looked at.
 * @internal
 */
export async function verifyTiles(
  { files, origin, note, keys, trusted }: VerifiedTiles,
  options: VerifyTilesOptions = {},
): Promise<VerificationReport & { readonly resume?: ResumePoint }> {
  options.signal?.throwIfAborted()
  assertAge(options)
  // Entries of other formats have no time that is known here.
  if (options.leaves === 'opaque' && options.maxAgeMs !== undefined)
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'maxAgeMs', detail: 'opaque entries have no time' })
  const findings = new Findings(options.maxFindings)
  const start = startOf(options.from?.verified)
  const witnessing = witnessingOf(options, findings)
  const verifiers = logVerifiers(keys, verifiersOf(keys), witnessing?.policy)
  const anchors = new Anchors(origin, verifiers, findings, witnessing)
  anchors.add(note, 'file')
  for (const text of [...trusted, ...(options.trusted ?? [])]) {
    const early = anchors.add(text, 'trusted')
    // Where the entries are not read again nothing can be said about a checkpoint that openTiles did not hold against the tiles.
    if (early !== undefined && early.size > 0 && early.size < start.size && !trusted.includes(text))
      findings.add('partial-range', { index: 0, between: { from: 0, to: early.size } })
  }
  const total = files.size
  const signed = anchors.largest ?? 0
  if (signed > total) findings.add('truncated-tail', { index: total, expected: String(signed), found: String(total) })
  const common = { origin, start, anchors, findings, reportsErased: false }
  const checker = options.leaves === 'opaque' ? new OpaqueChecker(common) : new EntryChecker(common)
  if (total < start.size) findings.add('rollback', { index: total, expected: String(start.size), found: String(total) })
  else await checkFiles(files, checker, findings, start.size, options)

  const { checked, withheld, recordedAt, next } = checker
  const anchoredTo = anchors.anchored(checker.chain.anchoredTo, start)
  if (total >= start.size && next < total)
    findings.add('truncated-tail', { index: next, expected: String(total), found: String(next) })
  if (checked === 0) findings.add('empty')
  else if (anchoredTo === 0) findings.add('unanchored')
  const freshness = freshnessOf(recordedAt, anchors.largest, options, findings)
  const to = Math.max(total, start.size)
  const report = makeReport(findings, { from: start.size, to, checked, anchoredTo, withheld }, freshness)
  return report.verdict === 'broken' ? report : { ...report, resume: { ...resumeOf(checker.chain, recordedAt), anchoredTo } }
}

async function checkFiles(
  files: TileFiles,
  checker: EntryChecker | OpaqueChecker,
  findings: Findings,
  from: number,
  { onProgress, signal }: VerifyTilesOptions,
): Promise<void> {
  const tiles = new TileComparison(files, findings)
  for (let first = from - (from % TILE_WIDTH); first < files.size; first += TILE_WIDTH) {
    signal?.throwIfAborted()
    const index = first / TILE_WIDTH
    const end = Math.min(files.size, first + TILE_WIDTH)
    const leaves = await bundleOf(files, index, findings, { from: Math.max(first, from), to: end })
    for (let at = Math.max(first, from); leaves !== undefined && at < end; at++) {
      const leaf = leaves[at - first] as Uint8Array
      await tiles.add({ level: 0, index: at, hash: hashLeaf(leaf) })
      checker.add({ index: at, leaf: checker instanceof OpaqueChecker ? leaf : textOf(leaf), open: {} })
    }
    // Once hashes are unknown, the tree says nothing about the tiles any more; but those of level 0 follow from the entries alone.
    for (const subtree of checker.chain.completed.splice(0)) if (!checker.chain.isDoubtful) await tiles.add(subtree)
    onProgress?.({ checked: checker.checked, total: files.size - from })
  }
  checker.end()
  for (const subtree of checker.chain.completed.splice(0)) if (!checker.chain.isDoubtful) await tiles.add(subtree)
  await tiles.end()
}

async function bundleOf(
  files: TileFiles,
  index: number,
  findings: Findings,
  between: { readonly from: number; readonly to: number },
): Promise<Uint8Array[] | undefined> {
  try {
    return await files.entries(index)
  } catch (error) {
    if (!isGone(error)) throw error
    // What is not there shows as a gap, or as a tail that was cut off.
    if (isPhiError(error, 'PHI_AUDIT_TILES_DAMAGED')) findings.add('malformed-leaf', { index: between.from, between })
    return undefined
  }
}

function textOf(leaf: Uint8Array): string | undefined {
  try {
    return fromUtf8(leaf)
  } catch {
    return undefined
  }
}

/** Compares tiles with the hashes that the entries make. Those of a level come in order. Holds one tile a level. */
class TileComparison {
  readonly #files: TileFiles
  readonly #findings: Findings
  readonly #pending = new Map<number, { from: number; hashes: Uint8Array[] }>()

  constructor(files: TileFiles, findings: Findings) {
    this.#files = files
    this.#findings = findings
  }

  async add({ level, index, hash }: CompletedSubtree): Promise<void> {
    let run = this.#pending.get(level)
    // Where a bundle is missing the run begins anew behind it.
    if (run !== undefined && run.from + run.hashes.length !== index) {
      await this.#compare(level, run)
      run = undefined
    }
    if (run === undefined) {
      run = { from: index, hashes: [] }
      this.#pending.set(level, run)
    }
    run.hashes.push(hash)
    if ((index + 1) % TILE_WIDTH !== 0) return
    await this.#compare(level, run)
  }

  async end(): Promise<void> {
    for (const [level, run] of [...this.#pending]) await this.#compare(level, run)
  }

  /** One finding a tile is enough to find it by, and names the first hash that is wrong. */
  async #compare(level: number, { from, hashes }: { from: number; hashes: readonly Uint8Array[] }): Promise<void> {
    this.#pending.delete(level)
    const tile = Math.floor(from / TILE_WIDTH)
    const width = TILE_WIDTH ** level
    const covering = (first: number, count: number) => ({
      index: first * width,
      between: { from: first * width, to: (first + count) * width },
    })
    let found: Uint8Array[]
    try {
      found = await this.#files.hashes(level, tile)
    } catch (error) {
      if (!isGone(error)) throw error
      const isMissing = isPhiError(error, 'PHI_AUDIT_TILES_MISSING')
      this.#findings.add(isMissing ? 'missing-tiles' : 'altered-tile', covering(from, hashes.length))
      return
    }
    const at = from - tile * TILE_WIDTH
    const wrong = hashes.findIndex((hash, i) => !equalBytes(hash, found[at + i] as Uint8Array))
    if (wrong < 0) return
    const detail = { expected: toBase64(hashes[wrong] as Uint8Array), found: toBase64(found[at + wrong] as Uint8Array) }
    this.#findings.add('altered-tile', { ...covering(from + wrong, 1), ...detail })
  }
}
