import { equalBytes, isPhiError } from '@phi/core'
import { auditError } from './errors.ts'
import { frontierOf } from './head.ts'
import { consistencyProofFromTiles, frontierRoot, verifyConsistency } from './merkle/index.ts'
import {
  type Checkpoint,
  formatCheckpoint,
  openNote,
  parseCheckpoint,
  type Signer,
  signNote,
  type Verifier,
} from './note/index.ts'
import type { AuditStore, Head, LogKey } from './store/store.ts'
import { storeHashReader, unreadable } from './verify/hash-reader.ts'

/** A checkpoint that this process signed or verified. */
export interface KnownCheckpoint {
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

/** Opens a checkpoint of this log. @throws PhiError when it is malformed, forged, or signed by none of the keys */
function openCheckpoint(note: string, origin: string, verifiers: readonly Verifier[]): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, verifiers).text)
  if (checkpoint.origin !== origin) throw auditError('PHI_AUDIT_STORE', { path: 'checkpoint.origin' })
  return checkpoint
}

/**
 * Signs checkpoints of one log, and never one that its own earlier checkpoints contradict: each is shown to continue the last
 * one by a consistency proof (RFC 6962 §2.1.2) from the stored hashes before it is signed.
 */
export class Checkpointer {
  readonly #store: AuditStore<never>
  readonly #log: LogKey
  readonly #signers: readonly Signer[]
  readonly #verifiers: readonly Verifier[]
  #last: KnownCheckpoint | undefined
  #busy: Promise<KnownCheckpoint> | undefined

  /** @param signers the log's key, and its further keys; each signs every checkpoint */
  constructor(store: AuditStore<never>, log: LogKey, signers: readonly Signer[], verifiers: readonly Verifier[]) {
    this.#store = store
    this.#log = log
    this.#signers = signers
    this.#verifiers = verifiers
  }

  /** The last checkpoint that this process knows to be its own. */
  get last(): KnownCheckpoint | undefined {
    return this.#last
  }

  /** Reads the newest checkpoint of the store that our key signed. */
  async load(): Promise<void> {
    // Usually the newest one. Whoever can add notes to the store cannot hide ours behind notes that nobody signed.
    for (const last of [4, 256, Number.MAX_SAFE_INTEGER]) {
      const notes = await this.#store.checkpoints(this.#log, { last })
      for (const note of notes.toReversed()) {
        const known = this.#genuine(note)
        if (known === undefined) continue
        if (this.#last === undefined || known.size > this.#last.size) this.#last = known
        return
      }
      if (notes.length < last) return
    }
  }

  /** Takes a copy of the last checkpoint that has more signatures on it. */
  adopt({ size, note }: { readonly size: number; readonly note: string }): void {
    const known = this.#genuine(note)
    if (known === undefined || known.size !== size || this.#last === undefined) return
    const isSame = known.size === this.#last.size && equalBytes(known.root, this.#last.root)
    if (isSame || known.size > this.#last.size) this.#last = known
  }

  /** Another key's checkpoint, or a damaged one, is no ground to stand on: verify() reports it. */
  #genuine(note: string): KnownCheckpoint | undefined {
    try {
      const { size, root } = openCheckpoint(note, this.#log.origin, this.#verifiers)
      return { size, root, note }
    } catch {
      return undefined
    }
  }

  /** One at a time: calls that come while a checkpoint is being made are answered by the next one. */
  async make({ evenEmpty }: { readonly evenEmpty: boolean }): Promise<KnownCheckpoint> {
    while (this.#busy !== undefined) await this.#busy.catch(() => {})
    this.#busy = this.#make(evenEmpty)
    try {
      return await this.#busy
    } finally {
      this.#busy = undefined
    }
  }

  async #make(evenEmpty: boolean): Promise<KnownCheckpoint> {
    await this.load()
    const head = await this.#store.head(this.#log)
    const root = frontierRoot(frontierOf(head))
    const last = this.#last
    if (last !== undefined) {
      if (!(await this.#continues(last, head, root))) {
        throw auditError('PHI_AUDIT_HISTORY_REWRITTEN', { info: { checkpointSize: last.size, headSize: head.size } })
      }
      if (last.size === head.size) return last
    }
    if (head.size === 0 && !evenEmpty) throw auditError('PHI_AUDIT_RANGE', { detail: 'the log is empty' })
    const note = await signNote(formatCheckpoint({ origin: this.#log.origin, size: head.size, root }), this.#signers)
    // A signer whose key is not the one it names would leave notes that nobody can check.
    for (const verifier of this.#verifiers) openCheckpoint(note, this.#log.origin, [verifier])
    await this.#store.saveCheckpoint(this.#log, { size: head.size, note })
    this.#last = { size: head.size, root, note }
    return this.#last
  }

  async #continues(last: KnownCheckpoint, head: Head, root: Uint8Array): Promise<boolean> {
    if (last.size > head.size) return false
    if (last.size === head.size) return equalBytes(last.root, root)
    if (last.size === 0) return true
    try {
      const read = storeHashReader(this.#store, this.#log)
      const proof = await consistencyProofFromTiles({ size1: last.size, size2: head.size, read })
      return verifyConsistency({ size1: last.size, size2: head.size, root1: last.root, root2: root, proof })
    } catch (cause) {
      // A store that is away, or not set up for this version, says nothing about history. Hashes that are not there, or are none, do.
      if (!isPhiError(cause) || !unreadable.has(cause.code)) throw cause
      throw auditError('PHI_AUDIT_HISTORY_REWRITTEN', { detail: 'stored hashes are missing or malformed', cause })
    }
  }
}
