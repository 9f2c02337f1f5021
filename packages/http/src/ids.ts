import { randomBytes, toHex } from '@phi/core'

type Draw = (count: number) => Uint8Array

/** As many bytes as asked for, from the given source or, where that fails, from the platform's. */
function drawn(draw: Draw, count: number): Uint8Array {
  try {
    const bytes = draw(count)
    if (bytes instanceof Uint8Array && bytes.length === count) return Uint8Array.from(bytes)
  } catch {
    // An id must be had: also a refusal has one.
  }
  return randomBytes(count)
}

/** RFC 9562 §5.7: 48 bits of milliseconds since 1970, then 74 random ones. */
export function uuidV7(at: number, draw: Draw): string {
  const bytes = drawn(draw, 16)
  for (let i = 0, rest = at; i < 6; i++, rest = Math.floor(rest / 256)) bytes[5 - i] = rest % 256
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

// W3C Trace Context §3.2, version 00. Two headers are joined by a comma, and fit no more.
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** An id with at least one bit set, as the standard asks. */
function traceId(draw: Draw, count: number): string {
  const bytes = drawn(draw, count)
  if (bytes.every((byte) => byte === 0)) bytes[count - 1] = 1
  return toHex(bytes)
}

/** Goes on with the client's trace where it is written strictly, in a span of our own; else begins one, not sampled. */
export function traceparentOf(header: string | null, draw: Draw): string {
  const given = header === null ? null : TRACEPARENT.exec(header)
  const trace = given?.[1] ?? traceId(draw, 16)
  // Of the flags only `sampled` has a meaning that is handed on (§3.2.2.5.2).
  const flags = (Number.parseInt(given?.[2] ?? '00', 16) & 1).toString(16).padStart(2, '0')
  return `00-${trace}-${traceId(draw, 8)}-${flags}`
}
