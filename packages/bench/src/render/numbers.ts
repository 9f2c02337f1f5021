import type { Measured } from '../measure.ts'

/** A number as text, with three significant digits and commas: 0.104, 17.8, 1,410,000. */
export const inDigits = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3, maximumFractionDigits: 20 })

export type Verdict = 'reached' | 'short' | 'no floor'

export const verdictOf = ({ ratio, atLeast }: Pick<Measured, 'ratio' | 'atLeast'>): Verdict => {
  if (atLeast === 0) return 'no floor'
  return ratio >= atLeast ? 'reached' : 'short'
}
