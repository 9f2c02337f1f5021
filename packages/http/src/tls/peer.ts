import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { VerifiedPeer } from '../connection.ts'

/**
 * The names in a `subjectAltName` of Node. It separates them by a comma and a space, and writes one that holds anything special in quotes:
 * such a name is left as it is, quotes and all, so that it equals no name that anybody has listed.
 */
export function subjectNames(subjectAltName: string | undefined): readonly string[] {
  if (subjectAltName === undefined) return []
  return subjectAltName.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g)?.map((name) => name.trim()) ?? []
}

function peerOf(certificate: X509Certificate): VerifiedPeer {
  return Object.freeze({
    names: Object.freeze([...subjectNames(certificate.subjectAltName)]),
    fingerprint256: certificate.fingerprint256,
  })
}

/**
 * Who is at the other end of a connection, by a certificate that was verified in the handshake. Undefined for any other socket, for a
 * client without a certificate, and for one whose certificate did not verify (a server that makes certificates optional lets those
 * in, unnamed).
 */
export function verifiedPeer(socket: unknown): VerifiedPeer | undefined {
  if (!(socket instanceof TLSSocket) || socket.authorized !== true || socket.destroyed) return undefined
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? undefined : peerOf(certificate)
}
