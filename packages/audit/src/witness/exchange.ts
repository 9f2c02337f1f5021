import { fromUtf8 } from '@phi/core'
import { boundedBody } from '../bounded-body.ts'
import { MAX_ANSWER_BYTES, SIZE_TYPE } from './message.ts'

/** As far as the client needs `fetch`. */
export type WitnessFetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Response>

/** What came back, or why nothing did. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly isSize: boolean; readonly body: string }
  | { readonly kind: 'none'; readonly detail: 'network' }
  | { readonly kind: 'malformed' }

/** Reads a body up to the limit. Undefined when it is longer, or not UTF-8. */
async function readBody(response: Response): Promise<string | undefined> {
  const bytes = await boundedBody(response, MAX_ANSWER_BYTES)
  try {
    return bytes && fromUtf8(bytes)
  } catch {
    return undefined
  }
}

/**
 * Posts a body and reads the whole answer. Redirects are not followed: a witness is asked at the address that was configured, and
 * nowhere else. Never throws.
 */
export async function post(fetch: WitnessFetch, url: string, body: string, signal: AbortSignal): Promise<Exchange> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body,
      redirect: 'manual',
      signal,
    })
    const isSize = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === SIZE_TYPE
    const text = await readBody(response)
    return text === undefined ? { kind: 'malformed' } : { kind: 'answer', status: response.status, isSize, body: text }
  } catch {
    return { kind: 'none', detail: 'network' }
  }
}

/**
 * Runs work for at most so long, then aborts it and answers in its place. Not by the signal alone: work that ignores it must not
 * hold up everybody else. Time is measured by a timer, since clocks can be set.
 */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>, late: () => T): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), ms)
  })
  try {
    return await Promise.race([work(controller.signal), timeout])
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}
