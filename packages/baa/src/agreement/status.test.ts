import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { agreed } from '../../test/twin/make.ts'
import { decideAny, registry, type Status, statusAt, statuses } from '../index.ts'
import { lifeOf } from './status.ts'

const sign = (practice?: string, platform?: string) => [
  ...(practice === undefined ? [] : [{ party: 'practice', at: practice }]),
  ...(platform === undefined ? [] : [{ party: 'platform', at: platform }]),
]
const MORNING = '2026-01-10T08:00:00.000Z'
const EVENING = '2026-01-10T20:00:00.000Z'

/** The status just before each instant, and at it. */
const around = (agreement: ReturnType<typeof agreed>, at: string): readonly Status[] => {
  const before = new Date(Date.parse(at) - 1).toISOString()
  return [statusAt(agreement, before), statusAt(agreement, at)]
}

describe('the life of an agreement', () => {
  it('S151 goes step by step, and each step begins at its instant', () => {
    const whole = agreed({
      signatures: sign(MORNING, EVENING),
      effective: '2026-02-01T00:00:00.000Z',
      expires: '2026-12-01T00:00:00.000Z',
      terminated: { at: '2026-06-01T00:00:00.000Z' },
      windingDown: { from: '2026-06-10T00:00:00.000Z' },
      closed: { at: '2026-07-01T00:00:00.000Z', how: 'destroyed' },
    })
    expect(around(whole, MORNING)).toEqual(['draft', 'partly-signed'])
    expect(around(whole, EVENING)).toEqual(['partly-signed', 'signed'])
    expect(around(whole, '2026-02-01T00:00:00.000Z')).toEqual(['signed', 'in-force'])
    expect(around(whole, '2026-06-01T00:00:00.000Z')).toEqual(['in-force', 'terminated'])
    expect(around(whole, '2026-06-10T00:00:00.000Z')).toEqual(['terminated', 'winding-down'])
    expect(around(whole, '2026-07-01T00:00:00.000Z')).toEqual(['winding-down', 'closed'])
    expect(statusAt(whole, '2199-01-01T00:00:00.000Z')).toBe('closed')
    const expiring = agreed({ signatures: sign(MORNING, MORNING), expires: '2026-12-01T00:00:00.000Z' })
    expect(around(expiring, MORNING)).toEqual(['draft', 'in-force'])
    expect(around(expiring, '2026-12-01T00:00:00.000Z')).toEqual(['in-force', 'expired'])
    const seen = [whole, expiring].flatMap((each) => lifeOf(each).map(({ status }) => status))
    expect(new Set(seen)).toEqual(new Set(statuses))
  })

  it('S151 is no force without both signatures, whoever signed', () => {
    for (const signatures of [[], sign(MORNING), sign(undefined, MORNING)]) {
      const life = lifeOf(agreed({ signatures }))
      expect(life.map(({ status }) => status)).not.toContain('in-force')
    }
  })

  it('S151 a signature after the effective date puts it in force from the signature on, and not back', () => {
    const late = agreed({ signatures: sign(MORNING, EVENING), effective: '2025-01-01T00:00:00.000Z' })
    expect(around(late, EVENING)).toEqual(['partly-signed', 'in-force'])
  })

  it('S151 the earlier of termination and expiry is what ended it', () => {
    const ends = (terminated: string, expires: string) =>
      statusAt(agreed({ terminated: { at: terminated }, expires }), '2026-12-31T00:00:00.000Z')
    expect(ends('2026-05-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')).toBe('terminated')
    expect(ends('2026-06-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z')).toBe('expired')
    expect(ends('2026-05-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z')).toBe('expired')
  })

  it('S151 a day is read on the side that allows less', () => {
    const days = agreed({ effective: '2026-02-01', expires: '2026-03-31' })
    // The day has begun everywhere when it begins at -12:00, and ends first at +14:00.
    expect(around(days, '2026-02-01T12:00:00.000Z')).toEqual(['signed', 'in-force'])
    expect(around(days, '2026-03-31T10:00:00.000Z')).toEqual(['in-force', 'expired'])
    const ended = agreed({ terminated: { at: '2026-05-01' }, windingDown: { from: '2026-05-10' } })
    expect(around(ended, '2026-04-30T10:00:00.000Z')).toEqual(['in-force', 'terminated'])
    expect(around(ended, '2026-05-10T12:00:00.000Z')).toEqual(['terminated', 'winding-down'])
  })

  it('S151 is answered for instants only', async () => {
    for (const at of ['2026-02-01', '2026-02-01T12:00:00Z', '2026-02-30T12:00:00.000Z', '', Number.NaN as never]) {
      expect((await refusal(() => statusAt(agreed(), at))).code).toBe('PHI_CORE_TIME')
    }
  })
})

const DAY = 86_400_000
const START = Date.parse('2026-01-01T00:00:00.000Z')
const instant = fc.integer({ min: -30, max: 400 }).map((day) => new Date(START + day * DAY + 7_200_000).toISOString())
const dayOrInstant = fc.oneof(
  instant,
  instant.map((text) => text.slice(0, 10)),
)

describe('properties', () => {
  it('S151 the steps are in order, alternate, and say what statusAt says in between', () => {
    fc.assert(
      fc.property(
        fc.option(instant, { nil: undefined }),
        fc.option(instant, { nil: undefined }),
        dayOrInstant,
        fc.option(dayOrInstant, { nil: undefined }),
        fc.array(instant, { minLength: 1, maxLength: 5 }),
        (first, second, effective, terminated, asked) => {
          const agreement = agreed({
            signatures: sign(first, second),
            effective,
            ...(terminated === undefined ? {} : { terminated: { at: terminated } }),
          })
          const life = lifeOf(agreement)
          expect(life[0]?.from).toBe(Number.NEGATIVE_INFINITY)
          life.slice(1).forEach((step, index) => {
            expect(step.from).toBeGreaterThan(life[index]?.from as number)
            expect(step.status).not.toBe(life[index]?.status)
          })
          for (const at of asked) {
            const last = life.filter(({ from }) => from <= Date.parse(at)).at(-1)
            expect(statusAt(agreement, at)).toBe(last?.status)
            if (last?.status === 'in-force') {
              expect(first !== undefined && second !== undefined && first <= at && second <= at).toBe(true)
              expect(Date.parse(effective) <= Date.parse(at)).toBe(true)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('S151 an answer changes only where the life has a step', () => {
    fc.assert(
      fc.property(instant, dayOrInstant, fc.array(instant, { minLength: 2, maxLength: 6 }), (signed, expires, asked) => {
        if (expires.slice(0, 10) <= '2026-01-02') return
        const agreement = agreed({ signatures: sign(signed, MORNING), expires })
        const model = registry([agreement])
        const life = lifeOf(agreement)
        const stepOf = (at: string) => life.filter(({ from }) => from <= Date.parse(at)).length
        const answerOf = (at: string) =>
          JSON.stringify(
            decideAny(model, {
              from: 'practice',
              to: 'platform',
              service: 'scheduling',
              data: ['phi.schedule'],
              use: 'treatment',
              at,
            }),
          )
        for (const a of asked) for (const b of asked) if (stepOf(a) === stepOf(b)) expect(answerOf(a)).toBe(answerOf(b))
      }),
      { numRuns: 150 },
    )
  })
})
