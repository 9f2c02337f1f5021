import type { SortedCounts } from './value-counts.ts'

/** Which ranks a size could have: sizes that are equal share a run of ranks, `first` to `last`. */
interface Ranks {
  readonly first: number
  readonly last: number
}

/** The run of ranks of each size, for sizes sorted from the largest down. */
function ranksOf(sorted: readonly number[]): ReadonlyMap<number, Ranks> {
  const ranks = new Map<number, Ranks>()
  for (let first = 0; first < sorted.length; ) {
    let last = first
    while (last + 1 < sorted.length && sorted[last + 1] === sorted[first]) last++
    ranks.set(sorted[first] as number, { first, last })
    first = last + 1
  }
  return ranks
}

/**
 * How many rows an attacker names rightly, on average, who knows how often each value occurs and sees only how often each term
 * does: he sorts both by frequency and takes the first for the first. Ties he breaks by lot.
 * @param counts of values
 * @param termOf the term of each value, by its place in `counts`
 */
export function rowsMatchedByRank(counts: SortedCounts, termOf: readonly number[], sizes: ReadonlyMap<number, number>): number {
  const valueRanks = ranksOf(counts)
  const termRanks = ranksOf([...sizes.values()].sort((a, b) => b - a))
  let matched = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number
    const value = valueRanks.get(count) as Ranks
    const term = termRanks.get(sizes.get(termOf[i] as number) as number) as Ranks
    // Both ranks are drawn evenly out of their runs: they agree with the length of what the runs share over the product of theirs.
    const shared = Math.min(value.last, term.last) - Math.max(value.first, term.first) + 1
    if (shared > 0) matched += (count * shared) / ((value.last - value.first + 1) * (term.last - term.first + 1))
  }
  return matched
}

/** A generator of numbers from 0 to 1, always the same ones for a seed (sfc32, public domain): reports do not change from run to run. */
export function numbersFrom(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1]
  const next = (): number => {
    const out = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + out) | 0
    return out >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  return () => (next() * 0x200000 + (next() >>> 11)) / 2 ** 53
}

/**
 * Sends each value to one of 2^bits terms by lot, as the HMAC does. From 53 bits on, or without `bits`, each gets a term of its own:
 * with fewer than 2^26 values a collision is rarer there than one in two.
 */
export function assignTerms(counts: SortedCounts, bits: number | undefined, number: () => number): readonly number[] {
  if (bits === undefined || bits >= 53) return counts.map((_, i) => i)
  return counts.map(() => Math.floor(number() * 2 ** bits))
}

/** Rows by term. */
export function sizesOfTerms(counts: SortedCounts, termOf: readonly number[]): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>()
  for (let i = 0; i < counts.length; i++) {
    const term = termOf[i] as number
    sizes.set(term, (sizes.get(term) ?? 0) + (counts[i] as number))
  }
  return sizes
}
