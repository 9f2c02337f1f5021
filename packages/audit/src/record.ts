import type * as z from 'zod'
import type { AuditAction, AuditOutcome, AuditSeverity } from './actions.ts'
import { auditError } from './errors.ts'
import {
  type AuditActor,
  type AuditContext,
  type AuditSource,
  type AuditSubject,
  auditActorSchema,
  auditContextSchema,
  auditEventSchema,
  auditSourceSchema,
  auditSubjectSchema,
} from './event.ts'
import { type GroupName, groupNames } from './group.ts'
import { entryHash, type Leaf, parseLeaf } from './leaf.ts'
import type { OpenedSealed } from './sealed/open-sealed.ts'
import { looksSealed, readSealed } from './sealed/sealed-group.ts'
import { sealableGroups } from './sealed/sealer.ts'
import type { StoredEntry } from './store/store.ts'
import { checkOpening } from './verify/opening.ts'

/** An entry as a reader sees it. Only what its own leaf commits to is shown. */
export interface AuditRecord {
  readonly index: number
  /** When the log took the entry, UTC. `event.occurredAt` is when it happened. */
  readonly recordedAt: string
  /** The entry hash, base64. */
  readonly hash: string
  readonly origin: string
  /** The event, less the groups in `withheld` and `altered`. */
  readonly event: {
    readonly id?: string
    readonly occurredAt?: string
    readonly action?: AuditAction
    readonly outcome?: AuditOutcome
    readonly severity?: AuditSeverity
    readonly actor?: AuditActor
    readonly source?: AuditSource
    readonly subject?: AuditSubject
    readonly context?: AuditContext
  }
  /** Groups without text: withheld, sealed away or erased. */
  readonly withheld: readonly GroupName[]
  /** Groups whose text is not the one that the leaf commits to, or not a group of format v1: what they say was not recorded. */
  readonly altered: readonly GroupName[]
  /** Groups that are sealed and were not opened: no sealer was given, it refused, or the key was destroyed. */
  readonly sealed: readonly GroupName[]
  /**
   * No group is altered. The entry agrees with itself; whether the log holds it is what a proof or verify() tells.
   */
  readonly genuine: boolean
}

const schemas: Readonly<Record<GroupName, z.ZodType>> = {
  event: auditEventSchema
    .pick({ action: true, id: true, occurredAt: true, outcome: true, severity: true })
    .required({ id: true, occurredAt: true }),
  actor: auditActorSchema,
  source: auditSourceSchema,
  subject: auditSubjectSchema,
  context: auditContextSchema,
}

/**
 * Reads a stored entry, and checks every group against the leaf's commitment to it.
 * @param opened what became of its sealed groups
 * @throws PhiError PHI_AUDIT_STORE, with the index, when the leaf cannot be read or is another entry's
 */
export function readRecord(entry: StoredEntry, opened: Readonly<Partial<Record<GroupName, OpenedSealed>>> = {}): AuditRecord {
  const { index, open } = entry
  let leaf: Leaf
  try {
    leaf = parseLeaf(entry.leaf)
  } catch (cause) {
    throw auditError('PHI_AUDIT_STORE', { detail: 'an entry cannot be read', info: { index }, cause })
  }
  if (leaf.index !== index)
    throw auditError('PHI_AUDIT_STORE', { detail: 'an entry stands at the place of another', info: { index } })
  const event: Record<string, unknown> = {}
  const withheld: GroupName[] = []
  const altered: GroupName[] = []
  const sealed: GroupName[] = []
  for (const name of groupNames) {
    const opening = open[name]
    if (opening === undefined) withheld.push(name)
    else {
      const content = contentOf(name, opening, leaf.commitments[name])
      const inner = opened[name]
      if (content === undefined || inner?.is === 'altered') altered.push(name)
      else if (looksSealed(opening.json)) {
        const own = inner?.is === 'open' ? schemas[name].safeParse(JSON.parse(inner.json)) : undefined
        if (own === undefined) sealed.push(name)
        else if (own.success) event[name] = own.data
        else altered.push(name)
      } else if (name === 'event') Object.assign(event, content)
      // An empty group is how a leaf says "nothing was given".
      else if (opening.json !== '{}') event[name] = content
    }
  }
  const { recordedAt, origin } = leaf
  return {
    index,
    recordedAt,
    hash: entryHash(entry.leaf),
    origin,
    event,
    withheld,
    altered,
    sealed,
    genuine: altered.length === 0,
  }
}

const isSealable = (name: GroupName): boolean => (sealableGroups as readonly string[]).includes(name)

function contentOf(name: GroupName, opening: { readonly json: string }, committed: string): object | undefined {
  if (checkOpening(name, opening, committed) !== 'genuine') return undefined
  if (looksSealed(opening.json)) return isSealable(name) ? readSealed(opening.json) : undefined
  const parsed = schemas[name].safeParse(JSON.parse(opening.json))
  return parsed.success ? (parsed.data as object) : undefined
}
