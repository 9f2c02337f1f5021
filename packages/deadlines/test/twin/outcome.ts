import { type Date10, distance, tomorrow } from './civil.ts'
import { lastWorkdayUpTo } from './holidays.ts'
import { dateOf, lastSecondOf } from './zone.ts'

/** Facts that cannot all be true. */
export class Contradiction extends Error {}

/** What the twin says of one duty in one place, in the words of the library's results. */
export interface Outcome {
  status: string
  because?: string
  due?: Date10
  dueInstant?: string
  base?: Date10
  planFor?: Date10
  actBy?: Date10
  overdueFrom?: Date10
  daysLate?: number
  daysAfterTrigger?: number
  doneLate?: number
  heldThrough?: Date10
  statements?: (string | null)[]
  outerLimit?: Date10
  committed?: Date10
}

export interface Dated {
  base: Date10
  due: Date10
  because: string
  /** Notice is forbidden now. */
  held: boolean
  more: Partial<Outcome>
}

interface Asked {
  readonly today: Date10 | undefined
  readonly zone: string | undefined
  readonly trigger: Date10
  readonly done: string | null | undefined
}

/** When it was done, if that can be. */
export function doneOn({ today, zone, trigger, done }: Asked): Date10 | undefined {
  if (done == null) return undefined
  const on = dateOf(done, zone)
  if (on < trigger) throw new Contradiction('done before its cause')
  if (today !== undefined && on > today) throw new Contradiction('done tomorrow')
  return on
}

/** What a date comes to, where the duty is certain. */
export function judged(asked: Asked, on: Date10 | undefined, dated: Dated): Outcome {
  const { today, zone, trigger } = asked
  const { base, due, because, held, more } = dated
  const out: Outcome = {
    status: 'due',
    because,
    base,
    due,
    ...(zone !== undefined && { dueInstant: lastSecondOf(due, zone) }),
    actBy: lastWorkdayUpTo(due),
    overdueFrom: tomorrow(due),
    ...more,
  }
  if (on !== undefined) {
    out.daysAfterTrigger = distance(trigger, on)
    if (on <= due) return { ...out, status: 'met', because: 'done-in-time' }
    return { ...out, status: 'late', because: 'done-late', doneLate: distance(due, on) }
  }
  const late = today !== undefined && today > due
  if (late) out.daysLate = distance(due, today)
  if (held) return { ...out, status: 'held', because: 'law-enforcement-delay' }
  if (late) return { ...out, status: 'late', because: 'date-passed' }
  return out
}

/** The same where it is not known whether the duty applies: a plan, unless it was done in time anyway. */
export function planned(certain: Outcome): Outcome {
  if (certain.status === 'met') return certain
  const { due, dueInstant: _, overdueFrom: __, daysLate: ___, ...rest } = certain
  return { ...rest, status: 'pending-facts', because: 'condition-not-known', ...(due !== undefined && { planFor: due }) }
}
