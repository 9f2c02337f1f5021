import { OWN_ID, PACKED_PRUNED, packedWith } from './rows.ts'

/**
 * How a page has to be planned, to be set for its transaction. Nothing here hangs on statistics: rows come from the keys of the tables,
 * in their order, and reading stops where the page is full. Left to itself, the planner takes a page of a log for a few rows once it
 * plans for any parameters, and then reads and sorts the rest of the log for each page.
 */
export const PAGE_SETTINGS = ['enable_sort', 'enable_seqscan', 'enable_bitmapscan', 'enable_nestloop', 'jit']
  .map((name) => `set_config('${name}', 'off', true)`)
  .concat(`set_config('plan_cache_mode', 'force_generic_plan', true)`)
  .join(', ')

const ENTRIES = 'from phi.audit_entry e where e.tenant = $1 and e.log = $2 and e.idx >= $3 and e.idx < $4 order by e.idx'
const PRUNED = 'from phi.audit_pruned p where p.tenant = $1 and p.log = $2 and p.idx >= $3 and p.idx < $4 order by p.idx'

/**
 * A page of a log: at most `limit` entries of the tenant $1 and the log $2 with $3 <= index < $4, the first ones, pruned ones among them.
 *
 * Whether each event id has a row that names its entry is asked of the whole page at once where that can be: ids that are made as events
 * come lie side by side in their own key, so that one range of it holds those of a page. Only where that is not so, or not every entry has
 * exactly its one row there, each entry's row is looked up for itself.
 */
export function pageSql(limit: number): string {
  return `with page as materialized (select e.idx, e.event_id, e.month ${ENTRIES} limit ${limit}),
ids as (
  select i.event_id, i.idx, i.month from phi.audit_event_id i
  where i.tenant = $1 and i.log = $2
    and i.event_id >= (select min(event_id) from page) and i.event_id <= (select max(event_id) from page)
  order by i.event_id limit ${2 * limit}
), known as materialized (
  select count(*) = count(ids.event_id) and count(*) = (select count(*) from page) as whole
  from page left join ids on ids.event_id = page.event_id and ids.idx = page.idx and ids.month = page.month
)
select packed from (
  (select e.idx, ${packedWith(`case when (select whole from known) then 'id:' || e.event_id else ${OWN_ID} end`)} as packed ${ENTRIES} limit ${limit})
  union all
  (select p.idx, ${PACKED_PRUNED} as packed ${PRUNED} limit ${limit})
) as entries order by idx limit ${limit}`
}
