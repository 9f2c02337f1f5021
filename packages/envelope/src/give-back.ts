/** Bytes worth giving back by hand. */
const LARGE = 4096

/**
 * Gives the memory of a buffer that was copied back at once, where the runtime can: Node 20 cannot. Left to the garbage collector, the 16 KiB
 * pieces of files cost a third of their encryption, because each counts towards its next run.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes as { buffer: ArrayBufferLike & { transfer?: (length: number) => unknown } }
  // Only a buffer that is these bytes and nothing else; short ones may share a pool.
  if (bytes.length >= LARGE && buffer.byteLength === bytes.length) buffer.transfer?.(0)
}
