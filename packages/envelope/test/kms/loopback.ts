import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request as it came in. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** What goes wrong on the way: made of the call and of the honest answer, which is worked out only when asked for. */
export type Fault = (call: Call, honest: () => Answer) => Answer | 'hang' | 'drop'

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

/** Takes the call and never answers. */
export const hang: Fault = () => 'hang'
/** Closes the connection without an answer. */
export const drop: Fault = () => 'drop'
/** A page of a proxy between. */
export const html =
  (status: number): Fault =>
  () => ({ status, headers: { 'content-type': 'text/html' }, body: '<!doctype html><h1>Bad gateway</h1>' })
export const redirect =
  (location: string): Fault =>
  () => ({ status: 307, headers: { location }, body: '' })
export const empty: Fault = (_, honest) => ({ ...honest(), body: '' })
export const truncated: Fault = (_, honest) => ({ ...honest(), body: honest().body.slice(0, -9) })
/** A refusal in the service's own form. */
export const answering =
  (answer: Answer): Fault =>
  () =>
    answer

/** The honest answer with its JSON body changed. Calls that `changes` answers undefined for stay as they are. */
export const lying =
  (changes: (body: Record<string, unknown>, call: Call) => unknown): Fault =>
  (call, honest) => {
    const answer = honest()
    const changed = changes(JSON.parse(answer.body || 'null'), call)
    return changed === undefined ? answer : { ...answer, body: JSON.stringify(changed) }
  }

/** A fault on calls that the pattern fits ("POST /path"), and on no others. */
export const on =
  (pattern: RegExp, fault: Fault): Fault =>
  (call, honest) =>
    pattern.test(`${call.method} ${call.path}`) ? fault(call, honest) : honest()

/** An HTTP server on 127.0.0.1 for one fake service. */
export class Loopback {
  /** What goes wrong now. Undefined: nothing. */
  fault: Fault | undefined
  readonly calls: Call[] = []
  /** How many clients went away before they had an answer. */
  cut = 0
  readonly #server: Server

  constructor(handle: (call: Call) => Answer, tls?: { readonly key: string; readonly cert: string }) {
    const listener = (request: import('node:http').IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://loopback')
        const call: Call = {
          method: request.method ?? '',
          path: decodeURIComponent(url.pathname),
          query: url.searchParams,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        }
        this.calls.push(call)
        const answer = this.fault === undefined ? handle(call) : this.fault(call, () => handle(call))
        if (answer === 'hang') return void response.on('close', () => this.cut++)
        if (answer === 'drop') return void request.socket.destroy()
        response.writeHead(answer.status, answer.headers).end(answer.body)
      })
    }
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
