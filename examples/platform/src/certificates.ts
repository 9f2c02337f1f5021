// The certificate library looks for this polyfill when it is loaded.
import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** An authority for one day, and what it signs. A service of yours gets its certificates from one that others trust. */
export interface Authority {
  /** Its own certificate, in PEM: what clients trust. */
  readonly ca: string
  /**
   * @param name common name
   * @param names subject alternative names: `localhost`, `127.0.0.1`, `spiffe://…`
   */
  issue(name: string, names: readonly string[]): Promise<Identity>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

const pem = (label: string, bytes: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`

const serial = () => `01${randomBytes(8).toString('hex')}`

const kindOf = (name: string): x509.JsonGeneralName => {
  if (/^[a-z]+:\/\//.test(name)) return { type: 'url', value: name }
  return /^[\d.]+$/.test(name) ? { type: 'ip', value: name } : { type: 'dns', value: name }
}

/** Makes an authority whose certificates hold from yesterday until tomorrow. */
export async function authority(name: string): Promise<Authority> {
  const span = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) }
  const generate = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const keys = await generate()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serial(), name: `CN=${name}`, ...span, signingAlgorithm: algorithm },
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    ca: root.toString('pem'),
    async issue(common, names) {
      const own = await generate()
      const cert = await x509.X509CertificateGenerator.create({
        ...{ serialNumber: serial(), subject: `CN=${common}`, issuer: root.subject, ...span, signingAlgorithm: algorithm },
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension(names.map(kindOf)),
        ],
      })
      return { cert: cert.toString('pem'), key: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', own.privateKey)) }
    },
  }
}
