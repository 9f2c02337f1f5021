import { describe, expect, it } from 'vitest'
import { nearest, suggestion } from './suggest.ts'

describe('suggestions', () => {
  it.each([
    ['verfiy', 'verify'],
    ['veriy', 'verify'],
    ['verifyy', 'verify'],
    ['--formt', '--format'],
    ['dif', 'diff'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, ['prove', 'verify', 'diff', '--format', '--from'])).toBe(meant)
  })

  it('makes none where nothing is near, and looks at no essay', () => {
    expect(nearest('xyzzy', ['verify', 'prove'])).toBeUndefined()
    expect(nearest('x'.repeat(10_000), ['x'.repeat(10_000)])).toBeUndefined()
    expect(suggestion('verfy', ['verify'])).toBe('; perhaps verify was meant')
    expect(suggestion('nothing', [])).toBe('')
  })
})
