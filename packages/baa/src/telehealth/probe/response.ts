import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { checkHeaders } from '../transport/hsts.ts'
import type { HttpAnswer, TransportReport } from '../transport/report.ts'
import type { Target } from './offer.ts'

/** The host as it stands in a `Host` field. */
const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)

function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] as string, raw[i + 1] as string]
}

/** Sends one request and looks at the head of the response alone; the body is not read. */
function head(
  make: () => ClientRequest,
  { timeout, signal }: Target,
): Promise<IncomingMessage | 'timeout' | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const request = make()
    const finish = (result: IncomingMessage | 'timeout' | NodeJS.ErrnoException) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(result)
      request.destroy()
    }
    const abort = () => finish('timeout')
    const timer = setTimeout(abort, timeout)
    signal?.addEventListener('abort', abort, { once: true })
    request.on('response', finish)
    request.on('error', finish)
    request.on('close', () => finish(new Error('closed')))
    request.end()
    if (signal?.aborted) abort()
  })
}

const headers = (host: string, port: number, usual: number) => ({
  host: port === usual ? bracketed(host) : `${bracketed(host)}:${port}`,
  accept: '*/*',
  'user-agent': 'phi-transport-probe',
  connection: 'close',
})

/** What the server says of Strict Transport Security over a connection that stands. */
export async function askHsts(socket: TLSSocket, target: Target): Promise<TransportReport['hsts']> {
  const { host, port } = target
  const response = await head(
    () =>
      requestHttp({
        createConnection: () => socket,
        method: 'GET',
        path: '/',
        headers: headers(host, port, 443),
        setHost: false,
      }),
    target,
  )
  return response instanceof Error || response === 'timeout' ? { is: 'unknown' } : checkHeaders(pairs(response.rawHeaders))
}

/** A name can have several addresses, and the error of all bears the code of the first: nobody is there when each has refused. */
export const isNobody = (error: NodeJS.ErrnoException): boolean =>
  error instanceof AggregateError ? error.errors.every(isNobody) : error.code === 'ECONNREFUSED'

/** What plain http does on a port. */
export async function askHttp(target: Target): Promise<HttpAnswer> {
  const { host, port, address } = target
  const response = await head(
    () =>
      requestHttp({
        host: address,
        port,
        method: 'GET',
        path: '/',
        headers: headers(host, port, 80),
        setHost: false,
        agent: false,
      }),
    target,
  )
  if (response === 'timeout') return 'timeout'
  if (response instanceof Error) return isNobody(response) ? 'no-service' : 'failed'
  const { statusCode = 0 } = response
  if (![301, 302, 303, 307, 308].includes(statusCode)) return 'serves'
  const [, location] = [...pairs(response.rawHeaders)].find(([name]) => name.toLowerCase() === 'location') ?? []
  return leadsToHttps(location, host) ? 'redirects-to-https' : 'redirects-elsewhere'
}

/** A relative address stays on plain http, and another host is another question. */
function leadsToHttps(location: string | undefined, host: string): boolean {
  if (location === undefined || !URL.canParse(location)) return false
  const url = new URL(location)
  return url.protocol === 'https:' && url.hostname.replace(/^\[|\]$/g, '') === host
}
