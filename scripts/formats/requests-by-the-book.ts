/**
 * What docs/formats/audit-transport-v1.md, retention-v1.md, policy-v1.md and agreements-v1.md say of signatures and digests, and
 * nothing else: no import of this repository but the file beside it.
 */
import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { LP } from './open-by-the-book.ts'

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const hmac = (key: Uint8Array, data: string | Uint8Array): Buffer => createHmac('sha256', key).update(data).digest()
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** "Signed batch of a forwarder": the headers. */
export function forwardHeaders(options: {
  readonly secret: Uint8Array
  readonly key: string
  readonly sentAt: string
  readonly type: string
  readonly encoding?: string
  readonly body: Uint8Array
  readonly records: readonly { readonly origin: string; readonly index: number; readonly hash: string }[]
}): Record<string, string> {
  const { secret, key, sentAt, type, encoding = 'identity', body, records } = options
  const id = sha256(records.map(({ origin, index, hash }) => `${origin} ${index} ${hash}\n`).join('')).toString('hex')
  const digest = b64(sha256(body))
  const lines = ['phi.audit/forward@v1', key, sentAt, `"${id}"`, type, encoding, digest]
  return {
    'content-type': type,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    'content-digest': `sha-256=:${digest}:`,
    'idempotency-key': `"${id}"`,
    'phi-audit-key': key,
    'phi-audit-sent-at': sentAt,
    'phi-audit-signature': `v1=${b64(hmac(secret, lines.map((line) => `${line}\n`).join('')))}`,
  }
}

/** "Signed request to an anchor": the headers. */
export function anchorHeaders(options: {
  readonly secret: Uint8Array
  readonly key: string
  readonly method: string
  readonly path: string
  readonly time: string
  readonly body: Uint8Array
}): Record<string, string> {
  const { secret, key, method, path, time, body } = options
  const lines = ['phi.audit/anchor/v1', method, path, time, key, b64(sha256(body))]
  return {
    'phi-anchor-key': key,
    'phi-anchor-time': time,
    'phi-anchor-signature': `v1=${b64(hmac(secret, lines.map((line) => `${line}\n`).join('')))}`,
  }
}

/** "Spool": the payloads of a segment, or undefined where anything is not as it says. */
export function readSegment(key: Uint8Array, file: Buffer): string[] | undefined {
  const id = file.subarray(8, 24)
  const derive = (use: string, length: number) => Buffer.from(hkdfSync('sha256', key, id, `phi.audit.spool/v1/${use}`, length))
  if (file.toString('latin1', 0, 8) !== 'PHISPOOL' || !file.subarray(28, 36).equals(derive('check', 8))) return undefined
  const payloads: string[] = []
  let before = sha256('phi.audit.spool/v1/genesis\n', id)
  for (let at = 36; at < file.length; ) {
    if (file.toString('latin1', at, at + 4) !== 'PSR1' || file.length < at + 76) return undefined
    const end = at + 60 + file.readUInt32BE(at + 4)
    const [numbers, nonce, sealed] = [
      file.subarray(at + 8, at + 48),
      file.subarray(at + 48, at + 60),
      file.subarray(at + 60, end),
    ]
    if (end > file.length || numbers.readBigUInt64BE() !== BigInt(payloads.length)) return undefined
    if (!numbers.subarray(8).equals(before)) return undefined
    const decipher = createDecipheriv('aes-256-gcm', derive('record', 32), nonce, { authTagLength: 16 })
    decipher.setAAD(Buffer.concat([Buffer.from('phi.audit.spool/v1/record\n'), id, numbers]))
    decipher.setAuthTag(sealed.subarray(-16))
    try {
      payloads.push(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8'))
    } catch {
      return undefined
    }
    before = sha256(file.subarray(at, end))
    at = end
  }
  return payloads
}

/** Retention, "Certificate": what opens a record, and how the certificate names it. */
export function recordIn(salt: Uint8Array, id: string): { readonly opening: string; readonly record: string } {
  const opening = hmac(salt, LP('phi.retention/disposition-opening/v1', id))
  return {
    opening: opening.toString('hex'),
    record: hmac(opening, LP('phi.retention/disposition-record/v1', id)).toString('hex'),
  }
}

/** Access policy, "Policy": the hash of a text that is canonical. */
export const policyHashOf = (canonical: string): string => `sha256:${sha256(canonical).toString('hex')}`

/** Agreements, "Keyed hash of a text". */
export const textHashOf = (key: Uint8Array, text: string): string => hmac(key, `phi.ai.text/v1\n${text}`).toString('hex')
