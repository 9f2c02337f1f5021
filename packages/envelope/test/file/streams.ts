import type { ByteStream } from '../../src/file/byte-stream.ts'

/** Bytes that differ from place to place, so that none is taken for another; the same for the same length. */
export function pattern(length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i++) out[i] = (Math.imul(i + 1, 2_654_435_761) ^ (length * 97)) >>> 13
  return out
}

/** Whether two are the same. An assertion that would print them takes minutes over megabytes. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Cuts bytes into pieces of these lengths, over and over. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number
    pieces.push(bytes.slice(at, at + length))
    at += length
  }
  return pieces
}

export interface Passed {
  readonly bytes: Uint8Array
  readonly pieces: number
  /** What the readable side errored with. */
  readonly error: unknown
}

/** Pipes pieces through a stream and keeps what came out, also when it ends in an error. */
export async function through({ readable, writable }: ByteStream, pieces: readonly Uint8Array[]): Promise<Passed> {
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(piece)
    },
  })
  const left = [...pieces]
  const out: Uint8Array[] = []
  const piping = source.pipeTo(writable).catch(() => {})
  const reader = readable.getReader()
  let error: unknown
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) out.push(next.value.slice())
  } catch (caught) {
    error = caught
  }
  await piping
  return { bytes: new Uint8Array(Buffer.concat(out)), pieces: out.length, error }
}
