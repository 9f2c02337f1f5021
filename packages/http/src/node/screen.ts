import type { IncomingMessage } from 'node:http'
import { malformed, type Refusal } from './refusal.ts'
import { readTarget } from './target.ts'

/** Headers that stand once. The rest may be lists (RFC 9110 section 5.3); these, joined, would say something that nobody wrote. */
const ONCE = new Set([
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'origin',
  'proxy-authorization',
  'sec-fetch-site',
  'transfer-encoding',
  'user-agent',
])

export const MAX_HEADERS = 100

export type Screened =
  | { readonly url: URL; readonly headers: Headers; readonly hasBody: boolean }
  | { readonly refusal: Refusal }

const refused = (refusal: Refusal): Screened => ({ refusal })

/** A mark on the request itself: the server and the adapter of a framework may be two builds that share nothing else. */
const allowed = Symbol.for('@phi/http/headers-allowed')
type Marked = IncomingMessage & { [allowed]?: number | undefined }

/** Has every adapter behind a server hold to the server's limit. */
export function allowHeaders(incoming: Marked, count: number): void {
  incoming[allowed] = count
}

/** How many headers a request may have: what the server says, or the default behind any other server. */
export const headersAllowed = (incoming: Marked): number => incoming[allowed] ?? MAX_HEADERS

/** Reads the head of a request, from the headers as they came in and not as Node joins them. */
export function screen(
  incoming: IncomingMessage,
  isEncrypted: boolean,
  target: string | undefined,
  maxHeaders: number,
): Screened {
  if (incoming.httpVersionMajor !== 1) return refused({ status: 505, code: 'version' })
  const { rawHeaders, method = '' } = incoming
  // Node drops silently what is over its own limit of headers, so ours is the lower one.
  if (rawHeaders.length > maxHeaders * 2) return refused({ status: 431, code: 'headers-too-large' })
  if (method === 'TRACE' || method === 'CONNECT') return refused({ status: 501, code: 'not-implemented' })

  const headers = new Headers()
  const seen = new Map<string, string>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    const value = rawHeaders[index + 1] as string
    if (ONCE.has(name)) {
      if (seen.has(name)) return refused(malformed)
      seen.set(name, value)
    }
    try {
      headers.append(name, value)
    } catch {
      return refused(malformed)
    }
  }

  const url = readTarget(isEncrypted ? 'https' : 'http', seen.get('host') ?? '', target ?? incoming.url ?? '')
  if (url === undefined) return refused(malformed)

  const coding = seen.get('transfer-encoding')
  // RFC 9112 section 6.1: other codings before `chunked` are not understood here, and HTTP/1.0 has none.
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || incoming.httpVersionMinor === 0)) return refused(malformed)
  const hasBody = coding !== undefined || !/^0*$/.test(seen.get('content-length') ?? '')
  // RFC 9110 section 9.3.1: it means nothing, and serves to smuggle requests.
  if (hasBody && (method === 'GET' || method === 'HEAD')) return refused(malformed)
  return { url, headers, hasBody }
}
