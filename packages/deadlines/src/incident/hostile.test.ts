import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { incidentIn, sampleOf } from '../../test/incident-samples.ts'
import { MAX_ENTRIES } from '../machine/history.ts'
import { documentationDue, incidentDeadlines } from './deadlines.ts'
import type { IncidentEvent, IncidentOpening } from './events.ts'
import { applyIncidentEvent, openIncident, replayIncident } from './incident.ts'
import { noticeDraft } from './notice-draft.ts'
import { headcount, type Incident, type IncidentEntry } from './record.ts'

const opening: IncidentOpening = { id: 'i1', role: 'covered-entity', at: '2026-05-04', individuals: 480 }
const secret = 'Jane Roe, HIV clinic'

async function fails(work: () => unknown): Promise<string> {
  const error = await refusal(work)
  expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain('Jane')
  return error.code
}

describe('what is not of the form', () => {
  it.each([
    ['an unknown role', { ...opening, role: secret }],
    ['an unknown key', { ...opening, [secret]: 1 }],
    ['a State that does not exist', { ...opening, residents: { [secret]: 1 } }],
    ['a State named __proto__', { ...opening, residents: JSON.parse('{"__proto__": 600}') }],
    ['a number that is none', { ...opening, individuals: Number.NaN }],
    ['half a person', { ...opening, individuals: 0.5 }],
    ['nobody', { ...opening, individuals: 0 }],
    ['fewer people than residents', { ...opening, residents: { OH: 481 } }],
    ['knowledge after the record', { ...opening, knowledge: [{ by: 'agent', on: '2026-05-05', how: 'knew' }] }],
    ['a breach after the record', { ...opening, occurred: '2026-05-05' }],
    ['an instant without a zone', { ...opening, at: '2026-05-04T10:00:00Z' }],
    ['a year that cannot be counted on from', { ...opening, at: '2395-01-01' }],
    ['nothing', undefined],
  ])('an opening with %s is refused, and none of its values is shown', async (_, value) => {
    expect(await fails(() => openIncident(value as never))).toMatch(/^PHI_DEADLINES_(FACTS|DATE|ZONE|RANGE|CONTRADICTION)$/)
  })

  it.each([
    ['an unknown type', { type: secret, at: '2026-05-05' }],
    ['an unknown key', { type: 'closed', at: '2026-05-05', note: secret }],
    ['an item that does not exist', { ...sampleOf('covered-entity', 'notified', '2026-05-05'), contains: [secret] }],
    ['the Secretary as addressee', { ...sampleOf('covered-entity', 'notified', '2026-05-05'), addressee: 'secretary' }],
    ['an exclusion that does not exist', { type: 'excluded', at: '2026-05-05', exclusion: 'constructor', confirmed: [] }],
    ['a delay despite nothing', { ...sampleOf('covered-entity', 'notified', '2026-05-05'), despiteDelay: false }],
    ['no day', { type: 'closed' }],
    ['a cycle', Object.assign({ type: 'closed', at: '2026-05-05' }, { self: undefined as unknown })],
  ])('an event with %s throws, and the incident stands as it was', async (name, value) => {
    if (name === 'a cycle') (value as { self: unknown }).self = value
    const incident = openIncident(opening)
    expect(await fails(() => applyIncidentEvent(incident, value as never))).toMatch(/^PHI_DEADLINES_(FACTS|DATE)$/)
    expect(incident).toEqual(openIncident(opening))
  })

  it('knows only incidents of its own making', async () => {
    const forged = JSON.parse(JSON.stringify(incidentIn('covered-entity', 'closed'))) as Incident
    for (const work of [
      () => incidentDeadlines(forged),
      () => documentationDue(forged),
      () => noticeDraft(forged, 'individuals'),
      () => headcount(forged),
      () => applyIncidentEvent(forged, { type: 'reopened', at: '2026-06-01' }),
      () => incidentDeadlines(undefined as never),
    ]) {
      expect(await fails(work)).toBe('PHI_DEADLINES_FACTS')
    }
  })

  it('what is planted on Object.prototype confirms nothing', () => {
    const planted = {
      documented: true,
      basis: 'x',
      by: 'x',
      weighs: 'lower',
      who: 'x',
      extent: 'x',
      reIdentification: 'unlikely',
    }
    const low: IncidentEvent = {
      type: 'assessed',
      at: '2026-05-05',
      finding: 'low-probability-of-compromise',
      factors: { nature: { identifiers: ['initials'] }, person: {}, acquired: { acquiredOrViewed: 'no' }, mitigation: {} },
    }
    const incident = openIncident(opening)
    try {
      Object.assign(Object.prototype, planted)
      const step = applyIncidentEvent(incident, low)
      expect(step.accepted ? [] : step.refusal.missing).toHaveLength(13)
    } finally {
      for (const key of Object.keys(planted)) delete (Object.prototype as Record<string, unknown>)[key]
    }
  })
})

describe('time and size', () => {
  it('an event of the past, of the future, or before the record is refused', () => {
    const incident = applyIncidentEvent(openIncident(opening), { type: 'contained', at: '2026-05-10' }).incident
    const reason = (at: string, today?: string) => {
      const step = applyIncidentEvent(incident, { type: 'contained', at }, today === undefined ? undefined : { today })
      return step.accepted ? 'accepted' : step.refusal.reason
    }
    expect(reason('2026-05-03')).toBe('before-the-beginning')
    expect(reason('2026-05-09')).toBe('out-of-order')
    expect(reason('2026-05-11', '2026-05-10')).toBe('in-the-future')
    expect(reason('2026-05-11', '2026-05-11')).toBe('accepted')
  })

  it('a question about a day before the last entry is refused', async () => {
    const incident = applyIncidentEvent(openIncident(opening), { type: 'contained', at: '2026-05-10' }).incident
    expect(await fails(() => incidentDeadlines(incident, { today: '2026-05-09' }))).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(await fails(() => documentationDue(incident, { today: '2026-05-09' }))).toBe('PHI_DEADLINES_CONTRADICTION')
  })

  it('a hundred statements, and a full log, leave the deadlines standing', () => {
    const event: IncidentEvent = { type: 'law-enforcement-stated', at: '2026-05-05', form: 'oral', documented: true }
    let incident = openIncident(opening)
    for (let i = 0; i < 100; i++) incident = applyIncidentEvent(incident, event).incident
    expect(applyIncidentEvent(incident, event)).toMatchObject({ accepted: false, refusal: { reason: 'too-many' } })
    expect(incidentDeadlines(incident, { today: '2026-08-01' })[0]).toMatchObject({
      duty: 'breach.individual',
      status: 'late',
      due: '2026-07-03',
    })
    while (incident.log.length < MAX_ENTRIES)
      incident = applyIncidentEvent(incident, { type: 'closed', at: '2026-05-06' }).incident
    const full = applyIncidentEvent(incident, sampleOf('covered-entity', 'assessed', '2026-05-07'))
    expect(full).toMatchObject({ accepted: false, refusal: { reason: 'too-many' } })
    expect(full.incident).toBe(incident)
    expect(incidentDeadlines(incident, { today: '2026-08-01' })[0]).toMatchObject({ status: 'late' })
  }, 120_000)
})

describe('replay', () => {
  it('gives the same incident from plain data, and refuses a log that was changed', async () => {
    const incident = incidentIn('covered-entity', 'closed') as Incident
    const log = JSON.parse(JSON.stringify(incident.log)) as IncidentEntry[]
    expect(replayIncident(JSON.parse(JSON.stringify(incident.opening)), log)).toEqual(incident)
    expect(await fails(() => replayIncident(incident.opening, log.slice(1)))).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(await fails(() => replayIncident(incident.opening, log.toReversed()))).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(
      await fails(() => replayIncident({ ...incident.opening, individuals: 900 }, log.slice(0, 1).concat(log.slice(2)))),
    ).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(await fails(() => replayIncident(incident.opening, {} as never))).toBe('PHI_DEADLINES_FACTS')
  })
})
