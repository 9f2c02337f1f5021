import { describe, expect, it } from 'vitest'
import { dayOf } from './day.ts'
import { chartEntryOf, readCharts, readExample } from './fhir.ts'
import { auditEventOf } from './fhir-audit-event.ts'

const mapped = (name: string) => auditEventOf(readExample(`AuditEvent-${name}.json`))
const entry = (file: string) => chartEntryOf(readExample(`${file}.json`))

describe('a FHIR AuditEvent as an event of the log', () => {
  it('maps a sign-in: the one who asked, not the workstation; the address when it is one', () => {
    expect(mapped('example-login').event).toEqual({
      action: 'login',
      outcome: 'success',
      occurredAt: '2013-06-20T23:41:23.000Z',
      actor: { id: '95', type: 'workforce', roles: [] },
      source: { ip: '127.0.0.1', site: 'Cloud' },
      subject: {},
      context: {
        details: {
          fhir: 'example-login',
          observer: 'hl7connect.healthintersections.com.au',
          workstation: 'Workstation1.ehr.familyclinic.com',
        },
      },
    })
  })

  it('maps a disclosure with its recipient, address, description and purpose', () => {
    const { event } = mapped('example-disclosure')
    expect(event).toMatchObject({
      action: 'disclose',
      subject: { resource: { type: 'Patient', id: 'example', version: '1' }, patients: ['example'] },
      context: {
        purpose: 'HMARKT',
        disclosure: {
          recipient: 'Practitioner/example',
          address: 'marketing.land',
          description: 'data about Everthing important',
          purpose: 'healthcare marketing',
        },
      },
    })
    expect(event.source).toEqual({ site: 'Watcher' })
  })

  it('maps a serious failure', () => {
    const { event } = mapped('example-error')
    expect(event).toMatchObject({ action: 'create', outcome: 'failure', severity: 'error' })
    expect(event.context?.details?.outcome).toBe('Invalid request to create an Operation resource on the Patient endpoint.')
  })

  it('maps a patient that is known by an identifier only', () => {
    expect(mapped('example-media').event).toMatchObject({
      action: 'export',
      subject: {
        patients: ['e3cdfc81a0d24bd^^^&2.16.840.1.113883.4.2&ISO'],
        resource: { type: 'DocumentManifest', id: 'example' },
      },
    })
  })

  it('writes times in UTC', () => {
    // 2012-10-25T22:04:27+11:00
    expect(mapped('example').event.occurredAt).toBe('2012-10-25T11:04:27.000Z')
  })

  it('maps every example, and says what it did not carry', () => {
    const { auditEvents } = readCharts()
    const actions = auditEvents.map(({ event }) => `${event.context?.details?.fhir} ${event.action}`)
    expect(actions).toEqual([
      'example-disclosure disclose',
      'example-error create',
      'example-login login',
      'example-logout logout',
      'example-media export',
      'example-pixQuery search',
      'example-rest read',
      'example-search search',
      'example execute',
    ])
    // The text of a search, which is PHI, and names, which an audit log has no use for.
    expect(mapped('example-search').notCarried).toEqual(expect.arrayContaining(['entity[0].query', 'agent[0].name']))
    for (const { values, notCarried } of auditEvents) expect(notCarried.length).toBeLessThan(values)
  })

  it('counts every value once, carried or not', () => {
    const { values, notCarried } = auditEventOf({
      resourceType: 'AuditEvent',
      text: { div: 'narrative' },
      action: 'R',
      outcome: '0',
      agent: [{ who: { reference: 'Practitioner/1' }, requestor: true, name: 'left behind' }],
    })
    expect(values).toBe(5)
    expect(notCarried).toEqual(['agent[0].name'])
  })
})

describe('a FHIR resource as the subject of an event', () => {
  it('takes type, id, patient, data classes and labels, and no content', () => {
    expect(entry('Condition-f202')).toEqual({
      type: 'Condition',
      id: 'f202',
      patient: 'f201',
      dataClasses: ['phi.clinical.diagnosis'],
      labels: ['TBOO'],
    })
  })

  it('takes the version where there is one', () => {
    expect(entry('Patient-ch-example')).toMatchObject({ type: 'Patient', patient: 'ch-example', version: '1' })
    expect(entry('Patient-example')).not.toHaveProperty('version')
  })

  it('finds the patient of an appointment among its participants, and of a coverage in its beneficiary', () => {
    expect(entry('Appointment-example')?.patient).toBe('example')
    expect(entry('Coverage-9876B1')?.patient).toBe('4')
  })

  it('leaves out a patient inside the resource, one on another server, and a group', () => {
    expect(entry('Claim-100152')).toBeUndefined()
    expect(entry('QuestionnaireResponse-bb')).toBeUndefined()
    expect(entry('Observation-herd1')).toBeUndefined()
  })

  it('tells a laboratory result from a habit from a measurement', () => {
    expect(entry('Observation-bloodgroup')?.dataClasses).toEqual(['phi.clinical.lab'])
    expect(entry('Observation-alcohol-type')?.dataClasses).toEqual(['phi.clinical.history'])
    expect(entry('Observation-heart-rate')?.dataClasses).toEqual(['phi.clinical.note.observation'])
  })

  it('sees that a claim tells a diagnosis', () => {
    expect(entry('Claim-100153')?.dataClasses).toEqual(['phi.financial.claim', 'phi.code.icd10'])
  })

  it('leaves out the dog', () => {
    const { byPatient, leftOut } = readCharts()
    expect(byPatient.has('animal')).toBe(false)
    expect(leftOut).toContainEqual({ file: 'Patient-animal.json', reason: 'is an animal' })
  })
})

describe('the day', () => {
  const charts = readCharts()
  const day = dayOf(charts)

  it('is the same each time, in order, within opening hours', () => {
    expect(dayOf(charts)).toEqual(day)
    const times = day.moments.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBeGreaterThanOrEqual(day.opens)
    expect(times.at(-1)).toBeLessThan(day.closes)
  })

  it('breaks the glass of the patient whose own consent allows emergency use only', () => {
    const consent = readExample('Consent-consent-example-Emergency.json')
    expect(consent.patient?.reference).toBe(`Patient/${day.emergency.patient}`)
    expect(consent.category).toMatchObject([{ coding: [{ code: 'EMRGONLY' }] }])
    expect(day.emergency.by).not.toBe(day.emergency.ownTherapist)
  })
})
