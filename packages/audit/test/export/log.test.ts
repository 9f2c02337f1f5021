import { fixedClock } from '@phi/core'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import {
  readCsv,
  readJson,
  readJsonLines,
  toCef,
  toOcsf,
  toSyslog,
  unescapeVisibly,
  unguardText,
  writeCef,
  writeCsv,
  writeJson,
  writeJsonLines,
  writeOcsf,
  writeSyslog,
} from '../../src/export/index.ts'
import {
  type AuditEventInput,
  type AuditRecord,
  bundleRecords,
  memoryStore,
  openAuditLog,
  type Sealer,
} from '../../src/index.ts'
import type { StoredEntry } from '../../src/store/store.ts'
import { testLog, testSigner } from '../make-log.ts'
import { readCef } from './cef-reader.ts'
import { all, hostileTexts, textOf } from './samples.ts'
import { readSyslog } from './syslog-reader.ts'

const clock = fixedClock('2026-03-04T05:06:08.000Z')
const by = { actor: { id: 'u-admin', type: 'workforce' as const, roles: ['privacy-officer'] } }
const include = { patients: 'include', freeText: 'include' } as const

/** Hides texts under a key that is gone at once: enough for a group that stays sealed. */
const forgetful: Sealer = { seal: async () => 'c2VhbGVk', open: async () => undefined }

async function openLog(options: { sealer?: Sealer } = {}) {
  const store = memoryStore()
  const log = await openAuditLog({
    origin: testLog.origin,
    tenant: testLog.tenant,
    store,
    signer: testSigner,
    clock,
    ...options,
  })
  return { store, log }
}

const event = (text: string, i: number): AuditEventInput => ({
  id: `e-${i}`,
  action: (['login', 'read', 'update', 'export', 'configure', 'send'] as const)[i % 6] as 'login',
  outcome: (['success', 'failure', 'denied'] as const)[i % 3] as 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
  source: { ip: '203.0.113.9', userAgent: text },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  context: { reason: text, disclosure: { recipient: text, description: text, purpose: text }, details: { text } },
})

describe('a log with every hostile text that it takes', () => {
  // Canonical JSON has no lone surrogates, so the log takes none.
  const texts = hostileTexts.filter((text) => text.isWellFormed())

  it('S6 S50 S94 S124 S125 leaves in every format, the export itself included, and each reader gets what was recorded', async () => {
    const { log } = await openLog()
    for (const [i, text] of texts.entries()) await log.append(event(text, i))
    const records = await all(log.exportRecords({ by }))
    expect(records).toHaveLength(texts.length + 1)
    expect(records.at(-1)?.event).toMatchObject({ action: 'export', actor: { id: 'u-admin', roles: ['privacy-officer'] } })

    expect(await all(readJsonLines([await textOf(writeJsonLines(log.records()))]))).toEqual(records)
    expect(await all(readJson([await textOf(writeJson(log.records()))]))).toEqual(records)
    const csv = await textOf(writeCsv(log.records()))
    expect(await all(readCsv([csv]))).toEqual(records)

    const rows: Readonly<Record<string, string>>[] = parse(csv, { columns: true })
    const linesOf = async (chunks: AsyncIterable<string>) => (await textOf(chunks)).trimEnd().split('\n')
    const ocsf = await linesOf(writeOcsf(log.records(), include))
    const cef = await linesOf(writeCef(log.records(), include))
    const syslog = await linesOf(writeSyslog(log.records(), { ...include, enterprise: 32473, maxBytes: 65_536 }))
    for (const lines of [rows, ocsf, cef, syslog]) expect(lines).toHaveLength(records.length)
    for (const [i, text] of texts.entries()) {
      const row = rows[i] as Readonly<Record<string, string>>
      expect(unguardText(row.source_user_agent as string)).toBe(text)
      expect(JSON.parse(row.details as string)).toEqual({ text })
      expect(row).toMatchObject({
        actor_id: 'u-17',
        actor_roles: '["therapist"]',
        actor_organization: 'org-1',
        source_ip: '203.0.113.9',
        recorded_at: '2026-03-04T05:06:08.000Z',
        resource_type: 'ProgressNote',
        resource_id: 'n-204',
        outcome: records[i]?.event.outcome,
        action: records[i]?.event.action,
      })
      expect(JSON.parse(ocsf[i] as string)).toMatchObject({ http_request: { user_agent: text }, unmapped: { reason: text } })
      const { extension } = readCef(cef[i] as string)
      expect(unescapeVisibly(extension.get('PhiAuditDisclosureRecipient') as string)).toBe(text)
      expect(extension.get('src')).toBe('203.0.113.9')
      const message = readSyslog(syslog[i] as string)
      expect(JSON.parse(message.message)).toEqual(records[i])
      expect(unescapeVisibly(message.data['audit@32473']?.userAgent ?? '')).toBe(text)
    }
    await log.close()
  })
})

describe('groups that are not shown', () => {
  async function records(): Promise<readonly AuditRecord[]> {
    const sealing = await openLog({ sealer: forgetful })
    await sealing.log.append(event('plain', 1))
    const [sealed] = await all(sealing.log.records())
    await sealing.log.close()

    const { store, log } = await openLog()
    await log.append(event('plain', 1))
    const bundle = await log.evidence({ indices: [0], disclose: ['event', 'subject'], by })
    const [withheld] = bundleRecords(bundle)
    const entries: StoredEntry[] = []
    for await (const batch of store.read(testLog, { from: 0, to: 1 })) entries.push(...batch)
    const [entry] = entries as [StoredEntry]
    const actor = entry.open.actor as NonNullable<typeof entry.open.actor>
    const { readRecord } = await import('../../src/record.ts')
    const altered = readRecord({
      ...entry,
      open: { ...entry.open, actor: { ...actor, json: actor.json.replace('u-17', 'u-18') } },
    })
    await log.close()
    return [sealed, withheld, altered] as readonly AuditRecord[]
  }

  it('S94 S125 are stated in every format, and what was altered is shown in none', async () => {
    const [sealed, withheld, altered] = (await records()) as [AuditRecord, AuditRecord, AuditRecord]
    expect(sealed.sealed).toEqual(['subject', 'context'])
    expect(withheld.withheld).toEqual(['actor', 'source', 'context'])
    expect(altered.altered).toEqual(['actor'])
    const three = [sealed, withheld, altered]
    const csv = await textOf(writeCsv(three))
    expect(await all(readCsv([csv]))).toEqual(three)
    expect(await all(readJsonLines([await textOf(writeJsonLines(three))]))).toEqual(three)
    expect(await all(readJson([await textOf(writeJson(three))]))).toEqual(three)
    expect(parse(csv, { columns: true })).toMatchObject([
      { resource_id: '[sealed]', patients: '[sealed]', count: '[sealed]', reason: '[sealed]', sealed: '["subject","context"]' },
      { actor_id: '[withheld]', source_ip: '[withheld]', details: '[withheld]', withheld: '["actor","source","context"]' },
      { actor_id: '[altered]', actor_roles: '[altered]', altered: '["actor"]', genuine: 'false' },
    ])
    expect(toOcsf(sealed).unmapped).toMatchObject({ sealed: ['subject', 'context'] })
    expect(toOcsf(withheld)).toMatchObject({ actor: { user: { name: '[withheld]' } }, src_endpoint: { name: '[withheld]' } })
    expect(toOcsf(altered)).toMatchObject({ actor: { user: { name: '[altered]' } }, is_alert: true, severity_id: 5 })
    expect(readCef(toCef(sealed)).extension.get('cs2')).toBe('[sealed]')
    expect(readCef(toCef(withheld)).extension.get('suid')).toBe('[withheld]')
    expect(readCef(toCef(altered)).extension.get('suid')).toBe('[altered]')
    expect(readSyslog(toSyslog(altered, { enterprise: 1 }))).toMatchObject({
      severity: 1,
      data: { 'audit@1': { altered: '["actor"]' } },
    })
    for (const text of [csv, toCef(altered), toSyslog(altered), JSON.stringify(toOcsf(altered))])
      expect(text).not.toContain('u-18')
  })
})
