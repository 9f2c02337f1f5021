import { type Refused, refused } from '../refused.ts'

const MAX_URL = 8_192
const MAX_PARAMETERS = 200
const MAX_PARAM = 1_024

// U+0000 to U+001F, U+007F, and lone surrogates cannot stand in what databases and logs are asked for.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/
// Encoded slashes, backslashes and control characters: routers, proxies and file systems disagree about what they mean in a path.
const AMBIGUOUS = /%(?:2f|5c|[01][0-9a-f]|7f)|\\/i

const isPlain = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed()
/** Names that every object has: as keys of data they are an attack or a mistake. */
export const unsafeNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** The address that was asked for, or a refusal for one that two readers could read differently. */
export function targetOf(url: string): URL | Refused {
  if (url.length > MAX_URL) return refused('malformed', { errors: ['url'] })
  try {
    const target = new URL(url)
    const isHttp = target.protocol === 'https:' || target.protocol === 'http:'
    if (!isHttp || target.username !== '' || target.password !== '') return refused('malformed', { errors: ['url'] })
    if (AMBIGUOUS.test(target.pathname) || !decodeURIComponent(target.pathname).isWellFormed()) {
      return refused('malformed', { errors: ['path'] })
    }
    return target
  } catch {
    return refused('malformed', { errors: ['url'] })
  }
}

/** What the router found in the path, as a frozen object without a prototype. */
export function paramsOf(params: unknown): Readonly<Record<string, string>> | Refused {
  const out = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries((params ?? {}) as object)) {
    if (unsafeNames.has(name) || typeof value !== 'string' || value.length > MAX_PARAM || !isPlain(value)) {
      return refused('malformed', { errors: ['path'] })
    }
    out[name] = value
  }
  return Object.freeze(out)
}

/** `application/x-www-form-urlencoded` writes a space as a plus. */
const decoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** The query as texts by name. A name that stands twice is refused: one reader takes the first, another the last. */
export function queryOf(search: string): Readonly<Record<string, string>> | Refused {
  const out = Object.create(null) as Record<string, string>
  const pairs = search
    .replace(/^\?/, '')
    .split('&')
    .filter((each) => each !== '')
  if (pairs.length > MAX_PARAMETERS) return refused('malformed', { errors: ['query'] })
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    try {
      const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
      const value = equals < 0 ? '' : decoded(pair.slice(equals + 1))
      const sound = name !== '' && !unsafeNames.has(name) && isPlain(name) && !value.includes('\0') && value.isWellFormed()
      if (!sound || Object.hasOwn(out, name)) return refused('malformed', { errors: ['query'] })
      out[name] = value
    } catch {
      return refused('malformed', { errors: ['query'] })
    }
  }
  return Object.freeze(out)
}
