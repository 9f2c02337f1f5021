import { type DataClass, dataClasses, type PurposeOfUse, purposesOfUse } from '@phi/core'
import fc from 'fast-check'
import { auditActions, auditOutcomes, auditSeverities } from '../../src/actions.ts'
import type { AuditEventInput, ParsedAuditEvent } from '../../src/event.ts'
import { parseAuditEvent } from '../../src/parse-event.ts'
import type { AuditRecord } from '../../src/record.ts'

/** Texts that break formats: line breaks, separators, formulas, markup, control and direction characters. */
const awkward = [
  'a\nb',
  'a\r\nb',
  '|a|b|',
  '=cmd()',
  '\u0000',
  'x\u0000y',
  '\u202eabc',
  '\u200f',
  'a\u0085b',
  '\ufffe',
  ' a ',
  '\t',
  '<a href="x">&amp;',
  '"}]',
  'Patient/p-88',
  'Consent/c-1',
  'Device/d-1',
  'https://x.example/fhir/Patient/1',
  '%7C%',
  '%',
  '__proto__',
  'constructor',
  '🙂',
  'e\u0301',
]

const isPlain = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the schema's own rule
  /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/.test(text) && text === text.trim() && text.isWellFormed()

/** What the schema takes as an identifier, up to a length. */
const identifiers = (limit = 256) =>
  fc.oneof(
    fc.constantFrom(...awkward.filter(isPlain)),
    fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/),
    fc
      .string({ unit: 'binary', minLength: 1, maxLength: Math.min(limit, 40) })
      .filter((text) => isPlain(text) && text.length <= limit),
  )
/** Any text, also what no element of FHIR takes as it stands. */
const prose = (limit = 2048) =>
  fc.oneof(
    fc.constantFrom(...awkward),
    fc.string({ minLength: 1, maxLength: 60 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: Math.min(limit, 60) }).filter((text) => text.isWellFormed()),
  )

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const instants = fc
  .date({ min: new Date('0000-01-01T00:00:00.000Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const sha = fc.stringMatching(/^[0-9a-f]{64}$/)

const detailKeys = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,12}$/),
  fc.constantFrom('client.id', 'query', 'token.type', 'token.id', 'token.issuer', 'disclosure.side', 'constructor'),
)
const details = fc.dictionary(
  detailKeys,
  fc.oneof(
    prose(1024),
    fc.constantFrom('', 'oauth', 'saml', 'oauth-opaque', 'received', 'Device/d-1', 'https://sts.example'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
  ),
  { maxKeys: 6 },
)

const actor = fc.record(
  {
    id: identifiers(),
    type: fc.constantFrom('workforce' as const, 'patient' as const, 'service' as const, 'system' as const, 'vendor' as const),
    roles: fc.array(identifiers(64), { maxLength: 3 }),
    organization: identifiers(),
    onBehalfOf: identifiers(),
  },
  { requiredKeys: ['id', 'type'] },
)
const source = fc.record(
  {
    ip: fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '::1', '2001:0db8:85a3:0000:0000:8a2e:0370:7334')),
    request: identifiers(),
    session: identifiers(),
    site: identifiers(),
    trace: fc.constant('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
    userAgent: fc.oneof(prose(1024), fc.constant('::1')),
  },
  { requiredKeys: [] },
)
const resourceTypes = fc.oneof(fc.constantFrom('ProgressNote', 'Observation', 'DocumentReference', 'Patient'), identifiers())
const subject = fc.record(
  {
    count: fc.maxSafeNat(),
    dataClasses: fc.uniqueArray(fc.constantFrom(...(Object.keys(dataClasses) as DataClass[])), { maxLength: 3 }),
    fields: fc.uniqueArray(identifiers(), { maxLength: 3 }),
    patients: fc.uniqueArray(identifiers(), { maxLength: 3 }),
    resource: fc.record({ id: identifiers(), type: resourceTypes, version: identifiers() }, { requiredKeys: ['id', 'type'] }),
  },
  { requiredKeys: [] },
)
const context = fc.record(
  {
    ai: fc.record({ model: identifiers(), outputHash: sha, promptHash: sha }, { requiredKeys: [] }),
    breakGlass: fc.boolean(),
    decision: fc.record({ policy: identifiers(), rule: identifiers() }),
    details,
    disclosure: fc.record(
      {
        address: fc.oneof(prose(), fc.constantFrom('https://payer.example/fhir', 'a@b.example', '+1 555 0100', '12 Main St')),
        description: prose(),
        purpose: prose(),
        recipient: prose(),
      },
      { requiredKeys: ['description', 'purpose', 'recipient'] },
    ),
    purpose: fc.constantFrom(...(Object.keys(purposesOfUse) as PurposeOfUse[])),
    reason: prose(),
  },
  { requiredKeys: [] },
)

/** Any event that the schema takes. */
export const events: fc.Arbitrary<ParsedAuditEvent> = fc
  .record({
    id: fc.oneof(fc.uuid(), fc.stringMatching(/^[\x21-\x7e]{1,20}$/)),
    occurredAt: instants,
    action: fc.constantFrom(...auditActions),
    outcome: fc.constantFrom(...auditOutcomes),
    severity: optional(fc.constantFrom(...auditSeverities)),
    actor,
    source: optional(source),
    subject: optional(subject),
    context: optional(context),
  })
  .map((event) => parseAuditEvent(JSON.parse(JSON.stringify(event))))

const HASH = 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k='

/** A record as a log gives it. */
export function recordOf(event: AuditEventInput, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    index: 7,
    recordedAt: '2026-03-04T05:06:08.000Z',
    hash: HASH,
    origin: 'clinic.example/audit',
    event: parseAuditEvent(event) as AuditRecord['event'],
    withheld: [],
    altered: [],
    sealed: [],
    genuine: true,
    ...more,
  }
}

/** A group without content is how a log says that nothing was given: it is no group any more. */
export const settled = (event: unknown): unknown => JSON.parse(JSON.stringify(event))
