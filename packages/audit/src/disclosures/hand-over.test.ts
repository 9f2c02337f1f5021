import { fixedClock, fromBase64, fromUtf8, toBase64, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { basis, by, disclosure, origin, request, signer } from '../../test/disclosures/world.ts'
import { tampered } from '../../test/tampered-store.ts'
import { bundleRecords, memoryStore, openAuditLog, type Sealer } from '../index.ts'
import { accountOfDisclosures } from './account.ts'
import { accountingOfDisclosures } from './hand-over.ts'
import { renderAccountingText } from './plain.ts'
import { verifyAccounting } from './verify.ts'

/** Seals by turning text over, which hides nothing; what is tested is what becomes of sealed groups, and of those whose key is gone. */
function sealerOf(gone: Set<string | null>): Sealer {
  return {
    seal: async (_place, patient, text) => toBase64(utf8(JSON.stringify([patient, text]))),
    open: async (_place, sealed) => {
      const [patient, text] = JSON.parse(fromUtf8(fromBase64(sealed))) as [string | null, string]
      return gone.has(patient) ? undefined : text
    },
  }
}

const keys = [signer.vkey]

describe('an accounting of a sealed log', () => {
  it('proves its lines to somebody without the sealer’s keys', async () => {
    const clock = fixedClock('2026-04-20T15:00:00.000Z')
    const log = await openAuditLog({ origin, store: memoryStore(), signer, clock, sealer: sealerOf(new Set()) })
    await log.append(disclosure())
    await log.append(disclosure({ subject: { patients: ['p-88', 'p-99'] } }))
    const given = await accountingOfDisclosures(log, { request, by })
    if (given.status !== 'ready') throw new Error('needs review')
    const report = verifyAccounting(JSON.stringify(given.package), { keys })
    expect(report).toMatchObject({ verdict: 'intact', findings: [], coverage: { proved: 1, provedWithoutSubject: 1 } })
    expect(bundleRecords(given.package.evidence)[0]?.event.subject?.patients).toEqual(['p-88'])
    expect(JSON.stringify(given.package)).not.toContain('p-99')
  })

  it('says where entries are of which the key is gone', async () => {
    const gone = new Set<string | null>()
    const clock = fixedClock('2026-04-20T15:00:00.000Z')
    const log = await openAuditLog({ origin, store: memoryStore(), signer, clock, sealer: sealerOf(gone) })
    await log.append(disclosure({ subject: { patients: ['p-1'] } }))
    await log.append(disclosure())
    gone.add('p-1')
    const given = await accountingOfDisclosures(log, { request, by })
    if (given.status !== 'ready') throw new Error('needs review')
    const { accounting } = given.package
    expect(accounting.lines).toHaveLength(1)
    expect(accounting.incomplete.unreadable).toEqual([
      { why: 'sealed', entries: 1, from: 0, to: 0, recordedFrom: '2026-04-20', recordedTo: '2026-04-20' },
    ])
    expect(renderAccountingText(accounting)).toContain('This list may be incomplete')
    expect(verifyAccounting(JSON.stringify(given.package), { keys }).verdict).toBe('intact')
  })
})

describe('an accounting of a log in which texts were changed or taken away', () => {
  it('S6 lists nothing that was not recorded, and says that there is something that it could not read', async () => {
    const store = memoryStore()
    const clock = fixedClock('2026-04-20T15:00:00.000Z')
    const log = await openAuditLog({ origin, store, signer, clock })
    await log.append(disclosure({}, basis('law-enforcement')))
    await log.append(disclosure())
    await log.append(disclosure())
    const edited = await tampered(store, { tenant: log.tenant, origin }, ({ entries }) => {
      const [changed, , emptied] = entries
      if (changed?.open.context) changed.open.context.json = changed.open.context.json.replace('law-enforcement', 'treatment')
      if (emptied) emptied.open = {}
    })
    const opened = await openAuditLog({ origin, store: edited, clock })
    const { size } = await opened.head()
    const paper = await accountOfDisclosures(opened.records(), request, { size })
    expect(paper.entries.map(({ index, verdict }) => [index, verdict])).toEqual([[1, 'listed']])
    expect(paper.accounting?.incomplete.unreadable).toMatchObject([
      { why: 'withheld', from: 2, to: 2 },
      { why: 'altered', from: 0, to: 0 },
    ])
    await log.close()

    // An entry that is gone stops the reading: no accounting is made of a log with a hole.
    const holed = await tampered(store, { tenant: log.tenant, origin }, (rows) => void rows.entries.splice(1, 1))
    const other = await openAuditLog({ origin, store: holed, clock })
    await expect(accountOfDisclosures(other.records(), request)).rejects.toMatchObject({ code: 'PHI_AUDIT_STORE' })
  })
})
