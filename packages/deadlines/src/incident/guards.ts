import { formatCitation } from '@phi/core'
import { parseDay } from '../calendar/civil-date.ts'
import { type ReadMoment, readMoment } from '../calendar/zone.ts'
import { isBefore } from '../machine/history.ts'
import {
  breachExclusions,
  type ExclusionId,
  factorCitations,
  missingConditions,
  missingFactors,
  securedConditions,
} from './assessment.ts'
import { blockName, closingBlocks } from './closing.ts'
import { type IncidentGroup, isDelayed } from './deadlines.ts'
import type { EventOf, IncidentEvent } from './events.ts'
import { isPeople } from './met.ts'
import { checkNotice, type NoticeAddressee, type NoticeItemId, noticeChecklist } from './notice-items.ts'
import { allOf, discovery, findingOf, headcount, type Incident, insideOf } from './record.ts'
import { type IncidentRefusal, type IncidentRefusalReason, refuse } from './refusals.ts'

/** What an event itself must say. Its place in the history and in the table is checked before. */

const MAX_STATEMENTS = 100

function headcountOf(
  incident: Incident,
  event: EventOf<'headcount-revised'> | EventOf<'investigated'>,
): IncidentRefusal | undefined {
  const now = headcount(incident)
  const individuals = event.individuals === undefined ? now.individuals : event.individuals
  const residents = event.type === 'headcount-revised' && event.residents !== undefined ? event.residents : now.residents
  const sum = Object.values(residents ?? {}).reduce((total: number, each) => total + (each ?? 0), 0)
  return individuals !== null && individuals < sum ? refuse('headcount-contradictory') : undefined
}

function lawEnforcement(
  incident: Incident,
  event: EventOf<'law-enforcement-stated'>,
  at: ReadMoment,
): IncidentRefusal | undefined {
  if (allOf(incident, 'law-enforcement-stated').length >= MAX_STATEMENTS) return refuse('too-many')
  if (event.until == null) return undefined
  return event.form === 'oral' || parseDay(event.until) < at.day ? refuse('delay-contradictory') : undefined
}

function assessed(event: EventOf<'assessed'>): IncidentRefusal | undefined {
  if (event.finding === 'breach') return undefined
  const missing = [...missingFactors(event.factors), ...undocumented(event)]
  return missing.length > 0
    ? refuse('assessment-incomplete', { missing, citations: ['45 CFR 164.414(b)', ...factorCitations] })
    : undefined
}

/** 164.414(b), 164.530(j)(1)(iv): whoever claims that there was no breach has to show it. */
const undocumented = (event: {
  readonly documented?: boolean | null | undefined
  readonly by?: string | undefined
}): string[] => [...(event.documented === true ? [] : ['documented']), ...(event.by === undefined ? ['by'] : [])]

function withConditions(
  event: EventOf<'excluded'> | EventOf<'secured'>,
  conditions: readonly string[],
  reason: IncidentRefusalReason,
  citations: readonly string[],
): IncidentRefusal | undefined {
  const missing = [...conditions, ...(event.basis === undefined ? ['basis'] : []), ...undocumented(event)]
  return missing.length > 0 ? refuse(reason, { missing, citations }) : undefined
}

/** Whether the content is there, where the federal text says what it must be. */
function content(
  addressee: string,
  event: { readonly contains: readonly string[]; readonly notPossible?: readonly string[] | undefined },
  follows: readonly string[] = [],
): IncidentRefusal | undefined {
  if (!noticeChecklist(addressee)) return undefined
  const missing = checkNotice({
    addressee: addressee as NoticeAddressee,
    contains: event.contains as readonly NoticeItemId[],
    notPossible: (event.notPossible ?? []) as readonly NoticeItemId[],
  }).filter(({ id, mayFollow }) => !(mayFollow && follows.includes(id)))
  if (missing.length === 0) return undefined
  return refuse('content-incomplete', {
    missing: missing.map(({ id }) => id),
    citations: [...new Set(missing.map(({ citation }) => formatCitation(citation)))],
  })
}

const delayed = (incident: Incident, event: EventOf<'notified'> | EventOf<'reported'>): IncidentRefusal | undefined =>
  event.despiteDelay !== true && isDelayed(incident, event.at) ? refuse('delay-in-effect') : undefined

function notified(incident: Incident, event: EventOf<'notified'>): IncidentRefusal | undefined {
  const { addressee } = event
  if (isPeople(addressee) && event.reached === undefined) return refuse('number-reached-not-given')
  if (addressee === 'media' && event.jurisdiction === undefined) return refuse('jurisdiction-not-given')
  return content(addressee, event, event.toFollow) ?? (noticeChecklist(addressee) ? delayed(incident, event) : undefined)
}

function closed(incident: Incident, event: EventOf<'closed'>, groups: readonly IncidentGroup[]): IncidentRefusal | undefined {
  const blocks = closingBlocks(incident, { today: event.at, groups })
  return blocks.length > 0 ? refuse('still-open', { missing: blocks.map(blockName) }) : undefined
}

/** Why an event is refused for what it says, or `undefined`. */
export function guard(
  incident: Incident,
  event: IncidentEvent,
  at: ReadMoment,
  groups: readonly IncidentGroup[],
): IncidentRefusal | undefined {
  const { zone } = insideOf(incident)
  switch (event.type) {
    case 'knowledge-found':
      return isBefore(at, readMoment(event.knowledge.on, zone, 'event.knowledge.on'))
        ? refuse('later-than-the-entry')
        : undefined
    case 'milestone': {
      const on = readMoment(event.on, zone, 'event.on')
      if (isBefore(at, on)) return refuse('later-than-the-entry')
      return isBefore(on, discovery(incident).at) ? refuse('before-discovery') : undefined
    }
    case 'headcount-revised':
      return headcountOf(incident, event)
    case 'investigated':
      if (event.occurred != null && parseDay(event.occurred) > at.day) return refuse('later-than-the-entry')
      return headcountOf(incident, event)
    case 'law-enforcement-stated':
      return lawEnforcement(incident, event, at)
    case 'assessed':
      return assessed(event)
    case 'excluded': {
      const id = event.exclusion as ExclusionId
      const { citation } = breachExclusions.find((each) => each.id === id) as (typeof breachExclusions)[number]
      return withConditions(event, missingConditions(id, event.confirmed), 'exclusion-incomplete', [
        formatCitation(citation),
        '45 CFR 164.414(b)',
      ])
    }
    case 'secured': {
      const missing = securedConditions.filter((each) => !event.confirmed.includes(each))
      return withConditions(event, missing, 'not-shown-to-be-secured', ['45 CFR 164.402', '45 CFR 164.414(b)'])
    }
    case 'finding-withdrawn':
      return findingOf(incident) === undefined ? refuse('no-finding-to-withdraw') : undefined
    case 'notified':
      return notified(incident, event)
    case 'reported':
      return content('secretary', event) ?? delayed(incident, event)
    case 'supplemented':
      return allOf(incident, 'notified').some((each) => each.event.addressee === 'covered-entity')
        ? undefined
        : refuse('nothing-to-follow')
    case 'post-incident-report': {
      const missing = [
        ...(event.rootCause === undefined ? ['root-cause'] : []),
        ...(event.correctiveActions?.length ? [] : ['corrective-actions']),
      ]
      return missing.length > 0 ? refuse('report-incomplete', { missing }) : undefined
    }
    case 'closed':
      return closed(incident, event, groups)
    default:
      return undefined
  }
}

/** What was done against the text and is on record: notices given while a delay was in effect. */
export function irregularities(incident: Incident): readonly { readonly what: 'notice-despite-delay'; readonly at: string }[] {
  return [...allOf(incident, 'notified'), ...allOf(incident, 'reported')]
    .filter(({ event }) => event.despiteDelay === true)
    .map(({ event }) => ({ what: 'notice-despite-delay', at: event.at }))
}
