import { type Clock, equalBytes, isPhiError } from '@phi/core'
import { verifyConsistency } from '../merkle/verify.ts'
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.ts'
import { type CosignatureVerifier, cosignaturesOf } from '../note/cosignature.ts'
import { formatNote, MAX_NOTE_SIGNATURES, type NoteSignature, type ParsedNote, parseNote } from '../note/note.ts'
import { witnessError } from './errors.ts'
import { type Exchange, post, type WitnessFetch, within } from './exchange.ts'
import { formatAddCheckpoint, MAX_PROOF_LINES, parseSize, withAnswer } from './message.ts'

/** A witness to be asked. */
export interface WitnessAddress {
  readonly name: string
  /** The submission prefix: `add-checkpoint` is put to its path. */
  readonly url: string
  /** Its keys. Cosignatures by others are not taken from its answer. */
  readonly verifiers: readonly CosignatureVerifier[]
  /** The size that it cosigned last, as far as known. It says so itself when that is wrong. */
  readonly lastSize?: number
}

/** Where consistency proofs come from: an `AuditLog` has both, as has anything that keeps the tree. */
export interface ProofSource {
  /** The proof between two sizes (RFC 6962 §2.1.2), with the roots that it is for. */
  proveConsistency(
    size1: number,
    size2: number,
  ): Promise<{ readonly root1: Uint8Array; readonly root2: Uint8Array; readonly proof: readonly Uint8Array[] }>
  /** How many entries there are by now. A witness that has seen more has seen a log that is no longer there. */
  size(): Promise<number>
}

/**
 * What a witness did.
 *
 * - `cosigned`: its cosignature on this checkpoint was checked and is in the note.
 * - `superseded`: it has cosigned a larger checkpoint, within the log as it is now: another process was faster.
 * - `behind`: its state changed while it was asked. Ask again.
 * - `refused`: it does not cosign for this log, or not now. `status` has its reason.
 * - `unreachable`: no answer in time.
 * - `lied`: its answer is not what it should be, and was not used. `detail` says what was wrong.
 * - `forked`: it says that it has seen another history, or more entries than the log has. Treat it as an alarm.
 * - `failed`: the log's own proof could not be made; the witness was not asked, or not again.
 */
export type WitnessOutcome = 'cosigned' | 'superseded' | 'behind' | 'refused' | 'unreachable' | 'lied' | 'forked' | 'failed'

/** Why. Fixed words: nothing that a witness sent gets into them. */
export type WitnessDetail =
  | 'timeout'
  | 'network'
  | 'redirect'
  | 'status'
  | 'not-signature-lines'
  | 'no-cosignature'
  | 'bad-signature'
  | 'no-time'
  | 'from-future'
  | 'too-old'
  | 'not-a-size'
  | 'same-size-again'
  | 'larger-than-log'
  | 'other-history'
  | 'larger-than-checkpoint'
  | 'moved-meanwhile'
  | 'no-proof'

export interface WitnessResult {
  readonly witness: string
  readonly outcome: WitnessOutcome
  readonly detail?: WitnessDetail
  /** The HTTP status of its last answer. */
  readonly status?: number
  /** The size it says that it has cosigned, or has now cosigned. A claim, unless the outcome is `cosigned`. */
  readonly size?: number
  /** Milliseconds since 1970-01-01T00:00:00Z, as cosigned. */
  readonly time?: number
}

export interface CosignOptions {
  /** The checkpoint, signed by its log. */
  readonly note: string
  readonly proofs: ProofSource
  readonly witnesses: readonly WitnessAddress[]
  readonly fetch: WitnessFetch
  readonly clock: Clock
  /** For each witness, both attempts together, bodies and all. Default 10,000. */
  readonly timeoutMs?: number
  /** How far the time of a fresh cosignature may be off from the clock, either way. Default 300,000. */
  readonly maxSkewMs?: number
}

/** The bound on one witness, unless told otherwise. */
const DEFAULT_TIMEOUT_MS = 10_000
/** How far clocks may be apart, unless told otherwise. */
const DEFAULT_SKEW_MS = 300_000

interface Asking {
  readonly options: CosignOptions
  readonly parsed: ParsedNote
  readonly checkpoint: Checkpoint
}

type Asked = { readonly result: WitnessResult; readonly lines: readonly NoteSignature[] }

function positive(value: number, path: string): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > 2_147_483_647)
    throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', { path, detail: 'must be a positive whole number of milliseconds' })
  return value
}

/** @throws PhiError PHI_AUDIT_WITNESS_OPTIONS */
export function addCheckpointUrl(prefix: string): string {
  let url: URL
  try {
    url = new URL(prefix)
  } catch {
    throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', { path: 'witnesses.url', detail: 'is not a URL' })
  }
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || !isPlain) {
    throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', {
      path: 'witnesses.url',
      detail: 'must be an http(s) URL without credentials, query and fragment',
    })
  }
  return `${url.href.replace(/\/+$/, '')}/add-checkpoint`
}

/**
 * Offers a checkpoint to witnesses, all at once, and puts their cosignatures to it (C2SP tlog-witness, "add-checkpoint").
 * Whatever a witness does is a result of its own; no answer is believed before it is checked.
 * @returns the note with the cosignatures, and one result for each witness in the order of the list
 * @throws PhiError PHI_AUDIT_NOTE_MALFORMED, PHI_AUDIT_CHECKPOINT when the note is no checkpoint; PHI_AUDIT_WITNESS_OPTIONS
 */
export async function cosign(
  options: CosignOptions,
): Promise<{ readonly note: string; readonly results: readonly WitnessResult[] }> {
  const parsed = parseNote(options.note)
  const checkpoint = parseCheckpoint(parsed.text)
  const timeoutMs = positive(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, 'timeoutMs')
  positive(options.maxSkewMs ?? DEFAULT_SKEW_MS, 'maxSkewMs')
  const addresses = options.witnesses.map((witness) => ({ witness, url: addCheckpointUrl(witness.url) }))
  const asking: Asking = { options, parsed, checkpoint }
  const asked = await Promise.all(
    addresses.map(({ witness, url }) =>
      within(
        timeoutMs,
        (signal) => ask(asking, witness, url, signal),
        () => only({ witness: witness.name, outcome: 'unreachable', detail: 'timeout' }),
      ),
    ),
  )
  const lines = asked.flatMap((each) => each.lines)
  return { note: merged(parsed, lines), results: asked.map(({ result }) => result) }
}

/** New cosignatures take the place of older ones by the same key. */
function merged(parsed: ParsedNote, lines: readonly NoteSignature[]): string {
  const fresh = new Map(lines.map((each) => [`${each.name} ${each.keyId}`, each]))
  const kept = parsed.signatures.filter(({ name, keyId }) => !fresh.has(`${name} ${keyId}`))
  return formatNote({ text: parsed.text, signatures: [...kept, ...fresh.values()].slice(0, MAX_NOTE_SIGNATURES) })
}

/** Asks one witness: from the size that it is thought to be at, and once more from the size that it then names. */
async function ask(asking: Asking, witness: WitnessAddress, url: string, signal: AbortSignal): Promise<Asked> {
  const name = witness.name
  const { size } = asking.checkpoint
  let old = Math.min(witness.lastSize ?? 0, size)
  try {
    for (let attempt = 1; ; attempt++) {
      const proof = await proofFrom(asking, old)
      if (proof === undefined) return only({ witness: name, outcome: 'failed', detail: 'no-proof' })
      const body = formatAddCheckpoint({ old, proof, note: asking.options.note })
      const exchange = await post(asking.options.fetch, url, body, signal)
      const conflict = conflictOf(exchange)
      if (conflict === undefined) return judge(asking, witness, exchange)
      const claimed = { witness: name, status: 409, ...(conflict.size === undefined ? {} : { size: conflict.size }) }
      if (conflict.size === undefined) return only({ ...claimed, outcome: 'lied', detail: 'not-a-size' })
      // It names the very size that it was asked from.
      if (conflict.size === old) return only({ ...claimed, outcome: 'lied', detail: 'same-size-again' })
      if (conflict.size > size) return only({ ...claimed, ...(await ahead(asking, conflict.size)) })
      if (attempt === 2) return only({ ...claimed, outcome: 'behind', detail: 'moved-meanwhile' })
      old = conflict.size
    }
  } catch {
    // The store that proofs come from is away. What was wrong with it is its own health's to say.
    return only({ witness: name, outcome: 'failed', detail: 'no-proof' })
  }
}

const only = (result: WitnessResult): Asked => ({ result, lines: [] })

/** A witness that is ahead of this checkpoint: of the log as well? */
async function ahead(asking: Asking, claimed: number): Promise<{ outcome: WitnessOutcome; detail: WitnessDetail }> {
  const size = await asking.options.proofs.size()
  return claimed > size
    ? { outcome: 'forked', detail: 'larger-than-log' }
    : { outcome: 'superseded', detail: 'larger-than-checkpoint' }
}

/** The proof from the witness's size to this checkpoint, checked before it is sent. Undefined when the log cannot prove it. */
async function proofFrom({ options, checkpoint }: Asking, old: number): Promise<readonly Uint8Array[] | undefined> {
  const { size, root } = checkpoint
  if (old === 0 || old === size) return []
  try {
    const { root1, root2, proof } = await options.proofs.proveConsistency(old, size)
    const holds = equalBytes(root2, root) && verifyConsistency({ size1: old, size2: size, root1, root2, proof })
    return holds && proof.length <= MAX_PROOF_LINES ? proof : undefined
  } catch (error) {
    if (isPhiError(error, 'PHI_AUDIT_MERKLE_INPUT')) return undefined
    throw error
  }
}

/** The size in a 409 answer. Its size is undefined when there is none to be read. */
function conflictOf(exchange: Exchange): { readonly size: number | undefined } | undefined {
  if (exchange.kind !== 'answer' || exchange.status !== 409) return undefined
  const { body, isSize } = exchange
  return { size: isSize && body.endsWith('\n') ? parseSize(body.slice(0, -1)) : undefined }
}

/** Turns any answer but 409 into a result. */
function judge(asking: Asking, witness: WitnessAddress, exchange: Exchange): Asked {
  const { name } = witness
  if (exchange.kind === 'none') return only({ witness: name, outcome: 'unreachable', detail: exchange.detail })
  if (exchange.kind === 'malformed') return only({ witness: name, outcome: 'lied', detail: 'not-signature-lines' })
  const { status } = exchange
  if (status === 200) return judgeCosignature(asking, witness, exchange.body)
  // Browsers hide the status of a redirect that is not followed, and say 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return only({ witness: name, outcome: 'refused', detail: 'redirect', status })
  }
  // What the proof shows was checked before it was sent: a witness that it does not convince has another tree.
  if (status === 422) return only({ witness: name, outcome: 'forked', detail: 'other-history', status })
  if (status >= 500) return only({ witness: name, outcome: 'unreachable', detail: 'status', status })
  return only({ witness: name, outcome: 'refused', detail: 'status', status })
}

/** Checks what claims to be a cosignature: key, signature and time. Lines by keys that are not its own are ignored. */
function judgeCosignature({ options, parsed, checkpoint }: Asking, witness: WitnessAddress, lines: string): Asked {
  const lie = (detail: WitnessDetail) => only({ witness: witness.name, outcome: 'lied', detail, status: 200 })
  const answered = withAnswer(parsed, lines)
  if (answered === undefined) return lie('not-signature-lines')
  const found = cosignaturesOf(answered, witness.verifiers)
  if (found.length === 0) return lie('no-cosignature')
  if (found.some(({ valid }) => !valid)) return lie('bad-signature')
  const now = options.clock()
  const skew = options.maxSkewMs ?? DEFAULT_SKEW_MS
  for (const { time } of found) {
    if (time === 0) return lie('no-time')
    if (time > now + skew) return lie('from-future')
    // An old one is a replay: it says nothing about the largest tree that is known now. Seconds were cut off.
    if (time < now - skew - 1000) return lie('too-old')
  }
  const time = Math.min(...found.map((each) => each.time))
  const result = { witness: witness.name, outcome: 'cosigned', status: 200, size: checkpoint.size, time } as const
  return { result, lines: found.map(({ line }) => line) }
}
