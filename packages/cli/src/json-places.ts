/** Where in a JSON text its values stand. */
export interface JsonPlaces {
  /** The line, from 1, of what a JSON pointer (RFC 6901) names, or of the nearest thing around it. */
  lineOf(pointer: string): number
  /** The lines of keys that stand twice in one object: which of the two counts is not the same everywhere (RFC 8259, 4). */
  readonly repeated: readonly number[]
}

/** Deeper values have the line of what holds them: what is looked for is a rule, not a word in it. */
const MAX_DEPTH = 4

interface Frame {
  readonly pointer: string
  readonly isArray: boolean
  readonly keys: Set<string>
  index: number
  key: string
}

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** The end of the string that begins at `at`. */
function afterString(text: string, at: number): number {
  let end = at + 1
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end + 1
}

/** @param text JSON that JSON.parse has taken: nothing is checked again */
export function jsonPlaces(text: string): JsonPlaces {
  const lines = new Map<string, number>([['', 1]])
  const repeated: number[] = []
  const frames: Frame[] = []
  let line = 1
  // What comes next: a key of an object, or a member of an array.
  let isKey = false
  let isMember = false
  const place = () => {
    const frame = frames.at(-1)
    if (frame === undefined || frames.length > MAX_DEPTH) return ''
    return `${frame.pointer}/${frame.isArray ? frame.index : escaped(frame.key)}`
  }
  const note = (pointer: string) => {
    if (frames.length <= MAX_DEPTH) lines.set(pointer, line)
  }
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string
    const frame = frames.at(-1)
    if (sign === '\n') line++
    if (isMember && !/[\s\]]/.test(sign)) {
      note(place())
      isMember = false
    }
    if (sign === '"') {
      const end = afterString(text, at)
      if (isKey && frame !== undefined) {
        frame.key = JSON.parse(text.slice(at, end)) as string
        if (frame.keys.has(frame.key)) repeated.push(line)
        frame.keys.add(frame.key)
        note(place())
        isKey = false
      }
      at = end
      continue
    }
    if (sign === '{' || sign === '[') {
      frames.push({ pointer: place(), isArray: sign === '[', keys: new Set(), index: 0, key: '' })
      isKey = sign === '{'
      isMember = sign === '['
    } else if (sign === '}' || sign === ']') {
      frames.pop()
      isKey = false
      isMember = false
    } else if (sign === ',' && frame !== undefined) {
      frame.index++
      isKey = !frame.isArray
      isMember = frame.isArray
    }
    at++
  }
  return {
    repeated,
    lineOf(pointer) {
      for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
        const found = lines.get(at)
        if (found !== undefined || at === '') return found ?? 1
      }
    },
  }
}
