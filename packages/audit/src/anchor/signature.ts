import { type Clock, equalBytes, formatInstant, fromBase64, hmacSha256, isInstant, sha256, toBase64, utf8 } from '@phi/core'

/** The headers of a signed request to an anchor. */
const SIGNATURE_HEADER = 'phi-anchor-signature'
const TIME_HEADER = 'phi-anchor-time'
const KEY_HEADER = 'phi-anchor-key'

/** A secret that the anchor's operator holds as well. */
export interface AnchorHmacKey {
  /** Names the secret: letters, digits, dot, dash, underscore. Sent with every request. */
  readonly id: string
  /** 32 bytes or more. */
  readonly secret: Uint8Array
}

/** What is signed: each part on a line of its own, so that none can run into the next. */
const signedText = (method: string, path: string, time: string, keyId: string, body: Uint8Array): Uint8Array =>
  utf8(`phi.audit/anchor/v1\n${method}\n${path}\n${time}\n${keyId}\n${toBase64(sha256(body))}\n`)

/** @internal */
export function signatureHeaders(
  key: AnchorHmacKey,
  request: { readonly method: string; readonly path: string; readonly body: Uint8Array; readonly now: number },
): Record<string, string> {
  const time = formatInstant(request.now)
  const text = signedText(request.method, request.path, time, key.id, request.body)
  return { [KEY_HEADER]: key.id, [TIME_HEADER]: time, [SIGNATURE_HEADER]: `v1=${toBase64(hmacSha256(key.secret, text))}` }
}

/** What a server knows of a request. */
export interface AnchorRequest {
  readonly method: string
  /** Path and query, as they stand in the request line. */
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

/** Whether a request is by the holder of a key, and from now. */
export type AnchorRequestVerdict = 'genuine' | 'unsigned' | 'forged' | 'expired'

/**
 * For whoever runs an anchor: checks the signature that `httpsAnchor({ hmac })` puts on every request. `expired`: genuine, and
 * more than `maxSkewMs` (default 300,000) away from the clock. A replay within that time puts the same checkpoint once more,
 * which changes nothing.
 */
export function verifyAnchorRequest(
  { method, path, headers, body }: AnchorRequest,
  options: { readonly keys: readonly AnchorHmacKey[]; readonly clock: Clock; readonly maxSkewMs?: number },
): AnchorRequestVerdict {
  const signature = headers[SIGNATURE_HEADER]
  const time = headers[TIME_HEADER]
  const keyId = headers[KEY_HEADER]
  if (typeof signature !== 'string' || typeof time !== 'string' || typeof keyId !== 'string') return 'unsigned'
  const key = options.keys.find(({ id }) => id === keyId)
  if (key === undefined || !isInstant(time) || !signature.startsWith('v1=')) return 'forged'
  let found: Uint8Array
  try {
    found = fromBase64(signature.slice('v1='.length))
  } catch {
    return 'forged'
  }
  if (!equalBytes(found, hmacSha256(key.secret, signedText(method, path, time, keyId, body)))) return 'forged'
  return Math.abs(options.clock() - Date.parse(time)) <= (options.maxSkewMs ?? 300_000) ? 'genuine' : 'expired'
}
