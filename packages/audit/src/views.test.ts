import { describe, expect, it } from 'vitest'
import { commitment } from './group.ts'
import { viewsOf } from './views.ts'

describe('views of a buffer', () => {
  it('show the first bytes as they are now, at every length', () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i)
    const first = viewsOf(bytes, 10)
    for (const round of [0, 100]) {
      bytes.forEach((_, i) => {
        bytes[i] = round + i
      })
      for (let length = 0; length <= 20; length++) expect(first(length)).toEqual(bytes.slice(0, length))
    }
    expect(first(5)).toBe(first(5))
  })

  it('leave nothing of a longer text in the commitment to a shorter one', () => {
    const salt = new Uint8Array(16)
    const texts = ['{}', `{"id":"${'x'.repeat(700)}"}`, `{"id":"${'x'.repeat(300)}"}`, '{}']
    const [short, , , again] = texts.map((json) => commitment('actor', salt, json))
    expect(again).toBe(short)
  })
})
