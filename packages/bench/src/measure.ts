/** A benchmark row: ours against a named baseline, both run in turn in this process. */
export interface Row {
  readonly id: string
  /** What the baseline is, in words. */
  readonly against: string
  /** The least ratio of ours to the baseline, in operations a second. 0 where no claim is made. */
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
  /** The least and the greatest ratio of a round. */
  readonly spread: readonly [number, number]
  /** The ratios below which a quarter and three quarters of the rounds lie. */
  readonly middleHalf: readonly [number, number]
  /** Milliseconds that one call of our side took, in the median. */
  readonly callMs: number
  /** Operations a second of each round: ours, and the baseline's. */
  readonly rounds: readonly (readonly [ours: number, baseline: number])[]
}

export interface MeasureOptions {
  readonly quick: boolean
  /** After so many milliseconds no further round begins. At least three are run, and at most a hundred. */
  readonly budgetMs: number
  /**
   * How long a side is called again within a round at least, so that a pause of the machine does not decide it. Default 30. Sides with
   * a `reset` are called once a round.
   */
  readonly leastMs?: number
  /** Milliseconds from any beginning. */
  readonly now?: () => number
}

const MIN_ROUNDS = 3
const MAX_ROUNDS = 100

/** The value below which such a part of the values lies, between two of them in proportion. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (below === undefined || above === undefined) throw new Error('no values')
  return below + (above - below) * (at - Math.floor(at))
}

const median = (values: readonly number[]): number => quantile(values, 0.5)
/** Four significant digits: more would claim what no run shows. */
const rounded = (value: number): number => Number(value.toPrecision(4))

/**
 * Runs the two sides in turn, ours first and the baseline first by turns, after one untimed round, until the time is up. The
 * ratio is the median over the rounds: a machine whose speed drifts drifts for both sides of a round.
 * @throws what a side throws; both are closed then
 */
export async function measure(row: Row, options: MeasureOptions): Promise<Measured> {
  const { now = () => performance.now() } = options
  const sides = await row.prepare({ quick: options.quick })
  const leastMs = sides.reset === undefined ? (options.leastMs ?? 30) : 0
  const rounds: (readonly [number, number])[] = []
  const calls: number[] = []
  const rate = async (side: () => Promise<number> | number): Promise<readonly [perSecond: number, msOfCall: number]> => {
    let [operations, called, ms] = [0, 0, 0]
    const start = now()
    do {
      operations += await side()
      called++
      ms = now() - start
    } while (ms < leastMs)
    return [(operations / ms) * 1_000, ms / called]
  }
  try {
    await sides.ours()
    await sides.baseline()
    await sides.reset?.()
    const end = now() + options.budgetMs
    for (let round = 0; round < MIN_ROUNDS || (now() < end && round < MAX_ROUNDS); round++) {
      globalThis.gc?.()
      const baselineFirst = round % 2 === 1 ? await rate(() => sides.baseline()) : undefined
      const [ours, ms] = await rate(() => sides.ours())
      const [baseline] = baselineFirst ?? (await rate(() => sides.baseline()))
      rounds.push([ours, baseline])
      calls.push(ms)
      await sides.reset?.()
    }
  } finally {
    await sides.close?.()
  }
  const ratios = rounds.map(([ours, baseline]) => ours / baseline)
  const between = (low: number, high: number) => [rounded(quantile(ratios, low)), rounded(quantile(ratios, high))] as const
  return {
    id: row.id,
    against: row.against,
    ratio: rounded(median(ratios)),
    atLeast: row.atLeast,
    unit: sides.unit,
    oursPerSecond: rounded(median(rounds.map(([ours]) => ours))),
    baselinePerSecond: rounded(median(rounds.map(([, baseline]) => baseline))),
    spread: between(0, 1),
    middleHalf: between(0.25, 0.75),
    callMs: rounded(median(calls)),
    rounds: rounds.map(([ours, baseline]) => [rounded(ours), rounded(baseline)] as const),
  }
}
