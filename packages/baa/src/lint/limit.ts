import type { Citation } from '@phi/core'
import type { TermKey } from '../agreement/agreement.ts'
import { hoursOf, type Period } from '../agreement/period.ts'
import { cited } from '../citation.ts'

/** The periods of the rules that a contract is held against. Each stands here and nowhere else in this folder. */
export const legalPeriods = {
  /** A business associate's notice of a breach, from discovery. */
  breachNotice: { period: { days: 60 }, citation: cited('45 CFR 164.410(b)') },
  /** Documentation. That logs are documentation is not spelled out in the rule. */
  documentation: { period: { years: 6 }, citation: cited('45 CFR 164.316(b)(2)(i)') },
  /** The covered entity's own time to act on a request of the individual, before it extends it. */
  access: { period: { days: 30 }, citation: cited('45 CFR 164.524(b)(2)') },
  amendment: { period: { days: 60 }, citation: cited('45 CFR 164.526(b)(2)') },
  accounting: { period: { days: 60 }, citation: cited('45 CFR 164.528(c)(1)') },
} as const satisfies Readonly<Record<string, { readonly period: Period; readonly citation: Citation }>>

/** The rights of the individual that a contract gives the vendor a time for. */
export const rights = ['access', 'amendment', 'accounting'] as const satisfies readonly (TermKey & keyof typeof legalPeriods)[]

/** Whether the period can last longer than the limit: business days and months are counted at their longest. */
export const mayExceed = (period: Period, limit: Period): boolean => hoursOf(period).longest > hoursOf(limit).longest

/** Whether the period can last as long as the limit, so that nothing of the limit is left. */
export const mayUseUp = (period: Period, limit: Period): boolean => hoursOf(period).longest >= hoursOf(limit).shortest

const months = (period: Period): number | undefined =>
  'years' in period ? period.years * 12 : 'months' in period ? period.months : undefined

/** Whether the period can end before the other. Years and months are compared as such: six years are 72 months, in any calendar. */
export function mayFallShort(period: Period, least: Period): boolean {
  const [has, needs] = [months(period), months(least)]
  if (has !== undefined && needs !== undefined) return has < needs
  return hoursOf(period).shortest < hoursOf(least).longest
}
