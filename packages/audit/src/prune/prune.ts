import { type Clock, isInstant, sha256Parts, toHex, utf8 } from '@phi/core'
import { auditError } from '../errors.ts'
import type { AuditEventInput } from '../event.ts'
import { exportLines, linesChecker } from '../evidence/jsonl.ts'
import type { Exporter } from '../exporter.ts'
import { groupNames } from '../group.ts'
import { parseLeaf } from '../leaf.ts'
import { openNote, parseCheckpoint, type Verifier } from '../note/index.ts'
import type { Receipt } from '../receipt.ts'
import { type AuditRecord, readRecord } from '../record.ts'
import { openRecord } from '../sealed/open-record.ts'
import type { Sealer } from '../sealed/sealer.ts'
import type { AuditStore, LogKey, Pruned, StoredEntry } from '../store/store.ts'
import type { VerificationReport } from '../verify/report.ts'
import { verifyLog } from '../verify/verify.ts'
import { retentionFloor, yearsBefore } from './retention-floor.ts'

export interface PruneOptions {
  /** Entries recorded before this instant, UTC. At least six years back: `retentionFloor`. */
  readonly before: string
  /** On whose behalf. */
  readonly by: Exporter
  /**
   * Whether a record must stay, because of a litigation hold or anything else. Asked of every record in the order of the log; the first
   * that must stay ends the prefix. Asked again right before the texts go, also where an interrupted pruning is finished. Who holds
   * nothing says so: `() => false`. Sealed groups are opened for it; where `sealed` names one, its key was destroyed.
   */
  readonly isHeld: (record: AuditRecord) => boolean | Promise<boolean>
  /**
   * Checkpoints of this log that were kept elsewhere, at least one of which covers everything that is pruned. What is pruned cannot be
   * checked again, so it is checked now, against something that whoever owns the database could not have changed.
   */
  readonly corroboration: readonly string[]
  /**
   * Keeps the archive: JSON lines in which what is pruned is whole and all else is leaves only (`verifyLines` reads it).
   * @returns the SHA-256 of what was kept, 64 hexadecimal digits, worked out from what lies there and not from what was handed over
   */
  readonly archive: (lines: AsyncIterable<string>) => Promise<{ readonly sha256: string }>
}

export interface PruneReport {
  /** Entries `from` up to and without `to` lost their texts and salts. Equal: there was nothing to prune. */
  readonly from: number
  readonly to: number
  /** Set where something was pruned: the event, the checkpoint that signs it, and the archive's digest. */
  readonly pruned?: { readonly event: Receipt; readonly checkpoint: string; readonly archiveSha256: string }
  /** Why it ends at `to`: everything younger follows, or a record that is held. */
  readonly endedBy: 'age' | 'hold' | 'end'
}

/** What pruning needs of an open log. */
export interface Prunable {
  readonly store: AuditStore<never>
  readonly log: LogKey
  readonly clock: Clock
  readonly verifier: Verifier
  readonly sealer: Sealer | undefined
  append(event: AuditEventInput): Promise<Receipt>
  checkpoint(): Promise<string>
}

/**
 * Hashes and verifies lines as they pass: between the verification of the log and its archive somebody could have changed it, and the
 * archive is what is left. The outcome is there once the last line was taken.
 */
function passing(
  lines: AsyncIterable<string>,
  verifier: Verifier,
): {
  readonly lines: AsyncGenerator<string>
  outcome(): { readonly sha256: string; readonly verdict: VerificationReport['verdict'] } | undefined
} {
  const parts = sha256Parts()
  const checker = linesChecker({ keys: [verifier] })
  let outcome: { readonly sha256: string; readonly verdict: VerificationReport['verdict'] } | undefined
  async function* pass() {
    for await (const line of lines) {
      parts.update(utf8(line))
      checker.add(line)
      yield line
    }
    outcome = { sha256: toHex(parts.digest()), verdict: checker.end().verdict }
  }
  return { lines: pass(), outcome: () => outcome }
}

/**
 * Asks whether a record must stay. Anything but a plain no keeps it.
 * @throws PhiError PHI_AUDIT_PRUNE when it is sealed and cannot be opened here: nobody could say whom it is about
 */
async function isKept({ log, sealer }: Prunable, entry: StoredEntry, isHeld: PruneOptions['isHeld']): Promise<boolean> {
  const record = await openRecord(entry, log, sealer, { isStrict: true })
  if (record.sealed.length > 0 && sealer === undefined)
    throw auditError('PHI_AUDIT_PRUNE', {
      path: 'isHeld',
      detail: 'is asked of sealed records, and the log was opened without a sealer',
    })
  return (await isHeld(record)) !== false
}

/**
 * Finishes a pruning that was announced and may have been interrupted. Texts that are still there may be held by now.
 * @throws PhiError PHI_AUDIT_PRUNE_HELD; PHI_AUDIT_PRUNE when the log does not say what the store claims
 */
async function finish(target: Prunable, claims: readonly Pruned[], { isHeld }: PruneOptions): Promise<void> {
  const { store, log } = target
  const last = claims.at(-1)
  if (last === undefined) return
  let isDone = true
  for await (const batch of store.read(log, { from: 0, to: last.to })) {
    for (const entry of batch) {
      if (!groupNames.some((name) => entry.open[name] !== undefined)) continue
      isDone = false
      if (await isKept(target, entry, isHeld))
        throw auditError('PHI_AUDIT_PRUNE_HELD', {
          path: 'isHeld',
          detail: 'and an earlier pruning, which was interrupted, waits for it',
        })
    }
  }
  if (isDone) return
  if (!(await isSaid(target, last)))
    throw auditError('PHI_AUDIT_PRUNE', { path: 'store', detail: 'it claims a pruning that no entry of the log says' })
  await store.prune?.(log, last)
}

/** Whether the entry that a store names says that the log is pruned up to there. The store's own word for it is not enough. */
async function isSaid({ store, log }: Prunable, { to, event }: Pruned): Promise<boolean> {
  for await (const [entry] of store.read(log, { from: event, to: event + 1 })) {
    if (entry === undefined) continue
    const { event: said, genuine } = readRecord(entry)
    return genuine && said.action === 'prune' && said.outcome === 'success' && said.context?.details?.to === to
  }
  return false
}

/** The end of the prefix that may go: entries recorded before an instant, none of them held. */
async function endOfPrefix(
  target: Prunable,
  from: number,
  end: number,
  { before, isHeld }: PruneOptions,
): Promise<{ to: number; endedBy: PruneReport['endedBy'] }> {
  let to = from
  for await (const batch of target.store.read(target.log, { from, to: end })) {
    for (const entry of batch) {
      if (parseLeaf(entry.leaf).recordedAt >= before) return { to, endedBy: 'age' }
      if (await isKept(target, entry, isHeld)) return { to, endedBy: 'hold' }
      to = entry.index + 1
    }
  }
  return { to, endedBy: 'end' }
}

/** Whether one of the checkpoints was signed by the log's key and covers so many entries. */
function covers(notes: readonly string[], origin: string, verifier: Verifier, size: number): boolean {
  return notes.some((note) => {
    try {
      const checkpoint = parseCheckpoint(openNote(note, [verifier]).text)
      return checkpoint.origin === origin && checkpoint.size >= size
    } catch {
      return false
    }
  })
}

/**
 * Takes texts and salts of old entries away: verified against a checkpoint kept elsewhere, archived, recorded as a signed event, and only
 * then. Leaves stay, so old proofs and checkpoints go on checking. Stopped anywhere, it can be called again: a prefix that an event says
 * is pruned is finished first.
 */
export async function pruneLog(target: Prunable, options: PruneOptions): Promise<PruneReport> {
  const { store, log, clock, verifier } = target
  const { prune, prunes } = store
  if (prune === undefined || prunes === undefined)
    throw auditError('PHI_AUDIT_PRUNE', { path: 'store', detail: 'the store cannot take texts away' })
  const { before, corroboration } = options
  if (!isInstant(before))
    throw auditError('PHI_AUDIT_PRUNE', { path: 'before', detail: 'is no instant in UTC with milliseconds' })
  if (Date.parse(before) > yearsBefore(clock(), retentionFloor.years))
    throw auditError('PHI_AUDIT_PRUNE_FLOOR', { path: 'before', info: { years: retentionFloor.years } })

  const claims = await prunes(log)
  await finish(target, claims, options)
  const from = claims.at(-1)?.to ?? 0
  const { size } = await store.head(log)
  const { to, endedBy } = await endOfPrefix(target, from, size, options)
  if (to === from) return { from, to, endedBy }

  if (!covers(corroboration, log.origin, verifier, to)) throw auditError('PHI_AUDIT_PRUNE_UNPROVED', { path: 'corroboration' })
  const { verdict } = await verifyLog(store, log, { keys: [verifier], trusted: corroboration })
  if (verdict !== 'intact') throw auditError('PHI_AUDIT_PRUNE_UNPROVED', { path: 'log', info: { verdict } })

  const { by } = options
  const about = { actor: by.actor, source: by.source } as const
  await target.append({
    ...about,
    action: 'export',
    outcome: 'success',
    subject: { dataClasses: ['phi.ops.auditlog'], count: to - from },
    context: by.context,
  })
  const note = await target.checkpoint()
  const open = (index: number) => (index >= from && index < to ? groupNames : [])
  const exported = passing(exportLines(store, log, note, { open }), verifier)
  const kept = await options.archive(exported.lines)
  const outcome = exported.outcome()
  if (outcome === undefined || kept?.sha256 !== outcome.sha256) throw auditError('PHI_AUDIT_PRUNE_ARCHIVE', { path: 'archive' })
  if (outcome.verdict !== 'intact')
    throw auditError('PHI_AUDIT_PRUNE_UNPROVED', { path: 'archive', info: { verdict: outcome.verdict } })
  const archiveSha256 = outcome.sha256

  // Archiving takes its time, and a hold may have been placed meanwhile.
  const again = await endOfPrefix(target, from, to, options)
  if (again.to !== to) throw auditError('PHI_AUDIT_PRUNE_HELD', { path: 'isHeld' })
  const event = await target.append({
    ...about,
    action: 'prune',
    outcome: 'success',
    subject: { dataClasses: ['phi.ops.auditlog'], count: to - from },
    context: { ...by.context, details: { ...by.context?.details, from, to, archiveSha256 } },
  })
  const checkpoint = await target.checkpoint()
  await prune(log, { to, event: event.index })
  return { from, to, endedBy, pruned: { event, checkpoint, archiveSha256 } }
}
