import { unsafeNames } from './target.ts'

/** Deeper than any record, and far from where recursive readers give up. */
const MAX_DEPTH = 64

/**
 * Whether a JSON text is one that every reader reads alike: no object names a member twice (RFC 8259 §4 leaves it open which one counts),
 * no member has the name of something that every object has, and nothing is nested deeper than 64.
 * @param json a text that JSON.parse accepts
 */
function isUnambiguous(json: string): boolean {
  // The names of each object that is open; undefined for an array.
  const open: (Set<string> | undefined)[] = []
  let nameNext = false
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '{' || character === '[') {
      if (open.length === MAX_DEPTH) return false
      open.push(character === '{' ? new Set() : undefined)
      nameNext = character === '{'
    } else if (character === '}' || character === ']') {
      open.pop()
      nameNext = false
    } else if (character === ',') {
      nameNext = open.at(-1) !== undefined
    } else if (character === '"') {
      const start = i
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++
      if (!nameNext) continue
      nameNext = false
      // Two spellings of one name, such as "id" and "i\u0064", are one name.
      const name = JSON.parse(json.slice(start, i + 1)) as string
      const names = open.at(-1)
      if (names === undefined || names.has(name) || unsafeNames.has(name)) return false
      names.add(name)
    }
  }
  return true
}

/** Reads JSON in UTF-8, or answers undefined for what is not exactly one. A byte order mark is refused. */
export function readJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return isUnambiguous(text) ? { value } : undefined
  } catch {
    return undefined
  }
}
