import { gunzipSync } from 'node:zlib'

export interface TarEntry {
  readonly path: string
  /** What the header holds besides the path and the size: mode, owner, time, type. */
  readonly header: string
  readonly content: Uint8Array
}

const BLOCK = 512

const text = (block: Uint8Array, from: number, length: number): string => {
  const field = block.subarray(from, from + length)
  const end = field.indexOf(0)
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString('utf8')
}

/** What a pax header says of the path of the entry behind it: `<length> path=<value>\n`. */
const paxPath = (content: Uint8Array): string | undefined =>
  /(?:^|\n)\d+ path=([^\n]*)\n/.exec(Buffer.from(content).toString('utf8'))?.[1]

/**
 * The entries of a `.tgz`, in the order in which they stand (ustar and pax, which is what npm writes).
 * @throws Error when a header's checksum is wrong or the archive ends early
 */
export function readTarball(tarball: Uint8Array): TarEntry[] {
  const bytes = gunzipSync(tarball)
  const entries: TarEntry[] = []
  let longPath: string | undefined
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK)
    if (block.every((byte) => byte === 0)) break
    // The checksum is the sum of the header with its own field read as blanks.
    const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
    if (sum !== Number.parseInt(text(block, 148, 8), 8)) throw new Error(`the header at byte ${at} has a wrong checksum`)
    const size = Number.parseInt(text(block, 124, 12), 8)
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size)
    if (content.length < size) throw new Error(`the archive ends inside ${text(block, 0, 100)}`)
    const type = text(block, 156, 1)
    if (type === 'x') longPath = paxPath(content)
    else {
      const prefix = text(block, 345, 155)
      const path = longPath ?? (prefix === '' ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`)
      const header = `mode ${text(block, 100, 8)} owner ${text(block, 108, 8)}/${text(block, 116, 8)} time ${text(block, 136, 12)} type ${type}`
      entries.push({ path, header, content })
      longPath = undefined
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return entries
}
