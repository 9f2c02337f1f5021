import { domainToASCII, domainToUnicode } from 'node:url'

/** Characters of RFC 3986 that stand for themselves in a path segment, and encoded bytes. No segment is empty but the last. */
const PATH = /^(?:\/|(?:\/(?:[\w\-.~!$&'()*+,;=:@]|%[\dA-Fa-f]{2})+)+\/?)$/
/** As above, `/` and `?`, and what browsers leave as it is in a query. */
const QUERY = /^(?:[\w\-.~!$&'()*+,;=:@/?[\]{}|^`]|%[\dA-Fa-f]{2})*$/
/** A name or an address, and a port: no user, nothing that a parser could rewrite. */
const HOST = /^(?:[A-Za-z\d]|[A-Za-z\d][\w.-]*[A-Za-z\d]|\[[\dA-Fa-f:.]+\])(?::\d{1,5})?$/

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f/\\]/

/** What a segment says when it is decoded is no separator, no step up, nothing that a log or a file system reads otherwise. */
function isPlainSegment(segment: string): boolean {
  try {
    const text = decodeURIComponent(segment)
    return text !== '.' && text !== '..' && !UNSAFE.test(text)
  } catch {
    // Not UTF-8.
    return false
  }
}

const ASCII = /^[ -~]*$/

/**
 * A label that begins with `xn--` is the one encoding of a text that is not ASCII (RFC 5890 section 2.3.2.1). What Node's URL makes of any other
 * depends on its release: before 24 it refuses most, since then it takes them as they are.
 */
function isPlainLabel(label: string): boolean {
  if (!label.startsWith('xn--')) return true
  const text = domainToUnicode(label)
  return !ASCII.test(text) && domainToASCII(text) === label
}

export const isPlainPath = (path: string): boolean => PATH.test(path) && path.split('/').every(isPlainSegment)

/**
 * The address of a request: `https://<host><target>`. Undefined for whatever two readers could understand in two ways: absolute targets
 * (RFC 9112 section 3.2.2 has servers take them; none but proxies are sent them), `//`, dot segments, encoded slashes, control
 * characters, bytes that are no UTF-8, and hosts that are none. So the router, the pipeline and the log all see the path that the client sent.
 */
export function readTarget(scheme: 'http' | 'https', host: string, target: string): URL | undefined {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (!isPlainPath(path) || !HOST.test(host) || (mark !== -1 && !QUERY.test(target.slice(mark + 1)))) return undefined
  try {
    const url = new URL(`${scheme}://${host}${target}`)
    const named = host.replace(/:\d+$/, '').toLowerCase()
    // An address in brackets has more than one spelling; a name that the parser changes is none (0x7f.1, for example).
    const isPlainHost = named.startsWith('[') || (url.hostname === named && named.split('.').every(isPlainLabel))
    return url.pathname === path && isPlainHost ? url : undefined
  } catch {
    return undefined
  }
}
