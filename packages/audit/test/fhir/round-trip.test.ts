import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { auditActions, auditOutcomes } from '../../src/actions.ts'
import { fromFhirR4, fromFhirR5, profilesOf, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import type { FhirR4Options } from '../../src/fhir/options.ts'
import { events, recordOf, settled } from './arbitrary.ts'

const isLong = process.env.PHI_LONG === '1'
vi.setConfig({ testTimeout: isLong ? 600_000 : 60_000 })
const numRuns = isLong ? 10_000 : 100

const settings: readonly FhirR4Options[] = [
  {},
  {
    observer: { reference: 'Device/ehr-1', display: 'EHR' },
    site: 'server room',
    sourceType: '3',
    server: { network: 'https://ehr.example/fhir' },
    baseUrl: 'https://ehr.example/fhir/',
    systems: { actor: 'urn:oid:1.2.3', organization: 'urn:oid:1.2.4', patient: 'urn:oid:1.2.5', resource: 'urn:oid:1.2.6' },
    resourceTypes: { ProgressNote: 'DocumentReference', Note: 'Composition' },
  },
  { references: 'never', server: { network: 'ehr.example', who: { display: 'EHR front' } }, view: 'decision' },
]

const readWith = ({ baseUrl, systems, resourceTypes }: FhirR4Options) =>
  JSON.parse(JSON.stringify({ baseUrl, systems, resourceTypes })) as object
const withoutView = ({ view: _view, ...options }: FhirR4Options) => options

describe('an event as an AuditEvent and back', () => {
  it('S94 S124 S125 any event, as R4 and as R5, is the same event when it is read', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...settings), (event, options) => {
        const record = recordOf(event)
        const r4 = fromFhirR4(JSON.parse(JSON.stringify(toFhirR4(record, options))), readWith(options))
        expect(r4.event).toEqual(settled(event))
        expect(r4.notCarried).toEqual([])
        expect(r4.assumed).toEqual([])
        expect(r4).toMatchObject({
          recordedAt: record.recordedAt,
          hidden: {},
          entry: { index: 7, origin: record.origin, hash: record.hash },
        })
        const own = withoutView(options)
        const r5 = fromFhirR5(JSON.parse(JSON.stringify(toFhirR5(record, own))), readWith(options))
        expect(r5.event).toEqual(settled(event))
        expect(r5.notCarried).toEqual([])
      }),
      { numRuns },
    )
  })

  it('S124 what was read says the reporter, and with it the same resource is written again', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...settings), (event, options) => {
        const written = toFhirR4(recordOf(event), options)
        const { reporter, event: read } = fromFhirR4(written, readWith(options))
        const { baseUrl, systems, resourceTypes, references } = options
        const again = toFhirR4(
          recordOf(read),
          JSON.parse(JSON.stringify({ ...reporter, baseUrl, systems, resourceTypes, references })),
        )
        expect(again).toEqual(written)
      }),
      { numRuns: numRuns / 4 },
    )
  })

  it('S124 every action and outcome is told apart', () => {
    const seen = new Set<string>()
    for (const action of auditActions) {
      for (const outcome of auditOutcomes) {
        const record = recordOf({ action, outcome, actor: { id: 'u-1', type: 'workforce' } })
        for (const read of [fromFhirR4(toFhirR4(record)), fromFhirR5(toFhirR5(record))]) {
          expect(read.event).toMatchObject({ action, outcome })
        }
        seen.add(JSON.stringify({ ...toFhirR4(record), extension: [] }))
      }
    }
    expect(seen.size).toBe(auditActions.length * auditOutcomes.length)
  })

  it('S125 meta.profile names the profiles that miss nothing, and no others', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...settings), (event, options) => {
        const record = recordOf(event)
        const fits = profilesOf(record, options)
        const named = fits.filter(({ missing }) => missing.length === 0).map(({ url }) => url)
        expect(toFhirR4(record, options).meta?.profile ?? []).toEqual(named)
      }),
      { numRuns: numRuns / 4 },
    )
  })
})

it('S124 a lone surrogate, which no log holds, is refused without being quoted', () => {
  const record = recordOf({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
  for (const event of [
    { ...record.event, actor: { id: 'u\ud800', type: 'workforce' as const, roles: [] } },
    { ...record.event, context: { reason: '\udc00 secret' } },
    { ...record.event, context: { details: { note: 'x\ud83d' } } },
  ]) {
    for (const write of [toFhirR4, toFhirR5]) {
      let thrown: unknown
      try {
        write({ ...record, event })
      } catch (error) {
        thrown = error
      }
      expect(isPhiError(thrown, 'PHI_AUDIT_FHIR_RECORD')).toBe(true)
      expect(String((thrown as Error).message)).not.toContain('secret')
    }
  }
})
