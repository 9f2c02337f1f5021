import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys, testKey } from '../../test/search-keys.ts'
import { makeBlindIndex } from './blind-index.ts'
import { type LeakageReport, leakageReport } from './leakage-report.ts'
import { normalizers } from './normalizers.ts'
import { assignTerms, numbersFrom, rowsMatchedByRank, sizesOfTerms } from './rank-matching.ts'
import { renderLeakageReport } from './render-leakage-report.ts'

const zipf = (values: number, first: number) =>
  Array.from({ length: values }, (_, i) => Math.max(1, Math.round(first / (i + 1))))
const ones = (rows: number) => Array.from({ length: rows }, () => 1)
const codes = (report: LeakageReport) => report.reasons.map(({ code, severity }) => `${severity} ${code}`)

describe('leakage reports', () => {
  it('count classes, entropy and k-anonymity', () => {
    const report = leakageReport({ counts: [4, 1, 2, 1] })
    expect(report.column).toEqual({
      classes: 4,
      unique: 2,
      largest: [4, 2, 1, 1],
      entropy: 1.75,
      minEntropy: 1,
      bySize: [
        { from: 1, to: 1, classes: 2, rows: 2 },
        { from: 2, to: 4, classes: 2, rows: 6 },
        { from: 5, to: 9, classes: 0, rows: 0 },
        { from: 10, to: 49, classes: 0, rows: 0 },
        { from: 50, to: 249, classes: 0, rows: 0 },
        { from: 250, to: 999, classes: 0, rows: 0 },
        { from: 1000, to: null, classes: 0, rows: 0 },
      ],
    })
    expect(report.index).toEqual(report.column)
    // 4 and 2 are named surely, and one of the two ones by lot.
    expect(report.frequencyAnalysis).toEqual({ matched: 7 / 8, guessed: 1 / 2 })
    expect(report.linked).toBe(6 / 8)
    expect(report.bits).toBe(null)
  })

  it('are the same for counts, a histogram and values', () => {
    const values = ['a', 'b', 'a', null, 'c', 'a', null]
    const histogram = new Map([
      ['a', 3],
      ['b', 1],
      ['c', 1],
    ])
    const report = leakageReport({ counts: [1, 3, 1] })
    expect(leakageReport({ histogram })).toEqual(report)
    expect(leakageReport({ values })).toEqual(report)
    expect(leakageReport({ values: values.map((value) => value && new TextEncoder().encode(value)) })).toEqual(report)
    // Text and number are two values, as they are in a database.
    expect(leakageReport({ values: ['1', 1] }).column.classes).toBe(2)
  })

  it('flag columns with few values, and advise against an index on them alone', () => {
    const sex = leakageReport({ counts: [51_000, 48_500, 500] }, { bits: 8 })
    const flag = leakageReport({ counts: [97_000, 3000] }, { bits: 32 })
    const states = leakageReport({ counts: zipf(50, 12_000) })
    const diagnosis = leakageReport({ counts: [900_000, ...zipf(300, 2000)] }, { bits: 10 })
    for (const report of [sex, flag, states]) {
      expect(report.verdict).toBe('high')
      expect(codes(report)).toContain('high few-values')
    }
    expect([sex, flag, states, diagnosis].map(({ recommendation }) => recommendation)).toEqual([
      'no-index',
      'no-index',
      'compound-index',
      'no-index',
    ])
  })

  it('let columns pass whose rows all differ', () => {
    const report = leakageReport({ counts: ones(20_000) })
    expect([report.verdict, report.recommendation, codes(report)]).toEqual(['low', 'index', ['low nothing-found']])
    expect(report.frequencyAnalysis.matched).toBeCloseTo(1 / 20_000)
    expect(leakageReport({ counts: ones(50) }).verdict).toBe('medium')
    expect(codes(leakageReport({ counts: ones(50) }))).toContain('medium small-sample')
  })

  it('see visits of one patient as rows that belong together, and fewer bits as a remedy', () => {
    const visits = Array.from({ length: 8000 }, (_, i) => 3 + (i % 4))
    const open = leakageReport({ counts: visits })
    expect(codes(open)).toContain('medium equal-rows-linked')
    expect(open.recommendation).toBe('fewer-bits')
    const cut = leakageReport({ counts: visits }, { bits: 11 })
    expect(cut.linked).toBeLessThan(0.1)
    expect(codes(cut)).not.toContain('medium equal-rows-linked')
    expect(cut.recommendation).toBe('index')
  })

  it('do not take a term for large that many values share', () => {
    const report = leakageReport({ counts: ones(10_000) }, { bits: 3 })
    expect(report.index.largest[0]).toBeGreaterThan(1200)
    expect(report.verdict).toBe('low')
  })

  it('find less in an index of fewer bits', () => {
    const counts = zipf(5000, 4000)
    const matched = [undefined, 20, 12, 8, 4].map(
      (bits) => leakageReport({ counts }, bits === undefined ? {} : { bits }).frequencyAnalysis.matched,
    )
    for (let i = 1; i < matched.length; i++) expect(matched[i]).toBeLessThanOrEqual((matched[i - 1] as number) + 0.01)
    expect(matched[4]).toBeLessThan((matched[0] as number) / 2)
  })

  it('tell of an index before it exists what the index itself shows', () => {
    const counts = zipf(2000, 1500)
    const bits = 9
    const planned = leakageReport({ counts }, { bits })
    const seen = Array.from({ length: 12 }, (_, key) => {
      const index = makeBlindIndex(searchKeys({ keys: [{ id: '00c0ffee', bytes: testKey(key) }] }), {
        table: 't',
        column: 'c',
        index: 'i',
        normalizer: normalizers.exact(),
        bits,
      })
      const terms = counts.map((count, i) => Array<string>(count).fill(index.term(`v${i}`)))
      return leakageReport({ values: terms.flat() })
    })
    const mean = (of: (report: LeakageReport) => number) => seen.reduce((sum, report) => sum + of(report), 0) / seen.length
    for (const [of, share] of [
      [(report) => report.index.classes, 0.02],
      [(report) => report.index.entropy, 0.02],
      [(report) => report.index.minEntropy, 0.05],
      [(report) => report.index.largest[0] as number, 0.1],
    ] satisfies [(report: LeakageReport) => number, number][]) {
      expect(Math.abs(mean(of) - of(planned))).toBeLessThan(share * of(planned))
    }
  })

  it('count what rank matching names as an attacker would who draws lots, many times', () => {
    const number = numbersFrom(99)
    const shuffled = <T>(list: readonly T[]) =>
      list
        .map((each) => ({ each, lot: number() }))
        .sort((a, b) => a.lot - b.lot)
        .map(({ each }) => each)
    for (const { counts, bits } of [
      { counts: [9, 7, 7, 4, 2, 2, 2, 1, 1, 1, 1], bits: undefined },
      { counts: [9, 7, 7, 4, 2, 2, 2, 1, 1, 1, 1], bits: 3 },
      { counts: [5, 5, 5, 5, 1, 1], bits: 2 },
    ]) {
      const termOf = assignTerms(counts, bits, numbersFrom(5))
      const sizes = sizesOfTerms(counts, termOf)
      let named = 0
      const runs = 20_000
      for (let run = 0; run < runs; run++) {
        const values = shuffled(counts.map((_, i) => i)).sort((a, b) => (counts[b] as number) - (counts[a] as number))
        const terms = shuffled([...sizes]).sort(([, a], [, b]) => b - a)
        terms.forEach(([term], rank) => {
          const guess = values[rank] as number
          if (termOf[guess] === term) named += counts[guess] as number
        })
      }
      expect(rowsMatchedByRank(counts, termOf, sizes)).toBeCloseTo(named / runs, 0.5)
    }
  })

  it('are the same every time, and draw evenly', () => {
    expect(leakageReport({ counts: zipf(500, 90) }, { bits: 6 })).toEqual(
      leakageReport({ counts: zipf(500, 90).reverse() }, { bits: 6 }),
    )
    const number = numbersFrom(1)
    const drawn = Array.from({ length: 100_000 }, number)
    expect(drawn.every((each) => each >= 0 && each < 1)).toBe(true)
    expect(new Set(drawn).size).toBe(100_000)
    const boxes = Array.from({ length: 100 }, () => 0)
    for (const each of drawn) boxes[Math.floor(each * 100)] = (boxes[Math.floor(each * 100)] as number) + 1
    // χ² with 99 degrees of freedom; 1 in 10⁶ exceeds 178.
    expect(boxes.reduce((sum, box) => sum + (box - 1000) ** 2 / 1000, 0)).toBeLessThan(178)
  })

  it('hold no value of the column, as data, as text, or in an error', async () => {
    const histogram = new Map(Array.from({ length: 40 }, (_, i) => [`Hyperion ${i}`, i + 1] as const))
    for (const report of [leakageReport({ histogram }), leakageReport({ values: histogram.keys() }, { bits: 4 })]) {
      expect(JSON.stringify(report)).not.toContain('Hyperion')
      expect(renderLeakageReport(report)).not.toContain('Hyperion')
    }
    const wrong: readonly (() => unknown)[] = [
      () => leakageReport({ histogram: new Map([['Hyperion', 1.5]]) }),
      () => leakageReport({ histogram: new Map([['Hyperion', 'Hyperion' as unknown as number]]) }),
      () => leakageReport({ values: [['Hyperion'] as unknown as string] }),
      () => leakageReport({ values: [] }),
      () => leakageReport({ values: [null, null] }),
      () => leakageReport({ counts: [] }),
      () => leakageReport({ counts: [1] }, { bits: 0 }),
      () => leakageReport({} as { counts: number[] }),
      () => leakageReport(null as unknown as { counts: number[] }),
      () => leakageReport({ counts: 7 as unknown as number[] }),
    ]
    for (const make of wrong) {
      const error = await refusal(make)
      expect(error.code).toBe('PHI_ENVELOPE_OPTIONS')
      expect(error.message).not.toContain('Hyperion')
    }
  })

  it('read as text', () => {
    expect(renderLeakageReport(leakageReport({ counts: [51_000, 48_500, 500] }))).toBe(
      [
        'Leakage: high',
        '  high   The column holds under 7 bits of entropy, as sex, state and diagnosis flags do: counting tells most of it, however few bits are kept.',
        '  high   Matching frequencies names many rows rightly.',
        '  high   One value holds a large share of the rows: it is plain from the size of its term.',
        '  medium Most rows are seen to be equal to another row: visits of one patient, members of one family.',
        '  Do not index the column. Search by something else, and filter the opened rows.',
        '',
        '100000 rows, 3 values, 0 of them in one row only',
        'As the values are, without truncation',
        'Entropy 1.0 bits, min-entropy 1.0 bits; of the index 1.0 and 1.0',
        'Largest terms: 51000 (51.0%), 48500 (48.5%), 500 (0.50%)',
        'Named rightly by frequency: 100.0% of the rows; by guessing the commonest value: 51.0%',
        'Seen to be equal to another row: 100.0%',
        'Rows by the size of their term:',
        '  250 to 999     1 terms, 500 rows',
        '  1000 and more  2 terms, 99500 rows',
        '',
      ].join('\n'),
    )
    const simulated = renderLeakageReport(leakageReport({ counts: ones(3000) }, { bits: 8 }))
    expect(simulated).toContain('With 8 bits: 256 terms, ')
    expect(simulated).toContain('  Index the column with these bits.')
  })

  it('take a large column in reasonable time', () => {
    expect(leakageReport({ counts: zipf(200_000, 50_000) }, { bits: 16 }).column.classes).toBe(200_000)
  })
})
