/**
 * What docs/formats/conventions.md and docs/formats/audit-v1.md say, and nothing else: no import of this repository. Where it and
 * `@phi/audit` disagree, the pages are not exact enough.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

// Conventions, "One spelling".
export function fromB64(text: unknown, length: number): Buffer | undefined {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
  return bytes?.length === length && bytes.toString('base64') === text ? bytes : undefined
}
const isInstant = (text: string): boolean => {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? new Date(text) : new Date(Number.NaN)
  return !Number.isNaN(time.getTime()) && time.toISOString() === text
}
const decimal = (text: string): number | undefined => {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}

// Conventions, "Canonical JSON": write what was read, and compare.
export function canonical(value: unknown, depth: number): string {
  if (typeof value === 'string' && !value.isWellFormed()) throw new Error('lone surrogate')
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('no number')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth >= 64) throw new Error('too deep')
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join(',')}]`
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${canonical(name, 0)}:${canonical((value as Record<string, unknown>)[name], depth + 1)}`).join(',')}}`
}
export function isCanonicalObject(text: string): boolean {
  try {
    return text.startsWith('{') && canonical(JSON.parse(text), 0) === text
  } catch {
    return false
  }
}

// Conventions, "Ed25519, read strictly".
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const little = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const Y8 = ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'].map((hex) => little(Buffer.from(hex, 'hex')))
const SMALL = new Set([0n, 1n, P - 1n, ...Y8, ...Y8.map((y) => P - y)])
const yOf = (point: Uint8Array): bigint => little(point) & (2n ** 255n - 1n)
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  if (yOf(publicKey) >= P || yOf(signature.subarray(0, 32)) >= P || SMALL.has(yOf(publicKey))) return false
  if (little(signature.subarray(32)) >= L) return false
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
  try {
    return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
  } catch {
    return false
  }
}

// Audit log, "Leaf".
export const groups = ['event', 'actor', 'source', 'subject', 'context'] as const
export interface Leaf {
  readonly origin: string
  readonly index: number
  readonly time: string
  readonly previous: string
  readonly commitments: readonly string[]
}
export function readLeaf(text: string): Leaf | undefined {
  const lines = text.split('\n')
  const [format, origin = '', index = '', time = '', previous = '', ...rest] = lines
  if (Buffer.byteLength(text) > 1024 || lines.length !== 11 || rest.pop() !== '' || format !== 'phi.audit/v1') return undefined
  const number = decimal(index)
  if (!/^[\x21-\x2a\x2c-\x7e]{1,200}$/.test(origin) || number === undefined || !isInstant(time)) return undefined
  const named = rest.every((line, i) => line.startsWith(`${groups[i]} `))
  const commitments = rest.map((line) => line.slice(line.indexOf(' ') + 1))
  if (!named || [previous, ...commitments].some((hash) => fromB64(hash, 32) === undefined)) return undefined
  return { origin, index: number, time, previous, commitments }
}
export const entryHash = (leaf: string): Buffer => sha256(Uint8Array.of(0), leaf)

// Audit log, "Tree".
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right)
export function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length < 2) return hashes[0] ?? sha256('')
  let k = 1
  while (2 * k < hashes.length) k *= 2
  return node(rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)))
}
export function includes(
  index: number,
  size: number,
  hash: Uint8Array,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index >= size) return false
  let [fn, sn, r] = [BigInt(index), BigInt(size) - 1n, hash]
  for (const p of path) {
    if (sn === 0n) return false
    if ((fn & 1n) === 1n || fn === sn) {
      r = node(p, r)
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n]
    } else r = node(r, p)
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n && Buffer.compare(r, root) === 0
}

// Audit log, "Checkpoint".
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}
/** A name of a key: not empty, no white space, no "+", no control character. */
const isName = (name: string): boolean => /^[^\p{White_Space}\p{Cc}+]+$/u.test(name)
function readNote(note: string): { text: string; lines: { name: string; id: string; signature: Buffer }[] } | undefined {
  const split = note.lastIndexOf('\n\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a note must not hold
  if (split < 0 || !note.endsWith('\n') || !note.isWellFormed() || /[\x00-\x09\x0b-\x1f]/.test(note)) return undefined
  const lines = note.slice(split + 2, -1).split('\n')
  const read = lines.map((line) => {
    const [dash, name = '', b64 = '', ...more] = line.split(' ')
    const bytes = Buffer.from(b64, 'base64')
    const right = dash === '\u2014' && isName(name) && more.length === 0 && bytes.length > 4 && bytes.toString('base64') === b64
    return right ? { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) } : undefined
  })
  if (read.length > 100 || Buffer.byteLength(note) > 1_000_000 || read.includes(undefined)) return undefined
  return { text: note.slice(0, split + 1), lines: read as { name: string; id: string; signature: Buffer }[] }
}
function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', b64, ...more] = text.slice(0, -1).split('\n')
  const [number, root] = [decimal(size), fromB64(b64, 32)]
  if (origin === '' || number === undefined || root === undefined || more.includes('')) return undefined
  return { origin, size: number, root }
}
/** The signed checkpoint, or why there is none; `claimed` is what the note says, signed or not. */
export function openNote(
  note: unknown,
  vkeys: readonly string[],
): { signed?: Checkpoint; claimed?: Checkpoint; finding?: string } {
  const read = typeof note === 'string' ? readNote(note) : undefined
  if (read === undefined) return { finding: 'malformed-checkpoint' }
  const claimed = readCheckpoint(read.text)
  const what = claimed === undefined ? {} : { claimed }
  if (vkeys.length === 0) return { ...what, finding: 'no-keys' }
  const by = new Set<string>()
  for (const vkey of vkeys) {
    const [name = '', id, ...key] = vkey.split('+')
    const typed = Buffer.from(key.join('+'), 'base64')
    if (typed[0] !== 1 || id !== sha256(`${name}\n`, typed).subarray(0, 4).toString('hex'))
      throw new Error('not a verifier key')
    for (const line of read.lines) {
      if (line.name !== name || line.id !== id) continue
      if (!verifyEd25519(typed.subarray(1), Buffer.from(read.text), line.signature))
        return { ...what, finding: 'bad-signature' }
      by.add(name)
    }
  }
  if (by.size === 0) return { ...what, finding: 'unknown-key' }
  if (claimed === undefined) return { finding: 'malformed-checkpoint' }
  return by.has(claimed.origin) ? { signed: claimed, claimed } : { claimed, finding: 'wrong-origin' }
}

// Audit log, "Opening a group".
export type Opening = { readonly salt: string; readonly json: string; readonly inner?: Opening }
function opens(name: string, { salt, json }: Opening, committed: unknown): boolean {
  const bytes = fromB64(salt, 16)
  if (bytes === undefined || Buffer.byteLength(json) > 65_536) return false
  return sha256(`phi.audit/v1/${name}\n`, bytes, json).toString('base64') === committed
}
export function wrongIn(name: string, opening: Opening, committed: unknown): string | undefined {
  if (!opens(name, opening, committed)) return 'altered-group'
  if (!isCanonicalObject(opening.json)) return 'group-not-canonical'
  const { inner } = opening
  if (inner === undefined) return undefined
  const { of, sealed } = JSON.parse(opening.json) as { of?: unknown; sealed?: unknown }
  const right = typeof of === 'string' && typeof sealed === 'string' && opens(name, inner, of) && isCanonicalObject(inner.json)
  return right ? undefined : 'altered-sealed'
}
