import type { Clock } from '@phi/core'
import { checkIdentity, type Pem, pemText, readAuthorities } from './material.ts'
import { nowBy, parseTls, pemList, serverSchema } from './options.ts'
import { type ProfileOptions, profileOptions, type TlsProfile } from './profile.ts'

export interface TlsServerOptions {
  readonly profile: TlsProfile
  /** The private key. */
  readonly key: Pem
  /** The certificate of this server, then its chain, without the root. */
  readonly cert: Pem
  readonly passphrase?: string | undefined
  /**
   * Mutual TLS: clients show a certificate of one of these authorities. `required: true` ends the handshake of everybody else. With `false` they
   * come in without a name (`Connection.peer` is undefined), and routes with `peers` refuse them.
   */
  readonly mutual?: { readonly ca: Pem | readonly Pem[]; readonly required: boolean } | undefined
  /** Revocation lists of those authorities. With one, a client whose authority has none is refused, too. */
  readonly crl?: Pem | readonly Pem[] | undefined
  /** How long a handshake may take, in milliseconds. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Judges the dates of the certificates, once. Default: the machine's. */
  readonly clock?: Clock | undefined
}

/** For `https.createServer`, `tls.createServer` and the `https` of Fastify. It holds the private key: never log it. */
export interface ServerTls extends ProfileOptions {
  readonly key: string
  readonly cert: string
  readonly passphrase?: string
  readonly ca?: string[]
  readonly crl?: string[]
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  readonly ALPNProtocols: string[]
  readonly handshakeTimeout: number
}

/**
 * Options of a TLS server by RFC 9325 and NIST SP 800-52r2: versions, suites and groups of the profile; no compression, no renegotiation, no
 * session tickets; HTTP/1.1 by ALPN.
 * @throws PhiError PHI_HTTP_TLS_OPTIONS, PHI_HTTP_TLS_KEY (too weak, or of another certificate), PHI_HTTP_TLS_CERTIFICATE (unreadable, too
 *   weak, expired, not valid yet)
 */
export function tlsServerOptions(options: TlsServerOptions): ServerTls {
  const read = parseTls(serverSchema, options, 'tlsServerOptions')
  const now = nowBy(read.clock)
  checkIdentity(read.key, read.cert, read.passphrase, now)
  const { mutual, crl } = read
  return {
    ...profileOptions(read.profile),
    key: pemText(read.key),
    cert: pemText(read.cert),
    ...(read.passphrase === undefined ? {} : { passphrase: read.passphrase }),
    ...(mutual === undefined ? {} : { ca: readAuthorities(mutual.ca, now, 'mutual.ca') }),
    ...(crl === undefined ? {} : { crl: pemList(crl) }),
    requestCert: mutual !== undefined,
    rejectUnauthorized: mutual?.required === true,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: read.handshakeTimeoutMs ?? 10_000,
  }
}
