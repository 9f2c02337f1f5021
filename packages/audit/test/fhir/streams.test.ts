import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { fhirBundles, fhirNdjson, fromFhirR4, fromFhirR5, profilesOf, toFhirR4 } from '../../src/fhir/index.ts'
import { ed25519Signer, memoryStore, openAuditLog } from '../../src/index.ts'
import type { AuditRecord } from '../../src/record.ts'
import { recordOf } from './arbitrary.ts'

const origin = 'clinic.example/audit'
const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
for (let i = 0; i < 25; i++) {
  await log.append({
    ...(i % 2 === 0 ? { id: `e|${i}` } : {}),
    action: i % 3 === 0 ? 'update' : 'read',
    outcome: i % 5 === 0 ? 'denied' : 'success',
    actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
    source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
    subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: ['p-88'] },
    context: { purpose: 'TREAT' },
  })
}
const records: AuditRecord[] = []
for await (const record of log.records()) records.push(record)

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return 'nothing'
  } catch (error) {
    return isPhiError(error) ? error.code : String(error)
  }
}

describe('streams of resources', () => {
  it.each(['R4', 'R5'] as const)(
    'S125 a log as NDJSON in %s: a line a record, each with its place in the log, and all of it',
    async (version) => {
      const read = version === 'R4' ? fromFhirR4 : fromFhirR5
      const lines: string[] = []
      for await (const line of fhirNdjson(log.records(), { version })) lines.push(line)
      expect(lines).toHaveLength(25)
      for (const [i, line] of lines.entries()) {
        expect(line.indexOf('\n')).toBe(line.length - 1)
        const { event, entry } = read(JSON.parse(line))
        expect(entry).toEqual({ origin, index: i, hash: records[i]?.hash })
        expect(event).toEqual(records[i]?.event)
      }
    },
  )

  it('S125 bundles hold the records in order, and a batch can be sent twice', async () => {
    const bundles = []
    for await (const bundle of fhirBundles(records, { version: 'R4', type: 'batch', size: 10 })) bundles.push(bundle)
    expect(bundles.map(({ entry }) => entry.length)).toEqual([10, 10, 5])
    const entries = bundles.flatMap(({ entry }) => entry)
    expect(entries.map(({ resource }) => fromFhirR4(resource).entry?.index)).toEqual(records.map(({ index }) => index))
    // Of an event id that is no FHIR id there is no resource id; the event keeps its own.
    for (const [i, { request, fullUrl, resource }] of entries.entries()) {
      const { id } = (records[i] as AuditRecord).event
      const isId = i % 2 === 1
      expect(request).toEqual(isId ? { method: 'PUT', url: `AuditEvent/${id}` } : { method: 'POST', url: 'AuditEvent' })
      expect(fullUrl).toBe(isId ? `urn:uuid:${id}` : undefined)
      expect(resource.id).toBe(isId ? id : undefined)
      expect(fromFhirR4(resource).event.id).toBe(id)
    }
    const urls = entries.flatMap(({ fullUrl = [] }) => fullUrl)
    expect(new Set(urls).size).toBe(urls.length)
  })

  it('S125 an empty log gives no bundle, and a collection has no requests', async () => {
    for await (const bundle of fhirBundles([], { version: 'R5' })) expect(bundle).toBeUndefined()
    for await (const { type, entry } of fhirBundles(records.slice(0, 2), {
      version: 'R5',
      fhir: { baseUrl: 'https://ehr.example/fhir' },
    })) {
      expect(type).toBe('collection')
      expect(entry.every(({ request }) => request === undefined)).toBe(true)
      expect(entry[1]?.fullUrl).toBe(`https://ehr.example/fhir/AuditEvent/${records[1]?.event.id}`)
    }
  })

  it('S125 options and records that are not right are refused by name', async () => {
    const run = async (source: AsyncIterable<unknown>) => {
      for await (const _ of source) break
    }
    for (const options of [
      { version: 'R3' },
      { version: 'R4', size: 0 },
      { version: 'R4', size: 1001 },
      { version: 'R4', type: 'x' },
    ]) {
      expect(await codeOf(() => run(fhirBundles(records, options as never)))).toBe('PHI_AUDIT_FHIR_OPTIONS')
    }
    expect(await codeOf(() => run(fhirNdjson(records, {} as never)))).toBe('PHI_AUDIT_FHIR_OPTIONS')
    const bad = { ...(records[0] as AuditRecord), hash: 'short' }
    expect(await codeOf(() => run(fhirNdjson([bad], { version: 'R4' })))).toBe('PHI_AUDIT_FHIR_RECORD')
  })

  it('S125 unknown and unfit options are refused with their path', () => {
    const record = records[0] as AuditRecord
    for (const [options, path] of [
      [{ colour: 1 }, 'options'],
      [{ site: ' x' }, 'options.site'],
      [{ observer: {} }, 'options.observer'],
      [{ server: { network: 'two words' } }, 'options.server.network'],
      [{ baseUrl: 'ehr' }, 'options.baseUrl'],
      [{ resourceTypes: { A: 'List', B: 'List' } }, 'options.resourceTypes'],
      [{ view: 'both' }, 'options.view'],
    ] as const) {
      expect(() => toFhirR4(record, options as never)).toThrow(
        expect.objectContaining({ code: 'PHI_AUDIT_FHIR_OPTIONS', path }),
      )
    }
  })
})

it('S94 S124 S125 a record as a resource: who, for which organisation, from where, what, when and how it ended', () => {
  const record = recordOf({
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    occurredAt: '2026-03-04T05:06:07.089Z',
    action: 'read',
    outcome: 'success',
    actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
    source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0', session: 's-1' },
    subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
    context: { purpose: 'TREAT', decision: { policy: 'rbac@v3', rule: 'own patients' } },
  })
  const options = { server: { network: 'https://ehr.example/fhir' }, resourceTypes: { ProgressNote: 'DocumentReference' } }
  expect(toFhirR4(record, options)).toMatchObject({
    resourceType: 'AuditEvent',
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    meta: { profile: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead'] },
    action: 'R',
    period: { start: '2026-03-04T05:06:07.089Z', end: '2026-03-04T05:06:07.089Z' },
    recorded: '2026-03-04T05:06:08.000Z',
    outcome: '0',
    purposeOfEvent: [{ coding: [{ code: 'TREAT' }] }],
    agent: [
      {
        who: { reference: 'Practitioner/u-17' },
        requestor: true,
        role: [{ coding: [{ code: 'workforce' }] }, { text: 'therapist' }],
        policy: ['urn:phi:audit:fhir:v1:policy:rbac%40v3'],
      },
      {
        type: { coding: [{ code: '110152' }] },
        who: { display: 'Mozilla/5.0' },
        network: { address: '203.0.113.9', type: '2' },
      },
      { type: { coding: [{ code: '110153' }] }, network: { address: 'https://ehr.example/fhir', type: '5' } },
      { type: { coding: [{ code: 'PROV' }] }, who: { reference: 'Organization/org-1' } },
    ],
    source: { observer: { identifier: { value: 'clinic.example/audit' } } },
    entity: [{ what: { reference: 'DocumentReference/n-204' } }, { what: { reference: 'Patient/p-88' } }],
  })
  expect(fromFhirR4(toFhirR4(record, options), { resourceTypes: options.resourceTypes }).event).toEqual(record.event)
  expect(profilesOf(record)).toEqual([
    expect.objectContaining({ profile: 'PatientRead', missing: ['agent:server', 'agent:server.network'] }),
  ])
})
