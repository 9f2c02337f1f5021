import { X509Certificate } from 'node:crypto'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls'
import { type ForwardCode, forwardError } from './errors.ts'
import { isTlsCode } from './http.ts'

/** Where a TLS connection goes, and how both sides prove who they are. */
export interface TlsTarget {
  readonly host: string
  readonly port: number
  /** Authorities to trust, PEM. Default: those of Node. */
  readonly ca?: string | readonly string[]
  /**
   * SHA-256 fingerprints of certificates, hexadecimal with or without colons: the peer's must be among them (RFC 5425 §4.2.2,
   * §5.1). Without `ca` they stand in for authority, name and dates; with it, both must hold.
   */
  readonly fingerprints?: readonly string[]
  /** The name to be in the certificate. Default `host`. */
  readonly serverName?: string
  /** A client certificate and its key, PEM. */
  readonly cert?: string
  readonly key?: string
  /** No TLS at all, to a relay on this machine. Default false. */
  readonly loopbackPlain?: boolean
}

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/
const normal = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()

/** @throws PhiError PHI_AUDIT_FORWARD_OPTIONS */
export function checkTarget(target: TlsTarget): TlsTarget {
  const bad = (path: string, detail: string) => forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail })
  const { host, port, fingerprints, cert, key, loopbackPlain } = target
  if (typeof host !== 'string' || !/^[A-Za-z0-9._:-]{1,253}$/.test(host))
    throw bad('host', 'must be a host name or an IP address')
  if (!Number.isSafeInteger(port) || port < 1 || port > 65_535) throw bad('port', 'must be a port')
  if (
    fingerprints !== undefined &&
    (fingerprints.length === 0 || !fingerprints.every((one) => /^[0-9a-f]{64}$/.test(normal(one))))
  )
    throw bad('fingerprints', 'must be SHA-256 fingerprints in hexadecimal')
  if ((cert === undefined) !== (key === undefined)) throw bad('cert', 'goes with key, and key with it')
  if (loopbackPlain === true && !LOOPBACK.test(host)) throw bad('loopbackPlain', 'is for this machine only')
  return target
}

/** An error of the connection that says why, and no more. */
export class ConnectionError extends Error {
  readonly code: ForwardCode

  constructor(code: ForwardCode) {
    super(code)
    this.code = code
  }
}

/** What an error of a socket means. Its text is not used. */
export function connectionError(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error
  const code = (error as { code?: unknown } | undefined)?.code
  return new ConnectionError(isTlsCode(code) ? 'PHI_AUDIT_FORWARD_TLS' : 'PHI_AUDIT_FORWARD_UNREACHABLE')
}

function isPinned(certificate: PeerCertificate, fingerprints: readonly string[]): boolean {
  if (certificate.raw === undefined) return false
  const own = normal(new X509Certificate(certificate.raw).fingerprint256)
  return fingerprints.some((one) => normal(one) === own)
}

function optionsOf(target: TlsTarget): ConnectionOptions {
  const { host, port, ca, fingerprints, serverName = host, cert, key } = target
  return {
    host,
    port,
    // RFC 9662 asks for 1.2 at least.
    minVersion: 'TLSv1.2',
    // A pinned certificate needs no authority. It is checked before anything is sent.
    rejectUnauthorized: fingerprints === undefined || ca !== undefined,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    // An address is no server name to send; it is the name to check all the same.
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  }
}

/**
 * Opens a connection and makes sure whose it is.
 * @throws ConnectionError
 */
export function open(target: TlsTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new ConnectionError('PHI_AUDIT_FORWARD_TIMEOUT'))
    const isPlain = target.loopbackPlain === true
    let socket: Socket | TLSSocket
    try {
      socket = isPlain ? connectPlain({ host: target.host, port: target.port }) : connectTls(optionsOf(target))
    } catch {
      // A key or a certificate that OpenSSL cannot read.
      return reject(new ConnectionError('PHI_AUDIT_FORWARD_TLS'))
    }
    const done = () => {
      signal.removeEventListener('abort', abort)
      socket.removeListener('error', fail)
      socket.removeListener('close', closed)
    }
    const fail = (error: unknown) => {
      done()
      socket.on('error', () => {})
      socket.destroy()
      reject(connectionError(error))
    }
    const abort = () => fail(new ConnectionError('PHI_AUDIT_FORWARD_TIMEOUT'))
    const closed = () => fail(new ConnectionError('PHI_AUDIT_FORWARD_UNREACHABLE'))
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.on('close', closed)
    socket.once(isPlain ? 'connect' : 'secureConnect', () => {
      const { fingerprints } = target
      if (!isPlain && fingerprints !== undefined && !isPinned((socket as TLSSocket).getPeerCertificate(), fingerprints))
        return fail(new ConnectionError('PHI_AUDIT_FORWARD_TLS'))
      done()
      // A handler is always there: an error between two operations must not end the process.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}
