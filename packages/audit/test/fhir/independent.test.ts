import fc from 'fast-check'
import { Fhir } from 'fhir/fhir.js'
import { describe, expect, it, vi } from 'vitest'
import { fromFhirR4, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import { events, recordOf, settled } from './arbitrary.ts'

const isLong = process.env.PHI_LONG === '1'
vi.setConfig({ testTimeout: isLong ? 600_000 : 60_000 })
const numRuns = isLong ? 2000 : 30
const reader = new Fhir()

/** What the reader finds wrong. Codes of systems that it does not know are only warnings. */
const faults = (resource: unknown): string[] =>
  reader
    .validate(resource as object, { errorOnUnexpected: true })
    .messages.filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ location, message }) => `${location}: ${message}`)

const example = toFhirR4(
  recordOf({
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    action: 'read',
    outcome: 'success',
    actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
    source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
    subject: { resource: { type: 'Observation', id: 'o-1', version: '2' }, patients: ['p-88'] },
    context: { purpose: 'TREAT', reason: 'follow-up' },
  }),
  { server: { network: 'ehr.example' } },
)

describe('by the independent reader `fhir` (R4: element names, cardinalities, primitive types, codes of required sets)', () => {
  it('S125 notices what is wrong, so that its silence says something', () => {
    expect(faults(example)).toEqual([])
    expect(faults({ ...example, colour: 'red' })).not.toEqual([])
    for (const key of ['recorded', 'source', 'agent', 'type'] as const) {
      const { [key]: _taken, ...rest } = example
      expect(faults(rest), key).not.toEqual([])
    }
    expect(faults({ ...example, outcome: '7' })).not.toEqual([])
    expect(faults({ ...example, agent: [] })).not.toEqual([])
    expect(faults({ ...example, agent: example.agent.map(({ requestor: _, ...agent }) => agent) })).not.toEqual([])
  })

  it('S124 S125 finds nothing wrong with any event', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(faults(toFhirR4(recordOf(event), { server: { network: '203.0.113.1' } }))).toEqual([])
      }),
      { numRuns },
    )
  })

  it('S125 an event goes through its XML and back', () => {
    const xml = reader.objToXml(example)
    expect(fromFhirR4(reader.xmlToObj(xml)).event).toEqual(fromFhirR4(example).event)
  })
})

/** FHIR R4 §2.24.0.1, written down again from the page and not from the code. */
const ID = /^[A-Za-z0-9\-.]{1,64}$/
const CODE = /^[^\s]+(\s[^\s]+)*$/
const URI = /^\S+$/
const TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const BASE64 = /^([0-9a-zA-Z+/=]{4})+$/
const uris = new Set(['system', 'url', 'reference', 'networkUri', 'profile', 'policy'])
const times = new Set(['recorded', 'start', 'end', 'occurredDateTime'])

function grammarFaults(value: unknown, key: string, path: string): string[] {
  if (Array.isArray(value)) {
    return value.length === 0 ? [`${path}: empty list`] : value.flatMap((item, i) => grammarFaults(item, key, `${path}[${i}]`))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return [`${path}: empty object`]
    return entries.flatMap(([name, item]) => grammarFaults(item, name, `${path}.${name}`))
  }
  if (value === null || value === undefined) return [`${path}: no value`]
  if (typeof value !== 'string') return []
  const isControl = (character: string) => character < ' ' && !'\t\n\r'.includes(character)
  const isString = value !== '' && ![...value].some(isControl) && value.isWellFormed() && /\S/.test(value)
  if (!isString) return [`${path}: no string`]
  if (key === 'id' && !ID.test(value)) return [`${path}: no id`]
  if ((key === 'code' || key === 'valueCode') && !CODE.test(value)) return [`${path}: no code`]
  if (uris.has(key) && !URI.test(value)) return [`${path}: no uri`]
  // `type` is a uri in a reference, where it is a text.
  if (key === 'type' && path !== '.agent' && !/network/.test(path) && !URI.test(value)) return [`${path}: no uri`]
  if (times.has(key) && (!TIME.test(value) || value.startsWith('0000'))) return [`${path}: no time`]
  if ((key === 'query' || key === 'valueBase64Binary') && !BASE64.test(value)) return [`${path}: no base64`]
  return []
}

it('S124 S125 every text of every resource keeps the grammar of its type, whatever the event holds', () => {
  fc.assert(
    fc.property(events, (event) => {
      for (const view of ['event', 'decision'] as const) {
        expect(grammarFaults(toFhirR4(recordOf(event), { view }), '', '')).toEqual([])
      }
      expect(grammarFaults(toFhirR5(recordOf(event)), '', '')).toEqual([])
    }),
    { numRuns: numRuns * 4 },
  )
})

it('S125 texts that break formats stand in a resource and are the same when they are read', () => {
  for (const text of [
    'a\nb|c',
    '=cmd()',
    '\u0000',
    '\u202egpj.exe',
    ' lead',
    '<b>&amp;</b>',
    '\ufffe',
    '"},{"x":1',
    'a\r\nb',
  ]) {
    const event = recordOf({
      action: 'disclose',
      outcome: 'success',
      actor: { id: 'u-1', type: 'workforce' },
      source: { userAgent: text },
      subject: { resource: { type: 'Observation', id: 'o-1' } },
      context: {
        reason: text,
        details: { note: text },
        disclosure: { recipient: text, description: text, purpose: text, address: text },
      },
    })
    const resource = toFhirR4(event)
    expect(grammarFaults(resource, '', '')).toEqual([])
    expect(settled(fromFhirR4(JSON.parse(JSON.stringify(resource))).event)).toEqual(settled(event.event))
  }
})
