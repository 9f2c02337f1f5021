import { hmacSha256, toHex, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { eventOf, forwarderOf, PATIENT, Receiver } from '../../test/forward/world.ts'
import { type AuditEventInput, memoryStore, openAuditLog } from '../index.ts'
import { redactable, type ShownOptions } from './shown.ts'

const hash = (id: string) => toHex(hmacSha256(new Uint8Array(32).fill(3), utf8(id)))

async function seen(options: ShownOptions, ...events: AuditEventInput[]) {
  const log = await openAuditLog({ origin: 'clinic.example/audit', store: memoryStore() })
  for (const event of events) await log.append(event)
  const to = new Receiver()
  await forwarderOf({ source: log, to, ...options }).forwarder.once()
  return to.got
}

describe('S125 what the receiver sees', () => {
  it('a record whose patients cannot be hidden does not leave', async () => {
    const log = await openAuditLog({ origin: 'clinic.example/audit', store: memoryStore() })
    await log.append(eventOf(0))
    const to = new Receiver()
    const { forwarder } = forwarderOf({ source: log, to, patients: 'hash', hash: (id) => id })
    await expect(forwarder.once()).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_OPTIONS', path: 'hash' })
    expect(to.batches).toEqual([])
  })

  it('by default neither patients nor free text', async () => {
    const [item] = await seen({}, eventOf(0))
    expect(item?.json).not.toMatch(/patient-4711|Jane|berweisung/)
    expect(item?.omitted).toEqual(['subject.patients', 'context.reason', 'context.details'])
    expect(item?.record.event).toMatchObject({
      id: 'e-0',
      subject: { resource: { type: 'ProgressNote', id: 'n-0' } },
      context: { purpose: 'TREAT' },
    })
    expect(JSON.parse(item?.json ?? '')).toMatchObject({ id: 'e-0', index: 0, hash: item?.hash, omitted: item?.omitted })
  })

  it('everything, when asked for, as one line', async () => {
    const separators = eventOf(0, { context: { reason: 'a\u2028b\u2029c\nd' } })
    const [item] = await seen({ patients: 'include', freeText: 'include' }, separators)
    expect(item?.omitted).toEqual([])
    expect(item?.json).not.toMatch(/[\n\u2028\u2029]/)
    expect(JSON.parse(item?.json ?? '')).toMatchObject({
      event: { subject: { patients: [PATIENT] }, context: { reason: 'a\u2028b\u2029c\nd' } },
    })
  })

  it('a patient wherever a patient is named, by the same keyed hash', async () => {
    const events: AuditEventInput[] = [
      eventOf(0, { subject: { patients: [PATIENT], resource: { type: 'Chart', id: PATIENT } } }),
      eventOf(1, { actor: { id: PATIENT, type: 'patient' }, subject: { resource: { type: 'Patient', id: PATIENT } } }),
      eventOf(2, { actor: { id: 'u-1', type: 'workforce', onBehalfOf: PATIENT } }),
    ]
    for (const patients of ['hash', 'omit'] as const) {
      const items = await seen(patients === 'hash' ? { patients, hash } : { patients }, ...events)
      const shown = patients === 'hash' ? hash(PATIENT) : '[omitted]'
      expect(items.map(({ json }) => json).join()).not.toContain(PATIENT)
      expect(items[0]?.record.event.subject?.resource?.id).toBe(shown)
      expect(items[0]?.record.event.subject?.patients).toEqual(patients === 'hash' ? [shown] : undefined)
      expect(items[1]?.record.event).toMatchObject({ actor: { id: shown }, subject: { resource: { id: shown } } })
      expect([...(items[1]?.omitted ?? []), ...(items[1]?.hashed ?? [])]).toContain('actor.id')
      expect(items[2]?.record.event.actor).toMatchObject({ id: 'u-1', onBehalfOf: shown })
    }
  })

  it.each(redactable)('leaves out %s and says so', async (path) => {
    const full = eventOf(0, {
      actor: { id: 'u', type: 'workforce', roles: ['r'], organization: 'o', onBehalfOf: 'x' },
      source: {
        ip: '203.0.113.9',
        userAgent: 'a',
        session: 's',
        request: 'r',
        site: 'w',
        trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
      subject: {
        resource: { type: 't', id: 'i' },
        patients: ['p'],
        dataClasses: ['phi.ops.auditlog'],
        fields: ['f'],
        count: 1,
      },
      context: {
        purpose: 'TREAT',
        reason: 'r',
        disclosure: { description: 'd', purpose: 'p', recipient: 'r' },
        decision: { policy: 'p', rule: 'r' },
        ai: { model: 'm' },
        details: { a: 1 },
      },
    })
    const all = { patients: 'include', freeText: 'include' } as const
    const [before] = await seen(all, full)
    const [after] = await seen({ ...all, redact: [path] }, full)
    const at = (record: unknown) =>
      path.split('.').reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], record)
    expect(at(before?.record.event)).toBeDefined()
    expect(at(after?.record.event)).toEqual(path === 'actor.roles' ? [] : undefined)
    expect(after?.omitted).toEqual([path])
  })
})
