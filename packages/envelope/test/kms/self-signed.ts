import { generateKeyPairSync, sign } from 'node:crypto'

/**
 * A key and a self-signed certificate for 127.0.0.1 and localhost, made anew for each run (X.509 v3, RFC 5280; ECDSA on P-256):
 * some SDKs speak https only, and no private key lies in the repository.
 */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('loopback test'))))) // commonName
  const day = 86_400_000
  const validity = sequence(time(Date.now() - day), time(Date.now() + day))
  const alternatives = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = (id: string, value: Buffer, critical = false) =>
    sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value))
  const extensions = der(
    0xa3,
    sequence(
      extension('551d13', sequence(der(0x01, Buffer.from([0xff]))), true), // basicConstraints: a CA, its own
      extension('551d11', alternatives), // subjectAltName
    ),
  )
  const version = der(0xa0, der(0x02, Buffer.from([2])))
  const serial = der(0x02, Buffer.from([1]))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const signed = sequence(version, serial, algorithm, name, validity, name, spki, extensions)
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]))
  const body = sequence(signed, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${body.trimEnd()}\n-----END CERTIFICATE-----\n`,
  }
}

/** Tag, length, value (X.690 §8.1). */
function der(tag: number, value: Buffer): Buffer {
  const n = value.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), value])
}

const sequence = (...parts: Buffer[]) => der(0x30, Buffer.concat(parts))
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))

/** UTCTime, YYMMDDHHMMSSZ. */
const time = (at: number) => der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`))
