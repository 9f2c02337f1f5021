import type { Random } from './random.ts'

/**
 * Family names. The very common ones, with their share of the population (U.S. Census Bureau, Frequently Occurring Surnames from the 2010
 * Census); who has none of them gets a made-up label in the place of a rarer name.
 */
const common: readonly (readonly [name: string, perMille: number])[] = [
  ['Smith', 8.28],
  ['Johnson', 6.55],
  ['Williams', 5.51],
  ['Brown', 4.87],
  ['Jones', 4.83],
  ['Garcia', 3.95],
  ['Miller', 3.93],
  ['Davis', 3.78],
  ['Rodriguez', 3.71],
  ['Martinez', 3.59],
  ['Hernandez', 3.53],
  ['Lopez', 2.96],
  ['Gonzalez', 2.85],
  ['Wilson', 2.72],
  ['Anderson', 2.66],
  ['Thomas', 2.56],
  ['Taylor', 2.55],
  ['Moore', 2.46],
  ['Jackson', 2.4],
  ['Martin', 2.38],
]

/** Labels for rarer names. Shares fall like one over the rank, as those of names do. */
const RARER = 20_000

export function surnameOf(random: Random): string {
  let left = random.next() * 1000
  for (const [name, share] of common) {
    left -= share
    if (left < 0) return name
  }
  // Ranks from 20 up, log-uniform: the density is that of Zipf's law.
  const rank = Math.floor(20 * (RARER / 20) ** random.next())
  return `Surname-${rank}`
}
