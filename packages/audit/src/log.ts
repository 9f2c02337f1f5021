import { isPhiError } from '@phi/core'
import { diagnostics } from '#diagnostics'
import { Anchoring } from './anchoring.ts'
import { Appender } from './appender.ts'
import type { AuditLog } from './audit-log.ts'
import { buildBatch } from './batch.ts'
import { type Candidate, candidateOf } from './candidate.ts'
import { Checkpointer } from './checkpointing.ts'
import { auditError } from './errors.ts'
import type { AuditEventInput } from './event.ts'
import { HealthRecorder } from './health.ts'
import { TileCache } from './merkle/tile-cache.ts'
import { type Verifier, verifierFromVkey } from './note/index.ts'
import { type AuditLogOptions, settingsOf } from './options.ts'
import { Outbox, type OutboxReceipt } from './outbox/outbox.ts'
import { pruneLog } from './prune/prune.ts'
import { readingOf } from './reading.ts'
import type { Receipt } from './receipt.ts'
import { isSameSealed, opened } from './sealed/is-same.ts'
import { sealedCandidateOf } from './sealed/seal-event.ts'
import type { Extension, StoredEntry } from './store/store.ts'
import { uuidV7Source } from './uuid.ts'
import type { Findings } from './verify/findings.ts'
import { storeHashReader } from './verify/hash-reader.ts'
import { verifyLog } from './verify/verify.ts'
import { logVerifiers } from './verify/witnessing.ts'
import { witnessError } from './witness/errors.ts'
import { WitnessOffering } from './witness/offering.ts'

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
  const signers = signer === undefined ? [] : [signer, ...(options.furtherSigners ?? [])]
  const verifiers: readonly Verifier[] = signers.map((each) => each.verifier ?? verifierFromVkey(each.vkey))
  const [verifier] = verifiers
  const checkpointer = verifier && new Checkpointer(store, log, signers, verifiers)
  const newId = uuidV7Source(clock)
  const health = new HealthRecorder(clock)
  let closed = false
  let checkpointTimer: ReturnType<typeof setTimeout> | undefined
  let background: Promise<unknown> = Promise.resolve()

  const tiles = new TileCache(storeHashReader(store, log))
  const anchoring = options.anchors && new Anchoring(options.anchors, (states) => health.anchored(states))
  const offering =
    options.witnesses &&
    checkpointer &&
    new WitnessOffering(options.witnesses, {
      clock,
      proofs: {
        size: async () => (await store.head(log)).size,
        proveConsistency: async (size1, size2) => ({
          root1: await tiles.root(size1),
          root2: await tiles.root(size2),
          proof: await tiles.consistencyProof(size1, size2),
        }),
      },
      save: (checkpoint) => store.saveCheckpoint(log, checkpoint),
      newest: async () => {
        await checkpointer.load()
        return checkpointer.last
      },
      offered: (offered) => {
        checkpointer.adopt(offered)
        // Cosigned or not: a copy that waits for a witness is no copy.
        anchoring?.offer(offered)
        health.offered(offered, offering?.witnessedSize)
        const { size, met, failure, results } = offered
        if (failure !== undefined && diagnostics.wanted('phi.audit.failure'))
          diagnostics.publish('phi.audit.failure', { origin, code: failure })
        if (diagnostics.wanted('phi.audit.witness')) {
          const cosigned = results.filter(({ outcome }) => outcome === 'cosigned').length
          diagnostics.publish('phi.audit.witness', { origin, size, asked: results.length, cosigned, met: met ? 1 : 0 })
        }
      },
    })
  // A witness with the log's own key would be none.
  if (offering !== undefined)
    logVerifiers(
      signers.map(({ vkey }) => vkey),
      verifiers,
      offering.policy,
    )

  /** Where a checkpoint goes, without anybody waiting for it. */
  const handOn = (checkpoint: { readonly size: number; readonly note: string }): void => {
    if (offering !== undefined) void offering.offer(checkpoint)
    else anchoring?.offer(checkpoint)
  }

  await store.open(log)
  await checkpointer?.load()
  // The process before this one may have ended between signing its last checkpoint and having it cosigned.
  if (checkpointer?.last !== undefined) handOn(checkpointer.last)

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
    const checkpoint = await checkpointer.make({ evenEmpty }).catch((error: unknown) => {
      failed(error, true)
      throw error
    })
    const { note, size } = checkpoint
    health.checkpointed(size)
    if (size !== before && diagnostics.wanted('phi.audit.checkpoint'))
      diagnostics.publish('phi.audit.checkpoint', { origin, size })
    handOn(checkpoint)
    return note
  }

  /** A checkpoint that leaves the building: with the cosignatures that witnesses give in their time. */
  const signWitnessed = async (): Promise<string> => {
    const note = await sign()
    if (offering === undefined || checkpointer?.last === undefined) return note
    const offered = await offering.offer(checkpointer.last)
    if (!offered.met && offering.required) throw witnessError('PHI_AUDIT_WITNESS_QUORUM')
    return offered.note
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

  /** Events of the log's own making that name no patient are never sealed: a pruning must be readable for as long as the log is. */
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

  return {
    origin,
    tenant,
    vkey: signer?.vkey,
    append,
    appendIn,
    enqueueIn,
    ...readingOf({ store, log, sealing, tiles, offering, verifiers, append, appendPlain, signWitnessed }),
    head: () => store.head(log),
    checkpoint: signWitnessed,

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

    async verify(verifyOptions = {}) {
      await background
      const keys = verifyOptions.keys ?? verifiers
      // What this process itself signed is a checkpoint held elsewhere as far as the store is concerned.
      const trusted = [...(verifyOptions.trusted ?? []), ...(checkpointer?.last === undefined ? [] : [checkpointer.last.note])]
      const waiting = outbox === undefined || closed ? undefined : await outbox.sequence()
      const also = (findings: Findings) => {
        if (waiting !== undefined && waiting.late > 0) findings.add('outbox-late', { found: String(waiting.late) })
        if (waiting !== undefined && waiting.refused.length > 0)
          findings.add('outbox-refused', { found: String(waiting.refused.length) })
      }
      const sealer = sealing === undefined ? {} : { sealer: sealing.sealer }
      // After the caller's: an option that is there and undefined asks for nothing, and takes nothing back.
      const witnesses = verifyOptions.witnesses ?? (offering?.required === true ? offering.policy : undefined)
      const now = verifyOptions.now ?? clock()
      return verifyLog(store, log, { ...sealer, ...verifyOptions, now, witnesses, keys, trusted, also })
    },

    health: () => health.report(appender.state(), checkpointer?.last?.size),

    async close() {
      if (closed) return
      clearInterval(sequencer)
      await sequencing
      if (outbox !== undefined) await outbox.sequence().then((report) => health.sequenced(report), notSequenced)
      closed = true
      try {
        await appender.drained()
        await background
        if (checkpointer === undefined) return
        // What was appended in callers' transactions is in the log if these were committed, and not in the figures of this process.
        const size = checkpointTimer === undefined ? (health.size ?? 0) : (await store.head(log)).size
        if (size > (checkpointer.last?.size ?? 0)) await sign()
      } finally {
        // Also where the last checkpoint could not be signed: a closed log asks nobody for anything any more.
        if (checkpointTimer !== undefined) clearTimeout(checkpointTimer)
        // Bounded by the timeouts of witnesses and anchors.
        await offering?.stop()
        await anchoring?.stop()
      }
    },
  }
}
