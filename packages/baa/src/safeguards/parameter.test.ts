import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Period } from '../agreement/period.ts'
import { meetsParameter, parameterInWords, parameterSchemas } from './parameter.ts'

describe('parameters', () => {
  it('S14 S87 S146 C8 TLS is a parameter: 1.3 meets a document that asks for 1.2, and not the other way', () => {
    expect(meetsParameter('tls', { minimumVersion: '1.3' }, { minimumVersion: '1.2' })).toBe(true)
    expect(meetsParameter('tls', { minimumVersion: '1.2' }, { minimumVersion: '1.3' })).toBe(false)
  })

  it('S110 S143 S148 C8 fewer minutes are stricter', () => {
    expect(meetsParameter('minutes', { minutes: 5 }, { minutes: 15 })).toBe(true)
    expect(meetsParameter('minutes', { minutes: 30 }, { minutes: 15 })).toBe(false)
  })

  it('S26 S27 S104 periods of different units can overlap, and then nobody knows', () => {
    const recovery = (recoveryTime: Period, recoveryPoint: Period) => ({ recoveryTime, recoveryPoint })
    const wanted = recovery({ months: 1 }, { hours: 24 })
    expect(meetsParameter('recovery', recovery({ days: 28 }, { days: 1 }), wanted)).toBe(true)
    expect(meetsParameter('recovery', recovery({ days: 30 }, { days: 1 }), wanted)).toBe('unknown')
    expect(meetsParameter('recovery', recovery({ days: 32 }, { days: 1 }), wanted)).toBe(false)
    expect(meetsParameter('patch', { critical: { days: 7 } }, { critical: { days: 7 }, high: { days: 30 } })).toBe('unknown')
    expect(meetsParameter('patch', { critical: { days: 8 }, high: { days: 1 } }, { critical: { days: 7 } })).toBe(false)
  })

  it('S52 S56 S105 names and topics have to be there', () => {
    const three = { names: ['SOC 2 Type II', 'ISO 27001', 'ISO 27017'] }
    expect(meetsParameter('attestations', three, { names: ['ISO 27001'] })).toBe(true)
    expect(meetsParameter('attestations', { names: ['ISO 27001'] }, three)).toBe(false)
    expect(meetsParameter('topics', { topics: ['privacy'] }, { topics: ['privacy', 'incident-reporting'] })).toBe(false)
  })

  it('S39 AI keeps less rather than more', () => {
    expect(meetsParameter('limit', { atMost: { days: 30 } }, { atMost: { days: 60 } })).toBe(true)
    expect(meetsParameter('limit', { atMost: { days: 61 } }, { atMost: { days: 60 } })).toBe(false)
  })

  it('a parameter meets itself, and strictness has a direction', () => {
    const period: fc.Arbitrary<Period> = fc.oneof(
      fc.record({ hours: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ days: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ businessDays: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ months: fc.integer({ min: 1, max: 24 }) }),
    )
    fc.assert(
      fc.property(period, period, (a, b) => {
        const limit = (atMost: Period) => ({ atMost })
        expect(meetsParameter('limit', limit(a), limit(a))).toBe(true)
        const [there, back] = [meetsParameter('limit', limit(a), limit(b)), meetsParameter('limit', limit(b), limit(a))]
        // Never weaker in both directions, and never strictly stronger in both.
        expect(there === false && back === false).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('reads its own kind only, and writes itself on one line', () => {
    expect(parameterSchemas.minutes.safeParse({ minutes: 0 }).success).toBe(false)
    expect(parameterSchemas.minutes.safeParse({ minutes: Number.NaN }).success).toBe(false)
    expect(parameterSchemas.patch.safeParse({}).success).toBe(false)
    expect(parameterInWords({ recoveryTime: { hours: 4 }, recoveryPoint: { hours: 1 } })).toBe(
      'recoveryTime: 4 hours; recoveryPoint: 1 hours',
    )
    expect(parameterInWords({ topics: ['privacy', 'incident-reporting'] })).toBe('topics: privacy, incident-reporting')
  })
})
