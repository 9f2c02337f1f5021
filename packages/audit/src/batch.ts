import type { Clock, PhiError } from '@phi/core'
import type { Candidate } from './candidate.ts'
import { auditError } from './errors.ts'
import type { PreparedEntry } from './group.ts'
import { linkEntries } from './link.ts'
import type { Receipt } from './receipt.ts'
import type { Build, ExtendContext, Extension, StoredEntry } from './store/store.ts'

/** For each candidate the receipt, or the error that keeps it out. */
export type Outcomes = (Receipt | PhiError)[]

/**
 * Makes the builder for a batch of candidates. Candidates whose id is in the log, or earlier in the batch, become duplicates or
 * conflicts; the others are chained. The outcomes of the builder's last call are the ones that hold.
 */
export function buildBatch(
  origin: string,
  candidates: readonly Candidate[],
  clock: Clock,
): { readonly build: Build; outcomes: () => Outcomes } {
  let outcomes: Outcomes = []
  const build = ({ head, existing }: ExtendContext): Extension | null => {
    outcomes = new Array(candidates.length)
    const fresh: PreparedEntry[] = []
    const slots: number[] = []
    const positions = new Map<string, number>()
    const repeats: [slot: number, position: number][] = []
    for (let slot = 0; slot < candidates.length; slot++) {
      const candidate = candidates[slot] as Candidate
      const { eventId } = candidate.prepared
      const stored = existing.get(eventId)
      if (stored !== undefined) {
        candidate.twin = stored
        outcomes[slot] = candidate.isSame(stored) ? candidate.receiptOf(stored) : auditError('PHI_AUDIT_CONFLICT')
        continue
      }
      const position = positions.get(eventId)
      if (position !== undefined) {
        repeats.push([slot, position])
        continue
      }
      positions.set(eventId, fresh.length)
      slots.push(slot)
      fresh.push(candidate.prepared)
    }
    if (fresh.length === 0) return null
    const extension = linkEntries(origin, head, fresh, clock())
    const { recordedAt } = extension.head
    for (let i = 0; i < fresh.length; i++) {
      const { eventId } = fresh[i] as PreparedEntry
      outcomes[slots[i] as number] = {
        index: head.size + i,
        eventId,
        hash: extension.hashes[i] as string,
        recordedAt,
        duplicate: false,
      }
    }
    for (const [slot, position] of repeats) {
      const entry = extension.entries[position] as StoredEntry
      const candidate = candidates[slot] as Candidate
      candidate.twin = entry
      outcomes[slot] = candidate.isSame(entry) ? candidate.receiptOf(entry) : auditError('PHI_AUDIT_CONFLICT')
    }
    return extension
  }
  return { build, outcomes: () => outcomes }
}
