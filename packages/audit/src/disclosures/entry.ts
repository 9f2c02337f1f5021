import type { CivilDate } from './civil-date.ts'
import { type DisclosureBasisKey, disclosureBases, type ExclusionKey, exclusions } from './law.ts'

/** What became of a disclosure. `review`: it cannot be judged from what is known, and somebody has to. */
export type EntryVerdict = 'listed' | 'research' | 'excluded' | 'suspended' | 'not-a-disclosure' | 'review'

/** Why, as fixed sentences. Those of a review say what is missing. */
export const becauseWords = {
  'basis-of-event': 'The event names the provision under which it was made.',
  'basis-of-classification': 'The covered entity classifies events of this kind.',
  'purpose-of-event': 'The purpose of use that the event names decides it.',
  'made-by-the-individual': 'The individual fetched the information.',
  'before-compliance-date': 'It was made before the covered entity had to comply.',
  judged: 'The responsible office decided it.',
  contributed: 'A contributor reports it as a disclosure.',
  suspended: 'The agency or official has suspended accountings of disclosures to it.',
  'research-short-form': 'It belongs to research that is listed in short form.',
  'basis-unknown': 'Neither the event nor a classification says under which provision it was made.',
  contradiction: 'What the event says of its purpose, its basis, and the classification do not agree.',
  'psychotherapy-notes': 'It held psychotherapy notes, for most of which treatment, payment and operations are no ground.',
  'not-a-limited-data-set': 'It held identifiers that a limited data set must not hold.',
  'several-patients': 'It names other people too, so it did not go only to the individual.',
  'patients-not-listed': 'The event does not say whose information it was.',
  'outcome-failure': 'It failed, and whether something was disclosed before is not known.',
  'recipient-not-recorded': 'Information may have left, and the event does not say to whom.',
  'perhaps-suspended': 'It may be to an agency or official that has suspended accountings, or the suspension may not hold.',
  'research-dates': 'Its day lies outside the dates of the research that it names.',
} as const
export type BecauseCode = keyof typeof becauseWords

/** One disclosure, or what may be one, and how it was judged. For the file of the covered entity. */
export interface JudgedEntry {
  /** The entry of the log, or the line of what `of` contributed. */
  readonly index: number
  readonly of?: string
  readonly date: CivilDate
  readonly verdict: EntryVerdict
  readonly because: readonly BecauseCode[]
  readonly exclusion?: ExclusionKey
  readonly basis?: DisclosureBasisKey
  /** Of a suspended one: the last day, as far as statements say. Account for it again after that. */
  readonly suspendedThrough?: CivilDate
  /** Who decided, by title, where somebody did. */
  readonly decidedBy?: string
}

const verdictWords: Readonly<Record<EntryVerdict, string>> = {
  listed: 'It is listed.',
  research: 'It is covered by the short form for research (45 CFR 164.528(b)(4)).',
  excluded: 'It is left out.',
  suspended: 'It is left out for now (45 CFR 164.528(a)(2)).',
  'not-a-disclosure': 'It is no disclosure of this individual.',
  review: 'It needs review before an accounting can be given.',
}

/** Why an entry is in or out, in sentences for the covered entity's file. */
export function explainEntry(entry: JudgedEntry): string {
  const { verdict, because, exclusion, basis, suspendedThrough, decidedBy } = entry
  const sentences = [verdictWords[verdict]]
  if (exclusion !== undefined) {
    const { words, citation } = exclusions[exclusion]
    sentences.push(`Disclosures ${words} are not accounted for (${citation.source} ${citation.section}).`)
  }
  if (basis !== undefined) {
    const { words, citation } = disclosureBases[basis]
    sentences.push(`Basis: ${words} (${citation.source} ${citation.section}).`)
  }
  sentences.push(...because.map((code) => becauseWords[code]))
  if (suspendedThrough !== undefined) sentences.push(`The suspension lasts through ${suspendedThrough}.`)
  if (decidedBy !== undefined) sentences.push(`Decided by: ${decidedBy}.`)
  return sentences.join(' ')
}
