import { envelopeError } from '../errors.ts'
import type { PurposeKeys } from '../keys/loaded-key.ts'
import { type MessageChunks, platformTwin, recogniseMessage } from '../primitives/cobblestone.ts'
import { CHUNK, PREFIX, SEALED_CHUNK, TAG } from '../primitives/cobblestone-sizes.ts'
import { BATCH, type ByteTransformer, isBytes } from './byte-transformer.ts'
import { type FileBinding, fileContext, HEADER, readHeader } from './format.ts'
import { countUse } from './use.ts'

/** How a message of chunks begins, and how its key is found by that. */
export interface Recognition {
  /** Bytes before the first chunk. The last 56 of them are the salt and the commitment. */
  readonly prefixLength: number
  /** @throws PhiError PHI_ENVELOPE_FILE */
  recognise(prefix: Uint8Array): KnownMessage
}

/** A message whose key is known and whose commitment holds; its chunks are still to be opened. */
export interface KnownMessage {
  readonly chunks: MessageChunks
  /** Refuses when the key may not be used any more. @throws PhiError PHI_ENVELOPE_FILE, PHI_ENVELOPE_STALE */
  requireKey(): void
  /** Counts bytes of plaintext that were opened. */
  countUse(bytes: number): void
}

/** Bytes before the first chunk of a file. */
export const FILE_PREFIX = HEADER + PREFIX

/** Finds the key of a file by its header, and holds the commitment against key and binding. */
export const fileRecognition = (keys: PurposeKeys, binding: FileBinding): Recognition => ({
  prefixLength: FILE_PREFIX,
  recognise(prefix) {
    const keyOf = () => {
      const found = keys.byId(id)
      if (found === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
      return found
    }
    const id = readHeader(prefix)
    const key = keyOf()
    const context = fileContext(prefix.subarray(0, HEADER), binding)
    const chunks = recogniseMessage(platformTwin, key.key, prefix.subarray(HEADER, FILE_PREFIX), context)
    if (chunks === undefined) throw envelopeError('PHI_ENVELOPE_FILE')
    return {
      chunks,
      requireKey: () => void keyOf(),
      countUse: (bytes) => countUse(keys, key, { sealed: false, bytes }),
    }
  },
})

/** Opens bytes as they come. What is no whole chunk yet waits; only plaintext of chunks that verified comes out. */
export function opening({ prefixLength, recognise }: Recognition): ByteTransformer {
  const prefix = new Uint8Array(prefixLength)
  const waiting = new Uint8Array(SEALED_CHUNK)
  let message: KnownMessage | undefined
  let held = 0
  let index = 0
  let total = 0
  let isOver = false

  const forget = () => {
    if (isOver) return
    isOver = true
    waiting.fill(0)
    if (message === undefined) return
    message.chunks.forget()
    message.countUse(total)
  }
  const opened = ({ chunks }: KnownMessage, sealed: Uint8Array, isLast: boolean): Uint8Array => {
    const count = Math.floor(sealed.length / SEALED_CHUNK)
    const out = new Uint8Array(isLast ? Math.max(0, sealed.length - TAG) : count * CHUNK)
    if (chunks.openInto(out, 0, index, sealed, isLast) === undefined) {
      forget()
      throw envelopeError('PHI_ENVELOPE_FILE')
    }
    index += count
    total += out.length
    return out
  }
  /** Copies into a buffer what fits behind what it holds, and says how much that was. */
  const fill = (buffer: Uint8Array, bytes: Uint8Array, at: number): number => {
    const taken = Math.min(buffer.length - held, bytes.length - at)
    buffer.set(bytes.subarray(at, at + taken), held)
    held += taken
    return taken
  }
  const begun = (bytes: Uint8Array): number => {
    const taken = fill(prefix, bytes, 0)
    if (held === prefixLength) {
      try {
        message = recognise(prefix)
      } catch (error) {
        forget()
        throw error
      }
      held = 0
    }
    return taken
  }
  const refuseIfOver = () => {
    if (isOver) throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'it was refused, ended or aborted before' })
  }

  return {
    begin: () => new Uint8Array(0),
    *push(bytes) {
      refuseIfOver()
      if (!isBytes(bytes)) {
        forget()
        throw envelopeError('PHI_ENVELOPE_FILE', { detail: 'not a Uint8Array' })
      }
      let at = message === undefined ? begun(bytes) : 0
      if (message === undefined) return
      if (held > 0) {
        at += fill(waiting, bytes, at)
        if (held < SEALED_CHUNK) return
        held = 0
        yield opened(message, waiting, false)
      }
      while (bytes.length - at >= SEALED_CHUNK) {
        const length = Math.min(Math.floor((bytes.length - at) / SEALED_CHUNK), BATCH) * SEALED_CHUNK
        at += length
        yield opened(message, bytes.subarray(at - length, at), false)
      }
      fill(waiting, bytes, at)
    },
    *end() {
      refuseIfOver()
      if (message === undefined) {
        forget()
        throw envelopeError('PHI_ENVELOPE_FILE')
      }
      // The last chunk is the one that is short; a file cut between two chunks has none, and none of 0 bytes opens.
      const last = opened(message, waiting.subarray(0, held), true)
      forget()
      if (last.length > 0) yield last
    },
    forget,
    plaintextBytes: () => total,
  }
}
