import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareIds, nextId } from './version-id.ts'

const ids = fc.array(fc.uint8Array({ minLength: 1, maxLength: 24 }), { maxLength: 8 })
const random = '[0-9a-f]{8}'

describe('ids of versions', () => {
  it.each([
    [[], `^00000001${random}$`],
    [['0000000112345678'], `^00000002${random}$`],
    [['01', '02'], `^00000001${random}$`],
    [['00000009ffffffff', '0000000a00000000'], `^0000000b${random}$`],
    [['ffffffffffffffff'], `^0100000000${random}$`],
    [['00000000000000000000ff0000000000'], `^00000000000000000000ff01${random}$`],
  ])('S90 after %j comes one that counts further, with a random end', (before, form) => {
    expect(toHex(nextId(before.map(fromHex)))).toMatch(new RegExp(form))
  })

  it('S90 makes ids that come after all that were, whoever made those', () => {
    fc.assert(
      fc.property(ids, (before) => {
        const next = nextId(before)
        expect([...before, next].sort(compareIds).at(-1)).toBe(next)
        expect(next.length).toBeGreaterThanOrEqual(8)
      }),
    )
  })

  it('makes two ids where two processes rotate at once', () => {
    const before = [fromHex('0000000112345678')]
    const made = new Set(Array.from({ length: 64 }, () => toHex(nextId(before))))
    expect(made.size).toBe(64)
  })

  it('orders by number, and is an order', () => {
    const sorted = ['', '00', '01', '0001', '02', '0100', '0000000100000000'].map(fromHex)
    expect(sorted.toReversed().sort(compareIds)).toEqual(sorted)
    const id = fc.uint8Array({ maxLength: 12 })
    fc.assert(
      fc.property(id, id, id, (a, b, c) => {
        expect(Math.sign(compareIds(a, b)) + Math.sign(compareIds(b, a))).toBe(0)
        if (compareIds(a, b) <= 0 && compareIds(b, c) <= 0) expect(compareIds(a, c)).toBeLessThanOrEqual(0)
        if (toHex(a) !== toHex(b)) expect(compareIds(a, b)).not.toBe(0)
      }),
    )
  })
})
