import { Candidate } from '../candidate.ts'
import type { GroupName } from '../group.ts'
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
    if (answer?.is === 'refused') throw answer.error
    if (answer?.is !== 'open' || answer.json !== plain) return false
  }
  return true
}

/**
 * A candidate that is sealed already, as a row of the outbox is, with what is sealed in it. Undefined where a key is gone, or a text is
 * not what it was: then nothing can be compared.
 * @throws PhiError what the sealer throws
 */
export async function opened(sealer: Sealer, log: LogKey, candidate: Candidate): Promise<Candidate | undefined> {
  const { prepared, outcome, generatedId, timed } = candidate
  const plain: Partial<Record<GroupName, string>> = {}
  for (const group of sealableGroups) {
    const { json } = prepared.open[group]
    if (!looksSealed(json)) continue
    const answer = await openSealed(sealer, { ...log, eventId: prepared.eventId, group }, json)
    if (answer?.is !== 'open') return undefined
    plain[group] = answer.json
  }
  return new Candidate(prepared, outcome, generatedId, timed, plain)
}
