import { randomBytes, systemClock } from '@phi/core'
import { publishRefused } from '../diagnostics.ts'
import { HSTS, securityHeaders } from '../headers.ts'
import { uuidV7 } from '../ids.ts'

/**
 * What is refused before the pipeline is asked: it is no request that the pipeline could understand. No token was looked at, and nothing is
 * recorded, or anybody could write the log full.
 */
export interface Refusal {
  readonly status: 400 | 408 | 413 | 431 | 500 | 501 | 505
  /** Stands in the problem, as those of the pipeline do. */
  readonly code: 'malformed' | 'timeout' | 'too-large' | 'headers-too-large' | 'internal' | 'not-implemented' | 'version'
}

const titles: Readonly<Record<Refusal['status'], string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
}

export const malformed: Refusal = { status: 400, code: 'malformed' }
export const internal: Refusal = { status: 500, code: 'internal' }

/** The parts of an answer. Told to subscribers, each once: an answer is made to be sent. */
function parts(refusal: Refusal, isEncrypted: boolean): { readonly body: string; readonly headers: [string, string][] } {
  const { status, code } = refusal
  const requestId = uuidV7(systemClock(), randomBytes)
  publishRefused({ requestId, step: 'receive', code })
  // RFC 9457. Fixed texts and an id of ours: nothing of the request is in it.
  const body = JSON.stringify({ type: 'about:blank', title: titles[status], status, code, instance: `urn:uuid:${requestId}` })
  const headers: [string, string][] = [
    ['content-type', 'application/problem+json'],
    ['content-length', String(body.length)],
    ['phi-request-id', requestId],
    ...Object.entries(securityHeaders),
  ]
  // RFC 6797 section 7.2: not over a connection without TLS.
  if (isEncrypted) headers.push(['strict-transport-security', HSTS])
  // What could not be read is not followed by anything else on its connection.
  if (status !== 500) headers.push(['connection', 'close'])
  return { body, headers }
}

/**
 * The answer to what was refused. Subscribers of `phi.http.refused` are told of it.
 * @param isEncrypted whether the connection speaks TLS
 */
export function refuse(refusal: Refusal, isEncrypted: boolean): Response {
  const { body, headers } = parts(refusal, isEncrypted)
  return new Response(body, { status: refusal.status, headers })
}

/** The same as text, for a connection on which there is no request to answer, and which is closed. */
export function refusalText(refusal: Refusal, isEncrypted: boolean): string {
  const { body, headers } = parts(refusal, isEncrypted)
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${refusal.status} ${titles[refusal.status]}\r\n${lines.join('')}\r\n${body}`
}
