import type { GroupName } from '../group.ts'

/** The groups that can be sealed: those that say about whom something was done, and why. */
export const sealableGroups = ['subject', 'context'] as const satisfies readonly GroupName[]
export type SealableGroup = (typeof sealableGroups)[number]

/** Where a sealed text belongs. A sealer binds the text to all of it, so that one entry's text does not open as another's. */
export interface SealPlace {
  readonly tenant: string
  readonly origin: string
  readonly eventId: string
  readonly group: SealableGroup
}

/**
 * What seals groups of an entry, so that destroying a key takes their content away while the log goes on verifying. `auditSealer` of
 * `@phi/envelope` is one.
 */
export interface Sealer {
  /**
   * Seals a text, at most 40,000 characters of ASCII and well-formed text as the result.
   * @param patient under whose key: the one patient whom the event is about, or null for the tenant's own key, when there is none or
   *   are several
   */
  seal(place: SealPlace, patient: string | null, text: string): Promise<string>
  /**
   * The text that was sealed; undefined when its key was destroyed or withdrawn for good. Whatever else keeps it from being opened is
   * thrown: a key that cannot be reached now is not a key that is gone. A retryable PhiError stops whoever reads; one that is not is about
   * this text alone, which then stays sealed, and a verification cannot be `intact`.
   */
  open(place: SealPlace, sealed: string): Promise<string | undefined>
  /**
   * A search term as a keyed hash, the same each time: by these, and by nothing else, entries with a sealed subject are found by patient
   * and resource. Without it they are not.
   * @returns under the key of today, and after it under each earlier one that is still searched by; of every term as many, in one order
   */
  blind?(tenant: string, term: string): Promise<readonly [string, ...string[]]>
}
