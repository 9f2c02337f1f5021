import { nonceBytes, type SecretKey } from '#aead'
import { envelopeError } from '../errors.ts'
import type { LoadedKey, PurposeKeys } from '../keys/loaded-key.ts'
import { deriveMessage, type MessageChunks, platformTwin } from '../primitives/cobblestone.ts'
import { CHUNK, CHUNK_LIMIT, PREFIX, SALT, SEALED_CHUNK, TAG } from '../primitives/cobblestone-sizes.ts'
import { BATCH, type ByteTransformer, isBytes } from './byte-transformer.ts'
import { type FileBinding, fileContext, HEADER, writeHeader } from './format.ts'
import { countUse } from './use.ts'

/** The start of a new file: its first 66 bytes, and the chunks that follow. */
export interface NewFile {
  readonly key: LoadedKey
  readonly prefix: Uint8Array
  readonly chunks: MessageChunks
}

/** Begins a file under a fresh random salt. @throws PhiError PHI_ENVELOPE_NO_KEY, PHI_ENVELOPE_STALE */
export function beginFile(keys: PurposeKeys, binding: FileBinding): NewFile {
  const key = keys.active()
  const prefix = new Uint8Array(HEADER + PREFIX)
  const header = writeHeader(key.idBytes)
  const salt = nonceBytes(SALT)
  const chunks = deriveMessage<SecretKey>(platformTwin, key.key, salt, fileContext(header, binding))
  prefix.set(header)
  prefix.set(salt, HEADER)
  prefix.set(chunks.commitment, HEADER + SALT)
  return { key, prefix, chunks }
}

/** Seals bytes as they come. What does not fill a chunk yet waits in a buffer, which is overwritten in the end. */
export function sealing(keys: PurposeKeys, { key, prefix, chunks }: NewFile): ByteTransformer {
  const waiting = new Uint8Array(CHUNK)
  let held = 0
  let index = 0
  let total = 0
  let isOver = false

  const forget = () => {
    if (isOver) return
    isOver = true
    waiting.fill(0)
    chunks.forget()
    countUse(keys, key, { sealed: true, bytes: total })
  }
  const refuseIfOver = () => {
    if (isOver) throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'it was ended or aborted before' })
  }
  /** Full chunks only. */
  const sealed = (plaintext: Uint8Array): Uint8Array => {
    const count = plaintext.length / CHUNK
    const out = new Uint8Array(count * SEALED_CHUNK)
    chunks.sealInto(out, 0, index, plaintext, false)
    index += count
    return out
  }

  return {
    begin: () => prefix,
    *push(bytes) {
      refuseIfOver()
      if (!isBytes(bytes)) throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'a file is sealed from Uint8Arrays only' })
      if (index + bytes.length / CHUNK >= CHUNK_LIMIT - 1)
        throw envelopeError('PHI_ENVELOPE_VALUE', { detail: 'more than 4 PiB' })
      let at = 0
      if (held > 0) {
        at = Math.min(CHUNK - held, bytes.length)
        waiting.set(bytes.subarray(0, at), held)
        held += at
        if (held === CHUNK) {
          held = 0
          total += CHUNK
          yield sealed(waiting)
        }
      }
      while (bytes.length - at >= CHUNK) {
        const length = Math.min(Math.floor((bytes.length - at) / CHUNK), BATCH) * CHUNK
        total += length
        at += length
        yield sealed(bytes.subarray(at - length, at))
      }
      if (at < bytes.length) {
        waiting.set(bytes.subarray(at), held)
        held = bytes.length - at
      }
    },
    *end() {
      refuseIfOver()
      const out = new Uint8Array(held + TAG)
      chunks.sealInto(out, 0, index, waiting.subarray(0, held), true)
      total += held
      forget()
      yield out
    },
    forget,
    plaintextBytes: () => total,
  }
}
