import { describe, expect, it } from 'vitest'
import { auditEventSchema } from '../../src/event.ts'
import { type FhirReading, fromFhirR4, fromFhirR5, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import { recordOf, settled } from './arbitrary.ts'
import { check } from './checker.ts'
import { known } from './examples.known.ts'
import { examples, hasVectors, type Json, note } from './vectors.ts'

/** All resources have these, or all of one publisher; none of them is of the event. */
const common = ['id', 'meta', 'text']

const r4 = [...examples('r4'), ...examples('balp')]
const r5 = examples('r5')
const read = (name: string, resource: Json): FhirReading =>
  name.startsWith('r5/') ? fromFhirR5(resource) : fromFhirR4(resource)

describe.skipIf(!hasVectors)(`published AuditEvents${note}`, () => {
  it('S124 there are 49 of them, and each has a known answer', () => {
    expect(r4.length + r5.length).toBe(49)
    expect(Object.keys(known).sort()).toEqual([...r4, ...r5].map(([name]) => name).sort())
  })

  it.each([...r4, ...r5])('S124 S125 %s reads as the known event, and what it does not carry is listed', (name, resource) => {
    const { event, notCarried, assumed, hidden } = read(name, resource)
    const answer = known[name]
    expect(settled(event)).toEqual(settled(answer?.event))
    expect(auditEventSchema.safeParse(event).success).toBe(true)
    expect(notCarried.filter((path) => !common.includes(path)).join(' ')).toBe(answer?.notCarried)
    expect(assumed.join(' ')).toBe(answer?.assumed)
    expect(hidden).toEqual({})
  })

  it.each([...r4, ...r5])('S125 %s is written back as a valid resource that reads as the same event', (name, resource) => {
    const { event, reporter } = read(name, resource)
    const { view: _view, ...own } = reporter
    const isR5 = name.startsWith('r5/')
    const back = isR5 ? toFhirR5(recordOf(event), own) : toFhirR4(recordOf(event), reporter)
    expect(check(back, isR5 ? 'r5' : 'r4').issues).toEqual([])
    const again = isR5 ? fromFhirR5(back) : fromFhirR4(back)
    expect(settled(again.event)).toEqual(settled(event))
    expect(again.notCarried).toEqual([])
    expect(again.reporter).toEqual(reporter)
  })

  it.each(examples('balp'))('S125 %s keeps what its own profile requires when it is written back', (_name, resource) => {
    const { event, reporter } = fromFhirR4(resource)
    const claimed = (resource.meta as { profile: string[] }).profile[0] as string
    const back = toFhirR4(recordOf(event), reporter)
    expect(back.meta?.profile).toContain(claimed)
    expect(check(back, 'r4', claimed.split('IHE.BasicAudit.')[1]).issues).toEqual([])
  })
})
