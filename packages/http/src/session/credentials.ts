import type { Exchange } from '../exchange.ts'
import { type Refused, refused } from '../refused.ts'

/**
 * The name of the cookie. The prefix has browsers refuse it from a subdomain, without TLS, or for a part of the site (RFC 6265bis
 * §4.1.3.2).
 */
const SESSION_COOKIE = '__Host-phi'

// RFC 6750 §2.1; the scheme's name knows no case (RFC 9110 §11.1).
const BEARER = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
const MAX_TOKEN = 8_192

/** RFC 6750 §3.1: the challenge to whoever showed a token that counts no more, or never did. */
export const INVALID_TOKEN = 'Bearer error="invalid_token"'

/** Every value that the Cookie header gives our name. */
function cookiesOf(header: string | null): readonly string[] {
  if (header === null) return []
  return header
    .split(/[;,]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair.split('=')[0]?.trim() === SESSION_COOKIE)
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
}

/**
 * The one token of a request, from the one place where it belongs; undefined where there is none. Two tokens, or one in each place, are
 * refused: whichever counted, somebody else could have put it there.
 */
export function tokenOf({ request: { headers }, settings }: Exchange): string | undefined | Refused {
  const authorization = headers.get('authorization')
  const cookies = cookiesOf(headers.get('cookie'))
  const here = settings.token === 'cookie' ? cookies : authorization === null ? [] : [authorization]
  const elsewhere = settings.token === 'cookie' ? authorization !== null : cookies.length > 0
  if (here.length === 0) return undefined
  if (here.length > 1 || elsewhere) return refused('credentials-ambiguous')
  const given = here[0] as string
  // Two Authorization headers are joined by a comma.
  if (settings.token === 'bearer' && given.includes(',')) return refused('credentials-ambiguous')
  const token = settings.token === 'cookie' ? (TOKEN.test(given) ? given : undefined) : BEARER.exec(given)?.[1]
  if (token === undefined || token.length > MAX_TOKEN) return refused('session-required', { challenge: INVALID_TOKEN })
  return token
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a browser may have been made to send this by another site: only cookies are sent by themselves, and only methods that change
 * something matter. `Sec-Fetch-Site` says where a request comes from, and scripts cannot set it; older browsers send `Origin`. A client that
 * says neither is no browser of ours. SameSite=Strict is the first wall, and this the second.
 */
export function isCrossSite({ request: { headers, method }, settings, url, secure }: Exchange): boolean {
  if (settings.token !== 'cookie' || safeMethods.has(method)) return false
  const site = headers.get('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return false
  const origin = headers.get('origin')
  if (origin === null || url === undefined) return true
  if (settings.origins.includes(origin)) return false
  // Behind a proxy the request is a plain one by its address, and a safe one for the browser.
  const own = `${secure === true ? 'https:' : url.protocol}//${url.host}`
  return site !== null || origin !== own
}

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** Puts a token where the client finds it, whatever else becomes of the request. */
export function handOver({ owed, settings }: Exchange, token: string): void {
  if (settings.token === 'cookie') owed.set('set-cookie', `${SESSION_COOKIE}=${token}; ${attributes}`)
  else owed.set('phi-session-token', token)
}

/** Takes the cookie of a session that is over away from the browser. */
export function takeAway({ owed, settings }: Exchange): void {
  if (settings.token === 'cookie') owed.set('set-cookie', `${SESSION_COOKIE}=; ${attributes}; Max-Age=0`)
}
