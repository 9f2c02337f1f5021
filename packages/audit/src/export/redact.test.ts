import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRecord, fullRecord } from '../../test/export/samples.ts'
import type { AuditRecord } from '../record.ts'
import { keyedHash, type PatientOptions, redact, toCef, toOcsf, toSyslog } from './index.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const hash = keyedHash(key)
/** HMAC-SHA-256 of "p-88" under 00 01 … 1f, from Python's hmac module. */
const KNOWN = '01d9663abaf833fe163942144764f561b89383646b51b955dfd739a29f170145'

const withEvent = (event: object): AuditRecord => ({ ...fullRecord, event: { ...fullRecord.event, ...event } })
const errorOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('what leaves of patients', () => {
  it('is nothing unless asked for, and the record says what was left out', () => {
    const { record, omitted, hashed } = redact(fullRecord)
    const { patients: _patients, ...subject } = fullRecord.event.subject ?? {}
    const { reason: _reason, disclosure: _disclosure, details: _details, ...context } = fullRecord.event.context ?? {}
    expect(record).toEqual(withEvent({ subject, context }))
    expect(omitted).toEqual(['subject.patients', 'context.reason', 'context.disclosure', 'context.details'])
    expect(hashed).toEqual([])
  })

  it('is all of it on request', () => {
    expect(redact(fullRecord, { patients: 'include', freeText: 'include' })).toEqual({
      record: fullRecord,
      omitted: [],
      hashed: [],
    })
  })

  it('is a keyed hash on request', () => {
    const { record, omitted, hashed } = redact(fullRecord, { patients: 'hash', hash, freeText: 'include' })
    expect(record).toEqual(withEvent({ subject: { ...fullRecord.event.subject, patients: [KNOWN] } }))
    expect({ omitted, hashed }).toEqual({ omitted: [], hashed: ['subject.patients'] })
    expect(keyedHash(key.map((byte) => byte ^ 1))('p-88')).not.toBe(KNOWN)
  })

  it.each([
    ['a resource of type Patient', { subject: { resource: { type: 'patient', id: 'p-1' } } }, {}, ['subject.resource.id']],
    [
      'a resource of a type named',
      { subject: { resource: { type: 'Client', id: 'p-1' } } },
      { patientTypes: ['client'] },
      ['subject.resource.id'],
    ],
    [
      'a resource that is one of the patients',
      { subject: { resource: { type: 'Chart', id: 'p-1' }, patients: ['p-1'] } },
      {},
      ['subject.resource.id', 'subject.patients'],
    ],
    ['a patient who acts', { actor: { id: 'p-1', type: 'patient', roles: [] } }, {}, ['actor.id', 'subject.patients']],
    [
      'a workforce member who is the patient',
      { actor: { id: 'p-88', type: 'workforce', roles: [] } },
      {},
      ['actor.id', 'subject.patients'],
    ],
    [
      'whom a patient acts for',
      { actor: { id: 'p-1', type: 'patient', roles: [], onBehalfOf: 'p-2' } },
      {},
      ['actor.id', 'actor.onBehalfOf', 'subject.patients'],
    ],
    [
      'a patient who is acted for',
      { actor: { id: 'u-1', type: 'service', roles: [], onBehalfOf: 'p-88' } },
      {},
      ['actor.onBehalfOf', 'subject.patients'],
    ],
    [
      'a patient who acts on a resource of that id',
      { actor: { id: 'p-1', type: 'patient', roles: [] }, subject: { resource: { type: 'Account', id: 'p-1' } } },
      {},
      ['actor.id', 'subject.resource.id'],
    ],
    [
      'whom a patient acts for, and whose account it is',
      {
        actor: { id: 'p-1', type: 'patient', roles: [], onBehalfOf: 'p-2' },
        subject: { resource: { type: 'Account', id: 'p-2' }, patients: [] },
      },
      {},
      ['actor.id', 'actor.onBehalfOf', 'subject.resource.id', 'subject.patients'],
    ],
    [
      'whom a service acts for, where the record of a patient says who it is',
      {
        actor: { id: 'u-1', type: 'service', roles: [], onBehalfOf: 'p-1' },
        subject: { resource: { type: 'Patient', id: 'p-1' }, patients: ['p-2'] },
      },
      {},
      ['actor.onBehalfOf', 'subject.resource.id', 'subject.patients'],
    ],
    [
      'whom somebody acts for, where no patient is listed',
      { actor: { id: 'u-1', type: 'service', roles: [], onBehalfOf: 'p-1' }, subject: undefined },
      {},
      ['actor.onBehalfOf'],
    ],
    [
      'an actor whose record it is',
      { actor: { id: 'p-1', type: 'workforce', roles: [] }, subject: { resource: { type: 'Patient', id: 'p-1' } } },
      {},
      ['actor.id', 'subject.resource.id'],
    ],
  ] as const)('hides %s', (_, event, options, paths) => {
    const record = withEvent({ context: undefined, ...event })
    expect(redact(record, options).omitted).toEqual(paths)
    expect(redact(record, { ...options, patients: 'hash', hash }).hashed).toEqual(paths)
    for (const how of [options, { ...options, patients: 'hash', hash } as PatientOptions]) {
      for (const text of [
        JSON.stringify(toOcsf(record, how)),
        toCef(record, how),
        toSyslog(record, { ...how, enterprise: 32473 }),
      ])
        expect(text).not.toMatch(/p-(?:1|2|88)\b/)
    }
  })

  it('does not trust whom somebody acts for where the subject is not shown', () => {
    const record = { ...withEvent({ subject: undefined }), sealed: ['subject' as const] }
    expect(redact(record).record.event.actor?.onBehalfOf).toBe('[omitted]')
    expect(redact(fullRecord).record.event.actor?.onBehalfOf).toBe('u-3')
  })

  it('never is a patient, for any record: no listed id is in what leaves, in any format', () => {
    // Ids that nothing else could hold by chance.
    const marked = (id: string, i: number) => `zqx${i}${id.replace(/[^A-Za-z]/g, '')}xqz`
    fc.assert(
      fc.property(anyRecord, fc.constantFrom('omit', 'hash'), (record, patients) => {
        const { subject, actor } = record.event
        const ids = (subject?.patients ?? []).map(marked)
        const event = {
          ...record.event,
          ...(subject && {
            subject: {
              ...subject,
              ...(ids.length > 0 && { patients: ids, resource: { type: 'Chart', id: ids[0] as string } }),
            },
          }),
          ...(actor && ids.length > 0 && { actor: { ...actor, id: ids[0] as string, onBehalfOf: ids[0] as string } }),
        }
        const options = { patients, hash, enterprise: 32473 } as const
        const { enterprise: _enterprise, ...rest } = options
        const texts = [
          toSyslog({ ...record, event }, options),
          toCef({ ...record, event }, rest),
          JSON.stringify(toOcsf({ ...record, event }, rest)),
        ]
        for (const text of texts) for (const id of ids) expect(text).not.toContain(id)
      }),
      { numRuns: 80 },
    )
  })
})

describe('the hash', () => {
  it('is needed, and must be one', () => {
    expect(
      isPhiError(
        errorOf(() => redact(fullRecord, { patients: 'hash' })),
        'PHI_AUDIT_EXPORT_OPTIONS',
      ),
    ).toBe(true)
    const long = withEvent({ subject: { patients: ['patient-0000000001'] } })
    const bad: readonly [AuditRecord, (id: string) => string][] = [
      [fullRecord, () => ''],
      [fullRecord, () => 'short'],
      [fullRecord, () => 'with a space'],
      [fullRecord, () => 'x'.repeat(257)],
      [fullRecord, () => undefined as never],
      [fullRecord, () => Promise.resolve('12345678') as never],
      [long, (id) => id],
      [long, (id) => `hash:${id}`],
      [
        fullRecord,
        (id) => {
          throw new Error(`no key for ${id}`)
        },
      ],
    ]
    for (const [record, hash] of bad) {
      const error = errorOf(() => redact(record, { patients: 'hash', hash }))
      expect(isPhiError(error, 'PHI_AUDIT_EXPORT_OPTIONS')).toBe(true)
      expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toMatch(/p-88|patient-0/)
    }
  })

  it('has a key of at least 16 bytes of its own', () => {
    expect(
      isPhiError(
        errorOf(() => keyedHash(new Uint8Array(15))),
        'PHI_AUDIT_EXPORT_OPTIONS',
      ),
    ).toBe(true)
    const changing = key.slice()
    const own = keyedHash(changing)
    changing.fill(0)
    expect(own('p-88')).toBe(KNOWN)
    expect(own('\ud800')).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each([{ patients: 'all' }, { freeText: 'some' }, { patientTypes: [''] }, { extra: 1 }])(
    'the options %j are refused',
    (options) => {
      expect(
        isPhiError(
          errorOf(() => redact(fullRecord, options as never)),
          'PHI_AUDIT_EXPORT_OPTIONS',
        ),
      ).toBe(true)
    },
  )
})
