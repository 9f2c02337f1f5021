import type { Extension, GroupName, Head, NewEntry, Opening, StoredEntry } from '@phi/audit/store'
import { auditError, groupNames } from '@phi/audit/store'

/** Separates the items of a list that travels as one text. Canonical JSON, base64 and leaves never hold it. */
export const ITEM = '\x1e'
const FIELD = '\x1f'
const TERM = '\x1d'
const NULL = '\x1c'

/** The parameters of phi.audit_extend: the head that it expects, and the extension. */
export function extendParams(tenant: string, log: number, before: Head, extension: Extension): unknown[] {
  const { entries, head, tiles } = extension
  const ids: string[] = []
  const times: string[] = []
  const terms: string[] = []
  const prefix = `${log}/`
  for (const entry of entries) {
    let own = ''
    for (const term of entry.terms) {
      if (term.startsWith('id:')) ids.push(term.slice(3))
      else if (term.startsWith('at:')) times.push(term.slice(3))
      else own += own === '' ? prefix + term : TERM + prefix + term
    }
    terms.push(own)
  }
  const lone = entries.length === 1 ? entries[0] : undefined
  const list = (of: (entry: NewEntry) => string) => (lone === undefined ? entries.map(of).join(ITEM) : of(lone))
  return [
    tenant,
    log,
    before.size,
    before.lastHash,
    entries.length,
    head.lastHash,
    head.recordedAt,
    head.frontier.join(' '),
    list(({ leaf }) => leaf),
    list(({ open }) => groupNames.map((name) => open[name].salt).join(' ')),
    ...groupNames.map((name) => list(({ open }) => open[name].json)),
    ids.join(ITEM),
    times.join(ITEM),
    terms.join(ITEM),
    tiles.map(({ level, index, hash }) => `${level} ${index} ${hash}`).join(ITEM),
  ]
}

/** Answers with a row where the log was extended, and with none where it was not. The row has no column, which a driver would take apart. */
export const EXTEND = 'select where phi.audit_extend($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)'

export interface HeadRow {
  readonly size: string | number
  readonly last_hash: string
  readonly recorded_at: string
  readonly frontier: string
}

export function headOfRow(row: HeadRow): Head {
  return {
    size: safeIndex(row.size),
    lastHash: row.last_hash,
    recordedAt: row.recorded_at,
    frontier: row.frontier === '' ? [] : row.frontier.split(' '),
  }
}

function safeIndex(value: string | number): number {
  const index = Number(value)
  if (!Number.isSafeInteger(index) || index < 0)
    throw auditError('PHI_AUDIT_STORE', { detail: 'an index is not a safe whole number' })
  return index
}

type Texts = Readonly<Record<GroupName, string | null>>

/** Pairs texts with their salts. A text that is gone, or a salt that is gone, leaves its group unopened. */
function opened(salts: string, texts: Texts): Partial<Record<GroupName, Opening>> {
  const salt = salts.split(' ')
  const open: Partial<Record<GroupName, Opening>> = {}
  for (let i = 0; i < groupNames.length; i++) {
    const name = groupNames[i] as GroupName
    const json = texts[name]
    if (json !== null && json !== undefined) open[name] = { salt: salt[i] ?? '', json }
  }
  return open
}

/** An entry as phi.audit_lock returns it. */
export function entryOfJson(row: Texts & { readonly idx: number; readonly leaf: string; readonly salts: string }): StoredEntry {
  return { index: safeIndex(row.idx), leaf: row.leaf, open: opened(row.salts, row) }
}

/** The row of an event id must name this entry, or the id is left out here, and what is missing does not match the hashed text. */
export const OWN_ID = `(select 'id:' || i.event_id from phi.audit_event_id i
  where i.tenant = e.tenant and i.log = e.log and i.event_id = e.event_id and i.idx = e.idx and i.month = e.month)`

/**
 * An entry `e` as one text. A driver takes longer to cut a row into columns than we take to hash it, so the server joins them. A
 * row in which somebody planted a separator comes apart in the wrong places, and then does not match its commitments.
 * @param id the term of the event id, null where the row of the id is not there or names another entry
 */
export const packedWith = (id: string): string =>
  `concat_ws(E'\\x1f', e.idx, e.leaf, e.salts, ${groupNames.map((name) => `coalesce(e.${name}, E'\\x1c')`).join(', ')}, concat_ws(E'\\x1d', ${id}, 'at:' || e.occurred_at, array_to_string(e.terms, E'\\x1d')))`

export const PACKED = packedWith(OWN_ID)

/** What is left of a pruned entry `p`, as one text of the same shape: no salts, no texts, no terms. */
export const PACKED_PRUNED = `concat_ws(E'\\x1f', p.idx, p.leaf, '', E'\\x1c', E'\\x1c', E'\\x1c', E'\\x1c', E'\\x1c')`

const orNull = (text: string | undefined): string | null => (text === undefined || text === NULL ? null : text)

/** Reads {@link PACKED}. `prefix` is what the database puts before every term: the number of the log. */
export function entryOfPacked(packed: string, prefix: string): StoredEntry {
  const fields = packed.split(FIELD)
  const [index = '', leaf = '', salts = '', event, actor, source, subject, context, terms] = fields
  const texts = {
    event: orNull(event),
    actor: orNull(actor),
    source: orNull(source),
    subject: orNull(subject),
    context: orNull(context),
  }
  const entry = { index: safeIndex(index), leaf, open: opened(salts, texts) }
  if (terms === undefined) return entry
  return {
    ...entry,
    terms: terms.split(TERM).map((term) => (term.startsWith(prefix) ? term.slice(prefix.length) : term)),
  }
}
