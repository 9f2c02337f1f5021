import { randomBytes } from '@phi/core'

/** Random bytes as a plain Uint8Array, whose `slice` copies; the `slice` of a Buffer does not. */
export const freshBytes = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))

const { Buffer: NodeBuffer } = globalThis as { Buffer?: { from(bytes: Uint8Array): Uint8Array } }

/**
 * A copy in every kind of array that callers hand in. A Buffer is a Uint8Array whose `slice` shares its memory: an adapter that
 * copies with `slice` does not, for callers in Node.
 */
export const kindsOfBytes = (bytes: Uint8Array): Uint8Array[] => [
  Uint8Array.from(bytes),
  ...(NodeBuffer ? [NodeBuffer.from(bytes)] : []),
]
