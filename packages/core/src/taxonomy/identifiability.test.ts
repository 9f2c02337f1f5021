import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareIdentifiability, type Identifiability, identifiabilities, isWithinIdentifiability } from '../index.ts'

const keys = Object.keys(identifiabilities) as Identifiability[]
const level = fc.constantFrom(...keys)

describe('identifiability', () => {
  it('runs identified > coded > limited data set > de-identified, by either method alike', () => {
    expect(compareIdentifiability('identified', 'coded')).toBeGreaterThan(0)
    expect(compareIdentifiability('coded', 'limited-data-set')).toBeGreaterThan(0)
    expect(compareIdentifiability('limited-data-set', 'de-identified')).toBeGreaterThan(0)
    expect(compareIdentifiability('de-identified.safe-harbor', 'de-identified.expert')).toBe(0)
    expect(compareIdentifiability('de-identified', 'de-identified.expert')).toBe(0)
    expect([...keys].reverse().sort((a, b) => compareIdentifiability(b, a))[0]).toBe('identified')
  })

  it('less identifying data may go where more is accepted, and never the reverse', () => {
    expect(isWithinIdentifiability('limited-data-set', 'coded')).toBe(true)
    expect(isWithinIdentifiability('coded', 'limited-data-set')).toBe(false)
    expect(isWithinIdentifiability('de-identified.expert', 'limited-data-set')).toBe(true)
  })

  it('a method that is asked for by name must be the one attested', () => {
    expect(isWithinIdentifiability('de-identified.expert', 'de-identified')).toBe(true)
    expect(isWithinIdentifiability('de-identified.expert', 'de-identified.safe-harbor')).toBe(false)
    expect(isWithinIdentifiability('de-identified', 'de-identified.safe-harbor')).toBe(false)
  })

  it('comparison is an order, and acceptance follows it', () => {
    fc.assert(
      fc.property(level, level, level, (a, b, c) => {
        expect(Math.sign(compareIdentifiability(a, b))).toBe(0 - Math.sign(compareIdentifiability(b, a)))
        if (compareIdentifiability(a, b) <= 0 && compareIdentifiability(b, c) <= 0) {
          expect(compareIdentifiability(a, c)).toBeLessThanOrEqual(0)
        }
        expect(isWithinIdentifiability(a, a)).toBe(true)
        if (isWithinIdentifiability(a, b)) expect(compareIdentifiability(a, b)).toBeLessThanOrEqual(0)
        if (isWithinIdentifiability(a, b) && isWithinIdentifiability(b, c)) expect(isWithinIdentifiability(a, c)).toBe(true)
      }),
    )
  })
})
