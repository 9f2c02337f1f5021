import { fromBase64, isPhiError } from '@phi/core'
import { auditError } from '../errors.ts'
import { consistencyProofFromTiles, frontierRoot, verifyConsistency } from '../merkle/index.ts'
import type { Verifier } from '../note/index.ts'
import { openingSealed } from '../sealed/open-batches.ts'
import type { Sealer } from '../sealed/sealer.ts'
import type { AuditStore, Head, LogKey, Pruned, StoredEntry } from '../store/store.ts'
import type { Start } from './chain.ts'
import { type Anchor, Anchors, verifiersOf } from './checkpoints.ts'
import { EntryChecker } from './entry-checker.ts'
import { Findings } from './findings.ts'
import { storeHashReader, unreadable } from './hash-reader.ts'
import { assertAge, freshnessOf, makeReport } from './make-report.ts'
import type { VerificationReport } from './report.ts'
import { type ResumePoint, resumeOf, startOf } from './start.ts'
import { TileChecker } from './tile-checker.ts'

export type { ResumePoint } from './start.ts'

import { logVerifiers, type WitnessOptions, witnessingOf } from './witnessing.ts'

export interface VerifyOptions extends WitnessOptions {
  /** Who may sign checkpoints: verifier keys (`name+id+base64`), or verifiers for other signature types. */
  readonly keys: readonly (string | Verifier)[]
  /**
   * Checkpoint notes held elsewhere. The ones in the store can be deleted together with the entries that they cover; these are
   * what shows it.
   */
  readonly trusted?: readonly string[]
  /**
   * Go on from an earlier verification. Keep the point where you keep keys: whoever can change it can hide what is before. It vouches for
   * entries and signatures, and not for witnesses: under a policy a witnessed checkpoint must be there.
   */
  readonly from?: { readonly verified: ResumePoint }
  /** Only the entries below this index. The verdict is then never `intact`. */
  readonly to?: number
  /** The time, in milliseconds, to compute ages by. */
  readonly now?: number
  /** How old the newest entry may be. Needs `now`. */
  readonly maxAgeMs?: number
  readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void
  /** Opens what is sealed and checks that too. Without it sealed groups are checked as the sealed texts they are. */
  readonly sealer?: Sealer
  /** Stops between two batches; the run then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** @internal What the caller found beside the entries. */
  readonly also?: (findings: Findings) => void
  /** How many findings are listed; the others are counted. Default 100. */
  readonly maxFindings?: number
}

/**
 * Verifies a log in a store: every entry, every link, every value, every checkpoint, the tile hashes and the head. One pass, in
 * memory that does not grow with the log. Entries appended meanwhile are left to the next run.
 *
 * What is wrong with the log stands in the report. What keeps it from being read is thrown: the store's own errors as they are,
 * PHI_AUDIT_VKEY for a key that is none, PHI_AUDIT_WITNESS_POLICY for a policy that is none, PHI_AUDIT_OPTIONS for a malformed resume
 * point, PHI_AUDIT_RANGE for a `to` outside.
 * @returns the report, with `resume` to go on from when nothing was broken
 */
export async function verifyLog(
  store: AuditStore<never>,
  log: LogKey,
  options: VerifyOptions,
): Promise<VerificationReport & { readonly resume?: ResumePoint }> {
  const claims = async () => (await store.prunes?.(log)) ?? []
  for (let run = 1; ; run++) {
    // Before the head: the entries that these name are then among those that are read.
    const pruned = await claims()
    const report = await verifyOnce(store, log, options, pruned)
    // Texts that were pruned while they were being read look as if they had been erased.
    if (report.coverage.withheld === 0 || run === MOST_RUNS || isEqual(await claims(), pruned)) return report
  }
}

/** How often a verification begins again because the log was pruned meanwhile, which happens once in a long while. */
const MOST_RUNS = 5

const isEqual = (some: readonly Pruned[], others: readonly Pruned[]): boolean =>
  some.length === others.length && some.every(({ to, event }, i) => to === others[i]?.to && event === others[i]?.event)

async function verifyOnce(
  store: AuditStore<never>,
  log: LogKey,
  options: VerifyOptions,
  pruned: readonly Pruned[],
): Promise<VerificationReport & { readonly resume?: ResumePoint }> {
  options.signal?.throwIfAborted()
  assertAge(options)
  const findings = new Findings(options.maxFindings)
  const witnessing = witnessingOf(options, findings)
  const verifiers = logVerifiers(options.keys, verifiersOf(options.keys), witnessing?.policy)
  const start = startOf(options.from?.verified)
  const anchors = new Anchors(log.origin, verifiers, findings, witnessing)
  // Checkpoints before the head: those issued from here on may be for entries that this run does not see.
  const early = verifiers.length === 0 ? [] : await readCheckpoints(store, log, options.trusted ?? [], start, anchors)
  const head = await store.head(log)
  const total = headSize(head, findings)
  const to = endOf(options.to, start.size, total)
  const signed = anchors.largest ?? 0
  if (signed > total) findings.add('truncated-tail', { index: total, expected: String(signed), found: String(total) })

  const checker = new EntryChecker({
    origin: log.origin,
    start,
    anchors,
    findings,
    reportsErased: true,
    pruned,
    now: options.now,
  })
  if (total < start.size) findings.add('rollback', { index: total, expected: String(start.size), found: String(total) })
  else {
    await compareEarly(store, log, start, early, findings)
    const tiles = new TileChecker(store, log, findings)
    const { sealer } = options
    const entries = store.read(log, { from: start.size, to })
    const batches = sealer === undefined ? entries : openingSealed(entries, log, sealer, findings, checker)
    await checkEntries(batches, checker, tiles, to - start.size, options)
    checker.end(to === head.size ? head : undefined)
    await tiles.end(checker.chain)
    if (to === total && findings.counts.break === 0) await checkBeyond(store, log, total, findings)
  }

  options.also?.(findings)
  const { checked, withheld, recordedAt } = checker
  const sealed = Math.max(0, checker.sealed)
  const anchoredTo = await anchoredBy(anchors, checker.chain.anchoredTo, { store, log, start, findings })
  if (checked === 0) findings.add('empty')
  if (to < total) findings.add('partial-range', { index: to, expected: String(total), found: String(to) })
  if (verifiers.length === 0) findings.add('no-keys')
  else if (checked > 0 && anchoredTo === 0) findings.add('unanchored')
  const freshness = freshnessOf(recordedAt, anchors.largest, options, findings)
  const report = makeReport(findings, { from: start.size, to, checked, anchoredTo, withheld, sealed }, freshness)
  if (report.verdict === 'broken') return report
  return { ...report, resume: { ...resumeOf(checker.chain, recordedAt), anchoredTo } }
}

function headSize({ size }: Head, findings: Findings): number {
  if (Number.isSafeInteger(size) && size >= 0) return size
  findings.add('head-mismatch')
  return 0
}

function endOf(to: number | undefined, from: number, total: number): number {
  if (to === undefined) return Math.max(total, from)
  if (!Number.isSafeInteger(to) || to < from || to > total) throw auditError('PHI_AUDIT_RANGE', { path: 'to' })
  return to
}

/** @returns the trusted ones that lie before the start, where the entries are not read again */
async function readCheckpoints(
  store: AuditStore<never>,
  log: LogKey,
  trusted: readonly string[],
  start: Start,
  anchors: Anchors,
): Promise<Anchor[]> {
  const early: Anchor[] = []
  for (const note of trusted) {
    const anchor = anchors.add(note, 'trusted')
    if (anchor !== undefined && anchor.size > 0 && anchor.size < start.size) early.push(anchor)
  }
  for (const note of await store.checkpoints(log)) anchors.add(note, 'store')
  return early
}

/**
 * Whether what was verified before continues the checkpoints that lie before it. The proof is made from the store's hashes, and
 * needs no trust in them: it either leads from the checkpoint's root to the verified one or not.
 */
async function compareEarly(
  store: AuditStore<never>,
  log: LogKey,
  start: Start,
  early: readonly Anchor[],
  findings: Findings,
): Promise<void> {
  const read = storeHashReader(store, log)
  for (const { size, root } of early) {
    const detail = { index: 0, between: { from: 0, to: size }, expected: root }
    try {
      const proof = await consistencyProofFromTiles({ size1: size, size2: start.size, read })
      const root2 = frontierRoot(start.frontier)
      const continues = verifyConsistency({ size1: size, size2: start.size, root1: fromBase64(root), root2, proof })
      if (!continues) findings.add('rewritten-history', detail)
    } catch (error) {
      if (!isPhiError(error) || !unreadable.has(error.code)) throw error
      findings.add('missing-tiles', detail)
    }
  }
}

/** How far signed checkpoints, or those that a policy asks for, anchor the entries. */
async function anchoredBy(
  anchors: Anchors,
  matched: number,
  { store, log, start, findings }: { store: AuditStore<never>; log: LogKey; start: Start; findings: Findings },
): Promise<number> {
  const anchoredTo = anchors.anchored(matched, start)
  if (!anchors.hasPolicy || anchoredTo === 0 || anchoredTo >= start.size) return anchoredTo
  // What was verified before says nothing about a checkpoint that was put into the store since.
  const breaks = findings.counts.break
  await compareEarly(store, log, start, anchors.of(anchoredTo), findings)
  return findings.counts.break === breaks ? anchoredTo : 0
}

async function checkEntries(
  batches: AsyncIterable<readonly StoredEntry[]>,
  checker: EntryChecker,
  tiles: TileChecker,
  total: number,
  { onProgress, signal }: VerifyOptions,
): Promise<void> {
  for await (const batch of readAhead(batches)) {
    signal?.throwIfAborted()
    for (const entry of batch) checker.add(entry)
    await tiles.take(checker.chain)
    onProgress?.({ checked: checker.checked, total })
  }
}

/** Asks for the next batch before the last one is checked, so that the database reads while this process hashes. */
async function* readAhead<Batch>(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  const iterator = batches[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    for (;;) {
      const { done, value } = await next
      if (done === true) return
      next = iterator.next()
      next.catch(() => {}) // It is awaited in the next turn, and must not count as unhandled until then.
      // The request leaves only when this process waits; and others that share it get their turn between two batches.
      await turn()
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })

/** Whether there are rows after the end of the log, and whether the end has moved backwards meanwhile. */
async function checkBeyond(store: AuditStore<never>, log: LogKey, size: number, findings: Findings): Promise<void> {
  let isFollowed = false
  for await (const batch of store.read(log, { from: size, to: size + 1 })) isFollowed ||= batch.length > 0
  // The head after the row: a row that was there in between belongs to a log whose head has moved on by now.
  const now = (await store.head(log)).size
  if (now < size) findings.add('rollback', { index: now, expected: String(size), found: String(now) })
  else if (now === size && isFollowed) findings.add('head-mismatch', { index: size, expected: String(size) })
}
