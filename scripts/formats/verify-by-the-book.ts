/**
 * A verifier of audit evidence that was written from docs/formats/audit-evidence-v1.md alone: it imports nothing of this repository
 * but the file beside it, which was written the same way.
 */
import {
  entryHash,
  fromB64,
  groups,
  includes,
  type Leaf,
  type Opening,
  openNote,
  readLeaf,
  rootOf,
  wrongIn,
} from './audit-by-the-book.ts'

export interface BookFinding {
  readonly code: string
  readonly index?: number
  readonly group?: string
}
/** `refused`: the file is none of this format. */
export interface BookReport {
  readonly verdict: 'intact' | 'broken' | 'unverifiable' | 'refused'
  readonly findings: readonly BookFinding[]
  readonly checked: number
  readonly withheld: number
}

// Evidence: closed objects.
type Shape = Record<string, (value: unknown) => boolean>
const closed =
  (shape: Shape, optional: Shape = {}) =>
  (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const read = (name: string) => (value as Record<string, unknown>)[name]
    if (Object.keys(value).some((name) => !Object.hasOwn(shape, name) && !Object.hasOwn(optional, name))) return false
    const fits = Object.entries(shape).every(([name, is]) => Object.hasOwn(value, name) && is(read(name)))
    return fits && Object.entries(optional).every(([name, is]) => !Object.hasOwn(value, name) || is(read(name)))
  }
const text = (most: number) => (value: unknown) => typeof value === 'string' && value.length <= most
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const many = (is: (value: unknown) => boolean, most: number) => (value: unknown) =>
  Array.isArray(value) && value.length <= most && value.every(is)
const openingShape = { salt: (salt: unknown) => fromB64(salt, 16) !== undefined, json: text(65_536) }
const isOpening = closed(openingShape)
const isSealable = closed(openingShape, { inner: isOpening })
const openOf = (is: (value: unknown) => boolean) =>
  closed({}, { event: isOpening, actor: isOpening, source: isOpening, subject: is, context: is })
const entryShape = { index: isCount, leaf: text(1024) }
const isEntry = closed({ ...entryShape, open: openOf(isOpening) })
const isProved = closed({
  ...entryShape,
  open: openOf(isSealable),
  proof: many((hash) => fromB64(hash, 32) !== undefined, 53),
})
const isHeader = closed({
  format: (format) => format === 'phi.audit/log@v1',
  origin: (origin) => typeof origin === 'string' && /^[\x21-\x2a\x2c-\x7e]{1,200}$/.test(origin),
  size: isCount,
})
const isFooter = closed({ checkpoint: text(1_000_000) })
const isBundle = closed({
  format: (format) => format === 'phi.audit/bundle@v1',
  checkpoint: text(1_000_000),
  entries: many(isProved, Number.POSITIVE_INFINITY),
})

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
function readJson(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json)
    return depthOf(value) <= 8 ? value : undefined
  } catch {
    return undefined
  }
}

interface Entry {
  readonly index: number
  readonly leaf: string
  readonly proof: readonly string[]
  readonly open: Readonly<Record<string, Opening | undefined>>
}
const unknowns = new Set(['no-keys', 'unknown-key', 'unanchored', 'empty'])
const warnings = new Set(['clock-regression'])
const refused: BookReport = { verdict: 'refused', findings: [], checked: 0, withheld: 0 }

/** What both files have in common: findings, and the checks of openings. */
class Book {
  readonly findings: BookFinding[] = []
  checked = 0
  withheld = 0

  add(code: string, index?: number, group?: string): void {
    this.findings.push({ code, ...(index === undefined ? {} : { index }), ...(group === undefined ? {} : { group }) })
  }
  open({ index, open }: Entry, { commitments }: Leaf): void {
    for (const [i, name] of groups.entries()) {
      const opening = open[name]
      const wrong = opening === undefined ? undefined : wrongIn(name, opening, commitments[i])
      if (opening === undefined) this.withheld++
      else if (wrong !== undefined) this.add(wrong, index, name)
    }
  }
  report(): BookReport {
    const { findings, checked, withheld } = this
    const isBroken = findings.some(({ code }) => !unknowns.has(code) && !warnings.has(code))
    const isUnknown = findings.some(({ code }) => unknowns.has(code))
    return { verdict: isBroken ? 'broken' : isUnknown ? 'unverifiable' : 'intact', findings, checked, withheld }
  }
}

/** Evidence, "Bundle": steps 1 to 5. */
export function verifyBundleByTheBook(json: string, vkeys: readonly string[]): BookReport {
  const value = json.length <= 64 * 1024 * 1024 ? readJson(json) : undefined
  if (!isBundle(value)) return refused
  const { checkpoint: note, entries } = value as { checkpoint: string; entries: readonly Entry[] }
  const book = new Book()
  const { claimed, finding } = openNote(note, vkeys)
  if (finding !== undefined) book.add(finding)
  if (claimed === undefined && finding !== 'malformed-checkpoint') book.add('malformed-checkpoint')
  const seen = new Set<number>()
  for (const entry of entries) {
    const { index, leaf: line, proof } = entry
    if (seen.has(index)) book.add('duplicate-index', index)
    seen.add(index)
    book.checked++
    const leaf = readLeaf(line)
    if (leaf === undefined) {
      book.add('malformed-leaf', index)
      continue
    }
    if (leaf.index !== index) book.add('out-of-order', index)
    if (claimed !== undefined) {
      if (leaf.origin !== claimed.origin) book.add('wrong-origin', index)
      const path = proof.map((hash) => fromB64(hash, 32) as Buffer)
      if (!includes(index, claimed.size, entryHash(line), path, claimed.root)) book.add('not-proved', index)
    }
    book.open(entry, leaf)
  }
  if (entries.length === 0) book.add('empty')
  return book.report()
}

/** Evidence, "Whole log": steps 1 to 9. */
export function verifyLinesByTheBook(file: string, vkeys: readonly string[]): BookReport {
  const [first = '', ...lines] = (file.endsWith('\n') ? file.slice(0, -1) : file).split('\n')
  const header = readJson(first)
  if (!isHeader(header)) return refused
  const { origin, size } = header as { origin: string; size: number }
  const book = new Book()
  const hashes: Buffer[] = []
  let [next, time, known, isThere] = [0, '', true, false]
  let previous: string | undefined = Buffer.alloc(32).toString('base64')
  let note: string | undefined
  const lose = () => {
    known = false
    previous = undefined
  }
  for (const line of lines) {
    if (note !== undefined) {
      book.add('trailing-lines')
      continue
    }
    const value = line.length <= 4 * 1024 * 1024 ? readJson(line) : undefined
    if (isFooter(value)) {
      note = (value as { checkpoint: string }).checkpoint
      continue
    }
    if (!isEntry(value)) {
      book.add('malformed-leaf', next++)
      lose()
      continue
    }
    const entry = value as Entry
    const { index, leaf: text } = entry
    if (index < next) {
      book.add(index === next - 1 && isThere ? 'duplicate-index' : 'out-of-order', index)
      continue
    }
    if (index > next) {
      book.add('gap', next)
      lose()
    }
    next = index + 1
    isThere = true
    book.checked++
    const leaf = readLeaf(text)
    if (leaf === undefined) {
      book.add('malformed-leaf', index)
      lose()
      continue
    }
    if (leaf.origin !== origin) book.add('wrong-origin', index)
    if (leaf.index !== index) book.add('out-of-order', index)
    if (leaf.time < time) book.add('clock-regression', index)
    if (previous !== undefined && leaf.previous !== previous)
      book.add(index === 0 ? 'broken-link' : 'altered-leaf', Math.max(0, index - 1))
    book.open(entry, leaf)
    time = leaf.time
    const hash = entryHash(text)
    hashes.push(hash)
    previous = hash.toString('base64')
  }
  const { signed, finding } = note === undefined ? {} : openNote(note, vkeys)
  if (finding !== undefined) book.add(finding)
  else if (signed === undefined) book.add(vkeys.length === 0 ? 'no-keys' : 'unanchored')
  const usable = signed?.origin === origin ? signed : undefined
  if (signed !== undefined && usable === undefined) book.add('wrong-origin')
  if (next > size || (usable !== undefined && usable.size !== size)) book.add('head-mismatch', size)
  if (next < Math.max(size, usable?.size ?? 0)) book.add('truncated-tail', next)
  if (usable !== undefined && known && hashes.length === usable.size && Buffer.compare(rootOf(hashes), usable.root) !== 0)
    book.add('rewritten-history')
  if (next === 0) book.add('empty')
  return book.report()
}
