import { isInstant } from '@phi/core'
import * as z from 'zod'
import { auditActions, auditOutcomes } from './actions.ts'
import { auditError } from './errors.ts'
import type { AuditRecord } from './record.ts'
import { openRecord } from './sealed/open-record.ts'
import { readSealed } from './sealed/sealed-group.ts'
import type { Sealer } from './sealed/sealer.ts'
import { queryTerms } from './store/query-terms.ts'
import type { AuditStore, LogKey, StoredEntry, StoreQuery } from './store/store.ts'

const instant = z.string().refine(isInstant)
const id = z.string().min(1).max(256)

/** What to look for. All conditions must hold. Times are of occurrence, `from` inclusive, `until` exclusive. */
export const auditQuerySchema = z.strictObject({
  actor: id.optional(),
  patient: id.optional(),
  resource: z.strictObject({ type: id, id: id.optional() }).optional(),
  action: z.enum(auditActions).optional(),
  outcome: z.enum(auditOutcomes).optional(),
  eventId: id.optional(),
  from: instant.optional(),
  until: instant.optional(),
  /** By index. Default `newest` first. */
  order: z.enum(['newest', 'oldest']).default('newest'),
  /** Records a page, 1 to 1000. Default 50. */
  limit: z.int().min(1).max(1000).default(50),
  /** `next` of the page before, for the same query. */
  cursor: z.string().optional(),
})

export type AuditQuery = z.input<typeof auditQuerySchema>

export interface AuditPage {
  readonly records: readonly AuditRecord[]
  /** Pass as `cursor` to go on. Undefined when there is no more. */
  readonly next: string | undefined
}

const CURSOR = /^(newest|oldest):(0|[1-9][0-9]{0,15})$/

function afterOf(cursor: string | undefined, order: string): number | undefined {
  if (cursor === undefined) return undefined
  const match = CURSOR.exec(cursor)
  if (match === null || match[1] !== order) throw auditError('PHI_AUDIT_QUERY', { path: 'cursor' })
  return Number(match[2])
}

/** Drops keys that are undefined, which `exactOptionalPropertyTypes` tells apart from absent ones. */
const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }

/**
 * Whether a record answers the query by its own hashed text. The store's columns only narrowed the search: a row that they
 * found and that says something else is left out here, and reported by verify().
 */
function answers({ event }: AuditRecord, query: StoreQuery): boolean {
  const { resource } = query
  if (query.action !== undefined && event.action !== query.action) return false
  if (query.outcome !== undefined && event.outcome !== query.outcome) return false
  if (query.eventId !== undefined && event.id !== query.eventId) return false
  if (query.from !== undefined && (event.occurredAt ?? '') < query.from) return false
  if (query.until !== undefined && (event.occurredAt ?? '\uffff') >= query.until) return false
  if (query.actor !== undefined && event.actor?.id !== query.actor) return false
  if (query.patient !== undefined && event.subject?.patients?.includes(query.patient) !== true) return false
  if (resource === undefined) return true
  const own = event.subject?.resource
  return own !== undefined && own.type === resource.type && (resource.id === undefined || own.id === resource.id)
}

/** What a query asks of the subject, as the terms that `searchTerms` makes of it. */
function subjectTerms({ patient, resource }: StoreQuery): string[] {
  return queryTerms({
    ...(patient === undefined ? {} : { patient }),
    ...(resource === undefined ? {} : { resource }),
    order: 'newest',
    limit: 1,
  })
}

interface Found {
  readonly entries: readonly StoredEntry[]
  /** By index the blinded terms by which an entry was found. */
  readonly blind: ReadonlyMap<number, readonly string[]>
}

/**
 * Entries that match, some of which may have a sealed subject: those are found by blinded terms, the others by plain ones, and the two
 * lists are one again in the order of the log.
 */
async function findAlso(store: AuditStore<never>, log: LogKey, query: StoreQuery, sealer: Sealer | undefined): Promise<Found> {
  const plain = await store.find(log, query)
  const terms = subjectTerms(query)
  if (sealer?.blind === undefined || terms.length === 0) return { entries: plain, blind: new Map() }
  const { patient: _patient, resource: _resource, ...rest } = query
  const blinded = await Promise.all(terms.map((term) => (sealer.blind as NonNullable<Sealer['blind']>)(log.tenant, term)))
  // By index: an entry that the store finds twice is one entry all the same.
  const found = new Map(plain.map((entry) => [entry.index, entry]))
  const byBlind = new Map<number, readonly string[]>()
  for (let key = 0; key < (blinded[0] as readonly string[]).length; key++) {
    const blind = blinded.map((values) => values[key]).filter((value) => value !== undefined)
    if (blind.length !== terms.length) continue
    for (const entry of await store.find(log, { ...rest, blind })) {
      found.set(entry.index, entry)
      byBlind.set(entry.index, blind)
    }
  }
  const sign = query.order === 'newest' ? -1 : 1
  const entries = [...found.values()].sort((a, b) => sign * (a.index - b.index)).slice(0, query.limit)
  return { entries, blind: byBlind }
}

/**
 * Whether a record whose subject stays sealed, since its key is gone, is one of those asked for: by the blinded terms that its own leaf
 * commits to, and in all else by its text. Who it is about cannot be shown any more; that there is such an entry can.
 */
function answersSealed(
  record: AuditRecord,
  entry: StoredEntry,
  query: StoreQuery,
  blind: readonly string[] | undefined,
): boolean {
  if (blind === undefined || !record.sealed.includes('subject')) return false
  const { patient: _patient, resource: _resource, ...rest } = query
  const own = readSealed(entry.open.subject?.json ?? '')?.terms ?? []
  return blind.every((term) => own.includes(term)) && answers(record, rest)
}

/** One page of records. @throws PhiError PHI_AUDIT_QUERY, and what the sealer throws */
export async function queryLog(store: AuditStore<never>, log: LogKey, query: AuditQuery, sealer?: Sealer): Promise<AuditPage> {
  const parsed = auditQuerySchema.safeParse(query)
  if (!parsed.success) {
    const [key] = parsed.error.issues[0]?.path ?? []
    throw auditError('PHI_AUDIT_QUERY', typeof key === 'string' && key in auditQuerySchema.shape ? { path: key } : {})
  }
  const { cursor, resource, ...rest } = parsed.data
  const storeQuery = defined({
    ...rest,
    resource: resource === undefined ? undefined : defined(resource),
    after: afterOf(cursor, rest.order),
  }) as StoreQuery
  const { entries: found, blind } = await findAlso(store, log, storeQuery, sealer)
  const last = found.at(-1)
  const next = found.length < rest.limit || last === undefined ? undefined : `${rest.order}:${last.index}`
  const records = await Promise.all(found.map((entry) => openRecord(entry, log, sealer)))
  const isAnswer = (record: AuditRecord, i: number) =>
    answers(record, storeQuery) || answersSealed(record, found[i] as StoredEntry, storeQuery, blind.get(record.index))
  return { records: records.filter(isAnswer), next }
}
