import { fromBase64, toBase64 } from '@phi/core'
import { noteError } from './errors.ts'

/** The text of a C2SP tlog-checkpoint: the head of a log at one size. It becomes a checkpoint by being signed as a note. */
export interface Checkpoint {
  /** Which log this is. Opaque: no customer and no patient in it. */
  readonly origin: string
  /** The number of entries. */
  readonly size: number
  /** The RFC 6962 root hash over them, 32 bytes. */
  readonly root: Uint8Array
  /** Further lines. No proof covers what they say, so C2SP advises against them, and so do we. */
  readonly extensions: readonly string[]
}

const invalid = (path: string, detail: string) => noteError('PHI_AUDIT_CHECKPOINT', { path, detail })

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a note excludes
const CONTROL = /[\u0000-\u001f]/

const isLine = (line: unknown): line is string =>
  typeof line === 'string' && line !== '' && line.isWellFormed() && !CONTROL.test(line)

/**
 * Writes the text of a checkpoint, to be passed to `signNote`.
 * @throws PhiError PHI_AUDIT_CHECKPOINT when the origin or an extension is not one non-empty line, the size is not a
 * non-negative safe integer, or the root is not 32 bytes
 */
export function formatCheckpoint(checkpoint: {
  origin: string
  size: number
  root: Uint8Array
  extensions?: readonly string[]
}): string {
  const { origin, size, root, extensions = [] } = checkpoint
  if (!isLine(origin)) throw invalid('origin', 'must be one non-empty line')
  if (!Number.isSafeInteger(size) || size < 0) throw invalid('size', 'must be a non-negative safe integer')
  if (!(root instanceof Uint8Array) || root.length !== 32) throw invalid('root', 'must be a Uint8Array of 32 bytes')
  if (!extensions.every(isLine)) throw invalid('extensions', 'each must be one non-empty line')
  return [origin, `${size === 0 ? 0 : size}`, toBase64(root), ...extensions].map((line) => `${line}\n`).join('')
}

/**
 * Reads the text of a checkpoint, as `openNote` returned it. It has one spelling only: what is read here is written by
 * {@link formatCheckpoint} byte for byte.
 * @throws PhiError PHI_AUDIT_CHECKPOINT
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (typeof text !== 'string' || !text.endsWith('\n'))
    throw noteError('PHI_AUDIT_CHECKPOINT', { detail: 'must end in a newline' })
  const lines = text.slice(0, -1).split('\n')
  if (lines.length < 3) throw noteError('PHI_AUDIT_CHECKPOINT', { detail: 'must have at least three lines' })
  const [origin, size, root, ...extensions] = lines as [string, string, string, ...string[]]
  if (!isLine(origin)) throw invalid('origin', 'must not be empty')
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw invalid('size', 'must be decimal, without leading zeros, and at most 2^53 - 1')
  }
  if (!extensions.every(isLine)) throw invalid('extensions', 'must not hold empty lines')
  return { origin, size: Number(size), root: parseRoot(root), extensions }
}

function parseRoot(line: string): Uint8Array {
  // 32 bytes are 44 characters of base64; anything longer is not worth decoding.
  if (line.length !== 44) throw invalid('root', 'must be 32 bytes in base64')
  let root: Uint8Array
  try {
    root = fromBase64(line)
  } catch (cause) {
    throw noteError('PHI_AUDIT_CHECKPOINT', { path: 'root', detail: 'must be padded standard base64', cause })
  }
  if (root.length !== 32) throw invalid('root', 'must be 32 bytes in base64')
  return root
}
