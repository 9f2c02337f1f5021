import { type Citation, type Confirmation, formatCitation } from '@phi/core'
import type { CivilDate } from '../calendar/civil-date.ts'
import type { Step } from '../evaluate/deadline.ts'
import { federalRuleset } from './ruleset.ts'

/** A step of a result that is not the count of a duty. */
export type ProofStep =
  | Step
  | {
      /** Counted back from a day, to the first day that is covered. */
      readonly step: 'look-back'
      readonly why: 'outer-limit' | 'choice-of-the-individual'
      readonly from: CivilDate
      readonly amount?: number
      readonly unit?: 'months' | 'years'
      readonly to: CivilDate
      readonly citation: string
    }

/** What results beside `Deadline` prove themselves with, under the same names. */
export interface Proof {
  readonly rule: string
  readonly ruleset: string
  /** The facts as they were given. */
  readonly facts: Readonly<Record<string, unknown>>
  /** The facts that would matter and are not known. */
  readonly unknown: readonly string[]
  readonly steps: readonly ProofStep[]
  readonly citation: string
  readonly citations: readonly Citation[]
  readonly confirmation: Confirmation
  /** The day of the sources. */
  readonly asOf: CivilDate
  readonly note?: string
}

/** The text on which a result rests. */
export interface Source {
  readonly id: string
  readonly citation: Citation
  readonly also?: readonly Citation[]
  readonly confirmation: Confirmation
  readonly note?: string
}

export function proofOf(
  source: Source,
  facts: Readonly<Record<string, unknown>>,
  steps: readonly ProofStep[],
  unknown: readonly string[],
): Proof {
  const { id, citation, also, confirmation, note } = source
  return {
    rule: id,
    ruleset: federalRuleset.id,
    facts: Object.freeze({ ...facts }),
    unknown,
    steps,
    citation: formatCitation(citation),
    citations: Object.freeze([citation, ...(also ?? [])]),
    confirmation,
    asOf: federalRuleset.asOf,
    ...(note !== undefined && { note }),
  }
}
