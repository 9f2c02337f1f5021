import { describe, expect, it } from 'vitest'
import { fullAssessment, incidentIn, openingOf, sampleOf } from '../../test/incident-samples.ts'
import { breachExclusions, missingFactors, riskFactors, securedConditions } from './assessment.ts'
import { closingBlocks } from './closing.ts'
import { documentationDue, incidentDeadlines } from './deadlines.ts'
import type { IncidentEvent, IncidentOpening } from './events.ts'
import { irregularities } from './guards.ts'
import { applyIncidentEvent, openIncident } from './incident.ts'
import { findingOf, headcount, type Incident, investigationOf } from './record.ts'
import { incidentRefusals } from './refusals.ts'

type Event<Type extends IncidentEvent['type']> = Extract<IncidentEvent, { type: Type }>

/** The incident after events that must all be accepted. */
function after(opening: IncidentOpening, ...events: IncidentEvent[]): Incident {
  let incident = openIncident(opening)
  for (const event of events) {
    const step = applyIncidentEvent(incident, event)
    if (!step.accepted) throw new Error(`refused: ${step.refusal.reason} ${step.refusal.missing?.join(' ')}`)
    incident = step.incident
  }
  return incident
}

const refused = (incident: Incident, event: IncidentEvent) => {
  const step = applyIncidentEvent(incident, event)
  return step.accepted ? undefined : step.refusal
}

const duty = (incident: Incident, name: string, today?: string) =>
  incidentDeadlines(incident, today === undefined ? undefined : { today }).find((each) => each.duty === name)

const entity: IncidentOpening = { id: 'i1', role: 'covered-entity', at: '2026-08-10', individuals: 480 }
const letter = (at: string, more: Partial<Event<'notified'>> = {}): IncidentEvent =>
  ({ ...sampleOf('covered-entity', 'notified', at), ...more }) as IncidentEvent

describe('discovery', () => {
  it('S8 S63 S158 starts the clocks with the record of the incident, and not with a later confirmation', () => {
    const incident = after(entity, { type: 'milestone', which: 'confirmed', on: '2026-09-01', at: '2026-09-01' })
    expect(duty(incident, 'breach.individual')).toMatchObject({ due: '2026-10-09', status: 'due' })
  })

  it('is the first knowledge of workforce or agent, found before or after, and never that of the perpetrator', () => {
    const found = (on: string, by: 'workforce' | 'agent' | 'perpetrator'): IncidentEvent => ({
      type: 'knowledge-found',
      at: '2026-08-20',
      knowledge: { by, on, how: 'would-have-known' },
    })
    expect(after(entity, found('2026-08-01', 'agent')).discovered).toBe('2026-08-01')
    expect(duty(after(entity, found('2026-08-01', 'agent')), 'breach.individual')).toMatchObject({ due: '2026-09-30' })
    expect(after(entity, found('2026-08-01', 'perpetrator')).discovered).toBe('2026-08-10')
    expect(after(entity, found('2026-08-15', 'workforce')).discovered).toBe('2026-08-10')
    expect(refused(openIncident(entity), found('2026-08-21', 'workforce'))?.reason).toBe('later-than-the-entry')
    expect(openIncident({ ...entity, knowledge: [{ by: 'workforce', on: '2026-08-02', how: 'knew' }] }).discovered).toBe(
      '2026-08-02',
    )
  })

  it('counts in the zone of the obliged entity', () => {
    const opening: IncidentOpening = { ...entity, at: '2026-08-01T03:00:00Z', timeZone: 'America/Los_Angeles' }
    expect(openIncident(opening).discovered).toBe('2026-07-31')
    expect(duty(openIncident(opening), 'breach.individual')).toMatchObject({ due: '2026-09-29' })
  })

  it('no milestone lies before it: who knew is recorded first', () => {
    const incident = openIncident(entity)
    const aware: IncidentEvent = { type: 'milestone', which: 'aware', on: '2026-08-09', at: '2026-08-11' }
    expect(refused(incident, aware)?.reason).toBe('before-discovery')
    expect(refused(incident, { ...aware, on: '2026-08-12' })?.reason).toBe('later-than-the-entry')
    expect(refused(incident, { ...aware, on: '2026-08-10' })).toBeUndefined()
  })
})

describe('the number of people', () => {
  it('S133 CNT-08 a revision from 480 to 530 moves the Secretary from the annual log to the same time as the individuals', () => {
    const before = openIncident(entity)
    expect(duty(before, 'breach.secretary')).toMatchObject({ rule: 'breach.secretary.fewer-than-500', due: '2027-03-01' })
    const revised = after(entity, { type: 'headcount-revised', at: '2026-09-20', individuals: 530 })
    expect(duty(revised, 'breach.secretary')).toMatchObject({ rule: 'breach.secretary.500-or-more', due: '2026-10-09' })
    expect(duty(revised, 'breach.individual')).toMatchObject({ due: '2026-10-09' })
  })

  it('CNT-09 a number that is not known any more plans for the strict branch', () => {
    const incident = after(entity, { type: 'headcount-revised', at: '2026-09-20', individuals: null })
    expect(duty(incident, 'breach.secretary')).toMatchObject({ status: 'pending-facts', planFor: '2026-10-09' })
    expect(headcount(incident)).toEqual({ individuals: null, residents: null })
  })

  it('S160 media are notified for more than 500 residents of one State', () => {
    const revised = (residents: Record<string, number>) =>
      after({ ...entity, individuals: null }, { type: 'headcount-revised', at: '2026-08-11', residents })
    const media = (incident: Incident) =>
      incidentDeadlines(incident).filter(({ addressee, status }) => addressee === 'media' && status === 'due')
    expect(media(revised({ OH: 500, NV: 500 }))).toEqual([])
    expect(media(revised({ OH: 501, NV: 500 }))).toMatchObject([{ jurisdiction: 'OH' }])
  })

  it('contradictions are refused, also through an investigation', () => {
    const incident = openIncident({ ...entity, residents: { OH: 400 } })
    expect(refused(incident, { type: 'headcount-revised', at: '2026-08-11', individuals: 399 })?.reason).toBe(
      'headcount-contradictory',
    )
    expect(refused(incident, { type: 'headcount-revised', at: '2026-08-11', residents: { OH: 481 } })?.reason).toBe(
      'headcount-contradictory',
    )
    expect(refused(incident, { type: 'investigated', at: '2026-08-11', individuals: 1 })?.reason).toBe(
      'headcount-contradictory',
    )
    expect(
      refused(incident, { type: 'headcount-revised', at: '2026-08-11', individuals: 1, residents: { OH: 1 } }),
    ).toBeUndefined()
  })

  it('S63 more people after a complete notice make the duty due again', () => {
    const told = after(entity, letter('2026-08-20'))
    expect(duty(told, 'breach.individual')).toMatchObject({ status: 'met', done: { on: '2026-08-20' } })
    const more = applyIncidentEvent(told, { type: 'headcount-revised', at: '2026-09-01', individuals: 530 }).incident
    expect(duty(more, 'breach.individual')).toMatchObject({ status: 'due', due: '2026-10-09' })
    const second = applyIncidentEvent(more, letter('2026-10-12', { reached: 50 })).incident
    expect(duty(second, 'breach.individual')).toMatchObject({ status: 'late', done: { on: '2026-10-12', daysLate: 3 } })
  })

  it('several mailings are complete when all were reached, and never while the number is not known', () => {
    const first = after(entity, letter('2026-08-20', { reached: 200 }))
    expect(duty(first, 'breach.individual')).toMatchObject({ status: 'due' })
    const second = applyIncidentEvent(first, letter('2026-08-25', { reached: 280 })).incident
    expect(duty(second, 'breach.individual')).toMatchObject({ status: 'met', done: { on: '2026-08-25' } })
    const unknown = after({ ...entity, individuals: null }, letter('2026-08-20', { reached: 1_000_000 }))
    expect(duty(unknown, 'breach.individual')).toMatchObject({ status: 'due' })
    const { reached: _, ...without } = letter('2026-08-20') as Event<'notified'>
    expect(refused(openIncident(entity), without)?.reason).toBe('number-reached-not-given')
  })
})

describe('findings', () => {
  const low = (more: Partial<Event<'assessed'>> = {}): IncidentEvent => ({
    type: 'assessed',
    at: '2026-08-15',
    by: 'privacy-officer',
    finding: 'low-probability-of-compromise',
    factors: fullAssessment,
    documented: true,
    ...more,
  })

  it('EXC-01 a low probability needs all four factors, complete and documented', () => {
    const incident = openIncident(entity)
    expect(riskFactors).toHaveLength(4)
    expect(refused(incident, low({ factors: {} }))?.missing).toEqual([
      'nature.identifiers',
      'nature.reIdentification',
      'nature.weighs',
      'nature.basis',
      'person.who',
      'person.weighs',
      'person.basis',
      'acquired.acquiredOrViewed',
      'acquired.weighs',
      'acquired.basis',
      'mitigation.extent',
      'mitigation.weighs',
      'mitigation.basis',
    ])
    for (const { id, parts } of riskFactors) {
      for (const part of parts) {
        const factors = { ...fullAssessment, [id]: { ...fullAssessment[id], [part]: undefined } }
        const step = applyIncidentEvent(incident, low({ factors }))
        expect(step).toMatchObject({
          accepted: false,
          refusal: { reason: 'assessment-incomplete', missing: [`${id}.${part}`] },
        })
        expect(duty(step.incident, 'breach.individual')).toMatchObject({ status: 'due', due: '2026-10-09' })
      }
    }
    expect(refused(incident, low({ documented: null }))?.missing).toEqual(['documented'])
    expect(refused(incident, low({ by: undefined }))?.missing).toEqual(['by'])
    expect(refused(incident, low())).toBeUndefined()
  })

  it('what is not known of acquisition supports no finding', () => {
    const factors = { ...fullAssessment, acquired: { ...fullAssessment.acquired, acquiredOrViewed: 'not-known' as const } }
    expect(missingFactors(factors)).toEqual(['acquired.acquiredOrViewed'])
    expect(missingFactors(null)).toHaveLength(13)
  })

  it('a breach may be found, and notified, without an assessment', () => {
    const found = after(entity, low({ finding: 'breach', factors: {}, documented: null }))
    expect(found.state).toBe('assessed')
    expect(duty(found, 'breach.individual')).toMatchObject({ status: 'due' })
  })

  it('an exclusion needs each of its conditions', () => {
    const incident = openIncident(entity)
    expect(breachExclusions.map(({ conditions }) => conditions.length)).toEqual([5, 5, 1])
    for (const { id, conditions } of breachExclusions) {
      const event = (confirmed: readonly string[]): IncidentEvent => ({
        type: 'excluded',
        at: '2026-08-15',
        by: 'privacy-officer',
        exclusion: id,
        confirmed: [...confirmed],
        basis: 'see memo',
        documented: true,
      })
      for (const condition of conditions) {
        expect(refused(incident, event(conditions.filter((each) => each !== condition)))).toMatchObject({
          reason: 'exclusion-incomplete',
          missing: [condition],
        })
      }
      const excluded = after(entity, event(conditions))
      expect(findingOf(excluded)).toBe('exclusion')
      expect(duty(excluded, 'breach.individual')).toMatchObject({ status: 'not-applicable' })
    }
  })

  it('secured information is no breach, when the key did not go with it', () => {
    const event = sampleOf('covered-entity', 'secured', '2026-08-15') as Event<'secured'>
    for (const condition of securedConditions) {
      const step = applyIncidentEvent(openIncident(entity), {
        ...event,
        confirmed: event.confirmed.filter((each) => each !== condition),
      })
      expect(step).toMatchObject({ accepted: false, refusal: { reason: 'not-shown-to-be-secured', missing: [condition] } })
    }
    expect(duty(after(entity, event), 'breach.individual')).toMatchObject({ status: 'not-applicable' })
  })

  it('a finding that is withdrawn gives the clock back, from the same discovery', () => {
    const cleared = after(entity, low())
    expect(duty(cleared, 'breach.individual', '2026-11-01')).toMatchObject({ status: 'not-applicable' })
    const again = applyIncidentEvent(cleared, { type: 'finding-withdrawn', at: '2026-11-01' }).incident
    expect(again.state).toBe('reopened')
    expect(findingOf(again)).toBeUndefined()
    expect(duty(again, 'breach.individual', '2026-11-01')).toMatchObject({ status: 'late', due: '2026-10-09', daysLate: 23 })
    expect(refused(again, { type: 'finding-withdrawn', at: '2026-11-02' })?.reason).toBe('not-in-this-state')
  })

  it('a finding of a breach overrides an earlier one of none', () => {
    const turned = after(entity, low(), low({ at: '2026-08-16', finding: 'breach' }))
    expect(duty(turned, 'breach.individual')).toMatchObject({ status: 'due' })
  })
})

describe('law enforcement', () => {
  const written: IncidentEvent = { type: 'law-enforcement-stated', at: '2026-09-01', form: 'written', until: '2026-11-30' }

  it('holds the notices, and refuses one that would be given all the same', () => {
    const held = after(entity, written)
    expect(duty(held, 'breach.individual', '2026-09-02')).toMatchObject({ status: 'held', due: '2026-12-01' })
    expect(refused(held, letter('2026-09-02'))?.reason).toBe('delay-in-effect')
    expect(refused(held, letter('2026-11-30'))?.reason).toBe('delay-in-effect')
    expect(refused(held, letter('2026-12-01'))).toBeUndefined()
  })

  it('records a notice that went out despite it as what it is', () => {
    const sent = after(entity, written, letter('2026-09-02', { despiteDelay: true }))
    expect(duty(sent, 'breach.individual', '2026-09-03')).toMatchObject({ status: 'met' })
    expect(irregularities(sent)).toEqual([{ what: 'notice-despite-delay', at: '2026-09-02' }])
  })

  it('only a written statement specifies a time, and not one that has passed', () => {
    const incident = openIncident(entity)
    expect(refused(incident, { ...written, form: 'oral' } as IncidentEvent)?.reason).toBe('delay-contradictory')
    expect(refused(incident, { ...written, until: '2026-08-31' } as IncidentEvent)?.reason).toBe('delay-contradictory')
    const oral = after(entity, { type: 'law-enforcement-stated', at: '2026-09-20', form: 'oral', documented: true })
    expect(duty(oral, 'breach.individual')).toMatchObject({ due: '2026-10-20' })
  })
})

describe('notices', () => {
  it('S63 a notice to individuals without an item of 164.404(c) is none', () => {
    const full = letter('2026-08-20') as Event<'notified'>
    for (const id of full.contains) {
      const step = applyIncidentEvent(openIncident(entity), { ...full, contains: full.contains.filter((each) => each !== id) })
      expect(step).toMatchObject({ accepted: false, refusal: { reason: 'content-incomplete', missing: [id] } })
      expect(duty(step.incident, 'breach.individual', '2026-10-10')).toMatchObject({ status: 'late', daysLate: 1 })
      const excused = { ...full, contains: full.contains.filter((each) => each !== id), notPossible: [id] }
      expect(refused(openIncident(entity), excused) === undefined, id).toBe(id !== 'plain-language')
    }
  })

  it('media are notified State by State', () => {
    const opening: IncidentOpening = { ...entity, individuals: 1100, residents: { TX: 501, CA: 599 } }
    const press = (more: object): IncidentEvent =>
      ({ ...letter('2026-08-20'), addressee: 'media', reached: undefined, ...more }) as IncidentEvent
    expect(refused(openIncident(opening), press({}))?.reason).toBe('jurisdiction-not-given')
    const told = after(opening, press({ jurisdiction: 'TX' }))
    const media = incidentDeadlines(told).filter(({ addressee }) => addressee === 'media')
    expect(media.map(({ jurisdiction, status }) => `${jurisdiction} ${status}`)).toEqual(['CA due', 'TX met'])
  })

  it('S31 S134 a business associate names the individuals at once; the rest may follow, and is not forgotten', () => {
    const opening: IncidentOpening = { id: 'i2', role: 'business-associate', at: '2026-08-10', individuals: 480 }
    const full = sampleOf('business-associate', 'notified', '2026-08-12') as Event<'notified'>
    const rest = full.contains.filter((id) => id !== 'identification')
    expect(refused(openIncident(opening), { ...full, contains: ['identification'] })).toMatchObject({ missing: rest })
    expect(refused(openIncident(opening), { ...full, contains: rest, toFollow: ['identification'] })).toMatchObject({
      missing: ['identification'],
    })
    const told = after(opening, { ...full, contains: ['identification'], toFollow: rest })
    expect(duty(told, 'breach.business-associate')).toMatchObject({ status: 'met' })
    expect(
      closingBlocks(told, { today: '2026-08-13' })
        .filter(({ what }) => what === 'to-follow')
        .map(({ which }) => which),
    ).toEqual(rest)
    const followed = applyIncidentEvent(told, { type: 'supplemented', at: '2026-08-14', contains: rest }).incident
    expect(closingBlocks(followed, { today: '2026-08-14' }).some(({ what }) => what === 'to-follow')).toBe(false)
    expect(refused(openIncident(opening), sampleOf('business-associate', 'reported', '2026-08-14'))?.reason).toBe(
      'not-for-this-role',
    )
  })
})

describe('closing', () => {
  it('S135 names everything that is still open, and closes when nothing is', () => {
    let incident = openIncident({ ...entity, individuals: 600, residents: { OH: 600 } })
    const close = (at: string) => refused(incident, { type: 'closed', at })?.missing
    const apply = (event: IncidentEvent) => {
      const step = applyIncidentEvent(incident, event)
      if (!step.accepted) throw new Error(step.refusal.reason)
      incident = step.incident
    }
    expect(close('2026-08-11')).toEqual([
      'duty:breach.individual',
      'duty:breach.media:OH',
      'duty:breach.secretary',
      'investigation:scope',
      'investigation:categories',
      'investigation:intent',
      'post-incident-report:root-cause',
    ])
    apply({ type: 'investigated', at: '2026-08-12', scope: 'one mailbox', categories: ['diagnoses'], intent: 'malicious' })
    apply(letter('2026-08-13', { reached: 600 }))
    apply({ ...letter('2026-08-13'), addressee: 'media', jurisdiction: 'OH', reached: undefined } as IncidentEvent)
    apply({ ...sampleOf('covered-entity', 'reported', '2026-08-13'), individuals: 600 } as IncidentEvent)
    expect(close('2026-08-14')).toEqual(['post-incident-report:root-cause'])
    expect(refused(incident, { type: 'post-incident-report', at: '2026-08-14' })?.missing).toEqual([
      'root-cause',
      'corrective-actions',
    ])
    apply(sampleOf('covered-entity', 'post-incident-report', '2026-08-14'))
    apply({ type: 'closed', at: '2026-08-15' })
    expect(incident.state).toBe('closed')
  })

  it('is refused while a duty is held, pending or late', () => {
    const ready = (opening: IncidentOpening, ...events: IncidentEvent[]) =>
      after(
        opening,
        sampleOf('covered-entity', 'investigated', '2026-08-11'),
        sampleOf('covered-entity', 'post-incident-report', '2026-08-11'),
        ...events,
      )
    const statuses = (incident: Incident, today: string) =>
      closingBlocks(incident, { today }).map(({ which, status }) => `${which} ${status}`)
    const held = ready(entity, { type: 'law-enforcement-stated', at: '2026-08-12', form: 'written', until: '2026-11-30' })
    expect(statuses(held, '2026-08-13')).toEqual(['breach.individual held', 'breach.secretary held'])
    const late = ready(entity)
    expect(statuses(late, '2026-10-10')).toContain('breach.individual late')
  })

  it('S135 the Secretary is told of another number before it closes', () => {
    const incident = after(
      { ...entity, residents: { OH: 480 } },
      sampleOf('covered-entity', 'investigated', '2026-08-11'),
      letter('2026-08-13'),
      sampleOf('covered-entity', 'reported', '2026-08-13'),
      sampleOf('covered-entity', 'post-incident-report', '2026-08-14'),
      { type: 'headcount-revised', at: '2026-08-15', individuals: 482, residents: { OH: 482 } },
      letter('2026-08-16', { reached: 2 }),
    )
    expect(refused(incident, { type: 'closed', at: '2026-08-17' })?.missing).toEqual(['addendum:number-of-individuals'])
    const told = applyIncidentEvent(incident, {
      ...sampleOf('covered-entity', 'reported', '2026-08-17'),
      individuals: 482,
    } as IncidentEvent)
    expect(refused(told.incident, { type: 'closed', at: '2026-08-17' })).toBeUndefined()
  })

  it('a documented finding of no breach needs no notices and no report', () => {
    const cleared = after(entity, sampleOf('covered-entity', 'assessed', '2026-08-12'))
    expect(refused(cleared, { type: 'closed', at: '2026-08-12' })).toBeUndefined()
  })

  it('can be reopened, and then has its clocks again', () => {
    const closed = incidentIn('covered-entity', 'closed') as Incident
    const reopened = applyIncidentEvent(closed, { type: 'reopened', at: '2026-05-20' }).incident
    const more = applyIncidentEvent(reopened, {
      type: 'headcount-revised',
      at: '2026-05-21',
      individuals: 700,
      residents: { OH: 700 },
    }).incident
    const open = incidentDeadlines(more).filter(({ status }) => status === 'due')
    expect(open.map(({ duty: name }) => name)).toEqual(['breach.individual', 'breach.media'])
    expect(refused(more, { type: 'closed', at: '2026-05-22' })?.missing).toContain('duty:breach.media:OH')
  })
})

describe('records', () => {
  it('S133 an investigation says scope, categories, number and intent', () => {
    const incident = openIncident({ id: 'i3', role: 'covered-entity', at: '2026-08-10' })
    expect(investigationOf(incident).missing).toEqual(['scope', 'categories', 'intent', 'individuals'])
    const found = after(
      { id: 'i3', role: 'covered-entity', at: '2026-08-10' },
      { type: 'investigated', at: '2026-08-11', scope: 'a', intent: 'not-known' },
      { type: 'investigated', at: '2026-08-12', scope: 'b', categories: ['names'], individuals: 3, intent: 'malicious' },
    )
    expect(investigationOf(found)).toEqual({
      scope: 'b',
      categories: ['names'],
      individuals: 3,
      intent: 'malicious',
      missing: [],
    })
  })

  it('S96 documentation is kept six years from closing, and has no date before', () => {
    expect(documentationDue(incidentIn('covered-entity', 'reported') as Incident)).toMatchObject({ status: 'pending-facts' })
    expect(documentationDue(incidentIn('covered-entity', 'closed') as Incident)).toMatchObject({
      status: 'due',
      due: '2032-05-05',
    })
  })

  it('every refusal has its own sentence', () => {
    const sentences = Object.values(incidentRefusals).map(({ says }) => says)
    expect(new Set(sentences).size).toBe(sentences.length)
    expect(openingOf('covered-entity').id).toBe('incident-1')
  })
})
