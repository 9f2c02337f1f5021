import type { FileBinding } from '../../src/file/format.ts'
import { beginFile } from '../../src/file/sealing.ts'
import type { FileSource } from '../../src/file/source.ts'
import type { PurposeKeys } from '../../src/keys/loaded-key.ts'

const CHUNK = 16_384
const SEALED_CHUNK = CHUNK + 16
const PREFIX = 66

/** The 256 kinds of chunk that a virtual file is made of: each differs from the next, and within itself. */
const kinds = Array.from({ length: 256 }, (_, kind) => Uint8Array.from({ length: CHUNK }, (_, i) => (i % 251) + kind * 7))

/** The plaintext of a virtual file from `start` to before `end`. */
export function virtualBytes(start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start)
  for (let at = start; at < end; ) {
    const chunk = Math.floor(at / CHUNK)
    const from = at - chunk * CHUNK
    const part = (kinds[chunk % 256] as Uint8Array).subarray(from, Math.min(CHUNK, from + end - at))
    out.set(part, at - start)
    at += part.length
  }
  return out
}

export interface VirtualFile extends FileSource {
  readonly reads: { readonly offset: number; readonly length: number }[]
  /** The most reads that were under way at the same time. */
  readonly mostAtOnce: () => number
}

/** A sealed file of any size that holds nothing: its chunks are sealed when they are read. */
export function virtualFile(keys: PurposeKeys, binding: FileBinding, plaintextSize: number): VirtualFile {
  const { prefix, chunks } = beginFile(keys, binding)
  const lastIndex = Math.floor(plaintextSize / CHUNK)
  const size = PREFIX + plaintextSize + 16 * (lastIndex + 1)
  const reads: { offset: number; length: number }[] = []
  let underWay = 0
  let most = 0
  const chunk = (index: number): Uint8Array => {
    const plaintext = virtualBytes(index * CHUNK, Math.min((index + 1) * CHUNK, plaintextSize))
    const out = new Uint8Array(plaintext.length + 16)
    chunks.sealInto(out, 0, index, plaintext, index === lastIndex)
    return out
  }
  return {
    size,
    reads,
    mostAtOnce: () => most,
    async read(offset, length) {
      reads.push({ offset, length })
      most = Math.max(most, ++underWay)
      await Promise.resolve()
      const out = new Uint8Array(length)
      for (let at = offset; at < offset + length; ) {
        const index = Math.floor((at - PREFIX) / SEALED_CHUNK)
        const [bytes, start] = at < PREFIX ? [prefix, 0] : [chunk(index), PREFIX + index * SEALED_CHUNK]
        const part = bytes.subarray(at - start, offset + length - start)
        out.set(part, at - offset)
        at += part.length
      }
      underWay--
      return out
    },
  }
}
