/**
 * TLS by profile, for servers and for services that call each other: RFC 9325, NIST SP 800-52r2. On Node, on OpenSSL.
 *
 * @module @phi/http/tls
 */
export { type ClientTls, type TlsClientOptions, tlsClientOptions } from './client.ts'
export { tlsErrors } from './errors.ts'
export type { Pem } from './material.ts'
export { verifiedPeer } from './peer.ts'
export { type ProfileOptions, type TlsProfile, tlsProfiles } from './profile.ts'
export { type ServerTls, type TlsServerOptions, tlsServerOptions } from './server.ts'
