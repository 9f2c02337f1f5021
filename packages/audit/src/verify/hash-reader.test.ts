import { describe, expect, it } from 'vitest'
import { makeLog } from '../../test/make-log.ts'
import { codeOf, tampered } from '../../test/tampered-store.ts'
import { frontierOf } from '../head.ts'
import { frontierRoot, rootFromTiles } from '../merkle/index.ts'
import { storeHashReader } from './hash-reader.ts'

describe('hashes from a store', () => {
  it('make the root that the head has', async () => {
    for (const size of [0, 1, 255, 256, 257, 700]) {
      const { store, log } = await makeLog(size)
      expect(await rootFromTiles(size, storeHashReader(store, log))).toEqual(frontierRoot(frontierOf(await store.head(log))))
    }
  })

  it('are not made up where an entry or a tile hash is missing or is none', async () => {
    const { store, log } = await makeLog(600)
    const without = await tampered(store, log, ({ entries }) => void entries.splice(520, 1))
    expect(await codeOf(() => storeHashReader(without, log)(0, 512, 600))).toBe('PHI_AUDIT_STORE')
    const wrong = await tampered(store, log, ({ tiles }) => void tiles[1]?.splice(1, 1, 'not a hash'))
    expect(await codeOf(() => storeHashReader(wrong, log)(1, 0, 2))).toBe('PHI_AUDIT_STORE')
    expect(await codeOf(() => storeHashReader(store, log)(1, 0, 3))).toBe('PHI_AUDIT_RANGE')
  })
})
