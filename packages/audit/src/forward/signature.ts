import {
  type Clock,
  equalBytes,
  formatInstant,
  fromBase64,
  hmacSha256,
  isInstant,
  parseInstant,
  sha256,
  toBase64,
  toHex,
  utf8,
} from '@phi/core'
import { forwardError } from './errors.ts'

/*
 * A signed batch, version 1. The text that is signed, each line ending in 0x0A, with the headers' values as they are sent:
 *
 *     phi.audit/forward@v1
 *     <Phi-Audit-Key>
 *     <Phi-Audit-Sent-At>
 *     <Idempotency-Key>
 *     <Content-Type>
 *     <Content-Encoding, or "identity" without one>
 *     <base64 of the SHA-256 of the body as sent>
 *
 * `Phi-Audit-Signature: v1=<base64 of HMAC-SHA-256(secret, text)>`, `Content-Digest: sha-256=:<base64>:` (RFC 9530 §2).
 */

/** A secret shared with the receiver. */
export interface BatchKey {
  /** 1 to 64 letters, digits, ".", "_" and "-". */
  readonly id: string
  /** At least 32 bytes. */
  readonly secret: Uint8Array
}

interface Signed {
  readonly keyId: string
  readonly sentAt: string
  readonly batchId: string
  readonly type: string
  readonly encoding: string
  readonly digest: string
}

const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/

const textOf = ({ keyId, sentAt, batchId, type, encoding, digest }: Signed): Uint8Array =>
  utf8(`phi.audit/forward@v1\n${keyId}\n${sentAt}\n${batchId}\n${type}\n${encoding}\n${digest}\n`)

/** @throws PhiError PHI_AUDIT_FORWARD_OPTIONS */
export function checkKey(key: BatchKey): BatchKey {
  const bad = (path: string, detail: string) => forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail })
  if (!KEY_ID.test(String(key?.id))) throw bad('key.id', 'must be 1 to 64 letters, digits, ".", "_" and "-"')
  if (!(key.secret instanceof Uint8Array) || key.secret.length < 32) throw bad('key.secret', 'must be at least 32 bytes')
  return key
}

/** The same for the same entries in the same order, whenever and by whomever they are sent. */
export function batchIdOf(
  items: readonly { readonly origin: string; readonly index: number; readonly hash: string }[],
): string {
  return toHex(sha256(utf8(items.map(({ origin, index, hash }) => `${origin} ${index} ${hash}\n`).join(''))))
}

/** The headers of a batch. */
export function batchHeaders(
  body: Uint8Array,
  { batchId, type, encoding }: { batchId: string; type: string; encoding: 'identity' | 'gzip' },
  key: BatchKey | undefined,
  clock: Clock,
): Record<string, string> {
  const digest = toBase64(sha256(body))
  const headers: Record<string, string> = {
    'content-type': type,
    'content-digest': `sha-256=:${digest}:`,
    'idempotency-key': `"${batchId}"`,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  }
  if (key === undefined) return headers
  const sentAt = formatInstant(clock())
  const text = textOf({ keyId: key.id, sentAt, batchId: `"${batchId}"`, type, encoding, digest })
  return {
    ...headers,
    'phi-audit-key': key.id,
    'phi-audit-sent-at': sentAt,
    'phi-audit-signature': `v1=${toBase64(hmacSha256(key.secret, text))}`,
  }
}

export interface VerifyBatchOptions {
  /** Of the request, as Node or the Fetch Standard gives them. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The body as it arrived, before anything was decompressed. */
  readonly body: Uint8Array
  /** Those that are accepted: the old and the new one while a key is being replaced. */
  readonly keys: readonly BatchKey[]
  readonly clock: Clock
  /** How far the sender's clock may be from this one, either way, in milliseconds. Default 300,000. */
  readonly windowMs?: number
  /**
   * Remembers a signature until an instant (milliseconds), and tells whether it was there already. With it a copy of a request
   * is refused; a batch that is honestly sent again has a new signature, and the same `batchId`.
   */
  readonly seen?: (signature: string, until: number) => boolean | Promise<boolean>
}

export type BatchVerdict =
  | { readonly is: 'genuine'; readonly keyId: string; readonly sentAt: string; readonly batchId: string }
  | { readonly is: 'refused'; readonly reason: 'malformed' | 'unknown-key' | 'altered' | 'stale' | 'replayed' }

const refusedBecause = (reason: Extract<BatchVerdict, { is: 'refused' }>['reason']): BatchVerdict => ({ is: 'refused', reason })

/**
 * For receivers: whether a request is a batch that the holder of a key sent, unaltered, not long ago, and for the first time.
 * Signatures are compared in constant time. A batch that is genuine may still repeat records: drop them by `id`.
 */
export async function verifyForwardedBatch(options: VerifyBatchOptions): Promise<BatchVerdict> {
  const { body, keys, clock, windowMs = 300_000, seen } = options
  const one = (name: string): string | undefined => {
    const { headers } = options
    if (headers instanceof Headers) return headers.get(name) ?? undefined
    const values = Object.entries(headers).filter(([key]) => key.toLowerCase() === name)
    const value = values[0]?.[1]
    return values.length === 1 && typeof value === 'string' ? value : undefined
  }
  const isThere = (name: string): boolean =>
    !(options.headers instanceof Headers) &&
    Object.entries(options.headers).some(([key, value]) => key.toLowerCase() === name && value !== undefined)
  const keyId = one('phi-audit-key')
  const sentAt = one('phi-audit-sent-at')
  const batchId = one('idempotency-key')
  const type = one('content-type')
  const encoding = one('content-encoding') ?? 'identity'
  const digest = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(one('content-digest') ?? '')?.[1]
  const signature = /^v1=([A-Za-z0-9+/]{43}=)$/.exec(one('phi-audit-signature') ?? '')?.[1]
  if (keyId === undefined || !KEY_ID.test(keyId) || sentAt === undefined || !isInstant(sentAt))
    return refusedBecause('malformed')
  if (batchId === undefined || !/^"[0-9a-f]{64}"$/.test(batchId)) return refusedBecause('malformed')
  if (digest === undefined || signature === undefined || type === undefined) return refusedBecause('malformed')
  // More than one encoding is not the same as none.
  if (one('content-encoding') === undefined && isThere('content-encoding')) return refusedBecause('malformed')
  if (/[\r\n]/.test(type + encoding)) return refusedBecause('malformed')
  const key = keys.find(({ id }) => id === keyId)
  if (key === undefined) return refusedBecause('unknown-key')
  checkKey(key)
  let given: Uint8Array
  try {
    given = fromBase64(signature)
  } catch {
    return refusedBecause('malformed')
  }
  const expected = hmacSha256(key.secret, textOf({ keyId, sentAt, batchId, type, encoding, digest }))
  if (!equalBytes(given, expected) || digest !== toBase64(sha256(body))) return refusedBecause('altered')
  const sent = parseInstant(sentAt)
  if (!(Math.abs(clock() - sent) <= windowMs)) return refusedBecause('stale')
  if (seen !== undefined && (await seen(signature, sent + windowMs))) return refusedBecause('replayed')
  return { is: 'genuine', keyId, sentAt, batchId: batchId.slice(1, -1) }
}
