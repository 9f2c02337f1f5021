import { fromBase64, fromUtf8, toBase64, utf8 } from '@phi/core'
import { hashLeaf, verifyInclusion } from '../merkle/index.ts'
import { type Checkpoint, MAX_NOTE_LENGTH, parseCheckpoint, parseNote, type Verifier } from '../note/index.ts'
import { openCheckpoint, verifiersOf } from '../verify/checkpoints.ts'
import { Findings } from '../verify/findings.ts'
import { makeReport } from '../verify/make-report.ts'
import type { VerificationReport } from '../verify/report.ts'
import { logVerifiers, type WitnessOptions, witnessingOf } from '../verify/witnessing.ts'
import { tlogProofError } from './tlog-proof-errors.ts'

/** That an entry is in a log, as a text that can be checked offline (C2SP tlog-proof). Stored as `*.tlog-proof`. */
export interface TlogProof {
  /** The entry's index, from 0. */
  readonly index: number
  /** The audit path from the leaf's sibling up to the root's child (RFC 6962 §2.1.1). */
  readonly proof: readonly Uint8Array[]
  /** The log's checkpoint as a signed note, with the cosignatures that it has. */
  readonly checkpoint: string
  /** Whatever the application puts beside it. Nothing signs it, and nobody must trust it. Not empty. */
  readonly extra?: Uint8Array
}

const HEADER = 'c2sp.org/tlog-proof@v1'
/** The longest extra data that is read or written, in bytes. The specification sets no limit. */
export const MAX_PROOF_EXTRA = 65_536
/** A tree of 2^53 entries, the most that a checkpoint here can say, has paths of at most 53 hashes. */
const MAX_HASHES = 53
const MAX_LENGTH = MAX_NOTE_LENGTH + 4 * Math.ceil(MAX_PROOF_EXTRA / 3) + 45 * MAX_HASHES + 100

const malformed = (path: string, detail?: string) =>
  tlogProofError('PHI_AUDIT_TLOG_PROOF', detail === undefined ? { path } : { path, detail })

/**
 * Writes a proof. It has one spelling: what is written is read back byte for byte.
 * @throws PhiError PHI_AUDIT_TLOG_PROOF that names the part that has no place in a proof
 */
export function formatTlogProof({ index, proof, checkpoint, extra }: TlogProof): string {
  if (!Number.isSafeInteger(index) || index < 0) throw malformed('index')
  if (!Array.isArray(proof) || proof.length > MAX_HASHES) throw malformed('proof')
  const hashes = proof.map((hash: unknown) => {
    if (!(hash instanceof Uint8Array) || hash.length !== 32) throw malformed('proof')
    return `${toBase64(hash)}\n`
  })
  if (extra !== undefined && !(extra instanceof Uint8Array && extra.length > 0 && extra.length <= MAX_PROOF_EXTRA))
    throw malformed('extra', 'must be 1 to 65,536 bytes')
  checkNote(checkpoint, index)
  const extraLine = extra === undefined ? '' : `extra ${toBase64(extra)}\n`
  return `${HEADER}\n${extraLine}index ${index === 0 ? 0 : index}\n${hashes.join('')}\n${checkpoint}`
}

/**
 * Takes a proof apart and verifies nothing. Strict: what is read here is written by {@link formatTlogProof} byte for byte.
 * @throws PhiError PHI_AUDIT_TLOG_PROOF that names the line
 */
export function parseTlogProof(text: string | Uint8Array): TlogProof {
  const whole = decoded(text)
  // An empty line ends the proof; those further on belong to the note.
  const split = whole.indexOf('\n\n')
  if (split < 0) throw malformed('checkpoint', 'no empty line before it')
  const lines = whole.slice(0, split).split('\n', MAX_HASHES + 4)
  const checkpoint = whole.slice(split + 2)
  if (lines.shift() !== HEADER) throw malformed('header')
  const extra = lines[0]?.startsWith('extra ') ? extraOf((lines.shift() as string).slice('extra '.length)) : undefined
  const index = indexOf(lines.shift() ?? '')
  if (lines.length > MAX_HASHES) throw malformed('proof')
  const proof = lines.map(hashOf)
  checkNote(checkpoint, index)
  return { index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) }
}

function decoded(text: unknown): string {
  let whole = text
  if (text instanceof Uint8Array && text.length <= MAX_LENGTH) {
    try {
      whole = fromUtf8(text)
    } catch {
      throw malformed('text', 'the bytes are not UTF-8')
    }
  }
  if (typeof whole !== 'string' || whole.length > MAX_LENGTH) throw malformed('text')
  return whole
}

function indexOf(line: string): number {
  const [, digits] = /^index (0|[1-9][0-9]{0,15})$/.exec(line) ?? []
  const index = Number(digits)
  if (!Number.isSafeInteger(index)) throw malformed('index')
  return index
}

function hashOf(line: string): Uint8Array {
  const hash = line.length === 44 ? base64Of(line, 'proof') : undefined
  if (hash?.length !== 32) throw malformed('proof')
  return hash
}

function extraOf(base64: string): Uint8Array {
  const extra = base64Of(base64, 'extra')
  if (extra.length === 0 || extra.length > MAX_PROOF_EXTRA) throw malformed('extra')
  return extra
}

/** Canonical base64 only: `fromBase64` refuses every other spelling. */
function base64Of(text: string, path: string): Uint8Array {
  try {
    return new Uint8Array(fromBase64(text))
  } catch {
    throw malformed(path)
  }
}

/** The note must be a checkpoint of a tree that has the entry, whoever signed it. */
function checkNote(note: unknown, index: number): void {
  let checkpoint: Checkpoint
  try {
    checkpoint = parseCheckpoint(parseNote(note as string).text)
  } catch {
    throw malformed('checkpoint')
  }
  if (index >= checkpoint.size) throw malformed('index', 'must be below the size of the checkpoint')
}

export interface VerifyTlogProofOptions extends WitnessOptions {
  readonly proof: string | Uint8Array | TlogProof
  /** The entry itself, as bytes or text: what the proof is about comes from somewhere else. */
  readonly leaf: Uint8Array | string
  /** Who may sign the log's checkpoints. */
  readonly keys: readonly (string | Verifier)[]
  /** Which log it must be. Default: the one whose origin is the name of the key that signed. */
  readonly origin?: string
  /** The time, in milliseconds, to compute the age of cosignatures by. */
  readonly now?: number
  readonly maxFindings?: number
}

/**
 * Verifies a proof offline (C2SP tlog-proof, "Verifying a tlog proof"): the log's signature, and that exactly this entry is in the
 * signed tree. With `witnesses`, the checkpoint must also be cosigned as that policy asks. `extra` is not looked at.
 * @throws PhiError PHI_AUDIT_TLOG_PROOF when the text is no proof; PHI_AUDIT_VKEY when a key is none; PHI_AUDIT_WITNESS_POLICY
 */
export function verifyTlogProof(options: VerifyTlogProofOptions): VerificationReport {
  const { proof: given } = options
  const isText = typeof given === 'string' || given instanceof Uint8Array
  // A proof that was put together by hand is held to the same form.
  const { index, proof, checkpoint: note } = parseTlogProof(isText ? given : formatTlogProof(given))
  const findings = new Findings(options.maxFindings)
  const witnessing = witnessingOf(options, findings)
  const verifiers = logVerifiers(options.keys, verifiersOf(options.keys), witnessing?.policy)
  if (verifiers.length === 0) findings.add('no-keys')
  const signed = verifiers.length === 0 ? undefined : openCheckpoint(note, verifiers, findings, witnessing, options.origin)
  // Without a valid signature the entry is still compared with what the note says: that can break it, and never confirm it.
  const { size, root } = signed ?? parseCheckpoint(parseNote(note).text)
  const leafHash = hashLeaf(typeof options.leaf === 'string' ? utf8(options.leaf) : options.leaf)
  if (!verifyInclusion({ index, size, leafHash, proof, root })) findings.add('not-proved', { index, expected: toBase64(root) })
  const anchoredTo = signed === undefined ? 0 : (witnessing?.anchored(signed.size, toBase64(signed.root)) ?? signed.size)
  const coverage = { from: index, to: index + 1, checked: 1, anchoredTo, withheld: 0 }
  return makeReport(findings, coverage, signed === undefined ? {} : { lastCheckpointSize: signed.size })
}
