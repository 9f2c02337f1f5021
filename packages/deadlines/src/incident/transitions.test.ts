import { describe, expect, it } from 'vitest'
import { incidentIn, sampleOf } from '../../test/incident-samples.ts'
import { incidentDeadlines } from './deadlines.ts'
import { type IncidentEventType, incidentEventTypes } from './events.ts'
import { applyIncidentEvent, nextIncidentEvents } from './incident.ts'
import type { Incident } from './record.ts'
import { type IncidentState, incidentRoles, incidentStates, incidentTransitions, transitionOf } from './transitions.ts'

/** What a valid event of the table may still lack in the history, and so be refused with this reason. */
function lacking(state: IncidentState, type: IncidentEventType): string | undefined {
  if (type === 'finding-withdrawn' && state !== 'assessed') return 'no-finding-to-withdraw'
  if (type === 'supplemented' && state === 'reopened') return 'nothing-to-follow'
  // No state but "assessed", which holds a finding of no breach, comes to its end without a report.
  return type === 'closed' && state !== 'assessed' ? 'still-open' : undefined
}

describe('the table of transitions', () => {
  it('S8 S31 every role, state and event: what the table allows leads on, the rest is refused with a reason', () => {
    let walked = 0
    let accepted = 0
    for (const role of incidentRoles) {
      for (const state of incidentStates) {
        const incident = incidentIn(role, state)
        // A business associate tells the covered entity, which tells the Secretary.
        expect(incident !== undefined, `${role} ${state}`).toBe(role === 'covered-entity' || state !== 'reported')
        if (!incident) continue
        for (const type of incidentEventTypes) {
          walked++
          const step = applyIncidentEvent(incident, sampleOf(role, type, '2026-05-06'))
          const row = transitionOf(role, state, type)
          const name = `${role} ${state} ${type}`
          if (row && lacking(state, type) === undefined) {
            accepted++
            expect(step.accepted ? 'accepted' : step.refusal.reason, name).toBe('accepted')
            expect(step.incident.state, name).toBe(row.to === 'same' ? state : row.to)
            continue
          }
          expect(step.accepted, name).toBe(false)
          if (step.accepted) continue
          expect(step.incident.state, name).toBe(state)
          if (row) expect(step.refusal.reason, name).toBe(lacking(state, type))
          else expect(['not-in-this-state', 'not-for-this-role'], name).toContain(step.refusal.reason)
        }
      }
    }
    expect(walked).toBe((7 + 6) * incidentEventTypes.length)
    const rows = incidentRoles.flatMap((role) =>
      incidentStates
        .filter((state) => incidentIn(role, state))
        .flatMap((state) =>
          incidentEventTypes.filter((type) => transitionOf(role, state, type) && lacking(state, type) === undefined),
        ),
    ).length
    expect(accepted).toBe(rows)
  })

  it('no two rows answer the same question', () => {
    for (const row of incidentTransitions) {
      for (const role of row.roles) {
        for (const from of row.from) {
          const same = incidentTransitions.filter(
            (other) => other.event === row.event && other.roles.includes(role) && other.from.includes(from),
          )
          expect(same, `${role} ${from} ${row.event}`).toEqual([row])
        }
      }
    }
  })

  it('EXC-01 the clock runs from discovery in every state without a finding', () => {
    for (const role of incidentRoles) {
      for (const state of incidentStates) {
        const incident = incidentIn(role, state)
        if (!incident) continue
        const [first] = incidentDeadlines(incident).filter(
          ({ duty }) => duty === 'breach.individual' || duty === 'breach.business-associate',
        )
        if (state === 'assessed') expect(first).toMatchObject({ status: 'not-applicable' })
        else if (state === 'notified' || state === 'reported' || state === 'closed') {
          expect(first).toMatchObject({ status: 'met', due: '2026-07-03' })
        } else expect(first).toMatchObject({ status: 'due', due: '2026-07-03' })
      }
    }
  })

  it('a closed incident can only be reopened', () => {
    expect(nextIncidentEvents(incidentIn('covered-entity', 'closed') as Incident)).toEqual(['reopened'])
  })
})
