/** Statistics that a few wild values do not move. Lists need not be sorted. */

/** The middle value, the mean of the two middle ones of an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** 1 / Φ⁻¹(3/4): makes the median absolute deviation estimate the standard deviation of normal values (Rousseeuw and Croux 1993). */
const MAD_TO_SIGMA = 1.4826

/**
 * Median and scale of counts. The scale is 1.4826 × MAD, but at least the square root of the median (the spread of a Poisson count of that
 * size), a fifth of the median and 2: somebody whose days are all alike is not made suspicious by one patient more.
 */
export function robust(values: readonly number[]): { readonly median: number; readonly scale: number } {
  const middle = median(values)
  const mad = median(values.map((value) => Math.abs(value - middle)))
  return { median: middle, scale: Math.max(MAD_TO_SIGMA * mad, Math.sqrt(middle), middle / 5, 2) }
}

/** Exponentially weighted mean: the newest value weighs `weight`. */
export const ewma = (mean: number, value: number, weight: number): number => mean + weight * (value - mean)

const EARTH_KM = 6371.0088 // mean radius R1 of GRS 80 (Moritz 2000)

/** Great-circle distance in kilometres between two places in degrees, by the haversine formula (Sinnott 1984). */
export function distanceKm(
  a: { readonly latitude: number; readonly longitude: number },
  b: { readonly latitude: number; readonly longitude: number },
): number {
  const radians = Math.PI / 180
  const lat = Math.sin(((b.latitude - a.latitude) * radians) / 2) ** 2
  const lon = Math.sin(((b.longitude - a.longitude) * radians) / 2) ** 2
  const h = lat + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * lon
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Rounds to three decimals: figures in alerts are for people. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000
