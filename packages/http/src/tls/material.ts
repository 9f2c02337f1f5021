import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { tlsError } from './errors.ts'

/** PEM, as text or as the bytes of a file. */
export type Pem = string | Uint8Array

const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
/** NIST SP 800-52r2 section 3.2, RFC 9325 section 4.5. */
const RSA_BITS = 2048

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

export const pemText = (pem: Pem): string => (typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1'))

/** Why OpenSSL's own words are left out: what it says of a file that is no certificate is of no use, and the file may be the key. */
function certificatesIn(pem: Pem, path: string): readonly X509Certificate[] {
  const blocks = pemText(pem).match(BLOCK) ?? []
  if (blocks.length === 0) throw tlsError('PHI_HTTP_TLS_CERTIFICATE', { path, detail: 'there is no certificate in PEM in it' })
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw tlsError('PHI_HTTP_TLS_CERTIFICATE', { path, detail: 'it cannot be read', info: { index } })
    }
  })
}

function weaknessOf(key: KeyObject): string | undefined {
  const details = key.asymmetricKeyDetails
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return (details?.modulusLength ?? 0) >= RSA_BITS ? undefined : 'RSA of less than 2048 bits'
    case 'ec':
      return CURVES.includes(details?.namedCurve ?? '') ? undefined : 'a curve other than P-256, P-384 and P-521'
    default:
      return 'neither RSA nor EC'
  }
}

/** In time, and with a key that is strong enough. Checked when a server starts: better than by the first client that is refused. */
function checkOne(certificate: X509Certificate, now: number, path: string, index: number): void {
  const refuse = (detail: string) => tlsError('PHI_HTTP_TLS_CERTIFICATE', { path, detail, info: { index } })
  const from = Date.parse(certificate.validFrom)
  const to = Date.parse(certificate.validTo)
  if (!(from <= now)) throw refuse('it is not valid yet')
  if (!(now <= to)) throw refuse('it has expired')
  const weakness = weaknessOf(certificate.publicKey)
  if (weakness !== undefined) throw refuse(`its key is ${weakness}`)
}

function readKey(pem: Pem, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pemText(pem), ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    throw tlsError('PHI_HTTP_TLS_KEY', { path: 'key', detail: 'it cannot be read, or the passphrase is another' })
  }
}

/** The own key and certificate, with the chain. @throws PhiError PHI_HTTP_TLS_KEY, PHI_HTTP_TLS_CERTIFICATE */
export function checkIdentity(key: Pem, cert: Pem, passphrase: string | undefined, now: number): void {
  const chain = certificatesIn(cert, 'cert')
  chain.forEach((certificate, index) => {
    checkOne(certificate, now, 'cert', index)
  })
  const secret = readKey(key, passphrase)
  const weakness = weaknessOf(secret)
  if (weakness !== undefined) throw tlsError('PHI_HTTP_TLS_KEY', { path: 'key', detail: `it is ${weakness}` })
  if (!(chain[0] as X509Certificate).checkPrivateKey(secret)) {
    throw tlsError('PHI_HTTP_TLS_KEY', { path: 'key', detail: 'it does not belong to the first certificate' })
  }
}

/**
 * Authorities whose certificates are believed, each by itself.
 * @throws PhiError PHI_HTTP_TLS_CERTIFICATE, also where one is no authority: with it as a root nothing would verify, or only itself
 */
export function readAuthorities(ca: Pem | readonly Pem[], now: number, path: string): string[] {
  const files: readonly Pem[] = typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca
  const certificates = files.flatMap((file) => certificatesIn(file, path))
  // An empty list would make Node believe every public authority.
  if (certificates.length === 0)
    throw tlsError('PHI_HTTP_TLS_CERTIFICATE', { path, detail: 'there is no authority in the list' })
  certificates.forEach((certificate, index) => {
    checkOne(certificate, now, path, index)
    if (!certificate.ca) {
      throw tlsError('PHI_HTTP_TLS_CERTIFICATE', { path, detail: 'it is not the certificate of an authority', info: { index } })
    }
  })
  return certificates.map((certificate) => certificate.toString())
}
