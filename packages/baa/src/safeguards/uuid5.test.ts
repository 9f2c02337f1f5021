import { createHash } from 'node:crypto'
import { toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha1, uuid5 } from './uuid5.ts'

describe('names as UUIDs', () => {
  it('RFC 9562 appendix A.4', () => {
    expect(uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  it('FIPS 180-4 examples, and as the platform hashes', () => {
    expect(toHex(sha1(new TextEncoder().encode('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
    expect(toHex(sha1(new Uint8Array()))).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(toHex(sha1(data))).toBe(createHash('sha1').update(data).digest('hex'))
      }),
      { numRuns: 300 },
    )
  })
})
