import type { AuditQuery, ExportQuery } from '@phi/audit'
import { isInstant } from '@phi/core'

/** The fields of the search, as they stand in an address and in a form. */
export const searchFields = ['actor', 'patient', 'type', 'id', 'action', 'outcome', 'from', 'until'] as const
export type SearchField = (typeof searchFields)[number]
export type Typed = Readonly<Partial<Record<SearchField, string>>>

export interface Problem {
  readonly field: SearchField
  readonly message: string
}

/** What was asked for: a query, or what is wrong with it. What cannot be read is never left out, as the list would then be another one. */
export type Search =
  | { readonly typed: Typed; readonly query: ExportQuery; readonly problems: readonly [] }
  | { readonly typed: Typed; readonly query: undefined; readonly problems: readonly Problem[] }

const MAX_ID = 256

/** A day (its midnight), a minute as browsers write it, or an instant; all in UTC. */
function instantOf(text: string): string | undefined {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text)
    ? `${text}T00:00:00.000Z`
    : /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text)
      ? `${text}:00.000Z`
      : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)
        ? `${text}.000Z`
        : text
  return isInstant(whole) ? whole : undefined
}

/** @param known the actions and outcomes that there are */
export function readSearch(
  params: URLSearchParams,
  known: { readonly actions: readonly string[]; readonly outcomes: readonly string[] },
): Search {
  const typed: Partial<Record<SearchField, string>> = {}
  const problems: Problem[] = []
  for (const field of searchFields) {
    const values = params.getAll(field).filter((value) => value !== '')
    if (values.length > 1) problems.push({ field, message: 'This stands twice.' })
    if (values[0] !== undefined) typed[field] = values[0]
  }
  for (const field of ['actor', 'patient', 'type', 'id'] as const) {
    if ((typed[field]?.length ?? 0) > MAX_ID)
      problems.push({ field, message: `This is longer than the ${MAX_ID} characters that an identifier may have.` })
  }
  if (typed.id !== undefined && typed.type === undefined)
    problems.push({ field: 'type', message: 'An id of a resource needs the type of the resource.' })
  if (typed.action !== undefined && !known.actions.includes(typed.action))
    problems.push({ field: 'action', message: 'There is no such action.' })
  if (typed.outcome !== undefined && !known.outcomes.includes(typed.outcome))
    problems.push({ field: 'outcome', message: 'There is no such outcome.' })
  const times = { from: undefined as string | undefined, until: undefined as string | undefined }
  for (const field of ['from', 'until'] as const) {
    const text = typed[field]
    if (text === undefined) continue
    times[field] = instantOf(text)
    if (times[field] === undefined)
      problems.push({ field, message: 'Give a day, such as 2026-11-22, or a time in UTC, such as 2026-11-22T08:00.' })
  }
  if (times.from !== undefined && times.until !== undefined && times.from >= times.until)
    problems.push({ field: 'until', message: 'This is not after the beginning of the search.' })
  if (problems.length > 0) return { typed, query: undefined, problems }
  const { actor, patient, type, id, action, outcome } = typed
  const query = Object.fromEntries(
    Object.entries({
      actor,
      patient,
      resource: type === undefined ? undefined : id === undefined ? { type } : { type, id },
      action,
      outcome,
      ...times,
    }).filter(([, value]) => value !== undefined),
  ) as ExportQuery
  return { typed, query, problems: [] }
}

/** The same search as an address. */
export function addressOf(typed: Typed, more: Readonly<Record<string, string | undefined>> = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...typed, ...more })) if (value !== undefined) params.set(name, value)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

const CURSOR = /^(newest|oldest):(0|[1-9]\d{0,14})$/

/** Where a list goes on; undefined where the address says nothing that could be one. */
export const cursorOf = (text: string | null, order: AuditQuery['order']): string | undefined =>
  text !== null && CURSOR.exec(text)?.[1] === order ? text : undefined
