import { readFileSync } from 'node:fs'
import { postgresError } from '../errors.ts'

/** TLS settings as node:tls takes them. */
export interface TlsSettings {
  readonly rejectUnauthorized: true
  readonly minVersion: 'TLSv1.2'
  readonly servername?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface ConnectionTarget {
  readonly url: URL
  /** False: no TLS. Only for loopback, socket files, and where it was spelled out. */
  readonly ssl: TlsSettings | false
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/

/** Whether traffic to this host stays on the machine: loopback, or the directory of a Unix socket. */
export function staysOnMachine(url: URL): boolean {
  // A `host` parameter overrides the authority, as in libpq.
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  return host.startsWith('/') || host === '' || LOOPBACK.test(host)
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
  const mode = url.searchParams.get('sslmode') ?? 'unset'
  const secure = mode === 'verify-full'
  const ca = file(url.searchParams.get('sslrootcert'), 'sslrootcert')
  const cert = file(url.searchParams.get('sslcert'), 'sslcert')
  const key = file(url.searchParams.get('sslkey'), 'sslkey')
  if (!secure && !staysOnMachine(url) && options.allowInsecure !== true)
    throw postgresError('PHI_PG_INSECURE', { path: 'sslmode' })
  for (const parameter of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'ssl']) url.searchParams.delete(parameter)
  if (!secure) return { url, ssl: false }
  return {
    url,
    ssl: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  }
}
