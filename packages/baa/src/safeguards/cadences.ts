import type { Citation, Confirmation } from '@phi/core'
import { freeze } from '../freeze.ts'
import { controlOf } from './controls.ts'
import type { Day, Every } from './day.ts'
import { citationOfEntry, entryTitle, type Register, readRegister } from './register.ts'

/** The rule-set that the duties of a register name: its catalogue of controls, and the day on which that was last compared. */
export const safeguardRuleset = Object.freeze({ id: 'baa-safeguards/2026-11', asOf: '2026-11-22' })

/** A duty that comes round: what `recurringDuty`, `nextDue` and `schedule` of @phi/deadlines take. */
export interface SafeguardDuty {
  /** The id of the entry, with `safeguard.` before it. */
  readonly id: string
  readonly ruleset: { readonly id: string; readonly asOf: Day }
  readonly title: string
  readonly citation: Citation
  readonly also: readonly Citation[]
  readonly words: string
  /** The owner. */
  readonly addressee: string
  /** The law has no number for any of them: it is always the house's. Without one, the duty stays in the law's words. */
  readonly cadence?: { readonly every: Every; readonly by: 'house' }
  readonly events: readonly string[]
  readonly eventsInLaw: readonly string[]
  readonly anchor?: Day
  readonly lastDone?: Day | 'never'
  readonly confirmation: Confirmation
  readonly note?: string
}

/**
 * The duties of a register that come round: entries with a period of their own, and those of controls that the law wants done
 * "periodically" or on an event. What the catalogue suggests is told in the note, and is no period until somebody enters it as `every`.
 *
 * The review of each entry is a day of its own, `reviewBy`, and no duty here.
 * @throws PhiError PHI_BAA_SAFEGUARDS
 */
export function cadences(value: Register): readonly SafeguardDuty[] {
  const { entries } = readRegister(value)
  return freeze(
    entries.flatMap((entry): readonly SafeguardDuty[] => {
      const control = entry.control === undefined ? undefined : controlOf(entry.control)
      const citation = citationOfEntry(entry)
      if (entry.status === 'not-applicable' || citation === undefined) return []
      if (entry.every === undefined && control?.cadence === undefined) return []
      const { words = 'no word on how often', events = [], eventsInLaw = [], suggested } = control?.cadence ?? {}
      const system = entry.system === undefined ? '' : `: ${entry.system}`
      return [
        {
          id: `safeguard.${entry.id}`,
          ruleset: safeguardRuleset,
          title: `${entryTitle(entry)}${system}`,
          citation,
          also: control?.also ?? [],
          words,
          addressee: entry.owner,
          ...(entry.every === undefined ? {} : { cadence: { every: entry.every, by: 'house' as const } }),
          events,
          eventsInLaw,
          ...(entry.anchor === undefined ? {} : { anchor: entry.anchor }),
          ...(entry.lastDone === undefined ? {} : { lastDone: entry.lastDone }),
          confirmation: citation.confirmation,
          ...(suggested === undefined || entry.every !== undefined
            ? {}
            : {
                note: `Stated by others: ${typeof suggested.every === 'string' ? suggested.every : 'see the catalogue'} (${suggested.seed}).`,
              }),
        },
      ]
    }),
  )
}
