import { type Day, parseDay } from '../calendar/civil-date.ts'
import type { Rule } from '../rule/rule.ts'
import type { Because } from './deadline.ts'

interface Span {
  readonly from: Day
  readonly until: Day
  readonly published: Day
  readonly endPublished: Day
}

const spans = new WeakMap<Rule, Span>()

function spanOf(rule: Rule): Span {
  const known = spans.get(rule)
  if (known) return known
  const { from, until, published, endPublished } = rule.inForce
  const end = until === undefined ? Number.POSITIVE_INFINITY : parseDay(until)
  const made: Span = {
    from: parseDay(from),
    until: end,
    published: parseDay(published ?? from),
    endPublished: endPublished === undefined ? end + 1 : parseDay(endPublished),
  }
  spans.set(rule, made)
  return made
}

/**
 * Why a version of a rule does not govern an event of a day, or `undefined` when it does. Without a day, every version that was not
 * superseded may; and where the day is only the earliest on which the event can have been, later versions may as well.
 */
export function notGoverning(
  rule: Rule,
  event: Day | undefined,
  knownAt: Day | undefined,
  earliest: boolean,
): Because | undefined {
  const { status } = rule.inForce
  // Proposed and vacated rules are stored, so that nobody adds them again as law. They never fire.
  if (status === 'proposed' || status === 'vacated') return status
  const { from, until, published, endPublished } = spanOf(rule)
  if (knownAt !== undefined && published > knownAt) return 'not-yet-known'
  const end = knownAt !== undefined && endPublished > knownAt ? Number.POSITIVE_INFINITY : until
  // While the day of the event is not known, only what another version has taken the place of is out.
  if (event === undefined) return status === 'superseded' && end !== Number.POSITIVE_INFINITY ? 'no-longer-in-force' : undefined
  if (event < from && !earliest) return 'not-yet-in-force'
  return event > end ? 'no-longer-in-force' : undefined
}
