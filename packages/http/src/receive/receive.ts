import type { Exchange } from '../exchange.ts'
import { traceparentOf } from '../ids.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { clientAddress, isSecure } from './client.ts'
import { paramsOf, queryOf, targetOf } from './target.ts'

/** What a request asks for, read strictly. Nothing of its body has been touched. */
export interface Received {
  readonly url: URL
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

const MAX_USER_AGENT = 1_024

/** Methods of routes that change nothing. POST is among them for searches whose terms must not stand in an address. */
export const readingMethods = ['GET', 'HEAD', 'POST'] as const
/** Methods of routes that change something. GET is not: browsers send it for pictures. */
export const writingMethods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * The first step: who is at the other end of the line, whether the line is safe, and whether what they ask for can be read at
 * all.
 */
export function receive(x: Exchange, methods: readonly string[]): Received | Refused {
  x.step = 'receive'
  const { request, connection, settings } = x
  const { headers } = request
  x.traceparent = traceparentOf(headers.get('traceparent'), settings.randomBytes)
  x.ip = clientAddress(connection, headers, settings.trusted)
  x.userAgent = headers.get('user-agent')?.slice(0, MAX_USER_AGENT) || undefined
  x.secure = isSecure(connection, headers, settings.trusted)
  if (Number.isNaN(x.at)) return refused('unavailable')
  if (!x.secure && !settings.allowPlainHttp) return refused('tls-required')
  if (!methods.includes(request.method)) return refused('method-not-allowed', { allow: methods.join(', ') })
  const url = targetOf(request.url)
  if (isRefused(url)) return url
  x.url = url
  const params = paramsOf(x.params)
  if (isRefused(params)) return params
  const query = queryOf(url.search)
  if (isRefused(query)) return query
  return { url, params, query }
}
