import { describe, expect, it } from 'vitest'
import { fhirBundles, fromFhirR4, fromFhirR5, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import { recordOf } from './arbitrary.ts'

const event = {
  id: 'e-1',
  occurredAt: '2026-03-04T05:06:07.089Z',
  action: 'read' as const,
  outcome: 'success' as const,
  actor: { id: 'u-17', type: 'workforce' as const, roles: [] },
  subject: { resource: { type: 'Observation', id: 'o-1' }, patients: ['p-88', 'p-89'] },
}

/** A resource of another system, as small as it can be. */
const foreign = (more: Record<string, unknown> = {}) => ({
  resourceType: 'AuditEvent',
  type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
  subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
  recorded: '2026-03-04T05:06:07Z',
  outcome: '0',
  agent: [{ who: { reference: 'Practitioner/1' }, requestor: true }],
  source: { observer: { reference: 'Device/1' } },
  ...more,
})
const patientEntity = (what: object) => ({
  entity: [{ what, role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' } }],
})
const provider = (who: object) => ({
  agent: [
    { who: { reference: 'Practitioner/1' }, requestor: true },
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass', code: 'PROV' }] },
      who,
      requestor: false,
    },
  ],
})

describe('whom and what a resource names', () => {
  it('S124 patients and actors stay what they are where types of resource are mapped', () => {
    const options = { resourceTypes: { Client: 'Patient', Staff: 'Practitioner', Note: 'DocumentReference' } }
    const own = recordOf({ ...event, subject: { ...event.subject, resource: { type: 'Client', id: 'p-88' } } })
    for (const found of [fromFhirR4(toFhirR4(own, options), options), fromFhirR5(toFhirR5(own, options), options)]) {
      expect(found.event).toEqual(own.event)
      expect(found.notCarried).toEqual([])
    }
    const one = recordOf({ ...event, subject: { patients: ['p-88'] } })
    expect(fromFhirR5(toFhirR5(one, options), options).event).toEqual(one.event)
    const other = fromFhirR4(foreign(patientEntity({ reference: 'Patient/1' })), options)
    expect(other.event).toMatchObject({ actor: { id: '1', type: 'workforce' }, subject: { patients: ['1'] } })
    expect(other.assumed).not.toContain('actor.type')
  })

  it('a party that is named by a text alone is said to be assumed', () => {
    expect(fromFhirR4(foreign(patientEntity({ display: 'John Smith' }))).assumed).toContain('subject.patients')
    expect(fromFhirR4(foreign(patientEntity({ reference: 'Patient/1', display: 'John Smith' }))).assumed).not.toContain(
      'subject.patients',
    )
    expect(fromFhirR4(foreign(provider({ display: 'Mercy' }))).assumed).toContain('actor.organization')
    expect(fromFhirR4(foreign(provider({ reference: 'Organization/2' }))).assumed).not.toContain('actor.organization')
  })

  it('a provider that is a person is no organization', () => {
    const person = fromFhirR4(foreign(provider({ reference: 'Practitioner/2' })))
    expect(person.event.actor.organization).toBeUndefined()
    expect(person.notCarried).toContain('agent[1]')
    expect(fromFhirR4(foreign(provider({ reference: 'Organization/2' }))).event.actor.organization).toBe('2')
  })

  it('of more patients than an event takes, the others are listed', () => {
    const role = { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' }
    const entity = Array.from({ length: 1001 }, (_, i) => ({ what: { reference: `Patient/${i}` }, role }))
    const found = fromFhirR4(foreign({ entity }))
    expect(found.event.subject?.patients).toHaveLength(1000)
    expect(found.notCarried).toContain('entity[1000]')
  })

  it('of two addresses the second is listed, not mixed in', () => {
    const network = (address: string) => ({ network: { address, type: '2' } })
    const application = { coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110150' }] }
    const found = fromFhirR4(
      foreign({
        agent: [
          { who: { reference: 'Practitioner/1' }, requestor: true, ...network('203.0.113.9') },
          { type: application, who: { display: 'App' }, requestor: false, ...network('203.0.113.10') },
        ],
      }),
    )
    expect(found.event.source?.ip).toBe('203.0.113.9')
    expect(found.notCarried).toContain('agent[1].network')
  })

  it('patients of two servers stay two', () => {
    const of = (what: object, options = {}) => fromFhirR4(foreign(patientEntity(what)), options).event.subject?.patients
    const ids = [
      { reference: 'https://a.example/fhir/Patient/1' },
      { reference: 'https://b.example/fhir/Patient/1' },
      { reference: 'Patient/1' },
      { identifier: { system: 'urn:oid:1.2', value: '1' } },
      { identifier: { system: 'urn:oid:1.2.3', value: '1' } },
      { identifier: { value: 'urn:oid:1.2|1' } },
      { identifier: { system: 'urn:a|b', value: 'c' } },
      { identifier: { system: 'urn:a', value: 'b|c' } },
    ].map((what) => of(what)?.[0])
    expect(new Set(ids).size).toBe(ids.length)
    expect(of({ reference: 'https://a.example/fhir/Patient/1' }, { baseUrl: 'https://a.example/fhir' })).toEqual(['1'])
    // No prefix of another's address, and no other case of it, is ours.
    for (const reference of [
      'https://a.example/fhirx/Patient/1',
      'https://a.example/fhir/x/Patient/1',
      'https://A.example/fhir/Patient/1',
    ])
      expect(of({ reference }, { baseUrl: 'https://a.example/fhir' })).toEqual([reference])
  })
})

describe('what a server adds to our own resource', () => {
  it('is listed: its id, its version, its labels and tags', () => {
    const written = toFhirR4(recordOf({ ...event, source: { ip: '203.0.113.9' } }), { server: { network: 'ehr.example' } })
    expect(written.meta?.profile).toHaveLength(1)
    expect(fromFhirR4(written).notCarried).toEqual([])
    const { id: _, ...rest } = written
    const stored = {
      ...rest,
      id: '4711',
      meta: {
        ...written.meta,
        versionId: '2',
        lastUpdated: '2026-04-01T00:00:00Z',
        security: [{ code: 'R' }],
        tag: [{ code: 'x' }],
      },
    }
    expect(fromFhirR4(stored).event).toEqual(fromFhirR4(written).event)
    expect(fromFhirR4(stored).notCarried).toEqual(['id', 'meta.lastUpdated', 'meta.security', 'meta.tag', 'meta.versionId'])
    const hidden = { ...recordOf(event), withheld: ['source' as const] }
    expect(fromFhirR4(toFhirR4(hidden)).notCarried).toEqual([])
    const decision = toFhirR4(recordOf({ ...event, context: { decision: { policy: 'c-1', rule: 'r' } } }), { view: 'decision' })
    expect(decision.id).toBe('e-1.decision')
    expect(fromFhirR4(decision).notCarried).toEqual([])
  })
})

describe('our own resource, changed on the way', () => {
  type Written = Record<string, unknown> & {
    extension: { url: string; extension: { url: string; valueString?: string }[] }[]
    subtype: object[]
    agent: (Record<string, unknown> & { requestor?: boolean })[]
  }
  const client = { ...event, source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' } }
  const codeOf = (change: (written: Written) => void, version: 'R4' | 'R5' = 'R4', hidden: object = {}): string => {
    const record = { ...recordOf(client), ...hidden }
    const written = structuredClone(version === 'R4' ? toFhirR4(record) : toFhirR5(record)) as unknown as Written
    change(written)
    try {
      ;(version === 'R4' ? fromFhirR4 : fromFhirR5)(written)
      return 'read'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it('is refused where its parts no longer belong together', () => {
    expect(codeOf(() => {})).toBe('read')
    const orphan = codeOf((written) => {
      const [entry] = written.extension
      if (entry !== undefined) entry.url = 'urn:phi:audit:fhir:v1:group'
    })
    expect(orphan).toBe('PHI_AUDIT_FHIR_RESOURCE')
    const facts = { url: 'urn:phi:audit:fhir:v1:event', extension: [{ url: 'id', valueString: 'e-2' }] }
    expect(codeOf((written) => void Object.assign(written, { extension: [facts] }))).toBe('PHI_AUDIT_FHIR_RESOURCE')
    const twice = codeOf(
      (written) => {
        const [group] = written.extension.filter(({ url }) => url.endsWith(':group'))
        if (group !== undefined) written.extension.push(group)
      },
      'R4',
      { withheld: ['context'] },
    )
    expect(twice).toBe('PHI_AUDIT_FHIR_RESOURCE')
  })

  it('is refused where it says two things of what happened, or of who did it', () => {
    const action = (code: string) => ({ system: 'urn:phi:audit:fhir:v1:action', code })
    expect(codeOf((written) => void written.subtype.push(action('delete')))).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
    expect(codeOf((written) => void Object.assign(written, { subtype: [action('read')] }))).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
    expect(codeOf((written) => void Object.assign(written, { subtype: [action('delete')] }))).toBe(
      'PHI_AUDIT_FHIR_CONTRADICTION',
    )
    expect(codeOf((written) => void Object.assign(written, { action: 'D' }))).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
    expect(codeOf((written) => void written.agent.push({ ...written.agent[0], who: { reference: 'Practitioner/u-1' } }))).toBe(
      'PHI_AUDIT_FHIR_CONTRADICTION',
    )
    expect(
      codeOf((written) => {
        for (const agent of written.agent) agent.requestor = false
      }),
    ).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
  })

  it('is no success where it was refused', () => {
    const detail = [{ coding: [{ system: 'urn:phi:audit:fhir:v1:outcome', code: 'denied' }] }]
    const code = { system: 'http://hl7.org/fhir/issue-severity', code: 'success' }
    expect(codeOf((written) => void Object.assign(written, { outcome: { code, detail } }), 'R5')).toBe(
      'PHI_AUDIT_FHIR_CONTRADICTION',
    )
    // What others call a minor failure may be a refusal, and may be none.
    expect(fromFhirR4(foreign({ outcome: '4' })).event.outcome).toBe('failure')
    const without = (outcome: object) => codeOf((written) => void Object.assign(written, { outcome }), 'R5')
    expect(codeOf((written) => void delete written.outcome, 'R5')).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    expect(without({ code: { code: 'success' } })).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    expect(without({ code: { system: 'urn:x', code: '0' } })).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    expect(without({ detail })).toBe('PHI_AUDIT_FHIR_RESOURCE')
  })

  it('says nothing of a group that it says it does not show', () => {
    const planted = codeOf(
      (written) => {
        const facts = written.extension.find(({ url }) => url.endsWith(':event'))
        facts?.extension.push({ url: 'source.session', valueString: 'x' })
        expect(facts).toBeDefined()
      },
      'R4',
      { event: recordOf(event).event, withheld: ['source'] },
    )
    expect(planted).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
  })

  it('is read whatever a server writes into its labels', () => {
    for (const security of ['x', ['x'], [1], {}, [[]], [{ code: 'R' }]])
      expect(codeOf((written) => void Object.assign(written, { meta: { security } }))).toBe('read')
  })
})

describe('ids that are paths', () => {
  it('never become part of an address', async () => {
    for (const id of ['.', '..']) {
      const own = recordOf({ ...event, id, subject: { resource: { type: 'Observation', id }, patients: [id] } })
      const resource = toFhirR4(own, { baseUrl: 'https://ehr.example/fhir' })
      expect(resource.id).toBeUndefined()
      expect(JSON.stringify(resource)).not.toMatch(/(Observation|Patient)\/\./)
      expect(fromFhirR4(resource, { baseUrl: 'https://ehr.example/fhir' }).event).toEqual(own.event)
      for await (const bundle of fhirBundles([own], { version: 'R4', type: 'batch' }))
        expect(bundle.entry[0]?.request).toEqual({ method: 'POST', url: 'AuditEvent' })
    }
  })
})
