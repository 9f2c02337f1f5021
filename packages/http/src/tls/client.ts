import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Clock } from '@phi/core'
import { tlsError } from './errors.ts'
import { checkIdentity, type Pem, pemText, readAuthorities } from './material.ts'
import { clientSchema, nowBy, parseTls, pemList } from './options.ts'
import { subjectNames } from './peer.ts'
import { type ProfileOptions, profileOptions, type TlsProfile } from './profile.ts'

export interface TlsClientOptions {
  readonly profile: TlsProfile
  /** Authorities of the service that is called. Public authorities are not believed beside them. */
  readonly ca: Pem | readonly Pem[]
  /** The own key and certificate, for mutual TLS: both or neither. */
  readonly key?: Pem | undefined
  readonly cert?: Pem | undefined
  readonly passphrase?: string | undefined
  readonly crl?: Pem | readonly Pem[] | undefined
  /** The name to ask for, and to find in the certificate, where it is not the host's. */
  readonly serverName?: string | undefined
  /**
   * Names one of which the certificate must carry, in place of the host's, as Node writes them: `URI:spiffe://clinic.example/billing`. For
   * services whose certificates name what they are and not where they run.
   */
  readonly names?: readonly string[] | undefined
  readonly clock?: Clock | undefined
}

/**
 * For `https.request`, `https.Agent`, `tls.connect`, and `connect` of an agent of undici. It may hold a private key: never log
 * it.
 */
export interface ClientTls extends ProfileOptions {
  readonly ca: string[]
  readonly key?: string
  readonly cert?: string
  readonly passphrase?: string
  readonly crl?: string[]
  readonly servername?: string
  readonly rejectUnauthorized: true
  readonly ALPNProtocols: string[]
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
}

/**
 * Options of a client that calls another service, of the same profiles as `tlsServerOptions`. A server that does not verify is refused,
 * whatever NODE_TLS_REJECT_UNAUTHORIZED says.
 * @throws PhiError PHI_HTTP_TLS_OPTIONS, PHI_HTTP_TLS_KEY, PHI_HTTP_TLS_CERTIFICATE
 */
export function tlsClientOptions(options: TlsClientOptions): ClientTls {
  const read = parseTls(clientSchema, options, 'tlsClientOptions')
  const now = nowBy(read.clock)
  const { key, cert, passphrase, crl, serverName, names } = read
  if ((key === undefined) !== (cert === undefined)) {
    throw tlsError('PHI_HTTP_TLS_OPTIONS', { path: 'tlsClientOptions', detail: 'a key and a certificate come together' })
  }
  if (key !== undefined && cert !== undefined) checkIdentity(key, cert, passphrase, now)
  return {
    ...profileOptions(read.profile),
    ca: readAuthorities(read.ca, now, 'ca'),
    ...(key === undefined ? {} : { key: pemText(key) }),
    ...(cert === undefined ? {} : { cert: pemText(cert) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(crl === undefined ? {} : { crl: pemList(crl) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: names === undefined ? checkServerIdentity : carriesOneOf(names),
  }
}

function carriesOneOf(names: readonly string[]) {
  return (_host: string, certificate: PeerCertificate): Error | undefined =>
    subjectNames(certificate.subjectaltname).some((name) => names.includes(name))
      ? undefined
      : tlsError('PHI_HTTP_TLS_CERTIFICATE', {
          detail: 'the server that was called shows none of the names that were asked for',
        })
}
