import { narrowTable, retentionSchedule, usRetention } from '@phi/retention'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Queryable } from '../client/db.ts'
import type { OpenTable } from './open-tables.ts'
import { numberPlaces } from './place-numbers.ts'

const table = narrowTable(retentionSchedule({ id: 'test/1', signOffs: [] }), { today: usRetention.asOf, facts: ['kind'] })
const open: OpenTable = {
  table: {
    name: 'app.record',
    id: [{ column: '"id"', type: 'bigint' }],
    prefix: '',
    facts: [{ name: 'kind', form: 'text', column: '"kind"' }],
  } as unknown as OpenTable['table'],
  types: new Map([['"kind"', 'text']]),
  scope: '$1::text is not null',
}

describe('the numbers of places', () => {
  it.each([
    ['two places have one', [{ keys: '{1,1}', bases: '{9,18}', profiles: '{1,3}', different: false }]],
    ['the database says nothing', []],
  ])('S65 are none where %s', async (_, rows) => {
    const tx = { query: async () => ({ rows }) } as unknown as Queryable
    expect(await refusal(numberPlaces(tx, open, table, 'clinic-a'))).toMatchObject({ code: 'PHI_RETENTION_STORE' })
  })
  it('are drawn anew every time', async () => {
    const seeds: unknown[] = []
    const tx = {
      query: async (_: string, params: readonly unknown[]) => {
        seeds.push(params[0])
        return { rows: [{ keys: '{}', bases: '{}', profiles: '{}', different: true }] }
      },
    } as unknown as Queryable
    await numberPlaces(tx, open, table, 'clinic-a')
    await numberPlaces(tx, open, table, 'clinic-a')
    const numbers = seeds.filter((each) => /^\d+$/.test(String(each)))
    expect(numbers).toHaveLength(2)
    expect(new Set(numbers).size).toBe(2)
  })
})
