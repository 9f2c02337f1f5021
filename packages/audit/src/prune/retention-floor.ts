import { cite } from '@phi/core'

/**
 * The least time that entries stay whole. 45 CFR 164.316(b)(2)(i) asks for six years from creation or last effect of what 164.316(b)(1)
 * has documented; that records of activity under 164.312(b) are kept as long is the common reading, not the text. State law and
 * contracts can ask for more, and nothing here can ask for less.
 */
export const retentionFloor = {
  years: 6,
  citation: cite('45 CFR 164.316(b)(2)(i)', { confirmation: 'text-seen', asOf: '2019-05-10' }),
} as const

/** The instant so many calendar years before (UTC); 29 February becomes 28 February. */
export function yearsBefore(instant: number, years: number): number {
  const date = new Date(instant)
  const month = date.getUTCMonth()
  date.setUTCFullYear(date.getUTCFullYear() - years)
  if (date.getUTCMonth() !== month) date.setUTCDate(0)
  return date.getTime()
}
