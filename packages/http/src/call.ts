import type { Session } from '@phi/rbac/session'
import type { VerifiedPeer } from './connection.ts'

/** Who calls, from where: for handlers, loaders and the audit entry. */
export interface Caller {
  /** The session's. No header, path or body can name another. */
  readonly tenant: string
  readonly subject: string
  readonly roles: readonly string[]
  readonly session: Session
  /** The client's address: the socket's, or what trusted proxies say. */
  readonly ip: string | undefined
  readonly userAgent: string | undefined
  /** The id of this request, a UUIDv7: it stands in the response, in problems and in the audit entry. */
  readonly requestId: string
  /** W3C traceparent: the client's, continued, or a new one. */
  readonly traceparent: string
  readonly peer: VerifiedPeer | undefined
}

/** One request that has a session. */
export interface Call<Body = unknown, Query = Readonly<Record<string, string>>> {
  readonly caller: Caller
  /** What the router found in the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Parsed by the route's `query` schema; without one, texts by name, and a name that stands twice is refused. */
  readonly query: Query
  /** Parsed by the route's `body` schema. Undefined without one: then a request with a body is refused. */
  readonly body: Body
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  /** Aborted when the client leaves, and when the time is up. */
  readonly signal: AbortSignal
  /** Milliseconds since 1970: one instant for the whole request. */
  readonly at: number
}
