import { request } from 'node:https'

/** As much of `fetch` as senders need, with authorities of one's own: for receivers whose certificate no public authority signed. */
export const fetchTrusting =
  (ca: string) =>
  (url: string | URL, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', headers, body, signal } = init
      const bytes = body === undefined || body === null ? undefined : Buffer.from(body as Uint8Array)
      const sent = request(
        new URL(url),
        {
          ...{ method, ca, agent: false, headers: Object.fromEntries(new Headers(headers)) },
          ...(signal instanceof AbortSignal ? { signal } : {}),
        },
        (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
          answer.on('end', () => {
            const status = answer.statusCode ?? 502
            const type = answer.headers['content-type']
            const text = status === 204 || status === 304 ? null : Buffer.concat(parts)
            resolve(new Response(text, { status, ...(type === undefined ? {} : { headers: { 'content-type': type } }) }))
          })
        },
      )
      sent.on('error', reject)
      sent.end(bytes)
    })
