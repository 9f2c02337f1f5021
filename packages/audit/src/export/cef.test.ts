import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCef } from '../../test/export/cef-reader.ts'
import { anyRecord, fullRecord, hostileCases, recordWith, textOf, unsafeInLine } from '../../test/export/samples.ts'
import type { AuditRecord } from '../record.ts'
import { toCef, unescapeVisibly, writeCef } from './index.ts'

const all = { patients: 'include', freeText: 'include' } as const

describe('CEF', () => {
  it('S50 S94 S124 says who with role, organization, address, time, action, resource, outcome and user agent', () => {
    const { header, extension } = readCef(
      toCef(fullRecord, { ...all, product: { vendor: 'A|B\\C', name: 'Log', version: '2' } }),
    )
    expect(header).toEqual(['CEF:0', 'A|B\\C', 'Log', '2', 'read', 'Read', '3'])
    expect(Object.fromEntries(extension)).toEqual({
      rt: String(Date.parse('2026-03-04T05:06:08.000Z')),
      end: String(Date.parse('2026-03-04T05:06:07.089Z')),
      act: 'read',
      outcome: 'success',
      externalId: 'request-7f3a/read',
      suid: 'u-17',
      spriv: '["therapist","supervisor"]',
      src: '203.0.113.9',
      requestClientApplication: 'Mozilla/5.0',
      reason: 'follow-up',
      cn1: '7',
      cn1Label: 'Log Index',
      cn2: '1',
      cn2Label: 'Record Count',
      cs1: 'ProgressNote',
      cs1Label: 'Resource Type',
      cs2: 'n-204',
      cs2Label: 'Resource Id',
      cs3: 'org-1',
      cs3Label: 'Organization',
      cs4: '["p-88"]',
      cs4Label: 'Patients',
      cs5: 'TREAT',
      cs5Label: 'Purpose Of Use',
      cs6: 'clinic.example/audit',
      cs6Label: 'Log',
      PhiAuditEventId: 'request-7f3a/read',
      PhiAuditEntryHash: fullRecord.hash,
      PhiAuditGenuine: 'true',
      PhiAuditSeverity: 'notice',
      PhiAuditActorType: 'workforce',
      PhiAuditOnBehalfOf: 'u-3',
      PhiAuditSession: 's-1',
      PhiAuditRequest: 'r-1',
      PhiAuditTrace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      PhiAuditSite: 'north',
      PhiAuditResourceVersion: '3',
      PhiAuditDataClasses: '["phi.ops.auditlog"]',
      PhiAuditFields: '["text"]',
      PhiAuditBreakGlass: 'false',
      PhiAuditDisclosureRecipient: 'Dr. Roe',
      PhiAuditDisclosureAddress: '1 Main St',
      PhiAuditDisclosureDescription: 'summary',
      PhiAuditDisclosurePurpose: 'referral',
      PhiAuditDecisionPolicy: 'chart-access',
      PhiAuditDecisionRule: 'care-team',
      PhiAuditAiModel: 'm-1',
      PhiAuditAiPromptHash: 'a'.repeat(64),
      PhiAuditAiOutputHash: 'b'.repeat(64),
      PhiAuditDetails: JSON.stringify(fullRecord.event.context?.details),
    })
  })

  it('has one spelling', () => {
    const { index, recordedAt, hash, origin } = fullRecord
    const record = {
      ...{ index, recordedAt, hash, origin, withheld: [], sealed: [], altered: [], genuine: true },
      event: {
        id: 'e=1',
        action: 'login-failed',
        outcome: 'failure',
        occurredAt: recordedAt,
        actor: { id: 'a|b\\c', type: 'workforce', roles: [] },
      },
    } as const satisfies AuditRecord
    expect(toCef(record)).toBe(
      'CEF:0|phi|@phi/audit|v1|login-failed|Login failed|5|rt=1772600768000 end=1772600768000 act=login-failed outcome=failure ' +
        'externalId=e\\=1 suid=a|b\\\\c cn1Label=Log Index cn1=7 cs6Label=Log cs6=clinic.example/audit PhiAuditEventId=e\\=1 ' +
        `PhiAuditEntryHash=${'A'.repeat(43)}\\= PhiAuditGenuine=true PhiAuditActorType=workforce`,
    )
  })

  it('has a place of its own for IPv6, and for ids that are longer than externalId', () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, id: 'x'.repeat(41), source: { ip: '2001:db8::1' } } }
    const { extension } = readCef(toCef(record))
    expect(extension.get('c6a2')).toBe('2001:db8::1')
    expect(extension.get('c6a2Label')).toBe('Source IPv6 Address')
    expect(extension.has('src')).toBe(false)
    expect(extension.has('externalId')).toBe(false)
    expect(extension.get('PhiAuditEventId')).toBe('x'.repeat(41))
  })

  it('keeps spaces at either end from readers that trim', () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, context: { reason: ' a b ' } } }
    expect(toCef(record, all)).toContain(' reason=\\\\u0020a b\\\\u0020 ')
    expect(unescapeVisibly(readCef(toCef(record, all)).extension.get('reason') as string)).toBe(' a b ')
  })

  it('says why a group is not shown', () => {
    const { index, recordedAt, hash, origin } = fullRecord
    const record: AuditRecord = {
      ...{ index, recordedAt, hash, origin, event: {}, genuine: false },
      withheld: ['event', 'actor'],
      sealed: ['source', 'subject'],
      altered: ['context'],
    }
    const { header, extension } = readCef(toCef(record))
    expect(header.slice(4)).toEqual(['unknown', 'Unknown', '9'])
    expect(Object.fromEntries(extension)).toMatchObject({
      act: '[withheld]',
      outcome: '[withheld]',
      suid: '[withheld]',
      requestClientApplication: '[sealed]',
      reason: '[altered]',
      cs2: '[sealed]',
      PhiAuditEventId: '[withheld]',
      PhiAuditWithheld: '["event","actor"]',
      PhiAuditSealed: '["source","subject"]',
      PhiAuditAltered: '["context"]',
      PhiAuditGenuine: 'false',
    })
  })

  it('gives an independent reader what was recorded, for any record, on one line', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const line = toCef(record, all)
        expect(line).not.toMatch(unsafeInLine)
        expect(line.isWellFormed()).toBe(true)
        const { header, extension } = readCef(line)
        expect(header).toHaveLength(7)
        const cut = JSON.parse(extension.get('PhiAuditCut') ?? '[]') as string[]
        const { actor, source, subject, context } = record.event
        const values: readonly [string, string | undefined][] = [
          ['suid', actor?.id],
          ['cs3', actor?.organization],
          ['requestClientApplication', source?.userAgent],
          ['PhiAuditSession', source?.session],
          ['cs2', subject?.resource?.id],
          ['reason', context?.reason],
          ['PhiAuditDisclosureDescription', context?.disclosure?.description],
          ['PhiAuditDecisionRule', context?.decision?.rule],
          ['cs6', record.origin],
        ]
        for (const [key, value] of values) {
          if (value === undefined) continue
          const read = extension.get(key) as string
          if (cut.includes(key)) expect(read).toMatch(/…\[cut \d+ bytes\]$/)
          else expect(unescapeVisibly(read)).toBe(value)
        }
        if (subject?.patients !== undefined) expect(JSON.parse(extension.get('cs4') as string)).toEqual(subject.patients)
      }),
      { numRuns: 150 },
    )
  })

  it.each(hostileCases)('%s starts no field and no line', (_, text) => {
    const { extension } = readCef(toCef(recordWith(text), all))
    // The keys are those of a record with plain texts, but for the name of what was cut.
    const keys = [...readCef(toCef(recordWith('plain'), all)).extension.keys()]
    expect([...extension.keys()].filter((key) => key !== 'PhiAuditCut')).toEqual(keys)
    expect(extension.get('act')).toBe('read')
  })

  it('cuts visibly what is longer than CEF allows, and never an escape', () => {
    for (let length = 1000; length < 1030; length++) {
      for (const unit of ['=', '\\', '\u0000', '\n', 'ä', '🙂', '\\u0041']) {
        const reason = unit.repeat(length)
        const { extension } = readCef(toCef({ ...fullRecord, event: { ...fullRecord.event, context: { reason } } }, all))
        const value = extension.get('reason') as string
        expect(new TextEncoder().encode(value).length).toBeLessThanOrEqual(1023)
        const [, kept, missing] = /^(.*)…\[cut (\d+) bytes\]$/s.exec(value) ?? [undefined, value, '0']
        expect(reason.startsWith(unescapeVisibly(kept as string))).toBe(true)
        expect((kept as string).isWellFormed()).toBe(true)
        if (unescapeVisibly(kept as string) !== reason) {
          expect(Number(missing)).toBeGreaterThan(0)
          expect(extension.get('PhiAuditCut')).toBe('["reason"]')
        }
      }
    }
  })

  it('S6 writes a line a record', async () => {
    expect((await textOf(writeCef([fullRecord, fullRecord]))).split('\n')).toEqual([toCef(fullRecord), toCef(fullRecord), ''])
  })

  it.each([{ product: { vendor: 'a\nb' } }, { product: { name: '' } }, { vendor: 'x' }, null])(
    'refuses the options %j',
    (options) => {
      let error: unknown
      try {
        toCef(fullRecord, options as never)
      } catch (thrown) {
        error = thrown
      }
      expect(isPhiError(error, 'PHI_AUDIT_EXPORT_OPTIONS')).toBe(true)
    },
  )

  it('lets no record that a program made by hand write a header', () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, action: 'x\nCEF:0|a' as never } }
    const line = toCef(record)
    expect(line).not.toMatch(unsafeInLine)
    expect(readCef(line).header[4]).toBe('x\\u000aCEF:0|a')
  })
})
