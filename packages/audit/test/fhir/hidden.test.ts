import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { fromFhirR4, fromFhirR5, profilesOf, toFhirR4, toFhirR5 } from '../../src/fhir/index.ts'
import { type GroupName, groupNames } from '../../src/group.ts'
import type { AuditRecord } from '../../src/record.ts'
import { recordOf } from './arbitrary.ts'
import { check } from './checker.ts'
import { hasVectors, note } from './vectors.ts'

const whole = recordOf({
  id: 'e-1',
  occurredAt: '2026-03-04T05:06:07.089Z',
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'] },
  source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
  subject: { resource: { type: 'Observation', id: 'o-1' }, patients: ['p-88'] },
  context: { purpose: 'TREAT' },
})

/** The record with one group hidden, as `readRecord` gives it. */
function hide(name: GroupName, state: 'withheld' | 'altered' | 'sealed'): AuditRecord {
  const { id, occurredAt, action, outcome, severity, ...groups } = whole.event
  const head = { id, occurredAt, action, outcome, ...(severity === undefined ? {} : { severity }) }
  const { [name as 'actor']: _hidden, ...rest } = groups
  return {
    ...whole,
    event: (name === 'event' ? groups : { ...head, ...rest }) as AuditRecord['event'],
    [state]: [name],
    genuine: state !== 'altered',
  }
}

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return isPhiError(error) ? error.code : String(error)
  }
}

const server = { server: { network: 'ehr.example' } }

describe('groups that a record does not show', () => {
  it.each(groupNames.flatMap((name) => (['withheld', 'altered', 'sealed'] as const).map((state) => [name, state] as const)))(
    'S94 S124 %s %s: the resource says so, guesses nothing and is not read as if the group were empty',
    (name, state) => {
      const record = hide(name, state)
      const r4 = toFhirR4(record, server)
      const r5 = toFhirR5(record, server)
      for (const resource of [r4, r5]) {
        expect(resource.meta?.security?.[0]?.code).toBe('REDACTED')
        expect(JSON.stringify(resource.extension)).toContain(
          `{"url":"name","valueCode":"${name}"},{"url":"state","valueCode":"${state}"}`,
        )
      }
      if (name === 'event' || name === 'actor') {
        expect(codeOf(() => fromFhirR4(r4))).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
        expect(codeOf(() => fromFhirR5(r5))).toBe('PHI_AUDIT_FHIR_INCOMPLETE')
        expect(JSON.stringify(r4)).toContain(state === 'altered' ? '"valueCode":"error"' : '"valueCode":"masked"')
        expect(profilesOf(record, server).some(({ missing }) => missing.length === 0)).toBe(false)
      } else {
        for (const { hidden, event } of [fromFhirR4(r4), fromFhirR5(r5)]) {
          expect(hidden).toEqual({ [name]: state })
          expect(Object.keys(event)).not.toContain(name)
        }
      }
    },
  )

  it.skipIf(!hasVectors)(`S124 they are valid resources all the same${note}`, () => {
    for (const name of groupNames) {
      expect(check(toFhirR4(hide(name, 'sealed'), server), 'r4').issues).toEqual([])
      expect(check(toFhirR5(hide(name, 'sealed'), server), 'r5').issues).toEqual([])
    }
  })

  it('S124 content in a group that is said to be hidden is a contradiction', () => {
    const resource = toFhirR4(hide('source', 'withheld'), server)
    const shown = { ...resource, agent: toFhirR4(whole, server).agent }
    expect(codeOf(() => fromFhirR4(shown))).toBe('PHI_AUDIT_FHIR_CONTRADICTION')
  })
})
