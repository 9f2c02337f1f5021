const between = (low: number, high: number): number | undefined => {
  const middle = Math.trunc(low / 2 + high / 2)
  if (middle > low && middle < high) return middle
  const exact = low / 2 + high / 2
  return exact > low && exact < high ? exact : undefined
}

/** A number below, or none where there is none that is finite. */
function below(value: number): number | undefined {
  const whole = Math.floor(value) - 1
  if (whole < value && Number.isFinite(whole)) return whole
  return value > -Number.MAX_VALUE ? (between(-Number.MAX_VALUE, value) ?? -Number.MAX_VALUE) : undefined
}

function above(value: number): number | undefined {
  const other = below(-value)
  return other === undefined ? undefined : -other
}

/**
 * Numbers that stand for all, seen from these points: each of them, and one in every gap, below and above. Between two neighbouring
 * doubles there is none.
 */
export function numbersAround(points: readonly number[]): readonly number[] {
  const sorted = [...new Set(points)].sort((a, b) => a - b)
  const [first] = sorted
  if (first === undefined) return [0]
  const gaps = sorted.slice(1).map((each, i) => between(sorted[i] as number, each))
  return [...sorted, below(first), ...gaps, above(sorted.at(-1) as number)].filter((each) => each !== undefined)
}

/** A time that stands for "some time". */
export const SOME_TIME = Date.UTC(2026, 0, 15, 12)
const DAY_MS = 86_400_000

/**
 * The same for instants, in milliseconds since 1970. Steps are a day, so that there is room to halve them many times. Not all that
 * come out are whole.
 */
export function instantsAround(points: readonly number[]): readonly number[] {
  const sorted = [...new Set(points)].sort((a, b) => a - b)
  const [first] = sorted
  if (first === undefined) return [SOME_TIME]
  const gaps = sorted.slice(1).map((each, i) => between(sorted[i] as number, each))
  const all = [...sorted, first - DAY_MS, ...gaps, (sorted.at(-1) as number) + DAY_MS]
  return all.filter((each) => each !== undefined)
}
