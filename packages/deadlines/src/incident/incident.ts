import { parseAs } from '@phi/core'
import * as z from 'zod'
import { addYears, parseDay } from '../calendar/civil-date.ts'
import { type Moment, type ReadMoment, readMoment, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { freeze } from '../freeze.ts'
import { advance, dateOf, isBefore, MAX_ENTRIES, parseFrozen, readToday, requireSame, timeRefusal } from '../machine/history.ts'
import type { IncidentGroup } from './deadlines.ts'
import {
  eventSchema,
  type IncidentEvent,
  type IncidentEventType,
  type IncidentOpening,
  incidentEventTypes,
  openingSchema,
} from './events.ts'
import { guard } from './guards.ts'
import { discoveryOf, type Incident, type IncidentEntry, insideOf, makeIncident } from './record.ts'
import { type IncidentRefusal, refuse } from './refusals.ts'
import { belongsTo, transitionOf } from './transitions.ts'

/** What became of an event. Both have the incident as it stands afterwards. */
export type IncidentStep =
  | { readonly accepted: true; readonly incident: Incident }
  | { readonly accepted: false; readonly incident: Incident; readonly refusal: IncidentRefusal }

export interface IncidentRecordOptions {
  /** The day or instant of recording. With it, events of the future are refused. No clock is read. */
  readonly today?: Moment | undefined
  /** The groups of rules beside the federal ones. Read when the incident is closed. */
  readonly groups?: readonly IncidentGroup[] | undefined
}

const recordOptions = z.strictObject({ today: z.string().max(120).optional(), groups: z.array(z.unknown()).max(50).optional() })

function readOptions(options: IncidentRecordOptions | undefined): {
  today: string | undefined
  groups: readonly IncidentGroup[]
} {
  if (options === undefined) return { today: undefined, groups: [] }
  const { today } = parseAs(recordOptions, options, 'options', (context) => deadlinesError('PHI_DEADLINES_OPTIONS', context))
  return { today, groups: options.groups ?? [] }
}

function refuseContradictions(opening: IncidentOpening, at: ReadMoment, today: ReadMoment | undefined): void {
  const wrong = (path: string, detail: string) =>
    deadlinesError('PHI_DEADLINES_CONTRADICTION', { path: `opening.${path}`, detail })
  if (today && isBefore(today, at)) throw wrong('at', 'the incident is recorded in the future')
  const zone = opening.timeZone === undefined ? undefined : zoneOf(opening.timeZone)
  for (const { on } of opening.knowledge ?? []) {
    if (isBefore(at, readMoment(on, zone, 'opening.knowledge.*.on'))) {
      throw wrong('knowledge', 'somebody knew of the incident only after it was recorded')
    }
  }
  if (opening.occurred != null && parseDay(opening.occurred) > at.day)
    throw wrong('occurred', 'it happened after it was recorded')
  const sum = Object.values(opening.residents ?? {}).reduce((total: number, each) => total + (each ?? 0), 0)
  if (opening.individuals != null && opening.individuals < sum) {
    throw wrong('individuals', 'there are fewer individuals in total than residents of the States that are named')
  }
}

/**
 * An incident as it is first recorded. It is presumed to be a breach, and the clocks run from discovery, which is the day of this
 * record or an earlier day on which somebody knew, or would have known.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION, PHI_DEADLINES_RANGE
 */
export function openIncident(opening: IncidentOpening, options?: { readonly today?: Moment | undefined }): Incident {
  const read = parseFrozen(openingSchema, opening, 'opening')
  const zone = read.timeZone === undefined ? undefined : zoneOf(read.timeZone)
  const at = readMoment(read.at, zone, 'opening.at')
  refuseContradictions(read, at, readToday(readOptions(options).today, zone))
  // The last date of this part is some years off: one that the calendar does not have is refused now, and not when it is needed.
  addYears(at.day, 12, 'later')
  return makeIncident(
    {
      id: read.id,
      role: read.role,
      state: 'suspected',
      discovered: dateOf(discoveryOf(read, [], zone).at),
      opening: read,
      log: [],
    },
    { zone, timeline: { first: at, latest: at }, happened: [] },
  )
}

function verdict(
  incident: Incident,
  event: IncidentEvent,
  at: ReadMoment,
  today: ReadMoment | undefined,
  groups: readonly IncidentGroup[],
): IncidentRefusal | undefined {
  const { role, state, log } = incident
  if (log.length >= MAX_ENTRIES) return refuse('too-many')
  const untimely = timeRefusal(insideOf(incident).timeline, at, today)
  if (untimely) return refuse(untimely)
  if (!belongsTo(role, event.type)) return refuse('not-for-this-role')
  if (!transitionOf(role, state, event.type)) return refuse('not-in-this-state')
  return guard(incident, event, at, groups)
}

/**
 * The incident after an event. An event that is refused changes nothing but the log, where it stands with the reason.
 * @throws PhiError PHI_DEADLINES_FACTS for an event of the wrong form, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_OPTIONS;
 *   the incident that was passed in stands as it was
 */
export function applyIncidentEvent(incident: Incident, event: IncidentEvent, options?: IncidentRecordOptions): IncidentStep {
  const inside = insideOf(incident)
  const read = parseFrozen(eventSchema, event, 'event')
  const { today, groups } = readOptions(options)
  const at = readMoment(read.at, inside.zone, 'event.at')
  const refusal = verdict(incident, read, at, readToday(today, inside.zone), groups)
  // A full log takes no more; nothing that stands in it is given up for the new line.
  if (refusal?.reason === 'too-many' && incident.log.length >= MAX_ENTRIES) {
    return Object.freeze({ accepted: false, incident, refusal })
  }
  const entry: IncidentEntry = freeze({
    event: read,
    ...(today !== undefined && { today }),
    ...(refusal && { refused: refusal }),
  })
  const log = [...incident.log, entry]
  if (refusal) return Object.freeze({ accepted: false, incident: makeIncident({ ...incident, log }, inside), refusal })
  const { to } = transitionOf(incident.role, incident.state, read.type) as NonNullable<ReturnType<typeof transitionOf>>
  const happened = [...inside.happened, { event: read, at }]
  const after = makeIncident(
    {
      ...incident,
      state: to === 'same' ? incident.state : to,
      discovered: dateOf(discoveryOf(incident.opening, happened, inside.zone).at),
      log,
    },
    { ...inside, timeline: advance(inside.timeline, at), happened },
  )
  return Object.freeze({ accepted: true, incident: after })
}

/**
 * The incident from its opening and its log, as they were kept. Refused entries are tried again and must be refused again for the
 * same reason. Where it was closed, the groups of rules are needed as they were then.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION when an entry does not replay as it was recorded; else as `openIncident`,
 *   `applyIncidentEvent`
 */
export function replayIncident(
  opening: IncidentOpening,
  log: readonly IncidentEntry[],
  options: { readonly groups?: readonly IncidentGroup[] | undefined } = {},
): Incident {
  let incident = openIncident(opening)
  if (!Array.isArray(log)) throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'log', detail: 'must be a list of entries' })
  for (const [index, entry] of (log as readonly IncidentEntry[]).entries()) {
    if (typeof entry !== 'object' || entry === null) {
      throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'log.*', detail: 'must be an entry' })
    }
    const step = applyIncidentEvent(incident, entry.event, {
      ...(entry.today !== undefined && { today: entry.today }),
      ...(options.groups && { groups: options.groups }),
    })
    requireSame(index, entry.refused?.reason, step.accepted ? undefined : step.refusal.reason)
    incident = step.incident
  }
  return incident
}

/** The events that the table allows next. Each may still be refused for what it says. */
export const nextIncidentEvents = (incident: Incident): readonly IncidentEventType[] =>
  incidentEventTypes.filter((type) => transitionOf(incident.role, incident.state, type) !== undefined)
