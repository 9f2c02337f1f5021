import { request } from 'node:https'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { type SignInWith, twoFactors } from './people.ts'
import type { Platform } from './platform.ts'

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** A client certificate, for mutual TLS. */
  readonly cert?: { readonly cert: string; readonly key: string }
  /** An address of this machine from which it comes: 127.0.0.66. */
  readonly from?: string
}

const contextOf = (ca: string, cert?: Ask['cert']): SecureContext =>
  createSecureContext({ ca: [ca, ...rootCertificates], ...cert })

// To read all root certificates takes tens of milliseconds: once for an authority, not once for a request.
const contexts = new Map<string, SecureContext>()
function trusting(ca: string): SecureContext {
  const found = contexts.get(ca) ?? contextOf(ca)
  contexts.set(ca, found)
  return found
}

/** One HTTPS request on a connection of its own: nothing is remembered from one to the next. */
export function ask(
  platform: Pick<Platform, 'url' | 'ca'>,
  path: string,
  { method = 'GET', json, headers = {}, cert, from }: Ask = {},
): Promise<Answer> {
  const body = json === undefined ? undefined : JSON.stringify(json)
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, platform.url),
      {
        method,
        // Node takes it, as for every TLS connection; its types leave it out of HTTPS.
        ...({ secureContext: cert === undefined ? trusting(platform.ca) : contextOf(platform.ca, cert) } as object),
        agent: false,
        ...(from === undefined ? {} : { localAddress: from }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          'user-agent': 'scripted day',
          ...headers,
        },
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const flat = Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(', ') : (value ?? ''),
            ]),
          )
          resolve({ status: response.statusCode ?? 0, headers: flat, text, json: parsed(text) })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Somebody at a screen: signs in once, and keeps the newest token that the service hands out. */
export class Browser {
  readonly #platform: Platform
  readonly subject: string
  token: string | undefined

  constructor(platform: Platform, subject: string) {
    this.#platform = platform
    this.subject = subject
  }

  async signIn(how: SignInWith = twoFactors, from?: string): Promise<Answer> {
    const idToken = await this.#platform.identity.idToken(this.subject, how)
    const answer = await this.ask('/sign-in', { method: 'POST', json: { idToken }, ...(from === undefined ? {} : { from }) })
    const { token } = (answer.json ?? {}) as { readonly token?: string }
    if (token !== undefined) this.token = token
    return answer
  }

  /** Signs in again where the service asked for a fresh sign-in. */
  async stepUp(how: SignInWith = twoFactors): Promise<Answer> {
    return this.ask('/step-up', { method: 'POST', json: { idToken: await this.#platform.identity.idToken(this.subject, how) } })
  }

  async ask(path: string, options: Ask = {}): Promise<Answer> {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }
    const answer = await ask(this.#platform, path, { ...options, headers: { ...authorization, ...options.headers } })
    this.token = answer.headers['phi-session-token'] ?? this.token
    return answer
  }
}
