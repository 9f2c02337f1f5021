import type { RuleReference } from '../../assess/assessment.ts'
import type { SkipReason } from '../certificate/certificate.ts'
import { recordDigest } from '../certificate/record-digest.ts'
import { dispositionError } from '../errors.ts'
import { indexHolds } from '../hold/holds-on.ts'
import { judge } from '../plan/judge.ts'
import type { DispositionPlan } from '../plan/plan-document.ts'
import { isSameGround } from '../plan/tally.ts'
import { disposeBatch, readHolds, readRecords } from '../store/guarded-store.ts'
import type { DisposalReceipt, KeyScope, RetentionStore, StoredRecord } from '../store/store.ts'
import { isId, own } from '../text.ts'
import { parseNote, writeEntry, writeNote } from './notes.ts'
import type { ExecuteRequest } from './options.ts'
import { type RunState, saltOf } from './run-state.ts'

/** One record of the plan. */
interface Item {
  readonly id: string
  readonly version: string
  readonly group: number
}

/** The records of a plan as one list, by place. */
export interface Items {
  readonly total: number
  slice(from: number, to: number): readonly Item[]
}

export function itemsOf(plan: DispositionPlan): Items {
  // The place at which each group begins.
  const begins: number[] = []
  let total = 0
  for (const { ids } of plan.groups) {
    begins.push(total)
    total += ids.length
  }
  return {
    total,
    slice(from, to) {
      const items: Item[] = []
      for (const [group, { ids, versions }] of plan.groups.entries()) {
        const begin = begins[group] as number
        for (let i = Math.max(from - begin, 0); i < Math.min(to - begin, ids.length); i++) {
          items.push({ id: ids[i] as string, version: versions[i] as string, group })
        }
      }
      return items
    },
  }
}

/** Holds that change while a batch is being decided are looked at again; more often than this is no accident. */
const ROUNDS = 50

/** Whose keys seal a record; undefined when it does not say so in a way that can be relied on. */
function scopeOf({ record }: StoredRecord): KeyScope | undefined {
  const tenant = own(record, 'tenant')
  const subject = own(record, 'subject') ?? undefined
  if (!isId(tenant)) return undefined
  if (subject === undefined) return { tenant }
  return isId(subject) ? { tenant, subject } : undefined
}

interface Decision {
  readonly skip?: SkipReason
  readonly scope?: KeyScope
}

/** Everything that a batch is decided by. */
export interface Work {
  readonly plan: DispositionPlan
  readonly items: Items
  readonly store: RetentionStore
  readonly request: ExecuteRequest
}

type Ground = { readonly kind: string; readonly rules: readonly RuleReference[] }

/** Looks at a record as if it had never been planned, and then whether it still is what was approved. */
function decide(
  { plan, request }: Work,
  item: Item,
  row: StoredRecord | undefined,
  holds: ReturnType<typeof indexHolds>,
): Decision {
  if (request.cancel) return { skip: 'cancelled' }
  if (request.policy.id !== plan.policy) return { skip: 'policy-changed' }
  if (row === undefined) return { skip: 'missing' }
  const { mayDispose, status, assessment } = judge(row, request.policy, holds, request.today)
  if (!mayDispose) return { skip: status === 'disposable' ? 'unknown' : status }
  const isApproved = row.version === item.version && isSameGround(plan.groups[item.group] as Ground, assessment)
  if (!isApproved) return { skip: 'changed' }
  if (request.keys === undefined) return {}
  const scope = scopeOf(row)
  return scope === undefined ? { skip: 'no-key-scope' } : { scope }
}

/** The later of two instants: a clock that was set back does not take back what was written. */
const later = (a: string, b: string): string => (a > b ? a : b)

/**
 * Deals with the next records of the plan: looks at the holds, at every record and at the policy again, and has the store delete, in one
 * transaction, what may still go. The batch is bound to the holds and the versions that were looked at.
 * @returns the receipt: of this batch, or of the one that somebody else made of the same sequence; `null` when holds would not
 *   stand still
 * @throws PhiError PHI_RETENTION_STORE
 */
export async function disposeNext(work: Work, state: RunState): Promise<DisposalReceipt | null> {
  const { plan, items, store, request } = work
  const salt = saltOf(state)
  const from = state.next
  const to = Math.min(from + request.batchSize, items.total)
  const asked = items.slice(from, to)
  for (let round = 0; round < ROUNDS; round++) {
    const holds = indexHolds(await readHolds(store), request.today)
    const at = later(request.now(), state.startedAt)
    const rows = await readRecords(
      store,
      asked.map(({ id }) => id),
    )
    const skipped: { id: string; why: SkipReason }[] = []
    const records: { id: string; version: string; entry: string }[] = []
    for (const item of asked) {
      const { skip, scope } = decide(work, item, rows.get(item.id), holds)
      if (skip !== undefined) skipped.push({ id: item.id, why: skip })
      else {
        const entry = writeEntry({ id: recordDigest(salt, item.id), group: item.group, ...(scope && { scope }) })
        records.push({ id: item.id, version: item.version, entry })
      }
    }
    const note = writeNote({
      phase: 'records',
      from,
      to,
      at,
      today: request.today,
      holds: { revision: holds.revision, open: holds.open },
      skipped,
    })
    const { category } = request.method
    const batch = { run: plan.id, sequence: state.sequence + 1, holds: holds.revision, category, note, records }
    const receipt = await disposeBatch(store, batch)
    if (receipt !== null) return receipt
  }
  return null
}

/** The state after a receipt. @throws PhiError PHI_RETENTION_STORE for one that does not go on where the run stands */
export function advance(state: RunState, receipt: DisposalReceipt, total: number): RunState {
  const note = parseNote(receipt.note)
  const goesOn =
    receipt.sequence === state.sequence + 1 &&
    (note.phase === 'keys' ? state.next === total : note.from === state.next && note.to > note.from && note.to <= total)
  if (!goesOn) throw dispositionError('PHI_RETENTION_STORE', { detail: 'a receipt does not go on where the run stands' })
  return { ...state, sequence: receipt.sequence, next: note.phase === 'records' ? note.to : state.next }
}
