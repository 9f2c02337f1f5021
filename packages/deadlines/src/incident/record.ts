import type { CivilDate } from '../calendar/civil-date.ts'
import type { Moment, ReadMoment, Zone } from '../calendar/zone.ts'
import { readMoment } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Entry, Timeline } from '../machine/history.ts'
import { isBefore } from '../machine/history.ts'
import type { LawEnforcementStatement } from '../rule/facts.ts'
import type { EventOf, IncidentContent, IncidentEvent, IncidentEventType, IncidentOpening } from './events.ts'
import type { NoticeItemId } from './notice-items.ts'
import type { IncidentRefusalReason } from './refusals.ts'
import type { IncidentRole, IncidentState } from './transitions.ts'

export type IncidentEntry = Entry<IncidentEvent, IncidentRefusalReason>

/**
 * An incident: how it was first recorded, everything that was tried since, and where it stands. Frozen; every event makes a new one.
 * It is plain data, and its `opening` and `log` are what to keep: `replayIncident` makes it again from them.
 */
export interface Incident {
  readonly id: string
  readonly role: IncidentRole
  readonly state: IncidentState
  /** The day of discovery in the zone of the obliged entity, as known now. */
  readonly discovered: CivilDate
  readonly opening: IncidentOpening
  /** Everything that was tried, in order; what was refused says why. */
  readonly log: readonly IncidentEntry[]
}

/** An accepted event with its moment as read. */
export interface Happened<Event extends IncidentEvent = IncidentEvent> {
  readonly event: Event
  readonly at: ReadMoment
}

export interface Inside {
  readonly zone: Zone | undefined
  readonly timeline: Timeline
  readonly happened: readonly Happened[]
}

// A symbol of the registry, so that an incident made by one copy of this module works with another.
const INSIDE: unique symbol = Symbol.for('@phi/deadlines/incident') as never

/** @throws PhiError PHI_DEADLINES_FACTS for anything that was not made by this package */
export function insideOf(incident: Incident): Inside {
  const inside = (incident as { [INSIDE]?: Inside } | null | undefined)?.[INSIDE]
  if (!inside) {
    throw deadlinesError('PHI_DEADLINES_FACTS', {
      path: 'incident',
      detail: 'make it with openIncident, or with replayIncident from its opening and log',
    })
  }
  return inside
}

export function makeIncident(data: Incident, inside: Inside): Incident {
  return Object.freeze(
    Object.defineProperty({ ...data, log: Object.freeze(data.log) }, INSIDE, { value: Object.freeze(inside) }),
  )
}

/** The accepted events of a type, in order. */
export function allOf<Type extends IncidentEventType>(incident: Incident, type: Type): readonly Happened<EventOf<Type>>[] {
  return insideOf(incident).happened.filter(({ event }) => event.type === type) as never
}

/** The last of them. */
export const lastOf = <Type extends IncidentEventType>(incident: Incident, type: Type): Happened<EventOf<Type>> | undefined =>
  allOf(incident, type).at(-1)

export interface Known {
  readonly text: Moment
  readonly at: ReadMoment
}

/** Which of two moments a clock runs from: the earlier; of one day, the one without a time, which begins with the day. */
const runsEarlier = (a: Known, b: Known): boolean =>
  isBefore(a.at, b.at) || (a.at.day === b.at.day && a.at.instant === undefined && b.at.instant !== undefined)

/**
 * Discovery: the first knowledge of a workforce member or agent other than the person who did it, 164.404(a)(2), 164.410(a)(2).
 * Whoever recorded the incident knew of it, so it is never unknown.
 */
export function discoveryOf(opening: IncidentOpening, happened: readonly Happened[], zone: Zone | undefined): Known {
  const found = happened.flatMap(({ event }) => (event.type === 'knowledge-found' ? [event.knowledge] : []))
  const imputed = [...(opening.knowledge ?? []), ...found].filter(({ by }) => by !== 'perpetrator').map(({ on }) => on)
  const known = [opening.at, ...imputed].map((text): Known => ({ text, at: readMoment(text, zone, 'knowledge.on') }))
  return known.reduce((first, next) => (runsEarlier(next, first) ? next : first))
}

export const discovery = (incident: Incident): Known => {
  const { happened, zone } = insideOf(incident)
  return discoveryOf(incident.opening, happened, zone)
}

export interface Headcount {
  /** Null: not known. */
  readonly individuals: number | null
  readonly residents: Readonly<Record<string, number | null>> | null
}

/** The number of people as known now. What a revision leaves out stays; null makes it unknown again. */
export function headcount(incident: Incident): Headcount {
  let { individuals = null, residents = null } = incident.opening
  for (const { event } of insideOf(incident).happened) {
    if (event.type !== 'headcount-revised' && event.type !== 'investigated') continue
    if (event.individuals !== undefined) individuals = event.individuals
    if (event.type === 'headcount-revised' && event.residents !== undefined) residents = event.residents
  }
  // An empty map says nothing of where people live.
  return { individuals, residents: residents && Object.keys(residents).length > 0 ? residents : null }
}

export type Finding = 'breach' | 'low-probability-of-compromise' | 'exclusion' | 'secured'

/** What the incident was found to be; `undefined` while nothing is found, and a breach is presumed. */
export function findingOf(incident: Incident): Finding | undefined {
  let finding: Finding | undefined
  for (const { event } of insideOf(incident).happened) {
    if (event.type === 'assessed') finding = event.finding
    if (event.type === 'excluded') finding = 'exclusion'
    if (event.type === 'secured') finding = 'secured'
    if (event.type === 'finding-withdrawn') finding = undefined
  }
  return finding
}

/** Whether a documented finding says that this is no breach. */
export function isNoBreach(incident: Incident): boolean {
  const finding = findingOf(incident)
  return finding !== undefined && finding !== 'breach'
}

export const milestones = (incident: Incident): Readonly<Partial<Record<EventOf<'milestone'>['which'], Moment>>> =>
  Object.fromEntries(allOf(incident, 'milestone').map(({ event }) => [event.which, event.on]))

export const lawEnforcementStatements = (incident: Incident): readonly LawEnforcementStatement[] =>
  allOf(incident, 'law-enforcement-stated').map(({ event }) => ({
    form: event.form,
    on: event.at,
    until: event.until,
    documented: event.documented,
  }))

/** What the investigation found so far (S133): each part as it was last said. */
export interface Investigation {
  readonly scope?: string
  readonly categories?: readonly string[]
  readonly individuals: number | null
  readonly intent?: NonNullable<EventOf<'investigated'>['intent']>
  /** The day on which it happened; null where it was found not to be known. */
  readonly occurred?: CivilDate | null
  /** The parts that are still open. */
  readonly missing: readonly ('scope' | 'categories' | 'individuals' | 'intent')[]
}

export function investigationOf(incident: Incident): Investigation {
  const found: Record<string, unknown> = {}
  if (incident.opening.occurred !== undefined) found.occurred = incident.opening.occurred
  for (const { event } of allOf(incident, 'investigated')) {
    for (const part of ['scope', 'categories', 'intent', 'occurred'] as const) {
      if (event[part] !== undefined) found[part] = event[part]
    }
  }
  const { individuals } = headcount(incident)
  const missing = (['scope', 'categories', 'intent'] as const).filter((part) => found[part] === undefined)
  return { ...found, individuals, missing: individuals === null ? [...missing, 'individuals'] : missing } as Investigation
}

/** What was said for notices, each part as it was last said. */
export function contentOf(incident: Incident): {
  readonly content: IncidentContent
  readonly notPossible: readonly NoticeItemId[]
} {
  const content: IncidentContent = {}
  const notPossible = new Set<string>()
  for (const { event } of allOf(incident, 'described')) {
    Object.assign(content, event.content)
    for (const each of event.notPossible ?? []) notPossible.add(each)
  }
  return { content, notPossible: [...notPossible] as NoticeItemId[] }
}

/** 164.410(c)(2): what the covered entity was told would follow, and has not had yet. */
export function toFollow(incident: Incident): readonly string[] {
  const open = new Set<string>()
  for (const { event } of insideOf(incident).happened) {
    if (event.type === 'notified' && event.addressee === 'covered-entity') {
      for (const each of event.contains) open.delete(each)
      for (const each of event.toFollow ?? []) if (!event.contains.includes(each)) open.add(each)
    }
    if (event.type === 'supplemented') for (const each of event.contains) open.delete(each)
  }
  return [...open]
}
