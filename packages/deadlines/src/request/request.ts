import { parseAs } from '@phi/core'
import * as z from 'zod'
import { addMonths } from '../calendar/civil-date.ts'
import { type Moment, type ReadMoment, readMoment, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { freeze } from '../freeze.ts'
import { advance, dateOf, isBefore, MAX_ENTRIES, parseFrozen, readToday, requireSame, timeRefusal } from '../machine/history.ts'
import {
  eventSchema,
  openingSchema,
  type RequestEvent,
  type RequestEventType,
  type RequestOpening,
  requestEventTypes,
} from './events.ts'
import { guard, promisesThePast } from './guards.ts'
import { isOpen } from './kinds.ts'
import { type Happened, type IndividualRequest, insideOf, makeRequest, type RequestEntry } from './record.ts'
import { type RequestRefusal, refuse } from './refusals.ts'
import { belongsTo, transitionOf } from './transitions.ts'

/** What became of an event. Both have the request as it stands afterwards. */
export type RequestStep =
  | { readonly accepted: true; readonly request: IndividualRequest }
  | { readonly accepted: false; readonly request: IndividualRequest; readonly refusal: RequestRefusal }

export interface RecordOptions {
  /** The day or instant of recording. With it, events of the future are refused. No clock is read. */
  readonly today?: Moment | undefined
}

const recordOptions = z.strictObject({ today: z.string().max(120).optional() })

const readOptions = (options: RecordOptions | undefined): { today?: string | undefined } =>
  options === undefined
    ? {}
    : parseAs(recordOptions, options, 'options', (context) => deadlinesError('PHI_DEADLINES_OPTIONS', context))

/**
 * A request as it is received. The clock of the law runs from here, whatever is verified later (S126).
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION, PHI_DEADLINES_RANGE
 */
export function openRequest(opening: RequestOpening, options?: RecordOptions): IndividualRequest {
  const read = parseFrozen(openingSchema, opening, 'opening')
  const zone = read.timeZone === undefined ? undefined : zoneOf(read.timeZone)
  const received = readMoment(read.received, zone, 'opening.received')
  const today = readToday(readOptions(options).today, zone)
  const wrong = (detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path: 'opening', detail })
  if (today && isBefore(today, received)) throw wrong('the request is received in the future')
  if (read.kind === 'accounting' && read.previous != null) {
    if (isBefore(received, readMoment(read.previous, zone, 'opening.previous')))
      throw wrong('the previous request is the later one')
  }
  // Every period of this part ends within a year, and six years of documentation follow: a date that cannot be kept is refused now.
  addMonths(received.day, 12 * 8, 'later')
  return makeRequest(
    { id: read.id, kind: read.kind, state: 'received', received: dateOf(received), opening: read, log: [] },
    { zone, timeline: { first: received, latest: received }, happened: [], failedExtensions: [] },
  )
}

function verdict(
  request: IndividualRequest,
  event: RequestEvent,
  at: ReadMoment,
  today: ReadMoment | undefined,
): RequestRefusal | undefined {
  const { kind, state, log } = request
  const { timeline } = insideOf(request)
  if (log.length >= MAX_ENTRIES) return refuse('too-many')
  const untimely = timeRefusal(timeline, at, today)
  if (untimely) return refuse(untimely)
  if (event.type === 'reason-asked' && request.opening.kind === 'confidential-communication') {
    return refuse(request.opening.entity === 'provider' ? 'may-not-ask-why' : 'only-the-statement')
  }
  if (!belongsTo(kind, event.type)) return refuse('not-for-this-kind')
  if (!transitionOf(kind, state, event.type)) {
    const again = event.type === 'extension-stated' && (state === 'extended' || state === 'verified-and-extended')
    return refuse(again ? 'already-extended' : 'not-in-this-state')
  }
  return guard(request, event, at)
}

/** Refusals of statements for their place in the history, and not for what they say. */
const untimely = new Set([
  'before-the-beginning',
  'out-of-order',
  'in-the-future',
  'too-many',
  'not-in-this-state',
  'not-for-this-kind',
])

/**
 * The request after an event. An event that is refused changes nothing but the log, where it stands with the reason.
 * @throws PhiError PHI_DEADLINES_FACTS for an event of the wrong form, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_OPTIONS;
 *   the request that was passed in stands as it was
 */
export function applyRequestEvent(request: IndividualRequest, event: RequestEvent, options?: RecordOptions): RequestStep {
  const inside = insideOf(request)
  const read = parseFrozen(eventSchema, event, 'event')
  const { today } = readOptions(options)
  const at = readMoment(read.at, inside.zone, 'event.at')
  const refusal = verdict(request, read, at, readToday(today, inside.zone))
  const entry: RequestEntry = freeze({
    event: read,
    ...(today !== undefined && { today }),
    ...(refusal && { refused: refusal }),
  })
  const happened = { event: read, at }
  if (refusal) {
    // A full log takes no more; nothing that stands in it is given up for the new line.
    if (refusal.reason === 'too-many') return Object.freeze({ accepted: false, request, refusal })
    const failed = read.type === 'extension-stated' && !untimely.has(refusal.reason) && !promisesThePast(read, at)
    const failedExtensions = failed
      ? [...inside.failedExtensions, happened as Inside['failedExtensions'][number]]
      : inside.failedExtensions
    const after = makeRequest({ ...request, log: [...request.log, entry] }, { ...inside, failedExtensions })
    return Object.freeze({ accepted: false, request: after, refusal })
  }
  const { to } = transitionOf(request.kind, request.state, read.type) as NonNullable<ReturnType<typeof transitionOf>>
  const after = makeRequest(
    { ...request, state: to === 'same' ? request.state : to, log: [...request.log, entry] },
    { ...inside, timeline: advance(inside.timeline, at), happened: [...inside.happened, happened as Happened] },
  )
  return Object.freeze({ accepted: true, request: after })
}

type Inside = ReturnType<typeof insideOf>

/**
 * The request from its opening and its log, as they were kept. Refused entries are tried again and must be refused again for the
 * same reason.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION when an entry does not replay as it was recorded; else as `openRequest`, `applyRequestEvent`
 */
export function replayRequest(opening: RequestOpening, log: readonly RequestEntry[]): IndividualRequest {
  let request = openRequest(opening)
  if (!Array.isArray(log)) throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'log', detail: 'must be a list of entries' })
  for (const [index, entry] of (log as readonly RequestEntry[]).entries()) {
    if (typeof entry !== 'object' || entry === null) {
      throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'log.*', detail: 'must be an entry' })
    }
    const step = applyRequestEvent(request, entry.event, entry.today === undefined ? undefined : { today: entry.today })
    requireSame(index, entry.refused?.reason, step.accepted ? undefined : step.refusal.reason)
    request = step.request
  }
  return request
}

/** The events that the table allows next. Each may still be refused for what it says. */
export const nextEvents = (request: IndividualRequest): readonly RequestEventType[] =>
  requestEventTypes.filter((type) => transitionOf(request.kind, request.state, type) !== undefined)

/** Whether the request still waits for its answer. */
export const isOpenRequest = (request: IndividualRequest): boolean => isOpen(request.state)
