import { describe, expect, it } from 'vitest'
import { eventAt, makeLog, testSigner } from '../test/make-log.ts'
import { codeOf, tampered } from '../test/tampered-store.ts'
import type { AuditLog } from './audit-log.ts'
import { openAuditLog } from './log.ts'
import type { AuditRecord } from './record.ts'
import { readRecords } from './records.ts'
import type { Sealer } from './sealed/sealer.ts'
import { memoryStore } from './store/memory.ts'

const SIZE = 700
const { store, log } = await makeLog(SIZE, [])
const by = { actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] } }

async function all(records: AsyncIterable<AuditRecord>): Promise<AuditRecord[]> {
  const out: AuditRecord[] = []
  for await (const record of records) out.push(record)
  return out
}

const opened = (own = store): Promise<AuditLog> =>
  openAuditLog({ origin: log.origin, tenant: log.tenant, store: own, signer: testSigner })

async function freshLog(events: number): Promise<AuditLog> {
  const fresh = await opened(memoryStore())
  for (let i = 0; i < events; i++) await fresh.append(eventAt(i))
  return fresh
}

describe('reading the records of a log', () => {
  it('S94 yields every record in the order of the log', async () => {
    const records = await all((await opened()).records())
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: SIZE }, (_, i) => i))
    expect(records[10]).toMatchObject({ genuine: true, event: { id: 'e-10', actor: { id: 'u-0' } } })
  })

  it.each([
    [0, 0],
    [0, 1],
    [255, 257],
    [699, 700],
    [700, 700],
  ])('yields those from %i up to %i', async (from, to) => {
    const records = await all((await opened()).records({ from, to }))
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: to - from }, (_, i) => from + i))
  })

  it.each([{ from: -1 }, { from: 701 }, { from: 1.5 }, { to: 701 }, { from: 5, to: 4 }, { from: Number.NaN }])(
    'refuses %o, since a log that was longer once has lost entries',
    async (range) => {
      expect(await codeOf(() => all(readRecords(store, log, undefined, range)))).toBe('PHI_AUDIT_RANGE')
    },
  )

  it.each([0, 5, 699])('does not pass over a missing entry, here %i', async (index) => {
    const gone = await tampered(store, log, ({ entries }) => void entries.splice(index, 1))
    expect(await codeOf(() => all(readRecords(gone, log, undefined)))).toBe('PHI_AUDIT_STORE')
  })

  it('shows what was altered as altered, and goes on', async () => {
    const edited = await tampered(
      store,
      log,
      ({ entries }) => void Object.assign(entries[5]?.open.actor ?? {}, { json: '{"id":"u-9","roles":[],"type":"workforce"}' }),
    )
    const records = await all(readRecords(edited, log, undefined))
    expect(records[5]).toMatchObject({ altered: ['actor'], genuine: false })
    expect(records).toHaveLength(SIZE)
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const seen: number[] = []
    const reading = async () => {
      for await (const { index } of readRecords(store, log, undefined, { signal: stop.signal })) {
        seen.push(index)
        if (index === 3) stop.abort(new Error('enough'))
      }
    }
    await expect(reading()).rejects.toThrow('enough')
    expect(seen.length).toBeLessThan(SIZE)
  })
})

describe('exporting records', () => {
  it('S6 S50 is itself an event, recorded first and part of the export', async () => {
    const fresh = await freshLog(20)
    const records = await all(fresh.exportRecords({ by }))
    expect(records).toHaveLength(21)
    expect(records[20]?.event).toMatchObject({ action: 'export', actor: { id: 'u-2' }, subject: { count: 20 } })
    await fresh.close()
  })

  it('exports what answers a query, and records whose data was asked for', async () => {
    const fresh = await freshLog(40)
    const records = await all(fresh.exportRecords({ query: { patient: 'p-3' }, by }))
    const expected = Array.from({ length: 40 }, (_, i) => i).filter((i) => i % 11 === 3 && i % 7 !== 6)
    expect(records.map(({ index }) => index)).toEqual([...expected, 40])
    expect(records.at(-1)?.event).toMatchObject({ action: 'export', subject: { patients: ['p-3'] } })
    await fresh.close()
  })

  it('names the patient whose data was asked for only where the log seals what it says of patients', async () => {
    const reversed = (text: string) => [...text].reverse().join('')
    const sealer: Sealer = {
      seal: async (_, patient, text) => Buffer.from(`${patient} ${reversed(text)}`).toString('hex'),
      open: async (_, sealed) => {
        const text = Buffer.from(sealed, 'hex').toString()
        return reversed(text.slice(text.indexOf(' ') + 1))
      },
      blind: async (_, term) => [Buffer.from(reversed(term)).toString('hex')],
    }
    const kept = memoryStore()
    const fresh = await openAuditLog({ origin: log.origin, tenant: log.tenant, store: kept, signer: testSigner, sealer })
    for (let i = 0; i < 9; i++) await fresh.append(eventAt(i))
    const records = await all(fresh.exportRecords({ query: { patient: 'p-3' }, by }))
    expect(records.map(({ index }) => index)).toEqual([3, 9])
    expect(records.at(-1)?.event).toMatchObject({ action: 'export', subject: { patients: ['p-3'] } })
    for await (const batch of kept.read(log, { from: 0, to: 10 }))
      for (const { open, terms } of batch) expect(JSON.stringify([open, terms])).not.toContain('p-3')
    await fresh.close()
  })

  it('pages through a query that has more answers than a page', async () => {
    const fresh = await opened(memoryStore())
    await Promise.all(Array.from({ length: 1203 }, (_, i) => fresh.append(eventAt(i))))
    const records = await all(fresh.exportRecords({ query: { action: 'read' }, by }))
    const expected = Array.from({ length: 1203 }, (_, i) => i).filter((i) => i % 7 !== 6 && i % 3 !== 0)
    expect(records.map(({ index }) => index)).toEqual(expected)
    await fresh.close()
  })

  it('leaves out what is recorded while it runs', async () => {
    const fresh = await opened(memoryStore())
    // More than a page, so that the last page is read after something was added.
    await Promise.all(Array.from({ length: 700 }, (_, i) => fresh.append(eventAt(i))))
    const seen: number[] = []
    for await (const { index } of fresh.exportRecords({ query: { outcome: 'success' }, by })) {
      seen.push(index)
      if (index < 5) await fresh.append({ ...eventAt(1000 + 7 * index), outcome: 'success' })
    }
    expect(seen.length).toBeGreaterThan(500)
    expect(seen.at(-1)).toBe(700)
    await fresh.close()
  })

  it('gives nothing out when the export cannot be recorded', async () => {
    const fresh = await freshLog(5)
    await fresh.close()
    expect(await codeOf(() => all(fresh.exportRecords({ by })))).toBe('PHI_AUDIT_CLOSED')
  })
})
