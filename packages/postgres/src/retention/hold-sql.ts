import { any, type Facts, type Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import type { MappedTable } from './mapping.ts'
import { idText } from './rows.ts'

/** Whether a hold is on a row, or may be: only a field that is known, and is none of its values, frees it. */
export function held({ text }: Facts, table: MappedTable, holds: HoldSets, params: Params): string {
  if (holds.everything) return 'true'
  const fields = { ids: idText(table), kinds: text('kind'), tenants: text('tenant'), subjects: text('subject') }
  const tests: string[] = []
  const isIn = (field: keyof typeof fields, list: string): string => {
    const own = fields[field]
    if (own === undefined) return 'true'
    // A list that the planner sees is hashed, from nine items on.
    return field === 'ids' ? `${own} = any (${list})` : `coalesce(${own} = any (${list}), true)`
  }
  for (const field of ['ids', 'kinds', 'tenants', 'subjects'] as const) {
    if (holds[field].length > 0)
      tests.push(isIn(field, params.add(field === 'ids' ? holds.ids : ['', ...holds[field]], 'text[]')))
  }
  if (holds.several.length > 0) {
    const rows = params.add(JSON.stringify(holds.several), 'text::jsonb')
    const conditions = (['ids', 'kinds', 'tenants', 'subjects'] as const).map((field) => {
      const own = fields[field]
      if (own === undefined) return 'true'
      const among = `h.${field} is null or ${own} = any (h.${field})`
      return field === 'ids' ? `(${among})` : `(${own} is null or ${own} = '' or ${among})`
    })
    tests.push(
      `exists (select from jsonb_to_recordset(${rows}) as h (ids text[], kinds text[], tenants text[], subjects text[]) where ${conditions.join(' and ')})`,
    )
  }
  return any(tests)
}
