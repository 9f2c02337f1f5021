import { boundedBody } from '../bounded-body.ts'
import { MAX_REQUEST_BYTES } from './message.ts'
import type { Witness } from './witness.ts'

const plain = (status: number, body: string, headers: Record<string, string> = {}): Response =>
  new Response(body, {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })

/**
 * A witness as a handler of the Fetch standard: `POST <prefix>/add-checkpoint` and `GET <prefix>/<origin hash>/checkpoint`.
 * Nothing is authenticated but the checkpoint's signature, as the protocol has it. Never throws.
 * @param options.prefix the path in front of both, without the last slash. Default none
 */
export function witnessHandler(
  witness: Witness,
  options: { readonly prefix?: string } = {},
): (request: Request) => Promise<Response> {
  const { prefix = '' } = options
  return async (request) => {
    try {
      const { pathname } = new URL(request.url)
      if (pathname === `${prefix}/add-checkpoint`) {
        if (request.method !== 'POST') return plain(405, 'only POST\n', { allow: 'POST' })
        const body = await boundedBody(request, MAX_REQUEST_BYTES)
        if (body === undefined) return plain(413, 'the request is too long\n')
        const { status, contentType, body: text } = await witness.addCheckpoint(body)
        return plain(status, text, { 'content-type': contentType })
      }
      const [, hash] = pathname.startsWith(`${prefix}/`)
        ? (/^\/([0-9a-f]{64})\/checkpoint$/.exec(pathname.slice(prefix.length)) ?? [])
        : []
      if (hash === undefined) return plain(404, 'there is nothing here\n')
      if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET\n', { allow: 'GET, HEAD' })
      const note = await witness.checkpoint(hash)
      return note === undefined ? plain(404, 'no checkpoint was cosigned\n') : plain(200, request.method === 'HEAD' ? '' : note)
    } catch {
      // The sender went away in the middle of its request, or the state cannot be read.
      return plain(500, 'the witness cannot answer\n')
    }
  }
}
