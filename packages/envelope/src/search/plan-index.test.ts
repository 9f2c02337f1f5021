import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys, testKey } from '../../test/search-keys.ts'
import { makeBlindIndex } from './blind-index.ts'
import { normalizers } from './normalizers.ts'
import { planIndex } from './plan-index.ts'

const long = process.env.PHI_LONG === '1'

/** How an index with these bits really falls, over some keys: means over all of them. */
function measure(counts: readonly number[], bits: number) {
  const rows = counts.reduce((sum, count) => sum + count, 0)
  const perValue: number[] = []
  const occupied: number[] = []
  const sharing: number[] = []
  const absent: number[] = []
  for (let key = 0; key < (long ? 100 : 24); key++) {
    const index = makeBlindIndex(searchKeys({ keys: [{ id: '00c0ffee', bytes: testKey(key) }] }), {
      table: 'patient',
      column: 'x',
      index: 'x',
      normalizer: normalizers.exact(),
      bits,
    })
    const terms = counts.map((_, i) => index.term(`v${i}`))
    const rowsUnder = new Map<string, number>()
    const valuesUnder = new Map<string, number>()
    terms.forEach((term, i) => {
      rowsUnder.set(term, (rowsUnder.get(term) ?? 0) + (counts[i] as number))
      valuesUnder.set(term, (valuesUnder.get(term) ?? 0) + 1)
    })
    terms.forEach((term, i) => {
      perValue.push((rowsUnder.get(term) as number) - (counts[i] as number))
      sharing.push(valuesUnder.get(term) as number)
    })
    occupied.push(rowsUnder.size)
    for (let i = 0; i < 50; i++) absent.push(rowsUnder.get(index.term(`absent ${i}`)) ?? 0)
  }
  const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length
  const average = mean(perValue)
  return {
    rows,
    average,
    standardDeviation: Math.sqrt(mean(perValue.map((each) => (each - average) ** 2))),
    occupied: mean(occupied),
    valuesPerTerm: mean(sharing),
    absentValue: mean(absent),
  }
}

/** Counts like those of surnames: the i-th value is about 1/i as frequent as the first. */
const zipf = (values: number, first: number) =>
  Array.from({ length: values }, (_, i) => Math.max(1, Math.round(first / (i + 1))))

describe('planning an index', () => {
  const columns = {
    'every row its own value': Array.from({ length: 2000 }, () => 1),
    'ten rows a value': Array.from({ length: 500 }, () => 10),
    'as uneven as surnames': zipf(1000, 300),
    'sixty values': Array.from({ length: 60 }, () => 20),
  }
  for (const [title, counts] of Object.entries(columns)) {
    for (const bits of [5, 9]) {
      it(`tells what really happens: ${title}, ${bits} bits`, () => {
        const seen = measure(counts, bits)
        const plan = planIndex({ counts, bits })
        expect([plan.rows, plan.distinct, plan.bits]).toEqual([seen.rows, counts.length, bits])
        const within = (got: number, expected: number, share: number) => {
          expect(got).toBeGreaterThan(expected * (1 - share))
          expect(got).toBeLessThan(expected * (1 + share))
        }
        within(seen.average, plan.falsePositives.average, 0.1)
        within(seen.standardDeviation, plan.falsePositives.standardDeviation, 0.2)
        within(seen.absentValue, plan.falsePositives.absentValue, 0.25)
        within(seen.occupied, plan.buckets.occupied, 0.05)
        within(seen.valuesPerTerm, plan.buckets.valuesPerTerm, 0.1)
        expect(plan.buckets.averageRows).toBeCloseTo(seen.rows / plan.buckets.occupied)
      })
    }
  }

  it('keeps to the false positives that were asked for, with the fewest bits that do', () => {
    for (const rows of [100, 5000, 3_000_000]) {
      for (const distinct of [10, 100]) {
        for (const maxFalsePositives of [0.01, 1, 25]) {
          const plan = planIndex({ rows, distinct, maxFalsePositives })
          expect(plan.falsePositives.average).toBeLessThanOrEqual(maxFalsePositives)
          if (plan.bits > 1) {
            expect(planIndex({ rows, distinct, bits: plan.bits - 1 }).falsePositives.average).toBeGreaterThan(maxFalsePositives)
          }
        }
      }
    }
  })

  it('asked for nothing, takes the most bits with which two values still share a term', () => {
    for (const distinct of [17, 128, 129, 1000, 1_000_000]) {
      const plan = planIndex({ rows: distinct * 3, distinct })
      expect(plan.buckets.valuesPerTerm).toBeGreaterThanOrEqual(2)
      expect(planIndex({ rows: distinct * 3, distinct, bits: plan.bits + 1 }).buckets.valuesPerTerm).toBeLessThan(2)
      expect(plan.findings.map(({ code }) => code)).toContain('values-share-terms')
    }
  })

  it('keeps the published rule 2 ≤ C ≤ √R, also beside other indexes', () => {
    // log2 √50000 = 7.8 and log2 (50000 / 2) = 14.6.
    expect(planIndex({ rows: 50_000 }).window).toEqual({ from: 8, to: 14 })
    expect(planIndex({ rows: 50_000, otherIndexes: [{ bits: 4 }] }).window).toEqual({ from: 4, to: 10 })
    // The other index cannot tell more than its column holds.
    expect(planIndex({ rows: 50_000, otherIndexes: [{ bits: 32, distinct: 16 }] }).window).toEqual({ from: 4, to: 10 })
    expect(planIndex({ rows: 50_000, otherIndexes: [{ bits: 15 }, { bits: 2 }] }).window).toBe(null)
    for (const { rows, bits, of } of [
      { rows: 50_000, bits: 7, of: 'below-window' },
      { rows: 50_000, bits: 15, of: 'above-window' },
    ]) {
      expect(planIndex({ rows, bits }).findings.map(({ code }) => code)).toContain(of)
    }
    expect(planIndex({ rows: 50_000, bits: 10 }).coincidences).toBeCloseTo(50_000 / 1024)
    expect(planIndex({ rows: 50_000, distinct: 256, bits: 32 }).coincidences).toBeCloseTo(50_000 / 256)
  })

  it('says what an attacker learns', () => {
    const codes = (options: Parameters<typeof planIndex>[0]) => planIndex(options).findings.map(({ code }) => code)
    expect(codes({ rows: 10 })).toContain('small-table')
    expect(codes({ rows: 10_000, distinct: 2, bits: 8 })).toContain('few-values')
    expect(codes({ rows: 10_000, distinct: 3000, bits: 64 })).toContain('equality-visible')
    expect(codes({ rows: 10_000, bits: 64 })).toContain('rows-unique')
    for (const { meaning } of planIndex({ rows: 10, bits: 1 }).findings) expect(meaning.length).toBeGreaterThan(20)
  })

  it('scales today’s counts to the rows to come', () => {
    const today = planIndex({ counts: zipf(1000, 300), bits: 9 })
    const later = planIndex({ counts: zipf(1000, 300), rows: today.rows * 4, distinct: 1000, bits: 9 })
    expect(later.falsePositives.average).toBeCloseTo(today.falsePositives.average * 4)
    expect(later.falsePositives.standardDeviation).toBeCloseTo(today.falsePositives.standardDeviation * 4)
    expect(planIndex({ counts: [1, 1, 1], rows: 300, bits: 8 }).distinct).toBe(300)
  })

  it('stays finite at the ends', () => {
    for (const options of [
      { rows: 1 },
      { rows: 1, bits: 256 },
      { rows: Number.MAX_SAFE_INTEGER },
      { rows: 9e15, distinct: 1, bits: 1 },
      { counts: [5], maxFalsePositives: 1e-9 },
    ]) {
      const plan = planIndex(options)
      const numbers = [...Object.values(plan.falsePositives), ...Object.values(plan.buckets), plan.coincidences, plan.bits]
      expect(numbers.filter((number) => !Number.isFinite(number) || number < 0)).toEqual([])
      expect(plan.buckets.occupied).toBeGreaterThan(0.99)
    }
  })

  it('refuses what is no plan', async () => {
    const wrong: readonly object[] = [
      {},
      { rows: 0 },
      { rows: 1.5 },
      { rows: 10, distinct: 11 },
      { rows: 10, bits: 0 },
      { rows: 10, bits: 257 },
      { rows: 10, bits: 4, maxFalsePositives: 4 },
      { rows: 10, maxFalsePositives: 0 },
      { counts: [] },
      { counts: [0, 0] },
      { counts: [1, -1] },
      { counts: [1, Number.NaN] },
      { counts: 'Hyperion' },
      { counts: 7 },
      { rows: 10, otherIndexes: [{ bits: 0 }] },
      { rows: 10, other: 1 },
    ]
    for (const options of wrong) {
      const error = await refusal(() => planIndex(options as { rows: number }))
      expect(error.code).toBe('PHI_ENVELOPE_OPTIONS')
      expect(error.message).not.toContain('Hyperion')
    }
  })
})
