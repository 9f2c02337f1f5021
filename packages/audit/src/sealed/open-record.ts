import type { GroupName } from '../group.ts'
import { parseLeaf } from '../leaf.ts'
import { type AuditRecord, readRecord } from '../record.ts'
import type { LogKey, StoredEntry } from '../store/store.ts'
import { checkOpening } from '../verify/opening.ts'
import { type OpenedSealed, openSealed } from './open-sealed.ts'
import { looksSealed } from './sealed-group.ts'
import { type Sealer, sealableGroups } from './sealer.ts'

/**
 * Reads a stored entry and opens what is sealed, as far as its keys are there. A group that is not what the leaf commits to is not handed
 * to the sealer. What the sealer refuses for good stays sealed; `isStrict`: it is thrown.
 * @throws PhiError PHI_AUDIT_STORE, and what the sealer throws
 */
export async function openRecord(
  entry: StoredEntry,
  log: LogKey,
  sealer: Sealer | undefined,
  { isStrict = false } = {},
): Promise<AuditRecord> {
  const record = readRecord(entry)
  if (sealer === undefined || record.sealed.length === 0) return record
  const { commitments } = parseLeaf(entry.leaf)
  const eventId = record.event.id
  const opened: Partial<Record<GroupName, OpenedSealed>> = {}
  for (const group of sealableGroups) {
    const opening = entry.open[group]
    if (opening === undefined || eventId === undefined || !looksSealed(opening.json)) continue
    if (checkOpening(group, opening, commitments[group]) !== 'genuine') continue
    const answer = await openSealed(sealer, { ...log, eventId, group }, opening.json)
    if (answer?.is === 'refused' && isStrict) throw answer.error
    if (answer !== undefined) opened[group] = answer
  }
  return readRecord(entry, opened)
}
