import { type Clock, equalBytes, fromBase64, isPhiError, sha256, toBase64, toHex, utf8 } from '@phi/core'
import { emptyRoot } from '../merkle/hash.ts'
import { verifyConsistency } from '../merkle/verify.ts'
import type { Checkpoint } from '../note/checkpoint.ts'
import { COSIGNATURE_ED25519_TYPE, COSIGNATURE_ML_DSA_44_TYPE, type Cosigner } from '../note/cosignature.ts'
import { type Verifier, verifierFromVkey } from '../note/keys.ts'
import { formatNote, type NoteSignature, openNote } from '../note/note.ts'
import { witnessError } from './errors.ts'
import { MAX_REQUEST_BYTES, parseAddCheckpoint, SIZE_TYPE } from './message.ts'
import type { WitnessState, WitnessStore } from './store.ts'

/** A log that a witness cosigns for. */
export interface WitnessedLog {
  /** The first line of its checkpoints. */
  readonly origin: string
  /** Its keys: verifier keys (type 0x01), or verifiers for other types, such as `mlDsa44Verifier(vkey)`. */
  readonly keys: readonly (string | Verifier)[]
}

export interface WitnessOptions {
  readonly logs: readonly WitnessedLog[]
  /** Its keys, each of which cosigns. Usually one, from `ed25519Cosigner` or `mlDsa44Signer`. */
  readonly signers: readonly Cosigner[]
  readonly store: WitnessStore
  readonly clock: Clock
}

/** An answer, in the terms of HTTP. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 413 | 422 | 500
  readonly contentType: string
  readonly body: string
}

/** A witness: it cosigns checkpoints that continue those that it has cosigned before, and no others (C2SP tlog-witness). */
export interface Witness {
  /** Its public keys. */
  readonly vkeys: readonly string[]
  /**
   * Answers the body of an `add-checkpoint` request. What is wrong with a request is a status, not an exception:
   * 400 malformed, or its old size is above the checkpoint's; 404 unknown origin; 403 not signed by the log; 409 with the size
   * that was cosigned last; 422 not consistent with what was cosigned; 500 the witness cannot sign or keep its state.
   */
  addCheckpoint(request: string | Uint8Array): Promise<WitnessAnswer>
  /**
   * The latest checkpoint that was cosigned, for monitors: by the SHA-256 of the origin in lower-case hexadecimal.
   * Undefined where there is none.
   * @throws PhiError what the store throws
   */
  checkpoint(originHash: string): Promise<string | undefined>
}

/** How far ahead of the clock the last cosignature may be before the clock is believed again, in seconds. */
const MAX_BACKWARD_SECONDS = 300

const answer = (status: WitnessAnswer['status'], body: string, contentType = 'text/plain; charset=utf-8'): WitnessAnswer => ({
  status,
  contentType,
  body,
})
const conflict = (state: WitnessState | undefined) => answer(409, `${state?.size ?? 0}\n`, SIZE_TYPE)

const wrong = (path: string, detail: string) => witnessError('PHI_AUDIT_WITNESS_OPTIONS', { path, detail })

function logsOf(logs: readonly WitnessedLog[]): Map<string, readonly Verifier[]> {
  const known = new Map<string, readonly Verifier[]>()
  for (const { origin, keys } of logs) {
    if (typeof origin !== 'string' || origin === '' || known.has(origin)) throw wrong('logs.origin', 'must be there, and once')
    const verifiers = keys.map((key) => (typeof key === 'string' ? verifierFromVkey(key) : key))
    const identities = new Set(verifiers.map(({ name, keyId }) => `${name} ${keyId}`))
    if (verifiers.length === 0 || identities.size !== verifiers.length) throw wrong('logs.keys', 'must be there, each once')
    known.set(origin, verifiers)
  }
  return known
}

/**
 * Makes a witness. Its memory is the store's: one that was emptied or set back can be made to cosign a second history.
 * @throws PhiError PHI_AUDIT_WITNESS_OPTIONS; PHI_AUDIT_VKEY, PHI_AUDIT_VKEY_TYPE for a log's key
 */
export function witness(options: WitnessOptions): Witness {
  const { store, clock } = options
  const logs = logsOf(options.logs)
  const signers = [...options.signers]
  const isCosigner = ({ type }: Cosigner) => type === COSIGNATURE_ED25519_TYPE || type === COSIGNATURE_ML_DSA_44_TYPE
  if (signers.length === 0 || !signers.every(isCosigner)) throw wrong('signers', 'must be one or more cosigners')
  if (new Set(signers.map(({ name, keyId }) => `${name} ${keyId}`)).size !== signers.length)
    throw wrong('signers', 'must have different keys')
  const origins = new Map([...logs.keys()].map((origin) => [toHex(sha256(utf8(origin))), origin]))

  /** Cosigns, with a time that does not run backwards when a clock is set back a little. */
  const cosignatures = async (text: Uint8Array, state: WitnessState | undefined) => {
    const now = Math.floor(clock() / 1000)
    const last = state?.time ?? 0
    const time = last > now && last - now <= MAX_BACKWARD_SECONDS ? last : now
    const lines: NoteSignature[] = []
    for (const signer of signers) {
      const signature = await signer.signAt(text.slice(), time * 1000)
      // A key service that signs with another key, or something else, must not get a cosignature out of the house.
      if (!signer.verifier.verify(text, signature)) throw wrong('signers', 'a signature is not valid')
      lines.push({ name: signer.name, keyId: signer.keyId, signature })
    }
    return { time, lines }
  }

  const addCheckpoint = async (request: string | Uint8Array): Promise<WitnessAnswer> => {
    const body = textOf(request)
    if (body === 'too long') return answer(413, 'the request is too long\n')
    const parsed = body === undefined ? undefined : parseAddCheckpoint(body.text)
    if (parsed === undefined) return answer(400, 'the request is malformed\n')
    const { old, proof, checkpoint, note } = parsed
    const verifiers = logs.get(checkpoint.origin)
    if (verifiers === undefined) return answer(404, 'the origin is not known\n')
    const signed = signaturesOf(note, verifiers)
    if (signed === undefined) return answer(403, 'there is no valid signature by a known key of the log\n')
    if (old > checkpoint.size) return answer(400, 'the old size is above the size of the checkpoint\n')
    const coversAll = !signers.some(({ type }) => type === COSIGNATURE_ML_DSA_44_TYPE)
    if (!coversAll && checkpoint.extensions.length > 0) return answer(400, 'extension lines are not cosigned\n')

    const state = await store.get(checkpoint.origin)
    if (old !== (state?.size ?? 0)) return conflict(state)
    if (!isConsistent(state, checkpoint, proof)) return answer(422, 'the checkpoint is not consistent with the last one\n')
    const text = utf8(parsed.parsed.text)
    const { time, lines } = await cosignatures(text, state)
    const next: WitnessState = {
      size: checkpoint.size,
      root: toBase64(checkpoint.root),
      time,
      note: formatNote({ text: parsed.parsed.text, signatures: [...signed, ...lines] }),
    }
    // INVARIANT: nothing that was signed leaves before the state is durable, and the state only moves from the one that was checked.
    if (!(await store.update(checkpoint.origin, state, next))) return conflict(await store.get(checkpoint.origin))
    return answer(200, linesOf(parsed.parsed.text, lines))
  }

  return Object.freeze<Witness>({
    vkeys: Object.freeze(signers.map(({ vkey }) => vkey)),
    async addCheckpoint(request) {
      try {
        return await addCheckpoint(request)
      } catch (error) {
        // The codes are ours, and say nothing of requests or keys.
        return answer(500, `the witness cannot answer: ${isPhiError(error) ? error.code : 'unexpected'}\n`)
      }
    },
    async checkpoint(originHash) {
      const origin = origins.get(originHash)
      return origin === undefined ? undefined : (await store.get(origin))?.note
    },
  })
}

function textOf(request: string | Uint8Array): { text: string } | 'too long' | undefined {
  if (request.length > MAX_REQUEST_BYTES) return 'too long'
  try {
    const text =
      typeof request === 'string' ? request : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(request)
    return text.isWellFormed() ? { text } : undefined
  } catch {
    return undefined
  }
}

/** The valid signatures of the log. Undefined when there is none, or one by a known key is not valid. */
function signaturesOf(note: string, verifiers: readonly Verifier[]): readonly NoteSignature[] | undefined {
  try {
    return openNote(note, verifiers).verified
  } catch (error) {
    if (isPhiError(error, 'PHI_AUDIT_NOTE_SIGNATURE') || isPhiError(error, 'PHI_AUDIT_NOTE_UNVERIFIED')) return undefined
    throw error
  }
}

/** The checks of C2SP tlog-witness that are answered with 422. The old size is that of the state. */
function isConsistent(state: WitnessState | undefined, checkpoint: Checkpoint, proof: readonly Uint8Array[]): boolean {
  const { size, root } = checkpoint
  if (size === 0 && !equalBytes(root, emptyRoot())) return false
  if (state === undefined || state.size === 0) return proof.length === 0
  const root1 = fromBase64(state.root)
  if (size === state.size) return proof.length === 0 && equalBytes(root, root1)
  return verifyConsistency({ size1: state.size, size2: size, root1, root2: root, proof })
}

/** Only the signature lines of a note. */
function linesOf(text: string, signatures: readonly NoteSignature[]): string {
  return formatNote({ text, signatures }).slice(text.length + 1)
}
