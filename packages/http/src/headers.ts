/** How long browsers are to use nothing but TLS for this name, in seconds: a year (RFC 6797; S88 asks for this figure). */
export const HSTS_MAX_AGE_SECONDS = 31_536_000

/**
 * Headers of every response. Nothing may be stored by a cache or a browser, guessed about, framed, run, or read by another site. HSTS comes
 * beside them where the client spoke TLS: RFC 6797 §7.2 forbids it elsewhere.
 */
export const securityHeaders: Readonly<Record<string, string>> = Object.freeze({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
})

export const HSTS = `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`

// What the pipeline says itself, and what belongs to the connection.
const reserved: ReadonlySet<string> = new Set([
  ...Object.keys(securityHeaders),
  ...['strict-transport-security', 'vary', 'set-cookie', 'www-authenticate', 'allow', 'traceparent', 'tracestate'],
  ...['content-type', 'content-length', 'content-disposition', 'content-encoding', 'content-range', 'transfer-encoding'],
  // Caches that are told of their own (RFC 9213), or by older words.
  ...['cdn-cache-control', 'surrogate-control', 'expires', 'pragma', 'age'],
  ...['connection', 'keep-alive', 'upgrade', 'trailer', 'te', 'proxy-authenticate', 'proxy-connection', 'date'],
])

// RFC 9110 §5.6.2.
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
// RFC 9110 §5.5, without obs-fold: visible characters of Latin-1, spaces and tabs between them. No CR, LF or NUL: they begin another header.
const VALUE = /^(?![ \t])[\t\x20-\x7e\x80-\xff]{0,8192}(?<![ \t])$/

/** Whether a handler may send a header: one that can be written, and that is none of ours. */
export function mayBeSent(name: string, value: unknown): value is string {
  const lower = name.toLowerCase()
  if (!NAME.test(name) || reserved.has(lower) || lower.startsWith('phi-')) return false
  return typeof value === 'string' && VALUE.test(value)
}

// What file systems, shells and readers could take for something else: separators, control and format characters (among them those that
// turn the direction of writing, and so hide an ending), and the characters that some systems reserve.
const RISKY = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/gu
const MAX_FILENAME = 200

/**
 * The value of Content-Disposition for a file to keep: RFC 6266, with the name once in ASCII and, where that is not the same, once more as
 * RFC 8187 writes any text.
 */
export function attachment(filename: string): string {
  const cut = [...filename.toWellFormed().replace(RISKY, '_')].slice(0, MAX_FILENAME).join('').trim()
  const name = /^\.*$/.test(cut) ? 'download' : cut
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/%/g, '_')
  const plain = `attachment; filename="${ascii}"`
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${extended(name)}`
}

/** RFC 8187 §3.2.1: all but `attr-char` as percent signs and UTF-8. */
export const extended = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
