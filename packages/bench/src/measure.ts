/** A benchmark row: ours against a named baseline, both run in turn in this process. */
export interface Row {
  readonly id: string
  /** What the baseline is, in words. */
  readonly against: string
  /** The least ratio of ours to the baseline, in operations a second. */
  readonly atLeast: number
  /** Makes the two sides. Each call of a side does some work and says how many operations that was. */
  prepare(options: { readonly quick: boolean }): Promise<Sides>
}

export interface Sides {
  readonly unit: string
  ours(): Promise<number> | number
  baseline(): Promise<number> | number
  /** Called after each round, untimed. */
  reset?(): Promise<void>
  close?(): Promise<void>
}

export interface Result {
  readonly id: string
  readonly against: string
  readonly ratio: number
  readonly atLeast: number
}

/** A result with what a person wants to see beside it. */
export interface Measured extends Result {
  readonly unit: string
  readonly oursPerSecond: number
  readonly baselinePerSecond: number
  readonly spread: readonly [number, number]
  readonly rounds: number
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

async function rate(side: () => Promise<number> | number): Promise<number> {
  const start = process.hrtime.bigint()
  const operations = await side()
  return (operations / Number(process.hrtime.bigint() - start)) * 1e9
}

/**
 * Runs the two sides in turn, ours first and the baseline first by turns, after one untimed round, until the time is up. The
 * ratio is the median over the rounds: a machine whose speed drifts drifts for both sides of a round.
 */
export async function measure(row: Row, options: { readonly quick: boolean; readonly budgetMs: number }): Promise<Measured> {
  const sides = await row.prepare({ quick: options.quick })
  const pairs: { ours: number; baseline: number }[] = []
  try {
    await sides.ours()
    await sides.baseline()
    await sides.reset?.()
    const end = performance.now() + options.budgetMs
    for (let round = 0; round < 3 || (performance.now() < end && round < 200); round++) {
      globalThis.gc?.()
      if (round % 2 === 0) {
        const ours = await rate(() => sides.ours())
        pairs.push({ ours, baseline: await rate(() => sides.baseline()) })
      } else {
        const baseline = await rate(() => sides.baseline())
        pairs.push({ ours: await rate(() => sides.ours()), baseline })
      }
      await sides.reset?.()
    }
  } finally {
    await sides.close?.()
  }
  const ratios = pairs.map(({ ours, baseline }) => ours / baseline)
  return {
    id: row.id,
    against: row.against,
    ratio: Number(median(ratios).toFixed(3)),
    atLeast: row.atLeast,
    unit: sides.unit,
    oursPerSecond: Math.round(median(pairs.map(({ ours }) => ours))),
    baselinePerSecond: Math.round(median(pairs.map(({ baseline }) => baseline))),
    spread: [Number(Math.min(...ratios).toFixed(3)), Number(Math.max(...ratios).toFixed(3))],
    rounds: pairs.length,
  }
}
