import { type Moment, readMoment } from '../calendar/zone.ts'
import { type AccountingFee, accountingFee } from '../federal/accounting-fee.ts'
import { type AccountingSuspension, accountingSuspension } from '../federal/accounting-suspension.ts'
import { requireNotBefore } from '../machine/history.ts'
import { type IndividualRequest, insideOf, lastOf } from './record.ts'

/**
 * Whether a fee may be charged for this accounting, 164.528(c)(2), from what the history says. `undefined` for other kinds.
 * @throws nothing that `openRequest` did not find
 */
export function feeOf(request: IndividualRequest): AccountingFee | undefined {
  const { opening } = request
  if (opening.kind !== 'accounting') return undefined
  const told = lastOf(request, 'fee-announced')
  return accountingFee({
    firstRequest: opening.previous === null ? 'none' : opening.previous,
    laterRequest: opening.received,
    ...(told && { informedInAdvance: true, offeredToWithdrawOrModify: told.event.mayWithdrawOrModify }),
    ...(opening.timeZone !== undefined && { timeZone: opening.timeZone }),
  })
}

/**
 * What the statements of agencies and officials leave out of this accounting, and until when, 164.528(a)(2). The accounting itself
 * stays due.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION when `today` lies before the last entry; PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE
 */
export function suspensionsOf(
  request: IndividualRequest,
  options: { readonly today?: Moment | undefined } = {},
): readonly AccountingSuspension[] {
  const { zone, happened, timeline } = insideOf(request)
  const { today } = options
  if (today !== undefined) requireNotBefore(readMoment(today, zone, 'options.today'), timeline.latest)
  const statements = happened.flatMap(({ event }) =>
    event.type === 'suspension-stated'
      ? [{ form: event.form, on: event.at, until: event.until, documented: event.documented, agency: event.agency }]
      : [],
  )
  return accountingSuspension(statements, {
    ...(today !== undefined && { today }),
    ...(request.opening.timeZone !== undefined && { timeZone: request.opening.timeZone }),
  })
}
