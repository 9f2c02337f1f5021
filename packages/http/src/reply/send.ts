import { utf8 } from '@phi/core'
import type { Exchange } from '../exchange.ts'
import { HSTS, securityHeaders } from '../headers.ts'
import { phraseOf, problems } from '../problem.ts'
import type { Refused } from '../refused.ts'

/** What is to be sent, written out: from here on nothing about it can fail. */
export interface Prepared {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null
}

/** JSON as RFC 8259 has it: UTF-8, and so no charset is said. @throws TypeError for what JSON cannot say */
export function jsonOf(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Prepared {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('no JSON form')
  const body = utf8(text)
  return { status, headers: { ...headers, 'content-type': 'application/json', 'content-length': String(body.length) }, body }
}

export const emptyOf = (status: number, headers: Readonly<Record<string, string>> = {}): Prepared => ({
  status,
  headers,
  body: null,
})

/** The last step. Security headers stand last, so that nothing replaces them. */
export function send(
  x: Pick<Exchange, 'request' | 'settings' | 'requestId' | 'owed' | 'secure'>,
  prepared: Prepared,
): Response {
  const headers = new Headers(prepared.headers)
  for (const [name, value] of x.owed) headers.append(name, value)
  headers.set('vary', x.settings.token === 'cookie' ? 'Cookie, Origin, Sec-Fetch-Site' : 'Authorization')
  headers.set('phi-request-id', x.requestId)
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value)
  if (x.secure === true) headers.set('strict-transport-security', HSTS)
  const { body } = prepared
  const isHead = x.request.method === 'HEAD'
  return new Response(isHead ? null : (body as BodyInit | null), { status: prepared.status, headers })
}

/** RFC 9457 problem details, in one order of members, so that two refusals differ in the id of the request alone. */
export function problemOf(requestId: string, { code, more }: Refused): Prepared {
  const { status } = more.own ?? problems[code]
  const body = utf8(
    JSON.stringify({
      type: 'about:blank',
      title: phraseOf(status),
      status,
      code: more.own?.code ?? code,
      instance: `urn:uuid:${requestId}`,
      ...(more.errors === undefined ? {} : { errors: more.errors.map((path) => ({ path })) }),
      ...(more.obligations === undefined ? {} : { obligations: more.obligations }),
    }),
  )
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'content-length': String(body.length),
    ...(more.allow === undefined ? {} : { allow: more.allow }),
  }
  // RFC 9110 §15.5.2: a 401 says how to authenticate. RFC 6750 §3.1: no error is named where nothing was presented.
  if (status === 401) headers['www-authenticate'] = more.challenge ?? 'Bearer'
  return { status, headers, body }
}
