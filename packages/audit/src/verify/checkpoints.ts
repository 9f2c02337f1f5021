import { isPhiError, toBase64 } from '@phi/core'
import { type Checkpoint, openNote, parseCheckpoint, type Verifier, verifierFromVkey } from '../note/index.ts'
import type { Findings } from './findings.ts'
import type { FindingCode, FindingSeverity } from './report.ts'
import { takeCosignatures, type Witnessing } from './witnessing.ts'

/** A checkpoint whose signature is valid under a known key. */
export interface Anchor {
  readonly size: number
  /** The root, base64. */
  readonly root: string
}

/**
 * The verifiers for what a caller passes as keys.
 * @throws PhiError PHI_AUDIT_VKEY, PHI_AUDIT_VKEY_TYPE
 */
export function verifiersOf(keys: readonly (string | Verifier)[]): Verifier[] {
  return [...new Set(keys)].map((key) => (typeof key === 'string' ? verifierFromVkey(key) : key))
}

const codes: Readonly<Record<string, FindingCode>> = {
  PHI_AUDIT_NOTE_MALFORMED: 'malformed-checkpoint',
  PHI_AUDIT_CHECKPOINT: 'malformed-checkpoint',
  PHI_AUDIT_NOTE_SIGNATURE: 'bad-signature',
  PHI_AUDIT_NOTE_UNVERIFIED: 'unknown-key',
}

/** A checkpoint with a valid signature. */
interface Opened {
  readonly checkpoint: Checkpoint
  /** One of the keys that signed it bears the name of its log (C2SP tlog-checkpoint, "Signatures"). */
  readonly isByOwnKey: boolean
}

/** Opens a note of a checkpoint. What is wrong with it becomes a finding, and the answer undefined. */
function opened(
  note: string,
  verifiers: readonly Verifier[],
  findings: Findings,
  severityOfUnknown: FindingSeverity,
): Opened | undefined {
  try {
    const { text, verified } = openNote(note, verifiers)
    const checkpoint = parseCheckpoint(text)
    return { checkpoint, isByOwnKey: verified.some(({ name }) => name === checkpoint.origin) }
  } catch (error) {
    const code = isPhiError(error) ? codes[error.code] : undefined
    if (code === undefined) throw error
    findings.add(code, code === 'unknown-key' ? { severity: severityOfUnknown } : {})
    return undefined
  }
}

/**
 * Opens the checkpoint of a file that says itself which log it is of: unless the caller says which it must be, a key of that log must
 * have signed it, since a key of another log, known or not, says nothing about this one. With `witnessing`, its cosignatures are
 * checked and counted too; whether they are enough is asked there.
 */
export function openCheckpoint(
  note: string,
  verifiers: readonly Verifier[],
  findings: Findings,
  witnessing: Witnessing | undefined,
  origin?: string,
): Checkpoint | undefined {
  const { checkpoint, isByOwnKey } = opened(note, verifiers, findings, 'unknown') ?? {}
  if (checkpoint === undefined) return undefined
  if (origin === undefined ? isByOwnKey !== true : checkpoint.origin !== origin) {
    findings.add('wrong-origin')
    return undefined
  }
  const { size, root } = checkpoint
  return witnessing === undefined || takeCosignatures(witnessing, note, size, toBase64(root)) ? checkpoint : undefined
}

/** Opens the checkpoints of a log, and reports forks among them. Equal ones count once. */
export class Anchors {
  readonly #roots = new Map<number, Set<string>>()
  readonly #origin: string
  readonly #verifiers: readonly Verifier[]
  readonly #findings: Findings
  readonly #witnessing: Witnessing | undefined

  /** @param witnessing with it, only checkpoints that meet its policy anchor; the others are still compared */
  constructor(origin: string, verifiers: readonly Verifier[], findings: Findings, witnessing?: Witnessing) {
    this.#origin = origin
    this.#verifiers = verifiers
    this.#findings = findings
    this.#witnessing = witnessing
  }

  /**
   * What a store keeps is taken for a checkpoint by the log's signature alone; its cosignatures are looked at where they can matter, for
   * a store may keep half a million checkpoints. What somebody hands over is refused as a whole when one of its cosignatures is wrong.
   * @param source a note that the store keeps may be by a key that was retired since. One that the caller holds and asks to be
   * used, or the only one that a file has, is another matter: when it cannot be used, that must show in the verdict. `lines`: a file
   * that says itself which log it is of, so that a key of that log must have signed it.
   */
  add(note: string, source: 'store' | 'trusted' | 'file' | 'lines'): Anchor | undefined {
    const witnessing = this.#witnessing
    const { checkpoint, isByOwnKey } =
      opened(note, this.#verifiers, this.#findings, source === 'store' ? 'warn' : 'unknown') ?? {}
    if (checkpoint === undefined) return undefined
    // A policy that names logs names them by their keys: a log may not sign as another one (C2SP tlog-policy, "Defining a log").
    const needsOwnKey = source === 'lines' || (witnessing !== undefined && witnessing.policy.logs.length > 0)
    if (checkpoint.origin !== this.#origin || (needsOwnKey && isByOwnKey !== true)) {
      this.#findings.add('wrong-origin', source === 'trusted' ? { severity: 'unknown' } : {})
      return undefined
    }
    const anchor = { size: checkpoint.size, root: toBase64(checkpoint.root) }
    // Not before it is known to be of this log: witnesses of another log may have signed the same size and root.
    if (source === 'store') witnessing?.keep(note, anchor.size, anchor.root)
    else if (witnessing !== undefined && !takeCosignatures(witnessing, note, anchor.size, anchor.root)) return undefined
    const roots = this.#roots.get(anchor.size)
    if (roots === undefined) this.#roots.set(anchor.size, new Set([anchor.root]))
    else if (!roots.has(anchor.root)) {
      const [expected] = roots
      this.#findings.add('fork', { index: anchor.size, expected: expected as string, found: anchor.root })
      roots.add(anchor.root)
    }
    return anchor
  }

  /** Sizes with their roots, the smallest first. */
  sorted(): readonly (readonly [size: number, roots: ReadonlySet<string>])[] {
    return [...this.#roots].sort(([a], [b]) => a - b)
  }

  /**
   * How far the entries are anchored, given how far they agree with signed checkpoints. Under a policy only what is witnessed
   * counts, and what the largest checkpoint lacks becomes a finding.
   * @param from where checking began, and how far that was anchored: whether by witnesses is not known, so of what lies before it
   * only checkpoints count that are there and witnessed now. The caller holds those against what was verified.
   */
  anchored(matched: number, from: { readonly size: number; readonly anchoredTo: number }): number {
    const witnessing = this.#witnessing
    const { largest } = this
    if (witnessing === undefined) return matched
    if (largest !== undefined) witnessing.report(largest, this.#roots.get(largest) as Set<string>)
    else if (from.size > 0 && this.#verifiers.length > 0) this.#findings.add('not-witnessed', { index: from.size })
    const limit = Math.min(matched, this.#agreesTo())
    // From the largest on: the first that is witnessed covers all below, whose cosignatures need not be looked at.
    for (const [size, roots] of this.sorted().toReversed()) {
      const isCompared = size <= limit && (size >= from.size || size <= from.anchoredTo)
      if (isCompared && [...roots].some((root) => witnessing.isWitnessed(size, root))) return size
    }
    return 0
  }

  /** The checkpoints of a size. */
  of(size: number): readonly Anchor[] {
    return [...(this.#roots.get(size) ?? [])].map((root) => ({ size, root }))
  }

  /** Below the first place where signed checkpoints and entries, or checkpoints among themselves, disagree. */
  #agreesTo(): number {
    const { findings, findingsDropped } = this.#findings.list()
    // The finding that matters may be among those that are not listed.
    if (findingsDropped > 0 && this.#findings.counts.break > 0) return 0
    let limit = Number.MAX_SAFE_INTEGER
    for (const { code, index = 0 } of findings) {
      if (code === 'rewritten-history') limit = Math.min(limit, index)
      else if (code === 'fork') limit = Math.min(limit, index - 1)
    }
    return limit
  }

  /** Whether witnesses are asked for. */
  get hasPolicy(): boolean {
    return this.#witnessing !== undefined
  }

  get largest(): number | undefined {
    return this.#roots.size === 0 ? undefined : Math.max(...this.#roots.keys())
  }
}
