import { type Call, type GuardedMethod, kindOf } from './call.ts'
import { isLoopback, readAddress } from './hosts.ts'

/** The statuses that name another address: RFC 9110 section 15.4, and the Fetch Standard's list of redirect statuses. */
const redirects = [301, 302, 303, 307, 308]

/** The address of a redirect, as the answer gives it; undefined for an answer that is none. */
export function locationOf(response: Response): string | undefined {
  return redirects.includes(response.status) ? (response.headers.get('location') ?? undefined) : undefined
}

/** What of a request goes on to another origin. The rest may be a credential of the first. */
const crossing = ['accept', 'accept-language', 'content-encoding', 'content-language', 'content-type', 'user-agent']

/** They describe a body, and go with it: the Fetch Standard's request-body-header names. */
const ofBody = ['content-encoding', 'content-language', 'content-location', 'content-type']

export interface Hop {
  readonly url: URL
  readonly method: GuardedMethod
  readonly headers: Headers
  readonly body: Call['body']
}

/**
 * What is asked next, after the Fetch Standard's HTTP-redirect fetch, and stricter: over to another origin go only headers that can be no
 * credential, never from https to http, and never from elsewhere to this machine.
 * @returns the next request, or a fixed phrase that says why there is none
 */
export function nextHop(hop: Hop, status: number, location: string, loopbackHttp: boolean): Hop | string {
  const url = readAddress(location, loopbackHttp, hop.url)
  if (typeof url === 'string') return `the next address ${url}`
  if (url.protocol === 'http:' && hop.url.protocol === 'https:') return 'the next address is not https'
  if (isLoopback(url.hostname) && !isLoopback(hop.url.hostname)) return 'the next address is this machine'
  const toGet =
    ((status === 301 || status === 302) && hop.method === 'POST') ||
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD')
  if (!toGet && hop.body !== null && kindOf(hop.body) === 'stream') return 'a stream cannot be sent twice'
  const headers = new Headers()
  const crosses = url.origin !== hop.url.origin
  for (const [name, value] of hop.headers) {
    if (crosses && !crossing.includes(name)) continue
    if (toGet && ofBody.includes(name)) continue
    headers.append(name, value)
  }
  return { url, method: toGet ? 'GET' : hop.method, headers, body: toGet ? null : hop.body }
}
