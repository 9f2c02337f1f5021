import { equalBytes, fromUtf8, isPhiError } from '@phi/core'
import * as z from 'zod'
import { boundedBody } from '../bounded-body.ts'
import { MAX_NOTE_LENGTH } from '../note/index.ts'
import { type Anchor, type AnchorItem, type AnchorOptions, anchorOn, isNoteName, type NamedNote } from './anchor.ts'
import { anchorError } from './errors.ts'
import { type AnchorHmacKey, signatureHeaders } from './signature.ts'

/** The fetch of the platform, as far as an anchor needs it. */
export type AnchorFetch = (
  url: string,
  init: {
    method: 'GET' | 'PUT'
    headers: Record<string, string>
    body?: Uint8Array<ArrayBuffer>
    redirect: 'error'
    signal: AbortSignal
  },
) => Promise<Response>

export interface HttpsAnchorOptions extends AnchorOptions {
  /** `https://…`, under which the anchor keeps notes. Without query, user and password. */
  readonly url: string
  readonly fetch: AnchorFetch
  /** Sent as a bearer token. */
  readonly token?: string
  /** Signs every request; see `verifyAnchorRequest`. */
  readonly hmac?: AnchorHmacKey
  /** For one request with its answer. Default 30,000. */
  readonly timeoutMs?: number
}

/** Names a page of the listing at most, and pages at most: 10 million checkpoints are not an answer that is worth waiting for. */
const PAGE_LENGTH = 1000
const MAX_PAGES = 10_000
const pageSchema = z.array(z.string().refine(isNoteName)).max(PAGE_LENGTH)
/** A page of names as JSON, with room for spaces. */
const MAX_PAGE_BYTES = 1_000_000

interface Answer {
  readonly status: number
  readonly body: Uint8Array
}

/**
 * Keeps checkpoints behind an HTTPS address. Three requests, all of them idempotent:
 *
 * - `PUT <url>/<name>` with `If-None-Match: *` and the note as body: 200, 201 or 204; 409 or 412 when the name is taken.
 * - `GET <url>/<name>`: 200 with exactly the note.
 * - `GET <url>/?after=<name>`: 200 with a JSON array of up to 1,000 names after that one in ascending order; `[]` at the end.
 *
 * `put` believes no status: it reads the note back and compares. Redirects are not followed.
 * @throws PhiError PHI_AUDIT_ANCHOR_OPTIONS, PHI_AUDIT_ORIGIN, PHI_AUDIT_VKEY
 */
export function httpsAnchor(options: HttpsAnchorOptions): Anchor {
  const { clock, fetch, hmac, timeoutMs = 30_000, token } = options
  const base = baseOf(options.url)
  if (typeof fetch !== 'function') throw refusedOption('fetch')
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) throw refusedOption('token')
  if (hmac !== undefined && !(/^[\w.-]{1,128}$/.test(hmac.id) && hmac.secret instanceof Uint8Array && hmac.secret.length >= 32))
    throw refusedOption('hmac')
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 2 ** 31 - 1) throw refusedOption('timeoutMs')

  const send = async (
    method: 'GET' | 'PUT',
    path: string,
    atMost: number,
    signal: AbortSignal | undefined,
    body?: Uint8Array,
  ): Promise<Answer> => {
    const url = new URL(path, base)
    const aborter = new AbortController()
    const abort = () => aborter.abort()
    const timer = setTimeout(abort, timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    const headers: Record<string, string> = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(hmac === undefined
        ? {}
        : signatureHeaders(hmac, {
            method,
            path: url.pathname + url.search,
            body: body ?? new Uint8Array(0),
            now: clock(),
          })),
      ...(body === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8', 'if-none-match': '*' }),
    }
    try {
      signal?.throwIfAborted()
      const sent = body === undefined ? {} : { body: new Uint8Array(body) }
      const response = await fetch(url.href, { method, headers, redirect: 'error', signal: aborter.signal, ...sent })
      return { status: response.status, body: await bodyOf(response, atMost) }
    } catch (error) {
      if (isPhiError(error)) throw error
      // The caller's own reason is the caller's; what fetch throws quotes the address, and is not kept.
      signal?.throwIfAborted()
      const detail = aborter.signal.aborted ? 'no answer in time' : 'no answer'
      throw anchorError('PHI_AUDIT_ANCHOR_UNAVAILABLE', { detail })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  const read = async (name: string, signal: AbortSignal | undefined): Promise<Uint8Array> => {
    const answer = await send('GET', name, MAX_NOTE_LENGTH, signal)
    if (answer.status !== 200) throw unexpected(answer.status)
    return answer.body
  }

  const put = async ({ name, bytes }: NamedNote, signal: AbortSignal | undefined) => {
    const { status } = await send('PUT', name, MAX_PAGE_BYTES, signal, bytes)
    const isTaken = status === 409 || status === 412
    if (!isTaken && status !== 200 && status !== 201 && status !== 204) throw unexpected(status)
    if (!equalBytes(await read(name, signal), bytes))
      throw isTaken
        ? anchorError('PHI_AUDIT_ANCHOR_DAMAGED')
        : anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail: 'what was put does not read back' })
    return { created: !isTaken }
  }

  const items = async (signal: AbortSignal | undefined): Promise<AnchorItem[]> => {
    const names: string[] = []
    for (let page = 0; page < MAX_PAGES; page++) {
      const after = names.at(-1) ?? ''
      const answer = await send('GET', `?after=${after}`, MAX_PAGE_BYTES, signal)
      if (answer.status !== 200) throw unexpected(answer.status)
      const found = pageOf(answer.body, after)
      if (found.length === 0) return names.map((name) => ({ name, read: () => read(name, signal) }))
      names.push(...found)
    }
    throw anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail: 'the listing has no end' })
  }

  return anchorOn({ put, items }, 'https', options)
}

const refusedOption = (path: string, detail?: string) =>
  anchorError('PHI_AUDIT_ANCHOR_OPTIONS', detail === undefined ? { path } : { path, detail })

function baseOf(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw refusedOption('url', 'is no URL')
  }
  if (url.protocol !== 'https:') throw refusedOption('url', 'must be https')
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw refusedOption('url', 'must have no query, fragment, user or password')
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

function unexpected(status: number) {
  const info = { status }
  if (status === 401 || status === 403) return anchorError('PHI_AUDIT_ANCHOR_DENIED', { info })
  if (status === 408 || status === 429 || status >= 500) return anchorError('PHI_AUDIT_ANCHOR_UNAVAILABLE', { info })
  return anchorError('PHI_AUDIT_ANCHOR_ANSWER', { info })
}

/** Names that go on after the last one, each once. */
function pageOf(body: Uint8Array, after: string): string[] {
  const refused = () => anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail: 'the listing is none' })
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(body))
  } catch {
    throw refused()
  }
  const page = pageSchema.safeParse(value)
  if (!page.success) throw refused()
  const names = page.data
  if (names.some((name, i) => name <= (names[i - 1] ?? after))) throw refused()
  return names
}

async function bodyOf(response: Response, atMost: number): Promise<Uint8Array> {
  const bytes = await boundedBody(response, atMost)
  if (bytes !== undefined) return bytes
  throw anchorError('PHI_AUDIT_ANCHOR_ANSWER', { detail: 'the answer is too long', info: { limit: atMost } })
}
