import { type Clock, parseInstant } from '@phi/core'
import { boundedBody } from '../bounded-body.ts'
import type { SendResult } from './destination.ts'
import { type ForwardCode, forwardError } from './errors.ts'

/** As much of `fetch` as is used. The guarded fetch of `@phi/baa` is one. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface HttpOptions {
  /** Where to: https, without credentials in it. */
  readonly url: string
  /** Headers to add, such as `authorization`; a function is asked before each send, for tokens that expire. */
  readonly headers?: Readonly<Record<string, string>> | (() => Record<string, string> | Promise<Record<string, string>>)
  /** Takes `http://` to this machine, for a collector beside the service. Default false. */
  readonly loopbackHttp?: boolean
  readonly fetch?: Fetch
  readonly clock?: Clock
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** @throws PhiError PHI_AUDIT_FORWARD_OPTIONS */
export function checkHttp({ url, headers, loopbackHttp = false }: HttpOptions): void {
  const bad = (detail: string) => forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'url', detail })
  if (typeof url !== 'string' || !URL.canParse(url)) throw bad('must be a URL')
  const { protocol, hostname, username, password, hash } = new URL(url)
  if (username !== '' || password !== '') throw bad('must hold no credentials; use `headers`')
  if (hash !== '') throw bad('must hold no fragment')
  const isLocal = protocol === 'http:' && LOOPBACK.test(hostname)
  if (protocol !== 'https:' && !(isLocal && loopbackHttp))
    throw bad(isLocal ? 'is http; pass loopbackHttp for a receiver on this machine' : 'must be https')
  try {
    if (typeof headers !== 'function') new Headers(headers ?? {})
  } catch {
    // Its own error quotes the value, which may be a credential.
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'headers', detail: 'must be names and values of HTTP headers' })
  }
}

const MOST_ANSWER_BYTES = 4 * 1024 * 1024

/** An answer whose body was read to its end. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** Codes of Node's TLS for a peer that did not prove who it is: of OpenSSL's verification, and of its own name check. */
export function isTlsCode(code: unknown): boolean {
  return (
    typeof code === 'string' &&
    /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO$)/.test(
      code,
    )
  )
}

function codeOf(error: unknown): ForwardCode {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return isTlsCode(cause?.code) || isTlsCode(code) ? 'PHI_AUDIT_FORWARD_TLS' : 'PHI_AUDIT_FORWARD_UNREACHABLE'
}

async function bounded(response: Response): Promise<string> {
  const bytes = await boundedBody(response, MOST_ANSWER_BYTES)
  if (bytes === undefined) throw new Error('too long')
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

/** Retry-After: seconds or a date (RFC 9110 §10.2.3). */
function askedMs(response: Response, clock: Clock): number {
  const value = response.headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return /[A-Z][a-z]{2}/.test(value) && !Number.isNaN(date) ? Math.max(0, date - clock()) : 0
}

/** What becomes of a record that is answered with this status; undefined for 2xx. */
export function meaningOf(status: number): { is: 'retry' | 'refused' | 'blocked'; code: ForwardCode } | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status >= 300 && status < 400) return { is: 'blocked', code: 'PHI_AUDIT_FORWARD_REDIRECT' }
  if (status === 408 || status === 425 || status === 429) return { is: 'retry', code: 'PHI_AUDIT_FORWARD_BUSY' }
  if (status === 413) return { is: 'refused', code: 'PHI_AUDIT_FORWARD_TOO_LARGE' }
  // What says something about the content. Other client errors are about the sender: none of them is a reason to set records aside.
  if (status === 400 || status === 422) return { is: 'refused', code: 'PHI_AUDIT_FORWARD_REFUSED' }
  if (status >= 400 && status < 500) return { is: 'blocked', code: 'PHI_AUDIT_FORWARD_NOT_ALLOWED' }
  if (status >= 500 && status < 600) return { is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' }
  return { is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' }
}

/**
 * Sends a body and reads the whole answer. Redirects are not followed: no record goes to an address that a receiver names.
 * @returns an answer of status 2xx, or what any other end means for the batch
 */
export async function post(
  { url, headers, fetch = globalThis.fetch, clock = Date.now }: HttpOptions,
  own: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<{ readonly answer: Answer } | { readonly result: SendResult }> {
  let response: Response
  try {
    const all = new Headers(typeof headers === 'function' ? await headers() : (headers ?? {}))
    // What the body is, and its signature, are not the caller's to say.
    for (const [name, value] of Object.entries(own)) all.set(name, value)
    response = await fetch(url, {
      method: 'POST',
      headers: all,
      body: body as Uint8Array<ArrayBuffer>,
      redirect: 'manual',
      signal,
    })
  } catch (error) {
    const code = codeOf(error)
    return { result: { is: code === 'PHI_AUDIT_FORWARD_TLS' ? 'blocked' : 'retry', code } }
  }
  const { status } = response
  // Some other fetch followed one all the same.
  if (response.redirected) {
    await response.body?.cancel().catch(() => {})
    return { result: { is: 'blocked', code: 'PHI_AUDIT_FORWARD_REDIRECT' } }
  }
  // A browser's fetch hides the status of a redirect.
  const meaning = response.type === 'opaqueredirect' ? meaningOf(302) : meaningOf(status)
  if (meaning !== undefined) {
    await response.body?.cancel().catch(() => {})
    const { is, code } = meaning
    return { result: is === 'refused' ? { is: 'split', code } : { is, code, afterMs: askedMs(response, clock) } }
  }
  try {
    const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    return { answer: { status, type, text: await bounded(response) } }
  } catch {
    // What was accepted may have stood in the part that did not arrive.
    return { result: { is: 'retry', code: 'PHI_AUDIT_FORWARD_UNREACHABLE' } }
  }
}

/** A text as JSON; undefined when it is none. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Nanoseconds since 1970 as decimal text. */
export const nanoseconds = (instant: string): string => `${BigInt(parseInstant(instant)) * 1_000_000n}`
