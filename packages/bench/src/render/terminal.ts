import type { Measured } from '../measure.ts'
import { inDigits, verdictOf } from './numbers.ts'

/** What a person sees who runs the benchmarks at a terminal. */
export const inTerminal = (results: readonly Measured[]): string =>
  results
    .map((row) => {
      const { id, against, ratio, atLeast, unit, oursPerSecond, baselinePerSecond, spread, rounds } = row
      const floor = atLeast === 0 ? 'no floor' : `at least ${atLeast}: ${verdictOf(row)}`
      return [
        id,
        `  ratio ${inDigits(ratio)}, ${floor}   (${inDigits(spread[0])} to ${inDigits(spread[1])} over ${rounds.length} rounds)`,
        `  ours      ${inDigits(oursPerSecond)} ${unit}/s`,
        `  baseline  ${inDigits(baselinePerSecond)} ${unit}/s: ${against}`,
      ].join('\n')
    })
    .join('\n\n')
