/** Each bucket is this much wider than the one before: what is read from it is at most 2 % too high. */
const STEP = Math.log(1.02)
/** The first bucket ends here, in milliseconds. */
const LEAST = 0.001

/** Durations in milliseconds, in constant space. */
export class Histogram {
  readonly #buckets: number[] = []
  #count = 0

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(ms, LEAST) / LEAST) / STEP))
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#count++
  }

  /** The duration that a share of all (0 to 1) did not exceed; 0 when there are none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#count)
    for (const [bucket, count] of this.#buckets.entries()) {
      left -= count ?? 0
      if (left <= 0 && count !== undefined) return LEAST * Math.exp(STEP * bucket)
    }
    return 0
  }
}
