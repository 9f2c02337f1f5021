import { readFileSync } from 'node:fs'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { PhiError } from '@phi/core'
import { postgresError } from '../errors.ts'
import { sqlStateOf } from './db.ts'

/** TLS settings as node:tls takes them. */
export interface TlsSettings {
  readonly rejectUnauthorized: true
  readonly minVersion: 'TLSv1.2'
  /**
   * Compares the certificate with the host that was asked for. Left to the drivers, an address instead of a name would be compared
   * with "localhost": they give TLS a socket that is open already, and no host.
   */
  readonly checkServerIdentity: (asked: string, certificate: PeerCertificate) => Error | undefined
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface ConnectionTarget {
  readonly url: URL
  /** A name, an address without brackets, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  /** False: no TLS. Only for loopback, socket files, and where it was spelled out. */
  readonly ssl: TlsSettings | false
}

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'ssl']

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/

/** As in libpq, a `host` parameter overrides the authority, and the drivers look into PGHOST where there is neither. */
const hostOf = (url: URL): string =>
  url.searchParams.get('host') || decodeURIComponent(url.hostname) || process.env.PGHOST || 'localhost'

/** Whether traffic to this host stays on the machine: loopback, or the directory of a Unix socket. */
export function staysOnMachine(url: URL): boolean {
  const host = hostOf(url)
  return host.startsWith('/') || LOOPBACK.test(host)
}

function file(path: string | null, parameter: string): string | undefined {
  if (path === null) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw postgresError('PHI_PG_URL', { path: parameter, detail: 'the file cannot be read', cause })
  }
}

/**
 * Reads a connection string and decides on TLS (45 CFR 164.312(e)(1), transmission security). Traffic that leaves the machine
 * needs `sslmode=verify-full`: TLS 1.2 or later, with the server's certificate checked against its name. `require` is not
 * enough, since it takes any certificate.
 * @throws PhiError PHI_PG_URL, PHI_PG_INSECURE
 */
export function targetOf(connection: string, options: { readonly allowInsecure?: boolean } = {}): ConnectionTarget {
  let url: URL
  try {
    url = new URL(connection)
  } catch {
    // The cause is not kept: it would quote the string, and the password in it.
    throw postgresError('PHI_PG_URL')
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw postgresError('PHI_PG_URL', { path: 'protocol' })
  // Of a parameter that stands there twice, `pg` takes the last and this function the first: TLS would be decided for another host.
  for (const parameter of ['host', 'port', 'sslmode']) {
    if (url.searchParams.getAll(parameter).length > 1)
      throw postgresError('PHI_PG_URL', { path: parameter, detail: 'is given more than once' })
  }
  const mode = url.searchParams.get('sslmode') ?? 'unset'
  const secure = mode === 'verify-full'
  const ca = file(url.searchParams.get('sslrootcert'), 'sslrootcert')
  const cert = file(url.searchParams.get('sslcert'), 'sslcert')
  const key = file(url.searchParams.get('sslkey'), 'sslkey')
  if (!secure && !staysOnMachine(url) && options.allowInsecure !== true)
    throw postgresError('PHI_PG_INSECURE', { path: 'sslmode' })
  // What is left reaches the driver, where `ssl` or `sslnegotiation=direct` would take the place of the settings below.
  for (const parameter of TLS_PARAMETERS) url.searchParams.delete(parameter)
  const host = hostOf(url).replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.searchParams.get('port') || url.port || process.env.PGPORT || 5432)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw postgresError('PHI_PG_URL', { path: 'port' })
  if (!secure) return { url, host, port, ssl: false }
  return {
    url,
    host,
    port,
    ssl: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      checkServerIdentity: (_asked, certificate) => checkServerIdentity(host, certificate),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  }
}

/** What Node and OpenSSL call a handshake that failed: certificates by the names of X.509 verification, protocols as ERR_SSL_ or EPROTO. */
const HANDSHAKE = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_|HOSTNAME_MISMATCH$)/
const NO_TLS = /does not support SSL|before secure TLS connection was established/

/**
 * The error of a first connection that failed. Nothing of a password reaches it: none is sent before the server has proved itself.
 * A connection that is cut in the middle of a handshake reads as TLS that failed, whoever cut it.
 */
export function unreachable(cause: unknown): PhiError {
  const sqlstate = sqlStateOf(cause)
  if (sqlstate !== undefined) return postgresError('PHI_PG_UNAVAILABLE', { cause, info: { sqlstate } })
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const handshake = HANDSHAKE.test(code) || (cause instanceof Error && NO_TLS.test(cause.message))
  return postgresError(handshake ? 'PHI_PG_TLS' : 'PHI_PG_UNAVAILABLE', { cause })
}
