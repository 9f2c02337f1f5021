import { type CivilDate, monthsBefore } from './civil-date.ts'
import { disclosureError } from './errors.ts'
import { accountingLaw } from './law.ts'
import type { ParsedRequest } from './request.ts'

/** The days that an accounting covers. */
export interface AccountingPeriod {
  /** The first day, covered. */
  readonly from: CivilDate
  /** The last day, covered: that of the request, unless the individual asked for an earlier one. */
  readonly to: CivilDate
  /** The first day of the longest period that the individual could have asked for. */
  readonly outerFrom: CivilDate
  /** From this day on the covered entity had to comply: 164.528(a)(1)(ix). */
  readonly compliedFrom: CivilDate
}

const latest = (...days: readonly CivilDate[]): CivilDate => days.reduce((a, b) => (a > b ? a : b))

/**
 * Six years before the date of the request, 45 CFR 164.528(a)(1), (b)(1), or less where the individual asks for less, (a)(3). What is
 * asked for beyond that is cut to it.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_REQUEST where nothing is left
 */
export function periodOf({
  requestedOn,
  period,
  isSmallHealthPlan,
  coveredSince,
}: Pick<ParsedRequest, 'requestedOn' | 'period' | 'isSmallHealthPlan' | 'coveredSince'>): AccountingPeriod {
  const outerFrom = monthsBefore(requestedOn, 12 * accountingLaw.lookBack.years)
  const asked = period?.months === undefined ? period?.since : monthsBefore(requestedOn, period.months)
  const to = period?.until !== undefined && period.until < requestedOn ? period.until : requestedOn
  const from = latest(outerFrom, asked ?? '')
  if (from > to)
    throw disclosureError('PHI_AUDIT_DISCLOSURES_REQUEST', { path: 'request.period', detail: 'must end after it begins' })
  const { complianceDate, smallHealthPlan } = accountingLaw
  const compliedFrom = latest(isSmallHealthPlan === true ? smallHealthPlan.day : complianceDate.day, coveredSince ?? '')
  return { from, to, outerFrom, compliedFrom }
}
