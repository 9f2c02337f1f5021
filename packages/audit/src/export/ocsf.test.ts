import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasOcsfClasses, ocsfClassFiles, ocsfProblems } from '../../test/export/ocsf-checker.ts'
import { anyRecord, fullRecord, hostileCases, recordWith, textOf, unsafeInLine } from '../../test/export/samples.ts'
import { type AuditAction, auditActions } from '../actions.ts'
import type { AuditRecord } from '../record.ts'
import { keyedHash, OCSF_VERSION, type OcsfEvent, toOcsf, writeOcsf } from './index.ts'

const all = { patients: 'include', freeText: 'include' } as const
const acting = (action: AuditAction, more: object = {}): AuditRecord => ({
  ...fullRecord,
  event: { ...fullRecord.event, action, ...more },
})
const { index, recordedAt, hash, origin } = fullRecord
const hidden: AuditRecord = {
  index,
  recordedAt,
  hash,
  origin,
  event: {},
  withheld: ['event', 'actor', 'source'],
  sealed: ['subject', 'context'],
  altered: [],
  genuine: true,
}

describe('an OCSF event', () => {
  it('S50 S94 S124 says who with role, organization, address, time, action, resource, outcome and user agent', () => {
    expect(toOcsf(fullRecord, { ...all, product: { vendor: 'Clinic', version: '2' } })).toEqual({
      activity_id: 2,
      activity_name: 'Read',
      category_name: 'Application Activity',
      category_uid: 6,
      class_name: 'API Activity',
      class_uid: 6003,
      type_name: 'API Activity: Read',
      type_uid: 600302,
      severity_id: 2,
      severity: 'Low',
      time: Date.parse('2026-03-04T05:06:07.089Z'),
      message: 'read: success',
      status: 'Success',
      status_id: 1,
      status_code: 'success',
      action_id: 1,
      action: 'Allowed',
      policy: { name: 'chart-access' },
      metadata: {
        version: OCSF_VERSION,
        profiles: ['security_control', 'host'],
        product: { name: '@phi/audit', vendor_name: 'Clinic', version: '2' },
        uid: 'request-7f3a/read',
        event_code: 'read',
        log_name: 'clinic.example/audit',
        log_version: 'phi.audit/v1',
        logged_time: Date.parse('2026-03-04T05:06:08.000Z'),
        original_time: '2026-03-04T05:06:07.089Z',
        sequence: 7,
        correlation_uid: '0af7651916cd43dd8448eb211c80319c',
      },
      actor: {
        user: {
          uid: 'u-17',
          type_id: 1,
          type: 'User',
          org: { name: 'org-1' },
          groups: [
            { name: 'therapist', type: 'role' },
            { name: 'supervisor', type: 'role' },
          ],
        },
        session: { uid: 's-1' },
      },
      src_endpoint: { ip: '203.0.113.9' },
      http_request: { user_agent: 'Mozilla/5.0', uid: 'r-1' },
      api: { operation: 'read' },
      resources: [{ type: 'ProgressNote', uid: 'n-204', version: '3' }],
      unmapped: {
        index: 7,
        hash,
        recorded_at: recordedAt,
        genuine: true,
        severity: 'notice',
        actor_type: 'workforce',
        on_behalf_of: 'u-3',
        trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        site: 'north',
        resource: { type: 'ProgressNote', id: 'n-204', version: '3' },
        patients: ['p-88'],
        data_classes: ['phi.ops.auditlog'],
        fields: ['text'],
        count: 1,
        purpose: 'TREAT',
        reason: 'follow-up',
        break_glass: false,
        disclosure: fullRecord.event.context?.disclosure,
        decision: { policy: 'chart-access', rule: 'care-team' },
        ai: fullRecord.event.context?.ai,
        details: fullRecord.event.context?.details,
      },
    })
  })

  it('loses nothing: the record can be put together again', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const event = JSON.parse(JSON.stringify(toOcsf(record, all)))
        const { unmapped: u, metadata: m } = event
        const shown = (group: string) => ![u.withheld, u.sealed, u.altered].some((list) => list?.includes(group))
        const back = {
          index: u.index,
          hash: u.hash,
          recordedAt: u.recorded_at,
          origin: m.log_name,
          genuine: u.genuine,
          id: shown('event') ? m.uid : undefined,
          occurredAt: m.original_time,
          action: m.event_code,
          outcome: event.status_code,
          severity: u.severity,
          actor: event.actor.user.uid,
          roles: event.actor.user.groups?.map((group: { name: string }) => group.name) ?? [],
          ip: event.src_endpoint.ip,
          agent: event.http_request?.user_agent,
          session: event.actor.session?.uid,
          patients: u.patients,
          resource: u.resource,
          reason: u.reason,
          details: u.details,
          withheld: u.withheld ?? [],
          sealed: u.sealed ?? [],
          altered: u.altered ?? [],
        }
        const { actor, source, subject, context, ...own } = record.event
        expect(back).toEqual({
          index: record.index,
          hash: record.hash,
          recordedAt: record.recordedAt,
          origin: record.origin,
          genuine: record.genuine,
          ...own,
          actor: actor?.id,
          roles: actor?.roles ?? [],
          ip: source?.ip,
          agent: source?.userAgent,
          session: source?.session,
          patients: subject?.patients,
          resource: subject?.resource,
          reason: context?.reason,
          details: context?.details,
          withheld: record.withheld,
          sealed: record.sealed,
          altered: record.altered,
        })
      }),
      { numRuns: 80 },
    )
  })

  it('says why something is not shown, also where the class requires a value', () => {
    const event = toOcsf(hidden)
    expect(event).toMatchObject({
      class_uid: 6003,
      activity_id: 0,
      severity_id: 0,
      time: Date.parse(recordedAt),
      message: '[withheld]: [withheld]',
      api: { operation: '[withheld]' },
      actor: { user: { name: '[withheld]', type_id: 0 } },
      src_endpoint: { name: '[withheld]' },
      metadata: { uid: hash },
      unmapped: { withheld: ['event', 'actor', 'source'], sealed: ['subject', 'context'] },
    })
    expect('status_id' in event).toBe(false)
    const sealed = {
      ...acting('grant'),
      event: { ...fullRecord.event, action: 'grant' as const, subject: undefined },
      sealed: ['subject'],
    }
    expect(toOcsf(sealed as never)).toMatchObject({ class_uid: 3005, user: { name: '[sealed]' } })
    expect(toOcsf(acting('configure', { subject: undefined }))).toMatchObject({
      entity: { name: '[not recorded]', type_id: 0 },
    })
  })

  it('is an alert where a group was altered, whatever severity was recorded', () => {
    const event = toOcsf({
      ...fullRecord,
      event: { ...fullRecord.event, context: undefined } as never,
      altered: ['context'],
      genuine: false,
    })
    expect(event).toMatchObject({ severity_id: 5, is_alert: true, unmapped: { altered: ['context'], genuine: false } })
  })

  it('S6 has one class and activity for each action', () => {
    const kinds = Object.fromEntries(auditActions.map((action) => [action, toOcsf(acting(action)).type_name]))
    expect(kinds).toEqual({
      create: 'API Activity: Create',
      read: 'API Activity: Read',
      update: 'API Activity: Update',
      delete: 'API Activity: Delete',
      search: 'Datastore Activity: Query',
      export: 'API Activity: Read',
      print: 'API Activity: Read',
      download: 'API Activity: Read',
      upload: 'API Activity: Create',
      send: 'API Activity: Send',
      disclose: 'API Activity: Disclose',
      login: 'Authentication: Logon',
      logout: 'Authentication: Logoff',
      'login-failed': 'Authentication: Logon',
      mfa: 'Authentication: Multi-Factor Authentication',
      'session-expired': 'Authentication: Logoff',
      'break-glass': 'Authorize Session: Assign Privileges',
      grant: 'User Access Management: Assign Privileges',
      revoke: 'User Access Management: Revoke Privileges',
      configure: 'Entity Management: Update',
      'key-rotate': 'Entity Management: Update',
      'key-destroy': 'Entity Management: Delete',
      prune: 'Datastore Activity: Delete',
      sign: 'API Activity: Sign',
      review: 'API Activity: Review',
      amend: 'API Activity: Update',
      restore: 'Datastore Activity: Write',
      execute: 'API Activity: Execute',
    })
  })

  it('S6 writes a line an event', async () => {
    const lines = (await textOf(writeOcsf([fullRecord, acting('login'), hidden]))).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as OcsfEvent).class_uid)).toEqual([6003, 3002, 6003])
  })

  it.each(hostileCases)('%s stays one line and one value', async (_, text) => {
    const line = (await textOf(writeOcsf([recordWith(text)], all))).slice(0, -1)
    expect(line).not.toMatch(unsafeInLine)
    expect(JSON.parse(line)).toEqual(toOcsf(recordWith(text), all))
  })

  it.each([{ patients: 'some' }, { service: '' }, { product: { name: 'a\nb' } }, { colour: 1 }, { patients: 'hash' }])(
    'refuses the options %j',
    (options) => {
      let error: unknown
      try {
        toOcsf(fullRecord, options as never)
      } catch (thrown) {
        error = thrown
      }
      expect(isPhiError(error, 'PHI_AUDIT_EXPORT_OPTIONS')).toBe(true)
    },
  )
})

describe.skipIf(!hasOcsfClasses)(`against the resolved classes${hasOcsfClasses ? '' : ' (not found: skipped)'}`, () => {
  const classes = hasOcsfClasses ? ocsfClassFiles() : []

  it('follows the version of the classes', () => {
    for (const each of classes) expect((each as unknown as { ocsf_version: string }).ocsf_version).toBe(OCSF_VERSION)
  })

  it.each(auditActions)('S6 S50 %s has nothing missing and nothing unknown', (action) => {
    const variants = [
      acting(action),
      acting(action, { source: undefined, subject: undefined, context: undefined }),
      acting(action, { outcome: 'denied', severity: 'emergency' }),
      acting(action, { outcome: 'failure', severity: undefined }),
      { ...acting(action, { subject: undefined, actor: undefined }), sealed: ['subject'], withheld: ['actor'] } as AuditRecord,
      { ...acting(action, { source: undefined }), altered: ['source'], genuine: false } as AuditRecord,
    ]
    for (const record of variants) {
      for (const options of [{}, all, { patients: 'hash' as const, hash: keyedHash(new Uint8Array(32)) }])
        expect(ocsfProblems(toOcsf(record, options), classes)).toEqual([])
    }
  })

  it('holds for any record, and for one that shows nothing', () => {
    expect(ocsfProblems(toOcsf(hidden), classes)).toEqual([])
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(ocsfProblems(toOcsf(record, all), classes)).toEqual([])
        expect(ocsfProblems(toOcsf(record), classes)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('uses six classes', () => {
    const used = new Set(auditActions.map((action) => toOcsf(acting(action)).class_uid))
    expect([...used].sort()).toEqual([3002, 3003, 3004, 3005, 6003, 6005])
  })

  it.each(auditActions)('the checker notices every mutation of a required attribute: %s', (action) => {
    const event = toOcsf(acting(action))
    const file = classes.find((each) => each.class_uid === event.class_uid)
    const required = Object.entries(file?.attributes ?? {})
      .filter(([name, attribute]) => attribute.requirement === 'required' && name in event)
      .map(([name]) => name)
    expect(required.length).toBeGreaterThanOrEqual(7)
    for (const name of required) {
      const { [name]: _gone, ...without } = event
      expect(ocsfProblems(without, classes), `without ${name}`).not.toEqual([])
      for (const wrong of [null, 'x', -1, 12_345, 1.5, true, [], {}]) {
        // Any whole number is a time.
        if (name === 'time' && Number.isInteger(wrong)) continue
        expect(ocsfProblems({ ...event, [name]: wrong }, classes), `${name} = ${JSON.stringify(wrong)}`).not.toEqual([])
      }
    }
    expect(ocsfProblems({ ...event, extra: 1 }, classes)).toEqual(['extra: unknown'])
    expect(ocsfProblems({ ...event, severity: 'Fatal' }, classes)).not.toEqual([])
    expect(ocsfProblems({ ...event, metadata: { ...(event.metadata as object), profiles: [] } }, classes)).not.toEqual([])
    expect(ocsfProblems({ ...event, metadata: { version: '1' } }, classes)).not.toEqual([])
  })

  it('the checker notices a constraint that is not met', () => {
    const { service: _service, ...login } = toOcsf(acting('login'))
    const { privileges: _privileges, ...glass } = toOcsf(acting('break-glass'))
    const { table: _table, ...search } = toOcsf(acting('search'))
    for (const event of [login, glass, search]) expect(ocsfProblems(event, classes).join()).toContain('needs one of')
  })
})
