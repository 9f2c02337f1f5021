import { describe, expect, it } from 'vitest'
import { canonicalJson } from './index.ts'

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'x'] })).toBe('{"a":[true,null,"x"],"b":1}')
  })
})
