import { randomBytes } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { traceparentOf, uuidV7 } from './ids.ts'

const AT = Date.parse('2026-11-22T12:00:00.000Z')

describe('ids of requests', () => {
  it('are UUIDv7: the example of RFC 9562 §A.6', () => {
    // Its fields, drawn as the bytes that make them: rand_a 0xcc3, rand_b 0x18c4dc0c0c07398f.
    const bytes = Uint8Array.from([0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
    expect(uuidV7(0x017f22e279b0, () => bytes)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('sort by time, differ, and come also from a source that fails', () => {
    const made = [
      uuidV7(AT, randomBytes),
      uuidV7(AT, randomBytes),
      uuidV7(AT + 1, () => new Uint8Array(3)),
      uuidV7(AT + 2, () => {
        throw new Error('dry')
      }),
    ]
    expect(new Set(made).size).toBe(4)
    for (const each of made) expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect((made[1] as string) < (made[2] as string) && (made[2] as string) < (made[3] as string)).toBe(true)
  })
})

describe('traceparent', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  it('S112 goes on with the client’s trace in a span of its own, and hands on whether it is sampled', () => {
    for (const [flags, handed] of [
      ['00', '00'],
      ['01', '01'],
      ['03', '01'],
      ['fe', '00'],
    ] as const) {
      const made = traceparentOf(`00-${trace}-b7ad6b7169203331-${flags}`, randomBytes)
      expect(made).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-${handed}$`))
    }
  })

  it.each([
    [null],
    [''],
    [`00-${trace}-b7ad6b7169203331`],
    [`00-${trace.toUpperCase()}-b7ad6b7169203331-01`],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    [`00-${trace}-${'0'.repeat(16)}-01`],
    [`01-${trace}-b7ad6b7169203331-01`],
    [`00-${trace}-b7ad6b7169203331-01-more`],
    [`00-${trace}-b7ad6b7169203331-01, 00-${trace}-b7ad6b7169203331-01`],
    [` 00-${trace}-b7ad6b7169203331-01`],
  ])('begins anew for %s', (header) => {
    const made = traceparentOf(header, (count) => new Uint8Array(count))
    // Neither id may be all zeros, also where the source of randomness gives nothing else.
    expect(made).toBe(`00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-00`)
  })
})
