import { parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment } from '../calendar/zone.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import { federal } from '../federal/index.ts'
import { dateOf, requireNotBefore } from '../machine/history.ts'
import type { ExtensionStatement } from '../rule/facts.ts'
import * as groups from './groups.ts'
import type { RequestState } from './kinds.ts'
import { answerOf, type IndividualRequest, insideOf, lastOf } from './record.ts'
import { restrictionFacts, restrictionRuleFacts } from './restriction.ts'

/** As many statements that failed as a result shows. The rules take a hundred; what failed moves no date. */
const SHOWN = 50

/** The statements in the order in which they were given: what failed, and the one that counted. */
function statementsOf(request: IndividualRequest, today: Moment | undefined): readonly ExtensionStatement[] {
  const counted = lastOf(request, 'extension-stated')
  const { zone, failedExtensions } = insideOf(request)
  // A refused statement does not move the history on, so it can lie after the day that is asked about.
  const asked = today === undefined ? undefined : readMoment(today, zone, 'options.today')
  const tried = failedExtensions.filter(({ at }) => !asked || at.day <= asked.day)
  // On the day of the one that counted the rules would have to choose; the history says which came first.
  const before = tried.filter(({ at }) => !counted || at.day < counted.at.day).slice(-SHOWN)
  const after = tried.filter(({ at }) => counted && at.day > counted.at.day).slice(0, SHOWN - 1)
  return [...before, ...(counted ? [counted] : []), ...after].map(({ event }) => ({
    given: event.at,
    written: event.written,
    reasons: event.reasons,
    promisedDate: event.promisedDate,
  }))
}

/** The duty to answer, as if the request stood; or, with `withdrawn`, as one that nobody asks any more. */
function mainDuty(request: IndividualRequest, withdrawn: boolean, options: EvaluateOptions | undefined): readonly Deadline[] {
  const { opening } = request
  const answer = answerOf(request)?.event
  const { timeZone } = opening
  const facts = { received: opening.received, withdrawn, refused: false, ...(timeZone !== undefined && { timeZone }) }
  const acted = answer && { acted: answer.at }
  switch (opening.kind) {
    case 'access': {
      const storage = opening.storage && { storage: opening.storage }
      return evaluate(
        groups.access,
        { ...facts, ...acted, ...storage, extensionStatements: statementsOf(request, options?.today) },
        options,
      )
    }
    case 'amendment':
      return evaluate(
        groups.amendment,
        { ...facts, ...acted, extensionStatements: statementsOf(request, options?.today) },
        options,
      )
    case 'accounting':
      return evaluate(
        groups.accounting,
        { ...facts, ...acted, extensionStatements: statementsOf(request, options?.today) },
        options,
      )
    case 'restriction': {
      const agreed = answer?.type === 'fulfilled' && { agreed: answer.at }
      return evaluate(groups.restriction, { ...facts, ...restrictionRuleFacts(restrictionFacts(request)), ...agreed }, options)
    }
    case 'confidential-communication': {
      const { entity } = opening
      const stated = lastOf(request, 'endangerment-stated') ? true : opening.endangermentStated
      const accommodated = answer?.type === 'fulfilled' && { accommodated: answer.at }
      // A denial was accepted only on a ground of the text: the request is then not one that must be accommodated.
      const refused = answer?.type === 'denied'
      return evaluate(groups.confidential, { ...facts, entity, endangermentStated: stated, ...accommodated, refused }, options)
    }
  }
}

/** A request that was withdrawn before its date is no longer due; one that was withdrawn after it was late by then. */
function answerDuty(request: IndividualRequest, options: EvaluateOptions | undefined): readonly Deadline[] {
  const withdrawn = lastOf(request, 'withdrawn')
  if (!withdrawn) return mainDuty(request, false, options)
  const until = { ...options, today: withdrawn.event.at }
  const standing = mainDuty(request, false, until)
  const [deadline] = standing
  const due = deadline?.due ?? deadline?.planFor
  return due !== undefined && withdrawn.at.day > parseDay(due) ? standing : mainDuty(request, true, options)
}

/** 164.524(d)(4): three duties, each done at its own time. */
function reviewDuties(request: IndividualRequest, options: EvaluateOptions | undefined): readonly Deadline[] {
  const { timeZone } = request.opening
  const requested = lastOf(request, 'review-requested')
  if (!requested) return []
  const overturned = lastOf(request, 'review-overturned')
  const done = {
    'access.review.refer': lastOf(request, 'review-referred'),
    'access.review.decide': lastOf(request, 'review-upheld') ?? overturned,
    'access.review.notify': lastOf(request, 'review-notified'),
  } as const
  const zone = timeZone !== undefined && { timeZone }
  const duties = Object.entries(done).flatMap(([duty, event]) =>
    evaluate(
      federal.denialReview,
      { reviewRequested: requested.event.at, ...(event && { reviewed: event.event.at }), ...zone },
      options,
    ).filter((deadline) => deadline.duty === duty),
  )
  if (!overturned) return duties
  const provided = request.state === 'fulfilled' ? lastOf(request, 'fulfilled') : undefined
  const carry = { overturned: overturned.event.at, ...(provided && { provided: provided.event.at }), ...zone }
  return [...duties, ...evaluate(groups.reviewOutcome, carry, options)]
}

/** 164.526(c)(3): once an amendment is made. */
function informDuty(request: IndividualRequest, options: EvaluateOptions | undefined): readonly Deadline[] {
  const answer = answerOf(request)
  if (request.kind !== 'amendment' || !answer || answer.event.type === 'denied') return []
  const informed = lastOf(request, 'others-informed')
  const { timeZone } = request.opening
  return evaluate(
    groups.amendmentInform,
    {
      accepted: answer.event.at,
      ...(informed && { othersInformed: informed.event.at }),
      ...(timeZone !== undefined && { timeZone }),
    },
    options,
  )
}

/**
 * What the request makes due: the answer, and after it the duties of a review or of an amendment that was made. The clock of the
 * answer runs from receipt in every state; verification, statements that failed and incomplete answers do not move it.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION when `today` lies before the last entry; PHI_DEADLINES_OPTIONS, PHI_DEADLINES_DATE,
 *   PHI_DEADLINES_ZONE
 */
export function deadlinesOf(request: IndividualRequest, options?: EvaluateOptions): readonly Deadline[] {
  const { zone, timeline } = insideOf(request)
  const today = options?.today
  if (today != null) requireNotBefore(readMoment(today, zone, 'options.today'), timeline.latest)
  return [...answerDuty(request, options), ...reviewDuties(request, options), ...informDuty(request, options)]
}

/** States of which the record is complete. A restriction or an accommodation goes on after it was agreed to. */
const complete: readonly RequestState[] = [
  'fulfilled',
  'granted-in-part',
  'denied',
  'denied-after-review',
  'disputed',
  'rebutted',
  'ended',
  'withdrawn',
]

/**
 * How long the documentation of the request is kept: six years from its last entry or from when it last was in effect, 164.530(j).
 * While the request is open, or what was agreed to goes on, the clock has not started and there is no date. It is no period for the
 * medical record itself.
 * @throws as `deadlinesOf`
 */
export function documentationOf(request: IndividualRequest, options?: EvaluateOptions): Deadline {
  const { timeline, zone } = insideOf(request)
  if (options?.today != null) requireNotBefore(readMoment(options.today, zone, 'options.today'), timeline.latest)
  const goesOn =
    request.state === 'fulfilled' && (request.kind === 'restriction' || request.kind === 'confidential-communication')
  const over = complete.includes(request.state) && !goesOn
  const created = dateOf(timeline.latest)
  const { timeZone } = request.opening
  const [deadline] = evaluate(
    federal.documentation,
    { created, inEffect: over ? 'never' : 'still', ...(timeZone !== undefined && { timeZone }) },
    options,
  )
  return deadline as Deadline
}
