import { type AuditStore, queryTerms } from '@phi/audit/store'
import { ITEM, PACKED } from './rows.ts'

type Query = Parameters<AuditStore['find']>[1]

/** The entries of a log that a query asks for, in the order of their index: columns that were projected from the hashed texts. */
export function findSql(tenant: string, log: number, query: Query): { readonly sql: string; readonly params: unknown[] } {
  const params: unknown[] = [tenant, log]
  const where = ['e.tenant = $1', 'e.log = $2']
  const add = (condition: (parameter: string) => string, value: unknown) => {
    params.push(value)
    where.push(condition(`$${params.length}`))
  }
  const terms = queryTerms(query)
  if (terms.length > 0)
    add((p) => `e.terms @> string_to_array(${p}, E'\\x1e')`, terms.map((term) => `${log}/${term}`).join(ITEM))
  let from = 'phi.audit_entry e'
  if (query.eventId !== undefined) {
    // By the whole key, whatever the planner knows of the tables: see phi.audit_lock.
    from = `phi.audit_event_id i cross join lateral (select x.* from phi.audit_entry x where x.tenant = $1 and x.log = $2
          and x.idx >= i.idx and x.idx <= i.idx and x.month = i.month order by x.idx limit 1) e`
    where.push('i.tenant = $1', 'i.log = $2')
    add((p) => `i.event_id = ${p}`, query.eventId)
  }
  if (query.from !== undefined) add((p) => `e.occurred_at >= ${p}`, query.from)
  if (query.until !== undefined) add((p) => `e.occurred_at < ${p}`, query.until)
  if (query.after !== undefined) add((p) => `e.idx ${query.order === 'newest' ? '<' : '>'} ${p}`, query.after)
  params.push(query.limit)
  const order = `order by e.idx ${query.order === 'newest' ? 'desc' : 'asc'} limit $${params.length}`
  return { sql: `select ${PACKED} as packed from ${from} where ${where.join(' and ')} ${order}`, params }
}
