import { expect, it } from 'vitest'
import { verdictOn } from '../src/verdict.ts'

it('says by how much a budget is exceeded, from where, and what to do', () => {
  const by = [['zod', 900_000] as const, ['@phi/core', 12_345] as const]
  expect(verdictOn({ budget: 1_000_000, measured: 1_012_345, by })).toBe(
    '12,345 over its budget of 1,000,000 (1.2 %). Most comes from: zod 900,000, @phi/core 12,345. Take out what came in, or run "npm run budgets" and give the reason',
  )
})

it('accepts a budget that is met, and refuses one that is far too large or about nothing', () => {
  expect(verdictOn({ budget: 1000, measured: 1000, by: [] })).toBe('within')
  expect(verdictOn({ budget: 100_000, measured: 85_218, by: [] })).toBe('within')
  expect(verdictOn({ budget: 100_000, measured: 85_217, by: [] })).toMatch(
    /^14,783 under its budget of 100,000: run "npm run budgets"/,
  )
  expect(verdictOn({ budget: 1000, measured: Number.NaN, by: [] })).toBe('nothing was measured')
  expect(verdictOn({ budget: 0, measured: 5, by: [] })).toMatch(/^5 over its budget of 0\. /)
})
