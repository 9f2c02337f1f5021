import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCef } from '../../test/export/cef-reader.ts'
import { anyRecord, fullRecord, hostileCases, recordWith, textOf, unsafeInLine } from '../../test/export/samples.ts'
import { readSyslog } from '../../test/export/syslog-reader.ts'
import type { AuditRecord } from '../record.ts'
import {
  redact,
  type SyslogOptions,
  syslogOf,
  toCef,
  toJsonLine,
  toOcsf,
  toSyslog,
  unescapeVisibly,
  writeSyslog,
} from './index.ts'

const all = { patients: 'include', freeText: 'include' } as const
/** The number that RFC 5612 reserves for examples. */
const enterprise = 32473
const ID = `audit@${enterprise}`
const bytes = (text: string): number => new TextEncoder().encode(text).length

describe('a syslog message', () => {
  it('has the header of RFC 5424 and the record as JSON', () => {
    const text = toSyslog(fullRecord, { ...all, hostname: 'app1.clinic.example', appName: 'ehr', procId: '42' })
    expect(text).toBe(
      `<109>1 2026-03-04T05:06:07.089Z app1.clinic.example ehr 42 read [origin software="@phi/audit"] ${toJsonLine(fullRecord)}`,
    )
    expect(readSyslog(text)).toMatchObject({ facility: 13, severity: 5, bom: false })
    expect(JSON.parse(readSyslog(text).message)).toEqual(fullRecord)
  })

  it('S50 S94 S124 says in structured data who with role, organization, address, time, action, resource, outcome and user agent', () => {
    const { data } = readSyslog(toSyslog(fullRecord, { ...all, enterprise }))
    expect(data).toEqual({
      origin: { software: '@phi/audit' },
      [ID]: {
        index: '7',
        log: 'clinic.example/audit',
        eventId: 'request-7f3a/read',
        hash: fullRecord.hash,
        action: 'read',
        outcome: 'success',
        actor: 'u-17',
        actorType: 'workforce',
        roles: '["therapist","supervisor"]',
        organization: 'org-1',
        ip: '203.0.113.9',
        userAgent: 'Mozilla/5.0',
        resourceType: 'ProgressNote',
        resourceId: 'n-204',
        patients: '["p-88"]',
        purpose: 'TREAT',
        recordedAt: '2026-03-04T05:06:08.000Z',
      },
    })
  })

  it('says of a record that was redacted before what was left out', () => {
    const options = { enterprise, hostname: 'app1' }
    expect(syslogOf(redact(fullRecord), options)).toBe(toSyslog(fullRecord, options))
    expect(readSyslog(syslogOf(redact(fullRecord), options)).data[ID]?.omitted).toContain('subject.patients')
  })

  it('makes up no enterprise number', () => {
    expect(Object.keys(readSyslog(toSyslog(fullRecord)).data)).toEqual(['origin'])
  })

  it.each([
    ['debug', 7],
    ['info', 6],
    ['notice', 5],
    ['warning', 4],
    ['error', 3],
    ['critical', 2],
    ['alert', 1],
    ['emergency', 0],
  ] as const)('has the severity %s as %i', (severity, number) => {
    const record = { ...fullRecord, event: { ...fullRecord.event, severity } }
    expect(readSyslog(toSyslog(record, { facility: 23 }))).toMatchObject({ facility: 23, severity: number })
  })

  it('takes the severity from the outcome where none was recorded, and is an alert where the log was altered', () => {
    const with_ = (event: object, more: object = {}) =>
      readSyslog(toSyslog({ ...fullRecord, event: { ...fullRecord.event, severity: undefined, ...event }, ...more } as never))
        .severity
    expect(with_({})).toBe(6)
    expect(with_({ outcome: 'failure' })).toBe(4)
    expect(with_({ outcome: 'denied' })).toBe(4)
    expect(with_({ action: 'break-glass' })).toBe(4)
    expect(with_({ source: undefined }, { altered: ['source'], genuine: false })).toBe(1)
  })

  it('carries OCSF or CEF as its message', () => {
    expect(JSON.parse(readSyslog(toSyslog(fullRecord, { message: 'ocsf' })).message)).toEqual(toOcsf(fullRecord))
    expect(readSyslog(toSyslog(fullRecord, { message: 'cef' })).message).toBe(toCef(fullRecord))
  })

  it('starts MSG with a byte order mark where it is not ASCII, unless told otherwise', () => {
    const record = recordWith('Überweisung')
    expect(readSyslog(toSyslog(record, { ...all, message: 'cef' })).bom).toBe(true)
    expect(readSyslog(toSyslog(record, { ...all, message: 'cef', bom: false })).bom).toBe(false)
    expect(readSyslog(toSyslog(fullRecord, { ...all, message: 'cef' })).bom).toBe(false)
    const json = readSyslog(toSyslog(record, all))
    expect(json.bom).toBe(false)
    expect(json.message).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(json.message)).toEqual(record)
  })

  it('says why a group is not shown', () => {
    const { index, recordedAt, hash, origin } = fullRecord
    const record: AuditRecord = {
      ...{ index, recordedAt, hash, origin, event: {}, genuine: true },
      withheld: ['event', 'actor', 'source'],
      sealed: ['subject', 'context'],
      altered: [],
    }
    const { msgId, timestamp, severity, data, message } = readSyslog(toSyslog(record, { enterprise }))
    expect({ msgId, timestamp, severity }).toEqual({ msgId: '-', timestamp: recordedAt, severity: 5 })
    expect(data[ID]).toEqual({
      index: '7',
      log: origin,
      eventId: '[withheld]',
      hash,
      actor: '[withheld]',
      recordedAt,
      withheld: '["event","actor","source"]',
      sealed: '["subject","context"]',
    })
    expect(JSON.parse(message)).toEqual(record)
  })

  it('gives an independent reader what was recorded, for any record, in one line within its bytes', () => {
    fc.assert(
      fc.property(
        anyRecord,
        fc.constantFrom('json', 'ocsf', 'cef'),
        fc.constantFrom(2048, 4096, 1_048_576),
        fc.boolean(),
        (record, message, maxBytes, bom) => {
          const text = toSyslog(record, { ...all, message, maxBytes, bom, enterprise } as SyslogOptions)
          expect(text.replace('\ufeff', '')).not.toMatch(unsafeInLine)
          expect(text.isWellFormed()).toBe(true)
          expect(bytes(text)).toBeLessThanOrEqual(maxBytes)
          const read = readSyslog(text)
          const params = read.data[ID] as Readonly<Record<string, string>>
          expect(params).toMatchObject({ index: String(record.index), log: record.origin, hash: record.hash })
          if (record.event.id !== undefined) expect(params.eventId).toBe(record.event.id)
          if (maxBytes > 10_000) {
            const { actor, source, subject } = record.event
            if (actor !== undefined) expect(unescapeVisibly(params.actor as string)).toBe(actor.id)
            if (source?.userAgent !== undefined) expect(unescapeVisibly(params.userAgent as string)).toBe(source.userAgent)
            if (subject?.resource !== undefined) expect(unescapeVisibly(params.resourceId as string)).toBe(subject.resource.id)
            if (message === 'json') expect(JSON.parse(read.message)).toEqual(record)
            if (message === 'ocsf') expect(JSON.parse(read.message)).toEqual(toOcsf(record, all))
            if (message === 'cef') expect(readCef(read.message)).toEqual(readCef(toCef(record, all)))
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each(hostileCases)('%s starts no element, no parameter and no message', (_, text) => {
    const plain = readSyslog(toSyslog(recordWith('plain'), { ...all, enterprise, maxBytes: 1_048_576 }))
    const read = readSyslog(toSyslog(recordWith(text), { ...all, enterprise, maxBytes: 1_048_576 }))
    expect(Object.keys(read.data)).toEqual(Object.keys(plain.data))
    expect(Object.keys(read.data[ID] ?? {})).toEqual(Object.keys(plain.data[ID] ?? {}))
    expect(unescapeVisibly(read.data[ID]?.actor ?? '')).toBe(text)
    expect(JSON.parse(read.message)).toEqual(recordWith(text))
  })

  it('cuts visibly, counts what is missing, and cuts no escape and no character', () => {
    const whole = readSyslog(
      toSyslog(recordWith('ä\n=\\🙂'.repeat(100)), { ...all, message: 'cef', maxBytes: 1_048_576 }),
    ).message
    for (let maxBytes = 2048; maxBytes < 2200; maxBytes++) {
      const text = toSyslog(recordWith('ä\n=\\🙂'.repeat(100)), { ...all, message: 'cef', maxBytes })
      expect(bytes(text)).toBeLessThanOrEqual(maxBytes)
      expect(bytes(text)).toBeGreaterThan(maxBytes - 8)
      const { message } = readSyslog(text)
      const [, kept, missing] = /^(.*)…\[cut (\d+) bytes\]$/.exec(message) as unknown as [string, string, string]
      expect(whole.startsWith(kept)).toBe(true)
      expect(bytes(kept) + Number(missing)).toBe(bytes(whole))
      // An odd number of backslashes at the end would be half an escape.
      expect((/\\*$/.exec(kept)?.[0].length ?? 0) % 2).toBe(0)
    }
    const json = toSyslog(recordWith('ä'.repeat(250)), { ...all, maxBytes: 2048 })
    expect(json).toMatch(/^[\x20-\x7e]*[^\\]\.\.\.\[cut \d+ bytes\]$/)
  })

  it('never cuts what names the entry, whatever is in the way', () => {
    const id = '"]\\'.repeat(42)
    const record = {
      ...recordWith('\u0000'.repeat(256)),
      origin: '"'.repeat(200),
      event: { ...recordWith('\u0000'.repeat(256)).event, id },
    }
    const options = {
      ...all,
      enterprise,
      maxBytes: 2048,
      hostname: 'h'.repeat(255),
      appName: 'a'.repeat(48),
      procId: 'p'.repeat(128),
    }
    const text = toSyslog(record, options)
    expect(bytes(text)).toBeLessThanOrEqual(2048)
    expect(readSyslog(text).data[ID]).toEqual({ index: '7', log: '"'.repeat(200), eventId: id, hash: record.hash, cut: 'yes' })
  })

  it('S6 writes a line a record', async () => {
    expect(await textOf(writeSyslog([fullRecord], { enterprise }))).toBe(`${toSyslog(fullRecord, { enterprise })}\n`)
  })

  it.each([
    { hostname: 'a b' },
    { hostname: 'ä' },
    { hostname: '' },
    { appName: 'x'.repeat(49) },
    { procId: 'x\n' },
    { facility: 24 },
    { enterprise: 0 },
    { maxBytes: 2047 },
    { message: 'xml' },
    { extra: 1 },
  ])('refuses the options %j', (options) => {
    let error: unknown
    try {
      toSyslog(fullRecord, options as never)
    } catch (thrown) {
      error = thrown
    }
    expect(isPhiError(error, 'PHI_AUDIT_EXPORT_OPTIONS')).toBe(true)
  })

  it('lets no record that a program made by hand write a header', () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, action: 'x\n<14>1' as never, occurredAt: 'now - - -' } }
    expect(readSyslog(toSyslog(record))).toMatchObject({ msgId: '-', timestamp: '-' })
  })
})
