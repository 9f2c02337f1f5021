import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everything, itemsOf } from '../../test/forward/items.ts'
import { readOtlp } from '../../test/forward/otlp-reader.ts'
import { webServer } from '../../test/forward/servers.ts'
import { eventOf, forwarderOf, logOf, origin, recordsOf } from '../../test/forward/world.ts'
import { type AuditEventInput, auditSeverities, memoryStore, openAuditLog } from '../index.ts'
import type { ForwardItem } from './destination.ts'
import { otlpDestination, otlpRecord } from './index.ts'
import { otlpRequest } from './otlp.ts'
import { itemOf } from './shown.ts'

const never = new AbortController().signal
let items: ForwardItem[]
let server: Awaited<ReturnType<typeof webServer>>
beforeAll(async () => {
  items = await itemsOf(4)
  server = await webServer((_, response) => response.end('{}'))
})
afterAll(() => server.close())
const to = (more: object = {}) => otlpDestination({ url: server.url, loopbackHttp: true, ...more })

describe('S25 S125 OTLP logs', () => {
  it('a plain reader of the protocol gets the whole record', async () => {
    for (const gzip of [false, true]) {
      expect((await to({ gzip, service: 'clinic' }).send(items, never)).is).toBe('items')
      const { headers, body } = server.seen.at(-1) as (typeof server.seen)[number]
      expect(headers['content-type']).toBe('application/json')
      const logs = readOtlp((gzip ? gunzipSync(body) : body).toString())
      expect(logs).toHaveLength(4)
      expect(logs[2]).toMatchObject({
        timeUnixNano: '1772600767000000000',
        observedTimeUnixNano: '1772600767000000000',
        severityNumber: 9,
        severityText: 'info',
        eventName: 'phi.audit.read',
        resource: { 'service.name': 'clinic', 'phi.audit.origin': origin },
        attributes: {
          'phi.audit.id': 'e-2',
          'phi.audit.index': 2,
          'phi.audit.hash': items[2]?.hash,
          'phi.audit.outcome': 'success',
          'phi.audit.genuine': true,
          'phi.audit.actor.type': 'workforce',
          'phi.audit.subject.resource': { type: 'ProgressNote', id: 'n-2' },
          'phi.audit.context.details': { note: 'Überweisung 🙂\n"x"' },
          'user.id': 'u-2',
          'user.roles': ['therapist'],
          'client.address': '203.0.113.9',
        },
      })
    }
  })

  it('every severity, a trace, numbers of every kind and what is not shown', async () => {
    const log = await openAuditLog({ origin, store: memoryStore() })
    const events: AuditEventInput[] = [
      ...auditSeverities.map((severity, i) => eventOf(i, { severity })),
      eventOf(20, {
        outcome: 'denied',
        source: { trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
        context: { details: { whole: 7, big: 2 ** 53, half: 0.5, negative: -3, minusZero: -0, nothing: null, yes: true } },
      }),
    ]
    for (const event of events) await log.append(event)
    const records = await recordsOf(log)
    const all = records.map((record) => itemOf(record, everything))
    const hidden = itemOf(records[0] as (typeof records)[number], { patients: {}, redact: ['source'] })
    const logs = readOtlp(JSON.stringify(otlpRequest([...all, hidden], 'x')))
    expect(logs.map(({ severityNumber }: { severityNumber: number }) => severityNumber)).toEqual([
      5, 9, 10, 13, 17, 18, 19, 21, 13, 5,
    ])
    const traced = logs[8]
    expect(traced).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', flags: 1 })
    expect(traced.attributes['phi.audit.context.details']).toEqual({
      whole: 7,
      big: 2 ** 53,
      half: 0.5,
      negative: -3,
      // Canonical JSON has no negative zero.
      minusZero: 0,
      nothing: null,
      yes: true,
    })
    expect(logs[9].attributes['phi.audit.omitted']).toEqual(['subject.patients', 'context.reason', 'context.details', 'source'])
    expect(JSON.stringify(logs[9])).not.toMatch(/patient-4711|Jane|203\.0/)
    const withheld = {
      ...(records[0] as (typeof records)[number]),
      event: {},
      withheld: ['event', 'actor'] as const,
      genuine: false,
    }
    expect(readOtlp(JSON.stringify(otlpRequest([itemOf(withheld as never, everything)], 'x')))[0]).toMatchObject({
      severityNumber: 19,
      eventName: 'phi.audit.unknown',
      attributes: { 'phi.audit.id': `${origin}#0`, 'phi.audit.withheld': ['event', 'actor'], 'phi.audit.genuine': false },
    })
  })

  it('whatever texts and numbers an event holds, the reader takes it', async () => {
    const [item] = items as [ForwardItem]
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,9}$/), value, { noNullPrototype: true }),
        (details) => {
          const record = { ...item.record, event: { ...item.record.event, context: { details } } }
          const [log] = readOtlp(JSON.stringify(otlpRequest([{ ...item, record }], 'x')))
          expect(log.attributes['phi.audit.context.details']).toEqual(JSON.parse(JSON.stringify(details)))
        },
      ),
      { numRuns: 150 },
    )
    expect(otlpRecord(item).eventName).toBe('phi.audit.read')
  })

  it('answers are believed as far as they make sense', async () => {
    const answered = async (body: string, status = 200) => {
      server.answerWith((_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body))
      return to().send(items, never)
    }
    for (const body of [
      '',
      '{}',
      '{"partialSuccess":{}}',
      '{"partialSuccess":null}',
      '{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow"}}',
    ])
      expect([body, (await answered(body)).is]).toEqual([body, 'items'])
    for (const count of ['1', '"4"', '"1"'])
      expect(await answered(`{"partialSuccess":{"rejectedLogRecords":${count}}}`)).toEqual({
        is: 'split',
        code: 'PHI_AUDIT_FORWARD_REFUSED',
      })
    for (const count of ['5', '-1', '"-1"', '"x"', '1.5', 'true', '"99999999999999999"', '[]'])
      expect(await answered(`{"partialSuccess":{"rejectedLogRecords":${count}}}`)).toMatchObject({
        is: 'blocked',
        code: 'PHI_AUDIT_FORWARD_ANSWER',
      })
    for (const body of ['<html>', '[]', '"ok"', '{"partialSuccess":7}', '{'])
      expect(await answered(body)).toMatchObject({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_ANSWER' })
    expect(await answered('{}', 503)).toMatchObject({ is: 'retry' })
    expect(await answered('{}', 400)).toMatchObject({ is: 'split' })
  })

  it('records that a collector rejects without naming them are found and set aside, the rest arrives', async () => {
    const kept = new Set<number>()
    server.answerWith((seen, response) => {
      const ids = readOtlp(seen.body.toString()).map(
        (log: { attributes: Record<string, number> }) => log.attributes['phi.audit.index'],
      )
      const rejected = ids.filter((index: number) => index === 5 || index === 11).length
      for (const index of ids) if (index !== 5 && index !== 11) kept.add(index)
      response.end(rejected === 0 ? '{}' : JSON.stringify({ partialSuccess: { rejectedLogRecords: String(rejected) } }))
    })
    const { forwarder, runUntil } = forwarderOf({ source: await logOf(16), to: to() })
    await runUntil(() => forwarder.health().logs[0]?.next === 16)
    expect((await forwarder.deadLetters()).map(({ index }) => index)).toEqual([5, 11])
    expect(kept.size).toBe(14)
  })
})
