import { toBase64, toHex, utf8 } from '@phi/core'

/** Something that must not be found in an error or an answer, with every spelling that a text is searched for. */
export interface Secret {
  /** What it is, for the message: 'the data key'. */
  readonly what: string
  readonly bytes: Uint8Array
  readonly spellings: readonly string[]
  /**
   * 'everywhere': nor in causes and properties. 'shown': not in what a logger writes down (message, stack, JSON), while a cause
   * may still hold it.
   */
  readonly scope: 'everywhere' | 'shown'
}

/** @param value bytes or a text, long enough not to be found by chance */
export function secret(what: string, value: Uint8Array | string, scope: Secret['scope']): Secret {
  const bytes = typeof value === 'string' ? utf8(value) : Uint8Array.from(value)
  return { what, bytes, spellings: spellingsOf(bytes), scope }
}

/**
 * How bytes may stand in a longer base64 text: what comes before them shifts them by 0, 1 or 2 bytes. Of each spelling only the
 * characters that depend on nothing else.
 */
function base64Cores(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((shift) => {
    const padded = new Uint8Array(shift + bytes.length)
    padded.set(bytes, shift)
    return toBase64(padded).slice(Math.ceil((shift * 8) / 6), Math.floor((padded.length * 8) / 6))
  })
}

const latin1 = (bytes: Uint8Array): string => {
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte)
  return out
}

function spellingsOf(bytes: Uint8Array): string[] {
  const hex = toHex(bytes)
  const cores = base64Cores(bytes)
  const url = cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'))
  const lists = [Array.from(bytes).join(','), Array.from(bytes).join(', ')]
  return [...new Set([latin1(bytes), hex, hex.toUpperCase(), ...cores, ...url, ...lists])]
}

/** Whether the haystack holds all of the needle, somewhere. */
export const holdsBytes = (haystack: Uint8Array, needle: Uint8Array): boolean => latin1(haystack).includes(latin1(needle))

// A cause may hold a whole HTTP client with its sockets. Far fewer objects than this lie where a key could be of any use.
const MOST_OBJECTS = 20_000

const bytesOf = (value: object): Uint8Array | undefined => {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

/** A property as a reader gets it. A getter that throws shows nothing. */
function read(value: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined
  }
}

interface Step {
  readonly value: unknown
  readonly where: string
}

/** What can be reached from an object in one step. The stack of an error is an accessor in some engines, hence by name. */
function below({ value, where }: Step): Step[] {
  const object = value as object
  if (object instanceof Map || object instanceof Set) {
    return [...object.entries()].flat().map((each) => ({ value: each, where: `${where}.*` }))
  }
  const keys: PropertyKey[] = [...Reflect.ownKeys(object)]
  if (object instanceof Error) keys.push('message', 'stack', 'cause')
  return [...new Set(keys)].map((key) => ({ value: read(object, key), where: `${where}.${String(key)}` }))
}

/** Every text and byte string in an object graph: own properties, causes, maps, sets; each object once. */
function* leavesOf(root: unknown): Generator<{ where: string; text?: string; bytes?: Uint8Array }> {
  const seen = new Set<unknown>()
  const queue: Step[] = [{ value: root, where: 'error' }]
  for (let step = queue.shift(); step !== undefined && seen.size < MOST_OBJECTS; step = queue.shift()) {
    const { value, where } = step
    if (typeof value === 'string') yield { where, text: value }
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const bytes = bytesOf(value)
    if (bytes !== undefined) yield { where, bytes }
    else if (Array.isArray(value) && value.every((each) => typeof each === 'number')) yield { where, text: value.join(',') }
    else queue.push(...below(step))
  }
}

/** What a logger writes of a value without looking into it. */
function headlines(value: unknown): Step[] {
  const texts: Step[] = value instanceof Error ? [{ value: value.message, where: 'message' }] : []
  if (value instanceof Error) texts.push({ value: value.stack, where: 'stack' })
  return [...texts, { value: String(value), where: 'error' }]
}

function jsonOf(value: unknown): Step[] {
  try {
    return [{ value: JSON.stringify(value), where: 'JSON' }]
  } catch {
    // What has no JSON is not logged as JSON.
    return []
  }
}

/**
 * Looks for secrets in a value: as text (hexadecimal, base64 of both alphabets at any alignment, Latin-1, decimal lists) and as
 * bytes, in everything that hangs on it.
 * @returns what was found, and where; undefined when nothing was
 */
export function findSecret(value: unknown, secrets: readonly Secret[]): { what: string; where: string } | undefined {
  const spelledIn = (text: string) => (each: Secret) => each.spellings.some((spelling) => text.includes(spelling))
  const inTexts = (texts: readonly Step[]) => {
    for (const { value: text, where } of texts) {
      const found = typeof text === 'string' ? secrets.find(spelledIn(text)) : undefined
      if (found) return { what: found.what, where }
    }
    return undefined
  }
  const above = inTexts(headlines(value))
  if (above) return above
  // Before the JSON, as it tells the place.
  const deep = secrets.filter(({ scope }) => scope === 'everywhere')
  for (const { where, text, bytes } of leavesOf(value)) {
    const found = bytes === undefined ? deep.find(spelledIn(text ?? '')) : deep.find((each) => holdsBytes(bytes, each.bytes))
    if (found) return { what: found.what, where }
  }
  return inTexts(jsonOf(value))
}
