import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fromFhirR4, fromFhirR5, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import { recordOf } from './arbitrary.ts'

const isLong = process.env.PHI_LONG === '1'
const numRuns = isLong ? 20_000 : 500
vi.setConfig({ testTimeout: isLong ? 600_000 : 60_000 })
type Json = Record<string, unknown>

const SECRET = 'Zebulon-7731'
const record = recordOf({
  id: 'e-1',
  occurredAt: '2026-03-04T05:06:07.089Z',
  action: 'read',
  outcome: 'denied',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
  source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0', session: SECRET },
  subject: {
    resource: { type: 'Observation', id: 'o-1', version: '2' },
    patients: ['p-88'],
    dataClasses: ['phi.ops.auditlog'],
  },
  context: {
    purpose: 'TREAT',
    reason: SECRET,
    decision: { policy: 'p 1', rule: 'r-1' },
    details: { note: SECRET, n: 1.5, x: null, e: '' },
  },
})
const server = { server: { network: 'ehr.example' } }
const r4 = JSON.stringify(toFhirR4(record, server))
const r5 = JSON.stringify(toFhirR5(record, server))

/** What reading comes to: the event, or the code, path and text of a typed error. Anything else is a failure. */
function outcomeOf(read: (value: unknown) => unknown, value: unknown): { code?: string; message?: string; event?: unknown } {
  try {
    return { event: (read(value) as { event: unknown }).event }
  } catch (error) {
    if (!isPhiError(error) || !error.code.startsWith('PHI_AUDIT_FHIR_')) throw error
    return { code: error.code, message: `${error.message} ${JSON.stringify(error)} ${String(error.cause ?? '')}` }
  }
}

function ways(value: unknown, way: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const below =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => ways(inner, [...way, Array.isArray(value) ? Number(key) : key]))
      : []
  return way.length === 0 ? below : [way, ...below]
}

function changed(text: string, way: readonly (string | number)[], change: (before: unknown) => unknown): unknown {
  const copy = JSON.parse(text) as Json
  let at = copy as Record<string | number, unknown>
  for (const step of way.slice(0, -1)) at = at[step] as Record<string | number, unknown>
  const last = way.at(-1) as string | number
  const after = change(at[last])
  if (after !== undefined) at[last] = after
  else if (Array.isArray(at)) at.splice(last as number, 1)
  else delete at[last]
  return copy
}

const strange = [
  SECRET,
  '',
  0,
  -1,
  true,
  null,
  [],
  {},
  [SECRET],
  { [SECRET]: SECRET },
  '\ud800',
  'a|b',
  '9999999999999999999',
  1e300,
]

describe('resources that somebody changed', () => {
  it.each([['R4', r4, fromFhirR4] as const, ['R5', r5, fromFhirR5] as const])(
    'S124 %s: every element taken away or replaced gives an event or a typed error that quotes nothing',
    (_version, text, read) => {
      const seen = new Set<string>()
      for (const [i, way] of ways(JSON.parse(text)).entries()) {
        // In the short form each way is given a quarter of the values, and all ways together all of them.
        for (const value of [undefined, ...strange.filter((_, k) => isLong || (i + k) % 4 === 0)]) {
          const { code, message, event } = outcomeOf(
            read,
            changed(text, way, () => value),
          )
          seen.add(code ?? 'event')
          if (code === undefined) expect(event).toBeDefined()
          else expect(message).not.toContain(SECRET)
        }
      }
      expect([...seen].sort()).toEqual([
        'PHI_AUDIT_FHIR_CONTRADICTION',
        'PHI_AUDIT_FHIR_INCOMPLETE',
        'PHI_AUDIT_FHIR_RESOURCE',
        'event',
      ])
    },
  )

  it('S124 any JSON is refused or read, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(fromFhirR4, fromFhirR5), (value, read) => {
        expect(outcomeOf(read, value).code).toBe('PHI_AUDIT_FHIR_RESOURCE')
      }),
      { numRuns: numRuns / 4 },
    )
    const paths = ways(JSON.parse(r4))
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 4 }), (way, value) => {
        outcomeOf(
          fromFhirR4,
          changed(r4, way, () => value),
        )
      }),
      { numRuns },
    )
  })

  it('S124 an action, an outcome or an actor that two places tell differently is believed in neither', () => {
    const resource = JSON.parse(r4) as { extension: { url: string; extension: Json[] }[] } & Json
    const withFact = (fact: Json) => {
      const extension = resource.extension.map((each) =>
        each.url.endsWith(':event') ? { ...each, extension: [...each.extension, fact] } : each,
      )
      return { ...resource, extension }
    }
    for (const fact of [
      { url: 'action', valueString: 'delete' },
      { url: 'outcome', valueString: 'success' },
      { url: 'actor.id', valueString: 'u-18' },
      { url: 'actor.roles', valueString: 'admin' },
      { url: 'subject.patients', valueString: 'p-89' },
      { url: 'source.ip', valueString: '203.0.113.10' },
      { url: 'context.decision.policy', valueString: 'p 2' },
    ]) {
      expect(outcomeOf(fromFhirR4, withFact(fact)).code, fact.url).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
    }
    for (const fact of [
      { url: 'context.unknown', valueString: 'x' },
      { url: '__proto__', valueString: 'x' },
      { url: 'constructor', valueString: 'x' },
      { url: 'context.details', extension: [{ url: 'key', valueString: '__proto__' }] },
      { url: 'source.session', valueString: 'a', valueDecimal: 1 },
      { url: 'source.trace', valueString: 'no trace' },
    ]) {
      expect(outcomeOf(fromFhirR4, withFact(fact)).code, fact.url).toBe('PHI_AUDIT_FHIR_RESOURCE')
    }
    const subtype = (resource.subtype as Json[]).map((each) => (each.code === 'vread' ? { ...each, code: 'delete' } : each))
    expect(outcomeOf(fromFhirR4, { ...resource, subtype }).code).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
    expect(outcomeOf(fromFhirR4, { ...resource, action: 'D' }).code).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
  })

  it('S124 what may change the meaning of all else is refused', () => {
    const resource = JSON.parse(r4) as Json
    for (const more of [
      { modifierExtension: [{ url: 'x', valueBoolean: true }] },
      { implicitRules: 'https://x.example' },
      { status: 'x' },
    ]) {
      expect(outcomeOf(fromFhirR4, { ...resource, ...more }).code).toBe('PHI_AUDIT_FHIR_RESOURCE')
    }
    expect(outcomeOf(fromFhirR4, { ...resource, resourceType: 'Patient' }).code).toBe('PHI_AUDIT_FHIR_RESOURCE')
  })

  it('S124 what is too large, too deep or endless is refused', () => {
    const resource = JSON.parse(r4) as Json
    let deep: unknown = {}
    for (let i = 0; i < 100_000; i++) deep = { a: deep }
    const round: Json = {}
    round.self = round
    const codes = [
      { ...resource, contained: [deep] },
      { ...resource, text: round },
      { ...resource, contained: Array.from({ length: 70_000 }, () => 1) },
      { ...resource, outcomeDesc: 'x'.repeat(3_000_000) },
      { ...resource, contained: new Array(4_000_000_000) },
    ].map((value) => outcomeOf(fromFhirR4, value).code)
    expect(codes).toEqual(Array(5).fill('PHI_AUDIT_FHIR_LIMIT'))
  })

  it('S124 no getter, proxy or planted property takes part', () => {
    const resource = JSON.parse(r4) as Json
    const throwing = Object.defineProperty({ ...resource }, 'action', {
      enumerable: true,
      get() {
        throw new Error(SECRET)
      },
    })
    const proxy = new Proxy({}, { ownKeys: () => { throw Object.assign(new Error(SECRET), { code: 'PHI_AUDIT_FHIR_RESOURCE' }) } }) // biome-ignore format: one line
    for (const value of [throwing, proxy, new Map(), new Date(), () => resource, Symbol('x'), 10n, undefined, null, 'text']) {
      const { code, message } = outcomeOf(fromFhirR4, value)
      expect(code).toBe('PHI_AUDIT_FHIR_RESOURCE')
      expect(message).not.toContain(SECRET)
    }
    Object.defineProperty(Object.prototype, 'outcome', { value: '0', configurable: true, writable: true })
    try {
      const { outcome: _outcome, ...rest } = resource
      expect(outcomeOf(fromFhirR4, rest).code).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    } finally {
      delete (Object.prototype as Json).outcome
    }
  })
})

describe('resources of others', () => {
  const base = {
    resourceType: 'AuditEvent',
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
    action: 'R',
    recorded: '2026-03-04T05:06:07Z',
    outcome: '0',
    agent: [{ who: { reference: 'Practitioner/1' }, requestor: true }],
    source: { observer: { display: 'x' } },
  }
  const who = (reference: Json) => ({ ...base, agent: [{ who: reference, requestor: true }] })
  const idOf = (resource: unknown, options = {}) => fromFhirR4(resource, options).event.actor.id

  it('S124 two parties never become one: another server, another system and another type of resource keep theirs', () => {
    const ids = [
      who({ reference: 'Practitioner/1' }),
      who({ reference: 'https://a.example/fhir/Practitioner/1' }),
      who({ reference: 'https://b.example/fhir/Practitioner/1' }),
      who({ reference: 'RelatedPerson/1' }),
      who({ identifier: { system: 'urn:a', value: '1' } }),
      who({ identifier: { system: 'urn:b', value: '1' } }),
      who({ identifier: { value: 'urn:a|1' } }),
      who({ identifier: { value: '2' } }),
    ].map((resource) => idOf(resource))
    expect(ids).toEqual([
      '1',
      'https://a.example/fhir/Practitioner/1',
      'https://b.example/fhir/Practitioner/1',
      'RelatedPerson/1',
      'urn:a|1',
      'urn:b|1',
      '|urn:a|1',
      '2',
    ])
    expect(idOf(who({ reference: 'https://a.example/fhir/Practitioner/1' }), { baseUrl: 'https://a.example/fhir' })).toBe('1')
    expect(idOf(who({ identifier: { system: 'urn:a', value: '1' } }), { systems: { actor: 'urn:a' } })).toBe('1')
  })

  it('S124 no outcome is no success, and no actor is nobody in particular', () => {
    const { outcome: _outcome, ...unsaid } = base
    expect(outcomeOf(fromFhirR4, unsaid).code).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    expect(outcomeOf(fromFhirR4, who({})).code).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    expect(outcomeOf(fromFhirR4, { ...base, type: { code: 'x' }, subtype: [], action: undefined }).code).toBe(
      'PHI_AUDIT_FHIR_RESOURCE',
    )
    const { action: _action, ...silent } = { ...base, type: { code: 'x' }, subtype: [{ code: 'y' }] }
    expect(outcomeOf(fromFhirR4, silent).code).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
    for (const code of ['4', '8', '12']) expect(fromFhirR4({ ...base, outcome: code }).event.outcome).toBe('failure')
  })

  it('S124 times are read to the millisecond in UTC, and what is no time is refused', () => {
    const at = (recorded: string) => fromFhirR4({ ...base, recorded }).recordedAt
    expect(at('2012-10-25T22:04:27+11:00')).toBe('2012-10-25T11:04:27.000Z')
    expect(at('2026-01-01T00:00:00.5-05:30')).toBe('2026-01-01T05:30:00.500Z')
    expect(at('2024-02-29T23:59:59.999999Z')).toBe('2024-02-29T23:59:59.999Z')
    expect(fromFhirR4({ ...base, recorded: '2024-02-29T23:59:59.999999Z' }).notCarried).toContain('recorded')
    for (const text of [
      '2026-02-29T00:00:00Z',
      '2026-03-04',
      '2026-03-04T24:00:00Z',
      '2026-03-04T05:06:60Z',
      '0000-01-01T00:00:00Z',
      'now',
    ]) {
      expect(outcomeOf(fromFhirR4, { ...base, recorded: text }).code, text).toBe('PHI_AUDIT_FHIR_RESOURCE')
    }
  })

  it('S124 the id of a resource is taken only with a prefix, since other servers count from 1 too', () => {
    const plain = fromFhirR4({ ...base, id: '1' })
    expect(plain.event.id).toBeUndefined()
    expect(plain.notCarried).toContain('id')
    const read = fromFhirR4({ ...base, id: '1' }, { idPrefix: 'ehr-2:' })
    expect(read.event.id).toBe('ehr-2:1')
    expect(read.notCarried).not.toContain('id')
  })

  it('S124 a disclosure that others made to us is an upload, and not one of our own', () => {
    const type = { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110107' }
    const subtype = [{ system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: 'disclose' }]
    const { event } = fromFhirR4({ ...base, type, subtype, action: 'C' })
    expect(event).toMatchObject({ action: 'upload', context: { details: { 'disclosure.side': 'received' } } })
    expect(event.context?.disclosure).toBeUndefined()
  })
})
