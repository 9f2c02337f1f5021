import type { LogKey, StoredEntry } from '../store/store.ts'
import type { EntryChecker } from '../verify/entry-checker.ts'
import type { Findings } from '../verify/findings.ts'
import { openSealed } from './open-sealed.ts'
import { looksSealed } from './sealed-group.ts'
import { type Sealer, sealableGroups } from './sealer.ts'

/** Passes batches on, and opens what is sealed in them: what opens to something else than its commitment says is a finding. */
export async function* openingSealed(
  batches: AsyncIterable<readonly StoredEntry[]>,
  log: LogKey,
  sealer: Sealer,
  findings: Findings,
  checker: EntryChecker,
): AsyncGenerator<readonly StoredEntry[]> {
  for await (const batch of batches) {
    for (const { index, open } of batch) {
      for (const group of sealableGroups) {
        const json = open[group]?.json
        if (typeof json !== 'string' || !looksSealed(json)) continue
        const answer = await openSealed(sealer, { ...log, eventId: idOf(open.event?.json), group }, json)
        if (answer?.is === 'altered') findings.add('altered-sealed', { index, group })
        // Counted when the checker comes to it.
        if (answer?.is === 'open') checker.sealed--
      }
    }
    yield batch
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
