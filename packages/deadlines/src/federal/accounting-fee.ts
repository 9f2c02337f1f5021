import { type Citation, formatCitation, plainText } from '@phi/core'
import * as z from 'zod'
import { addMonths, type CivilDate, formatDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { text } from './common.ts'
import { parseFacts } from './parse.ts'
import { type Proof, type ProofStep, proofOf, type Source } from './proof.ts'

const row: Source = Object.freeze({
  id: 'accounting.fee',
  citation: text('45 CFR 164.528(c)(2)'),
  confirmation: 'text-seen',
  note: 'From when the twelve months run is not stated. They are counted here from the date of the free request, and their end is read for the individual.',
})

/** 45 CFR 164.528(c)(2): "first accounting to an individual in any 12 month period without charge". */
const FREE_MONTHS = 12

/** What a covered entity must do before it may charge for a further accounting. */
export interface FeeRequirement {
  readonly id: 'inform-of-fee-in-advance' | 'opportunity-to-withdraw-or-modify'
  /** The fact that says that it was done. */
  readonly fact: 'informedInAdvance' | 'offeredToWithdrawOrModify'
  readonly words: string
  readonly citation: Citation
}

export const accountingFeeRequirements: readonly FeeRequirement[] = Object.freeze([
  {
    id: 'inform-of-fee-in-advance',
    fact: 'informedInAdvance',
    words: 'tell the individual of the fee in advance',
    citation: row.citation,
  },
  {
    id: 'opportunity-to-withdraw-or-modify',
    fact: 'offeredToWithdrawOrModify',
    words: 'give the individual an opportunity to withdraw or change the request, to avoid or reduce the fee',
    citation: row.citation,
  },
])

const feeFacts = z.strictObject({
  firstRequest: z.string().max(120).nullish(),
  laterRequest: z.string().max(120).nullish(),
  informedInAdvance: z.boolean().nullish(),
  offeredToWithdrawOrModify: z.boolean().nullish(),
  timeZone: plainText(64).optional(),
})

export interface AccountingFeeFacts {
  /** The date of the last request whose accounting was free; `none` where there was none before. */
  readonly firstRequest?: Moment | 'none' | null | undefined
  /** The date of the request at hand. */
  readonly laterRequest?: Moment | null | undefined
  readonly informedInAdvance?: boolean | null | undefined
  readonly offeredToWithdrawOrModify?: boolean | null | undefined
  /** The zone of the covered entity. Required when a date is an instant. */
  readonly timeZone?: string | undefined
}

export interface AccountingFee extends Proof {
  readonly status: 'free' | 'may-be-charged' | 'pending-facts'
  /** The request lies inside the twelve months. False also while that is not known. */
  readonly mayBeCharged: boolean
  /** The first day of requests that are free again. */
  readonly freeFrom?: CivilDate
  /** What a charge requires; empty where none is allowed. */
  readonly requires: readonly FeeRequirement[]
  /** Those of them that are not known to be met: nothing may be charged before. */
  readonly unmet: readonly FeeRequirement['id'][]
  /** The words for the amount. The text has no number. */
  readonly standard?: 'reasonable, cost-based'
}

/**
 * Whether an accounting may be charged for: the first in any twelve months is free (45 CFR 164.528(c)(2)). A request on the day on
 * which the twelve months end is free.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE; PHI_DEADLINES_CONTRADICTION when the later request
 *   comes before the first
 */
export function accountingFee(facts: AccountingFeeFacts): AccountingFee {
  const read = parseFacts(feeFacts, facts)
  const { firstRequest, laterRequest } = read
  const zone = read.timeZone === undefined ? undefined : zoneOf(read.timeZone)
  const steps: ProofStep[] = []
  const dayOf = (fact: 'firstRequest' | 'laterRequest', value: string | null | undefined) => {
    if (value == null) return undefined
    const { day } = readMoment(value, zone, `facts.${fact}`)
    steps.push({ step: 'trigger', fact, event: 'request', on: formatDay(day) })
    return day
  }
  const first = firstRequest === 'none' ? undefined : dayOf('firstRequest', firstRequest)
  const later = dayOf('laterRequest', laterRequest)
  if (first !== undefined && later !== undefined && later < first) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'facts.laterRequest',
      detail: 'the later request comes before the first',
    })
  }
  const free = first === undefined ? undefined : addMonths(first, FREE_MONTHS, 'earlier')
  if (first !== undefined && free !== undefined) {
    steps.push({
      step: 'count',
      from: formatDay(first),
      amount: FREE_MONTHS,
      unit: 'months',
      counts: 'after',
      to: formatDay(free),
      citation: formatCitation(row.citation),
    })
  }
  const fixed = { ...(free !== undefined && { freeFrom: formatDay(free) }) }
  const unmet = accountingFeeRequirements.filter(({ fact }) => read[fact] !== true)
  const noCharge = { mayBeCharged: false, requires: [], unmet: [] } as const
  if (firstRequest === 'none') return { status: 'free', ...noCharge, ...fixed, ...proofOf(row, read, steps, []) }
  if (free === undefined || later === undefined) {
    const unknown = [...(free === undefined ? ['firstRequest'] : []), ...(later === undefined ? ['laterRequest'] : [])]
    return { status: 'pending-facts', ...noCharge, ...fixed, ...proofOf(row, read, steps, unknown) }
  }
  if (later >= free) return { status: 'free', ...noCharge, ...fixed, ...proofOf(row, read, steps, []) }
  return {
    status: 'may-be-charged',
    mayBeCharged: true,
    requires: accountingFeeRequirements,
    unmet: unmet.map(({ id }) => id),
    standard: 'reasonable, cost-based',
    ...fixed,
    ...proofOf(
      row,
      read,
      steps,
      unmet.filter(({ fact }) => read[fact] == null).map(({ fact }) => fact),
    ),
  }
}
