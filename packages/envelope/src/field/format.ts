import { fromBase64Url, toBase64Url } from '../base64url.ts'

/**
 * Format v1 of a sealed field:
 *
 * version 0x01 ‖ suite ‖ key id[4] ‖ nonce[24] ‖ ciphertext ‖ tag[16] ‖ key commitment[32], the last in suite 1 only.
 * As text: "phi1." followed by base64url without padding.
 */
export const VERSION = 1
export const HEADER = 6
export const NONCE = 24
export const TEXT_PREFIX = 'phi1.'

/** The suites by number. 3 and 4 are those of files and of deterministic values; they never stand in a field. */
export const suites = {
  'KC-XAES-256-GCM': 1,
  'XAES-256-GCM': 2,
} as const
export type Suite = keyof typeof suites

const tails: Readonly<Record<number, number>> = { 1: 16 + 32, 2: 16 }

/** What the header of a sealed value says. It is not authenticated: believe it only after opening. */
export interface SealedHeader {
  readonly version: 1
  readonly suite: Suite
  /** 8 lower-case hexadecimal digits. */
  readonly keyId: string
}

/** The header of a sealed field's bytes, or undefined for anything that is none. */
export function readHeader(bytes: Uint8Array): SealedHeader | undefined {
  const suite = bytes[1]
  const tail = suite === undefined ? undefined : tails[suite]
  if (bytes[0] !== VERSION || tail === undefined || bytes.length < HEADER + NONCE + tail) return undefined
  return { version: 1, suite: suite === 1 ? 'KC-XAES-256-GCM' : 'XAES-256-GCM', keyId: keyIdAt(bytes) }
}

/** The key id that stands in the bytes 2 to 5. */
export function keyIdAt(bytes: Uint8Array): string {
  const id =
    ((bytes[2] as number) * 0x1000000 + (((bytes[3] as number) << 16) | ((bytes[4] as number) << 8) | (bytes[5] as number))) >>>
    0
  return id.toString(16).padStart(8, '0')
}

/** Whether a text claims to be sealed. Whoever claims it must open; it is never taken for plaintext. */
export const claimsToBeSealed = (text: string): boolean => text.startsWith(TEXT_PREFIX)

export const toText = (bytes: Uint8Array): string => TEXT_PREFIX + toBase64Url(bytes)

/** The bytes of the text form, in its one canonical spelling; undefined for any other text. */
export const fromText = (text: string): Uint8Array | undefined =>
  claimsToBeSealed(text) ? fromBase64Url(text.slice(TEXT_PREFIX.length)) : undefined

/** Whether a text is of this format, as far as a look without a key can tell: nobody writes 22 such bytes by accident. */
export function isSealedText(text: string): boolean {
  const bytes = fromText(text)
  return bytes !== undefined && bytes[0] === VERSION && bytes.length >= HEADER + 16
}

/**
 * What the header of a sealed field says, from its text or its bytes; undefined for anything that is not one. Nothing is
 * authenticated: good for counting and for finding keys, not for trusting.
 */
export function inspectSealed(sealed: unknown): SealedHeader | undefined {
  const bytes = typeof sealed === 'string' ? fromText(sealed) : sealed instanceof Uint8Array ? sealed : undefined
  return bytes && readHeader(bytes)
}
