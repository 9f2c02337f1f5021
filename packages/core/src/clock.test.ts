import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixedClock, formatInstant, isInstant, isPhiError, parseInstant, systemClock } from './index.ts'

const FIRST = Date.parse('0000-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

describe('instants', () => {
  it.each(['1970-01-01T00:00:00.000Z', '2024-02-29T23:59:59.999Z', '0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'takes %s',
    (text) => {
      expect(isInstant(text)).toBe(true)
      expect(formatInstant(parseInstant(text))).toBe(text)
    },
  )

  it.each([
    '2026-02-30T00:00:00.000Z',
    '2026-02-29T00:00:00.000Z',
    '1900-02-29T00:00:00.000Z',
    '2026-04-31T00:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-00-01T00:00:00.000Z',
    '2026-01-00T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-01-01T00:60:00.000Z',
    '2016-12-31T23:59:60.000Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.00Z',
    '2026-01-01T00:00:00.0000Z',
    '2026-01-01T00:00:00.000+00:00',
    '2026-01-01T00:00:00.000z',
    '2026-01-01 00:00:00.000Z',
    '+002026-01-01T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
    ' 2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.000Z\n',
    '٢٠٢٦-01-01T00:00:00.000Z',
    '',
  ])('refuses %j', (text) => {
    expect(isInstant(text)).toBe(false)
    expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: 'PHI_CORE_TIME' }))
  })

  it('refuses what only turns into such a text', () => {
    expect(isInstant(['2026-01-01T00:00:00.000Z'] as never)).toBe(false)
    expect(isInstant({ toString: () => '2026-01-01T00:00:00.000Z' } as never)).toBe(false)
  })

  it('reads back every millisecond of the years 0000 to 9999, in the order of the texts', () => {
    const time = fc.integer({ min: FIRST, max: LAST })
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(parseInstant(formatInstant(a))).toBe(a)
        expect(formatInstant(a) < formatInstant(b)).toBe(a < b)
      }),
    )
  })

  it('writes what Date writes, whatever was written before', () => {
    const near = fc.integer({ min: -3_000, max: 3_000 })
    const instant = fc.oneof(
      near,
      near.map((half) => half / 2 + 0.25),
      fc.integer({ min: FIRST, max: LAST }),
    )
    fc.assert(
      fc.property(fc.array(instant, { maxLength: 20 }), (instants) => {
        expect(instants.map((each) => formatInstant(each))).toEqual(instants.map((each) => new Date(each).toISOString()))
      }),
    )
  })

  it('does not write instants of another width', () => {
    for (const time of [FIRST - 1, LAST + 1, Number.NaN, Number.POSITIVE_INFINITY, 8.64e15]) {
      expect(() => formatInstant(time)).toThrow(expect.objectContaining({ code: 'PHI_CORE_TIME' }))
    }
  })

  it('does not show what it refuses', () => {
    try {
      parseInstant('born 1980-01-01')
      expect.unreachable()
    } catch (error) {
      expect(isPhiError(error)).toBe(true)
      expect(JSON.stringify(error)).not.toContain('1980')
    }
  })
})

describe('clocks', () => {
  it('the fixed one moves only when it is moved', () => {
    const clock = fixedClock('2026-11-21T10:00:00.000Z')
    expect([clock(), clock()]).toEqual([Date.UTC(2026, 10, 21, 10), Date.UTC(2026, 10, 21, 10)])
    clock.advance(1500)
    expect(formatInstant(clock())).toBe('2026-11-21T10:00:01.500Z')
    clock.set('2020-01-01T00:00:00.000Z')
    expect(formatInstant(clock())).toBe('2020-01-01T00:00:00.000Z')
    expect(fixedClock(7)()).toBe(7)
    expect(() => fixedClock('today')).toThrow(expect.objectContaining({ code: 'PHI_CORE_TIME' }))
  })

  it("the system's tells the machine's time", () => {
    const before = Date.now()
    const now = systemClock()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })
})
