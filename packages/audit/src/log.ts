import { isPhiError } from '@phi/core'
import { diagnostics } from '#diagnostics'
import { Appender, buildBatch } from './appender.ts'
import { type Candidate, candidateOf } from './candidate.ts'
import { Checkpointer } from './checkpointing.ts'
import { auditError } from './errors.ts'
import type { AuditEventInput } from './event.ts'
import { type EvidenceBundle, makeBundle } from './evidence/bundle.ts'
import { exportLines } from './evidence/jsonl.ts'
import { type Exporter, exportEvent } from './export.ts'
import type { GroupName } from './group.ts'
import { rootOfHead } from './head.ts'
import { type AuditHealth, HealthRecorder } from './health.ts'
import { TileCache } from './merkle/tile-cache.ts'
import { type Verifier, verifierFromVkey } from './note/index.ts'
import { type AuditLogOptions, settingsOf } from './options.ts'
import { Outbox, type OutboxReceipt, type OutboxReport } from './outbox/outbox.ts'
import { type PruneOptions, type PruneReport, pruneLog } from './prune/prune.ts'
import { type AuditPage, type AuditQuery, queryLog } from './query.ts'
import type { Receipt } from './receipt.ts'
import { isSameSealed, opened } from './sealed/is-same.ts'
import { sealedCandidateOf } from './sealed/seal-event.ts'
import type { Extension, Head, StoredEntry } from './store/store.ts'
import { uuidV7Source } from './uuid.ts'
import type { Findings } from './verify/findings.ts'
import { storeHashReader } from './verify/hash-reader.ts'
import type { VerificationReport } from './verify/report.ts'
import { type ResumePoint, type VerifyOptions, verifyLog } from './verify/verify.ts'

/** That the entry at `index` is in the tree of `size` entries with root `root` (RFC 6962 §2.1.1). */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** That the tree of `size2` entries continues the tree of `size1` (RFC 6962 §2.1.2). */
export interface ConsistencyProof {
  readonly size1: number
  readonly size2: number
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** An open audit log. Made by {@link openAuditLog}. */
export interface AuditLog<Tx = never> {
  readonly origin: string
  readonly tenant: string
  /** The public key that checks this log's checkpoints and evidence, as a C2SP verifier key. Undefined without a signer. */
  readonly vkey: string | undefined

  /**
   * Records an event. Resolves when the entry is durable; the same event id twice is one entry.
   * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE before anything is written; PHI_AUDIT_CONFLICT when the id is
   * taken by another event; PHI_AUDIT_BUSY, PHI_AUDIT_UNAVAILABLE when it was not written in the allowed time;
   * PHI_AUDIT_OUTCOME_UNKNOWN when it may have been: retry with the same id
   */
  append(event: AuditEventInput): Promise<Receipt>

  /**
   * Records an event inside the caller's transaction: both commit, or both vanish. The log's head stays locked until that
   * transaction ends, so make it the transaction's last statement. Denials and failures are written at once on a connection of
   * their own, since a rollback must not erase them.
   * @throws PhiError as append does, and PHI_AUDIT_TRANSACTION, PHI_AUDIT_DENIAL_IN_TRANSACTION
   */
  appendIn(tx: Tx, event: AuditEventInput): Promise<Receipt>

  /** Records by time, actor, patient, resource, action and outcome, a page at a time. */
  query(query?: AuditQuery): Promise<AuditPage>

  /**
   * Records an event inside the caller's transaction without the lock on the log's head, for logs into which many transactions write: it
   * waits in an outbox and is put into the log after the commit, within the merge delay. Denials and failures are written at once, as by
   * `appendIn`, and then `entered` holds their receipt.
   * @throws PhiError as appendIn does
   */
  enqueueIn(tx: Tx, event: AuditEventInput): Promise<OutboxReceipt & { readonly entered?: Receipt }>

  /** Puts what waits in the outbox into the log now. Runs by itself about twice in a merge delay. @throws PhiError what the store throws */
  sequence(): Promise<OutboxReport>

  /**
   * Takes texts and salts of old entries away, after verification, archive and a signed event. Leaves stay, and proofs with them.
   * @throws PhiError PHI_AUDIT_PRUNE, PHI_AUDIT_PRUNE_FLOOR, PHI_AUDIT_PRUNE_UNPROVED, PHI_AUDIT_PRUNE_ARCHIVE, PHI_AUDIT_PRUNE_HELD,
   * PHI_AUDIT_NO_SIGNER; and what the store and the callbacks throw
   */
  prune(options: PruneOptions): Promise<PruneReport>

  head(): Promise<Head>

  /**
   * Signs the log's head and keeps the checkpoint in the store. Hand copies to somebody else: they are what makes a rewritten
   * log detectable.
   * @returns the signed note
   * @throws PhiError PHI_AUDIT_NO_SIGNER; PHI_AUDIT_HISTORY_REWRITTEN when the log no longer continues its last checkpoint
   */
  checkpoint(): Promise<string>

  /** @throws PhiError PHI_AUDIT_RANGE */
  proveInclusion(index: number, size?: number): Promise<InclusionProof>
  /** @throws PhiError PHI_AUDIT_RANGE */
  proveConsistency(size1: number, size2?: number): Promise<ConsistencyProof>

  /**
   * Entries with proofs to a fresh checkpoint, for somebody who trusts nobody's database. Groups not named in `disclose` are
   * withheld; default all five. The hand-over is itself an event, recorded first, under `by`.
   */
  evidence(options: { indices: readonly number[]; disclose?: readonly GroupName[]; by: Exporter }): Promise<EvidenceBundle>

  /** The whole log as JSON lines, up to a fresh checkpoint. The export is itself an event, recorded first, under `by`. */
  exportLines(options: { disclose?: readonly GroupName[]; by: Exporter }): AsyncIterable<string>

  /** Checks the log against its own checkpoints, and against `trusted` ones that were kept elsewhere. */
  verify(
    options?: Omit<VerifyOptions, 'keys'> & { keys?: VerifyOptions['keys'] },
  ): Promise<VerificationReport & { readonly resume?: ResumePoint }>

  health(): AuditHealth

  /** Waits for what is under way, signs a last checkpoint, and stops. Appends that come later are refused. */
  close(): Promise<void>
}

/** Something that can be a transaction of a database. */
const isHandle = (tx: unknown): boolean => (typeof tx === 'object' || typeof tx === 'function') && tx !== null

/**
 * What a sealer answers, or PHI_AUDIT_SEALER once the time is up. A sealer whose keys lie in the database that the caller's transaction
 * is open on may be waiting for that very transaction to end.
 */
function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(auditError('PHI_AUDIT_SEALER', { detail: 'it took longer than limits.timeoutMs' }))
    const timer = setTimeout(late, timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** How soon after the first entry of a log that came in a caller's transaction its first checkpoint is signed. */
const FIRST_CHECKPOINT_MS = 1000

/** No checkpoint covers an entry yet. */
const isFirst = ({ last }: Checkpointer): boolean => last === undefined || last.size === 0

/** Opens a log, and makes it when it is not there. */
export async function openAuditLog<Tx = never>(options: AuditLogOptions<Tx>): Promise<AuditLog<Tx>> {
  const { log, clock, limits, sealing, checkpointEntries, checkpointIntervalMs } = settingsOf(options as AuditLogOptions<never>)
  const { signer } = options
  const store = options.store as AuditLogOptions<never>['store']
  const { origin, tenant } = log
  const verifier: Verifier | undefined = signer && verifierFromVkey(signer.vkey)
  const checkpointer = signer && verifier && new Checkpointer(store, log, signer, verifier)
  const newId = uuidV7Source(clock)
  const health = new HealthRecorder(clock)
  let closed = false
  let checkpointTimer: ReturnType<typeof setTimeout> | undefined
  let background: Promise<unknown> = Promise.resolve()

  await store.open(log)
  await checkpointer?.load()

  const failed = (error: unknown, checkpoint = false) => {
    if (checkpoint) health.checkpointRefused(error)
    else health.failed(error)
    if (diagnostics.wanted('phi.audit.failure')) {
      diagnostics.publish('phi.audit.failure', { origin, code: isPhiError(error) ? error.code : 'unexpected' })
    }
  }

  const sign = async ({ evenEmpty = true } = {}): Promise<string> => {
    if (checkpointer === undefined) throw auditError('PHI_AUDIT_NO_SIGNER')
    if (checkpointTimer !== undefined) clearTimeout(checkpointTimer)
    checkpointTimer = undefined
    const before = checkpointer.last?.size
    const { note, size } = await checkpointer.make({ evenEmpty }).catch((error: unknown) => {
      failed(error, true)
      throw error
    })
    health.checkpointed(size)
    if (size !== before && diagnostics.wanted('phi.audit.checkpoint'))
      diagnostics.publish('phi.audit.checkpoint', { origin, size })
    return note
  }

  /** A checkpoint that nobody waits for. Its failure shows in health() and in diagnostics; the entries are durable either way. */
  const signInBackground = (): Promise<void> => {
    const attempt = sign({ evenEmpty: false }).then(
      () => {},
      () => {},
    )
    background = Promise.all([background, attempt])
    return attempt
  }

  const extended = ({ entries, head }: Extension): Promise<void> | undefined => {
    health.extended(head)
    if (diagnostics.wanted('phi.audit.extend'))
      diagnostics.publish('phi.audit.extend', { origin, entries: entries.length, size: head.size })
    if (checkpointer === undefined) return undefined
    // The first entries are anchored before they are acknowledged: from then on there is always a checkpoint to compare with.
    if (isFirst(checkpointer)) return signInBackground()
    if (head.size - (checkpointer.last?.size ?? 0) >= checkpointEntries) void signInBackground()
    else signLater(checkpointIntervalMs)
    return undefined
  }

  /** Entries were there already: since another process wrote them, or since we did and did not hear of it. */
  const found = (size: number): Promise<void> | undefined => {
    health.found(size)
    if (checkpointer === undefined || size <= (checkpointer.last?.size ?? 0)) return undefined
    if (isFirst(checkpointer)) return signInBackground()
    signLater(checkpointIntervalMs)
    return undefined
  }

  /** A process that has nothing left to do may end before: close() signs the last checkpoint. */
  const signLater = (delayMs: number) => {
    if (checkpointTimer !== undefined) return
    checkpointTimer = setTimeout(() => void signInBackground(), delayMs)
    ;(checkpointTimer as { unref?: () => void }).unref?.()
  }

  const appender = new Appender(store, log, clock, limits, extended, found, failed)

  /** Events of the log's own making are never sealed: they name no patient, and a pruning must be readable for as long as the log is. */
  // Not an async function, which would make two more promises for every event.
  const appendPlain = (event: AuditEventInput): Promise<Receipt> => {
    try {
      if (closed) throw auditError('PHI_AUDIT_CLOSED')
      return appender.append(candidateOf(event, newId, clock))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const candidateFor = (event: AuditEventInput): Candidate | Promise<Candidate> =>
    sealing === undefined
      ? candidateOf(event, newId, clock)
      : inTime(sealedCandidateOf(event, newId, clock, log, sealing), limits.timeoutMs)

  const sameSealed = async (candidate: Candidate, entry: StoredEntry): Promise<boolean> =>
    sealing === undefined || isSameSealed(sealing.sealer, log, candidate, entry)

  /**
   * What is sealed can only be compared here, after the fact: whether an id that was taken belongs to the same event. With the entry as
   * the attempt saw it: it may be in a transaction that nobody else can look into.
   */
  const compared = async (candidate: Candidate, receipt: Receipt): Promise<Receipt> => {
    if (sealing === undefined || !receipt.duplicate || candidate.plain === undefined) return receipt
    const { twin } = candidate
    if (twin !== undefined && (await sameSealed(candidate, twin))) return receipt
    throw auditError('PHI_AUDIT_CONFLICT')
  }

  /** A row of the outbox holds only what is sealed. Where its id is taken, it has to be opened to be compared. */
  const appendQueued = async (candidate: Candidate): Promise<Receipt> => {
    try {
      return await appender.append(candidate)
    } catch (error) {
      if (sealing === undefined || !isPhiError(error, 'PHI_AUDIT_CONFLICT')) throw error
      const known = await opened(sealing.sealer, log, candidate)
      if (known === undefined) throw error
      return compared(known, await appender.append(known))
    }
  }

  const append =
    sealing === undefined
      ? appendPlain
      : async (event: AuditEventInput): Promise<Receipt> => {
          if (closed) throw auditError('PHI_AUDIT_CLOSED')
          const candidate = await candidateFor(event)
          if (closed) throw auditError('PHI_AUDIT_CLOSED')
          return compared(candidate, await appender.append(candidate))
        }

  /** Denials and failures do not wait for, or go with, the caller's transaction. */
  const appendOutside = async (tx: Tx, candidate: Candidate): Promise<Receipt> => {
    // In a store with one connection, or while this transaction holds the head, an append of its own would wait for itself.
    if (store.singleConnection === true || (await store.holds?.(tx as never, log)) === true)
      throw auditError('PHI_AUDIT_DENIAL_IN_TRANSACTION')
    return compared(candidate, await appender.append(candidate))
  }

  const appendIn = async (tx: Tx, input: AuditEventInput): Promise<Receipt> => {
    if (closed) throw auditError('PHI_AUDIT_CLOSED')
    const candidate = await candidateFor(input)
    if (closed) throw auditError('PHI_AUDIT_CLOSED')
    if (store.extendIn === undefined || !isHandle(tx)) throw auditError('PHI_AUDIT_TRANSACTION')
    if (candidate.outcome !== 'success') return appendOutside(tx, candidate)
    const { build, outcomes } = buildBatch(origin, [candidate], clock)
    await store.extendIn(tx as never, log, [candidate.prepared.eventId], build)
    // When, and whether, the caller commits is not known here; the checkpoint is signed over whatever is committed by then.
    if (checkpointer !== undefined)
      signLater(isFirst(checkpointer) ? Math.min(FIRST_CHECKPOINT_MS, checkpointIntervalMs) : checkpointIntervalMs)
    const [outcome] = outcomes()
    if (outcome === undefined || isPhiError(outcome)) throw outcome ?? auditError('PHI_AUDIT_STORE')
    return compared(candidate, outcome)
  }

  const outbox =
    options.outbox === undefined ? undefined : new Outbox(store, log, options.outbox, clock, appendQueued, sameSealed)
  const outboxOf = (): Outbox => {
    if (outbox === undefined)
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'outbox', detail: 'the log was opened without one' })
    if (closed) throw auditError('PHI_AUDIT_CLOSED')
    return outbox
  }
  const notSequenced = (error: unknown) => {
    failed(error)
    health.sequencingRefused(error)
  }
  let sequencing: Promise<unknown> = Promise.resolve()
  const sequencer =
    outbox &&
    setInterval(
      () => {
        sequencing = outbox.sequence().then((report) => health.sequenced(report), notSequenced)
      },
      Math.max(1, outbox.mergeDelayMs >> 1),
    )
  ;(sequencer as { unref?: () => void } | undefined)?.unref?.()

  const enqueueIn = async (tx: Tx, input: AuditEventInput): Promise<OutboxReceipt & { readonly entered?: Receipt }> => {
    const box = outboxOf()
    const candidate = await candidateFor(input)
    if (closed) throw auditError('PHI_AUDIT_CLOSED')
    if (!isHandle(tx)) throw auditError('PHI_AUDIT_TRANSACTION')
    if (candidate.outcome === 'success') return box.enqueue(tx as never, candidate)
    const entered = await appendOutside(tx, candidate)
    return { eventId: entered.eventId, queuedAt: entered.recordedAt, sequencedBy: entered.recordedAt, entered }
  }

  const tiles = new TileCache(storeHashReader(store, log))

  /** The proofs' tree: a stated size, or everything there is. */
  const treeOf = async (size: number | undefined, path: string) => {
    const head = await store.head(log)
    const whole = size ?? head.size
    if (!Number.isSafeInteger(whole) || whole < 1 || whole > head.size) throw auditError('PHI_AUDIT_RANGE', { path })
    return { size: whole, root: whole === head.size ? rootOfHead(head) : await tiles.root(whole) }
  }

  return {
    origin,
    tenant,
    vkey: signer?.vkey,
    append,
    appendIn,
    enqueueIn,
    async query(query = {}) {
      const isHidden = sealing?.groups.includes('subject') === true && sealing.sealer.blind === undefined
      // Nothing found would read as "nothing there".
      if (isHidden && (query.patient !== undefined || query.resource !== undefined))
        throw auditError('PHI_AUDIT_QUERY', {
          path: query.patient === undefined ? 'resource' : 'patient',
          detail: 'subjects are sealed, and the sealer has no `blind` to find them by',
        })
      return queryLog(store, log, query, sealing?.sealer)
    },
    head: () => store.head(log),
    checkpoint: () => sign(),

    async sequence() {
      const report = await outboxOf().sequence()
      health.sequenced(report)
      return report
    },

    async prune(pruneOptions) {
      if (verifier === undefined) throw auditError('PHI_AUDIT_NO_SIGNER')
      await background
      const sealer = sealing?.sealer
      return pruneLog({ store, log, clock, verifier, sealer, append: appendPlain, checkpoint: sign }, pruneOptions)
    },

    async proveInclusion(index, atSize) {
      const { size, root } = await treeOf(atSize, 'size')
      if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw auditError('PHI_AUDIT_RANGE', { path: 'index' })
      return { index, size, root, proof: await tiles.inclusionProof(index, size) }
    },

    async proveConsistency(size1, atSize2) {
      const { size: size2, root: root2 } = await treeOf(atSize2, 'size2')
      if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) throw auditError('PHI_AUDIT_RANGE', { path: 'size1' })
      return { size1, size2, root1: await tiles.root(size1), root2, proof: await tiles.consistencyProof(size1, size2) }
    },

    async evidence({ indices, disclose, by }) {
      await appendPlain(exportEvent(by, 'disclose', { entries: indices.length }))
      const checkpointNote = await sign()
      return makeBundle({ store, log, checkpointNote, indices, ...(disclose === undefined ? {} : { open: disclose }) })
    },

    async *exportLines({ disclose, by }) {
      await appendPlain(exportEvent(by, 'export', { entries: (await store.head(log)).size }))
      yield* exportLines(store, log, await sign(), disclose === undefined ? {} : { open: disclose })
    },

    async verify(verifyOptions = {}) {
      await background
      const keys = verifyOptions.keys ?? (verifier === undefined ? [] : [verifier])
      // What this process itself signed is a checkpoint held elsewhere as far as the store is concerned.
      const trusted = [...(verifyOptions.trusted ?? []), ...(checkpointer?.last === undefined ? [] : [checkpointer.last.note])]
      const waiting = outbox === undefined || closed ? undefined : await outbox.sequence()
      const also = (findings: Findings) => {
        if (waiting !== undefined && waiting.late > 0) findings.add('outbox-late', { found: String(waiting.late) })
        if (waiting !== undefined && waiting.refused.length > 0)
          findings.add('outbox-refused', { found: String(waiting.refused.length) })
      }
      const sealer = sealing === undefined ? {} : { sealer: sealing.sealer }
      return verifyLog(store, log, { now: clock(), ...sealer, ...verifyOptions, keys, trusted, also })
    },

    health: () => health.report(appender.state(), checkpointer?.last?.size),

    async close() {
      if (closed) return
      clearInterval(sequencer)
      await sequencing
      if (outbox !== undefined) await outbox.sequence().then((report) => health.sequenced(report), notSequenced)
      closed = true
      await appender.drained()
      await background
      if (checkpointer === undefined) return
      // What was appended in callers' transactions is in the log if these were committed, and not in the figures of this process.
      const size = checkpointTimer === undefined ? (health.size ?? 0) : (await store.head(log)).size
      if (size > (checkpointer.last?.size ?? 0)) await sign()
      if (checkpointTimer !== undefined) clearTimeout(checkpointTimer)
    },
  }
}
