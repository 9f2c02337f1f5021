import { isPhiError } from '@phi/core'
import { boundedBody } from '../bounded-body.ts'
import { MAX_NOTE_LENGTH } from '../note/index.ts'
import { MAX_ENTRY_LENGTH } from './entry-bundle.ts'
import { tilesError } from './errors.ts'
import { CHECKPOINT_PATH } from './paths.ts'
import type { ReadTile } from './tile-files.ts'

/** The fetch of the platform, as far as tiles need it. */
export type TileFetch = (
  url: string,
  init: { redirect: 'error'; signal: AbortSignal; headers: Record<string, string> },
) => Promise<Response>

export interface HttpTilesOptions {
  /** The log's prefix, `https://…`; `http:` only for this machine itself. Tiles lie below it. */
  readonly url: string
  readonly fetch: TileFetch
  /** For one file, its body included. Default 30,000. */
  readonly timeoutMs?: number
  /** Sent with every request, for a log that is not public. Never shown in an error. */
  readonly headers?: Readonly<Record<string, string>>
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** 256 entries of 65,535 bytes with their lengths: no file of a log is longer. */
const MAX_FILE = 256 * (MAX_ENTRY_LENGTH + 2)

/**
 * Reads a tlog-tiles log over HTTP, for `openTiles`. 404 and 410 mean that a file is not there; every other answer but 200, a
 * redirect among them, is PHI_AUDIT_TILES_READ: a server that is away does not say that a log has ended.
 * @throws PhiError PHI_AUDIT_TILES_OPTIONS when the URL is none, has a query or a password in it, or is not https
 */
export function httpTiles({ url, fetch, timeoutMs = 30_000, headers = {} }: HttpTilesOptions): ReadTile {
  const base = baseOf(url)
  if (typeof fetch !== 'function') throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'fetch' })
  // The longest delay that a timer takes.
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 2 ** 31 - 1)
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'timeoutMs' })
  return async (path) => {
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(), timeoutMs)
    try {
      const response = await fetch(base + path, { redirect: 'error', signal: aborter.signal, headers: { ...headers } })
      if (response.status === 200) return await bodyOf(response, path === CHECKPOINT_PATH ? MAX_NOTE_LENGTH : MAX_FILE)
      await response.body?.cancel()
      if (response.status === 404 || response.status === 410) return undefined
      throw tilesError('PHI_AUDIT_TILES_READ', { info: { status: response.status } })
    } catch (error) {
      if (isPhiError(error)) throw error
      // Not as `cause`: what fetch throws quotes the address.
      const detail = aborter.signal.aborted ? 'no answer in time' : 'no answer'
      throw tilesError('PHI_AUDIT_TILES_READ', { detail })
    } finally {
      clearTimeout(timer)
    }
  }
}

function baseOf(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'url', detail: 'is no URL' })
  }
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))
  if (!isSafe) throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'url', detail: 'must be https' })
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'url', detail: 'must have no query, fragment, user or password' })
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

async function bodyOf(response: Response, atMost: number): Promise<Uint8Array> {
  const bytes = await boundedBody(response, atMost)
  if (bytes !== undefined) return bytes
  throw tilesError('PHI_AUDIT_TILES_READ', { detail: 'the answer is too long', info: { limit: atMost } })
}
