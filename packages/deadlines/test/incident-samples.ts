// Only for the tests: one valid event of each type, and a way into each state.
import { breachExclusions, type RiskAssessment, securedConditions } from '../src/incident/assessment.ts'
import type { IncidentEvent, IncidentEventType, IncidentOpening } from '../src/incident/events.ts'
import { applyIncidentEvent, openIncident } from '../src/incident/incident.ts'
import { noticeChecklists } from '../src/incident/notice-items.ts'
import type { Incident } from '../src/incident/record.ts'
import type { IncidentRole, IncidentState } from '../src/incident/transitions.ts'

const recorded = '2026-05-04'

export const openingOf = (role: IncidentRole): IncidentOpening => ({
  id: 'incident-1',
  role,
  at: recorded,
  timeZone: 'America/New_York',
  individuals: 480,
  residents: { OH: 480 },
})

const weighed = { weighs: 'lower', basis: 'see memo' } as const
export const fullAssessment: RiskAssessment = {
  nature: { identifiers: ['initials'], reIdentification: 'unlikely', ...weighed },
  person: { who: 'another covered provider', ...weighed },
  acquired: { acquiredOrViewed: 'no', ...weighed },
  mitigation: { extent: 'returned unopened, with a written assurance', ...weighed },
}

const idsOf = (addressee: keyof typeof noticeChecklists): string[] => noticeChecklists[addressee].map(({ id }) => id)

/** A valid event of a type on a day. */
export function sampleOf(role: IncidentRole, type: IncidentEventType, at: string): IncidentEvent {
  const base = { at, by: 'privacy-office', document: `doc-${type}` }
  switch (type) {
    case 'knowledge-found':
      return { ...base, type, knowledge: { by: 'workforce', on: recorded, how: 'knew' } }
    case 'headcount-revised':
      return { ...base, type, individuals: 480 }
    case 'milestone':
      return { ...base, type, which: 'confirmed', on: at }
    case 'law-enforcement-stated':
      return { ...base, type, form: 'written', until: at }
    case 'investigated':
      return {
        ...base,
        type,
        scope: 'one mailbox',
        categories: ['diagnoses'],
        individuals: 480,
        intent: 'careless',
        occurred: '2026-05-01',
      }
    case 'assessed':
      return { ...base, type, finding: 'low-probability-of-compromise', factors: fullAssessment, documented: true }
    case 'excluded': {
      const exclusion = breachExclusions[0] as (typeof breachExclusions)[number]
      return {
        ...base,
        type,
        exclusion: exclusion.id,
        confirmed: [...exclusion.conditions],
        basis: 'see memo',
        documented: true,
      }
    }
    case 'secured':
      return { ...base, type, confirmed: [...securedConditions], basis: 'see memo', documented: true }
    case 'described':
      return {
        ...base,
        type,
        content: {
          whatHappened: 'A mailbox was read by a stranger.',
          steps: 'Watch your statements.',
          investigating: 'A forensic firm was engaged.',
          mitigating: 'Access was closed.',
          protecting: 'A second factor is now required.',
          contact: { tollFree: '800-555-0100' },
          plainLanguage: true,
          individualsList: 'list-7',
        },
      }
    case 'notified':
      return role === 'covered-entity'
        ? { ...base, type, addressee: 'individuals', method: 'first-class mail', reached: 480, contains: idsOf('individuals') }
        : { ...base, type, addressee: 'covered-entity', method: 'e-mail', contains: idsOf('covered-entity') }
    case 'supplemented':
      return { ...base, type, contains: ['steps'] }
    case 'reported':
      return { ...base, type, individuals: 480, method: 'portal', contains: idsOf('secretary') }
    case 'post-incident-report':
      return { ...base, type, rootCause: 'no second factor', correctiveActions: [{ action: 'second factor', owner: 'it' }] }
    default:
      return { ...base, type }
  }
}

const done: readonly IncidentEventType[] = ['investigated', 'post-incident-report']

const ways: Readonly<Record<IncidentState, readonly IncidentEventType[]>> = {
  suspected: [],
  contained: ['contained'],
  assessed: ['contained', 'assessed'],
  notified: ['notified'],
  reported: ['notified', 'reported'],
  closed: ['notified', 'reported', ...done, 'closed'],
  reopened: ['assessed', 'finding-withdrawn'],
}

/** An incident of a role in a state, or `undefined` when that role never comes there. */
export function incidentIn(role: IncidentRole, state: IncidentState): Incident | undefined {
  let incident = openIncident(openingOf(role))
  for (const type of ways[state]) incident = applyIncidentEvent(incident, sampleOf(role, type, '2026-05-05')).incident
  return incident.state === state ? incident : undefined
}
