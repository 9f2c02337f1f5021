import type { Candidate } from '../candidate.ts'
import type { LogKey, StoredEntry } from '../store/store.ts'
import { openSealed } from './open-sealed.ts'
import { looksSealed } from './sealed-group.ts'
import { type Sealer, sealableGroups } from './sealer.ts'

/**
 * Whether what is sealed in a stored entry is what the candidate says. A key that is gone leaves nothing to compare, and then it does not:
 * an event that nobody can tell apart from another must not vanish as its repetition.
 * @throws PhiError what the sealer throws
 */
export async function isSameSealed(sealer: Sealer, log: LogKey, candidate: Candidate, entry: StoredEntry): Promise<boolean> {
  const { eventId } = candidate.prepared
  for (const group of sealableGroups) {
    const plain = candidate.plain?.[group]
    const stored = entry.open[group]?.json
    if (plain === undefined || stored === undefined || !looksSealed(stored)) continue
    const answer = await openSealed(sealer, { ...log, eventId, group }, stored)
    if (answer?.is !== 'open' || answer.json !== plain) return false
  }
  return true
}
