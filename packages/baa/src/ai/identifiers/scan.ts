import type { DataClass } from '@phi/core'
import { fold, lower } from './fold.ts'
import { type IdentifierKind, identifierKinds, patterns } from './patterns.ts'

/** Something that looks like an identifier: what kind, and where. Never the text itself, so that a finding can be logged. */
export interface Found {
  readonly kind: IdentifierKind | 'known'
  /** What it is taken for. */
  readonly class: DataClass
  /** UTF-16 offsets in the text that was scanned; the end is not part of it. */
  readonly start: number
  readonly end: number
}

/** An identifier that the caller knows of: the name or the number of the patient whom the prompt is about. */
export interface KnownIdentifier {
  readonly class: DataClass
  /** At least two characters. Found whatever its case, as a word of its own. */
  readonly text: string
}

const isWordUnit = (text: string, at: number): boolean =>
  at >= 0 && at < text.length && /[\p{L}\p{N}]/u.test(text[at] as string)

function findKnown(text: string, known: KnownIdentifier): readonly [number, number][] {
  const wanted = lower(fold(known.text.trim()).text)
  const out: [number, number][] = []
  if (wanted.length < 2) return out
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    if (!isWordUnit(text, at - 1) && !isWordUnit(text, end)) out.push([at, end])
  }
  return out
}

/**
 * Looks for identifiers by their form, and for those that are known by their text.
 *
 * A finding is a reason to look. NO FINDING IS NO PROOF: names have no form, and people write numbers in ways that no list foresees. For
 * de-identified data the law wants all eighteen identifiers removed, or an expert, 45 CFR 164.514(b).
 */
export function scanText(original: string, known: readonly KnownIdentifier[] = []): readonly Found[] {
  const { text, places } = fold(original)
  const found: Found[] = []
  const add = (kind: Found['kind'], group: DataClass, from: number, to: number) => {
    // The end is behind the last unit, so that what is not seen behind it stays outside.
    found.push({ kind, class: group, start: places[from] as number, end: (places[to - 1] as number) + 1 })
  }
  for (const { kind, matches, accepts } of patterns) {
    for (const match of text.matchAll(matches)) {
      const [part] = match
      if (part === '' || (accepts && !accepts(part))) continue
      add(kind, identifierKinds[kind], match.index, match.index + part.length)
    }
  }
  if (known.length > 0) {
    const lowered = lower(text)
    for (const each of known) for (const [from, to] of findKnown(lowered, each)) add('known', each.class, from, to)
  }
  return Object.freeze(widest(found).map((each) => Object.freeze(each)))
}

/** In order of their places. What lies inside another finding of the same class, or is the same twice, is named once. */
function widest(found: readonly Found[]): readonly Found[] {
  const sorted = [...found].sort((a, b) => a.start - b.start || b.end - a.end)
  const out: Found[] = []
  const last = new Map<DataClass, Found>()
  for (const each of sorted) {
    const before = last.get(each.class)
    if (before && each.end <= before.end) continue
    last.set(each.class, each)
    out.push(each)
  }
  return out
}
