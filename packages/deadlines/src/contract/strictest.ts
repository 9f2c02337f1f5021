import { Temporal } from 'temporal-polyfill'
import type { CivilDate } from '../calendar/civil-date.ts'
import type { Deadline } from '../evaluate/deadline.ts'

/** A duty under law and the clause about it, side by side. */
export interface Strictest {
  readonly law: Deadline
  readonly contract: Deadline
  /**
   * Which binds first: the earlier date of those that are still open. `same-day` where neither is earlier, `not-known` where one
   * of them has no date to compare, `none` where neither is open.
   */
  readonly first: 'law' | 'contract' | 'same-day' | 'not-known' | 'none'
  /** The date to work to: the earlier one. Absent where neither has one. */
  readonly planFor?: CivilDate
  /** The instant to work to, where the clock that binds first runs in hours or names the end of its day. */
  readonly planForInstant?: string
  /** Whether both dates are counted from what is known, so that the order can no longer change by a fact. */
  readonly certain: boolean
  readonly says: readonly string[]
}

const isOpen = ({ status, done }: Deadline): boolean =>
  done === undefined && status !== 'met' && status !== 'not-applicable' && status !== 'not-in-force'

const dateOf = ({ due, planFor }: Deadline): CivilDate | undefined => due ?? planFor

/** Negative where `a` ends first. Instants decide where both have one: on one day, a clock of hours can end before the day does. */
function order(a: Deadline, b: Deadline): number {
  if (a.dueInstant !== undefined && b.dueInstant !== undefined) {
    return Temporal.Instant.compare(a.dueInstant, b.dueInstant)
  }
  const [dayA, dayB] = [dateOf(a) as string, dateOf(b) as string]
  return dayA < dayB ? -1 : dayA > dayB ? 1 : 0
}

function firstOf(law: Deadline, contract: Deadline): Strictest['first'] {
  const [lawOpen, contractOpen] = [isOpen(law), isOpen(contract)]
  if (!lawOpen && !contractOpen) return 'none'
  if (!lawOpen) return 'contract'
  if (!contractOpen) return 'law'
  if (dateOf(law) === undefined || dateOf(contract) === undefined) return 'not-known'
  const compared = order(law, contract)
  return compared < 0 ? 'law' : compared > 0 ? 'contract' : 'same-day'
}

function sentences(law: Deadline, contract: Deadline, first: Strictest['first']): string[] {
  const says: string[] = []
  if (first === 'contract') says.push('The contract binds first; the duty under law stands behind it.')
  if (first === 'law') says.push('The law binds first.')
  if (first === 'same-day') says.push('Both end on the same day.')
  if (first === 'not-known') says.push('One of the two has no date yet; until it has, neither can be put off behind the other.')
  if (first === 'none') says.push('Neither is open.')
  const [lawDate, contractDate] = [dateOf(law), dateOf(contract)]
  if (lawDate !== undefined && contractDate !== undefined && order(law, contract) < 0) {
    says.push(`The contract's date is later, and does not lengthen the time that ${law.citation} gives.`)
  }
  if (contract.status === 'pending-facts' && contract.because === 'trigger-not-known') {
    says.push(
      'The day from which the contract counts is not known. Plan from the first day of the incident that is: the law runs from discovery (45 CFR 164.410(a)(2)), and does not wait for it.',
    )
  }
  if (law.addressee !== contract.addressee) {
    says.push('The two are owed to different addressees: meeting one does not meet the other.')
  }
  return says
}

/**
 * A duty under law and the clause of a contract about it: both, and which binds first. A contract may ask for more and never for
 * less; its date never replaces that of the law.
 */
export function strictest(law: Deadline, contract: Deadline): Strictest {
  const first = firstOf(law, contract)
  const open = [law, contract].filter(isOpen)
  const [next] = open.filter((deadline) => dateOf(deadline) !== undefined).sort(order)
  const planFor = next && dateOf(next)
  return {
    law,
    contract,
    first,
    ...(planFor !== undefined && { planFor }),
    ...(next?.dueInstant !== undefined && { planForInstant: next.dueInstant }),
    certain: open.every(({ status }) => status !== 'pending-facts' && status !== 'qualitative'),
    says: sentences(law, contract, first),
  }
}
