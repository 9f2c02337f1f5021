import { type GoldenCase, corpus as whole } from '@phi/deadlines/golden'
import { describe, expect, test } from 'vitest'
import { proseMeaning, renderGolden, runGolden } from './index.ts'

const cases = whole.cases.filter(({ rule }) => rule === 'retention')
const one = (golden: GoldenCase) => runGolden({ cases: [golden] })

describe('the corpus', () => {
  test('every case of it passes, and every key of the retention cases is compared', () => {
    const report = runGolden(whole)
    expect(report.failed).toEqual([])
    expect(report.unsupported).toEqual([])
    expect(report.passed).toHaveLength(whole.cases.length)
    expect(report.ignored.filter(({ id }) => id.startsWith('RET'))).toEqual([])
    expect(renderGolden(report)).toContain(`${whole.cases.length}`)
  })

  test.each(cases.map((golden) => [golden.id, golden] as const))('%s', (id, golden) => {
    expect(one(golden)).toMatchObject({ passed: [id], failed: [], unsupported: [] })
  })

  test('there are 25 cases of retention', () => {
    expect(cases).toHaveLength(25)
    expect(proseMeaning.filter(({ rule }) => rule === 'retention').length).toBeGreaterThan(0)
  })
})

/** The day after, by the calendar of the platform. */
const dayAfter = (date: string) => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

function tampered(value: unknown): readonly unknown[] {
  if (value === null) return ['2030-01-01']
  if (typeof value === 'boolean') return [!value]
  if (typeof value !== 'string') return []
  return /^\d{4}-/.test(value)
    ? [dayAfter(value), null]
    : [value.replace(/\d+/, '9'), 'legal-hold'].filter((text) => text !== value)
}

describe('a case that is tampered with does not pass', () => {
  const changed = cases.flatMap((golden) =>
    Object.entries(golden.expected)
      .filter(([key]) => !key.startsWith('wrongIf'))
      .flatMap(([key, value]) => tampered(value).map((other) => [golden.id, key, other, golden] as const)),
  )

  test.each(changed)('%s: %s is %s', (_, key, other, golden) => {
    const report = one({ ...golden, expected: { ...golden.expected, [key]: other as string } })
    expect(report.passed).toEqual([])
  })

  test('a date that is the right one and called wrong fails', () => {
    for (const golden of cases) {
      const { keepThrough } = golden.expected
      if (typeof keepThrough !== 'string' || golden.facts.kind === 'any record') continue
      expect(one({ ...golden, expected: { keepThrough, wrongIfNaive: keepThrough } }).failed).toHaveLength(1)
    }
  })

  test('an unknown fact, kind or key is unsupported', () => {
    for (const golden of cases) {
      expect(one({ ...golden, facts: { ...golden.facts, x: 1 } }).unsupported).toHaveLength(1)
      expect(one({ ...golden, expected: { ...golden.expected, x: 1 } }).passed).toEqual([])
      expect(one({ ...golden, facts: { ...golden.facts, kind: 'x' } }).unsupported).toHaveLength(1)
    }
  })
})
