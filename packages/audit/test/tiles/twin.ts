import { createHash } from 'node:crypto'

/** tlog-tiles written down as the specification says it, from all leaves at once, sharing no code with the package. */

type Bytes = Uint8Array
const H = (...parts: Bytes[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

/** MTH of RFC 6962 §2.1. */
export function MTH(D: readonly Bytes[]): Buffer {
  if (D.length === 0) return H()
  if (D.length === 1) return H(Uint8Array.of(0), D[0] as Bytes)
  let k = 1
  while (k * 2 < D.length) k *= 2
  return H(Uint8Array.of(1), MTH(D.slice(0, k)), MTH(D.slice(k)))
}

export function twinPath(level: number | 'entries', n: number, width: number): string {
  let digits = `${n}`
  while (digits.length % 3 !== 0) digits = `0${digits}`
  const parts: string[] = []
  for (let i = 0; i < digits.length; i += 3) parts.push(digits.slice(i, i + 3))
  const last = parts.pop() as string
  return ['tile', level, ...parts.map((part) => `x${part}`), width === 256 ? last : `${last}.p/${width}`].join('/')
}

/** All files but the checkpoint of a tree. */
export function twinFiles(D: readonly Bytes[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let l = 0; 256 ** l <= D.length; l++) {
    const span = 256 ** l
    const hashes: Buffer[] = []
    for (let i = 0; (i + 1) * span <= D.length; i++) hashes.push(MTH(D.slice(i * span, (i + 1) * span)))
    for (let n = 0; n * 256 < hashes.length; n++) {
      const tile = hashes.slice(n * 256, (n + 1) * 256)
      files.set(twinPath(l, n, tile.length), Buffer.concat(tile))
    }
  }
  for (let n = 0; n * 256 < D.length; n++) {
    const entries = D.slice(n * 256, (n + 1) * 256)
    const bundle = entries.flatMap((entry) => [Buffer.from([entry.length >> 8, entry.length & 255]), Buffer.from(entry)])
    files.set(twinPath('entries', n, entries.length), Buffer.concat(bundle))
  }
  return files
}
