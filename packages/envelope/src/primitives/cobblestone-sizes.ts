/** Plaintext bytes in every chunk but the last, which always holds fewer, and may be empty. */
export const CHUNK = 16_384
/** The tag of AES-256-GCM. */
export const TAG = 16
/** A full chunk as it stands in a message. */
export const SEALED_CHUNK = CHUNK + TAG
export const SALT = 24
export const COMMITMENT = 32
/** What stands before the first chunk: the salt and the commitment. */
export const PREFIX = SALT + COMMITMENT
/** No message has this many chunks: it would be more than 4 PiB. */
export const CHUNK_LIMIT = 2 ** 38

/** The length of a message with this many bytes of plaintext. Both are exact up to the format's own limit of 4 PiB. */
export function sealedLength(plaintextLength: number): number {
  const full = Math.floor(plaintextLength / CHUNK)
  return PREFIX + full * SEALED_CHUNK + (plaintextLength - full * CHUNK) + TAG
}

/** Where the last chunk of a message stands, as its length claims; undefined when no message has this length. */
export interface LastChunk {
  readonly index: number
  /** From the start of the message. */
  readonly offset: number
  readonly sealedLength: number
  /** Of the whole message. */
  readonly plaintextLength: number
}

/** A length alone proves nothing: the last chunk has to open before it is believed. */
export function lastChunkOf(messageLength: number): LastChunk | undefined {
  const body = messageLength - PREFIX
  if (!Number.isSafeInteger(messageLength) || body < TAG) return undefined
  const index = Math.floor(body / SEALED_CHUNK)
  const rest = body - index * SEALED_CHUNK
  // Without room for a tag the message was cut: after a full chunk, too, there has to come a last one.
  if (rest < TAG || index >= CHUNK_LIMIT) return undefined
  const plaintextLength = index * CHUNK + rest - TAG
  return { index, offset: PREFIX + index * SEALED_CHUNK, sealedLength: rest, plaintextLength }
}
