import type { StoreQuery } from './store.ts'

/** The terms (see `searchTerms`) that every match of a query must have. */
export function queryTerms(query: StoreQuery): string[] {
  const terms: string[] = []
  if (query.action !== undefined) terms.push(`action:${query.action}`)
  if (query.outcome !== undefined) terms.push(`outcome:${query.outcome}`)
  if (query.actor !== undefined) terms.push(`actor:${query.actor}`)
  if (query.resource !== undefined) {
    const { type, id } = query.resource
    terms.push(id === undefined ? `type:${type}` : `resource:${type}/${id}`)
  }
  if (query.patient !== undefined) terms.push(`patient:${query.patient}`)
  for (const term of query.blind ?? []) terms.push(`blind:${term}`)
  return terms
}
