import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { sampleOf } from '../../test/incident-samples.ts'
import { contractClock, contractGroup } from '../contract/index.ts'
import { stateBreachNotice } from '../state/index.ts'
import { closingBlocks } from './closing.ts'
import { incidentDeadlines } from './deadlines.ts'
import type { IncidentEvent, IncidentOpening } from './events.ts'
import { applyIncidentEvent, openIncident, replayIncident } from './incident.ts'

/** What a physical-therapy platform states: 72 hours from discovery in one place, from confirmation in another. */
const clause = (id: string, starts: 'discovery' | 'confirmation', label: string) =>
  contractClock({
    id,
    title: 'Notify the customer',
    agreement: 'Business associate agreement',
    clause: label,
    addressee: 'covered-entity',
    starts,
    within: { hours: 72 },
    metBy: 'notifiedCustomer',
    from: '2026-01-01',
    confirmation: 'text-seen',
    asOf: '2026-11-21',
  })

const agreement = contractGroup({
  id: 'agreement-1',
  ruleset: { id: 'agreements/2026', asOf: '2026-11-21' },
  clocks: [clause('within-72-of-discovery', 'discovery', '4.1'), clause('within-72-of-confirmation', 'confirmation', '4.2')],
})

const opening: IncidentOpening = {
  id: 'i1',
  role: 'business-associate',
  at: '2026-05-04T09:00:00-04:00',
  timeZone: 'America/New_York',
  individuals: 10,
  groups: ['agreement-1'],
}
const groups = [{ group: agreement }]
const apply = (incident: ReturnType<typeof openIncident>, event: IncidentEvent) =>
  applyIncidentEvent(incident, event, { groups }).incident

describe('clocks of agreements', () => {
  it('S99 S134 C1 run beside the law, each from its own event', () => {
    const incident = openIncident(opening)
    const of = (today: string) =>
      incidentDeadlines(incident, { groups, today }).map(({ rule, status, due, planFor }) => [rule, status, due ?? planFor])
    expect(of('2026-05-05T09:00:00-04:00')).toEqual([
      ['breach.business-associate', 'due', '2026-07-03'],
      ['within-72-of-discovery', 'due', '2026-05-07'],
      ['within-72-of-confirmation', 'pending-facts', '2026-05-07'],
    ])
    const confirmed = apply(incident, {
      type: 'milestone',
      which: 'confirmed',
      on: '2026-05-06T09:00:00-04:00',
      at: '2026-05-06T09:00:00-04:00',
    })
    expect(incidentDeadlines(confirmed, { groups }).find(({ rule }) => rule === 'within-72-of-confirmation')).toMatchObject({
      status: 'due',
      due: '2026-05-09',
    })
  })

  it('S99 one notice to the covered entity meets the law and the agreement, also before confirmation', () => {
    let incident = apply(openIncident(opening), sampleOf('business-associate', 'notified', '2026-05-05T09:00:00-04:00'))
    incident = apply(incident, {
      type: 'milestone',
      which: 'confirmed',
      on: '2026-05-06T09:00:00-04:00',
      at: '2026-05-06T09:00:00-04:00',
    })
    expect(incidentDeadlines(incident, { groups }).map(({ status }) => status)).toEqual(['met', 'met', 'met'])
  })

  it('an incident is not closed without asking the groups that were said to apply', () => {
    let incident = openIncident(opening)
    for (const type of ['notified', 'investigated', 'post-incident-report'] as const) {
      const event = sampleOf('business-associate', type, '2026-05-06T09:00:00-04:00')
      incident = apply(incident, event.type === 'investigated' ? { ...event, individuals: 10 } : event)
    }
    const close: IncidentEvent = { type: 'closed', at: '2026-05-08T09:00:00-04:00' }
    expect(applyIncidentEvent(incident, close)).toMatchObject({
      accepted: false,
      refusal: { missing: ['group-not-asked:agreement-1'] },
    })
    const closed = applyIncidentEvent(incident, close, { groups })
    expect(closed.accepted).toBe(true)
    expect(replayIncident(opening, JSON.parse(JSON.stringify(closed.incident.log)), { groups })).toEqual(closed.incident)
  })

  it('a finding of no breach ends the duties of the law, and not those of an agreement', () => {
    const cleared = apply(openIncident(opening), sampleOf('business-associate', 'assessed', '2026-05-05T09:00:00-04:00'))
    const blocks = closingBlocks(cleared, { groups, today: '2026-05-05T10:00:00-04:00' })
    expect(blocks.map(({ which }) => which)).toEqual(['within-72-of-discovery', 'within-72-of-confirmation'])
  })

  it('a notice meets one of two duties to the same addressee only where it says which', () => {
    const clock = (id: string, metBy: string) =>
      contractClock({
        id,
        title: 'Tell the customer',
        agreement: 'Business associate agreement',
        clause: '5.1',
        addressee: 'customer',
        starts: 'discovery',
        within: { hours: 24 },
        metBy,
        from: '2026-01-01',
        confirmation: 'text-seen',
        asOf: '2026-11-21',
      })
    const group = contractGroup({
      id: 'agreement-2',
      ruleset: { id: 'agreements/2026', asOf: '2026-11-21' },
      clocks: [clock('call', 'called'), clock('report', 'reported')],
    })
    const told = (meets?: string[]) => {
      const event: IncidentEvent = {
        type: 'notified',
        at: '2026-05-04T10:00:00-04:00',
        addressee: 'customer',
        method: 'telephone',
        contains: [],
        ...(meets && { meets }),
      }
      const deadlines = incidentDeadlines(apply(openIncident(opening), event), { groups: [{ group }] })
      return deadlines.filter(({ addressee }) => addressee === 'customer').map(({ rule, status }) => `${rule} ${status}`)
    }
    expect(told()).toEqual(['call due', 'report due'])
    expect(told(['called']).toSorted()).toEqual(['call met', 'report due'])
    expect(told(['called', 'reported'])).toEqual(['call met', 'report met'])
    expect(told(['constructor'])).toEqual(['call due', 'report due'])
  })

  it('a group is given nothing that the history says itself', async () => {
    const incident = openIncident(opening)
    for (const facts of [
      { discovered: '2026-05-05' },
      { finding: 'secured' },
      { lawEnforcement: [] },
      { confirmed: '2026-05-09' },
    ]) {
      const error = await refusal(() => incidentDeadlines(incident, { groups: [{ group: agreement, facts }] }))
      expect(error.code).toBe('PHI_DEADLINES_FACTS')
    }
    for (const wrong of ['agreement', [undefined], [{}], [{ group: 'agreement-1' }]]) {
      const error = await refusal(() => incidentDeadlines(incident, { groups: wrong as never }))
      expect(error.code).toMatch(/^PHI_DEADLINES_(OPTIONS|RULE)$/)
    }
  })
})

describe('State laws', () => {
  const california: IncidentOpening = {
    id: 'i2',
    role: 'covered-entity',
    at: '2026-05-04',
    individuals: 600,
    residents: { CA: 600 },
  }
  const states = [{ group: stateBreachNotice() }]
  const open = (incident: ReturnType<typeof openIncident>) =>
    incidentDeadlines(incident, { groups: states, today: '2026-06-01' })
      .filter(({ jurisdiction, status }) => jurisdiction === 'CA' && status !== 'not-applicable' && status !== 'not-in-force')
      .map(({ addressee, status }) => `${addressee} ${status}`)

  it('S8 a federal notice to individuals is not taken for the one that a State asks for', () => {
    const told = applyIncidentEvent(openIncident(california), {
      ...sampleOf('covered-entity', 'notified', '2026-05-20'),
      reached: 600,
    } as IncidentEvent).incident
    expect(incidentDeadlines(told).find(({ duty }) => duty === 'breach.individual')).toMatchObject({ status: 'met' })
    const residents = open(told).filter((each) => each.startsWith('residents'))
    expect(residents.length).toBeGreaterThan(0)
    expect(residents.every((each) => !each.endsWith('met'))).toBe(true)
    const state = applyIncidentEvent(told, {
      type: 'notified',
      at: '2026-05-21',
      addressee: 'residents',
      jurisdiction: 'CA',
      reached: 600,
      method: 'first-class mail',
      contains: [],
      meets: ['notifiedResidents'],
    }).incident
    expect(
      open(state)
        .filter((each) => each.startsWith('residents'))
        .some((each) => each.endsWith('met')),
    ).toBe(true)
  })
})
