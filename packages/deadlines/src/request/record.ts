import type { CivilDate } from '../calendar/civil-date.ts'
import type { ReadMoment, Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Entry, Timeline } from '../machine/history.ts'
import type { EventOf, RequestEvent, RequestEventType, RequestOpening } from './events.ts'
import type { RequestKind, RequestState } from './kinds.ts'
import type { RequestRefusalReason } from './refusals.ts'

export type RequestEntry = Entry<RequestEvent, RequestRefusalReason>

/**
 * A request of an individual: what came in, everything that was tried since, and where it stands. Frozen; every event makes a new
 * one. It is plain data, and its `opening` and `log` are what to keep: `replayRequest` makes it again from them.
 */
export interface IndividualRequest {
  readonly id: string
  readonly kind: RequestKind
  readonly state: RequestState
  /** The day of receipt in the zone of the covered entity. */
  readonly received: CivilDate
  readonly opening: RequestOpening
  /** Everything that was tried, in order; what was refused says why. */
  readonly log: readonly RequestEntry[]
}

/** An accepted event with its moment as read. */
export interface Happened<Event extends RequestEvent = RequestEvent> {
  readonly event: Event
  readonly at: ReadMoment
}

/** What stands beside the data, and is worked out from it. */
export interface Inside {
  readonly zone: Zone | undefined
  readonly timeline: Timeline
  readonly happened: readonly Happened[]
  /** Statements of extension that were refused for what they say: results show them beside the one that counted. */
  readonly failedExtensions: readonly Happened<EventOf<'extension-stated'>>[]
}

// A symbol of the registry, so that a request made by one copy of this module works with another.
const INSIDE: unique symbol = Symbol.for('@phi/deadlines/request') as never

/** @throws PhiError PHI_DEADLINES_FACTS for anything that was not made by this package */
export function insideOf(request: IndividualRequest): Inside {
  const inside = (request as { [INSIDE]?: Inside } | null | undefined)?.[INSIDE]
  if (!inside) {
    throw deadlinesError('PHI_DEADLINES_FACTS', {
      path: 'request',
      detail: 'make it with openRequest, or with replayRequest from its opening and log',
    })
  }
  return inside
}

export function makeRequest(data: IndividualRequest, inside: Inside): IndividualRequest {
  return Object.freeze(
    Object.defineProperty({ ...data, log: Object.freeze(data.log) }, INSIDE, { value: Object.freeze(inside) }),
  )
}

/** The last accepted event of a type. */
export function lastOf<Type extends RequestEventType>(
  request: IndividualRequest,
  type: Type,
): Happened<EventOf<Type>> | undefined {
  return insideOf(request).happened.findLast(({ event }) => event.type === type) as Happened<EventOf<Type>> | undefined
}

export type Answer = Happened<EventOf<'fulfilled'> | EventOf<'granted-in-part'> | EventOf<'denied'>>

/** The first answer: what came after the review of a denial is not the answer to the request. */
export function answerOf(request: IndividualRequest): Answer | undefined {
  return insideOf(request).happened.find(
    ({ event }) => event.type === 'fulfilled' || event.type === 'granted-in-part' || event.type === 'denied',
  ) as Answer | undefined
}

/** The grounds of a denial, also of one in part. */
export function groundsOf(request: IndividualRequest): readonly string[] {
  const answer = answerOf(request)?.event
  return answer && 'grounds' in answer ? answer.grounds : []
}
