import { utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'

/** Bit by bit, from the polynomial (RFC 3720 §12.1), reflected. */
function twin(bytes: Uint8Array): number {
  let crc = 0xffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n
  }
  return Number(crc ^ 0xffffffffn)
}

describe('crc32c', () => {
  it.each([
    ['nothing', new Uint8Array(0), 0],
    // RFC 3720 appendix B.4 prints the checksum bytes as they go over the wire, low byte first.
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['the digits', utf8('123456789'), 0xe3069283],
  ])('known answer: %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })

  it('equals a bitwise twin', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32c(bytes) === twin(bytes)))
  })
})
