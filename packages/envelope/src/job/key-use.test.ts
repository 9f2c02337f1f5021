import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hospital } from '../../test/job/hospital.ts'
import { memoryTable } from '../../test/job/memory-table.ts'
import { makeDeterministicField } from '../search/deterministic-field.ts'
import { countKeyUse } from './key-use.ts'

async function notes() {
  const site = await hospital()
  const keyring = await site.process()
  const a = await keyring.tenant('clinic-a', { purposes: ['field', 'deterministic'] })
  const b = await keyring.tenant('clinic-b')
  const email = makeDeterministicField(a.keys('deterministic'), { table: 'note', column: 'email' })
  const table = memoryTable(
    Array.from({ length: 5 }, (_, i) => ({
      key: [i],
      row: String(i),
      values: {
        body: (i === 4 ? b : a).field({ table: 'note', column: 'body' }).seal('text', { row: i }),
        email: i === 0 ? null : email.seal('a@example.org'),
      },
    })),
  )
  const idOf = async (tenant: string, purpose: 'field' | 'deterministic') => (await site.keyIds(tenant, purpose))[0] as string
  return { table, idOf }
}

describe('countKeyUse', () => {
  it('S90 counts fields and deterministic values by their key, without a key', async () => {
    const { table, idOf } = await notes()
    const field = await idOf('clinic-a', 'field')
    expect(await countKeyUse(table, ['body', 'email'], { batchSize: 2 })).toEqual({
      rows: 5,
      keyIds: new Map([
        [field, 4],
        [await idOf('clinic-a', 'deterministic'), 4],
        [await idOf('clinic-b', 'field'), 1],
      ]),
      without: 0,
      nulls: 1,
    })
    expect((await countKeyUse(table, ['email'])).keyIds.has(field)).toBe(false)
  })

  it('says how many values name no key, since one of them may need any', async () => {
    const { table } = await notes()
    table.put({ key: [5], row: '5', values: { body: 'plaintext', email: null } })
    table.put({ key: [6], row: '6', values: { body: 'phi1.AAAA', email: null } })
    expect(await countKeyUse(table, ['body'])).toMatchObject({ rows: 7, without: 2 })
  })

  it('half a count is none', async () => {
    const { table } = await notes()
    const stop = new AbortController()
    table.before = () => {
      if (table.calls.reads === 2) stop.abort()
    }
    expect((await refusal(countKeyUse(table, ['body'], { batchSize: 2, signal: stop.signal }))).code).toBe('PHI_ENVELOPE_JOB')
  })

  it('a column that the table does not return is no column without keys', async () => {
    const { table } = await notes()
    expect((await refusal(countKeyUse(table, ['body', 'bodyy']))).code).toBe('PHI_ENVELOPE_JOB')
    expect((await refusal(countKeyUse(table, []))).code).toBe('PHI_ENVELOPE_OPTIONS')
    expect((await refusal(countKeyUse(table, ['body'], { batchSize: 0 }))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })
})
