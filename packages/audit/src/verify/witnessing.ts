import { equalBytes } from '@phi/core'
import { auditError } from '../errors.ts'
import { cosignaturesOf } from '../note/cosignature.ts'
import { parseVkey, type Verifier } from '../note/keys.ts'
import { type ParsedNote, parseNote } from '../note/note.ts'
import { witnessError } from '../witness/errors.ts'
import { assertPolicy, meetsQuorum, type WitnessPolicy } from '../witness/policy.ts'
import type { Findings } from './findings.ts'

/** What a verification may ask of witnesses. */
export interface WitnessOptions {
  /**
   * Only checkpoints that this policy's witnesses have cosigned anchor entries. Without it a signature of the log is enough, and
   * whoever holds the log's key can show different people different logs.
   */
  readonly witnesses?: WitnessPolicy | undefined
  /** How old the cosignatures on the newest checkpoint may be, in milliseconds. Needs `now`: older ones may be a replay. */
  readonly maxCosignatureAgeMs?: number | undefined
}

/** How far a cosigner's clock may be ahead of `now`, in milliseconds. */
const MAX_AHEAD_MS = 300_000

interface Tally {
  /** Witnesses whose cosignature counts. */
  readonly all: Set<string>
  /** Those of them that are not too old. */
  readonly fresh: Set<string>
}

/** Counts cosignatures by the tree that they are on: they can be spread over several copies of a checkpoint. */
export class Witnessing {
  readonly policy: WitnessPolicy
  readonly #now: number | undefined
  readonly #maxAgeMs: number | undefined
  readonly #findings: Findings
  readonly #tallies = new Map<string, Tally>()
  /** Notes whose cosignatures nobody has asked for yet. */
  readonly #kept = new Map<string, string[]>()

  constructor(policy: WitnessPolicy, now: number | undefined, maxAgeMs: number | undefined, findings: Findings) {
    this.policy = assertPolicy(policy)
    if (maxAgeMs !== undefined && (now === undefined || !(maxAgeMs > 0)))
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'maxCosignatureAgeMs', detail: 'must be above 0, and needs now' })
    this.#now = now
    this.#maxAgeMs = maxAgeMs
    this.#findings = findings
  }

  /** @returns false when a witness's cosignature is not valid: then nothing on the note is believed (C2SP signed-note) */
  take(note: ParsedNote, size: number, root: string): boolean {
    const found = cosignaturesOf(
      note,
      this.policy.witnesses.map(({ verifier }) => verifier),
    )
    if (found.some(({ valid }) => !valid)) {
      this.#findings.add('bad-signature', { index: size })
      return false
    }
    const tally = this.#tallies.get(keyOf(size, root)) ?? { all: new Set(), fresh: new Set() }
    this.#tallies.set(keyOf(size, root), tally)
    for (const { verifier, time } of found) {
      // Without a time it does not say that this is the largest tree that was seen: no witness has said so.
      if (time === 0) continue
      if (this.#now !== undefined && time > this.#now + MAX_AHEAD_MS) {
        this.#findings.add('future-cosignature', { index: size })
        continue
      }
      const name = this.policy.witnesses.find((witness) => witness.verifier === verifier)?.name as string
      tally.all.add(name)
      if (this.#maxAgeMs === undefined || (this.#now as number) - time <= this.#maxAgeMs) tally.fresh.add(name)
    }
    return true
  }

  /**
   * The same, once somebody asks about that tree. For notes whose signature by the log was checked: an ML-DSA-44 cosignature takes some
   * two milliseconds to check, and a log may have half a million checkpoints of which one matters.
   */
  keep(note: string, size: number, root: string): void {
    const key = keyOf(size, root)
    const notes = this.#kept.get(key)
    if (notes === undefined) this.#kept.set(key, [note])
    else notes.push(note)
  }

  isWitnessed(size: number, root: string): boolean {
    return meetsQuorum(this.policy, this.#tallyOf(size, root)?.all ?? new Set())
  }

  isFresh(size: number, root: string): boolean {
    return meetsQuorum(this.policy, this.#tallyOf(size, root)?.fresh ?? new Set())
  }

  #tallyOf(size: number, root: string): Tally | undefined {
    const key = keyOf(size, root)
    const notes = this.#kept.get(key) ?? []
    this.#kept.delete(key)
    for (const note of notes) this.take(parseNote(note), size, root)
    return this.#tallies.get(key)
  }

  /** How far one checkpoint anchors: its size, or 0 with a finding where the quorum has not witnessed it. */
  anchored(size: number, root: string): number {
    this.report(size, [root])
    return this.isWitnessed(size, root) ? size : 0
  }

  /** Reports what is missing on the largest checkpoint that the log has signed, given its roots. */
  report(size: number, roots: Iterable<string>): void {
    const all = [...roots]
    if (!all.some((root) => this.isWitnessed(size, root))) this.#findings.add('not-witnessed', { index: size })
    else if (!all.some((root) => this.isFresh(size, root))) this.#findings.add('old-cosignature', { index: size })
  }
}

const keyOf = (size: number, root: string): string => `${size} ${root}`

/**
 * The witnessing that a verification asks for, if any.
 * @throws PhiError PHI_AUDIT_WITNESS_POLICY, PHI_AUDIT_OPTIONS
 */
export function witnessingOf(
  options: WitnessOptions & { readonly now?: number | undefined },
  findings: Findings,
): Witnessing | undefined {
  const { witnesses, maxCosignatureAgeMs, now } = options
  if (witnesses !== undefined) return new Witnessing(witnesses, now, maxCosignatureAgeMs, findings)
  if (maxCosignatureAgeMs !== undefined)
    throw auditError('PHI_AUDIT_OPTIONS', { path: 'maxCosignatureAgeMs', detail: 'needs witnesses' })
  return undefined
}

/**
 * The keys that may sign for the log under a policy: where it names logs, those and no others.
 * @throws PhiError PHI_AUDIT_WITNESS_POLICY when a log's key is a witness's as well: it would be its own witness
 */
export function logVerifiers(
  keys: readonly (string | Verifier)[],
  verifiers: readonly Verifier[],
  policy: WitnessPolicy | undefined,
): readonly Verifier[] {
  if (policy === undefined) return verifiers
  for (const key of keys) {
    const publicKey = typeof key === 'string' ? parseVkey(key).publicKey : key.publicKey
    if (!(publicKey instanceof Uint8Array)) continue
    if (policy.witnesses.some(({ verifier }) => equalBytes(verifier.publicKey, publicKey)))
      throw witnessError('PHI_AUDIT_WITNESS_POLICY', { path: 'witnesses', detail: "a witness has the log's key" })
  }
  if (policy.logs.length === 0) return verifiers
  return verifiers.filter(({ name, keyId }) =>
    policy.logs.some(({ verifier }) => verifier.name === name && verifier.keyId === keyId),
  )
}

/** {@link Witnessing} of a note's cosignatures. The note was opened before, so it can be taken apart. */
export const takeCosignatures = (witnessing: Witnessing, note: string, size: number, root: string): boolean =>
  witnessing.take(parseNote(note), size, root)
