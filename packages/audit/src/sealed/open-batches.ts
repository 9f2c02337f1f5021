import type { Opening } from '../group.ts'
import { parseLeaf } from '../leaf.ts'
import type { LogKey, StoredEntry } from '../store/store.ts'
import type { EntryChecker } from '../verify/entry-checker.ts'
import type { Findings } from '../verify/findings.ts'
import { checkOpening } from '../verify/opening.ts'
import { openSealed } from './open-sealed.ts'
import { looksSealed } from './sealed-group.ts'
import { type SealableGroup, type Sealer, sealableGroups } from './sealer.ts'

/** Passes batches on, and opens what is sealed in them: what opens to something else than its commitment says is a finding. */
export async function* openingSealed(
  batches: AsyncIterable<readonly StoredEntry[]>,
  log: LogKey,
  sealer: Sealer,
  findings: Findings,
  checker: EntryChecker,
): AsyncGenerator<readonly StoredEntry[]> {
  for await (const batch of batches) {
    for (const { index, leaf, open } of batch) {
      for (const group of sealableGroups) {
        const opening = open[group]
        if (typeof opening?.json !== 'string' || !looksSealed(opening.json) || !isRecorded(group, opening, leaf)) continue
        const answer = await openSealed(sealer, { ...log, eventId: idOf(open.event?.json), group }, opening.json)
        if (answer?.is === 'altered') findings.add('altered-sealed', { index, group })
        if (answer?.is === 'refused') findings.add('unopened-sealed', { index, group })
        // Counted when the checker comes to it.
        if (answer?.is === 'open') checker.sealed--
      }
    }
    yield batch
  }
}

/** Whether the leaf commits to it. What was changed afterwards is for the checker to name, and nothing for a sealer. */
function isRecorded(group: SealableGroup, opening: Opening, leaf: string): boolean {
  try {
    return checkOpening(group, opening, parseLeaf(leaf).commitments[group]) === 'genuine'
  } catch {
    return false
  }
}

/** The id in an event's text, which is checked elsewhere: a wrong one opens nothing. */
function idOf(json: string | undefined): string {
  try {
    return String((JSON.parse(json ?? '') as { id?: unknown }).id)
  } catch {
    return ''
  }
}
