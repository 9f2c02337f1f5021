import { fromBase64, fromUtf8, toBase64, utf8 } from '@phi/core'
import { noteError } from './errors.ts'
import { isKeyName, type Signer, type Verifier } from './keys.ts'

/** The longest note that is read or written, in bytes of UTF-8. */
export const MAX_NOTE_LENGTH = 1_000_000
/** The most signature lines that are read or written. Verifiers must take at least 16 (C2SP signed-note, "Format"). */
export const MAX_NOTE_SIGNATURES = 100

/** One signature line. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  /** The bytes after the key id. Their form depends on the signature type. */
  readonly signature: Uint8Array
}

/** A note taken apart, with nothing verified. */
export interface ParsedNote {
  /** The signed text, with its last newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A note that at least one known key has signed. */
export interface OpenedNote {
  /** The signed text, with its last newline. */
  readonly text: string
  /** The signatures by known keys, each key once. All of them are valid. */
  readonly verified: readonly NoteSignature[]
  /** The signatures by unknown keys, equal lines once. They say nothing about the text. */
  readonly unverified: readonly NoteSignature[]
}

const malformed = (detail: string, cause?: unknown) =>
  noteError('PHI_AUDIT_NOTE_MALFORMED', cause === undefined ? { detail } : { detail, cause })

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/

const SIGNATURE_HEAD = '\u2014 '

/** Checks a text or a whole note (C2SP signed-note, "Format") and returns its bytes. */
function checkText(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw malformed('must be a text')
  // Before anything walks over it. UTF-8 is never shorter than the count of UTF-16 code units.
  if (text.length > MAX_NOTE_LENGTH) throw malformed('must be at most 1,000,000 bytes long')
  if (!text.isWellFormed()) throw malformed('holds a lone surrogate')
  if (CONTROL.test(text)) throw malformed('holds a control character other than newline')
  if (!text.endsWith('\n')) throw malformed('must end in a newline')
  const bytes = utf8(text)
  if (bytes.length > MAX_NOTE_LENGTH) throw malformed('must be at most 1,000,000 bytes long')
  return bytes
}

function decode(note: unknown): unknown {
  if (!(note instanceof Uint8Array)) return note
  if (note.length > MAX_NOTE_LENGTH) throw malformed('must be at most 1,000,000 bytes long')
  try {
    return fromUtf8(note)
  } catch (cause) {
    throw malformed('the bytes are not UTF-8', cause)
  }
}

/** Reads `— name base64(key id ‖ signature)`, without its newline. */
function parseSignature(line: string): NoteSignature {
  const space = line.indexOf(' ', SIGNATURE_HEAD.length)
  const name = line.slice(SIGNATURE_HEAD.length, Math.max(space, 0))
  if (!line.startsWith(SIGNATURE_HEAD) || !isKeyName(name)) {
    throw malformed('a signature line must be an em dash, a space, a key name, a space and base64')
  }
  let bytes: Uint8Array
  try {
    bytes = fromBase64(line.slice(space + 1))
  } catch (cause) {
    throw malformed('a signature is not padded standard base64', cause)
  }
  if (bytes.length < 5) throw malformed('a signature is too short to hold a key id and a signature')
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return { name, keyId, signature: bytes.slice(4) }
}

/**
 * Takes a note apart and verifies nothing: the text can be anybody's. For showing a note, or for adding signatures to one.
 * @throws PhiError PHI_AUDIT_NOTE_MALFORMED
 */
export function parseNote(note: string | Uint8Array): ParsedNote {
  const whole = decode(note)
  checkText(whole)
  const all = whole as string
  // The text may hold empty lines itself: the last one separates.
  const split = all.lastIndexOf('\n\n')
  if (split < 0) throw malformed('no empty line between the text and the signatures')
  const lines = all.slice(split + 2, -1).split('\n', MAX_NOTE_SIGNATURES + 1)
  if (split + 2 === all.length) throw malformed('no signature after the last empty line')
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed('must have at most 100 signatures')
  return { text: all.slice(0, split + 1), signatures: lines.map(parseSignature) }
}

/**
 * Writes a note from a text and signatures, for example to add the cosignature of a witness.
 * @throws PhiError PHI_AUDIT_NOTE_MALFORMED when the text or a signature has no place in a note
 */
export function formatNote(note: ParsedNote): string {
  checkText(note.text)
  const { signatures } = note
  if (signatures.length === 0) throw malformed('must have a signature')
  if (signatures.length > MAX_NOTE_SIGNATURES) throw malformed('must have at most 100 signatures')
  const lines = signatures.map(({ name, keyId, signature }) => {
    if (!isKeyName(name)) throw malformed('a signature has no valid key name')
    if (!isUint32(keyId)) throw malformed('a key id is not a uint32')
    if (!(signature instanceof Uint8Array) || signature.length === 0)
      throw malformed('a signature is not a non-empty Uint8Array')
    const bytes = new Uint8Array(4 + signature.length)
    new DataView(bytes.buffer).setUint32(0, keyId)
    bytes.set(signature, 4)
    return `${SIGNATURE_HEAD}${name} ${toBase64(bytes)}\n`
  })
  const whole = `${note.text}\n${lines.join('')}`
  checkText(whole)
  return whole
}

const isUint32 = (value: unknown): value is number => Number.isInteger(value) && (value as number) >>> 0 === value

/** Name and key id together identify a key. Names hold no space, so no two keys share this text. */
const identity = (key: { name: string; keyId: number }): string => `${key.name} ${key.keyId}`

/**
 * Signs a text: UTF-8, without control characters, ending in a newline. Signature lines stand in the order of the signers.
 * @throws PhiError PHI_AUDIT_NOTE_MALFORMED when the text cannot be a note's, or there is no signer, or the same key twice;
 * PHI_AUDIT_NOTE_SIGNER when a signer fails, with its error as `cause`
 */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  const message = checkText(text)
  if (new Set(signers.map(identity)).size !== signers.length) throw malformed('two signers have the same name and key id')
  const signatures: NoteSignature[] = []
  for (const signer of signers) {
    const { name, keyId } = signer
    let signature: Uint8Array
    try {
      // A copy each, so that a signer cannot change what the next one signs.
      signature = await signer.sign(message.slice())
    } catch (cause) {
      throw noteError('PHI_AUDIT_NOTE_SIGNER', { cause })
    }
    if (!(signature instanceof Uint8Array) || signature.length === 0) {
      throw noteError('PHI_AUDIT_NOTE_SIGNER', { detail: 'the signer did not return a signature' })
    }
    signatures.push({ name, keyId, signature })
  }
  return formatNote({ text, signatures })
}

/**
 * Reads a note that at least one of the verifiers' keys has signed. Until this returns, the text must not be believed.
 *
 * Fails closed: one invalid signature by a known key refuses the whole note, also beside a valid one. Signatures by unknown
 * keys are reported and otherwise ignored, so that logs can change keys and witnesses can add theirs.
 * @throws PhiError PHI_AUDIT_NOTE_MALFORMED, PHI_AUDIT_NOTE_SIGNATURE (a known key's signature is invalid),
 * PHI_AUDIT_NOTE_UNVERIFIED (no signature by a known key), PHI_AUDIT_VKEY (two verifiers share name and key id)
 */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): OpenedNote {
  const known = new Map(verifiers.map((verifier) => [identity(verifier), verifier]))
  // Which of the two is meant cannot be told, and whoever arranged for that is not to be trusted.
  if (known.size !== verifiers.length) {
    throw noteError('PHI_AUDIT_VKEY', { detail: 'two verifiers have the same name and key id' })
  }
  const { text, signatures } = parseNote(note)
  const message = utf8(text)
  const verified = new Map<string, NoteSignature>()
  const unverified = new Map<string, NoteSignature>()
  for (const line of signatures) {
    const verifier = known.get(identity(line))
    if (verifier === undefined) {
      unverified.set(`${identity(line)} ${toBase64(line.signature)}`, line)
      continue
    }
    // A further signature by the same key counts no further, but must be valid too.
    if (!isValid(verifier, message, line.signature)) throw noteError('PHI_AUDIT_NOTE_SIGNATURE')
    if (!verified.has(identity(line))) verified.set(identity(line), line)
  }
  if (verified.size === 0) throw noteError('PHI_AUDIT_NOTE_UNVERIFIED')
  return { text, verified: [...verified.values()], unverified: [...unverified.values()] }
}

function isValid(verifier: Verifier, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    // Nothing but true is true: a verifier that returns a promise by mistake must not let everything pass.
    return verifier.verify(message, signature) === true
  } catch {
    return false
  }
}
