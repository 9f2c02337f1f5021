import { equalBytes } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../test/tampered-store.ts'
import { twinPath } from '../../test/tiles/twin.ts'
import { decodeEntries, encodeEntries, tilePath, tileWidth } from './index.ts'

describe('paths of tlog-tiles', () => {
  it('spells the example of the specification', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067')
    expect(tilePath('entries', 1234067, 7)).toBe('tile/entries/x001/x234/067.p/7')
    expect(tilePath(2, 0, 1)).toBe('tile/2/000.p/1')
    expect(tilePath(0, 1000)).toBe('tile/0/x001/000')
  })

  it('spells as the twin does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 1, max: 256 }), (index, width) => {
        expect(tilePath(3, index, width)).toBe(twinPath(3, index, width))
      }),
      { numRuns: 100 },
    )
  })

  it('has the widths of the examples of the specification', () => {
    const size = 70_000
    expect(tileWidth(0, 272, size)).toBe(256)
    expect(tileWidth(0, 273, size)).toBe(112)
    expect(tileWidth(1, 0, size)).toBe(256)
    expect(tileWidth(1, 1, size)).toBe(17)
    expect(tileWidth(2, 0, size)).toBe(1)
    expect([tileWidth(0, 0, 256), tileWidth(1, 0, 256)]).toEqual([256, 1])
  })

  it.each([
    [-1, 0, 1],
    [64, 0, 1],
    [0.5, 0, 1],
    [0, -1, 1],
    [0, 2 ** 53, 1],
    [0, 0, 0],
    [0, 0, 257],
  ])('refuses level %s, tile %s, width %s', async (level, index, width) => {
    expect(await codeOf(() => tilePath(level, index, width))).toBe('PHI_AUDIT_TILES_OPTIONS')
  })
})

describe('entry bundles', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })

  it('read back what was written, and nothing that is cut or longer', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const bundle = encodeEntries(list)
        expect(decodeEntries(bundle, list.length)).toEqual(list.map((entry) => new Uint8Array(entry)))
        expect(decodeEntries(bundle, list.length + 1)).toBeUndefined()
        if (list.length > 0) {
          expect(decodeEntries(bundle.subarray(0, -1), list.length)).toBeUndefined()
          expect(decodeEntries(bundle, list.length - 1)).toBeUndefined()
        }
        expect(decodeEntries(new Uint8Array([...bundle, 0]), list.length)).toBeUndefined()
      }),
      { numRuns: 100 },
    )
  })

  it('hold entries of 65,535 bytes, and none that is longer', async () => {
    const longest = new Uint8Array(65_535).fill(7)
    expect(equalBytes(decodeEntries(encodeEntries([longest]), 1)?.[0] as Uint8Array, longest)).toBe(true)
    expect(await codeOf(() => encodeEntries([new Uint8Array(65_536)]))).toBe('PHI_AUDIT_TILES_OPTIONS')
  })
})
