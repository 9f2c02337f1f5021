import { fromBase64, toBase64 } from '@phi/core'
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.ts'
import { type ParsedNote, parseNote } from '../note/note.ts'

/** The media type of the size in a 409 answer (C2SP tlog-witness, "add-checkpoint"). */
export const SIZE_TYPE = 'text/x.tlog.size'
/** The most proof lines in a request. */
export const MAX_PROOF_LINES = 63
/** The longest request that is read, in bytes: 63 hashes, and a note with some twenty ML-DSA-44 signatures. */
export const MAX_REQUEST_BYTES = 131_072
/** The longest answer that is read, in bytes. */
export const MAX_ANSWER_BYTES = 65_536

/** What `add-checkpoint` is asked with. */
export interface AddCheckpoint {
  /** The size of the tree that the witness cosigned last. */
  readonly old: number
  /** The consistency proof from there (RFC 6962 §2.1.2). Empty from 0. */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, as text. */
  readonly note: string
}

/** Writes the body of an `add-checkpoint` request. */
export const formatAddCheckpoint = ({ old, proof, note }: AddCheckpoint): string =>
  `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/

/** A size in decimal, without leading zeros, up to 2^53 - 1. */
export function parseSize(text: string): number | undefined {
  const size = SIZE.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(size) ? size : undefined
}

/** Reads the body of an `add-checkpoint` request. Undefined when it is none; nothing is verified. */
export function parseAddCheckpoint(
  body: string,
): (AddCheckpoint & { readonly checkpoint: Checkpoint; readonly parsed: ParsedNote }) | undefined {
  const split = body.indexOf('\n\n')
  if (split < 0) return undefined
  const [head, ...lines] = body.slice(0, split).split('\n', MAX_PROOF_LINES + 2) as [string, ...string[]]
  const old = head.startsWith('old ') ? parseSize(head.slice(4)) : undefined
  if (old === undefined || lines.length > MAX_PROOF_LINES) return undefined
  const proof: Uint8Array[] = []
  const note = body.slice(split + 2)
  try {
    for (const line of lines) {
      const hash = line.length === 44 ? fromBase64(line) : new Uint8Array(0)
      if (hash.length !== 32) return undefined
      proof.push(hash)
    }
    const parsed = parseNote(note)
    return { old, proof, note, parsed, checkpoint: parseCheckpoint(parsed.text) }
  } catch {
    return undefined
  }
}

/** The note with the signature lines of an answer put to it. Undefined when the answer is not one or more signature lines. */
export function withAnswer(note: ParsedNote, lines: string): ParsedNote | undefined {
  try {
    const answered = parseNote(`${note.text}\n${lines}`)
    // An empty line in the answer would make it part of the text.
    return answered.text === note.text ? answered : undefined
  } catch {
    return undefined
  }
}
