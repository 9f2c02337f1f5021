import type { GroupName } from '../group.ts'

/** How a column's values are written. Lists and objects are JSON, keys sorted. */
export type CsvKind = 'text' | 'number' | 'boolean' | 'json'

export interface CsvColumn {
  readonly name: string
  readonly kind: CsvKind
  /** The group the value belongs to. Columns without one are of the entry itself. */
  readonly group?: GroupName
  /** Where the value stands: in `record`, or for a group's columns in `record.event`. */
  readonly path: readonly string[]
}

const column = (name: string, path: string, kind: CsvKind = 'text'): CsvColumn => ({ name, kind, path: path.split('.') })
const grouped = (group: GroupName, ...columns: readonly CsvColumn[]): readonly CsvColumn[] =>
  columns.map((each) => ({ ...each, group }))

/** Every field of a record, in the order of the columns. Columns are only ever added at the end. */
export const csvColumns: readonly CsvColumn[] = [
  column('index', 'index', 'number'),
  column('recorded_at', 'recordedAt'),
  ...grouped(
    'event',
    column('occurred_at', 'occurredAt'),
    column('event_id', 'id'),
    column('action', 'action'),
    column('outcome', 'outcome'),
    column('severity', 'severity'),
  ),
  ...grouped(
    'actor',
    column('actor_id', 'actor.id'),
    column('actor_type', 'actor.type'),
    column('actor_roles', 'actor.roles', 'json'),
    column('actor_organization', 'actor.organization'),
    column('actor_on_behalf_of', 'actor.onBehalfOf'),
  ),
  ...grouped(
    'source',
    column('source_ip', 'source.ip'),
    column('source_user_agent', 'source.userAgent'),
    column('source_session', 'source.session'),
    column('source_request', 'source.request'),
    column('source_trace', 'source.trace'),
    column('source_site', 'source.site'),
  ),
  ...grouped(
    'subject',
    column('resource_type', 'subject.resource.type'),
    column('resource_id', 'subject.resource.id'),
    column('resource_version', 'subject.resource.version'),
    column('patients', 'subject.patients', 'json'),
    column('data_classes', 'subject.dataClasses', 'json'),
    column('fields', 'subject.fields', 'json'),
    column('count', 'subject.count', 'number'),
  ),
  ...grouped(
    'context',
    column('purpose', 'context.purpose'),
    column('reason', 'context.reason'),
    column('break_glass', 'context.breakGlass', 'boolean'),
    column('disclosure_recipient', 'context.disclosure.recipient'),
    column('disclosure_address', 'context.disclosure.address'),
    column('disclosure_description', 'context.disclosure.description'),
    column('disclosure_purpose', 'context.disclosure.purpose'),
    column('decision_policy', 'context.decision.policy'),
    column('decision_rule', 'context.decision.rule'),
    column('ai_model', 'context.ai.model'),
    column('ai_prompt_hash', 'context.ai.promptHash'),
    column('ai_output_hash', 'context.ai.outputHash'),
    column('details', 'context.details', 'json'),
  ),
  column('withheld', 'withheld', 'json'),
  column('sealed', 'sealed', 'json'),
  column('altered', 'altered', 'json'),
  column('genuine', 'genuine', 'boolean'),
  column('origin', 'origin'),
  column('hash', 'hash'),
]

/**
 * Objects that can be recorded without any field, and the column that says so with `[empty]`: an empty group of a sealed entry, and an
 * `ai` that names nothing.
 */
export const emptyObjects: readonly { readonly path: readonly string[]; readonly column: string }[] = [
  { path: ['source'], column: 'source_ip' },
  { path: ['subject'], column: 'resource_type' },
  { path: ['context'], column: 'purpose' },
  { path: ['context', 'ai'], column: 'ai_model' },
]

export const EMPTY = '[empty]'

/** What stands at a path, or undefined. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** Puts a value at a path, and makes the objects on the way. */
export function putAt(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root
  for (const key of path.slice(0, -1)) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  at[path[path.length - 1] as string] = value
}
