import { formatCitation } from '@phi/core'
import { parseDay } from '../calendar/civil-date.ts'
import type { ReadMoment } from '../calendar/zone.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { checklistOf, citationsOf, missingOf } from './checklists.ts'
import type { EventOf, RequestEvent } from './events.ts'
import { feeOf } from './fee.ts'
import { type Ground, groundOf, isReviewable } from './grounds.ts'
import * as groups from './groups.ts'
import { answerOf, groundsOf, type IndividualRequest, insideOf, lastOf } from './record.ts'
import { type RequestRefusal, refuse } from './refusals.ts'
import { mustAgreeTo, restrictionFacts } from './restriction.ts'

/** What an event itself must say. Its place in the history and in the table is checked before. */

type Guard<Event> = (request: IndividualRequest, event: Event, at: ReadMoment) => RequestRefusal | undefined

const timed = { access: groups.access, amendment: groups.amendment, accounting: groups.accounting } as const

/** A statement that contradicts itself. The rules would refuse the whole question for it. */
export const promisesThePast = ({ promisedDate }: EventOf<'extension-stated'>, at: ReadMoment): boolean =>
  promisedDate != null && parseDay(promisedDate) < at.day

function extension(request: IndividualRequest, event: EventOf<'extension-stated'>, at: ReadMoment): RequestRefusal | undefined {
  const { opening } = request
  if (promisesThePast(event, at)) return refuse('promises-a-past-day')
  const { promisedDate, written, reasons } = event
  // Judged by the rules themselves, alone: what failed before extended nothing.
  const [deadline] = evaluate(timed[opening.kind as keyof typeof timed], {
    received: opening.received,
    timeZone: opening.timeZone,
    withdrawn: false,
    refused: false,
    extensionStatements: [{ given: event.at, written, reasons, promisedDate }],
    ...(opening.kind === 'access' && opening.storage && { storage: opening.storage }),
  })
  const verdict = deadline?.extension?.statements[0]
  if (verdict === null) return undefined
  return verdict === undefined
    ? refuse('no-period-to-extend')
    : refuse(verdict, { citations: citationsOf(checklistOf(request.kind).extension) })
}

/** Only what is owed and true counts: the items that are required, of which each must be there. */
function complete(
  list: readonly Parameters<typeof missingOf>[0][number][],
  there: readonly string[],
): RequestRefusal | undefined {
  const missing = missingOf(list, there)
  if (missing.length === 0) return undefined
  return refuse('answer-incomplete', { missing: missing.map(({ id }) => id), citations: citationsOf(missing) })
}

const disclosing = new Set(['access', 'accounting'])

function fulfilment(request: IndividualRequest, done: readonly string[]): RequestRefusal | undefined {
  if (disclosing.has(request.kind) && !lastOf(request, 'identity-verified')) return refuse('identity-not-verified')
  return complete(checklistOf(request.kind).fulfilment, done)
}

function grounded(request: IndividualRequest, ids: readonly string[]): RequestRefusal | undefined {
  const { opening } = request
  if (ids.length === 0) return refuse('no-ground')
  const entity = opening.kind === 'confidential-communication' ? opening.entity : undefined
  const fits = (ground: Ground) => ground.kind === request.kind && (ground.entity === undefined || ground.entity === entity)
  if (!ids.every((id) => fits(groundOf(id) as Ground))) return refuse('ground-of-another-kind')
  const stated = opening.kind === 'confidential-communication' && opening.endangermentStated === true
  if (ids.includes('no-endangerment-statement') && (stated || lastOf(request, 'endangerment-stated'))) {
    const { citation } = groundOf('no-endangerment-statement') as Ground
    return refuse('ground-contradicted', { citations: [formatCitation(citation)] })
  }
  return undefined
}

function denial(request: IndividualRequest, event: EventOf<'denied'> | EventOf<'granted-in-part'>): RequestRefusal | undefined {
  const { kind } = request
  if (kind === 'restriction') {
    const must = mustAgreeTo(restrictionFacts(request))
    if (must !== false) return refuse(must ? 'must-agree' : 'not-known-whether-it-must-agree')
    // 164.522(a)(1)(ii): any other restriction may be refused, with a ground or without one.
    return event.grounds.length > 0 ? refuse('ground-of-another-kind') : undefined
  }
  const wrong = grounded(request, event.grounds)
  if (wrong || kind === 'confidential-communication') return wrong
  const list = checklistOf(kind).denial.filter(({ id }) => id !== 'review-rights' || isReviewable(event.grounds))
  if (event.written !== true) return refuse('not-written', { citations: citationsOf(list.slice(0, 1)) })
  return complete(list, event.contains)
}

function ending(request: IndividualRequest, event: EventOf<'restriction-ended'>): RequestRefusal | undefined {
  if (event.how === 'individual-in-writing') return undefined
  if (event.how === 'individual-orally') return event.documented === true ? undefined : refuse('ending-not-documented')
  const must = mustAgreeTo(restrictionFacts(request))
  if (must === false) return undefined
  return refuse(must ? 'cannot-end-alone' : 'not-known-whether-it-must-agree')
}

/** As many statements as one evaluation takes. */
const MAX_SUSPENSIONS = 100

function suspension(
  request: IndividualRequest,
  event: EventOf<'suspension-stated'>,
  at: ReadMoment,
): RequestRefusal | undefined {
  const stated = insideOf(request).happened.filter((each) => each.event.type === 'suspension-stated')
  if (stated.length >= MAX_SUSPENSIONS) return refuse('too-many')
  if (event.until == null) return undefined
  return event.form === 'oral' || parseDay(event.until) < at.day ? refuse('suspension-contradictory') : undefined
}

function fee(request: IndividualRequest): RequestRefusal | undefined {
  const found = feeOf(request)
  if (!found?.mayBeCharged) return refuse(found?.status === 'free' ? 'accounting-is-free' : 'not-known-whether-it-is-free')
  return found.unmet.length === 0 ? undefined : refuse('fee-not-announced', { missing: found.unmet })
}

/** Why an event is refused for what it says, or `undefined`. */
export const guard: Guard<RequestEvent> = (request, event, at) => {
  switch (event.type) {
    case 'extension-stated':
      return extension(request, event, at)
    case 'fulfilled':
      return fulfilment(request, event.done)
    case 'granted-in-part':
      return fulfilment(request, event.done) ?? denial(request, event)
    case 'denied':
      return denial(request, event)
    case 'review-requested':
      return isReviewable(groundsOf(request)) ? undefined : refuse('not-reviewable')
    case 'review-referred':
      if (event.licensed !== true) return refuse('reviewer-not-licensed')
      return event.tookPartInDenial === false ? undefined : refuse('reviewer-took-part')
    case 'review-notified':
      return event.written === true
        ? undefined
        : refuse('not-written', { citations: citationsOf(checklistOf('access').reviewNotice) })
    case 'disagreement-filed':
      return event.written === true ? undefined : refuse('not-written', { citations: ['45 CFR 164.526(d)(2)'] })
    case 'rebuttal-prepared':
      if (event.written !== true) return refuse('not-written', { citations: ['45 CFR 164.526(d)(3)'] })
      return event.copyToIndividual === true ? undefined : refuse('copy-not-given')
    case 'others-informed':
      return answerOf(request)?.event.type === 'denied' ? refuse('nothing-was-granted') : undefined
    case 'suspension-stated':
      return suspension(request, event, at)
    case 'fee-charged':
      return fee(request)
    case 'restriction-ended':
      return ending(request, event)
    default:
      return undefined
  }
}
