import { isPhiError, toBase64 } from '@phi/core'
import { type Checkpoint, openNote, parseCheckpoint, type Verifier, verifierFromVkey } from '../note/index.ts'
import type { Findings } from './findings.ts'
import type { FindingCode, FindingSeverity } from './report.ts'

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

/** Opens a checkpoint note. What is wrong with it becomes a finding, and the answer undefined. */
export function openCheckpoint(
  note: string,
  verifiers: readonly Verifier[],
  findings: Findings,
  severityOfUnknown: FindingSeverity,
): Checkpoint | undefined {
  try {
    return parseCheckpoint(openNote(note, verifiers).text)
  } catch (error) {
    const code = isPhiError(error) ? codes[error.code] : undefined
    if (code === undefined) throw error
    findings.add(code, code === 'unknown-key' ? { severity: severityOfUnknown } : {})
    return undefined
  }
}

/** Opens the checkpoints of a log, and reports forks among them. Equal ones count once. */
export class Anchors {
  readonly #roots = new Map<number, Set<string>>()
  readonly #origin: string
  readonly #verifiers: readonly Verifier[]
  readonly #findings: Findings

  constructor(origin: string, verifiers: readonly Verifier[], findings: Findings) {
    this.#origin = origin
    this.#verifiers = verifiers
    this.#findings = findings
  }

  /**
   * @param source a note that the store keeps may be by a key that was retired since. One that the caller holds and asks to be
   * used, or the only one that a file has, is another matter: when it cannot be used, that must show in the verdict.
   */
  add(note: string, source: 'store' | 'trusted' | 'file'): Anchor | undefined {
    const checkpoint = openCheckpoint(note, this.#verifiers, this.#findings, source === 'store' ? 'warn' : 'unknown')
    if (checkpoint === undefined) return undefined
    if (checkpoint.origin !== this.#origin) {
      this.#findings.add('wrong-origin', source === 'trusted' ? { severity: 'unknown' } : {})
      return undefined
    }
    const anchor = { size: checkpoint.size, root: toBase64(checkpoint.root) }
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

  get largest(): number | undefined {
    return this.#roots.size === 0 ? undefined : Math.max(...this.#roots.keys())
  }
}
