import { auditEventSchema } from '@phi/audit'
import type { IpPolicy } from '@phi/rbac/session'
import { ipPolicy } from '@phi/rbac/session'
import type { Connection } from '../connection.ts'

const anywhere = ipPolicy({ allow: 'any' })
const entryIp = auditEventSchema.shape.source.unwrap().shape.ip

// A dual-stack socket shows 192.0.2.1 as ::ffff:192.0.2.1 (RFC 4291 §2.5.5.2).
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/** An address as it stands in decisions and entries. Undefined for whatever is not one, strictly written. */
export function addressOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const address = MAPPED.exec(text)?.[1] ?? text
  const known = anywhere.check(address).outcome === 'allowed' && entryIp.safeParse(address).success
  return known ? address : undefined
}

/** More hops than any service has are no list of hops. */
const MAX_HOPS = 32
const MAX_FORWARDED = 4_096

const elements = (header: string): readonly string[] => header.split(',').map((each) => each.replace(/^[ \t]+|[ \t]+$/g, ''))

const isTrusted = (trusted: IpPolicy | undefined, ip: string | undefined): boolean =>
  trusted !== undefined && ip !== undefined && trusted.check(ip).outcome === 'allowed'

/**
 * The client's address: the socket's, unless that is a trusted proxy. Then the list is read from the right, where our own proxies write,
 * up to the first address that is none of them. What stands left of that the client wrote, and it is not read. A list that is missing or
 * cannot be read up to there leaves the address unknown.
 */
export function clientAddress({ ip }: Connection, headers: Headers, trusted: IpPolicy | undefined): string | undefined {
  const socket = addressOf(ip)
  if (!isTrusted(trusted, socket)) return socket
  const header = headers.get('x-forwarded-for')
  if (header === null || header.length > MAX_FORWARDED) return undefined
  const hops = elements(header)
  if (hops.length > MAX_HOPS) return undefined
  let address: string | undefined
  for (let i = hops.length - 1; i >= 0; i--) {
    address = addressOf(hops[i])
    if (!isTrusted(trusted, address)) return address
  }
  // All of them are ours: the request began at the first.
  return address
}

/** Whether the client spoke TLS all the way: to this socket, or to a trusted proxy that says so, and no proxy says otherwise. */
export function isSecure({ ip, encrypted }: Connection, headers: Headers, trusted: IpPolicy | undefined): boolean {
  if (!isTrusted(trusted, addressOf(ip))) return encrypted === true
  const header = headers.get('x-forwarded-proto')
  if (header === null) return encrypted === true
  return header.length <= 256 && elements(header).every((each) => each.toLowerCase() === 'https')
}
