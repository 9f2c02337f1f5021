import { span } from '../layout.ts'
import { type Html, html } from './html.ts'

const HOUR_MS = 3_600_000

/**
 * What is said between two entries that follow each other: that a long time passed, or that the time goes back. Undefined where there is
 * nothing to say.
 * @param before and now are instants in UTC; undefined where an entry does not show when it happened
 */
export function gapWords(before: string | undefined, now: string | undefined): string | undefined {
  if (before === undefined || now === undefined) return undefined
  const passed = Date.parse(now) - Date.parse(before)
  if (passed < 0)
    return `The time goes back by ${span(-passed)}: this was recorded later than it happened, or a clock was wrong.`
  return passed >= HOUR_MS ? `${span(passed)} without an entry` : undefined
}

export const gapRow = (words: string, columns: number): Html =>
  html`<tr role="row" class="gap"><td role="cell" colspan="${columns}">${words}</td></tr>`
