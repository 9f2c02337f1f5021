import type { Params } from './fact-sql.ts'
import { narrowStatuses } from './narrow-status.ts'
import type { OpenTable } from './open-tables.ts'
import { hashed } from './place-numbers.ts'

// A part of a statement that may change from row to row as far as the planner knows, and never does.
const NOTHING = '0 * pg_is_in_recovery()::int'

// True, and for the leader alone: workers are not started for a scan that is rarely made.
const ALONE = 'pg_backend_pid() <> 0'

/**
 * The statement that counts. What is computed of a row is computed once, and where it is said: the planner would write an expression out
 * wherever its name stands, were it not for a part that may change. So the number of a row's place is found in the scan, and not a second
 * time when the row has met its place; and rows are grouped in each worker, where the planner, with the whole expression before it, would
 * take every row for a group of its own and sort a million of them.
 *
 * Rows that have no place are counted by kind all the same, under a number below 0 that differs from kind to kind. The names of these
 * kinds are looked up only where there are such rows.
 */
export function countedSql(
  open: OpenTable,
  of: { readonly kind: string; readonly lookup: string; readonly key: string; readonly seed: string; readonly status: string },
  params: Params,
): string {
  const statuses = narrowStatuses.length
  const columns = new Set([
    ...open.table.facts.flatMap(({ column }) => column ?? []),
    ...open.table.id.map(({ column }) => column),
  ])
  let place = '"place"'
  while (columns.has(place)) place = place.replace('"place', '"place_')
  const nowhere = `${statuses} * (-1 - abs(${hashed(of.kind, of.seed)} / ${statuses + 1}))`
  const number = `coalesce(p.base, ${nowhere}, -${statuses} + ${NOTHING}) + ${of.status}`
  const rows = [...columns].map((column) => `t.${column}`)
  const placed = `select ${[...rows, `coalesce(${of.key}, case ${NOTHING} when 1 then 0 end) as ${place}`].join(', ')} from ${open.table.name} t where ${open.scope}`
  const counted = `select number, count(*) as records
  from (select ${number} as number from (${placed}) as t left join ${of.lookup} on p.key = t.${place}) as s
  group by number`
  const named = `select distinct ${nowhere} as number, ${of.kind} as kind
from ${open.table.name} t where (select min(number) < 0 from counted) and ${ALONE} and ${open.scope} and ${of.kind} is not null`
  const statement = `with counted as (${counted})
select number::text, null as kind, records::text from counted
union all select number::text, kind, null from (${named}`
  return `${statement}${params.unnamed(statement)}) as n`
}
