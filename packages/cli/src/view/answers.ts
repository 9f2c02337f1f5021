import type { AuditQuery, AuditRecord, GroupName } from '@phi/audit'

/** What a query asks of each group. */
function* conditions(query: AuditQuery, { event }: AuditRecord): Generator<readonly [GroupName, boolean]> {
  const { actor, patient, resource, action, outcome, eventId, from, until } = query
  if (action !== undefined) yield ['event', event.action === action]
  if (outcome !== undefined) yield ['event', event.outcome === outcome]
  if (eventId !== undefined) yield ['event', event.id === eventId]
  if (from !== undefined) yield ['event', event.occurredAt !== undefined && event.occurredAt >= from]
  if (until !== undefined) yield ['event', event.occurredAt !== undefined && event.occurredAt < until]
  if (actor !== undefined) yield ['actor', event.actor?.id === actor]
  if (patient !== undefined) yield ['subject', event.subject?.patients?.includes(patient) === true]
  if (resource === undefined) return
  const own = event.subject?.resource
  yield ['subject', own?.type === resource.type && (resource.id === undefined || own.id === resource.id)]
}

/**
 * Whether a record is one of those asked for. `unknown` where all that it shows agrees, and a part that it does not show would have to
 * tell: "not found" would say too much.
 */
export function answers(record: AuditRecord, query: AuditQuery): 'yes' | 'no' | 'unknown' {
  let isUnknown = false
  for (const [group, holds] of conditions(query, record)) {
    const isHidden = [record.withheld, record.sealed, record.altered].some((names) => names.includes(group))
    if (isHidden) isUnknown = true
    else if (!holds) return 'no'
  }
  return isUnknown ? 'unknown' : 'yes'
}
