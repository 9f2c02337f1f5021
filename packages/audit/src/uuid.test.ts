import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { uuidV7Source } from './uuid.ts'

const START = '2026-11-21T10:00:00.000Z'

describe('identifiers of events', () => {
  it('are UUIDs of version 7 (RFC 9562 §5.7) that hold the milliseconds of the clock', () => {
    const clock = fixedClock(START)
    const next = uuidV7Source(clock)
    for (let i = 0; i < 50; i++) {
      const id = next()
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(clock())
      clock.advance(i)
    }
  })

  it('reads the milliseconds of the example in RFC 9562 appendix A.6', () => {
    // 2022-02-22T19:22:22.000Z is 0x017F22E279B0.
    expect(uuidV7Source(() => 0x017f22e279b0)().slice(0, 14)).toBe('017f22e2-79b0-')
  })

  it('differ within one millisecond, also past what is drawn at a time, and every random digit varies', () => {
    const next = uuidV7Source(() => 0)
    const ids = Array.from({ length: 2_500 }, next)
    expect(new Set(ids).size).toBe(ids.length)
    const digits = ids.map((id) => id.replaceAll('-', ''))
    for (let at = 13; at < 32; at++) {
      // The digit behind the version's twelve random bits holds the variant in two of its four bits.
      expect(new Set(digits.map((id) => id[at])).size, `digit ${at}`).toBe(at === 16 ? 4 : 16)
    }
  })

  it('sort by the time at which they were made', () => {
    const clock = fixedClock(START)
    const next = uuidV7Source(clock)
    const ids = Array.from({ length: 300 }, () => {
      clock.advance(1)
      return next()
    })
    expect(ids.toSorted()).toEqual(ids)
  })

  it('of two sources are not the same', () => {
    const [one, other] = [uuidV7Source(() => 0), uuidV7Source(() => 0)]
    expect(one()).not.toBe(other())
  })
})
