import { describe, expect, it } from 'vitest'
import { eventAt, makeLog } from '../test/make-log.ts'
import { codeOf, flipBit, rowsOf } from '../test/tampered-store.ts'
import { groupNames } from './group.ts'
import { entryHash } from './leaf.ts'
import { readRecord } from './record.ts'
import type { StoredEntry } from './store/store.ts'

const { store, log } = await makeLog(8)
const { entries } = await rowsOf(store, log)
const entryAt = (index: number) => structuredClone(entries[index]) as StoredEntry

describe('records', () => {
  it('S124 user id and role, organization, IP, UTC time, action, resource type and id, outcome, user agent', () => {
    const record = readRecord(entryAt(3))
    expect(record).toEqual({
      index: 3,
      recordedAt: '2026-03-04T05:06:08.000Z',
      hash: entryHash(entryAt(3).leaf),
      origin: log.origin,
      event: { ...eventAt(3), subject: { ...eventAt(3).subject } },
      withheld: [],
      sealed: [],
      altered: [],
      genuine: true,
    })
    expect(record.event).toMatchObject({
      occurredAt: '2026-03-04T05:06:07.089Z',
      action: 'update',
      outcome: 'success',
      actor: { id: 'u-3', roles: ['therapist'], organization: 'org-1' },
      source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
      subject: { resource: { type: 'ProgressNote', id: 'n-3' } },
    })
  })

  it('leave out groups that were given nothing', () => {
    expect(Object.keys(readRecord(entryAt(6)).event).sort()).toEqual([
      'action',
      'actor',
      'id',
      'occurredAt',
      'outcome',
      'source',
    ])
  })

  it.each(groupNames)('hashed value differs from stored value: a changed %s is named and not shown', (name) => {
    for (const edit of ['salt', 'json'] as const) {
      const entry = entryAt(3)
      const opening = entry.open[name] as { salt: string; json: string }
      opening[edit] = flipBit(opening[edit], 5)
      const record = readRecord(entry)
      expect(record).toMatchObject({ altered: [name], genuine: false, withheld: [] })
      expect(JSON.stringify(record.event)).not.toContain(opening.json.slice(1, -1))
      if (name !== 'event') expect(record.event).not.toHaveProperty(name)
      else expect(record.event.id).toBeUndefined()
    }
  })

  it('name the groups that are withheld', () => {
    const { open, ...rest } = entryAt(3)
    const { actor, source, ...others } = open
    expect(readRecord({ ...rest, open: others })).toMatchObject({ withheld: ['actor', 'source'], altered: [], genuine: true })
    expect(readRecord({ ...rest, open: {} })).toMatchObject({ event: {}, withheld: [...groupNames] })
  })

  it('are refused, with the index, where the leaf cannot be read or is of another entry', async () => {
    const cases = [{ leaf: 'x' }, { leaf: entryAt(4).leaf }, { leaf: null as unknown as string }]
    for (const change of cases) {
      const attempt = () => readRecord({ ...entryAt(3), ...change })
      expect(await codeOf(attempt)).toBe('PHI_AUDIT_STORE')
      expect(attempt).toThrow(expect.objectContaining({ info: { index: 3 } }))
    }
  })
})
