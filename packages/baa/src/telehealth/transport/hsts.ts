/** What a Strict-Transport-Security header field says, RFC 6797 section 6.1. */
export interface HstsPolicy {
  /** Seconds. 0 tells a browser to forget the policy. */
  readonly maxAge: number
  readonly includeSubDomains: boolean
  /** Not in the RFC: the sign by which lists that are built into browsers know who wants to be on them. */
  readonly preload: boolean
}

/** `absent`: there is no such field. `invalid`: there is one that a browser has to ignore, section 8.1. */
export type HstsAnswer = ({ readonly is: 'present' } & HstsPolicy) | { readonly is: 'absent' } | { readonly is: 'invalid' }

/** Field names and values: a record, or pairs where a name may come twice. */
export type HeaderFields =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [name: string, value: string]>

const FIELD = 'strict-transport-security'
/** Node and browsers accept no longer header; what is longer is not read. */
const LONGEST = 16_384

// RFC 9110 section 5.6.2: a token; section 5.6.4: a quoted string.
// White space stands in one place each, so that the time to refuse a text grows with its length and no faster.
const DIRECTIVE =
  /[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*)?(;|$)/y

/**
 * Reads the value of one field. Directives that are not known are skipped; a directive that comes twice, a `max-age` that is missing or
 * no number, and anything that is not in the grammar make the whole field one that browsers ignore.
 * @returns undefined for a field that is ignored
 */
export function parseHsts(value: string): HstsPolicy | undefined {
  if (typeof value !== 'string' || value.length > LONGEST) return undefined
  const seen = new Map<string, string | undefined>()
  let at = 0
  for (;;) {
    DIRECTIVE.lastIndex = at
    const found = DIRECTIVE.exec(value)
    if (found === null) return undefined
    const [whole, name, token, quoted, end] = found
    if (name !== undefined) {
      const key = name.toLowerCase()
      if (seen.has(key)) return undefined
      seen.set(key, token ?? quoted)
    }
    at += whole.length
    if (end !== ';') break
  }
  const age = seen.get('max-age')
  if (age === undefined || !/^\d+$/.test(age)) return undefined
  for (const flag of ['includesubdomains', 'preload']) if (seen.get(flag) !== undefined) return undefined
  return {
    maxAge: Math.min(Number(age), Number.MAX_SAFE_INTEGER),
    includeSubDomains: seen.has('includesubdomains'),
    preload: seen.has('preload'),
  }
}

const isIterable = (value: object): value is Iterable<readonly [string, string]> => Symbol.iterator in value

function* pairsOf(fields: HeaderFields): Generator<readonly [unknown, unknown]> {
  if (isIterable(fields)) {
    for (const pair of fields) if (Array.isArray(pair)) yield [pair[0], pair[1]]
    return
  }
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) for (const each of value) yield [name, each]
    else yield [name, value]
  }
}

/**
 * What header fields of a response say of Strict Transport Security. Of several fields the first alone counts, RFC 6797 section 8.1;
 * where two were joined by a comma, the result is not in the grammar, and is `invalid`.
 *
 * A browser heeds the field only when it came over https without any certificate error: that is not in the fields, and `judgeTransport`
 * looks at it.
 */
export function checkHeaders(fields: HeaderFields): HstsAnswer {
  if (typeof fields !== 'object' || fields === null) return Object.freeze({ is: 'absent' })
  for (const [name, value] of pairsOf(fields)) {
    if (typeof name !== 'string' || name.toLowerCase() !== FIELD || value === undefined) continue
    const policy = typeof value === 'string' ? parseHsts(value) : undefined
    return Object.freeze(policy === undefined ? { is: 'invalid' } : { is: 'present', ...policy })
  }
  return Object.freeze({ is: 'absent' })
}
